//! Calls of the tool as values, and what it answers, read in one place.

use std::path::{Path, PathBuf};

use podium_connector::{
    Context, Exit, LogLevel, LogLine, Mode, ProcessEvent, ProcessSpec, StepRequest, Stop, Stream,
    Tool, write_private,
};
use podium_diagnostics::{Error, ErrorKind, Result, reason};
use podium_secret::Secret;

use crate::auth;
use crate::config::{Config, LockFile};
use crate::fault;
use crate::footprint::slug;
use crate::saved;
use crate::setup::{LOCK, Setup};
use crate::state::State;
use crate::stream::{self, Diagnostic, Event};
use podium_tfplan::Plan;

/// One configuration with its state, as a process of the tool sees it.
pub(crate) struct Session<'a> {
    pub(crate) cx: &'a dyn Context,
    pub(crate) config: Config,
    /// Absolute.
    pub(crate) folder: PathBuf,
    tool: Tool,
    env: Vec<(String, String)>,
    data: PathBuf,
    /// The user's own settings of the tool.
    settings: Option<PathBuf>,
    prefix: &'static str,
}

/// A call of the tool.
pub(crate) struct Call {
    name: &'static str,
    args: Vec<String>,
    reads: bool,
    variables: bool,
    secrets: bool,
}

impl Call {
    /// A call that only looks.
    pub(crate) fn reading(name: &'static str, args: &[&str]) -> Self {
        Self {
            name,
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            reads: true,
            variables: false,
            secrets: false,
        }
    }

    /// A call that changes something.
    pub(crate) fn writing(name: &'static str, args: &[&str]) -> Self {
        Self {
            reads: false,
            ..Self::reading(name, args)
        }
    }

    /// Hands over the variables and the secrets.
    pub(crate) fn with_variables(mut self) -> Self {
        self.variables = true;
        self.secrets = true;
        self
    }

    /// Hands over the secrets alone.
    pub(crate) fn with_secrets(mut self) -> Self {
        self.secrets = true;
        self
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }
}

/// What the stream of a plan tells beside the plan itself.
#[derive(Debug, Default)]
pub(crate) struct Planned {
    /// The version of Terraform; empty for OpenTofu.
    pub(crate) version: String,
    pub(crate) warnings: Vec<Diagnostic>,
}

/// What came of a call.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What was printed beside the stream of events.
    pub(crate) rest: String,
}

impl Ended {
    pub(crate) fn is_success(&self) -> bool {
        self.exit.is_success()
    }

    /// Whether it refused a saved plan because the world has moved on since.
    pub(crate) fn is_stale(&self) -> bool {
        let signs = [
            "Saved plan is stale",
            "Saved plan does not match the given state",
            "Inconsistent dependency lock file",
            "Failed to load plan file",
        ];
        self.diagnostics
            .iter()
            .any(|d| d.error && signs.iter().any(|sign| d.summary.contains(sign)))
    }

    /// Whether it says that the folder must be made ready first.
    fn wants_init(&self) -> bool {
        let asks = |text: &str| text.contains("terraform init") || text.contains("tofu init");
        self.diagnostics.iter().any(|d| d.error && asks(&d.detail))
    }
}

