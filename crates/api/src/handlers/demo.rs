//! Removing the demo: what it made goes, what is somebody's stays and is named.
//!
//! Invariants: nothing goes before what stands was taken back, or a person said that it may be left; the
//! mark of the demo goes last, so that a removal that was cut off is finished by the next one.

mod look;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use podium_diagnostics::{Code, Error, ErrorKind};
use podium_model::RunId;
use podium_projections::{RunState, RunView};
use podium_runtime::demo::{self, Mark, ORIGIN};

use crate::types::{
    AddCredential, DemoRemoved, DemoStays, DemoView, Empty, GetRun, RemoveDemo, RunName, StartRun,
};
use crate::{ApiError, Podium};
use look::{Holdings, count};

/// No demo was made in this folder.
const NO_DEMO: Code = Code::new("POD0838");
/// Another process holds the history.
const HELD: Code = Code::new("POD0839");
/// A deployment of the demo could not be taken back.
const STANDS: Code = Code::new("POD0861");

/// Under which kind the workspace of a run is kept, by the run's id.
const PLACE: &str = "place";
/// How often it is looked whether a run has ended, and how many times.
const ROUND: Duration = Duration::from_millis(100);
const ROUNDS: u32 = 3_000;

impl Podium {
    /// What would go and what would stay if the demo in this workspace were removed.
    pub async fn demo_preview(&self, _: Empty) -> Result<DemoView, ApiError> {
        let mark = self.demo_mark()?;
        Ok(self.demo_holdings(&mark).await?.view(&mark))
    }

    /// Removes the demo in this workspace.
    pub async fn demo_remove(&self, request: RemoveDemo) -> Result<DemoRemoved, ApiError> {
        self.demo_remove_telling(request, &mut |_| {}).await
    }

    /// Whether this workspace is a demo that can be removed.
    pub(crate) fn is_demo(&self) -> bool {
        matches!(
            Mark::find(self.host.home(), self.host.folder().root()),
            Ok(Some(_))
        )
    }

    fn demo_mark(&self) -> Result<Mark, ApiError> {
        let folder = self.host.folder().root();
        Ok(Mark::find(self.host.home(), folder)?.ok_or_else(|| no_demo(folder))?)
    }
    /// The same; each thing that is done is told at once.
    pub async fn demo_remove_telling(
        &self,
        request: RemoveDemo,
        tell: &mut (dyn FnMut(&str) + Send),
    ) -> Result<DemoRemoved, ApiError> {
        let mark = self.demo_mark()?;
        if !self.host.lead().await? {
            return Err(Error::new(
                ErrorKind::Conflict,
                HELD,
                "Another Podium is open and holds the history; nothing was removed.",
            )
            .with_hint(
                "Remove the demo there (Settings, Remove the demo), or close it and try again.",
            )
            .into());
        }
        let mut removed = DemoRemoved::default();
        let mut done = |what: String| {
            tell(&what);
            removed.gone.push(what);
        };
        if !request.leave {
            for what in self.demo_take_back(&mark).await? {
                done(what);
            }
        }
        // Looked at again: what was taken back has left a run of its own.
        let holdings = self.demo_holdings(&mark).await?;
        let left = holdings.left();
        let identities = self.demo_remove_identities(&mark, &holdings).await?;
        for what in identities {
            done(what);
        }
        for connector in &holdings.practice {
            self.host.reset_practice(connector).await?;
        }
        if !holdings.practice.is_empty() {
            done(look::practice_in_words(holdings.practice.len()));
        }
        let runs = holdings.forgets();
        if let Some(what) = self.demo_remove_runs(&mark, runs, !left.is_empty()).await? {
            done(what);
        }
        self.demo_hand_over(&mark, &holdings)?;
        let folder = mark.clone();
        let (files, repository) = tokio::task::spawn_blocking(move || {
            let repository = demo::remove_repository(&folder)?;
            Ok::<_, Error>((demo::remove_files(&folder)?, repository))
        })
        .await
        .unwrap_or_else(|panic| Err(stopped().with_source(panic)))?;
        let number = files.unchanged.len() + files.left.len();
        if number > 0 {
            done(look::files_in_words(&files, repository));
        }
        mark.forget(self.host.home())?;
        removed.stays = holdings.stays(&mark, &files, repository);
        for run in &left {
            removed.stays.push(DemoStays {
                what: format!("“{}” in `{}` ({})", run.title, run.environment, run.run),
                because: format!(
                    "It still stands, as you asked. Make the demo again in `{}`, then `podium runs undo` takes \
                     it back.",
                    mark.folder.display()
                ),
            });
        }
        Ok(removed)
    }

