//! What came of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::change::Undo;

/// A step succeeded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The outputs, for later steps. Sensitive ones are left out and named in `hidden`.
    pub outputs: serde_json::Map<String, Value>,
    /// Names of outputs that exist and are not shown, since the system calls them sensitive.
    pub hidden: Vec<String>,
    /// What was made or changed, for the result page: `kind name` lines with an optional link.
    pub made: Vec<Made>,
    /// Facts learned while it ran that the undo needs. Kept in the journal beside the undo record made
    /// before. Holds no secret.
    pub undo: Option<Value>,
}

/// Something that a step made or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Made {
    /// The system's word for the kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Where a person can look at it (`https://`, or `http://127.0.0.1:…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub link: Option<String>,
}

/// How to take a step back; made before the step's first effect, and durable before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct UndoRecord {
    /// The class and why.
    pub undo: Undo,
    /// What the connector needs for it, in its own form. Holds no secret.
    #[ts(type = "any")]
    pub record: Value,
}

/// What became of an attempt that was running when the application died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// It never began: run it as if for the first time.
    NeverStarted,
    /// It began, and `run` with `resumed` set can take it up again without doing anything twice.
    Adopt,
    /// Nobody can tell from here; a person must look.
    Unknown {
        /// Why, and what to look at, as whole sentences.
        because: String,
    },
}

/// What goes on at the far side after a cancel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StillRunning {
    /// Whole sentences for people; empty where nothing goes on.
    pub what: Vec<String>,
}

/// Who would do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Identity {
    /// The system, for example `aws`.
    pub system: String,
    /// The account, subscription, cluster or organisation.
    pub account: String,
    /// The user, role or token name.
    pub user: String,
    /// The region or endpoint, where it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub place: Option<String>,
    /// When it ends, RFC 3339; absent where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub expires: Option<String>,
    /// The same as plain values that can be compared with what somebody expects; the first is the account,
    /// by the system's own word for it. A word may stand twice, where a thing has two names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Fact>>")]
    pub facts: Vec<Fact>,
}

/// One plain value of an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Fact {
    /// The system's word, one of [`podium_model::parse::IDENTITY_WORDS`]: `cluster`.
    pub what: String,
    /// The value.
    pub value: String,
}

impl Fact {
    /// Facts from words and values; a value that is empty is none.
    pub fn list<'a>(facts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Self> {
        let known = facts.into_iter().filter(|(_, value)| !value.is_empty());
        known
            .map(|(what, value)| Self {
                what: what.to_owned(),
                value: value.to_owned(),
            })
            .collect()
    }
}

impl Identity {
    /// Becomes another one, as an invented identity is: `account` and the word of the system for it name the
    /// account, `user` the user.
    pub fn become_another<'a>(&mut self, is: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let account = self.facts.first().map(|fact| fact.what.clone());
        for (what, value) in is {
            let own = account.as_deref() == Some(what) || what == "account";
            if own {
                value.clone_into(&mut self.account);
            }
            if what == "user" {
                value.clone_into(&mut self.user);
            }
            let what = match &account {
                Some(word) if own => word.as_str(),
                _ => what,
            };
            let place = self.facts.iter().position(|fact| fact.what == what);
            self.facts.retain(|fact| fact.what != what);
            let fact = Fact {
                what: what.to_owned(),
                value: value.to_owned(),
            };
            let place = place.unwrap_or(self.facts.len()).min(self.facts.len());
            self.facts.insert(place, fact);
        }
    }
}

/// Something that an identity may do, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Right {
    /// What, in words: `look at stacks`.
    pub what: String,
    /// Whether it may; absent where nobody can know before it is tried.
    pub held: Option<bool>,
}

/// What was changed outside since a step last ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Drift {
    /// The differences; empty where there are none.
    pub items: Vec<DriftItem>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct DriftItem {
    /// The system's word for the kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What it should be.
    #[ts(type = "any")]
    pub expected: Value,
    /// What it is; null where it is gone.
    #[ts(type = "any")]
    pub actual: Value,
}

/// A choice for a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Choice {
    /// The value.
    pub value: String,
    /// What people call it.
    pub label: String,
}

/// A connector's own graph: resources of a plan, a stack, a playbook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Drawing {
    /// The nodes.
    pub nodes: Vec<DrawnNode>,
    /// The edges.
    pub edges: Vec<DrawnEdge>,
}

/// A node of a [`Drawing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct DrawnNode {
    /// Unique in the drawing.
    pub id: String,
    /// The system's word for the kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// An edge of a [`Drawing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct DrawnEdge {
    /// Id of the node that comes first.
    pub from: String,
    /// Id of the node that depends on it.
    pub to: String,
}
