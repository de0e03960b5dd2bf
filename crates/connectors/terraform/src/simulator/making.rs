//! Puts one thing into the state, and plays its commands.

use serde_json::{Map, Value, json};

use super::files::{Fault, Files};
use super::ground::Ground;
use super::hcl::Block;
use super::value::known;
use super::world::{self, Asked, Step};
use super::{Play, interrupted, resource};

impl Play<'_> {
    /// Puts the thing into the state, then plays its commands: a thing whose command fails is there.
    pub(super) fn make(
        &mut self,
        files: &Files,
        asked: &Asked,
        step: &Step,
        new: bool,
    ) -> Result<(), Fault> {
        let address = world::base(&step.address);
        let Some(block) = files.resources.get(address) else {
            return Ok(());
        };
        let known = world::state_known(files, &self.world.state(&asked.key));
        let ground = Ground {
            files,
            variables: &asked.variables,
            known: &known,
        };
        let instance = ground
            .instances(address, block)?
            .into_iter()
            .find(|instance| instance.address == step.address);
        let Some(instance) = instance else {
            return Ok(());
        };
        let mut values = settled(block, ground.values(block, &instance)?)?;
        if step.kind == "terraform_data" {
            let input = values.get("input").cloned().unwrap_or(Value::Null);
            values.insert("output".to_owned(), input);
        }
        let id = match step.before.as_ref().and_then(|before| before.get("id")) {
            Some(id) if !new => id.clone(),
            _ => json!(self.world.fresh()),
        };
        values.insert("id".to_owned(), id);
        let mut here = instance.here;
        here.push(("self".to_owned(), Value::Object(values.clone())));
        let mut commands = Vec::new();
        for inner in block
            .blocks
            .iter()
            .filter(|inner| new && inner.kind == "provisioner")
        {
            if let Some(command) = inner.get("command") {
                commands.push(ground.value(command, &here)?);
            }
        }
        self.change(asked, &step.address, Some((step.kind.clone(), values)));
        for command in commands.iter().filter_map(Value::as_str) {
            self.command(step, command)?;
        }
        Ok(())
    }

    fn command(&mut self, step: &Step, command: &str) -> Result<(), Fault> {
        let hook = json!({"resource": resource(step), "provisioner": "local-exec"});
        for part in command.split(';').flat_map(|part| part.split("&&")) {
            let words: Vec<&str> = part
                .split_whitespace()
                .filter(|word| *word != "exec")
                .collect();
            match words.as_slice() {
                ["echo", text @ ..] => {
                    let text = text.join(" ");
                    let message = format!("{}: (local-exec): {text}", step.address);
                    self.say(
                        "info",
                        &message,
                        "provision_progress",
                        json!({"hook": hook}),
                    );
                }
                ["sleep", seconds] => {
                    let seconds: u64 = seconds.parse().unwrap_or(1);
                    if !(self.pause)(seconds * 1000) {
                        return Err(interrupted());
                    }
                }
                ["exit", code] if *code != "0" => {
                    return Err(Fault {
                        summary: "local-exec provisioner error".to_owned(),
                        detail: format!("Error running command '{command}': exit status {code}."),
                        place: None,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn change(
        &mut self,
        asked: &Asked,
        address: &str,
        to: Option<(String, Map<String, Value>)>,
    ) {
        let lineage = self.world.fresh();
        let state = self.world.states.entry(asked.key.clone()).or_default();
        if state.serial == 0 {
            state.lineage = lineage;
        }
        state.serial += 1;
        state.outside.remove(address);
        match to {
            Some(resource) => state.resources.insert(address.to_owned(), resource),
            None => state.resources.remove(address),
        };
    }
}

/// The values without marks; by now all of them are known.
fn settled(block: &Block, values: Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    match known(&Value::Object(values)) {
        Some(Value::Object(values)) => Ok(values),
        _ => Err(Fault {
            summary: "The simulator cannot work out all of the values".to_owned(),
            detail: "One of them belongs to a thing that is not there.".to_owned(),
            place: Some(block.place.clone()),
        }),
    }
}
