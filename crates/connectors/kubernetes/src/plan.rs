//! What a set of manifests means for this cluster: each object with its kind, its namespace and its
//! place in the order.

use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::client::{Cluster, Kind};
use crate::errors::{self, REFUSED};
use crate::manifests::{self, Manifest};
use crate::object::{Ref, list, text};

/// One object to apply.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) name: Ref,
    pub(crate) kind: Kind,
    pub(crate) object: Value,
    pub(crate) place: String,
    /// Why the cluster cannot be asked about it before another object of the set is there.
    pub(crate) later: Option<String>,
}

/// The manifests as objects of this cluster. With `namespace`, objects that name none go there, and with
/// `make` it is made where it is missing.
pub(crate) async fn plan(
    cluster: &Cluster<'_>,
    manifests: Vec<Manifest>,
    namespace: Option<&str>,
    make: bool,
) -> Result<Vec<Item>> {
    let definitions: Vec<(String, Kind)> = manifests
        .iter()
        .flat_map(|manifest| defined(&manifest.object))
        .collect();
    let mut items = Vec::new();
    for manifest in manifests {
        items.push(item(cluster, manifest, namespace, &definitions).await?);
    }
    let named: Vec<String> = items
        .iter()
        .filter(|item| item.name.kind == "Namespace" && item.name.group().is_empty())
        .map(|item| item.name.name.clone())
        .collect();
    let mut missing: Vec<String> = Vec::new();
    for name in needed(&items) {
        let own = named.contains(&name);
        let wanted = make && namespace == Some(name.as_str());
        if !own && !wanted {
            continue;
        }
        if is_there(cluster, &name).await? {
            continue;
        }
        if !own {
            items.insert(0, namespace_item(&name));
        }
        missing.push(name);
    }
    for item in &mut items {
        if let Some(name) = &item.name.namespace
            && missing.contains(name)
            && item.later.is_none()
        {
            item.later = Some(format!("the namespace `{name}` is made by this step"));
        }
    }
    Ok(items)
}

fn needed(items: &[Item]) -> Vec<String> {
    let mut names: Vec<String> = items
        .iter()
        .filter_map(|item| item.name.namespace.clone())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Whether a namespace is there; who may not look at namespaces is taken to know what is there.
pub(crate) async fn is_there(cluster: &Cluster<'_>, name: &str) -> Result<bool> {
    let kind = namespaces();
    match cluster.get(&kind, &namespace_ref(name)).await? {
        Ok(found) => Ok(found.is_some()),
        Err(status) if status.code == 403 => Ok(true),
        Err(status) => Err(errors::refused(&status, None)),
    }
}

pub(crate) fn namespaces() -> Kind {
    Kind {
        api_version: "v1".into(),
        kind: "Namespace".into(),
        plural: "namespaces".into(),
        namespaced: false,
        verbs: Vec::new(),
    }
}

pub(crate) fn namespace_ref(name: &str) -> Ref {
    Ref {
        api_version: "v1".into(),
        kind: "Namespace".into(),
        namespace: None,
        name: name.to_owned(),
    }
}

fn namespace_item(name: &str) -> Item {
    Item {
        name: namespace_ref(name),
        kind: namespaces(),
        object: json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        place: "the step's namespace".into(),
        later: None,
    }
}

/// The kinds that a definition in the set brings.
fn defined(object: &Value) -> Vec<(String, Kind)> {
    if text(object, "/kind") != "CustomResourceDefinition" {
        return Vec::new();
    }
    let group = text(object, "/spec/group");
    list(object, "/spec/versions")
        .iter()
        .map(|version| {
            (
                text(object, "/metadata/name").to_owned(),
                Kind {
                    api_version: format!("{group}/{}", text(version, "/name")),
                    kind: text(object, "/spec/names/kind").to_owned(),
                    plural: text(object, "/spec/names/plural").to_owned(),
                    namespaced: text(object, "/spec/scope") == "Namespaced",
                    verbs: Vec::new(),
                },
            )
        })
        .collect()
}

async fn item(
    cluster: &Cluster<'_>,
    manifest: Manifest,
    namespace: Option<&str>,
    definitions: &[(String, Kind)],
) -> Result<Item> {
    let mut name = manifest.name()?;
    let mut object = manifest.object;
    let mut later = None;
    let known = cluster.kind(&name.api_version, &name.kind).await?;
    let kind = if let Some(kind) = known {
        kind
    } else {
        let brought = definitions
            .iter()
            .find(|(_, kind)| kind.api_version == name.api_version && kind.kind == name.kind);
        let Some((by, kind)) = brought else {
            return Err(Error::new(
                    ErrorKind::NotFound,
                    REFUSED,
                    format!(
                        "{}: the cluster has no kind `{}` in `{}`.",
                        manifest.place, name.kind, name.api_version
                    ),
                )
                .with_hint("Check the API version; a kind of an add-on needs its CustomResourceDefinition first, in these manifests or in an earlier step."));
        };
        later = Some(format!(
            "its kind is defined by `{by}`, which this step makes"
        ));
        kind.clone()
    };
    let metadata = object
        .get_mut("metadata")
        .and_then(Value::as_object_mut)
        .ok_or_else(|| manifests::wrong(format!("{}: `metadata` is no object.", manifest.place)))?;
    if kind.namespaced {
        if name.namespace.is_none() {
            let given = namespace.unwrap_or(cluster.namespace()).to_owned();
            metadata.insert("namespace".into(), Value::from(given.as_str()));
            name.namespace = Some(given);
        }
    } else {
        metadata.remove("namespace");
        name.namespace = None;
    }
    Ok(Item {
        name,
        kind,
        object,
        place: manifest.place,
        later,
    })
}
