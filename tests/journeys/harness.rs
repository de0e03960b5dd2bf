//! A desk of one's own for each test: a home, a workspace, and `podium` as a process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Longest life of one `podium`; a test that hangs says so instead of holding the whole suite.
const PATIENCE: Duration = Duration::from_secs(240);
/// The passphrase of every vault here.
pub(crate) const PASSPHRASE: &str = "a quiet river under the old bridge";

/// The folder that holds `podium`, `podium-run` and `podium-site`.
pub(crate) fn programs() -> PathBuf {
    let folder = std::env::var_os("PODIUM_BIN_DIR").map_or_else(
        || {
            let test = std::env::current_exe().unwrap();
            test.ancestors().nth(2).unwrap().to_owned()
        },
        PathBuf::from,
    );
    for program in ["podium", "podium-run", "podium-site"] {
        assert!(
            folder.join(program).is_file(),
            "`{program}` is not in {}. Build it first:\n  \
             cargo build -p podium-cli -p podium-supervisor -p podium-connector-core --bins\n\
             or name another folder in PODIUM_BIN_DIR.",
            folder.display()
        );
    }
    folder
}

/// The folder of real software; `None`, said aloud, where it is not installed.
pub(crate) fn peers(test: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("PODIUM_PEERS").filter(|root| !root.is_empty()) else {
        eprintln!("skipped: {test}: the real peers are not installed (PODIUM_PEERS is not set)");
        return None;
    };
    let root = PathBuf::from(root);
    for tool in ["terraform", "ansible-playbook", "ministack", "python"] {
        let path = root.join("bin").join(tool);
        assert!(
            path.is_file(),
            "PODIUM_PEERS is set, and {} is not there",
            path.display()
        );
    }
    Some(root)
}

/// Who runs these tests, as the system knows them.
pub(crate) fn user_name() -> String {
    let said = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

/// The demo workspace as it is shipped.
pub(crate) fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/demo")
}

/// A home, a workspace, and what `podium` sees of the computer.
pub(crate) struct Desk {
    /// Holds all of it; its path is in no other process than those of this test.
    pub(crate) root: tempfile::TempDir,
    pub(crate) home: PathBuf,
    pub(crate) workspace: PathBuf,
    env: BTreeMap<String, OsString>,
}

impl Desk {
    /// An empty workspace, a vault with a passphrase, no keychain, and this `PATH`.
    pub(crate) fn new(path: &[PathBuf]) -> Self {
        let root = tempfile::Builder::new()
            .prefix("podium-journey-")
            .tempdir()
            .unwrap();
        let folder = root.path().canonicalize().unwrap();
        let [home, workspace, user, temp] =
            ["home", "workspace", "user", "temp"].map(|name| folder.join(name));
        for folder in [&home, &workspace, &user, &temp] {
            fs::create_dir(folder).unwrap();
        }
        let passphrase = folder.join("passphrase");
        fs::write(&passphrase, format!("{PASSPHRASE}\n")).unwrap();
        let mut env: BTreeMap<String, OsString> = BTreeMap::new();
        env.insert("PODIUM_HOME".into(), home.clone().into());
        env.insert("PODIUM_PASSPHRASE_FILE".into(), passphrase.into());
        env.insert("PATH".into(), std::env::join_paths(path).unwrap());
        env.insert("HOME".into(), user.into());
        env.insert("TMPDIR".into(), temp.into());
        // Ansible looks up the home of this name.
        env.insert("USER".into(), user_name().into());
        env.insert(
            "ANSIBLE_REMOTE_TMP".into(),
            folder.join("temp/ansible").into(),
        );
        env.insert("LANG".into(), "C.UTF-8".into());
        env.insert("CHECKPOINT_DISABLE".into(), "1".into());
        // No keychain: nobody listens there.
        env.insert(
            "DBUS_SESSION_BUS_ADDRESS".into(),
            format!("unix:path={}", folder.join("no-bus").display()).into(),
        );
        Self {
            root,
            home,
            workspace,
            env,
        }
    }

    /// With the real tools first on the `PATH`.
    pub(crate) fn with_peers(peers: &Path) -> Self {
        Self::new(&[peers.join("bin"), "/usr/bin".into(), "/bin".into()])
    }

    /// Without Terraform and Ansible: only the shell's own programs.
    pub(crate) fn without_tools() -> Self {
        let mut desk = Self::new(&[]);
        let tools = desk.root.path().join("tools");
        fs::create_dir(&tools).unwrap();
        desk.set("PATH", &tools);
        desk
    }

