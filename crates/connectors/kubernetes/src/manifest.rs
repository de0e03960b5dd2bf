//! What Kubernetes is, as data.

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb, explanations,
};
use podium_model::OperationName;
use serde_json::{Value, json};

fn name(text: &str) -> OperationName {
    text.parse()
        .expect("the names of our own operations are written here and are valid")
}

fn port() -> CredentialPort {
    CredentialPort {
        name: crate::auth::PORT.into(),
        kind: "kubernetes".into(),
        required: true,
        title: "The cluster".into(),
    }
}

fn namespace(order: u32) -> Value {
    json!({
        "type": "string", "title": "Namespace", "maxLength": 63,
        "description": "For objects that name none. The namespace of the context where absent.",
        "x-podium-order": order, "x-podium-discover": "namespaces",
    })
}

fn patience(order: u32) -> Value {
    json!({
        "type": "string", "title": "Wait at most", "default": crate::config::PATIENCE,
        "description": "How long it may take, such as 90s or 5m.",
        "x-podium-order": order, "x-podium-more": true, "x-podium-kind": "duration",
    })
}

fn wait(order: u32) -> Value {
    json!({
        "type": "boolean", "title": "Wait until ready", "default": true,
        "description": "Go on only when everything runs; a failing Pod fails the step, with its log.",
        "x-podium-order": order,
    })
}

fn create_namespace(order: u32) -> Value {
    json!({
        "type": "boolean", "title": "Make the namespace", "default": true,
        "description": "Make the namespace where it is missing; undo deletes it again.",
        "x-podium-order": order, "x-podium-more": true,
    })
}

fn api_version(order: u32) -> Value {
    json!({
        "type": "string", "title": "API version",
        "description": "Only for kinds of add-ons, for example `cert-manager.io/v1`.",
        "x-podium-order": order, "x-podium-more": true,
    })
}

fn selector(order: u32) -> Value {
    json!({
        "type": "string", "title": "Labels",
        "description": "A selector in place of a name, for example `app=shop,tier=web`.",
        "x-podium-order": order,
    })
}

fn schema(required: &[&str], properties: &Value) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object", "required": required, "additionalProperties": false,
        "properties": properties,
    })
}

fn objects(title: &str, description: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "title": title, "description": description })
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

fn apply() -> Operation {
    Operation {
        name: name("kubernetes/apply"),
        title: "Apply manifests".into(),
        summary: "Applies manifests or a Kustomize folder on the server's side, and waits until everything runs.".into(),
        input: schema(&["manifests"], &json!({
            "manifests": {
                "type": ["string", "array", "object"], "title": "Manifests",
                "description": "A file, a folder or a Kustomize folder in the workspace; a list of them; or the objects themselves.",
                "items": { "type": ["string", "object"] },
                "x-podium-order": 1, "x-podium-kind": "path",
            },
            "namespace": namespace(2),
            "wait": wait(3),
            "patience": patience(10),
            "create_namespace": create_namespace(11),
            "force": {
                "type": "boolean", "title": "Take fields over", "default": false,
                "description": "Also change fields that another tool has set; the preview names them.",
                "x-podium-order": 12, "x-podium-more": true,
            },
        })),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object", "required": ["namespace", "objects", "addresses"],
            "properties": {
                "namespace": { "type": "string", "title": "Namespace", "description": "Where the objects are." },
                "objects": objects("Objects", "Kind and name of each."),
                "addresses": {
                    "type": "object", "additionalProperties": { "type": "string" },
                    "title": "Addresses", "description": "Of each Service and Ingress, by its name.",
                },
                "url": { "type": "string", "title": "Address", "description": "Of the Ingress, else of the first Service; absent where there is none." },
            },
            "additionalProperties": false,
        }),
        credentials: vec![port()],
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("the cluster cannot be asked about objects whose namespace or kind the step itself makes, nor through webhooks with side effects."))
            .with(Verb::Cancel, Support::partly("what was applied stays until it is undone, and controllers go on rolling it out."))
            .with(Verb::Undo, Support::partly("former values of Secrets are kept nowhere and do not come back, and what a deleted volume held is lost.")),
        writes: true,
        delivery: Delivery::Idempotent,
        permissions: words(&["get", "create", "patch", "delete", "list pods", "get pods/log"]),
    }
}

