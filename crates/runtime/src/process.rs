//! Processes under their supervisor: started, joined again after a crash, or replayed.
//!
//! Each process of an attempt has a folder named for its label. `podium-run` (crates/supervisor) owns
//! the child and writes what it prints and how it ends into that folder; this side only reads. So a
//! process goes on when Podium dies, and a later Podium reads the same lines from the start.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use podium_connector::{Exit, Process, ProcessEvent, ProcessSpec, Stream};
use podium_diagnostics::{Code, Error, ErrorKind, Result, without_number};
use podium_secret::Secret;
use podium_supervisor::{
    Ended, Line, Redact, SecretFile, Spec, Started, is_alive, lines, signal_group,
};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;

use crate::home::{create_private, storage};
use crate::tools;

/// Longest wait for the supervisor to say that the child began.
const START_LIMIT: Duration = Duration::from_secs(20);
/// The signal of a gentle stop (SIGINT).
const INTERRUPT: i32 = 2;
/// Variables of Podium's own environment that a child may see.
const PASSED: [&str; 16] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SystemRoot",
    "SSH_AUTH_SOCK",
];

/// Starts, joins or replays a process. `folder` is that of the attempt.
pub(crate) async fn open(
    folder: &Path,
    private: &Path,
    spec: ProcessSpec,
    secrets: &[(String, Secret)],
    cancel: watch::Receiver<u32>,
) -> Result<Box<dyn Process>> {
    let own = folder.join(file_name(&spec.label));
    let program = spec.program.display().to_string();
    let begun = own.join(podium_supervisor::RESERVE).exists();
    if begun && !own.join("started.json").exists() && !own.join("exit.json").exists() {
        // The supervisor died between making room for the end and saying that the child began.
        return Err(lost(&program));
    }
    if !own.join("started.json").exists() && !own.join("exit.json").exists() {
        start(&own, private, spec, secrets).await?;
    }
    Ok(Box::new(Watched {
        folder: own,
        program,
        output: None,
        partial: Vec::new(),
        ready: VecDeque::new(),
        cancel,
        signalled: 0,
        idle: 0,
        gone_since: None,
    }))
}

/// Whether any process of the attempt was started.
pub(crate) fn was_started(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| {
            entry.path().join("started.json").exists() || entry.path().join("exit.json").exists()
        })
}

async fn start(
    own: &Path,
    private: &Path,
    spec: ProcessSpec,
    secrets: &[(String, Secret)],
) -> Result<()> {
    create_private(own)?;
    create_private(private)?;
    let mut env: Vec<(String, String)> = PASSED
        .iter()
        .filter(|name| !spec.env.iter().any(|(given, _)| given == *name))
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
    env.extend(spec.env);
    let message = Spec {
        label: spec.label,
        program: spec.program.clone(),
        args: spec.args,
        env,
        directory: spec.directory,
        secret_files: spec
            .secret_files
            .iter()
            .map(|file| SecretFile {
                path: private.join(file_name(&file.name)),
                content: file.content.clone(),
                executable: file.executable,
            })
            .collect(),
        redact: secrets
            .iter()
            .map(|(name, value)| Redact {
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
        liveness: false,
    };
    let text = message.to_json().map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            Code::new("POD0304"),
            "A process could not be described.",
        )
        .with_source(error)
    })?;
    drop(message);
    let supervisor = tools::own("podium-run")?;
    let mut command = tokio::process::Command::new(&supervisor);
    command
        .arg(own)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command
        .spawn()
        .map_err(|error| storage(&supervisor, &error))?;
    if let Some(mut input) = child.stdin.take() {
        input
            .write_all(&text)
            .await
            .map_err(|error| storage(&supervisor, &error))?;
        input
            .shutdown()
            .await
            .map_err(|error| storage(&supervisor, &error))?;
    }
    let begun = Instant::now();
    let mut wait = Duration::from_millis(1);
    while !own.join("started.json").exists() && !own.join("exit.json").exists() {
        let stopped = matches!(child.try_wait(), Ok(Some(_)));
        if (stopped && !own.join("started.json").exists() && !own.join("exit.json").exists())
            || begun.elapsed() > START_LIMIT
        {
            return Err(Error::new(
                ErrorKind::Storage,
                Code::new("POD0305"),
                format!(
                    "`{}` could not be put under its supervisor.",
                    spec.program.display()
                ),
            )
            .with_hint("Check that the disk is not full and that Podium is installed whole."));
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_millis(20));
    }
    // The supervisor outlives this handle; the reaper takes its exit status when it ends.
    tokio::spawn(async move {
        let _ = child.wait().await;
    });
    Ok(())
}

