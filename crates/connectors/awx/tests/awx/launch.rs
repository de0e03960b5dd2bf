//! Job templates: previewed, launched, followed, found again, taken back.

use podium_connector::{Connector, Context, Observed, Phase, UndoClass};
use podium_connector_awx::Awx;
use podium_diagnostics::ErrorKind;
use podium_testkit::walk;
use serde_json::json;

use crate::world::{calls, gateway, launch, log, practice, step};

#[tokio::test]
async fn a_template_is_previewed_and_launched_and_followed_to_its_end() {
    let cx = practice();
    let awx = Awx::new();
    let request = launch(json!({
        "template": "shop-front", "variables": { "branch": "west" }, "limit": "web",
    }));
    let walked = walk(&awx, &cx, &request).await.unwrap();
    let change = &walked.preview.changes[0];
    assert_eq!(change.name, "shop-front");
    assert_eq!(change.after["hosts"], json!(["shop-web-1", "shop-web-2"]));
    assert_eq!(change.after["playbook"], "site.yml");
    assert_eq!(
        change.after["variables"],
        json!({ "branch": "west", "size": "small" })
    );
    assert!(
        walked.preview.notes[0].contains("2 hosts"),
        "{:?}",
        walked.preview.notes
    );
    assert_eq!(walked.preview.undo.class, UndoClass::Manual);

    let outputs = &walked.outcome.outputs;
    assert_eq!(outputs["status"], "successful");
    assert_eq!(outputs["hosts"]["shop-web-1"]["ok"], 4);
    assert_eq!(outputs["changed"], 4);
    let id = outputs["job"].as_i64().unwrap();
    assert_eq!(
        outputs["url"],
        format!("http://127.0.0.1:9/#/jobs/playbook/{id}")
    );
    assert_eq!(cx.records().accepted, [format!("jobs/{id}")]);
    let log = log(&cx);
    assert!(log.contains("changed: [shop-web-2]"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
    assert_eq!(log.matches("TASK [Gathering Facts]").count(), 1, "{log}");
    assert!(log.contains("PLAY RECAP"), "{log}");
    let words = cx.records().progress;
    assert!(
        words
            .iter()
            .any(|one| one.words.contains("Install the shop front")),
        "{words:?}"
    );
}

#[tokio::test]
async fn a_launch_is_taken_up_after_a_crash_and_never_made_twice() {
    let cx = practice();
    let awx = Awx::new();
    let inputs = json!({ "template": "shop-front", "variables": { "branch": "west" } });
    let first = awx.run(&cx, &launch(inputs.clone())).await.unwrap();
    let remote = format!("jobs/{}", first.outputs["job"]);

    let known = step("awx/launch", inputs.clone())
        .resumed(Some(&remote))
        .build();
    assert_eq!(awx.observe(&cx, &known).await.unwrap(), Observed::Adopt);
    let lost = step("awx/launch", inputs.clone()).resumed(None).build();
    assert_eq!(awx.observe(&cx, &lost).await.unwrap(), Observed::Adopt);
    for request in [known, lost] {
        let again = awx.run(&cx, &request).await.unwrap();
        assert_eq!(again.outputs["job"], first.outputs["job"]);
    }
    assert_eq!(calls(&cx, "POST", "/launch/"), 1);

    let other = step("awx/launch", inputs)
        .key("podium-other-1")
        .resumed(None)
        .build();
    assert_eq!(
        awx.observe(&cx, &other).await.unwrap(),
        Observed::NeverStarted
    );
}

#[tokio::test]
async fn a_failed_playbook_says_which_task_failed_on_which_host() {
    let cx = practice();
    let error = Awx::new()
        .run(&cx, &launch(json!({ "template": "shop-broken" })))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Failed, "POD0481")
    );
    assert!(
        error.message.contains(
            "`Write the configuration – größe` failed on `shop-web-2`: No space left on device."
        ),
        "{error}"
    );
    assert!(error.hint.unwrap().contains("/#/jobs/playbook/"));
}

#[tokio::test]
async fn undo_launches_the_template_that_is_named_for_it() {
    let cx = practice();
    let awx = Awx::new();
    let request = launch(json!({
        "template": "shop-front", "variables": { "branch": "west" }, "limit": "web",
        "undo_template": "shop-front-remove", "undo_variables": { "branch": "west" },
    }));
    let walked = walk(&awx, &cx, &request).await.unwrap();
    assert_eq!(walked.record.undo.class, UndoClass::Restore);
    cx.set_phase(Phase::Read);
    let preview = awx
        .preview_undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert_eq!(preview.changes[0].name, "shop-front-remove");
    assert_eq!(preview.changes[0].after["limit"], "web");
    cx.set_phase(Phase::Write);
    let undo = step(
        "awx/launch",
        serde_json::Value::Object(request.inputs.values.clone()),
    )
    .key("podium-undo-1")
    .build();
    let outcome = awx.undo(&cx, &undo, &walked.record).await.unwrap();
    assert_eq!(outcome.outputs["status"], "successful");
    assert_ne!(outcome.outputs["job"], walked.outcome.outputs["job"]);

    let plain = launch(json!({ "template": "shop-fixed" }));
    let walked = walk(&awx, &cx, &plain).await.unwrap();
    assert_eq!(walked.record.undo.class, UndoClass::Manual);
    let error = awx.undo(&cx, &plain, &walked.record).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_cancelled_job_is_stopped_there() {
    let cx = practice();
    let awx = Awx::new();
    cx.cancel_on("never printed");
    let request = launch(json!({ "template": "shop-slow" }));
    let run = async {
        let run = awx.run(&cx, &request);
        let cancel = async {
            while cx.records().log.is_empty() {
                tokio::task::yield_now().await;
            }
            cx.cancel();
        };
        tokio::join!(run, cancel).0
    };
    let error = run.await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled, "{error}");
    assert_eq!(calls(&cx, "POST", "/cancel/"), 1);
    let remote = cx.records().accepted[0].clone();
    let known = step("awx/launch", json!({ "template": "shop-slow" }))
        .resumed(Some(&remote))
        .build();
    assert!(awx.cancelled(&cx, &known).await.unwrap().what.is_empty());
    assert!(cx.is_cancelled());
}

