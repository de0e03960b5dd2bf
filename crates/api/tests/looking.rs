//! What the window asks of the world beside runs: what was changed by hand since, and what is inside a
//! step. Through the commands, as the window does.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use podium_api::Podium;
use podium_api::runtime::Home;
use serde_json::{Value, json};

const WORKFLOW: &str = "podium: 1\nname: Shop\ncredentials:\n  cloud: { type: aws }\nsteps:\n  \
    page:\n    uses: file/render\n    with: { text: soup, to: a.txt }\n  \
    stack:\n    uses: cloudformation/deploy\n    credentials: { aws: cloud }\n    \
    with: { stack: shop, template: stack.yaml }\n";

struct Bed {
    _workspace: tempfile::TempDir,
    home: tempfile::TempDir,
    podium: Podium,
}

impl Bed {
    async fn new() -> Self {
        let workspace = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = workspace.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("podium.yaml", "podium: 1\ndefault_environment: play\n");
        write("environments/play.yaml", "practice: true\n");
        write("workflows/shop.yaml", WORKFLOW);
        write(
            "stack.yaml",
            "Resources:\n  Orders: { Type: AWS::SQS::Queue }\n",
        );
        let podium = Podium::open_at(workspace.path(), Home::at(home.path()).unwrap())
            .await
            .unwrap();
        Self {
            _workspace: workspace,
            home,
            podium,
        }
    }

    async fn call(&self, name: &str, request: Value) -> Value {
        self.podium.call(name, request).await.unwrap()
    }

    /// Deploys, and waits for the end.
    async fn run(&self) -> String {
        let preview = self.call("preview.make", json!({"workflow": "shop"})).await;
        let mut batches = self.podium.subscribe();
        let begun = self
            .call(
                "run.start",
                json!({"hash": preview["preview"]["hash"], "approve": true}),
            )
            .await;
        loop {
            let view = self.call("run.get", begun.clone()).await;
            match view["state"].as_str().unwrap() {
                "succeeded" => return begun["run"].as_str().unwrap().to_owned(),
                "failed" => panic!("{view}"),
                _ => next(&mut batches).await,
            };
        }
    }

    /// The only file that the run made.
    fn page(&self) -> PathBuf {
        fn find(folder: &Path) -> Option<PathBuf> {
            std::fs::read_dir(folder)
                .unwrap()
                .flatten()
                .find_map(|entry| {
                    if entry.path().is_dir() {
                        find(&entry.path())
                    } else {
                        (entry.file_name() == "a.txt").then(|| entry.path())
                    }
                })
        }
        find(&self.home.path().join("sandbox")).unwrap()
    }

    /// Looks, and follows the batches as a screen does until the look has ended.
    async fn look(&self, run: &str) -> Value {
        let mut batches = self.podium.subscribe();
        let begun = self.call("drift.look", json!({"run": run})).await;
        assert_eq!(begun["ended"], Value::Null);
        assert_eq!(begun["rows"][0]["state"], "asking");
        loop {
            let view = self.call("drift.get", json!({"run": run})).await;
            if !view["ended"].is_null() {
                return view;
            }
            loop {
                let stale = next(&mut batches).await;
                if stale.iter().any(|name| name == "drift.get") {
                    break;
                }
            }
        }
    }
}

async fn next(batches: &mut podium_api::Batches) -> Vec<String> {
    tokio::time::timeout(Duration::from_secs(120), batches.next())
        .await
        .expect("it goes on")
        .unwrap()
        .stale
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_is_followed_like_a_run_and_leaves_no_trace_in_the_journal() {
    let bed = Bed::new().await;
    let run = bed.run().await;
    let before = bed.call("run.get", json!({"run": run})).await["seq"].clone();
    assert_eq!(
        bed.call("drift.get", json!({"run": run})).await,
        Value::Null
    );

    let same = bed.look(&run).await;
    assert_eq!(same["sentence"], "Everything is as this run left it.");
    assert_eq!(same["rows"].as_array().unwrap().len(), 2);

    std::fs::write(bed.page(), "Suppe für Ärzte").unwrap();
    let found = bed.look(&run).await;
    assert_eq!(
        found["sentence"],
        "One thing is no longer as this run left it."
    );
    let rows = found["rows"].as_array().unwrap();
    let page = rows.iter().find(|row| row["step"] == "page").unwrap();
    assert_eq!(
        page["things"][0]["fields"],
        json!([{"what": "", "before": "soup", "after": "Suppe für Ärzte"}])
    );
    // It is still there for who comes back, and nothing of it is an event.
    assert_eq!(bed.call("drift.get", json!({"run": run})).await, found);
    assert_eq!(
        bed.call("run.get", json!({"run": run})).await["seq"],
        before
    );

    // A preview of the same says which run stands; to stop what has ended changes nothing.
    let preview = bed.call("preview.make", json!({"workflow": "shop"})).await;
    assert_eq!(preview["stands"]["run"], run.as_str());
    assert_eq!(bed.call("drift.stop", json!({"run": run})).await, found);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_of_a_run_is_drawn_as_it_was_done() {
    let bed = Bed::new().await;
    let run = bed.run().await;
    let stack = bed
        .call("run.inside", json!({"run": run, "step": "stack"}))
        .await;
    assert_eq!(stack["graph"]["nodes"][0]["title"], "Orders");
    assert_eq!(stack["graph"]["nodes"][0]["uses"], "AWS::SQS::Queue");
    assert_eq!(stack["mode"], "simulated");
    let page = bed
        .call("run.inside", json!({"run": run, "step": "page"}))
        .await;
    assert_eq!(page["cannot"], true);
    let error = bed
        .podium
        .call("run.inside", json!({"run": run, "step": "nobody"}))
        .await
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0708");
}
