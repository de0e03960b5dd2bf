//! What can be done to a stack, and taken back.

pub(crate) mod continue_rollback;
pub(crate) mod delete_stack;
pub(crate) mod deploy_stack;
pub(crate) mod read_stack_set;
pub(crate) mod restore_stack;

use std::path::PathBuf;

use podium_connector::{Action, Change, Context, Made, Outcome, Undo, UndoClass};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bucket::Bucket;
use crate::client::Client;
use crate::parcel::Parcel;
use crate::stack::{Member, Stack};
use crate::template::{LIMIT, Template, is_stateful};

/// The disk said no.
const DISK: Code = Code::new("POD0251");

/// What undo needs; made before the first effect.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Record {
    pub(crate) stack: String,
    pub(crate) region: String,
    /// The key of the attempt, which is the name of its change set.
    pub(crate) key: String,
    /// The stack before; its template is in the step's folder.
    pub(crate) former: Option<Stack>,
    /// Where that template goes when it is too long for a request.
    #[serde(default)]
    pub(crate) bucket: Option<Bucket>,
}

/// What an attempt began, kept so that it can be taken up and taken back.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Begun {
    pub(crate) stack: String,
    pub(crate) created: bool,
}

/// The file that tells which template lies in a bucket.
const PARCEL: &str = "parcel.json";

/// Files in the step's folder.
pub(crate) struct Kept<'a>(pub(crate) &'a dyn Context);

impl Kept<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.0.keep().join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        let beside = self.path(&format!("{name}.new"));
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, &path))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Storage,
                    DISK,
                    format!("`{}` could not be written.", path.display()),
                )
                .with_hint("Free some space, then run again.")
                .with_source(error)
            })
    }

    fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.path(name)).ok()
    }

    pub(crate) fn begun(&self) -> Option<Begun> {
        serde_json::from_str(&self.read("begun.json")?).ok()
    }

    pub(crate) fn set_begun(&self, begun: &Begun) -> Result<()> {
        self.write(
            "begun.json",
            &serde_json::to_string(begun).unwrap_or_default(),
        )
    }

    /// The record of the first attempt: a later one must put back what was there before the first.
    pub(crate) fn record(&self) -> Option<Record> {
        serde_json::from_str(&self.read("record.json")?).ok()
    }

    pub(crate) fn set_record(&self, record: &Record) -> Result<()> {
        self.write(
            "record.json",
            &serde_json::to_string(record).unwrap_or_default(),
        )
    }

    /// The template that this step put into a bucket, or was about to.
    pub(crate) fn parcel(&self) -> Option<Parcel> {
        serde_json::from_str(&self.read(PARCEL)?).ok()
    }

    pub(crate) fn set_parcel(&self, parcel: &Parcel) -> Result<()> {
        self.write(PARCEL, &serde_json::to_string(parcel).unwrap_or_default())
    }

    /// It is in no bucket any more.
    pub(crate) fn drop_parcel(&self) {
        let _ = std::fs::remove_file(self.path(PARCEL));
    }

    pub(crate) fn template(&self) -> Option<String> {
        self.read("template-before")
    }

    pub(crate) fn set_template(&self, body: &str) -> Result<()> {
        self.write("template-before", body)
    }
}

/// The outputs of a stack.
pub(crate) fn outputs(stack: &Stack) -> Map<String, Value> {
    let mut outputs = stack.outputs.clone();
    outputs.insert("stack_id".into(), Value::from(stack.id.as_str()));
    outputs
}

/// A stack that is as it shall be.
pub(crate) fn outcome(client: &Client<'_>, stack: &Stack) -> Outcome {
    Outcome {
        outputs: outputs(stack),
        made: vec![Made {
            kind: "AWS::CloudFormation::Stack".into(),
            name: stack.name.clone(),
            link: client.link(&stack.id),
        }],
        ..Outcome::default()
    }
}

/// A line for each resource that goes with a stack, with what its template says about keeping it.
pub(crate) fn deletions(members: &[Member], template: Option<&Template>) -> Vec<Change> {
    let policies = template.map(Template::resources).unwrap_or_default();
    members
        .iter()
        .filter(|member| member.status != "DELETE_COMPLETE")
        .map(|member| {
            let policy = policies
                .iter()
                .find(|resource| resource.id == member.id)
                .and_then(|resource| resource.policy.as_deref());
            let because = match policy {
                Some("Retain" | "RetainExceptOnCreate") => {
                    Some("It leaves the stack and stays in the account, by its deletion policy.")
                }
                Some("Snapshot") => Some("A snapshot is taken first, by its deletion policy."),
                _ => None,
            };
            Change {
                action: Action::Delete,
                kind: member.kind.clone(),
                name: member.id.clone(),
                before: serde_json::json!({ "physical id": member.physical }),
                after: Value::Null,
                stateful: is_stateful(&member.kind),
                confidence: None,
                because: because.map(str::to_owned),
            }
        })
        .collect()
}

/// Why a former template cannot be put back by itself; nothing where it can.
pub(crate) fn without_bucket(length: Option<usize>, bucket: Option<&Bucket>) -> Option<Undo> {
    let length = length.filter(|length| *length > LIMIT && bucket.is_none())?;
    Some(Undo {
        class: UndoClass::Manual,
        because: Some(format!(
            "The former template is {length} bytes long and would have to go through a bucket: name one under `bucket`, or deploy the former version from git."
        )),
    })
}

/// A name for a change set, made of any text.
pub(crate) fn set_name(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(100)
        .collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        format!("p-{name}")
    }
}
