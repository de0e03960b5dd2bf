//! Tells the events of a run, as words for people or as JSON for programs. Every step says whether it is
//! simulated or real, and the end says it of all.

use std::collections::BTreeMap;

use podium_api::connector::Mode;
use podium_api::engine::event::{RunEvent, StepEvent, WaitFor};
use podium_api::engine::{Event, EventBody};
use podium_api::projections::RunMode;

use crate::{exit, output};

/// What was told so far of one run.
pub(crate) struct Telling {
    json: bool,
    undoes: bool,
    planned: Mode,
    /// What each step was to be, where that was known beforehand.
    foreseen: BTreeMap<String, Mode>,
    /// What each step really was, as it said when it was begun.
    modes: BTreeMap<String, Mode>,
}

impl Telling {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            undoes: false,
            planned: Mode::Real,
            foreseen: BTreeMap::new(),
            modes: BTreeMap::new(),
        }
    }

    /// Prints one event; the exit code where it may be the last word.
    pub(crate) fn tell(&mut self, event: &Event) -> Option<u8> {
        match &event.body {
            EventBody::Run(RunEvent::Created(created)) => {
                self.undoes = created.undoes.is_some();
                self.planned = created.plan.mode();
                let previewed = created.preview.steps.iter();
                self.foreseen = previewed
                    .filter(|step| !step.mode_open)
                    .map(|step| (step.id.to_string(), step.mode))
                    .collect();
            }
            EventBody::Step {
                step,
                event: StepEvent::Intent(intent),
                ..
            } => {
                // Runs of earlier versions say it in their preview alone.
                let mode = intent
                    .mode
                    .or_else(|| self.foreseen.get(&step.step.to_string()).copied());
                if let Some(mode) = mode {
                    self.modes.insert(step.to_string(), mode);
                }
            }
            _ => {}
        }
        if self.json {
            output::json(event);
        } else if let Some(text) = self.words(event) {
            output::line(&text);
        }
        match &event.body {
            EventBody::Run(RunEvent::Succeeded(_)) => Some(exit::SUCCEEDED),
            EventBody::Run(RunEvent::Failed(_)) => Some(exit::FAILED),
            EventBody::Run(RunEvent::Cancelled(_)) => Some(exit::CANCELLED),
            EventBody::Run(RunEvent::Waiting(waiting)) => waiting
                .for_
                .iter()
                .any(|what| !matches!(what, WaitFor::Cancel { .. }))
                .then_some(exit::WAITING),
            _ => None,
        }
    }

    /// What the run was, of all steps that were begun.
    fn in_all(&self) -> &'static str {
        match RunMode::of(self.modes.values().copied(), self.planned) {
            RunMode::Real => "All of it is real.",
            RunMode::Simulated => "All of it was simulated.",
            RunMode::Mixed => "Some of it was simulated, some is real.",
        }
    }

    fn words(&self, event: &Event) -> Option<String> {
        let run = &event.run;
        let undoes = self.undoes;
        Some(match &event.body {
            EventBody::Run(RunEvent::Created(created)) => {
                format!(
                    "{run} · {} in {}",
                    created.plan.title(),
                    created.plan.environment()
                )
            }
            EventBody::Run(RunEvent::Waiting(_)) => format!(
                "Waiting for a person. Say yes with `podium runs approve {run}`, \
             see more with `podium runs show {run}`."
            ),
            EventBody::Run(RunEvent::Succeeded(_)) if undoes => {
                format!("It is taken back. {}", self.in_all())
            }
            EventBody::Run(RunEvent::Succeeded(_)) => format!(
                "Done. Take it back with `podium runs undo {run}`. {}",
                self.in_all()
            ),
            EventBody::Run(RunEvent::Failed(failed)) => {
                let hint = failed.error.hint.as_deref().unwrap_or_default();
                format!(
                    "Failed: {} [{}] {hint}",
                    failed.error.message, failed.error.code
                )
            }
            EventBody::Run(RunEvent::Cancelled(cancelled)) => {
                let mut text = String::from("Cancelled.");
                for still in &cancelled.still_running {
                    text.push(' ');
                    text.push_str(still);
                }
                text
            }
            EventBody::Run(_) => return None,
            EventBody::Step { step, event, .. } => {
                let mode = self
                    .modes
                    .get(&step.to_string())
                    .map_or_else(String::new, |mode| format!(" · {}", label(*mode, false)));
                match event {
                    StepEvent::Dispatched(_) => format!("▶ {step}{mode}"),
                    StepEvent::Progress(progressed) => {
                        format!("  {step}: {}", progressed.progress.words)
                    }
                    StepEvent::Log(log) => log
                        .lines
                        .iter()
                        .map(|line| format!("  {step} │ {}", line.text))
                        .collect::<Vec<_>>()
                        .join("\n"),
                    StepEvent::Succeeded(_) => format!("✓ {step}{mode}"),
                    StepEvent::Undone(_) => format!("✓ {step} is taken back{mode}"),
                    StepEvent::Failed(failed) => {
                        format!(
                            "✗ {step}{mode}: {} [{}]",
                            failed.error.message, failed.error.code
                        )
                    }
                    StepEvent::Skipped(skipped) => {
                        format!("– {step} is left out: {}", skipped.because)
                    }
                    StepEvent::Cancelled(_) => format!("■ {step} is stopped{mode}"),
                    StepEvent::Unknown(unknown) => format!("? {step}{mode}: {}", unknown.because),
                    StepEvent::WaitingApproval(waiting) => {
                        format!("… {step} waits: {}", waiting.message)
                    }
                    StepEvent::WaitingUnlock(waiting) => {
                        format!("… {step} waits: {}", waiting.because)
                    }
                    StepEvent::Retrying(retrying) => {
                        let why = retrying
                            .error
                            .as_ref()
                            .map_or("", |error| error.message.as_str());
                        format!("↻ {step}: {why} Trying again.")
                    }
                    _ => return None,
                }
            }
        })
    }
}

/// Simulated or Real, as it stands beside a step. `open` where its address, known later, decides.
pub(crate) fn label(mode: Mode, open: bool) -> &'static str {
    match (open, mode) {
        (true, _) => "Real or simulated",
        (false, Mode::Real) => "Real",
        (false, Mode::Simulated) => "Simulated",
    }
}

/// The same for a whole run.
pub(crate) fn label_of_run(mode: RunMode) -> &'static str {
    match mode {
        RunMode::Real => "Real",
        RunMode::Simulated => "Simulated",
        RunMode::Mixed => "Partly simulated",
    }
}
