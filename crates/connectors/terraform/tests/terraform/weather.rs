//! The weather over a Terraform that is played: it ends in its own words, late, or killed.

use podium_connector::weather::{Does, Rule, Weather};
use podium_connector::{Connector, Context, EXPLAINED, Explaining, StepRequest};
use podium_connector_terraform::Terraform;
use podium_diagnostics::{Error, ErrorKind};
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::json;
use std::sync::Arc;

/// A provider is named, so that there is something to fetch.
const FILES: &str = "terraform {\n  required_providers {\n    random = { source = \"hashicorp/random\" }\n  }\n}\n\
    resource \"terraform_data\" \"a\" {}\n";

fn step() -> StepRequest {
    RequestBuilder::new("terraform/apply", json!({ "directory": "infra" }))
        .with_defaults_of(Terraform::new().manifest())
        .build()
}

async fn meets(rule: &str) -> (FakeContext, Error) {
    let cx = FakeContext::simulated(Terraform::new().simulator(None));
    cx.write("infra/main.tf", FILES);
    cx.set_weather(Weather::from(rule.parse::<Rule>().expect("a rule")));
    let terraform = Explaining::over(Arc::new(Terraform::new()));
    let walked = walk(terraform.as_ref(), &cx, &step()).await;
    let error = walked.expect_err("the weather is bad");
    assert!(error.hint.is_some(), "{error:?}");
    (cx, error)
}

fn id(error: &Error) -> Option<&str> {
    let found = error.context.iter().find(|(name, _)| name == EXPLAINED);
    found.map(|(_, id)| id.as_str())
}

#[tokio::test]
async fn each_trouble_is_told_in_terraforms_words_and_explained() {
    let (_, error) = meets("fail:1 @plan").await;
    assert!(
        error.message.contains("locked") || error.message.contains("lock"),
        "{error}"
    );
    assert!(
        error.message.contains("somebody@another-computer"),
        "{error}"
    );
    let (_, error) = meets("refuse").await;
    assert_eq!(
        (error.kind, id(&error)),
        (ErrorKind::Unreachable, Some("terraform/provider-away"))
    );
    let (_, error) = meets("throttle").await;
    assert_eq!(id(&error), Some("terraform/provider-throttled"), "{error}");
    let (_, error) = meets("expire @plan").await;
    assert_eq!(id(&error), Some("terraform/aws-session-expired"), "{error}");
    assert_eq!(error.kind, ErrorKind::Unauthorized, "{error}");
}

#[tokio::test]
async fn a_session_that_ends_between_plan_and_apply_leaves_nothing_behind() {
    let (cx, error) = meets("expire @apply").await;
    assert_eq!(error.kind, ErrorKind::Unauthorized, "{error}");
    cx.set_weather(Weather::fair());
    let again = RequestBuilder::new("terraform/apply", json!({ "directory": "infra" }))
        .with_defaults_of(Terraform::new().manifest())
        .key("podium-try-2")
        .build();
    let walked = walk(&Terraform::new(), &cx, &again).await.unwrap();
    assert_eq!(
        walked.preview.changes.len(),
        1,
        "nothing was made the first time"
    );
}

#[tokio::test]
async fn one_that_is_killed_in_the_middle_is_told_as_such_and_what_it_made_is_seen() {
    let (cx, error) = meets("cut @apply").await;
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    assert!(error.message.contains("was killed (signal 9)"), "{error}");
    cx.set_weather(Weather::fair());
    cx.begin_attempt();
    let again = RequestBuilder::new("terraform/apply", json!({ "directory": "infra" }))
        .with_defaults_of(Terraform::new().manifest())
        .key("podium-try-2")
        .build();
    let preview = Terraform::new().preview(&cx, &again).await.unwrap();
    assert!(
        preview.changes.is_empty(),
        "it was made before the kill: {:?}",
        preview.changes
    );
}

#[tokio::test]
async fn a_slow_one_is_waited_for_and_a_question_about_the_version_meets_nothing() {
    let cx = FakeContext::simulated(Terraform::new().simulator(None));
    cx.write("infra/main.tf", FILES);
    cx.set_weather(Weather::from(Does::slow(90_000)));
    let start = cx.now();
    walk(&Terraform::new(), &cx, &step()).await.unwrap();
    let met: u32 = cx.weather().rules.iter().map(Rule::met).sum();
    assert!(met >= 2, "init, plan or apply: {met}");
    assert!(cx.now() - start >= i64::from(met) * 90_000);
}
