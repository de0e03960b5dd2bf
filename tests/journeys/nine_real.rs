//! The demo's row over every system, with what can be had on one computer: the real Terraform, the real
//! Ansible, an AWS API server and a real Kubernetes, all in one run. Looked at from outside with the vendors'
//! own clients, taken back, and looked at again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use podium_testkit::Cluster;
use podium_testkit::conformance::CANARY;
use serde_json::{Value, json};

use super::harness::{Desk, contains, demo, difference, event, peers, run_of, story, tree};
use super::servers::{Cloud, terraform_list};

/// What runs here, in the order of the workflow.
const HERE: [&str; 7] = [
    "network", "page", "servers", "storage", "app", "ready", "shop",
];
/// What is far away, and left out by the condition of its step.
const FAR: [&str; 9] = [
    "state", "private", "front", "model", "till", "counter", "care", "release", "rollout",
];
const RUN: [&str; 6] = [
    "all-nine-in-a-row",
    "-e",
    "local",
    "-i",
    "where=here",
    "--json",
];

/// What kubectl gets: one line for all the objects, or what it says of their absence.
fn kubectl(cluster: &Cluster, what: &str, path: &str) -> (bool, String) {
    let path = format!("jsonpath={path}");
    cluster.vendor("kubectl", &["-n", "shop-north", "get", what, "-o", &path])
}

/// What boto3 finds of the branch: its stacks, its buckets, its queues and its parameters.
fn kept(cloud: &Cloud) -> Value {
    cloud.ask(
        "stacks = [s['StackName'] for s in client('cloudformation').describe_stacks()['Stacks']]\n\
         buckets = [b['Name'] for b in client('s3').list_buckets()['Buckets']]\n\
         queues = [q.rsplit('/', 1)[1] for q in client('sqs').list_queues().get('QueueUrls', [])]\n\
         names = [p['Name'] for p in client('ssm').describe_parameters()['Parameters']]\n\
         print(json.dumps([stacks, buckets, queues, names]))",
    )
}

/// Whether somebody answers there, with a page that names the branch.
fn shop_is_open(url: &str) -> bool {
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let Ok(mut stream) = TcpStream::connect(host) else {
        return false;
    };
    let asked = format!("GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n");
    let mut page = Vec::new();
    let read = stream.write_all(asked.as_bytes()).is_ok() && stream.read_to_end(&mut page).is_ok();
    read && contains(&page, b"north")
}

/// No secret is in any file below; the name of a credential is in some.
fn assert_no_canary(folder: &Path) {
    let mut control = false;
    for (name, content) in tree(folder) {
        let content = content.unwrap_or_default();
        let found = contains(&content, CANARY.as_bytes());
        assert!(!found, "a secret is in {}", name.display());
        control |= name.starts_with("home") && contains(&content, b"demo-cluster");
    }
    assert!(control, "the files of the home were not read");
}

