//! What is beside the files of the demo. Each part stands for itself: where one cannot be made, the
//! reason is said and the others are made.

use std::collections::BTreeMap;
use std::time::Duration;

use include_dir::{Dir, include_dir};
use podium_api::engine::Event;
use podium_api::model::RunId;
use podium_api::projections::RunState;
use podium_api::runtime::demo::Mark;
use podium_api::types::{
    AddCredential, AddPractice, CallPractice, CreateVault, Empty, GetRun, ListRuns, MakePreview,
    StartRun, VaultView,
};
use podium_api::{ApiError, Podium, read_record};
use serde_json::json;

/// Runs that were recorded with this demo, each with the hours that it lies back.
static RECORDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/recorded");

/// A secret of the demo that everybody knows: what `podium credentials search demo-canary` looks for. It
/// stands here and in the vault, and nowhere else.
const CANARY: &str = "canary-that-must-never-be-found-3f9a61c7";

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// An invented identity: name, kind, weather, seconds until it ends, who it is.
type Invented = (
    &'static str,
    &'static str,
    &'static [&'static str],
    Option<i64>,
    &'static [(&'static str, &'static str)],
);

/// The last one is another cluster than its environment expects.
const IDENTITIES: [Invented; 7] = [
    ("practice-aws", "aws", &[], None, &[]),
    (
        "practice-cluster",
        "kubernetes",
        &[],
        Some(9 * 60),
        &[("cluster", "shops-staging"), ("user", "shop-deployer")],
    ),
    ("practice-expired", "azure", &[], Some(-3_600), &[]),
    ("practice-looker", "awx", &["status:403:POST"], None, &[]),
    (
        "practice-busy",
        "cloudify",
        &["throttle:2:PUT", "throttle:2:POST"],
        None,
        &[],
    ),
    ("practice-brief", "octopus", &["status:401:POST"], None, &[]),
    (
        "practice-mixed-up",
        "kubernetes",
        &[],
        None,
        &[("cluster", "shops-eu"), ("user", "shop-deployer")],
    ),
];

/// The runs that were recorded with this demo.
pub(super) fn recorded() -> impl Iterator<Item = RunId> {
    RECORDED.files().filter_map(|file| {
        let events = read_record(file.contents_utf8()?).ok()?;
        Some(events.first()?.run.clone())
    })
}

/// The names under which something is stored.
pub(super) fn credentials() -> impl Iterator<Item = String> {
    let names = IDENTITIES.iter().map(|(name, ..)| *name);
    names.chain(["demo-canary"]).map(str::to_owned)
}

/// Makes all of it; says what became of each part.
pub(super) async fn make(
    podium: &Podium,
    mark: &mut Mark,
    passphrase: Option<String>,
) -> Vec<String> {
    let mut told = Vec::new();
    told.push(say(
        "recorded runs",
        records(podium).await,
        |number| match number {
            0 => String::from("they were there already"),
            number => format!("{number}, to look at and to compare (`podium runs list`)"),
        },
    ));
    told.push(say(
        "changed by hand",
        by_hand(podium).await,
        |made| {
            let words = if made {
                "the central shop stands in the practice cluster, and somebody sent its port elsewhere and changed \
                 a label (`podium runs drift`)"
            } else {
                "it was done before"
            };
            words.to_owned()
        },
    ));
    told.push(say("waiting for a yes", waiting(podium).await, |made| {
        let words = if made {
            "a shared folder in `staging` (`podium runs approve RUN`)"
        } else {
            "it is there already"
        };
        words.to_owned()
    }));
    told.push(say("identities", identities(podium, mark, passphrase).await, |number| {
        format!("{number} invented ones and a canary (`podium credentials test`, `podium credentials search demo-canary`)")
    }));
    told
}

fn say<T>(part: &str, made: Result<T, ApiError>, words: impl Fn(T) -> String) -> String {
    match made {
        Ok(made) => format!("{part}: {}", words(made)),
        Err(error) => format!(
            "{part}: not now. {} {}",
            error.message,
            error.hint.unwrap_or_default()
        )
        .trim_end()
        .to_owned(),
    }
}

/// Brings the recorded runs in, with their times moved to before now: each file's name ends in the hours
/// that its end lies back.
async fn records(podium: &Podium) -> Result<usize, ApiError> {
    let mut brought = 0;
    let now = podium_api::runtime::clock::now();
    for file in RECORDED.files().filter(|file| {
        file.path()
            .extension()
            .is_some_and(|extension| extension == "json")
    }) {
        let Some(text) = file.contents_utf8() else {
            continue;
        };
        let mut events = read_record(text)?;
        let back = hours(file.path()) * HOUR;
        move_to_end(&mut events, now - back);
        if !podium.run_record(events).await?.already {
            brought += 1;
        }
    }
    Ok(brought)
}

/// `07-open-a-shop-branch-26h.json` lies 26 hours back.
fn hours(path: &std::path::Path) -> i64 {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .and_then(|stem| stem.rsplit('-').next())
        .and_then(|last| last.strip_suffix('h'))
        .and_then(|hours| hours.parse().ok())
        .unwrap_or(1)
}

