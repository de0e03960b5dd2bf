//! What the practice cloud holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::storage::Storage;

/// Everything.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Cloud {
    pub(crate) stacks: Vec<Stack>,
    #[serde(default)]
    pub(crate) stack_sets: Vec<StackSet>,
    #[serde(default)]
    pub(crate) storage: Storage,
    /// Drift detection → stack and when it is done.
    pub(crate) detections: BTreeMap<String, (String, i64)>,
    /// Makes ids differ.
    pub(crate) count: u64,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Stack {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) protected: bool,
    pub(crate) now: Version,
    /// What an update goes back to.
    pub(crate) former: Option<Version>,
    pub(crate) resources: Vec<Resource>,
    /// Oldest first.
    pub(crate) events: Vec<Event>,
    pub(crate) sets: Vec<Set>,
    /// What is still to happen, in order.
    pub(crate) pending: Vec<Due>,
    pub(crate) made_at: i64,
    pub(crate) changed_at: i64,
    /// Where it is nested.
    #[serde(default)]
    pub(crate) inside: Option<Inside>,
    /// What a nested stack will hold at the end of what is laid out for it.
    #[serde(default)]
    pub(crate) inside_living: Vec<Resource>,
    /// What an interrupted way back still has to do.
    #[serde(default)]
    pub(crate) back: Option<Back>,
}

/// Where a nested stack is.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Inside {
    /// The stack right around it.
    pub(crate) parent: String,
    pub(crate) root: String,
    /// Its name in the template of that.
    pub(crate) id: String,
}

/// The rest of a way back that failed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Back {
    /// What would not go back, and why; empty once somebody repaired it.
    pub(crate) stuck: Vec<(Resource, String)>,
    /// What is to be removed at the end.
    pub(crate) made: Vec<Resource>,
    pub(crate) version: Version,
}

/// A stack set, with stacks in accounts and regions.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct StackSet {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) template: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) deleted: bool,
    pub(crate) instances: Vec<Instance>,
}

/// A stack of a stack set.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Instance {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) stack: String,
    /// When it is made.
    pub(crate) ready_at: i64,
    pub(crate) operation: String,
}

/// What a stack was asked to be.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Version {
    pub(crate) template: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) role: Option<String>,
    pub(crate) outputs: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Resource {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) physical: String,
    pub(crate) status: String,
    pub(crate) properties: Value,
    /// What somebody changed behind the stack's back.
    #[serde(default)]
    pub(crate) changed: BTreeMap<String, Value>,
    /// Outputs of a nested stack.
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) reason: String,
    pub(crate) at: i64,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) about: String,
    pub(crate) kind: String,
    pub(crate) physical: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) token: String,
    pub(crate) at: i64,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Set {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) executed_by: Option<String>,
    pub(crate) execution: String,
    /// Why it has no changes or failed; empty where it is good.
    pub(crate) reason: String,
    pub(crate) version: Version,
    pub(crate) on_failure: String,
    pub(crate) changes: Vec<Change>,
    pub(crate) ready_at: i64,
    pub(crate) fresh: bool,
    #[serde(default)]
    pub(crate) nested: bool,
    /// When it is gone, where it is being deleted.
    #[serde(default)]
    pub(crate) gone_at: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Change {
    /// `Add`, `Modify`, `Remove`.
    pub(crate) action: String,
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) physical: String,
    /// `True`, `False`, `Conditional`; empty for others.
    pub(crate) replacement: String,
    pub(crate) policy: String,
    pub(crate) before: Value,
    pub(crate) after: Value,
    /// Names of properties that differ, and whether each makes it anew.
    pub(crate) details: Vec<(String, bool)>,
    /// The change set of the nested stack.
    #[serde(default)]
    pub(crate) set: Option<String>,
}

/// Something that happens at a time.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Due {
    pub(crate) at: i64,
    pub(crate) event: Event,
    pub(crate) then: Then,
}

/// What it does beside being told.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Then {
    /// The stack's status changes.
    Status,
    /// The resource is so now.
    Put(Box<Resource>),
    /// Its status changes.
    Mark,
    /// It is gone.
    Drop,
    /// The stack is this version now, with this status.
    Become(Box<Version>),
}

impl Cloud {
    /// An id that no other thing has.
    pub(crate) fn id(&mut self) -> String {
        self.count += 1;
        let n = self.count;
        format!(
            "{:08x}-0000-4000-8000-{:012x}",
            n.wrapping_mul(2_654_435_761) & 0xffff_ffff,
            n
        )
    }

    /// Lets everything happen that is due.
    pub(crate) fn advance(&mut self, now: i64) {
        let mut count = self.count;
        for stack in &mut self.stacks {
            while stack.pending.first().is_some_and(|due| due.at <= now) {
                let due = stack.pending.remove(0);
                count += 1;
                stack.happen(due, count);
            }
        }
        self.count = count;
    }
}

impl Stack {
    pub(crate) fn is_gone(&self) -> bool {
        self.status == "DELETE_COMPLETE"
    }

    fn happen(&mut self, due: Due, number: u64) {
        let Due {
            at,
            mut event,
            then,
        } = due;
        event.id = format!("{}-{number:08}", event.about);
        event.at = at;
        match then {
            Then::Status => {
                self.status.clone_from(&event.status);
                self.reason.clone_from(&event.reason);
            }
            Then::Become(version) => {
                self.status.clone_from(&event.status);
                self.reason.clone_from(&event.reason);
                self.former = Some(std::mem::replace(&mut self.now, *version));
                for set in &mut self.sets {
                    if set.execution == "EXECUTE_IN_PROGRESS" {
                        set.execution = "EXECUTE_COMPLETE".into();
                    }
                }
            }
            Then::Put(resource) => {
                let mut resource = *resource;
                resource.at = at;
                match self.resources.iter_mut().find(|old| old.id == resource.id) {
                    Some(old) => *old = resource,
                    None => self.resources.push(resource),
                }
            }
            Then::Mark => {
                if let Some(old) = self.resources.iter_mut().find(|old| old.id == event.about) {
                    old.status.clone_from(&event.status);
                    old.reason.clone_from(&event.reason);
                    old.at = at;
                }
            }
            Then::Drop => self.resources.retain(|old| old.id != event.about),
        }
        self.changed_at = at;
        self.events.push(event);
    }
}