fn delete() -> Operation {
    Operation {
        name: name("kubernetes/delete"),
        title: "Delete objects".into(),
        summary: "Deletes the objects of manifests, or those of a kind by name or labels, and waits until they are gone.".into(),
        input: schema(&[], &json!({
            "manifests": {
                "type": ["string", "array", "object"], "title": "Manifests",
                "description": "As for applying: every object in them is deleted. Leave it out to name a kind.",
                "items": { "type": ["string", "object"] },
                "x-podium-order": 1, "x-podium-kind": "path",
            },
            "kind": { "type": "string", "title": "Kind", "description": "As in a manifest, for example `Deployment`.", "x-podium-order": 2 },
            "name": { "type": "string", "title": "Name", "description": "The name of the object.", "x-podium-order": 3 },
            "selector": selector(4),
            "namespace": namespace(5),
            "dependents": {
                "type": "string", "enum": ["foreground", "background", "keep"], "default": "foreground",
                "title": "What they own",
                "description": "Goes first, goes afterwards, or stays.",
                "x-podium-order": 10, "x-podium-more": true,
            },
            "api_version": api_version(11),
            "patience": patience(12),
        })),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object", "required": ["deleted"],
            "properties": { "deleted": objects("Deleted", "Kind and name of each object that was there.") },
            "additionalProperties": false,
        }),
        credentials: vec![port()],
        capability: Capability::all()
            .with(Verb::Cancel, Support::partly("a deletion that the cluster has taken goes on."))
            .with(Verb::Undo, Support::partly("objects are made anew with new uids; Secrets, and what namespaces and volumes held, do not come back."))
            .with(Verb::Drift, Support::no("a deleted object has no drift."))
            .with(Verb::Draw, Support::no("there is nothing left to draw.")),
        writes: true,
        delivery: Delivery::Idempotent,
        permissions: words(&["get", "list", "delete", "create (for the undo)"]),
    }
}

fn wait_for() -> Operation {
    Operation {
        name: name("kubernetes/wait"),
        title: "Wait for objects".into(),
        summary: "Waits until objects are ready, meet a condition, or are gone.".into(),
        input: schema(
            &["kind"],
            &json!({
                "kind": { "type": "string", "title": "Kind", "description": "As in a manifest, for example `Deployment`.", "x-podium-order": 1 },
                "name": { "type": "string", "title": "Name", "description": "The name of the object.", "x-podium-order": 2 },
                "selector": selector(3),
                "namespace": namespace(4),
                "until": {
                    "type": "string", "enum": ["ready", "condition", "gone"], "default": "ready", "title": "Until",
                    "description": "Ready by the rules of its kind, a condition, or gone.",
                    "x-podium-order": 5,
                },
                "condition": { "type": "string", "title": "Condition", "description": "Its type, for example `Complete`, or `Ready=False`.", "x-podium-order": 6 },
                "patience": patience(7),
                "api_version": api_version(10),
            }),
        ),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object", "required": ["objects"],
            "properties": { "objects": objects("Objects", "Kind and name of each.") },
            "additionalProperties": false,
        }),
        credentials: vec![port()],
        capability: Capability::all()
            .with(Verb::Undo, Support::no("waiting changes nothing."))
            .with(
                Verb::Drift,
                Support::no("waiting makes nothing that could change."),
            )
            .with(Verb::Draw, Support::no("waiting makes nothing to draw.")),
        writes: false,
        delivery: Delivery::Idempotent,
        permissions: words(&["get", "list"]),
    }
}

