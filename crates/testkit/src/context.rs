//! A context for tests.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::watch;

use podium_connector::weather::{KILLED, LOST_LINES, ToolEffect, Weather};
use podium_connector::{
    Context, Exit, HttpRequest, HttpResponse, Lease, LogLine, Mode, Phase, Process, ProcessSpec,
    Progress, SimulatedExit, SimulatedProcess, Simulator, Stop, Stream, Tool,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::Secret;

use self::folder::{files_below, make_folder, remove, write_private};
use crate::http::{HttpSide, Recorded};
use crate::process::{Playback, Reader, Record};

mod calls;
mod folder;

/// Refused, since this context only looks.
const REFUSED: Code = Code::new("POD0431");
const MISSING_TOOL: Code = Code::new("POD0301");
const NOT_STARTED: Code = Code::new("POD0302");

/// What a connector told the context.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// In the order told.
    pub progress: Vec<Progress>,
    /// In the order told.
    pub log: Vec<LogLine>,
    /// Ids of far systems.
    pub accepted: Vec<String>,
    /// Labels of processes that were really started (not replayed), in order.
    pub started: Vec<String>,
    /// Argument lists of those processes, for checks that no secret is in them.
    pub arguments: Vec<Vec<String>>,
    /// Their programs.
    pub programs: Vec<PathBuf>,
    /// Environments of those processes as the connector gave them.
    pub environments: Vec<Vec<(String, String)>>,
    /// Requests sent: `METHOD URL`; each try of one is there.
    pub requests: Vec<String>,
}

/// A [`Context`] on temporary folders.
///
/// Processes are real ([`FakeContext::real`]), played by a simulator ([`FakeContext::simulated`]) or
/// replayed from recordings ([`FakeContext::playing`]). Within one attempt a label that already ran is
/// replayed, as the contract says; [`FakeContext::begin_attempt`] starts the next. While the phase is
/// [`Phase::Read`] every call starts afresh, since each reading verb is an attempt of its own.
pub struct FakeContext {
    root: tempfile::TempDir,
    workspace: PathBuf,
    private: PathBuf,
    keep: PathBuf,
    handover: Option<PathBuf>,
    sandbox: PathBuf,
    cache: PathBuf,
    mode: Mode,
    phase: Mutex<Phase>,
    leases: BTreeMap<String, Lease>,
    tools: Vec<PathBuf>,
    only_these: bool,
    http: HttpSide,
    weather: Mutex<Weather>,
    simulator_address: Option<String>,
    simulator: Option<Arc<Mutex<Box<dyn Simulator>>>>,
    playing: Option<BTreeMap<String, Playback>>,
    virtual_time: bool,
    shared: Arc<Shared>,
    labels: Mutex<BTreeMap<String, Arc<Record>>>,
}

struct Shared {
    now: AtomicI64,
    cancel: watch::Sender<bool>,
    cancel_on: Mutex<Option<String>>,
    kill_on: Mutex<Option<String>>,
    records: Mutex<Records>,
    secrets: Mutex<Vec<(String, Secret)>>,
    /// Groups of running processes, and how each is asked to stop.
    groups: Mutex<Vec<(u32, Stop)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder panics")
}

impl FakeContext {
    /// Real processes, real time, HTTP to loopback.
    pub fn real() -> Self {
        let mut cx = Self::new(Mode::Real);
        cx.http = HttpSide::Loopback;
        cx.virtual_time = false;
        cx
    }

    /// A simulator plays every tool and every server. Time is counted, not waited for.
    pub fn simulated(simulator: Box<dyn Simulator>) -> Self {
        let mut cx = Self::new(Mode::Simulated);
        cx.simulator = Some(Arc::new(Mutex::new(simulator)));
        cx.simulator_address = Some("http://127.0.0.1:9".to_owned());
        cx
    }

