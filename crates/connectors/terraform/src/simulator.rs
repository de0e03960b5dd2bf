//! Terraform in small: the same calls and the same streams of JSON, for practice and for tests.
//!
//! It reads the real files of a folder and keeps its states to itself: nothing is written but the plan
//! that it was asked to keep. Each thing takes a moment. A variable `simulate` with the value `fail`
//! makes the last thing fail; `local-exec` plays `echo`, `sleep` and `exit`.
//!
//! It never makes a value up. What it cannot work out it says in a diagnostic of its own, whose summary
//! begins with "The simulator cannot"; the identity that a made thing gets here begins with `sim-`.

mod evaluate;
mod files;
mod functions;
mod ground;
mod hcl;
mod making;
mod network;
mod trouble;
mod types;
mod value;
mod world;

use std::path::PathBuf;

use podium_connector::weather::{Told, Trouble};
use podium_connector::{SimulatedExit, SimulatedProcess, Simulator, Stream};
use serde_json::{Map, Value, json};

use files::{Fault, Files};
use ground::Ground;
use world::{Asked, Plan, Step, World};

/// How long one thing takes, in milliseconds.
const A_MOMENT: u64 = 400;
/// Which Terraform is played.
const VERSION: &str = "1.15.5";

pub(crate) struct SimulatedTerraform {
    world: World,
}

impl SimulatedTerraform {
    /// Goes on from a saved state; one that cannot be read is a fresh start.
    pub(crate) fn new(state: Option<&str>) -> Self {
        Self {
            world: state
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
        }
    }
}

impl Simulator for SimulatedTerraform {
    fn speaks_http(&self) -> bool {
        false
    }

    fn process(
        &mut self,
        call: &SimulatedProcess,
        write: &mut dyn FnMut(Stream, &str),
        pause: &mut dyn FnMut(u64) -> bool,
    ) -> SimulatedExit {
        let mut play = Play {
            world: &mut self.world,
            call,
            write,
            pause,
        };
        let verb = call.args.first().map_or("", String::as_str);
        let result = match verb {
            "version" => {
                (play.write)(Stream::Out, "Terraform v1.15.5 (simulated)");
                Ok(())
            }
            "init" => play.init(),
            "plan" => play.plan(),
            "show" => play.show(),
            "apply" => play.apply(),
            "state" => {
                play.pull();
                Ok(())
            }
            "practice-change" => play.outside(),
            "workspace" => {
                play.workspaces();
                Ok(())
            }
            _ => {
                (play.write)(
                    Stream::Err,
                    &format!("The simulator does not play `{verb}`."),
                );
                return SimulatedExit(2);
            }
        };
        match result {
            Ok(()) => SimulatedExit(0),
            Err(fault) => {
                play.diagnose(&fault, None);
                SimulatedExit(1)
            }
        }
    }

    fn troubles(&self) -> &'static [Trouble] {
        &trouble::ALL
    }

    fn trouble(&self, call: &SimulatedProcess, trouble: Trouble) -> Option<Told> {
        trouble::told(call, trouble)
    }

    fn save(&self) -> String {
        serde_json::to_string(&self.world).unwrap_or_default()
    }
}

struct Play<'a> {
    world: &'a mut World,
    call: &'a SimulatedProcess,
    write: &'a mut dyn FnMut(Stream, &str),
    pause: &'a mut dyn FnMut(u64) -> bool,
}

