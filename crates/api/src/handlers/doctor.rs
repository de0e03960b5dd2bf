//! What is there and what is missing on this computer.

use std::path::Path;
use std::time::Duration;

use podium_runtime::tools;
use tokio::process::Command;

use crate::types::{Check, CheckState, Doctor, Empty, VaultView};
use crate::{ApiError, Podium};

impl Podium {
    /// What is there and what is missing on this computer.
    pub async fn doctor_get(&self, _: Empty) -> Result<Doctor, ApiError> {
        let mut checks = vec![
            self.own_programs(),
            self.journal_check().await,
            self.vault_check().await,
        ];
        let mut others = self.host.wanted_tools().all().unwrap_or_default();
        for manifest in self.host.manifests() {
            if !manifest.tools.is_empty() {
                checks.push(self.tool_check(&manifest.label, &manifest.tools).await);
                others.retain(|name, _| name != &manifest.id && !manifest.tools.contains(name));
            }
            for helper in &manifest.helpers {
                let mut check = self.tool_check(helper, std::slice::from_ref(helper)).await;
                if check.state == CheckState::Missing && !others.contains_key(helper) {
                    check.state = CheckState::Good;
                    check.detail =
                        format!("It is not installed. {} does without it.", manifest.label);
                    check.hint = None;
                }
                others.shift_remove(helper);
                checks.push(check);
            }
        }
        // What the workspace wants beside the connectors' own tools: programs of its command steps.
        for name in others.into_keys() {
            checks.push(self.tool_check(&name, std::slice::from_ref(&name)).await);
        }
        Ok(Doctor { checks })
    }

    fn own_programs(&self) -> Check {
        let missing: Vec<&str> = ["podium-run", "podium-site", "podium"]
            .into_iter()
            .filter(|name| tools::own(name).is_err())
            .collect();
        let home = self.host.home().root().display();
        if missing.is_empty() {
            check(
                "Podium",
                CheckState::Good,
                format!("It is whole; its own files are in {home}."),
                None,
            )
        } else {
            check(
                "Podium",
                CheckState::Trouble,
                format!("Programs of Podium are missing: {}.", missing.join(", ")),
                Some("Install Podium again; its programs belong into one folder."),
            )
        }
    }

    async fn journal_check(&self) -> Check {
        match self.host.journal(podium_journal::Journal::runs).await {
            Ok(runs) => check(
                "Journal",
                CheckState::Good,
                format!("It can be read and holds {} runs.", runs.len()),
                None,
            ),
            Err(error) => check(
                "Journal",
                CheckState::Trouble,
                error.message,
                error.hint.as_deref(),
            ),
        }
    }

    async fn vault_check(&self) -> Check {
        match self.vault_get(Empty {}).await {
            Ok(VaultView::Open { key }) => check(
                "Vault",
                CheckState::Good,
                format!("It is open; its key is in {key}."),
                None,
            ),
            Ok(VaultView::Locked { because, .. }) => check(
                "Vault",
                CheckState::Trouble,
                format!("It is locked: {because}"),
                Some("Steps that need a credential wait until it is open."),
            ),
            Ok(VaultView::Empty { keychain: true, .. }) => check(
                "Vault",
                CheckState::Good,
                String::from("There is none yet; the keychain of this computer can hold its key."),
                None,
            ),
            Ok(VaultView::Empty {
                keychain: false,
                because,
            }) => check(
                "Vault",
                CheckState::Missing,
                format!(
                    "There is none yet, and no keychain: {}",
                    because.unwrap_or_else(|| String::from("this computer offers none."))
                ),
                Some("Make one with a passphrase: `podium credentials add` asks for it."),
            ),
            Err(error) => check(
                "Vault",
                CheckState::Trouble,
                error.message,
                error.hint.as_deref(),
            ),
        }
    }

    async fn tool_check(&self, label: &str, names: &[String]) -> Check {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let path = std::env::var_os("PATH");
        match self.host.wanted_tools().find(&names, path.as_deref()).await {
            Ok((tool, Some(found))) => check(
                label,
                CheckState::Good,
                format!(
                    "`{}` {} is there, and this workspace wants {} ({}, sha256 {}).",
                    tool.name,
                    found.version,
                    found.wanted,
                    tool.path.display(),
                    found.sha256
                ),
                None,
            ),
            Ok((tool, None)) => match version(&tool.path).await {
                Some(version) => check(
                    label,
                    CheckState::Good,
                    format!("{version} ({})", tool.path.display()),
                    None,
                ),
                None => check(
                    label,
                    CheckState::Trouble,
                    format!("{} does not tell its version.", tool.path.display()),
                    Some("Run it by hand with `--version` to see what is wrong with it."),
                ),
            },
            Err(error) => check(
                label,
                if error.code.as_str() == "POD0301" {
                    CheckState::Missing
                } else {
                    CheckState::Trouble
                },
                error.message,
                error.hint.as_deref(),
            ),
        }
    }
}

fn check(what: &str, state: CheckState, detail: String, hint: Option<&str>) -> Check {
    Check {
        what: what.to_owned(),
        state,
        detail,
        hint: hint.map(str::to_owned),
    }
}

/// The first line of what a tool says of itself.
async fn version(program: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .env("CHECKPOINT_DISABLE", "1")
        .env_remove("TF_CLI_CONFIG_FILE")
        .kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(15), command.output())
        .await
        .ok()?
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    output
        .status
        .success()
        .then(|| line.chars().take(120).collect())
}
