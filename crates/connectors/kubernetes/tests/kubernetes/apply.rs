use podium_connector::{Action, Confidence, Connector as _, Method, Observed, Phase, UndoClass};
use podium_connector_kubernetes::Kubernetes;
use podium_diagnostics::ErrorKind;
use podium_testkit::walk;
use serde_json::{Value, json};

use crate::{cluster, look, request, web, write};

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/web";

#[tokio::test]
async fn what_is_previewed_is_made_and_taken_back_wholly() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    cx.write(
        "k8s/shop/web.yaml",
        &format!(
            "{}\n---\n{}",
            web("web:1", 2),
            json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
                "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
            })
        ),
    );
    let step = request(
        "kubernetes/apply",
        json!({"manifests": "k8s/shop", "namespace": "shop"}),
    );
    let walked = walk(&kubernetes, &cx, &step).await.unwrap();
    let lines: Vec<String> = walked
        .preview
        .changes
        .iter()
        .map(|c| format!("{:?} {} {}", c.action, c.kind, c.name))
        .collect();
    assert_eq!(
        lines,
        [
            "Create Namespace shop",
            "Create Service shop/web",
            "Create Deployment shop/web"
        ]
    );
    assert_eq!(
        walked.preview.confidence,
        Confidence::Predicted,
        "the namespace is not there yet"
    );
    assert_eq!(walked.preview.undo.class, UndoClass::Delete);
    assert_eq!(walked.outcome.outputs["namespace"], "shop");
    assert_eq!(walked.outcome.outputs["url"], "http://web.shop.svc/");
    let living = look(&cx, DEPLOYMENT).await;
    assert_eq!(living["status"]["availableReplicas"], 2);
    assert_eq!(living["metadata"]["managedFields"][0]["manager"], "podium");

    let mut record = walked.record.clone();
    record.record["learned"] = walked.outcome.undo.clone().unwrap();
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let back = kubernetes.preview_undo(&cx, &step, &record).await.unwrap();
    assert!(
        back.changes
            .iter()
            .all(|change| change.action == Action::Delete),
        "{back:?}"
    );
    assert_eq!(back.changes.len(), 3);
    cx.set_phase(Phase::Write);
    kubernetes.undo(&cx, &step, &record).await.unwrap();
    assert_eq!(look(&cx, DEPLOYMENT).await["code"], 404);
    assert_eq!(look(&cx, "/api/v1/namespaces/shop").await["code"], 404);
}

#[tokio::test]
async fn a_second_application_changes_nothing_and_says_so() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    let step = request(
        "kubernetes/apply",
        json!({"manifests": [web("web:1", 1)], "namespace": "default"}),
    );
    walk(&kubernetes, &cx, &step).await.unwrap();
    let before = look(&cx, "/apis/apps/v1/namespaces/default/deployments/web").await;
    cx.set_phase(Phase::Read);
    cx.begin_attempt();
    let again = kubernetes.preview(&cx, &step).await.unwrap();
    assert!(again.changes.is_empty(), "{again:?}");
    assert_eq!(again.undo.class, UndoClass::Automatic);
    assert_eq!(again.confidence, Confidence::Exact);
    assert_eq!(again.notes, ["1 object is as it shall be."]);
    cx.set_phase(Phase::Write);
    kubernetes.run(&cx, &step).await.unwrap();
    let after = look(&cx, "/apis/apps/v1/namespaces/default/deployments/web").await;
    assert_eq!(
        before["metadata"]["resourceVersion"],
        after["metadata"]["resourceVersion"]
    );
    assert_eq!(
        kubernetes.observe(&cx, &step).await.unwrap(),
        Observed::Adopt
    );
}

