"""IBM's own client drives our simulator of Schematics, and IBM's own IAM authenticator its tokens:
`python ibm_schematics_story.py http://127.0.0.1:PORT`. A line for each check; ends with 0 where all hold.

Needs ibm-schematics 1.1.0 and ibm-cloud-sdk-core 3.28.0.
"""

import time

from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import IAMAuthenticator
from ibm_schematics.schematics_v1 import SchematicsV1, WorkspaceVariableRequest
from verdict import base, check, end, refusal

authenticator = IAMAuthenticator("practice", url=base, client_id="bx", client_secret="bx")
client = SchematicsV1(authenticator=authenticator)
client.set_service_url(base)
refresh = authenticator.token_manager.request_token()["refresh_token"]
check("IAM gives a refresh token to its own client", refresh.startswith("practice-refresh"), refresh)

version = client.get_schematics_version().get_result()
check("the version names kinds of template", "supported_template_types" in version, version)
first = client.list_workspaces(offset=0, limit=100).get_result()
check("a page has a hundred of more", len(first["workspaces"]) == 100 and first["count"] > 300, first["count"])
last = client.list_workspaces(offset=300, limit=100).get_result()
check("the last page is shorter", 0 < len(last["workspaces"]) < 100, len(last["workspaces"]))
names = [one["name"] for one in first["workspaces"]]
check("names in any script come through", "shop-Grün-Æøå" in names, names[:10])
shop = next(one for one in first["workspaces"] if one["name"] == "shop-network")
identity = shop["id"]
template = shop["template_data"][0]["id"]

values = client.replace_workspace_inputs(
    w_id=identity,
    t_id=template,
    variablestore=[
        WorkspaceVariableRequest(name="branch", value="süd", type="string", secure=False),
        WorkspaceVariableRequest(name="db_password", value="never-seen-again", type="string", secure=True),
    ],
).get_result()
kept = {one["name"]: one["value"] for one in values["variablestore"]}
check("variables are kept, secure ones masked", kept == {"branch": "süd", "db_password": ""}, kept)


def ended(activity):
    for _ in range(240):
        found = client.get_workspace_activity(w_id=identity, activity_id=activity).get_result()
        if found["status"] in ("COMPLETED", "FAILED", "STOPPED"):
            return found
        time.sleep(0.25)
    return found


plan = client.plan_workspace_command(w_id=identity, refresh_token=refresh).get_result()["activityid"]
held = refusal(lambda: client.apply_workspace_command(w_id=identity, refresh_token=refresh))
check("a second job is refused while one works", held is not None and held.code == 409, held)
check("a plan comes to its end", ended(plan)["status"] == "COMPLETED")
started = client.apply_workspace_command(w_id=identity, refresh_token=refresh).get_result()["activityid"]
done = ended(started)
check("an apply comes to its end", done["status"] == "COMPLETED" and done["name"] == "APPLY", done)
log = client.get_template_activity_log(w_id=identity, t_id=template, activity_id=started).get_result()
text = log if isinstance(log, str) else str(log)
check("its log tells what was made", "3 added" in text, text[-300:])
listed = client.list_workspace_activities(w_id=identity, offset=0, limit=10).get_result()["actions"]
check("both jobs are listed, the newest first", [one["name"] for one in listed[:2]] == ["APPLY", "PLAN"], listed[:2])
outputs = client.get_workspace_outputs(w_id=identity).get_result()
check("outputs are given", outputs[0]["output_values"][0]["url"]["value"] == "https://shop-süd.example.com", outputs)
resources = client.get_workspace_resources(w_id=identity).get_result()
check("three resources are in the state", resources[0]["resources_count"] == 3, resources)

slow = next(one for one in first["workspaces"] if one["name"] == "shop-slow")["id"]
running = client.apply_workspace_command(w_id=slow, refresh_token=refresh).get_result()["activityid"]
time.sleep(1.5)
client.delete_workspace_activity(w_id=slow, activity_id=running)
identity, back = slow, identity
check("a job that is stopped says so", ended(running)["status"] == "STOPPED")
identity = back

destroyed = client.destroy_workspace_command(w_id=identity, refresh_token=refresh).get_result()["activityid"]
check("a destroy comes to its end", ended(destroyed)["status"] == "COMPLETED")
left = client.get_workspace_resources(w_id=identity).get_result()
check("nothing is left", left[0]["resources_count"] == 0, left)

gone = refusal(lambda: client.get_workspace(w_id="eu-de.workspace.none.0"))
check("what is not there is 404", gone is not None and gone.code == 404, gone)
wrong = IAMAuthenticator("unknown-key", url=base)
stranger = SchematicsV1(authenticator=wrong)
stranger.set_service_url(base)
check("an unknown key is refused", refusal(stranger.list_workspaces, ApiException) is not None)

end()
