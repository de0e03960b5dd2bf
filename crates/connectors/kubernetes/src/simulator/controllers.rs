//! What a cluster does by itself with time: replica sets, Pods, their troubles and their ends.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::store::{Store, key, stamp};
use crate::object::{list, number, text};

/// So long after its making a Pod is ready, in milliseconds.
const STARTS: i64 = 1_500;
/// So long a namespace takes to go.
const ENDS: i64 = 300;

/// Short and the same for the same template.
fn mark(value: &Value) -> String {
    let mark = Sha256::digest(value.to_string().as_bytes());
    format!(
        "{:02x}{:02x}{:02x}{:02x}",
        mark[0], mark[1], mark[2], mark[3]
    )
}

/// What is wrong with a Pod of this template.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    NoImage,
    Crash,
    Memory,
    NoConfig,
}

fn trouble(store: &Store, namespace: &str, spec: &Value) -> Trouble {
    for container in list(spec, "/containers") {
        let image = text(container, "/image");
        if image.contains("missing") {
            return Trouble::NoImage;
        }
        if image.contains("crash") {
            return Trouble::Crash;
        }
        if image.contains("oom") {
            return Trouble::Memory;
        }
        let needs = |plural: &str, name: &str| {
            !name.is_empty() && store.find("", plural, namespace, name).is_none()
        };
        for source in list(container, "/envFrom") {
            if needs("secrets", text(source, "/secretRef/name"))
                || needs("configmaps", text(source, "/configMapRef/name"))
            {
                return Trouble::NoConfig;
            }
        }
        for variable in list(container, "/env") {
            if needs("secrets", text(variable, "/valueFrom/secretKeyRef/name"))
                || needs(
                    "configmaps",
                    text(variable, "/valueFrom/configMapKeyRef/name"),
                )
            {
                return Trouble::NoConfig;
            }
        }
    }
    Trouble::None
}

/// What a container of the Pod printed.
pub(super) fn log(pod: &Value, container: Option<&str>) -> String {
    let image = list(pod, "/spec/containers")
        .iter()
        .find(|known| container.is_none_or(|name| text(known, "/name") == name))
        .map(|container| text(container, "/image"))
        .unwrap_or_default();
    if image.contains("crash") {
        "starting\nreading the configuration\nfatal: the database `shop` does not answer\n".into()
    } else if image.contains("oom") {
        "starting\nloading everything into memory\n".into()
    } else {
        "starting\nlistening on port 8080\n".into()
    }
}

