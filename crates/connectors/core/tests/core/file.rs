//! `file/render`, on real folders.

use podium_connector::{Action, Confidence, Connector, Context, Phase, UndoClass};
use podium_connector_core::File;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

fn render(inputs: Value) -> RequestBuilder {
    RequestBuilder::new("file/render", inputs).with_defaults_of(File::new().manifest())
}

fn hello() -> podium_connector::StepRequest {
    render(json!({ "text": "<p>{{ name }}</p>", "to": "shöp/a/index.html", "values": { "name": "Zoë & Co" } }))
        .build()
}

#[tokio::test]
async fn a_new_file_is_previewed_exactly_written_and_deleted_again_with_its_folders() {
    let (file, cx) = (File::new(), FakeContext::real());
    let walked = walk(&file, &cx, &hello()).await.unwrap();
    let change = &walked.preview.changes[0];
    assert_eq!(walked.preview.confidence, Confidence::Exact);
    assert_eq!(change.action, Action::Create);
    assert_eq!(change.before, Value::Null);
    assert_eq!(change.after, "<p>Zoë &amp; Co</p>");
    assert_eq!(walked.record.undo.class, UndoClass::Delete);
    let path = cx.sandbox().join("shöp/a/index.html");
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "<p>Zoë &amp; Co</p>"
    );
    assert_eq!(
        walked.outcome.outputs, walked.preview.outputs,
        "the preview told the outputs"
    );

    let undo = file
        .preview_undo(&cx, &hello(), &walked.record)
        .await
        .unwrap();
    assert_eq!(undo.changes[0].action, Action::Delete);
    file.undo(&cx, &hello(), &walked.record).await.unwrap();
    assert!(!cx.sandbox().join("shöp").exists());
    let again = file
        .preview_undo(&cx, &hello(), &walked.record)
        .await
        .unwrap();
    assert!(again.changes.is_empty());
    file.undo(&cx, &hello(), &walked.record).await.unwrap();
}

#[tokio::test]
async fn a_former_file_comes_back_even_after_a_second_attempt() {
    let (file, cx) = (File::new(), FakeContext::real());
    let path = cx.sandbox().join("shöp/a/index.html");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, b"old \xff bytes").unwrap();
    let walked = walk(&file, &cx, &hello()).await.unwrap();
    assert_eq!(walked.preview.changes[0].action, Action::Update);
    let second = walk(&file, &cx, &hello()).await.unwrap();
    assert!(second.preview.changes.is_empty(), "it is already so");
    assert_eq!(second.outcome.outputs["changed"], false);
    assert_eq!(second.record, walked.record);
    file.undo(&cx, &hello(), &second.record).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"old \xff bytes");
}

#[tokio::test]
async fn a_change_made_since_is_told_and_kept() {
    let (file, cx) = (File::new(), FakeContext::real());
    let walked = walk(&file, &cx, &hello()).await.unwrap();
    let path = cx.sandbox().join("shöp/a/index.html");
    std::fs::write(&path, "mine").unwrap();
    let drift = file.drift(&cx, &hello()).await.unwrap();
    assert_eq!(drift.items[0].actual, "mine");
    let undo = file
        .preview_undo(&cx, &hello(), &walked.record)
        .await
        .unwrap();
    assert!(
        undo.notes[0].contains("was changed since"),
        "{:?}",
        undo.notes
    );
    file.undo(&cx, &hello(), &walked.record).await.unwrap();
    let kept = cx.keep().join("changed-since");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "mine");
}

#[tokio::test]
async fn values_known_later_make_the_preview_a_prediction() {
    let (file, cx) = (File::new(), FakeContext::real());
    cx.set_phase(Phase::Read);
    cx.write("page.tpl", "{{ name }} of {{ all.0 }}");
    let inputs =
        json!({ "template": "page.tpl", "to": "x.txt", "values": { "name": "a", "all": ["b"] } });
    let one = render(inputs.clone())
        .unknown("/values/all/0", "network")
        .build();
    let preview = file.preview(&cx, &one).await.unwrap();
    assert_eq!(preview.confidence, Confidence::Predicted);
    assert_eq!(
        preview.because.as_deref(),
        Some("Some of its inputs are known only after `network`.")
    );
    assert_eq!(preview.changes[0].after, "a of (known later)");
    let all = render(inputs.clone()).unknown("/values", "network").build();
    let preview = file.preview(&cx, &all).await.unwrap();
    assert_eq!(preview.changes[0].after, "(known later)");
    let to = render(inputs).unknown("/to", "network").build();
    let preview = file.preview(&cx, &to).await.unwrap();
    assert_eq!(preview.confidence, Confidence::Unknown);
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_is_written_or_read_outside() {
    let (file, cx) = (File::new(), FakeContext::real());
    std::os::unix::fs::symlink("/etc", cx.sandbox().join("out")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", cx.workspace().join("in.tpl")).unwrap();
    for inputs in [
        json!({ "text": "x", "to": "out/x" }),
        json!({ "text": "x", "to": "../x" }),
        json!({ "text": "x", "to": "/tmp/x" }),
        json!({ "template": "in.tpl", "to": "x" }),
    ] {
        let request = render(inputs.clone()).build();
        let error = walk(&file, &cx, &request).await.unwrap_err();
        assert_eq!(error.code.as_str(), "POD0250", "{inputs}");
    }
}

#[test]
fn a_step_has_one_template() {
    for (inputs, fatal) in [
        (json!({ "to": "x" }), true),
        (json!({ "to": "x", "text": "a", "template": "b" }), true),
        (json!({ "to": "../x", "text": "a" }), true),
        (json!({ "to": "x", "text": "" }), false),
    ] {
        let problems = File::new().validate(&render(inputs.clone()).build());
        assert_eq!(problems.iter().any(|p| p.fatal), fatal, "{inputs}");
    }
}
