//! `file/render`: a template becomes a file, and the former file can be put back.
//!
//! Invariants: what stood there is kept before it is overwritten; a file is replaced whole or not at
//! all; undo deletes only folders that this step made and that are empty.

mod template;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use podium_connector::{
    Action, Change, Confidence, Connector, Context, Drift, DriftItem, Identity, Inputs, Made,
    Manifest, Observed, Outcome, Problem, Simulator, StepPreview, StepRequest, Undo, UndoClass,
    UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::place;
use crate::words::{self, NoSimulator};
use template::Escape;

/// A file is not as this step wrote it.
const CHANGED: Code = Code::new("POD0253");
/// Contents longer than this are shown by size and fingerprint alone.
const SHOWN: usize = 16 * 1024;
/// A file in the step's folder about one target: `former` (what stood there), `written` (the
/// fingerprint of what this step wrote), `record` (the undo record of the first attempt).
fn kept(cx: &dyn Context, what: &str, place: &str, to: &str) -> PathBuf {
    let target = fingerprint(format!("{place}\0{to}").as_bytes());
    cx.keep().join(format!("{what}-{}", &target[..12]))
}

/// Files on this computer.
pub struct File {
    manifest: Manifest,
}

/// The inputs of `file/render`.
#[derive(Debug, Deserialize)]
struct Config {
    template: Option<String>,
    text: Option<String>,
    to: String,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default = "sandbox")]
    place: String,
}

fn sandbox() -> String {
    "sandbox".into()
}

/// What undo needs.
#[derive(Debug, Deserialize, Serialize)]
struct Record {
    to: String,
    place: String,
    existed: bool,
    /// How many of the folders above it were missing.
    folders: usize,
}

impl Config {
    fn of(inputs: &Inputs) -> Result<Self> {
        inputs.read()
    }

    fn path(&self, cx: &dyn Context) -> Result<PathBuf> {
        place::inside(place::folder(cx, &self.place)?, &self.to)
    }

    fn content(&self, cx: &dyn Context) -> Result<String> {
        let template = match (&self.template, &self.text) {
            (_, Some(text)) => text.clone(),
            (Some(file), None) => {
                let path = place::inside(cx.workspace(), file)?;
                let bytes =
                    std::fs::read(&path).map_err(|error| place::disk(&path, "read", &error))?;
                String::from_utf8(bytes).map_err(|_| {
                    Error::new(
                        ErrorKind::Invalid,
                        template::TEMPLATE,
                        format!("The template `{file}` is no text in UTF-8."),
                    )
                    .with_hint("Save it as UTF-8.")
                })?
            }
            (None, None) => return Err(words::unreadable("neither `template` nor `text`")),
        };
        template::fill(&template, &self.values, Escape::of(&self.to))
    }
}

fn fingerprint(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A content as a preview shows it.
fn shown(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= SHOWN => Value::from(text),
        _ => json!({ "bytes": bytes.len(), "sha256": fingerprint(bytes) }),
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(place::disk(path, "read", &error)),
    }
}

/// Replaces the file whole: written beside it, then moved over it.
fn write(path: &Path, bytes: &[u8], key: &str) -> Result<()> {
    let fail = |error| place::disk(path, "written", &error);
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(fail)?;
    let beside = folder.join(format!(".podium-{key}"));
    let result = std::fs::write(&beside, bytes)
        .and_then(|()| match path.metadata() {
            Ok(former) => std::fs::set_permissions(&beside, former.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| std::fs::File::open(&beside)?.sync_all())
        .and_then(|()| std::fs::rename(&beside, path));
    result.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        fail(error)
    })
}

fn change(action: Action, to: &str, before: Value, after: Value) -> Change {
    Change {
        action,
        kind: "file".into(),
        name: to.to_owned(),
        before,
        after,
        stateful: false,
        confidence: None,
        because: None,
    }
}

fn undo_of(existed: bool) -> Undo {
    if existed {
        Undo {
            class: UndoClass::Restore,
            because: Some("The former content is kept and put back.".into()),
        }
    } else {
        Undo {
            class: UndoClass::Delete,
            because: Some("The file is new and is deleted.".into()),
        }
    }
}

impl File {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: crate::manifest::file(),
        }
    }

    fn outcome(path: &Path, to: &str, bytes: &[u8], changed: bool) -> Outcome {
        let mut outcome = words::outcome(json!({
            "path": path.to_string_lossy(),
            "sha256": fingerprint(bytes),
            "bytes": bytes.len(),
            "changed": changed,
        }));
        outcome.made.push(Made {
            kind: "file".into(),
            name: to.to_owned(),
            link: None,
        });
        outcome
    }
}

