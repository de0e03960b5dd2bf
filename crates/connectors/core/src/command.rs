//! `command/run`: one program on this computer.
//!
//! Invariants: no shell reads the arguments; a secret reaches the program only as a private file whose
//! path stands in the environment.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use podium_connector::{
    Action, Change, Connector, Context, Exit, Identity, LogLevel, LogLine, Manifest, Mode,
    Observed, Outcome, Problem, ProcessEvent, ProcessSpec, Progress, SecretFile, SimulatedExit,
    SimulatedProcess, Simulator, StepPreview, StepRequest, Stop, Stream, Undo, UndoClass,
    UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::place;
use crate::words;

/// A program ended with an exit code that does not mean success.
const EXIT: Code = Code::new("POD0321");
/// Outputs longer than this are cut, since they go into the journal.
const OUTPUT_LIMIT: usize = 1024 * 1024;

/// Running programs.
pub struct Command {
    manifest: Manifest,
}

/// The inputs of `command/run`.
#[derive(Debug, Deserialize)]
struct Config {
    program: String,
    #[serde(default)]
    args: Vec<Value>,
    #[serde(default)]
    directory: Option<String>,
    #[serde(default)]
    env: Map<String, Value>,
    #[serde(default)]
    accept: Option<Vec<i32>>,
    undo_program: Option<String>,
    #[serde(default)]
    undo_args: Vec<Value>,
}

impl Config {
    fn of(request: &StepRequest) -> Result<Self> {
        request.inputs.read()
    }

    fn directory(&self, cx: &dyn Context) -> Result<PathBuf> {
        match self.directory.as_deref().unwrap_or(".") {
            "." | "./" | "" => Ok(cx.workspace().to_path_buf()),
            relative => place::inside(cx.workspace(), relative),
        }
    }
}

impl Command {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: crate::manifest::command(),
        }
    }
}

impl Default for Command {
    fn default() -> Self {
        Self::new()
    }
}

/// The program's absolute path: a name from `PATH`, or a path inside the workspace.
async fn program(cx: &dyn Context, name: &str) -> Result<PathBuf> {
    let path = Path::new(name);
    let file = path
        .file_name()
        .map(|file| file.to_string_lossy().into_owned())
        .unwrap_or_default();
    if cx.mode() == Mode::Simulated || (!name.contains('/') && !name.contains('\\')) {
        return Ok(cx.tool(&[file.as_str()]).await?.path);
    }
    if path.is_absolute() {
        return Ok(path.to_path_buf());
    }
    place::inside(cx.workspace(), name)
}

/// The variable under which a private file's path is handed over: `db.password` → `DB_PASSWORD_FILE`.
fn variable(name: &str) -> String {
    let upper: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("{upper}_FILE")
}

struct Ran {
    code: i32,
    lines: Vec<String>,
}

