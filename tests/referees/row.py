"""What the vendors' own clients see of the demo's row over every system: `row.py SYSTEM BASE`, after the run and
after its undo. A line for each thing that the row made, the newest first where the system keeps a history.
"""

import sys

BRANCH = "north"


def awx(base):
    from awxkit import config
    from awxkit.api import Api

    config.base_url = base
    config.assume_untrusted = True
    root = Api()
    root.connection.login(token="witness")
    jobs = root.get().available_versions.v2.get().jobs.get(order_by="-id", page_size=1)
    return [f"{job.name} {job.status}" for job in jobs.results]


def azure_automation(base):
    import json
    import urllib.parse
    import urllib.request

    from azure.core.pipeline.policies import SansIOHTTPPolicy
    from azure.mgmt.automation import AutomationClient

    form = {
        "grant_type": "client_credentials",
        "client_id": "11111111-2222-4333-8444-555555555555",
        "client_secret": "witness",
        "scope": f"{base}/.default",
    }
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(f"{base}/shop.example/oauth2/v2.0/token", body) as reply:
        token = json.load(reply)["access_token"]

    class Bearer(SansIOHTTPPolicy):
        """The client's own policy refuses plain HTTP, even on loopback."""

        def on_request(self, request):
            request.http_request.headers["Authorization"] = f"Bearer {token}"

    client = AutomationClient(
        credential=object(),
        subscription_id="00000000-0000-4000-8000-5409005409aa",
        base_url=base,
        authentication_policy=Bearer(),
        retry_total=0,
    )
    jobs = list(client.job.list_by_automation_account("shop", "shop-automation"))
    newest = max(jobs, key=lambda job: job.creation_time)
    return [f"{newest.runbook.name} {newest.status}"]


def cloudify(base):
    from urllib.parse import urlparse

    from cloudify_rest_client import CloudifyClient

    place = urlparse(base)
    client = CloudifyClient(
        host=place.hostname,
        port=place.port,
        protocol=place.scheme,
        tenant="default_tenant",
        username="admin",
        password="practice",
    )
    found = client.deployments.list(id=f"shop-{BRANCH}")
    nodes = client.node_instances.list(deployment_id=f"shop-{BRANCH}") if len(found) else []
    return [one.id for one in found] + sorted(f"{node.node_id} {node.state}" for node in nodes)


def hcp_terraform(base):
    from pytfe import TFEClient, TFEConfig

    client = TFEClient(TFEConfig(address=base, token="witness", max_retries=0, http2=False))
    workspace = client.workspaces.read("shop-network", organization="acme")
    newest = next(iter(client.runs.list(workspace.id)))
    status = getattr(newest.status, "value", newest.status)
    return [f"{'destroy' if newest.is_destroy else 'apply'} {status}"]


def ibm_schematics(base):
    from ibm_cloud_sdk_core.authenticators import IAMAuthenticator
    from ibm_schematics.schematics_v1 import SchematicsV1

    login = IAMAuthenticator("practice", url=base, client_id="bx", client_secret="bx")
    client = SchematicsV1(authenticator=login)
    client.set_service_url(base)
    spaces = client.list_workspaces(offset=0, limit=100).get_result()["workspaces"]
    shop = next(one for one in spaces if one["name"] == "shop-network")
    jobs = client.list_workspace_activities(w_id=shop["id"], offset=0, limit=1).get_result()["actions"]
    resources = client.get_workspace_resources(w_id=shop["id"]).get_result()
    count = sum(one.get("resources_count") or 0 for one in resources)
    return [f"{job['name']} {job['status']}" for job in jobs] + [f"{count} resources"]


def morpheus(base):
    from morpheus import ApiClient, Configuration
    from morpheus.api.authentication_api import AuthenticationApi
    from morpheus.api.instances_api import InstancesApi

    def api(token=None):
        settings = Configuration(host=base)
        settings.retries = False
        if token:
            settings.access_token = token
        return ApiClient(settings)

    granted = AuthenticationApi(api()).get_access_token(
        client_id="morph-api", grant_type="password", scope="write", username="witness", password="a-password-of-practice"
    )
    instances = InstancesApi(api(granted.access_token))
    seen, page = [], instances.list_instances(max=100, offset=0).instances
    while page:
        seen += page
        page = instances.list_instances(max=100, offset=len(seen)).instances
    return [f"{one.name} {one.status}" for one in seen if BRANCH in one.name]


for line in globals()[sys.argv[1]](sys.argv[2].rstrip("/")):
    print(line)
