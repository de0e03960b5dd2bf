//! The connector against the practice cluster.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must say where"
)]

mod apply;
mod others;

use podium_connector::Connector as _;
use podium_connector_kubernetes::Kubernetes;
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

/// A context on a fresh practice cluster.
pub(crate) fn cluster() -> FakeContext {
    FakeContext::simulated(Kubernetes::new().simulator(None))
}

/// A request with the defaults of its schema.
pub(crate) fn request(operation: &str, inputs: Value) -> podium_connector::StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(Kubernetes::new().manifest())
        .build()
}

/// A Deployment.
pub(crate) fn web(image: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": image}]}},
        },
    })
}

/// What the practice cluster holds at a path.
pub(crate) async fn look(cx: &FakeContext, path: &str) -> Value {
    use podium_connector::{Context as _, HttpRequest};
    let reply = cx
        .http(HttpRequest::get(format!("http://127.0.0.1:9{path}")))
        .await
        .unwrap();
    serde_json::from_slice(&reply.body).unwrap()
}

/// Somebody else writes to the practice cluster, as kubectl would.
pub(crate) async fn write(
    cx: &FakeContext,
    method: podium_connector::Method,
    path: &str,
    content_type: &str,
    body: &Value,
) -> Value {
    use podium_connector::{Context as _, HttpRequest};
    let request = HttpRequest::write(method, format!("http://127.0.0.1:9{path}"))
        .body(content_type, body.to_string());
    let reply = cx.http(request).await.unwrap();
    assert!(reply.is_success(), "{}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}
