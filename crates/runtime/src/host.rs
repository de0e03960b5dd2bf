//! The embedded host: it owns journal, vault and simulators, and drives runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use podium_connector::{
    Connector, Delivery, Lease, Manifest, Mode, Phase, SimulatedExit, SimulatedProcess, Stream,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_engine::event::{Occasion, Outside, RunEvent, StepEvent};
use podium_engine::{Command, Event, EventBody, Instance};
use podium_journal::Journal;
use podium_model::{CredentialName, OperationName, RunId};
use podium_plan::{Plan, PlanStep, Preview};
use podium_secret::Redactor;
use podium_vault::{Credential, Purpose, Vault};
use tokio::sync::{broadcast, oneshot, watch};

use crate::context::{Folders, StepContext, secrets_of};
use crate::driver::{Door, Driver, Message};
use crate::handover::Handovers;
use crate::home::{Home, create_private, storage};
use crate::inbox::Inbox;
use crate::invented::{self, Invented};
use crate::own_folder::OwnFolder;
use crate::owner::Elsewhere;
use crate::preview::Look;
use crate::proof::Proofs;
use crate::schedules::Schedules;
use crate::simulators::{self, Simulators};
use crate::wanted::WantedTools;
use crate::workspace::Folder;
use crate::{clock, preview};

/// Until a driver that has come to its end has left.
const A_MOMENT: std::time::Duration = std::time::Duration::from_millis(5);

/// What a host is made of.
pub struct Options {
    /// Podium's own folder.
    pub home: Home,
    /// The workspace.
    pub folder: Folder,
    /// The connectors that are shipped.
    pub connectors: Vec<Arc<dyn Connector>>,
    /// Where credentials are.
    pub vault: Arc<Vault>,
}

/// The embedded host. Cloning is cheap; all clones are the same host.
#[derive(Clone)]
pub struct Host {
    pub(crate) shared: Arc<Shared>,
}

/// Something to show: events that are durable, or trouble with a run.
#[derive(Clone, Debug)]
pub enum Happened {
    /// Events of one run, in order.
    Events(Vec<Event>),
    /// A run cannot go on here, since the journal cannot be written.
    Trouble(RunId, Error),
    /// A look at what a run left has got on; nothing of it is in the journal.
    Looked(RunId),
    /// Something is known of schedules that was not: one was switched on or off, was due, was begun.
    Schedules,
}

/// Hears what happens, from the moment it was made.
pub struct Listener(broadcast::Receiver<Arc<Happened>>);

