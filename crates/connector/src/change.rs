//! What a step would change, how sure that is, and how it could be taken back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// What happens to one thing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It will exist.
    Create,
    /// It changes in place.
    Update,
    /// It is deleted and made anew.
    Replace,
    /// It will be gone.
    Delete,
    /// Something runs that is no change of a thing, such as a command or a job.
    Run,
    /// Only looked at.
    Read,
}

/// How sure a preview is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The system itself said so, for these inputs.
    Exact,
    /// Worked out from what is known; the system was not asked or cannot say for certain.
    Predicted,
    /// Nobody can know before it runs; the reason is given.
    Unknown,
}

/// One line of a preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Change {
    /// What happens to it.
    pub action: Action,
    /// The system's own word for the kind, for example `AWS::S3::Bucket`.
    pub kind: String,
    /// Its name or address in the system.
    pub name: String,
    /// Before, where known. Holds no secret: sensitive values are the text `(hidden)`.
    #[ts(type = "any")]
    pub before: Value,
    /// After, where known. Values known only later are the text `(known later)`.
    #[ts(type = "any")]
    pub after: Value,
    /// Whether it holds data that is lost with it (a database, a volume, a bucket).
    #[serde(default)]
    pub stateful: bool,
    /// Set where this line is less sure than its step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub confidence: Option<Confidence>,
    /// Why nobody can know, or why it is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub because: Option<String>,
}

/// What stands in a preview for a value that is known only later.
const KNOWN_LATER: &str = "(known later)";

impl Change {
    /// Its name for people: a part that is known only later is said in words.
    pub fn plain_name(&self) -> String {
        let name = self.name.as_str();
        match name.strip_suffix(KNOWN_LATER).map(str::trim_end) {
            Some("") => String::from("(its name is known later)"),
            Some(method) if method.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                format!("{method}, address known later")
            }
            _ if name.contains(KNOWN_LATER) => {
                format!("{} (in part known later)", name.replace(KNOWN_LATER, "…"))
            }
            _ => name.to_owned(),
        }
    }
}

/// How a step can be undone.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum UndoClass {
    /// There is nothing to take back, or the system takes it back by itself.
    Automatic,
    /// The state before is put back.
    Restore,
    /// What it made is deleted.
    Delete,
    /// A person has to do it; the reason says what.
    Manual,
    /// It cannot be undone; the reason says why.
    Impossible,
}

/// How a step can be undone, and why so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Undo {
    /// The class.
    pub class: UndoClass,
    /// Why; always present for `manual` and `impossible`.
    pub because: Option<String>,
}

/// What one step would do, as its connector answers. `podium-plan` puts these into the whole preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct StepPreview {
    /// How sure the whole answer is; a change may be less sure.
    pub confidence: Confidence,
    /// Why not exact; absent when exact.
    pub because: Option<String>,
    /// The changes. Deterministic for the same inputs and the same world: no times, no random ids, in
    /// a stable order, since the preview is hashed.
    pub changes: Vec<Change>,
    /// How it could be taken back.
    pub undo: Undo,
    /// Outputs that are already certain (for example unchanged ones); they flow on to later previews.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub outputs: serde_json::Map<String, Value>,
    /// Remarks in whole sentences: what the preview does not cover, warnings of the system.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl StepPreview {
    /// An answer that nobody can know before the step runs.
    pub fn unknown(because: impl Into<String>, undo: Undo) -> Self {
        Self {
            confidence: Confidence::Unknown,
            because: Some(because.into()),
            changes: Vec::new(),
            undo,
            outputs: serde_json::Map::new(),
            notes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_later_is_said_in_words() {
        let name = |kind: &str, name: &str| {
            Change {
                action: Action::Run,
                kind: kind.into(),
                name: name.into(),
                before: Value::Null,
                after: Value::Null,
                stateful: false,
                confidence: None,
                because: None,
            }
            .plain_name()
        };
        assert_eq!(
            name("request", "GET (known later)"),
            "GET, address known later"
        );
        assert_eq!(name("stack", "(known later)"), "(its name is known later)");
        assert_eq!(
            name("stack", "shop-(known later)-eu"),
            "shop-…-eu (in part known later)"
        );
        assert_eq!(name("request", "GET https://a/b"), "GET https://a/b");
    }
}
