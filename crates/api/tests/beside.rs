//! A window that holds the journal, and a terminal beside it that asks for runs.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;
use std::time::Duration;

use podium_api::runtime::{Happened, Home, Listener};
use podium_api::types::{MakePreview, RunStarted, StartRun};
use podium_api::{ApiError, Batches, Podium};
use podium_model::RunId;
use serde_json::Map;

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);
const WORKFLOW: &str = "podium: 1\nname: Note\nsteps:\n  note:\n    uses: file/render\n    with: { text: soup, to: a.txt }\n";

struct Bed {
    folder: tempfile::TempDir,
    window: Podium,
    terminal: Podium,
}

impl Bed {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bed = |name: &str, text: &str| write(&folder.path().join("workspace").join(name), text);
        bed(
            "podium.yaml",
            "podium: 1\nname: Test\ndefault_environment: here\n",
        );
        bed("environments/here.yaml", "title: Here\n");
        bed("workflows/note.yaml", WORKFLOW);
        let open = || async {
            let home = Home::at(&folder.path().join("home")).unwrap();
            Podium::open_at(&folder.path().join("workspace"), home)
                .await
                .unwrap()
        };
        let window = open().await;
        let terminal = open().await;
        assert!(window.host().can_write() && !terminal.host().can_write());
        Self {
            folder,
            window,
            terminal,
        }
    }

    fn write(&self, name: &str, text: &str) {
        write(&self.folder.path().join("workspace").join(name), text);
    }

    /// The terminal previews and asks; the window answers only when it is told to.
    async fn asked(&self) -> tokio::task::JoinHandle<Result<RunStarted, ApiError>> {
        let preview = self
            .terminal
            .preview_make(MakePreview {
                workflow: "note".into(),
                environment: None,
                inputs: Map::new(),
            })
            .await
            .unwrap();
        let terminal = self.terminal.clone();
        let asked = tokio::spawn(async move {
            let start = StartRun {
                hash: preview.preview.hash,
                confirm: None,
                approve: true,
                override_window: None,
            };
            terminal.run_start(start).await
        });
        let inbox = self.folder.path().join("home/inbox");
        let waiting = || {
            std::fs::read_dir(&inbox)
                .into_iter()
                .flatten()
                .flatten()
                .any(|entry| entry.path().extension().is_some_and(|end| end == "ask"))
        };
        tokio::time::timeout(PATIENCE, async {
            while !waiting() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
        asked
    }

    async fn runs(&self) -> usize {
        let list = self.window.run_list(podium_api::types::ListRuns {
            workflow: None,
            limit: None,
        });
        list.await.unwrap().len()
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

async fn succeeds_in_window(batches: &mut Batches, run: &RunId) {
    let wait = async {
        while let Some(batch) = batches.next().await {
            let ended = |event: &serde_json::Value| event["type"] == "run.succeeded";
            if batch.run.as_ref() == Some(run) && batch.events.iter().any(ended) {
                return;
            }
        }
        panic!("the window ended");
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}

async fn succeeds_in_terminal(listener: &mut Listener, run: &RunId) {
    use podium_api::engine::EventBody;
    use podium_api::engine::event::RunEvent;
    let wait = async {
        while let Some(heard) = listener.next().await {
            let heard = heard.unwrap();
            let Happened::Events(events) = heard.as_ref() else {
                panic!("{heard:?}");
            };
            assert!(events.iter().all(|event| event.run == *run));
            if events
                .iter()
                .any(|event| matches!(event.body, EventBody::Run(RunEvent::Succeeded(_))))
            {
                return;
            }
        }
        panic!("the terminal ended");
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_shows_the_run_that_came_from_the_terminal() {
    let bed = Bed::new().await;
    let mut batches = bed.window.subscribe();
    let mut listener = bed.terminal.host().listen();
    let asked = bed.asked().await;
    assert_eq!(bed.runs().await, 0);
    bed.window.answer_others(true);
    let run = asked.await.unwrap().unwrap().run;
    succeeds_in_window(&mut batches, &run).await;
    succeeds_in_terminal(&mut listener, &run).await;
    assert_eq!(bed.runs().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_since_the_request_is_noticed_by_the_window() {
    let bed = Bed::new().await;
    let asked = bed.asked().await;
    bed.write("workflows/note.yaml", &WORKFLOW.replace("soup", "cake"));
    bed.window.answer_others(true);
    assert_eq!(asked.await.unwrap().unwrap_err().code.as_str(), "POD0713");
    assert_eq!(bed.runs().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_keeps_for_others_what_is_theirs() {
    let bed = Bed::new().await;
    let asked = bed.asked().await;
    bed.write(
        "podium.yaml",
        "podium: 1\nname: Test\ndefault_environment: here\ncatalog:\n  note: { for: [somebody-else] }\n",
    );
    bed.window.answer_others(true);
    assert_eq!(asked.await.unwrap().unwrap_err().code.as_str(), "POD0830");
    assert_eq!(bed.runs().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_that_must_be_typed_is_asked_for_by_the_window() {
    let bed = Bed::new().await;
    let asked = bed.asked().await;
    bed.write(
        "environments/here.yaml",
        "title: Here\nprotect: { confirm: type-name }\n",
    );
    bed.window.answer_others(true);
    assert_eq!(asked.await.unwrap().unwrap_err().code.as_str(), "POD0716");
    assert_eq!(bed.runs().await, 0);
}