impl<'a> Session<'a> {
    /// Finds the tool and the folder. `prefix` begins every label, so that the labels of a preview, a
    /// run and an undo are never the same.
    pub(crate) async fn open(
        cx: &'a dyn Context,
        request: &StepRequest,
        prefix: &'static str,
    ) -> Result<Self> {
        let config = Config::of(request).map_err(|problems| {
            let first = problems.into_iter().next();
            Error::new(
                ErrorKind::Invalid,
                fault::NO_DIRECTORY,
                first.map_or_else(|| "The inputs are wrong.".to_owned(), |p| p.message),
            )
        })?;
        let folder = folder(cx.workspace(), &config.directory)?;
        let tool = cx.tool(&["terraform", "tofu"]).await?;
        let data = cx.cache().join("terraform").join(format!(
            "{}@{}",
            slug(&config.directory),
            slug(config.workspace.as_deref().unwrap_or("default"))
        ));
        let data = data.join(slug(request.step.as_str()));
        make(&data)?;
        let own_settings = own_settings(cx.workspace());
        let settings = match &own_settings {
            Some(own) => own.clone(),
            None => empty_settings(cx.private())?,
        };
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut env: Vec<(String, String)> = [
            ("TF_DATA_DIR", text(&data)),
            ("TF_CLI_CONFIG_FILE", text(&settings)),
            ("TF_IN_AUTOMATION", "1".to_owned()),
            ("TF_INPUT", "0".to_owned()),
            ("CHECKPOINT_DISABLE", "1".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        if let Some(workspace) = &config.workspace {
            env.push(("TF_WORKSPACE".to_owned(), workspace.clone()));
        }
        Ok(Self {
            cx,
            config,
            folder,
            tool,
            env,
            data,
            settings: own_settings,
            prefix,
        })
    }

    /// The same, with other inputs.
    pub(crate) fn with_config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// What decides whether the folder is ready.
    pub(crate) fn setup(&self) -> Setup<'_> {
        Setup {
            folder: &self.folder,
            data: &self.data,
            tool: &self.tool.path,
            settings: self.settings.as_deref(),
        }
    }

    /// Makes the folder ready: providers, modules, backend.
    async fn init(&self) -> Result<()> {
        self.setup().forget();
        // The choice of backend is always taken from the files: our folder of data is only a cache.
        let args = ["init", "-input=false", "-reconfigure", "-no-color"];
        // A lock file that somebody keeps in git is theirs to change.
        let keeps = self.config.lock_file == LockFile::Keep && self.folder.join(LOCK).exists();
        let call = |name: &'static str| {
            let call = Call::reading(name, &args);
            if keeps {
                call.arg("-lockfile=readonly")
            } else {
                call
            }
        };
        let mut ended = self.events(call("init").arg("-json"), &mut |_| {}).await?;
        if !ended.is_success() && ended.rest.contains("flag provided but not defined: -json") {
            ended = self.events(call("init-plain"), &mut |_| {}).await?;
        }
        self.fail_unless(&ended, "make the folder ready")?;
        self.setup().note();
        Ok(())
    }

    /// Makes the folder ready, unless it is or nothing has to be fetched or chosen for it.
    pub(crate) async fn ready(&self) -> Result<()> {
        if !has_configuration(&self.folder) {
            return Err(fault::no_configuration(&self.config.directory));
        }
        let setup = self.setup();
        if setup.is_ready() || setup.needs_nothing() {
            return Ok(());
        }
        self.init().await
    }

    /// A note of our own about this configuration and this state.
    pub(crate) fn note_file(&self) -> PathBuf {
        self.cx.cache().join("applied").join(format!(
            "{}@{}.json",
            slug(&self.config.directory),
            slug(self.config.workspace.as_deref().unwrap_or("default"))
        ))
    }

    /// Where the plan of this session is kept between plan and apply.
    pub(crate) fn plan_file(&self) -> PathBuf {
        match self.cx.handover() {
            Some(folder) => folder.join(saved::PLAN),
            None => self
                .cx
                .private()
                .join(format!("{}plan.tfplan", self.prefix)),
        }
    }

    /// Makes a plan, and gives what it touches and what the tool warns of. Where the tool finds that the
    /// folder is not ready after all, it is made ready first.
    pub(crate) async fn plan(
        &self,
        name: &'static str,
        how: &[&str],
        lock: bool,
    ) -> Result<Planned> {
        let (ended, planned) = self.try_plan(name, how, lock).await?;
        if ended.is_success() || !ended.wants_init() || self.cx.is_cancelled() {
            self.fail_unless(&ended, "plan")?;
            return Ok(planned);
        }
        self.init().await?;
        let (ended, planned) = self.try_plan("plan-when-ready", how, lock).await?;
        self.fail_unless(&ended, "plan")?;
        Ok(planned)
    }

