//! What expressions stand on: variables, locals, and what is known of resources.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::evaluate::Scope;
use super::files::{Fault, Files, fault};
use super::hcl::{Attribute, Block};
use super::types;
use super::value::{
    Answer, Refusal, cannot, is_unknown, known, number, partial, truth, unknown, wrong,
};

/// Address of a resource, without a key → its values: one object, or several in a list or a map.
pub(crate) type Known = BTreeMap<String, Value>;

/// Locals that use locals that use locals …: a circle, sooner or later.
const DEEPEST: u32 = 64;

pub(crate) struct Ground<'a> {
    pub(crate) files: &'a Files,
    pub(crate) variables: &'a Map<String, Value>,
    pub(crate) known: &'a Known,
}

/// One of the things that a resource stands for.
pub(crate) struct Instance {
    pub(crate) address: String,
    /// A number, a text, or `null` for the only one.
    pub(crate) key: Value,
    /// `each` or `count`.
    pub(crate) here: Vec<(String, Value)>,
}

/// Arguments that are for Terraform itself.
const META: [&str; 4] = ["depends_on", "provider", "count", "for_each"];

/// Blocks that are for Terraform itself.
const META_BLOCKS: [&str; 4] = ["provisioner", "connection", "lifecycle", "timeouts"];

impl Ground<'_> {
    /// Works an expression out; with marks where a value is not known yet.
    pub(crate) fn value(
        &self,
        attribute: &Attribute,
        here: &[(String, Value)],
    ) -> Result<Value, Fault> {
        let depth = Cell::new(0);
        self.at_depth(attribute, here, &depth)
            .map_err(|refusal| fault("Invalid expression", refusal, &attribute.place))
    }

    /// Works out what must be known now.
    pub(crate) fn sure(&self, attribute: &Attribute) -> Result<Value, Fault> {
        let value = self.value(attribute, &[])?;
        known(&value).ok_or_else(|| later(attribute))
    }

    fn at_depth(
        &self,
        attribute: &Attribute,
        here: &[(String, Value)],
        depth: &Cell<u32>,
    ) -> Answer {
        let look = |root: &str, name: &str| self.look(root, name, depth);
        Scope {
            look: &look,
            here: here.to_vec(),
        }
        .value(&attribute.expr)
    }

    fn look(&self, root: &str, name: &str, depth: &Cell<u32>) -> Answer {
        match root {
            "var" => match self.variables.get(name) {
                Some(value) => Ok(value.clone()),
                None => wrong(format!(
                    "An input variable with the name \"{name}\" has not been declared."
                )),
            },
            "local" => {
                let Some(local) = self.files.locals.get(name) else {
                    return wrong(format!(
                        "A local value with the name \"{name}\" has not been declared."
                    ));
                };
                if depth.get() == DEEPEST {
                    return wrong(format!("`local.{name}` refers to itself."));
                }
                depth.set(depth.get() + 1);
                let value = self.at_depth(local, &[], depth);
                depth.set(depth.get() - 1);
                value
            }
            "data" | "module" | "path" | "terraform" | "provider" => {
                cannot(format!("know `{root}.{name}`"))
            }
            "each" | "count" | "self" => {
                wrong(format!("`{root}.{name}` means nothing in this place."))
            }
            _ => {
                let address = format!("{root}.{name}");
                match self.known.get(&address) {
                    Some(value) => Ok(value.clone()),
                    None if self.files.resources.contains_key(&address) => Ok(unknown()),
                    None => wrong(format!(
                        "A managed resource \"{root}\" \"{name}\" has not been declared in the root module."
                    )),
                }
            }
        }
    }

    /// The things that a resource stands for.
    pub(crate) fn instances(&self, address: &str, block: &Block) -> Result<Vec<Instance>, Fault> {
        if let Some(count) = block.get("count") {
            let many = self.sure(count)?;
            let many = number(&many)
                .ok()
                .filter(|n| *n >= 0.0 && n.fract() == 0.0 && *n <= 10_000.0);
            let Some(many) = many else {
                let refusal = Refusal::Wrong("`count` is a whole number from 0.".to_owned());
                return Err(fault("Invalid count argument", refusal, &count.place));
            };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let many = many as u32;
            return Ok((0..many)
                .map(|at| Instance {
                    address: format!("{address}[{at}]"),
                    key: json!(at),
                    here: vec![("count".to_owned(), json!({"index": at}))],
                })
                .collect());
        }
        let Some(each) = block.get("for_each") else {
            return Ok(vec![Instance {
                address: address.to_owned(),
                key: Value::Null,
                here: Vec::new(),
            }]);
        };
        let over = self.value(each, &[])?;
        if is_unknown(&over) {
            return Err(later(each));
        }
        let Some(pairs) = types::pairs(&over) else {
            let words = "`for_each` goes through a map or a set of strings.".to_owned();
            return Err(fault(
                "Invalid for_each argument",
                Refusal::Wrong(words),
                &each.place,
            ));
        };
        Ok(pairs
            .into_iter()
            .map(|(key, value)| Instance {
                address: format!("{address}[{}]", json!(key)),
                here: vec![("each".to_owned(), json!({"key": key, "value": value}))],
                key: json!(key),
            })
            .collect())
    }

    /// The values that a resource is asked to have.
    pub(crate) fn values(
        &self,
        block: &Block,
        instance: &Instance,
    ) -> Result<Map<String, Value>, Fault> {
        let mut values = Map::new();
        for attribute in &block.attributes {
            if !META.contains(&attribute.name.as_str()) {
                let value = self.value(attribute, &instance.here)?;
                values.insert(attribute.name.clone(), value);
            }
        }
        for inner in &block.blocks {
            if META_BLOCKS.contains(&inner.kind.as_str()) {
                continue;
            }
            if inner.kind == "dynamic" {
                let refusal = Refusal::Cannot("play blocks that are `dynamic`".to_owned());
                return Err(fault("", refusal, &inner.place));
            }
            let made = Value::Object(self.values(inner, instance)?);
            let list = values
                .entry(inner.kind.clone())
                .or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(made);
            }
        }
        Ok(values)
    }

    /// The value of an output.
    pub(crate) fn output(&self, block: &Block) -> Result<Value, Fault> {
        if let Some(value) = block.get("value") {
            return self.value(value, &[]);
        }
        let words = "The argument \"value\" is required.".to_owned();
        let summary = "Missing required argument";
        Err(fault(summary, Refusal::Wrong(words), &block.place))
    }

    pub(crate) fn is_sensitive(&self, block: &Block) -> Result<bool, Fault> {
        let Some(attribute) = block.get("sensitive") else {
            return Ok(false);
        };
        truth(&self.sure(attribute)?)
            .map_err(|refusal| fault("Invalid expression", refusal, &attribute.place))
    }
}

fn later(attribute: &Attribute) -> Fault {
    let words = format!(
        "`{}` must be known before anything is made.",
        attribute.name
    );
    let summary = format!("Invalid {} argument", attribute.name);
    fault(&summary, Refusal::Wrong(words), &attribute.place)
}

/// The things of one resource as one value: an object, a list by number or a map by name.
pub(crate) fn shaped(
    block: &Block,
    address: &str,
    made: Vec<(Value, Map<String, Value>)>,
) -> Value {
    let built_in = block
        .labels
        .first()
        .is_some_and(|kind| kind == "terraform_data");
    let whole = |values: Map<String, Value>| {
        if built_in {
            Value::Object(values)
        } else {
            partial(values, address)
        }
    };
    if block.get("count").is_some() {
        let mut made = made;
        made.sort_by_key(|(key, _)| key.as_u64());
        return made.into_iter().map(|(_, values)| whole(values)).collect();
    }
    if block.get("for_each").is_some() {
        let named = made.into_iter();
        let named =
            named.map(|(key, values)| (key.as_str().unwrap_or_default().to_owned(), whole(values)));
        return Value::Object(named.collect());
    }
    made.into_iter()
        .next()
        .map_or_else(unknown, |(_, values)| whole(values))
}
