//! Calls of `helm` as values. What it prints can hold the values of Secrets: it goes through private files
//! and never through the recorded output.

use std::path::PathBuf;

use base64::Engine as _;
use podium_connector::{
    Context, LogLevel, LogLine, Mode, ProcessEvent, ProcessSpec, SecretFile, Stop, Stream, inside,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_secret::Secret;
use serde_json::{Value, json};

use crate::client::Cluster;
use crate::config::Helm as Config;
use crate::errors::{self, TOOL};
use crate::manifests;
use crate::object::text;

/// One release, as a process of the tool sees it.
pub(crate) struct Session<'a> {
    pub(crate) cx: &'a dyn Context,
    pub(crate) cluster: Cluster<'a>,
    pub(crate) config: Config,
    pub(crate) namespace: String,
    program: PathBuf,
    prefix: &'static str,
}

/// What came of a call.
pub(crate) struct Said {
    pub(crate) well: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl<'a> Session<'a> {
    pub(crate) async fn open(
        cx: &'a dyn Context,
        config: Config,
        prefix: &'static str,
    ) -> Result<Self> {
        let program = cx.tool(&["helm"]).await?.path;
        let cluster = Cluster::open(cx).await?;
        Ok(Self {
            namespace: config
                .namespace
                .clone()
                .unwrap_or_else(|| cluster.namespace().to_owned()),
            cx,
            cluster,
            config,
            program,
            prefix,
        })
    }

    /// The login of this step and nothing else, for the tool.
    fn kubeconfig(&self) -> String {
        let (login, granted) = self.cluster.proof();
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let mut cluster = json!({ "server": login.server });
        let mut user = json!({});
        let tls = login.tls.clone().unwrap_or_default();
        if let Some(roots) = &tls.roots {
            cluster["certificate-authority-data"] = Value::from(encode(roots));
        }
        if let Some(name) = &tls.server_name {
            cluster["tls-server-name"] = Value::from(name.as_str());
        }
        if tls.insecure {
            cluster["insecure-skip-tls-verify"] = Value::Bool(true);
        }
        let token = granted
            .as_ref()
            .and_then(|granted| granted.token.as_ref())
            .or(login.token.as_ref());
        if let Some(token) = token.and_then(Secret::expose_str) {
            user["token"] = Value::from(token);
        }
        let certificate = granted
            .as_ref()
            .and_then(|granted| granted.certificate.clone().map(String::into_bytes))
            .or(tls.certificate);
        let key = granted
            .as_ref()
            .and_then(|granted| granted.key.clone())
            .or(tls.key);
        if let (Some(certificate), Some(key)) = (certificate, key) {
            user["client-certificate-data"] = Value::from(encode(&certificate));
            user["client-key-data"] = Value::from(encode(key.expose()));
        }
        for (header, value) in &login.acts_as {
            match header.as_str() {
                "impersonate-user" => user["as"] = Value::from(value.as_str()),
                "impersonate-uid" => user["as-uid"] = Value::from(value.as_str()),
                _ => {
                    let mut groups = user["as-groups"].as_array().cloned().unwrap_or_default();
                    groups.push(Value::from(value.as_str()));
                    user["as-groups"] = Value::Array(groups);
                }
            }
        }
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "podium",
            "clusters": [{"name": "podium", "cluster": cluster}], "users": [{"name": "podium", "user": user}],
            "contexts": [{"name": "podium", "context": {"cluster": "podium", "user": "podium"}}],
        })
        .to_string()
    }

    /// Calls the tool. A label that already ran in this attempt is not started again.
    pub(crate) async fn call(&self, label: &str, args: &[String], reads: bool) -> Result<Said> {
        let label = format!("{}-{label}", self.prefix);
        let real = self.cx.mode() == Mode::Real;
        if real && cfg!(not(unix)) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                TOOL,
                "Helm charts cannot be installed from this system yet.",
            )
            .with_hint("Use `kubernetes/apply` with the rendered manifests."));
        }
        let private = self.cx.private();
        let out = private.join(format!("{label}.out"));
        let mut all = Vec::new();
        let mut program = self.program.clone();
        if real {
            program = self.cx.tool(&["sh"]).await?.path;
            all.extend([
                "-c".to_owned(),
                "umask 077; out=$1; shift; exec \"$@\" >\"$out\"".to_owned(),
                "helm".to_owned(),
                out.to_string_lossy().into_owned(),
                self.program.to_string_lossy().into_owned(),
            ]);
        }
        all.extend(args.iter().cloned());
        let mut secret_files = vec![SecretFile {
            name: format!("{label}.values.json"),
            content: Secret::new(
                Value::Object(self.config.values.clone())
                    .to_string()
                    .into_bytes(),
            ),
            executable: false,
        }];
        if real {
            secret_files.push(SecretFile {
                name: format!("{label}.kubeconfig"),
                content: Secret::new(self.kubeconfig().into_bytes()),
                executable: false,
            });
        }
        let place = |name: &str| private.join(name).to_string_lossy().into_owned();
        let values = place(&format!("{label}.values.json"));
        for arg in &mut all {
            if arg == VALUES {
                arg.clone_from(&values);
            }
        }
        let cache = self.cx.cache().join("helm");
        let under = |name: &str| cache.join(name).to_string_lossy().into_owned();
        let mut process = self
            .cx
            .process(ProcessSpec {
                label: label.clone(),
                program,
                args: all,
                env: vec![
                    ("KUBECONFIG".into(), place(&format!("{label}.kubeconfig"))),
                    ("HELM_CACHE_HOME".into(), under("cache")),
                    ("HELM_CONFIG_HOME".into(), under("config")),
                    ("HELM_DATA_HOME".into(), under("data")),
                    ("HELM_NO_PLUGINS".into(), "1".into()),
                ],
                directory: self.cx.workspace().to_path_buf(),
                secret_files,
                reads,
                stop: Stop::Once,
            })
            .await?;
        let (mut printed, mut err) = (String::new(), String::new());
        let exit = loop {
            match process.next().await? {
                ProcessEvent::Line {
                    stream: Stream::Err,
                    text,
                } => {
                    if !reads {
                        self.cx.log(LogLine {
                            level: LogLevel::Info,
                            text: text.clone(),
                        });
                    }
                    err.push_str(&text);
                    err.push('\n');
                }
                ProcessEvent::Line { text, .. } => {
                    printed.push_str(&text);
                    printed.push('\n');
                }
                ProcessEvent::Exited(exit) => break exit,
            }
        };
        if real {
            printed = std::fs::read_to_string(&out).unwrap_or_default();
            let _ = std::fs::remove_file(&out);
        }
        if !exit.is_success() && self.cx.is_cancelled() {
            return Err(errors::cancelled(
                "Helm was stopped; controllers go on with what it had applied.",
            ));
        }
        Ok(Said {
            well: exit.is_success(),
            out: printed,
            err,
        })
    }

    /// The arguments of an upgrade or an installation.
    pub(crate) fn upgrade(&self, key: &str) -> Result<Vec<String>> {
        let config = &self.config;
        let mut args: Vec<String> = ["upgrade", "--install"].map(str::to_owned).to_vec();
        args.push(config.release.clone());
        args.push(self.chart()?);
        args.extend(self.place());
        for file in &config.values_files {
            let plain = inside(file).map_err(manifests::wrong)?;
            args.push("--values".into());
            args.push(
                self.cx
                    .workspace()
                    .join(plain)
                    .to_string_lossy()
                    .into_owned(),
            );
        }
        args.extend(["--values".to_owned(), VALUES.to_owned()]);
        for (name, value) in [
            ("--version", &config.version),
            ("--repo", &config.repository),
        ] {
            if let Some(value) = value {
                args.push(name.into());
                args.push(value.clone());
            }
        }
        args.extend([
            "--output".into(),
            "json".into(),
            "--description".into(),
            format!("podium {key}"),
        ]);
        Ok(args)
    }

    pub(crate) fn place(&self) -> [String; 2] {
        ["--namespace".to_owned(), self.namespace.clone()]
    }

    /// The chart as the tool takes it: a path stays inside the workspace.
    fn chart(&self) -> Result<String> {
        let chart = &self.config.chart;
        if chart.contains("://") || self.config.repository.is_some() {
            return Ok(chart.clone());
        }
        let plain = inside(chart).map_err(manifests::wrong)?;
        let path = self.cx.workspace().join(&plain);
        let real = path.canonicalize().map_err(|_| {
            Error::new(
                ErrorKind::NotFound,
                TOOL,
                format!("The chart `{chart}` is not in the workspace."),
            )
            .with_hint(
                "Name its folder, or give `repository` where the chart is a name, or `oci://…`.",
            )
        })?;
        let root = self.cx.workspace().canonicalize().unwrap_or_default();
        if !real.starts_with(root) {
            return Err(manifests::wrong(format!(
                "The chart `{chart}` leads out of the workspace."
            )));
        }
        Ok(real.to_string_lossy().into_owned())
    }

    /// Helm's own history of the release, the oldest first; empty where there is none.
    pub(crate) async fn history(&self, label: &str) -> Result<Vec<Value>> {
        let mut args = vec!["history".to_owned(), self.config.release.clone()];
        args.extend(self.place());
        args.extend([
            "--max".into(),
            "256".into(),
            "--output".into(),
            "json".into(),
        ]);
        let said = self.call(label, &args, true).await?;
        if !said.well {
            if said.err.contains("release: not found") {
                return Ok(Vec::new());
            }
            return Err(refused(&said, "The history of the release cannot be read."));
        }
        Ok(serde_json::from_str(&said.out).unwrap_or_default())
    }

    /// The objects of a revision.
    pub(crate) async fn manifest(&self, label: &str, revision: Option<i64>) -> Result<Vec<Value>> {
        let mut args = vec![
            "get".to_owned(),
            "manifest".into(),
            self.config.release.clone(),
        ];
        args.extend(self.place());
        if let Some(revision) = revision {
            args.extend(["--revision".into(), revision.to_string()]);
        }
        let said = self.call(label, &args, true).await?;
        if !said.well {
            return Err(refused(&said, "What the release holds cannot be read."));
        }
        objects(&said.out)
    }
}

