//! Calls of the tool as values, and what it answers, read in one place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use podium_connector::{
    Context, Exit, Fingerprint, LogLevel, LogLine, ProcessEvent, ProcessSpec, StepRequest, Stop,
    Stream, Tool, UndoRecord, inside, write_private,
};
use podium_diagnostics::{Error, ErrorKind, Result};

use crate::auth;
use crate::config::{Config, Inventory};
use crate::events::{Answer, Event};
use crate::fault;
use crate::stream::{self, Carrier, Heard};

/// So long after an interrupt another one is sent: Ansible loses one that comes between the start of a task
/// and of its worker.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// One playbook with its hosts, as a process of the tool sees it.
pub(crate) struct Session<'a> {
    pub(crate) cx: &'a dyn Context,
    pub(crate) config: Config,
    tool: Tool,
    carrier: Carrier,
    env: Vec<(String, String)>,
    inventory: PathBuf,
}

/// How a playbook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// For real.
    Play,
    /// With `--check --diff`: looks, and says what would change.
    Check,
    /// Only lists its tasks.
    ListTasks,
    /// Only lists its tags.
    ListTags,
}

impl How {
    /// Whether anything is played, so that events come.
    fn plays(self) -> bool {
        matches!(self, Self::Play | Self::Check)
    }
}

/// What came of a call.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// It came to its end, and well.
    pub(crate) success: bool,
    /// How the program ended, whatever it had told before.
    exit: Option<Exit>,
    /// It told its numbers, as it does at its end.
    pub(crate) finished: bool,
    /// Ids of tasks, in the order in which they began.
    pub(crate) order: BTreeMap<String, usize>,
    /// Failures that the playbook does not ignore.
    pub(crate) failed: Vec<Answer>,
    pub(crate) unreachable: Vec<Answer>,
    /// Answers of all kinds, as they came.
    pub(crate) answers: Vec<(Kind, Answer)>,
    pub(crate) no_hosts: bool,
    pub(crate) hosts: BTreeMap<String, BTreeMap<String, u64>>,
    pub(crate) stats: serde_json::Map<String, serde_json::Value>,
    /// What was printed beside the events.
    pub(crate) rest: String,
}

/// The kind of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ok,
    Failed,
    Skipped,
    Unreachable,
}

impl Ended {
    /// How many changes were made, over all hosts.
    pub(crate) fn changed(&self) -> u64 {
        let told: u64 = self.hosts.values().filter_map(|s| s.get("changed")).sum();
        let seen = self
            .answers
            .iter()
            .filter(|(kind, answer)| *kind == Kind::Ok && answer.changed)
            .count() as u64;
        told.max(seen)
    }

    /// How it was cut short, where it did not come to its end: killed, or silent in the middle. Without it a
    /// playbook that was killed under ansible-runner would have ended well, since that one then says 0.
    pub(crate) fn cut_short(&self) -> Option<String> {
        if let Some(Exit::Signal(signal)) = self.exit {
            return Some(format!("was killed (signal {signal})"));
        }
        let complained = self.rest.contains("[ERROR]") || self.rest.contains("ERROR!");
        let said_well = self.exit.is_some_and(Exit::is_success);
        let silent = !self.finished && !complained && (said_well || !self.order.is_empty());
        silent.then(|| "ended in the middle, without a word".to_owned())
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Task(task) => {
                let next = self.order.len();
                self.order.entry(task.id).or_insert(next);
            }
            Event::Ok(answer) => self.answers.push((Kind::Ok, answer)),
            Event::Failed(answer) => {
                if !answer.ignored {
                    self.failed.push(answer.clone());
                }
                self.answers.push((Kind::Failed, answer));
            }
            Event::Skipped(answer) => self.answers.push((Kind::Skipped, answer)),
            Event::Unreachable(answer) => {
                self.unreachable.push(answer.clone());
                self.answers.push((Kind::Unreachable, answer));
            }
            Event::NoHosts => self.no_hosts = true,
            Event::Stats { hosts, run, custom } => {
                self.finished = true;
                self.hosts = hosts
                    .into_iter()
                    .map(|(host, stats)| {
                        let stats = stats
                            .into_iter()
                            .map(|(name, n)| {
                                (
                                    if name == "failures" {
                                        "failed".into()
                                    } else {
                                        name
                                    },
                                    n,
                                )
                            })
                            .collect();
                        (host, stats)
                    })
                    .collect();
                self.stats = run;
                for (host, values) in custom {
                    if let serde_json::Value::Object(values) = values {
                        for (name, value) in values {
                            self.stats.insert(format!("{name}@{host}"), value);
                        }
                    }
                }
            }
            Event::Play { .. } | Event::Start(_) | Event::Retry(_) | Event::NoHostsLeft => {}
        }
    }
}