    async fn try_plan(
        &self,
        name: &'static str,
        how: &[&str],
        lock: bool,
    ) -> Result<(Ended, Planned)> {
        // The tool would make a file that others can read; it leaves the mode of one that is there.
        write_private(&self.plan_file(), b"").map_err(|error| {
            Error::new(
                ErrorKind::Storage,
                fault::TOOL_FAILED,
                format!("A private file cannot be written: {}.", reason(&error)),
            )
        })?;
        let mut call = Call::reading(name, &["plan", "-json", "-input=false", "-no-color"])
            .arg(format!("-out={}", self.plan_file().display()));
        call = if lock {
            call.arg(format!("-lock-timeout={}", self.config.lock_timeout))
        } else {
            call.arg("-lock=false")
        };
        for arg in how {
            call = call.arg(*arg);
        }
        for target in &self.config.targets {
            call = call.arg(format!("-target={target}"));
        }
        for address in &self.config.replace {
            call = call.arg(format!("-replace={address}"));
        }
        let mut planned = Planned::default();
        let ended = self
            .events(call.with_variables(), &mut |event| match event {
                Event::Version(version) => planned.version.clone_from(version),
                Event::Diagnostic(diagnostic) if !diagnostic.error => {
                    planned.warnings.push(diagnostic.clone());
                }
                _ => {}
            })
            .await?;
        self.stop_if_cancelled("Nothing was changed.")?;
        Ok((ended, planned))
    }

    /// Reads the plan that was just made.
    pub(crate) async fn show(&self, name: &'static str) -> Result<(Plan, String)> {
        let call = Call::reading(name, &["show", "-json", "-no-color"])
            .arg(self.plan_file().to_string_lossy());
        let (ended, text) = self.text(call).await?;
        self.fail_unless(&ended, "show its plan")?;
        let plan = Plan::read(&text).ok_or_else(|| self.unreadable("plan"))?;
        Ok((plan, text))
    }

    /// What the state holds, without its values. Call after [`Session::init`].
    pub(crate) async fn state(&self, name: &'static str) -> Result<State> {
        let local = self.local_state();
        let text = match &local {
            Some(path) if path.exists() => std::fs::read_to_string(path).map_err(|error| {
                Error::new(
                    ErrorKind::Storage,
                    fault::TOOL_FAILED,
                    format!(
                        "The state `{}` cannot be read: {}.",
                        self.shown(path),
                        reason(&error)
                    ),
                )
            })?,
            Some(_) => String::new(),
            None => {
                let (ended, text) = self.text(Call::reading(name, &["state", "pull"])).await?;
                self.fail_unless(&ended, "read its state")?;
                text
            }
        };
        State::read(&text).ok_or_else(|| self.unreadable("state"))
    }

    /// The state's file, where the state is a plain file beside the configuration.
    pub(crate) fn local_state(&self) -> Option<PathBuf> {
        // Terraform notes any backend that the configuration names in its data folder.
        if self.cx.mode() == Mode::Simulated || self.data.join("terraform.tfstate").exists() {
            return None;
        }
        Some(match &self.config.workspace {
            None => self.folder.join("terraform.tfstate"),
            Some(name) => self
                .folder
                .join("terraform.tfstate.d")
                .join(name)
                .join("terraform.tfstate"),
        })
    }

