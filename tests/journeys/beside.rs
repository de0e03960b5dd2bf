//! Two processes at once: one holds the journal and drives, the other has only a terminal. A person who
//! types `podium run` beside an open Podium simply gets their run.

use std::fs;
use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::harness::{Desk, Running, event, run_of, story, tree};
use super::kill::wait_for;
use super::people::note_workspace;

/// A desk with a shell, notes, and two workflows that end when a file of their own is there.
fn desk() -> Desk {
    let desk = Desk::new(&["/usr/bin".into(), "/bin".into()]);
    note_workspace(&desk);
    for name in ["mine", "yours"] {
        gate(&desk, name, "");
    }
    desk
}

/// A workflow that writes its name into `trace`, and ends when `NAME.go` is there.
fn gate(desk: &Desk, name: &str, more: &str) {
    let folder = desk.root.path().display();
    desk.write(
        &format!("workflows/{name}.yaml"),
        &format!(
            "podium: 1\nname: {name}\n{more}steps:\n  wait:\n    uses: command/run\n    with:\n      program: sh\n      \
             args: [\"-c\", \"echo {name} >> {folder}/trace; while [ ! -e {folder}/{name}.go ]; do sleep 0.05; done\"]\n"
        ),
    );
}

fn open(desk: &Desk, name: &str) {
    fs::write(desk.root.path().join(format!("{name}.go")), "").unwrap();
}

fn trace(desk: &Desk) -> Vec<String> {
    let text = fs::read_to_string(desk.root.path().join("trace")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn run(workflow: &str) -> [&str; 4] {
    ["run", workflow, "--json", "--yes"]
}

/// A `podium` that holds the journal: it drives `mine`, which has begun and does not end.
fn owner(desk: &Desk) -> Running {
    let mut owner = desk.start(&run("mine"), "");
    owner.until("step.dispatched", "wait");
    wait_for("the gate", || trace(desk) == ["mine"]);
    owner
}

/// Stops a process where it stands, so that it answers nothing.
fn freeze(process: &Running) {
    process.signal(Signal::STOP);
    let tasks = format!("/proc/{}/task", process.pid());
    wait_for("the owner to stand still", || {
        fs::read_dir(&tasks).unwrap().flatten().all(|task| {
            let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            let state = stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned());
            state.is_some_and(|state| state.starts_with('T'))
        })
    });
}

/// The files of the inbox that end so.
fn inbox(desk: &Desk, ending: &str) -> Vec<String> {
    fs::read_dir(desk.home.join("inbox"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(ending))
        .collect()
}

fn asked(desk: &Desk) {
    wait_for("the request", || !inbox(desk, ".ask").is_empty());
}

/// Workflow and state of every run, the oldest first.
fn runs(desk: &Desk) -> Vec<(String, String)> {
    let listed = desk.podium(&["runs", "list", "--json"]).expect(0).json();
    let word = |run: &Value, key: &str| run[key].as_str().unwrap().to_owned();
    let mut runs: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (word(run, "workflow"), word(run, "state")))
        .collect();
    runs.reverse();
    runs
}

fn are(runs: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    runs.iter().map(own).collect()
}

fn without_ids(events: &[Value]) -> Vec<Value> {
    events
        .iter()
        .map(|event| json!([event["type"], event["step"], event["attempt"]]))
        .collect()
}

#[test]
fn a_run_beside_an_open_podium_is_told_as_one_alone() {
    let desk = desk();
    let alone = desk.podium(&run("note")).expect(0).events();
    let words = desk
        .podium(&["run", "note", "--yes", "-i", "words=Tea"])
        .expect(0);
    let owner = owner(&desk);

    let beside = desk.podium(&run("note")).expect(0).events();
    assert_eq!(without_ids(&beside), without_ids(&alone));
    let created = |events: &[Value]| event(events, "run.created", "")["data"]["by"].clone();
    assert_eq!(created(&beside), created(&alone));
    let file = desk.sandbox().join("note.txt");
    assert_eq!(fs::read_to_string(&file).unwrap(), "Bread and soup\n");

    // In words, too: the same lines but for the run's own id.
    let told = desk
        .podium(&["run", "note", "--yes", "-i", "words=Tea"])
        .expect(0);
    assert_eq!(told.stdout.len(), words.stdout.len(), "{told:?}\n{words:?}");
    assert!(
        told.stdout
            .last()
            .unwrap()
            .starts_with("Done. Take it back with")
    );

    // Taking it back goes the same way.
    let before = fs::read_to_string(&file).unwrap();
    let last = told
        .stdout
        .last()
        .unwrap()
        .split('`')
        .nth(1)
        .unwrap()
        .to_owned();
    let last = last.rsplit(' ').next().unwrap();
    let undone = desk
        .podium(&["runs", "undo", last, "--json", "--yes"])
        .expect(0)
        .events();
    assert_eq!(event(&undone, "run.created", "")["data"]["undoes"], last);
    assert_ne!(fs::read_to_string(&file).unwrap(), before);

    open(&desk, "mine");
    owner.finish().expect(0);
    let note = ("note", "succeeded");
    let all = [note, note, ("mine", "succeeded"), note, note, note];
    assert_eq!(runs(&desk), are(&all));
    assert_eq!(inbox(&desk, ""), [""; 0]);
}

#[test]
fn a_failed_step_is_tried_again_beside_an_open_podium() {
    let desk = desk();
    let folder = desk.root.path().display();
    desk.write(
        "workflows/shaky.yaml",
        &format!(
            "podium: 1\nname: Shaky\nsteps:\n  try:\n    uses: command/run\n    with: {{ program: test, args: [-e, {folder}/mended] }}\n"
        ),
    );
    let owner = owner(&desk);
    let failed = desk.podium(&run("shaky")).expect(1).events();
    fs::write(desk.root.path().join("mended"), "").unwrap();
    let again = desk
        .podium(&["runs", "retry", run_of(&failed), "--json"])
        .expect(0)
        .events();
    assert_eq!(again[..failed.len()], failed);
    assert!(story(&again, "try").ends_with(&["step.succeeded".to_owned()]));
    open(&desk, "mine");
    owner.finish().expect(0);
}

#[test]
fn what_the_person_would_be_refused_here_is_refused_there() {
    let mut desk = desk();
    let owner = owner(&desk);
    desk.podium(&["run", "note", "--json"])
        .expect(5)
        .refused_with("POD0719");
    let dear = ["run", "note", "-e", "dear", "--json", "--yes"];
    desk.podium(&dear).expect(5).refused_with("POD0716");
    desk.podium(&[&dear[..], &["--confirm", "dear"]].concat())
        .expect(0);
    desk.podium(&["run", "note", "-e", "shown", "--json", "--yes"])
        .expect(1)
        .refused_with("POD0711");
    let waits = ["run", "note", "-e", "asked", "--json", "--yes"];
    desk.podium(&waits).expect(0);

    // A workspace that the open Podium does not have open.
    let other = desk.root.path().join("other");
    let from = |name: &str| fs::read(desk.workspace.join(name)).unwrap();
    for name in [
        "podium.yaml",
        "environments/here.yaml",
        "workflows/note.yaml",
    ] {
        let to = other.join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, from(name)).unwrap();
    }
    let own = std::mem::replace(&mut desk.workspace, other);
    desk.podium(&run("note")).expect(5).refused_with("POD0722");
    desk.workspace = own;

    open(&desk, "mine");
    owner.finish().expect(0);
    let note = ("note", "succeeded");
    assert_eq!(runs(&desk), are(&[("mine", "succeeded"), note, note]));
}

