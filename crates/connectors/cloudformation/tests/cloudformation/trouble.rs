//! What only the practice cloud, or a scripted reply, can show.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use podium_connector::{
    Action, Confidence, Connector, Context, HttpResponse, Observed, Phase, UndoClass,
};
use podium_connector_cloudformation::CloudFormation;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

use crate::checks::{TEMPLATE, deploy, empty_preview};
use crate::world::{World, request};

fn cloud() -> CloudFormation {
    CloudFormation::new()
}

fn context(world: &World, template: &str) -> FakeContext {
    let cx = world.context();
    cx.write("stack.yaml", template);
    cx
}

fn plain(key: &str, stack: &str) -> podium_connector::StepRequest {
    deploy(key, stack, json!({ "parameters": {} }))
}

fn topic(extra: &str) -> String {
    format!("Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    {extra}\n")
}

async fn status(world: &World, stack: &str) -> String {
    let reply = world
        .outside(&format!("Action=DescribeStacks&StackName={stack}"))
        .await;
    let (_, rest) = reply.split_once("<StackStatus>").unwrap_or(("", "none<"));
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_refusal_a_page_and_a_redirect_are_told_apart() {
    let refusal = |code: &str, message: &str| {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        )
    };
    for (status, body, kind, code, words) in [
        (
            403,
            refusal(
                "ExpiredToken",
                "The security token included in the request is expired",
            ),
            ErrorKind::Unauthorized,
            "POD0451",
            "session has expired",
        ),
        (
            403,
            refusal(
                "SignatureDoesNotMatch",
                "Signature not yet current: 20260102T030405Z",
            ),
            ErrorKind::Unauthorized,
            "POD0451",
            "clock",
        ),
        (
            403,
            refusal(
                "AccessDenied",
                "User is not authorized to perform: cloudformation:DescribeStacks",
            ),
            ErrorKind::Forbidden,
            "POD0458",
            "DescribeStacks",
        ),
        (
            200,
            "<html><body>Log in".to_owned(),
            ErrorKind::Failed,
            "POD0460",
            "not AWS",
        ),
        (302, String::new(), ErrorKind::Failed, "POD0460", "redirect"),
        (
            500,
            "<html><h1>oh</h1></html>".to_owned(),
            ErrorKind::Unreachable,
            "POD0460",
            "500",
        ),
        (
            503,
            "busy".to_owned(),
            ErrorKind::Unreachable,
            "POD0460",
            "503",
        ),
    ] {
        let cx = World::practice().context().answering(move |_| {
            Ok(HttpResponse {
                status,
                headers: Vec::new(),
                body: body.clone().into_bytes(),
            })
        });
        cx.write("stack.yaml", TEMPLATE);
        let error = cloud()
            .preview(&cx, &deploy("k", "s", json!({})))
            .await
            .unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert_eq!(error.code.as_str(), code, "{error}");
        assert!(error.message.contains(words), "{error}");
        assert!(error.hint.is_some(), "{error}");
        assert_eq!(
            cx.records().requests.len(),
            if status == 503 { 4 } else { 1 },
            "a refusal is not asked again"
        );
    }
}

#[tokio::test]
async fn a_request_to_slow_down_is_waited_out() {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = asked.clone();
    let body = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";
    let cx = World::practice().context().answering(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(HttpResponse {
            status: 400,
            headers: Vec::new(),
            body: body.into(),
        })
    });
    let before = cx.now();
    let error = cloud().identify(&cx, &plain("k", "s")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled);
    assert_eq!(asked.load(Ordering::SeqCst), 6);
    assert_eq!(cx.now() - before, 62_000, "2, 4, 8, 16 and 32 seconds");
}

#[tokio::test]
async fn a_right_that_is_refused_is_told_as_not_held() {
    let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>";
    let cx = World::practice().context().answering(move |_| {
        Ok(HttpResponse {
            status: 403,
            headers: Vec::new(),
            body: body.into(),
        })
    });
    let rights = cloud().rights(&cx, &plain("k", "s")).await.unwrap();
    assert_eq!(rights[0].held, Some(false), "{rights:?}");
}

