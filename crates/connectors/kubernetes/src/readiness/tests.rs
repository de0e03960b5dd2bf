use serde_json::json;

use super::*;

fn check(object: &serde_json::Value, expected: &str) {
    let standing = match judge(object) {
        Ready => "ready".to_owned(),
        Waiting(words) => format!("waiting: {words}"),
        Failed(words) => format!("failed: {words}"),
    };
    assert_eq!(standing, expected, "{object}");
}

fn deployment_with(status: &serde_json::Value) -> serde_json::Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "generation": 2}, "spec": {"replicas": 3}, "status": status})
}

#[test]
fn a_deployment_is_ready_when_all_its_pods_are_new_and_available() {
    for (status, expected) in [
        (
            json!({"observedGeneration": 1, "updatedReplicas": 3, "availableReplicas": 3, "replicas": 3}),
            "waiting: its controller has not seen the change yet",
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 3, "replicas": 4}),
            "waiting: 1 of 3 Pods are new",
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 3, "availableReplicas": 3, "replicas": 4}),
            "waiting: 1 old Pods are still ending",
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 3, "availableReplicas": 2, "replicas": 3}),
            "waiting: 2 of 3 Pods are available",
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 3, "availableReplicas": 3, "replicas": 3}),
            "ready",
        ),
        (
            json!({"observedGeneration": 2, "conditions": [{"type": "Progressing", "status": "False",
            "reason": "ProgressDeadlineExceeded", "message": "timed out"}]}),
            "failed: it made no progress in time: timed out",
        ),
        (
            json!({"observedGeneration": 2, "conditions": [{"type": "ReplicaFailure", "status": "True",
            "message": "exceeded quota"}]}),
            "failed: its Pods cannot be made: exceeded quota",
        ),
    ] {
        check(&deployment_with(&status), expected);
    }
}

#[test]
fn a_stateful_set_counts_pods_and_revisions() {
    let with = |status: serde_json::Value, partition: i64| {
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"generation": 1},
            "spec": {"replicas": 2, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}},
            "status": status})
    };
    check(
        &with(json!({"observedGeneration": 1, "readyReplicas": 1}), 0),
        "waiting: 1 of 2 Pods are ready",
    );
    check(
        &with(
            json!({"observedGeneration": 1, "readyReplicas": 2, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"}),
            0,
        ),
        "waiting: 1 of 2 Pods are new",
    );
    check(
        &with(
            json!({"observedGeneration": 1, "readyReplicas": 2, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"}),
            1,
        ),
        "ready",
    );
    check(
        &with(
            json!({"observedGeneration": 1, "readyReplicas": 2, "currentRevision": "b", "updateRevision": "b"}),
            0,
        ),
        "ready",
    );
}

#[test]
fn a_daemon_set_runs_on_every_node_it_wants() {
    let with = |updated: i64, available: i64| {
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"generation": 1}, "spec": {},
            "status": {"observedGeneration": 1, "desiredNumberScheduled": 2,
                "updatedNumberScheduled": updated, "numberAvailable": available}})
    };
    check(&with(1, 2), "waiting: 1 of 2 Pods are new");
    check(&with(2, 1), "waiting: 1 of 2 Pods are available");
    check(&with(2, 2), "ready");
}

#[test]
fn a_job_is_ready_when_it_is_complete_and_says_why_it_failed() {
    let with = |conditions: serde_json::Value| {
        json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"completions": 2},
            "status": {"succeeded": 1, "conditions": conditions}})
    };
    check(&with(json!([])), "waiting: 1 of 2 Pods have succeeded");
    check(
        &with(json!([{"type": "SuccessCriteriaMet", "status": "True"}])),
        "waiting: 1 of 2 Pods have succeeded",
    );
    check(
        &with(json!([{"type": "Complete", "status": "True"}])),
        "ready",
    );
    check(
        &with(json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}])),
        "failed: the job failed: its Pods failed too often",
    );
}

#[test]
fn the_small_kinds_have_a_rule_each() {
    for (object, expected) in [
        (
            json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}),
            "ready",
        ),
        (
            json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Failed", "reason": "Evicted"}}),
            "failed: the Pod failed: Evicted",
        ),
        (
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}}),
            "waiting: it is Pending",
        ),
        (
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Bound"}}),
            "ready",
        ),
        (
            json!({"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer"}, "status": {}}),
            "waiting: its load balancer has no address yet",
        ),
        (
            json!({"apiVersion": "v1", "kind": "Service", "spec": {"type": "ClusterIP"}}),
            "ready",
        ),
        (
            json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "status": {"conditions": [{"type": "Established", "status": "True"}]}}),
            "ready",
        ),
        (
            json!({"apiVersion": "x.io/v1", "kind": "Thing", "status": {"conditions": [{"type": "Ready", "status": "False", "message": "no license"}]}}),
            "waiting: no license",
        ),
        (
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {}}),
            "ready",
        ),
        (
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
            "waiting: it is being deleted",
        ),
    ] {
        check(&object, expected);
    }
}
