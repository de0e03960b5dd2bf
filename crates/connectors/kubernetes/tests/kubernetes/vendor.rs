//! The vendors' own clients, kubectl and Helm, drive our practice cluster over HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use podium_connector::{Connector as _, HttpRequest, Method};
use podium_connector_kubernetes::Kubernetes;
use podium_testkit::cluster::vendor;
use podium_testkit::{go_peers, skipped};
use serde_json::json;

use crate::world::web;

/// Base64 of what every release of Helm begins with, which is a compressed text in base64.
const RELEASE_BEGINS: &str = "SDRzSUFBQUFBQUFD";

/// Serves a fresh practice cluster as `podium practice serve` does, saved after each call and read before the
/// next; gives its port.
fn serve() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let state = Arc::new(Mutex::new(None::<String>));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let state = Arc::clone(&state);
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                let mut words = line.split_whitespace();
                let method = words.next().unwrap_or_default().to_owned();
                let path = words.next().unwrap_or_default().to_owned();
                let mut request = HttpRequest::get(format!("http://127.0.0.1:{port}{path}"));
                request.method = Method::ALL
                    .into_iter()
                    .find(|known| known.as_str() == method)
                    .unwrap_or(Method::Get);
                let mut length = 0;
                loop {
                    let mut header = String::new();
                    reader.read_line(&mut header).unwrap();
                    let Some((name, value)) = header.trim_end().split_once(':') else {
                        break;
                    };
                    let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
                    if name == "content-length" {
                        length = value.parse().unwrap();
                    }
                    request.headers.push((name, value));
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                request.body = body;
                let now = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .unwrap()
                    .as_millis();
                let now = i64::try_from(now).unwrap();
                let mut kept = state.lock().unwrap();
                let mut simulator = Kubernetes::new().simulator(kept.as_deref());
                let reply = simulator.http(now, &request);
                let saved = simulator.save();
                assert!(!saved.contains(RELEASE_BEGINS), "a release is saved");
                *kept = Some(saved);
                drop(kept);
                let mut head = format!(
                    "HTTP/1.1 {} Status\r\ncontent-length: {}\r\nconnection: close\r\n",
                    reply.status,
                    reply.body.len()
                );
                for (name, value) in &reply.headers {
                    head.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
                }
                let mut stream = reader.into_inner();
                let _ = stream.write_all(head.as_bytes());
                let _ = stream.write_all(b"\r\n");
                let _ = stream.write_all(&reply.body);
            });
        }
    });
    port
}

struct Vendor {
    programs: std::path::PathBuf,
    folder: tempfile::TempDir,
}

impl Vendor {
    fn new() -> Option<Self> {
        let programs = go_peers(&["kubectl", "helm"])?;
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "p",
            "clusters": [{"name": "p", "cluster": {"server": format!("http://127.0.0.1:{}", serve())}}],
            "users": [{"name": "p", "user": {}}], "contexts": [{"name": "p", "context": {"cluster": "p", "user": "p"}}],
        });
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig.to_string()).unwrap();
        Some(Self { programs, folder })
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn call(&self, program: &str, args: &[&str]) -> (bool, String) {
        let program = self.programs.join(program);
        vendor(&program, &self.folder.path().join("kubeconfig"), args)
    }

    fn well(&self, args: &[&str], words: &str) {
        self.by("kubectl", args, words);
    }

    fn helm(&self, args: &[&str], words: &str) {
        self.by("helm", args, words);
    }

    fn by(&self, program: &str, args: &[&str], words: &str) {
        let (well, said) = self.call(program, args);
        assert!(well && said.contains(words), "{program} {args:?}: {said}");
    }
}

const MISSING: &str =
    "kubectl and Helm that are built with Go are not in the folder that PODIUM_PEERS names";

