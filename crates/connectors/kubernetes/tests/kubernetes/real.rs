//! A real API server with its controllers, scheduler and KWOK for nodes, once for this test program. All
//! of it ends with this program: the shell that started it reads from us until we are gone.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use podium_connector::{HttpRequest, HttpResponse, Method, Phase, Tls};
use podium_secret::Secret;
use podium_testkit::{FakeContext, go_peers, skipped};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::world::World;

/// What is started, in order; `$B` is the folder of the programs, `$E`, `$P`, `$A` are ports.
const START: &str = r#"
cd "$1"; B="$2"; E="$3"; P="$4"; A="$5"; all=""
begin() { log="$1.log"; prog="$B/$1"; shift; "$prog" "$@" >"$log" 2>&1 </dev/null & all="$all $!"; }
trap 'kill -9 $all 2>/dev/null' EXIT
begin etcd --data-dir etcd --unsafe-no-fsync --listen-client-urls "http://127.0.0.1:$E" \
  --advertise-client-urls "http://127.0.0.1:$E" --listen-peer-urls "http://127.0.0.1:$P" \
  --initial-advertise-peer-urls "http://127.0.0.1:$P" --initial-cluster "default=http://127.0.0.1:$P"
begin kube-apiserver --etcd-servers="http://127.0.0.1:$E" --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
  --secure-port="$A" --tls-cert-file=server.crt --tls-private-key-file=server.key --client-ca-file=ca.crt \
  --service-cluster-ip-range=10.0.0.0/16 --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key \
  --service-account-issuer=https://kubernetes.default.svc --token-auth-file=tokens.csv --authorization-mode=RBAC \
  --endpoint-reconciler-type=none --disable-admission-plugins=ServiceAccount
read -r ready
begin kube-controller-manager --kubeconfig=admin.kubeconfig --service-account-private-key-file=sa.key \
  --leader-elect=false --bind-address=127.0.0.1 --secure-port=0
begin kube-scheduler --kubeconfig=admin.kubeconfig --leader-elect=false --bind-address=127.0.0.1 --secure-port=0
begin kwok --kubeconfig=admin.kubeconfig --manage-all-nodes=true --config=stages.yaml
while read -r line; do :; done
"#;
const PROGRAMS: [&str; 7] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "kubectl",
    "helm",
];
const MISSING: &str =
    "the Kubernetes that is built with Go is not in the folder that PODIUM_PEERS names";

/// The server, and how to prove who asks.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
    pub(crate) programs: PathBuf,
    pub(crate) ca: String,
    /// Of another authority.
    pub(crate) other_ca: String,
    certificate: String,
    key: String,
    count: AtomicU32,
}

/// Connections belong to the runtime that opened them, so that all these tests share one.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .unwrap()
    })
}

/// Tries something in a namespace of its own, or says why not.
pub(crate) fn on_server<F: Future<Output = ()> + Send + 'static>(
    check: impl FnOnce(World) -> F + Send + 'static,
) {
    let Some(server) = server() else {
        return skipped(MISSING);
    };
    runtime()
        .block_on(async { tokio::spawn(async move { check(server.world().await).await }).await })
        .unwrap();
}

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Result<Server, String>>> = OnceLock::new();
    SERVER
        .get_or_init(|| {
            let programs = go_peers(&PROGRAMS)?;
            Some(runtime().block_on(Server::start(programs)))
        })
        .as_ref()
        .map(|started| started.as_ref().unwrap_or_else(|why| panic!("{why}")))
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

struct Authority {
    pem: String,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

fn authority(name: &str) -> Authority {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let pem = params.self_signed(&key).unwrap().pem();
    Authority {
        pem,
        issuer: rcgen::Issuer::new(params, key),
    }
}

fn certificate(
    by: &Authority,
    name: &str,
    group: Option<&str>,
    hosts: &[&str],
) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = rcgen::CertificateParams::new(hosts).unwrap();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    if let Some(group) = group {
        params
            .distinguished_name
            .push(rcgen::DnType::OrganizationName, group);
    }
    params.extended_key_usages = vec![
        rcgen::ExtendedKeyUsagePurpose::ClientAuth,
        rcgen::ExtendedKeyUsagePurpose::ServerAuth,
    ];
    let signed = params.signed_by(&key, &by.issuer).unwrap();
    (signed.pem(), key.serialize_pem())
}

