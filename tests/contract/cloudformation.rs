//! CloudFormation: the practice cloud, and a real AWS API server where it is.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, HttpRequest, Method, Simulator, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

#[path = "cloudformation/real.rs"]
mod real;

struct CloudFormation;

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("cloudformation").unwrap()
}

fn request(operation: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

/// A template with a note that holds these words, and trouble where asked for.
fn template(words: &str, trouble: &Value) -> Value {
    json!({
        "Parameters": { "Words": { "Type": "String", "Default": words } },
        "Resources": {
            "Note": {
                "Type": "AWS::SSM::Parameter",
                "Metadata": { "Practice": trouble },
                "Properties": { "Type": "String", "Value": { "Ref": "Words" } },
            },
            "Topic": { "Type": "AWS::SNS::Topic", "DependsOn": "Note" },
        },
        "Outputs": { "Words": { "Value": { "Ref": "Words" } } },
    })
}

fn deploy(stack: &str, template: &Value, parameters: &Value) -> StepRequest {
    request(
        "cloudformation/deploy",
        json!({ "stack": stack, "template": template, "parameters": parameters }),
    )
}

/// A bucket of the account, for templates that are too long for a request.
const BUCKET: &str = "practice-templates";

/// A template of about 120 KB, and the bucket that it goes through.
fn deploy_long(stack: &str, mut long: Value) -> StepRequest {
    // A bucket takes the template in every check, and a stack of many things would take its time.
    long["Resources"]["Note"]["Metadata"]["Notes"] =
        "Warum dieser Zettel hier hängt. ".repeat(3_700).into();
    assert!(long.to_string().len() > 118_000);
    request(
        "cloudformation/deploy",
        json!({ "stack": stack, "template": long, "parameters": {}, "bucket": BUCKET, "prefix": "podium" }),
    )
}

fn other_scripts(template: &Value) -> StepRequest {
    deploy("old", template, &json!({ "Words": "Grüezi 東京" }))
}

/// A parameter without a value is refused.
fn explained() -> StepRequest {
    let template = json!({
        "Parameters": { "Missing": { "Type": "String" } },
        "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } },
    });
    deploy("moody", &template, &json!({}))
}

/// A far system with something in it: a stack, one that is stuck, a stack set, and many names.
struct Far {
    simulator: Box<dyn Simulator>,
    now: i64,
}

impl Far {
    fn call(&mut self, action: &str, fields: &[(&str, &str)]) {
        let encode = |text: &str| -> String {
            text.bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<Vec<_>>()
                .concat()
        };
        let mut body = format!("Action={action}&Version=2010-05-15");
        for (name, value) in fields {
            let _ = write!(body, "&{name}={}", encode(value));
        }
        let mut call = HttpRequest::write(Method::Post, "http://127.0.0.1/");
        call.body = body.into_bytes();
        self.now += 60_000;
        let reply = self.simulator.http(self.now, &call);
        assert!(reply.is_success(), "{}", reply.text());
    }

    fn make(&mut self, stack: &str, template: &Value, kind: &str) {
        let body = template.to_string();
        let set = format!("set-{}", kind.to_lowercase());
        let names = [("StackName", stack), ("ChangeSetName", set.as_str())];
        let more = [("ChangeSetType", kind), ("TemplateBody", body.as_str())];
        self.call("CreateChangeSet", &[names, more].concat());
        self.call("ExecuteChangeSet", &names);
        self.call("DescribeStacks", &[]);
    }

    fn new() -> Self {
        let mut far = Self {
            simulator: connector().simulator(None),
            now: 0,
        };
        let quiet = json!({});
        far.make("old", &template("one", &quiet), "CREATE");
        far.make("stuck", &template("one", &quiet), "CREATE");
        let mut bad = template("two", &json!({ "RollbackFail": "gone" }));
        bad["Resources"]["Topic"]["Metadata"] = json!({ "Practice": { "Fail": "no" } });
        bad["Resources"]["Topic"]["Properties"] = json!({ "DisplayName": "x" });
        far.make("stuck", &bad, "UPDATE");
        far.call("DescribeStacks", &[]);
        far.call(
            "PracticeRepair",
            &[("StackName", "stuck"), ("LogicalResourceId", "Note")],
        );
        let body = template("set", &quiet).to_string();
        far.call(
            "CreateStackSet",
            &[("StackSetName", "base"), ("TemplateBody", &body)],
        );
        for n in 0..70 {
            let name = format!("name-{n}");
            far.call(
                "CreateChangeSet",
                &[
                    ("StackName", &name),
                    ("ChangeSetName", "first"),
                    ("ChangeSetType", "CREATE"),
                    ("TemplateBody", &body),
                ],
            );
        }
        far
    }
}

fn stacks(cx: &FakeContext, line: &dyn Fn(&Value) -> String) -> Vec<String> {
    let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
    let all = state["stacks"].as_array().cloned().unwrap_or_default();
    let mut lines: Vec<String> = all
        .iter()
        .filter(|stack| stack["status"] != "DELETE_COMPLETE")
        .map(line)
        .collect();
    lines.sort();
    lines
}

/// What lies in the bucket.
fn objects(cx: &FakeContext) -> Vec<String> {
    let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
    let objects = &state["storage"]["buckets"][BUCKET]["objects"];
    objects.as_object().unwrap().keys().cloned().collect()
}

#[async_trait]
impl Subject for CloudFormation {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        let state = Far::new().simulator.save();
        FakeContext::simulated(connector().simulator(Some(&state)))
            .with_simulator_at("http://127.0.0.1:9")
            .with_credential(
                "aws",
                "aws",
                &[("access_key_id", "AKIATEST"), ("region", "us-east-1")],
                &[("secret_access_key", CANARY)],
            )
    }

    fn scenes(&self) -> Vec<Scene> {
        let quiet = json!({});
        vec![
            Scene::with_job(deploy("shop", &template("hello", &quiet), &json!({}))),
            Scene::with_job(deploy(
                "old",
                &template("one", &quiet),
                &json!({ "Words": "two" }),
            )),
            Scene::with_job(deploy_long("long", template("hello", &quiet))),
            Scene::with_job(request("cloudformation/delete", json!({ "stack": "old" }))),
            Scene::with_job(request(
                "cloudformation/continue-rollback",
                json!({ "stack": "stuck" }),
            )),
            Scene::of(request(
                "cloudformation/read-stack-set",
                json!({ "stack_set": "base" }),
            )),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let mut lines = stacks(cx, &|stack| {
            format!("{} {}", stack["id"], stack["now"]["parameters"])
        });
        lines.extend(objects(cx));
        lines
    }

    async fn standing(&self, cx: &FakeContext) -> Vec<String> {
        let mut lines = stacks(cx, &|stack| {
            let resources: Vec<String> = stack["resources"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| format!("{} {}", one["id"], one["properties"]))
                .collect();
            format!("{} {resources:?}", stack["name"])
        });
        lines.extend(objects(cx));
        lines
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        let with = |trouble: Value| deploy("moody", &template("x", &trouble), &json!({}));
        Ok(match mood {
            Mood::Fails => with(json!({ "Fail": "no room" })),
            Mood::Slow => with(json!({ "Seconds": 120 })),
            Mood::OtherScripts => other_scripts(&template("one", &json!({}))),
            Mood::Explained => explained(),
            Mood::Chatty => {
                return Err("a stack tells two events of each resource, and has 500 at most");
            }
            Mood::OddState => {
                return Err("what an unknown status means is checked beside the connector");
            }
            Mood::WaitsForAPerson => return Err("no stack waits for a person"),
        })
    }

    fn line(&self) -> Line {
        Line::Http { start: "/" }
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Ok((
            "stacks",
            deploy("shop", &template("hello", &json!({})), &json!({})),
            72,
        ))
    }
}

podium_testkit::conform!(on_the_simulator, CloudFormation);
podium_testkit::conform!(real_ministack, real::CloudFormation);
