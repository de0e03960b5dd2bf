//! `MiniStack`: an API server in the place of AWS, written by others, on 127.0.0.1.
//!
//! One server serves all tests of a process, or a test starts its own. An access key id of twelve digits is
//! an account of its own there, so that each test has a cloud in which nobody else made anything. The server
//! ends when the process does, in whatever way: it reads its standard input, and goes when that ends.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use podium_connector::{HttpRequest, HttpResponse, Method};

use crate::{FakeContext, loopback, peers};

/// Long enough for a busy computer.
const PATIENCE: Duration = Duration::from_secs(90);

/// Ends with whoever started it, and takes its folder along.
const PROGRAM: &str = "\
import os, shutil, sys, threading
def wait():
    sys.stdin.buffer.read()
    shutil.rmtree(os.getcwd(), ignore_errors=True)
    os._exit(0)
threading.Thread(target=wait, daemon=True).start()
sys.argv = ['ministack']
from ministack.app import main
main()
";

/// The server.
#[derive(Debug)]
pub struct MiniStack {
    port: u16,
    child: Child,
    held: Option<ChildStdin>,
}

static SERVER: OnceLock<Option<MiniStack>> = OnceLock::new();
static NEXT: AtomicU64 = AtomicU64::new(100_000_000_000);

impl MiniStack {
    /// Whether it is installed here.
    pub fn is_here() -> bool {
        peers(&["ministack", "python"]).is_some()
    }

    /// The one of this process, started where it is not; `None` where it is not installed.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn shared() -> Option<&'static Self> {
        SERVER
            .get_or_init(|| Some(Self::start(&peers(&["ministack", "python"])?)))
            .as_ref()
    }

    /// A server of the caller's own; it ends with this value. `peers` is the folder of real software.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start(peers: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port is free")
            .port();
        let folder = tempfile::Builder::new()
            .prefix("podium-ministack-")
            .tempdir()
            .expect("a temporary folder can be made")
            .keep();
        let mut child = Command::new(peers.join("bin/python"))
            .args(["-c", PROGRAM])
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            // A listener of its own on every interface, which nobody here asks.
            .env("IOT_MTLS_ENABLED", "0")
            .env("HOME", &folder)
            .env("TMPDIR", &folder)
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the peer starts");
        let begun = Instant::now();
        while !answers(port) {
            let ended = child.try_wait().expect("its state can be asked for");
            assert!(ended.is_none(), "MiniStack ended at its start: {ended:?}");
            assert!(begun.elapsed() < PATIENCE, "MiniStack does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self {
            port,
            held: child.stdin.take(),
            child,
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// An account in which nobody made anything yet.
    pub fn account(&'static self) -> Account {
        self.account_of(&NEXT.fetch_add(1, Ordering::SeqCst).to_string())
    }

    /// The account of this number of twelve digits.
    pub fn account_of(&'static self, number: &str) -> Account {
        Account {
            server: self,
            number: number.to_owned(),
        }
    }
}

impl Drop for MiniStack {
    fn drop(&mut self) {
        // It goes when its input ends, and takes its folder along.
        self.held = None;
        let _ = self.child.wait();
    }
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut first = [0_u8; 5];
    stream
        .write_all(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        .is_ok()
        && stream.read_exact(&mut first).is_ok()
        && first == *b"HTTP/"
}

/// An account at the server: a cloud of its own.
#[derive(Clone, Debug)]
pub struct Account {
    server: &'static MiniStack,
    number: String,
}

impl Account {
    /// Its twelve digits, which are its access key id too.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The address of its server.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// A context whose credential of kind `aws` is this account's, with this secret access key.
    #[must_use]
    pub fn in_context(&self, cx: FakeContext, secret: &str) -> FakeContext {
        cx.with_credential(
            "aws",
            "aws",
            &[
                ("access_key_id", &self.number),
                ("region", "us-east-1"),
                ("endpoint_url", &self.server.url()),
            ],
            &[("secret_access_key", secret)],
        )
    }

    /// A call by somebody else in this account, to this service.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn call(
        &self,
        service: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: (&str, String),
    ) -> HttpResponse {
        let url = format!("{}/{path}", self.server.url());
        let who = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0",
            self.number
        );
        let mut request = HttpRequest::write(method, url)
            .body(body.0, body.1)
            .header("authorization", who);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        loopback(&request).await.expect("the peer answers")
    }

    /// A call of the query protocol: `Action=…&StackName=…`, its values encoded by the caller.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn query(&self, service: &str, form: &str) -> HttpResponse {
        let kind = "application/x-www-form-urlencoded";
        self.call(service, Method::Post, "", &[], (kind, form.to_owned()))
            .await
    }
}
