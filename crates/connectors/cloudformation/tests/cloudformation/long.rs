//! Templates that are too long for a request, in every world.

use std::fmt::Write as _;

use podium_connector::weather::{Does, Weather};
use podium_connector::{
    Action, Connector, LogLevel, Method, Observed, Phase, StepRequest, UndoClass,
};
use podium_connector_cloudformation::CloudFormation;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, walk};
use serde_json::{Value, json};

use crate::checks::{deploy, empty_preview};
use crate::world::{World, request};

/// Plain: the server in the place of AWS does not read escapes in the address of a template, as AWS does.
const PREFIX: &str = "/podium/templates_2.0/";

fn cloud() -> CloudFormation {
    CloudFormation::new()
}

/// A template of about 120 KB: sixty notes with long texts, one of them with this word.
pub(crate) fn template(word: &str) -> String {
    let mut text = String::from("Parameters: { Branch: { Type: String } }\nResources:\n");
    for number in 0..60 {
        let said = if number == 7 { word } else { "grüezi" };
        let filler = "ein Satz über den Zweig, der hier steht. ".repeat(46);
        let _ = writeln!(
            text,
            "  Note{number:02}:\n    Type: AWS::SSM::Parameter\n    Metadata: {{ Practice: {{ Seconds: 0.02 }} }}\n    Properties: {{ Name: !Sub \"/podium/${{Branch}}/{number:02}\", Type: String, Value: \"{said}: {filler}\" }}"
        );
    }
    assert!((118_000..140_000).contains(&text.len()), "{}", text.len());
    text
}

fn context(world: &World, template: &str) -> FakeContext {
    let cx = world.context();
    cx.write("stack.yaml", template);
    cx
}

fn with(key: &str, stack: &str, bucket: &str) -> StepRequest {
    deploy(key, stack, json!({ "bucket": bucket, "prefix": PREFIX }))
}

async fn undo(cx: &FakeContext, request: &StepRequest, record: &podium_connector::UndoRecord) {
    cx.begin_attempt();
    cx.set_phase(Phase::Write);
    cloud().undo(cx, request, record).await.unwrap();
}

async fn exists(world: &World, stack: &str) -> bool {
    let form = format!("Action=DescribeStacks&StackName={stack}");
    world.outside(&form).await.contains("<StackStatus>")
}

pub(crate) async fn deployed_changed_and_undone(world: &World) {
    let bucket = world.bucket("long", "us-east-1").await;
    let first = context(world, &template("eins"));
    let made = with("k-long-1", "long-branch", &bucket);

    first.set_phase(Phase::Read);
    let preview = cloud().preview(&first, &made).await.unwrap();
    assert_eq!(preview.changes.len(), 60);
    assert!(preview.changes.iter().all(|c| c.action == Action::Create));
    let told = preview.notes.join("\n");
    assert!(
        told.contains(&bucket) && told.contains("bytes long"),
        "{told}"
    );
    assert!(world.inside(&bucket).is_empty(), "a preview leaves nothing");
    assert!(!exists(world, "long-branch").await);
    let again = cloud().preview(&first, &made).await.unwrap();
    assert_eq!(again, preview, "the same world, the same answer");

    let new = walk(&cloud(), &first, &made).await.unwrap();
    assert_eq!(new.record.undo.class, UndoClass::Delete);
    assert!(world.inside(&bucket).is_empty(), "nor does a run");
    let puts = first.records().requests;
    let puts: Vec<&String> = puts.iter().filter(|r| r.starts_with("PUT ")).collect();
    assert_eq!(
        puts.len(),
        4,
        "two previews, one of the walk, and the run: {puts:?}"
    );
    assert!(
        puts.iter()
            .all(|put| put.contains("/podium/templates_2.0/"))
    );

    let cx = context(world, &template("zwei"));
    let changed = with("k-long-2", "long-branch", &bucket);
    let walked = walk(&cloud(), &cx, &changed).await.unwrap();
    let lines: Vec<_> = walked
        .preview
        .changes
        .iter()
        .map(|c| (c.action, c.name.as_str()))
        .collect();
    assert_eq!(lines, [(Action::Update, "Note07")]);
    let after = walked.preview.changes[0].after["Value"].as_str().unwrap();
    assert!(after.starts_with("zwei: ein Satz über"), "{after}");
    assert_eq!(walked.record.undo.class, UndoClass::Restore);

    cx.set_phase(Phase::Read);
    let back = with("k-long-2-undo", "long-branch", &bucket);
    let undone = cloud()
        .preview_undo(&cx, &back, &walked.record)
        .await
        .unwrap();
    assert_eq!(undone.changes.len(), 1);
    let after = undone.changes[0].after["Value"].as_str().unwrap();
    assert!(after.starts_with("eins: ein Satz über"), "{after}");
    assert!(world.inside(&bucket).is_empty());
    undo(&cx, &back, &walked.record).await;
    cx.set_phase(Phase::Read);
    let again = cloud()
        .preview_undo(&cx, &back, &walked.record)
        .await
        .unwrap();
    assert!(again.changes.is_empty(), "{:?}", again.changes);
    assert!(world.inside(&bucket).is_empty(), "nor does an undo");

    undo(
        &first,
        &with("k-long-1-undo", "long-branch", &bucket),
        &new.record,
    )
    .await;
    assert!(!exists(world, "long-branch").await);
    assert!(world.inside(&bucket).is_empty());
    let log = [first.records().log, cx.records().log].concat();
    let warned: Vec<_> = log
        .iter()
        .filter(|line| line.level == LogLevel::Warning)
        .collect();
    assert!(warned.is_empty(), "nothing stayed: {warned:?}");
}