    /// Recorded processes by label; a label without a recording fails to start.
    pub fn playing(recordings: impl IntoIterator<Item = (&'static str, Playback)>) -> Self {
        let mut cx = Self::new(Mode::Real);
        cx.playing = Some(
            recordings
                .into_iter()
                .map(|(label, playback)| (label.to_owned(), playback))
                .collect(),
        );
        cx
    }

    fn new(mode: Mode) -> Self {
        let root = tempfile::Builder::new()
            .prefix("podium-test-")
            .tempdir()
            .expect("a temporary folder can be made");
        let folder = |name: &str| {
            let path = root.path().join(name);
            make_folder(&path);
            path
        };
        Self {
            workspace: folder("workspace"),
            private: folder("private"),
            keep: folder("keep"),
            handover: Some(folder("handover")),
            sandbox: folder("sandbox"),
            cache: folder("cache"),
            root,
            mode,
            phase: Mutex::new(Phase::Write),
            leases: BTreeMap::new(),
            tools: Vec::new(),
            only_these: false,
            http: HttpSide::None,
            weather: Mutex::default(),
            simulator_address: None,
            simulator: None,
            playing: None,
            virtual_time: true,
            shared: Arc::new(Shared {
                now: AtomicI64::new(1_767_323_045_678),
                cancel: watch::Sender::new(false),
                cancel_on: Mutex::default(),
                kill_on: Mutex::default(),
                records: Mutex::default(),
                secrets: Mutex::default(),
                groups: Mutex::default(),
            }),
            labels: Mutex::default(),
        }
    }

    /// Hands nothing over from a preview to its run, as for a question beside any run.
    #[must_use]
    pub fn without_handover(mut self) -> Self {
        self.handover = None;
        self
    }

    /// Finds tools in this folder before `PATH`.
    #[must_use]
    pub fn with_tools_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.tools.push(folder.into());
        self
    }

