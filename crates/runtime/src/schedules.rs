//! What this computer knows of schedules: which are switched on and by whom, up to when every due time was
//! handled, what became of each, and what a person is asked.
//!
//! A schedule's file comes with the workspace, from whoever may write it. That it is switched on stands here,
//! in the home, so that a file that was fetched starts nothing. One file a workspace, 0600, written whole and
//! durably; a lock beside it makes the processes of this user take turns.
//!
//! Not here: what a schedule says (`model`), when it is due (`calendar`), and beginning its run (`api`).

mod due;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_model::RunId;
use serde::{Deserialize, Serialize};

pub use due::{LATE, Next, Rule, decide, finish};

use crate::home::{Home, create_private, storage};

/// The form of the file; a newer one is not touched.
const FORM: &str = "schedules/1";
/// So many due times are remembered with what became of them.
const REMEMBERED: usize = 60;

/// The schedules of one workspace, as this computer knows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    podium: String,
    /// The folder of the workspace, for people.
    workspace: String,
    /// By the name of the schedule's file.
    pub schedules: BTreeMap<String, State>,
}

/// One schedule, as this computer knows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What a person agreed to; absent where it is switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Agreed>,
    /// Every due time up to this moment was handled.
    #[serde(default)]
    pub seen: i64,
    /// The due time that is being handled: noted before anything is begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Begun>,
    /// What a person is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Question>,
    /// The newest run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<RunId>,
    /// What became of the last due times, the newest last.
    #[serde(default)]
    pub history: Vec<Handled>,
}

/// What a person agreed to when they switched a schedule on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// Who.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What its files meant then: file → SHA-256 of its content without comments and layout.
    pub files: BTreeMap<String, String>,
    /// The environment's name, where they typed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed: Option<String>,
}

/// A due time on its way to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// When it was due.
    pub due: i64,
    /// The id that the run has, so that it is begun once however often it is tried.
    pub run: RunId,
    /// How many due times before it were missed.
    #[serde(default)]
    pub missed: u32,
}

/// Due times that were missed, and of which a person decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The first of them.
    pub first: i64,
    /// The last of them; that is the one which is run.
    pub due: i64,
    /// How many.
    pub count: u32,
    /// The run that a person is about to begin for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

/// A due time, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handled {
    /// When it was due; of several that were missed the last.
    pub due: i64,
    /// When that was decided.
    pub at: i64,
    /// How many due times before it were missed and are told with it.
    #[serde(default)]
    pub missed: u32,
    /// What became of it.
    pub what: Became,
}

/// What became of a due time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "became", rename_all = "snake_case")]
pub enum Became {
    /// A run was begun.
    Begun {
        /// The run.
        run: RunId,
    },
    /// Nothing was begun, as it should be.
    Skipped {
        /// Why, as a sentence.
        because: String,
    },
    /// A person left it.
    Left {
        /// Who.
        by: String,
    },
    /// Nothing could be begun.
    Failed {
        /// Why.
        error: Error,
    },
}

impl State {
    /// Notes what became of a due time.
    pub fn note(&mut self, handled: Handled) {
        if let Became::Begun { run } = &handled.what {
            self.latest = Some(run.clone());
        }
        self.seen = self.seen.max(handled.due);
        self.history.push(handled);
        let over = self.history.len().saturating_sub(REMEMBERED);
        self.history.drain(..over);
    }

    /// Whether a due time was handled before.
    pub fn was_handled(&self, due: i64) -> bool {
        self.history.iter().any(|handled| handled.due == due)
    }
}

impl Question {
    /// What became of it: a person began this run for it.
    pub fn became(&self, run: RunId, at: i64) -> Handled {
        Handled {
            due: self.due,
            at,
            missed: self.count.saturating_sub(1),
            what: Became::Begun { run },
        }
    }
}

/// The file of one workspace's schedules.
#[derive(Clone, Debug)]
pub struct Schedules {
    file: PathBuf,
    workspace: String,
}

impl Schedules {
    /// Those of the workspace at this folder.
    pub fn of(home: &Home, workspace: &Path) -> Self {
        Self {
            file: home.schedules(workspace),
            workspace: workspace.to_string_lossy().into_owned(),
        }
    }

