//! Runs: they fetch, plan, wait and apply as time passes.

use std::collections::BTreeMap;

use podium_tfplan::practice;
use serde_json::{Value, json};

use super::configuration::value_of;
use super::state::{Run, Space, State};

const SECOND: i64 = 1_000;
const CHATTER: usize = 20_000;

fn variables(space: &Space, run: &Run) -> BTreeMap<String, Value> {
    let mut all: BTreeMap<String, Value> = space
        .variables
        .iter()
        .filter(|var| var.category == "terraform")
        .map(|var| {
            let value = if var.sensitive {
                json!("practice-secret")
            } else if var.hcl {
                value_of(&var.value)
            } else {
                json!(var.value)
            };
            (var.key.clone(), value)
        })
        .collect();
    for (key, value) in &run.variables {
        all.insert(key.clone(), value_of(value));
    }
    all
}

/// Lets time pass for every run that has not ended.
pub(super) fn advance(state: &mut State, now: i64) {
    for at in 0..state.runs.len() {
        // Several states may have passed since the last look.
        while !state.runs[at].ended() && step(state, at, now) {}
    }
}

/// Whether another run of the workspace goes before.
fn behind(state: &State, at: usize) -> bool {
    let run = &state.runs[at];
    !run.plan_only
        && state.runs[..at]
            .iter()
            .any(|other| other.space == run.space && !other.plan_only && !other.ended())
}

fn turn(run: &mut Run, status: &str, at: i64) {
    status.clone_into(&mut run.status);
    run.since = at;
}

/// Goes one state further; whether it did.
fn step(state: &mut State, at: usize, now: i64) -> bool {
    let waits = behind(state, at);
    let run = state.runs[at].clone();
    let Some(place) = state.spaces.iter().position(|space| space.id == run.space) else {
        return false;
    };
    let name = state.spaces[place].name.clone();
    let template = state
        .configurations
        .iter()
        .find(|one| one.id == run.configuration)
        .map(|one| one.template.clone())
        .unwrap_or_default();
    let passed = now - run.since;
    let after = |seconds: i64| run.since + seconds * SECOND;
    let long = if name.contains("slow") { 60 } else { 3 };
    let one = &mut state.runs[at];
    if run.stop && !matches!(run.status.as_str(), "pending") {
        if passed < 0 {
            return false;
        }
        one.plan_log
            .push("Interrupt received. Gracefully shutting down...".into());
        one.plan_status = if run.plan_status == "finished" {
            "finished"
        } else {
            "canceled"
        }
        .into();
        if !run.apply_status.is_empty() {
            one.apply_status = "canceled".into();
        }
        turn(one, "canceled", now);
        return true;
    }
    match run.status.as_str() {
        "pending" => {
            if waits || passed < SECOND || (state.spaces[place].locked.is_some() && !run.plan_only)
            {
                return false;
            }
            turn(one, "plan_queued", now);
        }
        "plan_queued" => {
            if passed < SECOND {
                return false;
            }
            one.plan_status = "running".into();
            let status = if name.contains("odd-state") {
                "pondering"
            } else {
                "planning"
            };
            turn(one, status, after(1));
        }
        "pondering" => {
            if passed < 3 * SECOND {
                return false;
            }
            turn(one, "planning", after(3));
        }
        "planning" => {
            if passed < long * SECOND {
                return false;
            }
            plan(state, at, place, &template, after(long));
        }
        "policy_override" => {
            if !run.overridden {
                return false;
            }
            turn(one, "policy_checked", now);
        }
        "planned" | "policy_checked" => {
            if !run.auto_apply {
                return false;
            }
            turn(one, "confirmed", now);
        }
        "confirmed" => {
            if passed < SECOND {
                return false;
            }
            one.apply_status = "running".into();
            turn(one, "applying", after(1));
        }
        "applying" => {
            if passed < long * SECOND {
                return false;
            }
            let values = variables(&state.spaces[place], &run);
            let (next, failed) =
                practice::apply(&template, &state.spaces[place].state, &values, &run.plan);
            let broken = template
                .parts
                .iter()
                .find(|part| part.fails.is_some())
                .map(|part| part.address.clone());
            let trouble = failed
                .as_deref()
                .and_then(|why| Some((broken.as_deref()?, why)));
            one.apply_log = practice::words_of_apply(&run.plan, trouble);
            state.spaces[place].drifted.clear();
            state.spaces[place].state = next;
            one.apply_status = if failed.is_some() {
                "errored"
            } else {
                "finished"
            }
            .into();
            turn(
                one,
                if failed.is_some() {
                    "errored"
                } else {
                    "applied"
                },
                after(long),
            );
        }
        _ => return false,
    }
    true
}

/// Works out the plan, and where the run goes from it.
fn plan(state: &mut State, at: usize, place: usize, template: &practice::Template, when: i64) {
    let run = state.runs[at].clone();
    let space = &state.spaces[place];
    let values = variables(space, &run);
    let missing = practice::missing(template, &values);
    if let Some(first) = missing.first() {
        let one = &mut state.runs[at];
        one.plan_log = vec![
            "Error: No value for required variable".into(),
            format!(
                "The root module input variable \"{first}\" is not set, and has no default value."
            ),
        ];
        one.plan_status = "errored".into();
        turn(one, "errored", when);
        return;
    }
    let mut plan = practice::plan(template, &space.state, &values, &run.wish);
    let drift: Vec<Value> = space
        .drifted
        .iter()
        .filter_map(|(address, attribute, value)| {
            let before = space.state.things.get(address)?;
            let mut after = before.clone();
            after.insert(attribute.clone(), value.clone());
            Some(
                json!({ "address": address, "type": practice::kind(address), "change": {
                "actions": ["update"], "before": before, "after": after,
                "before_sensitive": {}, "after_sensitive": {},
            } }),
            )
        })
        .collect();
    plan["resource_drift"] = json!(drift);
    let mut log = practice::words_of_plan(&plan);
    if space.name.contains("chatty") {
        log.splice(
            0..0,
            (0..CHATTER).map(|line| format!("module.shop: Reading the price of article {line}...")),
        );
    }
    let nothing = practice::counts(&plan) == (0, 0, 0);
    let asks = space.name.contains("waiting");
    let one = &mut state.runs[at];
    one.plan = plan;
    one.plan_log = log;
    one.plan_status = "finished".into();
    let status = if run.plan_only || (nothing && !run.wish.refresh_only) {
        "planned_and_finished"
    } else if asks {
        "policy_override"
    } else {
        "planned"
    };
    turn(one, status, when);
}
