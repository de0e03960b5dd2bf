//! Ansible in small: the same calls and the same events, for practice and for tests.
//!
//! It reads the real playbook and inventory, loosely, and reaches no host: what a host would hold is
//! kept inside. A variable `simulate` with the value `fail` makes the last task fail on its last host.

mod book;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use podium_connector::weather::{Told, Trouble};
use podium_connector::{SimulatedExit, SimulatedProcess, Simulator, Stream};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use book::{Host, Play, Task};

/// How long one task takes on one host, in milliseconds.
const A_MOMENT: u64 = 250;

/// What a folder holds, among the things of a host.
const FOLDER: &str = "\u{0}folder";

/// What all hosts hold: host and thing → content, or a mark of it.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct SimulatedAnsible {
    things: BTreeMap<String, String>,
    /// How often each playbook was played in earnest, by the name of its file.
    #[serde(default)]
    plays: BTreeMap<String, u64>,
}

impl SimulatedAnsible {
    /// Goes on from a saved state; one that cannot be read is a fresh start.
    pub(crate) fn new(state: Option<&str>) -> Self {
        state
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }
}

/// How it was called.
struct Asked {
    playbook: PathBuf,
    hosts: Vec<Host>,
    vars: Map<String, Value>,
    check: bool,
    limit: Option<String>,
    tags: BTreeSet<String>,
    skip: BTreeSet<String>,
}

impl Asked {
    fn of(call: &SimulatedProcess) -> Self {
        let after = |flag: &str| {
            let at = call.args.iter().position(|arg| arg == flag)?;
            call.args.get(at + 1).cloned()
        };
        let equals = |flag: &str| {
            let start = format!("{flag}=");
            call.args
                .iter()
                .find_map(|arg| arg.strip_prefix(&start).map(str::to_owned))
        };
        let mut vars = Map::new();
        for (index, arg) in call.args.iter().enumerate() {
            if arg == "--extra-vars"
                && let Some(path) = call.args.get(index + 1).and_then(|a| a.strip_prefix('@'))
                && let Ok(Value::Object(more)) =
                    serde_json::from_str(&std::fs::read_to_string(path).unwrap_or_default())
            {
                vars.extend(more);
            }
        }
        let words = |flag: &str| -> BTreeSet<String> {
            equals(flag)
                .iter()
                .flat_map(|w| w.split(','))
                .map(str::to_owned)
                .collect()
        };
        Self {
            playbook: PathBuf::from(call.args.first().cloned().unwrap_or_default()),
            hosts: book::inventory(Path::new(&after("-i").unwrap_or_default())),
            vars,
            check: call.args.iter().any(|arg| arg == "--check"),
            limit: equals("--limit"),
            tags: words("--tags"),
            skip: words("--skip-tags"),
        }
    }

    fn means(&self, play: &Play, host: &Host) -> bool {
        book::means(&play.hosts, host)
            && self
                .limit
                .as_ref()
                .is_none_or(|limit| book::means(limit, host))
    }

    fn wants(&self, task: &Task) -> bool {
        let has = |tags: &BTreeSet<String>| task.tags.iter().any(|tag| tags.contains(tag));
        (self.tags.is_empty() || has(&self.tags)) && !has(&self.skip)
    }
}

impl Simulator for SimulatedAnsible {
    fn speaks_http(&self) -> bool {
        false
    }

    fn process(
        &mut self,
        call: &SimulatedProcess,
        write: &mut dyn FnMut(Stream, &str),
        pause: &mut dyn FnMut(u64) -> bool,
    ) -> SimulatedExit {
        let asked = Asked::of(call);
        let text = std::fs::read_to_string(&asked.playbook).unwrap_or_default();
        let plays = match book::read(&text) {
            Ok(plays) => plays,
            Err((words, line, column)) => {
                write(
                    Stream::Err,
                    &format!("[ERROR]: YAML parsing failed: {words}"),
                );
                let place = format!("Origin: {}:{line}:{column}", asked.playbook.display());
                write(Stream::Err, &place);
                return SimulatedExit(4);
            }
        };
        let has = |flag: &str| call.args.iter().any(|arg| arg == flag);
        if has("--list-tasks") || has("--list-tags") {
            list(&plays, &asked, has("--list-tags"), write);
            return SimulatedExit(0);
        }
        if let Some(limit) = &asked.limit
            && !asked.hosts.iter().any(|host| book::means(limit, host))
        {
            write(
                Stream::Err,
                "[ERROR]: Specified inventory, host pattern and/or --limit leaves us with no hosts to target.",
            );
            return SimulatedExit(1);
        }
        if !asked.check {
            let name = asked.playbook.file_name().unwrap_or_default();
            *self
                .plays
                .entry(name.to_string_lossy().into_owned())
                .or_default() += 1;
        }
        let mut run = Run {
            things: &mut self.things,
            asked: &asked,
            write,
            pause,
            stats: BTreeMap::new(),
            told: Map::new(),
            next: 0,
        };
        for (index, play) in plays.iter().enumerate() {
            if let Err(exit) = run.play(play, index + 1 == plays.len()) {
                return SimulatedExit(exit);
            }
        }
        run.end()
    }