#[tokio::test]
async fn a_missing_capability_is_named_by_the_preview() {
    let world = World::practice();
    let role = "Resources: { Role: { Type: AWS::IAM::Role, Properties: { RoleName: me } } }";
    let cx = context(&world, role);
    let error = cloud()
        .preview(&cx, &plain("k-cap", "cap"))
        .await
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0457");
    assert!(error.message.contains("CAPABILITY_NAMED_IAM"), "{error}");
    assert_eq!(status(&world, "cap").await, "none");
    let with = deploy(
        "k-cap",
        "cap",
        json!({ "parameters": {}, "capabilities": ["CAPABILITY_NAMED_IAM"] }),
    );
    walk(&cloud(), &cx, &with).await.unwrap();
}

#[tokio::test]
async fn replacing_keeping_and_losing_are_told_line_by_line() {
    let world = World::practice();
    let template = |name: &str, rest: &str| {
        format!(
            "Resources:\n  Table: {{ Type: AWS::DynamoDB::Table, Properties: {{ TableName: {name} }} }}\n  Maybe: {{ Type: AWS::EC2::Instance, Metadata: {{ Practice: {{ Replace: Conditional }} }}, Properties: {{ Size: {name} }} }}\n{rest}"
        )
    };
    let rest = "  Kept: { Type: AWS::S3::Bucket, DeletionPolicy: Retain }\n  Lost: { Type: AWS::S3::Bucket }\n";
    let first = context(&world, &template("one", rest));
    walk(&cloud(), &first, &plain("k-1", "lines"))
        .await
        .unwrap();
    let cx = context(&world, &template("two", ""));
    let walked = walk(&cloud(), &cx, &plain("k-2", "lines")).await.unwrap();
    let lines: Vec<_> = walked
        .preview
        .changes
        .iter()
        .map(|c| {
            (
                c.name.as_str(),
                c.action,
                c.stateful,
                c.confidence,
                c.because.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            (
                "Table",
                Action::Replace,
                true,
                None,
                "It must be made anew, since TableName changes."
            ),
            (
                "Maybe",
                Action::Replace,
                true,
                Some(Confidence::Predicted),
                "It may have to be made anew."
            ),
            (
                "Kept",
                Action::Delete,
                true,
                None,
                "It leaves the stack and stays in the account, by its deletion policy."
            ),
            ("Lost", Action::Delete, true, None, ""),
        ]
    );
    assert_eq!(walked.record.undo.class, UndoClass::Restore);
    let because = walked.record.undo.because.unwrap();
    assert!(
        because.contains("What `Table` and `Maybe` and `Kept` and `Lost` held does not come back"),
        "{because}"
    );
}

#[tokio::test]
async fn values_known_later_are_predicted_from_the_template_without_a_change_set() {
    let world = World::practice();
    let cx = context(&world, TEMPLATE);
    cx.set_phase(Phase::Read);
    let step = |key: &str| {
        RequestBuilder::new(
            "cloudformation/deploy",
            json!({ "stack": "later", "template": "stack.yaml", "parameters": { "Branch": "x", "Greeting": "hi" } }),
        )
        .with_defaults_of(cloud().manifest())
        .key(key)
        .unknown("/parameters/Branch", "network")
        .build()
    };
    let preview = cloud().preview(&cx, &step("k-later")).await.unwrap();
    assert_eq!(preview.confidence, Confidence::Predicted);
    assert_eq!(
        preview.because.as_deref(),
        Some("Some of its inputs are known only after `network`.")
    );
    assert_eq!(preview.changes[0].action, Action::Create);
    assert_eq!(preview.changes[0].after["Name"], "(known later)");
    assert_eq!(preview.changes[0].after["Value"], "hi");
    assert_eq!(status(&world, "later").await, "none");
    let mut all = step("k-later");
    all.inputs.values["stack"] = Value::Null;
    all.inputs.unknown = [(
        "/stack".to_owned(),
        podium_connector::Unknown {
            after: vec!["network".parse().unwrap()],
        },
    )]
    .into();
    assert_eq!(
        cloud().preview(&cx, &all).await.unwrap().confidence,
        Confidence::Unknown
    );
}

#[tokio::test]
async fn long_lists_come_in_pages_and_are_read_to_the_end() {
    let world = World::practice();
    let topics: Vec<String> = (0..55)
        .map(|n| format!("  Topic{n:02}: {{ Type: AWS::SNS::Topic, Metadata: {{ Practice: {{ Seconds: 0.01 }} }} }}\n"))
        .collect();
    let template = format!("Resources:\n{}", topics.concat());
    let cx = context(&world, &template);
    let walked = walk(&cloud(), &cx, &plain("k-many", "many")).await.unwrap();
    assert_eq!(walked.preview.changes.len(), 55);
    let done = cx
        .records()
        .progress
        .iter()
        .filter(|p| p.made.is_some())
        .count();
    assert_eq!(done, 56, "each resource once, and the stack");
    cx.set_phase(Phase::Read);
    let undo = cloud()
        .preview_undo(&cx, &plain("k-many", "many"), &walked.record)
        .await
        .unwrap();
    assert_eq!(undo.changes.len(), 55);
}

#[tokio::test]
async fn cancelling_a_new_stack_deletes_it_and_says_so() {
    let world = World::practice();
    let slow = topic("Metadata: { Practice: { Seconds: 600 } }");
    let cx = context(&world, &slow);
    let step = plain("k-cancel", "cancel");
    let preview = cloud().preview(&cx, &step).await.unwrap();
    let record = cloud().prepare(&cx, &step, &preview).await.unwrap();
    // The first looks find it at work; then somebody presses Cancel.
    let run = async {
        let error = cloud().run(&cx, &step).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled);
    };
    let cancel = async {
        while !cx
            .records()
            .progress
            .iter()
            .any(|p| p.about.as_deref() == Some("Topic"))
        {
            tokio::task::yield_now().await;
        }
        cx.cancel();
    };
    tokio::join!(run, cancel);
    assert!(
        cx.records()
            .log
            .iter()
            .any(|line| line.text.contains("is deleted now"))
    );
    let going = cloud().cancelled(&cx, &step).await.unwrap();
    assert!(
        going.what.is_empty() || going.what[0].contains("deleting"),
        "{going:?}"
    );
    cx.begin_attempt();
    cloud()
        .undo(&cx, &plain("k-cancel-undo", "cancel"), &record)
        .await
        .unwrap();
    assert_eq!(status(&world, "cancel").await, "none");
}