    /// All of them. Nothing is switched on where nobody ever switched anything on.
    pub fn read(&self) -> Result<Kept> {
        let text = match std::fs::read(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(self.empty());
            }
            Err(error) => return Err(storage(&self.file, &error)),
        };
        let strange = |why: &str| {
            Error::new(
                ErrorKind::Invalid,
                Code::new("POD0847"),
                format!(
                    "What is known of schedules cannot be read from `{}`: {why}. None is begun.",
                    self.file.display()
                ),
            )
            .with_hint("Use the version of Podium that wrote it; or move the file away, and switch your schedules on again.")
        };
        let form: Form = serde_json::from_slice(&text).map_err(|_| strange("it is damaged"))?;
        if form.podium != FORM {
            return Err(strange(&format!("it has the form `{}`", form.podium)));
        }
        let kept: Kept = serde_json::from_slice(&text).map_err(|_| strange("it is damaged"))?;
        // Two folders whose names have the same digest are never each other's.
        Ok(if kept.workspace == self.workspace {
            kept
        } else {
            self.empty()
        })
    }

    /// One schedule; as if nobody had ever switched it on where nothing is known of it.
    pub fn state(&self, name: &str) -> Result<State> {
        Ok(self.read()?.schedules.remove(name).unwrap_or_default())
    }

    /// Changes one schedule, alone among all processes of this user. Durable when it answers.
    pub fn change<T>(&self, name: &str, work: impl FnOnce(&mut State) -> T) -> Result<T> {
        let folder = self.file.parent().unwrap_or(&self.file);
        create_private(folder)?;
        let lock = self.lock_file("lock")?;
        lock.lock().map_err(|error| storage(&self.file, &error))?;
        let before = self.read()?;
        let mut kept = before.clone();
        let answer = work(kept.schedules.entry(name.to_owned()).or_default());
        if kept != before {
            self.write(folder, &kept)?;
        }
        Ok(answer)
    }

    /// Becomes the process that begins what is due; `None` where another one is. It ends with the file.
    pub fn watch(&self) -> Result<Option<File>> {
        let folder = self.file.parent().unwrap_or(&self.file);
        create_private(folder)?;
        let file = self.lock_file("watch")?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(storage(&self.file, &error)),
        }
    }

    /// Whether a process begins what is due, this one or another.
    pub fn is_watched(&self) -> bool {
        File::options()
            .write(true)
            .open(self.file.with_extension("watch"))
            .is_ok_and(|file| matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
    }

    /// Changes when the file does: cheap to ask for.
    pub fn stamp(&self) -> Option<(std::time::SystemTime, u64)> {
        let about = std::fs::metadata(&self.file).ok()?;
        Some((about.modified().ok()?, about.len()))
    }

    fn empty(&self) -> Kept {
        Kept {
            podium: FORM.to_owned(),
            workspace: self.workspace.clone(),
            schedules: BTreeMap::new(),
        }
    }

    fn lock_file(&self, ending: &str) -> Result<File> {
        let path = self.file.with_extension(ending);
        private(File::options().create(true).truncate(false))
            .open(&path)
            .map_err(|error| storage(&path, &error))
    }

    fn write(&self, folder: &Path, kept: &Kept) -> Result<()> {
        let fresh = self.file.with_extension("fresh");
        let text = serde_json::to_vec_pretty(kept).unwrap_or_default();
        let written = (|| {
            let mut file = private(File::options().create(true).truncate(true)).open(&fresh)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&fresh, &self.file)
        })();
        written.map_err(|error| {
            let _ = std::fs::remove_file(&fresh);
            storage(&self.file, &error)
        })?;
        #[cfg(unix)]
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// What a file of the workspace means, so that a change is noticed: SHA-256 of its content without comments
/// and layout. `None`: it is not there.
pub fn meaning(file: &str, bytes: Option<&[u8]>) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    let Some(bytes) = bytes else {
        return String::from("absent");
    };
    let (map, _) = podium_model::tree::read(file, bytes);
    let text = map.map(|map| map.root().to_value().to_string());
    let digest = sha2::Sha256::digest(text.as_deref().map_or(bytes, str::as_bytes));
    digest
        .iter()
        .fold(String::from("sha256:"), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// What every such file says of itself, whichever version wrote it.
#[derive(Deserialize)]
struct Form {
    podium: String,
}

fn private(options: &mut std::fs::OpenOptions) -> &mut std::fs::OpenOptions {
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests;
