//! What people are asked, and what their answers do. Nothing but Podium itself is needed here.

use std::fs;

use serde_json::{Value, json};

use super::harness::{Desk, event, run_of, story, user_name};

/// A workspace whose workflow writes a file, in environments of all kinds.
pub(crate) fn note_workspace(desk: &Desk) {
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Notes\ndefault_environment: here\n",
    );
    desk.write("environments/here.yaml", "title: Here\n");
    desk.write(
        "environments/dear.yaml",
        "title: Dear\nprotect: { confirm: type-name }\n",
    );
    desk.write(
        "environments/shown.yaml",
        "title: Shown\nprotect: { read_only: true }\n",
    );
    desk.write(
        "environments/asked.yaml",
        "title: Asked\nprotect: { approval: true }\n",
    );
    desk.write(
        "workflows/note.yaml",
        r#"podium: 1
name: Leave a note
inputs:
  words: { type: string, default: Bread and soup }
steps:
  note:
    uses: file/render
    with:
      text: "{{ words }}\n"
      to: note.txt
      values: { words: "${{ inputs.words }}" }
"#,
    );
}

fn no_runs(desk: &Desk) {
    assert_eq!(
        desk.podium(&["runs", "list", "--json"]).expect(0).json(),
        json!([])
    );
}

#[test]
fn the_same_document_has_the_same_hash_and_runs_under_it() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    let preview = || desk.podium(&["preview", "note", "--json"]).expect(0).json();
    let first = preview();
    assert!(first["hash"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(first, preview());
    let other = desk
        .podium(&["preview", "note", "--json", "-i", "words=Apples"])
        .expect(0)
        .json();
    assert_ne!(other["hash"], first["hash"]);
    let events = desk
        .podium(&["run", "note", "--json", "--yes"])
        .expect(0)
        .events();
    let created = event(&events, "run.created", "");
    assert_eq!(created["data"]["preview"]["hash"], first["hash"]);
    // Now the file is there, so there is something else to say.
    assert_ne!(preview()["hash"], first["hash"]);
}

#[test]
fn without_a_yes_nothing_is_begun() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    desk.podium(&["run", "note", "--json"])
        .expect(5)
        .refused_with("POD0719");
    no_runs(&desk);
}

#[test]
fn a_preview_that_is_no_longer_true_is_not_run() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    let file = desk.root.path().join("preview.json");
    let file = file.to_str().unwrap();
    desk.podium(&["preview", "note", "--out", file]).expect(0);
    let with = ["run", "note", "--json", "--yes", "--preview", file];

    let workflow = desk.workspace.join("workflows/note.yaml");
    let text = fs::read_to_string(&workflow).unwrap();
    fs::write(&workflow, text.replace("Bread", "Cake")).unwrap();
    desk.podium(&with).expect(5).refused_with("POD0718");
    no_runs(&desk);

    fs::write(&workflow, &text).unwrap();
    desk.podium(&with).expect(0);

    // A file that somebody changed, one that is no preview, and none.
    let honest = fs::read_to_string(file).unwrap();
    fs::write(file, honest.replacen("note.txt", "other.txt", 1)).unwrap();
    desk.podium(&with).expect(1).refused_with("POD0816");
    fs::write(file, "{}").unwrap();
    desk.podium(&with).expect(1).refused_with("POD0816");
    fs::remove_file(file).unwrap();
    desk.podium(&with).expect(1).refused_with("POD0816");
}

#[test]
fn a_dear_environment_wants_its_name_typed() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    let run = ["run", "note", "-e", "dear", "--json", "--yes"];
    desk.podium(&run).expect(5).refused_with("POD0716");
    desk.podium(&[&run[..], &["--confirm", "Dear"]].concat())
        .expect(5)
        .refused_with("POD0716");
    no_runs(&desk);
    let ran = desk
        .podium(&[&run[..], &["--confirm", "dear"]].concat())
        .expect(0)
        .events();

    // So does taking it back.
    let undo = ["runs", "undo", run_of(&ran), "--json", "--yes"];
    desk.podium(&undo).expect(5).refused_with("POD0716");
    desk.podium(&[&undo[..], &["--confirm", "dear"]].concat())
        .expect(0);
}

#[test]
fn a_read_only_environment_is_never_written() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    let refused = desk.podium(&["run", "note", "-e", "shown", "--json", "--yes"]);
    assert_ne!(refused.code, Some(0));
    let error = refused.error();
    let told: Vec<&Value> = std::iter::once(&error["code"])
        .chain(
            error["diagnostics"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| &one["code"]),
        )
        .collect();
    assert!(
        told.contains(&&json!("POD0140")) || told.contains(&&json!("POD0715")),
        "{error}"
    );
    assert!(
        !desk.home.join("sandbox").exists()
            || super::harness::tree(&desk.home.join("sandbox"))
                .values()
                .all(Option::is_none)
    );
    no_runs(&desk);
}

