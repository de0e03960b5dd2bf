//! Where the sentences are tried: a practice cluster of its own, or a namespace of the real server.

use podium_connector::{Connector as _, Context as _, HttpRequest, HttpResponse, Method};
use podium_connector_kubernetes::Kubernetes;
use podium_testkit::{Cluster, FakeContext, RequestBuilder};
use serde_json::{Value, json};

use crate::real::send;

/// One cluster, as a test sees it.
pub(crate) struct World {
    pub(crate) cx: FakeContext,
    /// A namespace that is there.
    pub(crate) ns: String,
    /// One that is not.
    pub(crate) other: String,
    server: Option<&'static Cluster>,
}

impl World {
    pub(crate) fn practice() -> Self {
        Self {
            cx: FakeContext::simulated(Kubernetes::new().simulator(None)),
            ns: "default".into(),
            other: "shop".into(),
            server: None,
        }
    }

    pub(crate) fn of(server: &'static Cluster, cx: FakeContext, ns: String) -> Self {
        Self {
            cx,
            other: format!("{ns}-shop"),
            ns,
            server: Some(server),
        }
    }

    pub(crate) fn server(&self) -> Option<&'static Cluster> {
        self.server
    }

    /// A request with the defaults of its schema, in the world's namespace.
    pub(crate) fn request(
        &self,
        operation: &str,
        mut inputs: Value,
    ) -> podium_connector::StepRequest {
        if inputs["namespace"].is_null() {
            inputs["namespace"] = Value::from(self.ns.as_str());
        }
        RequestBuilder::new(operation, inputs)
            .with_defaults_of(Kubernetes::new().manifest())
            .build()
    }

    async fn send(&self, mut request: HttpRequest) -> HttpResponse {
        request.url = request
            .url
            .replace("/NS/", &format!("/{}/", self.ns))
            .replace("/OTHER", &format!("/{}", self.other));
        match self.server {
            None => {
                request.url = format!("http://127.0.0.1:9{}", request.url);
                self.cx.http(request).await.unwrap()
            }
            Some(server) => send(server, request).await,
        }
    }

    /// What the cluster holds at a path.
    pub(crate) async fn look(&self, path: &str) -> Value {
        let reply = self.send(HttpRequest::get(path)).await;
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// Somebody else writes, as kubectl would.
    pub(crate) async fn write(&self, method: Method, path: &str, how: &str, body: &Value) -> Value {
        let reply = self
            .send(HttpRequest::write(method, path).body(how, body.to_string()))
            .await;
        assert!(reply.is_success(), "{}", reply.text());
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// The next step of the same workflow: nothing is kept of the former one.
    pub(crate) fn next_step(&self) {
        std::fs::remove_dir_all(self.cx.keep()).unwrap();
        std::fs::create_dir(self.cx.keep()).unwrap();
        self.cx.begin_attempt();
    }
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
