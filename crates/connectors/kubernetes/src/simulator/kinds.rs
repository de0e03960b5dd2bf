//! The kinds that the practice cluster serves.

use serde_json::{Value, json};

use super::store::Store;
use crate::object::{list, text};

/// One kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) plural: String,
    pub(super) short: Vec<String>,
    pub(super) namespaced: bool,
    /// Whether it has a status of its own.
    pub(super) status: bool,
}

impl Served {
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `deployments.apps`, as messages write it.
    pub(super) fn resource(&self) -> String {
        if self.group.is_empty() {
            self.plural.clone()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// `Deployment.apps`.
    pub(super) fn kind_in_group(&self) -> String {
        if self.group.is_empty() {
            self.kind.clone()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }
}

/// Group, version, kind, plural, short names, in namespaces.
const BUILT_IN: &[(&str, &str, &str, &str, &str, bool)] = &[
    ("", "v1", "Namespace", "namespaces", "ns", false),
    ("", "v1", "Node", "nodes", "no", false),
    ("", "v1", "Pod", "pods", "po", true),
    ("", "v1", "Service", "services", "svc", true),
    ("", "v1", "ConfigMap", "configmaps", "cm", true),
    ("", "v1", "Secret", "secrets", "", true),
    ("", "v1", "ServiceAccount", "serviceaccounts", "sa", true),
    ("", "v1", "Event", "events", "ev", true),
    ("", "v1", "Endpoints", "endpoints", "ep", true),
    (
        "",
        "v1",
        "PersistentVolume",
        "persistentvolumes",
        "pv",
        false,
    ),
    (
        "",
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        "pvc",
        true,
    ),
    ("", "v1", "ResourceQuota", "resourcequotas", "quota", true),
    ("", "v1", "LimitRange", "limitranges", "limits", true),
    (
        "",
        "v1",
        "ReplicationController",
        "replicationcontrollers",
        "rc",
        true,
    ),
    ("apps", "v1", "Deployment", "deployments", "deploy", true),
    ("apps", "v1", "ReplicaSet", "replicasets", "rs", true),
    ("apps", "v1", "StatefulSet", "statefulsets", "sts", true),
    ("apps", "v1", "DaemonSet", "daemonsets", "ds", true),
    (
        "apps",
        "v1",
        "ControllerRevision",
        "controllerrevisions",
        "",
        true,
    ),
    ("batch", "v1", "Job", "jobs", "", true),
    ("batch", "v1", "CronJob", "cronjobs", "cj", true),
    (
        "autoscaling",
        "v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "hpa",
        true,
    ),
    (
        "policy",
        "v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        "pdb",
        true,
    ),
    (
        "networking.k8s.io",
        "v1",
        "Ingress",
        "ingresses",
        "ing",
        true,
    ),
    (
        "networking.k8s.io",
        "v1",
        "IngressClass",
        "ingressclasses",
        "",
        false,
    ),
    (
        "networking.k8s.io",
        "v1",
        "NetworkPolicy",
        "networkpolicies",
        "netpol",
        true,
    ),
    ("rbac.authorization.k8s.io", "v1", "Role", "roles", "", true),
    (
        "rbac.authorization.k8s.io",
        "v1",
        "RoleBinding",
        "rolebindings",
        "",
        true,
    ),
    (
        "rbac.authorization.k8s.io",
        "v1",
        "ClusterRole",
        "clusterroles",
        "",
        false,
    ),
    (
        "rbac.authorization.k8s.io",
        "v1",
        "ClusterRoleBinding",
        "clusterrolebindings",
        "",
        false,
    ),
    (
        "storage.k8s.io",
        "v1",
        "StorageClass",
        "storageclasses",
        "sc",
        false,
    ),
    (
        "scheduling.k8s.io",
        "v1",
        "PriorityClass",
        "priorityclasses",
        "pc",
        false,
    ),
    ("coordination.k8s.io", "v1", "Lease", "leases", "", true),
    (
        "discovery.k8s.io",
        "v1",
        "EndpointSlice",
        "endpointslices",
        "",
        true,
    ),
    ("events.k8s.io", "v1", "Event", "events", "ev", true),
    (
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        "",
        false,
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        "",
        false,
    ),
    (
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "crd",
        false,
    ),
    (
        "apiregistration.k8s.io",
        "v1",
        "APIService",
        "apiservices",
        "",
        false,
    ),
];

/// Every kind, those of definitions included.
pub(super) fn all(store: &Store) -> Vec<Served> {
    let mut kinds: Vec<Served> = BUILT_IN
        .iter()
        .map(
            |&(group, version, kind, plural, short, namespaced)| Served {
                group: group.into(),
                version: version.into(),
                kind: kind.into(),
                plural: plural.into(),
                short: Some(short)
                    .filter(|short| !short.is_empty())
                    .map(str::to_owned)
                    .into_iter()
                    .collect(),
                namespaced,
                status: true,
            },
        )
        .collect();
    for definition in store.of_plural("apiextensions.k8s.io", "customresourcedefinitions") {
        let established = list(definition, "/status/conditions")
            .iter()
            .any(|condition| {
                text(condition, "/type") == "Established" && text(condition, "/status") == "True"
            });
        if !established {
            continue;
        }
        for version in list(definition, "/spec/versions") {
            if version["served"] == Value::Bool(false) {
                continue;
            }
            kinds.push(Served {
                group: text(definition, "/spec/group").into(),
                version: text(version, "/name").into(),
                kind: text(definition, "/spec/names/kind").into(),
                plural: text(definition, "/spec/names/plural").into(),
                short: list(definition, "/spec/names/shortNames")
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
                namespaced: text(definition, "/spec/scope") == "Namespaced",
                status: version.pointer("/subresources/status").is_some(),
            });
        }
    }
    kinds
}

/// What `kubectl get all` means.
fn categories(kind: &str) -> &'static [&'static str] {
    match kind {
        "Pod" | "Service" | "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job"
        | "CronJob" => &["all"],
        _ => &[],
    }
}

/// `/apis/{group}/{version}` as a list of resources.
pub(super) fn resources(kinds: &[Served], group: &str, version: &str) -> Option<Value> {
    let own: Vec<&Served> = kinds
        .iter()
        .filter(|kind| kind.group == group && kind.version == version)
        .collect();
    let questions: &[(&str, &str)] = match group {
        "authentication.k8s.io" => &[("selfsubjectreviews", "SelfSubjectReview")],
        "authorization.k8s.io" => &[
            ("selfsubjectaccessreviews", "SelfSubjectAccessReview"),
            ("selfsubjectrulesreviews", "SelfSubjectRulesReview"),
        ],
        _ => &[],
    };
    if own.is_empty() && (questions.is_empty() || version != "v1") {
        return None;
    }
    let mut resources = Vec::new();
    for (plural, kind) in questions {
        resources.push(json!({
            "name": plural, "singularName": "", "namespaced": false, "kind": kind, "verbs": ["create"],
        }));
    }
    for kind in own {
        resources.push(json!({
            "name": kind.plural, "singularName": kind.kind.to_lowercase(), "namespaced": kind.namespaced,
            "kind": kind.kind, "shortNames": kind.short, "categories": categories(&kind.kind),
            "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        }));
        if kind.status {
            resources.push(json!({
                "name": format!("{}/status", kind.plural), "singularName": "", "namespaced": kind.namespaced,
                "kind": kind.kind, "verbs": ["get", "patch", "update"],
            }));
        }
        if matches!(
            kind.kind.as_str(),
            "Deployment" | "ReplicaSet" | "StatefulSet"
        ) {
            resources.push(json!({
                "name": format!("{}/scale", kind.plural), "singularName": "", "namespaced": true,
                "group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": ["get", "patch", "update"],
            }));
        }
        if kind.kind == "Pod" && kind.group.is_empty() {
            resources.push(json!({
                "name": "pods/log", "singularName": "", "namespaced": true, "kind": "Pod", "verbs": ["get"],
            }));
            resources.push(json!({
                "name": "pods/eviction", "singularName": "", "namespaced": true, "group": "policy", "version": "v1",
                "kind": "Eviction", "verbs": ["create"],
            }));
        }
    }
    let api_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": resources,
    }))
}

/// `/apis`, or one group of it.
pub(super) fn groups(kinds: &[Served], only: Option<&str>) -> Value {
    let mut names: Vec<(&str, Vec<&str>)> = vec![
        ("authentication.k8s.io", vec!["v1"]),
        ("authorization.k8s.io", vec!["v1"]),
    ];
    for kind in kinds.iter().filter(|kind| !kind.group.is_empty()) {
        match names.iter_mut().find(|(name, _)| *name == kind.group) {
            Some((_, versions)) => {
                if !versions.contains(&kind.version.as_str()) {
                    versions.push(&kind.version);
                }
            }
            None => names.push((&kind.group, vec![&kind.version])),
        }
    }
    let group = |(name, versions): &(&str, Vec<&str>)| {
        let versions: Vec<Value> = versions
            .iter()
            .map(|version| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
            .collect();
        json!({"name": name, "versions": versions, "preferredVersion": versions[0]})
    };
    match only {
        Some(only) => names
            .iter()
            .find(|(name, _)| *name == only)
            .map_or(Value::Null, |found| {
                let mut one = group(found);
                one["kind"] = "APIGroup".into();
                one["apiVersion"] = "v1".into();
                one
            }),
        None => json!({
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": names.iter().map(group).collect::<Vec<_>>(),
        }),
    }
}
