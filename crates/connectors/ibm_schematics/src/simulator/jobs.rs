//! Jobs: they wait, work and end as time passes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use podium_tfplan::practice::{self, Template, Wish};
use serde_json::Value;

use super::state::{Activity, Space};

const SECOND: i64 = 1_000;
/// Lines of a log that asks to be long.
const CHATTER: usize = 20_000;

/// How long a job waits and works, by what its workspace is called.
pub(super) fn times(space: &Space, now: i64) -> (i64, i64) {
    let queue = if space.name.contains("waiting") {
        30
    } else {
        1
    };
    let work = if space.name.contains("slow") { 60 } else { 5 };
    (now + queue * SECOND, now + (queue + work) * SECOND)
}

/// The values of a workspace's variables. Of a secure one a fixed word stands in.
fn variables(space: &Space) -> BTreeMap<String, Value> {
    space
        .variables
        .iter()
        .map(|kept| {
            let value = match kept.kind.as_str() {
                _ if kept.secure => Value::String("practice-secret".into()),
                "number" | "bool" | "list" | "map" => serde_json::from_str(&kept.value)
                    .unwrap_or_else(|_| Value::String(kept.value.clone())),
                _ => Value::String(kept.value.clone()),
            };
            (kept.name.clone(), value)
        })
        .collect()
}

/// What a job of this command would do now.
pub(super) fn plan(space: &Space, template: &Template, activity: &Activity) -> Value {
    let wish = Wish {
        destroy: activity.command == "DESTROY",
        targets: activity.targets.clone(),
        ..Wish::default()
    };
    practice::plan(template, &space.state, &variables(space), &wish)
}

pub(super) fn advance(space: &mut Space, template: Option<&Template>, now: i64) {
    let variables = variables(space);
    let name = space.name.clone();
    let Some(at) = space
        .activities
        .iter()
        .position(|one| one.status.is_empty())
    else {
        return;
    };
    let (Some(template), activity) = (template, &space.activities[at]) else {
        return;
    };
    let stopped = activity
        .stopped
        .is_some_and(|stopped| now >= stopped + 2 * SECOND);
    if now < activity.ends && !stopped {
        return;
    }
    let plan = activity.plan.clone();
    let plans = activity.command == "PLAN";
    let mut words = practice::words_of_plan(&plan);
    if name.contains("chatty") {
        words.extend(
            (0..CHATTER).map(|line| format!("module.shop: Reading the price of article {line}...")),
        );
    }
    let mut failed = None;
    let status = if stopped {
        words.push("Interrupt received. Gracefully shutting down...".to_owned());
        "STOPPED"
    } else if plans {
        "COMPLETED"
    } else {
        let (state, why) = practice::apply(template, &space.state, &variables, &plan);
        let broken = why.as_ref().and_then(|_| {
            template
                .parts
                .iter()
                .find(|part| part.fails.is_some())
                .map(|part| part.address.clone())
        });
        let trouble = broken.as_deref().zip(why.as_deref());
        words.extend(practice::words_of_apply(&plan, trouble));
        space.state = state;
        failed = why;
        if failed.is_some() {
            "FAILED"
        } else {
            "COMPLETED"
        }
    };
    space.status = match (status, space.state.things.is_empty()) {
        ("FAILED", _) => "Failed",
        ("STOPPED", _) => "Stopped",
        (_, true) => "Inactive",
        _ => "Active",
    }
    .into();
    space.locked = false;
    let activity = &mut space.activities[at];
    status.clone_into(&mut activity.status);
    activity.words = words;
    activity.failed = failed;
    activity.ends = now;
}

/// The state as it is told now.
pub(super) fn status(space: &Space, activity: &Activity, now: i64) -> String {
    if !activity.status.is_empty() {
        return activity.status.clone();
    }
    if now < activity.starts {
        return "CREATED".into();
    }
    if activity.stopped.is_some() {
        return "STOPPING".into();
    }
    if space.name.contains("odd-state") && now < activity.starts + 3 * SECOND {
        return "REVIEWING".into();
    }
    "IN PROGRESS".into()
}

/// The log so far.
pub(super) fn log(space: &Space, activity: &Activity, now: i64) -> String {
    let verb = activity.command.to_lowercase();
    let stamp = |at: i64| {
        jiff::Timestamp::from_millisecond(at)
            .map(|at| at.strftime("%Y/%m/%d %H:%M:%S").to_string())
            .unwrap_or_default()
    };
    let mut text = String::new();
    let mut line = |at: i64, words: &str| {
        let _ = writeln!(text, " {} Terraform {verb} | {words}", stamp(at));
    };
    if now >= activity.starts || !activity.status.is_empty() {
        line(
            activity.starts,
            &format!("Terraform v1.5.7, workspace {}", space.name),
        );
        line(activity.starts, "Initializing the backend...");
    }
    if activity.status.is_empty() {
        let seconds = (now - activity.starts) / SECOND;
        for second in 1..=seconds {
            line(
                activity.starts + second * SECOND,
                &format!("Still working... [{second}s elapsed]"),
            );
        }
        return text;
    }
    let seconds = (activity.ends - activity.starts) / SECOND;
    for second in 1..=seconds {
        line(
            activity.starts + second * SECOND,
            &format!("Still working... [{second}s elapsed]"),
        );
    }
    for words in &activity.words {
        line(activity.ends, words);
    }
    text
}
