//! Tools of which the workspace wants a certain version or file: found, asked once, held against what is
//! wanted.
//!
//! A tool is asked for its version only where `podium.yaml` names it, and once for each file: what it said
//! is kept beside the file's place, size and times. Invariant: what cannot be read refuses; it never
//! counts as "nothing is wanted".

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use indexmap::IndexMap;
use podium_connector::Tool;
use podium_diagnostics::{Code, Error, ErrorKind, Result, reason};
use podium_model::WantedTool;
use podium_model::parse::{BAD_TOOL, parse_workspace};
use podium_model::wanted::{Requirement, ToolVersion};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;
use tokio::sync::Mutex;

use crate::home::{Home, create_private};
use crate::process::PASSED;
use crate::tools;
use crate::workspace::Folder;

/// Longest time in which a tool tells its version.
const PATIENCE: Duration = Duration::from_secs(15);
/// Most of what a tool says of itself that is read, in bytes.
const ENOUGH: u64 = 64 << 10;
/// Until a program that is being written is tried again.
const A_MOMENT: Duration = Duration::from_millis(20);

/// Finds tools as the workspace wants them.
pub struct WantedTools {
    folder: Folder,
    home: Home,
    /// What is known of files; held while one is asked, so that none is asked twice.
    known: Mutex<HashMap<PathBuf, Known>>,
}

/// What is known of a program's file, as long as its stamp is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    path: PathBuf,
    stamp: String,
    said: String,
    sha256: String,
}

/// A tool that is as the workspace wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The tool.
    pub tool: Tool,
    /// The version that it says it has.
    pub version: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
    /// What is wanted.
    pub wanted: String,
}

impl Found {
    /// All of it in one sentence, for preview and run.
    pub fn words(&self) -> String {
        format!(
            "`{}` {} is used, as this workspace wants it ({}): {}, sha256 {}.",
            self.tool.name,
            self.version,
            self.wanted,
            self.tool.path.display(),
            self.sha256
        )
    }
}

impl WantedTools {
    /// For the workspace in `folder`; what tools said is kept in `home`.
    pub fn new(folder: Folder, home: Home) -> Self {
        Self {
            folder,
            home,
            known: Mutex::default(),
        }
    }

    /// What `podium.yaml` wants at this moment.
    pub fn all(&self) -> Result<IndexMap<String, WantedTool>> {
        let Some(text) = self.folder.read("podium.yaml")? else {
            return Ok(IndexMap::new());
        };
        let parsed = parse_workspace("podium.yaml", &text.bytes);
        let wrong = parsed.diagnostics.iter().find(|diagnostic| {
            let field = diagnostic.address.field.as_deref().unwrap_or_default();
            diagnostic.is_error() && (parsed.value.is_none() || field.starts_with("/tools"))
        });
        if let Some(wrong) = wrong {
            return Err(unreadable(&wrong.detail));
        }
        Ok(parsed.value.unwrap_or_default().tools)
    }

