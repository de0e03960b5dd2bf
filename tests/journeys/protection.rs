//! What an environment guards: who a credential must turn out to be, and when runs may begin.

use std::fs;

use serde_json::Value;

use super::harness::{Desk, event, run_of};
use super::people::note_workspace;

/// A workflow that makes a map on a practice cluster, and environments that expect one cluster.
fn clusters(desk: &Desk) {
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Clusters\ndefault_environment: play\n",
    );
    desk.write(
        "manifests/words.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: words }\ndata: { door: open }\n",
    );
    desk.write(
        "workflows/words.yaml",
        "podium: 1\nname: Words\ncredentials: { cluster: { type: kubernetes } }\nsteps:\n  words:\n    uses: \
         kubernetes/apply\n    credentials: { cluster: cluster }\n    with: { manifests: manifests/words.yaml, \
         namespace: shops }\n",
    );
    for (name, more) in [
        ("play", ""),
        ("asked", "protect: { approval: true }\n"),
        ("other", ""),
    ] {
        let expected = if name == "other" {
            "shops-us"
        } else {
            "shops-eu"
        };
        desk.write(
            &format!("environments/{name}.yaml"),
            &format!(
                "title: {name}\npractice: true\ncredentials: {{ cluster: login }}\nexpect: {{ cluster: {expected} \
                 }}\n{more}"
            ),
        );
    }
    login(desk, "shops-eu");
}

/// Stores an invented login to a cluster.
fn login(desk: &Desk, cluster: &str) {
    let is = format!("cluster={cluster}");
    let kind = ["--kind", "kubernetes", "--practice", "--is", &is];
    desk.podium(&[&["credentials", "add", "login"][..], &kind].concat())
        .expect(0);
}

fn words_are_there(desk: &Desk) -> bool {
    let path = "/api/v1/namespaces/shops/configmaps/words";
    let asked = desk.podium(&["practice", "call", "kubernetes", "GET", path, "--json"]);
    asked.json()["status"] == 200
}

#[test]
fn another_cluster_than_expected_is_never_written() {
    let desk = Desk::without_tools();
    clusters(&desk);
    let preview = desk
        .podium(&["preview", "words", "-e", "other", "--json"])
        .expect(1)
        .json();
    let identity = &preview["identities"][0];
    assert_eq!(identity["proof"]["standing"], "another");
    assert_eq!(identity["problem"]["code"], "POD0750");
    assert_eq!(
        identity["problem"]["message"],
        "With `login` this is the cluster `shops-eu`, and the environment expects `shops-us`. Nothing was changed."
    );
    desk.podium(&["run", "words", "-e", "other", "--yes", "--json"])
        .expect(5)
        .refused_with("POD0750");
    assert!(!words_are_there(&desk));

    let preview = desk
        .podium(&["preview", "words", "-e", "play", "--json"])
        .expect(0)
        .json();
    assert_eq!(preview["identities"][0]["proof"]["standing"], "proven");
    desk.podium(&["run", "words", "-e", "play", "--yes"])
        .expect(0);
    assert!(words_are_there(&desk));
}

