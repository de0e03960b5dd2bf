"""Microsoft's own client drives our simulator: `python azure_automation_story.py http://127.0.0.1:PORT`.

A line for each check; ends with 0 where all hold. Needs azure-mgmt-automation 2.0.0 and azure-core 1.41.0.
"""

import datetime
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.automation import AutomationClient
from verdict import base, check, end, refusal

subscription = "00000000-0000-4000-8000-5409005409aa"
group, account = "shop", "shop-automation"


def token(secret):
    form = {
        "grant_type": "client_credentials",
        "client_id": "11111111-2222-4333-8444-555555555555",
        "client_secret": secret,
        "scope": f"{base}/.default",
    }
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(f"{base}/shop.example/oauth2/v2.0/token", body) as reply:
        return json.load(reply)


class Bearer(SansIOHTTPPolicy):
    """The client's own policy refuses plain HTTP, even on loopback."""

    def __init__(self, value):
        self.value = value

    def on_request(self, request):
        request.http_request.headers["Authorization"] = f"Bearer {self.value}"


def client(value):
    return AutomationClient(
        credential=object(), subscription_id=subscription, base_url=base, authentication_policy=Bearer(value), retry_total=0
    )


def text_of(reply):
    return reply if isinstance(reply, str) else b"".join(reply).decode()


def waited(look, ended, seconds=90):
    deadline = time.time() + seconds
    seen = look()
    while seen.status not in ended and time.time() < deadline:
        time.sleep(0.5)
        seen = look()
    return seen


try:
    token("wrong")
    check("a wrong secret gets no token", False)
except urllib.error.HTTPError as error:
    said = json.load(error)
    check("a wrong secret gets no token", error.code == 401 and said["error"] == "invalid_client", said)
    check("and is told by Entra's number", 7000215 in said["error_codes"], said)
granted = token("referee")
check("a token holds for an hour", granted["token_type"] == "Bearer" and granted["expires_in"] == 3599, granted)
stranger = refusal(lambda: list(client("nobody").automation_account.list()))
check("a strange token is refused", stranger is not None and stranger.status_code == 401, stranger)
azure = client(granted["access_token"])

accounts = [one.name for one in azure.automation_account.list()]
check("accounts are listed, in any script", account in accounts and "Größenlager-automation" in accounts, accounts)
check("an account is there", azure.automation_account.get(group, account).properties.state == "Ok")
missing = refusal(lambda: azure.automation_account.get(group, "nowhere"))
check("a missing one is told", isinstance(missing, ResourceNotFoundError) and missing.error.code == "ResourceNotFound", missing)

runbooks = list(azure.runbook.list_by_automation_account(group, account))
check("every page of runbooks is reached", len(runbooks) > 150, len(runbooks))
care = azure.runbook.get(group, account, "shop-nightly-care")
check("a runbook tells its type and state", (care.properties.runbook_type, care.properties.state) == ("PowerShell", "Published"), care)
check("and its parameters", care.properties.parameters["Branch"].is_mandatory is True, care.properties.parameters)
text = text_of(azure.runbook.get_content(group, account, "shop-nightly-care"))
check("and its text", "Stop-AzVM" in text, text)
groups = [one.name for one in azure.hybrid_runbook_worker_group.list_by_automation_account(group, account)]
check("groups of workers are listed", "shop-workers" in groups, groups)


def start(runbook, parameters=None, run_on=""):
    name = str(uuid.uuid4())
    body = {"properties": {"runbook": {"name": runbook}, "parameters": parameters or {}, "runOn": run_on}}
    return name, azure.job.create(group, account, name, body)


