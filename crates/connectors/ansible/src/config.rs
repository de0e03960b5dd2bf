//! What is typed into the form, and what is left once it is checked.

use std::collections::BTreeMap;

use podium_connector::{Problem, StepRequest, inside};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// As typed; null where not yet known.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    /// A playbook file in the workspace.
    playbook: Option<String>,
    /// A file, a list of hosts, or hosts, groups and variables.
    inventory: Option<Value>,
    /// Extra variables.
    variables: Option<Map<String, Value>>,
    /// A host pattern.
    limit: Option<String>,
    /// Tasks with one of these run.
    tags: Option<Vec<Option<String>>>,
    /// Tasks with one of these do not.
    skip_tags: Option<Vec<Option<String>>>,
    /// Takes it back.
    undo_playbook: Option<String>,
    /// Changes nothing.
    check_only: Option<bool>,
    /// How many hosts at once.
    forks: Option<u64>,
    /// Vault id → name of the secret that opens it.
    vault_ids: Option<BTreeMap<String, Option<String>>>,
}

/// Checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) playbook: String,
    pub(crate) inventory: Inventory,
    pub(crate) variables: BTreeMap<String, Value>,
    pub(crate) limit: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) skip_tags: Vec<String>,
    pub(crate) undo_playbook: Option<String>,
    pub(crate) check_only: bool,
    pub(crate) forks: u64,
    /// Vault id → name of the secret that opens it, sorted.
    pub(crate) vault_ids: BTreeMap<String, String>,
}

/// Where the hosts come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Inventory {
    /// A file in the workspace.
    File(String),
    /// Written by us, in Ansible's own form.
    Given(Value),
}

impl Config {
    /// Reads and checks the inputs. Pure.
    pub(crate) fn of(request: &StepRequest) -> Result<Self, Vec<Problem>> {
        let typed: Typed = request
            .inputs
            .read()
            .map_err(|why| vec![problem("", format!("The inputs cannot be read: {why}."))])?;
        let mut problems = Vec::new();
        let mut path = |field: &str, text: Option<String>| {
            let text = text?;
            match file(&text) {
                Ok(path) => Some(path),
                Err(why) => {
                    problems.push(problem(field, why));
                    None
                }
            }
        };
        let playbook = path("/playbook", typed.playbook);
        let undo_playbook = path("/undo_playbook", typed.undo_playbook);
        let inventory = match typed.inventory {
            Some(Value::String(text)) if !text.contains(',') => {
                Inventory::File(path("/inventory", Some(text)).unwrap_or_default())
            }
            other => given(other.unwrap_or(Value::Null)).unwrap_or_else(|why| {
                problems.push(problem("/inventory", why));
                Inventory::Given(Value::Null)
            }),
        };
        let mut variables: BTreeMap<String, Value> =
            typed.variables.unwrap_or_default().into_iter().collect();
        for name in variables.keys() {
            if !is_variable(name) {
                problems.push(problem(
                    &format!("/variables/{}", name.replace('~', "~0").replace('/', "~1")),
                    format!("`{name}` cannot be the name of a variable in Ansible: it starts with a letter or `_` and holds letters, digits and `_`."),
                ));
            }
        }
        request.inputs.fill_later("/variables", &mut variables);
        let mut words = |field: &str, list: Option<Vec<Option<String>>>| -> Vec<String> {
            let list: Vec<String> = list.unwrap_or_default().into_iter().flatten().collect();
            for (index, word) in list.iter().enumerate() {
                if word.contains(',') || word.starts_with('-') {
                    problems.push(problem(
                        &format!("{field}/{index}"),
                        format!(
                            "`{word}` is no tag: a tag holds no comma and begins with no hyphen."
                        ),
                    ));
                }
            }
            list
        };
        let tags = words("/tags", typed.tags);
        let skip_tags = words("/skip_tags", typed.skip_tags);
        let mut vault_ids = BTreeMap::new();
        for (id, secret) in typed.vault_ids.unwrap_or_default() {
            let fits = !id.is_empty()
                && id
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
            if !fits {
                problems.push(problem(
                    &format!("/vault_ids/{}", id.replace('~', "~0").replace('/', "~1")),
                    format!("`{id}` is no vault id: it holds letters, digits, `_`, `-` and `.`."),
                ));
            }
            if let Some(secret) = secret {
                vault_ids.insert(id, secret);
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            vault_ids,
            playbook: playbook.unwrap_or_default(),
            inventory,
            variables,
            limit: typed.limit.filter(|limit| !limit.trim().is_empty()),
            tags,
            skip_tags,
            undo_playbook,
            check_only: typed.check_only.unwrap_or(false),
            forks: typed.forks.unwrap_or(5),
        })
    }
}