#[test]
fn a_login_that_changed_after_the_preview_is_found_before_the_first_write() {
    let desk = Desk::without_tools();
    clusters(&desk);
    let waits = "steps:\n  sign_off: { uses: approval/ask, with: { message: Go on? } }\n  words:\n    needs: [sign_off]\n";
    let file = desk.workspace.join("workflows/words.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("steps:\n  words:\n", waits)).unwrap();
    let events = desk
        .podium(&["run", "words", "-e", "play", "--yes", "--json"])
        .expect(4)
        .events();
    let run = run_of(&events);
    login(&desk, "shops-us");
    desk.podium(&["runs", "approve", run, "--step", "sign_off", "--json"])
        .expect(1);
    let events = desk.podium(&["runs", "events", run]).expect(0).events();
    let failed = event(&events, "step.failed", "words");
    assert_eq!(failed["data"]["error"]["code"], "POD0750");
    let begun = |event: &&Value| event["type"] == "step.intent" && event["step"] == "words";
    assert!(events.iter().find(begun).is_none(), "nothing was begun");
    assert!(!words_are_there(&desk));

    // With the right one the same step goes on.
    login(&desk, "shops-eu");
    desk.podium(&["runs", "answer", run, "--step", "words", "retry", "--json"])
        .expect(0);
    assert!(words_are_there(&desk));

    // And it is taken back by nobody else.
    login(&desk, "shops-us");
    desk.podium(&["runs", "undo", run, "--yes", "--json"])
        .expect(5)
        .refused_with("POD0750");
    assert!(words_are_there(&desk));
    login(&desk, "shops-eu");
    desk.podium(&["runs", "undo", run, "--yes"]).expect(0);
    assert!(!words_are_there(&desk));
}

#[test]
fn who_cannot_be_asked_is_not_proven() {
    let desk = Desk::without_tools();
    clusters(&desk);
    desk.podium(&[
        "credentials",
        "add",
        "login",
        "--kind",
        "kubernetes",
        "--practice",
        "--weather",
        "status:403",
    ])
    .expect(0);
    let preview = desk
        .podium(&["preview", "words", "-e", "play", "--json"])
        .expect(1)
        .json();
    let identity = &preview["identities"][0];
    assert_eq!(identity["proof"]["standing"], "unproven");
    assert_eq!(identity["problem"]["code"], "POD0751");
    // One that the system does not tell is not proven either.
    login(&desk, "shops-eu");
    let file = desk.workspace.join("environments/play.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replace("cluster: shops-eu", "cluster: { tenant: x }"),
    )
    .unwrap();
    desk.podium(&["run", "words", "-e", "play", "--yes", "--json"])
        .expect(5)
        .refused_with("POD0751");
    // A slip in the name of the slot is an error, and no workflow runs there.
    fs::write(
        &file,
        text.replace("expect: { cluster", "expect: { clutser"),
    )
    .unwrap();
    let refused = desk
        .podium(&["run", "words", "-e", "play", "--yes", "--json"])
        .expect(1);
    assert!(refused.stdout.join("\n").contains("POD0024"), "{refused:?}");
    assert!(!words_are_there(&desk));
}

#[test]
fn the_dangerous_change_meets_the_wrong_cluster_in_practice() {
    let desk = Desk::without_tools();
    desk.podium(&["demo", desk.workspace.to_str().unwrap()])
        .expect(0);
    let with = ["dangerous-change", "-e", "play", "-i", "login=mixed-up"];
    desk.podium(&[&["run"][..], &with, &["--yes", "--json"]].concat())
        .expect(5)
        .refused_with("POD0750");
    let staging = desk
        .podium(&["preview", "central-shop", "-e", "staging", "--json"])
        .expect(0)
        .json();
    assert_eq!(staging["identities"][0]["proof"]["standing"], "proven");
}

const CLOSED: &str = "title: Closed\nprotect:\n  time_zone: Europe/Berlin\n  freeze: { days: mon-sun, because: \
                      stock-taking }\n";

fn runs(desk: &Desk) -> usize {
    let all = desk.podium(&["runs", "list", "--json"]).expect(0).json();
    all.as_array().unwrap().len()
}

#[test]
fn nothing_begins_while_it_is_closed_but_for_a_reason_that_stands_in_the_record() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    desk.write("environments/closed.yaml", CLOSED);
    let run = ["run", "note", "-e", "closed", "--json", "--yes"];
    let refused = desk.podium(&run).expect(5);
    refused.refused_with("POD0752");
    let message = refused.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("stock-taking"), "{message}");
    let reason = ["--override-window", "The door is on fire"];
    desk.podium(&[&run[..], &reason].concat())
        .expect(5)
        .refused_with("POD0753");
    assert_eq!(runs(&desk), 0);

    // It may be looked at, and is said beforehand.
    let shown = desk.podium(&["preview", "note", "-e", "closed"]).expect(0);
    let words = "Closed, and no opening is in sight: frozen, stock-taking.";
    assert!(shown.stdout.iter().any(|line| line.trim() == words));

    desk.write(
        "environments/closed.yaml",
        &format!("{CLOSED}  override: true\n"),
    );
    desk.podium(&run).expect(5).refused_with("POD0752");
    let events = desk
        .podium(&[&run[..], &reason].concat())
        .expect(0)
        .events();
    let outside = &event(&events, "run.approved", "")["data"]["outside"];
    assert_eq!(outside["reason"], "The door is on fire");
    assert_eq!(outside["closed"], words);
    let id = run_of(&events);
    let show = desk
        .podium(&["runs", "show", id])
        .expect(0)
        .stdout
        .join("\n");
    assert!(show.contains("The door is on fire"), "{show}");

    // Taking back is possible in an emergency, also where no run may begin.
    desk.write("environments/closed.yaml", CLOSED);
    let undo = ["runs", "undo", id, "--yes", "--json"];
    desk.podium(&undo).expect(5).refused_with("POD0752");
    assert!(desk.sandbox().join("note.txt").exists());
    desk.podium(&[&undo[..], &reason].concat()).expect(0);
    assert!(!desk.sandbox().join("note.txt").exists());
}

