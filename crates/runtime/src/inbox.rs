//! Asking the process that holds the journal: a folder with one file a request.
//!
//! The window may hold the journal while somebody types `podium run` in a terminal. The folder is 0700 and
//! each file 0600, so only the same user can ask; there is no socket and no port. A request holds names
//! (workflow, environment, credentials by the names they have in the vault) and never a secret.
//!
//! A request goes through these files, each made whole by a rename:
//!
//! | file | means | written by |
//! |---|---|---|
//! | `ID.here` | locked: the one who asked still waits | who asks |
//! | `ID.ask` | asked; may still be taken back | who asks |
//! | `ID.taken` | somebody has taken it up | the owner, by renaming `ID.ask` |
//! | `ID.answer` | what became of it | the owner |
//!
//! What nobody waits for any more is swept away and not carried out: the person whose terminal was killed
//! before a run began has seen nothing begin.

mod question;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_engine::event::Occasion;
use podium_model::RunId;
use podium_plan::{Plan, Preview};
use serde::{Deserialize, Serialize};

pub(crate) use self::question::Question;
use crate::home::{Home, create_private, storage};

/// The form of a request; a newer one is refused in words.
const FORM: &str = "request/1";
/// No honest request is longer.
const LONGEST: u64 = 64 * 1024 * 1024;

/// What is asked of the process that holds the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub(crate) enum Request {
    /// Begin what was previewed.
    Begin(Box<Begin>),
    /// Tell a run what a person says.
    Say { run: RunId, question: Question },
    /// Take up a run that nobody drives.
    TakeUp { run: RunId },
}

/// A run that a person begins in another process. Its id is given by who asks, so that it is begun once
/// however often it is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Begin {
    /// The folder of the workspace.
    pub workspace: String,
    /// The id that the run has.
    pub run: RunId,
    /// The preview that the person saw, with the names of workflow and environment.
    pub preview: Preview,
    /// What was previewed, so that what has changed since is noticed: SHA-256 of the plan.
    pub plan: String,
    /// The environment's name, where the person typed it.
    pub confirm: Option<String>,
    /// Whether the person's yes is also the approval.
    pub approve: bool,
    /// Who asks.
    pub by: String,
    /// The schedule whose run it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Occasion>,
    /// Why it is to begin outside the environment's window, where the person said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_window: Option<String>,
}