/// Whether nobody can know yet what would be played where.
pub(crate) fn place_is_unknown(request: &StepRequest) -> bool {
    request.inputs.is_unknown_in(&[
        "/playbook",
        "/inventory",
        "/limit",
        "/tags",
        "/skip_tags",
        "/vault_ids",
    ])
}

/// Puts hosts into Ansible's own form.
fn given(typed: Value) -> Result<Inventory, String> {
    let (mut hosts, groups, mut vars) = match typed {
        Value::Null => (list(&[json!("localhost")])?, Map::new(), Map::new()),
        Value::String(text) => (list(&split(&text))?, Map::new(), Map::new()),
        Value::Array(names) => (list(&names)?, Map::new(), Map::new()),
        Value::Object(mut object) => {
            let hosts = match object.shift_remove("hosts") {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Array(names)) => list(&names)?,
                Some(Value::Object(map)) => named(map)?,
                Some(Value::String(text)) => list(&split(&text))?,
                Some(_) => {
                    return Err("`hosts` is a list, or names with their variables.".to_owned());
                }
            };
            let mut groups = Map::new();
            if let Some(Value::Object(map)) = object.shift_remove("groups") {
                for (group, members) in map {
                    let members = match members {
                        Value::Array(members) => list(&members)?,
                        Value::Object(members) => named(members)?,
                        Value::Null => Map::new(),
                        _ => return Err(format!("The group `{group}` is no list of hosts.")),
                    };
                    groups.insert(group, json!({ "hosts": members }));
                }
            }
            let vars = match object.shift_remove("vars") {
                Some(Value::Object(vars)) => vars,
                _ => Map::new(),
            };
            if let Some((key, _)) = object.iter().next() {
                return Err(format!(
                    "An inventory has `hosts`, `groups` and `vars`, and no `{key}`."
                ));
            }
            (hosts, groups, vars)
        }
        _ => return Err("An inventory is a file, a list of hosts, or an object.".to_owned()),
    };
    let this_python = || json!("{{ ansible_playbook_python }}");
    if vars.get("ansible_connection") == Some(&json!("local"))
        && !vars.contains_key("ansible_python_interpreter")
    {
        vars.insert("ansible_python_interpreter".to_owned(), this_python());
    }
    let anywhere = vars.contains_key("ansible_connection");
    if let Some(Value::Object(here)) = hosts.get_mut("localhost")
        && !anywhere
        && !here.contains_key("ansible_connection")
    {
        here.insert("ansible_connection".to_owned(), json!("local"));
        here.insert("ansible_python_interpreter".to_owned(), this_python());
    }
    Ok(Inventory::Given(json!({
        "all": { "hosts": hosts, "children": groups, "vars": vars }
    })))
}

/// Names in one text, as steps that print them give them.
fn split(text: &str) -> Vec<Value> {
    text.split([',', '\n'])
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| json!(name))
        .collect()
}

/// Names with their variables; a text is the address of the host.
fn named(map: Map<String, Value>) -> Result<Map<String, Value>, String> {
    map.into_iter()
        .map(|(name, vars)| match vars {
            Value::Null => Ok((name, json!({}))),
            Value::Object(_) => Ok((name, vars)),
            Value::String(address) => Ok((name, json!({ "ansible_host": address }))),
            _ => Err(format!("The variables of the host `{name}` are no object.")),
        })
        .collect()
}