async fn execute(
    cx: &dyn Context,
    label: &str,
    config: &Config,
    name: &str,
    args: &[Value],
) -> Result<Ran> {
    let mut env: Vec<(String, String)> = config
        .env
        .iter()
        .map(|(key, value)| (key.clone(), words::plain(value)))
        .collect();
    let mut secret_files = Vec::new();
    for (port, lease) in cx.secrets() {
        let Some(value) = lease.secrets.get("value") else {
            continue;
        };
        let file = format!("secret-{}", secret_files.len());
        env.push((
            variable(&port),
            cx.private().join(&file).to_string_lossy().into_owned(),
        ));
        secret_files.push(SecretFile {
            name: file,
            content: value.clone(),
            executable: false,
        });
    }
    let spec = ProcessSpec {
        label: label.to_owned(),
        program: program(cx, name).await?,
        args: args.iter().map(words::plain).collect(),
        env,
        directory: config.directory(cx)?,
        secret_files,
        reads: false,
        stop: Stop::Once,
    };
    cx.progress(Progress {
        words: format!("Running {}", words::short(name)),
        ..Progress::default()
    });
    let mut process = cx.process(spec).await?;
    let mut lines = Vec::new();
    let mut last = String::new();
    loop {
        match process.next().await? {
            ProcessEvent::Line { stream, text } => {
                cx.log(LogLine {
                    level: match stream {
                        Stream::Out => LogLevel::Info,
                        Stream::Err => LogLevel::Warning,
                    },
                    text: text.clone(),
                });
                if stream == Stream::Err && !text.trim().is_empty() {
                    last.clone_from(&text);
                }
                if stream == Stream::Out {
                    lines.push(text);
                }
            }
            ProcessEvent::Exited(_) if cx.is_cancelled() => {
                return Err(words::cancelled(&format!("`{name}`")));
            }
            ProcessEvent::Exited(Exit::Code(code)) => {
                let accept = config.accept.as_deref().unwrap_or(&[0]);
                if accept.contains(&code) {
                    return Ok(Ran { code, lines });
                }
                let why = if last.is_empty() {
                    String::new()
                } else {
                    format!(" It said last: {}", words::short(&last))
                };
                return Err(Error::new(
                    ErrorKind::Failed,
                    EXIT,
                    format!("`{name}` ended with exit code {code}.{why}"),
                )
                .with_hint("Its whole output is in the step's log.")
                .with_context("exit code", code));
            }
            ProcessEvent::Exited(Exit::Signal(signal)) => {
                return Err(Error::new(
                    ErrorKind::Failed,
                    EXIT,
                    format!("`{name}` was ended by signal {signal}."),
                )
                .with_hint(
                    "Somebody stopped it, or the system did, for example for lack of memory.",
                )
                .with_context("signal", signal));
            }
        }
    }
}

fn outputs(cx: &dyn Context, ran: Ran) -> Value {
    let mut text = ran.lines.join("\n");
    let json = serde_json::from_str::<Value>(&text).unwrap_or(Value::Null);
    let mut lines = ran.lines;
    if text.len() > OUTPUT_LIMIT {
        cx.log(LogLine {
            level: LogLevel::Warning,
            text: "The output is longer than 1 MiB; later steps see its beginning only.".into(),
        });
        let cut = (0..=OUTPUT_LIMIT)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text.truncate(cut);
        lines = text.lines().map(str::to_owned).collect();
        return json!({ "exit_code": ran.code, "lines": lines, "text": text, "json": null });
    }
    json!({ "exit_code": ran.code, "lines": lines, "text": text, "json": json })
}

fn undo_of(request: &StepRequest) -> Undo {
    if let Some(program) = request.inputs.text("undo_program") {
        return Undo {
            class: UndoClass::Restore,
            because: Some(format!("The step names `{program}` to take it back.")),
        };
    }
    Undo {
        class: UndoClass::Manual,
        because: Some(
            "Nobody knows what the program changed. Look at it yourself, or name a program that takes it back under `undo_program`."
                .into(),
        ),
    }
}

fn line(program: &str, args: &[Value]) -> String {
    let mut line = program.to_owned();
    for arg in args {
        let arg = words::plain(arg);
        line.push(' ');
        if arg.is_empty() || arg.contains(char::is_whitespace) {
            let _ = write!(line, "{arg:?}");
        } else {
            line.push_str(&arg);
        }
    }
    line
}

fn change(name: &str, args: &Value, extra: Value) -> Change {
    let args = args.as_array().map(Vec::as_slice).unwrap_or_default();
    Change {
        action: Action::Run,
        kind: "command".into(),
        name: words::short(&line(name, args)),
        before: Value::Null,
        after: extra,
        stateful: false,
        confidence: None,
        because: None,
    }
}