#[test]
fn a_locked_vault_of_the_open_podium_is_told() {
    let mut desk = desk();
    desk.credential("word", "secret", &[], "sesame-4711");
    let text = fs::read_to_string(desk.workspace.join("workflows/yours.yaml")).unwrap();
    desk.write(
        "workflows/yours.yaml",
        &text
            .replace("steps:", "credentials:\n  word: { type: secret }\nsteps:")
            .replace(
                "    with:",
                "    credentials: { secrets.WORD: word }\n    with:",
            ),
    );
    desk.write(
        "environments/here.yaml",
        "title: Here\ncredentials: { word: word }\n",
    );
    let passphrase = desk.root.path().join("passphrase");
    desk.unset("PODIUM_PASSPHRASE_FILE");
    let owner = owner(&desk);
    desk.set("PODIUM_PASSPHRASE_FILE", passphrase);

    desk.podium(&run("yours")).expect(5).refused_with("POD0737");
    // What needs no secret is done.
    desk.podium(&run("note")).expect(0);
    open(&desk, "mine");
    owner.finish().expect(0);
    assert_eq!(
        runs(&desk),
        are(&[("mine", "succeeded"), ("note", "succeeded")])
    );
}

#[test]
fn an_interrupt_beside_an_open_podium_cancels_that_run_alone() {
    let desk = desk();
    let owner = owner(&desk);
    let mut second = desk.start(&run("yours"), "");
    second.until("step.dispatched", "wait");
    second.signal(Signal::INT);
    let events = second.finish().expect(3).events();
    event(&events, "run.cancelled", "");
    open(&desk, "mine");
    owner.finish().expect(0);
    assert_eq!(
        runs(&desk),
        are(&[("mine", "succeeded"), ("yours", "cancelled")])
    );
}

