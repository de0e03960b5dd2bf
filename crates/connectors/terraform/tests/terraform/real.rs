//! What only the real Terraform can show.

use std::process::Command;

use podium_connector::{Connector, Context, Phase};
use podium_connector_terraform::Terraform;
use podium_diagnostics::ErrorKind;
use podium_testkit::walk;
use serde_json::json;

use crate::{apply, real, request, shop};

#[tokio::test]
async fn real_terraform_itself_sees_what_was_made_and_taken_back() {
    let Some(cx) = real() else { return };
    shop(&cx);
    let connector = Terraform::new();
    let walked = walk(&connector, &cx, &apply("west"))
        .await
        .expect("it runs");
    assert_eq!(
        cx.workspace_files(),
        ["infra/shop/main.tf", "infra/shop/terraform.tfstate"]
    );
    let list = || {
        let tool = podium_testkit::peers(&["terraform"]).expect("it is there");
        let empty = cx.private().join("empty.rc");
        std::fs::write(&empty, "").expect("written");
        let output = Command::new(tool.join("bin/terraform"))
            .args(["state", "list"])
            .current_dir(cx.workspace().join("infra/shop"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_CLI_CONFIG_FILE", empty)
            .output()
            .expect("it runs");
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(list(), "terraform_data.hosts\nterraform_data.page\n");
    cx.begin_attempt();
    connector
        .preview_undo(&cx, &apply("west"), &walked.record)
        .await
        .expect("a preview");
    connector
        .undo(&cx, &apply("west"), &walked.record)
        .await
        .expect("it is taken back");
    assert_eq!(list(), "");
}

#[tokio::test]
async fn real_terraform_killed_in_the_middle_is_unknown_and_can_be_undone() {
    let Some(cx) = real() else { return };
    cx.write(
        "net/main.tf",
        "resource \"terraform_data\" \"a\" {\n  input = 1\n}\nresource \"terraform_data\" \"b\" {\n  input = terraform_data.a.output\n  provisioner \"local-exec\" {\n    command = \"echo now; exec sleep 30\"\n  }\n}\n",
    );
    cx.kill_on("(local-exec): now");
    let connector = Terraform::new();
    let request = request("terraform/apply", json!({"directory": "net"}));
    cx.set_phase(Phase::Read);
    let preview = connector.preview(&cx, &request).await.expect("a preview");
    let record = connector
        .prepare(&cx, &request, &preview)
        .await
        .expect("a record");
    cx.set_phase(Phase::Write);
    let error = connector
        .run(&cx, &request)
        .await
        .expect_err("it was killed");
    assert_eq!(error.kind, ErrorKind::Unknown);
    assert!(
        error
            .message
            .contains("`terraform_data.b` may be there in part"),
        "{error}"
    );
    cx.begin_attempt();
    connector
        .preview_undo(&cx, &request, &record)
        .await
        .expect("a preview");
    connector
        .undo(&cx, &request, &record)
        .await
        .expect("it is cleaned up");
    let state = std::fs::read_to_string(cx.workspace().join("net/terraform.tfstate"));
    let state: serde_json::Value = serde_json::from_str(&state.expect("a state")).expect("JSON");
    assert_eq!(state["resources"], json!([]));
}

#[tokio::test]
async fn real_terraform_keeps_an_ephemeral_secret_out_of_plan_and_state() {
    const CANARY: &str = "canary-1a2b3c4d5e6f";
    let Some(cx) = real() else { return };
    let cx = cx.with_credential("secrets.key", "secret", &[], &[("value", CANARY)]);
    cx.write(
        "net/main.tf",
        "variable \"key\" {\n  type      = string\n  ephemeral = true\n}\nresource \"terraform_data\" \"a\" {\n  input = 1\n}\n",
    );
    let request = request("terraform/apply", json!({"directory": "net"}));
    let walked = walk(&Terraform::new(), &cx, &request)
        .await
        .expect("it runs");
    assert_eq!(walked.preview.notes, [""; 0]);
    for file in cx.all_files() {
        let content = std::fs::read(&file).expect("a file");
        assert!(
            !String::from_utf8_lossy(&content).contains(CANARY),
            "{file:?}"
        );
    }
}

#[tokio::test]
async fn real_terraform_says_who_holds_the_lock() {
    let Some(cx) = real() else { return };
    cx.write(
        "net/main.tf",
        "resource \"terraform_data\" \"a\" {\n  provisioner \"local-exec\" {\n    command = \"while [ ! -e go ]; do sleep 0.05; done\"\n  }\n}\n",
    );
    let connector = Terraform::new();
    let request = |step: &str| {
        let mut request = request(
            "terraform/apply",
            json!({"directory": "net", "lock_timeout": "0s"}),
        );
        request.step = step.parse().expect("a step id");
        request
    };
    let first = request("first");
    connector.preview(&cx, &first).await.expect("a preview");
    let running = connector.run(&cx, &first);
    let second = async {
        while !cx
            .records()
            .progress
            .iter()
            .any(|p| p.words.starts_with("Creating"))
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        // Another run, with the private folder and the labels of its own.
        let other = podium_testkit::FakeContext::real().with_tools_in(
            podium_testkit::peers(&["terraform"])
                .expect("there")
                .join("bin"),
        );
        let link = other.workspace().join("net");
        std::fs::create_dir_all(&link).expect("made");
        for file in ["main.tf", ".terraform.tfstate.lock.info"] {
            std::fs::copy(cx.workspace().join("net").join(file), link.join(file)).expect("copied");
        }
        std::fs::hard_link(
            cx.workspace().join("net/terraform.tfstate"),
            link.join("terraform.tfstate"),
        )
        .expect("the same state");
        connector
            .preview(&other, &request("second"))
            .await
            .expect("a preview");
        let answer = connector.run(&other, &request("second")).await;
        cx.write("net/go", "");
        answer
    };
    let both = async { tokio::join!(running, second) };
    let (first, second) = tokio::time::timeout(std::time::Duration::from_secs(60), both)
        .await
        .expect("both end");
    first.expect("the first has the lock");
    let error = second.expect_err("the second has not");
    assert_eq!(error.code.as_str(), "POD0337", "{error}");
    assert!(error.message.contains("is applying, since"), "{error}");
    assert!(error.hint.expect("a hint").contains("force-unlock"));
}
