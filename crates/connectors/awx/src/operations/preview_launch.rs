//! What a launch would do, from what can be read: the template, its playbook, its hosts, its questions.

use podium_connector::{
    Action, Change, Confidence, Context, StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::Result;
use serde_json::{Map, Value, json};

use super::draw_template::{Part, parts};
use super::launch_template::reverse_of;
use crate::client::{Awx, text};
use crate::config::{self, Approvals, JobType, Launch, Target};
use crate::hosts;
use crate::template::{Template, refused};

/// Hosts that a preview names one by one.
const NAMED: usize = 40;
const BECAUSE_JOB: &str = "AWX says what a playbook changes only when it has run.";
const BECAUSE_WORKFLOW: &str =
    "AWX has no dry run of a workflow; which of its paths is taken is known only when it runs.";

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let target = Target::of(request);
    let inputs = &request.inputs;
    if inputs.is_unknown_in(&["/template", "/organization"]) {
        let undo = undo_by(inputs.text("undo_template"), target);
        return Ok(StepPreview::unknown(
            format!(
                "Which template it launches is known only after {}.",
                request.waits_for()
            ),
            undo,
        ));
    }
    let launch = known(request)?;
    let awx = Awx::open(cx).await?;
    look(cx, &awx, request, launch, true).await
}

pub(crate) async fn preview_undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let Some(reverse) = reverse_of(record) else {
        return Ok(StepPreview {
            confidence: Confidence::Exact,
            because: None,
            changes: Vec::new(),
            undo: record.undo.clone(),
            outputs: Map::new(),
            notes: record.undo.because.clone().into_iter().collect(),
        });
    };
    let awx = Awx::open(cx).await?;
    look(cx, &awx, request, reverse, false).await
}

/// The inputs with what is known only later left out or marked so.
fn known(request: &StepRequest) -> Result<Launch> {
    let mut inputs = request.inputs.clone();
    for pointer in request.inputs.unknown.keys() {
        let field = pointer.trim_start_matches('/').split('/').next();
        let Some(field) = field.filter(|field| !matches!(*field, "variables" | "undo_variables"))
        else {
            continue;
        };
        inputs.values.shift_remove(field);
    }
    for field in ["variables", "undo_variables"] {
        if let Some(Value::Object(map)) = inputs.values.get(field).cloned() {
            let mut values = map.into_iter().collect();
            request.inputs.fill_later(&format!("/{field}"), &mut values);
            inputs
                .values
                .insert(field.into(), Value::Object(values.into_iter().collect()));
        } else {
            inputs.values.shift_remove(field);
        }
    }
    config::read(&inputs)
}

async fn look(
    cx: &dyn Context,
    awx: &Awx<'_>,
    request: &StepRequest,
    launch: Launch,
    strict: bool,
) -> Result<StepPreview> {
    let target = Target::of(request);
    let template = Template::find(awx, target, &launch).await?;
    let launch = if strict {
        launch
    } else {
        template.fitted(launch)
    };
    let mut secrets = config::secrets(cx);
    if !strict {
        secrets.retain(|name, _| template.asks_secret(name));
    }
    let mut snags = template.snags(&launch, &secrets, request);
    snags.retain(|snag| !request.inputs.is_unknown_in(&[snag.field.as_str()]));
    refused(&snags)?;
    let answers = template.answers(awx, &launch, &secrets, "").await?;
    let mut notes = Vec::new();
    let mut after = Map::new();
    let mut changes = Vec::new();
    if target == Target::Job {
        for (name, value) in [
            ("playbook", Some(text(&template.detail, "playbook"))),
            ("project", template.summary("project")),
            ("inventory", template.summary("inventory")),
            ("limit", Some(text(&template.detail, "limit"))),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                after.insert(name.into(), json!(value));
            }
        }
        after.extend(answers.shown);
        let limit = text_or(&after, "limit");
        let reach = match answers.inventory {
            Some(inventory) if !request.inputs.is_unknown_in(&["/inventory", "/limit"]) => {
                hosts::reach(awx, inventory, &limit).await?
            }
            _ => None,
        };
        if let Some(reach) = reach {
            notes.push(in_words(&reach));
            after.insert("hosts".into(), json!(shown(&reach.hosts)));
            notes.extend(reach.because);
        } else if answers.inventory.is_some() {
            notes.push("Which hosts it reaches could not be read from here.".into());
        }
        check_notes(&template, &launch, &mut notes);
    } else {
        after.extend(answers.shown);
    }
    let name = if template.name.is_empty() {
        launch.template.clone()
    } else {
        template.name.clone()
    };
    changes.push(Change {
        action: Action::Run,
        kind: target.templates().words.to_owned(),
        name,
        before: Value::Null,
        after: Value::Object(after),
        stateful: false,
        confidence: None,
        because: None,
    });
    if target == Target::Workflow {
        let parts = parts(awx, template.id).await?;
        notes.extend(approval_notes(&parts, launch.approvals));
        changes.extend(parts.iter().map(change));
    }
    notes.extend(template.broken_parts());
    if !answers.keyed {
        notes.push(format!(
            "The template `{}` takes no variables, so that its job cannot carry the key of this step: if Podium is stopped in the moment of the launch, a person must look whether it began.",
            template.name
        ));
    }
    let waits = request.waits_for();
    let because = match target {
        Target::Job => BECAUSE_JOB,
        Target::Workflow => BECAUSE_WORKFLOW,
    };
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some(if waits.is_empty() {
            because.to_owned()
        } else {
            format!("{because} Some inputs are known only after {waits}.")
        }),
        changes,
        undo: undo_of(&launch, target),
        outputs: Map::new(),
        notes,
    })
}

