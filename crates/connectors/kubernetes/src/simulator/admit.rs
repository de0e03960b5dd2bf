//! What the server fills in, hides and refuses before it stores an object.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::store::Place;
use super::wire::{Refused, refused};
use crate::object::{list, text};

/// Fills in what the server fills in.
pub(super) fn default(object: &mut Value) {
    let kind = text(object, "/kind").to_owned();
    match kind.as_str() {
        "Deployment" | "StatefulSet" | "ReplicaSet" if object["spec"]["replicas"].is_null() => {
            object["spec"]["replicas"] = json!(1);
        }
        "Job" => {
            for (name, value) in [("completions", 1), ("parallelism", 1), ("backoffLimit", 6)] {
                if object["spec"][name].is_null() {
                    object["spec"][name] = json!(value);
                }
            }
        }
        "Service" => {
            if object["spec"]["type"].is_null() {
                object["spec"]["type"] = "ClusterIP".into();
            }
            if let Some(ports) = object["spec"]["ports"].as_array_mut() {
                for port in ports {
                    if port["protocol"].is_null() {
                        port["protocol"] = "TCP".into();
                    }
                    if port["targetPort"].is_null() {
                        port["targetPort"] = port["port"].clone();
                    }
                }
            }
        }
        "Namespace" => {
            let name = object["metadata"]["name"].clone();
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        }
        "Secret" => {
            if object["type"].is_null() {
                object["type"] = "Opaque".into();
            }
            hide_values(object);
        }
        _ => {}
    }
}

/// The values of a Secret are not kept here: a mark of each, so that a change still shows. A release of Helm
/// is kept as it is, until it is saved.
pub(super) fn hide_values(object: &mut Value) {
    if text(object, "/kind") == "Secret" && !is_release(object) {
        hide_all_values(object);
    }
}

/// Whether it is what Helm keeps of a release.
pub(super) fn is_release(object: &Value) -> bool {
    text(object, "/type") == "helm.sh/release.v1"
}

/// The same, whatever kind of Secret it is.
pub(super) fn hide_all_values(object: &mut Value) {
    use base64::Engine as _;
    let given: Vec<(String, Vec<u8>)> = ["stringData", "data"]
        .iter()
        .flat_map(|part| {
            object
                .get(*part)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .map(|(name, value)| {
                    let text = value.as_str().unwrap_or_default();
                    let bytes = if *part == "data" {
                        base64::engine::general_purpose::STANDARD
                            .decode(text)
                            .unwrap_or_else(|_| text.as_bytes().to_vec())
                    } else {
                        text.as_bytes().to_vec()
                    };
                    (name.clone(), bytes)
                })
                .collect::<Vec<_>>()
        })
        .collect();
    if given.is_empty() {
        return;
    }
    if let Some(map) = object.as_object_mut() {
        map.remove("stringData");
    }
    for (name, bytes) in given {
        if bytes.starts_with(b"practice:") {
            continue;
        }
        let mark = Sha256::digest(&bytes);
        let mark = format!(
            "practice:{:02x}{:02x}{:02x}{:02x}",
            mark[0], mark[1], mark[2], mark[3]
        );
        object["data"][name] = Value::from(base64::engine::general_purpose::STANDARD.encode(mark));
    }
}

fn invalid(place: &Place, field: &str, reason: &str, message: &str) -> Refused {
    refused(
        422,
        "Invalid",
        format!(
            "{} \"{}\" is invalid: {field}: {message}",
            place.kind.kind_in_group(),
            place.name
        ),
        json!({
            "name": place.name, "group": place.kind.group, "kind": place.kind.kind,
            "causes": [{"reason": reason, "message": message, "field": field}],
        }),
    )
}

/// Refuses what the server's own validation refuses.
pub(super) fn check(place: &Place, before: Option<&Value>, object: &Value) -> Result<(), Refused> {
    let name = place.name.as_str();
    let named = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c));
    if !named || name.len() > 253 {
        return Err(invalid(
            place,
            "metadata.name",
            "FieldValueInvalid",
            &format!(
                "Invalid value: \"{name}\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
            ),
        ));
    }
    let kind = place.kind.kind.as_str();
    if matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet") && place.kind.group == "apps" {
        let labels = &object["spec"]["selector"]["matchLabels"];
        let Some(wanted) = labels.as_object() else {
            return Err(invalid(
                place,
                "spec.selector",
                "FieldValueRequired",
                "Required value",
            ));
        };
        let own = &object["spec"]["template"]["metadata"]["labels"];
        if wanted
            .iter()
            .any(|(name, value)| own.get(name) != Some(value))
        {
            return Err(invalid(
                place,
                "spec.template.metadata.labels",
                "FieldValueInvalid",
                &format!("Invalid value: {own}: `selector` does not match template `labels`"),
            ));
        }
        if let Some(before) = before
            && before["spec"]["selector"] != object["spec"]["selector"]
        {
            return Err(invalid(
                place,
                "spec.selector",
                "FieldValueInvalid",
                &format!(
                    "Invalid value: {}: field is immutable",
                    object["spec"]["selector"]
                ),
            ));
        }
    }
    let template = match kind {
        "Pod" => Some(object),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => {
            Some(&object["spec"]["template"])
        }
        _ => None,
    };
    if let Some(template) = template {
        let containers = list(template, "/spec/containers");
        let start = if kind == "Pod" {
            "spec"
        } else {
            "spec.template.spec"
        };
        if containers.is_empty() {
            return Err(invalid(
                place,
                &format!("{start}.containers"),
                "FieldValueRequired",
                "Required value",
            ));
        }
        for (at, container) in containers.iter().enumerate() {
            if text(container, "/image").is_empty() {
                return Err(invalid(
                    place,
                    &format!("{start}.containers[{at}].image"),
                    "FieldValueRequired",
                    "Required value",
                ));
            }
        }
    }
    if kind == "Job"
        && let Some(before) = before
        && before["spec"]["template"] != object["spec"]["template"]
    {
        return Err(invalid(
            place,
            "spec.template",
            "FieldValueInvalid",
            "Invalid value: field is immutable",
        ));
    }
    if kind == "ConfigMap"
        && object["data"]
            .as_object()
            .is_some_and(|data| data.values().any(|value| !value.is_string()))
    {
        return Err(super::wire::bad(
            "failed to create typed patch object: .data: expected string, got another type",
        ));
    }
    Ok(())
}
