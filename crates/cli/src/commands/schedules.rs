//! Schedules: looking at them, switching them on and off, and beginning what is due.

use std::collections::{BTreeMap, HashSet};

use podium_api::engine::EventBody;
use podium_api::engine::event::RunEvent;
use podium_api::model::RunId;
use podium_api::runtime::Happened;
use podium_api::types::{
    Empty, GetSchedule, HandledView, RunSchedule, ScheduleName, ScheduleView, SwitchOn, Watched,
};
use podium_api::{ApiError, Podium};
use serde_json::json;

use super::run::{begin as begin_previewed, leave};
use super::unlock;
use crate::args::{Consent, Schedules};
use crate::interrupts::Ending;
use crate::output::invalid;
use crate::{exit, output};

pub(crate) async fn run(
    podium: &Podium,
    command: Option<Schedules>,
    passphrase_fd: Option<i32>,
    json: bool,
) -> Result<u8, ApiError> {
    match command {
        None | Some(Schedules::List) => list(podium, json).await,
        Some(Schedules::On { name, consent }) => on(podium, name, consent, json).await,
        Some(Schedules::Off { name }) => {
            let view = podium.schedule_off(ScheduleName { schedule: name }).await?;
            told(&view, json);
            Ok(exit::SUCCEEDED)
        }
        Some(Schedules::Now { name, consent }) => {
            unlock(podium, passphrase_fd).await?;
            begin(podium, name, false, consent, json).await
        }
        Some(Schedules::Next { name, count }) => next(podium, name, count, json).await,
        Some(Schedules::Missed {
            run: Some(name),
            consent,
            ..
        }) => {
            unlock(podium, passphrase_fd).await?;
            begin(podium, name, true, consent, json).await
        }
        Some(Schedules::Missed {
            leave: Some(name), ..
        }) => {
            let view = podium
                .schedule_leave(ScheduleName { schedule: name })
                .await?;
            told(&view, json);
            Ok(exit::SUCCEEDED)
        }
        Some(Schedules::Missed { .. }) => missed(podium, json).await,
        Some(Schedules::Watch) => {
            unlock(podium, passphrase_fd).await?;
            let code = watch(podium, json).await;
            leave(podium).await;
            code
        }
    }
}

async fn list(podium: &Podium, as_json: bool) -> Result<u8, ApiError> {
    let view = podium.schedule_list(Empty {}).await?;
    if as_json {
        output::json(&view);
        return Ok(exit::SUCCEEDED);
    }
    if view.schedules.is_empty() {
        output::line(
            "No schedules yet. One is a file such as `schedules/nightly.yaml`; `podium schema schedule` says how it is written.",
        );
        return Ok(exit::SUCCEEDED);
    }
    for one in &view.schedules {
        show(one);
    }
    output::line(&view.sentence);
    if let Some(error) = view.problem {
        return Err(error.into());
    }
    Ok(exit::SUCCEEDED)
}

/// A schedule in a few lines.
fn show(view: &ScheduleView) {
    let title = if view.title == view.name {
        String::new()
    } else {
        format!(" · {}", view.title)
    };
    output::line(&format!("{}{title}", view.name));
    if !view.words.is_empty() {
        output::line(&format!(
            "  {} in {}: {}",
            view.workflow, view.environment_title, view.words
        ));
    }
    output::line(&format!("  {}", view.sentence));
    if let Some(note) = view.upcoming.first().and_then(|due| due.note.as_ref()) {
        output::line(&format!("  {note}"));
    }
    if let Some(question) = &view.question {
        output::line(&format!("  {}", question.sentence));
        output::line(&format!(
            "  `podium schedules missed --run {}`, or `--leave {}`.",
            view.name, view.name
        ));
    }
    if let Some(last) = view.history.first() {
        output::line(&format!("  {}", handled(last)));
    }
    for diagnostic in view.diagnostics.iter().filter(|found| found.is_error()) {
        output::diagnostic(diagnostic);
    }
}

fn handled(last: &HandledView) -> String {
    let run = last
        .run
        .as_ref()
        .map(|run| format!(" ({run})"))
        .unwrap_or_default();
    let code = last
        .error
        .as_ref()
        .map(|error| format!(" [{}]", error.code))
        .unwrap_or_default();
    format!("Due {}: {}{code}{run}", last.there, last.sentence)
}

