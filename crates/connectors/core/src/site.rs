//! `site/serve`: a folder as a web site on 127.0.0.1 that stays up until it is undone.
//!
//! The server is a process of its own ([`serve`], in the program `podium-site`) that outlives the
//! application. It is known by a name of its own, which it tells at [`NAME_PATH`], and is stopped by a
//! file that it watches for: never by a process id, which after a restart may belong to another.

mod server;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use podium_connector::{
    Action, Change, Connector, Context, Drift, DriftItem, HttpRequest, Identity, LogLevel, LogLine,
    Made, Manifest, Observed, Outcome, Problem, ProcessEvent, ProcessSpec, Progress, SimulatedExit,
    SimulatedProcess, Simulator, StepPreview, StepRequest, Stop, Stream, Undo, UndoClass,
    UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::place;
use crate::words;

pub use server::{NAME_PATH, STATE, STOP, serve};

/// The site did not come up.
const NOT_UP: Code = Code::new("POD0322");
/// The site did not go away.
const NOT_DOWN: Code = Code::new("POD0323");

/// Sites on this computer.
pub struct Site {
    manifest: Manifest,
}

/// The inputs of `site/serve`.
#[derive(Debug, Deserialize)]
struct Config {
    directory: String,
    #[serde(default)]
    port: u16,
    #[serde(default)]
    place: Option<String>,
}

/// What the server wrote about itself.
#[derive(Debug, Deserialize)]
struct State {
    port: u16,
    name: String,
}

impl Config {
    fn directory(&self, cx: &dyn Context) -> Result<PathBuf> {
        let base = place::folder(cx, self.place.as_deref().unwrap_or("sandbox"))?;
        match self.directory.as_str() {
            "." | "./" => Ok(base.to_path_buf()),
            relative => place::inside(base, relative),
        }
    }
}

/// Where the server of a step keeps its files: a folder of its own for each attempt.
fn home(keep: &Path) -> PathBuf {
    keep.join("site")
}

fn state(keep: &Path) -> Option<State> {
    let text = std::fs::read(home(keep).join(STATE)).ok()?;
    serde_json::from_slice(&text).ok()
}

fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}/")
}

/// Whether our own server, and no other, answers there.
async fn answers(cx: &dyn Context, state: &State) -> bool {
    let url = format!("http://127.0.0.1:{}{NAME_PATH}", state.port);
    let mut request = HttpRequest::get(url);
    request.repeatable = false;
    request.timeout = Some(Duration::from_secs(2));
    match cx.http(request).await {
        Ok(reply) => reply.is_success() && reply.text().trim() == state.name,
        Err(_) => false,
    }
}

impl Site {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: crate::manifest::site(),
        }
    }

    fn outcome(port: u16) -> Outcome {
        let url = address(port);
        let mut outcome = words::outcome(json!({ "url": url, "port": port }));
        outcome.made.push(Made {
            kind: "site".into(),
            name: url.clone(),
            link: Some(url),
        });
        outcome.undo = Some(json!({ "port": port }));
        outcome
    }
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

