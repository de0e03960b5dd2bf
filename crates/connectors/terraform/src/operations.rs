//! What the three operations do, verb by verb.

pub(crate) mod apply_configuration;
pub(crate) mod destroy_configuration;
pub(crate) mod plan_configuration;

use podium_connector::{
    Choice, Confidence, Context, Drawing, Drift, Mode, StepPreview, StepRequest, Undo,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::Map;

use crate::client::{Planned, Session};
use crate::config::place_is_unknown;
use crate::fault;
use crate::footprint::Footprint;
use crate::saved::Note;
use crate::{drawing, saved, undo};
use podium_tfplan::Plan;

/// How Terraform calls its own warning that only a part is looked at.
const TARGETS_WARNING: &str = "Resource targeting is in effect";
/// How that warning is told.
pub(crate) const TARGETED: &str = "Terraform warns: Resource targeting is in effect.";

fn first_paragraph(text: &str) -> String {
    let first = text.trim().split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What looking gave.
pub(crate) enum Looked {
    /// A plan for these inputs.
    Plan {
        plan: Plan,
        note: Note,
        notes: Vec<String>,
    },
    /// Nobody can know yet.
    Unknown(StepPreview),
}

/// Makes a plan without leaving a trace. `how` are arguments of the plan.
pub(crate) async fn look(
    session: &Session<'_>,
    request: &StepRequest,
    how: &[&str],
) -> Result<Looked> {
    let footprint = Footprint::of(&session.folder, session.config.workspace.as_deref());
    session.ready().await?;
    let place = workspace(session).await?;
    let state = session.state("state").await?;
    let planned = match session.plan("plan", how, false).await {
        Ok(planned) => planned,
        Err(error)
            if request.inputs.is_partial()
                && matches!(error.kind, ErrorKind::Invalid | ErrorKind::Failed) =>
        {
            let mut preview = StepPreview::unknown(later(request), undo::of_unknown(Some(&state)));
            preview.notes.push(format!(
                "A guess was not possible either: {}",
                error.message
            ));
            return Ok(Looked::Unknown(preview));
        }
        Err(error) => return Err(error),
    };
    let (plan, _) = session.show("show").await?;
    saved::keep_lock(session);
    let mut notes = plan.notes.clone();
    notes.extend(place);
    notes.extend(remarks(session, &plan, &planned));
    if footprint.would_write_lock() {
        notes.push(format!(
            "Terraform will note the versions of its providers in `{}`; keep that file in git.",
            session.shown(&session.folder.join(".terraform.lock.hcl"))
        ));
    }
    notes.sort();
    notes.dedup();
    let note = Note {
        nothing: false,
        secrets_again: secrets_again(session, &plan, &planned),
        outputs: Map::new(),
        state,
    };
    Ok(Looked::Plan { plan, note, notes })
}

/// Which of the configuration's states it is about, where that is not the usual one.
async fn workspace(session: &Session<'_>) -> Result<Option<String>> {
    let Some(name) = &session.config.workspace else {
        return Ok(None);
    };
    let (is_new, kept) = match session.local_state() {
        Some(path) => (!path.exists(), ""),
        None => (
            !session.workspaces("workspaces").await?.contains(name),
            // Terraform's own plan makes it there, and nothing takes it away again.
            if session.cx.mode() == Mode::Real {
                " Its empty state is at the backend from this preview on."
            } else {
                ""
            },
        ),
    };
    Ok(Some(if is_new {
        format!("This is about the Terraform workspace `{name}`, which is new.{kept}")
    } else {
        format!("This is about the Terraform workspace `{name}`.")
    }))
}

/// Opens a session for a preview, or says that nobody can know where.
pub(crate) async fn open<'a>(
    cx: &'a dyn Context,
    request: &StepRequest,
    prefix: &'static str,
) -> Result<Result<Session<'a>, StepPreview>> {
    if place_is_unknown(request) {
        return Ok(Err(StepPreview::unknown(
            later(request),
            undo::of_unknown(None),
        )));
    }
    Session::open(cx, request, prefix).await.map(Ok)
}

/// Puts a preview together.
pub(crate) fn told(
    request: &StepRequest,
    plan: Plan,
    notes: Vec<String>,
    undo: Undo,
) -> StepPreview {
    let partial = request.inputs.is_partial();
    StepPreview {
        confidence: if partial {
            Confidence::Predicted
        } else {
            Confidence::Exact
        },
        because: partial.then(|| later(request)),
        changes: plan.changes,
        undo,
        outputs: plan.outputs,
        notes,
    }
}

/// Whether secrets are ephemeral, so that they do not stand in the plan and its apply needs them again.
/// Terraform takes them back since 1.10; for an OpenTofu it is found out by the apply.
fn secrets_again(session: &Session<'_>, plan: &Plan, planned: &Planned) -> bool {
    let mut parts = planned.version.split(['.', '-']);
    let mut next = || parts.next().and_then(|part| part.parse::<u32>().ok());
    let version = (next().unwrap_or(0), next().unwrap_or(0));
    let undeclared = |name: &str| {
        planned.warnings.iter().any(|warning| {
            warning.summary.contains("undeclared")
                && warning.detail.contains(&format!("\"{name}\""))
        })
    };
    version >= (1, 10)
        && session
            .cx
            .secrets()
            .iter()
            .any(|(name, _)| !plan.kept_variables.contains(name) && !undeclared(name))
}

