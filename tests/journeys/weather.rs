//! Bad weather: something is missing, closed or full. Each says so in plain words with a code and a next
//! action, begins nothing it cannot carry, and loses nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::harness::{Desk, PASSPHRASE, event, plain_words, run_of, tree};
use super::people::note_workspace;
use super::servers::free_port;

fn no_runs(desk: &Desk) {
    assert_eq!(
        desk.podium(&["runs", "list", "--json"]).expect(0).json(),
        json!([])
    );
}

/// One step of this operation in an environment with this credential.
fn one_step(desk: &Desk, step: &str) {
    desk.write(
        "podium.yaml",
        "podium: 1\nname: One\ndefault_environment: here\n",
    );
    desk.write(
        "environments/here.yaml",
        "title: Here\ncredentials: { cloud: far-away }\n",
    );
    desk.write(
        "workflows/one.yaml",
        &format!("podium: 1\nname: One\ncredentials: {{ cloud: {{ type: aws }} }}\nsteps:\n{step}"),
    );
    desk.write("infra/main.tf", "resource \"terraform_data\" \"a\" {}\n");
    desk.write(
        "stack.yaml",
        "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: one }\n",
    );
}

const TERRAFORM: &str = "  one:\n    uses: terraform/apply\n    with: { directory: infra }\n";
const STACK: &str = "  one:\n    uses: cloudformation/deploy\n    credentials: { aws: cloud }\n    with: { stack: one, template: stack.yaml }\n";

/// The problem that the preview tells about its only step.
fn problem(desk: &Desk) -> Value {
    let preview = desk.podium(&["preview", "one", "--json"]).expect(1).json();
    let problem = preview["steps"][0]["problem"].clone();
    plain_words(&problem);
    let refused = desk.podium(&["run", "one", "--json", "--yes"]).expect(5);
    refused.refused_with("POD0714");
    let error = refused.error();
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .ends_with("Nothing was begun."),
        "{error}"
    );
    no_runs(desk);
    problem
}

#[test]
fn a_missing_tool_is_told_in_the_preview_and_nothing_is_begun() {
    let desk = Desk::without_tools();
    one_step(&desk, TERRAFORM);
    let before = tree(&desk.workspace);
    let problem = problem(&desk);
    assert_eq!(problem["code"], "POD0301");
    assert!(
        problem["message"].as_str().unwrap().contains("terraform"),
        "{problem}"
    );
    // What is advised is true: in practice a program is not run, so nothing is missing.
    let hint = |problem: &Value| problem["hint"].as_str().unwrap().to_owned();
    assert!(hint(&problem).contains("practice environment"), "{problem}");
    assert_eq!(tree(&desk.workspace), before);

    let desk = Desk::without_tools();
    one_step(
        &desk,
        "  one:\n    uses: command/run\n    with: { program: baker }\n",
    );
    let problem = self::problem(&desk);
    assert_eq!(problem["code"], "POD0301");
    assert!(hint(&problem).contains("practice environment"), "{problem}");
    desk.write("environments/play.yaml", "practice: true\n");
    desk.podium(&["run", "one", "-e", "play", "--json", "--yes"])
        .expect(0);
}

#[test]
fn a_missing_credential_is_told_in_the_preview_and_nothing_is_begun() {
    let desk = Desk::without_tools();
    one_step(&desk, STACK);
    let none_at_all = problem(&desk);
    assert!(
        ["POD0501", "POD0503", "POD0524"].contains(&none_at_all["code"].as_str().unwrap()),
        "{none_at_all}"
    );
    desk.credential("another", "secret", &[], "something else");
    let other = problem(&desk);
    assert_eq!(other["code"], "POD0501");
    assert!(
        other["message"].as_str().unwrap().contains("far-away"),
        "{other}"
    );
}

#[test]
fn an_endpoint_that_nobody_answers_is_told_in_the_preview() {
    let desk = Desk::without_tools();
    one_step(&desk, STACK);
    let endpoint = format!("endpoint_url=http://127.0.0.1:{}", free_port());
    let fields = [
        "access_key_id=AKIAIOSFODNN7EXAMPLE",
        "region=eu-west-1",
        &endpoint,
    ];
    desk.credential("far-away", "aws", &fields, "never-sent-anywhere");
    let problem = problem(&desk);
    assert_eq!(problem["code"], "POD0409", "{problem}");
    let tested = desk
        .podium(&["credentials", "test", "far-away", "--json"])
        .expect(1)
        .json();
    plain_words(&tested["test"]["error"]);
    assert_eq!(tested["test"]["error"]["code"], "POD0409", "{tested}");
}

