//! Charts, in small: values are put in, and what needs the whole language of templates is refused.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// A chart that was rendered.
pub(super) struct Rendered {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) app_version: String,
    pub(super) manifest: String,
    pub(super) notes: String,
}

pub(super) fn read_yaml(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("open {}: {error}", path.display()))?;
    if text.trim().is_empty() {
        return Ok(json!({}));
    }
    serde_saphyr::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Lays one set of values over another.
pub(super) fn overlay(under: &mut Value, over: &Value) {
    if let (Value::Object(under), Value::Object(over)) = (&mut *under, over) {
        for (name, value) in over {
            overlay(under.entry(name.clone()).or_insert(Value::Null), value);
        }
    } else {
        *under = over.clone();
    }
}

/// Renders a chart's folder.
pub(super) fn render(
    chart: &str,
    release: &str,
    namespace: &str,
    values: &[PathBuf],
) -> Result<Rendered, String> {
    let folder = Path::new(chart);
    if !folder.join("Chart.yaml").is_file() {
        return Err("Chart.yaml file is missing".into());
    }
    let about = read_yaml(&folder.join("Chart.yaml"))?;
    let mut given = read_yaml(&folder.join("values.yaml")).unwrap_or_else(|_| json!({}));
    for file in values {
        overlay(&mut given, &read_yaml(file)?);
    }
    let part = |name: &str| about[name].as_str().unwrap_or_default().to_owned();
    let scope = json!({
        "Values": given,
        "Release": {"Name": release, "Namespace": namespace, "Service": "Helm"},
        "Chart": {"Name": part("name"), "Version": part("version"), "AppVersion": part("appVersion")},
    });
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("templates"))
        .map_err(|error| error.to_string())?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let (mut manifest, mut notes) = (String::new(), String::new());
    for file in files {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('_') {
            continue;
        }
        let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
        let filled = fill(&text, &scope).map_err(|why| format!("{name}: {why}"))?;
        if name == "NOTES.txt" {
            notes = filled;
        } else if !filled.trim().is_empty() {
            manifest.push_str("---\n# Source: ");
            manifest.push_str(&name);
            manifest.push('\n');
            manifest.push_str(filled.trim_start_matches("---").trim());
            manifest.push('\n');
        }
    }
    Ok(Rendered {
        name: part("name"),
        version: part("version"),
        app_version: part("appVersion"),
        manifest,
        notes,
    })
}

/// Fills in `{{ .A.b | quote }}` and `| default X`.
fn fill(text: &str, scope: &Value) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        out.push_str(&rest[..start]);
        let end = rest[start..].find("}}").ok_or("a `{{` is not closed")? + start;
        let inner = rest[start + 2..end].trim_matches('-').trim();
        rest = &rest[end + 2..];
        if inner.starts_with("/*") {
            continue;
        }
        out.push_str(&evaluate(inner, scope)?);
    }
    out.push_str(rest);
    Ok(out)
}

fn evaluate(expression: &str, scope: &Value) -> Result<String, String> {
    let mut parts = expression.split('|').map(str::trim);
    let path = parts.next().unwrap_or_default();
    let needs_helm = || format!("`{{{{ {expression} }}}}` needs the real Helm");
    let pointer = path
        .strip_prefix('.')
        .ok_or_else(needs_helm)?
        .replace('.', "/");
    let mut value = scope
        .pointer(&format!("/{pointer}"))
        .cloned()
        .unwrap_or(Value::Null);
    for step in parts {
        match step.split_once(' ').unwrap_or((step, "")) {
            ("quote", _) => {
                let plain = plain(&value);
                value = Value::from(Value::from(plain).to_string());
            }
            ("default", given) => {
                if value.is_null() || value == "" {
                    value = serde_json::from_str(given).map_err(|_| needs_helm())?;
                }
            }
            ("int", _) => {}
            _ => return Err(needs_helm()),
        }
    }
    Ok(plain(&value))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
