//! What the practice cluster holds.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::admit::{hide_all_values, is_release};
use super::kinds::Served;
use crate::object::text;

/// Deletions that a watch can still tell.
const REMEMBERED: usize = 200;

/// All objects, by group, plural, namespace and name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Store {
    objects: BTreeMap<String, Value>,
    /// The last `resourceVersion`.
    version: u64,
    /// Things that were given a uid.
    born: u64,
    /// When an object took its present form, for what takes time.
    since: BTreeMap<String, i64>,
    gone: Vec<(u64, String, Value)>,
    /// The time of the last call, for tools that bring none.
    #[serde(default)]
    pub(super) clock: i64,
    /// Releases of Helm: namespace/name → revisions.
    #[serde(default)]
    pub(super) releases: BTreeMap<String, Vec<Value>>,
}

/// The field of a release that holds it.
const RELEASE: &str = "release";
/// So many revisions of releases are remembered; the oldest is forgotten first.
const REVISIONS: usize = 200;

/// What releases held, by their marks. The practice cluster is saved after each call and read before the next
/// one; what may not be written to the disk stays here, as long as the program that serves it runs.
static REMEMBERED_RELEASES: Mutex<VecDeque<(String, Value)>> = Mutex::new(VecDeque::new());

fn remember(mark: &Value, value: Value) {
    let mark = mark.as_str().unwrap_or_default();
    if value.as_str() == Some(mark) {
        return;
    }
    let mut all = REMEMBERED_RELEASES
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if !all.iter().any(|(known, _)| known == mark) {
        all.push_back((mark.to_owned(), value));
        let over = all.len().saturating_sub(REVISIONS);
        all.drain(..over);
    }
}

fn recall(mark: &Value) -> Option<Value> {
    let all = REMEMBERED_RELEASES
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let found = all.iter().find(|(known, _)| mark == known.as_str());
    found.map(|(_, value)| value.clone())
}

/// Where an object is.
pub(super) fn key(group: &str, plural: &str, namespace: &str, name: &str) -> String {
    format!("{group}|{plural}|{namespace}|{name}")
}

