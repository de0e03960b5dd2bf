//! `terraform/plan`: says what would change. Effect: none. Idempotent.

use podium_connector::{
    Action, Change, Confidence, Context, Outcome, StepPreview, StepRequest, Undo, UndoClass,
};
use podium_diagnostics::Result;
use serde_json::{Value, json};

use crate::operations::{Looked, look, open, told};
use crate::saved;

pub(crate) fn undo() -> Undo {
    Undo {
        class: UndoClass::Automatic,
        because: Some("It only looks.".to_owned()),
    }
}

/// Taking it back.
pub(crate) fn nothing() -> StepPreview {
    StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: undo(),
        outputs: serde_json::Map::new(),
        notes: Vec::new(),
    }
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let session = match open(cx, request, "preview-").await? {
        Ok(session) => session,
        Err(unknown) => {
            return Ok(StepPreview {
                undo: undo(),
                ..unknown
            });
        }
    };
    let fingerprint = saved::fingerprint(&session, request, None);
    Ok(match look(&session, request, &[]).await? {
        Looked::Unknown(unknown) => StepPreview {
            undo: undo(),
            ..unknown
        },
        Looked::Plan {
            plan,
            mut notes,
            mut note,
        } => {
            notes.push(words(&plan.changes));
            let mut preview = told(request, plan, notes, undo());
            let counts = counts(&preview.changes);
            preview.changes = vec![Change {
                action: Action::Read,
                kind: "configuration".to_owned(),
                name: session.config.directory.clone(),
                before: Value::Null,
                after: Value::Null,
                stateful: false,
                confidence: None,
                because: None,
            }];
            preview.outputs = if request.inputs.is_partial() {
                serde_json::Map::new()
            } else {
                counts.clone()
            };
            note.outputs = counts;
            note.nothing = true;
            saved::leave(&session, request, fingerprint.as_deref(), &preview, &note);
            preview
        }
    })
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    // It was looked at just now, and nothing else is to be done.
    if let Some(note) = saved::note(cx) {
        return Ok(Outcome {
            outputs: note.outputs,
            ..Outcome::default()
        });
    }
    let session = crate::client::Session::open(cx, request, "").await?;
    let Looked::Plan { plan, .. } = look(&session, request, &[]).await? else {
        return Ok(Outcome::default());
    };
    Ok(Outcome {
        outputs: counts(&plan.changes),
        ..Outcome::default()
    })
}

fn count(changes: &[Change], action: Action) -> usize {
    changes.iter().filter(|c| c.action == action).count()
}

fn counts(changes: &[Change]) -> serde_json::Map<String, Value> {
    let count = |action| count(changes, action);
    let value = json!({
        "changed": changes.iter().any(|c| c.action != Action::Read),
        "create": count(Action::Create),
        "update": count(Action::Update),
        "replace": count(Action::Replace),
        "delete": count(Action::Delete),
        "words": words(changes),
    });
    match value {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    }
}

fn words(changes: &[Change]) -> String {
    let parts: Vec<String> = [
        (Action::Create, "create"),
        (Action::Update, "change"),
        (Action::Replace, "replace"),
        (Action::Delete, "delete"),
    ]
    .into_iter()
    .filter_map(|(action, verb)| {
        let n = count(changes, action);
        (n > 0).then(|| format!("{verb} {n}"))
    })
    .collect();
    if parts.is_empty() {
        "An apply would change nothing.".to_owned()
    } else {
        format!("An apply would {}.", parts.join(", "))
    }
}
