//! `command/run`, with real processes.

use podium_connector::{Confidence, Connector, Phase, UndoClass};
use podium_connector_core::Command;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

fn request(inputs: Value) -> podium_connector::StepRequest {
    RequestBuilder::new("command/run", inputs)
        .with_defaults_of(Command::new().manifest())
        .build()
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_hands_on_its_lines_and_its_data() {
    let cx = FakeContext::real();
    let printf = json!({ "program": "printf", "args": ["{\"n\": %s,\n\"ü\": true}\n", 7] });
    let walked = walk(&Command::new(), &cx, &request(printf)).await.unwrap();
    assert_eq!(walked.preview.confidence, Confidence::Unknown);
    assert_eq!(walked.record.undo.class, UndoClass::Manual);
    assert!(walked.record.undo.because.is_some());
    let outputs = walked.outcome.outputs;
    assert_eq!(outputs["exit_code"], 0);
    assert_eq!(outputs["lines"], json!(["{\"n\": 7,", "\"ü\": true}"]));
    assert_eq!(outputs["json"], json!({ "n": 7, "ü": true }));
}

#[cfg(unix)]
#[tokio::test]
async fn a_secret_reaches_the_program_as_a_private_file_and_nowhere_else() {
    use std::os::unix::fs::PermissionsExt;
    let canary = "canary-7f3a-open-sesame";
    let cx =
        FakeContext::real().with_credential("secrets.db-key", "secret", &[], &[("value", canary)]);
    cx.write("scripts/use.sh", "#!/bin/sh\nstat -c %a \"$DB_KEY_FILE\"\ntest \"$(cat \"$DB_KEY_FILE\")\" = \"$1$2\" && echo same\ncat \"$DB_KEY_FILE\"\n");
    let script = podium_connector::Context::workspace(&cx).join("scripts/use.sh");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (a, b) = canary.split_at(9);
    let run = request(json!({ "program": "scripts/use.sh", "args": [a, b] }));
    let walked = walk(&Command::new(), &cx, &run).await.unwrap();
    let text = walked.outcome.outputs["text"].as_str().unwrap();
    assert_eq!(text, "600\nsame\n[hidden: secrets-db-key]");
    let records = cx.records();
    let everything = format!(
        "{:?}{:?}{:?}",
        records.arguments, records.environments, records.log
    );
    assert!(!everything.contains(canary));
    assert!(
        serde_json::to_string(&walked.preview)
            .unwrap()
            .contains("DB_KEY_FILE")
    );
    for file in cx.all_files() {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains(canary),
            "{}",
            file.display()
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_failing_command_tells_its_code_and_its_last_words() {
    let cx = FakeContext::real();
    let sh = |accept: Value| {
        request(
            json!({ "program": "sh", "args": ["-c", "echo no room >&2; exit 3"], "accept": accept }),
        )
    };
    let error = walk(&Command::new(), &cx, &sh(json!([0])))
        .await
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0321");
    assert_eq!(
        error.message,
        "`sh` ended with exit code 3. It said last: no room"
    );
    let walked = walk(&Command::new(), &cx, &sh(json!([0, 3])))
        .await
        .unwrap();
    assert_eq!(walked.outcome.outputs["exit_code"], 3);
}

#[cfg(unix)]
#[tokio::test]
async fn undo_runs_the_program_that_the_step_names() {
    let cx = FakeContext::real();
    let touch = request(json!({
        "program": "touch", "args": ["a file"], "undo_program": "rm", "undo_args": ["a file"],
    }));
    let command = Command::new();
    let walked = walk(&command, &cx, &touch).await.unwrap();
    assert_eq!(walked.record.undo.class, UndoClass::Restore);
    assert_eq!(cx.workspace_files(), ["a file"]);
    let preview = command
        .preview_undo(&cx, &touch, &walked.record)
        .await
        .unwrap();
    assert_eq!(preview.changes[0].name, "rm \"a file\"");
    cx.begin_attempt();
    command.undo(&cx, &touch, &walked.record).await.unwrap();
    assert!(cx.workspace_files().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn cancelling_stops_the_program_gently() {
    let cx = FakeContext::real();
    cx.cancel_on("ready");
    let run = request(json!({ "program": "sh", "args": ["-c", "echo ready; exec sleep 20"] }));
    let error = Command::new().run(&cx, &run).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
}

#[cfg(unix)]
#[tokio::test]
async fn after_a_crash_the_program_is_not_started_twice() {
    let cx = FakeContext::real();
    let run = request(json!({ "program": "sh", "args": ["-c", "echo x >> count; echo done"] }));
    let command = Command::new();
    let first = command.run(&cx, &run).await.unwrap();
    let mut resumed = run.clone();
    resumed.resumed = true;
    let second = command.run(&cx, &resumed).await.unwrap();
    assert_eq!(first.outputs, second.outputs);
    let workspace = podium_connector::Context::workspace(&cx).join("count");
    assert_eq!(std::fs::read_to_string(workspace).unwrap(), "x\n");
}

#[tokio::test]
async fn a_missing_program_is_told_by_the_preview() {
    let cx = FakeContext::real();
    cx.set_phase(Phase::Read);
    let run = request(json!({ "program": "no-such-program-anywhere" }));
    let error = Command::new().preview(&cx, &run).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::MissingTool);
}

#[tokio::test]
async fn in_practice_nothing_is_started() {
    let command = Command::new();
    let cx = FakeContext::simulated(command.simulator(None));
    let rm = request(json!({ "program": "/bin/rm", "args": ["-rf", "a b"] }));
    let walked = walk(&command, &cx, &rm).await.unwrap();
    assert_eq!(
        walked.outcome.outputs["text"],
        "Practice: `rm -rf \"a b\"` was not run."
    );
}

#[test]
fn a_folder_or_program_outside_and_a_whole_line_are_told() {
    for (inputs, field, fatal) in [
        (
            json!({ "program": "ls", "directory": "../x" }),
            "/directory",
            true,
        ),
        (
            json!({ "program": "ls", "directory": "/etc" }),
            "/directory",
            true,
        ),
        (json!({ "program": "../run.sh" }), "/program", true),
        (json!({ "program": "ls -la" }), "/program", false),
        (
            json!({ "program": "ls", "env": { "A=B": "x" } }),
            "/env",
            true,
        ),
    ] {
        let problems = Command::new().validate(&request(inputs.clone()));
        assert_eq!(problems.len(), 1, "{inputs}");
        assert_eq!(
            (problems[0].field.as_str(), problems[0].fatal),
            (field, fatal)
        );
    }
    assert!(
        Command::new()
            .validate(&request(json!({ "program": "ls" })))
            .is_empty()
    );
}