impl<'a> Session<'a> {
    /// Finds the tool and the files, and writes what the tool needs into the private folder.
    pub(crate) async fn open(cx: &'a dyn Context, request: &StepRequest) -> Result<Self> {
        let config = Config::of(request).map_err(|problems| {
            let message = problems
                .into_iter()
                .next()
                .map_or_else(|| "The inputs are wrong.".to_owned(), |p| p.message);
            Error::new(ErrorKind::Invalid, fault::NO_FILE, message)
        })?;
        let tool = cx.tool(&["ansible-playbook"]).await?;
        let carrier = Carrier::find(cx).await?;
        let write = |name: &str, text: &str| -> Result<PathBuf> {
            let path = cx.private().join(name);
            write_private(&path, text.as_bytes()).map_err(|error| fault::unwritten(&error))?;
            Ok(path)
        };
        let settings = write("ansible.cfg", "[defaults]\n")?;
        let inventory = match &config.inventory {
            Inventory::File(path) => file(cx.workspace(), path, "inventory")?,
            Inventory::Given(value) => write("inventory.json", &value.to_string())?,
        };
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let env = [
            ("ANSIBLE_CONFIG", text(&settings)),
            ("ANSIBLE_LOCAL_TEMP", text(&cx.private().join("tmp"))),
            ("ANSIBLE_HOST_KEY_CHECKING", "True".to_owned()),
            ("ANSIBLE_NOCOLOR", "1".to_owned()),
            ("ANSIBLE_RETRY_FILES_ENABLED", "False".to_owned()),
            ("ANSIBLE_DEPRECATION_WARNINGS", "False".to_owned()),
            ("ANSIBLE_LOCALHOST_WARNING", "False".to_owned()),
            ("ANSIBLE_NOCOWS", "1".to_owned()),
            ("ANSIBLE_PYTHON_INTERPRETER", "auto_silent".to_owned()),
            ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
            ("PYTHONUNBUFFERED", "1".to_owned()),
        ]
        .into_iter()
        .chain(Carrier::prepare(cx.private())?)
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        Ok(Self {
            cx,
            config,
            tool,
            carrier,
            env,
            inventory,
        })
    }

    /// The same for taking back: all of the other playbook is played, since the tags are this one's own.
    pub(crate) fn whole(mut self) -> Self {
        self.config.tags.clear();
        self.config.skip_tags.clear();
        self
    }

