use podium_connector::{Connector, Observed, Phase};
use podium_connector_terraform::Terraform;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, walk};
use serde_json::json;

use crate::{apply, each, request, shop};

each!(
    an_apply_tells_each_thing_and_gives_its_outputs,
    a_resumed_apply_replays_and_does_nothing_twice,
    an_apply_that_fails_says_how_far_it_came,
    a_cancelled_apply_stops_gently_and_says_what_was_done,
    a_lost_apply_is_unknown_and_tells_where_to_look,
    a_secret_is_in_no_argument_no_environment_and_no_log,
    variables_reach_the_tool_with_their_types,
    what_was_observed_follows_from_the_mark,
);

async fn an_apply_tells_each_thing_and_gives_its_outputs(cx: FakeContext) {
    shop(&cx);
    let walked = walk(&Terraform::new(), &cx, &apply("west"))
        .await
        .expect("it runs");
    assert_eq!(walked.outcome.outputs["hosts"], json!(["a.west", "b.west"]));
    assert_eq!(walked.outcome.outputs["name"], "shop-west");
    assert_eq!(walked.outcome.hidden, ["secret"]);
    let made: Vec<&str> = walked
        .outcome
        .made
        .iter()
        .map(|m| m.name.as_str())
        .collect();
    assert_eq!(made, ["terraform_data.hosts", "terraform_data.page"]);
    let words: Vec<String> = cx.records().progress.into_iter().map(|p| p.words).collect();
    assert_eq!(
        words,
        [
            "Carrying out the approved plan",
            "Creating `terraform_data.hosts`",
            "Created `terraform_data.hosts`",
            "Creating `terraform_data.page`",
            "Created `terraform_data.page`",
        ]
    );
    let last = cx.records().progress.pop().expect("progress");
    assert_eq!(last.done, Some((2, 2)));
}

async fn a_resumed_apply_replays_and_does_nothing_twice(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    let first = walk(&connector, &cx, &apply("west"))
        .await
        .expect("it runs");
    let started = cx.records().started.len();
    let mut again = apply("west");
    again.resumed = true;
    let second = connector.run(&cx, &again).await.expect("it replays");
    assert_eq!(first.outcome, second);
    let fresh = cx.records().started[started..].to_vec();
    assert!(
        fresh.iter().all(|label| label.contains("state")),
        "{fresh:?}"
    );
}

const FAILING: &str = r#"
resource "terraform_data" "first" {
  input = 1
}
resource "terraform_data" "second" {
  input = terraform_data.first.output
  provisioner "local-exec" {
    command = "echo going wrong; exit 3"
  }
}
resource "terraform_data" "third" {
  input = terraform_data.second.output
}
"#;

async fn an_apply_that_fails_says_how_far_it_came(cx: FakeContext) {
    cx.write("net/main.tf", FAILING);
    let request = request("terraform/apply", json!({"directory": "net"}));
    let error = walk(&Terraform::new(), &cx, &request)
        .await
        .expect_err("it fails");
    assert_eq!(error.code.as_str(), "POD0325");
    assert_eq!(error.kind, ErrorKind::Failed);
    assert!(
        error
            .message
            .contains("1 of 3 changes are done; `terraform_data.second` may be there in part."),
        "{error}"
    );
    assert!(error.hint.expect("a hint").contains("undo"));
}

const SLOW: &str = r#"
resource "terraform_data" "first" {
  input = 1
}
resource "terraform_data" "slow" {
  input = terraform_data.first.output
  provisioner "local-exec" {
    command = "echo started slowly; exec sleep 30"
  }
}
"#;

async fn a_cancelled_apply_stops_gently_and_says_what_was_done(cx: FakeContext) {
    cx.write("net/main.tf", SLOW);
    cx.cancel_on("(local-exec): started slowly");
    let request = request("terraform/apply", json!({"directory": "net"}));
    let connector = Terraform::new();
    let error = walk(&connector, &cx, &request).await.expect_err("it stops");
    assert_eq!(error.kind, ErrorKind::Cancelled, "{error}");
    assert_eq!(
        error.message,
        "Stopped on request. 1 of 2 changes are done; `terraform_data.slow` may be there in part."
    );
    let still = connector.cancelled(&cx, &request).await.expect("an answer");
    assert!(still.what.is_empty());
}

async fn a_lost_apply_is_unknown_and_tells_where_to_look(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &apply("west"))
        .await
        .expect("it runs");
    cx.lose("apply");
    let mut again = apply("west");
    again.resumed = true;
    let error = connector.run(&cx, &again).await.expect_err("nobody saw it");
    assert_eq!(error.kind, ErrorKind::Unknown);
    assert!(error.message.contains("2 were added"), "{error}");
}

async fn a_secret_is_in_no_argument_no_environment_and_no_log(cx: FakeContext) {
    const CANARY: &str = "canary-9f8e7d6c5b4a";
    let cx = cx
        .with_credential("secrets.token", "secret", &[], &[("value", CANARY)])
        .with_credential(
            "aws",
            "aws",
            &[("access_key_id", "AKIATEST"), ("region", "eu-central-1")],
            &[("secret_access_key", "another-canary-1234567")],
        );
    shop(&cx);
    let walked = walk(&Terraform::new(), &cx, &apply("west"))
        .await
        .expect("it runs");
    assert_eq!(
        walked.preview.notes,
        [
            "The value of the secret `token` will stand in Terraform's state. Declare the variable `ephemeral` to keep it out."
        ]
    );
    let records = cx.records();
    let seen = format!(
        "{:?} {:?} {:?} {:?} {walked:?}",
        records.arguments, records.environments, records.log, records.progress
    );
    assert!(!seen.contains(CANARY) && !seen.contains("another-canary"));
    assert!(
        records.environments[0]
            .iter()
            .any(|(n, _)| n == "AWS_SHARED_CREDENTIALS_FILE")
    );
    // The plan in the private folder and Terraform's own state may hold it; no file of ours does.
    for file in cx.all_files() {
        let name = file.to_string_lossy().into_owned();
        if name.ends_with(".tfplan") || name.contains(".tfstate") {
            continue;
        }
        let content = std::fs::read(&file).expect("a file");
        let content = String::from_utf8_lossy(&content).into_owned();
        assert!(!content.contains(CANARY), "{name}");
    }
}

async fn variables_reach_the_tool_with_their_types(cx: FakeContext) {
    cx.write(
        "net/main.tf",
        r#"
variable "list" {
  type = list(string)
}
variable "map" {
}
variable "count_of" {
  type = number
}
output "list" {
  value = var.list
}
output "map" {
  value = var.map
}
output "count_of" {
  value = var.count_of
}
"#,
    );
    let given =
        json!({"list": ["ä", "quote\" and ${nothing}"], "map": {"deep": [1, true]}, "count_of": 7});
    let request = request(
        "terraform/apply",
        json!({"directory": "net", "variables": given}),
    );
    let walked = walk(&Terraform::new(), &cx, &request)
        .await
        .expect("it runs");
    assert_eq!(serde_json::Value::Object(walked.outcome.outputs), given);
}

async fn what_was_observed_follows_from_the_mark(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    let request = apply("west");
    cx.set_phase(Phase::Read);
    let before = connector.observe(&cx, &request).await.expect("an answer");
    assert_eq!(before, Observed::NeverStarted);
    walk(&connector, &cx, &request).await.expect("it runs");
    cx.set_phase(Phase::Read);
    let after = connector.observe(&cx, &request).await.expect("an answer");
    assert_eq!(after, Observed::Adopt);
}
