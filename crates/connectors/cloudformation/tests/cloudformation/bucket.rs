//! Buckets that make trouble, and what is sent to AWS's own addresses.

use std::sync::{Arc, Mutex};

use podium_connector::weather::Does;
use podium_connector::{Connector, HttpRequest, HttpResponse, Method, Phase};
use podium_connector_cloudformation::CloudFormation;
use podium_diagnostics::{Error, ErrorKind};
use podium_testkit::{FakeContext, walk};
use serde_json::json;

use crate::checks::deploy;
use crate::long::template;
use crate::world::{World, request};

fn cloud() -> CloudFormation {
    CloudFormation::new()
}

fn context(world: &World) -> FakeContext {
    let cx = world.context();
    cx.write("stack.yaml", &template("eins"));
    cx
}

/// A preview into a bucket of the practice cloud that was made with this trouble.
async fn refused(trouble: &str) -> (Error, FakeContext) {
    let world = World::practice();
    let form = format!("Action=PracticeBucket&Name=trouble&{trouble}");
    assert!(
        world
            .outside(&form)
            .await
            .contains("PracticeBucketResponse")
    );
    let cx = context(&world);
    cx.set_phase(Phase::Read);
    let step = deploy("k", "s", json!({ "bucket": "trouble" }));
    let error = cloud().preview(&cx, &step).await.unwrap_err();
    (error, cx)
}

#[tokio::test]
async fn a_missing_right_is_named_and_how_to_get_it() {
    for (denied, right) in [
        ("s3:PutObject", "s3:PutObject"),
        ("s3:GetObject", "s3:GetObject"),
    ] {
        let (error, _) = refused(&format!("Denied={denied}")).await;
        assert_eq!(
            (error.kind, error.code.as_str()),
            (ErrorKind::Forbidden, "POD0458"),
            "{error}"
        );
        let told = format!("{error} {:?}", error.hint);
        assert!(told.contains(right), "{told}");
        let explained = error.context.iter().find(|(name, _)| name == "explained");
        assert!(explained.is_some(), "{error:?}");
    }
}

#[tokio::test]
async fn a_bucket_of_another_account_takes_nothing() {
    let (error, cx) = refused("Owner=999999999999").await;
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Forbidden, "POD0458")
    );
    assert!(
        error
            .message
            .contains("not one of the account 123456789012"),
        "{error}"
    );
    assert!(
        error
            .hint
            .unwrap()
            .contains("choose a bucket of the account")
    );
    assert!(
        !cx.records()
            .requests
            .iter()
            .any(|one| one.starts_with("DELETE"))
    );
}

#[tokio::test]
async fn what_may_not_be_removed_is_told_and_the_preview_stands() {
    let world = World::practice();
    for (bucket, trouble, words) in [
        (
            "keep",
            "Denied=s3:DeleteObject",
            "s3:DeleteObject`). Remove it there",
        ),
        (
            "versions",
            "Versioned=true&Denied=s3:DeleteObjectVersion",
            "stays there as a former version",
        ),
    ] {
        world
            .outside(&format!("Action=PracticeBucket&Name={bucket}&{trouble}"))
            .await;
        let cx = context(&world);
        let step = deploy(&format!("k-{bucket}"), bucket, json!({ "bucket": bucket }));
        cx.set_phase(Phase::Read);
        let preview = cloud().preview(&cx, &step).await.unwrap();
        let told = preview.notes.join("\n");
        assert!(told.contains(words), "{told}");

        // What a run leaves is another's than what the preview left.
        let again = json!({ "bucket": bucket, "prefix": "run" });
        let step = deploy(&format!("k-{bucket}"), bucket, again);
        let cx = context(&world);
        cloud().prepare(&cx, &step, &preview).await.unwrap();
        cloud().run(&cx, &step).await.unwrap();
        let log: Vec<String> = cx.records().log.into_iter().map(|line| line.text).collect();
        assert!(log.join("\n").contains(words), "{log:?}");
    }
}

