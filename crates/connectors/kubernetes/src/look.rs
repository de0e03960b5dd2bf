//! Verbs that only look: who, rights, drift, choices, drawing, what goes on.

use std::collections::{BTreeMap, BTreeSet};

use podium_connector::{
    Choice, Context, Drawing, DrawnEdge, DrawnNode, Drift, DriftItem, Fact, Identity, Mode, Right,
    StepRequest, StillRunning,
};
use podium_diagnostics::Result;
use serde_json::{Value, json};

use crate::auth::{self, PORT};
use crate::client::{self, Cluster, MANAGER};
use crate::config::Apply;
use crate::errors;
use crate::object::{Ref, differences, hide, list, plain, text};
use crate::operations::apply_manifests;
use crate::readiness::{self, Standing};

pub(crate) async fn identify(cx: &dyn Context, request: &StepRequest) -> Result<Identity> {
    let cluster = Cluster::open(cx).await?;
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let asked = http::Request::post("/apis/authentication.k8s.io/v1/selfsubjectreviews")
        .header("content-type", "application/json")
        .body(review.to_string().into_bytes())
        .unwrap_or_default();
    let user = match cluster.ask(asked).await? {
        Ok(answer) => text(&answer, "/status/userInfo/username").to_owned(),
        // Servers before 1.28 do not know the question; a call that needs a login proves one at least.
        Err(status) if status.code == 404 => {
            cluster.look("/api").await?;
            "a user whose name this old cluster does not tell".to_owned()
        }
        Err(status) => return Err(errors::refused(&status, None)),
    };
    let namespace = request
        .inputs
        .text("namespace")
        .unwrap_or(cluster.namespace())
        .to_owned();
    let version = cluster.look("/version").await?;
    // A kubeconfig may call any cluster by any name; this id is the cluster's own. Who may not see it has
    // the address still.
    let own = cluster.look("/api/v1/namespaces/kube-system").await.ok();
    let own = own.map(|own| text(&own, "/metadata/uid").to_owned());
    Ok(Identity {
        facts: Fact::list([
            ("cluster", cluster.login.cluster.as_str()),
            ("server", &cluster.login.server),
            ("id", own.as_deref().unwrap_or_default()),
            ("context", &cluster.login.context),
            ("user", &user),
        ]),
        system: "kubernetes".into(),
        account: if cx.mode() == Mode::Simulated {
            cluster.login.cluster.clone()
        } else {
            format!("{} at {}", cluster.login.cluster, cluster.login.server)
        },
        user,
        place: Some(format!(
            "context {}, namespace {namespace}, {}",
            cluster.login.context,
            text(&version, "/gitVersion")
        )),
        expires: None,
    })
}

/// Whether this user may do it, as the cluster says.
async fn may(
    cluster: &Cluster<'_>,
    verb: &str,
    group: &str,
    plural: &str,
    namespace: Option<&str>,
) -> Result<Option<bool>> {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "verb": verb, "group": group, "resource": plural, "namespace": namespace.unwrap_or_default(),
        }},
    });
    let asked = http::Request::post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .header("content-type", "application/json")
        .body(review.to_string().into_bytes())
        .unwrap_or_default();
    Ok(cluster
        .ask(asked)
        .await?
        .ok()
        .and_then(|answer| answer.pointer("/status/allowed").and_then(Value::as_bool)))
}