#[test]
fn real_all_nine_in_a_row_with_what_is_here_and_taken_back() {
    let name = "real_all_nine_in_a_row_with_what_is_here_and_taken_back";
    let Some(peers) = peers(name) else { return };
    let Some(cluster) = Cluster::start() else {
        eprintln!("skipped: {name}: {}", Cluster::MISSING);
        return;
    };
    let cloud = Cloud::start(&peers);
    let desk = Desk::with_peers(&peers);
    desk.copy(&demo());
    cloud.credential(&desk, "demo-aws", &format!("{CANARY}-of-aws"));
    let kubeconfig = cluster.kubeconfig(cluster.ca(), &cluster.root());
    let secrets = json!({ "kubeconfig": kubeconfig }).to_string();
    desk.credential("demo-cluster", "kubernetes", &[], &secrets);

    // What was there before: something of this person's own, which undo must leave alone.
    desk.podium(&["run", "share-a-folder", "-e", "play", "--yes"])
        .expect(0);
    let sandbox = desk.sandbox();
    std::fs::write(sandbox.join("mine.txt"), "my own").unwrap();
    let sandbox_before = tree(&sandbox);
    let workspace_before = tree(&desk.workspace);
    let nothing = json!([[], [], [], []]);
    assert_eq!(kept(&cloud), nothing);

    // A preview touches nothing, and says the same twice.
    let preview = || {
        let mut args = vec!["preview"];
        args.extend(RUN);
        desk.podium(&args).expect(0).json()
    };
    let previewed = preview();
    assert_eq!(preview()["hash"], previewed["hash"]);
    assert_eq!(kept(&cloud), nothing);
    assert!(!kubectl(&cluster, "namespace/shop-north", "{}").0);
    assert_eq!(
        difference(&workspace_before, &tree(&desk.workspace)),
        [""; 0]
    );
    assert_eq!(difference(&sandbox_before, &tree(&sandbox)), [""; 0]);

    let mut args = vec!["run", "--yes"];
    args.extend(RUN);
    let ran = desk.podium(&args).expect(0);
    let events = ran.events();
    let run = run_of(&events).to_owned();
    let created = &event(&events, "run.created", "")["data"]["preview"];
    assert_eq!(created["hash"], previewed["hash"]);
    for step in HERE {
        event(&events, "step.succeeded", step);
        let steps = created["steps"].as_array().unwrap();
        let told = steps.iter().find(|one| one["id"] == step).unwrap();
        assert_eq!(told["mode"], "real", "{told}");
    }
    for step in FAR {
        assert_eq!(story(&events, step), ["step.skipped"], "{step}");
    }
    assert!(!ran.stdout.join("\n").contains(CANARY) && !ran.stderr.contains(CANARY));

    // Kubernetes' own client.
    for (what, path, expected) in [
        (
            "deployment/shop",
            "{.status.availableReplicas}/{.spec.replicas}",
            "2/2",
        ),
        (
            "service/shop",
            "{.spec.ports[0].port} {.spec.ports[0].targetPort} {.spec.selector.app}",
            "80 8080 shop",
        ),
        ("configmap/shop-words", "{.data.door}", "open"),
        ("pods", "{.items[*].status.phase}", "Running Running"),
    ] {
        let (well, said) = kubectl(&cluster, what, path);
        assert!(well && said == expected, "{what}: {said}");
    }
    // AWS's own client.
    assert_eq!(cloud.stack("shop-north")["StackStatus"], "CREATE_COMPLETE");
    assert_eq!(
        kept(&cloud),
        json!([
            ["shop-north"],
            ["shop-north-pictures"],
            ["shop-north-orders"],
            ["/shops/north/servers"]
        ])
    );
    let servers = cloud.ask(
        "print(json.dumps(client('ssm').get_parameter(Name='/shops/north/servers')['Parameter']['Value']))",
    );
    assert_eq!(
        servers, "web-1.north.test",
        "Terraform's output is in the stack"
    );
    // Terraform's own word, what the playbook wrote, and the page in a browser's way.
    assert_eq!(
        terraform_list(&peers, &desk, "north"),
        [
            "terraform_data.host[\"web-1.north.test\"]",
            "terraform_data.network"
        ]
    );
    let host = sandbox.join("shops/north/servers/web-1.north.test.json");
    let host: Value = serde_json::from_slice(&std::fs::read(host).unwrap()).unwrap();
    assert_eq!(host["branch"], "north");
    let url = event(&events, "step.succeeded", "shop")["data"]["outputs"]["url"].clone();
    let url = url.as_str().unwrap();
    assert!(shop_is_open(url), "{url}");

    let undone = desk
        .podium(&["runs", "undo", &run, "--yes", "--json"])
        .expect(0);
    let undo = undone.events();
    let order: Vec<_> = undo
        .iter()
        .filter(|event| event["type"] == "step.undone")
        .map(|event| event["step"].as_str().unwrap())
        .collect();
    let place = |step: &str| order.iter().position(|one| *one == step);
    for (first, then) in [("app", "storage"), ("storage", "network")] {
        assert!(
            place(first).is_some() && place(first) < place(then),
            "{order:?}"
        );
    }

    for what in ["deployment/shop", "service/shop", "configmap/shop-words"] {
        let (well, said) = kubectl(&cluster, what, "{}");
        assert!(!well && said.contains("NotFound"), "{what}: {said}");
    }
    let (_, said) = kubectl(&cluster, "pods", "{.items[*].metadata.name}");
    assert_eq!(said, "");
    assert_eq!(cloud.stack("shop-north"), Value::Null);
    assert_eq!(kept(&cloud), nothing);
    assert_eq!(terraform_list(&peers, &desk, "north"), Vec::<String>::new());
    assert!(!shop_is_open(url), "{url} still answers");
    assert_eq!(difference(&sandbox_before, &tree(&sandbox)), [""; 0]);
    // Terraform keeps its state, which is empty now.
    let mut left = difference(&workspace_before, &tree(&desk.workspace));
    left.retain(|name| !name.contains("terraform.tfstate"));
    assert_eq!(left, [""; 0]);
    assert_no_canary(desk.root.path());

    // The cluster goes with its value: its folder, and who listened.
    let (folder, port) = (cluster.folder().to_owned(), cluster.port());
    drop(cluster);
    assert!(!folder.exists(), "{} is still there", folder.display());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}
