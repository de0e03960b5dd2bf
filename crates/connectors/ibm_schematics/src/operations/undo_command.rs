//! Takes a command back: former variables and repository, then a job of its own.

use podium_connector::{
    Action, Change, Confidence, Context, Outcome, StepPreview, StepRequest, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_tfplan::holds_data;
use serde_json::{Map, Value, json};

use super::preview_command::{repository_line, variable_lines};
use super::run_command::{finish, start};
use super::{Record, moved, secrets};
use crate::client::{Client, Variable, Workspace};
use crate::config::{Command, Repository};

/// The job that takes it back; nothing where putting back the variables is all.
fn job_of(class: UndoClass, record: &Record) -> Option<Command> {
    match (class, record.command) {
        (UndoClass::Delete, _) => Some(Command::Destroy),
        (UndoClass::Restore, Some(Command::Apply | Command::Destroy)) => Some(Command::Apply),
        _ => None,
    }
}

/// The former variables, as far as they can be put back: of secure ones only those whose value is bound.
fn former(cx: &dyn Context, workspace: &Workspace, record: &Record) -> Option<Vec<Variable>> {
    if !record.sets_variables {
        return None;
    }
    let bound = secrets(cx);
    let kept = record
        .variables
        .iter()
        .filter(|variable| !variable.secure || bound.contains_key(&variable.name))
        .cloned();
    // A secure variable that is there and whose value nobody gives would be emptied.
    let blind = workspace
        .variables
        .iter()
        .any(|variable| variable.secure && !bound.contains_key(&variable.name));
    let wanted: Vec<Variable> = kept.collect();
    (!blind && wanted != workspace.variables).then_some(wanted)
}

fn repository(record: &Record) -> Option<&Repository> {
    record.sets_repository.then_some(&record.repository)
}

async fn found<'a>(
    client: &Client<'a>,
    record: &Record,
) -> Result<Option<(Workspace, Client<'a>)>> {
    client
        .find(record.id.as_deref().unwrap_or(&record.workspace))
        .await
}

pub(crate) async fn preview(
    cx: &dyn Context,
    _request: &StepRequest,
    undo: &UndoRecord,
) -> Result<StepPreview> {
    let record = Record::read(&undo.record)?;
    let mut preview = StepPreview {
        confidence: Confidence::Predicted,
        because: Some("Schematics can only plan by a job, which a preview does not start.".into()),
        changes: Vec::new(),
        undo: undo.undo.clone(),
        outputs: Map::new(),
        notes: Vec::new(),
    };
    if matches!(
        undo.undo.class,
        UndoClass::Manual | UndoClass::Impossible | UndoClass::Automatic
    ) {
        preview.confidence = Confidence::Exact;
        preview.because = None;
        preview.notes.extend(undo.undo.because.clone());
        return Ok(preview);
    }
    let client = Client::new(cx)?;
    let Some((workspace, there)) = found(&client, &record).await? else {
        preview.notes.push(format!(
            "The workspace `{}` is gone; there is nothing to take back.",
            record.workspace
        ));
        return Ok(preview);
    };
    preview.changes = variable_lines(&workspace, former(cx, &workspace, &record).as_deref());
    let (repo, folder) = moved(&workspace, repository(&record));
    if !repo.as_object().is_none_or(Map::is_empty) || folder.is_some() {
        preview
            .changes
            .push(repository_line(&workspace, &repo, folder.as_deref()));
    }
    let resources = there.resources(&workspace.id).await?;
    match job_of(undo.undo.class, &record) {
        Some(Command::Destroy) => {
            for resource in resources {
                preview.changes.push(Change {
                    action: Action::Delete,
                    stateful: holds_data(&resource.kind),
                    kind: resource.kind,
                    name: resource.address,
                    before: json!({ "id": resource.id }),
                    after: Value::Null,
                    confidence: None,
                    because: None,
                });
            }
            if record.id.is_none() {
                preview.changes.push(Change {
                    action: Action::Delete,
                    stateful: false,
                    kind: "workspace".into(),
                    name: workspace.name,
                    before: Value::Null,
                    after: Value::Null,
                    confidence: None,
                    because: None,
                });
            }
        }
        Some(_) => {
            for address in &record.resources {
                if resources.iter().all(|there| there.address != *address) {
                    preview.changes.push(Change {
                        action: Action::Create,
                        kind: podium_tfplan::practice::kind(address).to_owned(),
                        name: address.clone(),
                        before: Value::Null,
                        after: Value::Null,
                        stateful: false,
                        confidence: None,
                        because: Some("It was destroyed, and is made anew.".into()),
                    });
                }
            }
            preview.changes.push(Change {
                action: Action::Run,
                kind: "apply".into(),
                name: workspace.name,
                before: Value::Null,
                after: Value::Null,
                stateful: false,
                confidence: Some(Confidence::Unknown),
                because: Some(
                    "Schematics can only plan by a job, which a preview does not start.".into(),
                ),
            });
        }
        None => {}
    }
    Ok(preview)
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    undo: &UndoRecord,
) -> Result<Outcome> {
    let record = Record::read(&undo.record)?;
    if matches!(undo.undo.class, UndoClass::Manual | UndoClass::Impossible) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            Code::new("POD0430"),
            undo.undo
                .because
                .clone()
                .unwrap_or_else(|| "It cannot be taken back from here.".into()),
        ));
    }
    let client = Client::new(cx)?;
    let Some((workspace, there)) = found(&client, &record).await? else {
        return Ok(Outcome::default());
    };
    let put_back = || async {
        workspace.free()?;
        let (repo, folder) = moved(&workspace, repository(&record));
        if !repo.as_object().is_none_or(Map::is_empty) || folder.is_some() {
            there
                .set_repository(&workspace, &repo, folder.as_deref())
                .await?;
        }
        if let Some(variables) = former(cx, &workspace, &record) {
            there
                .set_variables(&workspace, &variables, &secrets(cx))
                .await?;
        }
        Ok(())
    };
    let Some(command) = job_of(undo.undo.class, &record) else {
        put_back().await?;
        return Ok(Outcome::default());
    };
    let nothing_left = command == Command::Destroy
        && there.resources(&workspace.id).await?.is_empty()
        && request.remote.is_none();
    let mut outcome = Outcome::default();
    if !nothing_left {
        let destroys = command == Command::Destroy;
        // What was made with the new variables is destroyed with them; the former ones come after.
        let id = start(&there, request, command, &workspace, &[], || async {
            if destroys {
                workspace.free()
            } else {
                put_back().await
            }
        })
        .await?;
        outcome = finish(&there, command, &workspace, id).await?;
    }
    if command == Command::Destroy {
        match record.id {
            None => there.delete(&workspace.id).await?,
            Some(_) => put_back().await?,
        }
    }
    outcome.made.clear();
    Ok(outcome)
}
