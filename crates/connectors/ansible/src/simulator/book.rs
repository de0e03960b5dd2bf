//! Playbooks and inventories, read loosely.

use std::path::Path;

use serde_json::{Map, Value, json};

/// A play: its name, its hosts, its tasks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Play {
    pub(crate) name: String,
    pub(crate) hosts: String,
    pub(crate) vars: Map<String, Value>,
    pub(crate) facts: bool,
    /// `connection: local`: all its hosts are this one computer.
    pub(crate) local: bool,
    pub(crate) tasks: Vec<Task>,
}

/// A task.
#[derive(Clone, Debug, Default)]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) module: String,
    pub(crate) args: Value,
    pub(crate) when: Option<Value>,
    pub(crate) items: Option<Vec<Value>>,
    pub(crate) no_log: bool,
    pub(crate) ignore_errors: bool,
    /// `run_once`: on the first host alone.
    pub(crate) once: bool,
    pub(crate) tags: Vec<String>,
}

/// Words of a task that are no module.
const WORDS: &[&str] = &[
    "args",
    "async",
    "become",
    "become_user",
    "changed_when",
    "check_mode",
    "collections",
    "connection",
    "delay",
    "delegate_to",
    "diff",
    "environment",
    "failed_when",
    "ignore_errors",
    "ignore_unreachable",
    "loop",
    "loop_control",
    "name",
    "no_log",
    "notify",
    "poll",
    "register",
    "retries",
    "run_once",
    "tags",
    "throttle",
    "until",
    "vars",
    "when",
    "with_items",
    "listen",
];

/// Reads a playbook; fails with words, line and column.
pub(crate) fn read(text: &str) -> Result<Vec<Play>, (String, u64, u64)> {
    let value: Value = serde_saphyr::from_str(text).map_err(|error| {
        let (line, column) = error
            .location()
            .map_or((1, 1), |at| (at.line(), at.column()));
        let words = error.to_string();
        let first = words.lines().next().unwrap_or_default().to_owned();
        (first, line, column)
    })?;
    let Value::Array(plays) = value else {
        return Err(("A playbook must be a list of plays".to_owned(), 1, 1));
    };
    Ok(plays.iter().map(play).collect())
}

fn play(value: &Value) -> Play {
    let mut play = Play {
        hosts: value.get("hosts").map(words_of).unwrap_or_default(),
        vars: value
            .get("vars")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
        local: value.get("connection").and_then(Value::as_str) == Some("local"),
        facts: value.get("gather_facts") != Some(&Value::Bool(false)),
        ..Play::default()
    };
    play.name = value
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or(&play.hosts)
        .to_owned();
    for part in ["pre_tasks", "tasks", "post_tasks"] {
        tasks(value.get(part), &mut play.tasks);
    }
    play
}

fn tasks(list: Option<&Value>, found: &mut Vec<Task>) {
    for entry in list.and_then(Value::as_array).into_iter().flatten() {
        if entry.get("block").is_some() {
            tasks(entry.get("block"), found);
            tasks(entry.get("always"), found);
            continue;
        }
        let Some(map) = entry.as_object() else {
            continue;
        };
        let Some((module, args)) = map.iter().find(|(key, _)| !WORDS.contains(&key.as_str()))
        else {
            continue;
        };
        let is = |key: &str| map.get(key) == Some(&Value::Bool(true));
        found.push(Task {
            name: map
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or(module)
                .to_owned(),
            module: module.clone(),
            args: args.clone(),
            when: map.get("when").cloned(),
            items: ["loop", "with_items"]
                .iter()
                .find_map(|key| map.get(*key).and_then(Value::as_array).cloned()),
            no_log: is("no_log"),
            ignore_errors: is("ignore_errors"),
            once: is("run_once"),
            tags: map.get("tags").map(list_of).unwrap_or_default(),
        });
    }
}

fn list_of(value: &Value) -> Vec<String> {
    words_of(value)
        .split(',')
        .map(|word| word.trim().to_owned())
        .collect()
}

fn words_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(","),
        other => other.to_string(),
    }
}

/// A host with its variables and its groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) vars: Map<String, Value>,
    pub(crate) groups: Vec<String>,
}

/// Reads an inventory: YAML or JSON in Ansible's form, else lines with sections.
pub(crate) fn inventory(path: &Path) -> Vec<Host> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut hosts: Vec<Host> = Vec::new();
    if let Ok(Value::Object(map)) = serde_saphyr::from_str::<Value>(&text) {
        for (group, value) in &map {
            from_group(group, value, &Map::new(), &mut hosts);
        }
        return hosts;
    }
    let mut group = "ungrouped".to_owned();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            name.clone_into(&mut group);
        } else if !line.is_empty() && !line.starts_with(['#', ';']) && !group.contains(':') {
            let name = line.split_whitespace().next().unwrap_or_default();
            add(&mut hosts, name, &group, &Map::new());
        }
    }
    hosts
}

fn from_group(group: &str, value: &Value, above: &Map<String, Value>, hosts: &mut Vec<Host>) {
    let mut vars = above.clone();
    let inner = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    vars.extend(inner("vars"));
    for (name, own) in inner("hosts") {
        let mut all = vars.clone();
        all.extend(own.as_object().cloned().unwrap_or_default());
        add(hosts, &name, group, &all);
    }
    for (child, value) in inner("children") {
        from_group(&child, &value, &vars, hosts);
    }
}

