//! What the screens ask beside runs: differences, who may run what, the vault that locks itself.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;
use std::time::Duration;

use podium_api::Podium;
use podium_api::projections::RunView;
use podium_api::runtime::Home;
use podium_api::types::{
    CompareRun, CreateVault, CreateWorkflow, Empty, GetRun, HowDifferent, MakePreview, RunName,
    SetText, SettingsView, StartRun, VaultView, WorkflowName,
};
use podium_model::RunId;
use serde_json::{Map, Value, json};

const WORKFLOW: &str = "podium: 1\nname: Shop\ninputs:\n  words: { type: string, default: soup }\nsteps:\n  \
    page:\n    uses: file/render\n    with: { text: \"${{ inputs.words }}\", to: a.txt }\n  look:\n    \
    uses: http/check\n    with: { url: \"${{ steps.page.outputs.path }}\" }\n    off: true\n  again:\n    \
    uses: file/render\n    needs: [page]\n    with: { text: again, to: b.txt }\n";
const LAYOUT: &str = "{\"podium\": 1, \"nodes\": {\"page\": {\"x\": 0, \"y\": 40}, \"again\": {\"x\": 600, \"y\": 80}}}";

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

struct Bed {
    workspace: tempfile::TempDir,
    _home: tempfile::TempDir,
    podium: Podium,
}

impl Bed {
    async fn new(catalog: &str) -> Self {
        let workspace = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        write(
            workspace.path(),
            "podium.yaml",
            &format!("podium: 1\nname: Test\ndefault_environment: play\n{catalog}"),
        );
        write(
            workspace.path(),
            "environments/play.yaml",
            "practice: true\nvars: { city: Łódź }\n",
        );
        write(workspace.path(), "workflows/shop.yaml", WORKFLOW);
        write(workspace.path(), "workflows/shop.layout.json", LAYOUT);
        let podium = Podium::open_at(workspace.path(), Home::at(home.path()).unwrap())
            .await
            .unwrap();
        Self {
            workspace,
            _home: home,
            podium,
        }
    }

    async fn run(&self, words: &str) -> RunId {
        let inputs: Map<String, Value> = [("words".to_owned(), json!(words))].into_iter().collect();
        let preview = self
            .podium
            .preview_make(MakePreview {
                workflow: "shop".into(),
                environment: None,
                inputs,
            })
            .await
            .unwrap();
        let mut batches = self.podium.subscribe();
        let run = self
            .podium
            .run_start(StartRun {
                hash: preview.preview.hash,
                confirm: None,
                approve: true,
                override_window: None,
            })
            .await
            .unwrap()
            .run;
        loop {
            let view = self.view(&run).await;
            if view.state.is_ended() {
                assert!(view.error.is_none(), "{:?}", view.error);
                return run;
            }
            tokio::time::timeout(Duration::from_secs(120), batches.next())
                .await
                .expect("it goes on");
        }
    }

    async fn view(&self, run: &RunId) -> RunView {
        let request = GetRun {
            run: run.clone(),
            at: None,
        };
        self.podium.run_get(request).await.unwrap()
    }

