//! What was approved is what is applied, and how often the tool is started for it.

use std::time::Duration;

use podium_connector::{
    Action, Connector, Context, Handover, Outcome, Phase, StepPreview, StepRequest, UndoRecord,
};
use podium_connector_terraform::Terraform;
use podium_diagnostics::{ErrorKind, Result};
use podium_testkit::FakeContext;
use serde_json::json;

use crate::{apply, each, real, request, shop, simulated};

each!(
    an_approved_apply_starts_the_tool_three_times_in_all,
    a_plan_step_starts_the_tool_twice_in_all,
    an_undo_starts_the_tool_three_times_in_all,
    a_changed_variable_file_or_credential_voids_the_look,
    a_plan_overtaken_by_another_apply_is_stale_and_does_nothing,
    a_plan_that_is_gone_is_stale_and_does_nothing,
    a_guess_is_never_handed_over,
    the_saved_plan_is_for_this_user_alone,
);

async fn look(cx: &FakeContext, request: &StepRequest) -> StepPreview {
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let preview = Terraform::new().preview(cx, request).await;
    preview.expect("a preview")
}

async fn recall(cx: &FakeContext, request: &StepRequest) -> Option<StepPreview> {
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let recalled = Terraform::new().recall(cx, request, None).await;
    recalled.expect("an answer")
}

async fn run(
    cx: &FakeContext,
    request: &StepRequest,
    preview: &StepPreview,
) -> (UndoRecord, Result<Outcome>) {
    let connector = Terraform::new();
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let record = connector.prepare(cx, request, preview).await;
    cx.set_phase(Phase::Write);
    let outcome = connector.run(cx, request).await;
    if let Ok(outcome) = &outcome {
        connector
            .verify(cx, request, outcome)
            .await
            .expect("it is as intended");
    }
    (record.expect("a record"), outcome)
}

async fn an_approved_apply_starts_the_tool_three_times_in_all(cx: FakeContext) {
    shop(&cx);
    let asked = apply("west");
    let preview = look(&cx, &asked).await;
    assert_eq!(recall(&cx, &asked).await.as_ref(), Some(&preview));
    let (_, outcome) = run(&cx, &asked, &preview).await;
    assert_eq!(outcome.expect("it runs").outputs["name"], "shop-west");
    let started = cx.records().started;
    let own: Vec<&String> = started.iter().filter(|s| !s.contains("state")).collect();
    assert_eq!(own, ["preview-plan", "preview-show", "apply"]);
    if cx.mode() == podium_connector::Mode::Real {
        assert_eq!(
            started.len(),
            3,
            "a state beside the files is read as a file"
        );
    }
}

async fn a_plan_step_starts_the_tool_twice_in_all(cx: FakeContext) {
    shop(&cx);
    let asked = request(
        "terraform/plan",
        json!({"directory": "infra/shop", "variables": {"branch": "west"}}),
    );
    let preview = look(&cx, &asked).await;
    assert_eq!(recall(&cx, &asked).await.as_ref(), Some(&preview));
    let (_, outcome) = run(&cx, &asked, &preview).await;
    assert_eq!(outcome.expect("it runs").outputs["create"], 2);
    let started = cx.records().started;
    let own: Vec<&String> = started.iter().filter(|s| !s.contains("state")).collect();
    assert_eq!(own, ["preview-plan", "preview-show"]);
}

async fn an_undo_starts_the_tool_three_times_in_all(cx: FakeContext) {
    shop(&cx);
    let asked = apply("west");
    let preview = look(&cx, &asked).await;
    let (record, outcome) = run(&cx, &asked, &preview).await;
    outcome.expect("it runs");
    Handover::clear(&cx);
    let connector = Terraform::new();
    let before = cx.records().started.len();
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let preview = connector
        .preview_undo(&cx, &asked, &record)
        .await
        .expect("a preview");
    assert_eq!(preview.changes.len(), 2);
    let again = connector
        .recall(&cx, &asked, Some(&record))
        .await
        .expect("an answer");
    assert_eq!(again, Some(preview));
    assert_eq!(
        recall(&cx, &asked).await,
        None,
        "it is no look at the apply"
    );
    cx.set_phase(Phase::Write);
    connector
        .undo(&cx, &asked, &record)
        .await
        .expect("it is taken back");
    let started = cx.records().started;
    let own: Vec<&String> = started[before..]
        .iter()
        .filter(|s| !s.contains("state"))
        .collect();
    assert_eq!(
        own,
        ["preview-undo-plan", "preview-undo-show", "undo-apply"]
    );
    Handover::clear(&cx);
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let left = connector
        .preview_undo(&cx, &asked, &record)
        .await
        .expect("a preview");
    assert_eq!(left.changes, []);
}

