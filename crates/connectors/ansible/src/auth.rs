//! Which credentials are taken, and how Ansible gets them: in private files of one process.

use std::collections::BTreeMap;

use podium_connector::{Context, Lease, SecretFile};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_secret::Secret;
use serde_json::{Map, Value};

use crate::fault;

/// The secrets at `secrets.NAME`, as a file of variables; none where there are none.
/// Those that open vaults are no variables.
pub(crate) fn secret_variables(
    cx: &dyn Context,
    label: &str,
    vaults: &BTreeMap<String, String>,
) -> Option<SecretFile> {
    let mut leases = cx.secrets();
    leases.retain(|(name, _)| !vaults.values().any(|vault| vault == name));
    if leases.is_empty() {
        return None;
    }
    let variables: Map<String, Value> = leases
        .iter()
        .map(|(name, lease)| (name.clone(), value_of(lease)))
        .collect();
    Some(private(
        format!("{label}.secrets.json"),
        Value::Object(variables).to_string().into_bytes(),
    ))
}

/// The port at which the key for hosts comes.
pub(crate) const SSH: &str = "ssh";

/// Who logs in on the hosts, and the key for it. `ssh` wants a file that ends with a line's end, and reads
/// no key whose lines end as on Windows.
pub(crate) fn ssh(cx: &dyn Context, label: &str) -> Option<(Option<String>, SecretFile)> {
    let lease = cx.credential(SSH)?;
    let key = lease.secrets.get("private_key")?.expose();
    let mut lines: Vec<u8> = key.iter().copied().filter(|byte| *byte != b'\r').collect();
    while lines.last() == Some(&b'\n') {
        lines.pop();
    }
    lines.push(b'\n');
    let user = lease.fields.get("user").filter(|user| !user.is_empty());
    Some((user.cloned(), private(format!("{label}.key"), lines)))
}

/// The password of Ansible's own vault files. A plain private file: Ansible reads it once, and it is
/// gone with the process.
pub(crate) fn vault_password(cx: &dyn Context, label: &str) -> Option<SecretFile> {
    let secret = cx.credential("vault_password")?.secrets.get("value")?;
    Some(SecretFile {
        name: format!("{label}.vault-password"),
        content: secret.clone(),
        executable: false,
    })
}

/// The passwords of vault ids: id and private file, in the order of the ids. Fails where a named secret is
/// not bound.
pub(crate) fn vault_ids(
    cx: &dyn Context,
    label: &str,
    vaults: &BTreeMap<String, String>,
) -> Result<Vec<(String, SecretFile)>> {
    let leases = cx.secrets();
    vaults
        .iter()
        .map(|(id, name)| {
            let secret = leases
                .iter()
                .find(|(known, _)| known == name)
                .and_then(|(_, lease)| lease.secrets.get("value"))
                .ok_or_else(|| {
                    Error::new(
                        ErrorKind::Unauthorized,
                        fault::VAULT,
                        format!("The vault id `{id}` is opened by the secret `{name}`, and no credential is bound to `secrets.{name}`."),
                    )
                    .with_hint(format!(
                        "Bind a credential with the password to `secrets.{name}` in the step."
                    ))
                })?;
            let file = SecretFile {
                name: format!("{label}.vault-{id}"),
                content: secret.clone(),
                executable: false,
            };
            Ok((id.clone(), file))
        })
        .collect()
}

/// A single value as text, or several as an object. What looks like a template stays as it is: the
/// mark `!unsafe` of Ansible, written in JSON.
fn value_of(lease: &Lease) -> Value {
    let open = |secret: &Secret| {
        let text = String::from_utf8_lossy(secret.expose()).into_owned();
        if text.contains("{{") || text.contains("{%") || text.contains("{#") {
            let mut map = Map::new();
            map.insert("__ansible_unsafe".to_owned(), Value::String(text));
            Value::Object(map)
        } else {
            Value::String(text)
        }
    };
    match lease.secrets.get("value") {
        Some(secret) => open(secret),
        None => Value::Object(
            lease
                .secrets
                .iter()
                .map(|(name, secret)| (name.clone(), open(secret)))
                .collect(),
        ),
    }
}

fn private(name: String, content: Vec<u8>) -> SecretFile {
    SecretFile {
        name,
        content: Secret::new(content),
        executable: false,
    }
}
