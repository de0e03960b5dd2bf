//! What holds in every world.

use podium_connector::{
    Action, Confidence, Connector, Context, Observed, Phase, StepRequest, UndoClass,
};
use podium_connector_cloudformation::CloudFormation;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, walk};
use serde_json::{Value, json};

use crate::world::{World, request};

pub(crate) const TEMPLATE: &str = r#"
Description: A shop branch, größer
Parameters:
  Branch: { Type: String }
  Greeting: { Type: String, Default: "Grüezi & <hello>" }
Resources:
  Note:
    Type: AWS::SSM::Parameter
    Properties:
      Name: !Sub "/podium/${Branch}/note"
      Type: String
      Value: !Ref Greeting
  Queue:
    Type: AWS::SNS::Topic
    DependsOn: Note
Outputs:
  NoteName: { Value: !Ref Note }
  Branch: { Value: !Ref Branch }
"#;

const FAILING: &str = r#"
Resources:
  Note:
    Type: AWS::SSM::Parameter
    Properties: { Name: /podium/failing/note, Type: String, Value: x }
  Handle: { Type: AWS::CloudFormation::WaitConditionHandle }
  Signal:
    Type: AWS::CloudFormation::WaitCondition
    DependsOn: Note
    Properties: { Handle: !Ref Handle, Timeout: "1" }
"#;

fn cloud() -> CloudFormation {
    CloudFormation::new()
}

#[expect(clippy::needless_pass_by_value, reason = "written in place as `json!`")]
pub(crate) fn deploy(key: &str, stack: &str, more: Value) -> StepRequest {
    let mut inputs =
        json!({ "stack": stack, "template": "stack.yaml", "parameters": { "Branch": stack } });
    for (name, value) in more.as_object().expect("an object") {
        inputs[name] = value.clone();
    }
    request("cloudformation/deploy", key, inputs)
}

fn with_template(world: &World) -> FakeContext {
    let cx = world.context();
    cx.write("stack.yaml", TEMPLATE);
    cx
}

/// Whether the vendor's API still knows the stack.
async fn exists(world: &World, stack: &str) -> bool {
    let reply = world
        .outside(&format!("Action=DescribeStacks&StackName={stack}"))
        .await;
    reply.contains("<StackStatus>")
}

pub(crate) async fn new_stack(world: &World) {
    let cx = with_template(world);
    let step = deploy("k-new", "new-branch", json!({ "tags": { "team": "ops" } }));

    cx.set_phase(Phase::Read);
    let preview = cloud().preview(&cx, &step).await.unwrap();
    assert_eq!(preview.confidence, Confidence::Exact);
    let lines: Vec<(Action, &str, &str)> = preview
        .changes
        .iter()
        .map(|c| (c.action, c.kind.as_str(), c.name.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (Action::Create, "AWS::SSM::Parameter", "Note"),
            (Action::Create, "AWS::SNS::Topic", "Queue")
        ]
    );
    assert_eq!(preview.changes[0].after["Value"], "Grüezi & <hello>");
    assert_eq!(preview.changes[0].after["Name"], "/podium/new-branch/note");
    assert!(
        !exists(world, "new-branch").await,
        "a preview leaves nothing behind"
    );
    assert_eq!(
        cloud().preview(&cx, &step).await.unwrap(),
        preview,
        "the same world, the same answer"
    );

    let walked = walk(&cloud(), &cx, &step).await.unwrap();
    assert_eq!(walked.record.undo.class, UndoClass::Delete);
    assert_eq!(
        walked.outcome.outputs["NoteName"],
        "/podium/new-branch/note"
    );
    assert_eq!(walked.outcome.outputs["Branch"], "new-branch");
    let id = walked.outcome.outputs["stack_id"].as_str().unwrap();
    let records = cx.records();
    assert_eq!(
        records.accepted,
        [id],
        "the stack's ARN is kept as soon as it is known"
    );
    for (about, status) in [
        ("Note", "CREATE_COMPLETE"),
        ("Queue", "CREATE_COMPLETE"),
        ("new-branch", "CREATE_COMPLETE"),
    ] {
        assert!(
            records
                .progress
                .iter()
                .any(|p| p.about.as_deref() == Some(about) && p.status.as_deref() == Some(status)),
            "{about} {status}: {:?}",
            records.progress
        );
    }
    let place = |about: &str| {
        records
            .progress
            .iter()
            .position(|p| p.about.as_deref() == Some(about) && p.made.is_some())
            .unwrap()
    };
    assert!(place("Note") < place("Queue"), "events come in their order");

    cx.set_phase(Phase::Read);
    let undo = cloud()
        .preview_undo(&cx, &step, &walked.record)
        .await
        .unwrap();
    assert!(undo.changes.iter().all(|c| c.action == Action::Delete));
    assert_eq!(undo.changes.len(), 2);
    cx.begin_attempt();
    cx.set_phase(Phase::Write);
    let back = deploy("k-new-undo", "new-branch", json!({}));
    cloud().undo(&cx, &back, &walked.record).await.unwrap();
    assert!(!exists(world, "new-branch").await);
    cloud().undo(&cx, &back, &walked.record).await.unwrap();
}