pub(super) fn stamp(now: i64) -> String {
    jiff::Timestamp::from_millisecond(now)
        .unwrap_or_default()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

impl Store {
    /// What every cluster has from the beginning.
    pub(super) fn begin(&mut self, now: i64) {
        self.clock = self.clock.max(now);
        if self.version > 0 {
            return;
        }
        for name in ["default", "kube-system", "kube-public"] {
            self.put(
                now,
                "",
                "namespaces",
                json!({
                    "apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
                    "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
                }),
            );
        }
        self.put(
            now,
            "",
            "nodes",
            json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": "practice-1", "labels": {"kubernetes.io/hostname": "practice-1", "kubernetes.io/os": "linux"}},
                "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
                    "nodeInfo": {"kubeletVersion": super::answer::VERSION}, "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
            }),
        );
    }

    /// The same without what Helm's releases hold: the values of a chart, passwords among them.
    pub(super) fn without_releases(&self) -> Cow<'_, Self> {
        let gone = self.gone.iter().map(|(.., object)| object);
        if !self.objects.values().chain(gone).any(is_release) {
            return Cow::Borrowed(self);
        }
        let mut other = self.clone();
        let gone = other.gone.iter_mut().map(|(.., object)| object);
        for object in other.objects.values_mut().chain(gone) {
            if is_release(object) {
                let value = object["data"][RELEASE].clone();
                hide_all_values(object);
                remember(&object["data"][RELEASE], value);
            }
        }
        Cow::Owned(other)
    }

    /// Gives the releases back what they held when this program saved them.
    pub(super) fn with_releases(mut self) -> Self {
        for object in self.objects.values_mut() {
            if is_release(object)
                && let Some(value) = recall(&object["data"][RELEASE])
            {
                object["data"][RELEASE] = value;
            }
        }
        self
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.objects.get(key)
    }

    pub(super) fn find(
        &self,
        group: &str,
        plural: &str,
        namespace: &str,
        name: &str,
    ) -> Option<&Value> {
        self.objects.get(&key(group, plural, namespace, name))
    }

    /// Every object of a kind, in all namespaces.
    pub(super) fn of_plural<'a>(
        &'a self,
        group: &str,
        plural: &str,
    ) -> impl Iterator<Item = &'a Value> + use<'a> {
        let from = format!("{group}|{plural}|");
        let until = format!("{group}|{plural}~");
        self.objects.range(from..until).map(|(_, object)| object)
    }

    /// Deletions after a version.
    pub(super) fn gone_after(&self, version: u64) -> impl Iterator<Item = &(u64, String, Value)> {
        self.gone.iter().filter(move |(at, ..)| *at > version)
    }

    pub(super) fn uid(&mut self) -> String {
        self.born += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.born)
    }

    /// Stores an object as the server does: uid, time, versions. The generation counts changes of what
    /// is wanted. Nothing happens where nothing changes.
    pub(super) fn put(&mut self, now: i64, group: &str, plural: &str, mut object: Value) -> Value {
        let key = key(
            group,
            plural,
            text(&object, "/metadata/namespace"),
            text(&object, "/metadata/name"),
        );
        let before = self.objects.get(&key).cloned();
        let mut generation = 1;
        if let Some(before) = &before {
            for part in ["uid", "creationTimestamp"] {
                object["metadata"][part] = before["metadata"][part].clone();
            }
            generation = before["metadata"]["generation"].as_i64().unwrap_or(1);
            if before.get("spec") != object.get("spec") {
                generation += 1;
                self.since.insert(key.clone(), now);
            }
            object["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].clone();
            object["metadata"]["generation"] = json!(generation);
            if without_times(before) == without_times(&object) {
                return before.clone();
            }
        } else {
            object["metadata"]["uid"] = Value::from(self.uid());
            object["metadata"]["creationTimestamp"] = Value::from(stamp(now));
            self.since.insert(key.clone(), now);
        }
        self.version += 1;
        object["metadata"]["generation"] = json!(generation);
        object["metadata"]["resourceVersion"] = Value::from(self.version.to_string());
        self.objects.insert(key, object.clone());
        object
    }

    /// When an object took its present form.
    pub(super) fn age(&self, now: i64, key: &str) -> i64 {
        now - self.since.get(key).copied().unwrap_or(now)
    }

    /// Deletes as the server does: at once, or when its finalizers are gone; what it owns goes with it.
    pub(super) fn delete(&mut self, now: i64, key: &str, keep_owned: bool) -> Option<Value> {
        let mut object = self.objects.get(key)?.clone();
        let finalizers = object["metadata"]["finalizers"]
            .as_array()
            .is_some_and(|finalizers| !finalizers.is_empty());
        let is_namespace = key.starts_with("|namespaces|");
        if finalizers || is_namespace {
            if object.pointer("/metadata/deletionTimestamp").is_none() {
                object["metadata"]["deletionTimestamp"] = Value::from(stamp(now));
                if is_namespace {
                    object["status"]["phase"] = "Terminating".into();
                }
                self.version += 1;
                object["metadata"]["resourceVersion"] = Value::from(self.version.to_string());
                self.since.insert(key.to_owned(), now);
                self.objects.insert(key.to_owned(), object.clone());
            }
            return Some(object);
        }
        self.remove(key);
        let uid = text(&object, "/metadata/uid").to_owned();
        let owned: Vec<String> = self
            .objects
            .iter()
            .filter(|(_, other)| is_owned(other, &uid))
            .map(|(key, _)| key.clone())
            .collect();
        for owned in owned {
            if keep_owned {
                if let Some(other) = self.objects.get_mut(&owned)
                    && let Some(metadata) = other["metadata"].as_object_mut()
                {
                    metadata.remove("ownerReferences");
                }
            } else {
                self.delete(now, &owned, false);
            }
        }
        Some(object)
    }

    /// Takes an object out at once.
    pub(super) fn remove(&mut self, key: &str) {
        if let Some(mut object) = self.objects.remove(key) {
            self.version += 1;
            object["metadata"]["resourceVersion"] = Value::from(self.version.to_string());
            self.gone.push((self.version, key.to_owned(), object));
            self.since.remove(key);
            let over = self.gone.len().saturating_sub(REMEMBERED);
            self.gone.drain(..over);
        }
    }

    /// Keys of everything in a namespace.
    pub(super) fn within(&self, namespace: &str) -> Vec<String> {
        self.objects
            .keys()
            .filter(|key| key.split('|').nth(2) == Some(namespace))
            .cloned()
            .collect()
    }
}

fn is_owned(object: &Value, uid: &str) -> bool {
    crate::object::list(object, "/metadata/ownerReferences")
        .iter()
        .any(|owner| text(owner, "/uid") == uid)
}

/// An object without the times of its managers.
pub(super) fn without_times(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(entries) = object
        .pointer_mut("/metadata/managedFields")
        .and_then(Value::as_array_mut)
    {
        for entry in entries {
            if let Some(entry) = entry.as_object_mut() {
                entry.remove("time");
            }
        }
    }
    object
}

/// A thing that somebody asks for, with its kind.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) kind: Served,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) sub: String,
}

impl Place {
    pub(super) fn key(&self) -> String {
        key(
            &self.kind.group,
            &self.kind.plural,
            &self.namespace,
            &self.name,
        )
    }
}
