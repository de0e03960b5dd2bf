//! What only a real server can show: logins, rights, its own validation, and kubectl as the referee.

use podium_connector::{Connector as _, Context as _, Phase};
use podium_connector_kubernetes::Kubernetes;
use podium_diagnostics::ErrorKind;
use podium_testkit::cluster::base64;
use podium_testkit::{Cluster, walk};
use serde_json::json;

use crate::real::{context, on_server};
use crate::world::{World, web};

fn server_of(world: &World) -> &'static Cluster {
    world.server().unwrap()
}

/// The entry of somebody who has a token.
fn viewer() -> String {
    format!("{{token: {}}}", Cluster::VIEWER)
}

#[test]
fn real_a_certificate_a_token_and_a_program_log_in() {
    on_server(|world| async move {
        let server = server_of(&world);
        let step = world.request(
            "kubernetes/wait",
            json!({"kind": "Pod", "name": "x", "until": "gone"}),
        );
        let program = server.folder().join("login.sh");
        std::fs::write(&program, "#!/bin/sh\nexpires=2035-01-01T00:00:00Z\ntest -n \"$KUBERNETES_EXEC_INFO\" || exit 3\nprintf '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"%s\",\"expirationTimestamp\":\"%s\"}}' \"$TOKEN\" \"$expires\"\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let exec = format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {}, env: [{{name: TOKEN, value: {}}}], interactiveMode: Never}}}}",
            program.display(),
            Cluster::VIEWER
        );
        for (user, name) in [
            (server.admin(), "admin"),
            (viewer(), "viewer"),
            (exec, "viewer"),
        ] {
            let cx = context(server, &server.kubeconfig(server.ca(), &user));
            cx.set_phase(Phase::Read);
            let identity = Kubernetes::new()
                .identify(&cx, &step)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(identity.user, name);
            assert!(identity.place.unwrap().contains("v1.37"));
            let records = cx.records();
            let told = format!(
                "{:?}{:?}{:?}",
                records.log, records.arguments, records.progress
            );
            assert!(!told.contains(Cluster::VIEWER), "{told}");
            for file in cx.all_files() {
                let text = std::fs::read(&file).unwrap();
                assert!(
                    !String::from_utf8_lossy(&text).contains(Cluster::VIEWER),
                    "{}",
                    file.display()
                );
            }
        }
    });
}

#[test]
fn real_a_wrong_authority_token_or_name_is_told_apart() {
    on_server(|world| async move {
        let server = server_of(&world);
        let step = world.request("kubernetes/wait", json!({"kind": "Pod", "name": "x"}));
        for (ca, user, code, kind) in [
            (
                server.other_ca(),
                server.admin(),
                "POD0407",
                ErrorKind::Unauthorized,
            ),
            (
                server.ca(),
                "{token: no-such-token}".to_owned(),
                "POD0465",
                ErrorKind::Unauthorized,
            ),
            (
                server.ca(),
                format!(
                    "{{client-certificate-data: {}, client-key-data: {}}}",
                    base64("no pem"),
                    base64("no pem")
                ),
                "POD0473",
                ErrorKind::Invalid,
            ),
        ] {
            let cx = context(server, &server.kubeconfig(ca, &user));
            cx.set_phase(Phase::Read);
            let error = Kubernetes::new().identify(&cx, &step).await.unwrap_err();
            assert_eq!((error.code.as_str(), error.kind), (code, kind), "{error:?}");
            assert!(error.hint.is_some());
        }
        // The name in the certificate may be another one than that of the address, where it is said.
        let kubeconfig = server.kubeconfig(server.ca(), &server.admin());
        let named = kubeconfig.replace(
            "certificate-authority-data",
            "tls-server-name: cluster.test, certificate-authority-data",
        );
        let cx = context(server, &named);
        assert_eq!(
            Kubernetes::new()
                .identify(&cx, &step)
                .await
                .unwrap()
                .unwrap()
                .user,
            "admin"
        );
        let cx = context(server, &named.replace("cluster.test", "elsewhere.test"));
        assert_eq!(
            Kubernetes::new()
                .identify(&cx, &step)
                .await
                .unwrap_err()
                .code
                .as_str(),
            "POD0407"
        );
        let loose = kubeconfig.replace(
            "certificate-authority-data",
            "insecure-skip-tls-verify: true, certificate-authority-data",
        );
        let cx = context(server, &loose);
        cx.set_phase(Phase::Read);
        let apply = world.request("kubernetes/apply", json!({"manifests": web("web:1", 1)}));
        let preview = Kubernetes::new().preview(&cx, &apply).await.unwrap();
        assert!(
            preview.notes[0].contains("is not checked"),
            "{:?}",
            preview.notes
        );
    });
}