impl Begin {
    /// What tells two plans apart.
    pub fn digest(plan: &Plan) -> String {
        use sha2::Digest as _;
        let text = serde_json::to_vec(plan).unwrap_or_default();
        let mut hex = String::from("sha256:");
        for byte in sha2::Sha256::digest(&text) {
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

#[derive(Serialize, Deserialize)]
struct Letter<T> {
    podium: String,
    #[serde(flatten)]
    what: T,
}

/// What stands in a file of an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "error", rename_all = "snake_case")]
enum Reply {
    Done,
    Refused(Error),
}

/// The folder of requests, and those that this process has in hand.
pub(crate) struct Inbox {
    folder: PathBuf,
    hand: Mutex<HashSet<String>>,
}

/// A request that this process has made. It is forgotten when this is dropped.
pub(crate) struct Asked<'a> {
    inbox: &'a Inbox,
    id: String,
    /// Locked while the one who asked is there.
    _here: File,
}

/// A request that this process has taken up.
pub(crate) struct Taken {
    id: String,
    /// What is asked.
    pub(crate) request: Result<Request>,
    /// Whether a process that has ended had taken it up before.
    pub(crate) again: bool,
}

impl Inbox {
    pub(crate) fn new(home: &Home) -> Self {
        Self {
            folder: home.root().join("inbox"),
            hand: Mutex::default(),
        }
    }

    /// Writes a request, durably, for the process that holds the journal.
    pub(crate) fn ask(&self, id: &RunId, request: &Request) -> Result<Asked<'_>> {
        create_private(&self.folder)?;
        let text = serde_json::to_vec(&Letter {
            podium: FORM.to_owned(),
            what: request,
        })
        .map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                Code::new("POD0706"),
                "A request could not be written.",
            )
            .with_hint("This is a defect of Podium; report it with this message.")
            .with_source(error)
        })?;
        // Its own: this process does not take it up where it becomes the owner itself.
        self.hand().insert(id.to_string());
        // Locked before it has its name, so that nobody finds it unlocked.
        let here = self.fresh(id.as_str(), "here", &[], |file| file.try_lock().is_ok());
        let here = here.inspect_err(|_| {
            self.hand().remove(id.as_str());
        })?;
        let asked = Asked {
            inbox: self,
            id: id.to_string(),
            _here: here,
        };
        self.fresh(id.as_str(), "ask", &text, |_| true)?;
        Ok(asked)
    }

    /// Takes up what others have asked; each request once, until it is answered.
    pub(crate) fn take(&self) -> Vec<Taken> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let mut taken = Vec::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            let (Some(id), Some(ending)) = (
                path.file_stem().and_then(|stem| stem.to_str()),
                path.extension().and_then(|ending| ending.to_str()),
            ) else {
                continue;
            };
            if self.hand().contains(id) {
                continue;
            }
            if !self.is_there(id) {
                sweep(id, ending, &path);
                continue;
            }
            let again = match ending {
                "ask" => {
                    // It may have been taken back at this very moment.
                    if std::fs::rename(&path, self.file(id, "taken")).is_err() {
                        continue;
                    }
                    false
                }
                // It was answered, and only the end of the process came between.
                "taken" if self.file(id, "answer").exists() => continue,
                "taken" => true,
                _ => continue,
            };
            self.hand().insert(id.to_owned());
            taken.push(Taken {
                id: id.to_owned(),
                request: read(&self.file(id, "taken")),
                again,
            });
        }
        taken
    }

    /// Answers a request that was taken up.
    pub(crate) fn answer(&self, id: &str, result: Result<()>) {
        let reply = match result {
            Ok(()) => Reply::Done,
            Err(error) => Reply::Refused(error),
        };
        let text = serde_json::to_vec(&reply).unwrap_or_default();
        if let Err(error) = self.fresh(id, "answer", &text, |_| true) {
            tracing::warn!(%error, "a request from another process could not be answered");
        }
        let _ = std::fs::remove_file(self.file(id, "taken"));
        self.hand().remove(id);
    }

    /// Whether the one who asked still waits.
    fn is_there(&self, id: &str) -> bool {
        File::options()
            .write(true)
            .open(self.file(id, "here"))
            .is_ok_and(|file| matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
    }

    /// Makes a file whole, on disk and readable by this user alone, and then gives it its name.
    fn fresh(
        &self,
        id: &str,
        ending: &str,
        text: &[u8],
        ready: impl Fn(&File) -> bool,
    ) -> Result<File> {
        let (from, to) = (
            self.folder.join(format!("{id}-{ending}.fresh")),
            self.file(id, ending),
        );
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options
            .open(&from)
            .map_err(|error| storage(&from, &error))?;
        if !ready(&file) {
            let busy = std::io::Error::from(std::io::ErrorKind::ResourceBusy);
            return Err(storage(&from, &busy));
        }
        file.write_all(text)
            .and_then(|()| file.sync_all())
            .map_err(|error| storage(&from, &error))?;
        std::fs::rename(&from, &to).map_err(|error| storage(&to, &error))?;
        #[cfg(unix)]
        if let Ok(folder) = File::open(&self.folder) {
            let _ = folder.sync_all();
        }
        Ok(file)
    }

    fn file(&self, id: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{id}.{ending}"))
    }

    fn hand(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked<'_> {
    /// What the owner has answered, where it has.
    pub(crate) fn answered(&self) -> Option<Result<()>> {
        let text = std::fs::read(self.inbox.file(&self.id, "answer")).ok()?;
        Some(match serde_json::from_slice(&text) {
            Ok(Reply::Done) => Ok(()),
            Ok(Reply::Refused(error)) => Err(error),
            Err(error) => Err(Error::new(
                ErrorKind::Internal,
                Code::new("POD0707"),
                "The answer of the Podium that holds the journal cannot be read.",
            )
            .with_hint("Look at `podium runs list`; what was asked may have been done.")
            .with_source(error)),
        })
    }

    /// Takes the request back; `false` where somebody has taken it up already.
    pub(crate) fn take_back(&self) -> bool {
        std::fs::remove_file(self.inbox.file(&self.id, "ask")).is_ok()
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        for ending in ["ask", "answer", "here"] {
            let _ = std::fs::remove_file(self.inbox.file(&self.id, ending));
        }
        self.inbox.hand().remove(&self.id);
    }
}

impl Taken {
    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// Takes away what nobody waits for.
fn sweep(id: &str, ending: &str, path: &Path) {
    // A file on its way to its name belongs to a process that is at it, or was killed then; the
    // request it would have been was never made.
    if !matches!(ending, "ask" | "taken" | "answer" | "here") {
        return;
    }
    if matches!(ending, "ask" | "taken") {
        tracing::warn!(
            request = id,
            "a request was dropped, since the process that made it has ended"
        );
    }
    let _ = std::fs::remove_file(path);
}

/// What every request says of itself, whichever version wrote it.
#[derive(Deserialize)]
struct Form {
    podium: String,
}

fn read(path: &Path) -> Result<Request> {
    let strange = |why: String| {
        Error::new(
            ErrorKind::Invalid,
            Code::new("POD0706"),
            format!("The request cannot be read by the Podium that is open: {why}."),
        )
        .with_hint("Use the same version of Podium in both places, or close the other one first.")
    };
    let about = std::fs::symlink_metadata(path).map_err(|error| storage(path, &error))?;
    if !about.is_file() || about.len() > LONGEST {
        return Err(strange(String::from("it is no file, or too long")));
    }
    let text = std::fs::read(path).map_err(|error| storage(path, &error))?;
    let form: Form =
        serde_json::from_slice(&text).map_err(|_| strange(String::from("it is no request")))?;
    if form.podium != FORM {
        return Err(strange(format!(
            "it has the form `{}`, and this one knows `{FORM}`",
            form.podium
        )));
    }
    let letter: Letter<Request> = serde_json::from_slice(&text)
        .map_err(|_| strange(String::from("something in it is unknown here")))?;
    Ok(letter.what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        (folder, home)
    }

    fn take_up(run: &RunId) -> Request {
        Request::TakeUp { run: run.clone() }
    }

    fn files(home: &Home) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(home.root().join("inbox"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_request_is_taken_up_once_answered_and_leaves_nothing() {
        let (_folder, home) = desk();
        let (terminal, window) = (Inbox::new(&home), Inbox::new(&home));
        let run = crate::clock::fresh_run_id();
        let asked = terminal.ask(&run, &take_up(&run)).unwrap();
        assert!(terminal.take().is_empty(), "its own");
        let taken = window.take();
        assert_eq!(taken.len(), 1);
        assert!(!taken[0].again);
        assert!(matches!(&taken[0].request, Ok(Request::TakeUp { run: of }) if *of == run));
        assert!(window.take().is_empty(), "in hand");
        assert!(!asked.take_back());
        assert!(asked.answered().is_none());
        window.answer(taken[0].id(), Ok(()));
        assert!(matches!(asked.answered(), Some(Ok(()))));
        drop(asked);
        assert_eq!(files(&home), [""; 0]);
    }

    #[test]
    fn what_was_taken_back_is_never_taken_up() {
        let (_folder, home) = desk();
        let (terminal, window) = (Inbox::new(&home), Inbox::new(&home));
        let run = crate::clock::fresh_run_id();
        let asked = terminal.ask(&run, &take_up(&run)).unwrap();
        assert!(asked.take_back());
        assert!(window.take().is_empty());
    }

    #[test]
    fn a_new_owner_is_told_that_another_one_had_taken_it_up() {
        let (_folder, home) = desk();
        let terminal = Inbox::new(&home);
        let run = crate::clock::fresh_run_id();
        let _asked = terminal.ask(&run, &take_up(&run)).unwrap();
        assert!(!Inbox::new(&home).take()[0].again);
        assert!(Inbox::new(&home).take()[0].again);
    }

    #[test]
    fn nobody_carries_out_what_nobody_waits_for() {
        let (_folder, home) = desk();
        let run = crate::clock::fresh_run_id();
        {
            let terminal = Inbox::new(&home);
            let asked = terminal.ask(&run, &take_up(&run)).unwrap();
            let ask = home.root().join("inbox").join(format!("{run}.ask"));
            let text = std::fs::read(&ask).unwrap();
            drop(asked);
            // As a killed process leaves it.
            std::fs::write(ask, text).unwrap();
        }
        assert!(Inbox::new(&home).take().is_empty());
        assert_eq!(files(&home), [""; 0]);
    }

    #[test]
    fn a_request_of_a_newer_podium_is_refused_in_words() {
        let (_folder, home) = desk();
        let (terminal, window) = (Inbox::new(&home), Inbox::new(&home));
        let run = crate::clock::fresh_run_id();
        let _asked = terminal.ask(&run, &take_up(&run)).unwrap();
        let ask = home.root().join("inbox").join(format!("{run}.ask"));
        let newer = std::fs::read_to_string(&ask)
            .unwrap()
            .replace(FORM, "request/2");
        std::fs::write(&ask, newer).unwrap();
        let refused = window.take().remove(0).request.unwrap_err();
        assert!(refused.message.contains("request/2"), "{refused}");
    }

    #[cfg(unix)]
    #[test]
    fn only_this_user_reads_a_request() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, home) = desk();
        let terminal = Inbox::new(&home);
        let run = crate::clock::fresh_run_id();
        let _asked = terminal.ask(&run, &take_up(&run)).unwrap();
        let folder = home.root().join("inbox");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        for name in files(&home) {
            assert_eq!(mode(&folder.join(&name)), 0o600, "{name}");
        }
    }
}