impl Default for File {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for File {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, _state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(NoSimulator)
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        let inputs = &request.inputs;
        let mut problems = Vec::new();
        for field in ["to", "template"] {
            if let Some(path) = inputs.text(field)
                && let Some(why) = place::problem(path)
            {
                problems.push(Problem {
                    field: format!("/{field}"),
                    message: format!("The path `{path}` is not allowed: {why}."),
                    hint: Some("Give a path below the workspace or the sandbox.".into()),
                    fatal: true,
                });
            }
        }
        let given = |name| inputs.get(name).is_some() || words::is_unknown(inputs, name);
        match (given("template"), given("text")) {
            (true, true) => problems.push(Problem {
                field: "/text".into(),
                message: "Both `template` and `text` are given.".into(),
                hint: Some("Keep one of them.".into()),
                fatal: true,
            }),
            (false, false) => problems.push(Problem {
                field: "/template".into(),
                message: "There is no template.".into(),
                hint: Some("Name a file under `template`, or write it under `text`.".into()),
                fatal: true,
            }),
            _ => {}
        }
        problems
    }

    async fn identify(&self, _: &dyn Context, _: &StepRequest) -> Result<Option<Identity>> {
        Ok(None)
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        let inputs = &request.inputs;
        if ["to", "place", "template", "text"]
            .iter()
            .any(|name| words::is_unknown(inputs, name))
        {
            let values = words::shown(inputs);
            let to = words::plain(values.get("to").unwrap_or(&Value::Null));
            let undo = Undo {
                class: UndoClass::Restore,
                because: Some(
                    "The former content is kept and put back, or the new file deleted.".into(),
                ),
            };
            let mut preview =
                StepPreview::unknown(words::known_later(inputs).unwrap_or_default(), undo);
            preview.changes.push(change(
                Action::Create,
                &to,
                Value::Null,
                Value::from("(known later)"),
            ));
            return Ok(preview);
        }
        let config = Config {
            values: words::shown(inputs)
                .get("values")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
            ..Config::of(&Inputs::known(without_values(inputs)))?
        };
        let path = config.path(cx)?;
        let before = read(&path)?;
        let undo = undo_of(before.is_some());
        if words::is_unknown(inputs, "values") && inputs.get("values").is_none() {
            let action = if before.is_some() {
                Action::Update
            } else {
                Action::Create
            };
            let mut preview = words::preview(inputs, Vec::new(), undo);
            preview.changes.push(change(
                action,
                &config.to,
                before.as_deref().map_or(Value::Null, shown),
                Value::from("(known later)"),
            ));
            preview.confidence = Confidence::Predicted;
            return Ok(preview);
        }
        let content = config.content(cx)?;
        let mut changes = Vec::new();
        let action = match &before {
            None => Some(Action::Create),
            Some(bytes) if bytes == content.as_bytes() => None,
            Some(_) => Some(Action::Update),
        };
        if let Some(action) = action {
            changes.push(change(
                action,
                &config.to,
                before.as_deref().map_or(Value::Null, shown),
                shown(content.as_bytes()),
            ));
        }
        let mut preview = words::preview(inputs, changes, undo);
        if preview.confidence == Confidence::Exact {
            let outcome = Self::outcome(&path, &config.to, content.as_bytes(), action.is_some());
            preview.outputs = outcome.outputs;
        }
        Ok(preview)
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        let config = Config::of(&request.inputs)?;
        let path = config.path(cx)?;
        let first = kept(cx, "record", &config.place, &config.to);
        if let Some(bytes) = read(&first)?
            && let Ok(record) = serde_json::from_slice::<Record>(&bytes)
        {
            // A second attempt must put back what stood there before the first.
            return Ok(UndoRecord {
                undo: undo_of(record.existed),
                record: serde_json::to_value(record).map_err(words::unreadable)?,
            });
        }
        let former = read(&path)?;
        if let Some(bytes) = &former {
            let keep = kept(cx, "former", &config.place, &config.to);
            std::fs::write(&keep, bytes).map_err(|error| place::disk(&keep, "written", &error))?;
        }
        let folders = path
            .ancestors()
            .skip(1)
            .take_while(|folder| !folder.exists())
            .count();
        let record = Record {
            to: config.to,
            place: config.place,
            existed: former.is_some(),
            folders,
        };
        let text = serde_json::to_vec(&record).map_err(words::unreadable)?;
        std::fs::write(&first, text).map_err(|error| place::disk(&first, "written", &error))?;
        Ok(UndoRecord {
            undo: undo_of(record.existed),
            record: serde_json::to_value(record).map_err(words::unreadable)?,
        })
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        let config = Config::of(&request.inputs)?;
        let path = config.path(cx)?;
        let content = config.content(cx)?;
        let changed = read(&path)?.as_deref() != Some(content.as_bytes());
        let written = kept(cx, "written", &config.place, &config.to);
        std::fs::write(&written, fingerprint(content.as_bytes()))
            .map_err(|error| place::disk(&written, "written", &error))?;
        if changed {
            write(&path, content.as_bytes(), &request.key)?;
        }
        Ok(Self::outcome(
            &path,
            &config.to,
            content.as_bytes(),
            changed,
        ))
    }

