use podium_connector::{Action, Connector as _, Phase, UndoClass};
use podium_connector_kubernetes::Kubernetes;
use podium_diagnostics::ErrorKind;
use podium_testkit::walk;
use serde_json::json;

use crate::{cluster, look, request, web};

async fn with_web(cx: &podium_testkit::FakeContext) {
    let step = request(
        "kubernetes/apply",
        json!({"manifests": web("web:1", 2), "namespace": "default"}),
    );
    walk(&Kubernetes::new(), cx, &step).await.unwrap();
    std::fs::remove_dir_all(podium_connector::Context::keep(cx)).unwrap();
    std::fs::create_dir(podium_connector::Context::keep(cx)).unwrap();
}

#[tokio::test]
async fn what_is_deleted_is_made_anew_by_the_undo() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    with_web(&cx).await;
    let step = request(
        "kubernetes/delete",
        json!({"kind": "Deployment", "name": "web", "namespace": "default"}),
    );
    let walked = walk(&kubernetes, &cx, &step).await.unwrap();
    assert_eq!(walked.preview.changes[0].action, Action::Delete);
    assert_eq!(walked.preview.undo.class, UndoClass::Restore);
    assert_eq!(
        walked.outcome.outputs["deleted"],
        json!(["Deployment default/web"])
    );
    assert_eq!(
        look(&cx, "/apis/apps/v1/namespaces/default/deployments/web").await["code"],
        404
    );
    assert_eq!(
        look(&cx, "/api/v1/namespaces/default/pods").await["items"],
        json!([])
    );
    let back = kubernetes
        .preview_undo(&cx, &step, &walked.record)
        .await
        .unwrap();
    assert_eq!(back.changes[0].action, Action::Create);
    kubernetes.undo(&cx, &step, &walked.record).await.unwrap();
    assert_eq!(
        look(&cx, "/apis/apps/v1/namespaces/default/deployments/web").await["spec"]["replicas"],
        2
    );
}

#[tokio::test]
async fn a_deletion_never_hits_another_object_of_the_same_name() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    with_web(&cx).await;
    let step = request(
        "kubernetes/delete",
        json!({"kind": "Deployment", "selector": "app=web", "namespace": "default"}),
    );
    let preview = kubernetes.preview(&cx, &step).await.unwrap();
    kubernetes.prepare(&cx, &step, &preview).await.unwrap();
    // Somebody deletes it and makes another one.
    crate::write(
        &cx,
        podium_connector::Method::Delete,
        "/apis/apps/v1/namespaces/default/deployments/web",
        "application/json",
        &json!({}),
    )
    .await;
    crate::write(
        &cx,
        podium_connector::Method::Post,
        "/apis/apps/v1/namespaces/default/deployments",
        "application/json",
        &web("web:9", 1),
    )
    .await;
    kubernetes.run(&cx, &step).await.unwrap();
    assert_eq!(
        look(&cx, "/apis/apps/v1/namespaces/default/deployments/web").await["spec"]["template"]["spec"]
            ["containers"][0]["image"],
        "web:9"
    );
}

#[tokio::test]
async fn waiting_ends_when_it_is_so_and_says_what_is_missing_when_it_is_late() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    with_web(&cx).await;
    for inputs in [
        json!({"kind": "Deployment", "name": "web", "namespace": "default"}),
        json!({"kind": "Pod", "selector": "app=web", "namespace": "default", "until": "condition", "condition": "Ready"}),
        json!({"kind": "ConfigMap", "name": "none", "namespace": "default", "until": "gone"}),
    ] {
        walk(&kubernetes, &cx, &request("kubernetes/wait", inputs))
            .await
            .unwrap();
    }
    let late = request(
        "kubernetes/wait",
        json!({"kind": "Pod", "selector": "app=web", "namespace": "default", "until": "condition", "condition": "Ready=False", "patience": "20s"}),
    );
    let error = kubernetes.run(&cx, &late).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.message.contains("Ready is True"), "{}", error.message);
}

#[tokio::test]
async fn a_restart_replaces_every_pod_once() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    with_web(&cx).await;
    let names = |pods: &serde_json::Value| -> Vec<String> {
        pods["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = names(&look(&cx, "/api/v1/namespaces/default/pods").await);
    let step = request(
        "kubernetes/restart",
        json!({"name": "web", "namespace": "default"}),
    );
    let walked = walk(&kubernetes, &cx, &step).await.unwrap();
    assert_eq!(walked.preview.undo.class, UndoClass::Automatic);
    let after = names(&look(&cx, "/api/v1/namespaces/default/pods").await);
    assert!(
        before.iter().all(|name| !after.contains(name)),
        "{before:?} {after:?}"
    );
    kubernetes.run(&cx, &step).await.unwrap();
    assert_eq!(
        names(&look(&cx, "/api/v1/namespaces/default/pods").await),
        after,
        "the same attempt restarts once"
    );
}

#[tokio::test]
async fn who_asks_and_what_they_may_is_told() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    cx.set_phase(Phase::Read);
    let step = request(
        "kubernetes/apply",
        json!({"manifests": web("web:1", 1), "namespace": "default"}),
    );
    let identity = kubernetes.identify(&cx, &step).await.unwrap().unwrap();
    assert_eq!(
        (
            identity.system.as_str(),
            identity.account.as_str(),
            identity.user.as_str()
        ),
        ("kubernetes", "practice", "practice")
    );
    assert!(identity.place.unwrap().contains("namespace default"));
    let rights = kubernetes.rights(&cx, &step).await.unwrap();
    assert!(
        rights
            .iter()
            .any(|right| right.what == "patch deployments.apps in `default`"
                && right.held == Some(true)),
        "{rights:?}"
    );
    let choices = kubernetes.discover(&cx, &step, "namespaces").await.unwrap();
    assert_eq!(
        choices.iter().map(|c| c.value.as_str()).collect::<Vec<_>>(),
        ["default", "kube-public", "kube-system"]
    );
}

#[tokio::test]
async fn a_long_list_is_read_to_its_end() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    for at in 0..1_101 {
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("c-{at:04}"), "labels": {"app": "many"}}});
        crate::write(
            &cx,
            podium_connector::Method::Post,
            "/api/v1/namespaces/default/configmaps",
            "application/json",
            &body,
        )
        .await;
    }
    cx.set_phase(Phase::Read);
    let step = request(
        "kubernetes/delete",
        json!({"kind": "ConfigMap", "selector": "app=many", "namespace": "default"}),
    );
    let preview = kubernetes.preview(&cx, &step).await.unwrap();
    assert_eq!(preview.changes.len(), 1_101);
    assert_eq!(
        cx.records()
            .requests
            .iter()
            .filter(|r| r.contains("/configmaps?") && r.contains("limit=500"))
            .count(),
        3
    );
}
