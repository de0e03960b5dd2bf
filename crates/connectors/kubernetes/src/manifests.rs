//! Manifests: read from files, folders, Kustomize folders or the step itself, checked for their names,
//! and put in the order in which a cluster can take them.

mod kustomize;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use podium_connector::{Context, inside};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::errors::MANIFESTS;
use crate::object::{Ref, list, text};

/// Most files of one folder.
const MOST_FILES: usize = 2_000;
/// Most bytes of one file; the largest definitions of known add-ons have a tenth of it.
const MOST_BYTES: u64 = 32 << 20;

/// One object, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Manifest {
    pub(crate) object: Value,
    /// `k8s/shop/web.yaml, document 2`.
    pub(crate) place: String,
}

impl Manifest {
    pub(crate) fn name(&self) -> Result<Ref> {
        Ref::of(&self.object).ok_or_else(|| {
            let missing = ["/apiVersion", "/kind", "/metadata/name"]
                .into_iter()
                .find(|pointer| text(&self.object, pointer).is_empty())
                .unwrap_or_default();
            let error = wrong(format!(
                "{}: the object has no `{}`.",
                self.place,
                missing.trim_start_matches('/').replace('/', ".")
            ));
            if text(&self.object, "/metadata/generateName").is_empty() {
                error
            } else {
                error.with_hint("`generateName` makes another object each time; give it a name, so that it can be previewed and taken back.")
            }
        })
    }
}

pub(crate) fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, MANIFESTS, message)
        .with_hint("Correct the manifest, then preview again.")
}

/// Why an input cannot be one, by its form alone.
pub(crate) fn problem(input: &Value) -> Option<String> {
    match input {
        Value::String(given) if given.contains('\n') => None,
        Value::String(path) if path.trim().is_empty() => Some("It is empty.".into()),
        Value::String(path) => inside(path).err(),
        Value::Array(items) if items.is_empty() => Some("The list is empty.".into()),
        Value::Array(items) => items.iter().find_map(problem),
        Value::Object(map) if map.contains_key("kind") => None,
        Value::Object(_) => Some("The object has no `kind`.".into()),
        _ => Some("It is no path, no text and no object.".into()),
    }
}

/// Every object that an input names or holds, in the order of their application.
pub(crate) async fn load(cx: &dyn Context, input: &Value) -> Result<Vec<Manifest>> {
    let mut found = Vec::new();
    let mut open = vec![(input, "the step".to_owned())];
    while let Some((input, place)) = open.pop() {
        match input {
            Value::Array(items) => {
                let count = items.len();
                for (at, item) in items.iter().enumerate().rev() {
                    let place = if count > 1 {
                        format!("{place}, item {}", at + 1)
                    } else {
                        place.clone()
                    };
                    open.push((item, place));
                }
            }
            Value::Object(_) => push(&mut found, input.clone(), place),
            Value::String(given) if given.contains('\n') => parse(&mut found, given, &place)?,
            Value::String(path) => read(cx, &mut found, path).await?,
            _ => return Err(wrong(format!("{place}: there is no manifest."))),
        }
    }
    if found.is_empty() {
        return Err(wrong("The manifests hold no object."));
    }
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for manifest in &found {
        let id = manifest.name()?;
        if let Some(first) = seen.insert(id.id(), manifest.place.clone()) {
            return Err(wrong(format!(
                "{id} stands twice: {first}, and {}.",
                manifest.place
            )));
        }
    }
    // The sort is stable: within a rank the author's order stays.
    found.sort_by_key(|manifest| rank(text(&manifest.object, "/kind")));
    Ok(found)
}

async fn read(cx: &dyn Context, found: &mut Vec<Manifest>, path: &str) -> Result<()> {
    let plain = inside(path).map_err(wrong)?;
    let refuse = |why: &str| {
        Error::new(
            ErrorKind::NotFound,
            MANIFESTS,
            format!("`{path}` cannot be read: {why}."),
        )
        .with_hint("Name a YAML or JSON file, a folder of them, or a Kustomize folder inside the workspace.")
    };
    let root = cx
        .workspace()
        .canonicalize()
        .map_err(|error| refuse("the workspace is gone").with_source(error))?;
    let full = root
        .join(&plain)
        .canonicalize()
        .map_err(|_| refuse("it is not there"))?;
    if !full.starts_with(&root) {
        return Err(refuse("it leads out of the workspace"));
    }
    if full.is_dir() {
        if kustomize::is_one(&full) {
            let rendered = kustomize::render(cx, &full, &plain).await?;
            return parse(found, &rendered, &plain);
        }
        let mut files = Vec::new();
        collect(&full, &root, &mut files).map_err(|why| refuse(&why))?;
        if files.is_empty() {
            return Err(refuse("the folder holds no `.yaml`, `.yml` or `.json`"));
        }
        files.sort();
        for file in files {
            let shown = file
                .strip_prefix(&root)
                .unwrap_or(&file)
                .to_string_lossy()
                .replace('\\', "/");
            one_file(found, &file, &shown)?;
        }
        return Ok(());
    }
    one_file(found, &full, &plain)
}