pub(crate) async fn update(world: &World) {
    let first = with_template(world);
    walk(&cloud(), &first, &deploy("k-up-1", "up-branch", json!({})))
        .await
        .unwrap();

    let cx = with_template(world);
    let changed = deploy(
        "k-up-2",
        "up-branch",
        json!({ "parameters": { "Branch": "up-branch", "Greeting": "Salut" } }),
    );
    let walked = walk(&cloud(), &cx, &changed).await.unwrap();
    let change = &walked.preview.changes[0];
    assert_eq!(
        (change.action, change.name.as_str()),
        (Action::Update, "Note")
    );
    assert_eq!(change.before, json!({ "Value": "Grüezi & <hello>" }));
    assert_eq!(change.after, json!({ "Value": "Salut" }));
    assert_eq!(walked.record.undo.class, UndoClass::Restore);

    cx.set_phase(Phase::Read);
    let undo = cloud()
        .preview_undo(&cx, &changed, &walked.record)
        .await
        .unwrap();
    assert_eq!(undo.changes[0].before, json!({ "Value": "Salut" }));
    assert_eq!(
        undo.changes[0].after,
        json!({ "Value": "Grüezi & <hello>" })
    );
    cx.begin_attempt();
    cx.set_phase(Phase::Write);
    let back = deploy("k-up-undo", "up-branch", json!({}));
    cloud().undo(&cx, &back, &walked.record).await.unwrap();
    cx.set_phase(Phase::Read);
    let again = cloud()
        .preview_undo(&cx, &changed, &walked.record)
        .await
        .unwrap();
    assert!(again.changes.is_empty(), "{:?}", again.changes);
    remove(world, "up-branch").await;
}

pub(crate) async fn no_change(world: &World) {
    let first = with_template(world);
    walk(
        &cloud(),
        &first,
        &deploy("k-same-1", "same-branch", json!({})),
    )
    .await
    .unwrap();
    let cx = with_template(world);
    let walked = walk(&cloud(), &cx, &deploy("k-same-2", "same-branch", json!({})))
        .await
        .unwrap();
    assert!(walked.preview.changes.is_empty());
    assert_eq!(walked.preview.undo.class, UndoClass::Automatic);
    assert_eq!(
        walked.preview.outputs, walked.outcome.outputs,
        "what is certain flows on"
    );
    assert_eq!(walked.outcome.outputs["Branch"], "same-branch");
    assert!(exists(world, "same-branch").await);
    remove(world, "same-branch").await;
}

pub(crate) async fn failing(world: &World) {
    let cx = world.context();
    cx.write("stack.yaml", FAILING);
    let step = deploy("k-fail", "failing-branch", json!({ "parameters": {} }));
    let error = walk(&cloud(), &cx, &step).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Failed, "POD0452")
    );
    assert!(
        error.message.starts_with("The stack `failing-branch` could not be created and was rolled back. `Signal` (AWS::CloudFormation::WaitCondition) failed: "),
        "{}",
        error.message
    );
    assert!(error.hint.is_some());
    // The stack that failed can only be deleted; undo does so.
    let preview = cloud().preview(&cx, &step).await.unwrap_err();
    assert_eq!(preview.code.as_str(), "POD0454");
    cx.begin_attempt();
    let record = cloud().prepare(&cx, &step, &empty_preview()).await.unwrap();
    let back = deploy("k-fail-undo", "failing-branch", json!({ "parameters": {} }));
    cloud().undo(&cx, &back, &record).await.unwrap();
    assert!(!exists(world, "failing-branch").await);
}

pub(crate) fn empty_preview() -> podium_connector::StepPreview {
    podium_connector::StepPreview::unknown(
        "not asked",
        podium_connector::Undo {
            class: UndoClass::Delete,
            because: None,
        },
    )
}