impl Listener {
    /// Waits for the next. `None` when the host is gone. A listener that was too slow is told with
    /// `Err(missed)`; it then reads the journal.
    pub async fn next(&mut self) -> Option<std::result::Result<Arc<Happened>, u64>> {
        match self.0.recv().await {
            Ok(happened) => Some(Ok(happened)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Err(missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

pub(crate) struct Shared {
    pub(crate) home: Home,
    pub(crate) folder: Folder,
    connectors: HashMap<OperationName, Arc<dyn Connector>>,
    in_order: Vec<Arc<dyn Connector>>,
    pub(crate) vault: Arc<Vault>,
    journal: RwLock<Arc<Journal>>,
    pub(crate) inbox: Inbox,
    pub(crate) elsewhere: Mutex<Elsewhere>,
    simulators: Simulators,
    pub(crate) handovers: Arc<Handovers>,
    scratch: Mutex<Option<OwnFolder>>,
    wanted: Arc<WantedTools>,
    pub(crate) proofs: Proofs,
    happened: broadcast::Sender<Arc<Happened>>,
    doors: Mutex<HashMap<RunId, Door>>,
}

/// A person's yes to a preview.
#[derive(Clone, Debug, Default)]
pub struct Approval {
    /// Why the run begins outside its environment's window, where it does.
    pub outside: Option<Outside>,
}

/// What a context is made for.
pub(crate) struct ContextFor<'a> {
    pub(crate) connector: &'a Arc<dyn Connector>,
    pub(crate) plan_step: &'a PlanStep,
    pub(crate) mode: Mode,
    pub(crate) phase: Phase,
    pub(crate) keep: PathBuf,
    /// See [`podium_connector::Context::handover`].
    pub(crate) handover: Option<PathBuf>,
    pub(crate) processes: PathBuf,
    pub(crate) private: PathBuf,
    /// The run and step that a lease is for; absent for a preview.
    pub(crate) purpose: Option<(&'a RunId, &'a Instance)>,
    pub(crate) cancel: watch::Receiver<u32>,
}

impl Host {
    /// Opens the journal and stands ready. Unfinished runs are taken up by [`Host::resume`].
    pub fn open(options: Options) -> Result<Self> {
        let Options {
            home,
            folder,
            connectors,
            vault,
        } = options;
        create_private(&home.practice())?;
        OwnFolder::sweep(&home.scratch());
        let journal = open_journal(&home)?;
        let (happened, _) = broadcast::channel(4_096);
        let mut by_operation = HashMap::new();
        for connector in &connectors {
            for operation in &connector.manifest().operations {
                by_operation.insert(operation.name.clone(), Arc::clone(connector));
            }
        }
        Ok(Self {
            shared: Arc::new(Shared {
                handovers: Arc::new(Handovers::new(&home)),
                scratch: Mutex::default(),
                wanted: Arc::new(WantedTools::new(folder.clone(), home.clone())),
                inbox: Inbox::new(&home),
                elsewhere: Mutex::default(),
                home,
                folder,
                connectors: by_operation,
                in_order: connectors,
                vault,
                journal: RwLock::new(Arc::new(journal)),
                simulators: Simulators::default(),
                proofs: Proofs::default(),
                happened,
                doors: Mutex::default(),
            }),
        })
    }

    /// The workspace.
    pub fn folder(&self) -> &Folder {
        &self.shared.folder
    }

    /// Podium's own folder.
    pub fn home(&self) -> &Home {
        &self.shared.home
    }

    /// Tools, as the workspace wants them.
    pub fn wanted_tools(&self) -> &WantedTools {
        &self.shared.wanted
    }

    /// Where credentials are.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.shared.vault
    }

    /// The manifests of all connectors.
    pub fn manifests(&self) -> Vec<Manifest> {
        self.shared
            .in_order
            .iter()
            .map(|connector| connector.manifest().clone())
            .collect()
    }

    /// Whether a person can log in for a kind of credential, in place of typing its secrets.
    pub fn logs_in(&self, kind: &str) -> bool {
        let connectors = self.shared.in_order.iter();
        connectors
            .into_iter()
            .any(|connector| connector.logs_in(kind))
    }

    /// Hears what happens from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.shared.happened.subscribe())
    }

    /// Says that a look at what a run left has got on.
    pub fn looked(&self, run: &RunId) {
        let _ = self
            .shared
            .happened
            .send(Arc::new(Happened::Looked(run.clone())));
    }

    /// What this computer knows of the schedules of this workspace.
    pub fn schedules(&self) -> Schedules {
        Schedules::of(self.home(), self.folder().root())
    }

    /// Says that something is known of schedules that was not.
    pub fn schedules_changed(&self) {
        let _ = self.shared.happened.send(Arc::new(Happened::Schedules));
    }

    /// Does something with the journal, away from the async threads.
    pub async fn journal<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Journal) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.with_journal(work).await
    }

    /// Asks every step's connector what it would change, and who would do it. Writes nothing.
    pub async fn preview(&self, plan: &Plan) -> Result<Preview> {
        preview::preview(&self.shared, plan).await
    }

