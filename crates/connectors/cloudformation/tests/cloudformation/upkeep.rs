//! Stuck stacks brought back, stack sets read. All against the practice cloud: the real server that other
//! checks are made against rolls every update back well, whatever was deleted meanwhile, and knows no
//! stack sets (no `CreateStackSet`, `DescribeStackSet`, `ListStackSets`, `ListStackInstances`) and no
//! `IncludeNestedStacks`. The vendor's own client drives the same calls in `client.rs`.

use podium_connector::{Action, Confidence, Connector, Observed, Phase, UndoClass};
use podium_connector_cloudformation::CloudFormation;
use podium_diagnostics::ErrorKind;
use podium_testkit::walk;
use serde_json::{Value, json};

use crate::checks::deploy;
use crate::world::{World, request};

fn cloud() -> CloudFormation {
    CloudFormation::new()
}

async fn status(world: &World, stack: &str) -> String {
    let reply = world
        .outside(&format!("Action=DescribeStacks&StackName={stack}"))
        .await;
    let (_, rest) = reply.split_once("<StackStatus>").unwrap_or(("", "none<"));
    rest.split('<').next().unwrap().to_owned()
}

fn continued(key: &str, stack: &str, skip: &[&str]) -> podium_connector::StepRequest {
    request(
        "cloudformation/continue-rollback",
        key,
        json!({ "stack": stack, "skip": skip }),
    )
}

fn template(value: &str, trouble: bool) -> String {
    let mut template = json!({ "Resources": {
        "Note": {
            "Type": "AWS::SSM::Parameter",
            "Properties": { "Name": "/a", "Type": "String", "Value": value },
        },
    }});
    if trouble {
        template["Resources"]["Note"]["Metadata"] =
            json!({ "Practice": { "RollbackFail": "Der Parameter ist weg" } });
        template["Resources"]["Bad"] = json!({
            "Type": "AWS::SNS::Topic", "DependsOn": "Note",
            "Metadata": { "Practice": { "Fail": "no room" } },
        });
    }
    template.to_string()
}

/// A stack whose update failed, and whose way back failed too.
async fn stuck() -> World {
    let world = World::practice();
    let cx = world.context();
    cx.write("stack.yaml", &template("one", false));
    walk(
        &cloud(),
        &cx,
        &deploy("k-1", "shop", json!({ "parameters": {} })),
    )
    .await
    .unwrap();
    let cx = world.context();
    cx.write("stack.yaml", &template("two", true));
    let error = walk(
        &cloud(),
        &cx,
        &deploy("k-2", "shop", json!({ "parameters": {} })),
    )
    .await
    .unwrap_err();
    assert!(error.message.contains("UPDATE_ROLLBACK_FAILED"), "{error}");
    assert_eq!(status(&world, "shop").await, "UPDATE_ROLLBACK_FAILED");
    world
}

#[tokio::test]
async fn a_stuck_stack_says_what_to_run_and_is_brought_back_once_repaired() {
    let world = stuck().await;
    let cx = world.context();
    cx.write("stack.yaml", &template("two", false));
    let deploying = deploy("k-3", "shop", json!({ "parameters": {} }));
    let error = cloud().preview(&cx, &deploying).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Conflict, "POD0454")
    );
    assert!(
        error
            .hint
            .unwrap()
            .contains("cloudformation/continue-rollback")
    );

    let step = continued("k-back", "shop", &[]);
    cx.set_phase(Phase::Read);
    let preview = cloud().preview(&cx, &step).await.unwrap();
    assert_eq!(preview.confidence, Confidence::Predicted);
    assert_eq!(preview.undo.class, UndoClass::Impossible);
    let names: Vec<(Action, &str)> = preview
        .changes
        .iter()
        .map(|change| (change.action, change.name.as_str()))
        .collect();
    assert!(names.contains(&(Action::Update, "Note")), "{names:?}");
    assert!(
        preview.changes.iter().any(|change| change
            .because
            .as_deref()
            .is_some_and(|because| because.contains("Der Parameter ist weg"))),
        "{:?}",
        preview.changes
    );
    assert_eq!(status(&world, "shop").await, "UPDATE_ROLLBACK_FAILED");

    // Not repaired: it fails again and says which resource.
    cx.set_phase(Phase::Write);
    let error = cloud().run(&cx, &step).await.unwrap_err();
    assert!(
        error.message.contains("could not be brought back"),
        "{error}"
    );
    assert!(error.message.contains("`Note`"), "{error}");
    assert!(error.hint.unwrap().contains("`skip`"));

    world
        .outside("Action=PracticeRepair&StackName=shop&LogicalResourceId=Note")
        .await;
    let cx = world.context();
    let step = continued("k-back-2", "shop", &[]);
    let walked = walk(&cloud(), &cx, &step).await.unwrap();
    assert_eq!(walked.outcome.outputs["status"], "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(walked.outcome.outputs["continued"], true);
    let mut resumed = step.clone();
    resumed.resumed = true;
    assert_eq!(
        cloud().observe(&cx, &resumed).await.unwrap(),
        Observed::Adopt
    );
    assert_eq!(cloud().run(&cx, &resumed).await.unwrap(), walked.outcome);
    // The first words are back, and the stack takes deployments again.
    let cx = world.context();
    cx.write("stack.yaml", &template("one", false));
    let same = cloud()
        .preview(&cx, &deploy("k-4", "shop", json!({ "parameters": {} })))
        .await
        .unwrap();
    assert!(same.changes.is_empty(), "{:?}", same.changes);
    let note =
        "The last update of `shop` failed and was rolled back; the cause may still be there.";
    assert!(same.notes.contains(&note.to_owned()), "{:?}", same.notes);
}

