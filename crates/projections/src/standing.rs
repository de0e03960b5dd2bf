//! What a run left behind: a fold for looking whether it is still so.

use std::collections::HashMap;

use podium_connector::{Inputs, Mode, StepRequest};
use podium_engine::event::{RunEvent, StepEvent};
use podium_engine::{Event, EventBody, Instance, key};
use podium_model::{RunId, StepId};
use podium_plan::{Plan, PlanStep, Work};
use serde_json::{Map, Value};

/// A step that has succeeded and may have changed something, as it was asked to do it.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The step, or one element of it.
    pub id: Instance,
    /// The attempt that succeeded.
    pub attempt: u32,
    /// The inputs it was done with.
    pub inputs: Map<String, Value>,
    /// The id that the far system gave.
    pub remote: Option<String>,
    /// Whether the far system is the real one; absent in runs of earlier versions.
    pub mode: Option<Mode>,
    /// When it had succeeded, in milliseconds since 1970.
    pub at: i64,
}

impl Standing {
    /// The question to the connector, as it was when the step was done.
    pub fn request(&self, run: &RunId, step: &PlanStep) -> StepRequest {
        StepRequest {
            run: Some(run.clone()),
            step: step.id.clone(),
            attempt: self.attempt,
            operation: step.uses.clone(),
            inputs: Inputs::known(self.inputs.clone()),
            key: key(run, &self.id, self.attempt),
            resumed: false,
            remote: self.remote.clone(),
        }
    }
}

/// The plan of a run and what its steps left, in the order of the plan and then of the elements. Steps that
/// only look have left nothing; a call is told by its steps. `None` before the run was made.
pub fn standing(events: &[Event]) -> Option<(Plan, Vec<Standing>)> {
    let (plan, stands) = as_done(events)?;
    let places: HashMap<&StepId, usize> = plan
        .steps()
        .iter()
        .enumerate()
        .filter(|(_, step)| step.writes && step.call.is_none() && matches!(step.work, Work::Do))
        .map(|(place, step)| (&step.id, place))
        .collect();
    let mut ordered: Vec<(usize, Standing)> = stands
        .into_iter()
        .filter_map(|one| Some((*places.get(&one.id.step)?, one)))
        .collect();
    ordered.sort_by_key(|(place, one)| (*place, one.id.item));
    let stands = ordered.into_iter().map(|(_, one)| one).collect();
    Some((plan, stands))
}

/// The plan of a run and how each step that has succeeded was asked, in no order. `None` before the run was
/// made.
pub fn as_done(events: &[Event]) -> Option<(Plan, Vec<Standing>)> {
    let mut plan: Option<Plan> = None;
    let mut begun: HashMap<Instance, Standing> = HashMap::new();
    let mut stands: HashMap<Instance, Standing> = HashMap::new();
    for event in events {
        let (id, attempt, body) = match &event.body {
            EventBody::Run(RunEvent::Created(created)) => {
                plan = Some(created.plan.clone());
                continue;
            }
            EventBody::Run(_) => continue,
            EventBody::Step {
                step,
                attempt,
                event,
            } => (step, *attempt, event),
        };
        match body {
            StepEvent::Intent(intent) => {
                // Whatever an earlier attempt left, this one begins anew.
                stands.remove(id);
                let one = Standing {
                    id: id.clone(),
                    attempt,
                    inputs: intent.inputs.clone(),
                    remote: None,
                    mode: intent.mode,
                    at: event.at,
                };
                begun.insert(id.clone(), one);
            }
            StepEvent::Accepted(accepted) => {
                if let Some(one) = begun.get_mut(id) {
                    one.remote = Some(accepted.remote.clone());
                }
            }
            StepEvent::Succeeded(_) => {
                if let Some(mut one) = begun.remove(id) {
                    one.at = event.at;
                    stands.insert(id.clone(), one);
                }
            }
            _ => {}
        }
    }
    Some((plan?, stands.into_values().collect()))
}