#[test]
fn a_friday_is_refused_and_the_next_monday_is_not() {
    let mut desk = Desk::without_tools();
    note_workspace(&desk);
    let clock = desk.root.path().join("clock");
    desk.set("PODIUM_TEST_CLOCK", &clock);
    desk.write(
        "environments/closed.yaml",
        "title: Shops\nprotect:\n  time_zone: Europe/Berlin\n  window: { days: mon-fri, from: \"07:00\", to: \"18:00\" }\n  \
         freeze: { days: friday, because: nobody is there on Saturday }\n",
    );
    let run = ["run", "note", "-e", "closed", "--json", "--yes"];
    fs::write(&clock, "2026-11-27T10:00:00Z").unwrap();
    let refused = desk.podium(&run).expect(5);
    refused.refused_with("POD0752");
    assert_eq!(
        refused.error()["message"],
        "It is no time to change Shops. Closed until Monday 2026-11-30 07:00 (Europe/Berlin): frozen, nobody is there on \
         Saturday. Nothing was begun."
    );
    fs::write(&clock, "2026-11-30T05:59:59Z").unwrap();
    desk.podium(&run).expect(5).refused_with("POD0752");
    fs::write(&clock, "2026-11-30T06:00:00Z").unwrap();
    desk.podium(&run).expect(0);
}

#[test]
fn a_run_that_waits_is_held_against_the_time_of_its_yes() {
    let desk = Desk::without_tools();
    desk.podium(&["demo", desk.workspace.to_str().unwrap()])
        .expect(0);
    let listed = desk.podium(&["runs", "list", "--json"]).expect(0).json();
    let waits = |run: &&Value| run["state"] == "waiting";
    let run = listed.as_array().unwrap().iter().find(waits).unwrap()["id"].clone();
    let run = run.as_str().unwrap();
    // It was open when somebody asked; now it is not.
    let file = desk.workspace.join("environments/staging.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let frozen = "protect:\n  time_zone: Europe/Berlin\n  freeze: { days: mon-sun, because: stock-taking }\n";
    fs::write(&file, text.replace("protect:\n", frozen)).unwrap();
    let approve = ["runs", "approve", run, "--json"];
    let reason = ["--override-window", "Audit"];
    desk.podium(&approve).expect(1).refused_with("POD0752");
    desk.podium(&[&approve[..], &reason].concat())
        .expect(1)
        .refused_with("POD0753");
    let frozen = format!("{frozen}  override: true\n");
    fs::write(&file, text.replace("protect:\n", &frozen)).unwrap();
    desk.podium(&[&approve[..], &reason].concat()).expect(0);
    let events = desk.podium(&["runs", "events", run]).expect(0).events();
    let outside = &event(&events, "run.approved", "")["data"]["outside"];
    assert_eq!(outside["reason"], "Audit");
}

#[test]
fn a_rule_that_cannot_be_read_lets_nothing_begin() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    desk.write(
        "environments/closed.yaml",
        &CLOSED.replace("mon-sun", "freitags"),
    );
    let refused = desk
        .podium(&["run", "note", "-e", "closed", "--json", "--yes"])
        .expect(1);
    assert!(refused.stdout.join("\n").contains("POD0025"), "{refused:?}");
    assert_eq!(runs(&desk), 0);
}
