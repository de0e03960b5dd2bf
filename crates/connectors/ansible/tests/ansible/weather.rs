//! The weather over an Ansible that is played: hosts that do not answer, a login that has ended, a full disk.

use podium_connector::weather::{Rule, Weather};
use podium_connector::{Connector, Explaining};
use podium_connector_ansible::Ansible;
use podium_diagnostics::Error;
use podium_testkit::{FakeContext, walk};
use serde_json::json;
use std::sync::Arc;

use crate::{play, shop};

async fn meets(rule: &str) -> (FakeContext, Error) {
    let cx = FakeContext::simulated(Ansible::new().simulator(None));
    shop(&cx);
    // The preview lists and checks; what is played in earnest is what meets it.
    let ansible = Explaining::over(Arc::new(Ansible::new()));
    cx.set_weather(Weather::from(rule.parse::<Rule>().expect("a rule")));
    let ran = ansible.run(&cx, &play(&cx, json!({}))).await;
    let error = ran.expect_err("the weather is bad");
    (cx, error)
}

#[tokio::test]
async fn hosts_that_do_not_answer_are_named_with_the_words_of_ssh() {
    let (cx, error) = meets("refuse").await;
    assert!(error.message.contains("could not be reached"), "{error}");
    assert!(error.message.contains("Connection timed out"), "{error}");
    cx.set_weather(Weather::fair());
    let walked = walk(&Ansible::new(), &cx, &play(&cx, json!({}))).await;
    assert!(
        walked.is_ok() || cx.records().progress.len() > 1,
        "fair again: {walked:?}"
    );
}

#[tokio::test]
async fn a_login_that_has_ended_is_told_and_explained() {
    let (_, error) = meets("expire").await;
    assert!(
        error.message.contains("Permission denied (publickey"),
        "{error}"
    );
    assert!(error.hint.unwrap().contains("authorized_keys"));
}

#[tokio::test]
async fn a_tool_that_is_held_up_ends_with_the_code_that_the_rule_says() {
    let (_, error) = meets("fail:250").await;
    assert!(error.message.contains("No space left on device"), "{error}");
    let simulator = Ansible::new().simulator(None);
    for (rule, means) in [
        ("fail:250", true),
        ("slow:10", true),
        ("cut", true),
        ("throttle", false),
        ("html:502", false),
        ("cut:POST", false),
    ] {
        let rule: Rule = rule.parse().unwrap();
        assert_eq!(rule.has_meaning(simulator.as_ref()), means, "{rule}");
        assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule);
    }
}