    /// Calls a playbook; `on` is told everything as it happens.
    pub(crate) async fn call(
        &self,
        label: &str,
        playbook: &str,
        how: How,
        on: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Ended> {
        let path = file(self.cx.workspace(), playbook, "playbook")?;
        let spec = self.spec(label, &path, how)?;
        let (spec, kept) = if how.plays() {
            let words = self.carrier.words();
            self.cx.log(LogLine {
                level: LogLevel::Debug,
                text: words,
            });
            self.carrier.carry(self.cx.private(), spec)?
        } else {
            (spec, None)
        };
        let heard = self.listen(spec, how, on).await;
        if let Some(kept) = kept {
            stream::forget(&kept)?;
        }
        heard
    }

    /// Starts a call, joins it or hears it again, until its end.
    async fn listen(
        &self,
        spec: ProcessSpec,
        how: How,
        on: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Ended> {
        let mut process = self.cx.process(spec).await?;
        let mut ended = Ended::default();
        loop {
            match process.next().await? {
                ProcessEvent::Exited(exit) => {
                    ended.success = exit.is_success() && (ended.finished || !how.plays());
                    ended.exit = Some(exit);
                    return Ok(ended);
                }
                ProcessEvent::Line {
                    stream: Stream::Out,
                    text,
                } => {
                    for heard in stream::read(&text) {
                        match heard {
                            Heard::Event(event) => {
                                on(&event);
                                for line in log_lines(&event) {
                                    self.cx.log(line);
                                }
                                ended.hear(*event);
                            }
                            Heard::Words(words) => self.note(&mut ended, words),
                        }
                    }
                }
                ProcessEvent::Line { text, .. } => self.note(&mut ended, text),
            }
        }
    }

    /// A line beside the events.
    fn note(&self, ended: &mut Ended, text: String) {
        ended.rest.push_str(&text);
        ended.rest.push('\n');
        if text.trim().is_empty() {
            return;
        }
        let level = if text.contains("[ERROR]") || text.contains("ERROR!") {
            LogLevel::Error
        } else if text.contains("[WARNING]") {
            LogLevel::Warning
        } else {
            LogLevel::Info
        };
        self.cx.log(LogLine { level, text });
    }

    /// The error of a call that ended before or beside any task.
    pub(crate) fn gave_up(&self, ended: &Ended) -> Error {
        fault::from_text(&ended.rest, &self.cx.workspace().to_string_lossy())
    }

    /// Everything that a check is made from and that can be seen without asking a host; `None` where
    /// there is too much of it.
    pub(crate) fn fingerprint(
        &self,
        request: &StepRequest,
        undo: Option<&UndoRecord>,
    ) -> Option<String> {
        if request.inputs.is_partial() {
            return None;
        }
        let mut mark = Fingerprint::new();
        let inputs = serde_json::Value::Object(request.inputs.values.clone());
        mark.add("inputs", inputs.to_string().as_bytes());
        if let Some(undo) = undo {
            mark.add("undo", undo.record.to_string().as_bytes());
        }
        for port in ["vault_password", auth::SSH] {
            if let Some(lease) = self.cx.credential(port) {
                mark.add_credential(port, lease);
            }
        }
        for (name, lease) in self.cx.secrets() {
            mark.add_credential(&name, &lease);
        }
        mark.add_facts(&self.tool.path);
        self.carrier.mark(&mut mark);
        // A playbook may read any file of the workspace; those that tools keep for themselves are none.
        let counts = |name: &str| {
            !matches!(
                name,
                ".git" | ".terraform" | ".terraform.lock.hcl" | "node_modules"
            ) && !name.contains(".tfstate")
        };
        mark.add_folder(self.cx.workspace(), &counts)
            .then(|| mark.finish())
    }

    fn spec(&self, label: &str, playbook: &Path, how: How) -> Result<ProcessSpec> {
        let config = &self.config;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut args = vec![text(playbook), "-i".to_owned(), text(&self.inventory)];
        let mut files = Vec::new();
        match how {
            // Differences were told by the check; telling them again makes a small play a fifth slower.
            How::Play => {}
            How::Check => args.extend(["--check".to_owned(), "--diff".to_owned()]),
            How::ListTasks => args.push("--list-tasks".to_owned()),
            How::ListTags => args.push("--list-tags".to_owned()),
        }
        args.push(format!("--forks={}", config.forks));
        if let Some(limit) = &config.limit {
            args.push(format!("--limit={limit}"));
        }
        for (flag, words) in [("--tags", &config.tags), ("--skip-tags", &config.skip_tags)] {
            if !words.is_empty() {
                args.push(format!("{flag}={}", words.join(",")));
            }
        }
        let mut hand_over = |flag: &str, file: podium_connector::SecretFile| {
            let path = text(&self.cx.private().join(&file.name));
            args.push(flag.to_owned());
            args.push(if flag == "--vault-password-file" {
                path
            } else {
                format!("@{path}")
            });
            files.push(file);
        };
        if !config.variables.is_empty() {
            let content =
                serde_json::to_vec(&config.variables).expect("a map with text keys is always JSON");
            hand_over(
                "--extra-vars",
                podium_connector::SecretFile {
                    name: format!("{label}.variables.json"),
                    content: podium_secret::Secret::new(content),
                    executable: false,
                },
            );
        }
        if let Some(file) = auth::secret_variables(self.cx, label, &config.vault_ids) {
            hand_over("--extra-vars", file);
        }
        if let Some(file) = auth::vault_password(self.cx, label) {
            hand_over("--vault-password-file", file);
        }
        if let Some((user, file)) = auth::ssh(self.cx, label) {
            args.extend(user.map(|user| format!("--user={user}")));
            args.push(format!(
                "--private-key={}",
                text(&self.cx.private().join(&file.name))
            ));
            files.push(file);
        }
        for (id, file) in auth::vault_ids(self.cx, label, &config.vault_ids)? {
            let path = text(&self.cx.private().join(&file.name));
            args.extend(["--vault-id".to_owned(), format!("{id}@{path}")]);
            files.push(file);
        }
        Ok(ProcessSpec {
            label: label.to_owned(),
            program: self.tool.path.clone(),
            args,
            env: self.env.clone(),
            directory: self.cx.workspace().to_path_buf(),
            secret_files: files,
            reads: how != How::Play,
            stop: Stop::Repeated(ASK_AGAIN),
        })
    }
}

/// What a person reads in the step's log: one line an answer, and below it what the play shows.
fn log_lines(event: &Event) -> Vec<LogLine> {
    let about = |answer: &Answer| format!("[{}] {}", answer.host, answer.task);
    let (level, text) = match event {
        Event::Play { name } => (LogLevel::Info, format!("play: {name}")),
        Event::Ok(answer) if answer.changed => {
            (LogLevel::Info, format!("changed: {}", about(answer)))
        }
        Event::Ok(answer) => (LogLevel::Info, format!("ok: {}", about(answer))),
        Event::Skipped(answer) => (LogLevel::Debug, format!("skipped: {}", about(answer))),
        Event::Failed(answer) => (
            if answer.ignored {
                LogLevel::Warning
            } else {
                LogLevel::Error
            },
            format!("failed: {}: {}", about(answer), answer.reason()),
        ),
        Event::Unreachable(answer) => (
            LogLevel::Error,
            format!("unreachable: {}: {}", about(answer), answer.reason()),
        ),
        Event::Retry(answer) => (LogLevel::Info, format!("again: {}", about(answer))),
        Event::NoHosts => (LogLevel::Warning, "no hosts match this play".to_owned()),
        Event::NoHostsLeft => (LogLevel::Error, "no hosts are left".to_owned()),
        Event::Task(_) | Event::Start(_) | Event::Stats { .. } => {
            return Vec::new();
        }
    };
    let mut lines = vec![LogLine { level, text }];
    if let Event::Ok(answer) | Event::Failed(answer) = event {
        let failed = matches!(event, Event::Failed(_));
        lines.extend(answer.told(failed).into_iter().map(|text| LogLine {
            level,
            text: format!("    [{}] {text}", answer.host),
        }));
    }
    lines
}

/// A file of the workspace: it must be there, and inside also when links are followed.
fn file(workspace: &Path, path: &str, what: &str) -> Result<PathBuf> {
    let not_found = |message: String| {
        Error::new(ErrorKind::NotFound, fault::NO_FILE, message)
            .with_hint(format!("Name the {what} by its path in the workspace."))
    };
    let path = inside(path).map_err(not_found)?;
    let found = workspace.join(&path);
    if !found.exists() {
        return Err(not_found(format!(
            "There is no {what} `{path}` in the workspace."
        )));
    }
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    if real(&found).starts_with(real(workspace)) {
        Ok(found)
    } else {
        Err(not_found(format!(
            "The {what} `{path}` is a link that leads out of the workspace."
        )))
    }
}