async fn a_changed_variable_file_or_credential_voids_the_look(cx: FakeContext) {
    shop(&cx);
    let asked = apply("west");
    look(&cx, &asked).await;
    assert!(recall(&cx, &asked).await.is_some());
    assert_eq!(recall(&cx, &apply("east")).await, None, "a variable");
    let mut targeted = asked.clone();
    targeted
        .inputs
        .values
        .insert("targets".into(), json!(["terraform_data.hosts"]));
    assert_eq!(recall(&cx, &targeted).await, None, "an input");
    let cx = cx.with_credential("secrets.token", "secret", &[], &[("value", "a-new-token")]);
    assert_eq!(recall(&cx, &asked).await, None, "a secret");
    look(&cx, &asked).await;
    assert!(recall(&cx, &asked).await.is_some());
    cx.write("infra/shop/motd.txt", "read by a function, perhaps");
    assert_eq!(recall(&cx, &asked).await, None, "a file beside");
    look(&cx, &asked).await;
    cx.write("infra/shop/main.tf", "output \"x\" {\n  value = 1\n}\n");
    assert_eq!(recall(&cx, &asked).await, None, "the configuration");
    std::fs::remove_dir_all(cx.workspace().join("infra/shop")).expect("removed");
    assert_eq!(recall(&cx, &asked).await, None, "and no folder at all");
}

async fn a_plan_overtaken_by_another_apply_is_stale_and_does_nothing(cx: FakeContext) {
    shop(&cx);
    let (west, east) = (apply("west"), apply("east"));
    let preview = look(&cx, &west).await;
    // Somebody else applies in between; the plan of this step is put back as if it were from before.
    let kept = cx.handover().expect("a folder").to_path_buf();
    let aside = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(&kept).expect("a folder").flatten() {
        std::fs::copy(entry.path(), aside.path().join(entry.file_name())).expect("copied");
    }
    let other = look(&cx, &east).await;
    let (_, outcome) = run(&cx, &east, &other).await;
    outcome.expect("the other one runs");
    Handover::clear(&cx);
    for entry in std::fs::read_dir(aside.path()).expect("a folder").flatten() {
        std::fs::copy(entry.path(), kept.join(entry.file_name())).expect("copied");
    }
    if cx.mode() == podium_connector::Mode::Real {
        assert_eq!(recall(&cx, &west).await, None, "the state is another one");
    }
    let (_, outcome) = run(&cx, &west, &preview).await;
    let error = outcome.expect_err("Terraform itself refuses it");
    assert_eq!(error.kind, ErrorKind::Stale, "{error}");
    assert_eq!(error.code.as_str(), "POD0329");
    let observed = Terraform::new().observe(&cx, &west).await;
    assert_eq!(
        observed.expect("an answer"),
        podium_connector::Observed::NeverStarted
    );
    // Another look tells what is now to be approved.
    let now = look(&cx, &west).await;
    assert!(now.changes.iter().all(|c| c.action != Action::Create));
    let (_, outcome) = run(&cx, &west, &now).await;
    assert_eq!(outcome.expect("it runs").outputs["name"], "shop-west");
}

async fn a_plan_that_is_gone_is_stale_and_does_nothing(cx: FakeContext) {
    shop(&cx);
    let asked = apply("west");
    let preview = look(&cx, &asked).await;
    Handover::clear(&cx);
    let before = cx.records().started.len();
    let (_, outcome) = run(&cx, &asked, &preview).await;
    assert_eq!(outcome.expect_err("no plan").kind, ErrorKind::Stale);
    let started = cx.records().started[before..].to_vec();
    assert!(started.iter().all(|s| s.contains("state")), "{started:?}");
}

