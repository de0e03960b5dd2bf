use podium_connector::{Action, Confidence, Connector as _, Method, Observed, Phase, UndoClass};
use podium_connector_kubernetes::Kubernetes;
use podium_diagnostics::ErrorKind;
use podium_testkit::walk;
use serde_json::{Value, json};

use crate::world::{World, web};

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/OTHER/deployments/web";

pub(crate) async fn what_is_previewed_is_made_and_taken_back_wholly(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let other = &world.other;
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
    let step = world.request(
        "kubernetes/apply",
        json!({"manifests": "k8s/shop", "namespace": world.other}),
    );
    let walked = walk(&kubernetes, cx, &step).await.unwrap();
    let lines: Vec<String> = walked
        .preview
        .changes
        .iter()
        .map(|c| format!("{:?} {} {}", c.action, c.kind, c.name))
        .collect();
    assert_eq!(
        lines,
        [
            format!("Create Namespace {other}"),
            format!("Create Service {other}/web"),
            format!("Create Deployment {other}/web")
        ]
    );
    assert_eq!(
        walked.preview.confidence,
        Confidence::Predicted,
        "the namespace is not there yet"
    );
    assert_eq!(walked.preview.undo.class, UndoClass::Delete);
    assert_eq!(walked.outcome.outputs["namespace"], world.other);
    assert_eq!(
        walked.outcome.outputs["url"],
        format!("http://web.{other}.svc/")
    );
    let living = world.look(DEPLOYMENT).await;
    assert_eq!(living["status"]["availableReplicas"], 2);
    assert_eq!(living["metadata"]["managedFields"][0]["manager"], "podium");

    let mut record = walked.record.clone();
    record.record["learned"] = walked.outcome.undo.clone().unwrap();
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let back = kubernetes.preview_undo(cx, &step, &record).await.unwrap();
    assert!(
        back.changes
            .iter()
            .all(|change| change.action == Action::Delete),
        "{back:?}"
    );
    assert_eq!(back.changes.len(), 3);
    cx.set_phase(Phase::Write);
    kubernetes.undo(cx, &step, &record).await.unwrap();
    assert_eq!(world.look(DEPLOYMENT).await["code"], 404);
    assert_eq!(world.look("/api/v1/namespaces/OTHER").await["code"], 404);
}

pub(crate) async fn a_second_application_changes_nothing_and_says_so(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let step = world.request(
        "kubernetes/apply",
        json!({"manifests": [web("web:1", 1)], "namespace": world.ns}),
    );
    walk(&kubernetes, cx, &step).await.unwrap();
    let before = world
        .look("/apis/apps/v1/namespaces/NS/deployments/web")
        .await;
    cx.set_phase(Phase::Read);
    cx.begin_attempt();
    let again = kubernetes.preview(cx, &step).await.unwrap();
    assert!(again.changes.is_empty(), "{again:?}");
    assert_eq!(again.undo.class, UndoClass::Automatic);
    assert_eq!(again.confidence, Confidence::Exact);
    assert_eq!(again.notes, ["1 object is as it shall be."]);
    cx.set_phase(Phase::Write);
    kubernetes.run(cx, &step).await.unwrap();
    let after = world
        .look("/apis/apps/v1/namespaces/NS/deployments/web")
        .await;
    assert_eq!(
        before["metadata"]["resourceVersion"],
        after["metadata"]["resourceVersion"]
    );
    assert_eq!(
        kubernetes.observe(cx, &step).await.unwrap(),
        Observed::Adopt
    );
}

pub(crate) async fn a_change_shows_only_what_differs_and_undo_puts_it_back(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let first = world.request(
        "kubernetes/apply",
        json!({"manifests": [web("web:1", 1)], "namespace": world.ns}),
    );
    walk(&kubernetes, cx, &first).await.unwrap();
    world.next_step();
    let mut newer = web("web:2", 3);
    newer["metadata"]["labels"]["team"] = "blue".into();
    let second = world.request(
        "kubernetes/apply",
        json!({"manifests": newer, "namespace": world.ns}),
    );
    let walked = walk(&kubernetes, cx, &second).await.unwrap();
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

    kubernetes.undo(cx, &second, &walked.record).await.unwrap();
    let living = world
        .look("/apis/apps/v1/namespaces/NS/deployments/web")
        .await;
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
            .preview(cx, &first)
            .await
            .unwrap()
            .changes
            .is_empty()
    );
}

