//! `terraform/apply`: brings the real things in line with the configuration. Effect: writes, at least
//! once; after a crash the process is taken up by its label, else the state is compared.

use std::collections::BTreeMap;

use podium_connector::{
    Confidence, Context, Outcome, StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
    write_private,
};
use podium_diagnostics::{Error, ErrorKind, Result, reason};
use serde_json::Value;

use crate::client::Session;
use crate::footprint::{Applied, Footprint, files_mark};
use crate::operations::{Looked, TARGETED, look, open, told};
use crate::saved::{self, Note};
use crate::state::State;
use crate::undo::{self, Record, Way};
use crate::{carry, fault};

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let session = match open(cx, request, "preview-").await? {
        Ok(session) => session,
        Err(unknown) => return Ok(unknown),
    };
    let fingerprint = saved::fingerprint(&session, request, None);
    Ok(match look(&session, request, &[]).await? {
        Looked::Unknown(unknown) => unknown,
        Looked::Plan { plan, note, notes } => {
            let last = last(&session, &note.state);
            let (undo, _) =
                undo::of_apply(&plan.changes, &plan.imported, &note.state, last.as_ref());
            let preview = told(request, plan, notes, undo);
            saved::leave(&session, request, fingerprint.as_deref(), &preview, &note);
            preview
        }
    })
}

/// What Podium applied last to this state, where nothing has come in between.
fn last(session: &Session<'_>, state: &State) -> Option<Applied> {
    let last = Applied::load(&session.note_file())?;
    (last.lineage == state.lineage
        && last.serial == state.serial
        && files_mark(&session.folder).as_deref() == Some(last.files.as_str()))
    .then_some(last)
}

pub(crate) async fn prepare(
    cx: &dyn Context,
    request: &StepRequest,
    preview: &StepPreview,
) -> Result<UndoRecord> {
    let session = Session::open(cx, request, "prepare-").await?;
    let before = state_before(&session).await?;
    let (undo, way) = if preview.confidence == Confidence::Unknown {
        let undo = undo::of_unknown(Some(&before));
        let way = match undo.class {
            UndoClass::Delete => Way::Destroy,
            _ => Way::Person,
        };
        (undo, way)
    } else {
        from_preview(preview, last(&session, &before))
    };
    keep_before(cx, &before)?;
    let state_copy = copy_state(&session);
    record(
        undo,
        &Record {
            way,
            before,
            planned: preview
                .changes
                .iter()
                .map(|change| (change.name.clone(), change.action))
                .collect(),
            state_copy,
        },
    )
}

/// The state that the plan was made for; where there is no such plan, the state as it is now.
pub(crate) async fn state_before(session: &Session<'_>) -> Result<State> {
    if let Some(note) = saved::note(session.cx) {
        return Ok(note.state);
    }
    let _footprint = Footprint::of(&session.folder, session.config.workspace.as_deref());
    session.ready().await?;
    session.state("state").await
}

/// The way that belongs to the class which the preview named.
fn from_preview(preview: &StepPreview, last: Option<Applied>) -> (Undo, Way) {
    let way = match (preview.undo.class, last) {
        (UndoClass::Automatic, _) => Way::Nothing,
        (UndoClass::Delete, _) => Way::Destroy,
        (UndoClass::Restore, Some(last)) => Way::Restore {
            variables: last.variables,
            targets: last.targets,
        },
        (UndoClass::Restore, None) => {
            return (
                Undo {
                    class: UndoClass::Manual,
                    because: Some("The state or the files changed since the preview, so that the former inputs are no longer known to fit.".to_owned()),
                },
                Way::Person,
            );
        }
        (UndoClass::Manual | UndoClass::Impossible, _) => Way::Person,
    };
    (preview.undo.clone(), way)
}

pub(crate) fn record(undo: Undo, record: &Record) -> Result<UndoRecord> {
    Ok(UndoRecord {
        undo,
        record: serde_json::to_value(record).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                fault::TOOL_FAILED,
                format!("The undo record cannot be written: {error}."),
            )
        })?,
    })
}

/// Notes the state before, for whoever takes the run up after a crash.
pub(crate) fn keep_before(cx: &dyn Context, before: &State) -> Result<()> {
    let text = serde_json::to_vec(before).unwrap_or_default();
    write_private(&cx.keep().join("before.json"), &text).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            fault::TOOL_FAILED,
            format!("The state before cannot be noted: {}.", reason(&error)),
        )
    })
}

