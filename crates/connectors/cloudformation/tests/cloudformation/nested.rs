//! Nested stacks: looked into, followed, put back.

use podium_connector::{Action, Confidence, Connector, Phase, StepRequest};
use podium_connector_cloudformation::CloudFormation;
use podium_testkit::{FakeContext, walk};
use serde_json::{Value, json};

use crate::checks::deploy;
use crate::world::World;

fn cloud() -> CloudFormation {
    CloudFormation::new()
}

/// A stack around another one. The practice cloud reads the inner template from its mark, the real
/// server from its bucket.
async fn around(world: &World, inner: &Value, value: &str) -> String {
    let url = world.put_template(&inner.to_string()).await;
    json!({
        "Resources": {
            "Own": { "Type": "AWS::SNS::Topic" },
            "Inner": {
                "Type": "AWS::CloudFormation::Stack",
                "DependsOn": "Own",
                "Metadata": { "Practice": { "Template": inner } },
                "Properties": { "TemplateURL": url, "Parameters": { "Words": value } },
            },
        },
        "Outputs": { "Said": { "Value": { "Fn::GetAtt": ["Inner", "Outputs.Said"] } } },
    })
    .to_string()
}

/// What is inside: a note that says the words, and whatever else is asked for.
fn inner(path: &str, more: &Value) -> Value {
    let mut template = json!({
        "Parameters": { "Words": { "Type": "String" } },
        "Resources": {
            "Note": {
                "Type": "AWS::SSM::Parameter",
                "Properties": { "Name": path, "Type": "String", "Value": { "Ref": "Words" } },
            },
        },
        "Outputs": { "Said": { "Value": { "Ref": "Words" } } },
    });
    for (name, resource) in more.as_object().into_iter().flatten() {
        template["Resources"][name] = resource.clone();
    }
    template
}

async fn step(
    world: &World,
    cx: &FakeContext,
    key: &str,
    stack: &str,
    words: &str,
    more: &Value,
) -> StepRequest {
    let inner = inner(&format!("/podium/{stack}/note"), more);
    cx.write("stack.yaml", &around(world, &inner, words).await);
    deploy(key, stack, json!({ "parameters": {} }))
}

fn told(cx: &FakeContext, about: &str, status: &str) -> bool {
    cx.records()
        .progress
        .iter()
        .any(|p| p.about.as_deref() == Some(about) && p.status.as_deref() == Some(status))
}

/// What holds in both worlds: it is made, followed inside, and taken away with what is in it.
pub(crate) async fn made_and_undone(world: &World) {
    let cx = world.context();
    let step = step(world, &cx, "k-nest", "nest", "grüezi", &json!({})).await;
    let walked = walk(&cloud(), &cx, &step).await.unwrap();
    assert_eq!(walked.outcome.outputs["Said"], "grüezi");
    assert!(
        told(&cx, "Inner/Note", "CREATE_COMPLETE"),
        "{:?}",
        cx.records().progress
    );
    assert!(told(&cx, "Inner", "CREATE_COMPLETE"));
    cx.set_phase(Phase::Read);
    let undo = cloud()
        .preview_undo(&cx, &step, &walked.record)
        .await
        .unwrap();
    let names: Vec<&str> = undo
        .changes
        .iter()
        .map(|change| change.name.as_str())
        .collect();
    assert!(
        names.contains(&"Inner") && names.contains(&"Inner/Note"),
        "{names:?}"
    );
    assert!(
        undo.changes
            .iter()
            .all(|change| change.action == Action::Delete)
    );
    cx.begin_attempt();
    cx.set_phase(Phase::Write);
    let back = deploy("k-nest-undo", "nest", json!({ "parameters": {} }));
    cloud().undo(&cx, &back, &walked.record).await.unwrap();
    let left = world.outside("Action=DescribeStacks").await;
    assert!(
        !left.contains("stack/nest/") && !left.contains("stack/nest-Inner"),
        "{left}"
    );
}