    async fn observe(&self, _: &dyn Context, _: &StepRequest) -> Result<Observed> {
        Ok(Observed::Adopt)
    }

    async fn verify(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        let config = Config::of(&request.inputs)?;
        let path = config.path(cx)?;
        let is = read(&path)?.map(|bytes| fingerprint(&bytes));
        if is.as_deref() == outcome.outputs.get("sha256").and_then(Value::as_str) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Failed,
            CHANGED,
            format!("`{}` is not as it was written.", config.to),
        )
        .with_hint("Another program writes the same file; find out which."))
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        _: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        let undo: Record =
            serde_json::from_value(record.record.clone()).map_err(words::unreadable)?;
        let path = place::inside(place::folder(cx, &undo.place)?, &undo.to)?;
        let is = read(&path)?;
        let former = undo
            .existed
            .then(|| read(&kept(cx, "former", &undo.place, &undo.to)))
            .transpose()?
            .flatten();
        let mut preview = words::undoes_nothing();
        let action = match (&is, &former) {
            (None, None) => None,
            (Some(is), Some(former)) if is == former => None,
            (_, None) => Some(Action::Delete),
            (None, Some(_)) => Some(Action::Create),
            (Some(_), Some(_)) => Some(Action::Update),
        };
        if let Some(action) = action {
            preview.changes.push(change(
                action,
                &undo.to,
                is.as_deref().map_or(Value::Null, shown),
                former.as_deref().map_or(Value::Null, shown),
            ));
        }
        let wrote = std::fs::read_to_string(kept(cx, "written", &undo.place, &undo.to)).ok();
        if let (Some(wrote), Some(is)) = (wrote, &is)
            && action.is_some()
            && wrote != fingerprint(is)
        {
            preview.notes.push(format!(
                "`{}` was changed since this step wrote it; that change goes as well. A copy stays in the run's folder.",
                undo.to
            ));
        }
        Ok(preview)
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        let undo: Record =
            serde_json::from_value(record.record.clone()).map_err(words::unreadable)?;
        let base = place::folder(cx, &undo.place)?;
        let path = place::inside(base, &undo.to)?;
        let is = read(&path)?;
        let wrote = std::fs::read_to_string(kept(cx, "written", &undo.place, &undo.to)).ok();
        if let Some(is) = &is
            && wrote.as_deref() != Some(fingerprint(is).as_str())
        {
            let copy = cx.keep().join("changed-since");
            std::fs::write(&copy, is).map_err(|error| place::disk(&copy, "written", &error))?;
        }
        if undo.existed {
            let keep = kept(cx, "former", &undo.place, &undo.to);
            let former =
                std::fs::read(&keep).map_err(|error| place::disk(&keep, "read", &error))?;
            if is.as_ref() != Some(&former) {
                write(&path, &former, &request.key)?;
            }
        } else if is.is_some() {
            std::fs::remove_file(&path).map_err(|error| place::disk(&path, "deleted", &error))?;
        }
        if !undo.existed {
            for folder in path.ancestors().skip(1).take(undo.folders) {
                // A folder that is not empty belongs to somebody else by now.
                if std::fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
        Ok(Outcome::default())
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        let config = Config::of(&request.inputs)?;
        let expected = config.content(cx)?;
        let is = read(&config.path(cx)?)?;
        if is.as_deref() == Some(expected.as_bytes()) {
            return Ok(Drift::default());
        }
        Ok(Drift {
            items: vec![DriftItem {
                kind: "file".into(),
                name: config.to,
                expected: shown(expected.as_bytes()),
                actual: is.as_deref().map_or(Value::Null, shown),
            }],
        })
    }
}

/// The inputs but `values`, which may be partly unknown.
fn without_values(inputs: &Inputs) -> Map<String, Value> {
    inputs
        .values
        .iter()
        .filter(|(name, _)| *name != "values")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
