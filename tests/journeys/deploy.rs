//! Previewed, deployed, looked at from outside, taken back.

use std::path::Path;

use serde_json::{Value, json};

use super::harness::{Desk, demo, difference, event, peers, run_of, story, tree};
use super::servers::{Cloud, terraform_list};

const STEPS: [&str; 6] = ["network", "page", "servers", "storage", "shop", "visit"];
/// Left out where an environment has no cluster and no Octopus.
const LEFT_OUT: [&str; 3] = ["app", "release", "rollout"];

#[test]
fn real_deploy_and_undo() {
    let Some(peers) = peers("real_deploy_and_undo") else {
        return;
    };
    let cloud = Cloud::start(&peers);
    let desk = Desk::with_peers(&peers);
    desk.copy(&demo());
    cloud.credential(&desk, "demo-aws", "kept-out-of-everything-9f2c");

    // A preview writes nothing, and says the same twice.
    let args = ["preview", "open-a-shop-branch", "-e", "local", "--json"];
    let workspace_before = tree(&desk.workspace);
    let preview = desk.podium(&args).expect(0).json();
    assert_eq!(preview["podium"], "preview/1");
    assert_eq!(desk.podium(&args).expect(0).json()["hash"], preview["hash"]);
    assert_eq!(tree(&desk.workspace), workspace_before);
    assert_eq!(cloud.stack("shop-west"), Value::Null);
    let sandbox_before = tree(&desk.home.join("sandbox"));

    let ran = desk
        .podium(&[
            "run",
            "open-a-shop-branch",
            "-e",
            "local",
            "--yes",
            "--json",
        ])
        .expect(0);
    let events = ran.events();
    let created = &event(&events, "run.created", "")["data"]["preview"];
    assert_eq!(
        created["hash"], preview["hash"],
        "what runs is what was previewed"
    );
    let (left_out, previewed): (Vec<&Value>, Vec<&Value>) = created["steps"]
        .as_array()
        .unwrap()
        .iter()
        .partition(|step| step["skipped"] == true);
    let ids: Vec<&str> = left_out
        .iter()
        .filter_map(|step| step["id"].as_str())
        .collect();
    assert_eq!(ids, LEFT_OUT);
    // The first by its condition, the others since what they need is left out.
    let why: Vec<&str> = left_out
        .iter()
        .filter_map(|step| step["because"].as_str())
        .collect();
    assert!(why[0].contains("does not hold"), "{why:?}");
    assert_eq!(why[1], "`The shop itself` is skipped.");
    assert_eq!(why[2], "`Make a release` is skipped.");
    assert_eq!(previewed.len(), STEPS.len());
    for (step, id) in previewed.into_iter().zip(STEPS) {
        assert_eq!(step["id"], id);
        assert_eq!(step["mode"], "real");
        let confidence = step["confidence"].as_str().unwrap();
        assert!(
            ["exact", "predicted", "unknown"].contains(&confidence),
            "{step}"
        );
        assert_eq!(confidence == "exact", step["because"].is_null(), "{step}");
        let undo = step["undo"]["class"].as_str().unwrap();
        assert!(
            ["automatic", "restore", "delete", "manual", "impossible"].contains(&undo),
            "{step}"
        );
    }
    assert_eq!(created["steps"][0]["confidence"], "exact");

    // The order: nothing leaves before its intent is written, and nothing before what it needs.
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds[..3], ["run.created", "run.approved", "run.started"]);
    assert_eq!(*kinds.last().unwrap(), "run.succeeded");
    for id in STEPS {
        let mut told = story(&events, id);
        told.retain(|kind| kind != "step.accepted");
        assert_eq!(
            told,
            [
                "step.ready",
                "step.intent",
                "step.dispatched",
                "step.succeeded"
            ],
            "{id}"
        );
    }
    let seq = |kind: &str, step: &str| event(&events, kind, step)["seq"].as_u64().unwrap();
    for (first, then) in [
        ("network", "page"),
        ("network", "servers"),
        ("page", "servers"),
        ("servers", "storage"),
        ("storage", "shop"),
        ("shop", "visit"),
    ] {
        assert!(
            seq("step.succeeded", first) < seq("step.ready", then),
            "{first} before {then}"
        );
    }
    assert_eq!(
        event(&events, "step.succeeded", "network")["data"]["outputs"]["hosts"],
        json!(["web-1.west.test"])
    );

    // Terraform's own word.
    assert_eq!(
        terraform_list(&peers, &desk, "west"),
        [
            "terraform_data.host[\"web-1.west.test\"]",
            "terraform_data.network"
        ]
    );
    // What the playbook wrote.
    let shop = desk.sandbox().join("shops/west");
    let host: Value =
        serde_json::from_slice(&std::fs::read(shop.join("servers/web-1.west.test.json")).unwrap())
            .unwrap();
    assert_eq!(host["branch"], "west");
    // AWS's own client.
    let stack = cloud.stack("shop-west");
    assert_eq!(stack["StackStatus"], "CREATE_COMPLETE");
    let parameter = cloud.ask(
        "print(json.dumps(client('ssm').get_parameter(Name='/shops/west/servers')['Parameter']['Value']))",
    );
    assert_eq!(
        parameter, "web-1.west.test",
        "an output of Terraform went into the stack"
    );

    let run = run_of(&events).to_owned();
    let undone = desk
        .podium(&["runs", "undo", &run, "--yes", "--json"])
        .expect(0);
    let undo = undone.events();
    assert_eq!(
        event(&undo, "run.created", "")["data"]["undoes"],
        run.as_str()
    );
    let order: Vec<_> = undo
        .iter()
        .filter(|event| event["type"] == "step.undone")
        .map(|event| event["step"].as_str().unwrap())
        .collect();
    assert!(
        order.iter().position(|step| *step == "storage")
            < order.iter().position(|step| *step == "network"),
        "taken back in reverse: {order:?}"
    );
    assert_eq!(terraform_list(&peers, &desk, "west"), Vec::<String>::new());
    assert_eq!(cloud.stack("shop-west"), Value::Null);
    let queues = cloud.ask("print(json.dumps(client('sqs').list_queues().get('QueueUrls', [])))");
    assert_eq!(queues, json!([]));
    // The sandbox's own folder stays, and Terraform's state, which is empty now.
    let mut left = difference(&sandbox_before, &tree(&desk.home.join("sandbox")));
    left.retain(|name| Path::new(name).components().count() > 1);
    assert_eq!(left, [""; 0]);
    let mut left = difference(&workspace_before, &tree(&desk.workspace));
    left.retain(|name| !name.contains("terraform.tfstate"));
    assert_eq!(left, [""; 0]);

    // What is taken back says so.
    let view = desk
        .podium(&["runs", "show", &run, "--json"])
        .expect(0)
        .json();
    assert_eq!(view["undone_by"], run_of(&undo), "{view}");
}

#[test]
fn what_needs_a_list_without_elements_is_previewed_as_it_runs() {
    let desk = Desk::without_tools();
    desk.write("podium.yaml", "podium: 1\nname: Lists\n");
    desk.write("environments/here.yaml", "title: Here\n");
    desk.write(
        "workflows/lists.yaml",
        r#"podium: 1
name: Lists
steps:
  none:
    uses: file/render
    for_each: "[]"
    with: { text: x, to: "a/${{ each.value }}.txt" }
  after:
    uses: file/render
    needs: [none]
    with: { text: x, to: b.txt }
"#,
    );
    let ran = desk
        .podium(&["run", "lists", "-e", "here", "--yes", "--json"])
        .expect(0);
    let events = ran.events();
    let previewed = &event(&events, "run.created", "")["data"]["preview"]["steps"][1];
    assert_eq!(previewed["id"], "after");
    assert_eq!(previewed["changes"][0]["action"], "create", "{previewed}");
    event(&events, "step.succeeded", "after");
}
