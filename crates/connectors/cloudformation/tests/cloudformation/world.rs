//! Where the checks take place.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use podium_connector::{Connector, HttpRequest, Method, Simulator, StepRequest};
use podium_connector_cloudformation::CloudFormation;
use podium_testkit::{Account, FakeContext, MiniStack, RequestBuilder, peers};
use serde_json::Value;

type Shared = Arc<Mutex<Box<dyn Simulator>>>;

/// The practice cloud, or the real server.
pub(crate) enum World {
    Practice(Shared, Arc<AtomicI64>),
    Real(Account),
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
        MiniStack::shared().map(|server| Self::Real(server.account()))
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
        let secret = "canary-secret-key-0451";
        match self {
            Self::Practice(simulator, clock) => {
                let (simulator, clock) = (simulator.clone(), clock.clone());
                FakeContext::playing([])
                    .answering(move |request| {
                        let now = clock.fetch_add(250, Ordering::SeqCst);
                        Ok(simulator.lock().unwrap().http(now, request))
                    })
                    .with_credential(
                        "aws",
                        "aws",
                        &[
                            ("access_key_id", "AKIATEST"),
                            ("region", "us-east-1"),
                            ("endpoint_url", "http://127.0.0.1:9"),
                        ],
                        &[("secret_access_key", secret)],
                    )
            }
            Self::Real(account) => account.in_context(FakeContext::real(), secret),
        }
    }

    /// A call by somebody else, in the vendor's protocol.
    pub(crate) async fn outside(&self, form: &str) -> String {
        let form = format!("{form}&Version=2010-05-15");
        let reply = match self {
            Self::Practice(simulator, clock) => {
                let now = clock.fetch_add(250, Ordering::SeqCst);
                let request = HttpRequest::write(Method::Post, "http://127.0.0.1:9/")
                    .body("application/x-www-form-urlencoded", form);
                simulator.lock().unwrap().http(now, &request)
            }
            Self::Real(account) => account.query("cloudformation", &form).await,
        };
        reply.text().into_owned()
    }

    /// Puts a template where a nested stack reads it from; gives its address.
    pub(crate) async fn put_template(&self, body: &str) -> String {
        let mut name = 0_u64;
        for byte in body.bytes() {
            name = name.wrapping_mul(31).wrapping_add(u64::from(byte));
        }
        // Names of buckets are the same for all accounts.
        let bucket = match self {
            Self::Practice(..) => "podium-templates".to_owned(),
            Self::Real(account) => format!("podium-templates-{}", account.number()),
        };
        let path = format!("{bucket}/inner-{name:016x}.json");
        self.put(&bucket, "").await;
        self.put(&path, body).await;
        format!("https://s3.amazonaws.com/{path}")
    }

    /// A new bucket of the account in this region, and nothing in it. Names of buckets are the same for
    /// all accounts, so that the real one's has its number.
    pub(crate) async fn bucket(&self, name: &str, region: &str) -> String {
        match self {
            Self::Practice(..) => {
                let form = format!("Action=PracticeBucket&Name=podium-{name}&Region={region}");
                self.outside(&form).await;
                format!("podium-{name}")
            }
            Self::Real(account) => {
                let bucket = format!("podium-{name}-{}", account.number());
                let place = if region == "us-east-1" {
                    String::new()
                } else {
                    format!(
                        "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
                    )
                };
                self.put(&bucket, &place).await;
                bucket
            }
        }
    }

    /// A new bucket that keeps every version of what is put into it.
    pub(crate) async fn versioned_bucket(&self, name: &str) -> String {
        match self {
            Self::Practice(..) => {
                let form = format!("Action=PracticeBucket&Name=podium-{name}&Versioned=true");
                self.outside(&form).await;
                format!("podium-{name}")
            }
            Self::Real(_) => {
                let bucket = self.bucket(name, "us-east-1").await;
                let on = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>";
                self.put(&format!("{bucket}?versioning"), on).await;
                bucket
            }
        }
    }

    /// What is in a bucket, versions and marks of deletion included: at the real server as AWS's own
    /// client says.
    pub(crate) fn inside(&self, bucket: &str) -> Vec<String> {
        match self {
            Self::Practice(..) => {
                let state: Value = serde_json::from_str(&self.saved().unwrap()).unwrap();
                let objects = &state["storage"]["buckets"][bucket]["objects"];
                objects.as_object().unwrap().keys().cloned().collect()
            }
            Self::Real(account) => {
                let folder = peers(&["python"]).unwrap();
                let script =
                    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/versions.py");
                let mut call = Command::new(folder.join("bin/python"));
                call.arg(script)
                    .args([&account.url(), account.number(), bucket])
                    .env("AWS_EC2_METADATA_DISABLED", "true");
                let said = call.output().unwrap();
                let errors = String::from_utf8_lossy(&said.stderr);
                assert!(said.status.success(), "{errors}");
                let text = String::from_utf8(said.stdout).unwrap();
                text.lines().map(str::to_owned).collect()
            }
        }
    }

    /// Somebody else puts something into a bucket.
    pub(crate) async fn put(&self, path: &str, body: &str) {
        let account = match self {
            Self::Real(account) => account,
            Self::Practice(simulator, clock) => {
                let now = clock.fetch_add(250, Ordering::SeqCst);
                let mut request =
                    HttpRequest::write(Method::Put, format!("http://127.0.0.1:9/{path}")).header(
                        "authorization",
                        "Credential=A/20260101/us-east-1/s3/aws4_request",
                    );
                request.body = body.as_bytes().to_vec();
                simulator.lock().unwrap().http(now, &request);
                return;
            }
        };
        let body = ("application/json", body.to_owned());
        let reply = account.call("s3", Method::Put, path, &[], body).await;
        assert!(
            reply.is_success() || reply.status == 409,
            "{}",
            reply.text()
        );
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
            Self::Real(account) => {
                let body = serde_json::json!({ "Name": physical, "Value": value, "Overwrite": true, "Type": "String" });
                let headers = [("x-amz-target", "AmazonSSM.PutParameter")];
                let body = ("application/x-amz-json-1.1", body.to_string());
                let reply = account.call("ssm", Method::Post, "", &headers, body).await;
                assert!(reply.is_success(), "{}", reply.text());
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
