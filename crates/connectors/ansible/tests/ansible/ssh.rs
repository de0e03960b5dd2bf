//! A host that is really reached by `ssh`: OpenSSH's server on a free port of loopback, with keys of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use podium_connector::{Connector, Context, StepRequest};
use podium_connector_ansible::Ansible;
use podium_testkit::{FakeContext, peers, skipped, walk};
use serde_json::json;

use crate::{play, real, shop};

const SSHD: &str = "/usr/sbin/sshd";

/// The server; it ends with the value.
struct Host {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Host {
    fn start() -> Option<Self> {
        if !Path::new(SSHD).is_file() {
            skipped("a host reached by ssh: OpenSSH's server is not installed");
            return None;
        }
        // Where it parts its rights; the package's service makes it, and does not run here.
        if !Path::new("/run/sshd").is_dir() && fs::create_dir("/run/sshd").is_err() {
            skipped("a host reached by ssh: /run/sshd is not there and cannot be made");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["host", "ours", "strange"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
                .arg(at(name))
                .status()
                .expect("ssh-keygen runs");
            assert!(made.success());
        }
        fs::copy(at("ours.pub"), at("authorized")).expect("a copy");
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile {}\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n\
             Subsystem sftp internal-sftp\n",
            at("host").display(),
            at("authorized").display(),
            at("pid").display(),
        );
        fs::write(at("config"), config).expect("a file");
        let host = fs::read_to_string(at("host.pub")).expect("the key");
        fs::write(at("known"), format!("[127.0.0.1]:{port} {host}")).expect("a file");
        let child = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(at("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let host = Self {
            child,
            port,
            folder,
        };
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "the server does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(host)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A context with this key for the hosts, lines as a form of Windows sends them.
    fn with_key(&self, cx: FakeContext, name: &str) -> FakeContext {
        let key = fs::read_to_string(self.at(name)).expect("a key");
        let pasted = key.trim_end().replace('\n', "\r\n");
        cx.with_credential("ssh", "ssh-key", &[], &[("private_key", &pasted)])
    }

    /// The shop's play on this host, with the host keys in this file.
    fn play(&self, cx: &FakeContext, known: &str) -> StepRequest {
        // A named one: a search finds the shims of version managers, which may lead nowhere.
        let python = peers(&["python"]).expect("the peers").join("bin/python");
        let options = format!(
            "-o UserKnownHostsFile={} -o IdentitiesOnly=yes -o IdentityAgent=none -o ControlMaster=no",
            self.at(known).display()
        );
        play(
            cx,
            json!({
                "inventory": {
                    "hosts": {"größe": {"ansible_host": "127.0.0.1", "ansible_port": self.port}},
                    "vars": {"ansible_ssh_common_args": options, "ansible_python_interpreter": python},
                },
                "undo_playbook": "remove.yml",
            }),
        )
    }
}

#[tokio::test]
async fn real_host_is_set_up_over_ssh_by_a_key_and_taken_back() {
    let (Some(cx), Some(host)) = (real(), Host::start()) else {
        return;
    };
    shop(&cx);
    let cx = host.with_key(cx, "ours");
    let request = host.play(&cx, "known");
    let connector = Ansible::new();
    let walked = walk(&connector, &cx, &request).await.expect("it runs");
    let page = fs::read_to_string(cx.sandbox().join("größe.html")).expect("the page");
    assert_eq!(page, "hello west\n");
    assert_eq!(walked.outcome.outputs["hosts"]["größe"]["unreachable"], 0);

    cx.begin_attempt();
    connector
        .undo(&cx, &request, &walked.record)
        .await
        .expect("taken back");
    assert_eq!(fs::read_dir(cx.sandbox()).expect("a folder").count(), 0);
}

#[tokio::test]
async fn real_host_that_refuses_the_key_or_is_not_known_is_told() {
    let (Some(cx), Some(host)) = (real(), Host::start()) else {
        return;
    };
    shop(&cx);
    let cx = host.with_key(cx, "strange");
    let refused = Ansible::new()
        .run(&cx, &host.play(&cx, "known"))
        .await
        .expect_err("the key is not taken");
    assert_eq!(refused.code.as_str(), "POD0342", "{refused}");
    assert!(
        refused.message.contains("`größe` could not be reached"),
        "{refused}"
    );
    assert!(
        refused.to_string().contains("Permission denied"),
        "{refused}"
    );

    fs::write(host.at("nobody"), "").expect("a file");
    let cx = host.with_key(cx, "ours");
    cx.begin_attempt();
    let strange = Ansible::new()
        .run(&cx, &host.play(&cx, "nobody"))
        .await
        .expect_err("nobody knows the host's key");
    assert_eq!(strange.code.as_str(), "POD0342", "{strange}");
    assert!(
        strange.to_string().contains("Host key verification failed"),
        "{strange}"
    );
    assert_eq!(fs::read_dir(cx.sandbox()).expect("a folder").count(), 0);
}
