//! Which state, which version, which things: workspaces, pins, targets, replacing, drift.

use std::path::PathBuf;

use podium_connector::{Action, Connector, Context, Phase, ProcessEvent, ProcessSpec, Stop};
use podium_connector_terraform::Terraform;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, walk};
use serde_json::{Value, json};

use crate::{each, request, shop, simulated};

each!(
    a_workspace_is_named_and_the_undo_stays_in_it,
    a_thing_is_made_anew_on_request_and_says_so,
    an_address_that_nothing_has_is_told,
    targets_come_with_the_warning_of_the_tool_itself,
    where_nothing_was_changed_there_is_no_drift,
    another_version_of_the_tool_is_asked_for_with_its_place,
);

fn step(more: Value) -> podium_connector::StepRequest {
    let mut inputs = json!({"directory": "infra/shop", "variables": {"branch": "west"}});
    if let (Value::Object(inputs), Value::Object(more)) = (&mut inputs, more) {
        inputs.extend(more);
    }
    request("terraform/apply", inputs)
}

async fn a_workspace_is_named_and_the_undo_stays_in_it(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &step(json!({})))
        .await
        .expect("it runs");
    cx.begin_attempt();
    let blue = step(json!({"workspace": "blue"}));
    let walked = walk(&connector, &cx, &blue).await.expect("it runs");
    let first = &walked.preview.notes[0];
    assert_eq!(
        first,
        "This is about the Terraform workspace `blue`, which is new."
    );
    assert!(
        walked
            .preview
            .changes
            .iter()
            .all(|c| c.action == Action::Create)
    );
    cx.set_phase(Phase::Read);
    let again = connector.preview(&cx, &blue).await.expect("a preview");
    assert!(
        again
            .notes
            .contains(&"This is about the Terraform workspace `blue`.".to_owned()),
        "{:?}",
        again.notes
    );
    assert_eq!(again.changes, []);
    let workspaces = connector
        .discover(&cx, &blue, "workspaces")
        .await
        .expect("choices");
    let names: Vec<&str> = workspaces.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(names, ["blue", "default"]);
    cx.begin_attempt();
    let undo = connector
        .preview_undo(&cx, &blue, &walked.record)
        .await
        .expect("a preview");
    assert!(
        undo.notes
            .contains(&"This is about the Terraform workspace `blue`.".to_owned()),
        "{:?}",
        undo.notes
    );
    cx.set_phase(Phase::Write);
    connector
        .undo(&cx, &blue, &walked.record)
        .await
        .expect("it is taken back");
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let there = connector
        .preview(&cx, &step(json!({})))
        .await
        .expect("a preview");
    assert_eq!(there.changes, [], "the other state is untouched");
    let gone = connector.preview(&cx, &blue).await.expect("a preview");
    assert_eq!(gone.changes.len(), 2);
}

async fn a_thing_is_made_anew_on_request_and_says_so(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &step(json!({})))
        .await
        .expect("it runs");
    cx.begin_attempt();
    let anew = step(json!({"replace": ["terraform_data.page"]}));
    let walked = walk(&connector, &cx, &anew).await.expect("it runs");
    let change = &walked.preview.changes[0];
    assert_eq!(walked.preview.changes.len(), 1);
    assert_eq!(
        (change.action, change.name.as_str()),
        (Action::Replace, "terraform_data.page")
    );
    assert_eq!(change.because.as_deref(), Some("It was asked for by name."));
    assert_eq!(change.after["id"], "(known later)");
    assert_eq!(walked.preview.notes, [""; 0]);
}

async fn an_address_that_nothing_has_is_told(cx: FakeContext) {
    shop(&cx);
    cx.set_phase(Phase::Read);
    let preview = Terraform::new()
        .preview(&cx, &step(json!({"replace": ["terraform_data.paeg"]})))
        .await
        .expect("a preview");
    assert_eq!(
        preview.notes,
        [
            "Nothing is called `terraform_data.paeg`, so that nothing of it is made anew; the address may be misspelt."
        ]
    );
}

