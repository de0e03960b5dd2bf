//! What a person finds in the demo beside its files: recorded runs, one that waits for a yes, something
//! that was changed by hand, invented identities, and a secret that must be found nowhere.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::harness::{Desk, event};

/// A desk with the demo as `podium demo` makes it, and what it said of what is beside.
fn desk() -> (Desk, Vec<String>) {
    let desk = Desk::without_tools();
    let made = desk
        .podium(&["demo", desk.workspace.to_str().unwrap(), "--json"])
        .expect(0)
        .json();
    let beside: Vec<String> = serde_json::from_value(made["beside"].clone()).unwrap();
    (desk, beside)
}

fn runs(desk: &Desk) -> Vec<Value> {
    let listed = desk
        .podium(&["runs", "list", "--limit", "50", "--json"])
        .expect(0)
        .json();
    serde_json::from_value(listed).unwrap()
}

fn of(runs: &[Value], what: impl Fn(&Value) -> bool) -> Vec<&str> {
    runs.iter()
        .filter(|run| what(run))
        .map(|run| run["id"].as_str().unwrap())
        .collect()
}

#[test]
fn the_demo_brings_a_past_along_that_can_be_looked_at_and_not_gone_on_with() {
    let (desk, beside) = desk();
    assert!(
        beside.iter().all(|part| !part.contains("not now")),
        "{beside:?}"
    );
    let runs = runs(&desk);
    let recorded = of(&runs, |run| run["recorded"] == true);
    assert_eq!((runs.len(), recorded.len()), (14, 12));
    let states: BTreeSet<&str> = runs
        .iter()
        .filter_map(|run| run["state"].as_str())
        .collect();
    assert_eq!(
        states,
        BTreeSet::from(["cancelled", "failed", "succeeded", "waiting"])
    );
    assert!(
        runs.iter().any(|run| run["undone_by"].is_string()),
        "one was taken back"
    );

    // Two differ by one variable, and are told apart by it.
    let north = of(&runs, |run| {
        run["workflow"] == "open-a-shop-branch" && run["undoes"].is_null()
    });
    let inputs: Vec<Value> = north
        .iter()
        .map(|run| {
            desk.podium(&["runs", "show", run, "--json"])
                .expect(0)
                .json()["inputs"]
                .clone()
        })
        .collect();
    assert!(
        inputs.contains(&json!({"branch": "north", "size": "small"})),
        "{inputs:?}"
    );
    assert!(
        inputs.contains(&json!({"branch": "north", "size": "large"})),
        "{inputs:?}"
    );

    // A record is whole, and does nothing.
    let red = of(&runs, |run| run["state"] == "failed")[0];
    assert!(
        !desk
            .podium(&["runs", "logs", red])
            .expect(0)
            .stdout
            .is_empty()
    );
    for args in [
        vec!["runs", "retry", red],
        vec!["runs", "undo", north[0], "--yes"],
        vec!["runs", "drift", north[0]],
    ] {
        let refused = desk.podium(&args);
        assert!(refused.stderr.contains("POD0739"), "{}", refused.stderr);
    }

    // What waits is real, is approved, and is taken back.
    let waits = of(&runs, |run| run["state"] == "waiting")[0];
    desk.podium(&["runs", "approve", waits]).expect(0);
    desk.podium(&["runs", "undo", waits, "--yes"]).expect(0);

    // A second time nothing is there twice.
    let again = desk
        .podium(&[
            "demo",
            desk.workspace.to_str().unwrap(),
            "--complete",
            "--json",
        ])
        .expect(0);
    assert!(
        !again.stdout.join("").contains("not now"),
        "{:?}",
        again.stdout
    );
    let now = self::runs(&desk);
    assert_eq!(of(&now, |run| run["recorded"] == true).len(), 12);
    assert_eq!(of(&now, |run| run["workflow"] == "central-shop").len(), 1);
}

#[test]
fn what_was_changed_by_hand_is_told_and_a_deployment_reverts_it() {
    let (desk, _) = desk();
    let looked = desk
        .podium(&["runs", "drift", "--json"])
        .expect(1)
        .stdout
        .join("\n");
    assert!(
        looked.contains("8443") && looked.contains("shop-by-hand"),
        "{looked}"
    );
    let args = ["preview", "central-shop", "-e", "play", "--json"];
    let preview = desk.podium(&args).expect(0).json();
    let changes: Vec<Value> =
        serde_json::from_value(preview["steps"][0]["changes"].clone()).unwrap();
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(
        changes.iter().all(|change| change["action"] == "update"),
        "{changes:?}"
    );
    let text = serde_json::to_string(&changes).unwrap();
    assert!(
        text.contains("8443") && text.contains("shop-by-hand"),
        "{text}"
    );

    desk.podium(&["run", "central-shop", "-e", "play", "--yes"])
        .expect(0);
    let reverted = desk.podium(&args).expect(0).json();
    assert_eq!(reverted["steps"][0]["changes"], json!([]));
    desk.podium(&["runs", "drift"]).expect(0);
}