#[tokio::test]
async fn a_change_shows_only_what_differs_and_undo_puts_it_back() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    let first = request(
        "kubernetes/apply",
        json!({"manifests": [web("web:1", 1)], "namespace": "default"}),
    );
    walk(&kubernetes, &cx, &first).await.unwrap();
    for file in std::fs::read_dir(podium_connector::Context::keep(&cx)).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let mut newer = web("web:2", 3);
    newer["metadata"]["labels"]["team"] = "blue".into();
    let second = request(
        "kubernetes/apply",
        json!({"manifests": newer, "namespace": "default"}),
    );
    let walked = walk(&kubernetes, &cx, &second).await.unwrap();
    let change = &walked.preview.changes[0];
    assert_eq!(change.action, Action::Update);
    assert_eq!(
        change.before["spec"],
        json!({"replicas": 1, "template": {"spec": {"containers": [{"name": "web", "image": "web:1"}]}}})
    );
    assert_eq!(
        change.after["metadata"],
        json!({"labels": {"team": "blue"}})
    );
    assert_eq!(walked.preview.undo.class, UndoClass::Restore);

    kubernetes.undo(&cx, &second, &walked.record).await.unwrap();
    let living = look(&cx, "/apis/apps/v1/namespaces/default/deployments/web").await;
    assert_eq!(living["spec"]["replicas"], 1);
    assert_eq!(
        living["spec"]["template"]["spec"]["containers"][0]["image"],
        "web:1"
    );
    assert_eq!(living["metadata"]["labels"], json!({"app": "web"}));
    // Whoever applies the first manifests again finds nothing to do.
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    assert!(
        kubernetes
            .preview(&cx, &first)
            .await
            .unwrap()
            .changes
            .is_empty()
    );
}

#[tokio::test]
async fn fields_of_others_are_named_and_taken_over_only_when_asked_and_given_back() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    let mut theirs = web("web:1", 5);
    theirs["metadata"]["namespace"] = "default".into();
    write(
        &cx,
        Method::Patch,
        "/apis/apps/v1/namespaces/default/deployments/web?fieldManager=argocd",
        "application/apply-patch+yaml",
        &theirs,
    )
    .await;
    let step = |force: bool| {
        request(
            "kubernetes/apply",
            json!({"manifests": web("web:2", 5), "namespace": "default", "force": force}),
        )
    };
    cx.set_phase(Phase::Read);
    let error = kubernetes.preview(&cx, &step(false)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert_eq!(error.code.as_str(), "POD0469");
    assert!(
        error
            .message
            .contains("spec.template.spec.containers[name=\"web\"].image")
            && error.message.contains("`argocd`"),
        "{}",
        error.message
    );
    assert!(error.hint.unwrap().contains("`force`"));
    cx.set_phase(Phase::Write);
    let walked = walk(&kubernetes, &cx, &step(true)).await.unwrap();
    assert!(
        walked
            .preview
            .notes
            .iter()
            .any(|note| note.contains("is taken over from `argocd`")),
        "{:?}",
        walked.preview.notes
    );
    kubernetes
        .undo(&cx, &step(true), &walked.record)
        .await
        .unwrap();
    let living = look(&cx, "/apis/apps/v1/namespaces/default/deployments/web").await;
    assert_eq!(
        living["spec"]["template"]["spec"]["containers"][0]["image"],
        "web:1"
    );
    let owners: Vec<&str> = living["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["manager"].as_str().unwrap())
        .collect();
    assert_eq!(owners, ["argocd"], "{living}");
}

#[tokio::test]
async fn the_values_of_a_secret_are_nowhere() {
    const VALUE: &str = "hunter2-very-secret";
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    let secret = |value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"password": value}});
    let first = request(
        "kubernetes/apply",
        json!({"manifests": secret("the-former-secret-value"), "namespace": "default"}),
    );
    walk(&kubernetes, &cx, &first).await.unwrap();
    std::fs::remove_dir_all(podium_connector::Context::keep(&cx)).unwrap();
    std::fs::create_dir(podium_connector::Context::keep(&cx)).unwrap();
    let second = request(
        "kubernetes/apply",
        json!({"manifests": secret(VALUE), "namespace": "default"}),
    );
    let walked = walk(&kubernetes, &cx, &second).await.unwrap();
    assert_eq!(
        walked.preview.changes[0].after["data"]["password"],
        "(hidden)"
    );
    assert_eq!(walked.preview.undo.class, UndoClass::Manual);
    assert!(
        walked
            .preview
            .undo
            .because
            .as_ref()
            .unwrap()
            .contains("`default/db`")
    );
    let records = cx.records();
    let mut told = format!(
        "{walked:?}{:?}{:?}{:?}{}",
        records.progress,
        records.log,
        records.requests,
        cx.simulator_state().unwrap()
    );
    for file in cx.all_files() {
        told.push_str(&String::from_utf8_lossy(&std::fs::read(file).unwrap()));
    }
    for spelling in [
        VALUE,
        "the-former-secret-value",
        "aHVudGVyMi12ZXJ5LXNlY3JldA",
        "dGhlLWZvcm1lci1zZWNyZXQtdmFsdWU",
    ] {
        assert!(!told.contains(spelling), "{spelling}");
    }
    // Taking back leaves the values as they are, and says so.
    let back = kubernetes
        .preview_undo(&cx, &second, &walked.record)
        .await
        .unwrap();
    assert!(
        back.notes.iter().any(|note| note.contains("kept nowhere")),
        "{back:?}"
    );
    kubernetes.undo(&cx, &second, &walked.record).await.unwrap();
    assert!(
        look(&cx, "/api/v1/namespaces/default/secrets/db").await["data"]["password"].is_string()
    );
}