/// What the step needs, and whether this user has it.
pub(crate) async fn rights(cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
    let cluster = Cluster::open(cx).await?;
    let mut needed: BTreeSet<(String, String, String, Option<String>)> = BTreeSet::new();
    let mut need = |verbs: &[&str], group: &str, plural: &str, namespace: Option<&str>| {
        for verb in verbs {
            needed.insert((
                plural.to_owned(),
                (*verb).to_owned(),
                group.to_owned(),
                namespace.map(str::to_owned),
            ));
        }
    };
    let namespace = request
        .inputs
        .text("namespace")
        .unwrap_or(cluster.namespace());
    match request.operation.operation() {
        "apply" if !request.inputs.is_partial() => {
            let config: Apply = request.inputs.read()?;
            for item in apply_manifests::items(&cluster, &config).await? {
                need(
                    &["get", "create", "patch", "delete"],
                    item.kind.group(),
                    &item.kind.plural,
                    item.name.namespace.as_deref(),
                );
            }
            need(&["list"], "", "pods", Some(namespace));
        }
        "restart" => {
            let plural = match request.inputs.text("kind").unwrap_or("Deployment") {
                "StatefulSet" => "statefulsets",
                "DaemonSet" => "daemonsets",
                _ => "deployments",
            };
            need(&["get", "patch"], "apps", plural, Some(namespace));
        }
        "helm" => {
            // Helm keeps its releases in Secrets; what a chart holds is told by its preview.
            need(
                &["get", "list", "create", "update", "delete"],
                "",
                "secrets",
                Some(namespace),
            );
        }
        _ => need(&["get", "list"], "", "pods", Some(namespace)),
    }
    let mut rights = Vec::new();
    for (plural, verb, group, namespace) in needed {
        let held = may(&cluster, &verb, &group, &plural, namespace.as_deref()).await?;
        let place = namespace.map_or_else(String::new, |namespace| format!(" in `{namespace}`"));
        let dot = if group.is_empty() { "" } else { "." };
        rights.push(Right {
            what: format!("{verb} {plural}{dot}{group}{place}"),
            held,
        });
    }
    Ok(rights)
}

/// What differs from what the same manifests would make now.
pub(crate) async fn drift(cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
    let config: Apply = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    let mut items = Vec::new();
    for item in apply_manifests::items(&cluster, &config).await? {
        let name = &item.name;
        let gone = |expected: &Value| DriftItem {
            kind: name.label(),
            name: name.path(),
            expected: hide(name, plain(expected)),
            actual: Value::Null,
        };
        let living = match item.later {
            Some(_) => None,
            None => cluster
                .get(&item.kind, name)
                .await?
                .map_err(|status| errors::refused(&status, Some(name)))?,
        };
        let Some(living) = living else {
            items.push(gone(&item.object));
            continue;
        };
        let how = client::Apply {
            dry: true,
            force: true,
            manager: MANAGER,
        };
        let would = cluster
            .apply(&item.kind, name, &item.object, how)
            .await?
            .map_err(|status| errors::refused(&status, Some(name)))?;
        if let Some((actual, expected)) = differences(&plain(&living), &plain(&would)) {
            items.push(DriftItem {
                kind: name.label(),
                name: name.path(),
                expected: hide(name, expected),
                actual: hide(name, actual),
            });
        }
    }
    Ok(Drift { items })
}

/// Choices for a form; nothing where the name is none.
pub(crate) async fn discover(
    cx: &dyn Context,
    request: &StepRequest,
    what: &str,
) -> Result<Option<Vec<Choice>>> {
    let plain_choice = |value: &str| Choice {
        value: value.to_owned(),
        label: value.to_owned(),
    };
    if what == "contexts" {
        return Ok(Some(match cx.credential(PORT) {
            Some(lease) if cx.mode() == Mode::Real => auth::contexts(cx, lease)?,
            _ => vec![plain_choice("practice")],
        }));
    }
    let namespace = request.inputs.text("namespace");
    let (api_version, kind) = match what {
        "namespaces" => ("v1", "Namespace"),
        "deployments" | "workloads" => {
            let kind = request.inputs.text("kind").unwrap_or("Deployment");
            ("apps/v1", kind)
        }
        _ => return Ok(None),
    };
    let cluster = Cluster::open(cx).await?;
    let Some(kind) = cluster.kind(api_version, kind).await? else {
        return Ok(Some(Vec::new()));
    };
    let namespace = kind
        .namespaced
        .then(|| namespace.unwrap_or(cluster.namespace()));
    let found = cluster
        .list(&kind, namespace, None, None)
        .await?
        .map_err(|status| errors::refused(&status, None))?;
    let mut names: Vec<&str> = found
        .iter()
        .map(|object| text(object, "/metadata/name"))
        .collect();
    names.sort_unstable();
    Ok(Some(names.into_iter().map(plain_choice).collect()))
}