/// The undo of a deletion makes the stack anew, through the bucket that the step names.
pub(crate) async fn deleted_and_made_anew(world: &World) {
    let bucket = world.bucket("anew", "us-east-1").await;
    let first = context(world, &template("eins"));
    walk(&cloud(), &first, &with("k-anew-1", "anew-branch", &bucket))
        .await
        .unwrap();

    let without = world.context();
    without.set_phase(Phase::Read);
    let delete = |key: &str, more: Value| {
        let mut inputs = json!({ "stack": "anew-branch" });
        inputs
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        request("cloudformation/delete", key, inputs)
    };
    let step = delete("k-anew-2", json!({}));
    let preview = cloud().preview(&without, &step).await.unwrap();
    assert_eq!(preview.undo.class, UndoClass::Manual);
    assert!(preview.undo.because.unwrap().contains("`bucket`"));

    let cx = world.context();
    let step = delete("k-anew-3", json!({ "bucket": bucket }));
    let walked = walk(&cloud(), &cx, &step).await.unwrap();
    assert_eq!(walked.record.undo.class, UndoClass::Restore);
    assert!(!exists(world, "anew-branch").await);
    undo(
        &cx,
        &delete("k-anew-undo", json!({ "bucket": bucket })),
        &walked.record,
    )
    .await;
    assert!(exists(world, "anew-branch").await);
    assert!(world.inside(&bucket).is_empty());
    let kept = world
        .outside("Action=GetTemplate&StackName=anew-branch")
        .await;
    assert!(
        kept.contains("eins: ein Satz über"),
        "the former template is back"
    );
}

/// What is put back is long, what is deployed is short, and no bucket is named.
pub(crate) async fn without_a_bucket_the_undo_says_so(world: &World) {
    let bucket = world.bucket("short", "us-east-1").await;
    let first = context(world, &template("eins"));
    walk(
        &cloud(),
        &first,
        &with("k-short-1", "short-branch", &bucket),
    )
    .await
    .unwrap();

    let cx = context(world, crate::checks::TEMPLATE);
    let walked = walk(
        &cloud(),
        &cx,
        &deploy("k-short-2", "short-branch", json!({})),
    )
    .await
    .unwrap();
    for undo in [&walked.preview.undo, &walked.record.undo] {
        assert_eq!(undo.class, UndoClass::Manual);
        assert!(
            undo.because.as_ref().unwrap().contains("`bucket`"),
            "{undo:?}"
        );
    }
    let back = deploy("k-short-undo", "short-branch", json!({}));
    let error = cloud().undo(&cx, &back, &walked.record).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0348", "{error}");
}

