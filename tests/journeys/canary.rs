//! A secret that all three systems get is looked for everywhere, in every spelling.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aho_corasick::AhoCorasick;
use podium_secret::{Secret, forms};
use serde_json::Value;

use super::harness::{Desk, contains, peers, processes, run_of, tree};
use super::servers::Cloud;

/// With all that a shell, JSON, XML, a URL and YAML treat in their own way.
const TOKEN: &str = "Kanari \"7x\" <&> 'Ö' $HOME \\ +/=% #9f2c81";
const AWS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY=Kanarie";
/// Not secret: the search must find it, or it searches nothing.
const OPEN: &str = "open-canary-51c0ffee77";

fn write_workspace(desk: &Desk) {
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Canary\ndefault_environment: here\n",
    );
    desk.write(
        "environments/here.yaml",
        "title: Here\ncredentials: { cloud: canary-aws, token: canary-token }\n",
    );
    desk.write(
        "tf/main.tf",
        r#"
variable "token" {
  type      = string
  ephemeral = true
  sensitive = true
}
variable "open" { type = string }
variable "folder" { type = string }
resource "terraform_data" "user" {
  input = var.open
  provisioner "local-exec" {
    command     = "echo \"it is $TOKEN\"; printf %s \"$TOKEN\" | sha256sum | cut -c1-64 > \"$FOLDER/terraform.sha\""
    environment = { TOKEN = var.token, FOLDER = var.folder }
  }
}
output "open" { value = terraform_data.user.output }
"#,
    );
    desk.write(
        "play.yml",
        r#"- hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Say it, as careless playbooks do
      ansible.builtin.debug:
        msg: "{{ open }} {{ token }} {{ token | b64encode }} {{ token | urlencode }} {{ token | quote }}"
    - name: "Say {{ open }} and {{ token }} in a name"
      ansible.builtin.fail:
        msg: "It is {{ open }}, or {{ token }}"
      ignore_errors: true
    - name: Say it in a command
      ansible.builtin.command:
        cmd: cat
        stdin: "{{ token }}"
    - name: Prove that it came
      ansible.builtin.copy:
        dest: "{{ folder }}/ansible.sha"
        content: "{{ token | hash('sha256') }}\n"
"#,
    );
    desk.write(
        "stack.yaml",
        r#"AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Token: { Type: String, NoEcho: true }
  Open: { Type: String }
Resources:
  Kept:
    Type: AWS::SecretsManager::Secret
    Properties: { Name: canary, Description: !Ref Open, SecretString: !Ref Token }
Outputs:
  Kept: { Value: !Ref Kept }
"#,
    );
    let folder = desk.root.path().display();
    desk.write(
        "workflows/canary.yaml",
        &format!(
            r#"podium: 1
name: Canary
inputs:
  open: {{ type: string }}
credentials:
  cloud: {{ type: aws }}
  token: {{ type: secret }}
steps:
  network:
    uses: terraform/apply
    credentials: {{ secrets.token: token, aws: cloud }}
    with:
      directory: tf
      variables: {{ open: "${{{{ inputs.open }}}}", folder: "{folder}" }}
  servers:
    uses: ansible/playbook
    needs: [network]
    credentials: {{ secrets.token: token }}
    with:
      playbook: play.yml
      inventory: {{ hosts: [one.test] }}
      variables: {{ open: "${{{{ inputs.open }}}}", folder: "{folder}" }}
  storage:
    uses: cloudformation/deploy
    needs: [servers]
    credentials: {{ aws: cloud, secrets.Token: token }}
    with:
      stack: canary
      template: stack.yaml
      parameters: {{ Open: "${{{{ inputs.open }}}}" }}
  seen:
    uses: command/run
    needs: [storage]
    with:
      program: sh
      args: ["-c", "sleep 1", "${{{{ inputs.open }}}}"]
"#
        ),
    );
}

/// Looks for spellings of the secrets and for the open word.
struct Search {
    secret: AhoCorasick,
    spellings: Vec<Vec<u8>>,
}

impl Search {
    fn new() -> Self {
        let spellings: Vec<Vec<u8>> = [TOKEN, AWS_KEY]
            .iter()
            .flat_map(|text| forms(&Secret::new(text.as_bytes().to_vec())))
            .collect();
        assert!(spellings.len() > 20 && spellings.contains(&TOKEN.as_bytes().to_vec()));
        Self {
            secret: AhoCorasick::new(&spellings).unwrap(),
            spellings,
        }
    }

    /// Fails where a spelling stands; gives whether the open word does.
    fn look(&self, place: &str, bytes: &[u8]) -> bool {
        if let Some(found) = self.secret.find(bytes) {
            let spelling = &self.spellings[found.pattern().as_usize()];
            let from = found.start().saturating_sub(120);
            let to = (found.end() + 60).min(bytes.len());
            panic!(
                "the secret stands in {place} as `{}`:\n{}",
                String::from_utf8_lossy(spelling),
                String::from_utf8_lossy(&bytes[from..to])
            );
        }
        contains(bytes, OPEN.as_bytes())
    }
}