fn owner(object: &Value) -> Value {
    json!([{
        "apiVersion": object["apiVersion"], "kind": object["kind"], "name": object["metadata"]["name"],
        "uid": object["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
    }])
}

impl Store {
    /// Lets the controllers catch up with the time.
    pub(super) fn advance(&mut self, now: i64) {
        for (group, plural) in [
            ("", "namespaces"),
            ("apiextensions.k8s.io", "customresourcedefinitions"),
            ("", "persistentvolumeclaims"),
            ("", "services"),
            ("apps", "deployments"),
            ("apps", "replicasets"),
            ("apps", "statefulsets"),
            ("apps", "daemonsets"),
            ("batch", "jobs"),
            ("", "pods"),
        ] {
            let objects: Vec<Value> = self.of_plural(group, plural).cloned().collect();
            for object in objects {
                let own = key(
                    group,
                    plural,
                    text(&object, "/metadata/namespace"),
                    text(&object, "/metadata/name"),
                );
                if object.pointer("/metadata/deletionTimestamp").is_some() && plural != "namespaces"
                {
                    continue;
                }
                match plural {
                    "namespaces" => self.namespace(now, &own, object),
                    "customresourcedefinitions" => self.definition(now, object),
                    "persistentvolumeclaims" => {
                        self.with_status(now, group, plural, object, json!({"phase": "Bound"}));
                    }
                    "services" => self.service(now, &own, object),
                    "deployments" => self.deployment(now, &own, object),
                    "replicasets" => self.replica_set(now, object),
                    "statefulsets" => self.stateful_set(now, object),
                    "daemonsets" => self.daemon_set(now, object),
                    "jobs" => self.job(now, &own, object),
                    _ => self.pod(now, &own, &object),
                }
            }
        }
    }

    fn with_status(
        &mut self,
        now: i64,
        group: &str,
        plural: &str,
        mut object: Value,
        status: Value,
    ) {
        if object.get("status") == Some(&status) {
            return;
        }
        object["status"] = status;
        self.put(now, group, plural, object);
    }

    fn namespace(&mut self, now: i64, own: &str, object: Value) {
        if object.pointer("/metadata/deletionTimestamp").is_none() {
            self.with_status(now, "", "namespaces", object, json!({"phase": "Active"}));
            return;
        }
        let name = text(&object, "/metadata/name").to_owned();
        for key in self.within(&name) {
            self.delete(now, &key, false);
        }
        if self.within(&name).is_empty() && self.age(now, own) >= ENDS {
            self.remove(own);
        }
    }

    fn definition(&mut self, now: i64, object: Value) {
        let status = json!({
            "acceptedNames": object["spec"]["names"],
            "conditions": [
                {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "no conflicts found"},
                {"type": "Established", "status": "True", "reason": "InitialNamesAccepted", "message": "the initial names have been accepted"},
            ],
            "storedVersions": list(&object, "/spec/versions").iter().map(|v| v["name"].clone()).collect::<Vec<_>>(),
        });
        self.with_status(
            now,
            "apiextensions.k8s.io",
            "customresourcedefinitions",
            object,
            status,
        );
    }

    fn service(&mut self, now: i64, own: &str, object: Value) {
        let mut status = json!({"loadBalancer": {}});
        if text(&object, "/spec/type") == "LoadBalancer" {
            if self.age(now, own) < STARTS
                && list(&object, "/status/loadBalancer/ingress").is_empty()
            {
                return;
            }
            status = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}});
        }
        self.with_status(now, "", "services", object, status);
    }

    fn pods_of(&self, uid: &str, plural: &str, group: &str) -> Vec<Value> {
        self.of_plural(group, plural)
            .filter(|object| {
                list(object, "/metadata/ownerReferences")
                    .iter()
                    .any(|owner| text(owner, "/uid") == uid)
            })
            .cloned()
            .collect()
    }

    fn make_pod(
        &mut self,
        now: i64,
        by: &Value,
        name: &str,
        template: &Value,
        labels: &[(&str, String)],
    ) {
        let mut metadata = template["metadata"].clone();
        metadata["name"] = Value::from(name);
        metadata["namespace"] = by["metadata"]["namespace"].clone();
        metadata["ownerReferences"] = owner(by);
        for (name, value) in labels {
            metadata["labels"][*name] = Value::from(value.as_str());
        }
        self.put(
            now,
            "",
            "pods",
            json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"],
                "status": {"phase": "Pending"},
            }),
        );
    }

    fn deployment(&mut self, now: i64, own: &str, object: Value) {
        let template = object["spec"]["template"].clone();
        let hash = mark(&template);
        let name = text(&object, "/metadata/name").to_owned();
        let uid = text(&object, "/metadata/uid").to_owned();
        let namespace = object["metadata"]["namespace"].clone();
        let wanted = number(&object, "/spec/replicas");
        let sets = self.pods_of(&uid, "replicasets", "apps");
        let current = sets
            .iter()
            .find(|set| text(set, "/metadata/labels/pod-template-hash") == hash);
        let paused = object["spec"]["paused"] == Value::Bool(true);
        let revision = sets
            .iter()
            .filter_map(|set| {
                set["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
                    .as_str()?
                    .parse::<u64>()
                    .ok()
            })
            .max()
            .unwrap_or(0);
        let mut made = current.cloned();
        match current {
            None if !paused => {
                let mut pods = template.clone();
                pods["metadata"]["labels"]["pod-template-hash"] = Value::from(hash.as_str());
                let mut labels = template["metadata"]["labels"].clone();
                labels["pod-template-hash"] = Value::from(hash.as_str());
                made = Some(self.put(now, "apps", "replicasets", json!({
                    "apiVersion": "apps/v1", "kind": "ReplicaSet",
                    "metadata": {"name": format!("{name}-{hash}"), "namespace": namespace, "labels": labels.clone(),
                        "annotations": {"deployment.kubernetes.io/revision": (revision + 1).to_string()},
                        "ownerReferences": owner(&object)},
                    "spec": {"replicas": wanted, "selector": {"matchLabels": labels}, "template": pods},
                })));
            }
            Some(set) if number(set, "/spec/replicas") != wanted => {
                let mut set = set.clone();
                set["spec"]["replicas"] = json!(wanted);
                made = Some(self.put(now, "apps", "replicasets", set));
            }
            _ => {}
        }
        let ready = made
            .as_ref()
            .map_or(0, |set| number(set, "/status/readyReplicas"));
        let updated = made
            .as_ref()
            .map_or(0, |set| number(set, "/status/replicas"));
        let mut old = 0;
        let mut old_ready = 0;
        for set in sets {
            if text(&set, "/metadata/labels/pod-template-hash") == hash {
                continue;
            }
            if ready >= wanted && !paused && number(&set, "/spec/replicas") > 0 {
                let mut set = set.clone();
                set["spec"]["replicas"] = json!(0);
                self.put(now, "apps", "replicasets", set);
            }
            old += number(&set, "/status/replicas");
            old_ready += number(&set, "/status/readyReplicas");
        }
        let deadline = object
            .pointer("/spec/progressDeadlineSeconds")
            .and_then(Value::as_i64)
            .unwrap_or(600)
            * 1_000;
        let late = ready < wanted && self.age(now, own) > deadline;
        let done = ready >= wanted && updated >= wanted;
        let yes = |flag: bool| if flag { "True" } else { "False" };
        let status = json!({
            "observedGeneration": object["metadata"]["generation"], "replicas": updated + old,
            "updatedReplicas": updated, "readyReplicas": ready + old_ready, "availableReplicas": ready + old_ready,
            "unavailableReplicas": (wanted - ready - old_ready).max(0),
            "conditions": [
                {"type": "Available", "status": yes(ready + old_ready >= wanted), "reason": if ready + old_ready >= wanted { "MinimumReplicasAvailable" } else { "MinimumReplicasUnavailable" }, "message": ""},
                {"type": "Progressing", "status": yes(!late),
                    "reason": if late { "ProgressDeadlineExceeded" } else if done { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" },
                    "message": format!("ReplicaSet \"{name}-{hash}\" {}", if late { "has timed out progressing." } else if done { "has successfully progressed." } else { "is progressing." })},
            ],
        });
        self.with_status(now, "apps", "deployments", object, status);
    }

    fn replica_set(&mut self, now: i64, object: Value) {
        let uid = text(&object, "/metadata/uid").to_owned();
        let name = text(&object, "/metadata/name").to_owned();
        let wanted = usize::try_from(number(&object, "/spec/replicas"))
            .unwrap_or(0)
            .min(200);
        let pods = self.pods_of(&uid, "pods", "");
        for at in pods.len()..wanted {
            let mut free = at;
            let mut pod = format!("{name}-{free:02x}");
            while self
                .find("", "pods", text(&object, "/metadata/namespace"), &pod)
                .is_some()
            {
                free += 1;
                pod = format!("{name}-{free:02x}");
            }
            self.make_pod(now, &object, &pod, &object["spec"]["template"], &[]);
        }
        for pod in pods.iter().skip(wanted) {
            self.delete(
                now,
                &key(
                    "",
                    "pods",
                    text(pod, "/metadata/namespace"),
                    text(pod, "/metadata/name"),
                ),
                false,
            );
        }
        let pods = self.pods_of(&uid, "pods", "");
        let ready = pods.iter().filter(|pod| is_ready(pod)).count();
        let status = json!({
            "observedGeneration": object["metadata"]["generation"], "replicas": pods.len(),
            "readyReplicas": ready, "availableReplicas": ready, "fullyLabeledReplicas": pods.len(),
        });
        self.with_status(now, "apps", "replicasets", object, status);
    }

    fn stateful_set(&mut self, now: i64, object: Value) {
        let uid = text(&object, "/metadata/uid").to_owned();
        let name = text(&object, "/metadata/name").to_owned();
        let namespace = text(&object, "/metadata/namespace").to_owned();
        let revision = format!("{name}-{}", mark(&object["spec"]["template"]));
        let wanted = usize::try_from(number(&object, "/spec/replicas"))
            .unwrap_or(0)
            .min(200);
        for at in 0..wanted {
            let pod = format!("{name}-{at}");
            let label = ("controller-revision-hash", revision.clone());
            match self.find("", "pods", &namespace, &pod) {
                None => self.make_pod(now, &object, &pod, &object["spec"]["template"], &[label]),
                Some(known)
                    if text(known, "/metadata/labels/controller-revision-hash") != revision =>
                {
                    self.delete(now, &key("", "pods", &namespace, &pod), false);
                    self.make_pod(now, &object, &pod, &object["spec"]["template"], &[label]);
                }
                Some(_) => {}
            }
        }
        let pods = self.pods_of(&uid, "pods", "");
        for pod in pods.iter().filter(|pod| {
            text(pod, "/metadata/name")
                .rsplit('-')
                .next()
                .and_then(|at| at.parse::<usize>().ok())
                .is_some_and(|at| at >= wanted)
        }) {
            self.delete(
                now,
                &key("", "pods", &namespace, text(pod, "/metadata/name")),
                false,
            );
        }
        let ready = pods.iter().filter(|pod| is_ready(pod)).count();
        let current = if ready >= wanted {
            revision.clone()
        } else {
            match text(&object, "/status/currentRevision") {
                "" => revision.clone(),
                former => former.to_owned(),
            }
        };
        let status = json!({
            "observedGeneration": object["metadata"]["generation"], "replicas": pods.len(), "readyReplicas": ready,
            "availableReplicas": ready, "currentReplicas": ready, "updatedReplicas": pods.len(),
            "currentRevision": current, "updateRevision": revision,
        });
        self.with_status(now, "apps", "statefulsets", object, status);
    }

    fn daemon_set(&mut self, now: i64, object: Value) {
        let uid = text(&object, "/metadata/uid").to_owned();
        let name = text(&object, "/metadata/name").to_owned();
        let namespace = text(&object, "/metadata/namespace").to_owned();
        let pod = format!("{name}-{}", &mark(&object["spec"]["template"])[..5]);
        if self.find("", "pods", &namespace, &pod).is_none() {
            for old in self.pods_of(&uid, "pods", "") {
                self.delete(
                    now,
                    &key("", "pods", &namespace, text(&old, "/metadata/name")),
                    false,
                );
            }
            self.make_pod(now, &object, &pod, &object["spec"]["template"], &[]);
        }
        let ready = self
            .pods_of(&uid, "pods", "")
            .iter()
            .filter(|pod| is_ready(pod))
            .count();
        let status = json!({
            "observedGeneration": object["metadata"]["generation"], "desiredNumberScheduled": 1,
            "currentNumberScheduled": 1, "updatedNumberScheduled": 1, "numberReady": ready, "numberAvailable": ready,
            "numberMisscheduled": 0,
        });
        self.with_status(now, "apps", "daemonsets", object, status);
    }

    fn job(&mut self, now: i64, own: &str, mut object: Value) {
        let uid = text(&object, "/metadata/uid").to_owned();
        let name = text(&object, "/metadata/name").to_owned();
        let namespace = text(&object, "/metadata/namespace").to_owned();
        if object.pointer("/spec/selector").is_none() {
            object["spec"]["selector"] =
                json!({"matchLabels": {"batch.kubernetes.io/job-name": name}});
            object = self.put(now, "batch", "jobs", object);
        }
        if object["spec"]["suspend"] == Value::Bool(true) {
            return;
        }
        let wanted = usize::try_from(number(&object, "/spec/completions"))
            .unwrap_or(1)
            .min(200);
        for at in 0..wanted {
            let pod = format!("{name}-{at}");
            if self.find("", "pods", &namespace, &pod).is_none()
                && object.pointer("/status/completionTime").is_none()
            {
                let labels = [
                    ("batch.kubernetes.io/job-name", name.clone()),
                    ("job-name", name.clone()),
                ];
                self.make_pod(now, &object, &pod, &object["spec"]["template"], &labels);
            }
        }
        let pods = self.pods_of(&uid, "pods", "");
        let in_phase = |phase: &str| {
            pods.iter()
                .filter(|pod| text(pod, "/status/phase") == phase)
                .count()
        };
        let (succeeded, failed) = (in_phase("Succeeded"), in_phase("Failed"));
        let mut status = json!({"succeeded": succeeded, "failed": failed, "active": pods.len() - succeeded - failed, "conditions": []});
        if succeeded >= wanted {
            status["conditions"] = json!([{"type": "SuccessCriteriaMet", "status": "True"}, {"type": "Complete", "status": "True"}]);
            status["completionTime"] = match object.pointer("/status/completionTime") {
                Some(time) => time.clone(),
                None => Value::from(stamp(now)),
            };
        } else if failed > 0 && self.age(now, own) > 2 * STARTS {
            status["conditions"] = json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}]);
        }
        self.with_status(now, "batch", "jobs", object, status);
    }

    fn pod(&mut self, now: i64, own: &str, object: &Value) {
        let phase = text(object, "/status/phase");
        if matches!(phase, "Succeeded" | "Failed") {
            return;
        }
        let age = self.age(now, own);
        let is_slow = list(object, "/spec/containers")
            .iter()
            .any(|container| text(container, "/image").contains("slow"));
        let starts = if is_slow { 45 * STARTS } else { STARTS };
        let is_job = list(object, "/metadata/ownerReferences")
            .iter()
            .any(|owner| text(owner, "/kind") == "Job");
        let namespace = text(object, "/metadata/namespace").to_owned();
        let wrong = trouble(self, &namespace, &object["spec"]);
        let created = text(object, "/metadata/creationTimestamp").to_owned();
        let containers = |state: &Value, last: &Value, ready: bool, restarts: i64| -> Vec<Value> {
            list(object, "/spec/containers")
                .iter()
                .map(|container| json!({
                    "name": container["name"], "image": container["image"], "imageID": "", "ready": ready,
                    "started": ready, "restartCount": restarts, "state": state, "lastState": last,
                }))
                .collect()
        };
        let (phase, statuses, ready) = match wrong {
            _ if age < starts => (
                "Pending",
                containers(
                    &json!({"waiting": {"reason": "ContainerCreating"}}),
                    &json!({}),
                    false,
                    0,
                ),
                false,
            ),
            Trouble::NoImage => (
                "Pending",
                containers(
                    &json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}),
                    &json!({}),
                    false,
                    0,
                ),
                false,
            ),
            Trouble::NoConfig => (
                "Pending",
                containers(
                    &json!({"waiting": {"reason": "CreateContainerConfigError", "message": "secret or configmap not found"}}),
                    &json!({}),
                    false,
                    0,
                ),
                false,
            ),
            Trouble::Crash | Trouble::Memory => {
                let (code, reason) = if wrong == Trouble::Memory {
                    (137, "OOMKilled")
                } else {
                    (1, "Error")
                };
                let last = json!({"terminated": {"exitCode": code, "reason": reason}});
                if is_job {
                    ("Failed", containers(&last, &json!({}), false, 0), false)
                } else {
                    let restarts = (age / 10_000 + 1).min(9);
                    (
                        "Running",
                        containers(
                            &json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}}),
                            &last,
                            false,
                            restarts,
                        ),
                        false,
                    )
                }
            }
            Trouble::None if is_job => (
                "Succeeded",
                containers(
                    &json!({"terminated": {"exitCode": 0, "reason": "Completed"}}),
                    &json!({}),
                    false,
                    0,
                ),
                false,
            ),
            Trouble::None => (
                "Running",
                containers(
                    &json!({"running": {"startedAt": created}}),
                    &json!({}),
                    true,
                    0,
                ),
                true,
            ),
        };
        let yes = if ready { "True" } else { "False" };
        let status = json!({
            "phase": phase, "podIP": "10.244.0.7", "hostIP": "10.0.0.1", "startTime": created,
            "conditions": [
                {"type": "PodScheduled", "status": "True"}, {"type": "Initialized", "status": "True"},
                {"type": "ContainersReady", "status": yes}, {"type": "Ready", "status": yes},
            ],
            "containerStatuses": statuses,
        });
        let mut object = object.clone();
        if object.pointer("/spec/nodeName").is_none() {
            // Scheduling is no new form of the Pod, so that its time goes on.
            object["spec"]["nodeName"] = "practice-1".into();
            let since = now - age;
            self.put(since, "", "pods", object.clone());
            object = self.get(own).cloned().unwrap_or(object);
        }
        self.with_status(now, "", "pods", object, status);
    }
}

fn is_ready(pod: &Value) -> bool {
    list(pod, "/status/conditions").iter().any(|condition| {
        text(condition, "/type") == "Ready" && text(condition, "/status") == "True"
    })
}