/// A process that is read from its folder.
struct Watched {
    folder: PathBuf,
    program: String,
    output: Option<File>,
    partial: Vec<u8>,
    ready: VecDeque<ProcessEvent>,
    cancel: watch::Receiver<u32>,
    signalled: u32,
    idle: u32,
    gone_since: Option<Instant>,
}

impl Watched {
    /// Reads what is new. Whether there was anything.
    fn read(&mut self) -> Result<bool> {
        let path = self.folder.join("output.jsonl");
        if self.output.is_none() {
            self.output = File::open(&path).ok();
        }
        let Some(file) = &mut self.output else {
            return Ok(false);
        };
        let mut fresh = vec![0_u8; 64 << 10];
        let read = file
            .read(&mut fresh)
            .map_err(|error| storage(&path, &error))?;
        self.partial.extend_from_slice(&fresh[..read]);
        let (whole, used) = lines(&self.partial);
        self.partial.drain(..used);
        for Line { stream, text } in whole {
            let stream = if stream == 2 {
                Stream::Err
            } else {
                Stream::Out
            };
            self.ready.push_back(ProcessEvent::Line { stream, text });
        }
        Ok(read > 0)
    }

    fn ended(&self) -> Option<Ended> {
        serde_json::from_slice(&std::fs::read(self.folder.join("exit.json")).ok()?).ok()
    }

    fn started(&self) -> Option<Started> {
        serde_json::from_slice(&std::fs::read(self.folder.join("started.json")).ok()?).ok()
    }

    /// Passes a cancel on to the process group, once for each time it was asked.
    fn pass_on_cancel(&mut self) {
        let asked = *self.cancel.borrow();
        if asked > self.signalled {
            self.signalled = asked;
            if let Some(started) = self.started().filter(is_alive) {
                let _ = signal_group(&started, INTERRUPT);
            }
        }
    }

    fn exit(&self, ended: &Ended) -> Result<ProcessEvent> {
        if let Some(error) = &ended.error {
            return Err(Error::new(
                ErrorKind::MissingTool,
                Code::new("POD0303"),
                format!(
                    "`{}` could not be started: {}.",
                    self.program,
                    without_number(error)
                ),
            )
            .with_hint("Check that the program is there and may be run by you."));
        }
        Ok(ProcessEvent::Exited(match (ended.code, ended.signal) {
            (Some(code), _) => Exit::Code(code),
            (None, Some(signal)) => Exit::Signal(signal),
            (None, None) => Exit::Code(-1),
        }))
    }

    /// Whether the process is gone without a word. True only after it was seen gone for a while, since
    /// the last word may just be on its way to the disk.
    fn is_lost(&mut self) -> bool {
        if self.idle % 8 != 7 {
            return false;
        }
        if self
            .started()
            .is_some_and(|started| is_alive(&started) || started.is_supervised())
        {
            self.gone_since = None;
            return false;
        }
        let since = *self.gone_since.get_or_insert_with(Instant::now);
        since.elapsed() > Duration::from_secs(4)
    }
}

#[async_trait]
impl Process for Watched {
    async fn next(&mut self) -> Result<ProcessEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            self.pass_on_cancel();
            // Whether it has ended is asked before the last read, so that no line is missed.
            let ended = self.ended();
            if self.read()? {
                self.idle = 0;
                continue;
            }
            if let Some(ended) = ended {
                return self.exit(&ended);
            }
            if self.is_lost() {
                return Err(lost(&self.program));
            }
            self.idle = self.idle.saturating_add(1);
            let wait = Duration::from_millis(if self.idle < 40 { 4 } else { 20 });
            let _ = tokio::time::timeout(wait, self.cancel.changed()).await;
        }
    }
}

fn lost(program: &str) -> Error {
    Error::new(
        ErrorKind::Unknown,
        Code::new("POD0306"),
        format!("`{program}` is gone, and nobody saw how it ended."),
    )
    .with_hint("Look at the far system before you choose what happens next.")
}

/// A label as a file name.
fn file_name(label: &str) -> String {
    label
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '_'
            }
        })
        .collect::<String>()
        .trim_start_matches('.')
        .to_owned()
}
