use podium_connector::{Action, Connector as _, Observed, Phase, UndoClass};
use podium_connector_kubernetes::Kubernetes;
use podium_testkit::walk;
use serde_json::{Value, json};

use crate::world::World;

const SECRET: &str = "a-password-for-the-chart";

fn with_chart(world: &World) {
    let cx = &world.cx;
    cx.write(
        "charts/shop/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 1.2.3\nappVersion: \"9.8\"\n",
    );
    cx.write(
        "charts/shop/values.yaml",
        "image: web:1\nreplicas: 1\npassword: none\n",
    );
    cx.write(
        "charts/shop/templates/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-web\nspec:\n  replicas: {{ .Values.replicas }}\n  selector:\n    matchLabels: {app: shop}\n  template:\n    metadata:\n      labels: {app: shop}\n    spec:\n      containers:\n      - name: web\n        image: {{ .Values.image | quote }}\n",
    );
    cx.write(
        "charts/shop/templates/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}-db\nstringData:\n  password: {{ .Values.password | quote }}\n",
    );
    cx.write(
        "charts/shop/templates/NOTES.txt",
        "Open {{ .Release.Name }}.\n",
    );
}

fn lines(changes: &[podium_connector::Change]) -> Vec<String> {
    changes
        .iter()
        .map(|change| format!("{:?} {} {}", change.action, change.kind, change.name))
        .collect()
}

pub(crate) async fn a_chart_is_previewed_installed_upgraded_and_rolled_back(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    with_chart(&world);
    let step = |values: Value| {
        world.request("kubernetes/helm", json!({"chart": "./charts/shop", "release": "west", "namespace": world.other, "values": values}))
    };
    let first = step(json!({"password": SECRET}));
    let walked = walk(&kubernetes, cx, &first).await.unwrap();
    assert_eq!(
        lines(&walked.preview.changes),
        [
            format!("Create Namespace {}", world.other),
            format!("Create Release {}/west", world.other),
            "Create Secret west-db".to_owned(),
            "Create Deployment west-web".to_owned(),
        ]
    );
    assert_eq!(walked.preview.undo.class, UndoClass::Delete);
    assert_eq!(walked.outcome.outputs["revision"], 1);
    assert_eq!(walked.outcome.outputs["status"], "deployed");
    assert_eq!(walked.outcome.outputs["notes"], "Open west.");
    let deployment = "/apis/apps/v1/namespaces/OTHER/deployments/west-web";
    assert_eq!(
        world.look(deployment).await["status"]["availableReplicas"],
        1
    );
    assert_eq!(
        kubernetes.observe(cx, &first).await.unwrap(),
        Observed::Adopt
    );

    world.next_step();
    let mut second = step(json!({"password": SECRET, "replicas": 2}));
    second.key = "podium-run-test-step-2".into();
    let upgraded = walk(&kubernetes, cx, &second).await.unwrap();
    assert_eq!(upgraded.preview.changes[1].action, Action::Update);
    assert_eq!(
        upgraded.preview.changes[1].after,
        json!({"spec": {"replicas": 2}})
    );
    assert_eq!(upgraded.outcome.outputs["revision"], 2);
    assert_eq!(world.look(deployment).await["spec"]["replicas"], 2);
    cx.begin_attempt();
    kubernetes
        .undo(cx, &second, &upgraded.record)
        .await
        .unwrap();
    assert_eq!(world.look(deployment).await["spec"]["replicas"], 1);

    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let back = kubernetes
        .preview_undo(cx, &first, &walked.record)
        .await
        .unwrap();
    assert!(
        back.changes
            .iter()
            .all(|change| change.action == Action::Delete),
        "{back:?}"
    );
    cx.set_phase(Phase::Write);
    cx.begin_attempt();
    kubernetes.undo(cx, &first, &walked.record).await.unwrap();
    assert_eq!(world.look("/api/v1/namespaces/OTHER").await["code"], 404);

    let records = cx.records();
    let mut told = format!(
        "{walked:?}{upgraded:?}{back:?}{:?}{:?}{:?}{}",
        records.log,
        records.arguments,
        records.environments,
        cx.simulator_state().unwrap_or_default()
    );
    for file in cx.all_files() {
        told.push_str(&String::from_utf8_lossy(&std::fs::read(file).unwrap()));
    }
    assert!(!told.contains(SECRET));
}

pub(crate) async fn what_is_wrong_with_a_chart_is_told_in_helms_words(world: World) {
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    cx.set_phase(Phase::Read);
    cx.write("charts/none/readme.md", "no chart");
    for (chart, words) in [
        ("./charts/none", "Chart.yaml file is missing"),
        ("./charts/nowhere", "is not in the workspace"),
    ] {
        let step = world.request(
            "kubernetes/helm",
            json!({"chart": chart, "release": "west"}),
        );
        let error = kubernetes.preview(cx, &step).await.unwrap_err();
        assert_eq!(error.code.as_str(), "POD0474");
        assert!(error.message.contains(words), "{}", error.message);
    }
}