async fn a_guess_is_never_handed_over(cx: FakeContext) {
    shop(&cx);
    let guess = podium_testkit::RequestBuilder::new(
        "terraform/apply",
        json!({"directory": "infra/shop", "variables": {"branch": null}}),
    )
    .unknown("/variables/branch", "network")
    .build();
    look(&cx, &guess).await;
    assert_eq!(Handover::find(&cx), None);
    assert_eq!(recall(&cx, &guess).await, None);
}

async fn the_saved_plan_is_for_this_user_alone(cx: FakeContext) {
    shop(&cx);
    look(&cx, &apply("west")).await;
    let folder = cx.handover().expect("a folder");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        seen += 1;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = entry.metadata().expect("facts").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
        }
    }
    assert_eq!(seen, 2, "the plan and the note");
}

#[tokio::test]
async fn an_old_look_is_not_taken_for_true() {
    let cx = simulated();
    shop(&cx);
    let asked = apply("west");
    look(&cx, &asked).await;
    assert!(recall(&cx, &asked).await.is_some());
    cx.pass(Duration::from_secs(11 * 60));
    assert_eq!(recall(&cx, &asked).await, None);
}

#[tokio::test]
async fn real_init_runs_once_and_again_when_a_module_changes() {
    let Some(cx) = real() else { return };
    cx.write(
        "net/main.tf",
        "module \"m\" {\n  source = \"./m\"\n}\noutput \"o\" {\n  value = module.m.o\n}\n",
    );
    cx.write("net/m/main.tf", "output \"o\" {\n  value = 1\n}\n");
    let asked = request("terraform/apply", json!({"directory": "net"}));
    let inits = |cx: &FakeContext| {
        let started = cx.records().started;
        started.iter().filter(|s| s.ends_with("-init")).count()
    };
    for _ in 0..2 {
        let preview = look(&cx, &asked).await;
        let (_, outcome) = run(&cx, &asked, &preview).await;
        assert_eq!(outcome.expect("it runs").outputs["o"], 1);
        assert_eq!(inits(&cx), 1);
    }
    cx.write(
        "net/m/main.tf",
        "module \"n\" {\n  source = \"./n\"\n}\noutput \"o\" {\n  value = module.n.o\n}\n",
    );
    cx.write("net/m/n/main.tf", "output \"o\" {\n  value = 2\n}\n");
    let preview = look(&cx, &asked).await;
    assert_eq!(inits(&cx), 2);
    let (_, outcome) = run(&cx, &asked, &preview).await;
    assert_eq!(outcome.expect("it runs").outputs["o"], 2);
    assert_eq!(inits(&cx), 2);
}

#[tokio::test]
async fn real_init_that_was_lost_is_made_up_for() {
    let Some(cx) = real() else { return };
    cx.write("net/main.tf", "module \"m\" {\n  source = \"./m\"\n}\n");
    cx.write("net/m/main.tf", "output \"o\" {\n  value = 1\n}\n");
    let asked = request("terraform/apply", json!({"directory": "net"}));
    look(&cx, &asked).await;
    // What `init` fetched is gone, and our note says that it is there.
    for file in cx.all_files() {
        if file.ends_with("modules/modules.json") {
            std::fs::write(
                &file,
                r#"{"Modules":[{"Key":"m","Source":"./m","Dir":"m"}]}"#,
            )
            .expect("written");
            let before = cx.records().started.len();
            std::fs::remove_file(&file).expect("removed");
            look(&cx, &asked).await;
            let started = cx.records().started[before..].to_vec();
            assert!(started.iter().any(|s| s.ends_with("-init")), "{started:?}");
            return;
        }
    }
    panic!("no note of modules");
}

#[tokio::test]
async fn real_ephemeral_secrets_are_handed_to_the_only_apply() {
    let Some(cx) = real() else { return };
    let cx = cx.with_credential(
        "secrets.key",
        "secret",
        &[],
        &[("value", "canary-77aa88bb")],
    );
    cx.write(
        "net/main.tf",
        "variable \"key\" {\n  type      = string\n  ephemeral = true\n}\nresource \"terraform_data\" \"a\" {\n  input = 1\n}\n",
    );
    let asked = request("terraform/apply", json!({"directory": "net"}));
    let preview = look(&cx, &asked).await;
    let (_, outcome) = run(&cx, &asked, &preview).await;
    outcome.expect("it runs");
    assert_eq!(
        cx.records().started,
        ["preview-plan", "preview-show", "apply"]
    );
}
