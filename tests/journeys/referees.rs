//! Witnesses that we did not write: vendors' own clients drive our simulators (`tests/referees`), each
//! through a story of listing, starting, watching and failing. What they cannot read, a user's script
//! could not read either.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use super::harness::Desk;

/// Where set-up put the client; `None`, said aloud, where it could not be had.
pub(crate) fn client(test: &str, id: &str) -> Option<PathBuf> {
    let name = format!("PODIUM_REFEREE_{}", id.to_uppercase());
    let found = std::env::var_os(&name).filter(|place| !place.is_empty());
    if found.is_none() {
        eprintln!("skipped: {test}: the vendor's client is not installed ({name} is not set)");
    }
    found.map(PathBuf::from)
}

/// Serves the simulators and lets the program of `tests/referees` judge the first one.
fn judged(test: &str, connectors: &[&str], program: &str, id: &str) {
    let Some(place) = client(test, id) else {
        return;
    };
    let desk = Desk::without_tools();
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Practice\ndefault_environment: play\n",
    );
    desk.write("environments/play.yaml", "practice: true\n");
    let mut args = vec!["practice", "serve", "--json"];
    args.extend(connectors);
    let mut serving = desk.start(&args, "");
    let addresses: Vec<String> = connectors
        .iter()
        .map(|_| {
            let line: Value = serde_json::from_str(&serving.next().unwrap()).unwrap();
            line["address"].as_str().unwrap().to_owned()
        })
        .collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("referees")
        .join(program);
    let mut referee = if id == "node" {
        Command::new("node")
    } else {
        Command::new(place.join("bin/python"))
    };
    // Nothing of this user's settings: a client may keep files in its home.
    referee.env("HOME", desk.root.path());
    let said = referee
        .arg(&file)
        .arg(&addresses[0])
        .arg(&place)
        .output()
        .unwrap();
    serving.signal(Signal::INT);
    let told = String::from_utf8_lossy(&said.stdout);
    assert!(
        said.status.success() && told.contains("holds: "),
        "{told}\n{}",
        String::from_utf8_lossy(&said.stderr)
    );
    assert!(!told.contains("FAILS: "), "{told}");
}

#[test]
fn octopus_s_own_client_drives_our_octopus() {
    judged("Octopus", &["octopus"], "octopus_story.mjs", "node");
}

#[test]
fn the_client_of_awx_s_own_tests_drives_our_awx() {
    judged("AWX", &["awx"], "awx_story.py", "awx");
}

#[test]
fn microsoft_s_own_client_drives_our_azure_automation() {
    let connectors = ["azure-automation"];
    judged(
        "Azure Automation",
        &connectors,
        "azure_automation_story.py",
        "azure_automation",
    );
}

#[test]
fn cloudify_s_own_client_drives_our_cloudify() {
    judged("Cloudify", &["cloudify"], "cloudify_story.py", "cloudify");
}

#[test]
fn ibm_s_own_client_drives_our_schematics() {
    let connectors = ["ibm-schematics"];
    judged(
        "IBM Cloud Schematics",
        &connectors,
        "ibm_schematics_story.py",
        "ibm_schematics",
    );
}

#[test]
fn hashicorp_s_own_client_drives_our_hcp_terraform() {
    let connectors = ["hcp-terraform"];
    judged(
        "HCP Terraform",
        &connectors,
        "hcp_terraform_story.py",
        "hcp_terraform",
    );
}

#[test]
fn hpe_s_own_sdk_drives_our_morpheus() {
    judged("Morpheus", &["morpheus"], "morpheus_story.py", "morpheus");
}