impl Play<'_> {
    fn key(&self) -> String {
        let workspace = self
            .call
            .env
            .iter()
            .find(|(name, _)| name == "TF_WORKSPACE")
            .map_or("default", |(_, value)| value.as_str());
        format!("{}\n{workspace}", self.call.directory.display())
    }

    fn say(&mut self, level: &str, message: &str, kind: &str, mut more: Value) {
        more["@level"] = json!(level);
        more["@message"] = json!(message);
        more["@module"] = json!("terraform.ui");
        more["type"] = json!(kind);
        (self.write)(Stream::Out, &more.to_string());
    }

    fn version(&mut self) {
        self.say(
            "info",
            "Terraform 1.15.5 (simulated)",
            "version",
            json!({"ui": "1.3"}),
        );
    }

    fn diagnose(&mut self, fault: &Fault, address: Option<&str>) {
        let mut diagnostic = json!({
            "severity": "error", "summary": fault.summary, "detail": fault.detail,
        });
        if let Some((file, line, column)) = &fault.place {
            diagnostic["range"] =
                json!({"filename": file, "start": {"line": line, "column": column}});
        }
        if let Some(address) = address {
            diagnostic["address"] = json!(address);
        }
        let message = format!("Error: {}", fault.summary);
        self.say(
            "error",
            &message,
            "diagnostic",
            json!({"diagnostic": diagnostic}),
        );
    }

    fn init(&mut self) -> Result<(), Fault> {
        self.version();
        Files::read(&self.call.directory)?.admits(VERSION)?;
        (self.pause)(A_MOMENT);
        let words = "Terraform has been successfully initialized!";
        self.say("info", words, "init_output", json!({}));
        Ok(())
    }

    fn plan(&mut self) -> Result<(), Fault> {
        self.version();
        let files = Files::read(&self.call.directory)?;
        files.admits(VERSION)?;
        let flag = |name: &str| -> Vec<String> {
            let start = format!("{name}=");
            let args = self.call.args.iter();
            args.filter_map(|arg| arg.strip_prefix(&start))
                .map(str::to_owned)
                .collect()
        };
        let mut given = Map::new();
        for path in flag("-var-file") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if let Ok(Value::Object(values)) = serde_json::from_str(&text) {
                given.extend(values);
            }
        }
        let has = |name: &str| self.call.args.iter().any(|arg| arg == name);
        let key = self.key();
        let (variables, strange) = files.variables(&given)?;
        let asked = Asked {
            serial: self.world.state(&key).serial,
            key,
            variables,
            targets: flag("-target"),
            destroy: has("-destroy"),
            replace: flag("-replace"),
            refresh_only: has("-refresh-only"),
        };
        let out = flag("-out").pop().map(PathBuf::from);
        (self.pause)(A_MOMENT);
        let plan = self.world.plan(&files, &asked)?;
        world::shown(&files, &asked, &plan)?;
        self.planned(&plan.steps, "plan");
        if !asked.targets.is_empty() {
            let diagnostic = json!({
                "severity": "warning", "summary": "Resource targeting is in effect",
                "detail": "You are creating a plan with the -target option, which means that the result of this plan may not represent all of the changes requested by the current configuration.",
            });
            let words = "Warning: Resource targeting is in effect";
            self.say(
                "warn",
                words,
                "diagnostic",
                json!({"diagnostic": diagnostic}),
            );
        }
        for name in strange {
            let diagnostic = json!({
                "severity": "warning", "summary": "Value for undeclared variable",
                "detail": format!("The root module does not declare a variable named \"{name}\"."),
            });
            let words = "Warning: Value for undeclared variable";
            self.say(
                "warn",
                words,
                "diagnostic",
                json!({"diagnostic": diagnostic}),
            );
        }
        if let Some(out) = out
            && let Err(error) = std::fs::write(&out, json!(asked).to_string())
        {
            return Err(Fault {
                summary: "Failed to write plan file".to_owned(),
                detail: error.to_string(),
                place: None,
            });
        }
        Ok(())
    }

    fn planned(&mut self, steps: &[Step], operation: &str) {
        for step in steps.iter().filter(|step| step.action != "noop") {
            let message = format!("{}: Plan to {}", step.address, step.action);
            let change = json!({"resource": resource(step), "action": step.action});
            self.say(
                "info",
                &message,
                "planned_change",
                json!({"change": change}),
            );
        }
        let count = |actions: &[&str]| steps.iter().filter(|s| actions.contains(&s.action)).count();
        let (add, change, remove) = (
            count(&["create", "replace"]),
            count(&["update"]),
            count(&["delete", "replace"]),
        );
        if operation == "plan" {
            let message = format!("Plan: {add} to add, {change} to change, {remove} to destroy.");
            self.say(
                "info",
                &message,
                "change_summary",
                json!({"changes": {"add": add, "change": change, "remove": remove, "operation": operation}}),
            );
        }
    }

    fn saved(&self) -> Result<Asked, Fault> {
        let path = self
            .call
            .args
            .iter()
            .rev()
            .find(|arg| !arg.starts_with('-'));
        path.and_then(|path| std::fs::read(path).ok())
            .and_then(|text| serde_json::from_slice(&text).ok())
            .ok_or_else(|| Fault {
                summary: "Failed to read the given file as a plan file".to_owned(),
                detail: String::new(),
                place: None,
            })
    }

    fn show(&mut self) -> Result<(), Fault> {
        let asked = self.saved()?;
        let files = Files::read(&self.call.directory)?;
        let plan = self.world.plan(&files, &asked)?;
        let shown = world::shown(&files, &asked, &plan)?;
        (self.write)(Stream::Out, &shown.to_string());
        Ok(())
    }

    fn pull(&mut self) {
        let text = world::pulled(&self.world.state(&self.key()));
        (self.write)(Stream::Out, &text);
    }

    /// Not the vendor's: `practice-change ADDRESS [NAME VALUE]` changes a thing behind Terraform's back, or
    /// takes it away.
    fn outside(&mut self) -> Result<(), Fault> {
        let key = self.key();
        let state = self.world.states.entry(key).or_default();
        let args: Vec<&str> = self.call.args.iter().skip(1).map(String::as_str).collect();
        match args.as_slice() {
            [address, name, value] if state.resources.contains_key(*address) => {
                let change = state
                    .outside
                    .entry((*address).to_owned())
                    .or_insert_with(|| json!({}));
                change[*name] = json!(value);
                Ok(())
            }
            [address] if state.resources.contains_key(*address) => {
                state.outside.insert((*address).to_owned(), Value::Null);
                Ok(())
            }
            _ => Err(Fault {
                summary: "There is no such thing to change".to_owned(),
                detail: args.join(" "),
                place: None,
            }),
        }
    }

    fn workspaces(&mut self) {
        let folder = format!("{}\n", self.call.directory.display());
        let mut names: Vec<String> = self
            .world
            .states
            .keys()
            .filter_map(|key| key.strip_prefix(&folder))
            .filter(|name| *name != "default")
            .map(|name| format!("  {name}"))
            .collect();
        names.insert(0, "* default".to_owned());
        for name in names {
            (self.write)(Stream::Out, &name);
        }
    }

    fn apply(&mut self) -> Result<(), Fault> {
        self.version();
        let asked = self.saved()?;
        let files = Files::read(&self.call.directory)?;
        if self.world.state(&asked.key).serial != asked.serial {
            return Err(Fault {
                summary: "Saved plan is stale".to_owned(),
                detail: "The state was changed by another operation after the plan was created."
                    .to_owned(),
                place: None,
            });
        }
        let Plan { steps, .. } = self.world.plan(&files, &asked)?;
        self.planned(&steps, "apply");
        let doing: Vec<&Step> = steps.iter().filter(|step| step.action != "noop").collect();
        let must_fail = asked.variables.get("simulate") == Some(&json!("fail"));
        for (index, step) in doing.iter().enumerate() {
            let fails = must_fail && index + 1 == doing.len();
            self.perform(&files, &asked, step, fails)?;
        }
        let (add, change, remove) = (
            doing
                .iter()
                .filter(|s| matches!(s.action, "create" | "replace"))
                .count(),
            doing.iter().filter(|s| s.action == "update").count(),
            doing
                .iter()
                .filter(|s| matches!(s.action, "delete" | "replace"))
                .count(),
        );
        let message = format!(
            "Apply complete! Resources: {add} added, {change} changed, {remove} destroyed."
        );
        self.say(
            "info",
            &message,
            "change_summary",
            json!({"changes": {"operation": "apply"}}),
        );
        let known = world::state_known(&files, &self.world.state(&asked.key));
        let ground = Ground {
            files: &files,
            variables: &asked.variables,
            known: &known,
        };
        let mut outputs = Map::new();
        for block in files.outputs.iter().filter(|_| !asked.destroy) {
            let value = value::known(&ground.output(block)?);
            let told = if ground.is_sensitive(block)? {
                json!({"sensitive": true})
            } else {
                json!({"sensitive": false, "value": value})
            };
            outputs.insert(block.labels[0].clone(), told);
        }
        let words = format!("Outputs: {}", outputs.len());
        self.say("info", &words, "outputs", json!({"outputs": outputs}));
        Ok(())
    }

    /// Does one thing; fails where it is to fail, or where it is asked to stop.
    fn perform(
        &mut self,
        files: &Files,
        asked: &Asked,
        step: &Step,
        fails: bool,
    ) -> Result<(), Fault> {
        let parts: &[&str] = match step.action {
            "replace" => &["delete", "create"],
            "create" => &["create"],
            "update" => &["update"],
            _ => &["delete"],
        };
        for part in parts {
            let hook = json!({"hook": {"resource": resource(step), "action": part}});
            let (begin, end) = match *part {
                "create" => ("Creating", "Creation"),
                "update" => ("Modifying", "Modifications"),
                _ => ("Destroying", "Destruction"),
            };
            self.say(
                "info",
                &format!("{}: {begin}...", step.address),
                "apply_start",
                hook.clone(),
            );
            let goes_on = (self.pause)(A_MOMENT);
            let result = match *part {
                "delete" => {
                    self.change(asked, &step.address, None);
                    Ok(())
                }
                _ => self.make(files, asked, step, *part == "create"),
            };
            let result = match result {
                Ok(()) if !goes_on => Err(interrupted()),
                Ok(()) if fails => Err(Fault {
                    summary: "simulated failure".to_owned(),
                    detail: "The variable `simulate` asks for it.".to_owned(),
                    place: None,
                }),
                other => other,
            };
            if let Err(fault) = result {
                let words = format!("{}: {end} errored after 0s", step.address);
                self.say("info", &words, "apply_errored", hook);
                self.diagnose(&fault, Some(&step.address));
                return Err(Fault {
                    summary: "execution halted".to_owned(),
                    detail: String::new(),
                    place: None,
                });
            }
            let words = format!("{}: {end} complete after 0s", step.address);
            self.say("info", &words, "apply_complete", hook);
        }
        Ok(())
    }
}

fn interrupted() -> Fault {
    Fault {
        summary: "interrupted".to_owned(),
        detail: "Stopping operation...".to_owned(),
        place: None,
    }
}

fn resource(step: &Step) -> Value {
    json!({"addr": step.address, "resource_type": step.kind})
}
