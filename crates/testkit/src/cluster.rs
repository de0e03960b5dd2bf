//! A real Kubernetes: API server with its etcd, controllers and scheduler, and KWOK for two nodes. Pods are
//! not run; KWOK plays what a node reports of them (`cluster/stages.yaml`), a few troubles by the name of an
//! image among it.
//!
//! Not here: how a connector reaches it. A test brings the HTTP layer that it wants to try
//! ([`FakeContext::asking`](crate::FakeContext::asking)), or drives the vendor's own client
//! ([`Cluster::vendor`]).
//!
//! Invariants: everything listens on 127.0.0.1; nothing is read of this user's settings; all programs and
//! the folder go with the value, or with the test program however it ends, since the shell that started them
//! reads from it until its end (`cluster/start.sh`).

mod certificates;

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use podium_connector::{HttpRequest, Tls};
use podium_secret::Secret;
use serde_json::json;

use self::certificates::{Authority, key};
use crate::conformance::CANARY;
use crate::go_peers;

const START: &str = include_str!("cluster/start.sh");
const STAGES: &str = include_str!("cluster/stages.yaml");
/// All that is started, and the vendors' clients.
const PROGRAMS: [&str; 7] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "kubectl",
    "helm",
];
/// How long the API server may take to come up, on a computer that does other things too.
const PATIENCE: Duration = Duration::from_secs(120);

/// The running cluster, and how to prove who asks.
pub struct Cluster {
    port: u16,
    folder: PathBuf,
    programs: PathBuf,
    ca: String,
    other_ca: String,
    certificate: String,
    key: String,
    count: AtomicU32,
    shell: Child,
    line: Option<ChildStdin>,
}

impl Cluster {
    /// What a test says that is skipped for want of it.
    pub const MISSING: &'static str =
        "the Kubernetes that is built with Go is not in the folder that PODIUM_PEERS names";
    /// A token of `viewer`, who may do nothing until somebody binds a role.
    pub const VIEWER: &'static str = "test-token-of-viewer";

