//! `kill -9` at twenty points of one run, taken up again by a new process each time. However far it had
//! come, the end is that of the run which nobody killed, and nothing was done twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::harness::{Desk, processes, run_of, tree};

/// How many points.
const POINTS: usize = 20;
/// Runs at a time: most of a run is waiting for the simulators.
const LANES: usize = 4;
const STEPS: [&str; 6] = ["network", "page", "servers", "storage", "shop", "visit"];

/// Every kind of effect, small: a tool with a state, files, a tool without one, a far system that takes
/// its time, a process that stays, a call.
fn workspace() -> Desk {
    let desk = Desk::without_tools();
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Twenty\ndefault_environment: play\n",
    );
    desk.write("environments/play.yaml", "title: Play\npractice: true\n");
    desk.write(
        "infra/main.tf",
        r#"variable "branch" { type = string }
resource "terraform_data" "host" { input = "web.${var.branch}.test" }
output "hosts" { value = [terraform_data.host.output] }
"#,
    );
    desk.write(
        "site.yml",
        r#"- name: Set up
  hosts: all
  connection: local
  gather_facts: false
  tasks:
    - name: Leave a file
      ansible.builtin.copy: { dest: /etc/shop, content: open, mode: "0644" }
"#,
    );
    desk.write(
        "stack.yaml",
        r"Resources:
  Orders:
    Type: AWS::SQS::Queue
    Metadata: { Practice: { Seconds: 0.3 } }
    Properties: { QueueName: orders }
Outputs:
  Orders: { Value: !GetAtt Orders.QueueName }
",
    );
    desk.write(
        "workflows/twenty.yaml",
        r#"podium: 1
name: Twenty
inputs: { branch: { type: string, default: west } }
credentials: { cloud: { type: aws } }
steps:
  network:
    uses: terraform/apply
    with: { directory: infra, variables: { branch: "${{ inputs.branch }}" } }
  page:
    uses: file/render
    with:
      text: "<h1>{{ host }}</h1>"
      to: shop/index.html
      values: { host: "${{ steps.network.outputs.hosts[0] }}" }
  servers:
    uses: ansible/playbook
    needs: [page]
    with: { playbook: site.yml, inventory: { hosts: "${{ steps.network.outputs.hosts }}" } }
  storage:
    uses: cloudformation/deploy
    needs: [servers]
    credentials: { aws: cloud }
    with: { stack: shop, template: stack.yaml }
  shop:
    uses: site/serve
    needs: [storage]
    with: { directory: shop }
  visit:
    uses: http/check
    with: { url: "${{ steps.shop.outputs.url }}", expect: { status: 200, contains: "web.west.test" } }
    retry: { attempts: 3, backoff: 200ms }
outputs:
  hosts: "${{ steps.network.outputs.hosts }}"
  orders: "${{ steps.storage.outputs.Orders }}"
  page: "${{ steps.page.outputs.sha256 }}"
"#,
    );
    desk
}

/// What is there in the end, without what differs from run to run (ports, ids, times).
#[derive(Debug, PartialEq)]
struct End {
    files: BTreeMap<PathBuf, Option<Vec<u8>>>,
    outputs: Value,
    /// What the simulated systems themselves say was done, and how often.
    far: Value,
    /// Web servers that run.
    servers: usize,
    /// Step → key of what was intended, as often as it was intended.
    intents: BTreeMap<String, usize>,
}

