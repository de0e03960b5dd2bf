//! A program that logs in (an `exec` plugin): started when its last word has ended, and never with its
//! output in a log.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use podium_connector::{Context, Fingerprint, ProcessEvent, ProcessSpec, Stop, Stream};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_secret::Secret;
use serde_json::{Value, json};

use crate::errors::NO_TOKEN;
use crate::object::{list, text};

/// What programs gave, by what was asked; kept in memory until it ends.
static GRANTED: Mutex<VecDeque<(String, Granted)>> = Mutex::new(VecDeque::new());
/// How many are kept.
const KEPT: usize = 16;
/// Before it really ends, in milliseconds.
const EARLY: i64 = 30_000;

/// The program that a kubeconfig names.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    command: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    api_version: String,
    hint: String,
    /// Where a relative command starts.
    folder: Option<PathBuf>,
    /// What the program is told about the cluster, where it wants that.
    cluster: Option<Value>,
}

/// What it gave.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    pub(crate) token: Option<Secret>,
    pub(crate) certificate: Option<String>,
    pub(crate) key: Option<Secret>,
    /// Milliseconds since 1970; absent where it does not end.
    pub(crate) ends: Option<i64>,
}

fn failed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unauthorized, NO_TOKEN, message)
}

impl Program {
    pub(super) fn of(
        cx: &dyn Context,
        exec: &Value,
        folder: Option<&Path>,
        cluster: &Value,
    ) -> Result<Self> {
        let command = text(exec, "/command").to_owned();
        let path = Path::new(&command);
        if command.is_empty() || path.starts_with(cx.workspace()) {
            return Err(failed(
                "The kubeconfig names no program to log in with, or one inside the workspace.",
            )
            .with_hint("Programs are taken from this computer, never from a workspace."));
        }
        if text(exec, "/interactiveMode") == "Always" {
            return Err(failed(format!(
                "`{command}` logs in by asking a person in a terminal, which is not possible here."
            ))
            .with_hint(
                "Log in with it in a terminal first, and set `interactiveMode: IfAvailable`.",
            ));
        }
        let wants_cluster = exec["provideClusterInfo"] == Value::Bool(true);
        Ok(Self {
            args: list(exec, "/args")
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            env: list(exec, "/env")
                .iter()
                .map(|pair| (text(pair, "/name").to_owned(), text(pair, "/value").to_owned()))
                .filter(|(name, _)| !name.is_empty())
                .collect(),
            api_version: match text(exec, "/apiVersion") {
                "" => "client.authentication.k8s.io/v1",
                given => given,
            }
            .to_owned(),
            hint: text(exec, "/installHint").to_owned(),
            folder: folder.map(Path::to_path_buf),
            cluster: wants_cluster.then(|| {
                json!({
                    "server": cluster["server"],
                    "certificate-authority-data": cluster["certificate-authority-data"],
                    "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"] == Value::Bool(true),
                    "tls-server-name": cluster["tls-server-name"],
                })
            }),
            command,
        })
    }

    fn mark(&self) -> String {
        let mut mark = Fingerprint::new();
        mark.add("command", self.command.as_bytes());
        for arg in &self.args {
            mark.add("arg", arg.as_bytes());
        }
        for (name, value) in &self.env {
            mark.add(name, value.as_bytes());
        }
        let cluster = self.cluster.as_ref().map(Value::to_string);
        mark.add("cluster", cluster.unwrap_or_default().as_bytes());
        mark.finish()
    }

    /// What it gave before and what still holds, else what it gives now.
    pub(crate) async fn ask(&self, cx: &dyn Context, anew: bool) -> Result<Granted> {
        let mark = self.mark();
        if !anew {
            let known = GRANTED.lock().unwrap_or_else(PoisonError::into_inner);
            let found = known.iter().find(|(other, granted)| {
                *other == mark && granted.ends.is_none_or(|ends| ends - EARLY > cx.now())
            });
            if let Some((_, granted)) = found {
                return Ok(granted.clone());
            }
        }
        let granted = self.start(cx).await?;
        let mut known = GRANTED.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(other, _)| *other != mark);
        if known.len() >= KEPT {
            known.pop_front();
        }
        known.push_back((mark, granted.clone()));
        Ok(granted)
    }

    async fn find(&self, cx: &dyn Context) -> Result<PathBuf> {
        let path = Path::new(&self.command);
        if path.is_absolute() {
            return Ok(path.to_path_buf());
        }
        if path.components().count() > 1
            && let Some(folder) = &self.folder
        {
            return Ok(folder.join(path));
        }
        match cx.tool(&[self.command.as_str()]).await {
            Ok(tool) => Ok(tool.path),
            Err(error) if !self.hint.is_empty() => Err(error.with_hint(self.hint.clone())),
            Err(error) => Err(error),
        }
    }

    async fn start(&self, cx: &dyn Context) -> Result<Granted> {
        if cfg!(not(unix)) {
            return Err(failed(format!(
                "The kubeconfig logs in with the program `{}`, which is not possible on this system yet.",
                self.command
            ))
            .with_hint("Use a kubeconfig with a token or a client certificate."));
        }
        let program = self.find(cx).await?;
        let shell = cx.tool(&["sh"]).await?.path;
        let now = cx.now();
        let answer = cx.private().join(format!("login-{now}.json"));
        // Its output is the token: the shell keeps it out of every recording.
        let mut args = vec![
            "-c".to_owned(),
            "umask 077; out=$1; shift; exec \"$@\" >\"$out\"".to_owned(),
            "login".to_owned(),
            answer.to_string_lossy().into_owned(),
            program.to_string_lossy().into_owned(),
        ];
        args.extend(self.args.iter().cloned());
        let mut spec = json!({ "interactive": false });
        if let Some(cluster) = &self.cluster {
            spec["cluster"] = cluster.clone();
        }
        let about = json!({
            "apiVersion": self.api_version, "kind": "ExecCredential", "spec": spec,
        });
        let mut env = self.env.clone();
        env.push(("KUBERNETES_EXEC_INFO".to_owned(), about.to_string()));
        let mut process = cx
            .process(ProcessSpec {
                label: format!("login-{now}"),
                program: shell,
                args,
                env,
                directory: cx.private().to_path_buf(),
                secret_files: Vec::new(),
                reads: true,
                stop: Stop::Once,
            })
            .await?;
        let mut said = String::new();
        let exit = loop {
            match process.next().await? {
                ProcessEvent::Line {
                    stream: Stream::Err,
                    text,
                } => said = text,
                ProcessEvent::Line { .. } => {}
                ProcessEvent::Exited(exit) => break exit,
            }
        };
        let content = std::fs::read(&answer);
        let _ = std::fs::remove_file(&answer);
        if !exit.is_success() {
            let error = failed(format!(
                "`{}`, which logs in to the cluster, failed.",
                self.command
            ))
            .with_hint(if self.hint.is_empty() {
                "Start it in a terminal to see why; often a login has ended.".to_owned()
            } else {
                self.hint.clone()
            });
            return Err(if said.is_empty() {
                error
            } else {
                error.with_source(said)
            });
        }
        let unreadable = || {
            failed(format!(
                "`{}` gave no login that Kubernetes knows.",
                self.command
            ))
            .with_hint("It must print an ExecCredential of the version that the kubeconfig names.")
        };
        let content = content.map_err(|_| unreadable())?;
        let value: Value = serde_json::from_slice(&content).map_err(|_| unreadable())?;
        let status = &value["status"];
        let secret = |pointer: &str| {
            Some(text(status, pointer))
                .filter(|text| !text.is_empty())
                .map(Secret::from)
        };
        let granted = Granted {
            token: secret("/token"),
            certificate: Some(text(status, "/clientCertificateData").to_owned())
                .filter(|text| !text.is_empty()),
            key: secret("/clientKeyData"),
            ends: text(status, "/expirationTimestamp")
                .parse::<jiff::Timestamp>()
                .ok()
                .map(jiff::Timestamp::as_millisecond),
        };
        if granted.token.is_none() && granted.key.is_none() {
            return Err(unreadable());
        }
        Ok(granted)
    }
}