    /// A path inside the workspace, as the user knows it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.folder).map_or_else(
            |_| path.display().to_string(),
            |rest| match self.config.directory.as_str() {
                "." => rest.display().to_string(),
                directory => format!("{directory}/{}", rest.display()),
            },
        )
    }

    /// Runs a call that prints events, telling each; the log gets every line.
    pub(crate) async fn events(
        &self,
        call: Call,
        on: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Ended> {
        let mut ended = Ended {
            exit: Exit::Code(0),
            diagnostics: Vec::new(),
            rest: String::new(),
        };
        let mut process = self.cx.process(self.spec(&call)).await?;
        loop {
            match process.next().await? {
                ProcessEvent::Exited(exit) => {
                    ended.exit = exit;
                    return Ok(ended);
                }
                ProcessEvent::Line { text, .. } => {
                    if let Some(line) = stream::read(&text) {
                        on(&line.event);
                        let level = match (line.level.as_str(), &line.event) {
                            ("error", _) => LogLevel::Error,
                            ("warn", _) => LogLevel::Warning,
                            (_, Event::Other) => LogLevel::Debug,
                            _ => LogLevel::Info,
                        };
                        self.log(level, line.text);
                        if let Event::Diagnostic(diagnostic) = line.event {
                            ended.diagnostics.push(diagnostic);
                        }
                    } else {
                        ended.rest.push_str(&text);
                        ended.rest.push('\n');
                        self.log(LogLevel::Info, text);
                    }
                }
            }
        }
    }

    /// Runs a call and takes its whole output as text, which is not logged: it may hold values that
    /// Terraform calls sensitive. Pieces of one long line are put together again, which is right for
    /// JSON, the only text that is asked for so.
    pub(crate) async fn text(&self, call: Call) -> Result<(Ended, String)> {
        let mut out = String::new();
        let mut rest = String::new();
        let mut process = self.cx.process(self.spec(&call)).await?;
        loop {
            match process.next().await? {
                ProcessEvent::Exited(exit) => {
                    return Ok((
                        Ended {
                            exit,
                            diagnostics: Vec::new(),
                            rest,
                        },
                        out,
                    ));
                }
                ProcessEvent::Line {
                    stream: Stream::Out,
                    text,
                } => out.push_str(&text),
                ProcessEvent::Line { text, .. } => {
                    rest.push_str(&text);
                    rest.push('\n');
                }
            }
        }
    }

    /// Runs a call and takes the lines of its output.
    pub(crate) async fn lines(&self, call: Call) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        let mut process = self.cx.process(self.spec(&call)).await?;
        let ended = loop {
            match process.next().await? {
                ProcessEvent::Exited(exit) => break exit,
                ProcessEvent::Line { text, .. } => lines.push(text),
            }
        };
        if ended.is_success() {
            return Ok(lines);
        }
        Err(fault::error(
            "list",
            &self.config.directory,
            &[],
            &lines.join("\n"),
        ))
    }

    /// The workspaces that are there, sorted. Call after [`Session::ready`].
    pub(crate) async fn workspaces(&self, name: &'static str) -> Result<Vec<String>> {
        let listed = self
            .lines(Call::reading(name, &["workspace", "list"]))
            .await?;
        // Names are indented; below them the tool may say that one was chosen for it.
        let mut names: Vec<String> = listed
            .iter()
            .filter_map(|line| line.strip_prefix("* ").or_else(|| line.strip_prefix("  ")))
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Fails with the tool's own reason unless the call went well.
    pub(crate) fn fail_unless(&self, ended: &Ended, what: &str) -> Result<()> {
        if ended.is_success() {
            return Ok(());
        }
        self.stop_if_cancelled("Nothing was changed.")?;
        Err(fault::error(
            what,
            &self.config.directory,
            &ended.diagnostics,
            &ended.rest,
        ))
    }

    /// Fails as cancelled where the run was cancelled.
    pub(crate) fn stop_if_cancelled(&self, what: &str) -> Result<()> {
        if self.cx.is_cancelled() {
            return Err(Error::new(
                ErrorKind::Cancelled,
                fault::STOPPED,
                format!("Stopped on request. {what}"),
            ));
        }
        Ok(())
    }

    fn unreadable(&self, what: &str) -> Error {
        Error::new(
            ErrorKind::Failed,
            fault::TOOL_FAILED,
            format!(
                "`{}` printed a {what} that cannot be read.",
                self.tool.path.display()
            ),
        )
        .with_hint(
            "Check the tool's version: Terraform 1.0 and OpenTofu 1.6 or newer are known to work.",
        )
    }

    fn spec(&self, call: &Call) -> ProcessSpec {
        let label = format!("{}{}", self.prefix, call.name);
        let mut args = call.args.clone();
        let handed = auth::aws(self.cx, &label);
        let mut files = handed.files;
        let mut hand_over = |file: podium_connector::SecretFile| {
            let path = self.cx.private().join(&file.name);
            args.push(format!("-var-file={}", path.display()));
            files.push(file);
        };
        if call.variables && !self.config.variables.is_empty() {
            let text = serde_json::to_vec(&self.config.variables)
                .expect("a map with text keys is always JSON");
            hand_over(auth::private(
                format!("{label}.tfvars.json"),
                Secret::new(text),
            ));
        }
        if call.secrets
            && let Some(file) = auth::secret_variables(self.cx, &label)
        {
            hand_over(file);
        }
        // A saved plan is an argument without a name; the tool wants it last.
        if let Some(at) = args
            .iter()
            .position(|arg| arg.ends_with(".tfplan") && !arg.starts_with('-'))
        {
            let plan = args.remove(at);
            args.push(plan);
        }
        ProcessSpec {
            label,
            program: self.tool.path.clone(),
            args,
            env: self.env.iter().cloned().chain(handed.env).collect(),
            directory: self.folder.clone(),
            secret_files: files,
            reads: call.reads,
            stop: Stop::Once,
        }
    }

    fn log(&self, level: LogLevel, text: String) {
        if !text.trim().is_empty() {
            self.cx.log(LogLine { level, text });
        }
    }
}

