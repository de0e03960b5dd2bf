//! What undo needs, in the step's folder: each object as it was before the first attempt. The values of
//! Secrets are not in it.

use std::path::PathBuf;

use podium_connector::{Context, write_private};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::Kind;
use crate::object::Ref;

/// The disk said no.
const DISK: Code = Code::new("POD0251");

/// One object before the step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Former {
    pub(crate) name: Ref,
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
    /// Absent where it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uid: Option<String>,
    /// The file in the step's folder with the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
}

impl Former {
    pub(crate) fn kind(&self) -> Kind {
        Kind {
            api_version: self.name.api_version.clone(),
            kind: self.name.kind.clone(),
            plural: self.plural.clone(),
            namespaced: self.namespaced,
            verbs: Vec::new(),
        }
    }
}

/// The undo record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// In the order of their application.
    pub(crate) objects: Vec<Former>,
    /// The cluster's own mark, so that nothing is taken back in another one.
    pub(crate) cluster: String,
}

/// Files in the step's folder.
pub(crate) struct Kept<'a>(pub(crate) &'a dyn Context);

impl Kept<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.0.keep().join(name)
    }

    pub(crate) fn write(&self, name: &str, value: &Value) -> Result<()> {
        let beside = self.path(&format!("{name}.new"));
        write_private(&beside, value.to_string().as_bytes())
            .and_then(|()| std::fs::rename(&beside, self.path(name)))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Storage,
                    DISK,
                    format!("`{}` could not be written.", self.path(name).display()),
                )
                .with_hint("Free some space, then run again.")
                .with_source(error)
            })
    }

    pub(crate) fn read(&self, name: &str) -> Option<Value> {
        serde_json::from_slice(&std::fs::read(self.path(name)).ok()?).ok()
    }

    /// The record of the first attempt: a later one must put back what was there before the first.
    pub(crate) fn record(&self) -> Option<Record> {
        serde_json::from_value(self.read("record.json")?).ok()
    }

    pub(crate) fn set_record(&self, record: &Record) -> Result<()> {
        self.write(
            "record.json",
            &serde_json::to_value(record).unwrap_or_default(),
        )
    }
}

/// An object as it may lie on disk: with its managers, without its state and without the values of a
/// Secret.
pub(crate) fn to_keep(name: &Ref, object: &Value) -> Value {
    let managers = object.pointer("/metadata/managedFields").cloned();
    // kubectl's own copy of a Secret would hold its values.
    let mut kept = if name.is_secret() {
        crate::object::plain(object)
    } else {
        crate::object::wanted(object)
    };
    if name.is_secret()
        && let Some(map) = kept.as_object_mut()
    {
        map.remove("data");
        map.remove("stringData");
    }
    if let (Some(managers), Some(metadata)) = (
        managers,
        kept.get_mut("metadata").and_then(Value::as_object_mut),
    ) {
        metadata.insert("managedFields".into(), managers);
    }
    kept
}