    /// Makes a run and begins it; its first events are durable when this answers. `approved` is the yes of a
    /// person who has seen this very preview; without it a run that needs an approval waits. `schedule` is what
    /// began it in the place of a person.
    ///
    /// The id is given by who asks, so that asking twice begins one run: one that is there already is taken
    /// up where its process has ended.
    pub async fn start(
        &self,
        run: &RunId,
        plan: Plan,
        preview: Preview,
        by: &str,
        schedule: Option<&Occasion>,
        approved: Option<Approval>,
    ) -> Result<()> {
        let approve = approved.map(|approval| Command::Approve {
            hash: preview.hash.clone(),
            by: by.to_owned(),
            outside: approval.outside,
        });
        let history = self.events(run, 1).await?;
        if !history.is_empty() {
            let waits = history
                .iter()
                .all(|event| matches!(&event.body, EventBody::Run(RunEvent::Created(_))));
            self.resume_one(run).await?;
            return match approve.filter(|_| waits) {
                Some(approve) => self.ask_here(run, approve).await,
                None => Ok(()),
            };
        }
        let owner = self.shared.own(run)?.ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                Code::new("POD0703"),
                "A fresh run has an owner already.",
            )
        })?;
        self.shared.handovers.give(&preview.hash, run);
        self.drive(run.clone(), &[], owner, Vec::new());
        let create = Command::Create {
            plan: Box::new(plan),
            preview: Box::new(preview),
            by: by.to_owned(),
            schedule: schedule.cloned(),
        };
        self.ask_here(run, create).await?;
        if let Some(approve) = approve {
            // The driver begins a run as soon as it is approved.
            self.ask_here(run, approve).await?;
        }
        Ok(())
    }

    /// Takes up every unfinished run that nobody else drives. Gives their ids.
    pub async fn resume(&self) -> Result<Vec<RunId>> {
        let unfinished = self
            .journal(|journal| {
                Ok(if journal.can_write() {
                    journal.open_runs()?
                } else {
                    Vec::new()
                })
            })
            .await?;
        let unfinished: Vec<RunId> = unfinished.into_iter().map(|row| row.run).collect();
        if self.can_write() {
            self.shared.handovers.sweep(&unfinished);
        }
        let mut resumed = Vec::new();
        for run in unfinished {
            if self.resume_one(&run).await? {
                resumed.push(run);
            }
        }
        Ok(resumed)
    }

    /// Takes up one run, also one that has ended. `false` where somebody else drives it.
    pub async fn resume_one(&self, run: &RunId) -> Result<bool> {
        if self.door(run).is_some() {
            return Ok(true);
        }
        self.take_up(run, None).await
    }

    /// Takes up a run, with what a person asks of it: a run that has ended hears that before it would
    /// end again. `false` where somebody else drives it.
    async fn take_up(&self, run: &RunId, question: Option<&Command>) -> Result<bool> {
        // Before it is owned: a run that is not there gets no folder.
        if self.events(run, 1).await?.is_empty() {
            return Err(no_run(run));
        }
        let Some(owner) = self.shared.own(run)? else {
            return Ok(false);
        };
        let history = self.events(run, 1).await?;
        let (messages, answers): (Vec<_>, Vec<_>) = std::iter::once(&Command::Resume)
            .chain(question)
            .map(|command| {
                let (answer, answered) = oneshot::channel();
                (Message::Ask(command.clone(), answer), answered)
            })
            .unzip();
        self.drive(run.clone(), &history, owner, messages);
        for answered in answers {
            answered.await.map_err(|_| gone(run))??;
        }
        Ok(true)
    }

    /// Asks a run for something: approve, answer, cancel. Where another process holds the journal, it is
    /// asked.
    pub async fn ask(&self, run: &RunId, command: Command) -> Result<()> {
        loop {
            if let Some(door) = self.door(run) {
                let (answer, answered) = oneshot::channel();
                if door.send(Message::Ask(command.clone(), answer)).is_ok()
                    && let Ok(result) = answered.await
                {
                    return result;
                }
                // The run ended at this very moment; as soon as its driver has left it is taken up.
                tokio::time::sleep(A_MOMENT).await;
                continue;
            }
            if self.lead().await? {
                return if self.take_up(run, Some(&command)).await? {
                    Ok(())
                } else {
                    Err(driven_elsewhere(run))
                };
            }
            // Before anybody is asked: a run that is not there is nobody's.
            if self.events(run, 1).await?.is_empty() {
                return Err(no_run(run));
            }
            if let Some(result) = self.say_elsewhere(run, &command).await? {
                return result;
            }
        }
    }

    /// The events of a run from `seq` on.
    pub async fn events(&self, run: &RunId, seq: u64) -> Result<Vec<Event>> {
        let id = run.clone();
        self.journal(move |journal| journal.events(&id, seq, usize::MAX))
            .await
    }

    /// Opens a connector for questions about one step that are no run: identity, discovery.
    pub async fn look(&self, plan: &Plan, step: &PlanStep) -> Result<Look> {
        Look::open(&self.shared, plan, step).await
    }

    /// Plays a tool in place of the real one; see `podium simulate`.
    pub fn play(
        home: &Home,
        connector: &Arc<dyn Connector>,
        call: &SimulatedProcess,
        write: &mut dyn FnMut(Stream, &str),
        pause: &mut dyn FnMut(u64) -> bool,
    ) -> Result<SimulatedExit> {
        simulators::play(&home.practice(), connector, call, write, pause)
    }

    pub(crate) fn connectors(&self) -> &[Arc<dyn Connector>] {
        &self.shared.in_order
    }

    pub(crate) fn simulators(&self) -> &Simulators {
        &self.shared.simulators
    }

    /// Drives a run; these messages are the first that it hears.
    fn drive(&self, run: RunId, history: &[Event], owner: File, first: Vec<Message>) {
        let (driver, door) = Driver::new(Arc::clone(&self.shared), run.clone(), history);
        for message in first {
            let _ = door.send(message);
        }
        self.shared.doors().insert(run.clone(), door);
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            driver.drive().await;
            // In this order: who finds no door finds nobody who owns the run.
            drop(owner);
            shared.doors().remove(&run);
        });
    }

    /// Whether this host drives the run at this moment.
    pub fn drives(&self, run: &RunId) -> bool {
        self.door(run).is_some()
    }

    /// Tells every run that is driven here that the vault is open again.
    pub async fn unlocked(&self) {
        let runs: Vec<RunId> = self.shared.doors().keys().cloned().collect();
        for run in runs {
            let _ = self.ask_here(&run, Command::Unlocked).await;
        }
    }

    fn door(&self, run: &RunId) -> Option<Door> {
        self.shared.doors().get(run).cloned()
    }

    async fn ask_here(&self, run: &RunId, command: Command) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        let door = self.door(run).ok_or_else(|| gone(run))?;
        door.send(Message::Ask(command, answer))
            .map_err(|_| gone(run))?;
        answered.await.map_err(|_| gone(run))?
    }
}

