//! Bodies in Kubernetes' protobuf form, read as the JSON that they stand for. Helm writes its releases so, and
//! kubectl asks so who it is; replies are JSON, which both accept.
//!
//! A body is the four bytes `k8s\0` and an envelope, `runtime.Unknown`, that names the kind and holds the
//! object. The field numbers are those of `generated.proto` in `k8s.io/apimachinery` 0.37.2
//! (`pkg/runtime`, `pkg/apis/meta/v1`) and `k8s.io/api` 0.37.2 (`core/v1`, `authorization/v1`).
//!
//! Invariant: a kind that is not known here is refused. Of the known ones every field is read that a client
//! may set; those that the server alone sets (times, generation, managers) are left out.

use std::collections::BTreeMap;

use base64::Engine as _;
use prost::Message;
use serde_json::{Value, json};

const MAGIC: &[u8] = b"k8s\0";

/// Why a body cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is not the form.
    Broken(String),
    /// It is of a kind that is not known in this form.
    Kind(String),
}

impl From<prost::DecodeError> for Unread {
    fn from(error: prost::DecodeError) -> Self {
        Self::Broken(error.to_string())
    }
}

#[derive(Clone, PartialEq, Message)]
struct Unknown {
    #[prost(message, tag = "1")]
    type_meta: Option<TypeMeta>,
    #[prost(bytes = "vec", tag = "2")]
    raw: Vec<u8>,
    #[prost(string, tag = "3")]
    content_encoding: String,
}

#[derive(Clone, PartialEq, Message)]
struct TypeMeta {
    #[prost(string, tag = "1")]
    api_version: String,
    #[prost(string, tag = "2")]
    kind: String,
}