fn told(view: &ScheduleView, json: bool) {
    if json {
        output::json(view);
    } else {
        show(view);
    }
}

/// What it will do, a person's yes, and then it is on.
async fn on(podium: &Podium, name: String, consent: Consent, json: bool) -> Result<u8, ApiError> {
    let view = podium
        .schedule_get(GetSchedule {
            schedule: name,
            count: Some(1),
        })
        .await?;
    if !json {
        output::line(&view.title);
        for sentence in &view.promise {
            output::line(&format!("  {sentence}"));
        }
    }
    // What is wrong is told before anybody is asked.
    let can = view.diagnostics.iter().all(|found| !found.is_error());
    if can && !consent.yes {
        if !output::is_interactive() {
            let error = invalid(
                "POD0846",
                "Nobody said yes to this schedule, and nobody sits at the terminal.",
                "Read what it will do, then switch it on with --yes.",
            );
            output::error(&error, json);
            return Ok(exit::REFUSED);
        }
        if !output::ask("Switch it on?") {
            output::complain("It is off.");
            return Ok(exit::REFUSED);
        }
    }
    let request = SwitchOn {
        schedule: view.name,
        fingerprint: view.fingerprint,
        confirm: consent.confirm,
    };
    match podium.schedule_on(request).await {
        Ok(view) => {
            if json {
                output::json(&view);
            } else {
                output::line(&view.sentence);
                let list = podium.schedule_list(Empty {}).await?;
                output::line(&list.sentence);
            }
            Ok(exit::SUCCEEDED)
        }
        Err(error) => {
            output::error(&error, json);
            Ok(exit::REFUSED)
        }
    }
}

async fn begin(
    podium: &Podium,
    name: String,
    missed: bool,
    consent: Consent,
    json: bool,
) -> Result<u8, ApiError> {
    podium.answer_others(false);
    let request = RunSchedule {
        schedule: name,
        missed,
    };
    let code = match podium.schedule_preview(request).await {
        Ok(view) => begin_previewed(podium, &view, consent, json).await,
        Err(error) => Err(error),
    };
    leave(podium).await;
    code
}

async fn next(podium: &Podium, name: String, count: u32, json: bool) -> Result<u8, ApiError> {
    let view = podium
        .schedule_get(GetSchedule {
            schedule: name,
            count: Some(count),
        })
        .await?;
    if json {
        output::json(&view.upcoming);
    } else {
        for due in &view.upcoming {
            output::line(&due.there);
            if let Some(note) = &due.note {
                output::line(&format!("  {note}"));
            }
        }
    }
    if !view.upcoming.is_empty() {
        return Ok(exit::SUCCEEDED);
    }
    for diagnostic in &view.diagnostics {
        output::diagnostic(diagnostic);
    }
    Ok(exit::FAILED)
}

async fn missed(podium: &Podium, as_json: bool) -> Result<u8, ApiError> {
    let view = podium.schedule_list(Empty {}).await?;
    if let Some(error) = view.problem {
        return Err(error.into());
    }
    let asked: Vec<_> = view
        .schedules
        .iter()
        .filter_map(|one| Some((one, one.question.as_ref()?)))
        .collect();
    if as_json {
        let asked: Vec<_> = asked
            .iter()
            .map(|(one, question)| {
                json!({ "schedule": one.name, "title": one.title, "question": question })
            })
            .collect();
        output::json(&asked);
    } else if asked.is_empty() {
        output::line("Nothing that was missed waits for an answer.");
    } else {
        for (one, question) in asked {
            output::line(&format!("{} · {}", one.name, one.title));
            output::line(&format!("  {}", question.sentence));
            output::line(&format!(
                "  `podium schedules missed --run {}`, or `--leave {}`.",
                one.name, one.name
            ));
        }
    }
    Ok(exit::SUCCEEDED)
}