pub(crate) async fn crash(world: &World) {
    let cx = with_template(world);
    let step = deploy("k-crash", "crash-branch", json!({}));
    assert_eq!(
        cloud().observe(&cx, &step).await.unwrap(),
        Observed::NeverStarted
    );
    let walked = walk(&cloud(), &cx, &step).await.unwrap();
    let mut resumed = step.clone();
    resumed.resumed = true;
    assert_eq!(
        cloud().observe(&cx, &resumed).await.unwrap(),
        Observed::Adopt
    );
    let told = cx.records().progress;
    let again = cloud().run(&cx, &resumed).await.unwrap();
    assert_eq!(again, walked.outcome);
    let retold = &cx.records().progress[told.len()..];
    assert_eq!(retold, told, "what is told again is told alike");
    resumed.remote = cx.records().accepted.first().cloned();
    assert_eq!(cloud().run(&cx, &resumed).await.unwrap(), walked.outcome);
    let events = world
        .outside("Action=DescribeStackEvents&StackName=crash-branch")
        .await;
    let executed = events
        .matches("<LogicalResourceId>Note</LogicalResourceId>")
        .count();
    assert_eq!(executed, 2, "in progress and complete, once each");
    remove(world, "crash-branch").await;
}

pub(crate) async fn midway(world: &World) {
    let cx = world.context();
    let slow = FAILING
        .replace("/podium/failing/note", "/podium/midway/note")
        .replace("\"1\"", "\"3\"");
    cx.write("stack.yaml", &slow);
    let step = deploy("k-mid", "midway-branch", json!({ "parameters": {} }));
    let preview = cloud().preview(&cx, &step).await.unwrap();
    let record = cloud().prepare(&cx, &step, &preview).await.unwrap();
    // The application dies while the stack is being made: the future is dropped where it stands.
    let connector = cloud();
    let run = connector.run(&cx, &step);
    let seen = async {
        while !cx
            .records()
            .progress
            .iter()
            .any(|p| p.about.as_deref() == Some("Note"))
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = seen => {}
        outcome = run => panic!("it ended before the crash: {outcome:?}"),
    }
    let mut resumed = step.clone();
    resumed.resumed = true;
    resumed.remote = cx.records().accepted.first().cloned();
    assert!(resumed.remote.is_some());
    assert_eq!(
        cloud().observe(&cx, &resumed).await.unwrap(),
        Observed::Adopt
    );
    let error = cloud().run(&cx, &resumed).await.unwrap_err();
    assert!(
        error
            .message
            .contains("`Signal` (AWS::CloudFormation::WaitCondition) failed"),
        "{error}"
    );
    assert_eq!(cx.records().accepted.len(), 1, "accepted once");
    let events = world
        .outside("Action=DescribeStackEvents&StackName=midway-branch")
        .await;
    assert_eq!(
        events.matches("<ResourceStatus>CREATE_FAILED<").count(),
        1,
        "executed once"
    );
    let back = deploy("k-mid-undo", "midway-branch", json!({ "parameters": {} }));
    cloud().undo(&cx, &back, &record).await.unwrap();
    assert!(!exists(world, "midway-branch").await);
}

pub(crate) async fn secret(world: &World) {
    let canary = "canary-for-the-hidden-parameter";
    let template = r"
Parameters: { Key: { Type: String, NoEcho: true } }
Resources:
  Note: { Type: AWS::SSM::Parameter, Properties: { Name: /podium/secret/note, Type: String, Value: !Ref Key } }
Outputs: { Name: { Value: !Ref Note } }
";
    let cx = world
        .context()
        .with_credential("secrets.Key", "secret", &[], &[("value", canary)]);
    cx.write("stack.yaml", template);
    let step = deploy("k-secret", "secret-branch", json!({ "parameters": {} }));
    let walked = walk(&cloud(), &cx, &step).await.unwrap();
    let records = cx.records();
    let everything = format!(
        "{}{:?}{:?}{:?}{:?}",
        serde_json::to_string(&walked.preview).unwrap(),
        walked.record,
        walked.outcome,
        records.log,
        records.progress
    );
    assert!(!everything.contains(canary) && !everything.contains("canary-secret-key"));
    for file in cx.all_files() {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(
            !text.contains(canary) && !text.contains("canary-secret-key"),
            "{}",
            file.display()
        );
    }
    if let Some(state) = world.saved() {
        assert!(
            !state.contains(canary),
            "the practice cloud keeps no secret"
        );
    }
    // A second deployment without the secret keeps it.
    let next = world.context();
    next.write("stack.yaml", template);
    let same = deploy("k-secret-2", "secret-branch", json!({ "parameters": {} }));
    let kept = walk(&cloud(), &next, &same).await.unwrap();
    assert!(
        kept.preview.changes.is_empty(),
        "{:?}",
        kept.preview.changes
    );
    remove(world, "secret-branch").await;

    let open =
        world
            .context()
            .with_credential("secrets.Branch", "secret", &[], &[("value", canary)]);
    open.write("stack.yaml", TEMPLATE);
    let error = cloud()
        .preview(
            &open,
            &deploy("k-open", "open-branch", json!({ "parameters": {} })),
        )
        .await
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0461");
}