fn move_to_end(events: &mut [Event], end: i64) {
    let by = events.last().map_or(0, |last| end - last.at);
    for event in events {
        event.at += by;
    }
}

/// Deploys the central shop in practice, then changes it past Podium, as somebody with `kubectl` would.
async fn by_hand(podium: &Podium) -> Result<bool, ApiError> {
    if !runs_of(podium, "central-shop").await?.is_empty() {
        return Ok(false);
    }
    begin(podium, "central-shop", "play", true).await?;
    for (path, body) in [
        (
            "/api/v1/namespaces/central-shop/services/shop",
            json!({"spec": {"ports": [{"port": 80, "targetPort": 8443}]}}),
        ),
        (
            "/apis/apps/v1/namespaces/central-shop/deployments/shop",
            json!({"metadata": {"labels": {"app": "shop-by-hand"}}}),
        ),
    ] {
        let answer = podium
            .practice_call(CallPractice {
                connector: String::from("kubernetes"),
                method: String::from("PATCH"),
                path: format!("{path}?fieldManager=kubectl-edit"),
                body: Some(body.to_string()),
                content_type: Some(String::from("application/merge-patch+json")),
            })
            .await?;
        if answer.status >= 300 {
            return Err(crate::output::invalid(
                "POD0826",
                format!("The practice cluster answered {}.", answer.status),
                "`podium practice reset kubernetes` begins it anew; then `podium demo DIR --complete`.",
            ));
        }
    }
    Ok(true)
}

/// Asks for a yes that is left open.
async fn waiting(podium: &Podium) -> Result<bool, ApiError> {
    let open = runs_of(podium, "share-a-folder").await?;
    if open.iter().any(|run| run.ended_at.is_none()) {
        return Ok(false);
    }
    begin(podium, "share-a-folder", "staging", false).await?;
    Ok(true)
}

async fn runs_of(
    podium: &Podium,
    workflow: &str,
) -> Result<Vec<podium_api::projections::RunSummary>, ApiError> {
    podium
        .run_list(ListRuns {
            workflow: Some(workflow.to_owned()),
            limit: None,
        })
        .await
}

/// Begins a run; waits for its end where it was approved.
async fn begin(
    podium: &Podium,
    workflow: &str,
    environment: &str,
    approve: bool,
) -> Result<(), ApiError> {
    let request: MakePreview = serde_json::from_value(json!({
        "workflow": workflow, "environment": environment, "inputs": {},
    }))
    .map_err(|error| crate::output::invalid("POD0826", error.to_string(), "Make the demo anew."))?;
    let view = podium.preview_make(request).await?;
    let started = podium
        .run_start(StartRun {
            hash: view.preview.hash,
            confirm: None,
            approve,
            override_window: None,
        })
        .await?;
    // It takes seconds; a practice cloud that never answers must not hold the demo.
    for _ in 0..600 {
        let run = started.run.clone();
        let now = podium.run_get(GetRun { run, at: None }).await?;
        match now.state {
            RunState::Succeeded => return Ok(()),
            RunState::Waiting if !approve => return Ok(()),
            RunState::Failed | RunState::Cancelled => break,
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    Err(crate::output::invalid(
        "POD0826",
        format!("The run of `{workflow}` did not come to its end."),
        "`podium runs show` tells how far it came.",
    ))
}

/// Stores those that are missing.
async fn identities(
    podium: &Podium,
    mark: &mut Mark,
    passphrase: Option<String>,
) -> Result<usize, ApiError> {
    let vault = podium.vault_get(Empty {}).await?;
    if !matches!(vault, VaultView::Open { .. }) {
        if matches!(vault, VaultView::Empty { .. }) {
            mark.vault = true;
            mark.keep(podium.host().home())?;
        }
        podium.vault_create(CreateVault { passphrase }).await?;
    }
    let stored = podium.credential_list(Empty {}).await?;
    let found = |name: &str| stored.iter().find(|one| one.name.as_str() == name);
    let missing = |name: &str| found(name).is_none();
    let named = |name: &str| {
        name.parse().map_err(|error| {
            crate::output::invalid("POD0526", format!("{error}"), "Make the demo anew.")
        })
    };
    for (name, kind, weather, ends, is) in IDENTITIES {
        // What ends is stored anew, so that it ends so long after this. A real one of that name is somebody's.
        if found(name).is_some_and(|one| ends.is_none() || one.practice.is_none()) {
            continue;
        }
        podium
            .demo_credential(AddCredential {
                name: named(name)?,
                kind: kind.to_owned(),
                fields: BTreeMap::new(),
                practice: Some(AddPractice {
                    weather: weather.iter().map(|rule| (*rule).to_owned()).collect(),
                    ends_in_seconds: ends,
                    is: is
                        .iter()
                        .map(|(what, who)| ((*what).to_owned(), (*who).to_owned()))
                        .collect(),
                }),
            })
            .await?;
    }
    if missing("demo-canary") {
        podium
            .demo_credential(AddCredential {
                name: named("demo-canary")?,
                kind: String::from("secret"),
                fields: BTreeMap::from([(String::from("value"), CANARY.to_owned())]),
                practice: None,
            })
            .await?;
    }
    Ok(IDENTITIES.len())
}
