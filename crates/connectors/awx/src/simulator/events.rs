//! What a job prints: one event for each task and host, in Ansible's own words and colours.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::render::{instant, uuid};
use super::world::Job;

/// The tasks of every playbook.
const TASKS: [&str; 4] = [
    "Gathering Facts",
    "Install the shop front",
    "Write the configuration – größe",
    "Restart the service",
];
/// The task at which a broken playbook breaks.
const BREAKS: usize = 2;
/// Events of a chatty job.
const MANY: usize = 20_000;

/// One event, small: which task, which host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happened {
    Begins,
    Play,
    Task(usize),
    Ran(usize, usize),
    Failed(usize, usize),
    Ends,
}

fn all(job: &Job) -> Vec<Happened> {
    let hosts = job.hosts.len();
    let tasks = if job.name().contains("chatty") {
        MANY.div_ceil(hosts + 1)
    } else {
        TASKS.len()
    };
    let mut events = vec![Happened::Begins, Happened::Play];
    for task in 0..tasks {
        events.push(Happened::Task(task));
        for host in 0..hosts {
            let last = job.is_broken() && host + 1 == hosts;
            match task {
                BREAKS if last => events.push(Happened::Failed(task, host)),
                task if last && task > BREAKS => {}
                _ => events.push(Happened::Ran(task, host)),
            }
        }
    }
    events.push(Happened::Ends);
    events
}

/// How many have happened by now.
fn so_far(job: &Job, now: i64, count: usize) -> usize {
    if now >= job.own_end() && job.cancelled.is_none() {
        return count;
    }
    let until = now.min(job.ends());
    let passed = (until - job.starts()).max(0);
    let whole = (job.own_end() - job.starts()).max(1);
    let share = i64::try_from(count).unwrap_or(0) * passed / whole;
    usize::try_from(share).unwrap_or(0).min(count)
}

fn task_name(task: usize) -> String {
    TASKS
        .get(task)
        .map_or_else(|| format!("Pack part {task}"), |name| (*name).to_owned())
}

fn changes(task: usize) -> bool {
    task == 1 || task == BREAKS
}

fn printed(job: &Job, event: Happened) -> String {
    let host = |at: usize| job.hosts[at].as_str();
    match event {
        Happened::Begins => String::new(),
        Happened::Play => "\r\nPLAY [Open the shop] ***".to_owned(),
        Happened::Task(task) => format!("\r\nTASK [{}] ***", task_name(task)),
        Happened::Ran(task, at) if changes(task) => {
            format!("\u{1b}[0;33mchanged: [{}]\u{1b}[0m", host(at))
        }
        Happened::Ran(_, at) => format!("\u{1b}[0;32mok: [{}]\u{1b}[0m", host(at)),
        Happened::Failed(_, at) => format!(
            "\u{1b}[0;31mfatal: [{}]: FAILED! => {{\"changed\": false, \"msg\": \"No space left on device\"}}\u{1b}[0m",
            host(at)
        ),
        Happened::Ends => {
            let mut text = "\r\nPLAY RECAP ***".to_owned();
            for one in summaries_of(job) {
                let _ = write!(
                    text,
                    "\r\n{}: ok={} changed={} unreachable=0 failed={} skipped=0 rescued=0 ignored=0",
                    one.host, one.ok, one.changed, one.failed
                );
            }
            text
        }
    }
}

/// What came of one host.
pub(crate) struct Summary {
    pub(crate) host: String,
    pub(crate) ok: usize,
    pub(crate) changed: usize,
    pub(crate) failed: usize,
}

pub(crate) fn summaries_of(job: &Job) -> Vec<Summary> {
    let events = all(job);
    let mut summaries: Vec<Summary> = job
        .hosts
        .iter()
        .map(|host| Summary {
            host: host.clone(),
            ok: 0,
            changed: 0,
            failed: 0,
        })
        .collect();
    for event in events {
        match event {
            Happened::Ran(task, host) => {
                summaries[host].ok += 1;
                summaries[host].changed += usize::from(changes(task));
            }
            Happened::Failed(_, host) => summaries[host].failed += 1,
            _ => {}
        }
    }
    summaries
}

