//! The same on a real AWS API server of a third party. Each context has an account of its own there, with
//! the same things in it as the practice cloud.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use podium_connector::{Connector, Context as _, Method, StepRequest};
use podium_model::OperationName;
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{Account, FakeContext, MiniStack, loopback};
use serde_json::{Value, json};

use super::{BUCKET, connector, deploy, deploy_long, other_scripts, request};

/// For the server to do what it was asked for.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct CloudFormation;

/// A note and a topic under names of the stack; `more` resources beside them.
fn template(words: &str, more: &Value) -> Value {
    let mut template = json!({
        "Parameters": { "Words": { "Type": "String", "Default": words } },
        "Resources": {
            "Note": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {
                    "Name": { "Fn::Sub": "${AWS::StackName}-note" },
                    "Type": "String",
                    "Value": { "Ref": "Words" },
                },
            },
            "Topic": {
                "Type": "AWS::SNS::Topic",
                "DependsOn": "Note",
                "Properties": {
                    "TopicName": { "Fn::Sub": "${AWS::StackName}-topic" },
                    "DisplayName": { "Ref": "Words" },
                },
            },
        },
        "Outputs": { "Words": { "Value": { "Ref": "Words" } } },
    });
    for (name, resource) in more.as_object().into_iter().flatten() {
        template["Resources"][name] = resource.clone();
    }
    template
}

/// A resource that waits so long for a signal, which nobody gives.
fn waiting(time: &str) -> Value {
    json!({ "Signal": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "DependsOn": "Topic",
        "CreationPolicy": { "ResourceSignal": { "Timeout": time } },
    } })
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "%{byte:02X}");
        all
    })
}

/// What stands between two tags, each time.
fn all_between<'a>(text: &'a str, tag: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    text.split(&open)
        .skip(1)
        .filter_map(|rest| rest.split_once(&close).map(|(inside, _)| inside))
        .collect()
}

/// Somebody else in the account, who makes what the scenes begin with.
struct Far {
    account: Account,
}

impl Far {
    /// The reply to an action on stacks, whether it went well or not.
    async fn try_stacks(&self, action: &str, fields: &[(&str, &str)]) -> Result<String, String> {
        let mut form = format!("Action={action}&Version=2010-05-15");
        for (name, value) in fields {
            let _ = write!(form, "&{name}={}", encoded(value));
        }
        let reply = self.account.query("cloudformation", &form).await;
        let text = reply.text().into_owned();
        if reply.is_success() {
            Ok(text)
        } else {
            Err(text)
        }
    }

    async fn stacks(&self, action: &str, fields: &[(&str, &str)]) -> String {
        let told = self.try_stacks(action, fields).await;
        told.unwrap_or_else(|refusal| panic!("{action}: {refusal}"))
    }