#[tokio::test]
async fn an_update_that_takes_too_long_is_called_off_and_rolled_back() {
    let world = World::practice();
    walk(
        &cloud(),
        &context(&world, &topic("Properties: { A: 1 }")),
        &plain("k-1", "late"),
    )
    .await
    .unwrap();
    let cx = context(
        &world,
        &topic("Properties: { A: 2 }\n    Metadata: { Practice: { Seconds: 6000 } }"),
    );
    let step = deploy("k-2", "late", json!({ "parameters": {}, "timeout": 1 }));
    let preview = cloud().preview(&cx, &step).await.unwrap();
    let record = cloud().prepare(&cx, &step, &preview).await.unwrap();
    // The fake's own clock passes the minute; the cloud's clock goes on with each call.
    let error = cloud().run(&cx, &step).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::TimedOut, "POD0452"),
        "{error}"
    );
    assert_eq!(status(&world, "late").await, "UPDATE_ROLLBACK_COMPLETE");
    let undo = cloud().preview_undo(&cx, &step, &record).await.unwrap();
    assert!(
        undo.changes.is_empty(),
        "everything is as before: {:?}",
        undo.changes
    );
    cx.begin_attempt();
    cloud()
        .undo(&cx, &plain("k-2-undo", "late"), &record)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_failing_update_is_rolled_back_and_leaves_nothing_to_undo() {
    let world = World::practice();
    walk(
        &cloud(),
        &context(&world, &topic("Properties: { A: 1 }")),
        &plain("k-1", "back"),
    )
    .await
    .unwrap();
    let bad =
        topic("Properties: { A: 2 }\n    Metadata: { Practice: { Fail: no room on the shelf } }");
    let cx = context(&world, &bad);
    let step = plain("k-2", "back");
    let error = walk(&cloud(), &cx, &step).await.unwrap_err();
    assert_eq!(
        error.message,
        "The stack `back` could not be updated and was rolled back. `Topic` (AWS::SNS::Topic) failed: no room on the shelf."
    );
    let record = cloud().prepare(&cx, &step, &empty_preview()).await.unwrap();
    assert_eq!(record.undo.class, UndoClass::Restore);
    let undo = cloud().preview_undo(&cx, &step, &record).await.unwrap();
    assert!(undo.changes.is_empty());
}