    /// Stores something of the demo in the vault, marked as that. Not for the page: who stores by it is no
    /// person.
    pub async fn demo_credential(&self, request: AddCredential) -> Result<(), ApiError> {
        self.credential_add_by(request, Some(ORIGIN.to_owned()))
            .await
            .map(drop)
    }

    /// Keeps where a run belongs, before it begins.
    pub(crate) async fn keep_place(&self, run: &RunId) -> Result<(), ApiError> {
        let (key, place) = (run.to_string(), self.place());
        self.host
            .journal(move |journal| journal.put_blob(PLACE, &key, place.as_bytes()))
            .await?;
        Ok(())
    }

    /// Ends what is under way and takes back what stands, the newest first.
    async fn demo_take_back(&self, mark: &Mark) -> Result<Vec<String>, ApiError> {
        let mut done = Vec::new();
        for run in self.demo_holdings(mark).await?.under_way {
            let undoes = self.view(&run.run).await?.undoes.is_some();
            if undoes {
                // What was being taken back is taken back to its end.
                self.host.resume_one(&run.run).await?;
            } else {
                self.run_cancel(RunName {
                    run: run.run.clone(),
                })
                .await?;
            }
            let ended = self.ended(&run.run).await?;
            if !ended.state.is_ended() {
                return Err(stands(&run.title, &run.run, "it does not come to its end").into());
            }
        }
        for run in self.demo_holdings(mark).await?.standing {
            let because = |error: ApiError| -> ApiError {
                stands(
                    &run.title,
                    &run.run,
                    &format!("{} {}", error.message, error.hint.unwrap_or_default()),
                )
                .into()
            };
            let preview = self
                .run_preview_undo(RunName {
                    run: run.run.clone(),
                })
                .await
                .map_err(because)?;
            let started = self
                .run_start(StartRun {
                    hash: preview.preview.hash,
                    confirm: None,
                    approve: true,
                    // To take back is allowed at any time, with a reason.
                    override_window: Some(String::from("The demo is removed.")),
                })
                .await
                .map_err(because)?;
            let ended = self.ended(&started.run).await?;
            if ended.state != RunState::Succeeded {
                let why = ended
                    .error
                    .as_ref()
                    .map_or_else(|| ended.sentence.clone(), |error| error.message.clone());
                return Err(stands(&run.title, &run.run, &why).into());
            }
            done.push(format!(
                "“{}” in `{}`, taken back.",
                run.title, run.environment
            ));
        }
        Ok(done)
    }

    async fn view(&self, run: &RunId) -> Result<RunView, ApiError> {
        self.run_get(GetRun {
            run: run.clone(),
            at: None,
        })
        .await
    }

    /// Waits until a run has ended, or waits for a person.
    async fn ended(&self, run: &RunId) -> Result<RunView, ApiError> {
        let mut round = 0;
        loop {
            let view = self.view(run).await?;
            round += 1;
            let asks = view.state == RunState::Waiting && round > 10;
            // Its driver writes for a moment longer.
            if (view.state.is_ended() && !self.host.drives(run)) || asks || round > ROUNDS {
                return Ok(view);
            }
            tokio::time::sleep(ROUND).await;
        }
    }

    async fn demo_remove_identities(
        &self,
        mark: &Mark,
        holdings: &Holdings,
    ) -> Result<Vec<String>, ApiError> {
        let mut done = Vec::new();
        if holdings.other.is_some() {
            return Ok(done);
        }
        if !holdings.identities.is_empty() {
            let names = self.with_vault(|vault| vault.remove_of(ORIGIN)).await?;
            done.push(look::identities_in_words(names.len()));
        }
        if mark.vault {
            let names = mark.credentials.clone();
            if self
                .with_vault(move |vault| vault.remove_empty(&names))
                .await?
            {
                done.push(String::from(
                    "The vault, which the demo had made, with its log.",
                ));
            }
        }
        Ok(done)
    }