    /// Finds tools in this folder and nowhere else.
    #[must_use]
    pub fn with_only_tools_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.tools = vec![folder.into()];
        self.only_these = true;
        self
    }

    /// Answers HTTP with a function of the request.
    #[must_use]
    pub fn answering(
        mut self,
        answer: impl Fn(&HttpRequest) -> Result<HttpResponse> + Send + Sync + 'static,
    ) -> Self {
        self.http = HttpSide::Answer(Arc::new(answer));
        self
    }

    /// Sends HTTP through a layer that is brought along, on the [`shared_runtime`](crate::shared_runtime).
    #[must_use]
    pub fn asking<F>(mut self, ask: impl Fn(HttpRequest) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<HttpResponse>> + Send + 'static,
    {
        self.http = HttpSide::Ask(Arc::new(move |request| Box::pin(ask(request))));
        self
    }

    /// Answers HTTP with a recording, in order.
    #[must_use]
    pub fn recorded(mut self, recorded: Recorded) -> Self {
        self.http = HttpSide::Recorded(Arc::new(Mutex::new(recorded)));
        self
    }

    /// Says where a simulator that speaks HTTP is served.
    #[must_use]
    pub fn with_simulator_at(mut self, address: &str) -> Self {
        self.simulator_address = Some(address.to_owned());
        self
    }

    /// Puts a credential at a port.
    ///
    /// # Panics
    /// When the credential's name is none.
    #[must_use]
    pub fn with_credential(
        mut self,
        port: &str,
        kind: &str,
        fields: &[(&str, &str)],
        secrets: &[(&str, &str)],
    ) -> Self {
        let name = port.replace('.', "-");
        for (_, value) in secrets {
            locked(&self.shared.secrets).push((name.clone(), Secret::from(*value)));
        }
        self.leases.insert(
            port.to_owned(),
            Lease {
                credential: name.parse().expect("a port's name is a credential's name"),
                kind: kind.to_owned(),
                fields: fields
                    .iter()
                    .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                    .collect(),
                secrets: secrets
                    .iter()
                    .map(|(k, v)| ((*k).to_owned(), Secret::from(*v)))
                    .collect(),
            },
        );
        self
    }

    /// Writes a file into the workspace.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.workspace.join(path);
        make_folder(path.parent().expect("a file stands in a folder"));
        std::fs::write(path, text).expect("the workspace can be written");
    }

    /// Every file below the workspace, relative, sorted.
    pub fn workspace_files(&self) -> Vec<String> {
        files_below(&self.workspace)
    }

    /// Every file below the folder of this test: workspace, private, keep, sandbox.
    pub fn all_files(&self) -> Vec<PathBuf> {
        files_below(self.root.path())
            .into_iter()
            .map(|file| self.root.path().join(file))
            .collect()
    }

    /// Says what may be done from now on.
    pub fn set_phase(&self, phase: Phase) {
        *locked(&self.phase) = phase;
    }

    /// Starts the next attempt: no label has run, nothing is cancelled, the private folder is empty.
    pub fn begin_attempt(&self) {
        locked(&self.labels).clear();
        self.shared.cancel.send_replace(false);
        let _ = std::fs::remove_dir_all(&self.private);
        make_folder(&self.private);
    }

    /// As if the application had died while this label ran and nobody saw how it ended.
    pub fn lose(&self, label: &str) {
        if let Some(record) = locked(&self.labels).get(label) {
            record.lose();
        }
    }

    /// Cancels the run: every running process gets an interrupt.
    pub fn cancel(&self) {
        self.shared.cancel();
    }

    /// Cancels the run as soon as a process writes a line that holds this text.
    pub fn cancel_on(&self, text: &str) {
        *locked(&self.shared.cancel_on) = Some(text.to_owned());
    }

    /// Kills the process group that writes a line with this text, at once and hard.
    pub fn kill_on(&self, text: &str) {
        *locked(&self.shared.kill_on) = Some(text.to_owned());
    }

    /// What was told so far.
    pub fn records(&self) -> Records {
        locked(&self.shared.records).clone()
    }

    /// The simulator's state as text.
    pub fn simulator_state(&self) -> Option<String> {
        self.simulator.as_ref().map(|sim| locked(sim).save())
    }

    /// Lets counted time pass.
    pub fn pass(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.shared.now.fetch_add(millis, Ordering::SeqCst);
    }

    fn refuse(&self, reads: bool, what: &str) -> Result<()> {
        if reads || self.phase() == Phase::Write {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Internal,
            REFUSED,
            format!("`{what}` would change something, and only looking is allowed now."),
        ))
    }

    fn start(&self, spec: ProcessSpec) -> Result<Arc<Record>> {
        {
            let mut records = locked(&self.shared.records);
            records.started.push(spec.label.clone());
            records.arguments.push(spec.args.clone());
            records.programs.push(spec.program.clone());
            records.environments.push(spec.env.clone());
        }
        let files = self.write_secret_files(&spec)?;
        let record = Record::new();
        if let Some(playing) = &self.playing {
            let playback = playing.get(&spec.label).ok_or_else(|| {
                not_started(&spec.label, "there is no recording of it in this test")
            })?;
            record.play(playback);
            remove(&files);
        } else if let Some(simulator) = &self.simulator {
            self.start_simulated(spec, simulator.clone(), record.clone(), files);
        } else {
            self.start_real(&spec, record.clone(), files)?;
        }
        Ok(record)
    }

    fn write_secret_files(&self, spec: &ProcessSpec) -> Result<Vec<PathBuf>> {
        let mut written = Vec::new();
        for file in &spec.secret_files {
            assert!(
                Path::new(&file.name).file_name() == Some(OsStr::new(&file.name)),
                "a secret file's name has no folder: {}",
                file.name
            );
            let path = self.private.join(&file.name);
            write_private(&path, file.content.expose(), file.executable)
                .map_err(|error| not_started(&spec.label, &error.to_string()))?;
            written.push(path);
        }
        Ok(written)
    }

    fn start_simulated(
        &self,
        spec: ProcessSpec,
        simulator: Arc<Mutex<Box<dyn Simulator>>>,
        record: Arc<Record>,
        files: Vec<PathBuf>,
    ) {
        let shared = self.shared.clone();
        let call = SimulatedProcess {
            program: spec
                .program
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            args: spec.args,
            env: spec.env,
            directory: spec.directory,
        };
        let effect = locked(&self.weather).meet_tool(&call, locked(&simulator).as_ref());
        tokio::task::spawn_blocking(move || {
            match effect {
                Some(ToolEffect::Ends(told)) => {
                    for (stream, text) in &told.lines {
                        record.line(*stream, shared.redact(text));
                    }
                    remove(&files);
                    record.exit(Exit::Code(told.exit.0));
                    return;
                }
                Some(ToolEffect::Late(time)) => {
                    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
                    shared.now.fetch_add(millis, Ordering::SeqCst);
                }
                Some(ToolEffect::Cut) => {
                    let mut lines = Vec::new();
                    locked(&simulator).process(
                        &call,
                        &mut |stream, text| lines.push((stream, shared.redact(text))),
                        &mut |_| true,
                    );
                    lines.truncate(lines.len().saturating_sub(LOST_LINES));
                    for (stream, text) in lines {
                        record.line(stream, text);
                    }
                    remove(&files);
                    record.exit(Exit::Code(KILLED.0));
                    return;
                }
                None => {}
            }
            let SimulatedExit(code) = locked(&simulator).process(
                &call,
                &mut |stream, text| {
                    record.line(stream, shared.redact(text));
                    shared.watch(text, None);
                },
                &mut |millis| {
                    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
                    shared.now.fetch_add(millis, Ordering::SeqCst);
                    !*shared.cancel.borrow()
                },
            );
            remove(&files);
            record.exit(Exit::Code(code));
        });
    }

    fn start_real(
        &self,
        spec: &ProcessSpec,
        record: Arc<Record>,
        files: Vec<PathBuf>,
    ) -> Result<()> {
        let home = self.root.path().join("home");
        make_folder(&home);
        let mut command = tokio::process::Command::new(&spec.program);
        command
            .args(&spec.args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("LANG", "C.UTF-8")
            .env("TMPDIR", std::env::temp_dir())
            .envs(spec.env.iter().cloned())
            .current_dir(&spec.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .spawn()
            .map_err(|error| not_started(&spec.label, &error.to_string()))?;
        let group = child.id().unwrap_or_default();
        let stop = spec.stop;
        locked(&self.shared.groups).push((group, stop));
        if let Stop::Repeated(after) | Stop::RepeatedBelow(after) = stop {
            let (shared, mut cancel) = (self.shared.clone(), self.shared.cancel.subscribe());
            tokio::spawn(async move {
                let _ = cancel.wait_for(|asked| *asked).await;
                loop {
                    tokio::time::sleep(after).await;
                    if !locked(&shared.groups).contains(&(group, stop)) {
                        return;
                    }
                    interrupt(group, stop);
                }
            });
        }
        let pump = |stream, source: Option<Box<dyn AsyncRead + Send + Unpin>>| {
            let (record, shared) = (record.clone(), self.shared.clone());
            tokio::spawn(async move {
                let Some(source) = source else { return };
                let mut source = BufReader::new(source);
                let mut line = Vec::new();
                while matches!(source.read_until(b'\n', &mut line).await, Ok(n) if n > 0) {
                    while matches!(line.last(), Some(b'\n' | b'\r')) {
                        line.pop();
                    }
                    let text = String::from_utf8_lossy(&line).into_owned();
                    record.line(stream, shared.redact(&text));
                    shared.watch(&text, Some(group));
                    line.clear();
                }
            })
        };
        let out = pump(Stream::Out, child.stdout.take().map(|s| Box::new(s) as _));
        let err = pump(Stream::Err, child.stderr.take().map(|s| Box::new(s) as _));
        let shared = self.shared.clone();
        tokio::spawn(async move {
            let status = child.wait().await;
            let _ = (out.await, err.await);
            locked(&shared.groups).retain(|(g, _)| *g != group);
            remove(&files);
            match status {
                Ok(status) => record.exit(exit_of(status)),
                Err(_) => record.lose(),
            }
        });
        Ok(())
    }
}

impl Shared {
    fn cancel(&self) {
        self.cancel.send_replace(true);
        for (group, stop) in locked(&self.groups).iter() {
            interrupt(*group, *stop);
        }
    }

    fn watch(&self, text: &str, group: Option<u32>) {
        let hit = |wanted: &Mutex<Option<String>>| {
            let mut wanted = locked(wanted);
            if wanted.as_ref().is_some_and(|w| text.contains(w.as_str())) {
                wanted.take();
                true
            } else {
                false
            }
        };
        if hit(&self.cancel_on) {
            self.cancel();
        }
        if let Some(group) = group
            && hit(&self.kill_on)
        {
            kill(group);
        }
    }

    fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, secret) in locked(&self.secrets).iter() {
            if let Some(value) = secret.expose_str()
                && value.len() >= 8
            {
                text = text.replace(value, &format!("[hidden: {name}]"));
            }
        }
        text
    }
}

