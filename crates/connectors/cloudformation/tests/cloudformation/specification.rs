//! Every call and reply of a whole story, held against the vendor's model of the service, `service-2.json`.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use podium_connector::Connector as _;
use podium_connector_cloudformation::CloudFormation;
use podium_testkit::{FakeContext, Overheard, overhearing, skipped, vendor_specs, walk};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::checks::{TEMPLATE, deploy};
use crate::world::request;

/// The version of the service that the model describes.
const VERSION: &str = "2010-05-15";

/// An element of a reply.
#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn read(text: &str) -> Self {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => open.push(Self {
                    name: start.local_name().as_ref().to_owned(),
                    ..Self::default()
                }),
                Event::Empty(start) => open.last_mut().unwrap().children.push(Self {
                    name: start.local_name().as_ref().to_owned(),
                    ..Self::default()
                }),
                Event::Text(words) => open.last_mut().unwrap().text.push_str(&words),
                Event::GeneralRef(_) => open.last_mut().unwrap().text.push('&'),
                Event::End(_) => {
                    let done = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(done);
                }
                Event::Eof => return open.pop().unwrap().children.remove(0),
                _ => {}
            }
        }
    }

    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// The model, and what was found wrong.
struct Model {
    shapes: Value,
    operations: Value,
    problems: Vec<String>,
}

impl Model {
    fn say(&mut self, at: &str, what: &str) {
        self.problems.push(format!("{at}: {what}"));
    }

    /// A text of a simple kind.
    fn simple(&mut self, at: &str, shape: &Value, text: &str) {
        let length = text.chars().count() as u64;
        match shape["type"].as_str().unwrap_or_default() {
            "string" => {
                if let Some(words) = shape["enum"].as_array()
                    && !words.iter().any(|word| word == text)
                {
                    self.say(at, &format!("`{text}` is no word for it"));
                }
                if shape["max"].as_u64().is_some_and(|max| length > max) {
                    self.say(at, "it is too long");
                }
                if shape["min"].as_u64().is_some_and(|min| length < min) {
                    self.say(at, "it is too short");
                }
            }
            "boolean" if !["true", "false"].contains(&text) => {
                self.say(at, &format!("`{text}` is not true or false"));
            }
            "integer" | "long" if text.parse::<i64>().is_err() => {
                self.say(at, &format!("`{text}` is no number"));
            }
            "timestamp" if text.parse::<jiff::Timestamp>().is_err() => {
                self.say(at, &format!("`{text}` is no time"));
            }
            "structure" | "list" | "map" => self.say(at, "it has parts"),
            _ => {}
        }
    }

    /// What was sent: `Parameters.member.1.ParameterKey` and its value.
    fn sent(&mut self, action: &str, form: &BTreeMap<String, String>) {
        let operation = self.operations[action].clone();
        if !operation.is_object() {
            return self.say(action, "there is no such operation");
        }
        let input = self.shape(&operation["input"]);
        for name in input["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            let part = format!("{name}.");
            if !form.keys().any(|key| key == name || key.starts_with(&part)) {
                self.say(action, &format!("`{name}` is missing"));
            }
        }
        for (name, value) in form {
            let at = format!("{action} sends {name}");
            let mut shape = input.clone();
            let mut parts = name.split('.');
            while let Some(part) = parts.next() {
                let next = match shape["type"].as_str() {
                    Some("structure") => shape["members"][part].clone(),
                    Some("list") if part == "member" => {
                        let number = parts.next().and_then(|at| at.parse::<u32>().ok());
                        if number.is_none_or(|number| number == 0) {
                            self.say(&at, "a list has numbers from 1");
                        }
                        shape["member"].clone()
                    }
                    _ => Value::Null,
                };
                shape = self.shape(&next);
            }
            if shape.is_null() {
                self.say(&at, "there is no such field");
            } else {
                self.simple(&at, &shape, value);
            }
        }
    }

    fn shape(&self, reference: &Value) -> Value {
        reference["shape"]
            .as_str()
            .map_or(Value::Null, |name| self.shapes[name].clone())
    }

