# One JSON object a line on standard output for everything that a playbook does.
#
# Podium writes this file into a private folder and names it by ANSIBLE_STDOUT_CALLBACK. It works with
# ansible-core alone, from 2.12 on. What a task marks by no_log leaves here as nothing but its name.
#
# Under ansible-runner, whose own callback is put upon this one, each line is what an event prints. So one
# method of an event must not call that of another one, and a line must be the same in every encoding.
from __future__ import annotations

import json
import os
import signal
import sys

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: podium_events
type: stdout
short_description: one JSON object a line
description: One JSON object a line for everything that a playbook does.
extends_documentation_fragment: [default_callback]
"""

# Characters of one text; less where the whole line would be too long to come in one piece.
MOST = (16000, 2000, 200)
LONGEST = 400000


def _cut(text, most):
    return text if len(text) <= most else text[:most] + "…"


def _plain(value, most, depth=0):
    """Values as JSON can hold them; tagged and lazy ones become plain."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return _cut(str(value), most)
    if depth > 12:
        return "…"
    if isinstance(value, dict):
        return {str(k): _plain(v, most, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(v, most, depth + 1) for v in value]
    return _cut(str(value), most)


def _line(facts):
    for most in MOST:
        line = json.dumps(_plain(facts, most))
        if len(line) <= LONGEST:
            break
    return line


def _ends_with_its_carrier():
    """ansible-runner lets its playbook play on when it is killed itself. Nobody would see that."""
    if not os.environ.get("AWX_ISOLATED_DATA_DIR"):
        return
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    if not os.isatty(1):
        os.kill(os.getpid(), signal.SIGINT)


def _part(result, name):
    """`result.host` since 2.19, `result._host` before."""
    return getattr(result, name) if hasattr(type(result), name) else getattr(result, "_" + name)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "podium_events"

    def __init__(self):
        super().__init__()
        _ends_with_its_carrier()

    def _say(self, event, **facts):
        sys.stdout.write(_line({"event": event, **facts}) + "\n")
        sys.stdout.flush()

    def _about(self, result):
        task = _part(result, "task")
        return {
            "host": _part(result, "host").get_name(),
            "task": task.get_name().strip(),
            "id": str(task._uuid),
            "module": str(task.action),
        }

    def _facts(self, result):
        task, answer = _part(result, "task"), _part(result, "result")
        if getattr(task, "no_log", False) or answer.get("_ansible_no_log"):
            return {"hidden": True, "changed": bool(answer.get("changed", False))}
        facts = {"changed": bool(answer.get("changed", False))}
        for key in ("msg", "stderr", "stdout", "rc"):
            if answer.get(key) not in (None, ""):
                facts[key] = answer[key]
        # An include that fails says why under another name.
        if "msg" not in facts and answer.get("reason"):
            facts["msg"] = answer["reason"]
        items = answer.get("results")
        if isinstance(items, list):
            wrong = [i for i in items if isinstance(i, dict) and (i.get("failed") or i.get("unreachable"))]
            for key in ("msg", "stderr", "rc"):
                if wrong and wrong[0].get(key) not in (None, ""):
                    facts[key] = wrong[0][key]
        facts["diff"] = self._diffs(answer)
        one_by_one = items if isinstance(items, list) else [answer]
        facts["shown"] = [self._shown(one) for one in one_by_one
                          if isinstance(one, dict) and one.get("_ansible_verbose_always")
                          and not one.get("_ansible_no_log")][:200]
        facts["unchecked"] = any(
            isinstance(one, dict) and "check mode" in str(one.get("msg") or "") for one in one_by_one
        )
        return facts

    @staticmethod
    def _shown(answer):
        """What a task such as `debug` shows: its message, else the variables it names."""
        if "msg" in answer:
            return answer["msg"]
        beside = ("changed", "failed", "skipped", "item", "ansible_loop_var", "ansible_index_var", "ansible_loop")
        return {k: v for k, v in answer.items() if not str(k).startswith("_") and k not in beside}

    @staticmethod
    def _diffs(answer):
        found = []
        parts = answer.get("results") if isinstance(answer.get("results"), list) else [answer]
        for part in parts:
            if not isinstance(part, dict) or part.get("_ansible_no_log") or not part.get("changed"):
                continue
            diffs = part.get("diff") or []
            for diff in diffs if isinstance(diffs, list) else [diffs]:
                if isinstance(diff, dict):
                    found.append({k: CallbackModule._still(diff[k])
                                  for k in ("before", "after", "prepared") if k in diff})
        return found[:20]

    @staticmethod
    def _still(side):
        """Without what differs each time one looks."""
        if isinstance(side, dict):
            return {k: v for k, v in side.items() if k not in ("mtime", "atime", "ctime")}
        return side

    def v2_playbook_on_play_start(self, play):
        self._say("play", name=play.get_name().strip())

    def _begins(self, task):
        self._say("task", task=task.get_name().strip(), id=str(task._uuid), module=str(task.action),
                  path=str(task.get_path() or ""))

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._begins(task)

    def v2_playbook_on_handler_task_start(self, task):
        self._begins(task)

    def v2_playbook_on_cleanup_task_start(self, task):
        self._begins(task)

    def v2_playbook_on_no_hosts_matched(self):
        self._say("no_hosts")

    def v2_playbook_on_no_hosts_remaining(self):
        self._say("no_hosts_left")

    def v2_runner_on_start(self, host, task):
        self._say("start", host=host.get_name(), task=task.get_name().strip(), id=str(task._uuid),
                  module=str(task.action))

    def v2_runner_on_ok(self, result):
        self._say("ok", **self._about(result), **self._facts(result))

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._say("failed", ignored=bool(ignore_errors), **self._about(result), **self._facts(result))

    def v2_runner_on_skipped(self, result):
        self._say("skipped", **self._about(result), **self._facts(result))

    def v2_runner_on_unreachable(self, result):
        self._say("unreachable", **self._about(result), **self._facts(result))

    def v2_runner_retry(self, result):
        self._say("retry", **self._about(result))

    def v2_playbook_on_stats(self, stats):
        hosts = {host: {k: int(v) for k, v in stats.summarize(host).items()}
                 for host in sorted(stats.processed)}
        own = dict(getattr(stats, "custom", {}) or {})
        run = own.pop("_run", {})
        self._say("stats", hosts=hosts, run=run, custom=own)