#[test]
fn an_invented_identity_says_when_it_ends_and_what_it_may_not() {
    let (desk, _) = desk();
    let tested = desk.podium(&["credentials", "test", "--json"]).expect(1);
    let of = |name: &str| {
        let line = tested
            .stdout
            .iter()
            .find(|line| line.contains(&format!("\"{name}\"")));
        serde_json::from_str::<Value>(line.unwrap()).unwrap()["test"].clone()
    };
    assert!(
        of("practice-aws")["words"]
            .as_str()
            .unwrap()
            .starts_with("Simulated. It is ")
    );
    assert!(of("practice-aws")["identity"]["expires"].is_null());
    assert!(
        of("practice-cluster")["identity"]["expires"].is_string(),
        "it ends soon"
    );
    assert_eq!(of("practice-expired")["error"]["kind"], "unauthorized");

    // It is nobody's outside practice, and no secret of it is sent.
    desk.write(
        "environments/outside.yaml",
        "title: Outside\ncredentials: { cluster: practice-cluster }\nvars: { everywhere: true }\n",
    );
    let preview = desk
        .podium(&["preview", "central-shop", "-e", "outside", "--json"])
        .expect(1)
        .json();
    assert_eq!(
        preview["steps"][0]["problem"]["code"], "POD0533",
        "{preview}"
    );
}

#[test]
fn step_4_breaks_in_the_way_that_was_chosen() {
    let (desk, _) = desk();
    for (cause, step, code) in [
        ("missing-page", "visit", "POD0440"),
        ("blocked-file", "blocked", "POD0251"),
        ("expired-login", "release", "POD0443"),
        ("missing-right", "front", "POD0444"),
        ("throttled", "model", "POD0447"),
    ] {
        let broken = desk
            .podium(&[
                "run",
                "breaks-at-step-4",
                "-e",
                "play",
                "--yes",
                "--json",
                "-i",
                &format!("cause={cause}"),
            ])
            .expect(1);
        let events = broken.events();
        let failed = event(&events, "step.failed", step);
        assert_eq!(failed["data"]["error"]["code"], code, "{cause}: {failed}");
        assert!(failed["data"]["error"]["hint"].is_string(), "{cause}");
        // The step that waits for a failure deals with it.
        event(&events, "step.succeeded", "tell");
    }
}

#[test]
fn the_canary_is_found_nowhere_and_where_it_is_put_by_hand() {
    let (desk, _) = desk();
    let search = ["credentials", "search", "demo-canary", "--json"];
    let clean = desk.podium(&search).expect(0).json();
    assert_eq!(clean["found"], json!([]));
    assert!(clean["files"].as_u64().unwrap() > 20, "{clean}");
    assert!(clean["events"].as_u64().unwrap() > 500, "{clean}");

    // Not the word itself: its Base64, as a careless tool would print it.
    let leak = desk.workspace.join("notes.txt");
    fs::write(
        &leak,
        "key=Y2FuYXJ5LXRoYXQtbXVzdC1uZXZlci1iZS1mb3VuZC0zZjlhNjFjNw==\n",
    )
    .unwrap();
    let found = desk.podium(&search).expect(1).json();
    assert_eq!(found["found"].as_array().unwrap().len(), 1, "{found}");
    assert!(
        found["found"][0]["place"]
            .as_str()
            .unwrap()
            .ends_with("notes.txt")
    );
    assert_eq!(found["found"][0]["field"], "value");
}

#[test]
fn a_record_that_is_none_is_refused_and_leaves_nothing() {
    let (desk, _) = desk();
    let all = runs(&desk);
    let red = of(&all, |run| run["state"] == "failed")[0];
    let waits = of(&all, |run| run["state"] == "waiting")[0];
    let export = |run: &str| {
        desk.podium(&["runs", "export", run])
            .expect(0)
            .stdout
            .join("\n")
    };
    let mut gap: Value = serde_json::from_str(&export(red)).unwrap();
    gap["events"].as_array_mut().unwrap().remove(2);
    for (text, code) in [
        (String::from("no JSON"), "POD0740"),
        (String::from("{\"podium\": \"event/1\"}"), "POD0740"),
        (gap.to_string(), "POD0740"),
        (export(waits), "POD0741"),
    ] {
        let refused = desk.start(&["runs", "import", "-"], &text).finish();
        assert!(refused.stderr.contains(code), "{code}: {}", refused.stderr);
    }
    assert_eq!(runs(&desk).len(), all.len());

    // On another desk the same record is whole.
    let other = Desk::without_tools();
    other.write("podium.yaml", "podium: 1\nname: Other\n");
    other
        .start(&["runs", "import", "-"], &export(red))
        .finish()
        .expect(0);
    let here = desk
        .podium(&["runs", "show", red, "--json"])
        .expect(0)
        .json();
    let there = other
        .podium(&["runs", "show", red, "--json"])
        .expect(0)
        .json();
    assert_eq!(here["steps"], there["steps"]);
    assert_eq!(there["recorded"], true);
}