/// Starts the server, or joins the one of this label, and waits until it says its port.
async fn start(cx: &dyn Context, label: &str, config: &Config, name: &str) -> Result<u16> {
    let directory = config.directory(cx)?;
    if !directory.is_dir() {
        return Err(Error::new(
            ErrorKind::NotFound,
            place::DISK,
            format!("There is no folder `{}` to serve.", config.directory),
        )
        .with_hint("A step before this one makes it, or `place` names where it is."));
    }
    let home = home(cx.keep());
    std::fs::create_dir_all(&home).map_err(|error| place::disk(&home, "made", &error))?;
    let tool = cx.tool(&["podium-site"]).await?;
    let spec = ProcessSpec {
        label: label.to_owned(),
        program: tool.path,
        args: vec![
            directory.to_string_lossy().into_owned(),
            config.port.to_string(),
            home.to_string_lossy().into_owned(),
            name.to_owned(),
        ],
        env: Vec::new(),
        directory: home.clone(),
        secret_files: Vec::new(),
        reads: false,
        stop: Stop::Once,
    };
    let mut process = cx.process(spec).await?;
    let mut said = String::new();
    loop {
        match process.next().await? {
            ProcessEvent::Line { text, .. } => {
                let value = serde_json::from_str::<Value>(&text).unwrap_or(Value::Null);
                if let Some(port) = value["port"].as_u64().and_then(|p| u16::try_from(p).ok()) {
                    return Ok(port);
                }
                said = value["error"].as_str().map_or(text, str::to_owned);
                cx.log(LogLine {
                    level: LogLevel::Warning,
                    text: said.clone(),
                });
            }
            ProcessEvent::Exited(_) => {
                let busy = config.port != 0;
                return Err(Error::new(
                    if busy {
                        ErrorKind::Conflict
                    } else {
                        ErrorKind::Failed
                    },
                    NOT_UP,
                    format!("The site did not come up: {said}"),
                )
                .with_hint(if busy {
                    "Choose another port, or 0 for a free one."
                } else {
                    "Its log tells more."
                }));
            }
        }
    }
}