#[tokio::test]
async fn the_line_that_breaks_for_good_is_told_and_changes_nothing() {
    for (weather, kind) in [
        (Does::Cut.rule(), ErrorKind::Unreachable),
        (Does::Refuse.rule(), ErrorKind::Unreachable),
        (Does::status(503), ErrorKind::Throttled),
        (Does::throttle(1), ErrorKind::Throttled),
        (Does::html(200), ErrorKind::Failed),
        (
            Does::redirect("https://elsewhere.example/"),
            ErrorKind::Failed,
        ),
    ] {
        for phase in [Phase::Read, Phase::Write] {
            let world = World::practice();
            let bucket = world.bucket("broken", "us-east-1").await;
            let cx = context(&world);
            // A look finds nothing either, so that nobody can tell.
            cx.set_weather(
                podium_connector::weather::Weather::fair()
                    .and(weather.clone().of(Method::Put))
                    .and(weather.clone().of(Method::Head).after(1)),
            );
            cx.set_phase(phase);
            let step = deploy("k", "s", json!({ "bucket": bucket }));
            let told = match phase {
                Phase::Read => cloud().preview(&cx, &step).await.err(),
                Phase::Write => cloud().run(&cx, &step).await.err(),
            };
            let error = told.unwrap();
            assert_eq!(error.kind, kind, "{weather:?} {error:?}");
            assert!(error.hint.is_some(), "{error:?}");
            let requests = cx.records().requests;
            assert!(
                !requests.iter().any(|one| one.contains("elsewhere")),
                "{requests:?}"
            );
            let stacks = world.outside("Action=DescribeStacks").await;
            assert!(!stacks.contains("<StackStatus>"), "{stacks}");
        }
    }
}

#[tokio::test]
async fn a_template_too_long_is_told_by_its_form_where_it_is_written_in_the_step() {
    let long = json!({ "Resources": { "A": { "Type": "AWS::SNS::Topic", "Metadata": { "x": "y".repeat(60_000) } } } });
    let step = |more: serde_json::Value| {
        let mut inputs = json!({ "stack": "s", "template": long });
        inputs
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        request("cloudformation/deploy", "k", inputs)
    };
    let problems = cloud().validate(&step(json!({})));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].fatal && problems[0].field == "/bucket");
    assert!(problems[0].message.contains("51200"), "{problems:?}");
    assert!(
        cloud()
            .validate(&step(json!({ "bucket": "templates" })))
            .is_empty()
    );
    for prefix in ["../other-bucket", "a//b", "."] {
        let wrong = step(json!({ "bucket": "templates", "prefix": prefix }));
        let problems = cloud().validate(&wrong);
        assert_eq!(problems[0].field, "/prefix", "{problems:?}");
        let cx = World::practice().context();
        let error = cloud().preview(&cx, &wrong).await.unwrap_err();
        assert_eq!(error.code.as_str(), "POD0349", "{error}");
    }
}

#[tokio::test]
async fn a_template_of_more_than_a_megabyte_is_refused_before_it_is_sent() {
    let world = World::practice();
    let cx = world.context();
    cx.write(
        "stack.yaml",
        &format!("{}#{}", template("x"), "x".repeat(1_000_000)),
    );
    let step = deploy("k", "s", json!({ "bucket": "practice-templates" }));
    let error = cloud().preview(&cx, &step).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0456");
    assert!(error.message.contains("1000000 at most"), "{error}");
}