#[async_trait]
impl Context for FakeContext {
    fn workspace(&self) -> &Path {
        &self.workspace
    }
    fn private(&self) -> &Path {
        &self.private
    }
    fn keep(&self) -> &Path {
        &self.keep
    }
    fn handover(&self) -> Option<&Path> {
        self.handover.as_deref()
    }
    fn sandbox(&self) -> &Path {
        &self.sandbox
    }
    fn cache(&self) -> &Path {
        &self.cache
    }
    fn mode(&self) -> Mode {
        self.mode
    }
    fn phase(&self) -> Phase {
        *locked(&self.phase)
    }
    fn simulator(&self) -> Option<&str> {
        self.simulator_address.as_deref()
    }
    fn credential(&self, port: &str) -> Option<&Lease> {
        self.leases.get(port)
    }
    fn secrets(&self) -> Vec<(String, Lease)> {
        self.leases
            .iter()
            .filter_map(|(port, lease)| {
                let name = port.strip_prefix("secrets.")?;
                Some((name.to_owned(), lease.clone()))
            })
            .collect()
    }

    async fn tool(&self, names: &[&str]) -> Result<Tool> {
        if self.mode == Mode::Simulated || self.playing.is_some() {
            let name = names.first().copied().unwrap_or_default();
            return Ok(Tool {
                name: name.to_owned(),
                path: self.root.path().join("simulator").join(name),
            });
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = self
            .tools
            .iter()
            .cloned()
            .chain(std::env::split_paths(&path).filter(|_| !self.only_these))
            .collect();
        for name in names {
            for folder in &folders {
                let path = folder.join(name);
                if path.is_file() {
                    return Ok(Tool {
                        name: (*name).to_owned(),
                        path,
                    });
                }
            }
        }
        Err(Error::new(
            ErrorKind::MissingTool,
            MISSING_TOOL,
            format!("None of {} is installed.", names.join(", ")),
        ))
    }

    async fn http(&self, request: HttpRequest) -> Result<HttpResponse> {
        self.send(&request).await
    }

    async fn process(&self, spec: ProcessSpec) -> Result<Box<dyn Process>> {
        self.refuse(spec.reads, &spec.label)?;
        let label = spec.label.clone();
        let known = match self.phase() {
            Phase::Read => None,
            Phase::Write => locked(&self.labels).get(&label).cloned(),
        };
        let record = if let Some(record) = known {
            record
        } else {
            let record = self.start(spec)?;
            locked(&self.labels).insert(label.clone(), record.clone());
            record
        };
        Ok(Box::new(Reader::new(&label, record)))
    }

    async fn sleep(&self, time: Duration) {
        if *self.shared.cancel.borrow() {
            return;
        }
        if self.virtual_time {
            self.pass(time);
            tokio::task::yield_now().await;
            return;
        }
        let mut cancel = self.shared.cancel.subscribe();
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = cancel.wait_for(|cancelled| *cancelled) => {}
        }
    }