#[async_trait]
impl Connector for Command {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, _state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(Shadow)
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut refuse = |field: &str, message: String, hint: &str| {
            problems.push(Problem {
                field: field.to_owned(),
                message,
                hint: Some(hint.to_owned()),
                fatal: true,
            });
        };
        if let Some(directory) = request.inputs.text("directory")
            && let Some(why) = place::problem(directory)
        {
            refuse(
                "/directory",
                format!("The folder `{directory}` is not allowed: {why}."),
                "Give a folder inside the workspace.",
            );
        }
        for field in ["program", "undo_program"] {
            let Some(program) = request.inputs.text(field) else {
                continue;
            };
            let relative = program.contains('/') && !program.starts_with('/');
            if relative && let Some(why) = place::problem(program) {
                refuse(
                    &format!("/{field}"),
                    format!("The program `{program}` is not allowed: {why}."),
                    "Give a name found on PATH, or a path inside the workspace.",
                );
            } else if program.contains(char::is_whitespace) && !program.contains('/') {
                problems.push(Problem {
                    field: format!("/{field}"),
                    message: format!("`{program}` is taken as one name, blanks included."),
                    hint: Some(
                        "Put the rest under `args`, one argument each; no shell splits it.".into(),
                    ),
                    fatal: false,
                });
                break;
            }
        }
        if let Some(env) = request.inputs.get("env").and_then(Value::as_object) {
            for name in env.keys() {
                if name.is_empty() || name.contains(['=', '\0']) {
                    problems.push(Problem {
                        field: "/env".into(),
                        message: format!("`{name}` is no name of a variable."),
                        hint: None,
                        fatal: true,
                    });
                }
            }
        }
        problems
    }

    async fn identify(&self, _: &dyn Context, _: &StepRequest) -> Result<Option<Identity>> {
        Ok(None)
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        let shown = words::shown(&request.inputs);
        let name = words::plain(shown.get("program").unwrap_or(&Value::Null));
        if !words::is_unknown(&request.inputs, "program") {
            // A missing program is told before anything runs.
            program(cx, &name).await?;
        }
        let mut secrets: Vec<String> = cx
            .secrets()
            .iter()
            .map(|(port, _)| variable(port))
            .collect();
        secrets.sort();
        let after = json!({
            "directory": shown.get("directory"), "env": shown.get("env"), "private files": secrets,
        });
        let args = shown.get("args").unwrap_or(&Value::Null);
        let mut preview = StepPreview::unknown(
            "Nobody can know what a program does before it runs.",
            undo_of(request),
        );
        preview.changes.push(change(&name, args, after));
        Ok(preview)
    }

    async fn prepare(
        &self,
        _: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        Ok(UndoRecord {
            undo: undo_of(request),
            record: Value::Null,
        })
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        let config = Config::of(request)?;
        let ran = execute(cx, "run", &config, &config.program, &config.args).await?;
        Ok(words::outcome(outputs(cx, ran)))
    }

    async fn observe(&self, _: &dyn Context, _: &StepRequest) -> Result<Observed> {
        // The label is joined or replayed; a lost process says so itself when it is read.
        Ok(Observed::Adopt)
    }

    async fn preview_undo(
        &self,
        _: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        let config = Config::of(request)?;
        let mut preview = StepPreview::unknown(
            "Nobody can know what a program does before it runs.",
            record.undo.clone(),
        );
        if let Some(name) = &config.undo_program {
            let args = Value::Array(config.undo_args.clone());
            preview.changes.push(change(name, &args, Value::Null));
        } else {
            preview.because.clone_from(&record.undo.because);
            preview
                .notes
                .push("Podium takes nothing back here.".to_owned());
        }
        Ok(preview)
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        let config = Config::of(request)?;
        let Some(name) = &config.undo_program else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                Code::new("POD0430"),
                record
                    .undo
                    .because
                    .clone()
                    .unwrap_or_else(|| "This command cannot be undone.".into()),
            ));
        };
        let ran = execute(cx, "undo", &config, name, &config.undo_args).await?;
        Ok(words::outcome(outputs(cx, ran)))
    }
}

/// In practice a program does nothing but say how it would have been called.
struct Shadow;

impl Simulator for Shadow {
    fn speaks_http(&self) -> bool {
        false
    }

    fn process(
        &mut self,
        call: &SimulatedProcess,
        write: &mut dyn FnMut(Stream, &str),
        _pause: &mut dyn FnMut(u64) -> bool,
    ) -> SimulatedExit {
        let args: Vec<Value> = call
            .args
            .iter()
            .map(|arg| Value::from(arg.as_str()))
            .collect();
        write(
            Stream::Out,
            &format!("Practice: `{}` was not run.", line(&call.program, &args)),
        );
        SimulatedExit(0)
    }

    fn save(&self) -> String {
        String::new()
    }
}