#[test]
fn without_keychain_and_passphrase_no_secret_is_stored() {
    let mut desk = Desk::without_tools();
    desk.unset("PODIUM_PASSPHRASE_FILE");
    let add = [
        "credentials",
        "add",
        "token",
        "--kind",
        "secret",
        "--stdin",
        "--json",
    ];
    desk.start(&add, "a-secret-value-4711\n")
        .finish()
        .expect(1)
        .refused_with("POD0525");
    for (name, bytes) in tree(&desk.home) {
        let bytes = bytes.unwrap_or_default();
        assert!(
            !super::harness::contains(&bytes, b"4711"),
            "{}",
            name.display()
        );
    }
    // A passphrase file that is not there is no passphrase.
    desk.set("PODIUM_PASSPHRASE_FILE", desk.root.path().join("nowhere"));
    desk.start(&add, "a-secret-value-4711\n")
        .finish()
        .expect(1)
        .refused_with("POD0810");
}

#[test]
fn a_secret_too_short_to_be_hidden_is_not_stored() {
    let desk = Desk::without_tools();
    one_step(&desk, STACK);
    let add = [
        "credentials",
        "add",
        "door",
        "--kind",
        "secret",
        "--stdin",
        "--json",
    ];
    let refused = desk.start(&add, "tiny-77\n").finish().expect(1);
    refused.refused_with("POD0527");
    assert!(!refused.stdout.concat().contains("tiny-77"));
    let list = ["credentials", "list", "--json"];
    assert_eq!(desk.podium(&list).expect(0).json(), json!([]));

    desk.start(&add, "tiny-778\n").finish().expect(0);
    let listed = desk.podium(&list).expect(0).json();
    assert_eq!(listed[0]["name"], "door");
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_harms_nothing() {
    let mut desk = Desk::without_tools();
    one_step(&desk, STACK);
    desk.credential("token", "secret", &[], "kept safe");
    let vault = fs::read(desk.home.join("vault/vault.json")).unwrap();
    let wrong = desk.root.path().join("wrong");
    fs::write(&wrong, "another passphrase altogether").unwrap();
    desk.set("PODIUM_PASSPHRASE_FILE", &wrong);
    for command in [
        &["credentials", "remove", "token", "--json"][..],
        &["credentials", "test", "token", "--json"],
        &["run", "one", "--json", "--yes"],
    ] {
        desk.podium(command).expect(1).refused_with("POD0510");
    }
    assert_eq!(fs::read(desk.home.join("vault/vault.json")).unwrap(), vault);
    no_runs_with(&desk, "POD0510");

    let right = desk.root.path().join("right");
    fs::write(&right, PASSPHRASE).unwrap();
    desk.set("PODIUM_PASSPHRASE_FILE", &right);
    desk.podium(&["credentials", "remove", "token", "--json"])
        .expect(0);
}

/// Even the history is refused where a passphrase was given and is wrong; without one it is there.
fn no_runs_with(desk: &Desk, code: &str) {
    desk.podium(&["runs", "list", "--json"])
        .expect(1)
        .refused_with(code);
}

#[test]
fn a_locked_vault_is_told_in_the_preview() {
    let mut desk = Desk::without_tools();
    one_step(&desk, STACK);
    let endpoint = format!("endpoint_url=http://127.0.0.1:{}", free_port());
    let fields = [
        "access_key_id=AKIAIOSFODNN7EXAMPLE",
        "region=eu-west-1",
        &endpoint,
    ];
    desk.credential("far-away", "aws", &fields, "never-sent-anywhere");
    desk.unset("PODIUM_PASSPHRASE_FILE");
    assert_eq!(problem(&desk)["code"], "POD0502");
}

#[test]
fn a_wrong_name_is_answered_with_the_right_ones() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    for (args, code) in [
        (&["run", "nota", "--json", "--yes"][..], "POD0802"),
        (&["preview", "../note", "--json"], "POD0802"),
        (&["preview", "note", "-e", "hier", "--json"], "POD0809"),
        (&["preview", "note", "-e", "No Name", "--json"], "POD0809"),
        (&["runs", "show", "run_01nobody", "--json"], "POD0717"),
        (&["runs", "show", "of what", "--json"], "POD0717"),
        (&["runs", "show", "--json"], "POD0717"),
        (&["runs", "resume", "run_01nobody", "--json"], "POD0717"),
        (&["runs", "cancel", "run_01nobody", "--json"], "POD0717"),
        (
            &["runs", "undo", "run_01nobody", "--json", "--yes"],
            "POD0717",
        ),
        (&["runs", "export", "run_01nobody", "--json"], "POD0717"),
        (&["runs", "approve", "run_01nobody", "--json"], "POD0717"),
        (&["preview", "note", "-i", "words", "--json"], "POD0817"),
        (&["connectors", "teraform", "--json"], "POD0803"),
        (&["schema", "preveiw", "--json"], "POD0823"),
        (
            &[
                "credentials",
                "add",
                "x",
                "--kind",
                "awss",
                "--stdin",
                "--json",
            ],
            "POD0520",
        ),
    ] {
        let told = desk.podium(args).expect(1);
        assert_eq!(told.error()["code"], code, "{args:?}: {told:?}");
        told.refused_with(code);
    }
    let told = desk.podium(&["run", "nota", "--json", "--yes"]);
    assert!(
        told.error()["hint"].as_str().unwrap().contains("note"),
        "{told:?}"
    );
    // A mistake in the arguments themselves.
    desk.podium(&["runn", "note"]).expect(2);
    no_runs(&desk);
}

