//! Kubernetes.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, Context as _, HttpRequest, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

struct Kubernetes;

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
    request(
        "kubernetes/apply",
        json!({ "manifests": manifests, "namespace": "default" }),
    )
}

/// Names of the objects of a kind, with what is wanted of each.
async fn listed(cx: &FakeContext, path: &str) -> Vec<String> {
    let reply = cx
        .http(HttpRequest::get(format!("http://127.0.0.1:9{path}")))
        .await
        .unwrap();
    let list: Value = serde_json::from_slice(&reply.body).unwrap();
    list["items"]
        .as_array()
        .into_iter()
        .flatten()
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

#[async_trait]
impl Subject for Kubernetes {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        let cx = FakeContext::simulated(connector().simulator(None)).with_credential(
            "cluster",
            "kubernetes",
            &[],
            &[("kubeconfig", &format!("token: {CANARY}"))],
        );
        cx.write(
            "charts/shop/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        );
        cx.write("charts/shop/values.yaml", "{}\n");
        cx.write(
            "charts/shop/templates/c.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata: {a: b}\n",
        );
        for (plural, object) in [
            (
                "apis/apps/v1/namespaces/default/deployments",
                web("old", "web:1"),
            ),
            (
                "api/v1/namespaces/default/configmaps",
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "gone"}, "data": {"a": "b"}}),
            ),
        ] {
            let made = HttpRequest::write(
                podium_connector::Method::Post,
                format!("http://127.0.0.1:9/{plural}"),
            )
            .body("application/json", object.to_string());
            assert!(cx.http(made).await.unwrap().is_success());
        }
        cx.pass(std::time::Duration::from_secs(10));
        cx
    }

    fn scenes(&self) -> Vec<Scene> {
        let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}});
        vec![
            Scene::of(apply(&json!([web("web", "web:1"), config]))),
            Scene::of(request(
                "kubernetes/delete",
                json!({ "kind": "ConfigMap", "name": "gone", "namespace": "default" }),
            )),
            Scene::of(request(
                "kubernetes/wait",
                json!({ "kind": "Deployment", "name": "old", "namespace": "default" }),
            )),
            Scene::of(request(
                "kubernetes/helm",
                json!({ "chart": "./charts/shop", "release": "west", "namespace": "default" }),
            )),
            Scene::of(request(
                "kubernetes/restart",
                json!({ "name": "old", "namespace": "default" }),
            )),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let mut things = Vec::new();
        for path in [
            "/api/v1/namespaces",
            "/api/v1/namespaces/default/configmaps",
            "/apis/apps/v1/namespaces/default/deployments",
        ] {
            things.extend(listed(cx, path).await);
        }
        things
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails => apply(&web("web", "crash:1")),
            Mood::Slow => apply(&web("web", "slow:1")),
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
            Mood::Explained => apply(&web("web", "missing:1")),
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

podium_testkit::conform!(on_the_simulator, Kubernetes);