fn text_or(map: &Map<String, Value>, field: &str) -> String {
    map.get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn shown(hosts: &[String]) -> Vec<String> {
    let mut shown: Vec<String> = hosts.iter().take(NAMED).cloned().collect();
    if hosts.len() > NAMED {
        shown.push(format!("and {} more", hosts.len() - NAMED));
    }
    shown
}

fn in_words(reach: &hosts::Reach) -> String {
    let hosts = &reach.hosts;
    match hosts.len() {
        0 => "It reaches no host: the inventory is empty, or the limit fits none.".to_owned(),
        1 => format!("It reaches 1 host: {}.", hosts[0]),
        n if n <= 5 => format!("It reaches {n} hosts: {}.", hosts.join(", ")),
        n => format!(
            "It reaches {n} hosts: {} and {} more.",
            hosts[..3].join(", "),
            n - 3
        ),
    }
}

/// What the template says about dry runs.
fn check_notes(template: &Template, launch: &Launch, notes: &mut Vec<String>) {
    let fixed = text(&template.detail, "job_type") == "check";
    match launch.job_type {
        Some(JobType::Check) => notes.push(
            "It runs in check mode: Ansible says what it would change, and changes nothing; modules that know no check mode are skipped.".into(),
        ),
        None if fixed => notes.push(
            "The template runs in check mode: Ansible says what it would change, and changes nothing; modules that know no check mode are skipped.".into(),
        ),
        _ if template.takes("ask_job_type_on_launch") => notes.push(
            "The template asks for the job type: the same step with `job_type: check` says what it would change on each host.".into(),
        ),
        _ => notes.push(format!(
            "The template `{}` does not ask for the job type, so that it cannot be tried in check mode from here.",
            template.name
        )),
    }
}

fn approval_notes(parts: &[Part], approvals: Approvals) -> Vec<String> {
    let names: Vec<String> = parts
        .iter()
        .filter(|part| part.is_approval())
        .map(|part| format!("`{}`", part.name))
        .collect();
    if names.is_empty() {
        return Vec::new();
    }
    let names = names.join(", ");
    vec![match approvals {
        Approvals::Wait => format!("It waits until somebody answers {names} in AWX."),
        Approvals::Approve => format!("This step itself approves {names}; nobody is asked there."),
        Approvals::Deny => format!("This step itself denies {names}."),
    }]
}

fn change(part: &Part) -> Change {
    Change {
        action: if part.is_approval() {
            Action::Read
        } else {
            Action::Run
        },
        kind: part.kind.clone(),
        name: part.name.clone(),
        before: Value::Null,
        after: Value::Null,
        stateful: false,
        confidence: None,
        because: part.after.clone(),
    }
}

pub(crate) fn undo_of(launch: &Launch, target: Target) -> Undo {
    undo_by(launch.undo_template.as_deref(), target)
}

fn undo_by(template: Option<&str>, target: Target) -> Undo {
    match template {
        Some(name) => Undo {
            class: UndoClass::Restore,
            because: Some(format!(
                "The {} `{name}` is launched, which the step names as its undo; whether it takes everything back is up to it.",
                target.templates().words
            )),
        },
        None => Undo {
            class: UndoClass::Manual,
            because: Some(
                "AWX cannot take back what a playbook did. Name a template that does as `undo_template`, or do it by hand.".into(),
            ),
        },
    }
}