/// What holds in both worlds: the thing inside that failed is named, not the stack around it.
pub(crate) async fn failing(world: &World) {
    let cx = world.context();
    let more = json!({
        "Handle": { "Type": "AWS::CloudFormation::WaitConditionHandle" },
        "Signal": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "DependsOn": "Note",
            "Properties": { "Handle": { "Ref": "Handle" }, "Timeout": "1" },
        },
    });
    let step = step(world, &cx, "k-nest-fail", "nest-fail", "x", &more).await;
    let error = walk(&cloud(), &cx, &step).await.unwrap_err();
    // The real server's events do not name a nested stack that failed, so that it cannot be followed.
    let about = match world {
        World::Practice(..) => {
            "`Inner/Signal` (AWS::CloudFormation::WaitCondition) failed: WaitCondition timed out"
        }
        World::Real(_) => "`Inner` (AWS::CloudFormation::Stack) failed: WaitCondition timed out",
    };
    assert!(error.message.contains(about), "{error}");
    let record = cloud()
        .prepare(&cx, &step, &crate::checks::empty_preview())
        .await
        .unwrap();
    cx.begin_attempt();
    let back = deploy("k-nest-fail-undo", "nest-fail", json!({ "parameters": {} }));
    cloud().undo(&cx, &back, &record).await.unwrap();
}

#[tokio::test]
async fn a_preview_looks_into_a_new_nested_stack_and_leaves_nothing() {
    let world = World::practice();
    let cx = world.context();
    let step = step(&world, &cx, "k", "shop", "hello", &json!({})).await;
    cx.set_phase(Phase::Read);
    let preview = cloud().preview(&cx, &step).await.unwrap();
    let lines: Vec<(Action, &str)> = preview
        .changes
        .iter()
        .map(|change| (change.action, change.name.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (Action::Create, "Own"),
            (Action::Create, "Inner"),
            (Action::Create, "Inner/Note")
        ]
    );
    assert_eq!(preview.changes[2].after["Value"], "hello");
    assert_eq!(preview.confidence, Confidence::Exact);
    assert!(
        preview
            .changes
            .iter()
            .all(|change| change.confidence.is_none())
    );
    let left = world.outside("Action=ListStacks").await;
    assert!(!left.contains("REVIEW_IN_PROGRESS"), "{left}");
    assert_eq!(cloud().preview(&cx, &step).await.unwrap(), preview);
}

#[tokio::test]
async fn an_update_names_what_changes_inside_and_is_put_back_inside() {
    let world = World::practice();
    let cx = world.context();
    let first = step(&world, &cx, "k-1", "shop", "hello", &json!({})).await;
    walk(&cloud(), &cx, &first).await.unwrap();
    let cx = world.context();
    let second = step(&world, &cx, "k-2", "shop", "bye", &json!({})).await;
    let walked = walk(&cloud(), &cx, &second).await.unwrap();
    let lines: Vec<(Action, &str)> = walked
        .preview
        .changes
        .iter()
        .map(|change| (change.action, change.name.as_str()))
        .collect();
    assert_eq!(
        lines,
        [(Action::Update, "Inner"), (Action::Update, "Inner/Note")]
    );
    let note = &walked.preview.changes[1];
    assert_eq!(
        (&note.before, &note.after),
        (&json!({"Value": "hello"}), &json!({"Value": "bye"}))
    );
    assert_eq!(walked.outcome.outputs["Said"], "bye");
    assert!(told(&cx, "Inner/Note", "UPDATE_COMPLETE"));
    cx.begin_attempt();
    let back = deploy("k-2-undo", "shop", json!({ "parameters": {} }));
    cloud().undo(&cx, &back, &walked.record).await.unwrap();
    let again = cloud()
        .preview_undo(&cx, &second, &walked.record)
        .await
        .unwrap();
    assert!(again.changes.is_empty(), "{:?}", again.changes);
}

#[tokio::test]
async fn a_nested_stack_in_which_nothing_changes_is_no_line() {
    let world = World::practice();
    let cx = world.context();
    walk(
        &cloud(),
        &cx,
        &step(&world, &cx, "k-1", "shop", "hello", &json!({})).await,
    )
    .await
    .unwrap();
    let cx = world.context();
    // Another address with the same template behind it, as packaging tools make them.
    let inner = inner("/podium/shop/note", &json!({}));
    let text = around(&world, &inner, "hello")
        .await
        .replace("inner-", "packed-");
    let text = text.replace(
        "\"Own\":{\"Type\":\"AWS::SNS::Topic\"}",
        "\"Own\":{\"Type\":\"AWS::SNS::Topic\",\"Properties\":{\"DisplayName\":\"x\"}}",
    );
    cx.write("stack.yaml", &text);
    let again = deploy("k-2", "shop", json!({ "parameters": {} }));
    let preview = cloud().preview(&cx, &again).await.unwrap();
    let names: Vec<&str> = preview
        .changes
        .iter()
        .map(|change| change.name.as_str())
        .collect();
    assert_eq!(names, ["Own"]);
}

