//! What a connector gets for one verb of one step: the only door from a connector to the world.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use podium_connector::{
    Context, HttpRequest, HttpResponse, Lease, LogLine, Mode, Phase, Process, ProcessSpec,
    Progress, StepPreview, Tool,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::{Redactor, Secret};
use tokio::sync::{mpsc, oneshot, watch};

use crate::http::Fence;
use crate::invented::Invented;
use crate::wanted::WantedTools;
use crate::{clock, http, process, tools};

/// What a step reports while it runs.
pub(crate) enum Report {
    /// What it does now.
    Progress(Progress),
    /// A line of its log.
    Log(LogLine),
    /// The far system's id; the answer is sent when it is durable.
    Accepted(String, oneshot::Sender<Result<()>>),
}

/// The folders of one attempt.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    pub(crate) workspace: PathBuf,
    pub(crate) private: PathBuf,
    pub(crate) keep: PathBuf,
    pub(crate) handover: Option<PathBuf>,
    pub(crate) sandbox: PathBuf,
    pub(crate) cache: PathBuf,
    /// Where the records of the attempt's processes are.
    pub(crate) processes: PathBuf,
    /// Where simulated tools stand.
    pub(crate) practice: PathBuf,
    /// Podium's home, for simulated tools.
    pub(crate) home: PathBuf,
}

/// One verb of one step.
pub(crate) struct StepContext {
    pub(crate) folders: Folders,
    pub(crate) connector: String,
    pub(crate) mode: Mode,
    pub(crate) phase: Phase,
    pub(crate) practice: bool,
    /// Whether a simulator stands in where the environment is for practice.
    pub(crate) has_simulator: bool,
    pub(crate) simulator: Option<String>,
    pub(crate) leases: BTreeMap<String, Lease>,
    /// What the identities of a simulated step meet.
    pub(crate) invented: Invented,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) reports: Option<mpsc::UnboundedSender<Report>>,
    pub(crate) cancel: watch::Receiver<u32>,
    /// Reports that a former life of this attempt already wrote into the journal.
    pub(crate) already_reported: AtomicU64,
    pub(crate) wanted: Arc<WantedTools>,
    /// Tools that were used here and held against what the workspace wants.
    pub(crate) found: Mutex<BTreeSet<String>>,
}

impl StepContext {
    /// What to do without the tool: practice is named only where it needs none.
    fn or_practise(&self, error: Error) -> Error {
        if self.has_simulator {
            tools::or_practise(error)
        } else {
            error
        }
    }

    fn report(&self, report: Report) {
        let before =
            self.already_reported
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                });
        if before.is_ok() {
            return;
        }
        if let Some(reports) = &self.reports {
            // The driver is gone only when the run is; then nobody listens.
            let _ = reports.send(report);
        }
    }

    /// Says in the preview which tools it was made with, where the workspace wants certain ones.
    pub(crate) fn note_tools(&self, preview: &mut StepPreview) {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        for words in found.iter() {
            if !preview.notes.contains(words) {
                preview.notes.push(words.clone());
            }
        }
    }

    /// Names and values of all secrets that are lent here.
    fn secrets_lent(&self) -> Vec<(String, Secret)> {
        secrets_of(self.leases.values())
    }
}

/// Names and values of the secrets in leases: `credential.field`.
pub(crate) fn secrets_of<'a>(leases: impl Iterator<Item = &'a Lease>) -> Vec<(String, Secret)> {
    leases
        .flat_map(|lease| {
            lease
                .secrets
                .iter()
                .map(|(field, value)| (format!("{}.{field}", lease.credential), value.clone()))
        })
        .collect()
}

#[async_trait]
impl Context for StepContext {
    fn workspace(&self) -> &Path {
        &self.folders.workspace
    }

    fn private(&self) -> &Path {
        &self.folders.private
    }

    fn keep(&self) -> &Path {
        &self.folders.keep
    }

    fn handover(&self) -> Option<&Path> {
        self.folders.handover.as_deref()
    }

    fn cache(&self) -> &Path {
        &self.folders.cache
    }

    fn sandbox(&self) -> &Path {
        &self.folders.sandbox
    }

    fn mode(&self) -> Mode {
        self.mode
    }