/// The state before, as noted.
pub(crate) fn before(cx: &dyn Context) -> State {
    std::fs::read(cx.keep().join("before.json"))
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

/// Keeps a copy of a state that is a plain file, for a person who has to look.
fn copy_state(session: &Session<'_>) -> bool {
    session
        .local_state()
        .and_then(|path| std::fs::read(path).ok())
        .is_some_and(|content| {
            write_private(&session.cx.keep().join("state-before.tfstate"), &content).is_ok()
        })
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let session = Session::open(cx, request, "").await?;
    let outcome = carry::out(&session, request, "apply", &[], &before(cx)).await?;
    note(&session, request).await;
    Ok(outcome)
}

/// Notes what was applied, so that a later change of inputs can be put back.
async fn note(session: &Session<'_>, request: &StepRequest) {
    let Some(files) = files_mark(&session.folder) else {
        return;
    };
    let Ok(state) = session.state("note-state").await else {
        return;
    };
    let variables: BTreeMap<String, Value> = session.config.variables.clone();
    debug_assert!(!request.inputs.is_partial());
    Applied {
        lineage: state.lineage,
        serial: state.serial,
        variables,
        targets: session.config.targets.clone(),
        secrets: session
            .cx
            .secrets()
            .into_iter()
            .map(|(name, _)| name)
            .collect(),
        files,
    }
    .store(&session.note_file());
}

/// What an undo has to do now.
enum Todo {
    Nothing,
    Destroy(Vec<String>),
    Apply(BTreeMap<String, Value>, Vec<String>),
}

async fn todo(session: &Session<'_>, undo: &UndoRecord) -> Result<Todo> {
    let record: Record = serde_json::from_value(undo.record.clone()).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            fault::NOT_UNDONE,
            format!("The undo record cannot be read: {error}."),
        )
    })?;
    Ok(match record.way {
        Way::Nothing => Todo::Nothing,
        Way::Person => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                fault::NOT_UNDONE,
                undo.undo
                    .because
                    .clone()
                    .unwrap_or_else(|| "A person has to take this back.".to_owned()),
            )
            .with_hint(if record.state_copy {
                "A copy of the state before lies in the step's folder."
            } else {
                "Put the former inputs or files back and apply again."
            }));
        }
        Way::Restore { variables, targets } => Todo::Apply(variables, targets),
        Way::Destroy => {
            let now = session.state("state").await?;
            let ours: Vec<String> = now
                .addresses
                .difference(&record.before.addresses)
                .cloned()
                .collect();
            if ours.is_empty() {
                Todo::Nothing
            } else if now.addresses.len() == ours.len() {
                Todo::Destroy(Vec::new())
            } else {
                Todo::Destroy(ours)
            }
        }
    })
}

/// The session with the inputs of what is to be done, and how; the session as it was where nothing is.
fn turned(
    session: Session<'_>,
    todo: Todo,
) -> std::result::Result<(Session<'_>, &'static [&'static str]), Session<'_>> {
    match todo {
        Todo::Nothing => Err(session),
        Todo::Destroy(targets) => Ok((
            session.with_config(|config| {
                config.targets = targets;
                config.replace.clear();
            }),
            &["-destroy"],
        )),
        Todo::Apply(variables, targets) => Ok((
            session.with_config(|config| {
                config.variables = variables;
                config.targets = targets;
                config.replace.clear();
            }),
            &[],
        )),
    }
}

pub(crate) async fn preview_undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let session = Session::open(cx, request, "preview-undo-").await?;
    let fingerprint = saved::fingerprint(&session, request, Some(record));
    let footprint = Footprint::of(&session.folder, session.config.workspace.as_deref());
    session.ready().await?;
    let todo = todo(&session, record).await?;
    drop(footprint);
    let undo = Undo {
        class: UndoClass::Manual,
        because: Some("Run the workflow again to have it back.".to_owned()),
    };
    let (session, how) = match turned(session, todo) {
        Ok(turned) => turned,
        Err(session) => {
            let preview = told(
                request,
                podium_tfplan::Plan::default(),
                vec!["Nothing is left to take back.".to_owned()],
                Undo {
                    class: UndoClass::Automatic,
                    because: None,
                },
            );
            let note = Note {
                nothing: true,
                ..Note::default()
            };
            saved::leave(&session, request, fingerprint.as_deref(), &preview, &note);
            return Ok(preview);
        }
    };
    Ok(match look(&session, request, how).await? {
        Looked::Unknown(unknown) => unknown,
        Looked::Plan {
            mut plan,
            mut notes,
            note,
        } => {
            plan.outputs.clear();
            // The choice of targets is ours then, and no warning to anybody.
            notes.retain(|note| !note.starts_with("Only `") && !note.starts_with(TARGETED));
            let preview = told(request, plan, notes, undo);
            saved::leave(&session, request, fingerprint.as_deref(), &preview, &note);
            preview
        }
    })
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let session = Session::open(cx, request, "undo-").await?;
    let resumed = request.resumed && carry::began(cx.keep(), "undo");
    if cx.handover().is_some() && !resumed {
        let carried = match saved::plan(&session) {
            Ok(Some((_, Note { nothing: true, .. }))) => return Ok(Outcome::default()),
            Ok(_) => taken_back(&session, request, &[], &State::default()).await,
            Err(stale) => Err(stale),
        };
        return match carried {
            // Without a plan that still stands, all that can be said is whether anything is left.
            Err(error) if error.kind == ErrorKind::Stale => {
                session.ready().await?;
                match todo(&session, record).await? {
                    Todo::Nothing => Ok(Outcome::default()),
                    Todo::Destroy(_) | Todo::Apply(..) => Err(error),
                }
            }
            carried => carried,
        };
    }
    session.ready().await?;
    let now = session.state("before").await?;
    // What is left to do is decided once: a resumed undo finds its decision here, so that its labels
    // mean the same calls.
    let todo = todo(&session, record).await?;
    let todo = match (todo, resumed) {
        (Todo::Nothing, true) => Todo::Destroy(Vec::new()),
        (todo, _) => todo,
    };
    let Ok((session, how)) = turned(session, todo) else {
        return Ok(Outcome::default());
    };
    taken_back(&session, request, how, &now).await
}

async fn taken_back(
    session: &Session<'_>,
    request: &StepRequest,
    how: &[&str],
    before: &State,
) -> Result<Outcome> {
    let mut outcome = carry::out(session, request, "undo", how, before).await?;
    outcome.outputs.clear();
    outcome.hidden.clear();
    Ok(outcome)
}