    /// Finds the first of `names` on `path`. Where the workspace wants one of them in a certain version,
    /// only that one will do, and it is held against what is wanted.
    pub async fn find(
        &self,
        names: &[&str],
        path: Option<&OsStr>,
    ) -> Result<(Tool, Option<Found>)> {
        let all = self.all()?;
        let these: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| wanted(&all, name).is_some())
            .collect();
        if these.is_empty() {
            return Ok((tools::find(names, path, self.folder.root())?, None));
        }
        let tool = tools::find(&these, path, self.folder.root()).map_err(|mut error| {
            for wanted in these.iter().filter_map(|name| wanted(&all, name)) {
                error.message = format!(
                    "{}; this workspace wants {wanted}.",
                    error.message.trim_end_matches('.')
                );
            }
            error
        })?;
        match wanted(&all, &tool.name) {
            Some(wanted) => {
                let found = self.hold_against(&tool, wanted).await?;
                Ok((tool, Some(found)))
            }
            None => Ok((tool, None)),
        }
    }

    async fn hold_against(&self, tool: &Tool, wanted: &WantedTool) -> Result<Found> {
        let known = self.known(tool).await?;
        let version = ToolVersion::find(&known.said);
        if let Some(text) = wanted.version() {
            let requirement = Requirement::parse(text).map_err(|why| unreadable(&why))?;
            let Some(version) = &version else {
                return Err(tells_no_version(tool, "what it says holds no version"));
            };
            if !requirement.admits(version) {
                return Err(refused(
                    "POD0307",
                    format!(
                        "`{}` has version {version} ({}); this workspace wants {text}.",
                        tool.name,
                        tool.path.display()
                    ),
                    "Unpack a version that fits into a folder of your own and put that folder first on \
                     PATH; no administrator rights are needed.",
                ));
            }
        }
        let sums = wanted.checksums();
        if !sums.is_empty() && !sums.contains(&known.sha256) {
            return Err(refused(
                "POD0308",
                format!(
                    "`{}` ({}) is another file than this workspace wants: its SHA-256 is {}, wanted is {}.",
                    tool.name,
                    tool.path.display(),
                    known.sha256,
                    sums.join(" or ")
                ),
                "Take the file from its maker again, into a folder of your own that stands first on PATH; \
                 no administrator rights are needed.",
            ));
        }
        Ok(Found {
            tool: tool.clone(),
            version: version.map_or_else(
                || String::from("(version not told)"),
                |version| version.to_string(),
            ),
            sha256: known.sha256,
            wanted: wanted.to_string(),
        })
    }

    /// What is known of a tool's file; it is asked where nothing is known, or the file is another one.
    async fn known(&self, tool: &Tool) -> Result<Known> {
        let mut all = self.known.lock().await;
        let stamp = stamp(&tool.path)?;
        let fits = |known: &Known| known.path == tool.path && known.stamp == stamp;
        if let Some(known) = all.get(&tool.path).filter(|known| fits(known)) {
            return Ok(known.clone());
        }
        let file = self.home.tool(&tool.path);
        let kept = std::fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Known>(&bytes).ok())
            .filter(|known| fits(known));
        let known = if let Some(known) = kept {
            known
        } else {
            let known = Known {
                path: tool.path.clone(),
                said: ask(tool, self.home.root()).await?,
                sha256: sum(&tool.path).await?,
                stamp,
            };
            // Lost, it is asked again; that is no reason to stop.
            if let Err(error) = keep(&file, &known) {
                tracing::warn!(%error, "what a tool said of itself could not be kept");
            }
            known
        };
        all.insert(tool.path.clone(), known.clone());
        Ok(known)
    }
}

/// What is wanted of a tool: by its name, and for Ansible's programs by that of Ansible. ansible-runner is
/// none of these: its versions are its own.
fn wanted<'a>(all: &'a IndexMap<String, WantedTool>, name: &str) -> Option<&'a WantedTool> {
    let of_ansible =
        || (name.starts_with("ansible-") && name != "ansible-runner").then(|| all.get("ansible"));
    all.get(name).or_else(|| of_ansible().flatten())
}

/// The words with which a program is asked for its version.
fn question(name: &str) -> &'static [&'static str] {
    match name {
        "kubectl" => &["version", "--client"],
        "helm" | "go" => &["version"],
        _ => &["--version"],
    }
}

/// What a tool says of its version; it runs in Podium's own folder, without the credentials of anybody.
async fn ask(tool: &Tool, folder: &Path) -> Result<String> {
    tokio::time::timeout(PATIENCE, ask_patiently(tool, folder))
        .await
        .map_err(|_| tells_no_version(tool, "it did not answer within 15 seconds"))?
}

