//! The weather over a Terraform that is played: it ends in its own words, late, or killed. The words are held
//! against those of the real Terraform in the same trouble.

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

/// A registry that asks everybody to slow down; it goes with the test.
fn busy_registry() -> std::net::SocketAddr {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a caller");
            let _ = stream.read(&mut [0_u8; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
        }
    });
    address
}

/// What the real `terraform init` says first of a provider from this source, with these settings of the
/// computer; `None` where no Terraform is here.
fn really(source: &str, settings: &str) -> Option<String> {
    let tools = podium_testkit::peers(&["terraform"])?;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("terraform.rc"), settings).expect("it is written");
    let files = format!(
        "terraform {{\n  required_providers {{\n    aws = {{ source = \"{source}\" }}\n  }}\n}}\n"
    );
    std::fs::write(path("main.tf"), files).expect("it is written");
    let said = std::process::Command::new(tools.join("bin/terraform"))
        .args(["init", "-json", "-input=false"])
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_CLI_CONFIG_FILE", path("terraform.rc"))
        .current_dir(folder.path())
        .output()
        .expect("it starts");
    let said = String::from_utf8(said.stdout).expect("text");
    let mut lines = said.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let detail = line["diagnostic"]["detail"].as_str();
        detail
            .and_then(|text| text.split("\n\n").next())
            .map(one_line)
    });
    Some(lines.find_map(|line| line).expect("a diagnostic"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_real_one_says_it_in_these_words() {
    let address = busy_registry();
    let settings = format!(
        "host \"registry.terraform.io\" {{\n  services = {{ \"providers.v1\" = \"http://{address}/v1/providers/\" }}\n}}\n"
    );
    let Some(told) = really("hashicorp/aws", &settings) else {
        return podium_testkit::skipped("PODIUM_PEERS names no folder with bin/terraform");
    };
    let (_, played) = meets("throttle").await;
    let told = told.replace(&address.to_string(), "registry.terraform.io");
    assert!(
        one_line(&played.message).contains(&told),
        "{told}\n{played}"
    );

    // RFC 2606: no name ends in `.invalid`. Which resolver was asked is this computer's own.
    let told = really("registry.invalid/hashicorp/aws", "").unwrap();
    let (_, played) = meets("refuse").await;
    let told = told
        .replace("registry.invalid/hashicorp/aws", "hashicorp/aws")
        .replace("registry.invalid", "registry.terraform.io");
    let (before, after) = told.split_once(" on ").unwrap();
    assert!(
        one_line(&played.message).contains(before),
        "{told}\n{played}"
    );
    let after = after.split_once(": ").unwrap().1;
    assert!(
        one_line(&played.message).contains(after),
        "{told}\n{played}"
    );
}

#[tokio::test]
async fn the_real_one_says_in_these_words_that_the_state_is_held() {
    let Some(cx) = crate::real() else { return };
    cx.write("infra/main.tf", "resource \"terraform_data\" \"a\" {}\n");
    // Another Terraform holds the state: it asks a person for a yes that does not come.
    let folder = cx.workspace().join("infra");
    let tool = podium_testkit::peers(&["terraform"])
        .unwrap()
        .join("bin/terraform");
    let call = |verb: &str| {
        let mut call = std::process::Command::new(&tool);
        call.arg(verb).arg("-no-color").current_dir(&folder);
        call.env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_CLI_CONFIG_FILE");
        call.stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null());
        call
    };
    assert!(call("init").output().unwrap().status.success());
    let mut other = call("apply").spawn().unwrap();
    let begun = std::time::Instant::now();
    while !folder.join(".terraform.tfstate.lock.info").exists() {
        assert!(begun.elapsed().as_secs() < 60, "it takes no lock");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let terraform = Explaining::over(Arc::new(Terraform::new()));
    let told = walk(terraform.as_ref(), &cx, &step()).await;
    drop(other.stdin.take());
    other.wait().unwrap();
    let told = told.expect_err("it is held");
    let (_, played) = meets("fail:1 @plan").await;
    assert_eq!((id(&told), told.kind), (id(&played), played.kind), "{told}");
    // Who holds it, and since when, was read out of the words of both.
    let shape = |message: &str| {
        let (who, since) = message.split_once(" is applying, since ").unwrap();
        (
            who.split('`').next().unwrap().to_owned(),
            who.contains('@'),
            since.len(),
        )
    };
    assert_eq!(shape(&told.message), shape(&played.message), "{told}");
}