#[test]
fn a_secret_in_an_argument_is_refused_and_not_repeated() {
    let desk = Desk::without_tools();
    let args = [
        "credentials",
        "add",
        "x",
        "--kind",
        "secret",
        "--field",
        "value=open-4711",
        "--stdin",
        "--json",
    ];
    let refused = desk.podium(&args).expect(1);
    refused.refused_with("POD0819");
    assert!(!refused.stdout.join("").contains("4711") && !refused.stderr.contains("4711"));
}

/// A small disk of its own, as long as it lives.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mounted = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={size},mode=0700"),
                "tmpfs",
            ])
            .arg(folder)
            .output()
            .ok()?;
        mounted.status.success().then(|| Self(folder.to_owned()))
    }

    /// Writes until nothing more goes in.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("ballast");
        let mut file = fs::File::create(&path).unwrap();
        for size in [64 << 10, 4 << 10, 512, 1] {
            let block = vec![0_u8; size];
            while std::io::Write::write_all(&mut file, &block).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_loses_nothing_and_says_what_to_do() {
    let mut desk = Desk::without_tools();
    note_workspace(&desk);
    let folder = desk.root.path().join("small");
    let Some(small) = SmallDisk::mount(&folder, "3m") else {
        eprintln!(
            "skipped: a_full_disk_loses_nothing_and_says_what_to_do: \
             a small disk cannot be mounted here (that needs root)"
        );
        return;
    };
    desk.set("PODIUM_HOME", &folder);
    let first = desk
        .podium(&["run", "note", "--json", "--yes"])
        .expect(0)
        .events();
    let run = run_of(&first).to_owned();

    let ballast = small.fill();
    let refused = desk.podium(&["run", "note", "--json", "--yes", "-i", "words=Too much"]);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert!(!refused.stderr.contains("panicked"), "{}", refused.stderr);
    let last: Value = serde_json::from_str(refused.stdout.last().unwrap()).unwrap();
    let error = if last["error"].is_null() {
        &last["data"]["error"]
    } else {
        &last["error"]
    };
    plain_words(error);
    let code = error["code"].as_str().unwrap();
    let told = format!("{}{}", error["message"], error["hint"]).to_lowercase();
    assert!(["POD0604", "POD0610", "POD0714"].contains(&code), "{error}");
    assert!(told.contains("full"), "{error}");

    fs::remove_file(ballast).unwrap();
    assert_eq!(
        desk.podium(&["runs", "events", &run]).expect(0).events(),
        first
    );
    let again = desk
        .podium(&["run", "note", "--json", "--yes", "-i", "words=Enough"])
        .expect(0);
    assert_eq!(
        event(&again.events(), "run.succeeded", "")["type"],
        "run.succeeded"
    );
    desk.podium(&["runs", "undo", run_of(&again.events()), "--yes"])
        .expect(0);
    let listed = desk.podium(&["runs", "list", "--json"]).expect(0).json();
    assert!(
        listed
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["id"] == run.as_str())
    );
}
