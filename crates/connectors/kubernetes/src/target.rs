//! Objects that a step names by kind and name, or by kind and labels.

use podium_diagnostics::{Error, ErrorKind, Result};

use crate::client::{Cluster, Kind};
use crate::errors::{self, REFUSED};
use crate::object::Ref;

/// Where the usual kinds are, so that a step need not say it.
const KNOWN: [(&str, &str); 22] = [
    ("Pod", "v1"),
    ("Service", "v1"),
    ("ConfigMap", "v1"),
    ("Secret", "v1"),
    ("Namespace", "v1"),
    ("Node", "v1"),
    ("PersistentVolume", "v1"),
    ("PersistentVolumeClaim", "v1"),
    ("ServiceAccount", "v1"),
    ("Deployment", "apps/v1"),
    ("StatefulSet", "apps/v1"),
    ("DaemonSet", "apps/v1"),
    ("ReplicaSet", "apps/v1"),
    ("Job", "batch/v1"),
    ("CronJob", "batch/v1"),
    ("Ingress", "networking.k8s.io/v1"),
    ("NetworkPolicy", "networking.k8s.io/v1"),
    ("Role", "rbac.authorization.k8s.io/v1"),
    ("RoleBinding", "rbac.authorization.k8s.io/v1"),
    ("ClusterRole", "rbac.authorization.k8s.io/v1"),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1"),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1"),
];

/// The kind that a step names; an API version is needed for kinds of add-ons alone.
pub(crate) async fn kind(
    cluster: &Cluster<'_>,
    kind: &str,
    api_version: Option<&str>,
) -> Result<Kind> {
    let version = match api_version {
        Some(version) => version,
        None => KNOWN
            .iter()
            .find(|(known, _)| *known == kind)
            .map(|(_, version)| *version)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Invalid,
                    REFUSED,
                    format!("`{kind}` is none of the usual kinds."),
                )
                .with_hint("Give its API version as well, for example `cert-manager.io/v1`; kinds are written as in a manifest: `Deployment`.")
            })?,
    };
    cluster.known_kind(version, kind).await
}

/// The object of this name.
pub(crate) fn named(
    cluster: &Cluster<'_>,
    kind: &Kind,
    namespace: Option<&str>,
    name: &str,
) -> Ref {
    Ref {
        api_version: kind.api_version.clone(),
        kind: kind.kind.clone(),
        namespace: kind
            .namespaced
            .then(|| namespace.unwrap_or(cluster.namespace()).to_owned()),
        name: name.to_owned(),
    }
}

/// Every object of a selector.
pub(crate) async fn selected(
    cluster: &Cluster<'_>,
    kind: &Kind,
    namespace: Option<&str>,
    selector: &str,
) -> Result<Vec<Ref>> {
    let namespace = kind
        .namespaced
        .then(|| namespace.unwrap_or(cluster.namespace()));
    let found = cluster
        .list(kind, namespace, Some(selector), None)
        .await?
        .map_err(|status| errors::refused(&status, None))?;
    let mut names: Vec<Ref> = found.iter().filter_map(Ref::of).collect();
    names.sort();
    Ok(names)
}
