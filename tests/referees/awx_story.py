"""AWX's own client drives our simulator: `python awx_story.py http://127.0.0.1:PORT`.

A line for each check; ends with 0 where all hold. Needs awxkit 24.6.1.
"""

import time

from awxkit import config, exceptions
from awxkit.api import Api
from verdict import base, check, end, refusal


def api(token):
    root = Api()
    root.connection.login(token=token)
    return root.get().available_versions.v2.get()


config.base_url = base
config.assume_untrusted = True
config.client_connection_attempts = 3
check(
    "without a login it is told to log in",
    isinstance(refusal(lambda: Api().get().available_versions.v2.get().me.get()), exceptions.Unauthorized),
)
check(
    "an expired token is refused",
    isinstance(refusal(lambda: api("expired-token").me.get()), exceptions.Unauthorized),
)

v2 = api("referee-token")
check("the user is told", v2.me.get().results[0].username == "podium", v2.me.get())
check("the version is told", v2.ping.get().version == "24.6.1")
made = v2.tokens.post({"description": "referee", "application": None, "scope": "write"})
v2 = api(made.token)
check("a token that was made is taken", v2.me.get().count == 1)

page = v2.job_templates.get()
check("a list has pages of 25", page.count > 75 and len(page.results) == 25 and page.next is not None, page.count)
pages = 1
while page.next:
    page = page.go_to_next()
    pages += 1
check("every page is reached", pages > 3, pages)

front = v2.job_templates.get(name="shop-front").results[0]
check("a template is found by its name", front.playbook == "site.yml" and front.ask_limit_on_launch is True, front)
survey = front.related.survey_spec.get()
check("its survey is told", survey.spec[0]["variable"] == "branch", survey)
asked = front.related.launch.get()
check("what its launch needs is told", asked.variables_needed_to_start == ["branch"], asked)
missing = refusal(lambda: front.related.launch.post({}))
check(
    "a launch without an answer is refused by name",
    isinstance(missing, exceptions.BadRequest) and "'branch' value missing" in str(missing.msg),
    missing,
)

job = front.launch({"extra_vars": {"branch": "größe"}, "limit": "web"})
check("a launch gives its job", job.type == "job" and job.status in ("pending", "waiting", "running"), job)
job = job.wait_until_completed(interval=1, timeout=60)
check("the job is watched to a good end", job.status == "successful" and job.failed is False, job.status)
deadline = time.time() + 30
while not job.get().event_processing_finished and time.time() < deadline:
    time.sleep(0.5)
events = job.related.job_events.get(page_size=200, order_by="counter")
counters = [event.counter for event in events.results]
check("its events are in order", counters == list(range(1, events.count + 1)), counters)
check("they say what ran where", any(e.event == "runner_on_ok" and e.host_name == "shop-web-1" for e in events.results))
printed = job.connection.get(str(job.related.stdout), query_parameters={"format": "txt_download"}).text
check("what was printed is text", "TASK [Gathering Facts]" in printed and "\x1b" not in printed, printed)
hosts = job.related.job_host_summaries.get()
check("hosts are summed up", sorted(h.host_name for h in hosts.results) == ["shop-web-1", "shop-web-2"], hosts)
check("variables come back as text", '"branch":"größe"' in job.extra_vars.replace(" ", ""), job.extra_vars)

fixed = v2.job_templates.get(name="shop-fixed").results[0]
reply = fixed.related.launch.post({"limit": "web", "extra_vars": {"a": 1}})
check("what is not asked for is told as ignored", set(reply.json["ignored_fields"]) == {"limit", "extra_vars"}, reply.json)

broken = v2.job_templates.get(name="shop-broken").results[0].launch().wait_until_completed(interval=1, timeout=60)
check("a broken job fails", broken.status == "failed" and broken.failed is True, broken.status)

slow = v2.job_templates.get(name="shop-slow").results[0].launch()
check("a running job can be cancelled", slow.related.cancel.get().can_cancel is True)
slow.cancel()
slow = slow.wait_until_completed(interval=1, timeout=60)
check("and is cancelled then", slow.status == "canceled", slow.status)
check("but not twice", isinstance(refusal(lambda: slow.related.cancel.post({})), exceptions.MethodNotAllowed))

again = job.relaunch()
check("a job is launched again", again.id != job.id and again.launch_type == "relaunch", again)

release = v2.workflow_job_templates.get(name="shop-release").results[0]
nodes = release.related.workflow_nodes.get()
check("a workflow has nodes", nodes.count == 4 and nodes.results[0].success_nodes == [2], nodes)
running = release.launch({"extra_vars": {"branch": "west"}})
deadline = time.time() + 60
waiting = []
while not waiting and time.time() < deadline:
    waiting = v2.workflow_approvals.get(status="pending").results
    time.sleep(0.5)
check("it waits at its approval", len(waiting) == 1 and waiting[0].name == "Go live?", waiting)
if waiting:
    waiting[0].approve()
    second = refusal(lambda: waiting[0].approve())
    check("an approval is answered once", isinstance(second, exceptions.BadRequest), second)
running = running.wait_until_completed(interval=1, timeout=60)
check("the workflow ends well", running.status == "successful", running.status)
nodes = running.related.workflow_nodes.get(order_by="id").results
check("its nodes tell their jobs", nodes[0].summary_fields["job"]["status"] == "successful", nodes[0])
check("the other path did not run", nodes[3].do_not_run is True and nodes[3].job is None, nodes[3])

forbidden = v2.job_templates.get(name="shop-forbidden").results[0]
check("a right that is missing is told", isinstance(refusal(lambda: forbidden.related.launch.post({})), exceptions.Forbidden))
gone = refusal(lambda: job.walk(f"/api/v2/jobs/{job.id + 9999}/"))
check("what is not there is not there", isinstance(gone, exceptions.NotFound), gone)
wrong = refusal(lambda: v2.jobs.get(nonsense=1))
check("a filter that nobody knows is refused", isinstance(wrong, exceptions.BadRequest), wrong)

end()