    async fn pause(&self, time: Duration) {
        if self.virtual_time {
            self.pass(time);
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(time).await;
        }
    }

    fn now(&self) -> i64 {
        if self.virtual_time {
            return self.shared.now.load(Ordering::SeqCst);
        }
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |t| i64::try_from(t.as_millis()).unwrap_or(i64::MAX))
    }

    fn progress(&self, progress: Progress) {
        locked(&self.shared.records).progress.push(progress);
    }
    fn log(&self, line: LogLine) {
        let line = LogLine {
            text: self.shared.redact(&line.text),
            ..line
        };
        locked(&self.shared.records).log.push(line);
    }
    async fn accepted(&self, remote: &str) -> Result<()> {
        locked(&self.shared.records)
            .accepted
            .push(remote.to_owned());
        Ok(())
    }
    fn is_cancelled(&self) -> bool {
        *self.shared.cancel.borrow()
    }
}

impl Drop for FakeContext {
    fn drop(&mut self) {
        for (group, _) in locked(&self.shared.groups).iter() {
            kill(*group);
        }
    }
}

fn not_started(label: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::Failed,
        NOT_STARTED,
        format!("`{label}` could not be started: {why}"),
    )
}

fn exit_of(status: std::process::ExitStatus) -> Exit {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return Exit::Signal(signal);
        }
    }
    Exit::Code(status.code().unwrap_or(-1))
}

/// Asks a group to stop, as the runtime does.
fn interrupt(group: u32, stop: Stop) {
    const INTERRUPT: i32 = 2;
    let started = started(group);
    let below = matches!(stop, Stop::RepeatedBelow(_))
        && podium_supervisor::signal_below(&started, INTERRUPT).unwrap_or(false);
    if !below {
        let _ = podium_supervisor::signal_group(&started, INTERRUPT);
    }
}

fn kill(group: u32) {
    let _ = podium_supervisor::signal_group(&started(group), 9);
}

/// A group of ours, as its supervisor would know it.
fn started(group: u32) -> podium_supervisor::Started {
    podium_supervisor::Started {
        pid: group,
        pgid: group,
        supervisor_pid: std::process::id(),
        start_time: podium_supervisor::began(group),
        supervisor_start_time: 0,
        boot_id: podium_supervisor::boot_id().to_owned(),
        argv_hash: String::new(),
        spec_label: String::new(),
    }
}

#[cfg(all(test, unix))]
mod tests;