#[test]
fn real_a_missing_right_is_told_before_the_run() {
    on_server(|world| async move {
        let server = server_of(&world);
        let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "look"},
            "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]}]});
        let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "look"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "look"},
            "subjects": [{"kind": "User", "name": "viewer", "apiGroup": "rbac.authorization.k8s.io"}]});
        walk(
            &Kubernetes::new(),
            &world.cx,
            &world.request("kubernetes/apply", json!({"manifests": [role, binding]})),
        )
        .await
        .unwrap();
        let cx = context(server, &server.kubeconfig(server.ca(), &viewer()));
        cx.set_phase(Phase::Read);
        let step = world.request("kubernetes/apply", json!({"manifests": web("web:1", 1)}));
        let rights = Kubernetes::new().rights(&cx, &step).await.unwrap();
        let held = |verb: &str| {
            rights
                .iter()
                .find(|right| right.what.starts_with(&format!("{verb} deployments")))
                .and_then(|right| right.held)
        };
        assert_eq!(
            (held("get"), held("patch")),
            (Some(true), Some(false)),
            "{rights:?}"
        );
        let error = Kubernetes::new().preview(&cx, &step).await.unwrap_err();
        assert_eq!(
            (error.kind, error.code.as_str()),
            (ErrorKind::Forbidden, "POD0470")
        );
        assert!(
            error.message.contains("Deployment") && error.message.contains("viewer"),
            "{}",
            error.message
        );
    });
}

