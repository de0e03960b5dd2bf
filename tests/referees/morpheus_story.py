"""The SDK of Morpheus' vendor drives our simulator: `python morpheus_story.py http://127.0.0.1:PORT`.

A line for each check; ends with 0 where all hold. Needs morpheus-python-sdk 0.0.2.
"""

import time

from morpheus import ApiClient, Configuration
from morpheus.api.approvals_api import ApprovalsApi
from morpheus.api.authentication_api import AuthenticationApi
from morpheus.api.automation_api import AutomationApi
from morpheus.api.clouds_api import CloudsApi
from morpheus.api.groups_api import GroupsApi
from morpheus.api.instances_api import InstancesApi
from morpheus.api.jobs_api import JobsApi
from morpheus.api.service_catalog_api import ServiceCatalogApi
from morpheus.models.add_instance_request import AddInstanceRequest
from morpheus.models.execute_tasks_request import ExecuteTasksRequest
from verdict import base, check, end, refusal


def api(token=None):
    settings = Configuration(host=base)
    settings.retries = False
    if token:
        settings.access_token = token
    return ApiClient(settings)


def until(what, ask, ends):
    deadline = time.time() + 60
    while True:
        seen = ask()
        if ends(seen) or time.time() > deadline:
            check(what, ends(seen), seen)
            return seen
        time.sleep(0.5)


def login(password):
    return AuthenticationApi(api()).get_access_token(
        client_id="morph-api", grant_type="password", scope="write", username="referee", password=password
    )


check("without a token nothing is told", refusal(lambda: CloudsApi(api()).list_clouds()).status == 401)
check("a wrong password is refused", refusal(lambda: login("wrong-password")).status == 400)
token = login("a-password-of-practice")
check("a password gives a token", bool(token.access_token) and token.token_type == "bearer", token)
session = api(token.access_token)
check("the user is told", bool(AuthenticationApi(session).whoami().user.username))

clouds = CloudsApi(session).list_clouds()
zurich = next((zone for zone in clouds.zones if zone.name == "Zürich"), None)
check("clouds have their names in any script", zurich is not None, clouds)
groups = GroupsApi(session).list_groups().groups
shop = next((group for group in groups if group.name == "Shop"), None)
check("groups are told", shop is not None, groups)
kinds = InstancesApi(session).list_instance_types_provisioning().instance_types
ubuntu = next((kind for kind in kinds if kind.code == "ubuntu"), None)
check("types of instances have layouts", ubuntu is not None and ubuntu.instance_type_layouts, kinds)
plans = InstancesApi(session).list_instance_service_plans(
    zone_id=zurich.id, layout_id=ubuntu.instance_type_layouts[0].id, site_id=shop.id
).plans
check("plans are told", len(plans) > 0, plans)

instances = InstancesApi(session)
first = instances.list_instances(max=10)
check("a list says how long it is", len(first.instances) == 10 and first.meta.total > 10, first.meta)
seen = set()
while len(seen) < first.meta.total:
    page = instances.list_instances(max=25, offset=len(seen)).instances
    if not page:
        break
    seen.update(one.id for one in page)
check("every page is reached, and nothing comes twice", len(seen) == first.meta.total, len(seen))


def order(name):
    return AddInstanceRequest.from_dict(
        {
            "zoneId": zurich.id,
            "instance": {
                "name": name,
                "site": {"id": shop.id},
                "instanceType": {"code": "ubuntu"},
                "layout": {"id": ubuntu.instance_type_layouts[0].id},
                "plan": {"id": plans[0].id},
            },
            "config": {"resourcePoolId": "pool-1"},
        }
    )


def state(number):
    return lambda: instances.get_instance(id=number).instance.status


made = instances.add_instance(add_instance_request=order("referee-größe")).instance
check("an instance is ordered", made.name == "referee-größe" and made.id is not None, made)
until("it comes up", state(made.id), lambda status: status == "running")
history = instances.get_instance_history(id=made.id)
check("its history is told", len(history.processes) > 0 and history.processes[0].status == "complete", history)
again = refusal(lambda: instances.add_instance(add_instance_request=order("referee-größe")))
check("a name is there once", again is not None and again.status == 400, again)
broken = instances.add_instance(add_instance_request=order("broken-referee")).instance
until("a broken one fails", state(broken.id), lambda status: status == "failed")
instances.delete_instance(id=made.id)
deadline = time.time() + 60
while refusal(state(made.id)) is None and time.time() < deadline:
    time.sleep(0.5)
gone = refusal(state(made.id))
check("a deleted one is gone", gone is not None and gone.status == 404, gone)

tasks = AutomationApi(session).list_tasks().tasks
check("tasks are of kinds that the vendor has", len(tasks) > 1, tasks)
flows = AutomationApi(session).list_workflows().task_sets
care = next((flow for flow in flows if flow.name == "Nightly care"), None)
check("workflows are told", care is not None, flows)


def run(flow):
    asked = ExecuteTasksRequest.from_dict({"job": {"targetType": "appliance"}})
    return AutomationApi(session).execute_workflows(id=flow.id, execute_tasks_request=asked)


def execution(started):
    return lambda: JobsApi(session).get_job_executions(id=started.job_execution.id).job_execution.status


started = run(care)
check("a workflow gives its execution", started.success and started.job_execution.id is not None, started)
until("it is watched to a good end", execution(started), lambda status: status == "success")
flow = next(flow for flow in flows if flow.name == "broken care")
until("a broken one ends badly", execution(run(flow)), lambda status: status in ("failed", "error"))

flow = next(flow for flow in flows if flow.name == "waiting care")
waiting = run(flow)
asked = until("who waits asks for an approval", lambda: ApprovalsApi(session).list_approvals().approvals, bool)
approval = ApprovalsApi(session).get_approvals(id=asked[0].id).approval
item = approval.approval_items[0]
ApprovalsApi(session).update_approvals_item(id=item.id, action="approve")
until("an approval lets it go on", execution(waiting), lambda status: status == "success")

items = ServiceCatalogApi(session).list_catalog_types().catalog_item_types
check("the catalogue is told", len(items) > 0, items)

viewer = api("a-viewer-token")
forbidden = refusal(lambda: AutomationApi(viewer).execute_workflows(id=care.id))
check("a right that is missing is told", forbidden is not None and forbidden.status == 403, forbidden)
nowhere = refusal(lambda: instances.get_instance(id=999_999))
check("what is not there is not there", nowhere is not None and nowhere.status == 404, nowhere)

end()