fn one_file(found: &mut Vec<Manifest>, file: &Path, shown: &str) -> Result<()> {
    let fail = |why: String| wrong(format!("`{shown}` cannot be read: {why}"));
    let size = std::fs::metadata(file)
        .map_err(|error| fail(error.to_string()))?
        .len();
    if size > MOST_BYTES {
        return Err(fail("it is larger than 32 MiB.".into()));
    }
    let bytes = std::fs::read(file).map_err(|error| fail(error.to_string()))?;
    let content = String::from_utf8(bytes).map_err(|_| fail("it is no UTF-8.".into()))?;
    parse(found, &content, shown)
}

/// Every manifest below a folder; links that lead out of the workspace are refused.
fn collect(
    folder: &Path,
    root: &Path,
    files: &mut Vec<PathBuf>,
) -> std::result::Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        let real = path.canonicalize().map_err(|error| error.to_string())?;
        if !real.starts_with(root) {
            return Err(format!("`{name}` leads out of the workspace"));
        }
        if real.is_dir() {
            // A link to a folder above would never end.
            if !path.is_symlink() {
                collect(&path, root, files)?;
            }
        } else if Path::new(&name).extension().is_some_and(|ending| {
            ["yaml", "yml", "json"]
                .iter()
                .any(|e| ending.eq_ignore_ascii_case(e))
        }) {
            files.push(path);
        }
        if files.len() > MOST_FILES {
            return Err(format!("the folder holds more than {MOST_FILES} manifests"));
        }
    }
    Ok(())
}

/// Every document of a text.
pub(crate) fn parse(found: &mut Vec<Manifest>, content: &str, place: &str) -> Result<()> {
    let options = serde_saphyr::options! {
        // As kubectl reads: `0644` is a mode of a file.
        legacy_octal_numbers: true,
        budget: serde_saphyr::budget! {
            max_depth: 200,
            max_nodes: 4_000_000,
            max_events: 8_000_000,
            max_documents: 20_000,
            max_aliases: 5_000,
            max_anchors: 5_000,
        },
    };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(content, options)
        .map_err(|error| {
            // The parser's own words could quote a value of a Secret.
            let at = error.location().map_or_else(String::new, |at| {
                format!(", line {}, column {}", at.line(), at.column())
            });
            wrong(format!("{place}{at}: this is no YAML."))
        })?;
    let many = documents.len() > 1;
    for (at, document) in documents.into_iter().enumerate() {
        if document.is_null() {
            continue;
        }
        let place = if many {
            format!("{place}, document {}", at + 1)
        } else {
            place.to_owned()
        };
        if !document.is_object() {
            return Err(wrong(format!("{place}: the document is no object.")));
        }
        push(found, document, place);
    }
    Ok(())
}

/// A list stands for its items.
fn push(found: &mut Vec<Manifest>, mut object: Value, place: String) {
    if text(&object, "/kind").ends_with("List") && object.get("items").is_some_and(Value::is_array)
    {
        for item in list(&object, "/items").to_vec() {
            push(found, item, place.clone());
        }
        return;
    }
    // What only the server writes cannot be applied; an exported object has it.
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for server in [
            "managedFields",
            "resourceVersion",
            "uid",
            "creationTimestamp",
            "generation",
            "selfLink",
        ] {
            metadata.remove(server);
        }
    }
    found.push(Manifest { object, place });
}

/// Which kinds must be there before which.
pub(crate) fn rank(kind: &str) -> u8 {
    match kind {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        "PriorityClass" | "StorageClass" | "RuntimeClass" | "IngressClass" => 2,
        "ResourceQuota" | "LimitRange" | "NetworkPolicy" | "PodDisruptionBudget" => 3,
        "ServiceAccount" | "ClusterRole" | "Role" => 4,
        "ClusterRoleBinding" | "RoleBinding" => 5,
        "Secret" | "ConfigMap" | "PersistentVolume" => 6,
        "PersistentVolumeClaim" => 7,
        "Service" => 8,
        "Pod" | "ReplicaSet" | "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob" => 9,
        "HorizontalPodAutoscaler" | "Ingress" | "APIService" => 11,
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => 12,
        _ => 10,
    }
}

#[cfg(test)]
mod tests;