/// Reads the arguments of every process of this computer until told to stop.
fn watch_arguments(stop: Arc<AtomicBool>) -> std::thread::JoinHandle<(bool, usize)> {
    std::thread::spawn(move || {
        let search = Search::new();
        let (mut seen, mut rounds) = (false, 0);
        while !stop.load(Ordering::Relaxed) {
            for pid in processes() {
                if let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) {
                    seen |= search.look("the arguments of a process", &line);
                }
            }
            rounds += 1;
            std::thread::sleep(Duration::from_millis(3));
        }
        (seen, rounds)
    })
}

fn sha(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name))
        .unwrap()
        .trim()
        .to_owned()
}

#[test]
fn real_canary_is_found_nowhere() {
    let Some(peers) = peers("real_canary_is_found_nowhere") else {
        return;
    };
    let cloud = Cloud::start(&peers);
    let desk = Desk::with_peers(&peers);
    write_workspace(&desk);
    let stop = Arc::new(AtomicBool::new(false));
    let arguments = watch_arguments(Arc::clone(&stop));
    cloud.credential(&desk, "canary-aws", AWS_KEY);
    desk.credential("canary-token", "secret", &[], TOKEN);

    let open = format!("open={OPEN}");
    let preview = desk.podium(&["preview", "canary", "-i", &open]).expect(0);
    let ran = desk
        .podium(&["run", "canary", "-i", &open, "--json", "--yes"])
        .expect(0);
    let events = ran.events();
    let run = run_of(&events);

    // All three got it: what they made of it proves so.
    let python = std::process::Command::new(peers.join("bin/python"))
        .args([
            "-c",
            "import sys, hashlib; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())",
        ])
        .stdin({
            // Through a file: an argument would be seen by the watcher, and rightly so.
            let path = desk.root.path().join("expected");
            fs::write(&path, TOKEN).unwrap();
            fs::File::open(path).unwrap()
        })
        .output()
        .unwrap();
    fs::remove_file(desk.root.path().join("expected")).unwrap();
    let expected = String::from_utf8(python.stdout).unwrap().trim().to_owned();
    assert_eq!(expected.len(), 64);
    assert_eq!(sha(desk.root.path(), "terraform.sha"), expected);
    assert_eq!(sha(desk.root.path(), "ansible.sha"), expected);
    let kept = cloud.ask(
        "print(json.dumps(client('secretsmanager').get_secret_value(SecretId='canary')['SecretString']))",
    );
    assert_eq!(kept, TOKEN);

    // What Podium says.
    let search = Search::new();
    let export = desk.podium(&["runs", "export", run]).expect(0);
    let logs = desk.podium(&["runs", "logs", run]).expect(0);
    let mut found = Vec::new();
    for (place, said) in [
        ("the preview", &preview),
        ("the events", &ran),
        ("the export", &export),
        ("the logs", &logs),
        (
            "the run as JSON",
            &desk.podium(&["runs", "show", run, "--json"]).expect(0),
        ),
        (
            "the list of credentials",
            &desk.podium(&["credentials", "list", "--json"]).expect(0),
        ),
    ] {
        if search.look(place, said.stdout.join("\n").as_bytes()) {
            found.push(place);
        }
        search.look(place, said.stderr.as_bytes());
    }
    for place in ["the events", "the export", "the logs"] {
        assert!(
            found.contains(&place),
            "the search finds nothing in {place}"
        );
    }
    assert!(
        logs.stdout.iter().any(|line| line.contains("[hidden: ")),
        "the playbook said it, and it was taken out: {logs:?}"
    );

    // What lies on the disk, the database with its write-ahead log, and what the tools left.
    let mut found = Vec::new();
    for (name, bytes) in tree(desk.root.path()) {
        let name = name.to_string_lossy().into_owned();
        search.look(&format!("the name of `{name}`"), name.as_bytes());
        if bytes.is_some_and(|bytes| search.look(&format!("the file `{name}`"), &bytes)) {
            found.push(name);
        }
    }
    assert!(
        found.iter().any(|name| name.starts_with("home/journal/")),
        "the search finds nothing in the journal: {found:?}"
    );
    assert!(
        found
            .iter()
            .any(|name| name.ends_with("tf/terraform.tfstate")),
        "the search finds nothing in the workspace: {found:?}"
    );

    let undo = desk.podium(&["runs", "undo", run, "--json", "--yes"]);
    search.look("the events of the undo", undo.stdout.join("\n").as_bytes());
    search.look("what the undo complains", undo.stderr.as_bytes());
    undo.expect(0);
    for (name, bytes) in tree(desk.root.path()) {
        search.look(
            &format!("`{}`, after the undo", name.display()),
            &bytes.unwrap_or_default(),
        );
    }
    assert_eq!(cloud.stack("canary"), Value::Null);

    stop.store(true, Ordering::Relaxed);
    let (seen, rounds) = arguments
        .join()
        .expect("no process had the secret as an argument");
    assert!(seen, "the watcher of arguments sees nothing");
    assert!(
        rounds > 50,
        "the watcher of arguments looked only {rounds} times"
    );
}