#[tokio::test]
async fn a_pod_that_does_not_run_fails_the_step_in_plain_words() {
    for (image, words, log) in [
        ("registry.example/missing:1", "cannot be fetched", ""),
        (
            "crash:1",
            "starts and ends again and again",
            "the database `shop` does not answer",
        ),
        ("oom:1", "needed more memory than its limit allows", ""),
    ] {
        let (kubernetes, cx) = (Kubernetes::new(), cluster());
        let step = request(
            "kubernetes/apply",
            json!({"manifests": web(image, 1), "namespace": "default"}),
        );
        let error = walk(&kubernetes, &cx, &step).await.unwrap_err();
        assert_eq!(error.code.as_str(), "POD0471", "{error:?}");
        assert!(error.message.contains(words), "{}", error.message);
        assert!(cx.records().log.iter().any(|line| line.text.contains(log)) || log.is_empty());
    }
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    let mut broken = web("web:1", 1);
    broken["spec"]["template"]["spec"]["containers"][0]["envFrom"] =
        json!([{"secretRef": {"name": "nowhere"}}]);
    let step = request(
        "kubernetes/apply",
        json!({"manifests": broken, "namespace": "default", "patience": "30s"}),
    );
    let error = walk(&kubernetes, &cx, &step).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(
        error.message.contains("such as a Secret, a ConfigMap"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_definition_and_an_object_of_it_go_in_one_step() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "shops.podium.test"},
        "spec": {"group": "podium.test", "scope": "Namespaced", "names": {"kind": "Shop", "plural": "shops"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]},
    });
    let shop = json!({"apiVersion": "podium.test/v1", "kind": "Shop", "metadata": {"name": "west"}, "spec": {"size": 3}});
    let step = request(
        "kubernetes/apply",
        json!({"manifests": [shop, definition], "namespace": "default"}),
    );
    let walked = walk(&kubernetes, &cx, &step).await.unwrap();
    assert_eq!(walked.preview.changes[1].kind, "Shop.podium.test");
    assert_eq!(
        walked.preview.changes[1].confidence,
        Some(Confidence::Predicted)
    );
    assert_eq!(
        look(&cx, "/apis/podium.test/v1/namespaces/default/shops/west").await["spec"]["size"],
        3
    );
    let unknown = request(
        "kubernetes/apply",
        json!({"manifests": {"apiVersion": "podium.test/v9", "kind": "Shop", "metadata": {"name": "x"}}}),
    );
    cx.set_phase(Phase::Read);
    let error = kubernetes.preview(&cx, &unknown).await.unwrap_err();
    assert!(
        error.message.contains("no kind `Shop` in `podium.test/v9`"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn what_changed_since_the_preview_is_previewed_again() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    let first = request(
        "kubernetes/apply",
        json!({"manifests": web("web:1", 1), "namespace": "default"}),
    );
    walk(&kubernetes, &cx, &first).await.unwrap();
    let second = request(
        "kubernetes/apply",
        json!({"manifests": web("web:2", 1), "namespace": "default"}),
    );
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    kubernetes.preview(&cx, &second).await.unwrap();
    cx.set_phase(Phase::Write);
    write(
        &cx,
        Method::Patch,
        "/apis/apps/v1/namespaces/default/deployments/web?fieldManager=kubectl-label",
        "application/merge-patch+json",
        &json!({"metadata": {"labels": {"x": "y"}}}),
    )
    .await;
    let error = kubernetes.run(&cx, &second).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stale);
    assert_eq!(
        look(&cx, "/apis/apps/v1/namespaces/default/deployments/web").await["spec"]["template"]["spec"]
            ["containers"][0]["image"],
        "web:1"
    );
}