/// Names, or objects with a `name` and variables, as other systems list their machines. An `address` (or
/// `ip`) is where the host is reached.
fn list(names: &[Value]) -> Result<Map<String, Value>, String> {
    names
        .iter()
        .map(|one| match one {
            Value::String(name) if !name.trim().is_empty() => Ok((name.clone(), json!({}))),
            Value::Object(one) => {
                let mut vars = one.clone();
                let name = ["name", "host", "hostname"]
                    .iter()
                    .find_map(|key| vars.shift_remove(*key));
                let Some(Value::String(name)) = name.filter(|name| *name != "") else {
                    return Err("A host of the list has no `name`.".to_owned());
                };
                for key in ["address", "ip"] {
                    if let Some(address) = vars.shift_remove(key) {
                        vars.entry("ansible_host").or_insert(address);
                    }
                }
                Ok((name, Value::Object(vars)))
            }
            other => Err(format!("`{other}` is no name of a host.")),
        })
        .collect()
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A file inside the workspace, in its plain form.
fn file(text: &str) -> Result<String, String> {
    match inside(text)? {
        path if path == "." => Err(format!("`{text}` names no file.")),
        path => Ok(path),
    }
}

fn problem(field: &str, message: impl Into<String>) -> Problem {
    Problem {
        field: field.to_owned(),
        message: message.into(),
        hint: None,
        fatal: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use podium_testkit::RequestBuilder;

    fn inventory(typed: &Value) -> Result<Value, String> {
        let request = RequestBuilder::new(
            "ansible/playbook",
            json!({"playbook": "site.yml", "inventory": typed}),
        )
        .build();
        match Config::of(&request) {
            Ok(Config {
                inventory: Inventory::Given(value),
                ..
            }) => Ok(value),
            Ok(Config {
                inventory: Inventory::File(path),
                ..
            }) => Ok(json!(path)),
            Err(problems) => Err(problems[0].message.clone()),
        }
    }

    #[test]
    fn an_inventory_may_be_a_file_a_list_or_an_object() {
        assert_eq!(inventory(&json!("hosts.ini")), Ok(json!("hosts.ini")));
        for typed in [
            json!("a, b"),
            json!(["a", "b"]),
            json!({"hosts": ["a", "b"]}),
        ] {
            let found = inventory(&typed).expect("an inventory");
            assert_eq!(found["all"]["hosts"], json!({"a": {}, "b": {}}));
        }
        let rich = inventory(&json!({
            "hosts": {"a": {"ansible_port": 2222}, "b": null},
            "groups": {"web": ["a"]},
            "vars": {"ansible_connection": "local"},
        }))
        .expect("an inventory");
        assert_eq!(rich["all"]["hosts"]["a"]["ansible_port"], 2222);
        assert_eq!(rich["all"]["children"]["web"]["hosts"], json!({"a": {}}));
        assert!(rich["all"]["vars"]["ansible_python_interpreter"].is_string());
        // As earlier steps give them: named addresses, listed machines, one text.
        for typed in [
            json!({"hosts": {"web": "10.0.0.1"}}),
            json!({"hosts": [{"name": "web", "address": "10.0.0.1"}]}),
            json!([{"hostname": "web", "ip": "10.0.0.1"}]),
            json!({"groups": {"all": {"web": "10.0.0.1"}}}),
        ] {
            let found = inventory(&typed).expect("an inventory");
            assert!(
                found
                    .to_string()
                    .contains(r#"{"web":{"ansible_host":"10.0.0.1"}}"#),
                "{found}"
            );
        }
        let text = inventory(&json!({"hosts": "a\nb\n"})).expect("an inventory");
        assert_eq!(text["all"]["hosts"], json!({"a": {}, "b": {}}));
        let here = inventory(&json!(null)).expect("an inventory");
        assert_eq!(
            here["all"]["hosts"]["localhost"]["ansible_connection"],
            "local"
        );
    }

    #[test]
    fn a_wrong_inventory_says_what_is_wrong() {
        for (typed, expected) in [
            (
                json!({"host": []}),
                "An inventory has `hosts`, `groups` and `vars`, and no `host`.",
            ),
            (json!([1]), "`1` is no name of a host."),
            (json!([{"size": 1}]), "A host of the list has no `name`."),
            (
                json!({"groups": {"web": "a"}}),
                "The group `web` is no list of hosts.",
            ),
            (json!("../hosts"), "`../hosts` leads out of the workspace."),
        ] {
            assert_eq!(inventory(&typed), Err(expected.to_owned()));
        }
    }
}