fn simulated(desk: &Desk, connector: &str) -> Value {
    let file = desk.home.join("practice").join(format!("{connector}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn end(desk: &Desk, events: &[Value]) -> End {
    let last = events.last().unwrap();
    assert_eq!(last["type"], "run.succeeded", "{last}");
    let terraform: Vec<Value> = simulated(desk, "terraform")["states"]
        .as_object()
        .unwrap()
        .values()
        .map(|state| {
            let names: Vec<&String> = state["resources"].as_object().unwrap().keys().collect();
            json!([state["serial"], names])
        })
        .collect();
    let stacks: Vec<Value> = simulated(desk, "cloudformation")["stacks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stack| {
            let told: Vec<Value> = stack["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| json!([event["about"], event["status"]]))
                .collect();
            json!([stack["name"], stack["status"], told])
        })
        .collect();
    let ansible = simulated(desk, "ansible");
    let mut intents = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == "step.intent") {
        let step = event["step"].as_str().unwrap().to_owned();
        *intents.entry(step).or_default() += 1;
    }
    for step in STEPS {
        let done = events
            .iter()
            .filter(|event| event["type"] == "step.succeeded" && event["step"] == step)
            .count();
        assert_eq!(done, 1, "`{step}` succeeded {done} times");
    }
    End {
        files: tree(&desk.sandbox()),
        outputs: last["data"]["outputs"].clone(),
        far: json!([terraform, stacks, ansible["plays"], ansible["things"]]),
        servers: web_servers(desk),
        intents,
    }
}

/// Web servers whose arguments name a folder of this desk.
fn web_servers(desk: &Desk) -> usize {
    let mark = desk.home.canonicalize().unwrap();
    let mark = mark.to_str().unwrap();
    processes()
        .into_iter()
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
            words[0].ends_with(b"podium-site")
                && words
                    .iter()
                    .any(|word| String::from_utf8_lossy(word).contains(mark))
        })
        .count()
}

/// Kills the run after its event of this number and takes it up; whether it was killed on its way.
fn killed_after(number: usize, unkilled: &End) -> bool {
    let desk = workspace();
    let mut running = desk.start(&["run", "twenty", "--json", "--yes"], "");
    running.until_seq(number);
    running.signal(Signal::KILL);
    let mut killed = running.finish();
    // A long line may be cut by the kill; a reader of lines waits for its end, which never comes.
    if let Some(last) = killed.stdout.last()
        && serde_json::from_str::<Value>(last).is_err()
    {
        killed.stdout.pop();
    }
    let before = killed.events();
    assert!(before.len() >= number);
    let run = run_of(&before).to_owned();
    let after = desk
        .podium(&["runs", "resume", &run, "--json"])
        .expect(0)
        .events();
    assert_eq!(
        before,
        after[..before.len()],
        "what was told before the kill at {number} stays"
    );
    assert_eq!(
        end(&desk, &after),
        *unkilled,
        "killed after event {number}, the end is another"
    );
    // What was recorded is what a later reader sees.
    let kept = desk.podium(&["runs", "events", &run]).expect(0).events();
    assert_eq!(kept, after);
    killed.code.is_none() && before.last().unwrap()["type"] != "run.succeeded"
}

#[test]
fn a_run_killed_at_twenty_points_ends_like_one_that_was_not() {
    let desk = workspace();
    let events = desk
        .podium(&["run", "twenty", "--json", "--yes"])
        .expect(0)
        .events();
    let unkilled = end(&desk, &events);
    assert_eq!(unkilled.servers, 1);
    assert!(unkilled.intents.values().all(|times| *times == 1));
    assert_eq!(unkilled.intents.len(), STEPS.len(), "{unkilled:?}");

    // Spread over the whole run: after the first event, up to just before the last.
    let most = events.len() - 1;
    let points: BTreeSet<usize> = (0..POINTS)
        .map(|at| 1 + at * (most - 1) / (POINTS - 1))
        .collect();
    assert_eq!(
        points.len(),
        POINTS,
        "a run of {most} events has the points"
    );
    let left = Mutex::new(points.into_iter().collect::<Vec<_>>());
    let on_their_way = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                loop {
                    let Some(point) = left.lock().unwrap().pop() else {
                        return;
                    };
                    if killed_after(point, &unkilled) {
                        *on_their_way.lock().unwrap() += 1;
                    }
                }
            });
        }
    });
    let on_their_way = on_their_way.into_inner().unwrap();
    assert!(
        on_their_way >= POINTS / 2,
        "only {on_their_way} runs were killed before their end"
    );
}