fn gone(run: &RunId) -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0704"),
        format!("`{run}` has ended and can be asked for nothing more."),
    )
    .with_hint("`podium runs show` tells how it ended.")
}

impl Shared {
    fn doors(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, Door>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every connector.
    pub(crate) fn in_order(&self) -> &[Arc<dyn Connector>] {
        &self.in_order
    }

    /// The connector of an operation.
    pub(crate) fn connector(&self, operation: &OperationName) -> Result<Arc<dyn Connector>> {
        self.connectors.get(operation).cloned().ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                Code::new("POD0705"),
                format!("This Podium has no operation `{operation}`."),
            )
            .with_hint("The run was made by another version; open it with that one.")
        })
    }

    /// What happens when a reply is lost, as the manifest says.
    pub(crate) fn delivery(&self, operation: &OperationName) -> Delivery {
        self.connectors
            .get(operation)
            .and_then(|connector| {
                connector
                    .manifest()
                    .operations
                    .iter()
                    .find(|known| known.name == *operation)
            })
            .map_or(Delivery::AtMostOnce, |known| known.delivery.clone())
    }

    /// Takes a run for this process; `None` where another one has it. The lock ends with the file.
    fn own(&self, run: &RunId) -> Result<Option<File>> {
        let folder = self.home.run(run);
        create_private(&folder)?;
        let path = folder.join("owner");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| storage(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(storage(&path, &error)),
        }
    }

    pub(crate) async fn with_journal<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Journal) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let journal = self.opened();
        tokio::task::spawn_blocking(move || work(&journal))
            .await
            .unwrap_or_else(|panic| {
                Err(Error::new(
                    ErrorKind::Internal,
                    Code::new("POD0612"),
                    "The journal stopped unexpectedly.",
                )
                .with_source(panic))
            })
    }

    /// A folder for one question, in the scratch space of this process.
    pub(crate) fn scratch(&self) -> Result<PathBuf> {
        let mut own = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match own.take() {
            Some(folder) => folder,
            None => OwnFolder::make(&self.home.scratch())?,
        };
        let path = folder.path().join(clock::fresh_run_id().as_str());
        *own = Some(folder);
        Ok(path)
    }

    /// The journal as it is open now.
    pub(crate) fn opened(&self) -> Arc<Journal> {
        let journal = self.journal.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&journal)
    }

    /// Becomes the process that holds the journal.
    pub(crate) fn reopened(&self, journal: Journal) {
        *self.journal.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(journal);
    }

    pub(crate) async fn append(&self, events: Vec<Event>) -> Result<()> {
        self.with_journal(move |journal| journal.append(&events))
            .await
    }

    pub(crate) fn publish(&self, events: Vec<Event>) {
        if !events.is_empty() {
            // Nobody listening is fine: the journal has it.
            let _ = self.happened.send(Arc::new(Happened::Events(events)));
        }
    }

    pub(crate) fn trouble(&self, run: &RunId, error: &Error) {
        let _ = self
            .happened
            .send(Arc::new(Happened::Trouble(run.clone(), error.clone())));
    }

    /// How many progress notes and log lines an attempt has already written.
    pub(crate) async fn reported(&self, run: &RunId, step: &Instance, attempt: u32) -> Result<u64> {
        let (run, step) = (run.clone(), step.clone());
        self.with_journal(move |journal| {
            let mut count = 0_u64;
            for event in journal.events(&run, 1, usize::MAX)? {
                let EventBody::Step {
                    step: of,
                    attempt: number,
                    event,
                } = &event.body
                else {
                    continue;
                };
                if *of == step && *number == attempt {
                    count += match event {
                        StepEvent::Progress(_) => 1,
                        StepEvent::Log(log) => log.lines.len() as u64,
                        _ => 0,
                    };
                }
            }
            Ok(count)
        })
        .await
    }

    /// Everything a connector may use for one verb of one step.
    pub(crate) async fn context(&self, asked: ContextFor<'_>) -> Result<StepContext> {
        let manifest = asked.connector.manifest();
        let practice = asked.mode == Mode::Simulated;
        let mode = if practice && manifest.local {
            Mode::Real
        } else {
            asked.mode
        };
        let simulator = match mode {
            Mode::Simulated => Some(
                self.simulators
                    .base(&self.home.practice(), asked.connector)
                    .await?,
            ),
            Mode::Real => None,
        };
        let leases = self.lend(&asked, mode).await?;
        let invented = self.invented(&asked, mode).await?;
        let redactor = Arc::new(Redactor::new(secrets_of(leases.values())));
        let sandbox = self.home.sandbox(self.folder.root());
        let cache = self.home.cache(self.folder.root(), &manifest.id);
        for folder in [
            &asked.keep,
            &asked.processes,
            &asked.private,
            &sandbox,
            &cache,
        ] {
            create_private(folder)?;
        }
        if let Some(folder) = &asked.handover {
            create_private(folder)?;
        }
        Ok(StepContext {
            folders: Folders {
                workspace: self.folder.root().to_path_buf(),
                private: asked.private,
                keep: asked.keep,
                handover: asked.handover,
                sandbox,
                cache,
                processes: asked.processes,
                practice: self.home.practice().join("bin"),
                home: self.home.root().to_path_buf(),
            },
            connector: manifest.id.clone(),
            mode,
            phase: asked.phase,
            practice,
            has_simulator: !manifest.local,
            simulator,
            leases,
            invented,
            redactor,
            reports: None,
            cancel: asked.cancel,
            already_reported: AtomicU64::new(0),
            wanted: Arc::clone(&self.wanted),
            found: Mutex::default(),
        })
    }

    /// Lends the credentials of a step. A simulated step gets none: a simulator needs no secret.
    async fn lend(&self, asked: &ContextFor<'_>, mode: Mode) -> Result<BTreeMap<String, Lease>> {
        let mut leases = BTreeMap::new();
        if mode == Mode::Simulated {
            return Ok(leases);
        }
        for (port, name) in &asked.plan_step.credentials {
            let purpose = Purpose {
                run: asked.purpose.map(|(run, _)| run.to_string()),
                step: asked.purpose.map_or_else(
                    || asked.plan_step.id.to_string(),
                    |(_, step)| step.to_string(),
                ),
                port: port.clone(),
            };
            leases.insert(port.clone(), self.lease(name, purpose).await?);
        }
        Ok(leases)
    }

    /// The invented identities that a simulated step names. The vault is only listed, which it allows also
    /// while it is locked.
    async fn invented(&self, asked: &ContextFor<'_>, mode: Mode) -> Result<Invented> {
        let names: Vec<CredentialName> = asked.plan_step.credentials.values().cloned().collect();
        if mode == Mode::Real || names.is_empty() {
            return Ok(Invented::default());
        }
        Invented::of(names.iter(), &self.stored().await?)
    }

    /// The stored credentials, without their secrets.
    pub(crate) async fn stored(&self) -> Result<Vec<Credential>> {
        let vault = Arc::clone(&self.vault);
        tokio::task::spawn_blocking(move || vault.list())
            .await
            .map_err(vault_stopped)?
    }

    /// The names of the invented identities; none where the vault cannot be read, which whoever needs it
    /// then says.
    pub(crate) async fn invented_names(&self) -> BTreeSet<CredentialName> {
        let stored = self.stored().await.unwrap_or_default();
        let invented = stored.into_iter().filter(|one| one.practice.is_some());
        invented.map(|one| one.name).collect()
    }

    async fn lease(&self, name: &CredentialName, purpose: Purpose) -> Result<Lease> {
        let (vault, name) = (Arc::clone(&self.vault), name.clone());
        let lease = tokio::task::spawn_blocking(move || vault.lease(&name, &purpose))
            .await
            .map_err(vault_stopped)??;
        invented::real(&lease)?;
        Ok(Lease {
            credential: lease.credential,
            kind: lease.kind,
            fields: lease.fields,
            secrets: lease.secrets,
        })
    }
}

fn vault_stopped(panic: tokio::task::JoinError) -> Error {
    Error::new(
        ErrorKind::Internal,
        Code::new("POD0504"),
        "The vault stopped unexpectedly.",
    )
    .with_source(panic)
}

/// For writing where nobody else writes, else for reading.
fn open_journal(home: &Home) -> Result<Journal> {
    match Journal::open(&home.journal()) {
        // Another Podium of this user holds it; this one reads, and asks that one.
        Err(error) if error.kind == ErrorKind::Conflict => Journal::open_read_only(&home.journal()),
        opened => opened,
    }
}

fn no_run(run: &RunId) -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0717"),
        format!("There is no run `{run}`."),
    )
    .with_hint("`podium runs list` shows the runs of this computer.")
}

/// The run's own lock is held, though this process holds the journal.
fn driven_elsewhere(run: &RunId) -> Error {
    Error::new(
        ErrorKind::Conflict,
        Code::new("POD0720"),
        format!("Another Podium drives `{run}`."),
    )
    .with_hint("Watch it there, or end that one first.")
}