#[tokio::test]
async fn a_second_attempt_clears_the_ruin_of_the_first_and_only_that() {
    let world = World::practice();
    let bad = topic("Metadata: { Practice: { Fail: not today } }");
    let cx = context(&world, &bad);
    assert!(walk(&cloud(), &cx, &plain("k-1", "ruin")).await.is_err());
    assert_eq!(status(&world, "ruin").await, "ROLLBACK_COMPLETE");
    cx.write("stack.yaml", &topic(""));
    cx.begin_attempt();
    let outcome = cloud().run(&cx, &plain("k-2", "ruin")).await.unwrap();
    assert!(
        outcome.outputs["stack_id"]
            .as_str()
            .unwrap()
            .contains("/ruin/")
    );

    assert!(
        walk(&cloud(), &context(&world, &bad), &plain("k-3", "theirs"))
            .await
            .is_err()
    );
    let other = context(&world, &topic(""));
    let error = cloud()
        .run(&other, &plain("k-4", "theirs"))
        .await
        .unwrap_err();
    assert_eq!(
        error.code.as_str(),
        "POD0454",
        "what another step left is not touched"
    );
}

#[tokio::test]
async fn a_crash_between_making_and_executing_goes_on_where_it_was() {
    let world = World::practice();
    let cx = context(&world, TEMPLATE);
    let step = deploy("k-half", "half", json!({}));
    let preview = cloud().preview(&cx, &step).await.unwrap();
    cloud().prepare(&cx, &step, &preview).await.unwrap();
    // The change set was made under the key, and the application died before its reply was read.
    let body: String = TEMPLATE
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    world
        .outside(&format!("Action=CreateChangeSet&StackName=half&ChangeSetName=k-half&ClientToken=k-half&ChangeSetType=CREATE&Parameters.member.1.ParameterKey=Branch&Parameters.member.1.ParameterValue=half&TemplateBody={body}"))
        .await;
    let mut resumed = step.clone();
    resumed.resumed = true;
    assert_eq!(
        cloud().observe(&cx, &resumed).await.unwrap(),
        Observed::Adopt
    );
    cx.begin_attempt();
    let outcome = cloud().run(&cx, &resumed).await.unwrap();
    assert_eq!(outcome.outputs["Branch"], "half");
    assert_eq!(cx.records().accepted.len(), 1);
}

