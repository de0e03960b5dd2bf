use podium_connector::{Action, Connector, Phase, UndoClass};
use podium_connector_terraform::Terraform;
use podium_testkit::{FakeContext, Walked, walk};
use serde_json::json;

use crate::{apply, each, request, shop};

each!(
    undo_deletes_what_the_step_made_and_nothing_else,
    undo_puts_former_inputs_back,
    a_half_done_apply_is_cleaned_up,
    an_apply_without_changes_has_nothing_to_take_back,
    changed_files_make_the_undo_a_persons_work,
);

async fn take_back(
    cx: &FakeContext,
    request: &podium_connector::StepRequest,
    record: &podium_connector::UndoRecord,
) -> Vec<(Action, String)> {
    let connector = Terraform::new();
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let preview = connector
        .preview_undo(cx, request, record)
        .await
        .expect("a preview");
    cx.set_phase(Phase::Write);
    connector
        .undo(cx, request, record)
        .await
        .expect("it is taken back");
    preview
        .changes
        .into_iter()
        .map(|c| (c.action, c.name))
        .collect()
}

async fn names_in_state(
    cx: &FakeContext,
    directory: &str,
    variables: serde_json::Value,
) -> Vec<String> {
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let destroy = request(
        "terraform/destroy",
        json!({"directory": directory, "variables": variables}),
    );
    let preview = Terraform::new()
        .preview(cx, &destroy)
        .await
        .expect("a preview");
    preview.changes.into_iter().map(|c| c.name).collect()
}

async fn undo_deletes_what_the_step_made_and_nothing_else(cx: FakeContext) {
    cx.write(
        "net/main.tf",
        "resource \"terraform_data\" \"old\" {\n  input = 1\n}\n",
    );
    let connector = Terraform::new();
    let request = request("terraform/apply", json!({"directory": "net"}));
    walk(&connector, &cx, &request).await.expect("it runs");
    cx.write(
        "net/more.tf",
        "resource \"terraform_data\" \"new\" {\n  input = 2\n}\n",
    );
    let Walked { record, .. } = walk(&connector, &cx, &request).await.expect("it runs");
    assert_eq!(record.undo.class, UndoClass::Delete);
    let changes = take_back(&cx, &request, &record).await;
    assert_eq!(changes, [(Action::Delete, "terraform_data.new".to_owned())]);
    assert_eq!(
        names_in_state(&cx, "net", json!({})).await,
        ["terraform_data.old"]
    );
    // Taking back twice does nothing more.
    assert_eq!(take_back(&cx, &request, &record).await, []);
}

async fn undo_puts_former_inputs_back(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &apply("west"))
        .await
        .expect("it runs");
    let east = apply("east");
    let Walked {
        record, outcome, ..
    } = walk(&connector, &cx, &east).await.expect("it runs");
    assert_eq!(outcome.outputs["name"], "shop-east");
    assert_eq!(record.undo.class, UndoClass::Restore);
    let changes = take_back(&cx, &east, &record).await;
    assert_eq!(
        changes,
        [
            (Action::Update, "terraform_data.hosts".to_owned()),
            (Action::Replace, "terraform_data.page".to_owned())
        ]
    );
    cx.set_phase(Phase::Read);
    cx.begin_attempt();
    let now = connector
        .preview(&cx, &apply("west"))
        .await
        .expect("a preview");
    assert_eq!(now.changes, []);
}

async fn a_half_done_apply_is_cleaned_up(cx: FakeContext) {
    cx.write(
        "net/main.tf",
        "resource \"terraform_data\" \"a\" {\n  input = 1\n}\nresource \"terraform_data\" \"b\" {\n  input = terraform_data.a.output\n  provisioner \"local-exec\" {\n    command = \"exit 3\"\n  }\n}\n",
    );
    let connector = Terraform::new();
    let request = request("terraform/apply", json!({"directory": "net"}));
    cx.set_phase(Phase::Read);
    let preview = connector.preview(&cx, &request).await.expect("a preview");
    let record = connector
        .prepare(&cx, &request, &preview)
        .await
        .expect("a record");
    cx.set_phase(Phase::Write);
    connector
        .run(&cx, &request)
        .await
        .expect_err("it fails halfway");
    let changes = take_back(&cx, &request, &record).await;
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert_eq!(names_in_state(&cx, "net", json!({})).await, [""; 0]);
}

async fn an_apply_without_changes_has_nothing_to_take_back(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &apply("west"))
        .await
        .expect("it runs");
    let Walked { record, .. } = walk(&connector, &cx, &apply("west"))
        .await
        .expect("it runs");
    assert_eq!(record.undo.class, UndoClass::Automatic);
    assert_eq!(take_back(&cx, &apply("west"), &record).await, []);
    assert_eq!(
        names_in_state(&cx, "infra/shop", json!({"branch": "west"}))
            .await
            .len(),
        2
    );
}

async fn changed_files_make_the_undo_a_persons_work(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &apply("west"))
        .await
        .expect("it runs");
    cx.write("infra/shop/note.txt", "something new");
    let Walked { record, .. } = walk(&connector, &cx, &apply("east"))
        .await
        .expect("it runs");
    assert_eq!(record.undo.class, UndoClass::Manual);
    let error = connector
        .preview_undo(&cx, &apply("east"), &record)
        .await
        .expect_err("a person has to");
    assert_eq!(error.code.as_str(), "POD0333");
}