#[test]
fn real_kubectl_works_with_the_practice_cluster() {
    let Some(vendor) = Vendor::new() else {
        return skipped(MISSING);
    };
    vendor.write("web.json", &web("web:1", 2).to_string());
    let web_file = vendor.path("web.json");
    vendor.well(&["version"], "Server Version: v1.37.2");
    vendor.well(&["auth", "whoami"], "practice");
    vendor.well(&["auth", "can-i", "create", "deployments"], "yes");
    vendor.well(&["api-resources"], "deployments");
    vendor.well(
        &[
            "apply",
            "--server-side",
            "--validate=false",
            "--dry-run=server",
            "-f",
            &web_file,
        ],
        "server dry run",
    );
    vendor.well(&["get", "deployments"], "No resources found");
    vendor.well(
        &[
            "apply",
            "--server-side",
            "--validate=false",
            "-f",
            &web_file,
        ],
        "serverside-applied",
    );
    vendor.well(
        &["rollout", "status", "deployment/web", "--timeout=60s"],
        "successfully rolled out",
    );
    vendor.well(
        &[
            "wait",
            "--for=condition=Available",
            "deployment/web",
            "--timeout=60s",
        ],
        "condition met",
    );
    vendor.well(
        &[
            "get",
            "pods",
            "-l",
            "app=web",
            "-o",
            "jsonpath={.items[*].status.phase}",
        ],
        "Running Running",
    );
    vendor.well(&["logs", "deployment/web"], "listening on port");
    vendor.well(&["scale", "deployment/web", "--replicas=3"], "scaled");
    let (well, said) = vendor.call(
        "kubectl",
        &[
            "apply",
            "--server-side",
            "--validate=false",
            "--field-manager=other",
            "-f",
            &web_file,
        ],
    );
    assert!(
        !well && said.contains("conflict with \"kubectl\""),
        "{said}"
    );
    vendor.well(&["rollout", "restart", "deployment/web"], "restarted");
    vendor.well(
        &["rollout", "status", "deployment/web", "--timeout=60s"],
        "successfully rolled out",
    );
    vendor.well(&["label", "deployment/web", "team=blue"], "labeled");
    vendor.well(
        &[
            "get",
            "deployment",
            "web",
            "-o",
            "jsonpath={.metadata.labels.team}",
        ],
        "blue",
    );
    let (well, said) = vendor.call("kubectl", &["get", "deployment", "nowhere"]);
    assert!(!well && said.contains("NotFound"), "{said}");
    vendor.write(
        "ns.json",
        r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}"#,
    );
    vendor.well(
        &["create", "--validate=false", "-f", &vendor.path("ns.json")],
        "created",
    );
    vendor.well(&["delete", "namespace", "shop", "--timeout=60s"], "deleted");
    vendor.well(&["delete", "deployment", "web", "--timeout=60s"], "deleted");
    vendor.well(&["get", "all"], "No resources found");
}

#[test]
fn real_helm_works_with_the_practice_cluster() {
    let Some(vendor) = Vendor::new() else {
        return skipped(MISSING);
    };
    vendor.write(
        "shop/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 1.2.3\nappVersion: \"9.8\"\n",
    );
    vendor.write(
        "shop/values.yaml",
        "image: web:1\nreplicas: 1\ngreeting: Grüezi 東京\n",
    );
    vendor.write(
        "shop/templates/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-web\nspec:\n  replicas: {{ .Values.replicas }}\n  selector:\n    matchLabels: {app: shop}\n  template:\n    metadata:\n      labels: {app: shop}\n    spec:\n      containers:\n      - name: web\n        image: {{ .Values.image | quote }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-words\ndata:\n  greeting: {{ .Values.greeting | quote }}\n",
    );
    vendor.write("shop/templates/NOTES.txt", "Open {{ .Release.Name }}.\n");
    let chart = vendor.path("shop");
    let replicas = |wanted: &str| {
        vendor.well(
            &[
                "get",
                "deployment",
                "west-web",
                "-n",
                "shop",
                "-o",
                "jsonpath={.spec.replicas}",
            ],
            wanted,
        );
    };
    vendor.helm(&["list", "--all-namespaces", "-o", "json"], "[]");
    vendor.helm(
        &[
            "install",
            "west",
            &chart,
            "-n",
            "shop",
            "--create-namespace",
            "--wait",
            "--timeout=60s",
        ],
        "Open west.",
    );
    replicas("1");
    vendor.helm(&["list", "-n", "shop"], "shop-1.2.3");
    vendor.helm(&["get", "manifest", "west", "-n", "shop"], "Grüezi 東京");
    vendor.well(
        &[
            "get",
            "secrets",
            "-n",
            "shop",
            "-o",
            "jsonpath={.items[*].data.release}",
        ],
        RELEASE_BEGINS,
    );
    let (well, said) = vendor.call("helm", &["install", "west", &chart, "-n", "shop"]);
    assert!(!well && said.contains("cannot re-use a name"), "{said}");
    vendor.helm(
        &[
            "upgrade",
            "west",
            &chart,
            "-n",
            "shop",
            "--set",
            "replicas=3",
            "--wait",
            "--timeout=60s",
        ],
        "REVISION: 2",
    );
    replicas("3");
    vendor.helm(&["history", "west", "-n", "shop"], "superseded");
    vendor.helm(
        &[
            "rollback",
            "west",
            "1",
            "-n",
            "shop",
            "--wait",
            "--timeout=60s",
        ],
        "Rollback was a success",
    );
    replicas("1");
    vendor.helm(&["status", "west", "-n", "shop"], "REVISION: 3");
    let (well, said) = vendor.call("helm", &["status", "nowhere", "-n", "shop"]);
    assert!(!well && said.contains("release: not found"), "{said}");
    vendor.helm(
        &["uninstall", "west", "-n", "shop", "--wait", "--timeout=60s"],
        "uninstalled",
    );
    vendor.helm(&["list", "--all-namespaces", "-o", "json"], "[]");
    vendor.well(
        &["get", "deployments,configmaps,secrets", "-n", "shop"],
        "No resources found",
    );
}
