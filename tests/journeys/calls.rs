//! A workflow that calls others: previewed, deployed and taken back as one run, also after a kill in the
//! middle of a called step.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::harness::{Desk, demo, difference, event, run_of, tree};

/// The steps of the demo's `open-and-announce`, as they are addressed.
const STEPS: [&str; 14] = [
    "shop",
    "shop.network",
    "shop.page",
    "shop.servers",
    "shop.storage",
    "shop.app",
    "shop.release",
    "shop.rollout",
    "shop.shop",
    "shop.visit",
    "notice",
    "notice.page",
    "notice.site",
    "notice.visit",
];

fn ids(steps: &Value) -> Vec<&str> {
    let steps = steps.as_array().unwrap();
    steps
        .iter()
        .map(|step| step["id"].as_str().unwrap())
        .collect()
}

#[test]
fn a_workflow_that_calls_others_is_previewed_deployed_and_taken_back_as_one() {
    let desk = Desk::without_tools();
    desk.copy(&demo());
    let args = ["preview", "open-and-announce", "-e", "play", "--json"];
    let preview = desk.podium(&args).expect(0).json();
    assert_eq!(ids(&preview["steps"]), STEPS);
    assert_eq!(desk.podium(&args).expect(0).json()["hash"], preview["hash"]);
    let step = |id: &str| {
        let steps = preview["steps"].as_array().unwrap();
        steps.iter().find(|step| step["id"] == id).unwrap()
    };
    assert_eq!(step("shop")["calls"], "open-a-shop-branch");
    assert_eq!(step("shop.network")["within"], "shop");
    assert!(
        !step("shop.network")["changes"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    // What is known only later is chained through the call, to the step that will know it.
    assert_eq!(step("notice.page")["waits_for"], json!(["shop.shop"]));
    assert!(
        preview["summary"]["create"].as_u64().unwrap() > 5,
        "{preview}"
    );

    let before = tree(&desk.home.join("sandbox"));
    let ran = desk
        .podium(&[
            "run",
            "open-and-announce",
            "-e",
            "play",
            "--yes",
            "--json",
            "-i",
            "branch=north",
        ])
        .expect(0);
    let events = ran.events();
    let order: Vec<&str> = events
        .iter()
        .filter(|event| event["type"] == "step.succeeded")
        .map(|event| event["step"].as_str().unwrap())
        .collect();
    assert_eq!(order.len(), STEPS.len(), "{order:?}");
    let at = |step: &str| order.iter().position(|known| *known == step).unwrap();
    assert!(at("shop.network") < at("shop.servers") && at("shop.visit") < at("shop"));
    assert!(at("shop") < at("notice.page") && at("notice.visit") < at("notice"));
    let given = &event(&events, "step.ready", "notice")["data"]["inputs"]["inputs"];
    let url = event(&events, "step.succeeded", "shop")["data"]["outputs"]["url"]
        .as_str()
        .unwrap();
    assert!(
        given["words"].as_str().unwrap().ends_with(url),
        "{given} {url}"
    );
    let outputs = &event(&events, "run.succeeded", "")["data"]["outputs"];
    assert_eq!(outputs["shop"], url);
    let run = run_of(&events).to_owned();

    // People see the called steps under their call.
    let shown = desk
        .podium(&["runs", "show", &run])
        .expect(0)
        .stdout
        .join("\n");
    assert!(
        shown.contains("Open the branch · calls open-a-shop-branch"),
        "{shown}"
    );
    assert!(
        shown.contains("    Network and hosts · terraform/apply"),
        "{shown}"
    );
    let drawn = desk
        .podium(&["graph", "open-and-announce", "--format", "mermaid"])
        .expect(0)
        .stdout
        .join("\n");
    assert!(
        drawn.contains("subgraph shop") && drawn.contains("shop__network --> shop__page"),
        "{drawn}"
    );

    let undone = desk
        .podium(&["runs", "undo", &run, "--yes", "--json"])
        .expect(0)
        .events();
    let order: Vec<&str> = undone
        .iter()
        .filter(|event| event["type"] == "step.undone")
        .map(|event| event["step"].as_str().unwrap())
        .collect();
    let at = |step: &str| {
        order
            .iter()
            .position(|known| *known == step)
            .unwrap_or_else(|| panic!("{step}: {order:?}"))
    };
    assert!(
        at("notice.page") < at("shop.shop"),
        "last done, first undone: {order:?}"
    );
    assert!(at("shop.storage") < at("shop.servers") && at("shop.servers") < at("shop.network"));
    assert_eq!(
        difference(&before, &tree(&desk.home.join("sandbox"))),
        Vec::<String>::new()
    );
}

/// A called workflow whose middle step ends when the file `go` is there.
fn slow_call(desk: &Desk) {
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Calls\ndefault_environment: here\n",
    );
    desk.write("environments/here.yaml", "title: Here\n");
    let folder = desk.root.path().display();
    desk.write(
        "workflows/inner.yaml",
        &format!(
            r#"podium: 1
name: Inner
inputs: {{ word: {{ type: string }} }}
steps:
  first: {{ uses: file/render, with: {{ text: "first", to: first.txt }} }}
  slow:
    uses: command/run
    needs: [first]
    with: {{ program: /bin/sh, args: [-c, "echo $1 >> {folder}/trace; while [ ! -e {folder}/go ]; do sleep 0.1; done", sh, "${{{{ inputs.word }}}}"] }}
  sure: {{ uses: approval/ask, needs: [slow], with: {{ message: "Go on with ${{{{ inputs.word }}}}?" }} }}
  last: {{ uses: file/render, needs: [sure], with: {{ text: "${{{{ inputs.word }}}}", to: last.txt }} }}
outputs: {{ file: "${{{{ steps.last.outputs.path }}}}" }}
"#
        ),
    );
    desk.write(
        "workflows/outer.yaml",
        r#"podium: 1
name: Outer
steps:
  call: { uses: workflow/call, title: The inner one, with: { workflow: inner, inputs: { word: north } } }
  after: { uses: file/render, with: { text: "${{ steps.call.outputs.file }}", to: after.txt } }
"#,
    );
}

#[test]
fn a_kill_in_a_called_step_is_taken_up_its_approval_blocks_and_all_is_taken_back() {
    let desk = Desk::new(&["/usr/bin".into(), "/bin".into()]);
    slow_call(&desk);
    let mut running = desk.start(&["run", "outer", "--json", "--yes"], "");
    running.until("step.dispatched", "call.slow");
    let trace = || fs::read_to_string(desk.root.path().join("trace")).unwrap_or_default();
    super::kill::wait_for("the command is in the middle", || trace() == "north\n");
    running.signal(Signal::KILL);
    let before = running.finish().events();
    let run = run_of(&before).to_owned();
    fs::write(desk.root.path().join("go"), "").unwrap();

    let waits = desk
        .podium(&["runs", "resume", &run, "--json"])
        .expect(4)
        .events();
    assert_eq!(before, waits[..before.len()], "nothing is lost");
    assert_eq!(
        event(&waits, "step.waiting_approval", "call.sure")["data"]["message"],
        "Go on with north?"
    );
    assert!(
        !waits
            .iter()
            .any(|event| event["step"] == "call.last" && event["type"] == "step.intent")
    );
    assert_eq!(trace(), "north\n", "the command ran once");

    let ended = desk
        .podium(&["runs", "approve", &run, "--step", "call.sure", "--json"])
        .expect(0)
        .events();
    assert_eq!(event(&ended, "step.succeeded", "after")["attempt"], 1);
    let made = fs::read_to_string(desk.sandbox().join("last.txt")).unwrap();
    assert_eq!(made, "north");
    desk.podium(&["runs", "undo", &run, "--yes", "--json"])
        .expect(0);
    for file in ["first.txt", "last.txt", "after.txt"] {
        assert!(!desk.sandbox().join(file).exists(), "{file} is still there");
    }
}

#[test]
fn what_is_wrong_with_a_call_is_told_in_its_place() {
    let desk = Desk::without_tools();
    desk.copy(&demo());
    desk.write(
        "workflows/wrong.yaml",
        "podium: 1\nname: Wrong\nsteps:\n  a: { uses: workflow/call, with: { workflow: share-a-foldr } }\n",
    );
    let told = desk.podium(&["validate", "wrong", "--json"]).expect(1);
    let told = told.stdout.join("\n");
    assert!(
        told.contains("POD0151") && told.contains("share-a-folder"),
        "{told}"
    );
}
