//! What the demo holds at this moment, and how it is told.

use std::collections::{BTreeSet, HashSet};
use std::sync::PoisonError;

use podium_connector::Mode;
use podium_diagnostics::Result;
use podium_engine::EventBody;
use podium_engine::event::RunEvent;
use podium_journal::Journal;
use podium_model::RunId;
use podium_projections::RunSummary;
use podium_runtime::demo::{Found, Mark, ORIGIN, Repository};
use podium_vault::Vault;

use super::PLACE;
use crate::types::{DemoStanding, DemoStays, DemoView, ListRuns};
use crate::{ApiError, Podium};

/// So many names are told one by one.
const NAMED: usize = 12;

/// What the demo holds.
#[derive(Default)]
pub(super) struct Holdings {
    /// Runs that have not ended, the newest first.
    pub(super) under_way: Vec<DemoStanding>,
    /// Runs that stand, the newest first.
    pub(super) standing: Vec<DemoStanding>,
    /// Of runs that stand: what nobody can take back.
    for_ever: Vec<DemoStays>,
    /// All of its runs, records included.
    runs: Vec<RunId>,
    /// How many of them are records.
    recorded: usize,
    /// What it stored in the vault and nobody changed.
    pub(super) identities: Vec<String>,
    /// What it stored and somebody changed.
    changed_identities: Vec<String>,
    /// Practice clouds that are its alone.
    pub(super) practice: Vec<String>,
    /// Those that hold things of others too.
    shared_practice: Vec<String>,
    /// Another demo, which has the records and the identities in common with this one.
    pub(super) other: Option<Mark>,
    files: Found,
    repository: Option<Repository>,
}

impl Podium {
    pub(super) async fn demo_holdings(
        &self,
        mark: &Mark,
    ) -> std::result::Result<Holdings, ApiError> {
        let mut holdings = Holdings {
            other: Mark::others(self.host.home(), &mark.folder)
                .into_iter()
                .next(),
            ..Holdings::default()
        };
        let (of, shares) = (mark.clone(), holdings.other.is_some());
        let (own, used) = self
            .host
            .journal(move |journal| {
                Ok((
                    runs_of(journal, &of, shares)?,
                    practice_of_others(journal, &of)?,
                ))
            })
            .await?;
        let all = self
            .run_list(ListRuns {
                workflow: None,
                limit: Some(u32::MAX),
            })
            .await?;
        for run in all.into_iter().filter(|run| own.contains(&run.id)) {
            holdings.add(run);
        }
        for one in self.with_vault(Vault::list).await? {
            let name = one.name.to_string();
            if one.origin.as_deref() == Some(ORIGIN) {
                holdings.identities.push(name);
            } else if mark.credentials.contains(&name) {
                holdings.changed_identities.push(name);
            }
        }
        for practice in self.host.practices()? {
            if !practice.begun {
                continue;
            }
            let theirs = mark.practice.contains(&practice.connector);
            if theirs || used.contains(&practice.connector) {
                holdings.shared_practice.push(practice.label);
            } else if holdings.other.is_none() {
                holdings.practice.push(practice.connector);
            }
        }
        let of = mark.clone();
        let (files, repository) =
            tokio::task::spawn_blocking(move || (Found::look(&of), Repository::look(&of)))
                .await
                .map_err(|panic| super::stopped().with_source(panic))?;
        holdings.files = files;
        holdings.repository = Some(repository);
        Ok(holdings)
    }

    /// Runs that are gone are not shown any more.
    pub(super) fn forget_views(&self, gone: &BTreeSet<RunId>) {
        let mut summaries = self
            .summaries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        summaries.retain(|run, _| !gone.contains(run));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|(view, _)| !gone.contains(&view.id));
    }
}

impl Holdings {
    fn add(&mut self, run: RunSummary) {
        self.runs.push(run.id.clone());
        if run.recorded {
            self.recorded += 1;
            return;
        }
        let told = |words: &str| DemoStanding {
            run: run.id.clone(),
            title: run.title.clone(),
            environment: run.environment.clone(),
            words: words.to_owned(),
        };
        if !run.state.is_ended() {
            self.under_way
                .push(told("It is under way and is stopped first."));
        } else if run.undo.possible {
            self.standing
                .push(told("It stands and is taken back first."));
            if let Some(because) = run.undo.because {
                self.for_ever.push(DemoStays {
                    what: format!("Something of “{}” in `{}`", run.title, run.environment),
                    because,
                });
            }
        }
    }

    /// What stands although the demo goes.
    pub(super) fn left(&self) -> Vec<DemoStanding> {
        let left = self.under_way.iter().chain(&self.standing);
        left.cloned().collect()
    }

    /// The runs that go: all but those that still stand.
    pub(super) fn forgets(&self) -> Vec<RunId> {
        let left: HashSet<RunId> = self.left().into_iter().map(|run| run.run).collect();
        let goes = self.runs.iter().filter(|run| !left.contains(*run));
        goes.cloned().collect()
    }