/// Stands for the file of the values, whose name each call makes anew.
const VALUES: &str = "(values)";

/// The objects in a rendered text.
pub(crate) fn objects(rendered: &str) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    manifests::parse(&mut found, rendered, "the rendered chart")?;
    Ok(found.into_iter().map(|manifest| manifest.object).collect())
}

/// The error for a call that failed.
pub(crate) fn refused(said: &Said, words: &str) -> Error {
    let reason = said
        .err
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let reason: String = reason
        .trim_start_matches("Error: ")
        .chars()
        .take(1_000)
        .collect();
    let kind = if reason.contains("another operation") {
        ErrorKind::Conflict
    } else if reason.contains("timed out") || reason.contains("deadline exceeded") {
        ErrorKind::TimedOut
    } else {
        ErrorKind::Failed
    };
    Error::new(kind, TOOL, format!("{words} Helm says: {reason}"))
        .with_retry(podium_diagnostics::Retry::Permanent)
        .with_hint("Mend what Helm says; `helm history` tells what became of each revision.")
}

/// The revision that runs: the newest one that was deployed.
pub(crate) fn deployed(history: &[Value]) -> Option<i64> {
    history
        .iter()
        .rev()
        .find(|entry| text(entry, "/status") == "deployed")
        .and_then(|entry| entry["revision"].as_i64())
}