    /// One for the whole test program; `None` where its programs are not installed.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Result<Cluster, String>>> = OnceLock::new();
        let started = SHARED.get_or_init(|| Some(Self::launch(go_peers(&PROGRAMS)?)));
        started
            .as_ref()
            .map(|started| started.as_ref().unwrap_or_else(|why| panic!("{why}")))
    }

    /// One that ends with its value; `None` where its programs are not installed.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start() -> Option<Self> {
        let programs = go_peers(&PROGRAMS)?;
        Some(Self::launch(programs).unwrap_or_else(|why| panic!("{why}")))
    }

    fn launch(programs: PathBuf) -> Result<Self, String> {
        let refused = |error: std::io::Error| format!("the cluster cannot be started: {error}");
        let ca = Authority::new("podium test authority");
        let hosts = ["127.0.0.1", "localhost", "cluster.test"];
        let server = ca.sign("kube-apiserver", None, &hosts);
        let admin = ca.sign("admin", Some("system:masters"), &[]);
        let accounts = key();
        let ports = free_ports::<3>();
        // The shell takes it away.
        let folder = tempfile::Builder::new()
            .prefix("podium-kube-")
            .tempdir()
            .map_err(refused)?
            .keep();
        let tokens = format!(
            "{viewer},viewer,viewer-uid\n{CANARY}-of-root,root,root-uid,system:masters\n",
            viewer = Self::VIEWER
        );
        for (name, text) in [
            ("ca.crt", ca.pem.as_str()),
            ("server.crt", &server.certificate),
            ("server.key", &server.key),
            ("sa.key", &accounts.serialize_pem()),
            ("sa.pub", &accounts.public_key_pem()),
            ("tokens.csv", &tokens),
            ("stages.yaml", STAGES),
        ] {
            std::fs::write(folder.join(name), text).map_err(refused)?;
        }
        let mut command = Command::new("sh");
        command
            .args(["-c", START, "start"])
            .args([&folder, &programs])
            .args(ports.map(|port| port.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // What is typed at the terminal is for the test program; this one follows it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut shell = command.spawn().map_err(refused)?;
        let mut cluster = Self {
            port: ports[2],
            programs,
            ca: ca.pem,
            other_ca: Authority::new("somebody else").pem,
            certificate: admin.certificate,
            key: admin.key,
            count: AtomicU32::new(0),
            line: shell.stdin.take(),
            shell,
            folder,
        };
        let own = cluster.kubeconfig(&cluster.ca, &cluster.admin());
        std::fs::write(cluster.admin_file(), own).map_err(refused)?;
        cluster.wait_for("/readyz")?;
        if let Some(line) = &mut cluster.line {
            std::io::Write::write_all(line, b"ready\n").map_err(refused)?;
        }
        cluster.wait_for("/api/v1/namespaces/default")?;
        for name in ["kwok-1", "kwok-2"] {
            let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name,
                "annotations": {"kwok.x-k8s.io/node": "fake"},
                "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}}});
            let file = cluster.folder.join(name);
            std::fs::write(&file, node.to_string()).map_err(refused)?;
            let file = file.to_string_lossy();
            let (well, said) =
                cluster.vendor("kubectl", &["create", "--raw=/api/v1/nodes", "-f", &file]);
            if !well {
                return Err(format!("the cluster has no node: {said}"));
            }
        }
        Ok(cluster)
    }

    fn wait_for(&mut self, path: &str) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let raw = format!("--raw={path}");
            let (well, said) = self.vendor("kubectl", &["get", &raw, "--request-timeout=5s"]);
            if well {
                return Ok(());
            }
            let ended = self.shell.try_wait().ok().flatten();
            if ended.is_some() || begun.elapsed() > PATIENCE {
                return Err(format!(
                    "the API server does not answer at {path}: {said}\n{}\n{}",
                    self.last_words("etcd"),
                    self.last_words("kube-apiserver")
                ));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// What a program wrote last.
    fn last_words(&self, program: &str) -> String {
        let log = std::fs::read_to_string(self.folder.join(format!("{program}.log")));
        let log = log.unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(10)..];
        format!("{program} said last:\n{}", last.join("\n"))
    }

    /// The port of the API server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Everything that it keeps; gone when it ends.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of its programs and of `kubectl` and `helm`.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Who signed for the API server, as PEM.
    pub fn ca(&self) -> &str {
        &self.ca
    }

    /// An authority that signed for nobody here, as PEM.
    pub fn other_ca(&self) -> &str {
        &self.other_ca
    }

    /// A name that nothing of this cluster has yet, for a namespace of one's own.
    pub fn fresh_name(&self) -> String {
        format!("t{}", self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// The administrator's entry under `users` of a kubeconfig: a certificate.
    pub fn admin(&self) -> String {
        format!(
            "{{client-certificate-data: {}, client-key-data: {}}}",
            base64(&self.certificate),
            base64(&self.key)
        )
    }

    /// Another administrator's, `root`: a token that holds [`CANARY`].
    pub fn root(&self) -> String {
        format!("{{token: {CANARY}-of-root}}")
    }

    /// A kubeconfig with this authority and this entry under `users`.
    pub fn kubeconfig(&self, ca: &str, user: &str) -> String {
        self.kubeconfig_in("default", ca, user)
    }

    /// The same, and its only context is of this namespace and has its name.
    pub fn kubeconfig_in(&self, namespace: &str, ca: &str, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {namespace}\n\
             clusters: [{{name: real, cluster: {{server: \"{}\", certificate-authority-data: {}}}}}]\n\
             users: [{{name: tester, user: {user}}}]\n\
             contexts: [{{name: {namespace}, context: {{cluster: real, user: tester, namespace: {namespace}}}}}]\n",
            self.url(""),
            base64(ca)
        )
    }

    fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }

    /// The same request, whose address is a path, to this server and as its administrator.
    #[must_use]
    pub fn as_admin(&self, mut request: HttpRequest) -> HttpRequest {
        request.url = self.url(&request.url);
        request.tls = Some(
            Tls {
                roots: Some(self.ca.clone().into_bytes()),
                certificate: Some(self.certificate.clone().into_bytes()),
                key: Some(Secret::from(self.key.as_str())),
                ..Tls::default()
            }
            .into(),
        );
        request
    }

    fn admin_file(&self) -> PathBuf {
        self.folder.join("admin.kubeconfig")
    }

    /// Runs a program of the vendor against this cluster, as its administrator; gives whether it went well,
    /// and what it printed.
    pub fn vendor(&self, program: &str, args: &[&str]) -> (bool, String) {
        vendor(&self.programs.join(program), &self.admin_file(), args)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.line.take());
        let _ = self.shell.wait();
    }
}

/// Runs a program that takes a kubeconfig, in a home of its own; gives whether it went well, and what it
/// printed.
///
/// # Panics
/// When it cannot be started.
pub fn vendor(program: &Path, kubeconfig: &Path, args: &[&str]) -> (bool, String) {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let done = Command::new(program)
        .args(args)
        .env("KUBECONFIG", kubeconfig)
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    (done.status.success(), text)
}

/// As kubeconfigs hold certificates.
pub fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Ports where nobody listens, below those that systems give to outgoing connections: one of these could
/// be taken before a server binds it.
fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut tries = std::iter::repeat_with(|| {
        let offset = std::process::id().wrapping_mul(37) + NEXT.fetch_add(1, Ordering::Relaxed);
        20_000 + u16::try_from(offset % 12_000).expect("it is less than 12,000")
    });
    std::array::from_fn(|_| {
        tries
            .by_ref()
            .take(12_000)
            .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
            .expect("one of them is free")
    })
}