/// What somebody else put under the very same name is used, and left.
pub(crate) async fn what_was_there_before_stays(world: &World) {
    let bucket = world.bucket("before", "us-east-1").await;
    let body = template("eins");
    let key = {
        use sha2::{Digest as _, Sha256};
        let hash = Sha256::digest(body.as_bytes());
        let hex = hash.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        format!("{hex}.template")
    };
    world.put(&format!("{bucket}/{key}"), &body).await;
    let cx = context(world, &body);
    let step = deploy("k-before", "before-branch", json!({ "bucket": bucket }));
    let walked = walk(&cloud(), &cx, &step).await.unwrap();
    assert_eq!(walked.preview.changes.len(), 60);
    let requests = cx.records().requests;
    let wrote = |method: &str| requests.iter().any(|one| one.starts_with(method));
    assert!(!wrote("PUT ") && !wrote("DELETE "), "{requests:?}");
    assert!(!world.inside(&bucket).is_empty());
    undo(
        &cx,
        &deploy(
            "k-before-undo",
            "before-branch",
            json!({ "bucket": bucket }),
        ),
        &walked.record,
    )
    .await;

    // Of that name and with other content, it is no template of ours.
    world
        .put(&format!("{bucket}/{key}"), "Resources: { Evil: {} }")
        .await;
    let cx = context(world, &body);
    cx.set_phase(Phase::Read);
    let error = cloud().preview(&cx, &step).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Conflict, "POD0349"),
        "{error}"
    );
    assert!(!world.inside(&bucket).is_empty());
}

/// Wherever the line breaks for good in the middle of a run: when it is taken up, the stack is made once
/// and the bucket is empty again.
pub(crate) async fn taken_up_it_leaves_nothing(world: &World) {
    let bucket = world.bucket("taken", "us-east-1").await;
    let mut left = 0;
    // Once it is executed, a run waits for the line to come back; before that it ends.
    for calls in 3..7 {
        let stack = format!("taken-{calls}");
        let cx = context(world, &template("eins"));
        let mut step = with(&format!("k-taken-{calls}"), &stack, &bucket);
        let record = cloud().prepare(&cx, &step, &empty_preview()).await.unwrap();
        cx.begin_attempt();
        cx.set_weather(Does::Refuse.rule().after(calls));
        let error = cloud().run(&cx, &step).await.unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Unknown),
            "{error:?}"
        );
        left += world.inside(&bucket).len();
        cx.set_weather(Weather::fair());
        step.resumed = true;
        step.remote = cx.records().accepted.first().cloned();
        let observed = cloud().observe(&cx, &step).await.unwrap();
        assert!(
            matches!(observed, Observed::Adopt | Observed::NeverStarted),
            "{observed:?}"
        );
        cloud().run(&cx, &step).await.unwrap();
        assert!(exists(world, &stack).await);
        assert!(world.inside(&bucket).is_empty(), "after {calls} calls");
        undo(
            &cx,
            &with(&format!("k-taken-{calls}-undo"), &stack, &bucket),
            &record,
        )
        .await;
        assert!(!exists(world, &stack).await);
    }
    assert!(left > 0, "no break left anything to clean up");
}

/// An undo after a run that died with its template in the bucket removes that as well.
pub(crate) async fn undone_it_leaves_nothing(world: &World) {
    let bucket = world.bucket("undone", "us-east-1").await;
    let cx = context(world, &template("eins"));
    let step = with("k-undone", "undone-branch", &bucket);
    let record = cloud().prepare(&cx, &step, &empty_preview()).await.unwrap();
    cx.begin_attempt();
    cx.set_weather(Does::Refuse.rule().after(4));
    cloud().run(&cx, &step).await.unwrap_err();
    assert!(!world.inside(&bucket).is_empty());
    cx.set_weather(Weather::fair());
    undo(
        &cx,
        &with("k-undone-undo", "undone-branch", &bucket),
        &record,
    )
    .await;
    assert!(world.inside(&bucket).is_empty());
}

/// Several steps with one template share its name in the bucket, and none takes it from another for good.
pub(crate) async fn several_at_once(world: &World) {
    let bucket = world.bucket("several", "us-east-1").await;
    let body = template("eins");
    let one = |number: u32| {
        let (cx, bucket) = (context(world, &body), bucket.clone());
        async move {
            let stack = format!("several-{number}");
            let step = with(&format!("k-several-{number}"), &stack, &bucket);
            walk(&cloud(), &cx, &step)
                .await
                .map(|walked| walked.preview.changes.len())
        }
    };
    let (a, b, c) = tokio::join!(one(1), one(2), one(3));
    for told in [a, b, c] {
        assert_eq!(told.unwrap(), 60);
    }
    assert!(world.inside(&bucket).is_empty());
}