fn restart() -> Operation {
    Operation {
        name: name("kubernetes/restart"),
        title: "Restart a workload".into(),
        summary: "Replaces the Pods of a Deployment, StatefulSet or DaemonSet one after the other."
            .into(),
        input: schema(
            &["name"],
            &json!({
                "kind": {
                    "type": "string", "enum": ["Deployment", "StatefulSet", "DaemonSet"], "default": "Deployment",
                    "title": "Kind", "description": "What is restarted.", "x-podium-order": 1,
                },
                "name": { "type": "string", "title": "Name", "description": "Its name.", "x-podium-order": 2, "x-podium-discover": "workloads" },
                "namespace": namespace(3),
                "wait": wait(4),
                "patience": patience(10),
            }),
        ),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object", "required": ["object", "namespace"],
            "properties": {
                "object": { "type": "string", "title": "Object", "description": "Kind and name." },
                "namespace": { "type": "string", "title": "Namespace", "description": "Where it is." },
            },
            "additionalProperties": false,
        }),
        credentials: vec![port()],
        capability: Capability::all()
            .with(
                Verb::Cancel,
                Support::partly("the roll-out goes on; only the waiting ends."),
            )
            .with(
                Verb::Undo,
                Support::no("the same Pods run again, only newer; there is nothing to take back."),
            )
            .with(
                Verb::Drift,
                Support::no("a restart makes nothing that could change."),
            )
            .with(Verb::Draw, Support::no("a restart makes nothing to draw.")),
        writes: true,
        delivery: Delivery::EffectivelyOnce,
        permissions: words(&["get", "patch", "list pods"]),
    }
}

fn helm() -> Operation {
    Operation {
        name: name("kubernetes/helm"),
        title: "Install or upgrade a chart".into(),
        summary: "Installs a Helm chart as a release, or upgrades the release, and waits until it runs.".into(),
        input: schema(&["chart", "release"], &json!({
            "chart": {
                "type": "string", "minLength": 1, "title": "Chart",
                "description": "A folder or archive in the workspace (`./charts/shop`), a name in a repository, or `oci://…`.",
                "x-podium-order": 1,
            },
            "release": { "type": "string", "minLength": 1, "maxLength": 53, "title": "Release", "description": "The name of this installation.", "x-podium-order": 2 },
            "namespace": namespace(3),
            "values": {
                "type": "object", "additionalProperties": true, "default": {}, "title": "Values",
                "description": "Set over the chart's own values.", "x-podium-order": 4,
            },
            "values_files": {
                "type": "array", "items": { "type": "string" }, "default": [], "title": "Files of values",
                "description": "Files in the workspace, later ones over earlier ones; `values` over all.",
                "x-podium-order": 5, "x-podium-more": true,
            },
            "version": { "type": "string", "title": "Version", "description": "Of the chart; without it the newest one of the repository.", "x-podium-order": 6 },
            "repository": { "type": "string", "format": "uri", "title": "Repository", "description": "The address of the chart repository, where the chart is only a name.", "x-podium-order": 7 },
            "wait": wait(8),
            "create_namespace": create_namespace(11),
            "patience": patience(12),
        })),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object", "required": ["release", "namespace", "revision", "status"],
            "properties": {
                "release": { "type": "string", "title": "Release", "description": "Its name." },
                "namespace": { "type": "string", "title": "Namespace", "description": "Where it is." },
                "revision": { "type": "integer", "title": "Revision", "description": "Which one it is, counted from 1." },
                "status": { "type": "string", "title": "Status", "description": "In Helm's own word." },
                "chart": { "type": "string", "title": "Chart", "description": "Name and version." },
                "app_version": { "type": "string", "title": "Version of the application", "description": "As the chart tells it." },
                "notes": { "type": "string", "title": "Notes", "description": "What the chart says after its installation." },
            },
            "additionalProperties": false,
        }),
        credentials: vec![port()],
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("the lines are the chart's manifests compared with those of the installed release; what hooks do cannot be known."))
            .with(Verb::Cancel, Support::partly("Helm stops, and controllers go on with what was applied."))
            .with(Verb::Undo, Support::partly("Helm rolls back or uninstalls; hooks are not taken back, and what a deleted volume held is lost."))
            .with(Verb::Drift, Support::no("Helm does not compare a release with the cluster."))
            .with(Verb::Draw, Support::no("a chart's objects are known only after rendering; apply draws its own.")),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "Helm's own history of the release tells whether a revision was made by this step.".into(),
        },
        permissions: words(&["get, list, create, update, delete secrets (Helm's releases)", "whatever the chart holds"]),
    }
}