/// The events after a counter, at most so many, and how many there are in all by now.
pub(crate) fn after(
    job: &Job,
    now: i64,
    root: &str,
    counter: usize,
    most: usize,
) -> (Vec<Value>, usize) {
    let events = all(job);
    let count = so_far(job, now, events.len());
    let mut line = 0;
    let mut found = Vec::new();
    for (at, event) in events.iter().take(count).enumerate() {
        let lines = match event {
            Happened::Begins => 0,
            Happened::Ran(..) | Happened::Failed(..) => 1,
            Happened::Play | Happened::Task(_) => 2,
            Happened::Ends => 2 + job.hosts.len(),
        };
        if at + 1 > counter {
            let stdout = printed(job, *event);
            found.push(row(job, root, at, *event, &stdout, line, line + lines));
            if found.len() == most {
                break;
            }
        }
        line += lines;
    }
    (found, count)
}

fn row(
    job: &Job,
    root: &str,
    at: usize,
    event: Happened,
    stdout: &str,
    from: usize,
    to: usize,
) -> Value {
    let (kind, task, host) = match event {
        Happened::Begins => ("playbook_on_start", None, None),
        Happened::Play => ("playbook_on_play_start", None, None),
        Happened::Task(task) => ("playbook_on_task_start", Some(task), None),
        Happened::Ran(task, host) => ("runner_on_ok", Some(task), Some(host)),
        Happened::Failed(task, host) => ("runner_on_failed", Some(task), Some(host)),
        Happened::Ends => ("playbook_on_stats", None, None),
    };
    let failed = matches!(event, Happened::Failed(..));
    let changed = matches!(event, Happened::Ran(task, _) if changes(task));
    let host = host.map(|at| job.hosts[at].clone()).unwrap_or_default();
    let task = task.map(task_name).unwrap_or_default();
    let mut data = json!({ "playbook": job.model()["playbook"], "uuid": uuid(job.id, at) });
    if !host.is_empty() {
        data["host"] = json!(host);
        data["task"] = json!(task);
        data["res"] = if failed {
            json!({ "changed": false, "msg": "No space left on device" })
        } else {
            json!({ "changed": changed })
        };
        if failed {
            data["ignore_errors"] = Value::Null;
        }
    }
    let id = job.id * 100_000 + i64::try_from(at).unwrap_or(0) + 1;
    let when = instant(job.starts() + i64::try_from(at).unwrap_or(0));
    json!({
        "id": id, "type": "job_event", "url": format!("{root}/job_events/{id}/"),
        "related": { "job": format!("{root}/jobs/{}/", job.id) },
        "summary_fields": { "job": { "id": job.id, "name": job.name(), "type": "job" } },
        "created": when, "modified": when, "job": job.id, "event": kind, "counter": at + 1,
        "event_display": kind, "event_data": data, "event_level": 3, "failed": failed,
        "changed": changed, "uuid": uuid(job.id, at), "parent_uuid": "", "host": null,
        "host_name": host, "playbook": job.model()["playbook"], "play": "Open the shop",
        "task": task, "role": "", "stdout": stdout, "start_line": from, "end_line": to,
        "verbosity": 0,
    })
}

/// Everything that was printed by now.
pub(crate) fn text(job: &Job, now: i64, colours: bool) -> String {
    let events = all(job);
    let count = so_far(job, now, events.len());
    let mut text = String::new();
    for event in events.iter().take(count) {
        let line = printed(job, *event);
        if !line.is_empty() {
            text.push_str(&line.replace("\r\n", "\n"));
            text.push('\n');
        }
    }
    if !colours {
        for code in ["\u{1b}[0;33m", "\u{1b}[0;32m", "\u{1b}[0;31m", "\u{1b}[0m"] {
            text = text.replace(code, "");
        }
    }
    text
}