async fn targets_come_with_the_warning_of_the_tool_itself(cx: FakeContext) {
    shop(&cx);
    cx.set_phase(Phase::Read);
    let preview = Terraform::new()
        .preview(&cx, &step(json!({"targets": ["terraform_data.hosts"]})))
        .await
        .expect("a preview");
    assert_eq!(preview.changes.len(), 1);
    assert_eq!(
        preview.notes[0],
        "Only `terraform_data.hosts` and what they depend on are looked at."
    );
    let warning = &preview.notes[1];
    assert!(
        warning.starts_with(
            "Terraform warns: Resource targeting is in effect. You are creating a plan with"
        ) && warning.ends_with("requested by the current configuration."),
        "{warning}"
    );
}

async fn where_nothing_was_changed_there_is_no_drift(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &step(json!({})))
        .await
        .expect("it runs");
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let drift = connector
        .drift(&cx, &step(json!({})))
        .await
        .expect("an answer");
    assert_eq!(drift.items, []);
}

async fn another_version_of_the_tool_is_asked_for_with_its_place(cx: FakeContext) {
    // OpenTofu holds `required_version` against itself in its own files alone, which take the place of
    // Terraform's of the same name.
    for name in ["main.tf", "main.tofu"] {
        cx.write(
            &format!("net/{name}"),
            "terraform {\n  required_version = \">= 99.1, < 100\"\n}\nresource \"terraform_data\" \"a\" {\n}\n",
        );
    }
    cx.set_phase(Phase::Read);
    let asked = request("terraform/apply", json!({"directory": "net"}));
    let error = Terraform::new()
        .preview(&cx, &asked)
        .await
        .expect_err("another version");
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::MissingTool, "POD0346"),
        "{error}"
    );
    assert!(
        error.message.starts_with(
            "`net/main.tf:2:3`: `required_version` asks for another version of Terraform than 1."
        ) || error.message.starts_with(
            "`net/main.tofu:2:3`: `required_version` asks for another version of OpenTofu than 1."
        ),
        "{error}"
    );
    assert!(error.hint.expect("a hint").contains("tools: { terraform:"));
}

/// Somebody changes things behind the simulator's back.
async fn outside(cx: &FakeContext, args: &[&str]) {
    let mut all = vec!["practice-change".to_owned()];
    all.extend(args.iter().map(|&arg| arg.to_owned()));
    let tool = cx.tool(&["terraform"]).await.expect("it is played");
    let mut process = cx
        .process(ProcessSpec {
            label: format!("outside-{}", args.join("-").replace('.', "-")),
            program: tool.path,
            args: all,
            env: Vec::new(),
            directory: cx.workspace().join("infra/shop"),
            secret_files: Vec::new(),
            reads: false,
            stop: Stop::Once,
        })
        .await
        .expect("it starts");
    loop {
        if let ProcessEvent::Exited(exit) = process.next().await.expect("it goes on") {
            assert!(exit.is_success());
            return;
        }
    }
}

/// The things that the real tools have without a provider live in their state alone: nobody can change
/// them outside. How `resource_drift` of the real ones reads is checked in `podium-tfplan`.
#[tokio::test]
async fn what_was_changed_outside_is_drift_and_is_put_back() {
    let cx = simulated();
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &step(json!({})))
        .await
        .expect("it runs");
    outside(&cx, &["terraform_data.hosts", "input", "von Hand"]).await;
    outside(&cx, &["terraform_data.page"]).await;
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let drift = connector
        .drift(&cx, &step(json!({})))
        .await
        .expect("an answer");
    let names: Vec<&str> = drift.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["terraform_data.hosts", "terraform_data.page"]);
    assert_eq!(drift.items[0].expected, json!({"input": "shop-west"}));
    assert_eq!(drift.items[0].actual, json!({"input": "von Hand"}));
    assert_eq!(drift.items[1].actual, Value::Null);
    cx.set_phase(Phase::Write);
    let walked = walk(&connector, &cx, &step(json!({})))
        .await
        .expect("it runs");
    assert!(
        walked
            .preview
            .notes
            .contains(&"`terraform_data.page` was deleted outside of Terraform.".to_owned()),
        "{:?}",
        walked.preview.notes
    );
    cx.begin_attempt();
    let none = connector
        .drift(&cx, &step(json!({})))
        .await
        .expect("an answer");
    assert_eq!(none.items, []);
}