#[async_trait]
impl Connector for Site {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, _state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(Itself)
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(directory) = request.inputs.text("directory")
            && let Some(why) = place::problem(directory)
        {
            problems.push(Problem {
                field: "/directory".into(),
                message: format!("The folder `{directory}` is not allowed: {why}."),
                hint: Some("Give a folder inside the sandbox or the workspace.".into()),
                fatal: true,
            });
        }
        if let Some(port @ 1..=1023) = request.inputs.get("port").and_then(Value::as_u64) {
            problems.push(Problem {
                field: "/port".into(),
                message: format!("Port {port} needs an administrator on most computers."),
                hint: Some("Use 0 for a free port, or one above 1023.".into()),
                fatal: false,
            });
        }
        problems
    }

    async fn identify(&self, _: &dyn Context, _: &StepRequest) -> Result<Option<Identity>> {
        Ok(None)
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        let shown = words::shown(&request.inputs);
        let directory = words::plain(shown.get("directory").unwrap_or(&Value::Null));
        let port = request
            .inputs
            .get("port")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        let mut change = Change {
            action: Action::Create,
            kind: "site".into(),
            name: directory.clone(),
            before: Value::Null,
            after: json!({
                "address": if port == 0 {
                    "http://127.0.0.1:(a free port)/".to_owned()
                } else {
                    format!("http://127.0.0.1:{port}/")
                },
            }),
            stateful: false,
            confidence: None,
            because: None,
        };
        let undo = Undo {
            class: UndoClass::Delete,
            because: Some("The site is stopped; its files stay.".into()),
        };
        let mut notes = vec!["It stays up until it is undone or the computer restarts.".to_owned()];
        if !request.inputs.is_partial() {
            let config: Config = request.inputs.read()?;
            if !config.directory(cx)?.is_dir() {
                notes.push(format!(
                    "The folder `{directory}` is not there yet; a step before must make it."
                ));
            }
            if let Some(running) = state(cx.keep())
                && answers(cx, &running).await
            {
                change.action = Action::Replace;
                change.because = Some("It is up already and is started anew.".into());
            }
        }
        let mut preview = words::preview(&request.inputs, vec![change], undo);
        preview.notes = notes;
        Ok(preview)
    }

    async fn prepare(
        &self,
        _: &dyn Context,
        _: &StepRequest,
        preview: &StepPreview,
    ) -> Result<UndoRecord> {
        Ok(UndoRecord {
            undo: preview.undo.clone(),
            record: json!({ "stop": "by file" }),
        })
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        let config: Config = request.inputs.read()?;
        cx.progress(Progress {
            words: format!("Serving {}", words::short(&config.directory)),
            ..Progress::default()
        });
        if let Some(running) = state(cx.keep())
            && running.name == request.key
            && answers(cx, &running).await
        {
            return Ok(Self::outcome(running.port));
        }
        let stop = home(cx.keep()).join(STOP);
        let _ = std::fs::remove_file(&stop);
        let first = start(cx, "serve", &config, &request.key).await;
        // After a restart of the computer the first start is replayed from its record and is gone.
        let port = match first {
            Ok(port)
                if answers(
                    cx,
                    &State {
                        port,
                        name: request.key.clone(),
                    },
                )
                .await =>
            {
                port
            }
            Err(error) if !request.resumed => return Err(error),
            _ => start(cx, "serve-again", &config, &request.key).await?,
        };
        Ok(Self::outcome(port))
    }

    async fn observe(&self, _: &dyn Context, _: &StepRequest) -> Result<Observed> {
        Ok(Observed::Adopt)
    }

    async fn verify(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        let port = outcome
            .outputs
            .get("port")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        let state = State {
            port: u16::try_from(port).unwrap_or_default(),
            name: request.key.clone(),
        };
        if answers(cx, &state).await {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Failed,
            NOT_UP,
            format!("The site at {} does not answer.", address(state.port)),
        )
        .with_hint("Its log tells more."))
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        _: &StepRequest,
        _: &UndoRecord,
    ) -> Result<StepPreview> {
        let mut preview = words::undoes_nothing();
        match state(cx.keep()) {
            Some(running) if answers(cx, &running).await => preview.changes.push(Change {
                action: Action::Delete,
                kind: "site".into(),
                name: address(running.port),
                before: Value::Null,
                after: Value::Null,
                stateful: false,
                confidence: None,
                because: None,
            }),
            _ => preview
                .notes
                .push("The site is not up any more.".to_owned()),
        }
        Ok(preview)
    }

    async fn undo(&self, cx: &dyn Context, _: &StepRequest, _: &UndoRecord) -> Result<Outcome> {
        let home = home(cx.keep());
        if !home.is_dir() {
            return Ok(Outcome::default());
        }
        let stop = home.join(STOP);
        std::fs::write(&stop, b"").map_err(|error| place::disk(&stop, "written", &error))?;
        let Some(running) = state(cx.keep()) else {
            return Ok(Outcome::default());
        };
        for _ in 0..100 {
            if !answers(cx, &running).await {
                return Ok(Outcome::default());
            }
            if cx.is_cancelled() {
                return Err(words::cancelled("Stopping the site"));
            }
            cx.sleep(Duration::from_millis(100)).await;
        }
        Err(Error::new(
            ErrorKind::Failed,
            NOT_DOWN,
            format!("The site at {} still answers.", address(running.port)),
        )
        .with_hint("Try the undo again; the server stops as soon as it sees its stop file."))
    }

    async fn drift(&self, cx: &dyn Context, _: &StepRequest) -> Result<Drift> {
        let Some(running) = state(cx.keep()) else {
            return Ok(Drift::default());
        };
        if answers(cx, &running).await {
            return Ok(Drift::default());
        }
        Ok(Drift {
            items: vec![DriftItem {
                kind: "site".into(),
                name: address(running.port),
                expected: Value::from("up"),
                actual: Value::Null,
            }],
        })
    }
}

/// In practice the site is as real as ever: it stays on this computer.
struct Itself;

impl Simulator for Itself {
    fn speaks_http(&self) -> bool {
        false
    }

    fn process(
        &mut self,
        call: &SimulatedProcess,
        write: &mut dyn FnMut(Stream, &str),
        _pause: &mut dyn FnMut(u64) -> bool,
    ) -> SimulatedExit {
        SimulatedExit(serve(&call.args, &mut |line| write(Stream::Out, line)))
    }

    fn save(&self) -> String {
        String::new()
    }
}
