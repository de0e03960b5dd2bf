//! Preview, ask, run, watch.

use std::path::Path;
use std::time::Duration;

use podium_api::connector::{Action, Confidence, UndoClass};
use podium_api::engine::EventBody;
use podium_api::engine::event::StepEvent;
use podium_api::model::RunId;
use podium_api::plan::{Preview, PreviewStep, ProofStanding};
use podium_api::runtime::{Happened, Listener, reason};
use podium_api::types::{MakePreview, PreviewView, RunName, StartRun};
use podium_api::{ApiError, Podium};
use serde_json::{Map, Value, json};

use super::drift;
use crate::args::{Consent, What};
use crate::interrupts::Interrupts;
use crate::output::invalid;
use crate::telling::{Telling, label};
use crate::{exit, output};

/// After so long it is told that another process is waited for.
const A_WHILE: Duration = Duration::from_secs(2);

/// `podium preview`
pub(crate) async fn preview(
    podium: &Podium,
    what: What,
    out: Option<&Path>,
    with_drift: bool,
    json: bool,
) -> Result<u8, ApiError> {
    let view = podium.preview_make(request(podium, what)?).await?;
    if let Some(path) = out {
        let text = serde_json::to_string_pretty(&view.preview).unwrap_or_default();
        std::fs::write(path, text + "\n").map_err(|error| {
            invalid(
                "POD0815",
                format!(
                    "`{}` could not be written: {}.",
                    path.display(),
                    reason(&error)
                ),
                "Name a file in a folder of yours.",
            )
        })?;
    }
    let mut found = None;
    if with_drift && let Some(stands) = &view.stands {
        found = Some(drift::look(podium, &stands.run).await?);
    }
    if json && with_drift {
        output::json(&json!({ "preview": view.preview, "drift": found }));
    } else if json {
        output::json(&view.preview);
    } else {
        show(&view);
        if with_drift {
            output::line("");
            match &found {
                Some(found) => drift::show(found),
                None => output::line("Nothing of the same stands that could have changed."),
            }
        }
    }
    let preview = &view.preview;
    let troubled = preview.problems().next().is_some() || preview.strangers().next().is_some();
    Ok(if troubled {
        exit::FAILED
    } else {
        exit::SUCCEEDED
    })
}

/// `podium run`
pub(crate) async fn run(
    podium: &Podium,
    what: What,
    expected: Option<&Path>,
    consent: Consent,
    json: bool,
) -> Result<u8, ApiError> {
    let expected = expected.map(read_preview).transpose()?;
    let view = podium.preview_make(request(podium, what)?).await?;
    if let Some(expected) = expected
        && expected.hash != view.preview.hash
    {
        let error = invalid(
            "POD0718",
            "The preview is no longer the one in the file: something has changed since.",
            "Make the preview again, look at what is different, and run that one.",
        );
        output::error(&error, json);
        return Ok(exit::REFUSED);
    }
    begin(podium, &view, consent, json).await
}

/// Shows a preview, asks where nobody said yes before, begins, and watches to the end.
pub(crate) async fn begin(
    podium: &Podium,
    view: &PreviewView,
    consent: Consent,
    json: bool,
) -> Result<u8, ApiError> {
    if !json {
        show(view);
    }
    if !consent.yes {
        if !output::is_interactive() {
            let error = invalid(
                "POD0719",
                "Nobody said yes to this preview, and nobody sits at the terminal.",
                "Look at the preview, then run again with --yes.",
            );
            output::error(&error, json);
            return Ok(exit::REFUSED);
        }
        if !output::ask("Do this?") {
            output::complain("Nothing was done.");
            return Ok(exit::REFUSED);
        }
    }
    let listener = podium.host().listen();
    let mut interrupts = Interrupts::listen()?;
    let request = StartRun {
        hash: view.preview.hash.clone(),
        confirm: consent.confirm,
        approve: consent.yes || output::is_interactive(),
        override_window: consent.override_window,
    };
    match start(podium, request, &mut interrupts).await {
        Ok(Started::Begun(run)) => watch_with(podium, &run, listener, json, interrupts).await,
        Ok(Started::BegunAndInterrupted(run)) => {
            // Where it has ended already there is nothing to cancel, and its end is told.
            let _ = podium.run_cancel(RunName { run: run.clone() }).await;
            watch_with(podium, &run, listener, json, interrupts).await
        }
        Ok(Started::TakenBack) => {
            output::complain("Nothing was done.");
            Ok(exit::CANCELLED)
        }
        Err(error) => {
            output::error(&error, json);
            Ok(exit::REFUSED)
        }
    }
}

/// What became of the beginning of a run.
enum Started {
    Begun(RunId),
    /// It had begun when the person changed their mind.
    BegunAndInterrupted(RunId),
    TakenBack,
}