fn add(hosts: &mut Vec<Host>, name: &str, group: &str, vars: &Map<String, Value>) {
    if !hosts.iter().any(|host| host.name == name) {
        hosts.push(Host {
            name: name.to_owned(),
            ..Host::default()
        });
    }
    if let Some(host) = hosts.iter_mut().find(|host| host.name == name) {
        host.groups.push(group.to_owned());
        host.vars.extend(vars.clone());
    }
}

/// Whether a pattern such as `web:!web3,all` means the host.
pub(crate) fn means(pattern: &str, host: &Host) -> bool {
    let is = |part: &str| {
        part == "all" || part == "*" || part == host.name || host.groups.iter().any(|g| g == part)
    };
    let mut meant = false;
    for part in pattern.split([',', ':']).map(str::trim) {
        match part.strip_prefix('!') {
            Some(not) if is(not) => return false,
            Some(_) => {}
            None => meant |= is(part),
        }
    }
    meant
}

/// Fills in `{{ name }}`, with `default('…')`; what it does not know stays as it is.
pub(crate) fn filled(value: &Value, vars: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => fill(text, vars),
        Value::Array(items) => items.iter().map(|item| filled(item, vars)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| (k.clone(), filled(v, vars)))
            .collect(),
        other => other.clone(),
    }
}

fn fill(text: &str, vars: &Map<String, Value>) -> Value {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else {
            break;
        };
        let whole = &rest[start..start + length + 2];
        let value = known(whole[2..whole.len() - 2].trim(), vars);
        if whole == text
            && let Some(value) = value
        {
            return value;
        }
        out.push_str(&rest[..start]);
        match value {
            Some(Value::String(value)) => out.push_str(&value),
            Some(other) => out.push_str(&other.to_string()),
            None => out.push_str(whole),
        }
        rest = &rest[start + length + 2..];
    }
    out.push_str(rest);
    Value::String(out)
}

/// The value of a name and its filters; `None` where a part of it is not understood.
fn known(expression: &str, vars: &Map<String, Value>) -> Option<Value> {
    let mut parts = expression.split('|').map(str::trim);
    let mut path = parts.next()?.split('.');
    let mut value = path
        .next()
        .and_then(|name| vars.get(name))
        .and_then(|value| path.try_fold(value.clone(), |value, key| value.get(key).cloned()));
    for filter in parts {
        if let Some(inside) = filter
            .strip_prefix("default(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            let other = || Value::String(inside.trim_matches(['\'', '"']).to_owned());
            value = value.or_else(|| Some(other()));
            continue;
        }
        let given = value?;
        value = Some(match (filter, &given) {
            ("to_json", _) => Value::String(spaced(&given)),
            ("string", Value::String(_))
            | ("list", Value::Array(_))
            | ("int", Value::Number(_)) => given,
            ("length" | "count", Value::Array(items)) => Value::from(items.len()),
            ("length" | "count", Value::String(text)) => Value::from(text.chars().count()),
            ("lower", Value::String(text)) => Value::String(text.to_lowercase()),
            ("upper", Value::String(text)) => Value::String(text.to_uppercase()),
            ("trim", Value::String(text)) => Value::String(text.trim().to_owned()),
            ("dirname", Value::String(text)) => Value::String(
                text.rsplit_once('/')
                    .map_or("", |(folder, _)| folder)
                    .to_owned(),
            ),
            ("basename", Value::String(text)) => {
                Value::String(text.rsplit('/').next().unwrap_or_default().to_owned())
            }
            _ => return None,
        });
    }
    value
}

/// An event with what it is about and what came of it.
pub(crate) fn merged(event: &str, about: &Value, facts: &Value) -> Value {
    let mut whole = Map::new();
    whole.insert("event".to_owned(), json!(event));
    for part in [about, facts] {
        whole.extend(part.as_object().cloned().unwrap_or_default());
    }
    Value::Object(whole)
}

/// JSON with a space after `,` and `:`, as Python writes it.
pub(crate) fn spaced(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", json!(key), spaced(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_and_unknown_ones_stay() {
        let vars = json!({"a": "x", "n": [1], "o": {"k": "deep"}, "p": "/a/b/c.html"});
        let vars = vars.as_object().expect("a map");
        for (text, expected) in [
            ("{{ a }}-{{ b | default('y') }}", json!("x-y")),
            ("{{ n }}", json!([1])),
            ("{{ o.k }}!", json!("deep!")),
            ("{{ nobody }}", json!("{{ nobody }}")),
            ("{{ open", json!("{{ open")),
            ("{{ p | dirname }}/s", json!("/a/b/s")),
            ("{{ p | basename | upper }}", json!("C.HTML")),
            ("{{ n | to_json }}", json!("[1]")),
            ("{{ p | strange }}", json!("{{ p | strange }}")),
        ] {
            assert_eq!(filled(&json!(text), vars), expected);
        }
    }

    #[test]
    fn patterns_mean_hosts_groups_and_not() {
        let host = Host {
            name: "web1".into(),
            groups: vec!["web".into()],
            ..Host::default()
        };
        assert!(means("all", &host) && means("web", &host) && means("db,web1", &host));
        assert!(!means("web:!web1", &host) && !means("db", &host));
    }
}
