//! What exists: connectors, tools.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use podium_api::connector::{SimulatedProcess, Stream, Support, Verb};
use podium_api::runtime::{Home, Host, reason};
use podium_api::types::{CheckState, Empty};
use podium_api::{ApiError, Podium};
use serde_json::Value;

use crate::output::invalid;
use crate::{exit, output};

/// `podium connectors`
pub(crate) async fn connectors(
    podium: &Podium,
    name: Option<&str>,
    json: bool,
) -> Result<u8, ApiError> {
    let mut manifests = podium.connector_list(Empty {}).await?;
    if let Some(name) = name {
        manifests.retain(|manifest| manifest.id == name);
        if manifests.is_empty() {
            return Err(invalid(
                "POD0803",
                format!("There is no connector `{name}`."),
                "`podium connectors` lists them.",
            ));
        }
    }
    if json {
        output::json(&manifests);
        return Ok(exit::SUCCEEDED);
    }
    for manifest in &manifests {
        output::line(&format!(
            "{} ({}): {}",
            manifest.label, manifest.id, manifest.summary
        ));
        for operation in &manifest.operations {
            output::line(&format!("  {}  {}", operation.name, operation.title));
            if name.is_none() {
                continue;
            }
            for verb in Verb::ALL {
                let word = serde_json::to_value(verb).ok();
                let word = word.as_ref().and_then(Value::as_str).unwrap_or_default();
                match operation.capability.get(verb) {
                    Support::Yes => output::line(&format!("    {word}: yes")),
                    Support::Partly { because } => {
                        output::line(&format!("    {word}: partly, because {because}"));
                    }
                    Support::No { because } => {
                        output::line(&format!("    {word}: not possible, because {because}"));
                    }
                }
            }
        }
    }
    Ok(exit::SUCCEEDED)
}

/// `podium doctor`
pub(crate) async fn doctor(podium: &Podium, json: bool) -> Result<u8, ApiError> {
    let doctor = podium.doctor_get(Empty {}).await?;
    let well = doctor
        .checks
        .iter()
        .all(|check| check.state == CheckState::Good);
    if json {
        output::json(&doctor);
    }
    for check in doctor.checks.iter().filter(|_| !json) {
        let mark = match check.state {
            CheckState::Good => "✓",
            CheckState::Missing => "–",
            CheckState::Trouble => "✗",
        };
        output::line(&format!("{mark} {}: {}", check.what, check.detail));
        if let Some(hint) = &check.hint {
            output::line(&format!("    {hint}"));
        }
    }
    Ok(if well { exit::SUCCEEDED } else { exit::FAILED })
}

/// `podium simulate`: plays a tool. An interrupt asks the simulator to stop gently, as the tool would.
pub(crate) fn simulate(connector: &str, tool: &str, args: Vec<String>) -> Result<u8, ApiError> {
    static STOPPED: AtomicBool = AtomicBool::new(false);
    tokio::spawn(async {
        let _ = tokio::signal::ctrl_c().await;
        STOPPED.store(true, Ordering::Relaxed);
    });
    let connector = podium_api::connector_named(connector)?;
    let directory = std::env::current_dir().map_err(|error| {
        invalid(
            "POD0822",
            format!(
                "The folder of the simulated tool is gone: {}.",
                reason(&error)
            ),
            "Start again.",
        )
    })?;
    let call = SimulatedProcess {
        program: tool.to_owned(),
        args,
        env: std::env::vars().collect(),
        directory,
    };
    let mut write = |stream: Stream, text: &str| {
        let _ = match stream {
            Stream::Out => writeln!(std::io::stdout(), "{text}"),
            Stream::Err => writeln!(std::io::stderr(), "{text}"),
        };
    };
    let mut pause = |millis: u64| {
        let mut left = millis;
        while left > 0 && !STOPPED.load(Ordering::Relaxed) {
            let slice = left.min(20);
            std::thread::sleep(Duration::from_millis(slice));
            left -= slice;
        }
        !STOPPED.load(Ordering::Relaxed)
    };
    let home = Home::of_user()?;
    let code = Host::play(&home, &connector, &call, &mut write, &mut pause)?;
    Ok(u8::try_from(code.0).unwrap_or(exit::FAILED))
}