name, job = start("shop-nightly-care", {"Branch": "größe"}, "shop-workers")
check("a job is made under the name that it is given", job.properties.job_id == name and job.properties.status == "New", job)
seen = waited(lambda: azure.job.get(group, account, name).properties, ("Completed", "Failed", "Stopped"))
check("it completes", seen.status == "Completed" and seen.end_time > seen.start_time, seen)
check("what it was given is kept", seen.parameters == {"Branch": "größe"} and seen.run_on == "shop-workers", seen)
records = list(azure.job_stream.list_by_job(group, account, name))
kinds = [one.properties.stream_type for one in records]
check("it wrote streams", kinds == ["Progress", "Verbose", "Output", "Warning", "Output", "Output"], kinds)
one = azure.job_stream.get(group, account, name, records[4].properties.job_stream_id)
check("a record is told whole", one.properties.stream_text.endswith(" end") and len(one.properties.stream_text) > 1000, one)
later = records[3].properties.time.isoformat()
some = list(azure.job_stream.list_by_job(group, account, name, filter=f"properties/time ge {later}"))
check("records from a time on can be asked for", len(some) == 3, len(some))
output = text_of(azure.job.get_output(group, account, name))
check("the output is text", output.startswith("cared for größe"), output)
twice = refusal(lambda: azure.job.create(group, account, name, {"properties": {"runbook": {"name": "shop-report"}}}))
check("a name is given once", isinstance(twice, ResourceExistsError), twice)
without = refusal(lambda: start("shop-nightly-care"))
check("a parameter that is missing is told", without is not None and without.status_code == 400 and "Branch" in str(without), without)

name, _ = start("shop-broken")
seen = waited(lambda: azure.job.get(group, account, name).properties, ("Completed", "Failed", "Stopped"))
check("a broken one fails and says why", seen.status == "Failed" and "Größe" in seen.exception, seen)

name, _ = start("shop-slow")
waited(lambda: azure.job.get(group, account, name).properties, ("Running",))
azure.job.stop(group, account, name)
seen = waited(lambda: azure.job.get(group, account, name).properties, ("Completed", "Failed", "Stopped"))
check("a job is stopped", seen.status == "Stopped", seen)

name, _ = start("shop-waiting")
seen = waited(lambda: azure.job.get(group, account, name).properties, ("Suspended",))
check("a job is suspended", seen.status == "Suspended", seen)
azure.job.resume(group, account, name)
seen = waited(lambda: azure.job.get(group, account, name).properties, ("Completed", "Failed", "Stopped"))
check("and goes on when it is resumed", seen.status == "Completed", seen)

azure.test_job.create(group, account, "shop-edited", {"parameters": {"Branch": "west"}})
seen = waited(lambda: azure.test_job.get(group, account, "shop-edited"), ("Completed", "Failed", "Stopped"))
check("the test of a draft runs", seen.status == "Completed", seen)
records = list(azure.test_job_streams.list_by_test_job(group, account, "shop-edited"))
check("and writes streams", len(records) == 6, len(records))

start_time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
made = azure.schedule.create_or_update(
    group, account, "referee", {"name": "referee", "properties": {"startTime": start_time.isoformat(), "frequency": "Day", "interval": 1}}
)
check("a schedule is made", made.properties.frequency == "Day" and made.properties.is_enabled is True, made)
linked = azure.job_schedule.create(
    group, account, str(uuid.uuid4()), {"properties": {"schedule": {"name": "referee"}, "runbook": {"name": "shop-report"}}}
)
check("and linked to a runbook", linked.properties.schedule.name == "referee", linked)
azure.schedule.delete(group, account, "referee")
check("and deleted", isinstance(refusal(lambda: azure.schedule.get(group, account, "referee")), ResourceNotFoundError))
hidden = azure.variable.create_or_update(
    group, account, "Pin", {"name": "Pin", "properties": {"value": '"1234"', "isEncrypted": True}}
)
check("an encrypted variable gives no value", hidden.properties.is_encrypted is True and hidden.properties.value is None, hidden)
hooks = list(azure.webhook.list_by_automation_account(group, account))
check("a webhook's address is not given", hooks and hooks[0].properties.uri == "", hooks)
check("the account's jobs are listed, the newest first", next(iter(azure.job.list_by_automation_account(group, account))).properties.status is not None)

end()
