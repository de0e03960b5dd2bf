//! Kustomize: a base and its overlays, rendered by what is played and by the real `kubectl`, applied and taken
//! back; and what is wrong with a folder, told with its place.

use podium_connector::{Action, Connector as _, Phase};
use podium_connector_kubernetes::Kubernetes;
use podium_diagnostics::{Error, ErrorKind};
use podium_testkit::walk;
use serde_json::json;

use crate::world::{World, web};

/// A base with two overlays; each has its own names, image and number.
fn folders(world: &World) {
    let cx = &world.cx;
    cx.write("shop/base/web.yaml", &web("web:1", 1).to_string());
    cx.write(
        "shop/base/settings.yaml",
        &json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"},
            "data": {"size": "größer – ñandú"},
        })
        .to_string(),
    );
    cx.write(
        "shop/base/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - web.yaml\n  - settings.yaml\n",
    );
    for (name, tag, count) in [("west", "2", 3), ("east", "3", 1)] {
        cx.write(
            &format!("shop/overlays/{name}/kustomization.yaml"),
            &format!(
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - ../../base\n\
                 namePrefix: {name}-\nlabels:\n  - pairs: {{ branch: {name} }}\n\
                 images:\n  - {{ name: web, newTag: \"{tag}\" }}\nreplicas:\n  - {{ name: web, count: {count} }}\n"
            ),
        );
    }
}

pub(crate) async fn an_overlay_is_rendered_applied_and_taken_back(world: World) {
    folders(&world);
    let (kubernetes, cx) = (Kubernetes::new(), &world.cx);
    let step = world.request(
        "kubernetes/apply",
        json!({"manifests": "shop/overlays/west"}),
    );
    let walked = walk(&kubernetes, cx, &step).await.unwrap();
    let ns = &world.ns;
    let lines: Vec<String> = walked
        .preview
        .changes
        .iter()
        .map(|c| format!("{:?} {} {}", c.action, c.kind, c.name))
        .collect();
    assert_eq!(
        lines,
        [
            format!("Create ConfigMap {ns}/west-settings"),
            format!("Create Deployment {ns}/west-web"),
        ]
    );
    let deployment = "/apis/apps/v1/namespaces/NS/deployments/west-web";
    let living = world.look(deployment).await;
    assert_eq!(living["spec"]["replicas"], 3);
    assert_eq!(living["status"]["availableReplicas"], 3);
    assert_eq!(
        living["spec"]["template"]["spec"]["containers"][0]["image"],
        "web:2"
    );
    assert_eq!(living["metadata"]["labels"]["branch"], "west");
    let settings = world
        .look("/api/v1/namespaces/NS/configmaps/west-settings")
        .await;
    assert_eq!(settings["data"]["size"], "größer – ñandú");

    // Another overlay of the same base stands beside it.
    world.next_step();
    let east = world.request(
        "kubernetes/apply",
        json!({"manifests": ["shop/overlays/east"]}),
    );
    cx.set_phase(Phase::Read);
    let preview = kubernetes.preview(cx, &east).await.unwrap();
    assert!(
        preview
            .changes
            .iter()
            .all(|c| c.action == Action::Create && c.name.contains("/east-"))
    );
    // What the first one put there is all that it would put there.
    cx.begin_attempt();
    let again = kubernetes.preview(cx, &step).await.unwrap();
    assert!(again.changes.is_empty(), "{:?}", again.changes);

    cx.begin_attempt();
    cx.set_phase(Phase::Write);
    let mut record = walked.record.clone();
    record.record["learned"] = walked.outcome.undo.clone().unwrap();
    kubernetes.undo(cx, &step, &record).await.unwrap();
    assert_eq!(world.look(deployment).await["code"], 404);
}

async fn refused(world: &World) -> Error {
    let step = world.request(
        "kubernetes/apply",
        json!({"manifests": "shop/overlays/west"}),
    );
    world.cx.begin_attempt();
    world.cx.set_phase(Phase::Read);
    Kubernetes::new()
        .preview(&world.cx, &step)
        .await
        .unwrap_err()
}

pub(crate) async fn what_is_wrong_with_a_folder_is_told_with_its_place(world: World) {
    folders(&world);
    let place = "shop/overlays/west/kustomization.yaml";
    for (text, said) in [
        ("resources:\n  - ../../base\n  - gone.yaml\n", "gone.yaml"),
        ("resources:\n  - ../nowhere\n", "nowhere"),
        ("resources: [\n", "yaml"),
    ] {
        world.cx.write(place, text);
        let error = refused(&world).await;
        assert_eq!(
            (error.kind, error.code.as_str()),
            (ErrorKind::Invalid, "POD0474"),
            "{error}"
        );
        assert!(error.message.contains("`shop/overlays/west`"), "{error}");
        assert!(
            error.message.to_lowercase().contains(said),
            "{text}: {error}"
        );
        assert!(
            error.context.contains(&("file".into(), place.into())),
            "{error:?}"
        );
        // Paths are those of the workspace.
        let root = world.cx.workspace_files();
        assert!(!root.is_empty());
        assert!(!error.message.contains("/tmp/"), "{error}");
    }
    // A folder without a kustomization is a folder of manifests, and this one has none.
    let step = world.request("kubernetes/apply", json!({"manifests": "shop/overlays"}));
    world
        .cx
        .write("shop/overlays/west/kustomization.yaml", "resources: []\n");
    world.cx.begin_attempt();
    let error = Kubernetes::new()
        .preview(&world.cx, &step)
        .await
        .unwrap_err();
    assert!(error.message.contains("shop/overlays"), "{error}");
}