fn later(request: &StepRequest) -> String {
    format!("Some inputs are known only after {}.", request.waits_for())
}

fn remarks(session: &Session<'_>, plan: &Plan, planned: &Planned) -> Vec<String> {
    let mut notes = Vec::new();
    for item in &plan.drift {
        notes.push(if item.actual.is_null() {
            format!("`{}` was deleted outside of Terraform.", item.name)
        } else {
            format!("`{}` was changed outside of Terraform.", item.name)
        });
    }
    if plan.is_empty() && !plan.changed_outputs.is_empty() {
        notes.push(format!(
            "Only outputs change: {}.",
            undo::names(plan.changed_outputs.iter().map(String::as_str))
        ));
    }
    for address in &session.config.replace {
        let hit = |name: &str| {
            name == address
                || name
                    .strip_prefix(address.as_str())
                    .is_some_and(|rest| rest.starts_with('['))
        };
        if !plan.changes.iter().any(|change| hit(&change.name)) {
            notes.push(format!(
                "Nothing is called `{address}`, so that nothing of it is made anew; the address may be misspelt."
            ));
        }
    }
    if !session.config.targets.is_empty() {
        notes.push(format!(
            "Only {} and what they depend on are looked at.",
            undo::names(session.config.targets.iter().map(String::as_str))
        ));
    }
    for (name, _) in session.cx.secrets() {
        if plan.kept_variables.contains(&name) {
            notes.push(format!(
                "The value of the secret `{name}` will stand in Terraform's state. Declare the variable `ephemeral` to keep it out."
            ));
        }
    }
    for warning in &planned.warnings {
        notes.push(match warning.summary.as_str() {
            TARGETS_WARNING => format!("{TARGETED} {}", first_paragraph(&warning.detail)),
            "Value for undeclared variable" => {
                let name = warning
                    .detail
                    .split_once("named \"")
                    .and_then(|(_, rest)| rest.split_once('"'))
                    .map_or("?", |(name, _)| name);
                format!("The configuration has no variable `{name}`; its value is not used.")
            }
            summary => format!("Terraform warns: {}.", summary.trim_end_matches('.')),
        });
    }
    notes
}

/// What was changed outside since.
pub(crate) async fn drift(cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
    let session = Session::open(cx, request, "drift-").await?;
    let _footprint = Footprint::of(&session.folder, session.config.workspace.as_deref());
    session.ready().await?;
    session.plan("plan", &["-refresh-only"], false).await?;
    let (plan, _) = session.show("show").await?;
    Ok(Drift { items: plan.drift })
}

/// The resources of the configuration and how they hang together.
pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    let Ok(session) = open(cx, request, "draw-").await? else {
        return Ok(Drawing::default());
    };
    let _footprint = Footprint::of(&session.folder, session.config.workspace.as_deref());
    session.ready().await?;
    session.plan("plan", &["-refresh=false"], false).await?;
    let (_, text) = session.show("show").await?;
    Ok(drawing::of(&text))
}

/// Choices for a field.
pub(crate) async fn discover(
    cx: &dyn Context,
    request: &StepRequest,
    what: &str,
) -> Result<Vec<Choice>> {
    let choice = |value: String| Choice {
        label: value.clone(),
        value,
    };
    match what {
        "directories" => Ok(directories(cx.workspace())
            .into_iter()
            .map(choice)
            .collect()),
        "workspaces" => {
            let session = Session::open(cx, request, "discover-")
                .await?
                .with_config(|config| config.workspace = None);
            let _footprint = Footprint::of(&session.folder, None);
            session.ready().await?;
            let names = session.workspaces("workspaces").await?;
            Ok(names.into_iter().map(choice).collect())
        }
        _ => Err(Error::new(
            ErrorKind::Invalid,
            fault::TOOL_FAILED,
            format!("There is no list of `{what}`."),
        )),
    }
}

/// Folders of the workspace that hold a configuration, sorted; hidden ones and what tools unpack are
/// left out.
fn directories(workspace: &std::path::Path) -> Vec<String> {
    const DEEPEST: usize = 6;
    const MOST: usize = 500;
    let mut found = Vec::new();
    let mut open = vec![(workspace.to_path_buf(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        let mut here = false;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && depth < DEEPEST && !name.starts_with('.') && name != "node_modules" {
                open.push((entry.path(), depth + 1));
            }
            here |= !is_folder && is_configuration(&name);
        }
        if here && let Ok(relative) = folder.strip_prefix(workspace) {
            let text = relative.to_string_lossy().replace('\\', "/");
            found.push(if text.is_empty() {
                ".".to_owned()
            } else {
                text
            });
        }
        if found.len() >= MOST {
            break;
        }
    }
    found.sort();
    found
}

/// Whether a file of this name belongs to a configuration.
fn is_configuration(name: &str) -> bool {
    std::path::Path::new(name)
        .extension()
        .is_some_and(|end| end == "tf" || end == "tofu")
}