pub(crate) async fn fields_of_others_are_named_and_taken_over_only_when_asked_and_given_back(
    world: World,
) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let mut theirs = web("web:1", 5);
    theirs["metadata"]["namespace"] = world.ns.as_str().into();
    world
        .write(
            Method::Patch,
            "/apis/apps/v1/namespaces/NS/deployments/web?fieldManager=argocd",
            "application/apply-patch+yaml",
            &theirs,
        )
        .await;
    let step = |force: bool| {
        world.request(
            "kubernetes/apply",
            json!({"manifests": web("web:2", 5), "namespace": world.ns, "force": force}),
        )
    };
    cx.set_phase(Phase::Read);
    let error = kubernetes.preview(cx, &step(false)).await.unwrap_err();
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
    let walked = walk(&kubernetes, cx, &step(true)).await.unwrap();
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
        .undo(cx, &step(true), &walked.record)
        .await
        .unwrap();
    let living = world
        .look("/apis/apps/v1/namespaces/NS/deployments/web")
        .await;
    assert_eq!(
        living["spec"]["template"]["spec"]["containers"][0]["image"],
        "web:1"
    );
    let owners: Vec<&str> = living["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["manager"].as_str().unwrap())
        .filter(|manager| *manager != "kube-controller-manager")
        .collect();
    assert_eq!(owners, ["argocd"], "{living}");
}

pub(crate) async fn the_values_of_a_secret_are_nowhere(world: World) {
    const VALUE: &str = "hunter2-very-secret";
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let secret = |value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"password": value}});
    let first = world.request(
        "kubernetes/apply",
        json!({"manifests": secret("the-former-secret-value"), "namespace": world.ns}),
    );
    walk(&kubernetes, cx, &first).await.unwrap();
    world.next_step();
    let second = world.request(
        "kubernetes/apply",
        json!({"manifests": secret(VALUE), "namespace": world.ns}),
    );
    let walked = walk(&kubernetes, cx, &second).await.unwrap();
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
            .contains(&format!("`{}/db`", world.ns))
    );
    let records = cx.records();
    let mut told = format!(
        "{walked:?}{:?}{:?}{:?}{}",
        records.progress,
        records.log,
        records.requests,
        cx.simulator_state().unwrap_or_default()
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
        .preview_undo(cx, &second, &walked.record)
        .await
        .unwrap();
    assert!(
        back.notes.iter().any(|note| note.contains("kept nowhere")),
        "{back:?}"
    );
    kubernetes.undo(cx, &second, &walked.record).await.unwrap();
    assert!(world.look("/api/v1/namespaces/NS/secrets/db").await["data"]["password"].is_string());
}

pub(crate) async fn a_pod_that_does_not_run_fails_the_step_in_plain_words() {
    for (image, words, log) in [
        ("registry.example/missing:1", "cannot be fetched", ""),
        (
            "crash:1",
            "starts and ends again and again",
            "the database `shop` does not answer",
        ),
        ("oom:1", "needed more memory than its limit allows", ""),
    ] {
        let world = World::practice();
        let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
        let step = world.request(
            "kubernetes/apply",
            json!({"manifests": web(image, 1), "namespace": world.ns}),
        );
        let error = walk(&kubernetes, cx, &step).await.unwrap_err();
        assert_eq!(error.code.as_str(), "POD0471", "{error:?}");
        assert!(error.message.contains(words), "{}", error.message);
        assert!(cx.records().log.iter().any(|line| line.text.contains(log)) || log.is_empty());
    }
    let world = World::practice();
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let mut broken = web("web:1", 1);
    broken["spec"]["template"]["spec"]["containers"][0]["envFrom"] =
        json!([{"secretRef": {"name": "nowhere"}}]);
    let step = world.request(
        "kubernetes/apply",
        json!({"manifests": broken, "namespace": world.ns, "patience": "30s"}),
    );
    let error = walk(&kubernetes, cx, &step).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(
        error.message.contains("such as a Secret, a ConfigMap"),
        "{}",
        error.message
    );
}

