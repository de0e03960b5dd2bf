//! Python: calls of the Azure SDK's clients by their method names.

use std::collections::BTreeMap;

use podium_connector::Action;

use super::{Read, Touch};

fn action_of(method: &str) -> Option<Action> {
    let method = method.strip_prefix("begin_").unwrap_or(method);
    Some(match method {
        "create" | "create_or_update" | "create_or_replace" | "import_job" | "upload_blob" => {
            Action::Create
        }
        "update" | "start" | "power_off" | "stop" | "restart" | "deallocate" | "redeploy"
        | "resize" | "scale" | "reimage" | "update_tags" | "failover" => Action::Update,
        "delete" | "purge" | "delete_blob" | "delete_container" => Action::Delete,
        "run_command" => Action::Run,
        _ => return None,
    })
}

pub(super) fn read(text: &str, parameters: &BTreeMap<String, String>) -> Read {
    let mut read = Read::default();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default();
        if line.trim_start().starts_with('#') {
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find('(') {
            let before = &rest[..at];
            let after = &rest[at + 1..];
            let call: String = before
                .chars()
                .rev()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect();
            if let Some((owner, method)) = call.rsplit_once('.')
                && let Some(touch) = touch(owner, method, after, parameters)
            {
                read.touches.push(touch);
            }
            if matches!(
                call.as_str(),
                "os.system"
                    | "subprocess.run"
                    | "subprocess.call"
                    | "subprocess.check_call"
                    | "subprocess.Popen"
                    | "exec"
                    | "eval"
            ) {
                let note =
                    format!("It starts something of its own (`{call}`), which was not read.");
                if !read.notes.contains(&note) {
                    read.notes.push(note);
                }
            }
            rest = after;
        }
    }
    read
}

fn touch(
    owner: &str,
    method: &str,
    after: &str,
    parameters: &BTreeMap<String, String>,
) -> Option<Touch> {
    let kind = owner.rsplit('.').next().unwrap_or(owner);
    if let ("requests" | "session" | "httpx", "post" | "put" | "patch" | "delete") = (kind, method)
    {
        return Some(Touch {
            action: match method {
                "delete" => Action::Delete,
                "post" => Action::Run,
                _ => Action::Update,
            },
            kind: format!("{} request", method.to_uppercase()),
            name: texts(after).into_iter().next(),
            command: format!("{owner}.{method}"),
            times: 1,
        });
    }
    let action = action_of(method)?;
    // `os.environ.update(…)`, `set.update(…)`: the methods of plain things.
    if !owner.contains("client") && !method.starts_with("begin_") && !owner.contains('.') {
        return None;
    }
    let values = texts(after);
    let name = values.last().cloned().or_else(|| {
        let arguments = after.split(')').next().unwrap_or_default();
        let last = arguments.split(',').next_back()?.trim().to_lowercase();
        parameters.get(&last).cloned()
    });
    Some(Touch {
        action,
        kind: kind.to_owned(),
        name,
        command: format!("{kind}.{method}"),
        times: 1,
    })
}

/// The texts that stand among the arguments.
fn texts(after: &str) -> Vec<String> {
    let arguments = after.split(')').next().unwrap_or_default();
    arguments
        .split(',')
        .map(str::trim)
        .filter_map(|one| {
            let one = one.rsplit('=').next().unwrap_or(one).trim();
            let text = one.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
            Some(text.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_the_sdk_are_read_and_others_are_not() {
        for (text, expected) in [
            (
                "compute_client.virtual_machines.begin_delete(\"rg\", \"größe\").wait()",
                "Delete virtual_machines größe",
            ),
            (
                "client.resource_groups.create_or_update('shop', {})",
                "Create resource_groups shop",
            ),
            (
                "poller = c.virtual_machines.begin_start(group, vm)",
                "Update virtual_machines ?",
            ),
            ("names.update(more)", ""),
            ("# client.vm.begin_delete('a')", ""),
            (
                "requests.delete('https://a/b')",
                "Delete DELETE request https://a/b",
            ),
        ] {
            let told: Vec<String> = read(text, &BTreeMap::new())
                .touches
                .iter()
                .map(|t| {
                    format!(
                        "{:?} {} {}",
                        t.action,
                        t.kind,
                        t.name.as_deref().unwrap_or("?")
                    )
                })
                .collect();
            assert_eq!(told.join("; "), expected, "{text}");
        }
        assert_eq!(read("os.system('rm')", &BTreeMap::new()).notes.len(), 1);
    }
}