    fn got(&mut self, action: &str, reply: &Element) {
        let operation = self.operations[action].clone();
        if reply.name != format!("{action}Response") {
            return self.say(action, &format!("the reply is a {}", reply.name));
        }
        let output = self.shape(&operation["output"]);
        if output.is_null() {
            return;
        }
        let wrapper = operation["output"]["resultWrapper"]
            .as_str()
            .unwrap_or_default();
        match reply.child(wrapper) {
            Some(result) => self.element(&format!("{action} gets"), &output, result),
            None if output["members"]
                .as_object()
                .is_some_and(serde_json::Map::is_empty) => {}
            None => self.say(action, &format!("the reply has no {wrapper}")),
        }
    }

    fn element(&mut self, at: &str, shape: &Value, element: &Element) {
        match shape["type"].as_str().unwrap_or_default() {
            "structure" => {
                for child in &element.children {
                    let at = format!("{at}/{}", child.name);
                    let of = self.shape(&shape["members"][child.name.as_str()]);
                    if of.is_null() {
                        self.say(&at, "there is no such field");
                    } else {
                        self.element(&at, &of, child);
                    }
                }
                for name in shape["required"].as_array().into_iter().flatten() {
                    let name = name.as_str().unwrap();
                    if element.child(name).is_none() {
                        self.say(at, &format!("`{name}` is missing"));
                    }
                }
            }
            "list" => {
                let of = self.shape(&shape["member"]);
                for child in &element.children {
                    if child.name == "member" {
                        self.element(&format!("{at}[]"), &of, child);
                    } else {
                        self.say(at, &format!("`{}` is in a list", child.name));
                    }
                }
            }
            _ if element.children.is_empty() => self.simple(at, shape, &element.text),
            _ => self.say(at, "it has parts"),
        }
    }

    /// Looks at one call; gives its action where it is one of this service.
    fn look(&mut self, one: &Overheard) -> Option<String> {
        let decode = |text: &str| {
            percent_decode_str(&text.replace('+', " "))
                .decode_utf8()
                .unwrap()
                .into_owned()
        };
        let body = String::from_utf8(one.request.body.clone()).unwrap();
        let mut form: BTreeMap<String, String> = body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        let action = form.remove("Action").unwrap();
        // The login service has a model of its own.
        if form.remove("Version").unwrap() != VERSION {
            return None;
        }
        self.sent(&action, &form);
        let reply = Element::read(&one.reply.text());
        if one.reply.is_success() {
            self.got(&action, &reply);
        } else {
            let error = reply.child("Error").unwrap();
            assert!(error.child("Code").is_some() && error.child("Message").is_some());
        }
        Some(action)
    }
}

/// A stack is made, changed, looked at, changed back and deleted; an update goes wrong.
async fn story(cx: &FakeContext) {
    let cloud = CloudFormation::new();
    cx.write("stack.yaml", TEMPLATE);
    let first = deploy("k-one", "west", json!({ "tags": { "team": "ops" } }));
    walk(&cloud, cx, &first).await.unwrap();
    cloud.identify(cx, &first).await.unwrap();
    cloud.rights(cx, &first).await.unwrap();
    cloud.discover(cx, &first, "stacks").await.unwrap();
    cloud.drift(cx, &first).await.unwrap();
    cloud.draw(cx, &first).await.unwrap();
    cx.begin_attempt();
    let changed = json!({ "parameters": { "Branch": "west", "Greeting": "Salut" } });
    let second = deploy("k-two", "west", changed);
    let walked = walk(&cloud, cx, &second).await.unwrap();
    let back = deploy("k-back", "west", json!({}));
    cx.begin_attempt();
    cloud.preview_undo(cx, &back, &walked.record).await.unwrap();
    cloud.undo(cx, &back, &walked.record).await.unwrap();

    let bad = TEMPLATE.replace("DependsOn: Note", "DependsOn: Note\n    Metadata: { Practice: { Fail: no room } }\n    Properties: { DisplayName: x }");
    cx.write("stack.yaml", &bad);
    cx.begin_attempt();
    walk(&cloud, cx, &deploy("k-bad", "west", json!({})))
        .await
        .unwrap_err();
    cx.begin_attempt();
    let missing = request(
        "cloudformation/delete",
        "k-no",
        json!({ "stack": "nowhere" }),
    );
    let _ = walk(&cloud, cx, &missing).await;
    cx.begin_attempt();
    let gone = request(
        "cloudformation/delete",
        "k-gone",
        json!({ "stack": "west" }),
    );
    walk(&cloud, cx, &gone).await.unwrap();
}

