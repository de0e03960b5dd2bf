//! Somebody changes by hand what a run made, through the system's own door; Podium finds exactly that, and
//! deploying again puts it right.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::harness::{Desk, run_of};

/// A page on this computer, a shop in a practice cluster, and two steps of which nobody can tell.
const SHOP: &str = r#"podium: 1
name: Laden für Ärzte
inputs:
  branch: { type: string, title: Branch, default: north }
credentials:
  cluster: { type: kubernetes }
steps:
  page:
    uses: file/render
    title: Seite „Ärzte“
    with:
      template: page.txt
      to: "shops/${{ inputs.branch }}.txt"
      values: { branch: "${{ inputs.branch }}" }
  each:
    uses: file/render
    title: Seiten der Filialen
    for_each: "['a', 'b', 'c']"
    with:
      template: page.txt
      to: "shops/${{ inputs.branch }}-${{ each }}.txt"
      values: { branch: "${{ each }}" }
  pause:
    uses: wait/for
    title: A moment
    with: { duration: 1s }
  app:
    uses: kubernetes/apply
    title: The shop
    needs: [page]
    credentials: { cluster: cluster }
    with:
      namespace: default
      # Deploying again takes back what somebody else has set.
      force: true
      manifests:
        - { apiVersion: v1, kind: ConfigMap, metadata: { name: prices }, data: { bread: "3", milk: "1" } }
        - { apiVersion: v1, kind: ConfigMap, metadata: { name: hours }, data: { monday: "9" } }
  care:
    uses: command/run
    title: Nightly care
    with: { program: /bin/true }
"#;

fn desk() -> Desk {
    let desk = Desk::without_tools();
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Drift\ndefault_environment: play\n",
    );
    desk.write("environments/play.yaml", "practice: true\n");
    desk.write("environments/other.yaml", "practice: true\n");
    desk.write("workflows/shop.yaml", SHOP);
    desk.write("page.txt", "Grüezi {{ branch }}\n");
    desk
}

fn deploy(desk: &Desk) -> String {
    let ran = desk
        .podium(&["run", "shop", "-e", "play", "--yes", "--json"])
        .expect(0);
    run_of(&ran.events()).to_owned()
}

/// Does something at the practice cluster, as any client would.
fn by_hand(desk: &Desk, method: &str, path: &str, body: &Value) {
    let mut serving = desk.start(&["practice", "serve", "--json", "kubernetes"], "");
    let line: Value = serde_json::from_str(&serving.next().unwrap()).unwrap();
    let host = line["address"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .to_owned();
    let body = body.to_string();
    let mut stream = TcpStream::connect(&host).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer admin\r\n\
         content-type: application/merge-patch+json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    serving.signal(Signal::INT);
}

fn row<'a>(found: &'a Value, step: &str) -> &'a Value {
    let rows = found["rows"].as_array().unwrap();
    rows.iter()
        .find(|row| row["step"] == step)
        .unwrap_or_else(|| panic!("no {step}: {found}"))
}

