use podium_connector::{Action, Confidence, Connector, Context, Phase, UndoClass};
use podium_connector_terraform::Terraform;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::json;

use crate::{apply, each, request, shop};

each!(
    a_preview_lists_every_change_and_leaves_no_trace,
    a_preview_is_the_same_each_time,
    a_changed_input_shows_what_changes_and_what_is_replaced,
    a_value_known_later_makes_a_guess,
    an_unknown_folder_is_unknown,
    a_destroy_lists_what_will_be_gone,
    a_plan_step_counts_and_changes_nothing,
    a_misspelt_variable_is_told,
    a_missing_variable_is_named,
    a_broken_file_is_told_with_its_line,
    an_empty_folder_and_no_folder_are_told_apart,
    resources_are_drawn_with_what_they_use,
    folders_with_a_configuration_are_offered,
);

async fn a_preview_lists_every_change_and_leaves_no_trace(cx: FakeContext) {
    shop(&cx);
    cx.set_phase(Phase::Read);
    let mut asked = apply("west");
    asked
        .inputs
        .values
        .insert("workspace".into(), json!("blue"));
    for request in [apply("west"), asked] {
        let preview = Terraform::new()
            .preview(&cx, &request)
            .await
            .expect("a preview");
        assert_eq!(preview.confidence, Confidence::Exact);
        assert_eq!(preview.undo.class, UndoClass::Delete);
        let lines: Vec<(Action, &str)> = preview
            .changes
            .iter()
            .map(|change| (change.action, change.name.as_str()))
            .collect();
        assert_eq!(
            lines,
            [
                (Action::Create, "terraform_data.hosts"),
                (Action::Create, "terraform_data.page")
            ]
        );
        assert_eq!(preview.changes[0].after["input"], "shop-west");
        assert_eq!(preview.changes[0].after["id"], "(known later)");
        assert_eq!(preview.outputs["hosts"], json!(["a.west", "b.west"]));
        assert!(!preview.outputs.contains_key("name"));
        assert!(!preview.outputs.contains_key("secret"));
    }
    assert_eq!(cx.workspace_files(), ["infra/shop/main.tf"]);
    assert!(
        !cx.workspace()
            .join("infra/shop/terraform.tfstate.d")
            .exists()
    );
}

async fn a_preview_is_the_same_each_time(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &apply("west"))
        .await
        .expect("it runs");
    cx.set_phase(Phase::Read);
    let mut seen = Vec::new();
    for _ in 0..2 {
        cx.begin_attempt();
        let preview = connector.preview(&cx, &apply("east")).await;
        seen.push(serde_json::to_string(&preview.expect("a preview")).expect("JSON"));
    }
    assert_eq!(seen[0], seen[1]);
}

async fn a_changed_input_shows_what_changes_and_what_is_replaced(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &apply("west"))
        .await
        .expect("it runs");
    cx.set_phase(Phase::Read);
    let same = connector
        .preview(&cx, &apply("west"))
        .await
        .expect("a preview");
    assert_eq!(same.changes, []);
    assert_eq!(same.undo.class, UndoClass::Automatic);
    assert_eq!(same.outputs["name"], "shop-west");
    let other = connector
        .preview(&cx, &apply("east"))
        .await
        .expect("a preview");
    let hosts = &other.changes[0];
    assert_eq!(hosts.action, Action::Update);
    assert_eq!(hosts.before["input"], "shop-west");
    assert_eq!(hosts.after["input"], "shop-east");
    let page = &other.changes[1];
    assert_eq!(page.action, Action::Replace);
    assert_eq!(
        page.because.as_deref(),
        Some("`triggers_replace` cannot change in place.")
    );
}

async fn a_value_known_later_makes_a_guess(cx: FakeContext) {
    shop(&cx);
    cx.set_phase(Phase::Read);
    let request = RequestBuilder::new(
        "terraform/apply",
        json!({"directory": "infra/shop", "variables": {"branch": null}}),
    )
    .unknown("/variables/branch", "network")
    .build();
    let preview = Terraform::new()
        .preview(&cx, &request)
        .await
        .expect("a preview");
    assert_eq!(preview.confidence, Confidence::Predicted);
    assert_eq!(
        preview.because.as_deref(),
        Some("Some inputs are known only after `network`.")
    );
    assert_eq!(preview.changes[0].after["input"], "shop-(known later)");
    assert!(!preview.outputs.contains_key("hosts"));
}

async fn an_unknown_folder_is_unknown(cx: FakeContext) {
    cx.set_phase(Phase::Read);
    let request = RequestBuilder::new("terraform/apply", json!({"directory": "x"}))
        .unknown("/directory", "files")
        .build();
    let preview = Terraform::new()
        .preview(&cx, &request)
        .await
        .expect("a preview");
    assert_eq!(preview.confidence, Confidence::Unknown);
    assert_eq!(preview.undo.class, UndoClass::Manual);
    assert!(cx.records().started.is_empty());
}