    /// Sets a variable for every `podium` to come.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.env.insert(name.to_owned(), value.into());
    }

    /// Takes a variable away.
    pub(crate) fn unset(&mut self, name: &str) {
        self.env.remove(name);
    }

    /// Fills the workspace with a copy of this folder.
    pub(crate) fn copy(&self, from: &Path) {
        copy(from, &self.workspace);
    }

    /// Writes a file of the workspace.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.workspace.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Starts `podium -C WORKSPACE ARGS…`.
    pub(crate) fn start(&self, args: &[&str], input: &str) -> Running {
        let mut child = Command::new(programs().join("podium"))
            .arg("-C")
            .arg(&self.workspace)
            .args(args)
            .env_clear()
            .envs(&self.env)
            .current_dir(self.root.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let (send, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines() {
                if send.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        let mut err = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).unwrap();
            text
        });
        Running {
            what: args.join(" "),
            child: Some(child),
            lines,
            stdout: Vec::new(),
            stderr: Some(stderr),
            until: Instant::now() + PATIENCE,
        }
    }

    /// Runs `podium` to its end.
    pub(crate) fn podium(&self, args: &[&str]) -> Ran {
        self.start(args, "").finish()
    }

    /// Stores a credential; the secret goes through standard input.
    pub(crate) fn credential(&self, name: &str, kind: &str, fields: &[&str], secret: &str) {
        let mut args = vec!["credentials", "add", name, "--kind", kind, "--stdin"];
        for field in fields {
            args.extend(["--field", field]);
        }
        self.start(&args, &format!("{secret}\n")).finish().expect(0);
    }

    /// The folder of real effects of this workspace.
    pub(crate) fn sandbox(&self) -> PathBuf {
        let mut folders = fs::read_dir(self.home.join("sandbox")).unwrap();
        let only = folders.next().unwrap().unwrap().path();
        assert!(folders.next().is_none(), "one workspace has one sandbox");
        only
    }
}

/// Ends what a failed test left behind: processes whose arguments or environment name this test's own
/// folder, which no other process knows.
impl Drop for Desk {
    fn drop(&mut self) {
        let mark = self.root.path().to_string_lossy().into_owned();
        for pid in processes() {
            let names_us = ["cmdline", "environ"].iter().any(|file| {
                fs::read(format!("/proc/{pid}/{file}"))
                    .is_ok_and(|bytes| contains(&bytes, mark.as_bytes()))
            });
            if names_us && pid != std::process::id() {
                let _ = kill(pid, Signal::KILL);
            }
        }
    }
}

/// A `podium` that is under way.
pub(crate) struct Running {
    what: String,
    child: Option<Child>,
    lines: Receiver<String>,
    stdout: Vec<String>,
    stderr: Option<JoinHandle<String>>,
    until: Instant,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// The next line of standard output; `None` at its end.
    pub(crate) fn next(&mut self) -> Option<String> {
        match self
            .lines
            .recv_timeout(self.until.saturating_duration_since(Instant::now()))
        {
            Ok(line) => {
                self.stdout.push(line.clone());
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.as_mut().unwrap().kill();
                panic!(
                    "`podium {}` hangs after:\n{}",
                    self.what,
                    self.stdout.join("\n")
                );
            }
        }
    }

    /// Reads on until an event of this type about this step (`""`: about the run).
    pub(crate) fn until(&mut self, kind: &str, step: &str) -> Value {
        while let Some(line) = self.next() {
            let event: Value = serde_json::from_str(&line).unwrap();
            if event["type"] == kind && event["step"].as_str().unwrap_or_default() == step {
                return event;
            }
        }
        panic!(
            "`podium {}` ended without {kind} {step}:\n{}",
            self.what,
            self.stdout.join("\n")
        );
    }

    /// Reads on until the event of this number.
    pub(crate) fn until_seq(&mut self, number: usize) {
        while self.stdout.len() < number {
            assert!(
                self.next().is_some(),
                "`podium {}` ended before event {number}:\n{}",
                self.what,
                self.stdout.join("\n")
            );
        }
    }

