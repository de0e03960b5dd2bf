//! Where the checks take place.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use podium_connector::{Connector, HttpRequest, Method, Simulator, StepRequest};
use podium_connector_cloudformation::CloudFormation;
use podium_testkit::{FakeContext, RequestBuilder, loopback, peers};
use serde_json::Value;

/// A real AWS API server of a third party, on loopback, stopped when the last check is done.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());

fn server() -> Option<Arc<Server>> {
    let folder = peers(&["ministack"])?;
    let mut slot = SERVER
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(server) = slot.upgrade() {
        return Some(server);
    }
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let bin = folder.join("bin");
    let child = Command::new(bin.join("ministack"))
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env(
            "PATH",
            std::env::join_paths([bin, "/usr/bin".into(), "/bin".into()]).unwrap(),
        )
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the peer starts");
    let server = Arc::new(Server { child, port });
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the peer does not come up"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    *slot = Arc::downgrade(&server);
    Some(server)
}

type Shared = Arc<Mutex<Box<dyn Simulator>>>;

/// The practice cloud, or the real server.
pub(crate) enum World {
    Practice(Shared, Arc<AtomicI64>),
    Real(Arc<Server>),
}

impl World {
    pub(crate) fn practice() -> Self {
        let simulator = CloudFormation::new().simulator(None);
        Self::Practice(
            Arc::new(Mutex::new(simulator)),
            Arc::new(AtomicI64::new(1_767_323_045_678)),
        )
    }

    pub(crate) fn real() -> Option<Self> {
        server().map(Self::Real)
    }

    /// What the practice cloud would write to disk.
    pub(crate) fn saved(&self) -> Option<String> {
        match self {
            Self::Practice(simulator, _) => Some(simulator.lock().unwrap().save()),
            Self::Real(_) => None,
        }
    }

    /// A context of one step in one run; all of a world see the same cloud.
    pub(crate) fn context(&self) -> FakeContext {
        let (cx, endpoint) = match self {
            Self::Practice(simulator, clock) => {
                let (simulator, clock) = (simulator.clone(), clock.clone());
                let cx = FakeContext::playing([]).answering(move |request| {
                    let now = clock.fetch_add(250, Ordering::SeqCst);
                    Ok(simulator.lock().unwrap().http(now, request))
                });
                (cx, "http://127.0.0.1:9".to_owned())
            }
            Self::Real(server) => (
                FakeContext::real(),
                format!("http://127.0.0.1:{}", server.port),
            ),
        };
        cx.with_credential(
            "aws",
            "aws",
            &[
                ("access_key_id", "AKIATEST"),
                ("region", "us-east-1"),
                ("endpoint_url", &endpoint),
            ],
            &[("secret_access_key", "canary-secret-key-0451")],
        )
    }

    /// A call by somebody else, in the vendor's protocol.
    pub(crate) async fn outside(&self, form: &str) -> String {
        let body = format!("{form}&Version=2010-05-15");
        let request = |url: String| {
            HttpRequest::write(Method::Post, url)
                .body("application/x-www-form-urlencoded", body.clone())
        };
        match self {
            Self::Practice(simulator, clock) => {
                let now = clock.fetch_add(250, Ordering::SeqCst);
                let request = request("http://127.0.0.1:9/".into());
                simulator
                    .lock()
                    .unwrap()
                    .http(now, &request)
                    .text()
                    .into_owned()
            }
            Self::Real(server) => {
                let request = request(format!("http://127.0.0.1:{}/", server.port)).header(
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=AKIAOTHER/20260101/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0",
                );
                loopback(&request).await.unwrap().text().into_owned()
            }
        }
    }

    /// Puts a template where a nested stack reads it from; gives its address.
    pub(crate) async fn put_template(&self, body: &str) -> String {
        let mut name = 0_u64;
        for byte in body.bytes() {
            name = name.wrapping_mul(31).wrapping_add(u64::from(byte));
        }
        let path = format!("podium-templates/inner-{name:016x}.json");
        self.put("podium-templates", "").await;
        self.put(&path, body).await;
        format!("https://s3.amazonaws.com/{path}")
    }

    async fn json(&self, service: &str, target: &str, body: &Value) {
        let Self::Real(server) = self else { return };
        let request = HttpRequest::write(Method::Post, format!("http://127.0.0.1:{}/", server.port))
            .body("application/x-amz-json-1.1", body.to_string())
            .header("x-amz-target", target)
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential=AKIAOTHER/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"),
            );
        let reply = loopback(&request).await.unwrap();
        assert!(reply.is_success(), "{}", reply.text());
    }

    async fn put(&self, path: &str, body: &str) {
        if let Self::Real(server) = self {
            let request = HttpRequest::write(Method::Put, format!("http://127.0.0.1:{}/{path}", server.port))
                    .body("application/json", body.to_owned())
                    .header(
                        "authorization",
                        "AWS4-HMAC-SHA256 Credential=AKIAOTHER/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
                    );
            let reply = loopback(&request).await.unwrap();
            assert!(
                reply.is_success() || reply.status == 409,
                "{}",
                reply.text()
            );
        }
    }

    /// Somebody changes a parameter of the parameter store behind the stack's back.
    pub(crate) async fn change_behind(
        &self,
        stack: &str,
        resource: &str,
        physical: &str,
        value: &str,
    ) {
        match self {
            Self::Practice(..) => {
                let form = format!(
                    "Action=PracticeChange&StackName={stack}&LogicalResourceId={resource}&Property=Value&Value={value}"
                );
                self.outside(&form).await;
            }
            Self::Real(_) => {
                let body = serde_json::json!({ "Name": physical, "Value": value, "Overwrite": true, "Type": "String" });
                self.json("ssm", "AmazonSSM.PutParameter", &body).await;
            }
        }
    }
}

/// A request of a step with its defaults; the key is unique where `key` is.
pub(crate) fn request(operation: &str, key: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(CloudFormation::new().manifest())
        .key(key)
        .build()
}