#[tokio::test]
async fn drift_names_what_somebody_changed_and_what_is_gone() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    let step = request(
        "kubernetes/apply",
        json!({"manifests": [web("web:1", 1), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}], "namespace": "default"}),
    );
    walk(&kubernetes, &cx, &step).await.unwrap();
    assert!(kubernetes.drift(&cx, &step).await.unwrap().items.is_empty());
    write(
        &cx,
        Method::Patch,
        "/apis/apps/v1/namespaces/default/deployments/web/scale?fieldManager=kubectl",
        "application/merge-patch+json",
        &json!({"spec": {"replicas": 4}}),
    )
    .await;
    write(
        &cx,
        Method::Delete,
        "/api/v1/namespaces/default/configmaps/c",
        "application/json",
        &json!({}),
    )
    .await;
    let drift = kubernetes.drift(&cx, &step).await.unwrap();
    let items: Vec<(&str, &Value, &Value)> = drift
        .items
        .iter()
        .map(|i| (i.name.as_str(), &i.expected, &i.actual))
        .collect();
    assert_eq!(
        items[1],
        (
            "default/web",
            &json!({"spec": {"replicas": 1}}),
            &json!({"spec": {"replicas": 4}})
        )
    );
    assert_eq!((items[0].0, items[0].2), ("default/c", &Value::Null));
}

#[tokio::test]
async fn the_drawing_shows_owners_and_what_points_to_what() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    let mut web = web("web:1", 2);
    web["spec"]["template"]["spec"]["containers"][0]["envFrom"] =
        json!([{"configMapRef": {"name": "c"}}]);
    let step = request(
        "kubernetes/apply",
        json!({"manifests": [web, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}], "namespace": "default"}),
    );
    walk(&kubernetes, &cx, &step).await.unwrap();
    let drawing = kubernetes.draw(&cx, &step).await.unwrap();
    let count = |kind: &str| {
        drawing
            .nodes
            .iter()
            .filter(|node| node.kind == kind)
            .count()
    };
    assert_eq!(
        (
            count("Deployment"),
            count("ReplicaSet"),
            count("Pod"),
            count("ConfigMap")
        ),
        (1, 1, 2, 1)
    );
    assert_eq!(drawing.edges.len(), 4, "{drawing:?}");
}

#[tokio::test]
async fn a_cancel_stops_waiting_and_says_what_goes_on() {
    let (kubernetes, cx) = (Kubernetes::new(), cluster());
    let step = request(
        "kubernetes/apply",
        json!({"manifests": web("missing:1", 1), "namespace": "default"}),
    );
    kubernetes.preview(&cx, &step).await.unwrap();
    cx.cancel();
    let error = kubernetes.run(&cx, &step).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    cx.begin_attempt();
    kubernetes
        .run(
            &cx,
            &request(
                "kubernetes/apply",
                json!({"manifests": web("missing:1", 1), "namespace": "default", "wait": false}),
            ),
        )
        .await
        .unwrap();
    let left = kubernetes.cancelled(&cx, &step).await.unwrap();
    assert_eq!(left.what.len(), 1, "{left:?}");
    assert!(
        left.what[0].contains("goes on with Deployment `default/web`"),
        "{left:?}"
    );
}
