use podium_connector::{Action, Connector as _, Phase, UndoClass};
use podium_connector_kubernetes::Kubernetes;
use podium_diagnostics::ErrorKind;
use podium_testkit::walk;
use serde_json::json;

use crate::world::{World, web};

async fn with_web(world: &World) {
    let step = world.request("kubernetes/apply", json!({"manifests": web("web:1", 2)}));
    walk(&Kubernetes::new(), &world.cx, &step).await.unwrap();
    world.next_step();
}

pub(crate) async fn what_is_deleted_is_made_anew_by_the_undo(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    with_web(&world).await;
    let step = world.request(
        "kubernetes/delete",
        json!({"kind": "Deployment", "name": "web", "namespace": world.ns}),
    );
    let walked = walk(&kubernetes, cx, &step).await.unwrap();
    assert_eq!(walked.preview.changes[0].action, Action::Delete);
    assert_eq!(walked.preview.undo.class, UndoClass::Restore);
    assert_eq!(
        walked.outcome.outputs["deleted"],
        json!([format!("Deployment {}/web", world.ns)])
    );
    assert_eq!(
        world
            .look("/apis/apps/v1/namespaces/NS/deployments/web")
            .await["code"],
        404
    );
    assert_eq!(
        world.look("/api/v1/namespaces/NS/pods").await["items"],
        json!([])
    );
    let back = kubernetes
        .preview_undo(cx, &step, &walked.record)
        .await
        .unwrap();
    assert_eq!(back.changes[0].action, Action::Create);
    kubernetes.undo(cx, &step, &walked.record).await.unwrap();
    assert_eq!(
        world
            .look("/apis/apps/v1/namespaces/NS/deployments/web")
            .await["spec"]["replicas"],
        2
    );
}

pub(crate) async fn a_deletion_never_hits_another_object_of_the_same_name(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    with_web(&world).await;
    let step = world.request(
        "kubernetes/delete",
        json!({"kind": "Deployment", "selector": "app=web", "namespace": world.ns}),
    );
    let preview = kubernetes.preview(cx, &step).await.unwrap();
    kubernetes.prepare(cx, &step, &preview).await.unwrap();
    // Somebody deletes it and makes another one.
    world
        .write(
            podium_connector::Method::Delete,
            "/apis/apps/v1/namespaces/NS/deployments/web",
            "application/json",
            &json!({}),
        )
        .await;
    world
        .write(
            podium_connector::Method::Post,
            "/apis/apps/v1/namespaces/NS/deployments",
            "application/json",
            &web("web:9", 1),
        )
        .await;
    kubernetes.run(cx, &step).await.unwrap();
    assert_eq!(
        world
            .look("/apis/apps/v1/namespaces/NS/deployments/web")
            .await["spec"]["template"]["spec"]["containers"][0]["image"],
        "web:9"
    );
}

pub(crate) async fn waiting_ends_when_it_is_so_and_says_what_is_missing_when_it_is_late(
    world: World,
) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    with_web(&world).await;
    for inputs in [
        json!({"kind": "Deployment", "name": "web", "namespace": world.ns}),
        json!({"kind": "Pod", "selector": "app=web", "namespace": world.ns, "until": "condition", "condition": "Ready"}),
        json!({"kind": "ConfigMap", "name": "none", "namespace": world.ns, "until": "gone"}),
    ] {
        walk(&kubernetes, cx, &world.request("kubernetes/wait", inputs))
            .await
            .unwrap();
    }
    let late = world.request(
        "kubernetes/wait",
        json!({"kind": "Pod", "selector": "app=web", "namespace": world.ns, "until": "condition", "condition": "Ready=False", "patience": "20s"}),
    );
    let error = kubernetes.run(cx, &late).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.message.contains("Ready is True"), "{}", error.message);
}

pub(crate) async fn a_restart_replaces_every_pod_once(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    with_web(&world).await;
    let names = |pods: &serde_json::Value| -> Vec<String> {
        pods["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = names(&world.look("/api/v1/namespaces/NS/pods").await);
    let step = world.request(
        "kubernetes/restart",
        json!({"name": "web", "namespace": world.ns}),
    );
    let walked = walk(&kubernetes, cx, &step).await.unwrap();
    assert_eq!(walked.preview.undo.class, UndoClass::Automatic);
    let after = names(&world.look("/api/v1/namespaces/NS/pods").await);
    assert!(
        before.iter().all(|name| !after.contains(name)),
        "{before:?} {after:?}"
    );
    kubernetes.run(cx, &step).await.unwrap();
    assert_eq!(
        names(&world.look("/api/v1/namespaces/NS/pods").await),
        after,
        "the same attempt restarts once"
    );
}

pub(crate) async fn who_asks_and_what_they_may_is_told(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    cx.set_phase(Phase::Read);
    let step = world.request("kubernetes/apply", json!({"manifests": web("web:1", 1)}));
    let identity = kubernetes.identify(cx, &step).await.unwrap().unwrap();
    let (account, user) = match world.server() {
        None => ("practice".to_owned(), "practice"),
        Some(server) => (
            format!("real at https://127.0.0.1:{}", server.port()),
            "admin",
        ),
    };
    assert_eq!(identity.system, "kubernetes");
    assert_eq!((identity.account, identity.user.as_str()), (account, user));
    assert!(
        identity
            .place
            .unwrap()
            .contains(&format!("namespace {}", world.ns))
    );
    let rights = kubernetes.rights(cx, &step).await.unwrap();
    let wanted = format!("patch deployments.apps in `{}`", world.ns);
    assert!(
        rights
            .iter()
            .any(|right| right.what == wanted && right.held == Some(true)),
        "{rights:?}"
    );
    let choices = kubernetes.discover(cx, &step, "namespaces").await.unwrap();
    let names: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    assert!(
        ["default", "kube-system"]
            .iter()
            .all(|name| names.contains(name)),
        "{names:?}"
    );
}

pub(crate) async fn a_long_list_is_read_to_its_end(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    for at in 0..1_101 {
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("c-{at:04}"), "labels": {"app": "many"}}});
        world
            .write(
                podium_connector::Method::Post,
                "/api/v1/namespaces/NS/configmaps",
                "application/json",
                &body,
            )
            .await;
    }
    cx.set_phase(Phase::Read);
    let step = world.request(
        "kubernetes/delete",
        json!({"kind": "ConfigMap", "selector": "app=many", "namespace": world.ns}),
    );
    let preview = kubernetes.preview(cx, &step).await.unwrap();
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