    /// Waits until a stack has this status.
    async fn until(&self, stack: &str, status: &str) {
        let begun = Instant::now();
        loop {
            let told = self.stacks("DescribeStacks", &[("StackName", stack)]).await;
            if all_between(&told, "StackStatus") == [status] {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{stack} is not {status}: {told}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn make(&self, stack: &str, template: &Value) {
        let body = template.to_string();
        self.stacks(
            "CreateStack",
            &[("StackName", stack), ("TemplateBody", &body)],
        )
        .await;
        self.until(stack, "CREATE_COMPLETE").await;
    }

    /// An action of the parameter store.
    async fn store(&self, action: &str, body: &Value) -> Value {
        let target = format!("AmazonSSM.{action}");
        let headers = [("x-amz-target", target.as_str())];
        let body = ("application/x-amz-json-1.1", body.to_string());
        let reply = self
            .account
            .call("ssm", Method::Post, "", &headers, body)
            .await;
        assert!(reply.is_success(), "{action}: {}", reply.text());
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// Makes a stack whose update failed, and whose way back failed too: somebody had put another parameter
    /// in the place of its note. That is gone now, so that the way back can go on.
    async fn make_stuck(&self, stack: &str) {
        self.make(stack, &template("one", &json!({}))).await;
        let body = template("two", &waiting("PT5M")).to_string();
        self.stacks(
            "UpdateStack",
            &[("StackName", stack), ("TemplateBody", &body)],
        )
        .await;
        let signal = [
            ("StackName", stack),
            ("LogicalResourceId", "Signal"),
            ("UniqueId", "one"),
            ("Status", "FAILURE"),
        ];
        // The note is replaced once it was changed: then the signal is waited for.
        let begun = Instant::now();
        loop {
            let events = [("StackName", stack)];
            let told = self.stacks("DescribeStackEvents", &events).await;
            if told.contains("<LogicalResourceId>Signal</LogicalResourceId>") {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "nothing waits: {told}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // Of two names that differ by a slash in front alone, the store takes one.
        let (note, other) = (format!("{stack}-note"), format!("/{stack}-note"));
        let value = json!({ "Name": other, "Value": "x", "Type": "String" });
        self.store("DeleteParameter", &json!({ "Name": note }))
            .await;
        self.store("PutParameter", &value).await;
        while let Err(refusal) = self.try_stacks("SignalResource", &signal).await {
            assert!(begun.elapsed() < PATIENCE, "it takes no signal: {refusal}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.until(stack, "UPDATE_ROLLBACK_FAILED").await;
        self.store("DeleteParameter", &json!({ "Name": other }))
            .await;
    }
}

/// The account of a context.
fn far(cx: &FakeContext) -> Far {
    let lease = cx.credential("aws").unwrap();
    let number = lease.fields.get("access_key_id").unwrap();
    Far {
        account: MiniStack::shared().unwrap().account_of(number),
    }
}

#[async_trait]
impl Subject for CloudFormation {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    fn missing(&self) -> Option<&'static str> {
        let here = MiniStack::is_here();
        (!here).then_some("ministack is not in the folder that PODIUM_PEERS names")
    }

    fn without(&self, operation: &OperationName) -> Option<&'static str> {
        (operation.to_string() == "cloudformation/read-stack-set")
            .then_some("this server has no stack sets")
    }

    async fn context(&self) -> FakeContext {
        let account = MiniStack::shared().unwrap().account();
        let bucket = bucket(&account);
        let own = bucket.clone();
        // Names of buckets are one set over all accounts, and each context has an account of its own.
        let line = FakeContext::real().asking(move |mut request| {
            request.url = request.url.replace(BUCKET, &own);
            if request.method == Method::Post {
                let form = String::from_utf8(request.body).unwrap();
                request.body = form.replace(BUCKET, &own).into_bytes();
            }
            async move { loopback(&request).await }
        });
        let cx = account.in_context(line, CANARY);
        let made = account.call("s3", Method::Put, &bucket, &[], ("text/xml", String::new()));
        assert!(made.await.is_success());
        let far = Far { account };
        far.make("old", &template("one", &json!({}))).await;
        far.make_stuck("stuck").await;
        cx
    }

    fn scenes(&self) -> Vec<Scene> {
        let quiet = json!({});
        vec![
            Scene::with_job(deploy("shop", &template("hello", &quiet), &quiet)),
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
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let told = far(cx).stacks("DescribeStacks", &[]).await;
        let mut lines: Vec<String> = told
            .split("<StackName>")
            .skip(1)
            .map(|one| {
                let id = all_between(one, "StackId").concat();
                format!("{id} {:?}", all_between(one, "ParameterValue"))
            })
            .collect();
        lines.extend(objects(&far(cx).account).await);
        lines.sort();
        lines
    }

    async fn standing(&self, cx: &FakeContext) -> Vec<String> {
        let far = far(cx);
        let told = far.stacks("DescribeStacks", &[]).await;
        let mut lines: Vec<String> = Vec::new();
        for one in told.split("<StackName>").skip(1) {
            let name = one.split_once('<').map_or(one, |(name, _)| name);
            let kept = [("StackName", name)];
            let resources = far.stacks("DescribeStackResources", &kept).await;
            lines.push(format!(
                "{name} {:?} {:?}",
                all_between(one, "ParameterValue"),
                all_between(&resources, "PhysicalResourceId"),
            ));
        }
        // What the services say that have the things, not what the stack says of them.
        let notes = far.store("DescribeParameters", &json!({})).await;
        for note in notes["Parameters"].as_array().unwrap() {
            let kept = far
                .store("GetParameter", &json!({ "Name": note["Name"] }))
                .await;
            lines.push(format!("{} {}", note["Name"], kept["Parameter"]["Value"]));
        }
        let form = "Action=ListTopics&Version=2010-03-31";
        let topics = far.account.query("sns", form).await;
        lines.extend(
            all_between(&topics.text(), "TopicArn")
                .into_iter()
                .map(str::to_owned),
        );
        lines.extend(objects(&far.account).await);
        lines.sort();
        lines
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        let with = |more: &Value| deploy("moody", &template("x", more), &json!({}));
        Ok(match mood {
            // What it fails with is one of the explained reasons.
            Mood::Fails | Mood::Explained => with(&waiting("PT1S")),
            Mood::Slow => with(&waiting("PT2M")),
            Mood::OtherScripts => other_scripts(&template("one", &json!({}))),
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
        let shop = deploy("shop", &template("hello", &json!({})), &json!({}));
        Ok(("stacks", shop, MANY + 2))
    }

    /// More than three pages of a hundred.
    async fn crowded(&self) -> FakeContext {
        let cx = self.context().await;
        let far = far(&cx);
        let body =
            json!({ "Resources": { "A": { "Type": "AWS::CloudFormation::WaitConditionHandle" } } });
        let body = body.to_string();
        for n in 0..MANY {
            let name = format!("name-{n}");
            let fields = [("StackName", name.as_str()), ("TemplateBody", &body)];
            far.stacks("CreateStack", &fields).await;
        }
        cx
    }
}

/// The bucket of this account.
fn bucket(account: &Account) -> String {
    format!("{BUCKET}-{}", account.number())
}

/// What lies in it.
async fn objects(account: &Account) -> Vec<String> {
    let list = format!("{}?list-type=2", bucket(account));
    let told = account.call("s3", Method::Get, &list, &[], ("text/xml", String::new()));
    let told = told.await;
    assert!(told.is_success(), "{}", told.text());
    let told = told.text();
    let keys = all_between(&told, "Key").into_iter().map(str::to_owned);
    keys.collect()
}

/// Names beside the others in a long list.
const MANY: usize = 310;
