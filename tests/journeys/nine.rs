//! The demo's row over every system, in practice: run, held against what the simulators say to the vendors'
//! own clients and over plain HTTP, taken back, and the sandbox compared.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use super::harness::{Desk, demo, difference, event, run_of, tree};
use super::referees::client;

/// What a client that Podium does not know says, asked at a served simulator.
fn asked(desk: &Desk, connector: &str, ask: impl FnOnce(&str) -> String) -> String {
    let mut serving = desk.start(&["practice", "serve", "--json", connector], "");
    let line: Value = serde_json::from_str(&serving.next().unwrap()).unwrap();
    let said = ask(line["address"].as_str().unwrap());
    serving.signal(Signal::INT);
    said
}

/// The stacks, as boto3 lists them.
fn stacks(python: &PathBuf, address: &str) -> String {
    let script = "import boto3, sys\n\
        cf = boto3.client('cloudformation', endpoint_url=sys.argv[1], region_name='eu-central-1',\n\
            aws_access_key_id='AKIAIOSFODNN7EXAMPLE', aws_secret_access_key='practice')\n\
        for one in cf.describe_stacks()['Stacks']: print(one['StackName'], one['StackStatus'])";
    let said = Command::new(python)
        .args(["-c", script, address])
        .output()
        .unwrap();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    String::from_utf8(said.stdout).unwrap()
}

/// A vendor's client, what it must see where the row stands, and where it was taken back.
struct Witness {
    connector: &'static str,
    id: &'static str,
    stands: &'static [&'static str],
    taken_back: &'static [&'static str],
}

/// Where the far system keeps a history, the newest line is looked at; where things are listed, all.
const WITNESSES: [Witness; 6] = [
    Witness {
        connector: "awx",
        id: "awx",
        stands: &["shop-front successful"],
        taken_back: &["shop-front-remove successful"],
    },
    Witness {
        connector: "azure-automation",
        id: "azure_automation",
        stands: &["shop-nightly-care JobStatus.COMPLETED"],
        taken_back: &["shop-clean-up JobStatus.COMPLETED"],
    },
    Witness {
        connector: "cloudify",
        id: "cloudify",
        stands: &[
            "shop-north",
            "disk started",
            "network started",
            "web started",
            "web started",
        ],
        taken_back: &[],
    },
    Witness {
        connector: "hcp-terraform",
        id: "hcp_terraform",
        stands: &["apply applied"],
        taken_back: &["destroy applied"],
    },
    Witness {
        connector: "ibm-schematics",
        id: "ibm_schematics",
        stands: &["APPLY COMPLETED", "3 resources"],
        taken_back: &["DESTROY COMPLETED", "0 resources"],
    },
    Witness {
        connector: "morpheus",
        id: "morpheus",
        stands: &["till-north running"],
        taken_back: &[],
    },
];

fn said(mut command: Command, desk: &Desk) -> String {
    // Nothing of this user's settings: a client may keep files in its home.
    let said = command.env("HOME", desk.root.path()).output().unwrap();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    String::from_utf8(said.stdout).unwrap()
}