/// Begins a run, here or by the Podium that is open. While that one is asked, an interrupt takes the
/// request back.
async fn start(
    podium: &Podium,
    request: StartRun,
    interrupts: &mut Interrupts,
) -> Result<Started, ApiError> {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let starting = podium.run_start_until(request, &stopped);
    tokio::pin!(starting);
    let a_while = tokio::time::sleep(A_WHILE);
    tokio::pin!(a_while);
    let mut told = false;
    let started = loop {
        tokio::select! {
            started = &mut starting => break started?,
            () = interrupts.next() => {
                stop.send_replace(true);
            }
            () = &mut a_while, if !told && !podium.host().can_write() => {
                told = true;
                output::complain("Another Podium is open and was asked to begin the run; waiting for it.");
            }
        }
    };
    Ok(match started {
        None => Started::TakenBack,
        Some(started) if *stop.borrow() => Started::BegunAndInterrupted(started.run),
        Some(started) => Started::Begun(started.run),
    })
}

/// Ends this process without ending what it does for others: runs that another terminal has begun go on
/// here until they end or wait for a person.
pub(crate) async fn leave(podium: &Podium) {
    let guests = podium.host().close_inbox().await;
    if guests.is_empty() {
        return;
    }
    for run in &guests {
        output::complain(&format!(
            "{run}, begun from another terminal, goes on here. Interrupt to leave it to that terminal."
        ));
    }
    if let Ok(mut interrupts) = Interrupts::listen() {
        tokio::select! {
            () = podium.host().see_out(&guests) => {}
            () = interrupts.next() => {}
        }
    }
}

/// Prints what happens until the run has ended or waits for a person.
pub(crate) async fn watch(
    podium: &Podium,
    run: &RunId,
    listener: Listener,
    json: bool,
) -> Result<u8, ApiError> {
    watch_with(podium, run, listener, json, Interrupts::listen()?).await
}

/// The same, with the interrupts since an earlier moment.
async fn watch_with(
    podium: &Podium,
    run: &RunId,
    mut listener: Listener,
    json: bool,
    mut interrupts: Interrupts,
) -> Result<u8, ApiError> {
    let mut seen = 0;
    let mut telling = Telling::new(json);
    let mut last_word = None;
    for event in podium.host().events(run, 1).await? {
        seen = event.seq;
        if let Some(code) = telling.tell(&event) {
            last_word = Some(code);
        } else if goes_on(&event.body) {
            last_word = None;
        }
    }
    if let Some(code) = last_word {
        return Ok(code);
    }
    let mut asked_to_stop = 0_u32;
    loop {
        let next = tokio::select! {
            next = listener.next() => next,
            () = interrupts.next() => {
                asked_to_stop += 1;
                if asked_to_stop > 1 {
                    output::complain(
                        "What runs goes on under its supervisor; `podium runs resume` takes it up.",
                    );
                    return Ok(exit::CANCELLED);
                }
                output::complain("Stopping gently. Interrupt once more to leave it running.");
                podium.run_cancel(RunName { run: run.clone() }).await?;
                continue;
            }
        };
        let events = match next {
            None => return Ok(exit::FAILED),
            Some(Err(_)) => podium.host().events(run, seen + 1).await?,
            Some(Ok(happened)) => match happened.as_ref() {
                Happened::Events(events) => events.clone(),
                Happened::Trouble(of, error) if of == run => return Err(error.clone().into()),
                Happened::Trouble(..) | Happened::Looked(_) | Happened::Schedules => continue,
            },
        };
        let mut events = events;
        events.retain(|event| event.run == *run);
        // What another process wrote in between is read where it stands.
        if events.first().is_some_and(|first| first.seq > seen + 1) {
            events = podium.host().events(run, seen + 1).await?;
        }
        for event in &events {
            if event.seq <= seen {
                continue;
            }
            seen = event.seq;
            if let Some(code) = telling.tell(event) {
                return Ok(code);
            }
        }
    }
}

/// Whether the run goes on with this event, so that an earlier wait or end is history.
fn goes_on(event: &EventBody) -> bool {
    match event {
        EventBody::Run(_) => true,
        EventBody::Step { event, .. } => {
            !matches!(event, StepEvent::Log(_) | StepEvent::Progress(_))
        }
    }
}

fn read_preview(path: &Path) -> Result<Preview, ApiError> {
    let unreadable = |why: String| {
        invalid(
            "POD0816",
            format!("`{}` holds no preview: {why}.", path.display()),
            "Write one with `podium preview --out FILE`.",
        )
    };
    let text = std::fs::read(path).map_err(|error| unreadable(reason(&error)))?;
    let preview: Preview =
        serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    if preview.is_intact() {
        Ok(preview)
    } else {
        Err(unreadable(String::from(
            "its hash is not that of its content",
        )))
    }
}