/// The configuration's folder: it must be there, and inside the workspace also when links are followed.
fn folder(workspace: &Path, directory: &str) -> Result<PathBuf> {
    let wrong = |message: String, hint: &str| {
        Error::new(ErrorKind::NotFound, fault::NO_DIRECTORY, message).with_hint(hint)
    };
    let folder = workspace.join(directory);
    if !folder.is_dir() {
        return Err(wrong(
            format!("There is no folder `{directory}` in the workspace."),
            "Make it, or name another.",
        ));
    }
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    if real(&folder).starts_with(real(workspace)) {
        Ok(folder)
    } else {
        Err(wrong(
            format!("The folder `{directory}` is a link that leads out of the workspace."),
            "Name a folder inside the workspace.",
        ))
    }
}

fn has_configuration(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            [".tf", ".tf.json", ".tofu", ".tofu.json"]
                .iter()
                .any(|end| name.ends_with(end))
        })
    })
}

/// The user's own settings of the tool, never those of the workspace.
fn own_settings(workspace: &Path) -> Option<PathBuf> {
    std::env::var_os("TF_CLI_CONFIG_FILE")
        .map(PathBuf::from)
        .into_iter()
        .chain(home().map(|home| {
            home.join(if cfg!(windows) {
                "terraform.rc"
            } else {
                ".terraformrc"
            })
        }))
        .find(|path| path.is_absolute() && path.is_file() && !path.starts_with(workspace))
}

/// Empty settings, since Terraform complains about missing ones.
fn empty_settings(private: &Path) -> Result<PathBuf> {
    let empty = private.join("terraform.rc");
    std::fs::write(&empty, b"").map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            fault::TOOL_FAILED,
            format!("A private file cannot be written: {}.", reason(&error)),
        )
    })?;
    Ok(empty)
}

fn home() -> Option<PathBuf> {
    std::env::var_os(if cfg!(windows) { "APPDATA" } else { "HOME" }).map(PathBuf::from)
}

fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            fault::TOOL_FAILED,
            format!(
                "A folder for Terraform's own data cannot be made: {}.",
                reason(&error)
            ),
        )
    })
}