#[test]
fn real_what_the_server_finds_wrong_is_told_with_its_place() {
    on_server(|world| async move {
        world.cx.set_phase(Phase::Read);
        let mut unknown = web("web:1", 1);
        unknown["spec"]["replica"] = 3.into();
        world.cx.write("k8s/web.yaml", &unknown.to_string());
        let preview = |inputs| {
            let step = world.request("kubernetes/apply", inputs);
            let cx = &world.cx;
            async move { Kubernetes::new().preview(cx, &step).await.unwrap_err() }
        };
        let error = preview(json!({"manifests": "k8s"})).await;
        assert!(error.message.contains("replica"), "{}", error.message);
        assert!(
            error
                .context
                .contains(&("manifest".to_owned(), "k8s/web.yaml".to_owned())),
            "{error:?}"
        );
        let mut labels = web("web:1", 1);
        labels["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
        let error = preview(json!({"manifests": labels})).await;
        assert!(
            error.message.contains("does not match template"),
            "{}",
            error.message
        );
        world.cx.set_phase(Phase::Write);
        walk(
            &Kubernetes::new(),
            &world.cx,
            &world.request("kubernetes/apply", json!({"manifests": web("web:1", 1)})),
        )
        .await
        .unwrap();
        world.cx.set_phase(Phase::Read);
        let mut selector = web("web:1", 1);
        selector["spec"]["selector"]["matchLabels"] = json!({"app": "new"});
        selector["spec"]["template"]["metadata"]["labels"] = json!({"app": "new"});
        let error = preview(json!({"manifests": selector})).await;
        assert!(
            error.message.contains("immutable")
                && error.hint.unwrap().contains("cannot be changed"),
            "{}",
            error.message
        );
    });
}

#[test]
fn real_pods_in_trouble_fail_the_step_in_plain_words() {
    on_server(|world| async move {
        for (image, words) in [
            ("registry.example/missing:1", "cannot be fetched"),
            ("oom:1", "needed more memory than its limit allows"),
        ] {
            world.next_step();
            let step = world.request(
                "kubernetes/apply",
                json!({"manifests": web(image, 1), "patience": "12s"}),
            );
            let error = walk(&Kubernetes::new(), &world.cx, &step)
                .await
                .unwrap_err();
            assert_eq!(error.code.as_str(), "POD0471", "{error:?}");
            assert!(error.message.contains(words), "{}", error.message);
        }
    });
}

#[test]
fn real_kubectl_sees_what_was_applied_and_nothing_of_it_after_the_undo() {
    on_server(|world| async move {
        let server = server_of(&world);
        let ns = world.ns.clone();
        let step = world.request("kubernetes/apply", json!({"manifests": [web("web:1", 2),
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "placeholder"}, "data": {"greeting": "Schöne Grüße, 你好"}},
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {"template": {"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "job:1"}]}}}}]}));
        let step = {
            let mut step = step;
            step.inputs.values["manifests"][1]["metadata"]["name"] = "greeting".into();
            step
        };
        let walked = walk(&Kubernetes::new(), &world.cx, &step).await.unwrap();
        let (well, said) = server.vendor(
            "kubectl",
            &[
                "-n",
                &ns,
                "rollout",
                "status",
                "deployment/web",
                "--timeout=30s",
            ],
        );
        assert!(well && said.contains("successfully rolled out"), "{said}");
        let (_, said) = server.vendor(
            "kubectl",
            &[
                "-n",
                &ns,
                "get",
                "configmap",
                "greeting",
                "-o",
                "jsonpath={.data.greeting}",
            ],
        );
        assert_eq!(said, "Schöne Grüße, 你好");
        let (_, said) = server.vendor(
            "kubectl",
            &[
                "-n",
                &ns,
                "get",
                "job",
                "once",
                "-o",
                "jsonpath={.status.succeeded}",
            ],
        );
        assert_eq!(said, "1");
        // Somebody's `kubectl apply --server-side` meets our name in the books.
        let theirs = world.cx.workspace().join("theirs.json");
        let mut other = web("web:2", 2);
        other["metadata"]["namespace"] = ns.as_str().into();
        std::fs::write(&theirs, other.to_string()).unwrap();
        let (well, said) = server.vendor(
            "kubectl",
            &["apply", "--server-side", "-f", theirs.to_str().unwrap()],
        );
        assert!(!well && said.contains("conflict with \"podium\""), "{said}");
        let mut record = walked.record.clone();
        record.record["learned"] = walked.outcome.undo.clone().unwrap();
        Kubernetes::new()
            .undo(&world.cx, &step, &record)
            .await
            .unwrap();
        let (_, said) = server.vendor(
            "kubectl",
            &["-n", &ns, "get", "deployments,jobs,pods", "-o", "name"],
        );
        assert_eq!(said.trim(), "");
    });
}

#[test]
fn real_what_kubectl_had_set_is_kubectls_again_after_the_undo() {
    on_server(|world| async move {
        let server = server_of(&world);
        let file = world.cx.workspace().join("theirs.json");
        let mut theirs = web("web:1", 3);
        theirs["metadata"]["namespace"] = world.ns.as_str().into();
        std::fs::write(&file, theirs.to_string()).unwrap();
        // Client-side apply: its fields are an update's, not an applier's.
        let (well, said) = server.vendor("kubectl", &["apply", "-f", file.to_str().unwrap()]);
        assert!(well, "{said}");
        let step = world.request(
            "kubernetes/apply",
            json!({"manifests": web("web:2", 1), "force": true}),
        );
        let walked = walk(&Kubernetes::new(), &world.cx, &step).await.unwrap();
        assert!(
            walked
                .preview
                .notes
                .iter()
                .any(|note| note.contains("kubectl-client-side-apply")),
            "{:?}",
            walked.preview.notes
        );
        Kubernetes::new()
            .undo(&world.cx, &step, &walked.record)
            .await
            .unwrap();
        let living = world
            .look("/apis/apps/v1/namespaces/NS/deployments/web")
            .await;
        assert_eq!(living["spec"]["replicas"], 3);
        assert_eq!(
            living["spec"]["template"]["spec"]["containers"][0]["image"],
            "web:1"
        );
        let (well, said) = server.vendor("kubectl", &["diff", "-f", file.to_str().unwrap()]);
        assert!(well, "kubectl finds no difference: {said}");
        let (well, said) = server.vendor("kubectl", &["apply", "-f", file.to_str().unwrap()]);
        assert!(well && said.contains("unchanged"), "{said}");
    });
}