    pub(super) fn view(&self, mark: &Mark) -> DemoView {
        let mut goes = Vec::new();
        if !self.runs.is_empty() {
            goes.push(format!(
                "{} of the history with their logs: {} and {} begun in this demo.",
                count(self.runs.len(), "run", "runs"),
                count(self.recorded, "recorded one", "recorded ones"),
                self.runs.len() - self.recorded,
            ));
        }
        if self.other.is_none() {
            if !self.identities.is_empty() {
                goes.push(identities_in_words(self.identities.len()));
            }
            if mark.vault && self.changed_identities.is_empty() {
                goes.push(String::from(
                    "The vault, which the demo made, if nothing else was ever in it.",
                ));
            }
        }
        if !self.practice.is_empty() {
            goes.push(practice_in_words(self.practice.len()));
        }
        let repository = self.repository.unwrap_or(Repository::None);
        if self.files.unchanged.len() + self.files.left.len() > 0 {
            goes.push(files_in_words(&self.files, repository));
        }
        DemoView {
            folder: mark.folder.display().to_string(),
            goes,
            standing: self.left(),
            stays: self.stays(mark, &self.files, repository),
        }
    }

    /// What stays, and why.
    pub(super) fn stays(
        &self,
        mark: &Mark,
        files: &Found,
        repository: Repository,
    ) -> Vec<DemoStays> {
        let mut stays = self.for_ever.clone();
        let mut add = |what: String, because: String| stays.push(DemoStays { what, because });
        let folder = mark.folder.display();
        if !files.changed.is_empty() {
            let because = format!("You changed {}.", it(files.changed.len()));
            add(names(&files.changed), because);
        }
        if !files.own.is_empty() {
            let because = format!("The demo did not write {}.", it(files.own.len()));
            add(names(&files.own), because);
        }
        if files.more {
            let because = String::from("There are too many to name them.");
            add(format!("More files in `{folder}`"), because);
        }
        let because = match repository {
            Repository::OwnCommits => Some("It holds commits that are not the demo’s."),
            Repository::OwnSettings => Some("Its settings were changed."),
            Repository::None | Repository::Unchanged => None,
        };
        if let Some(because) = because {
            add(
                format!("The git repository in `{folder}`"),
                because.to_owned(),
            );
        }
        if !self.changed_identities.is_empty() {
            let number = self.changed_identities.len();
            let because = format!("You stored {} anew.", it(number));
            add(names(&self.changed_identities), because);
        }
        if let Some(other) = &self.other {
            add(
                String::from("The recorded runs, the invented identities and the practice clouds"),
                format!("The demo in `{}` has them too.", other.folder.display()),
            );
        }
        if !self.shared_practice.is_empty() {
            add(
                format!("Practice clouds: {}", self.shared_practice.join(", ")),
                String::from(
                    "Other runs use them too, or they held something before. `podium practice reset` begins \
                     them anew.",
                ),
            );
        }
        stays
    }
}

/// The demo's runs: those that it brought, those that were begun in its folder.
fn runs_of(journal: &Journal, mark: &Mark, shares: bool) -> Result<HashSet<RunId>> {
    let place = mark.folder.to_string_lossy();
    let mut runs = HashSet::new();
    if !shares {
        runs.extend(mark.records.iter().cloned());
    }
    for key in journal.blob_keys(PLACE)? {
        let of = journal.get_blob(PLACE, &key)?;
        if of.as_deref() == Some(place.as_bytes())
            && let Ok(run) = key.parse()
        {
            runs.insert(run);
        }
    }
    Ok(runs)
}

/// The practice clouds that runs outside of the demo have used.
fn practice_of_others(journal: &Journal, mark: &Mark) -> Result<BTreeSet<String>> {
    let own = runs_of(journal, mark, false)?;
    let mut used = BTreeSet::new();
    for row in journal.runs()? {
        if own.contains(&row.run) {
            continue;
        }
        for event in journal.events(&row.run, 1, 1)? {
            let EventBody::Run(RunEvent::Created(created)) = event.body else {
                continue;
            };
            if created.recorded {
                continue;
            }
            for step in created.plan.steps() {
                let previewed = created.preview.step(&step.id);
                if previewed.is_some_and(|previewed| previewed.mode == Mode::Simulated) {
                    used.insert(step.uses.connector().to_owned());
                }
            }
        }
    }
    Ok(used)
}

pub(super) fn identities_in_words(number: usize) -> String {
    format!(
        "{} that the demo stored in the vault: invented identities and the canary.",
        count(number, "credential", "credentials")
    )
}

pub(super) fn practice_in_words(number: usize) -> String {
    format!(
        "What stands in {}.",
        count(number, "practice cloud", "practice clouds")
    )
}

pub(super) fn files_in_words(files: &Found, repository: Repository) -> String {
    let number = files.unchanged.len() + files.left.len();
    let with = match repository {
        Repository::Unchanged => ", and its git repository",
        _ => "",
    };
    format!(
        "{} of its folder that nobody changed{with}.",
        count(number, "file", "files")
    )
}

/// `1 run`, `3 runs`.
pub(super) fn count(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

fn it(number: usize) -> &'static str {
    if number == 1 { "it" } else { "them" }
}

fn names(list: &[String]) -> String {
    let quoted = list.iter().take(NAMED).map(|name| format!("`{name}`"));
    let text = quoted.collect::<Vec<_>>().join(", ");
    if list.len() > NAMED {
        return format!("{text} and {} more", list.len() - NAMED);
    }
    text
}