/// A bucket of another region: it is named, and no credential goes there.
pub(crate) async fn another_region(world: &World) {
    let bucket = world.bucket("far", "eu-west-1").await;
    let cx = context(world, &template("eins"));
    cx.set_phase(Phase::Read);
    let error = cloud()
        .preview(&cx, &with("k-far", "far-branch", &bucket))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Invalid, "POD0349"),
        "{error}"
    );
    assert!(
        error
            .message
            .contains("is in eu-west-1, and the stack in us-east-1"),
        "{error}"
    );
    assert!(error.hint.is_some());
    let requests = cx.records().requests;
    assert!(
        requests.iter().all(|one| one.contains("http://127.0.0.1:")),
        "{requests:?}"
    );
    assert!(!exists(world, "far-branch").await);
}

/// A bucket that keeps versions is said to; the version with the template is deleted for good.
pub(crate) async fn versions(world: &World) {
    let bucket = world.versioned_bucket("versions").await;
    let cx = context(world, &template("eins"));
    let step = with("k-versions", "versions-branch", &bucket);
    let walked = walk(&cloud(), &cx, &step).await.unwrap();
    let told = walked.preview.notes.join("\n");
    assert!(
        told.contains("keeps versions") && told.contains("for good"),
        "{told}"
    );
    assert!(
        world.inside(&bucket).is_empty(),
        "no version and no mark stays"
    );
}

/// A missing bucket, and none at all.
pub(crate) async fn no_bucket(world: &World) {
    let cx = context(world, &template("eins"));
    cx.set_phase(Phase::Read);
    let error = cloud()
        .preview(&cx, &deploy("k-none", "none-branch", json!({})))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Invalid, "POD0348")
    );
    assert!(error.hint.as_ref().unwrap().contains("`bucket`"), "{error}");
    assert!(
        error
            .context
            .contains(&("field".to_owned(), "/bucket".to_owned()))
    );

    let step = with(
        "k-none",
        "none-branch",
        "podium-there-is-no-such-bucket-0348",
    );
    let error = cloud().preview(&cx, &step).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::NotFound, "POD0349"),
        "{error}"
    );
    assert!(error.message.contains("There is no bucket"), "{error}");
    assert!(!exists(world, "none-branch").await);
}

/// The buckets are offered, those of the stack's region.
pub(crate) async fn offered(world: &World) {
    let near = world.bucket("near", "us-east-1").await;
    let far = world.bucket("offered-far", "eu-west-1").await;
    let cx = world.context();
    cx.set_phase(Phase::Read);
    let step = deploy("k", "s", json!({}));
    let choices = cloud().discover(&cx, &step, "buckets").await.unwrap();
    let names: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    assert!(names.contains(&near.as_str()), "{names:?}");
    assert!(!names.contains(&far.as_str()), "{names:?}");
}

/// The reply to putting it is lost, is late, or comes at the second try: it is there once, and then gone.
pub(crate) async fn bad_weather(world: &World) {
    let bucket = world.bucket("weather", "us-east-1").await;
    for (number, weather) in [
        Does::throttle(1).of(Method::Put).times(1),
        Does::throttle(1).of(Method::Head).times(1),
        Does::status(503).of(Method::Put).times(1),
        Does::Cut.rule().of(Method::Put).times(1),
        Does::Refuse.rule().of(Method::Put).times(1),
        Does::Cut.rule().of(Method::Delete).times(1),
        Does::status(503).of(Method::Delete).times(1),
    ]
    .into_iter()
    .enumerate()
    {
        let stack = format!("weather-{number}");
        let cx = context(world, &template("eins"));
        let step = with(&format!("k-weather-{number}"), &stack, &bucket);
        cx.set_phase(Phase::Read);
        cx.set_weather(weather.clone());
        let preview = cloud().preview(&cx, &step).await.unwrap();
        assert_eq!(preview.changes.len(), 60, "{number}");
        assert!(world.inside(&bucket).is_empty(), "{number}");
        let record = cloud().prepare(&cx, &step, &preview).await.unwrap();
        cx.begin_attempt();
        cx.set_phase(Phase::Write);
        cx.set_weather(weather);
        cloud().run(&cx, &step).await.unwrap();
        assert!(cx.weather().is_fair(), "{number}: the weather was met");
        assert!(world.inside(&bucket).is_empty(), "{number}");
        undo(
            &cx,
            &with(&format!("k-weather-{number}-undo"), &stack, &bucket),
            &record,
        )
        .await;
    }
}