pub(crate) async fn delete(world: &World) {
    let first = with_template(world);
    walk(
        &cloud(),
        &first,
        &deploy("k-del-1", "del-branch", json!({})),
    )
    .await
    .unwrap();
    let cx = world.context();
    let step = request(
        "cloudformation/delete",
        "k-del-2",
        json!({ "stack": "del-branch" }),
    );
    let walked = walk(&cloud(), &cx, &step).await.unwrap();
    assert_eq!(walked.preview.changes.len(), 2);
    assert_eq!(walked.record.undo.class, UndoClass::Restore);
    assert_eq!(walked.outcome.outputs["deleted"], true);
    assert!(!exists(world, "del-branch").await);
    let mut resumed = step.clone();
    resumed.resumed = true;
    assert_eq!(
        cloud().observe(&cx, &resumed).await.unwrap(),
        Observed::Adopt
    );
    assert_eq!(cloud().run(&cx, &resumed).await.unwrap(), walked.outcome);

    let nothing = walk(
        &cloud(),
        &world.context(),
        &request(
            "cloudformation/delete",
            "k-del-3",
            json!({ "stack": "del-branch" }),
        ),
    )
    .await
    .unwrap();
    assert!(nothing.preview.changes.is_empty());
    assert_eq!(nothing.outcome.outputs["deleted"], false);

    cx.begin_attempt();
    let back = request(
        "cloudformation/delete",
        "k-del-undo",
        json!({ "stack": "del-branch" }),
    );
    cloud().undo(&cx, &back, &walked.record).await.unwrap();
    assert!(exists(world, "del-branch").await);
    remove(world, "del-branch").await;
}

pub(crate) async fn protected(world: &World) {
    let cx = with_template(world);
    let step = deploy("k-prot", "prot-branch", json!({}));
    let walked = walk(&cloud(), &cx, &step).await.unwrap();
    let switch = |on: &str| {
        format!(
            "Action=UpdateTerminationProtection&StackName=prot-branch&EnableTerminationProtection={on}"
        )
    };
    world.outside(&switch("true")).await;
    let error = cloud()
        .preview_undo(&cx, &step, &walked.record)
        .await
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0455");
    let back = deploy("k-prot-undo", "prot-branch", json!({}));
    assert_eq!(
        cloud()
            .undo(&cx, &back, &walked.record)
            .await
            .unwrap_err()
            .code
            .as_str(),
        "POD0455"
    );
    let delete = request(
        "cloudformation/delete",
        "k-prot-del",
        json!({ "stack": "prot-branch" }),
    );
    let error = cloud()
        .preview(&world.context(), &delete)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden);
    assert!(exists(world, "prot-branch").await);
    world.outside(&switch("false")).await;
    remove(world, "prot-branch").await;
}

pub(crate) async fn drift(world: &World) {
    let cx = with_template(world);
    let step = deploy("k-drift", "drift-branch", json!({}));
    walk(&cloud(), &cx, &step).await.unwrap();
    cx.set_phase(Phase::Read);
    assert!(cloud().drift(&cx, &step).await.unwrap().items.is_empty());
    world
        .change_behind(
            "drift-branch",
            "Note",
            "/podium/drift-branch/note",
            "changed",
        )
        .await;
    let drift = cloud().drift(&cx, &step).await.unwrap();
    assert_eq!(drift.items.len(), 1, "{drift:?}");
    assert_eq!(drift.items[0].name, "Note");
    assert_eq!(drift.items[0].expected["Value"], "Grüezi & <hello>");
    assert_eq!(drift.items[0].actual["Value"], "changed");
    let choices = cloud().discover(&cx, &step, "stacks").await.unwrap();
    assert!(choices.iter().any(|choice| choice.value == "drift-branch"));
    remove(world, "drift-branch").await;
}

pub(crate) async fn identity(world: &World) {
    let cx = world.context();
    cx.set_phase(Phase::Read);
    let who = cloud()
        .identify(&cx, &deploy("k-who", "who", json!({})))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(who.system, "aws");
    assert_eq!(who.account.len(), 12);
    assert!(who.place.unwrap().starts_with("us-east-1"));
    // It may look, and what it may change nobody knows before it is tried.
    let rights = cloud()
        .rights(&cx, &deploy("k-who", "who", json!({})))
        .await
        .unwrap();
    let held: Vec<Option<bool>> = rights.iter().map(|right| right.held).collect();
    assert_eq!(held, [Some(true), None], "{rights:?}");
}

/// Tidies up as another step would.
async fn remove(world: &World, stack: &str) {
    let cx = world.context();
    let step = request(
        "cloudformation/delete",
        &format!("k-remove-{stack}"),
        json!({ "stack": stack }),
    );
    cx.begin_attempt();
    assert!(!cx.is_cancelled());
    cloud().run(&cx, &step).await.unwrap();
    assert!(!exists(world, stack).await);
}
