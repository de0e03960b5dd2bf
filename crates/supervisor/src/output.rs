//! The file with what the child wrote.

use std::fs::File;
use std::io::{ErrorKind, Read, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use podium_secret::Redactor;
use podium_supervisor::Line;

use crate::cutter::Cutter;

/// `output.jsonl`, for both streams.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<Sink>>);

struct Sink {
    /// `None` once the end is being written: what comes later is not recorded.
    file: Option<File>,
    durable: bool,
    /// Lines that the disk would not take since the last one that it took.
    missing: u64,
    lost: u64,
    torn: bool,
}

impl Output {
    pub(crate) fn new(file: File, durable: bool) -> Self {
        Self(Arc::new(Mutex::new(Sink {
            file: Some(file),
            durable,
            missing: 0,
            lost: 0,
            torn: false,
        })))
    }

    /// Records a stream until its end. Keeps reading where the disk is full, so that the child never
    /// stands still for it.
    pub(crate) fn record(&self, mut from: impl Read, number: u8, redactor: Redactor) {
        let mut cutter = Cutter::new(number, redactor);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => self.write(&cutter.push(&buffer[..count])),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.write(&cutter.finish());
    }

    /// Ends the recording. Says how many lines are missing.
    pub(crate) fn close(&self) -> u64 {
        let mut sink = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = sink.file.take().filter(|_| sink.durable) {
            let _ = file.sync_all();
        }
        sink.lost
    }

    fn write(&self, lines: &[Line]) {
        if !lines.is_empty() {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .write(lines);
        }
    }
}

impl Sink {
    fn write(&mut self, lines: &[Line]) {
        let Some(file) = &mut self.file else { return };
        let mut text = Vec::with_capacity(lines.len() * 64);
        if self.torn {
            text.push(b'\n');
        }
        if self.missing > 0 {
            let words = format!(
                "[{} lines are missing here: the disk was full]",
                self.missing
            );
            append(
                &mut text,
                &Line {
                    stream: 2,
                    text: words,
                },
            );
        }
        for line in lines {
            append(&mut text, line);
        }
        // One call, so that lines of the two streams never mix and a reader sees whole ones.
        if file.write_all(&text).is_ok() {
            self.missing = 0;
            self.torn = false;
        } else {
            let count = lines.len() as u64;
            self.missing += count;
            self.lost += count;
            self.torn = true;
        }
    }
}

fn append(text: &mut Vec<u8>, line: &Line) {
    if serde_json::to_writer(&mut *text, line).is_ok() {
        text.push(b'\n');
    }
}
