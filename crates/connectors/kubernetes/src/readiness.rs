//! When an object is ready, by its kind. Pure: a judgement on the object as the cluster shows it.

use serde_json::Value;

use crate::object::{Ref, condition, label, list, number, text};

/// How an object stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Ready,
    /// Not yet, and what is missing.
    Waiting(String),
    /// It will not become ready by itself.
    Failed(String),
}

use Standing::{Failed, Ready, Waiting};

/// How this object stands.
pub(crate) fn judge(object: &Value) -> Standing {
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Waiting("it is being deleted".into());
    }
    let group = text(object, "/apiVersion")
        .split_once('/')
        .map_or("", |(group, _)| group);
    match (group, text(object, "/kind")) {
        ("apps", "Deployment") => deployment(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => replica_set(object),
        ("batch", "Job") => job(object),
        ("", "Pod") => pod(object),
        ("", "PersistentVolumeClaim") => claim(object),
        ("", "Service") => service(object),
        ("", "Namespace") => match text(object, "/status/phase") {
            "Terminating" => Waiting("it is being deleted".into()),
            _ => Ready,
        },
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object),
        ("apiregistration.k8s.io", "APIService") => by_condition(object, "Available"),
        _ => other(object),
    }
}

/// Whether the controller has seen the newest form.
fn is_seen(object: &Value) -> bool {
    number(object, "/status/observedGeneration") >= number(object, "/metadata/generation")
}

const UNSEEN: &str = "its controller has not seen the change yet";

fn deployment(object: &Value) -> Standing {
    if let Some(progress) = condition(object, "Progressing")
        && text(progress, "/reason") == "ProgressDeadlineExceeded"
        && is_seen(object)
    {
        return Failed(format!(
            "it made no progress in time: {}",
            text(progress, "/message")
        ));
    }
    if let Some(failure) = condition(object, "ReplicaFailure")
        && text(failure, "/status") == "True"
        && is_seen(object)
    {
        return Failed(format!(
            "its Pods cannot be made: {}",
            text(failure, "/message")
        ));
    }
    if !is_seen(object) {
        return Waiting(UNSEEN.into());
    }
    let wanted = object
        .pointer("/spec/replicas")
        .and_then(Value::as_i64)
        .unwrap_or(1);
    let updated = number(object, "/status/updatedReplicas");
    let available = number(object, "/status/availableReplicas");
    let all = number(object, "/status/replicas");
    if updated < wanted {
        return Waiting(format!("{updated} of {wanted} Pods are new"));
    }
    if all > updated {
        return Waiting(format!("{} old Pods are still ending", all - updated));
    }
    if available < updated {
        return Waiting(format!("{available} of {updated} Pods are available"));
    }
    if object["spec"]["paused"] == Value::Bool(true) && updated == 0 && wanted > 0 {
        return Waiting("its roll-out is paused".into());
    }
    Ready
}

fn stateful_set(object: &Value) -> Standing {
    if !is_seen(object) {
        return Waiting(UNSEEN.into());
    }
    let wanted = object
        .pointer("/spec/replicas")
        .and_then(Value::as_i64)
        .unwrap_or(1);
    let ready = number(object, "/status/readyReplicas");
    if ready < wanted {
        return Waiting(format!("{ready} of {wanted} Pods are ready"));
    }
    if text(object, "/spec/updateStrategy/type") == "OnDelete" {
        return Ready;
    }
    let partition = number(object, "/spec/updateStrategy/rollingUpdate/partition");
    let updated = number(object, "/status/updatedReplicas");
    if partition > 0 {
        return if updated >= wanted - partition {
            Ready
        } else {
            Waiting(format!("{updated} of {} Pods are new", wanted - partition))
        };
    }
    let (current, update) = (
        text(object, "/status/currentRevision"),
        text(object, "/status/updateRevision"),
    );
    if current != update {
        return Waiting(format!("{updated} of {wanted} Pods are new"));
    }
    Ready
}

fn daemon_set(object: &Value) -> Standing {
    if !is_seen(object) {
        return Waiting(UNSEEN.into());
    }
    let wanted = number(object, "/status/desiredNumberScheduled");
    let updated = number(object, "/status/updatedNumberScheduled");
    let available = number(object, "/status/numberAvailable");
    if updated < wanted && text(object, "/spec/updateStrategy/type") != "OnDelete" {
        return Waiting(format!("{updated} of {wanted} Pods are new"));
    }
    if available < wanted {
        return Waiting(format!("{available} of {wanted} Pods are available"));
    }
    Ready
}

fn replica_set(object: &Value) -> Standing {
    let wanted = object
        .pointer("/spec/replicas")
        .and_then(Value::as_i64)
        .unwrap_or(1);
    let ready = number(object, "/status/readyReplicas");
    if !is_seen(object) {
        Waiting(UNSEEN.into())
    } else if ready < wanted {
        Waiting(format!("{ready} of {wanted} Pods are ready"))
    } else {
        Ready
    }
}

