"""HashiCorp's own client drives our simulator of HCP Terraform: `python hcp_terraform_story.py
http://127.0.0.1:PORT`, freshly begun. A line for each check; ends with 0 where all hold.

Needs pytfe 1.5.0.
"""

import pathlib
import tempfile
import time

import httpx
from pytfe import TFEClient, TFEConfig
from pytfe.models import (
    ConfigurationVersionCreateOptions,
    RunCreateOptions,
    RunVariable,
    Workspace,
)
from verdict import base, check, end, refusal

client = TFEClient(TFEConfig(address=base, token="practice", max_retries=0, http2=False))
me = client.users.read_current()
check("the token's owner is told", me.username == "möwe", me)
names = [one.name for one in client.organizations.list()]
check("organisations are listed", "acme" in names, names)
spaces = [one.name for one in client.workspaces.list("acme")]
check("every page of the workspaces is walked", len(spaces) > 320 and len(set(spaces)) == len(spaces), len(spaces))
shop = client.workspaces.read("shop-network", organization="acme")
check("a workspace is read by its name", shop.name == "shop-network", shop)


def log(part):
    """The client of this version gives the address of a log and does not read it."""
    return httpx.get(part.log_read_url, params={"limit": 65536, "offset": 0}).text


def until(run, *states):
    for _ in range(240):
        found = client.runs.read(run)
        status = getattr(found.status, "value", found.status)
        if status in states:
            return found, status
        time.sleep(0.25)
    return found, status


def start(workspace, **more):
    return client.runs.create(RunCreateOptions(workspace=Workspace(id=workspace.id), **more)).id


only = start(shop, plan_only=True, message="Nur ein Plan", variables=[RunVariable(key="branch", value='"süd"')])
found, status = until(only, "planned_and_finished", "errored")
check("a plan-only run ends without an apply", status == "planned_and_finished", status)
plan = client.plans.read(found.plan.id)
check("its plan has three additions", plan.resource_additions == 3, plan)
json_plan = client.plans.read_json_output(found.plan.id)
check("its plan is given in JSON", len(json_plan["resource_changes"]) == 3, json_plan)
check("its log lies at its own address", "3 to add" in log(plan))

run = start(shop, message="Anwenden", auto_apply=False, variables=[RunVariable(key="branch", value='"süd"')])
found, status = until(run, "planned", "errored")
check("a run waits to be confirmed", status == "planned" and found.actions.is_confirmable, (status, found.actions))
client.runs.apply(run)
found, status = until(run, "applied", "errored")
check("what was confirmed is applied", status == "applied", status)
check("the log of the apply tells what was made", "3 added" in log(client.applies.read(found.apply.id)))
again = refusal(lambda: client.runs.apply(run))
check("it is not confirmed twice", again is not None, again)

gone = start(shop, is_destroy=True, message="Weg damit")
until(gone, "planned", "errored")
client.runs.discard(gone)
check("a plan is discarded", until(gone, "discarded")[1] == "discarded")

empty = client.workspaces.read("shop-empty", organization="acme")
check("without a configuration there is no run", refusal(lambda: start(empty)) is not None)
version = client.configuration_versions.create(empty.id, ConfigurationVersionCreateOptions(auto_queue_runs=False))
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "main.tf").write_text('resource "aws_s3_bucket" "waren" {\n  name = "waren"\n}\n')
    client.configuration_versions.upload(version.upload_url, folder)
for _ in range(40):
    sent = client.configuration_versions.read(version.id)
    if getattr(sent.status, "value", sent.status) == "uploaded":
        break
    time.sleep(0.25)
check("a folder is uploaded", getattr(sent.status, "value", sent.status) == "uploaded", sent)
found, status = until(start(empty, plan_only=True), "planned_and_finished", "errored")
check("what was uploaded is planned", client.plans.read(found.plan.id).resource_additions == 1)

lost = refusal(lambda: client.workspaces.read("none", organization="acme"))
check("what is not there is refused", lost is not None and "not" in str(lost).lower(), lost)
stranger = TFEClient(TFEConfig(address=base, token="expired", max_retries=0, http2=False))
check("an expired token is refused", refusal(lambda: stranger.users.read_current()) is not None)

end()
