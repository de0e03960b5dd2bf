//! What happens, in batches for a screen.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use podium_diagnostics::Error;
use podium_engine::{Event, EventBody};
use podium_model::RunId;
use podium_runtime::{Happened, Listener};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

/// Longest time that events wait for company, so that a screen is not drawn for each line.
const GATHER: Duration = Duration::from_millis(30);
/// Most events in one batch.
const MOST: usize = 1_000;

/// Events of one run, and what they make stale. Log lines are not in it: a screen that shows them reads
/// them by number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Batch {
    /// The run; absent where the listener missed something and must read everything again.
    pub run: Option<RunId>,
    /// The events, in the shape `event/1`, logs left out.
    #[ts(type = "any[]")]
    pub events: Vec<Value>,
    /// How many log lines came.
    pub logs: u32,
    /// Names of the commands whose answers are stale now.
    pub stale: Vec<String>,
    /// The run cannot go on here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub trouble: Option<Error>,
}

/// Hears batches, until Podium is gone.
pub struct Batches {
    listener: Listener,
    shown: broadcast::Receiver<Vec<String>>,
    ready: VecDeque<Batch>,
    ended: bool,
}

impl Batches {
    pub(crate) fn new(listener: Listener, shown: broadcast::Receiver<Vec<String>>) -> Self {
        Self {
            listener,
            shown,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// Waits for the next batch. `None` when Podium is gone.
    pub async fn next(&mut self) -> Option<Batch> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Some(batch);
            }
            if self.ended {
                return None;
            }
            self.gather().await;
        }
    }

    async fn gather(&mut self) {
        let mut count = 0;
        let mut next = tokio::select! {
            next = self.listener.next() => next,
            Ok(names) = self.shown.recv() => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                self.ready.push_back(stale(&names));
                return;
            }
        };
        let until = tokio::time::Instant::now() + GATHER;
        loop {
            match next {
                None => {
                    self.ended = true;
                    return;
                }
                Some(Err(_)) => self.ready.push_back(missed()),
                Some(Ok(happened)) => count += self.add(&happened),
            }
            if count >= MOST {
                return;
            }
            match tokio::time::timeout_at(until, self.listener.next()).await {
                Ok(more) => next = more,
                Err(_) => return,
            }
        }
    }

    fn add(&mut self, happened: &Arc<Happened>) -> usize {
        match happened.as_ref() {
            Happened::Trouble(run, error) => {
                let batch = self.batch_of(run);
                batch.trouble = Some(error.clone());
                1
            }
            Happened::Looked(_) => {
                let one = stale(&["drift.get"]);
                if !self.ready.contains(&one) {
                    self.ready.push_back(one);
                }
                1
            }
            Happened::Schedules => {
                let one = stale(&["schedule.list", "schedule.get"]);
                if !self.ready.contains(&one) {
                    self.ready.push_back(one);
                }
                1
            }
            Happened::Events(events) => {
                for event in events {
                    self.add_event(event);
                }
                events.len()
            }
        }
    }

    fn add_event(&mut self, event: &Event) {
        let batch = self.batch_of(&event.run);
        if let EventBody::Step {
            event: podium_engine::event::StepEvent::Log(log),
            ..
        } = &event.body
        {
            batch.logs = batch
                .logs
                .saturating_add(u32::try_from(log.lines.len()).unwrap_or(u32::MAX));
            return;
        }
        batch
            .events
            .push(serde_json::to_value(event).unwrap_or(Value::Null));
        if matches!(event.body, EventBody::Run(_)) {
            for name in ["run.list", "workflow.list", "schedule.list", "schedule.get"] {
                if !batch.stale.iter().any(|stale| stale == name) {
                    batch.stale.push(name.to_owned());
                }
            }
        }
    }

    fn batch_of(&mut self, run: &RunId) -> &mut Batch {
        let there = self
            .ready
            .iter()
            .position(|batch| batch.run.as_ref() == Some(run));
        let index = there.unwrap_or_else(|| {
            self.ready.push_back(Batch {
                run: Some(run.clone()),
                events: Vec::new(),
                logs: 0,
                stale: vec![String::from("run.get"), String::from("run.logs")],
                trouble: None,
            });
            self.ready.len() - 1
        });
        &mut self.ready[index]
    }
}

fn missed() -> Batch {
    stale(&[
        "run.get",
        "run.logs",
        "run.list",
        "workflow.list",
        "schedule.list",
        "schedule.get",
    ])
}

fn stale(names: &[&str]) -> Batch {
    Batch {
        run: None,
        events: Vec::new(),
        logs: 0,
        stale: names.iter().copied().map(String::from).collect(),
        trouble: None,
    }
}
