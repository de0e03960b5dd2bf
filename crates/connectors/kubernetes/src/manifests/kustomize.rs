//! Kustomize folders, rendered on this computer by `kubectl kustomize`.

use std::path::Path;

use podium_connector::{Context, ProcessEvent, ProcessSpec, Stop, Stream};
use podium_diagnostics::{Error, ErrorKind, Result};

use crate::errors::TOOL;

/// Whether a folder is one.
pub(super) fn is_one(folder: &Path) -> bool {
    ["kustomization.yaml", "kustomization.yml", "Kustomization"]
        .iter()
        .any(|name| folder.join(name).is_file())
}

/// What it renders to. The result can hold Secrets: it goes through a private file and never through the
/// recorded output.
pub(super) async fn render(cx: &dyn Context, folder: &Path, shown: &str) -> Result<String> {
    let tool = cx.tool(&["kubectl"]).await?;
    let mark: String = shown
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let label = format!("kustomize-{mark}-{}", cx.now());
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
        return Err(Error::new(
            ErrorKind::Invalid,
            TOOL,
            format!("The Kustomize folder `{shown}` cannot be rendered."),
        )
        .with_hint("Correct its `kustomization.yaml`; the reason of Kustomize is below.")
        .with_source(said.join("\n").chars().take(1_000).collect::<String>()));
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