#[tokio::test]
async fn a_resource_is_skipped_only_where_it_is_stuck() {
    let world = stuck().await;
    let cx = world.context();
    let error = cloud()
        .preview(&cx, &continued("k", "shop", &["Queue"]))
        .await
        .unwrap_err();
    assert!(
        error.message.contains("`Queue` cannot be skipped"),
        "{error}"
    );
    assert!(error.hint.unwrap().contains("`Note`"));
    let choices = cloud()
        .discover(&cx, &continued("k", "shop", &[]), "stuck-resources")
        .await
        .unwrap();
    assert!(
        choices.iter().any(|choice| choice.value == "Note"),
        "{choices:?}"
    );
    let walked = walk(&cloud(), &cx, &continued("k", "shop", &["Note"]))
        .await
        .unwrap();
    let note = walked
        .preview
        .changes
        .iter()
        .find(|change| change.name == "Note")
        .unwrap();
    assert_eq!(note.action, Action::Read);
    assert!(walked.preview.notes[0].contains("Bring both in line"));
    assert_eq!(status(&world, "shop").await, "UPDATE_ROLLBACK_COMPLETE");
}

#[tokio::test]
async fn a_failure_that_was_kept_is_rolled_back_on_demand() {
    let world = World::practice();
    let cx = world.context();
    cx.write("stack.yaml", &template("one", false));
    walk(
        &cloud(),
        &cx,
        &deploy("k-1", "shop", json!({ "parameters": {} })),
    )
    .await
    .unwrap();
    let cx = world.context();
    let bad = template("two", true).replace("\"RollbackFail\"", "\"Other\"");
    cx.write("stack.yaml", &bad);
    let keep = json!({ "parameters": {}, "on_failure": "keep" });
    walk(&cloud(), &cx, &deploy("k-2", "shop", keep.clone()))
        .await
        .unwrap_err();
    assert_eq!(status(&world, "shop").await, "UPDATE_FAILED");
    let cx = world.context();
    cx.write("stack.yaml", &bad);
    let preview = cloud()
        .preview(&cx, &deploy("k-3", "shop", keep))
        .await
        .unwrap();
    assert!(
        preview
            .notes
            .iter()
            .any(|note| note.contains("continue-rollback")),
        "{:?}",
        preview.notes
    );
    let walked = walk(&cloud(), &cx, &continued("k-back", "shop", &[]))
        .await
        .unwrap();
    assert_eq!(walked.outcome.outputs["status"], "UPDATE_ROLLBACK_COMPLETE");
    let cx = world.context();
    cx.write("stack.yaml", &template("one", false));
    let same = cloud()
        .preview(&cx, &deploy("k-4", "shop", json!({ "parameters": {} })))
        .await
        .unwrap();
    assert!(same.changes.is_empty(), "{:?}", same.changes);
}

#[tokio::test]
async fn a_stack_in_order_is_left_alone_and_a_ruin_cannot_be_brought_back() {
    let world = World::practice();
    let cx = world.context();
    let error = cloud()
        .preview(&cx, &continued("k", "nowhere", &[]))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    cx.write("stack.yaml", &template("one", false));
    walk(
        &cloud(),
        &cx,
        &deploy("k-1", "shop", json!({ "parameters": {} })),
    )
    .await
    .unwrap();
    let walked = walk(&cloud(), &world.context(), &continued("k-2", "shop", &[]))
        .await
        .unwrap();
    assert!(walked.preview.changes.is_empty());
    assert_eq!(walked.preview.undo.class, UndoClass::Automatic);
    assert_eq!(walked.outcome.outputs["continued"], false);
    let undone = cloud()
        .preview_undo(
            &world.context(),
            &continued("k-2", "shop", &[]),
            &walked.record,
        )
        .await
        .unwrap();
    assert!(
        undone.changes.is_empty() && undone.notes.len() == 1,
        "{undone:?}"
    );

    let cx = world.context();
    let bad = template("x", true).replace("\"/a\"", "\"/b\"");
    cx.write("stack.yaml", &bad);
    walk(
        &cloud(),
        &cx,
        &deploy("k-3", "ruin", json!({ "parameters": {} })),
    )
    .await
    .unwrap_err();
    let error = cloud()
        .preview(&world.context(), &continued("k-4", "ruin", &[]))
        .await
        .unwrap_err();
    assert!(error.message.contains("ROLLBACK_COMPLETE"), "{error}");
    assert!(error.hint.unwrap().contains("cloudformation/delete"));
}