fn job(object: &Value) -> Standing {
    let is_true =
        |kind| condition(object, kind).filter(|condition| text(condition, "/status") == "True");
    if is_true("Complete").is_some() {
        return Ready;
    }
    if let Some(failed) = is_true("Failed") {
        let why = match text(failed, "/reason") {
            "BackoffLimitExceeded" => "its Pods failed too often".to_owned(),
            "DeadlineExceeded" => "it took longer than its deadline".to_owned(),
            reason => reason.to_owned(),
        };
        return Failed(format!("the job failed: {why}"));
    }
    if object["spec"]["suspend"] == Value::Bool(true) {
        return Waiting("it is suspended".into());
    }
    let wanted = object
        .pointer("/spec/completions")
        .and_then(Value::as_i64)
        .unwrap_or(1);
    Waiting(format!(
        "{} of {wanted} Pods have succeeded",
        number(object, "/status/succeeded")
    ))
}

fn pod(object: &Value) -> Standing {
    match text(object, "/status/phase") {
        "Succeeded" => Ready,
        "Failed" => Failed(format!(
            "the Pod failed: {}",
            first_of(&[
                text(object, "/status/message"),
                text(object, "/status/reason"),
                "its container ended with an error"
            ])
        )),
        "Running" => by_condition(object, "Ready"),
        "" => Waiting("nobody has taken it up yet".into()),
        phase => Waiting(format!("it is {phase}")),
    }
}

fn first_of<'a>(texts: &[&'a str]) -> &'a str {
    texts
        .iter()
        .find(|text| !text.is_empty())
        .copied()
        .unwrap_or_default()
}

fn claim(object: &Value) -> Standing {
    match text(object, "/status/phase") {
        "Bound" => Ready,
        "Lost" => Failed("its volume is lost".into()),
        "" => Waiting("nobody has taken it up yet".into()),
        phase => Waiting(format!("it is {phase}")),
    }
}

fn service(object: &Value) -> Standing {
    if text(object, "/spec/type") != "LoadBalancer" {
        return Ready;
    }
    if list(object, "/status/loadBalancer/ingress").is_empty() {
        return Waiting("its load balancer has no address yet".into());
    }
    Ready
}

fn definition(object: &Value) -> Standing {
    if let Some(names) = condition(object, "NamesAccepted")
        && text(names, "/status") == "False"
    {
        return Failed(format!("its names are taken: {}", text(names, "/message")));
    }
    by_condition(object, "Established")
}

fn by_condition(object: &Value, kind: &str) -> Standing {
    match condition(object, kind) {
        Some(found) if text(found, "/status") == "True" => Ready,
        Some(found) => Waiting(
            first_of(&[
                text(found, "/message"),
                text(found, "/reason"),
                &format!("{kind} is {}", text(found, "/status")),
            ])
            .to_owned(),
        ),
        None => Waiting(format!("it does not say `{kind}` yet")),
    }
}

/// Any other kind: what its conditions say, where it has them.
fn other(object: &Value) -> Standing {
    for kind in ["Ready", "Available", "Established", "Healthy"] {
        if let Some(found) = condition(object, kind) {
            if text(found, "/reason") == "Failed" {
                return Failed(text(found, "/message").to_owned());
            }
            return by_condition(object, kind);
        }
    }
    if let Some(stalled) = condition(object, "Stalled")
        && text(stalled, "/status") == "True"
    {
        return Failed(text(stalled, "/message").to_owned());
    }
    Ready
}

/// Whether an object of this kind has anything to wait for.
pub(crate) fn is_watched(object: &Ref) -> bool {
    !matches!(
        object.kind.as_str(),
        "ConfigMap"
            | "Secret"
            | "ServiceAccount"
            | "Role"
            | "RoleBinding"
            | "ClusterRole"
            | "ClusterRoleBinding"
            | "Namespace"
            | "CronJob"
            | "Ingress"
            | "NetworkPolicy"
            | "LimitRange"
            | "ResourceQuota"
            | "PriorityClass"
            | "StorageClass"
    ) || label(&object.api_version, &object.kind).contains('.')
}

/// The labels of the Pods that an object runs, as a selector.
pub(crate) fn selector(object: &Value) -> Option<String> {
    let labels = match text(object, "/kind") {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => {
            object.pointer("/spec/selector/matchLabels")
        }
        _ => None,
    }?
    .as_object()?;
    Some(
        labels
            .iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?)))
            .collect::<Vec<_>>()
            .join(","),
    )
    .filter(|selector| !selector.is_empty())
}

#[cfg(test)]
mod tests;
