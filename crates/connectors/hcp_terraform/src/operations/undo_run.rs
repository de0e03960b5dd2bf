//! Takes a run back: by a run that destroys where the state held nothing, else by one from the former
//! configuration with the former variables.

use podium_connector::{
    Confidence, Context, Outcome, StepPreview, StepRequest, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Search, begin};
use serde_json::{Map, Value};

use super::drive_run::carry_out;
use super::preview_run::{speculate, tell};
use super::{Record, Wish, create_run, workspace_variables};
use crate::client::{Client, Workspace};
use crate::config::{Config, Kind};

fn kind_of(class: UndoClass) -> Kind {
    match class {
        UndoClass::Delete => Kind::Destroy,
        _ => Kind::Apply,
    }
}

fn wish<'a>(record: &Record, class: UndoClass, key: &str, only_looks: bool) -> Wish<'a> {
    let kind = kind_of(class);
    Wish {
        kind,
        plan_only: only_looks,
        variables: if kind == Kind::Apply {
            record.variables.clone()
        } else {
            Value::Null
        },
        targets: &[],
        replace: &[],
        message: if only_looks {
            "Preview of an undo by Podium; it changes nothing.".to_owned()
        } else {
            format!("Taken back by Podium [podium {key}]")
        },
        configuration: record.configuration.clone().filter(|_| kind == Kind::Apply),
        only_looks,
    }
}

pub(crate) async fn preview(cx: &dyn Context, undo: &UndoRecord) -> Result<StepPreview> {
    let record = Record::read(&undo.record)?;
    let class = undo.undo.class;
    let mut preview = StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: undo.undo.clone(),
        outputs: Map::new(),
        notes: Vec::new(),
    };
    if !matches!(class, UndoClass::Delete | UndoClass::Restore) {
        preview.notes.extend(undo.undo.because.clone());
        return Ok(preview);
    }
    let client = Client::new(cx)?;
    let workspace = client
        .workspace(&record.organization, &record.workspace)
        .await?;
    preview.confidence = Confidence::Predicted;
    let found = speculate(&client, &workspace, &wish(&record, class, "", true)).await?;
    tell(&mut preview, &workspace, kind_of(class), found);
    preview.undo = undo.undo.clone();
    for name in &record.new_secrets {
        preview.notes.push(format!(
            "The sensitive variable `{name}`, which the step made, is deleted."
        ));
    }
    Ok(preview)
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    undo: &UndoRecord,
) -> Result<Outcome> {
    let record = Record::read(&undo.record)?;
    let class = undo.undo.class;
    if matches!(class, UndoClass::Manual | UndoClass::Impossible) {
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
    let workspace = client
        .workspace(&record.organization, &record.workspace)
        .await?;
    let mut outcome = Outcome::default();
    let nothing_left = class == UndoClass::Delete && workspace.resources == 0 && !request.resumed;
    if class != UndoClass::Automatic && !nothing_left {
        let wish = wish(&record, class, &request.key, false);
        let find = || async {
            let marker = format!("[podium {}]", request.key);
            let runs = client.recent(&workspace.id, None).await?;
            Ok(runs
                .iter()
                .find(|run| {
                    let text = run["attributes"]["message"].as_str().unwrap_or_default();
                    text.starts_with("Taken back") && text.contains(&marker)
                })
                .and_then(|run| run["id"].as_str().map(str::to_owned)))
        };
        let id = begin(cx, request, Search::Certain, find, || {
            create_run(&client, &workspace, &wish)
        })
        .await?;
        let config = Config {
            organization: record.organization.clone(),
            workspace: record.workspace.clone(),
            kind: wish.kind,
            ..Config::default()
        };
        outcome = carry_out(&client, &workspace, &config, &id, None).await?;
        outcome.made.clear();
    }
    forget_secrets(&client, &workspace, &record).await?;
    Ok(outcome)
}

/// Deletes the sensitive variables that the step made.
async fn forget_secrets(client: &Client<'_>, workspace: &Workspace, record: &Record) -> Result<()> {
    if record.new_secrets.is_empty() {
        return Ok(());
    }
    for (name, id, sensitive) in workspace_variables(client, workspace).await? {
        if sensitive && record.new_secrets.contains(&name) {
            let call = Call::delete(format!("/workspaces/{}/vars/{id}", workspace.id));
            client.site.find(call.needs("can-update-variable")).await?;
        }
    }
    Ok(())
}