#[tokio::test]
async fn a_name_without_a_stack_is_told_and_deployed_to() {
    let world = World::practice();
    let body = template("one", false)
        .replace('"', "%22")
        .replace(' ', "%20");
    world
        .outside(&format!("Action=CreateChangeSet&StackName=shop&ChangeSetName=of-others&ChangeSetType=CREATE&TemplateBody={body}"))
        .await;
    assert_eq!(status(&world, "shop").await, "REVIEW_IN_PROGRESS");
    let cx = world.context();
    cx.write("stack.yaml", &template("one", false));
    let walked = walk(
        &cloud(),
        &cx,
        &deploy("k", "shop", json!({ "parameters": {} })),
    )
    .await
    .unwrap();
    assert!(
        walked
            .preview
            .notes
            .iter()
            .any(|note| note.contains("only a name so far")),
        "{:?}",
        walked.preview.notes
    );
    assert_eq!(status(&world, "shop").await, "CREATE_COMPLETE");
}

fn read(set: &str) -> podium_connector::StepRequest {
    request(
        "cloudformation/read-stack-set",
        "k-set",
        json!({ "stack_set": set }),
    )
}

/// The practice cloud alone: the real server that checks are made against knows no stack sets.
#[tokio::test]
async fn a_stack_set_is_read_with_all_its_stacks() {
    let world = World::practice();
    let body = template("one", false)
        .replace('"', "%22")
        .replace(' ', "%20");
    world
        .outside(&format!("Action=CreateStackSet&StackSetName=Grundlagen&Description=F%C3%BCr%20alle&TemplateBody={body}"))
        .await;
    let accounts: Vec<String> = (0..30)
        .map(|n| format!("&Accounts.member.{}=1111111111{n:02}", n + 1))
        .collect();
    let accounts = accounts.concat();
    world
        .outside(&format!("Action=CreateStackInstances&StackSetName=Grundlagen&Regions.member.1=eu-central-1&Regions.member.2=us-east-1{accounts}"))
        .await;
    let cx = world.context();
    cx.set_phase(Phase::Read);
    let preview = cloud().preview(&cx, &read("Grundlagen")).await.unwrap();
    assert_eq!(preview.changes[0].action, Action::Read);
    assert_eq!(
        preview.changes[0].after["stacks"], 60,
        "three pages of stacks"
    );
    assert!(
        preview
            .notes
            .iter()
            .any(|note| note.contains("not up to date")),
        "{:?}",
        preview.notes
    );
    let choices = cloud()
        .discover(&cx, &read("x"), "stack-sets")
        .await
        .unwrap();
    assert_eq!(choices[0].label, "Grundlagen: Für alle");
    while cloud()
        .preview(&cx, &read("Grundlagen"))
        .await
        .unwrap()
        .outputs["outdated"]
        != 0
    {}
    let walked = walk(&cloud(), &cx, &read("Grundlagen")).await.unwrap();
    let outputs = &walked.outcome.outputs;
    assert_eq!(outputs["current"], 60);
    assert_eq!(outputs["regions"], json!(["eu-central-1", "us-east-1"]));
    assert_eq!(outputs["accounts"].as_array().map(Vec::len), Some(30));
    assert_eq!(outputs["instances"][0]["detail"], "SUCCEEDED");
    let drawing = cloud().draw(&cx, &read("Grundlagen")).await.unwrap();
    assert_eq!((drawing.nodes.len(), drawing.edges.len()), (61, 60));
    let error = cloud().preview(&cx, &read("none")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.hint.is_some());
    let drift = cloud().drift(&cx, &read("Grundlagen")).await.unwrap_err();
    assert_eq!(drift.code.as_str(), "POD0430");
    assert_eq!(
        cloud()
            .undo(&cx, &read("Grundlagen"), &walked.record)
            .await
            .unwrap()
            .outputs,
        serde_json::Map::<String, Value>::new()
    );
}
