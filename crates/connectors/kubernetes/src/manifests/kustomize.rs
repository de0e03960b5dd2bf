//! Kustomize folders, rendered on this computer by `kubectl kustomize`.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use podium_connector::{Context, ProcessEvent, ProcessSpec, Stop, Stream};
use podium_diagnostics::{Error, ErrorKind, Result};

use crate::errors::TOOL;

/// What the file of a folder may be called.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// How many folders were rendered since the start.
static RENDERED: AtomicU64 = AtomicU64::new(0);
/// What of the reason stands in the message, in characters.
const SHOWN: usize = 400;

fn file_of(folder: &Path) -> Option<&'static str> {
    NAMES.into_iter().find(|name| folder.join(name).is_file())
}

/// Whether a folder is one.
pub(super) fn is_one(folder: &Path) -> bool {
    file_of(folder).is_some()
}

/// The reason in Kustomize's own words, with paths as they are in the workspace.
fn reason(cx: &dyn Context, said: &str) -> String {
    let mut text = said
        .lines()
        .find_map(|line| line.strip_prefix("error: "))
        .or_else(|| said.lines().rev().find(|line| !line.trim().is_empty()))
        .unwrap_or("Kustomize gives no reason")
        .to_owned();
    let workspace = cx.workspace();
    let real = workspace.canonicalize().ok();
    for root in [real.as_deref(), Some(workspace)].into_iter().flatten() {
        let root = root.to_string_lossy();
        text = text
            .replace(&format!("{root}/"), "")
            .replace(root.as_ref(), ".");
    }
    if text.chars().count() > SHOWN {
        text = text.chars().take(SHOWN).chain(['…']).collect();
    }
    if !text.ends_with(['.', '…']) {
        text.push('.');
    }
    text
}

/// What it renders to. The result can hold Secrets: it goes through a private file and never through the
/// recorded output.
pub(super) async fn render(cx: &dyn Context, folder: &Path, shown: &str) -> Result<String> {
    let tool = cx.tool(&["kubectl"]).await?;
    let mark: String = shown
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    // A label of before would be replayed, without its file; the clock alone can stand still.
    let number = RENDERED.fetch_add(1, Ordering::Relaxed);
    let label = format!("kustomize-{mark}-{}-{number}", cx.now());
    let out = cx.private().join(format!("{label}.yaml"));
    let mut process = cx
        .process(ProcessSpec {
            label,
            program: tool.path,
            args: vec![
                "kustomize".into(),
                folder.to_string_lossy().into_owned(),
                "--output".into(),
                out.to_string_lossy().into_owned(),
            ],
            env: Vec::new(),
            directory: cx.workspace().to_path_buf(),
            secret_files: Vec::new(),
            reads: true,
            stop: Stop::Once,
        })
        .await?;
    let mut said = Vec::new();
    let exit = loop {
        match process.next().await? {
            ProcessEvent::Line {
                stream: Stream::Err,
                text,
            } => said.push(text),
            ProcessEvent::Line { .. } => {}
            ProcessEvent::Exited(exit) => break exit,
        }
    };
    let rendered = std::fs::read_to_string(&out);
    let _ = std::fs::remove_file(&out);
    if !exit.is_success() {
        let name = file_of(folder).unwrap_or(NAMES[0]);
        let said = said.join("\n");
        return Err(Error::new(
            ErrorKind::Invalid,
            TOOL,
            format!(
                "The Kustomize folder `{shown}` cannot be rendered: {}",
                reason(cx, &said)
            ),
        )
        .with_hint(format!(
            "Correct `{shown}/{name}`, or the file that the reason names."
        ))
        .with_context("file", format!("{shown}/{name}"))
        .with_source(said.chars().take(1_000).collect::<String>()));
    }
    rendered.map_err(|error| {
        Error::new(
            ErrorKind::Failed,
            TOOL,
            format!("Kustomize rendered `{shown}` to nothing."),
        )
        .with_hint("Look at its `kustomization.yaml`: it names no resources.")
        .with_source(error)
    })
}
