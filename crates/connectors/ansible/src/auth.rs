//! Which credentials are taken, and how Ansible gets them: in private files of one process.

use podium_connector::{Context, Lease, SecretFile};
use podium_secret::Secret;
use serde_json::{Map, Value};

/// The secrets at `secrets.NAME`, as a file of variables; none where there are none.
pub(crate) fn secret_variables(cx: &dyn Context, label: &str) -> Option<SecretFile> {
    let leases = cx.secrets();
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