impl Server {
    async fn start(programs: PathBuf) -> Result<Self, String> {
        // The folder outlives the value, since nothing drops what is static; the system's own
        // tidying of temporary files takes it.
        let folder = tempfile::Builder::new()
            .prefix("podium-kube-")
            .tempdir()
            .unwrap()
            .keep();
        let ca = authority("podium test authority");
        let (server_crt, server_key) = certificate(
            &ca,
            "kube-apiserver",
            None,
            &["127.0.0.1", "localhost", "cluster.test"],
        );
        let (admin_crt, admin_key) = certificate(&ca, "admin", Some("system:masters"), &[]);
        let sa = rcgen::KeyPair::generate().unwrap();
        let server = Self {
            port: free_port(),
            programs,
            ca: ca.pem.clone(),
            other_ca: authority("somebody else").pem,
            certificate: admin_crt,
            key: admin_key,
            count: AtomicU32::new(0),
            folder,
        };
        let admin = server.kubeconfig(&server.ca, &server.admin());
        for (name, text) in [
            ("ca.crt", ca.pem.as_str()),
            ("server.crt", &server_crt),
            ("server.key", &server_key),
            ("sa.key", &sa.serialize_pem()),
            ("sa.pub", &sa.public_key_pem()),
            (
                "tokens.csv",
                "test-token-of-viewer,viewer,viewer-uid\ntest-token-of-admin,root,root-uid,system:masters\n",
            ),
            ("admin.kubeconfig", &admin),
            ("stages.yaml", include_str!("stages.yaml")),
        ] {
            std::fs::write(server.folder.join(name), text).unwrap();
        }
        #[allow(clippy::zombie_processes)]
        // It ends when this program does, and is nobody's to wait for.
        let mut shell = Command::new("sh")
            .args(["-c", START, "start"])
            .arg(&server.folder)
            .arg(&server.programs)
            .args([free_port(), free_port(), server.port].map(|port| port.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = shell.stdin.take().unwrap();
        server.wait_for("/readyz").await?;
        std::io::Write::write_all(&mut line, b"ready\n").unwrap();
        // The end of this program closes the line, and the shell ends what it started.
        std::mem::forget(line);
        server.wait_for("/api/v1/namespaces/default").await?;
        for name in ["kwok-1", "kwok-2"] {
            let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name,
                "annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}}});
            let request = HttpRequest::write(Method::Post, "/api/v1/nodes")
                .body("application/json", node.to_string());
            assert!(server.send(request).await.is_success());
        }
        Ok(server)
    }

    async fn wait_for(&self, path: &str) -> Result<(), String> {
        for _ in 0..450 {
            let mut request = HttpRequest::get(self.url(path));
            request.tls = Some(self.tls().into());
            request.repeatable = false;
            if let Ok(reply) = podium_runtime::ask(Phase::Read, &request).await
                && reply.is_success()
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let log = std::fs::read_to_string(self.folder.join("kube-apiserver.log"));
        panic!(
            "the API server did not come up: {}",
            log.unwrap_or_default()
        );
    }

    fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }

    fn tls(&self) -> Tls {
        Tls {
            roots: Some(self.ca.clone().into_bytes()),
            certificate: Some(self.certificate.clone().into_bytes()),
            key: Some(Secret::from(self.key.as_str())),
            ..Tls::default()
        }
    }

    /// Sends as the administrator.
    pub(crate) async fn send(&self, mut request: HttpRequest) -> HttpResponse {
        request.url = self.url(&request.url);
        request.tls = Some(self.tls().into());
        podium_runtime::ask(Phase::Write, &request).await.unwrap()
    }

    /// The administrator's user entry.
    pub(crate) fn admin(&self) -> String {
        format!(
            "{{client-certificate-data: {}, client-key-data: {}}}",
            base64(&self.certificate),
            base64(&self.key)
        )
    }

    /// A kubeconfig with this authority and user.
    pub(crate) fn kubeconfig(&self, ca: &str, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: real\n\
             clusters: [{{name: real, cluster: {{server: \"{}\", certificate-authority-data: {}}}}}]\n\
             users: [{{name: tester, user: {user}}}]\n\
             contexts: [{{name: real, context: {{cluster: real, user: tester}}}}]\n",
            self.url(""),
            base64(ca)
        )
    }

    /// A context with this kubeconfig.
    pub(crate) fn context(&self, kubeconfig: &str) -> FakeContext {
        FakeContext::real()
            .with_tools_in(&self.programs)
            .with_credential("cluster", "kubernetes", &[], &[("kubeconfig", kubeconfig)])
            .answering(|request| {
                tokio::task::block_in_place(|| {
                    tokio::runtime::Handle::current()
                        .block_on(podium_runtime::ask(Phase::Write, request))
                })
            })
    }

    /// A namespace of its own, as the administrator.
    pub(crate) async fn world(&'static self) -> World {
        let ns = format!("t{}", self.count.fetch_add(1, Ordering::Relaxed));
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ns}});
        let made = self
            .send(
                HttpRequest::write(Method::Post, "/api/v1/namespaces")
                    .body("application/json", body.to_string()),
            )
            .await;
        assert!(made.is_success(), "{}", made.text());
        let cx = self.context(&self.kubeconfig(&self.ca, &self.admin()));
        World::of(self, cx, ns)
    }

    /// Runs a program of the vendor against this server; gives what it printed.
    pub(crate) fn vendor(&self, program: &str, args: &[&str]) -> (bool, String) {
        run(
            &self.programs.join(program),
            &self.folder.join("admin.kubeconfig"),
            args,
        )
    }
}

/// Runs a program with a kubeconfig; gives whether it went well, and what it printed.
pub(crate) fn run(program: &Path, kubeconfig: &Path, args: &[&str]) -> (bool, String) {
    let home = tempfile::tempdir().unwrap();
    let done = Command::new(program)
        .args(args)
        .env("KUBECONFIG", kubeconfig)
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    (done.status.success(), text)
}

pub(crate) fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