#[test]
fn a_run_waits_for_a_yes_and_goes_on_in_another_process() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    desk.write(
        "workflows/ask.yaml",
        r#"podium: 1
name: Ask first
steps:
  before:
    uses: file/render
    with: { text: "before\n", to: before.txt }
  sign_off:
    uses: approval/ask
    needs: [before]
    with: { message: "Open the shop?" }
  after:
    uses: file/render
    needs: [sign_off]
    with: { text: "after\n", to: after.txt }
"#,
    );
    let waiting = desk
        .podium(&["run", "ask", "--json", "--yes"])
        .expect(4)
        .events();
    let run = run_of(&waiting).to_owned();
    assert_eq!(waiting.last().unwrap()["type"], "run.waiting");
    assert_eq!(
        event(&waiting, "step.waiting_approval", "sign_off")["data"]["message"],
        "Open the shop?"
    );
    assert!(desk.sandbox().join("before.txt").exists());
    assert!(!desk.sandbox().join("after.txt").exists());
    desk.podium(&["runs", "approve", &run, "--step", "nothing", "--json"])
        .expect(1);

    let approved = desk
        .podium(&["runs", "approve", &run, "--step", "sign_off", "--json"])
        .expect(0);
    let told: Value = serde_json::from_str(approved.stdout.last().unwrap()).unwrap();
    if told["type"] != "run.succeeded" {
        desk.podium(&["runs", "resume", &run, "--json"]).expect(0);
    }
    let all = desk.podium(&["runs", "events", &run]).expect(0).events();
    assert_eq!(all[..waiting.len()], waiting);
    assert_eq!(all.last().unwrap()["type"], "run.succeeded");
    assert_eq!(story(&all, "sign_off").last().unwrap(), "step.succeeded");
    assert!(desk.sandbox().join("after.txt").exists());

    // A no ends it.
    let second = desk
        .podium(&["run", "ask", "--json", "--yes"])
        .expect(4)
        .events();
    let run = run_of(&second).to_owned();
    desk.podium(&[
        "runs", "answer", &run, "--step", "sign_off", "deny", "--json",
    ]);
    let view = desk
        .podium(&["runs", "show", &run, "--json"])
        .expect(0)
        .json();
    assert_eq!(view["state"], "failed", "{view}");
}

/// A run that fails by two steps until the file `go` is there, with something before and after them.
fn stubborn_workspace(desk: &Desk) {
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Stubborn\ndefault_environment: here\n",
    );
    desk.write("environments/here.yaml", "title: Here\n");
    let step = |id: &str, script: &str| {
        format!(
            "  {id}:\n    uses: command/run\n    with: {{ program: sh, args: [\"-c\", \"{script}\"] }}\n"
        )
    };
    let needs = |needs: &str| format!("    needs: [{needs}]\n");
    let text = [
        "podium: 1\nname: Stubborn\nsteps:\n".to_owned(),
        step("before", "echo before >> trace"),
        step("left", "test -e go && echo left >> trace"),
        needs("before") + "    on_error: continue\n",
        step("right", "test -e go && echo right >> trace"),
        needs("before") + "    on_error: continue\n",
        step("door", "test -e go && echo door >> trace"),
        needs("before"),
        step("after", "echo after >> trace"),
        needs("door"),
    ]
    .concat();
    desk.write("workflows/stubborn.yaml", &text);
}

#[test]
fn a_run_that_failed_long_ago_is_tried_again_by_another_process() {
    let desk = Desk::new(&["/usr/bin".into(), "/bin".into()]);
    stubborn_workspace(&desk);
    let trace = || fs::read_to_string(desk.workspace.join("trace")).unwrap();
    let failed = desk
        .podium(&["run", "stubborn", "--json", "--yes"])
        .expect(1)
        .events();
    let run = run_of(&failed).to_owned();
    assert_eq!(failed.last().unwrap()["type"], "run.failed");
    assert_eq!(trace(), "before\n");

    // Nothing has changed: it fails again, in the same run, and says so.
    let retry = ["runs", "retry", &run, "--json"];
    let again = desk.podium(&retry).expect(1).events();
    assert_eq!(again[..failed.len()], failed);
    assert_eq!(again.last().unwrap()["type"], "run.failed");
    let taken_up = again
        .iter()
        .filter(|event| event["type"] == "run.started" && event["data"]["again"].is_string())
        .count();
    assert!(taken_up >= 1, "somebody took it up: {again:?}");
    assert_eq!(trace(), "before\n");

    // Now it can: what failed is done, what had succeeded is not done again, and the rest follows.
    desk.write("go", "");
    let done = desk.podium(&retry).expect(0).events();
    assert_eq!(done[..again.len()], again);
    assert_eq!(done.last().unwrap()["type"], "run.succeeded");
    let mut lines: Vec<String> = trace().lines().map(str::to_owned).collect();
    assert_eq!(lines.first().unwrap(), "before");
    let place = |what: &str| lines.iter().position(|line| line == what);
    assert!(place("door") < place("after"), "{lines:?}");
    lines.sort();
    assert_eq!(lines, ["after", "before", "door", "left", "right"]);
    let view = desk
        .podium(&["runs", "show", &run, "--json"])
        .expect(0)
        .json();
    assert_eq!(view["state"], "succeeded", "{view}");

    // There is nothing left to try.
    desk.podium(&retry).expect(1).refused_with("POD0721");
    desk.podium(&["runs", "retry", &run, "--step", "door", "--json"])
        .expect(1);
    assert_eq!(
        desk.podium(&["runs", "events", &run]).expect(0).events(),
        done,
        "a refused word changes nothing"
    );
}

#[test]
fn an_environment_that_asks_for_a_yes_writes_down_who_said_it() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    let events = desk
        .podium(&["run", "note", "-e", "asked", "--json", "--yes"])
        .expect(0)
        .events();
    let approved = event(&events, "run.approved", "");
    assert_eq!(approved["data"]["by"], user_name());
    assert_eq!(
        approved["data"]["hash"],
        event(&events, "run.created", "")["data"]["preview"]["hash"]
    );
    let seq = |kind: &str, step: &str| event(&events, kind, step)["seq"].as_u64().unwrap();
    assert!(seq("run.approved", "") < seq("step.intent", "note"));
}