/// Begins what is due, and says what becomes of it, until interrupted.
async fn watch(podium: &Podium, json: bool) -> Result<u8, ApiError> {
    let mut listener = podium.host().listen();
    let ending = Ending::listen()?;
    podium.host().resume().await?;
    podium.answer_others(true);
    podium.watch_schedules();
    let mut watching = Watching {
        json,
        ..Watching::default()
    };
    watching.look(podium).await?;
    let work = async {
        loop {
            match listener.next().await {
                None => return Ok::<_, ApiError>(()),
                Some(Ok(happened)) => match happened.as_ref() {
                    Happened::Schedules => watching.look(podium).await?,
                    Happened::Events(events) => {
                        for event in events {
                            if let EventBody::Run(event) = &event.body {
                                watching.tell_run(&events[0].run, event);
                            }
                        }
                    }
                    Happened::Trouble(run, error) => {
                        output::complain(&format!("{run}: {} [{}]", error.message, error.code));
                    }
                    Happened::Looked(_) => {}
                },
                Some(Err(_)) => watching.look(podium).await?,
            }
        }
    };
    tokio::select! {
        done = work => done?,
        () = ending.comes() => output::complain("Nothing more is begun from here."),
    }
    Ok(exit::SUCCEEDED)
}

/// What was told so far.
#[derive(Default)]
struct Watching {
    json: bool,
    begun: bool,
    watched: Option<Watched>,
    /// Schedule → where it stands, as it was told.
    told: BTreeMap<String, String>,
    /// Due times whose end was told.
    handled: HashSet<(String, i64)>,
    asked: HashSet<(String, i64)>,
    /// Run → the title of its schedule.
    runs: BTreeMap<RunId, String>,
}

impl Watching {
    async fn look(&mut self, podium: &Podium) -> Result<(), ApiError> {
        let view = podium.schedule_list(Empty {}).await?;
        if self.watched != Some(view.watched) {
            // At the very beginning nobody watches yet.
            if self.begun || view.watched != Watched::Nobody {
                self.say("watch", &view.watched, &view.sentence);
                self.watched = Some(view.watched);
            }
        }
        if let Some(error) = &view.problem {
            output::complain(&format!("{} [{}]", error.message, error.code));
        }
        for one in &view.schedules {
            self.look_at(one);
        }
        self.begun = true;
        Ok(())
    }

    fn look_at(&mut self, one: &ScheduleView) {
        for last in one.history.iter().rev() {
            if !self.handled.insert((one.name.clone(), last.due)) {
                continue;
            }
            if let Some(run) = &last.run {
                self.runs.insert(run.clone(), one.title.clone());
            }
            if self.begun {
                self.say(
                    "due",
                    &(&one.name, last),
                    &format!("{}: {}", one.title, handled(last)),
                );
            }
        }
        if let Some(question) = &one.question
            && self.asked.insert((one.name.clone(), question.due))
        {
            let text = format!(
                "{}: {} (`podium schedules missed --run {}`, or `--leave {}`)",
                one.title, question.sentence, one.name, one.name
            );
            self.say("missed", &(&one.name, question), &text);
        }
        let stands = if one.on_by.is_some() {
            one.sentence.clone()
        } else {
            String::new()
        };
        let before = self.told.insert(one.name.clone(), stands.clone());
        if before.as_ref() == Some(&stands) || (before.is_none() && stands.is_empty()) {
            return;
        }
        let text = if stands.is_empty() {
            format!("{}: switched off.", one.title)
        } else {
            format!("{}: {stands}", one.title)
        };
        self.say(
            "stands",
            &(&one.name, one.state, one.upcoming.first()),
            &text,
        );
    }

    fn tell_run(&mut self, run: &RunId, event: &RunEvent) {
        let Some(title) = self.runs.get(run) else {
            return;
        };
        let what = match event {
            RunEvent::Succeeded(_) => "succeeded".to_owned(),
            RunEvent::Failed(failed) => {
                format!("failed: {} [{}]", failed.error.message, failed.error.code)
            }
            RunEvent::Cancelled(_) => "was cancelled".to_owned(),
            RunEvent::Waiting(_) => "waits for somebody".to_owned(),
            RunEvent::Created(_) | RunEvent::Approved(_) | RunEvent::Started(_) => return,
        };
        self.say("run", &(run, &what), &format!("{title}: {run} {what}."));
    }

    fn say(&self, kind: &str, value: &impl serde::Serialize, text: &str) {
        if self.json {
            output::json(&json!({ "watch": kind, "value": value, "text": text }));
        } else {
            output::line(text);
        }
    }
}