    fn troubles(&self) -> &'static [Trouble] {
        &[Trouble::Held, Trouble::Unreachable, Trouble::Expired]
    }

    /// A full disk before anything is played, hosts that do not answer, a login that they take no more.
    fn trouble(&self, call: &SimulatedProcess, trouble: Trouble) -> Option<Told> {
        let only_asks = ["--list-tasks", "--list-tags", "--version"];
        if call
            .args
            .iter()
            .any(|arg| only_asks.contains(&arg.as_str()))
        {
            return None;
        }
        let asked = Asked::of(call);
        let why = match trouble {
            Trouble::Held => {
                let words = "[ERROR]: [Errno 28] No space left on device: '~/.ansible/tmp'";
                return Some(Told {
                    lines: vec![(Stream::Err, words.to_owned())],
                    exit: SimulatedExit(1),
                });
            }
            Trouble::Unreachable => {
                "Failed to connect to the host via ssh: ssh: connect to host {} port 22: Connection timed out"
            }
            Trouble::Expired => {
                "Failed to connect to the host via ssh: shop@{}: Permission denied (publickey,password)."
            }
            Trouble::Throttled => return None,
        };
        let plays = book::read(&std::fs::read_to_string(&asked.playbook).ok()?).ok()?;
        let first = plays.first()?;
        let hosts: Vec<&Host> = asked
            .hosts
            .iter()
            .filter(|host| asked.means(first, host))
            .collect();
        if hosts.is_empty() {
            return None;
        }
        let about =
            json!({"task": "Gathering Facts", "id": "simulated-0001", "module": "gather_facts"});
        let mut events = vec![
            json!({"event": "play", "name": first.name}),
            book::merged("task", &about, &json!({})),
        ];
        let mut stats = Map::new();
        for host in hosts {
            let about = json!({
                "host": host.name, "task": "Gathering Facts", "id": "simulated-0001", "module": "gather_facts",
            });
            let msg = why.replace("{}", &host.name);
            events.push(book::merged("start", &about, &json!({})));
            events.push(book::merged(
                "unreachable",
                &about,
                &json!({"changed": false, "msg": msg}),
            ));
            let counts = json!({
                "ok": 0, "changed": 0, "failures": 0, "unreachable": 1, "skipped": 0, "rescued": 0, "ignored": 0,
            });
            stats.insert(host.name.clone(), counts);
        }
        events.push(json!({"event": "no_hosts_left"}));
        events.push(json!({"event": "stats", "hosts": stats, "run": {}, "custom": {}}));
        Some(Told {
            lines: events
                .iter()
                .map(|event| (Stream::Out, book::spaced(event)))
                .collect(),
            exit: SimulatedExit(4),
        })
    }

    fn save(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn list(plays: &[Play], asked: &Asked, tags: bool, write: &mut dyn FnMut(Stream, &str)) {
    let mut say = |text: &str| write(Stream::Out, text);
    say(&format!("playbook: {}", asked.playbook.display()));
    for (index, play) in plays.iter().enumerate() {
        say(&format!(
            "  play #{} ({}): {}\tTAGS: []",
            index + 1,
            play.hosts,
            play.name
        ));
        if tags {
            let all: BTreeSet<&str> = play
                .tasks
                .iter()
                .flat_map(|task| &task.tags)
                .map(String::as_str)
                .collect();
            let all: Vec<&str> = all.into_iter().collect();
            say(&format!("      TASK TAGS: [{}]", all.join(", ")));
            continue;
        }
        say("    tasks:");
        for task in play.tasks.iter().filter(|task| asked.wants(task)) {
            say(&format!(
                "      {}\tTAGS: [{}]",
                task.name,
                task.tags.join(", ")
            ));
        }
    }
}

struct Run<'a> {
    things: &'a mut BTreeMap<String, String>,
    asked: &'a Asked,
    write: &'a mut dyn FnMut(Stream, &str),
    pause: &'a mut dyn FnMut(u64) -> bool,
    stats: BTreeMap<String, BTreeMap<&'static str, u64>>,
    told: Map<String, Value>,
    next: u64,
}

/// What became of a task on a host.
#[derive(Default)]
struct Done {
    event: &'static str,
    changed: bool,
    unchecked: bool,
    diff: Vec<Value>,
    msg: Option<String>,
}