#[tokio::test]
async fn behind_the_gateway_the_same_is_done_below_other_prefixes() {
    for (cx, prefix) in [
        (practice(), "http://127.0.0.1:9/api/v2/"),
        (gateway(), "http://127.0.0.1:9/aap/api/controller/v2/"),
    ] {
        let awx = Awx::new();
        let request = launch(json!({
            "template": "shop-front", "variables": { "branch": "west" }, "limit": "web",
            "undo_template": "shop-front-remove",
        }));
        let walked = walk(&awx, &cx, &request).await.unwrap();
        assert_eq!(walked.outcome.outputs["status"], "successful");
        awx.undo(&cx, &request, &walked.record).await.unwrap();
        let hosts = awx.discover(&cx, &request, "hosts").await.unwrap();
        assert!(hosts.len() > 1);
        let workflow = crate::world::workflow(json!({
            "template": "shop-release", "variables": { "branch": "west" }, "approvals": "approve",
        }));
        walk(&awx, &cx, &workflow).await.unwrap();
        assert_eq!(calls(&cx, "POST", "/approve/"), 1);
        let asked = cx.records().requests;
        let below = asked.iter().filter(|one| one.contains(prefix)).count();
        let looks = asked.len() - below;
        // Each verb begins with a look at which of the two it is.
        assert!(
            below > 20 && looks < below,
            "{prefix}: {below} of {}",
            asked.len()
        );
        assert!(
            asked
                .iter()
                .all(|one| one.contains(prefix) || one.starts_with("GET ")),
            "{asked:?}"
        );
    }
}

#[tokio::test]
async fn a_template_that_is_cut_into_slices_is_followed_slice_by_slice() {
    for cx in [practice(), gateway()] {
        let awx = Awx::new();
        let inputs =
            json!({ "template": "shop-front", "variables": { "branch": "west" }, "slices": 3 });
        let request = launch(inputs.clone());
        let walked = walk(&awx, &cx, &request).await.unwrap();
        let outputs = &walked.outcome.outputs;
        let slices = outputs["nodes"].as_array().unwrap();
        assert_eq!(slices.len(), 3, "{outputs:?}");
        assert!(
            slices.iter().all(|one| one["status"] == "successful"),
            "{slices:?}"
        );
        assert!(outputs["url"].as_str().unwrap().contains("/jobs/workflow/"));
        let id = cx.records().accepted[0].clone();
        assert!(id.starts_with("workflow_jobs/"), "{id}");
        // Found again by its key among the workflow jobs, although a job template was launched.
        let lost = step("awx/launch", inputs).resumed(None).build();
        assert_eq!(awx.observe(&cx, &lost).await.unwrap(), Observed::Adopt);
        let again = awx.run(&cx, &lost).await.unwrap();
        assert_eq!(again.outputs["job"], outputs["job"]);
        assert_eq!(calls(&cx, "POST", "/launch/"), 1);
    }
}

#[tokio::test]
async fn a_second_try_relaunches_the_hosts_that_failed() {
    for cx in [practice(), gateway()] {
        let awx = Awx::new();
        let inputs = json!({ "template": "shop-flaky", "again": "failed_hosts" });
        let error = awx.run(&cx, &launch(inputs.clone())).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Failed);
        let second = step("awx/launch", inputs.clone())
            .key("podium-try-2")
            .build();
        let outcome = awx.run(&cx, &second).await.unwrap();
        assert_eq!(outcome.outputs["status"], "successful");
        let hosts = outcome.outputs["hosts"].as_object().unwrap();
        assert_eq!(hosts.len(), 1, "only where it failed: {hosts:?}");
        assert!(
            log(&cx).contains("relaunched on the 1 hosts that failed"),
            "{}",
            log(&cx)
        );
        assert_eq!(
            (
                calls(&cx, "POST", "/launch/"),
                calls(&cx, "POST", "/relaunch/")
            ),
            (1, 1)
        );
        // It carries the key of the first try, and is found all the same.
        let lost = step("awx/launch", inputs)
            .key("podium-try-2")
            .resumed(None)
            .build();
        assert_eq!(awx.observe(&cx, &lost).await.unwrap(), Observed::Adopt);
        let found = awx.run(&cx, &lost).await.unwrap();
        assert_eq!(found.outputs["job"], outcome.outputs["job"]);
        assert_eq!(calls(&cx, "POST", "/relaunch/"), 1);
    }
}

#[tokio::test]
async fn without_the_wish_a_second_try_launches_anew() {
    let cx = practice();
    let awx = Awx::new();
    let inputs = json!({ "template": "shop-flaky" });
    awx.run(&cx, &launch(inputs.clone())).await.unwrap_err();
    let second = step("awx/launch", inputs).key("podium-try-2").build();
    awx.run(&cx, &second).await.unwrap_err();
    assert_eq!(
        (
            calls(&cx, "POST", "/launch/"),
            calls(&cx, "POST", "/relaunch/")
        ),
        (2, 0)
    );
}