    async fn compare(&self, run: &RunId, with: Option<&RunId>) -> Value {
        let request = CompareRun {
            run: run.clone(),
            with: with.cloned(),
        };
        serde_json::to_value(self.podium.run_compare(request).await.unwrap()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_run_keeps_its_graph_and_says_what_differs_today() {
    let bed = Bed::new("").await;
    let first = bed.run("soup").await;
    let nothing = json!({"inputs": [], "settings": [], "steps": [], "problem": null});
    assert_eq!(bed.compare(&first, None).await, nothing);

    let second = bed.run("bread").await;
    assert_eq!(
        bed.compare(&first, Some(&second)).await["inputs"],
        json!([{"what": "words", "before": "soup", "after": "bread"}])
    );

    // The workflow is changed, and its steps are moved.
    let changed = WORKFLOW
        .replace("to: a.txt", "to: c.txt")
        .replace("  again:\n", "  other:\n")
        .replace("needs: [page]", "needs: [page]\n    timeout: 5s");
    write(bed.workspace.path(), "workflows/shop.yaml", &changed);
    write(
        bed.workspace.path(),
        "workflows/shop.layout.json",
        "{\"podium\": 1, \"nodes\": {}}",
    );
    write(
        bed.workspace.path(),
        "environments/play.yaml",
        "practice: true\nvars: { city: Kraków }\n",
    );
    let compared = bed.compare(&first, None).await;
    assert_eq!(
        compared["settings"],
        json!([{"what": "vars.city", "before": "Łódź", "after": "Kraków"}])
    );
    let steps: Vec<(&str, &str)> = compared["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["id"].as_str().unwrap(), step["how"].as_str().unwrap()))
        .collect();
    assert_eq!(
        steps,
        [
            ("page", "changed"),
            ("again", "removed"),
            ("other", "added")
        ]
    );
    assert_eq!(serde_json::to_value(HowDifferent::Added).unwrap(), "added");
    assert_eq!(
        compared["steps"][0]["fields"],
        json!([{"what": "with.to", "before": "a.txt", "after": "c.txt"}])
    );

    // The run itself opens as it was, with its steps where they stood.
    let view = bed.view(&first).await;
    assert!(view.step(&"again".parse().unwrap()).is_some());
    let x = |view: &RunView, step: &str| view.layout.nodes[step].x;
    assert!((x(&view, "again") - x(&view, "page") - 600.0).abs() < f64::EPSILON);

    // Taking it back goes the other way, laid out as well.
    let undo = bed
        .podium
        .run_preview_undo(RunName { run: first })
        .await
        .unwrap();
    let places = &undo.layout.nodes;
    assert!(
        undo.graph
            .nodes
            .iter()
            .all(|node| places.contains_key(&node.id))
    );
    assert!(places["again"].x < places["page"].x);

    // What cannot be planned any more is said, not hidden.
    write(
        bed.workspace.path(),
        "workflows/shop.yaml",
        "podium: 1\nname: Shop\nsteps:\n  page: { uses: no/such }\n",
    );
    let compared = bed.compare(&second, None).await;
    assert_eq!(compared["problem"]["code"], "POD0711");
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_a_request_is_real_is_open_until_its_address_is_known() {
    let bed = Bed::new("").await;
    write(
        bed.workspace.path(),
        "workflows/shop.yaml",
        &WORKFLOW.replace("    off: true\n", ""),
    );
    let preview = bed
        .podium
        .preview_make(MakePreview {
            workflow: "shop".into(),
            environment: None,
            inputs: Map::new(),
        })
        .await
        .unwrap()
        .preview;
    let look = preview.step(&"look".parse().unwrap()).unwrap();
    assert!(look.mode_open);
    assert!(!preview.step(&"page".parse().unwrap()).unwrap().mode_open);
    assert!(preview.is_intact());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_others_is_told_on_the_tile_and_not_begun() {
    let bed = Bed::new(
        "catalog:\n  shop: { category: Läden, icon: store, for: [operators] }\npeople: { operators: [nobody-by-this-name] }\n",
    )
    .await;
    let tiles = bed.podium.workflow_list(Empty {}).await.unwrap();
    assert_eq!(
        (
            tiles[0].category.as_str(),
            tiles[0].icon.as_str(),
            tiles[0].may_run
        ),
        ("Läden", "store", false)
    );
    let hash = bed
        .podium
        .preview_make(MakePreview {
            workflow: "shop".into(),
            environment: None,
            inputs: Map::new(),
        })
        .await
        .unwrap()
        .preview
        .hash;
    let refused = bed
        .podium
        .run_start(StartRun {
            hash,
            confirm: None,
            approve: true,
            override_window: None,
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code.as_str(), "POD0830");
    assert!(refused.message.contains("operators"), "{}", refused.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_locks_itself_when_nobody_is_there_and_says_so() {
    let bed = Bed::new("").await;
    let podium = &bed.podium;
    let passphrase = Some(String::from("a long enough passphrase"));
    podium
        .vault_create(CreateVault { passphrase })
        .await
        .unwrap();
    let far = i64::MAX / 2;
    assert!(
        !podium.lock_when_idle(far).await.unwrap(),
        "never, where nobody asked for it"
    );

    let five = SettingsView {
        lock_after_minutes: Some(5),
    };
    let mut batches = podium.subscribe();
    podium.settings_set(five).await.unwrap();
    assert_eq!(podium.settings_get(Empty {}).await.unwrap(), five);
    let now = podium_api::runtime::clock::now();
    assert!(!podium.lock_when_idle(now + 4 * 60_000).await.unwrap());
    assert!(podium.lock_when_idle(now + 6 * 60_000).await.unwrap());
    let VaultView::Locked { because, .. } = podium.vault_get(Empty {}).await.unwrap() else {
        panic!("it is open");
    };
    assert_eq!(because, "It locked itself: nobody was here for 5 minutes.");
    let told = tokio::time::timeout(Duration::from_secs(60), batches.next())
        .await
        .expect("a screen hears of it")
        .unwrap();
    assert!(told.stale.contains(&String::from("vault.get")));
    assert!(
        !podium.lock_when_idle(far).await.unwrap(),
        "it is locked already"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_writes_is_told_and_shown_and_not_overwritten() {
    let bed = Bed::new("").await;
    let podium = &bed.podium;
    let named = |workflow: &str| WorkflowName {
        workflow: workflow.to_owned(),
    };
    podium.take_up().await.unwrap();
    let mut batches = podium.subscribe();
    let made = podium
        .workflow_create(CreateWorkflow {
            title: String::from("Other branch"),
        })
        .await
        .unwrap();
    let file = podium.host().folder().root().join(&made.file);
    std::fs::write(
        &file,
        "podium: 1\n<<<<<<< HEAD\nname: Mine\n=======\nname: Theirs\n>>>>>>> other\nsteps: {}\n",
    )
    .unwrap();
    let wanted = String::from("document.open:other-branch");
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    // Our own making of it may be told first.
    let view = loop {
        assert!(std::time::Instant::now() < deadline, "it is never told");
        let told = tokio::time::timeout(Duration::from_secs(60), batches.next())
            .await
            .expect("a screen hears of it")
            .unwrap();
        let view = podium.document_open(named("other-branch")).await.unwrap();
        if told.stale.contains(&wanted) && view.document.is_none() {
            break view;
        }
    };
    assert_eq!(view.diagnostics[0].code.as_str(), "POD0029");
    assert!(
        view.diagnostics[0]
            .detail
            .contains("`HEAD` has `name: Mine`")
    );
    // What was written upon the version before is refused, and the other one stays.
    let refused = podium
        .document_set_text(SetText {
            workflow: String::from("other-branch"),
            version: made.version,
            text: String::from("podium: 1\nname: Late\nsteps: {}\n"),
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code.as_str(), "POD0213");
    assert!(std::fs::read_to_string(&file).unwrap().contains("Theirs"));
}
