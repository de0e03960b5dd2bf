use podium_connector::{Action, Confidence, Connector, Context, Phase, UndoClass};
use podium_connector_ansible::Ansible;
use podium_testkit::{FakeContext, walk};
use serde_json::json;

use crate::{both, play, shop};

both!(
    a_check_lists_changes_by_host_and_task_and_changes_nothing,
    a_check_is_the_same_each_time,
    what_is_done_already_is_no_change,
    hosts_that_are_not_known_yet_are_unknown,
    a_broken_playbook_is_told_with_its_place,
    a_missing_playbook_is_named,
    a_limit_that_matches_nobody_is_told,
    tasks_are_drawn_in_order,
    playbooks_are_offered,
);

async fn a_check_lists_changes_by_host_and_task_and_changes_nothing(cx: FakeContext) {
    shop(&cx);
    cx.set_phase(Phase::Read);
    let request = play(&cx, json!({}));
    let preview = Ansible::new()
        .preview(&cx, &request)
        .await
        .expect("a preview");
    assert_eq!(preview.confidence, Confidence::Predicted);
    assert_eq!(preview.undo.class, UndoClass::Manual);
    let lines: Vec<(Action, &str)> = preview
        .changes
        .iter()
        .map(|change| (change.action, change.name.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (Action::Create, "ost-ä · Write a page"),
            (Action::Create, "west · Write a page"),
            (Action::Run, "ost-ä · Say hello"),
            (Action::Run, "west · Say hello"),
            (Action::Update, "ost-ä · Keep a secret"),
            (Action::Update, "west · Keep a secret"),
        ]
    );
    assert_eq!(preview.changes[0].kind, "ansible.builtin.copy");
    assert_eq!(preview.changes[0].after, "hello west\n");
    assert_eq!(preview.changes[2].confidence, Some(Confidence::Unknown));
    assert_eq!(preview.changes[4].after, "(hidden)");
    assert_eq!(preview.notes, ["`Say hello` cannot be checked beforehand."]);
    assert_eq!(cx.workspace_files(), ["remove.yml", "site.yml"]);
    assert_eq!(
        std::fs::read_dir(cx.sandbox()).expect("a folder").count(),
        0
    );
}

async fn a_check_is_the_same_each_time(cx: FakeContext) {
    shop(&cx);
    cx.set_phase(Phase::Read);
    let request = play(&cx, json!({}));
    let mut seen = Vec::new();
    for _ in 0..2 {
        let preview = Ansible::new()
            .preview(&cx, &request)
            .await
            .expect("a preview");
        seen.push(serde_json::to_string(&preview).expect("JSON"));
    }
    assert_eq!(seen[0], seen[1]);
}

async fn what_is_done_already_is_no_change(cx: FakeContext) {
    shop(&cx);
    let request = play(&cx, json!({"limit": "west"}));
    walk(&Ansible::new(), &cx, &request).await.expect("it runs");
    cx.set_phase(Phase::Read);
    let drift = Ansible::new()
        .drift(&cx, &request)
        .await
        .expect("an answer");
    assert_eq!(drift.items, []);
    std::fs::write(cx.sandbox().join("west.html"), "changed by hand").expect("written");
    if cx.mode() == podium_connector::Mode::Simulated {
        return;
    }
    let drift = Ansible::new()
        .drift(&cx, &request)
        .await
        .expect("an answer");
    assert_eq!(drift.items.len(), 1);
    assert_eq!(drift.items[0].actual, "changed by hand");
    assert_eq!(drift.items[0].expected, "hello west\n");
}

async fn hosts_that_are_not_known_yet_are_unknown(cx: FakeContext) {
    shop(&cx);
    cx.set_phase(Phase::Read);
    let mut request = play(&cx, json!({"inventory": {"hosts": null}}));
    request.inputs.unknown.insert(
        "/inventory/hosts".into(),
        podium_connector::Unknown {
            after: vec!["network".parse().expect("a step id")],
        },
    );
    let preview = Ansible::new()
        .preview(&cx, &request)
        .await
        .expect("a preview");
    assert_eq!(preview.confidence, Confidence::Unknown);
    assert_eq!(
        preview.because.as_deref(),
        Some("Some inputs are known only after `network`.")
    );
    assert!(cx.records().started.is_empty());
    assert_eq!(Ansible::new().validate(&request), []);
}

async fn fails(cx: &FakeContext, more: serde_json::Value) -> podium_diagnostics::Error {
    cx.set_phase(Phase::Read);
    let request = play(cx, more);
    Ansible::new()
        .preview(cx, &request)
        .await
        .expect_err("it cannot be previewed")
}

async fn a_broken_playbook_is_told_with_its_place(cx: FakeContext) {
    cx.write("books/site.yml", "- hosts: all\n  tasks: [ x\n");
    let error = fails(&cx, json!({"playbook": "books/site.yml"})).await;
    assert_eq!(error.code.as_str(), "POD0341", "{error}");
    assert!(error.message.starts_with("`books/site.yml:"), "{error}");
}

async fn a_missing_playbook_is_named(cx: FakeContext) {
    let error = fails(&cx, json!({"playbook": "nowhere.yml"})).await;
    assert_eq!(error.code.as_str(), "POD0340");
    assert_eq!(
        error.message,
        "There is no playbook `nowhere.yml` in the workspace."
    );
}

async fn a_limit_that_matches_nobody_is_told(cx: FakeContext) {
    shop(&cx);
    let error = fails(&cx, json!({"limit": "north"})).await;
    assert_eq!(error.code.as_str(), "POD0345", "{error}");
}

async fn tasks_are_drawn_in_order(cx: FakeContext) {
    shop(&cx);
    cx.set_phase(Phase::Read);
    let request = play(&cx, json!({}));
    let drawing = Ansible::new().draw(&cx, &request).await.expect("a drawing");
    let names: Vec<(&str, &str)> = drawing
        .nodes
        .iter()
        .map(|node| (node.kind.as_str(), node.name.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("play", "Set up the shop"),
            ("task", "Write a page"),
            ("task", "Say hello"),
            ("task", "Keep a secret"),
            ("task", "Tell the address"),
        ]
    );
    assert_eq!(drawing.edges.len(), 4);
}

async fn playbooks_are_offered(cx: FakeContext) {
    shop(&cx);
    cx.write("roles/web/tasks/main.yml", "- debug:\n");
    cx.write("values.yml", "a: 1\n");
    cx.set_phase(Phase::Read);
    let request = play(&cx, json!({}));
    let choices = Ansible::new()
        .discover(&cx, &request, "playbooks")
        .await
        .expect("choices");
    let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    assert_eq!(values, ["remove.yml", "site.yml"]);
}