/// Asks every vendor's client that is there what it sees.
fn witnesses_see(desk: &Desk, stands: bool) {
    let referees = Path::new(env!("CARGO_MANIFEST_DIR")).join("referees");
    for witness in &WITNESSES {
        let Some(place) = client("what the row made", witness.id) else {
            continue;
        };
        let seen = asked(desk, witness.connector, |address| {
            let mut python = Command::new(place.join("bin/python"));
            python
                .arg(referees.join("row.py"))
                .args([witness.id, address]);
            said(python, desk)
        });
        let lines: Vec<&str> = seen.lines().collect();
        let expected = if stands {
            witness.stands
        } else {
            witness.taken_back
        };
        assert_eq!(lines, expected, "{}", witness.connector);
    }
    if let Some(place) = client("what the row made", "node") {
        let seen = asked(desk, "octopus", |address| {
            let mut node = Command::new("node");
            node.arg(referees.join("row.mjs")).arg(&place).arg(address);
            said(node, desk)
        });
        assert!(seen.contains("(For the branch north"), "{seen}");
        // Taken back is: the release before is deployed once more.
        let again = if stands {
            "1.0.0 () deployed 1 times"
        } else {
            "1.0.0 () deployed 2 times"
        };
        assert!(seen.contains(again), "{seen}");
    }
    if let Some(folder) = podium_testkit::go_peers(&["kubectl"]) {
        let seen = asked(desk, "kubernetes", |address| {
            let mut command = Command::new(folder.join("kubectl"));
            command.args([
                "-s",
                address,
                "-n",
                "shop-north",
                "get",
                "deployments,services,configmaps",
                "-o",
                "name",
            ]);
            said(command, desk)
        });
        let mut lines: Vec<&str> = seen.lines().collect();
        lines.sort_unstable();
        let made = [
            "configmap/shop-words",
            "deployment.apps/shop",
            "service/shop",
        ];
        assert_eq!(lines, if stands { &made[..] } else { &[] });
    } else {
        podium_testkit::skipped(
            "what the row made: kubectl is not in the folder that PODIUM_PEERS names",
        );
    }
}

#[test]
fn a_row_over_every_system_runs_in_practice_and_is_taken_back() {
    let desk = Desk::without_tools();
    desk.copy(&demo());
    // What was there before the run: something of this person's own, which undo must leave alone.
    desk.podium(&["run", "share-a-folder", "-e", "play", "--yes"])
        .expect(0);
    let sandbox = desk.sandbox();
    std::fs::write(sandbox.join("mine.txt"), "my own").unwrap();
    let before = tree(&sandbox);
    let ran = desk
        .podium(&["run", "all-nine-in-a-row", "-e", "play", "--yes", "--json"])
        .expect(0);
    let events = ran.events();
    let run = run_of(&events).to_owned();
    for step in [
        "network", "state", "private", "page", "servers", "front", "storage", "app", "ready",
        "model", "till", "counter", "care", "release", "rollout", "shop",
    ] {
        event(&events, "step.succeeded", step);
    }

    assert!(sandbox.join("shops/north/index.html").is_file());
    if let Some(peers) = super::harness::peers("the stacks, as boto3 lists them") {
        let python = peers.join("bin/python");
        let listed = asked(&desk, "cloudformation", |address| stacks(&python, address));
        assert!(listed.contains("shop-north CREATE_COMPLETE"), "{listed}");
    }
    witnesses_see(&desk, true);

    desk.podium(&["runs", "undo", &run, "--yes"]).expect(0);
    assert_eq!(difference(&before, &tree(&sandbox)), [""; 0]);
    if let Some(peers) = super::harness::peers("the stacks, as boto3 lists them") {
        let python = peers.join("bin/python");
        let listed = asked(&desk, "cloudformation", |address| stacks(&python, address));
        assert!(!listed.contains("shop-north CREATE_COMPLETE"), "{listed}");
    }
    witnesses_see(&desk, false);
}

#[test]
fn a_dangerous_change_is_seen_before_it_is_made() {
    let desk = Desk::without_tools();
    desk.copy(&demo());
    desk.podium(&["run", "dangerous-change", "-e", "play", "--yes"])
        .expect(0);
    let preview = desk
        .podium(&[
            "preview",
            "dangerous-change",
            "-e",
            "play",
            "-i",
            "database=stock",
            "-i",
            "generation=2",
            "--json",
        ])
        .expect(0)
        .json();
    let changes = |step: &str| -> Vec<Value> {
        let steps = preview["steps"].as_array().unwrap();
        let found = steps.iter().find(|one| one["id"] == step).unwrap();
        found["changes"].as_array().unwrap().clone()
    };
    let replaced = |step: &str| {
        changes(step)
            .iter()
            .filter(|change| change["action"] == "replace")
            .count()
    };
    assert_eq!(replaced("fleet"), 14);
    assert_eq!(replaced("database"), 1);
    assert_eq!(changes("database")[0]["stateful"], true);
}
