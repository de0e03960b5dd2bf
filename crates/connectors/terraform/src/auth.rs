//! Which credentials are taken, and how Terraform gets them: in private files of one process, never as
//! an argument and never as a `TF_VAR_…`.

use std::path::Path;

use podium_connector::{Context, Lease, SecretFile};
use podium_secret::Secret;
use serde_json::{Map, Value};

/// What one process needs so that it has its credentials.
#[derive(Default)]
pub(crate) struct Handed {
    pub(crate) env: Vec<(String, String)>,
    pub(crate) files: Vec<SecretFile>,
}

/// The AWS account at the port `aws`, as the configuration files that every AWS library reads. Without
/// a credential nothing of the user's own is hidden from the tool.
pub(crate) fn aws(cx: &dyn Context, label: &str) -> Handed {
    let Some(lease) = cx.credential("aws") else {
        return Handed::default();
    };
    let mut keys = b"[default]\n".to_vec();
    let mut add = |name: &str, value: &[u8]| {
        keys.extend_from_slice(b"aws_");
        keys.extend_from_slice(name.as_bytes());
        keys.extend_from_slice(b" = ");
        keys.extend_from_slice(value);
        keys.push(b'\n');
    };
    for name in ["access_key_id", "secret_access_key", "session_token"] {
        if let Some(secret) = lease.secrets.get(name) {
            add(name, secret.expose());
        } else if let Some(open) = lease.fields.get(name).filter(|open| !open.is_empty()) {
            add(name, open.as_bytes());
        }
    }
    let mut config = "[default]\n".to_owned();
    let mut env = Vec::new();
    for (field, key, variable) in [
        ("region", "region", "AWS_REGION"),
        ("endpoint_url", "endpoint_url", "AWS_ENDPOINT_URL"),
    ] {
        if let Some(value) = lease.fields.get(field).filter(|value| !value.is_empty()) {
            config.push_str(key);
            config.push_str(" = ");
            config.push_str(value);
            config.push('\n');
            env.push((variable.to_owned(), value.clone()));
        }
    }
    let keys_name = format!("{label}.aws-credentials");
    let config_name = format!("{label}.aws-config");
    env.push((
        "AWS_SHARED_CREDENTIALS_FILE".to_owned(),
        path(cx.private(), &keys_name),
    ));
    env.push((
        "AWS_CONFIG_FILE".to_owned(),
        path(cx.private(), &config_name),
    ));
    env.push(("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned()));
    Handed {
        env,
        files: vec![
            private(keys_name, Secret::new(keys)),
            private(config_name, Secret::new(config.into_bytes())),
        ],
    }
}

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
        format!("{label}.secret.tfvars.json"),
        Secret::new(Value::Object(variables).to_string().into_bytes()),
    ))
}

/// A single value as text, or several as an object.
fn value_of(lease: &Lease) -> Value {
    let open =
        |secret: &Secret| Value::String(String::from_utf8_lossy(secret.expose()).into_owned());
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

pub(crate) fn private(name: String, content: Secret) -> SecretFile {
    SecretFile {
        name,
        content,
        executable: false,
    }
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_string_lossy().into_owned()
}
