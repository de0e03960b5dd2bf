//! Kubernetes: the simulator, and a real cluster where its programs are.
//!
//! The real one is started once for this test program. Each context has a namespace of its own, by its
//! kubeconfig, so that checks do not meet; bad weather comes between the context and the HTTP layer that
//! ships.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{
    Connector, Context as _, HttpRequest, HttpResponse, Method, Phase, StepRequest,
};
use podium_diagnostics::Result;
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{Cluster, FakeContext, RequestBuilder, shared_runtime};
use serde_json::{Value, json};

/// Which cluster it is tried on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kubernetes {
    Simulated,
    Real,
}

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("kubernetes").unwrap()
}

fn request(operation: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

fn web(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "web", "image": image}]}}},
    })
}

fn apply(manifests: &Value) -> StepRequest {
    request("kubernetes/apply", json!({ "manifests": manifests }))
}

/// The HTTP layer that ships, outside of any run.
async fn ask(request: HttpRequest) -> Result<HttpResponse> {
    podium_runtime::ask(Phase::Write, &request).await
}

fn cluster() -> &'static Cluster {
    Cluster::shared().expect("`missing` was asked before")
}

/// The namespace that objects are in which name none: that of the kubeconfig's context.
fn namespace(cx: &FakeContext) -> &str {
    let lease = cx.credential("cluster").unwrap();
    lease
        .fields
        .get("context")
        .map_or("default", String::as_str)
}

/// Looks and writes past the connector.
async fn send(cx: &FakeContext, mut request: HttpRequest) -> HttpResponse {
    if cx.simulator().is_some() {
        request.url = format!("http://127.0.0.1:9{}", request.url);
        return cx.http(request).await.unwrap();
    }
    let asked = shared_runtime().spawn(ask(cluster().as_admin(request)));
    asked.await.unwrap().unwrap()
}

async fn create(cx: &FakeContext, path: &str, object: &Value) {
    let made = HttpRequest::write(Method::Post, path).body("application/json", object.to_string());
    let reply = send(cx, made).await;
    assert!(reply.is_success(), "{}", reply.text());
}

/// Names of the objects of a kind, with what is wanted of each.
async fn listed(cx: &FakeContext, path: &str) -> Vec<String> {
    let reply = send(cx, HttpRequest::get(path)).await;
    let list: Value = serde_json::from_slice(&reply.body).unwrap();
    let items = list["items"].as_array().into_iter().flatten();
    items
        // Controllers put the cluster's authority into every namespace.
        .filter(|item| item["metadata"]["name"] != "kube-root-ca.crt")
        .map(|item| {
            let mut spec = item["spec"].clone();
            // A restart is said in an annotation, which stays.
            if let Some(template) = spec.pointer_mut("/template/metadata")
                && let Some(template) = template.as_object_mut()
            {
                template.remove("annotations");
            }
            format!("{} {spec} {}", item["metadata"]["name"], item["data"])
        })
        .collect()
}

impl Kubernetes {
    /// A context whose objects are in a namespace that nobody else uses.
    async fn fresh(self) -> FakeContext {
        if self == Self::Simulated {
            return FakeContext::simulated(connector().simulator(None)).with_credential(
                "cluster",
                "kubernetes",
                &[],
                &[("kubeconfig", &format!("token: {CANARY}"))],
            );
        }
        let cluster = cluster();
        let namespace = cluster.fresh_name();
        let kubeconfig = cluster.kubeconfig_in(&namespace, cluster.ca(), &cluster.root());
        let cx = FakeContext::real()
            .with_tools_in(cluster.programs())
            .with_credential(
                "cluster",
                "kubernetes",
                &[("context", &namespace)],
                &[("kubeconfig", &kubeconfig)],
            )
            .asking(ask);
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        create(&cx, "/api/v1/namespaces", &object).await;
        cx
    }
}

#[async_trait]
impl Subject for Kubernetes {
    fn missing(&self) -> Option<&'static str> {
        (*self == Self::Real && Cluster::shared().is_none()).then_some(Cluster::MISSING)
    }

    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        let cx = self.fresh().await;
        cx.write(
            "charts/shop/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        );
        cx.write("charts/shop/values.yaml", "{}\n");
        cx.write(
            "charts/shop/templates/c.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata: {a: b}\n",
        );
        let namespace = namespace(&cx);
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
        create(&cx, &path, &web("old", "web:1")).await;
        let gone = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "gone"}, "data": {"a": "b"}});
        let path = format!("/api/v1/namespaces/{namespace}/configmaps");
        create(&cx, &path, &gone).await;
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/old");
        // Previews say how far it is, so it has to have come to rest.
        for _ in 0..1_000 {
            cx.pause(Duration::from_millis(50)).await;
            let reply = send(&cx, HttpRequest::get(&path)).await;
            let old: Value = serde_json::from_slice(&reply.body).unwrap();
            if old["status"]["availableReplicas"] == 1 {
                return cx;
            }
        }
        panic!("the Deployment does not come to rest");
    }

    fn scenes(&self) -> Vec<Scene> {
        let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}});
        vec![
            Scene::of(apply(&json!([web("web", "web:1"), config]))),
            Scene::of(request(
                "kubernetes/delete",
                json!({ "kind": "ConfigMap", "name": "gone" }),
            )),
            Scene::of(request(
                "kubernetes/wait",
                json!({ "kind": "Deployment", "name": "old" }),
            )),
            Scene::of(request(
                "kubernetes/helm",
                json!({ "chart": "./charts/shop", "release": "west" }),
            )),
            Scene::of(request("kubernetes/restart", json!({ "name": "old" }))),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let namespace = namespace(cx);
        let mut things = listed(cx, "/api/v1/namespaces").await;
        // Others come and go while this one is tried.
        things.retain(|one| *self == Self::Simulated || one.contains(&format!("\"{namespace}\"")));
        for path in [
            format!("/api/v1/namespaces/{namespace}/configmaps"),
            // Helm keeps each revision of a release in one.
            format!("/api/v1/namespaces/{namespace}/secrets"),
            format!("/apis/apps/v1/namespaces/{namespace}/deployments"),
        ] {
            things.extend(listed(cx, &path).await);
        }
        things
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        // What a Pod does is told by its image: here to the simulator, there to KWOK, which plays nodes.
        let [fails, slow, explained] = match self {
            Self::Simulated => ["crash:1", "slow:1", "missing:1"],
            Self::Real => ["oom:1", "crash:1", "registry.example/missing:1"],
        };
        Ok(match mood {
            Mood::Fails => apply(&web("web", fails)),
            Mood::Slow => apply(&web("web", slow)),
            Mood::Chatty => {
                return Err(
                    "The cluster keeps the logs of Pods; a step reads the last lines alone.",
                );
            }
            Mood::OddState => {
                return Err(
                    "Objects have conditions and numbers, and no word of state that could be new.",
                );
            }
            Mood::WaitsForAPerson => return Err("Kubernetes asks nobody for an approval."),
            Mood::OtherScripts => apply(&json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "words", "annotations": {"podium.test/title": "Grüße 你好 שלום"}},
                "data": {"words": "Grüße 你好 שלום"},
            })),
            Mood::Explained => apply(&web("web", explained)),
        })
    }

    fn line(&self) -> Line {
        Line::Http {
            start: "/deployments/web",
        }
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Err(
            "A page of ours holds 500 objects; the connector's own tests read a list over three pages.",
        )
    }
}

podium_testkit::conform!(on_the_simulator, Kubernetes::Simulated);
podium_testkit::conform!(real_kubernetes, Kubernetes::Real);