    /// Takes the runs out of the history, with everything that is kept beside them.
    async fn demo_remove_runs(
        &self,
        mark: &Mark,
        runs: Vec<RunId>,
        leaves: bool,
    ) -> Result<Option<String>, ApiError> {
        let home = self.host.home().clone();
        // Their folders first: as long as the history knows a run, what lies beside it is found again.
        let folders = runs.clone();
        let (sandbox, cache) = (home.sandbox(&mark.folder), home.caches(&mark.folder));
        let schedules = home.schedules(&mark.folder);
        let at = home.clone();
        tokio::task::spawn_blocking(move || {
            for run in &folders {
                demo::clear(&at.run(run))?;
            }
            if !leaves {
                demo::clear(&sandbox)?;
                demo::clear(&cache)?;
            }
            demo::clear_file(&schedules)?;
            // Empty ones were made for what is gone.
            for folder in [
                at.root().join("runs"),
                at.root().join("sandbox"),
                at.root().join("cache"),
                at.root().join("schedules"),
            ] {
                let _ = std::fs::remove_dir(folder);
            }
            Ok::<_, Error>(())
        })
        .await
        .unwrap_or_else(|panic| Err(stopped().with_source(panic)))?;
        let number = runs.len();
        let gone: BTreeSet<RunId> = runs.iter().cloned().collect();
        let drafts = self.demo_drafts(mark).await?;
        self.host
            .journal(move |journal| {
                journal.forget(&runs, &[PLACE, crate::handlers::documents::KEPT_LAYOUT])?;
                for key in &drafts {
                    journal.delete_blob(crate::drafts::KIND, key)?;
                }
                journal.compact()
            })
            .await?;
        self.forget_views(&gone);
        Ok((number > 0).then(|| {
            format!(
                "{} of the history with their logs.",
                count(number, "run", "runs")
            )
        }))
    }

    /// The histories of edits of the demo's workflows.
    async fn demo_drafts(&self, mark: &Mark) -> Result<Vec<String>, ApiError> {
        let begins = format!("{}#", mark.folder.display());
        let keys = self
            .host
            .journal(|journal| journal.blob_keys(crate::drafts::KIND))
            .await?;
        Ok(keys
            .into_iter()
            .filter(|key| key.starts_with(&begins))
            .collect())
    }

    /// What two demos share is the other one's from now on.
    fn demo_hand_over(&self, mark: &Mark, holdings: &Holdings) -> Result<(), ApiError> {
        if let Some(other) = &holdings.other {
            let mut other = other.clone();
            other.records.extend(mark.records.iter().cloned());
            other.credentials.extend(mark.credentials.iter().cloned());
            other.vault |= mark.vault;
            other.practice = other
                .practice
                .intersection(&mark.practice)
                .cloned()
                .collect();
            other.keep(self.host.home())?;
        }
        Ok(())
    }
}

/// The error where no demo was made, or it was removed before.
pub fn no_demo(folder: &Path) -> Error {
    Error::new(
        ErrorKind::NotFound,
        NO_DEMO,
        format!(
            "There is no demo in `{}`; nothing is removed.",
            folder.display()
        ),
    )
    .with_hint(
        "It was removed before, or another folder is meant. A demo of an older version is known again after \
         `podium demo DIR --complete`.",
    )
}

fn stopped() -> Error {
    Error::new(
        ErrorKind::Internal,
        STANDS,
        "The removal stopped unexpectedly.",
    )
    .with_hint("Remove the demo again: what is left goes then.")
}

fn stands(title: &str, run: &RunId, why: &str) -> Error {
    Error::new(
        ErrorKind::Failed,
        STANDS,
        format!("“{title}” ({run}) could not be taken back: {}", why.trim()),
    )
    .with_hint(
        "Nothing else was removed. Take it back by itself and remove the demo again, or leave it standing \
         (`--leave-standing`).",
    )
}
