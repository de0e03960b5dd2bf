//! Which hosts a job would reach: the inventory's, as far as its limit can be read from here.

use std::collections::{BTreeMap, BTreeSet};

use podium_diagnostics::{ErrorKind, Result};
use podium_rest::Call;
use serde_json::Value;

use crate::client::Awx;

/// What is known of the hosts before the job runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Their names, sorted.
    pub(crate) hosts: Vec<String>,
    /// Why it may be fewer or others, as a whole sentence.
    pub(crate) because: Option<String>,
}

/// The hosts of an inventory, narrowed down by a limit. `None` where the identity may not look at it.
pub(crate) async fn reach(awx: &Awx<'_>, inventory: i64, limit: &str) -> Result<Option<Reach>> {
    let call = Call::get(awx.at(&format!("inventories/{inventory}/script/"))).query("hostvars", 1);
    let script = match awx.site.send(call).await {
        Ok(script) => script,
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    Ok(Some(narrowed(&Groups::of(&script), limit)))
}

/// An inventory as Ansible sees it.
struct Groups {
    all: BTreeSet<String>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

impl Groups {
    fn of(script: &Value) -> Self {
        let names = |value: Option<&Value>| -> Vec<String> {
            value
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect()
        };
        let mut own: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut children: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut all = BTreeSet::new();
        for (group, body) in script.as_object().into_iter().flatten() {
            if group == "_meta" {
                let vars = body.get("hostvars").and_then(Value::as_object);
                all.extend(vars.into_iter().flat_map(|vars| vars.keys().cloned()));
                continue;
            }
            let hosts = names(body.get("hosts"));
            all.extend(hosts.iter().cloned());
            own.insert(group.clone(), hosts);
            children.insert(group.clone(), names(body.get("children")));
        }
        let mut groups = BTreeMap::new();
        for group in own.keys() {
            let mut hosts = BTreeSet::new();
            let mut seen = BTreeSet::new();
            let mut open = vec![group.clone()];
            while let Some(name) = open.pop() {
                if seen.insert(name.clone()) {
                    hosts.extend(own.get(&name).into_iter().flatten().cloned());
                    open.extend(children.get(&name).into_iter().flatten().cloned());
                }
            }
            groups.insert(group.clone(), hosts);
        }
        Self { all, groups }
    }

    /// The hosts of one pattern; `None` where it is not a plain one.
    fn pattern(&self, pattern: &str) -> Option<BTreeSet<String>> {
        if matches!(pattern, "all" | "*") {
            return Some(self.all.clone());
        }
        if pattern.starts_with('~') || pattern.contains(['[', '{', '?']) {
            return None;
        }
        let mut found: BTreeSet<String> = self
            .groups
            .iter()
            .filter(|(name, _)| fits(pattern, name))
            .flat_map(|(_, hosts)| hosts.iter().cloned())
            .collect();
        found.extend(self.all.iter().filter(|host| fits(pattern, host)).cloned());
        Some(found)
    }
}

/// Ansible's patterns: parts joined by `,` or `:`; `!` takes away, `&` keeps only those.
fn narrowed(groups: &Groups, limit: &str) -> Reach {
    let all = || Reach {
        hosts: groups.all.iter().cloned().collect(),
        because: None,
    };
    if limit.trim().is_empty() {
        return all();
    }
    let mut chosen: Option<BTreeSet<String>> = None;
    let mut parts: Vec<&str> = limit
        .split([',', ':'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    // Ansible adds first, then keeps, then takes away, in whatever order they stand.
    parts.sort_by_key(|part| match part.as_bytes().first() {
        Some(b'&') => 1,
        Some(b'!') => 2,
        _ => 0,
    });
    for part in parts {
        let (sign, pattern) = match part.strip_prefix(['!', '&']) {
            Some(pattern) => (part.as_bytes()[0], pattern),
            None => (b'+', part),
        };
        let Some(hosts) = groups.pattern(pattern) else {
            return Reach {
                because: Some(format!(
                    "The limit `{limit}` narrows this down in a way that only Ansible reads."
                )),
                ..all()
            };
        };
        let so_far = chosen.take();
        chosen = Some(match sign {
            b'&' => so_far
                .unwrap_or_else(|| groups.all.clone())
                .intersection(&hosts)
                .cloned()
                .collect(),
            b'!' => so_far
                .unwrap_or_else(|| groups.all.clone())
                .difference(&hosts)
                .cloned()
                .collect(),
            _ => so_far.unwrap_or_default().union(&hosts).cloned().collect(),
        });
    }
    Reach {
        hosts: chosen.unwrap_or_default().into_iter().collect(),
        because: None,
    }
}

/// A name against a pattern in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut rest = rest;
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_limit_is_read_as_ansible_reads_it() {
        let groups = Groups::of(&json!({
            "all": { "children": ["shop", "ungrouped"] },
            "shop": { "children": ["web", "db"] },
            "web": { "hosts": ["web1", "web2"] },
            "db": { "hosts": ["db-größe"] },
            "ungrouped": { "hosts": ["lone"] },
            "_meta": { "hostvars": { "web1": {}, "web2": {}, "db-größe": {}, "lone": {} } },
        }));
        for (limit, expected) in [
            ("", "db-größe lone web1 web2"),
            ("web", "web1 web2"),
            ("shop", "db-größe web1 web2"),
            ("web*", "web1 web2"),
            ("*1,lone", "lone web1"),
            ("all:!db", "lone web1 web2"),
            ("!db", "lone web1 web2"),
            ("shop:&web:!web2", "web1"),
            ("!web2:shop", "db-größe web1"),
            ("nobody", ""),
            ("w*b*2", "web2"),
        ] {
            let reach = narrowed(&groups, limit);
            assert_eq!(reach.hosts.join(" "), expected, "{limit}");
            assert_eq!(reach.because, None, "{limit}");
        }
        for limit in ["web[0]", "~web.*", "shop:&web[1:2]"] {
            assert!(narrowed(&groups, limit).because.is_some(), "{limit}");
        }
    }
}