#[tokio::test]
async fn every_call_and_reply_is_as_the_vendors_model_says() {
    let Some(folder) = vendor_specs("aws-cloudformation") else {
        return skipped(
            "every_call_and_reply_is_as_the_vendors_model_says: the vendors' specifications are not beside the repository",
        );
    };
    let text = std::fs::read_to_string(folder.join("service-2.json")).unwrap();
    let model: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(model["metadata"]["apiVersion"], VERSION);
    let mut model = Model {
        shapes: model["shapes"].clone(),
        operations: model["operations"].clone(),
        problems: Vec::new(),
    };
    let (cx, heard) = overhearing(CloudFormation::new().simulator(None));
    let cx = cx.with_credential(
        "aws",
        "aws",
        &[
            ("access_key_id", "AKIATEST"),
            ("region", "eu-central-1"),
            ("endpoint_url", "http://127.0.0.1:9"),
        ],
        &[("secret_access_key", "a-secret-of-practice")],
    );
    story(&cx).await;
    let heard = heard.lock().unwrap().clone();
    let actions: std::collections::BTreeSet<String> =
        heard.iter().filter_map(|one| model.look(one)).collect();
    model.problems.sort();
    model.problems.dedup();
    // The service says so of a stack that a change set made, though the model has it as a state of stacks alone.
    model.problems.retain(|problem| {
        problem != "DescribeStackEvents gets/StackEvents[]/ResourceStatus: `REVIEW_IN_PROGRESS` is no word for it"
    });
    assert_eq!(model.problems, [""; 0]);
    for action in [
        "CreateChangeSet",
        "DeleteStack",
        "DescribeChangeSet",
        "DescribeStackEvents",
        "DescribeStacks",
        "DetectStackDrift",
        "ExecuteChangeSet",
        "GetTemplate",
    ] {
        assert!(actions.contains(action), "{action} is not in {actions:?}");
    }
}

/// The check itself sees what is wrong.
#[test]
fn what_is_not_in_the_model_is_found() {
    let mut model = Model {
        shapes: json!({
            "In": { "type": "structure", "required": ["Name"], "members": { "Name": { "shape": "Word" }, "Tags": { "shape": "Tags" } } },
            "Tags": { "type": "list", "member": { "shape": "Word" } },
            "Word": { "type": "string", "enum": ["a", "b"] },
        }),
        operations: json!({ "Do": { "input": { "shape": "In" }, "output": { "shape": "In", "resultWrapper": "DoResult" } } }),
        problems: Vec::new(),
    };
    let form = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    model.sent("Do", &form(&[("Name", "a"), ("Tags.member.1", "b")]));
    assert_eq!(model.problems, [""; 0]);
    model.sent("Do", &form(&[("Tags.member.0", "c"), ("Nome", "a")]));
    model.sent("Undo", &form(&[]));
    let reply = "<DoResponse><DoResult><Name>z</Name><Other/></DoResult></DoResponse>";
    model.got("Do", &Element::read(reply));
    assert_eq!(
        model.problems,
        [
            "Do: `Name` is missing",
            "Do sends Nome: there is no such field",
            "Do sends Tags.member.0: a list has numbers from 1",
            "Do sends Tags.member.0: `c` is no word for it",
            "Undo: there is no such operation",
            "Do gets/Name: `z` is no word for it",
            "Do gets/Other: there is no such field",
        ]
    );
}