async fn a_destroy_lists_what_will_be_gone(cx: FakeContext) {
    shop(&cx);
    let connector = Terraform::new();
    walk(&connector, &cx, &apply("west"))
        .await
        .expect("it runs");
    let destroy = request(
        "terraform/destroy",
        json!({"directory": "infra/shop", "variables": {"branch": "west"}}),
    );
    let walked = walk(&connector, &cx, &destroy).await.expect("it runs");
    assert!(
        walked
            .preview
            .changes
            .iter()
            .all(|c| c.action == Action::Delete)
    );
    assert_eq!(walked.preview.changes.len(), 2);
    assert_eq!(walked.record.undo.class, UndoClass::Impossible);
    assert!(walked.outcome.outputs.is_empty());
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let again = connector.preview(&cx, &destroy).await.expect("a preview");
    assert_eq!(again.changes, []);
    assert_eq!(again.undo.class, UndoClass::Automatic);
}

async fn a_plan_step_counts_and_changes_nothing(cx: FakeContext) {
    shop(&cx);
    let plan = request(
        "terraform/plan",
        json!({"directory": "infra/shop", "variables": {"branch": "west"}}),
    );
    let walked = walk(&Terraform::new(), &cx, &plan).await.expect("it runs");
    assert_eq!(walked.outcome.outputs["create"], 2);
    assert_eq!(walked.outcome.outputs["words"], "An apply would create 2.");
    assert_eq!(walked.preview.changes[0].action, Action::Read);
    assert_eq!(cx.workspace_files(), ["infra/shop/main.tf"]);
}

async fn a_misspelt_variable_is_told(cx: FakeContext) {
    shop(&cx);
    cx.set_phase(Phase::Read);
    let request = request(
        "terraform/apply",
        json!({"directory": "infra/shop", "variables": {"branch": "west", "brunch": 1}}),
    );
    let preview = Terraform::new()
        .preview(&cx, &request)
        .await
        .expect("a preview");
    assert_eq!(
        preview.notes,
        ["The configuration has no variable `brunch`; its value is not used."]
    );
}

async fn fails(cx: &FakeContext, inputs: serde_json::Value) -> podium_diagnostics::Error {
    cx.set_phase(Phase::Read);
    let request = request("terraform/apply", inputs);
    Terraform::new()
        .preview(cx, &request)
        .await
        .expect_err("it cannot be previewed")
}

async fn a_missing_variable_is_named(cx: FakeContext) {
    shop(&cx);
    let error = fails(&cx, json!({"directory": "infra/shop"})).await;
    assert_eq!(error.code.as_str(), "POD0335");
    assert!(error.message.contains("`branch`"), "{error}");
    assert!(error.hint.expect("a hint").contains("secrets.branch"));
}

async fn a_broken_file_is_told_with_its_line(cx: FakeContext) {
    cx.write(
        "Straße/main.tf",
        "resource \"terraform_data\" \"x\" {\n  input = \n}\n",
    );
    let error = fails(&cx, json!({"directory": "Straße"})).await;
    assert_eq!(error.code.as_str(), "POD0334");
    assert!(error.message.starts_with("`Straße/main.tf:2:"), "{error}");
    assert_eq!(cx.workspace_files(), ["Straße/main.tf"]);
}

async fn an_empty_folder_and_no_folder_are_told_apart(cx: FakeContext) {
    cx.write("empty/README.md", "nothing");
    let empty = fails(&cx, json!({"directory": "empty"})).await;
    assert_eq!(empty.code.as_str(), "POD0327");
    let none = fails(&cx, json!({"directory": "none"})).await;
    assert_eq!(none.code.as_str(), "POD0336");
    assert_eq!(none.message, "There is no folder `none` in the workspace.");
}

async fn resources_are_drawn_with_what_they_use(cx: FakeContext) {
    shop(&cx);
    cx.set_phase(Phase::Read);
    let drawing = Terraform::new()
        .draw(&cx, &apply("west"))
        .await
        .expect("a drawing");
    let nodes: Vec<&str> = drawing.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(nodes, ["terraform_data.hosts", "terraform_data.page"]);
    assert_eq!(drawing.edges.len(), 1);
    assert_eq!(drawing.edges[0].from, "terraform_data.hosts");
}

async fn folders_with_a_configuration_are_offered(cx: FakeContext) {
    shop(&cx);
    cx.write("infra/net/x.tf", "");
    cx.write("docs/readme.md", "");
    cx.set_phase(Phase::Read);
    let choices = Terraform::new()
        .discover(&cx, &apply("west"), "directories")
        .await
        .expect("choices");
    let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    assert_eq!(values, ["infra/net", "infra/shop"]);
    let workspaces = Terraform::new()
        .discover(&cx, &apply("west"), "workspaces")
        .await
        .expect("choices");
    assert_eq!(workspaces[0].value, "default");
}