/// A provider that is never started, where the tools look beside the configuration.
fn provider(cx: &FakeContext, name: &str) {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let file: PathBuf = cx.workspace().join(format!(
        "net/terraform.d/plugins/example.com/acme/{name}/1.0.0/{system}_{machine}/terraform-provider-{name}_v1.0.0"
    ));
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    std::fs::write(&file, format!("#!/bin/sh\n# {name}\nexit 1\n")).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("set");
    }
}

fn wants(cx: &FakeContext, names: &[&str]) {
    let list: Vec<String> = names
        .iter()
        .map(|name| format!("    {name} = {{ source = \"example.com/acme/{name}\" }}\n"))
        .collect();
    cx.write(
        "net/main.tf",
        &format!(
            "terraform {{\n  required_providers {{\n{}  }}\n}}\nresource \"terraform_data\" \"a\" {{\n  input = 1\n}}\n",
            list.concat()
        ),
    );
}

/// The provider is none and cannot be started: how far it comes tells what became of the lock file.
async fn a_lock_file_is_kept_and_what_it_does_not_allow_is_told(cx: FakeContext) {
    let connector = Terraform::new();
    let folder = cx.workspace().join("net");
    let lock = folder.join(".terraform.lock.hcl");
    for name in ["toy", "other"] {
        provider(&cx, name);
    }
    wants(&cx, &["toy"]);
    // Somebody makes the folder ready and keeps the lock file.
    let tool = cx.tool(&["terraform", "tofu"]).await.expect("it is there");
    let settings = cx.private().join("empty.rc");
    std::fs::write(&settings, "").expect("written");
    let made = std::process::Command::new(tool.path)
        .args(["init", "-input=false", "-no-color"])
        .current_dir(&folder)
        .env("TF_DATA_DIR", cx.private().join("data"))
        .env("TF_CLI_CONFIG_FILE", settings)
        .env("CHECKPOINT_DISABLE", "1")
        .output()
        .expect("it runs");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let before = std::fs::read_to_string(&lock).expect("a lock file");
    assert!(before.contains("acme/toy") && !before.contains("acme/other"));

    cx.set_phase(Phase::Read);
    let keep = request("terraform/apply", json!({"directory": "net"}));
    let error = connector
        .preview(&cx, &keep)
        .await
        .expect_err("no provider");
    assert_eq!(
        error.code.as_str(),
        "POD0326",
        "the lock file is enough: {error}"
    );

    wants(&cx, &["toy", "other"]);
    cx.begin_attempt();
    let error = connector
        .preview(&cx, &keep)
        .await
        .expect_err("it would change");
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Conflict, "POD0347"),
        "{error}"
    );
    assert!(
        error
            .message
            .starts_with("`net/.terraform.lock.hcl` would have to change"),
        "{error}"
    );
    assert!(error.hint.expect("a hint").contains("lock_file: update"));
    assert_eq!(std::fs::read_to_string(&lock).expect("it is there"), before);

    cx.begin_attempt();
    let update = request(
        "terraform/apply",
        json!({"directory": "net", "lock_file": "update"}),
    );
    let error = connector
        .preview(&cx, &update)
        .await
        .expect_err("no provider");
    assert_eq!(error.code.as_str(), "POD0326", "both are chosen: {error}");
    assert_eq!(
        std::fs::read_to_string(&lock).expect("it is there"),
        before,
        "a preview leaves it as it was"
    );
}

#[tokio::test]
async fn real_terraform_keeps_a_lock_file() {
    if let Some(cx) = crate::real() {
        a_lock_file_is_kept_and_what_it_does_not_allow_is_told(cx).await;
    }
}

#[tokio::test]
async fn real_opentofu_keeps_a_lock_file() {
    if let Some(cx) = crate::opentofu() {
        a_lock_file_is_kept_and_what_it_does_not_allow_is_told(cx).await;
    }
}