impl Run<'_> {
    fn say(&mut self, event: &Value) {
        (self.write)(Stream::Out, &book::spaced(event));
    }

    fn count(&mut self, host: &str, what: &'static str) {
        let stats = self.stats.entry(host.to_owned()).or_insert_with(|| {
            [
                "ok",
                "changed",
                "failures",
                "unreachable",
                "skipped",
                "rescued",
                "ignored",
            ]
            .into_iter()
            .map(|name| (name, 0))
            .collect()
        });
        *stats.entry(what).or_default() += 1;
    }

    fn play(&mut self, play: &Play, last: bool) -> Result<(), i32> {
        self.say(&json!({"event": "play", "name": play.name}));
        let asked = self.asked;
        let mut hosts: Vec<&Host> = asked
            .hosts
            .iter()
            .filter(|h| asked.means(play, h))
            .collect();
        if hosts.is_empty() {
            self.say(&json!({"event": "no_hosts"}));
            return Ok(());
        }
        let facts = Task {
            name: "Gathering Facts".to_owned(),
            module: "gather_facts".to_owned(),
            ..Task::default()
        };
        let facts = play.facts.then_some(&facts);
        let wanted: Vec<&Task> = facts
            .into_iter()
            .chain(play.tasks.iter().filter(|task| asked.wants(task)))
            .collect();
        for (index, task) in wanted.iter().enumerate() {
            self.next += 1;
            let id = format!("simulated-{:04}", self.next);
            let about = |host: &str| json!({"host": host, "task": task.name, "id": id, "module": task.module});
            self.say(&json!({"event": "task", "task": task.name, "id": id, "module": task.module}));
            let mut fallen = BTreeSet::new();
            let turns = if task.once { 1 } else { hosts.len() };
            for (place, host) in hosts.iter().take(turns).enumerate() {
                let ends = last && index + 1 == wanted.len() && place + 1 == turns;
                self.say(&book::merged("start", &about(&host.name), &json!({})));
                if !(self.pause)(A_MOMENT) {
                    (self.write)(Stream::Err, "[ERROR]: User interrupted execution");
                    return Err(99);
                }
                let done = self.task(play, task, host, ends)?;
                if done.event == "failed" && !task.ignore_errors {
                    fallen.insert(host.name.clone());
                }
                self.tell(task, host, &about(&host.name), done);
            }
            hosts.retain(|host| !fallen.contains(&host.name));
            if hosts.is_empty() {
                self.say(&json!({"event": "no_hosts_left"}));
                return Ok(());
            }
        }
        Ok(())
    }

    fn tell(&mut self, task: &Task, host: &Host, about: &Value, done: Done) {
        match done.event {
            "ok" => {
                self.count(&host.name, "ok");
                if done.changed {
                    self.count(&host.name, "changed");
                }
            }
            "skipped" => self.count(&host.name, "skipped"),
            _ if task.ignore_errors => {
                self.count(&host.name, "ok");
                self.count(&host.name, "ignored");
            }
            _ => self.count(&host.name, "failures"),
        }
        let mut facts = if task.no_log {
            json!({"hidden": true, "changed": done.changed})
        } else {
            let mut facts =
                json!({"changed": done.changed, "diff": done.diff, "unchecked": done.unchecked});
            if let Some(msg) = done.msg {
                facts["msg"] = json!(msg);
            }
            facts
        };
        if done.event == "failed" {
            facts["ignored"] = json!(task.ignore_errors);
        }
        self.say(&book::merged(done.event, about, &facts));
    }

    fn task(&mut self, play: &Play, task: &Task, host: &Host, ends: bool) -> Result<Done, i32> {
        let mut vars = host.vars.clone();
        vars.extend(play.vars.clone());
        vars.extend(self.asked.vars.clone());
        vars.insert("inventory_hostname".to_owned(), json!(host.name));
        let all = self
            .asked
            .hosts
            .iter()
            .filter(|h| self.asked.means(play, h));
        let all: Value = all.map(|host| json!(host.name)).collect();
        vars.insert("ansible_play_hosts_all".to_owned(), all);
        // Variables of a play may name others.
        for (name, value) in &play.vars {
            if !self.asked.vars.contains_key(name) {
                let value = book::filled(value, &vars);
                vars.insert(name.clone(), value);
            }
        }
        if ends && vars.get("simulate") == Some(&json!("fail")) {
            return Ok(Done {
                event: "failed",
                msg: Some("The variable `simulate` asks for it".to_owned()),
                ..Done::default()
            });
        }
        if matches!(&task.when, Some(Value::Bool(false))) || task.when == Some(json!("false")) {
            return Ok(Done {
                event: "skipped",
                ..Done::default()
            });
        }
        let items = task.items.clone().unwrap_or_else(|| vec![Value::Null]);
        let mut whole = Done {
            event: "ok",
            ..Done::default()
        };
        let mut skipped = 0;
        let mut on = host.clone();
        if play.local {
            "localhost".clone_into(&mut on.name);
        }
        for item in &items {
            vars.insert("item".to_owned(), item.clone());
            let one = self.module(task, &on, &book::filled(&task.args, &vars))?;
            whole.changed |= one.changed;
            whole.unchecked |= one.unchecked;
            whole.diff.extend(one.diff);
            whole.msg = one.msg.or(whole.msg);
            skipped += usize::from(one.event == "skipped");
            if one.event == "failed" {
                whole.event = "failed";
            }
        }
        if skipped == items.len() {
            whole.event = "skipped";
        }
        Ok(whole)
    }

    fn module(&mut self, task: &Task, host: &Host, args: &Value) -> Result<Done, i32> {
        let ok = |changed| Done {
            event: "ok",
            changed,
            ..Done::default()
        };
        let text = |key: &str| match args.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let name = task.module.rsplit('.').next().unwrap_or(&task.module);
        Ok(match name {
            "copy" | "template" => {
                let content = if args.get("content").is_some() {
                    text("content")
                } else {
                    format!("from {}", text("src"))
                };
                self.file(task, host, &text("dest"), Some(&content))
            }
            "file" if text("state") == "absent" => self.file(task, host, &text("path"), None),
            "file" if text("state") == "directory" => {
                self.file(task, host, &text("path"), Some(FOLDER))
            }
            "command" | "shell" | "raw" | "script" if self.asked.check => Done {
                event: "skipped",
                unchecked: true,
                msg: Some("Command would have run if not in check mode".to_owned()),
                ..Done::default()
            },
            "command" | "shell" | "raw" | "script" | "pause" => {
                let line = args.as_str().map_or_else(|| text("cmd"), str::to_owned);
                let words: Vec<&str> = line.split_whitespace().collect();
                let seconds = match words.as_slice() {
                    ["sleep", seconds] => seconds.parse().unwrap_or(1),
                    _ => text("seconds").parse().unwrap_or(0),
                };
                if seconds > 0 && !(self.pause)(seconds * 1000) {
                    (self.write)(Stream::Err, "[ERROR]: User interrupted execution");
                    return Err(99);
                }
                ok(name != "pause")
            }
            "fail" => Done {
                event: "failed",
                msg: Some(if args.get("msg").is_some() {
                    text("msg")
                } else {
                    "Failed as requested from task".to_owned()
                }),
                ..Done::default()
            },
            "set_stats" => {
                if let Some(Value::Object(data)) = args.get("data") {
                    self.told.extend(data.clone());
                }
                ok(false)
            }
            "debug" | "assert" | "set_fact" | "ping" | "setup" | "meta" | "wait_for" | "stat"
            | "gather_facts" | "include_vars" | "uri" => ok(false),
            _ => {
                let key = format!("{}\n{name} {args}", host.name);
                let changed = !self.things.contains_key(&key);
                if changed && !self.asked.check {
                    self.things.insert(key, String::new());
                }
                ok(changed)
            }
        })
    }

    /// A file that is to have this content, or to be gone.
    fn file(&mut self, task: &Task, host: &Host, path: &str, content: Option<&str>) -> Done {
        let key = format!("{}\n{path}", host.name);
        let inside = format!("{key}/");
        let before = self.things.get(&key).cloned();
        // What is hidden is kept as a mark of it only.
        let after = content.map(|content| {
            if task.no_log {
                let mark = content
                    .bytes()
                    .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
                    });
                format!("mark {mark:016x}")
            } else {
                content.to_owned()
            }
        });
        let changed = before != after;
        let diff = match (&before, &after) {
            _ if !changed || task.no_log => Vec::new(),
            (_, None) => vec![json!({
                "before": {"path": path, "state": if before.as_deref() == Some(FOLDER) { "directory" } else { "file" }},
                "after": {"path": path, "state": "absent"},
            })],
            (_, Some(after)) if after == FOLDER => vec![json!({
                "before": {"path": path, "state": "absent"}, "after": {"path": path, "state": "directory"},
            })],
            (before, Some(after)) => vec![json!({
                "before": before.clone().unwrap_or_default(), "after": after,
            })],
        };
        if changed && !self.asked.check {
            if let Some(after) = after {
                self.things.insert(key, after);
            } else {
                // What is in a folder goes with it.
                self.things.retain(|other, _| !other.starts_with(&inside));
                self.things.remove(&key);
            }
        }
        Done {
            event: "ok",
            changed,
            diff,
            ..Done::default()
        }
    }

    fn end(mut self) -> SimulatedExit {
        let failed = self.stats.values().any(|stats| stats["failures"] > 0);
        let told = std::mem::take(&mut self.told);
        let stats = json!(self.stats);
        self.say(&json!({"event": "stats", "hosts": stats, "run": told, "custom": {}}));
        SimulatedExit(if failed { 2 } else { 0 })
    }
}
