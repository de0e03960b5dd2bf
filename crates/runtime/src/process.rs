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
use podium_connector::{Exit, Process, ProcessEvent, ProcessSpec, Stop, Stream};
use podium_diagnostics::{Code, Error, ErrorKind, Result, without_number};
use podium_secret::Secret;
use podium_supervisor::{
    Ended, Line, Redact, SecretFile, Spec, Started, is_alive, lines, signal_below, signal_group,
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
pub(crate) const PASSED: [&str; 16] = [
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
    let stop = spec.stop;
    let mut gone = None;
    if !own.join("started.json").exists() && !own.join("exit.json").exists() {
        gone = Some(start(&own, private, spec, secrets).await?);
    }
    Ok(Box::new(Watched::new(own, program, stop, cancel, gone)))
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
) -> Result<watch::Receiver<bool>> {
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
        // What only looks is simply done again.
        durable: !spec.reads,
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
        wait = (wait * 2).min(Duration::from_millis(5));
    }
    // The supervisor outlives this handle; the reaper takes its exit status when it ends.
    let (tell, gone) = watch::channel(false);
    tokio::spawn(async move {
        let _ = child.wait().await;
        let _ = tell.send(true);
    });
    Ok(gone)
}

/// A process that is read from its folder.
struct Watched {
    folder: PathBuf,
    program: String,
    output: Option<File>,
    partial: Vec<u8>,
    ready: VecDeque<ProcessEvent>,
    cancel: watch::Receiver<u32>,
    stop: Stop,
    /// Turns true when the supervisor is gone, so that the end is heard at once; absent where a former
    /// life of Podium started it.
    gone: Option<watch::Receiver<bool>>,
    signalled: u32,
    signalled_at: Option<Instant>,
    idle: u32,
    gone_since: Option<Instant>,
}

impl Watched {
    fn new(
        folder: PathBuf,
        program: String,
        stop: Stop,
        cancel: watch::Receiver<u32>,
        gone: Option<watch::Receiver<bool>>,
    ) -> Self {
        Self {
            folder,
            program,
            output: None,
            partial: Vec::new(),
            ready: VecDeque::new(),
            cancel,
            stop,
            gone,
            signalled: 0,
            signalled_at: None,
            idle: 0,
            gone_since: None,
        }
    }

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

    /// Passes a cancel on to the process group: once for each time it was asked, and again where the
    /// tool wants it so.
    fn pass_on_cancel(&mut self) {
        let asked = *self.cancel.borrow();
        let again = match (self.stop, self.signalled_at) {
            (Stop::Repeated(after) | Stop::RepeatedBelow(after), Some(at)) => at.elapsed() >= after,
            _ => false,
        };
        if asked > self.signalled || again {
            self.signalled = asked;
            self.signalled_at = Some(Instant::now());
            if let Some(started) = self.started().filter(is_alive) {
                let below = matches!(self.stop, Stop::RepeatedBelow(_))
                    && signal_below(&started, INTERRUPT).unwrap_or(false);
                if !below {
                    let _ = signal_group(&started, INTERRUPT);
                }
            }
        }
    }

    /// Waits until there may be something new: so long, or until a cancel, or the end.
    async fn wait(&mut self, time: Duration) {
        let gone = self.gone.clone().filter(|gone| !*gone.borrow());
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            Ok(()) = self.cancel.changed() => {}
            () = async {
                match gone {
                    Some(mut gone) => { let _ = gone.changed().await; }
                    None => std::future::pending().await,
                }
            } => {}
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
            self.wait(wait).await;
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::CommandExt as _;

    use super::*;

    /// A process that hears its first interrupt and goes on, under a folder as its supervisor makes it.
    fn deaf_once(folder: &Path) -> std::process::Child {
        let script =
            "trap 'n=x$n; [ $n = xx ] && exit 7' INT; : > \"$0\"; while :; do sleep 0.02; done";
        let ready = folder.join("ready");
        let child = std::process::Command::new("/bin/sh")
            .args(["-c", script])
            .arg(&ready)
            .process_group(0)
            .spawn()
            .expect("a shell starts");
        while !ready.exists() {
            std::thread::yield_now();
        }
        let started = Started {
            pid: child.id(),
            pgid: child.id(),
            supervisor_pid: child.id(),
            start_time: podium_supervisor::began(child.id()),
            supervisor_start_time: podium_supervisor::began(child.id()),
            boot_id: podium_supervisor::boot_id().to_owned(),
            argv_hash: String::new(),
            spec_label: String::from("play"),
        };
        std::fs::write(
            folder.join("started.json"),
            serde_json::to_vec(&started).expect("JSON"),
        )
        .expect("written");
        child
    }

    #[tokio::test]
    async fn a_tool_that_can_miss_an_interrupt_is_asked_again_while_it_still_runs() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = deaf_once(folder.path());
        let (cancel, cancelled) = watch::channel(0);
        let mut process = Watched::new(
            folder.path().to_path_buf(),
            String::from("sh"),
            Stop::Repeated(Duration::from_millis(20)),
            cancelled,
            None,
        );
        cancel.send_replace(1);
        let mut code = None;
        let begun = Instant::now();
        while code.is_none() && begun.elapsed() < Duration::from_secs(60) {
            let _ = tokio::time::timeout(Duration::from_millis(10), process.next()).await;
            code = child.try_wait().unwrap().map(|status| status.code());
        }
        let _ = child.kill();
        let _ = child.wait();
        assert_eq!(code, Some(Some(7)), "the second interrupt ended it");
    }
}
