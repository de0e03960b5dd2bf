//! What a preview leaves for the run of that very preview, and when it goes.
//!
//! It lies in private space (mode 0700), since a saved plan may hold secrets. A preview's part is named by
//! the preview's hash and is given to one run; it goes when a newer preview pushes it out, after a while,
//! and with this process. A run's part goes step by step as the steps end, and whole with the run. What a
//! killed process left is swept up by the next one.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use podium_diagnostics::Result;
use podium_model::RunId;

use crate::clock;
use crate::home::{Home, create_private, folder_of};
use crate::own_folder::OwnFolder;

/// So many previews are kept at a time.
const MOST: usize = 8;
/// So long a preview's part is kept; an older one would not be used any more.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// The folders of one host.
pub(crate) struct Handovers {
    runs: PathBuf,
    all: PathBuf,
    own: Mutex<Option<Own>>,
}

/// What this process keeps.
struct Own {
    folder: OwnFolder,
    kept: VecDeque<PathBuf>,
}

impl Handovers {
    /// For this home. Sweeps up what processes left that are gone.
    pub(crate) fn new(home: &Home) -> Self {
        let root = home.private().join("handover");
        let all = root.join("previews");
        OwnFolder::sweep(&all);
        Self {
            runs: root.join("runs"),
            all,
            own: Mutex::new(None),
        }
    }

    /// A folder for one preview.
    pub(crate) fn begin(&self) -> Result<PathBuf> {
        let mut own = self.own();
        if own.is_none() {
            *own = Some(Own {
                folder: OwnFolder::make(&self.all)?,
                kept: VecDeque::new(),
            });
        }
        let base = own.as_ref().map_or(&*self.all, |own| own.folder.path());
        Ok(base.join(clock::fresh_run_id().as_str()))
    }

    /// Keeps what a preview left, under its hash, for a while. Nothing is kept where nothing was left.
    pub(crate) fn keep(self: &Arc<Self>, folder: &Path, hash: &str) {
        let left = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .any(|step| {
                std::fs::read_dir(step.path()).is_ok_and(|mut in_it| in_it.next().is_some())
            });
        let mut own = self.own();
        let Some(own) = own.as_mut().filter(|_| left) else {
            let _ = std::fs::remove_dir_all(folder);
            return;
        };
        let kept = own.folder.path().join(file_name(hash));
        let _ = std::fs::remove_dir_all(&kept);
        if std::fs::rename(folder, &kept).is_err() {
            let _ = std::fs::remove_dir_all(folder);
            return;
        }
        own.kept.retain(|other| *other != kept);
        own.kept.push_back(kept.clone());
        while own.kept.len() > MOST {
            if let Some(oldest) = own.kept.pop_front() {
                let _ = std::fs::remove_dir_all(oldest);
            }
        }
        if let Ok(host) = tokio::runtime::Handle::try_current() {
            let weak: Weak<Self> = Arc::downgrade(self);
            host.spawn(async move {
                tokio::time::sleep(LONGEST).await;
                if weak.upgrade().is_some() {
                    let _ = std::fs::remove_dir_all(kept);
                }
            });
        }
    }

    /// Gives a run what its preview left.
    pub(crate) fn give(&self, hash: &str, run: &RunId) {
        let from = {
            let mut own = self.own();
            let Some(own) = own.as_mut() else { return };
            let from = own.folder.path().join(file_name(hash));
            own.kept.retain(|kept| *kept != from);
            from
        };
        if from.exists() && create_private(&self.runs).is_ok() {
            let to = self.runs.join(run.as_str());
            if std::fs::rename(&from, &to).is_err() {
                let _ = std::fs::remove_dir_all(from);
            }
        }
    }

    /// The folder of one step of a run.
    pub(crate) fn of(&self, run: &RunId, step: &str) -> PathBuf {
        self.runs.join(run.as_str()).join(folder_of(step))
    }

    /// Takes away what a run has, since it has ended.
    pub(crate) fn forget(&self, run: &RunId) {
        let _ = std::fs::remove_dir_all(self.runs.join(run.as_str()));
    }

    /// Takes away what runs have that are not among these.
    pub(crate) fn sweep(&self, open: &[RunId]) {
        for entry in std::fs::read_dir(&self.runs)
            .into_iter()
            .flatten()
            .flatten()
        {
            if !open.iter().any(|run| *run.as_str() == *entry.file_name()) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }

    fn own(&self) -> std::sync::MutexGuard<'_, Option<Own>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Handovers {
    fn drop(&mut self) {
        drop(self.own().take());
    }
}

fn file_name(hash: &str) -> String {
    hash.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        (folder, home)
    }

    fn left(handovers: &Handovers, step: &str) -> PathBuf {
        let folder = handovers.begin().unwrap();
        let step = folder.join(folder_of(step));
        create_private(&step).unwrap();
        std::fs::write(step.join("plan"), "secret").unwrap();
        folder
    }

    fn plans(home: &Home) -> usize {
        fn count(folder: &Path) -> usize {
            std::fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| match entry.path() {
                    path if path.is_dir() => count(&path),
                    path => usize::from(path.ends_with("plan")),
                })
                .sum()
        }
        count(&home.private().join("handover"))
    }

    #[test]
    fn a_run_gets_what_its_preview_left_and_nothing_stays_after_it() {
        let (_folder, home) = home();
        let handovers = Arc::new(Handovers::new(&home));
        let run = clock::fresh_run_id();
        handovers.keep(&left(&handovers, "network"), "sha256:ab");
        handovers.give("sha256:ab", &run);
        assert!(handovers.of(&run, "network").join("plan").exists());
        // A second run of the same preview looks for itself.
        handovers.give("sha256:ab", &clock::fresh_run_id());
        assert_eq!(plans(&home), 1);
        handovers.forget(&run);
        assert_eq!(plans(&home), 0);
    }

    #[test]
    fn previews_that_nobody_runs_go_with_newer_ones_and_with_the_process() {
        let (_folder, home) = home();
        let handovers = Arc::new(Handovers::new(&home));
        for number in 0..2 * MOST {
            handovers.keep(&left(&handovers, "a"), &format!("sha256:{number}"));
        }
        assert_eq!(plans(&home), MOST);
        drop(handovers);
        assert_eq!(plans(&home), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_swept_up_and_what_a_living_one_has_is_not() {
        let (_folder, home) = home();
        let living = Arc::new(Handovers::new(&home));
        living.keep(&left(&living, "a"), "sha256:1");
        let killed = home.private().join("handover/previews/killed");
        create_private(&killed.join("x/a")).unwrap();
        std::fs::write(killed.with_extension("lock"), "").unwrap();
        std::fs::write(killed.join("x/a/plan"), "").unwrap();
        let ended = clock::fresh_run_id();
        let open = clock::fresh_run_id();
        for run in [&ended, &open] {
            create_private(&living.of(run, "a")).unwrap();
            std::fs::write(living.of(run, "a").join("plan"), "").unwrap();
        }
        assert_eq!(plans(&home), 4);
        let next = Handovers::new(&home);
        next.sweep(std::slice::from_ref(&open));
        assert_eq!(plans(&home), 2);
        assert!(living.of(&open, "a").join("plan").exists());
    }
}