fn cluster() -> CredentialKind {
    let field = |name: &str, label: &str, help: &str, secret| CredentialField {
        name: name.into(),
        label: label.into(),
        help: help.into(),
        secret,
        required: false,
    };
    CredentialKind {
        id: "kubernetes".into(),
        label: "Kubernetes cluster".into(),
        fields: vec![
            field(
                "kubeconfig",
                "Kubeconfig",
                "The whole text, for example of `kubectl config view --raw --minify --flatten`. Leave empty to name a file.",
                true,
            ),
            field(
                "path",
                "File",
                "A kubeconfig outside the workspace, for example `~/.kube/config`; several are separated as in `KUBECONFIG`.",
                false,
            ),
            field(
                "context",
                "Context",
                "Which context of it; the current one where empty.",
                false,
            ),
        ],
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "kubernetes".into(),
        label: "Kubernetes".into(),
        summary: "Applies manifests, Kustomize folders and Helm charts to a cluster.".into(),
        mark: "K8".into(),
        hue: 250,
        credentials: vec![cluster()],
        operations: vec![apply(), delete(), wait_for(), helm(), restart()],
        tools: vec!["kubectl".into(), "helm".into()],
        helpers: Vec::new(),
        local: false,
        links: vec![
            "https://kubernetes.io/docs/reference/using-api/server-side-apply/".into(),
            "https://kubernetes.io/docs/reference/using-api/api-concepts/".into(),
            "https://helm.sh/docs/helm/".into(),
        ],
        checked: vec![
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "Kubernetes 1.37.2 (API server, controllers, scheduler) with KWOK 0.8.0".into(),
                by: "crates/connectors/kubernetes/tests/kubernetes/server.rs".into(),
            },
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "the same cluster, through the suite of all connectors".into(),
                by: "tests/contract/kubernetes.rs".into(),
            },
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "the same cluster, in one run with Terraform, Ansible and an AWS API server".into(),
                by: "tests/journeys/nine_real.rs".into(),
            },
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "kubectl 1.37.2, as a referee of what was done".into(),
                by: "crates/connectors/kubernetes/tests/kubernetes/server.rs".into(),
            },
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "Helm 3.22.0".into(),
                by: "crates/connectors/kubernetes/tests/kubernetes/charts.rs".into(),
            },
            Checked {
                against: CheckedAgainst::VendorClient,
                what: "kubectl 1.37.2, driving the practice cluster".into(),
                by: "crates/connectors/kubernetes/tests/kubernetes/vendor.rs".into(),
            },
            Checked {
                against: CheckedAgainst::VendorClient,
                what: "Helm 3.22.0, driving the practice cluster".into(),
                by: "crates/connectors/kubernetes/tests/kubernetes/vendor.rs".into(),
            },
            Checked {
                against: CheckedAgainst::VendorSpecification,
                what: "schemas of all objects of Kubernetes 1.37.0".into(),
                by: "crates/connectors/kubernetes/tests/kubernetes/specification.rs".into(),
            },
        ],
        explained: explanations(include_str!("explained.json")),
        unconfirmed: vec![
            "A cluster behind a `proxy-url` was not tried; such a kubeconfig is refused with the reason.".into(),
            "The order in which a vendor's admission webhooks see a dry run was not seen.".into(),
        ],
    }
}
