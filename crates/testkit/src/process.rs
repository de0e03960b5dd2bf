//! The process side of a fake context: one record for each label, written by whoever plays the
//! process and read, from the start, by every handle.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::watch;

use podium_connector::{Exit, Process, ProcessEvent, Stream};
use podium_diagnostics::{Code, Error, ErrorKind, Result};

/// Output and exit that were recorded from a real tool, to be played again.
#[derive(Clone, Debug)]
pub struct Playback {
    /// Lines of its streams, in order.
    pub lines: Vec<(Stream, String)>,
    /// How it ended.
    pub exit: Exit,
}

impl Playback {
    /// Standard output as one text, with the exit code.
    pub fn out(text: &str, code: i32) -> Self {
        Self {
            lines: text
                .lines()
                .map(|line| (Stream::Out, line.to_owned()))
                .collect(),
            exit: Exit::Code(code),
        }
    }

    /// Adds standard error.
    #[must_use]
    pub fn err(mut self, text: &str) -> Self {
        self.lines
            .extend(text.lines().map(|line| (Stream::Err, line.to_owned())));
        self
    }
}

/// What one label did so far.
#[derive(Debug)]
pub(crate) struct Record {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<(Stream, String)>,
    exit: Option<Exit>,
    lost: bool,
}

impl Record {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            changed: watch::Sender::new(0),
        })
    }

    pub(crate) fn line(&self, stream: Stream, text: String) {
        self.state().lines.push((stream, text));
        self.changed.send_modify(|n| *n += 1);
    }

    pub(crate) fn exit(&self, exit: Exit) {
        self.state().exit = Some(exit);
        self.changed.send_modify(|n| *n += 1);
    }

    /// As if nobody saw how it ended.
    pub(crate) fn lose(&self) {
        let mut state = self.state();
        state.lost = true;
        state.exit = None;
        drop(state);
        self.changed.send_modify(|n| *n += 1);
    }

    pub(crate) fn play(&self, playback: &Playback) {
        for (stream, text) in &playback.lines {
            self.line(*stream, text.clone());
        }
        self.exit(playback.exit);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no reader or writer panics while it holds the record")
    }
}

/// A handle that reads a record from its start.
pub(crate) struct Reader {
    record: Arc<Record>,
    changed: watch::Receiver<u64>,
    at: usize,
    queue: VecDeque<ProcessEvent>,
    label: String,
}

impl Reader {
    pub(crate) fn new(label: &str, record: Arc<Record>) -> Self {
        let changed = record.changed.subscribe();
        Self {
            record,
            changed,
            at: 0,
            queue: VecDeque::new(),
            label: label.to_owned(),
        }
    }
}

#[async_trait]
impl Process for Reader {
    async fn next(&mut self) -> Result<ProcessEvent> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Ok(event);
            }
            self.changed.borrow_and_update();
            let (exit, lost) = {
                let state = self.record.state();
                for (stream, text) in &state.lines[self.at..] {
                    self.queue.push_back(ProcessEvent::Line {
                        stream: *stream,
                        text: text.clone(),
                    });
                }
                self.at = state.lines.len();
                (state.exit, state.lost)
            };
            if let Some(exit) = exit {
                self.queue.push_back(ProcessEvent::Exited(exit));
            } else if self.queue.is_empty() {
                if lost {
                    return Err(Error::new(
                        ErrorKind::Unknown,
                        Code::new("POD0305"),
                        format!("`{}` is gone, and nobody saw how it ended.", self.label),
                    ));
                }
                let _ = self.changed.changed().await;
            }
        }
    }
}