#[tokio::test]
async fn what_is_wrong_inside_is_said_with_the_nested_stack() {
    let world = World::practice();
    let cx = world.context();
    let inner = json!({
        "Parameters": { "Words": { "Type": "String" }, "More": { "Type": "String" } },
        "Resources": { "Note": { "Type": "AWS::SNS::Topic" } },
    });
    cx.write("stack.yaml", &around(&world, &inner, "x").await);
    let error = cloud()
        .preview(&cx, &deploy("k", "shop", json!({ "parameters": {} })))
        .await
        .unwrap_err();
    assert!(
        error
            .message
            .contains("Parameters: [More] must have values")
            && error.message.contains("(in the nested stack `shop-Inner"),
        "{error}"
    );
    let left = world.outside("Action=ListStacks").await;
    assert!(!left.contains("REVIEW_IN_PROGRESS"), "{left}");
}

#[tokio::test]
async fn a_failing_update_inside_brings_both_stacks_back() {
    let world = World::practice();
    let cx = world.context();
    walk(
        &cloud(),
        &cx,
        &step(&world, &cx, "k-1", "shop", "hello", &json!({})).await,
    )
    .await
    .unwrap();
    let cx = world.context();
    let trouble = json!({
        "Bad": { "Type": "AWS::SNS::Topic", "Metadata": { "Practice": { "Fail": "no room" } } },
    });
    let bad = step(&world, &cx, "k-2", "shop", "bye", &trouble).await;
    let error = walk(&cloud(), &cx, &bad).await.unwrap_err();
    assert!(
        error
            .message
            .contains("`Inner/Bad` (AWS::SNS::Topic) failed: no room"),
        "{error}"
    );
    assert!(told(&cx, "Inner/Note", "UPDATE_COMPLETE"));
    let stacks = world.outside("Action=DescribeStacks").await;
    assert_eq!(
        stacks
            .matches("<StackStatus>UPDATE_ROLLBACK_COMPLETE<")
            .count(),
        2,
        "{stacks}"
    );
    // The former words are there again.
    let cx = world.context();
    let same = step(&world, &cx, "k-3", "shop", "hello", &json!({})).await;
    assert!(
        cloud()
            .preview(&cx, &same)
            .await
            .unwrap()
            .changes
            .is_empty()
    );
}

#[tokio::test]
async fn drift_is_looked_for_in_nested_stacks_too() {
    let world = World::practice();
    let cx = world.context();
    let step = step(&world, &cx, "k", "shop", "hello", &json!({})).await;
    walk(&cloud(), &cx, &step).await.unwrap();
    let members = world
        .outside("Action=ListStackResources&StackName=shop")
        .await;
    let inner = members
        .split("<PhysicalResourceId>")
        .find(|part| part.contains("stack/shop-Inner"))
        .and_then(|part| part.split('<').next())
        .unwrap()
        .to_owned();
    world
        .outside(&format!("Action=PracticeChange&StackName={inner}&LogicalResourceId=Note&Property=Value&Value=other"))
        .await;
    cx.set_phase(Phase::Read);
    let drift = cloud().drift(&cx, &step).await.unwrap();
    assert_eq!(drift.items.len(), 1, "{drift:?}");
    assert_eq!(drift.items[0].name, "Inner/Note");
    assert_eq!(drift.items[0].expected, json!({"Value": "hello"}));
    assert_eq!(drift.items[0].actual, json!({"Value": "other"}));
}

#[tokio::test]
async fn what_differs_from_a_hidden_value_is_hidden_as_well() {
    let world = World::practice();
    let cx = world.context().with_credential(
        "secrets.Key",
        "secret",
        &[],
        &[("value", "canary-hidden")],
    );
    cx.write(
        "stack.yaml",
        "Parameters: { Key: { Type: String, NoEcho: true } }\nResources:\n  Note: { Type: AWS::SSM::Parameter, Properties: { Name: /a, Type: String, Value: !Ref Key } }\n",
    );
    let step = deploy("k", "shop", json!({ "parameters": {} }));
    walk(&cloud(), &cx, &step).await.unwrap();
    world
        .outside("Action=PracticeChange&StackName=shop&LogicalResourceId=Note&Property=Value&Value=canary-other")
        .await;
    let drift = cloud().drift(&cx, &step).await.unwrap();
    assert_eq!(drift.items[0].expected, json!({"Value": "(hidden)"}));
    assert_eq!(drift.items[0].actual, json!({"Value": "(hidden)"}));
}