#[test]
fn a_request_that_nobody_has_taken_up_is_taken_back() {
    let desk = desk();
    let owner = owner(&desk);
    freeze(&owner);
    let second = desk.start(&run("note"), "");
    asked(&desk);
    for name in inbox(&desk, "") {
        assert_private(&desk.home.join("inbox").join(name));
    }
    second.signal(Signal::INT);
    let told = second.finish().expect(3);
    assert_eq!(told.stdout, [""; 0]);
    assert_eq!(inbox(&desk, ""), [""; 0]);

    // Whoever is killed while they ask has seen nothing begin, and nothing begins.
    let third = desk.start(&run("note"), "");
    asked(&desk);
    third.signal(Signal::KILL);
    assert_eq!(third.finish().code, None);
    owner.signal(Signal::CONT);
    wait_for("the inbox to be swept", || inbox(&desk, "").is_empty());
    open(&desk, "mine");
    owner.finish().expect(0);
    assert_eq!(runs(&desk), are(&[("mine", "succeeded")]));
}

fn assert_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    // It may be on its way to its name at this moment.
    if let Ok(about) = fs::metadata(path) {
        assert_eq!(
            about.permissions().mode() & 0o777,
            0o600,
            "{}",
            path.display()
        );
    }
}

#[test]
fn an_owner_that_is_killed_before_it_begins_leaves_the_run_to_who_asked() {
    let desk = desk();
    let owner = owner(&desk);
    freeze(&owner);
    let second = desk.start(&run("note"), "");
    asked(&desk);
    owner.signal(Signal::KILL);
    let events = second.finish().expect(0).events();
    event(&events, "run.succeeded", "");
    assert_eq!(runs(&desk)[1..], are(&[("note", "succeeded")]));
    assert_eq!(runs(&desk).len(), 2);
    assert_eq!(inbox(&desk, ""), [""; 0]);
}

#[test]
fn an_owner_that_is_killed_after_it_began_leaves_the_run_to_who_asked() {
    let desk = desk();
    let owner = owner(&desk);
    let mut second = desk.start(&run("yours"), "");
    second.until("step.dispatched", "wait");
    wait_for("the second gate", || trace(&desk) == ["mine", "yours"]);
    owner.signal(Signal::KILL);
    assert_eq!(owner.finish().code, None);
    open(&desk, "yours");
    let events = second.finish().expect(0).events();
    event(&events, "run.succeeded", "");
    // Its process was joined, not started again.
    assert_eq!(trace(&desk), ["mine", "yours"]);
    assert_eq!(runs(&desk)[1..], are(&[("yours", "succeeded")]));
}

#[test]
fn an_owner_that_has_finished_its_own_stays_for_what_others_began() {
    let desk = desk();
    let mut owner = owner(&desk);
    let mut second = desk.start(&run("yours"), "");
    second.until("step.dispatched", "wait");
    open(&desk, "mine");
    owner.until("run.succeeded", "");
    open(&desk, "yours");
    let events = second.finish().expect(0).events();
    event(&events, "run.succeeded", "");
    let owner = owner.finish().expect(0);
    let run = run_of(&events);
    assert!(owner.stderr.contains(run), "{}", owner.stderr);
    assert_eq!(trace(&desk), ["mine", "yours"]);
}

#[test]
fn two_terminals_at_once_each_get_their_run() {
    let desk = desk();
    let names = ["one", "two", "three", "four"];
    let many = names.map(|name| {
        let text = "podium: 1\nname: Note\nsteps:\n  note:\n    uses: file/render\n    with: { text: soup, to: NAME.txt }\n";
        desk.write(&format!("workflows/{name}.yaml"), &text.replace("NAME", name));
        desk.start(&run(name), "")
    });
    for one in many {
        one.finish().expect(0).events();
    }
    let mut runs = runs(&desk);
    runs.sort();
    let mut expected = are(&names.map(|name| (name, "succeeded")));
    expected.sort();
    assert_eq!(runs, expected);
}

#[test]
fn steps_may_be_called_as_what_podium_keeps_of_a_run() {
    let desk = desk();
    let longest = format!("a{}", "z".repeat(59));
    let names = [
        "owner", "inbox", "journal", "lock", "steps", "keep", "con", "nul", &longest,
    ];
    let steps = names.map(|name| {
        format!("  {name}:\n    uses: file/render\n    with: {{ text: {name}, to: {name}.txt }}\n")
    });
    let text = format!("podium: 1\nname: Names\nsteps:\n{}", steps.concat());
    desk.write("workflows/names.yaml", &text);
    let events = desk.podium(&run("names")).expect(0).events();
    for name in names {
        event(&events, "step.succeeded", name);
        let file = desk.sandbox().join(format!("{name}.txt"));
        assert_eq!(fs::read_to_string(file).unwrap(), name);
    }
    desk.podium(&["runs", "undo", run_of(&events), "--json", "--yes"])
        .expect(0);
    let left = tree(&desk.sandbox());
    assert!(
        left.keys().all(|name| name.extension().is_none()),
        "{left:?}"
    );
}
