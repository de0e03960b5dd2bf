//! The life of one child.

use std::fs;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use podium_secret::Redactor;
use podium_supervisor::{Ended, FailedStart, Spec, Started, began, boot_id};
use zeroize::Zeroizing;

use crate::apart;
use crate::folder::{Folder, now_ms, read_all};
use crate::output::Output;
use crate::secret_files::SecretFiles;

/// A description longer than this is refused.
const LONGEST_SPEC: u64 = 64 << 20;
/// So long the output is read on after the child's end, when something else holds it open.
const DRAIN: Duration = Duration::from_secs(2);
/// So often the caller is looked for, where its end matters.
const WATCH: Duration = Duration::from_millis(500);

/// Reads the description from the standard input, starts the child, and stays until it has ended.
///
/// Fails only before anything is started and before the folder is ours; later trouble is in `exit.json`.
pub(crate) fn supervise(directory: &Path) -> io::Result<()> {
    apart::close_inherited()?;
    let caller = rustix::process::getppid();
    apart::from_session()?;
    let text = Zeroizing::new(read_all(io::stdin().lock(), LONGEST_SPEC)?);
    let spec = serde_json::from_slice::<Spec>(&text);
    drop(text);
    if let Err(error) = &spec
        && error.is_eof()
    {
        // The caller was gone before it had said what to do: nothing has begun, and nothing may say so.
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let durable = spec.as_ref().map_or(true, |spec| spec.durable);
    let folder = Folder::take(directory, durable)?;
    apart::from_terminal()?;

    let ended = match spec {
        Ok(spec) => run(&folder, spec, caller),
        Err(error) => Err(Refused::other(format!(
            "the description cannot be read: {error}"
        ))),
    };
    let ended = ended.unwrap_or_else(|Refused { kind, error }| Ended {
        error: Some(error),
        kind: Some(kind),
        at_ms: now_ms(),
        ..Ended::default()
    });
    folder.ended(&ended)
}

/// The child was not started.
struct Refused {
    kind: FailedStart,
    error: String,
}

impl Refused {
    fn other(error: String) -> Self {
        Self {
            kind: FailedStart::Other,
            error,
        }
    }
}

fn run(
    folder: &Folder,
    spec: Spec,
    caller: Option<rustix::process::Pid>,
) -> Result<Ended, Refused> {
    let redactor = Redactor::new(
        spec.redact
            .iter()
            .map(|secret| (secret.name.clone(), secret.value.clone())),
    );
    let output = folder
        .output()
        .map(|file| Output::new(file, spec.durable))
        .map_err(|error| Refused::other(format!("the output cannot be recorded: {error}")))?;
    // Dropped at the end of this function, whichever way it ends; `exit.json` comes after.
    let secret_files = SecretFiles::make(&spec.secret_files)
        .map_err(|error| Refused::other(format!("a private file cannot be written: {error}")))?;
    let mut child = start(&spec)?;

    let started = Started {
        pid: child.id(),
        pgid: child.id(),
        supervisor_pid: std::process::id(),
        start_time: began(child.id()),
        supervisor_start_time: began(std::process::id()),
        boot_id: boot_id().to_owned(),
        argv_hash: spec.argv_hash(),
        spec_label: spec.label.clone(),
    };
    let liveness = spec.liveness;
    drop(spec); // the secrets in it are no longer needed
    if let Err(error) = folder.started(&started) {
        // Nobody could find it again, so it must not go on.
        let _ = started.signal_group(9);
        let _ = child.wait();
        return Err(Refused::other(format!(
            "its start cannot be recorded: {error}"
        )));
    }
    if let (true, Some(caller)) = (liveness, caller) {
        watch(caller, started);
    }

    let (done, readers) = mpsc::channel();
    let streams = readers_of(&mut child);
    let open = streams.len();
    for (number, stream) in streams {
        let (output, redactor, done) = (output.clone(), redactor.clone(), done.clone());
        thread::spawn(move || {
            output.record(stream, number, redactor);
            let _ = done.send(());
        });
    }
    let status = child.wait();
    let at_ms = now_ms();
    let deadline = std::time::Instant::now() + DRAIN;
    let drained = (0..open).all(|_| {
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        readers.recv_timeout(left).is_ok()
    });
    let lost_lines = output.close();
    drop(secret_files);
    let ended = Ended {
        at_ms,
        left_running: !drained,
        lost_lines,
        ..Ended::default()
    };
    Ok(match status {
        Ok(status) => with_status(ended, status),
        Err(error) => Ended {
            error: Some(format!("its end was not seen: {error}")),
            kind: Some(FailedStart::Other),
            ..ended
        },
    })
}

fn with_status(ended: Ended, status: ExitStatus) -> Ended {
    Ended {
        code: status.code(),
        signal: status.signal(),
        ..ended
    }
}

fn readers_of(child: &mut Child) -> Vec<(u8, Box<dyn io::Read + Send>)> {
    let mut streams: Vec<(u8, Box<dyn io::Read + Send>)> = Vec::new();
    if let Some(out) = child.stdout.take() {
        streams.push((1, Box::new(out)));
    }
    if let Some(err) = child.stderr.take() {
        streams.push((2, Box::new(err)));
    }
    streams
}

fn start(spec: &Spec) -> Result<Child, Refused> {
    let program = spec.program.display();
    if !spec.program.is_absolute() {
        return Err(Refused::other(format!(
            "`{program}` is not an absolute path"
        )));
    }
    if !spec.directory.is_dir() {
        let directory = spec.directory.display();
        return Err(Refused::other(format!(
            "the folder `{directory}` is not there"
        )));
    }
    Command::new(&spec.program)
        .args(&spec.args)
        .env_clear()
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&spec.directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if fs::exists(&spec.program).unwrap_or(false) => {
                Refused::other(format!(
                    "`{program}` is there, but not the interpreter or loader it asks for"
                ))
            }
            io::ErrorKind::NotFound => Refused {
                kind: FailedStart::NotFound,
                error: format!("there is no program at `{program}`"),
            },
            io::ErrorKind::PermissionDenied => Refused {
                kind: FailedStart::Permission,
                error: format!("`{program}` may not be run: {error}"),
            },
            _ => Refused::other(format!("`{program}` cannot be started: {error}")),
        })
}

/// Asks the child to stop when the caller is gone.
fn watch(caller: rustix::process::Pid, started: Started) {
    thread::spawn(move || {
        while rustix::process::getppid() == Some(caller) {
            thread::sleep(WATCH);
        }
        let _ = started.signal_group(2);
    });
}