    fn phase(&self) -> Phase {
        self.phase
    }

    fn simulator(&self) -> Option<&str> {
        self.simulator.as_deref()
    }

    fn credential(&self, port: &str) -> Option<&Lease> {
        self.leases.get(port)
    }

    fn secrets(&self) -> Vec<(String, Lease)> {
        self.leases
            .iter()
            .filter_map(|(port, lease)| {
                Some((port.strip_prefix("secrets.")?.to_owned(), lease.clone()))
            })
            .collect()
    }

    async fn tool(&self, names: &[&str]) -> Result<Tool> {
        if let Some(own) = names.iter().find(|name| name.starts_with("podium-")) {
            return Ok(Tool {
                name: (*own).to_owned(),
                path: tools::own(own)?,
            });
        }
        if self.mode == Mode::Simulated {
            let name = names.first().copied().unwrap_or("tool");
            return Ok(Tool {
                name: name.to_owned(),
                path: self.folders.practice.join(name),
            });
        }
        let path = std::env::var_os("PATH");
        if self.phase == Phase::Write && process::was_started(&self.folders.processes) {
            // It goes on with the tool it began with; what is wanted counts for what begins.
            return tools::find(names, path.as_deref(), &self.folders.workspace)
                .map_err(|error| self.or_practise(error));
        }
        let (tool, found) = self
            .wanted
            .find(names, path.as_deref())
            .await
            .map_err(|error| self.or_practise(error))?;
        if let Some(found) = found {
            self.found
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(found.words());
        }
        Ok(tool)
    }

    async fn http(&self, request: HttpRequest) -> Result<HttpResponse> {
        let fence = Fence {
            phase: self.phase,
            mode: self.mode,
            practice: self.practice,
        };
        http::send(fence, &self.invented, &request, || self.is_cancelled()).await
    }

    async fn process(&self, mut spec: ProcessSpec) -> Result<Box<dyn Process>> {
        if self.phase == Phase::Read && !spec.reads {
            return Err(Error::new(
                ErrorKind::Internal,
                Code::new("POD0401"),
                format!("A preview tried to write: `{}` was blocked.", spec.label),
            )
            .with_hint("This is a defect of the connector; report it with this message."));
        }
        if self.mode == Mode::Simulated
            && let Ok(tool) = spec.program.strip_prefix(&self.folders.practice)
        {
            let mut args = vec![
                String::from("simulate"),
                self.connector.clone(),
                tool.to_string_lossy().into_owned(),
                String::from("--"),
            ];
            args.append(&mut spec.args);
            spec.args = args;
            spec.env.push((
                String::from("PODIUM_HOME"),
                self.folders.home.to_string_lossy().into_owned(),
            ));
            spec.program = tools::own("podium")?;
        }
        process::open(
            &self.folders.processes,
            &self.folders.private,
            spec,
            &self.secrets_lent(),
            self.cancel.clone(),
        )
        .await
    }

    async fn sleep(&self, time: Duration) {
        let mut cancel = self.cancel.clone();
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = cancel.wait_for(|asked| *asked > 0) => {}
        }
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn now(&self) -> i64 {
        clock::now()
    }

    fn progress(&self, mut progress: Progress) {
        progress.words = self.redactor.redact(&progress.words).into_owned();
        for text in [&mut progress.about, &mut progress.status]
            .into_iter()
            .flatten()
        {
            *text = self.redactor.redact(text).into_owned();
        }
        self.report(Report::Progress(progress));
    }

    fn log(&self, mut line: LogLine) {
        line.text = self.redactor.redact(&line.text).into_owned();
        self.report(Report::Log(line));
    }

    async fn accepted(&self, remote: &str) -> Result<()> {
        let Some(reports) = &self.reports else {
            return Ok(());
        };
        let (done, durable) = oneshot::channel();
        let gone = || {
            Error::new(
                ErrorKind::Cancelled,
                Code::new("POD0701"),
                "The run ended while a step was still reporting.",
            )
        };
        reports
            .send(Report::Accepted(remote.to_owned(), done))
            .map_err(|_| gone())?;
        durable.await.map_err(|_| gone())?
    }

    fn is_cancelled(&self) -> bool {
        *self.cancel.borrow() > 0
    }
}