/// The objects of the step, with what they own and what they point to.
pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    let config: Apply = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    let items = apply_manifests::items(&cluster, &config).await?;
    let mut nodes: BTreeMap<String, DrawnNode> = BTreeMap::new();
    let mut edges: BTreeSet<(String, String)> = BTreeSet::new();
    let mut namespaces = BTreeSet::new();
    let mut living: Vec<Value> = Vec::new();
    for item in &items {
        nodes.insert(item.name.id(), node(&item.name));
        if let (Some(namespace), None) = (&item.name.namespace, &item.later) {
            namespaces.insert(namespace.clone());
        }
        if item.later.is_none()
            && let Some(object) = cluster
                .get(&item.kind, &item.name)
                .await?
                .map_err(|status| errors::refused(&status, Some(&item.name)))?
        {
            living.push(object);
        }
    }
    // What these own, and what that owns.
    for (version, kind) in [
        ("apps/v1", "ReplicaSet"),
        ("batch/v1", "Job"),
        ("v1", "Pod"),
    ] {
        let Some(kind) = cluster.kind(version, kind).await? else {
            continue;
        };
        for namespace in &namespaces {
            // Who may not list them sees the drawing without them.
            let found = cluster
                .list(&kind, Some(namespace), None, None)
                .await?
                .unwrap_or_default();
            for object in found {
                let owned = list(&object, "/metadata/ownerReferences")
                    .iter()
                    .any(|owner| {
                        living
                            .iter()
                            .any(|known| text(known, "/metadata/uid") == text(owner, "/uid"))
                    });
                if owned && let Some(name) = Ref::of(&object) {
                    nodes.insert(name.id(), node(&name));
                    living.push(object);
                }
            }
        }
    }
    for object in &living {
        let Some(name) = Ref::of(object) else {
            continue;
        };
        for owner in list(object, "/metadata/ownerReferences") {
            let by = living
                .iter()
                .find(|known| text(known, "/metadata/uid") == text(owner, "/uid"))
                .and_then(Ref::of);
            if let Some(by) = by {
                edges.insert((by.id(), name.id()));
            }
        }
    }
    for item in &items {
        for (kind, wanted) in points_to(&item.object) {
            let target = items.iter().find(|other| {
                other.name.kind == kind
                    && other.name.name == wanted
                    && other.name.namespace == item.name.namespace
            });
            if let Some(target) = target {
                edges.insert((target.name.id(), item.name.id()));
            }
        }
    }
    Ok(Drawing {
        nodes: nodes.into_values().collect(),
        edges: edges
            .into_iter()
            .map(|(from, to)| DrawnEdge { from, to })
            .collect(),
    })
}

fn node(name: &Ref) -> DrawnNode {
    DrawnNode {
        id: name.id(),
        kind: name.label(),
        name: name.path(),
    }
}

/// The objects that a manifest names: kind and name.
fn points_to(object: &Value) -> Vec<(&'static str, String)> {
    const NAMES: [(&str, &str, &str); 8] = [
        ("configMapRef", "name", "ConfigMap"),
        ("configMapKeyRef", "name", "ConfigMap"),
        ("configMap", "name", "ConfigMap"),
        ("secretRef", "name", "Secret"),
        ("secretKeyRef", "name", "Secret"),
        ("secret", "secretName", "Secret"),
        (
            "persistentVolumeClaim",
            "claimName",
            "PersistentVolumeClaim",
        ),
        ("service", "name", "Service"),
    ];
    let mut found = Vec::new();
    let mut open = vec![object];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                for (key, below) in map {
                    for (holder, field, kind) in NAMES {
                        if key == holder
                            && let Some(name) = below.get(field).and_then(Value::as_str)
                        {
                            found.push((kind, name.to_owned()));
                        }
                    }
                    if key == "serviceAccountName"
                        && let Some(name) = below.as_str()
                    {
                        found.push(("ServiceAccount", name.to_owned()));
                    }
                    open.push(below);
                }
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

/// What controllers go on doing after a cancel.
pub(crate) async fn still_running(cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
    let mut what = Vec::new();
    if request.operation.operation() == "apply" && !request.inputs.is_partial() {
        let config: Apply = request.inputs.read()?;
        let cluster = Cluster::open(cx).await?;
        for item in apply_manifests::items(&cluster, &config).await? {
            if item.later.is_some() || !readiness::is_watched(&item.name) {
                continue;
            }
            let Some(living) = cluster.find(&item.name).await? else {
                continue;
            };
            if let Standing::Waiting(words) = readiness::judge(&living) {
                what.push(format!("The cluster goes on with {}: {words}.", item.name));
            }
        }
    }
    Ok(StillRunning { what })
}