#[tokio::test]
async fn a_stack_of_the_same_name_that_somebody_else_made_since_is_not_deleted() {
    let world = World::practice();
    let cx = context(&world, &topic(""));
    let walked = walk(&cloud(), &cx, &plain("k-1", "same")).await.unwrap();
    let delete = request(
        "cloudformation/delete",
        "k-other",
        json!({ "stack": "same" }),
    );
    cloud().run(&world.context(), &delete).await.unwrap();
    walk(
        &cloud(),
        &context(&world, &topic("")),
        &plain("k-2", "same"),
    )
    .await
    .unwrap();
    cloud()
        .undo(&cx, &plain("k-undo", "same"), &walked.record)
        .await
        .unwrap();
    assert_eq!(status(&world, "same").await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn what_will_not_go_is_named() {
    let world = World::practice();
    let full = topic("Metadata: { Practice: { DeleteFail: the topic is in use } }");
    walk(&cloud(), &context(&world, &full), &plain("k-1", "full"))
        .await
        .unwrap();
    let delete = request("cloudformation/delete", "k-2", json!({ "stack": "full" }));
    let error = cloud().run(&world.context(), &delete).await.unwrap_err();
    assert_eq!(
        error.message,
        "The stack `full` could not be deleted and is DELETE_FAILED now. `Topic` (AWS::SNS::Topic) failed: the topic is in use."
    );
    assert!(error.hint.unwrap().contains("Empty"));
}

#[tokio::test]
async fn on_failure_decides_what_becomes_of_a_new_stack() {
    for (policy, left) in [
        ("rollback", "ROLLBACK_COMPLETE"),
        ("keep", "CREATE_FAILED"),
        ("delete", "none"),
    ] {
        let world = World::practice();
        let cx = context(&world, &topic("Metadata: { Practice: { Fail: no } }"));
        let step = deploy(
            "k",
            "policy",
            json!({ "parameters": {}, "on_failure": policy }),
        );
        let error = walk(&cloud(), &cx, &step).await.unwrap_err();
        assert_eq!(error.code.as_str(), "POD0452", "{policy}: {error}");
        assert_eq!(status(&world, "policy").await, left, "{policy}");
    }
}

#[tokio::test]
async fn in_a_practice_environment_no_credential_is_needed() {
    let cx = FakeContext::simulated(cloud().simulator(None));
    cx.write("stack.yaml", TEMPLATE);
    let walked = walk(&cloud(), &cx, &deploy("k-free", "free", json!({})))
        .await
        .unwrap();
    assert_eq!(walked.outcome.outputs["Branch"], "free");
    let state = cx.simulator_state().unwrap();
    let again = FakeContext::simulated(cloud().simulator(Some(&state)));
    let choices = cloud()
        .discover(&again, &plain("k", "free"), "stacks")
        .await
        .unwrap();
    assert_eq!(choices[0].value, "free");
}

#[tokio::test]
async fn without_a_complete_credential_nothing_is_sent() {
    let cx = FakeContext::real();
    let error = cloud().identify(&cx, &plain("k", "s")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Unauthorized, "POD0450")
    );
    let half = FakeContext::real().with_credential("aws", "aws", &[("access_key_id", "AKIA")], &[]);
    let error = cloud().identify(&half, &plain("k", "s")).await.unwrap_err();
    assert!(
        error.message.contains("has no secret access key"),
        "{error}"
    );
}

#[tokio::test]
async fn a_template_is_drawn_with_what_depends_on_what() {
    let cx = context(&World::practice(), TEMPLATE);
    let drawing = cloud()
        .draw(&cx, &deploy("k", "s", json!({})))
        .await
        .unwrap();
    let nodes: Vec<&str> = drawing.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(nodes, ["Note", "Queue"]);
    assert_eq!(
        (drawing.edges[0].from.as_str(), drawing.edges[0].to.as_str()),
        ("Note", "Queue")
    );
    let regions = cloud()
        .discover(&cx, &plain("k", "s"), "regions")
        .await
        .unwrap();
    assert!(regions.iter().any(|region| region.value == "eu-central-1"));
}

#[test]
fn a_template_outside_or_without_resources_is_told_before_it_runs() {
    for template in [
        json!("../stack.yaml"),
        json!("/etc/passwd"),
        json!({ "Resources": 1 }),
    ] {
        let step = request(
            "cloudformation/deploy",
            "k",
            json!({ "stack": "s", "template": template }),
        );
        assert!(cloud().validate(&step)[0].fatal);
    }
    assert!(cloud().validate(&plain("k", "s")).is_empty());
}
