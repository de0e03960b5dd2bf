//! What the workspace wants of a tool: refused in the preview where it is not so, recorded with the run
//! where it is, and the tool is not started for it again. The tool here is a fake: a script.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::harness::{Desk, event, plain_words, tree};

/// A fake tool that says its version, and otherwise a word; each start leaves a line.
fn fake(desk: &Desk, version: &str) {
    let folder = desk.root.path().join("tools");
    let script = format!(
        "#!/bin/sh\n# A fake tool.\necho \"${{1:-run}}\" >> '{}'\n[ \"$1\" = --version ] && echo 'baker {version}' \
         || echo bread\n",
        desk.root.path().join("starts").display()
    );
    let fresh = folder.join("fresh");
    fs::write(&fresh, script).unwrap();
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(&fresh, folder.join("baker")).unwrap();
}

fn desk(wanted: &str) -> Desk {
    let desk = Desk::without_tools();
    desk.write(
        "podium.yaml",
        &format!("podium: 1\nname: One\ndefault_environment: here\ntools: {{ baker: {wanted} }}\n"),
    );
    desk.write("environments/here.yaml", "title: Here\n");
    desk.write(
        "workflows/one.yaml",
        "podium: 1\nname: One\nsteps:\n  bake:\n    uses: command/run\n    with: { program: baker }\n",
    );
    desk
}

fn starts(desk: &Desk) -> Vec<String> {
    let file = desk.root.path().join("starts");
    let text = fs::read_to_string(&file).unwrap_or_default();
    let _ = fs::remove_file(&file);
    text.lines().map(str::to_owned).collect()
}

fn check(desk: &Desk) -> Value {
    let doctor = desk.podium(&["doctor", "--json"]).json();
    let checks = doctor["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["what"] == "baker");
    found.unwrap().clone()
}

#[test]
fn a_tool_of_the_wanted_version_is_asked_once_and_recorded_with_the_run() {
    let desk = desk("\">= 1.5, < 2\"");
    fake(&desk, "1.7.3");
    let preview = desk.podium(&["preview", "one", "--json"]).expect(0).json();
    let notes = preview["steps"][0]["notes"].to_string();
    for part in ["baker", "1.7.3", ">= 1.5, < 2", "tools/baker", "sha256"] {
        assert!(notes.contains(part), "{notes}");
    }
    assert_eq!(starts(&desk), ["--version"]);
    let ran = desk
        .podium(&["run", "one", "--json", "--yes"])
        .expect(0)
        .events();
    assert_eq!(starts(&desk), ["run"], "the version is known by now");
    let intent = event(&ran, "step.intent", "bake");
    assert!(
        intent["data"]["preview"]["notes"]
            .to_string()
            .contains("1.7.3"),
        "{intent}"
    );
    let good = check(&desk);
    assert_eq!(good["state"], "good", "{good}");
    for part in ["1.7.3", ">= 1.5, < 2", "tools/baker"] {
        assert!(good["detail"].as_str().unwrap().contains(part), "{good}");
    }
    assert_eq!(starts(&desk), [""; 0]);
}

#[test]
fn a_tool_of_another_version_is_refused_in_the_preview_and_nothing_is_begun() {
    for (wanted, code) in [
        ("\">= 1.5, < 2\"".to_owned(), "POD0307"),
        (format!("{{ sha256: \"{}\" }}", "0".repeat(64)), "POD0308"),
    ] {
        let desk = desk(&wanted);
        fake(&desk, "2.0.1");
        let before = tree(&desk.workspace);
        let preview = desk.podium(&["preview", "one", "--json"]).expect(1).json();
        let problem = &preview["steps"][0]["problem"];
        plain_words(problem);
        assert_eq!(problem["code"], code, "{problem}");
        let refused = desk.podium(&["run", "one", "--json", "--yes"]).expect(5);
        refused.refused_with("POD0714");
        assert_eq!(starts(&desk), ["--version"], "it was never run");
        assert_eq!(tree(&desk.workspace), before);
        let trouble = check(&desk);
        assert_eq!(trouble["state"], "trouble", "{trouble}");
    }
}