pub(crate) async fn a_definition_and_an_object_of_it_go_in_one_step(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "shops.podium.test"},
        "spec": {"group": "podium.test", "scope": "Namespaced", "names": {"kind": "Shop", "plural": "shops"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]},
    });
    let shop = json!({"apiVersion": "podium.test/v1", "kind": "Shop", "metadata": {"name": "west"}, "spec": {"size": 3}});
    let step = world.request(
        "kubernetes/apply",
        json!({"manifests": [shop, definition], "namespace": world.ns}),
    );
    let walked = walk(&kubernetes, cx, &step).await.unwrap();
    assert_eq!(walked.preview.changes[1].kind, "Shop.podium.test");
    assert_eq!(
        walked.preview.changes[1].confidence,
        Some(Confidence::Predicted)
    );
    assert_eq!(
        world
            .look("/apis/podium.test/v1/namespaces/NS/shops/west")
            .await["spec"]["size"],
        3
    );
    let unknown = world.request(
        "kubernetes/apply",
        json!({"manifests": {"apiVersion": "podium.test/v9", "kind": "Shop", "metadata": {"name": "x"}}}),
    );
    cx.set_phase(Phase::Read);
    let error = kubernetes.preview(cx, &unknown).await.unwrap_err();
    assert!(
        error.message.contains("no kind `Shop` in `podium.test/v9`"),
        "{}",
        error.message
    );
}

pub(crate) async fn what_changed_since_the_preview_is_previewed_again(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let first = world.request(
        "kubernetes/apply",
        json!({"manifests": web("web:1", 1), "namespace": world.ns}),
    );
    walk(&kubernetes, cx, &first).await.unwrap();
    let second = world.request(
        "kubernetes/apply",
        json!({"manifests": web("web:2", 1), "namespace": world.ns}),
    );
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    kubernetes.preview(cx, &second).await.unwrap();
    cx.set_phase(Phase::Write);
    world
        .write(
            Method::Patch,
            "/apis/apps/v1/namespaces/NS/deployments/web?fieldManager=kubectl-label",
            "application/merge-patch+json",
            &json!({"metadata": {"labels": {"x": "y"}}}),
        )
        .await;
    let error = kubernetes.run(cx, &second).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stale);
    assert_eq!(
        world
            .look("/apis/apps/v1/namespaces/NS/deployments/web")
            .await["spec"]["template"]["spec"]["containers"][0]["image"],
        "web:1"
    );
}

pub(crate) async fn drift_names_what_somebody_changed_and_what_is_gone(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let step = world.request(
        "kubernetes/apply",
        json!({"manifests": [web("web:1", 1), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}], "namespace": world.ns}),
    );
    walk(&kubernetes, cx, &step).await.unwrap();
    assert!(kubernetes.drift(cx, &step).await.unwrap().items.is_empty());
    world
        .write(
            Method::Patch,
            "/apis/apps/v1/namespaces/NS/deployments/web/scale?fieldManager=kubectl",
            "application/merge-patch+json",
            &json!({"spec": {"replicas": 4}}),
        )
        .await;
    world
        .write(
            Method::Delete,
            "/api/v1/namespaces/NS/configmaps/c",
            "application/json",
            &json!({}),
        )
        .await;
    let drift = kubernetes.drift(cx, &step).await.unwrap();
    let items: Vec<(&str, &Value, &Value)> = drift
        .items
        .iter()
        .map(|i| (i.name.as_str(), &i.expected, &i.actual))
        .collect();
    assert_eq!(
        items[1],
        (
            format!("{}/web", world.ns).as_str(),
            &json!({"spec": {"replicas": 1}}),
            &json!({"spec": {"replicas": 4}})
        )
    );
    assert_eq!(
        (items[0].0, items[0].2),
        (format!("{}/c", world.ns).as_str(), &Value::Null)
    );
}

pub(crate) async fn the_drawing_shows_owners_and_what_points_to_what(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let mut web = web("web:1", 2);
    web["spec"]["template"]["spec"]["containers"][0]["envFrom"] =
        json!([{"configMapRef": {"name": "c"}}]);
    let step = world.request(
        "kubernetes/apply",
        json!({"manifests": [web, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}], "namespace": world.ns}),
    );
    walk(&kubernetes, cx, &step).await.unwrap();
    let drawing = kubernetes.draw(cx, &step).await.unwrap();
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

pub(crate) async fn a_cancel_stops_waiting_and_says_what_goes_on(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let step = world.request(
        "kubernetes/apply",
        json!({"manifests": web("missing:1", 1), "namespace": world.ns}),
    );
    kubernetes.preview(cx, &step).await.unwrap();
    cx.cancel();
    let error = kubernetes.run(cx, &step).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    cx.begin_attempt();
    kubernetes
        .run(
            cx,
            &world.request(
                "kubernetes/apply",
                json!({"manifests": web("missing:1", 1), "namespace": world.ns, "wait": false}),
            ),
        )
        .await
        .unwrap();
    let left = kubernetes.cancelled(cx, &step).await.unwrap();
    assert_eq!(left.what.len(), 1, "{left:?}");
    assert!(
        left.what[0].contains(&format!("goes on with Deployment `{}/web`", world.ns)),
        "{left:?}"
    );
}