pub(crate) fn request(podium: &Podium, what: What) -> Result<MakePreview, ApiError> {
    let workflow = podium.host().folder().workflow_named(&what.file)?;
    let environment = what
        .environment
        .map(|name| {
            name.parse()
                .map_err(|error: podium_api::model::id::NotAName| {
                    invalid(
                        "POD0809",
                        format!("`{name}` is {error}."),
                        "Name a file of the folder `environments`, without its ending.",
                    )
                })
        })
        .transpose()?;
    let schemas = podium.inputs_of(&workflow)?;
    let mut inputs = Map::new();
    for given in what.inputs {
        let Some((name, text)) = given.split_once('=') else {
            return Err(invalid(
                "POD0817",
                format!("`{given}` is no input."),
                "Write it as NAME=VALUE.",
            ));
        };
        inputs.insert(name.to_owned(), read_input(schemas.get(name), text));
    }
    Ok(MakePreview {
        workflow,
        environment,
        inputs,
    })
}

/// Reads an input as its schema's type asks; text stays text. What does not fit is passed on as text,
/// and the schema says what is wrong with it.
fn read_input(schema: Option<&Value>, text: &str) -> Value {
    let wants_text = schema
        .and_then(|schema| schema.get("type"))
        .is_none_or(|kind| kind == "string");
    if wants_text {
        return Value::from(text);
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// The preview in words, worst first.
fn show(view: &PreviewView) {
    let preview = &view.preview;
    output::line(&format!("{} in {}", view.title, view.environment.title));
    output::line(&preview.summary.words);
    if let Some(window) = &view.environment.window {
        output::line(&format!("  {}", window.words));
    }
    for identity in &preview.identities {
        let proven = match identity.proof.as_ref().map(|proof| proof.standing) {
            Some(ProofStanding::Proven) => ", as the environment expects",
            _ => "",
        };
        if let (Some(problem), true) = (&identity.problem, identity.is_stopped()) {
            output::line(&format!("  ! {} [{}]", problem.message, problem.code));
            if let Some(hint) = &problem.hint {
                output::line(&format!("    {hint}"));
            }
            continue;
        }
        match (&identity.user, &identity.account, &identity.problem) {
            (Some(user), Some(account), _) => {
                output::line(&format!(
                    "  as {user} in {account} ({}){proven}",
                    identity.credential
                ));
            }
            (_, _, Some(problem)) => output::line(&format!(
                "  {}: who it is could not be proven: {}",
                identity.credential, problem.message
            )),
            _ => output::line(&format!("  with {}", identity.credential)),
        }
    }
    for step in &preview.steps {
        show_step(step);
    }
    for diagnostic in &view.diagnostics {
        output::diagnostic(diagnostic);
    }
    output::line(&preview.hash);
}

fn show_step(step: &PreviewStep) {
    let mode = label(step.mode, step.mode_open);
    let sure = match step.confidence {
        Confidence::Exact => "● exact",
        Confidence::Predicted => "◐ predicted",
        Confidence::Unknown => "○ cannot know",
    };
    let undo = match step.undo.class {
        UndoClass::Automatic => "undo: automatic",
        UndoClass::Restore => "undo: puts back what was",
        UndoClass::Delete => "undo: deletes what it makes",
        UndoClass::Manual => "undo: by hand",
        UndoClass::Impossible => "cannot be undone",
    };
    // The steps of a called workflow stand under their call.
    let pad = "  ".repeat(step.id.depth());
    let line = |text: &str| output::line(&format!("{pad}{text}"));
    output::line("");
    if step.skipped {
        let because = step.because.as_deref().unwrap_or_default();
        line(&format!(
            "{} · {} · left out: {because}",
            step.title, step.uses
        ));
        return;
    }
    if let (Some(workflow), None) = (&step.calls, &step.problem) {
        line(&format!("{} · calls {workflow}:", step.title));
        return;
    }
    line(&format!(
        "{} · {} · {mode} · {sure} · {undo}",
        step.title, step.uses
    ));
    if let Some(because) = &step.because {
        line(&format!("  because {because}"));
    }
    if let Some(problem) = &step.problem {
        line(&format!("  ! {} [{}]", problem.message, problem.code));
        if let Some(hint) = &problem.hint {
            line(&format!("    {hint}"));
        }
    }
    let mut changes: Vec<_> = step.changes.iter().collect();
    changes.sort_by_key(|change| severity(change.action));
    for change in changes {
        let verb = match change.action {
            Action::Create => "+ create",
            Action::Update => "~ change",
            Action::Replace => "± replace",
            Action::Delete => "- delete",
            Action::Run => "▶ run",
            Action::Read => "  read",
        };
        line(&format!("  {verb} {} {}", change.kind, change.plain_name()));
    }
    for note in &step.notes {
        line(&format!("  note: {note}"));
    }
}

fn severity(action: Action) -> u8 {
    match action {
        Action::Delete => 0,
        Action::Replace => 1,
        Action::Update => 2,
        Action::Create => 3,
        Action::Run => 4,
        Action::Read => 5,
    }
}