async fn ask_patiently(tool: &Tool, folder: &Path) -> Result<String> {
    let trouble = |error: std::io::Error| tells_no_version(tool, &reason(&error));
    let mut command = tokio::process::Command::new(&tool.path);
    command
        .args(question(&tool.name))
        .current_dir(folder)
        .env_clear()
        .envs(
            PASSED
                .iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        )
        .env("CHECKPOINT_DISABLE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = loop {
        match command.spawn() {
            // It is being written at this very moment.
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                tokio::time::sleep(A_MOMENT).await;
            }
            started => break started.map_err(trouble)?,
        }
    };
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (out, err) = tokio::join!(heard(out), heard(err));
    let status = child.wait().await.map_err(trouble)?;
    if !status.success() {
        return Err(tells_no_version(tool, "it ended with an error"));
    }
    Ok(if ToolVersion::find(&out).is_some() {
        out
    } else {
        err
    })
}

/// The beginning of what is said; all of it is listened to, so that nobody waits for a listener.
async fn heard(stream: Option<impl tokio::io::AsyncRead + Unpin>) -> String {
    let Some(mut stream) = stream else {
        return String::new();
    };
    let mut bytes = Vec::new();
    let _ = (&mut stream).take(ENOUGH).read_to_end(&mut bytes).await;
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Changes when the file does: size, times, and on Unix the file itself, links followed.
fn stamp(path: &Path) -> Result<String> {
    let meta = path
        .metadata()
        .map_err(|error| crate::home::storage(path, &error))?;
    let changed = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |time| time.as_nanos());
    #[cfg(unix)]
    let own = {
        use std::os::unix::fs::MetadataExt as _;
        format!(
            "{}-{}-{}-{}",
            meta.dev(),
            meta.ino(),
            meta.ctime(),
            meta.ctime_nsec()
        )
    };
    #[cfg(not(unix))]
    let own = "";
    Ok(format!("{}-{changed}-{own}", meta.len()))
}

async fn sum(path: &Path) -> Result<String> {
    let (path, whose) = (path.to_path_buf(), path.to_path_buf());
    let hashed = tokio::task::spawn_blocking(move || {
        use std::fmt::Write as _;
        let mut file =
            std::fs::File::open(&path).map_err(|error| crate::home::storage(&path, &error))?;
        let mut hash = Sha256::new();
        let mut part = vec![0_u8; 1 << 16];
        loop {
            match file.read(&mut part) {
                Ok(0) => break,
                Ok(count) => hash.update(&part[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(crate::home::storage(&path, &error)),
            }
        }
        let mut text = String::new();
        for byte in hash.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        Ok(text)
    });
    hashed
        .await
        .map_err(|panic| crate::home::storage(&whose, &std::io::Error::other(panic)))?
}

fn keep(file: &Path, known: &Known) -> Result<()> {
    let trouble = |error: std::io::Error| crate::home::storage(file, &error);
    if let Some(folder) = file.parent() {
        create_private(folder)?;
    }
    let text = serde_json::to_vec(known).map_err(|error| trouble(error.into()))?;
    let fresh = file.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&fresh, text).map_err(trouble)?;
    std::fs::rename(&fresh, file).map_err(trouble)
}

fn refused(code: &'static str, message: String, hint: &str) -> Error {
    Error::new(ErrorKind::MissingTool, Code::new(code), message).with_hint(format!(
        "{hint} Or change `tools` in podium.yaml. `podium doctor` shows what is wanted and found."
    ))
}

fn tells_no_version(tool: &Tool, why: &str) -> Error {
    refused(
        "POD0309",
        format!(
            "`{}` ({}) does not tell its version: {}.",
            tool.name,
            tool.path.display(),
            why.trim_end_matches('.')
        ),
        &format!(
            "Run `{} {}` by hand to see what is wrong with it.",
            tool.name,
            question(&tool.name).join(" ")
        ),
    )
}

fn unreadable(why: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        BAD_TOOL,
        format!(
            "It cannot be read which tools this workspace wants: {}.",
            why.trim_end_matches('.')
        ),
    )
    .with_hint("Correct `tools` in podium.yaml, for example `terraform: \">= 1.5, < 2\"`.")
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
