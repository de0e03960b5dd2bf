//! What a run did that can be taken back: a fold for `Plan::undo_of`.

use std::collections::HashMap;

use podium_engine::event::{RunEvent, StepEvent};
use podium_engine::{Event, EventBody, Instance};
use podium_plan::{DoneCall, DoneStep, Plan};
use serde_json::{Map, Value};

/// The plan of a run, the calls that began in it, and the steps that may have changed something: everything whose intent is in the
/// journal, also what failed, was cancelled, or of which nobody knows what became of it (half-done work
/// is taken back too). `None` before the run was made.
pub fn done_steps(events: &[Event]) -> Option<(Plan, Vec<DoneStep>, Vec<DoneCall>)> {
    let mut plan: Option<Plan> = None;
    let mut calls: Vec<DoneCall> = Vec::new();
    let mut done: HashMap<Instance, DoneStep> = HashMap::new();
    let mut items: HashMap<Instance, Vec<Value>> = HashMap::new();
    for event in events {
        match &event.body {
            EventBody::Run(RunEvent::Created(created)) => plan = Some(created.plan.clone()),
            EventBody::Run(_) => {}
            EventBody::Step {
                step, event: body, ..
            } => match body {
                StepEvent::Ready(ready) => {
                    let called = plan
                        .as_ref()
                        .and_then(|plan| plan.step(&step.step)?.call.as_ref());
                    if called.is_some() {
                        calls.retain(|call| call.id != step.step);
                        calls.push(DoneCall {
                            id: step.step.clone(),
                            inputs: match ready.inputs.get("inputs") {
                                Some(Value::Object(inputs)) => inputs.clone(),
                                _ => Map::new(),
                            },
                            outputs: Value::Object(Map::new()),
                            status: String::from("running"),
                        });
                    }
                    if let Some(list) = &ready.items {
                        items.insert(step.clone(), list.clone());
                    }
                }
                StepEvent::Intent(intent) => {
                    let Some(record) = &intent.undo else { continue };
                    // A later attempt starts from what the first one found: its record is the one that
                    // leads back to the state before the run.
                    done.entry(step.clone()).or_insert_with(|| DoneStep {
                        id: step.step.clone(),
                        item: step.item.map(|item| {
                            let value = items
                                .get(&Instance::from(step.step.clone()))
                                .and_then(|list| list.get(item as usize))
                                .cloned()
                                .unwrap_or(Value::Null);
                            (item as usize, value)
                        }),
                        inputs: intent.inputs.clone(),
                        record: record.clone(),
                        order: event.seq,
                        outputs: Value::Object(Map::new()),
                        status: String::from("running"),
                    });
                }
                StepEvent::Succeeded(succeeded) => {
                    if let Some(call) = calls.iter_mut().find(|call| call.id == step.step) {
                        call.outputs = Value::Object(succeeded.outputs.clone());
                        call.status = String::from("succeeded");
                    }
                    if let Some(step) = done.get_mut(step) {
                        step.outputs = Value::Object(succeeded.outputs.clone());
                        step.status = String::from("succeeded");
                        if let (Some(learned), Value::Object(record)) =
                            (&succeeded.undo, &mut step.record.record)
                        {
                            record.insert(String::from("learned"), learned.clone());
                        }
                    }
                }
                StepEvent::Failed(_) => set_status(&mut done, step, "failed"),
                StepEvent::Cancelled(_) => set_status(&mut done, step, "cancelled"),
                StepEvent::Unknown(_) => set_status(&mut done, step, "unknown"),
                _ => {}
            },
        }
    }
    let mut done: Vec<DoneStep> = done.into_values().collect();
    done.sort_by_key(|step| step.order);
    Some((plan?, done, calls))
}

fn set_status(done: &mut HashMap<Instance, DoneStep>, step: &Instance, status: &str) {
    if let Some(step) = done.get_mut(step) {
        status.clone_into(&mut step.status);
    }
}