/// AWS's own addresses, played by the practice cloud: all that was sent.
fn aws(fields: &[(&str, &str)]) -> (FakeContext, Arc<Mutex<Vec<HttpRequest>>>) {
    let world = World::practice();
    let World::Practice(simulator, clock) = world else {
        unreachable!("it was asked for")
    };
    let seen: Arc<Mutex<Vec<HttpRequest>>> = Arc::default();
    let kept = seen.clone();
    let fields = [
        &[("access_key_id", "AKIATEST"), ("region", "us-east-1")][..],
        fields,
    ]
    .concat();
    let cx = FakeContext::playing([])
        .with_credential("aws", "aws", &fields, &[("secret_access_key", "s")])
        .answering(move |request| {
            kept.lock().unwrap().push(request.clone());
            let now = clock.fetch_add(250, std::sync::atomic::Ordering::SeqCst);
            let mut played = request.clone();
            let virtual_host = "https://practice-templates.s3.us-east-1.amazonaws.com/";
            played.url = played
                .url
                .replace(virtual_host, "https://x/practice-templates/");
            let body = String::from_utf8_lossy(&played.body).into_owned();
            let encoded = "https%3A%2F%2Fpractice-templates.s3.us-east-1.amazonaws.com%2F";
            if played.method == Method::Post {
                played.body = body
                    .replace(encoded, "https%3A%2F%2Fx%2Fpractice-templates%2F")
                    .into_bytes();
            }
            let reply: HttpResponse = simulator.lock().unwrap().http(now, &played);
            Ok(reply)
        });
    cx.write("stack.yaml", &template("eins"));
    (cx, seen)
}

#[tokio::test]
async fn aws_gets_the_template_signed_private_and_for_one_account_only() {
    let (cx, seen) = aws(&[]);
    let step = deploy(
        "k",
        "s",
        json!({ "bucket": "practice-templates", "prefix": "a/größe & co" }),
    );
    cx.set_phase(Phase::Read);
    assert_eq!(cloud().preview(&cx, &step).await.unwrap().changes.len(), 60);
    let seen = seen.lock().unwrap();
    let put = seen.iter().find(|one| one.method == Method::Put).unwrap();
    let address =
        "https://practice-templates.s3.us-east-1.amazonaws.com/a/gr%C3%B6%C3%9Fe%20%26%20co/";
    assert!(
        put.url.starts_with(address) && put.url.ends_with(".template"),
        "{}",
        put.url
    );
    let header = |name: &str| {
        let found = put.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("x-amz-expected-bucket-owner"), Some("123456789012"));
    let hash = put
        .url
        .rsplit('/')
        .next()
        .unwrap()
        .trim_end_matches(".template");
    assert_eq!(
        header("x-amz-content-sha256"),
        Some(hash),
        "its name is its hash"
    );
    assert_eq!(header("if-none-match"), Some("*"));
    for (name, _) in &put.headers {
        assert!(
            !name.contains("acl") && !name.contains("grant") && !name.contains("encryption"),
            "{name}"
        );
    }
    let (_, signature) = put
        .secret_headers
        .iter()
        .find(|(n, _)| n == "authorization")
        .unwrap();
    let signature = signature.expose_str().unwrap();
    assert!(
        signature.contains("/us-east-1/s3/aws4_request"),
        "{signature}"
    );
    let asked = seen
        .iter()
        .find(|one| String::from_utf8_lossy(&one.body).contains("TemplateURL"));
    let form = String::from_utf8_lossy(&asked.unwrap().body).into_owned();
    assert!(!form.contains("TemplateBody"));
    assert!(form.contains(
        "TemplateURL=https%3A%2F%2Fpractice-templates.s3.us-east-1.amazonaws.com%2Fa%2Fgr%25C3%25B6%25C3%259Fe%2520%2526%2520co%2F"
    ));
    assert!(seen.iter().all(|one| one.tls.is_none()));
}

#[tokio::test]
async fn a_companys_own_authority_is_trusted_at_every_address_of_aws() {
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    let (cx, seen) = aws(&[("authority", pem)]);
    let step = deploy("k", "s", json!({ "bucket": "practice-templates" }));
    cloud().identify(&cx, &step).await.unwrap();
    walk(&cloud(), &cx, &step).await.unwrap();
    let seen = seen.lock().unwrap();
    for host in [
        "https://sts.us-east-1.amazonaws.com/",
        "https://cloudformation.us-east-1.amazonaws.com/",
        "https://practice-templates.s3.us-east-1.amazonaws.com/",
    ] {
        assert!(seen.iter().any(|one| one.url.starts_with(host)), "{host}");
    }
    for one in seen.iter() {
        let roots = one.tls.as_ref().and_then(|tls| tls.roots.as_deref());
        assert_eq!(roots, Some(pem.as_bytes()), "{}", one.url);
    }
}
