//! The history, and everything a person can do to a run.

use podium_diagnostics::{Code, Error, ErrorKind};
use podium_engine::event::StepEvent;
use podium_engine::{Answer, Command, EventBody};
use podium_journal::Journal;
use podium_model::RunId;
use podium_projections::{RunSummary, RunView};
use podium_runtime::clock;

use crate::types::{
    AnswerStep, Empty, GetLogs, GetRun, ListRuns, LogEntry, LogPage, PersonsAnswer, RunName,
};
use crate::{ApiError, Podium};

impl Podium {
    /// The history, newest first.
    pub async fn run_list(&self, request: ListRuns) -> Result<Vec<RunSummary>, ApiError> {
        let limit = request.limit.unwrap_or(100);
        let workflow = request.workflow;
        let limit = limit as usize;
        let summaries = self
            .host
            .journal(move |journal| {
                let rows = journal.runs()?;
                let mut summaries = Vec::new();
                for row in rows
                    .into_iter()
                    .filter(|row| workflow.as_ref().is_none_or(|name| row.workflow == *name))
                    .take(limit)
                {
                    let mut view =
                        RunView::of(row.run.clone(), &journal.events(&row.run, 1, usize::MAX)?);
                    if let Some(by) = taken_back_by(journal, &row.run)? {
                        view.set_undone_by(by);
                    }
                    summaries.push(RunSummary::from(&view));
                }
                Ok(summaries)
            })
            .await?;
        Ok(summaries)
    }

    /// A run, now or at a moment.
    pub async fn run_get(&self, request: GetRun) -> Result<RunView, ApiError> {
        let events = self.host.events(&request.run, 1).await?;
        if events.is_empty() {
            return Err(no_run(&request.run).into());
        }
        if let Some(at) = request.at {
            return Ok(RunView::at(request.run, &events, at));
        }
        let run = request.run.clone();
        let by = self
            .host
            .journal(move |journal| taken_back_by(journal, &run))
            .await?;
        let mut view = RunView::of(request.run, &events);
        if let Some(by) = by {
            view.set_undone_by(by);
        }
        Ok(view)
    }

    /// Log lines.
    pub async fn run_logs(&self, request: GetLogs) -> Result<LogPage, ApiError> {
        let events = self.host.events(&request.run, 1).await?;
        if events.is_empty() {
            return Err(no_run(&request.run).into());
        }
        let limit = u64::from(request.limit.unwrap_or(1_000));
        let mut page = LogPage {
            lines: Vec::new(),
            total: 0,
        };
        for event in &events {
            let EventBody::Step {
                step,
                event: StepEvent::Log(log),
                ..
            } = &event.body
            else {
                continue;
            };
            let name = step.to_string();
            let wanted = request
                .step
                .as_deref()
                .is_none_or(|wanted| wanted == name || wanted == step.step.as_str());
            if !wanted {
                continue;
            }
            for line in &log.lines {
                let number = page.total;
                page.total += 1;
                if number >= request.from && number - request.from < limit {
                    page.lines.push(LogEntry {
                        number,
                        step: name.clone(),
                        at: clock::rfc3339(event.at),
                        line: line.clone(),
                    });
                }
            }
        }
        Ok(page)
    }

    /// Stops a run gently.
    pub async fn run_cancel(&self, request: RunName) -> Result<Empty, ApiError> {
        self.host
            .ask(&request.run, Command::Cancel { by: Self::who() })
            .await?;
        Ok(Empty {})
    }

    /// Says yes to the preview of a run that waits for it.
    pub async fn run_approve(&self, request: RunName) -> Result<Empty, ApiError> {
        let events = self.host.events(&request.run, 1).await?;
        let hash = events
            .iter()
            .find_map(|event| match &event.body {
                EventBody::Run(podium_engine::event::RunEvent::Created(created)) => {
                    Some(created.preview.hash.clone())
                }
                _ => None,
            })
            .ok_or_else(|| no_run(&request.run))?;
        self.host
            .ask(
                &request.run,
                Command::Approve {
                    hash,
                    by: Self::who(),
                },
            )
            .await?;
        Ok(Empty {})
    }

    /// A person's answer at a step.
    pub async fn run_answer(&self, request: AnswerStep) -> Result<Empty, ApiError> {
        let step = request.step.parse().map_err(|error: String| {
            Error::new(ErrorKind::Invalid, Code::new("POD0708"), error)
                .with_hint("Name a step of the run; `podium runs show` lists them.")
        })?;
        let answer = match request.answer {
            PersonsAnswer::Approve => Answer::Approve,
            PersonsAnswer::Deny => Answer::Deny,
            PersonsAnswer::Retry { with } if with.is_empty() => Answer::Retry,
            PersonsAnswer::Retry { with } => Answer::RetryWith(with),
            PersonsAnswer::Skip => Answer::Skip,
            PersonsAnswer::Done => Answer::MarkDone(serde_json::Map::new()),
            PersonsAnswer::Stop => Answer::Stop,
            PersonsAnswer::GoOn => Answer::GoOn,
        };
        let command = Command::Answer {
            step,
            answer,
            by: Self::who(),
            comment: request.comment,
        };
        self.host.ask(&request.run, command).await?;
        Ok(Empty {})
    }
}

/// The run that took this one back, where one did to its end.
fn taken_back_by(journal: &Journal, run: &RunId) -> podium_diagnostics::Result<Option<RunId>> {
    let undone = journal.undone_by(run)?;
    Ok(undone
        .into_iter()
        .find(|row| row.state == "succeeded")
        .map(|row| row.run))
}

pub(crate) fn no_run(run: &RunId) -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0717"),
        format!("There is no run `{run}`."),
    )
    .with_hint("`podium runs list` shows the runs of this computer.")
}