#[test]
fn what_was_changed_by_hand_is_found_and_deploying_again_puts_it_right() {
    let desk = desk();
    let run = deploy(&desk);
    let none = desk
        .podium(&["runs", "drift", &run, "--json"])
        .expect(0)
        .json();
    for step in ["page", "each", "app"] {
        assert_eq!(row(&none, step)["state"], "same", "{none}");
    }
    // A step that runs a command keeps nothing to compare with, and says so; one that only waits is not told.
    assert_eq!(row(&none, "care")["state"], "cannot_know");
    let because = row(&none, "care")["because"].as_str().unwrap();
    assert_eq!(
        because,
        "This cannot be known here, because nobody keeps what it did."
    );
    let rows = none["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["step"] != "pause"), "{none}");
    assert_eq!(row(&none, "app")["mode"], "simulated");
    assert_eq!(row(&none, "page")["mode"], "real");

    let maps = "/api/v1/namespaces/default/configmaps";
    by_hand(
        &desk,
        "PATCH",
        &format!("{maps}/prices?fieldManager=kubectl"),
        &json!({ "data": { "bread": "4 Fränkli" } }),
    );
    by_hand(&desk, "DELETE", &format!("{maps}/hours"), &json!({}));
    let page = desk.sandbox().join("shops/north-b.txt");
    fs::write(&page, "Adieu b\n").unwrap();

    let found = desk.podium(&["runs", "drift", "--json"]).expect(1).json();
    assert_eq!(found["run"], run.as_str());
    assert_eq!(found["newer"], Value::Null);
    assert_eq!(row(&found, "page")["state"], "same", "{found}");
    let app = row(&found, "app");
    let things = app["things"].as_array().unwrap();
    assert_eq!(things.len(), 2, "{app}");
    let prices = things
        .iter()
        .find(|one| one["name"] == "default/prices")
        .unwrap();
    assert_eq!(
        prices["fields"],
        json!([{ "what": "data.bread", "before": "3", "after": "4 Fränkli" }])
    );
    let hours = things
        .iter()
        .find(|one| one["name"] == "default/hours")
        .unwrap();
    assert_eq!(hours["how"], "gone");
    let each = row(&found, "each")["things"].as_array().unwrap().clone();
    assert_eq!(each.len(), 1, "{found}");
    assert_eq!(each[0]["element"], 1);
    let sentence = found["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("3 things are no longer as this run left them."),
        "{sentence}"
    );

    // For people: the step, the thing, what it was and what it is.
    let told = desk
        .podium(&["runs", "drift", &run])
        .expect(1)
        .stdout
        .join("\n");
    assert!(
        told.contains("changed      app · The shop · kubernetes/apply · Simulated"),
        "{told}"
    );
    assert!(told.contains("data.bread: \"3\" → \"4 Fränkli\""), "{told}");
    assert!(told.contains("default/hours is gone"), "{told}");

    // Beside the preview of the same, where it is asked for; not beside that of another branch.
    let preview = |more: &[&str]| {
        let mut args = vec!["preview", "shop", "-e", "play", "--drift", "--json"];
        args.extend(more);
        desk.podium(&args).expect(0).json()
    };
    let beside = preview(&[]);
    assert_eq!(row(&beside["drift"], "app")["state"], "changed");
    assert!(beside["preview"]["hash"].is_string());
    assert_eq!(preview(&["-i", "branch=south"])["drift"], Value::Null);

    // Revert: the same workflow once more.
    let again = deploy(&desk);
    assert_eq!(fs::read_to_string(&page).unwrap(), "Grüezi b\n");
    let put_right = desk.podium(&["runs", "drift", "--json"]).expect(0).json();
    assert_eq!(put_right["run"], again.as_str());
    assert_eq!(row(&put_right, "app")["things"], json!([]));
    let of_the_first = desk
        .podium(&["runs", "drift", &run, "--json"])
        .expect(0)
        .json();
    assert_eq!(of_the_first["newer"], again.as_str());
}

#[test]
fn a_step_that_cannot_be_asked_does_not_hide_what_the_others_found() {
    let desk = desk();
    let run = deploy(&desk);
    fs::write(desk.sandbox().join("shops/north.txt"), "other").unwrap();
    desk.podium(&["practice", "weather", "kubernetes", "status:500"])
        .expect(0);
    let found = desk
        .podium(&["runs", "drift", &run, "--json"])
        .expect(1)
        .json();
    assert_eq!(row(&found, "page")["state"], "changed", "{found}");
    let app = row(&found, "app");
    assert_eq!(app["state"], "failed", "{found}");
    super::harness::plain_words(&app["error"]);
    let sentence = found["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("One step could not be asked."),
        "{sentence}"
    );
    desk.podium(&["practice", "weather", "kubernetes", "--clear"])
        .expect(0);
}

#[test]
fn a_look_that_is_stopped_tells_what_it_knows() {
    let desk = desk();
    let run = deploy(&desk);
    desk.podium(&["practice", "weather", "kubernetes", "slow:60000"])
        .expect(0);
    let looking = desk.start(&["runs", "drift", &run, "--json"], "");
    // It has begun to ask when the slow cluster has been asked.
    let asked = || {
        let all = desk
            .podium(&["practice", "list", "--json"])
            .expect(0)
            .json();
        let all = all.as_array().unwrap().clone();
        all.iter().any(|cloud| {
            cloud["connector"] == "kubernetes" && cloud["weather"][0]["met"].as_u64() > Some(0)
        })
    };
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !asked() && std::time::Instant::now() < until {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    looking.signal(Signal::INT);
    let found = looking.finish().expect(3).json();
    assert_eq!(found["stopped"], true);
    assert_eq!(row(&found, "app")["state"], "stopped", "{found}");
}

#[test]
fn there_is_nothing_to_look_at_where_nothing_stands() {
    let desk = desk();
    desk.podium(&["runs", "drift", "--json"])
        .expect(1)
        .refused_with("POD0745");
    let run = deploy(&desk);
    let undone = desk
        .podium(&["runs", "undo", &run, "--yes", "--json"])
        .expect(0);
    let undo = run_of(&undone.events()).to_owned();
    for gone in [run.as_str(), undo.as_str()] {
        desk.podium(&["runs", "drift", gone, "--json"])
            .expect(1)
            .refused_with("POD0745");
    }
    desk.podium(&["runs", "drift", "--json"])
        .expect(1)
        .refused_with("POD0745");
}