#[derive(Clone, PartialEq, Message)]
struct ObjectMeta {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    generate_name: String,
    #[prost(string, tag = "3")]
    namespace: String,
    #[prost(string, tag = "5")]
    uid: String,
    #[prost(string, tag = "6")]
    resource_version: String,
    #[prost(btree_map = "string, string", tag = "11")]
    labels: BTreeMap<String, String>,
    #[prost(btree_map = "string, string", tag = "12")]
    annotations: BTreeMap<String, String>,
    #[prost(message, repeated, tag = "13")]
    owner_references: Vec<OwnerReference>,
    #[prost(string, repeated, tag = "14")]
    finalizers: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct OwnerReference {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(string, tag = "4")]
    uid: String,
    #[prost(string, tag = "5")]
    api_version: String,
    #[prost(bool, optional, tag = "6")]
    controller: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    block_owner_deletion: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
struct Secret {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ObjectMeta>,
    #[prost(btree_map = "string, bytes", tag = "2")]
    data: BTreeMap<String, Vec<u8>>,
    #[prost(string, tag = "3")]
    kind: String,
    #[prost(btree_map = "string, string", tag = "4")]
    string_data: BTreeMap<String, String>,
    #[prost(bool, optional, tag = "5")]
    immutable: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
struct ConfigMap {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ObjectMeta>,
    #[prost(btree_map = "string, string", tag = "2")]
    data: BTreeMap<String, String>,
    #[prost(btree_map = "string, bytes", tag = "3")]
    binary_data: BTreeMap<String, Vec<u8>>,
    #[prost(bool, optional, tag = "4")]
    immutable: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
struct DeleteOptions {
    #[prost(int64, optional, tag = "1")]
    grace_period_seconds: Option<i64>,
    #[prost(message, optional, tag = "2")]
    preconditions: Option<Preconditions>,
    #[prost(bool, optional, tag = "3")]
    orphan_dependents: Option<bool>,
    #[prost(string, optional, tag = "4")]
    propagation_policy: Option<String>,
    #[prost(string, repeated, tag = "5")]
    dry_run: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct AccessReview {
    #[prost(message, optional, tag = "2")]
    spec: Option<AccessSpec>,
}

#[derive(Clone, PartialEq, Message)]
struct AccessSpec {
    #[prost(message, optional, tag = "1")]
    resource: Option<ResourceAttributes>,
    #[prost(message, optional, tag = "2")]
    path: Option<PathAttributes>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceAttributes {
    #[prost(string, tag = "1")]
    namespace: String,
    #[prost(string, tag = "2")]
    verb: String,
    #[prost(string, tag = "3")]
    group: String,
    #[prost(string, tag = "4")]
    version: String,
    #[prost(string, tag = "5")]
    resource: String,
    #[prost(string, tag = "6")]
    subresource: String,
    #[prost(string, tag = "7")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct PathAttributes {
    #[prost(string, tag = "1")]
    path: String,
    #[prost(string, tag = "2")]
    verb: String,
}

#[derive(Clone, PartialEq, Message)]
struct Preconditions {
    #[prost(string, optional, tag = "1")]
    uid: Option<String>,
    #[prost(string, optional, tag = "2")]
    resource_version: Option<String>,
}

/// The form of a description in which clients ask for it, before they send what it describes.
pub(super) const DESCRIPTION: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// The head of an `OpenAPI` document; numbers as in `OpenAPIv2.proto` of `github.com/google/gnostic-models`.
#[derive(Clone, PartialEq, Message)]
struct Document {
    #[prost(string, tag = "1")]
    swagger: String,
    #[prost(message, optional, tag = "2")]
    info: Option<Info>,
}

#[derive(Clone, PartialEq, Message)]
struct Info {
    #[prost(string, tag = "1")]
    title: String,
    #[prost(string, tag = "2")]
    version: String,
}

/// A description that describes nothing: clients check nothing by it, and the practice cluster does.
pub(super) fn description(title: &str, version: &str) -> Vec<u8> {
    Document {
        swagger: "2.0".to_owned(),
        info: Some(Info {
            title: title.to_owned(),
            version: version.to_owned(),
        }),
    }
    .encode_to_vec()
}

/// The object that a body holds.
pub(super) fn read(body: &[u8]) -> Result<Value, Unread> {
    let envelope = body
        .strip_prefix(MAGIC)
        .ok_or_else(|| Unread::Broken("it does not begin with `k8s`".to_owned()))?;
    let envelope = Unknown::decode(envelope)?;
    if !envelope.content_encoding.is_empty() {
        return Err(Unread::Broken(format!(
            "its encoding is `{}`",
            envelope.content_encoding
        )));
    }
    let of = envelope.type_meta.unwrap_or_default();
    let raw = envelope.raw.as_slice();
    let mut object = match (of.api_version.as_str(), of.kind.as_str()) {
        ("v1", "Secret") => secret(Secret::decode(raw)?),
        ("v1", "ConfigMap") => config_map(ConfigMap::decode(raw)?),
        (_, "DeleteOptions") => delete_options(DeleteOptions::decode(raw)?),
        ("authorization.k8s.io/v1", "SelfSubjectAccessReview") => {
            access_review(AccessReview::decode(raw)?)
        }
        // Nothing of it is the client's.
        ("authentication.k8s.io/v1", "SelfSubjectReview") => json!({}),
        (version, kind) => return Err(Unread::Kind(format!("{version} {kind}"))),
    };
    object["apiVersion"] = of.api_version.into();
    object["kind"] = of.kind.into();
    Ok(object)
}

/// Sets a field where there is something to say.
fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    let value = value.into();
    let empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if !empty {
        object[name] = value;
    }
}

fn encoded(data: BTreeMap<String, Vec<u8>>) -> Value {
    let encode = |bytes: Vec<u8>| base64::engine::general_purpose::STANDARD.encode(bytes);
    data.into_iter()
        .map(|(name, bytes)| (name, Value::from(encode(bytes))))
        .collect()
}

fn texts(data: BTreeMap<String, String>) -> Value {
    data.into_iter()
        .map(|(name, text)| (name, Value::from(text)))
        .collect()
}

fn metadata(given: Option<ObjectMeta>) -> Value {
    let given = given.unwrap_or_default();
    let mut meta = json!({});
    set(&mut meta, "name", given.name);
    set(&mut meta, "generateName", given.generate_name);
    set(&mut meta, "namespace", given.namespace);
    set(&mut meta, "uid", given.uid);
    set(&mut meta, "resourceVersion", given.resource_version);
    set(&mut meta, "labels", texts(given.labels));
    set(&mut meta, "annotations", texts(given.annotations));
    set(&mut meta, "finalizers", given.finalizers);
    let owners: Vec<Value> = given
        .owner_references
        .into_iter()
        .map(|owner| {
            let mut value = json!({
                "apiVersion": owner.api_version, "kind": owner.kind, "name": owner.name, "uid": owner.uid,
            });
            set(&mut value, "controller", owner.controller);
            set(&mut value, "blockOwnerDeletion", owner.block_owner_deletion);
            value
        })
        .collect();
    set(&mut meta, "ownerReferences", owners);
    meta
}

fn secret(given: Secret) -> Value {
    let mut object = json!({ "metadata": metadata(given.metadata) });
    set(&mut object, "data", encoded(given.data));
    set(&mut object, "type", given.kind);
    set(&mut object, "stringData", texts(given.string_data));
    set(&mut object, "immutable", given.immutable);
    object
}

fn config_map(given: ConfigMap) -> Value {
    let mut object = json!({ "metadata": metadata(given.metadata) });
    set(&mut object, "data", texts(given.data));
    set(&mut object, "binaryData", encoded(given.binary_data));
    set(&mut object, "immutable", given.immutable);
    object
}

fn delete_options(given: DeleteOptions) -> Value {
    let mut object = json!({});
    set(
        &mut object,
        "gracePeriodSeconds",
        given.grace_period_seconds,
    );
    set(&mut object, "orphanDependents", given.orphan_dependents);
    set(&mut object, "propagationPolicy", given.propagation_policy);
    set(&mut object, "dryRun", given.dry_run);
    if let Some(preconditions) = given.preconditions {
        let mut value = json!({});
        set(&mut value, "uid", preconditions.uid);
        set(
            &mut value,
            "resourceVersion",
            preconditions.resource_version,
        );
        set(&mut object, "preconditions", value);
    }
    object
}

fn access_review(given: AccessReview) -> Value {
    let mut spec = json!({});
    let AccessSpec { resource, path } = given.spec.unwrap_or_default();
    if let Some(asked) = resource {
        let mut value = json!({});
        for (name, text) in [
            ("namespace", asked.namespace),
            ("verb", asked.verb),
            ("group", asked.group),
            ("version", asked.version),
            ("resource", asked.resource),
            ("subresource", asked.subresource),
            ("name", asked.name),
        ] {
            set(&mut value, name, text);
        }
        spec["resourceAttributes"] = value;
    }
    if let Some(asked) = path {
        spec["nonResourceAttributes"] = json!({ "path": asked.path, "verb": asked.verb });
    }
    json!({ "spec": spec })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(api_version: &str, kind: &str, raw: Vec<u8>) -> Vec<u8> {
        let unknown = Unknown {
            type_meta: Some(TypeMeta {
                api_version: api_version.to_owned(),
                kind: kind.to_owned(),
            }),
            raw,
            content_encoding: String::new(),
        };
        [MAGIC, &unknown.encode_to_vec()].concat()
    }

    /// Written by the serializer of `k8s.io/apimachinery` 0.37.2 for a Secret `a` with a label, a value and a type.
    #[test]
    fn a_secret_is_read_as_the_vendors_client_writes_it() {
        let body = b"k8s\0\
            \x0a\x0c\x0a\x02v1\x12\x06Secret\
            \x12\x39\
            \x0a\x24\x0a\x01a\x12\0\x1a\x04shop\x22\0\x2a\0\x32\0\x38\0\x42\0\x5a\x0d\x0a\x05owner\x12\x04helm\
            \x12\x09\x0a\x04word\x12\x01x\
            \x1a\x06Opaque\
            \x1a\0\x22\0";
        let object = read(body).unwrap();
        assert_eq!(
            object,
            json!({
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": { "word": "eA==" },
                "metadata": { "name": "a", "namespace": "shop", "labels": { "owner": "helm" } },
            })
        );
    }

    #[test]
    fn options_of_a_deletion_are_read() {
        let options = DeleteOptions {
            propagation_policy: Some("Background".to_owned()),
            dry_run: vec!["All".to_owned()],
            preconditions: Some(Preconditions {
                uid: Some("one".to_owned()),
                resource_version: None,
            }),
            ..DeleteOptions::default()
        };
        let body = envelope("v1", "DeleteOptions", options.encode_to_vec());
        let object = read(&body).unwrap();
        assert_eq!(object["propagationPolicy"], "Background");
        assert_eq!(object["dryRun"], json!(["All"]));
        assert_eq!(object["preconditions"], json!({ "uid": "one" }));
    }

    #[test]
    fn what_is_not_known_or_broken_is_refused() {
        let pod = envelope("v1", "Pod", Vec::new());
        assert_eq!(read(&pod), Err(Unread::Kind("v1 Pod".to_owned())));
        let cut = envelope("v1", "Secret", vec![0x0a, 0x20, 0x0a]);
        for body in [cut.as_slice(), b"k8s\0\xff", b"{}", b""] {
            assert!(matches!(read(body), Err(Unread::Broken(_))), "{body:?}");
        }
    }
}