    /// Sends a signal to this process alone.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Reads to the end.
    pub(crate) fn finish(mut self) -> Ran {
        while self.next().is_some() {}
        let status = self.child.take().unwrap().wait().unwrap();
        Ran {
            what: self.what.clone(),
            code: status.code(),
            stdout: std::mem::take(&mut self.stdout),
            stderr: self.stderr.take().unwrap().join().unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What became of a `podium`.
#[derive(Debug)]
pub(crate) struct Ran {
    what: String,
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: String,
}

impl Ran {
    /// Fails unless it ended with this code.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "`podium {}`\n--- out\n{}\n--- err\n{}",
            self.what,
            self.stdout.join("\n"),
            self.stderr
        );
        self
    }

    /// The only line, as JSON.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.len(), 1, "{self:?}");
        serde_json::from_str(&self.stdout[0]).unwrap()
    }

    /// The lines as events of one run, whose form and numbering is checked.
    pub(crate) fn events(&self) -> Vec<Value> {
        let events: Vec<Value> = self
            .stdout
            .iter()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect();
        check(&events);
        events
    }

    /// The error that a program reads: `{"error": {…}}` as the last line.
    pub(crate) fn error(&self) -> Value {
        let last = self
            .stdout
            .last()
            .unwrap_or_else(|| panic!("nothing was said: {self:?}"));
        let value: Value = serde_json::from_str(last).unwrap();
        value["error"].clone()
    }

    /// Fails unless the error has this code, a sentence and a next action.
    pub(crate) fn refused_with(&self, code: &str) {
        let error = self.error();
        plain_words(&error);
        assert_eq!(error["code"], code, "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

/// A message in whole sentences and a next action, without the insides of a program.
pub(crate) fn plain_words(error: &Value) {
    let message = error["message"]
        .as_str()
        .unwrap_or_else(|| panic!("no message: {error}"));
    let hint = error["hint"]
        .as_str()
        .unwrap_or_else(|| panic!("no next action: {error}"));
    for text in [message, hint] {
        assert!(text.len() > 10, "too short: {error}");
        assert!(
            text.trim_end().ends_with(['.', '!', '?']),
            "no whole sentence: {error}"
        );
        for insides in [
            "Error(", "Some(", "os error", "Os {", "panicked", "unwrap", "::",
        ] {
            assert!(!text.contains(insides), "the insides show: {error}");
        }
    }
}

/// Checks the envelope of each event, and that none is missing.
pub(crate) fn check(events: &[Value]) {
    let run = events.first().expect("there are events")["run"].clone();
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["podium"], "event/1", "{event}");
        assert_eq!(event["run"], run, "{event}");
        assert_eq!(event["seq"], index + 1, "{event}");
        assert!(event["data"].is_object(), "{event}");
        let kind = event["type"].as_str().unwrap();
        let (about, word) = kind.split_once('.').unwrap();
        assert!(!word.is_empty());
        match about {
            "run" => assert!(event.get("step").is_none(), "{event}"),
            "step" => assert!(event["step"].is_string(), "{event}"),
            _ => panic!("{event}"),
        }
        let at = event["at"].as_str().unwrap();
        assert!(
            at.len() == 24 && at.ends_with('Z') && at.as_bytes()[10] == b'T',
            "no RFC 3339 with milliseconds in UTC: {event}"
        );
    }
    assert!(run.as_str().unwrap().starts_with("run_"));
}

/// The types of the events about a step, in order, without log and progress.
pub(crate) fn story(events: &[Value], step: &str) -> Vec<String> {
    events
        .iter()
        .filter(|event| event["step"] == step)
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .filter(|kind| !matches!(kind.as_str(), "step.log" | "step.progress"))
        .collect()
}

/// The first event of this type about this step.
pub(crate) fn event<'a>(events: &'a [Value], kind: &str, step: &str) -> &'a Value {
    events
        .iter()
        .find(|event| event["type"] == kind && event["step"].as_str().unwrap_or_default() == step)
        .unwrap_or_else(|| panic!("no {kind} {step}"))
}

/// The run that the events are of.
pub(crate) fn run_of(events: &[Value]) -> &str {
    events[0]["run"].as_str().unwrap()
}

/// Every file and folder below, with the files' contents.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_owned();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_dir() {
                found.insert(name, None);
                walk(root, &path, found);
            } else if kind.is_file() {
                found.insert(name, fs::read(&path).ok());
            } else {
                found.insert(name, None);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

/// The names of what is new, gone or otherwise than before.
pub(crate) fn difference(
    before: &BTreeMap<PathBuf, Option<Vec<u8>>>,
    after: &BTreeMap<PathBuf, Option<Vec<u8>>>,
) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Whether `hay` holds `needle`.
pub(crate) fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

/// The ids of all processes of this computer.
pub(crate) fn processes() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

fn kill(pid: u32, signal: Signal) -> rustix::io::Result<()> {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal)
}
