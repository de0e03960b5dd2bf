//! Every call and reply of a whole story, held against the types and addresses of the vendor's own client
//! (`client-endpoints.json`, which covers a part of the interface).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::collections::BTreeSet;

use podium_connector::{Connector as _, Method, StepRequest};
use podium_connector_octopus::Octopus;
use podium_testkit::{
    FakeContext, Overheard, RequestBuilder, overhearing, skipped, vendor_specs, walk,
};
use serde_json::{Value, json};

/// What is at an address that the client has a type for: of a thing, or of those on a page.
const THINGS: [(&str, &str); 10] = [
    ("projects", "Project"),
    ("releases", "Release"),
    ("deployments", "Deployment"),
    ("environments", "DeploymentEnvironment"),
    ("runbooks", "Runbook"),
    ("runbookRuns", "RunbookRun"),
    ("runbookSnapshots", "RunbookSnapshot"),
    ("tenants", "Tenant"),
    ("spaces", "Space"),
    ("users", "User"),
];

/// The client's description, and what was found wrong.
struct Description {
    types: Value,
    endpoints: Vec<(String, String)>,
    seen: BTreeSet<String>,
    problems: BTreeSet<String>,
}

impl Description {
    fn of(document: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            types: document["types"].clone(),
            endpoints: document["endpoints"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| (text(&one["method"]), text(&one["template"])))
                .collect(),
            seen: BTreeSet::new(),
            problems: BTreeSet::new(),
        }
    }

    /// The type of a field, here or in what the type extends; `None` where nobody says.
    fn field(&self, of: &Value, name: &str) -> Option<String> {
        let fields = &of["fields"];
        let known = fields.get(name).or_else(|| fields.get(format!("{name}?")));
        if let Some(kind) = known.and_then(Value::as_str) {
            return Some(kind.to_owned());
        }
        let parents = of["extends"].as_str()?.split(", ");
        parents
            .filter_map(|parent| self.types.get(parent))
            .find_map(|parent| self.field(parent, name))
    }

    /// What does not fit; the server may leave anything out or empty.
    fn against(&self, at: &str, kind: &str, value: &Value, problems: &mut Vec<String>) {
        let kind = kind.trim();
        if value.is_null() || matches!(kind, "any" | "unknown") {
            return;
        }
        if kind.contains(" | ") && !kind.starts_with('{') {
            let fits = kind.split(" | ").any(|one| {
                let mut found = Vec::new();
                self.against(at, one, value, &mut found);
                found.is_empty()
            });
            if !fits {
                problems.push(format!("{at}: {value} is no {kind}"));
            }
            return;
        }
        let fits = match kind {
            "string" | "Date" => value.is_string(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" | "undefined" => false,
            _ if kind.starts_with('"') => value.as_str() == Some(kind.trim_matches('"')),
            _ if kind.starts_with('{') => value.is_object(),
            _ => true,
        };
        if !fits {
            problems.push(format!("{at}: {value} is no {kind}"));
        } else if let Some(of) = kind.strip_suffix("[]") {
            match value.as_array() {
                Some(all) => {
                    for one in all {
                        self.against(&format!("{at}[]"), of, one, problems);
                    }
                }
                None => problems.push(format!("{at}: {value} is no list")),
            }
        } else if let Some(of) = kind.strip_prefix("Record<string, ") {
            match value.as_object() {
                Some(all) => {
                    for one in all.values() {
                        self.against(at, of.trim_end_matches('>'), one, problems);
                    }
                }
                None => problems.push(format!("{at}: {value} is no object")),
            }
        } else if let Some(of) = self.types.get(kind) {
            if let Some(words) = of["enum"].as_array() {
                if !words.contains(value) {
                    problems.push(format!("{at}: {value} is no word of {kind}"));
                }
                return;
            }
            let Some(all) = value.as_object() else {
                return problems.push(format!("{at}: {value} is no {kind}"));
            };
            for (name, one) in all {
                if let Some(field) = self.field(of, name) {
                    self.against(&format!("{at}/{name}"), &field, one, problems);
                }
            }
        }
    }

    fn look(&mut self, at: &str, kind: &str, value: &Value) {
        self.seen.insert(kind.to_owned());
        let mut problems = Vec::new();
        self.against(&format!("{at} {kind}"), kind, value, &mut problems);
        self.problems.extend(problems);
    }

    /// The words in an address that the client may ask with; `None` where it does not ask there.
    fn words(&self, method: Method, path: &str) -> Option<BTreeSet<String>> {
        let mut known = None;
        for (of, template) in &self.endpoints {
            let (route, query) = template.split_once("{?").unwrap_or((template, ""));
            let (route, asked) = route.split_once('?').unwrap_or((route, ""));
            // `{/id}` is there or not.
            let routes = [
                route.replace("{/", "/{"),
                route.split("{/").next().unwrap().to_owned(),
            ];
            if of == method.as_str() && routes.iter().any(|route| fits(route, path)) {
                let known = known.get_or_insert_with(BTreeSet::new);
                let asked = asked.split('&').filter_map(|one| one.split('=').next());
                known.extend(
                    query
                        .trim_end_matches('}')
                        .split(',')
                        .chain(asked)
                        .map(str::to_owned),
                );
            }
        }
        known
    }

    fn hear(&mut self, one: &Overheard) {
        let url = one.request.url.strip_prefix("http://127.0.0.1:9").unwrap();
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let method = one.request.method;
        let call = format!("{} {path}", method.as_str());
        if let Some(words) = self.words(method, path) {
            for name in query.split('&').filter_map(|pair| pair.split('=').next()) {
                // All lists of Octopus have pages.
                if !name.is_empty() && !words.contains(name) && !["skip", "take"].contains(&name) {
                    self.problems
                        .insert(format!("{call}: nobody asks with `{name}`"));
                }
            }
        }
        let parts: Vec<&str> = path.split('/').skip(2).collect();
        let parts = match parts.as_slice() {
            ["spaces" | "users", ..] => parts.as_slice(),
            [_, rest @ ..] => rest,
            [] => &[],
        };
        if let ("POST", ["releases", "create", "v1"]) = (method.as_str(), parts) {
            let body: Value = serde_json::from_slice(&one.request.body).unwrap();
            for name in body.as_object().unwrap().keys() {
                let command = &self.types["CreateReleaseCommandV1"];
                if !["spaceId", "SpaceId", "SpaceIdOrName", "spaceIdOrName"]
                    .contains(&name.as_str())
                    && self.field(command, name).is_none()
                {
                    self.problems
                        .insert(format!("{call}: a release has no `{name}`"));
                }
            }
            self.look(&format!("{call} sends"), "CreateReleaseCommandV1", &body);
        }
        if !one.reply.is_success() {
            return;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&one.reply.body) else {
            return;
        };
        let at = format!("{call} gets");
        let of = |part: &str| {
            THINGS
                .iter()
                .find(|(name, _)| *name == part)
                .map(|(_, of)| *of)
        };
        match parts {
            ["releases", "create", "v1"] => self.look(&at, "CreateReleaseResponseV1", &body),
            ["tasks", _, "details"] => {
                self.look(&at, "ServerTaskDetails", &body);
                self.look(&at, "TaskState", &body["Task"]["State"]);
            }
            ["tasks", _] => self.look(&at, "TaskState", &body["State"]),
            [.., list] if body["Items"].is_array() => {
                if let Some(kind) = of(list) {
                    self.look(&at, &format!("{kind}[]"), &body["Items"]);
                }
            }
            [list, _] | [list] if !body.is_array() => {
                if let Some(kind) = of(list) {
                    self.look(&at, kind, &body);
                }
            }
            _ => {}
        }
    }
}

fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<&str>, Vec<&str>) =
        (route.split('/').collect(), path.split('/').collect());
    // A place for an id takes an id alone, so that `releases/create` is not a release.
    let is_id = |part: &str| part.contains('-') && part.ends_with(|c: char| c.is_ascii_digit());
    route.len() == path.len()
        && route
            .iter()
            .zip(&path)
            .all(|(a, b)| a == b || (a.starts_with('{') && is_id(b)))
}

fn request(operation: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(Octopus::new().manifest())
        .key(&format!("key-{}", operation.len()))
        .build()
}

/// A release is made and deployed, a runbook is run, one fails; and what the form asks for is listed.
async fn story(cx: &FakeContext) {
    let octopus = Octopus::new();
    let release = request(
        "octopus/create-release",
        json!({ "project": "shop", "version": "1.1.0" }),
    );
    walk(&octopus, cx, &release).await.unwrap();
    octopus.identify(cx, &release).await.unwrap();
    cx.begin_attempt();
    let deploy = request(
        "octopus/deploy-release",
        json!({ "project": "shop", "release": "1.1.0", "environment": "Test" }),
    );
    let walked = walk(&octopus, cx, &deploy).await.unwrap();
    octopus
        .preview_undo(cx, &deploy, &walked.record)
        .await
        .unwrap();
    octopus.draw(cx, &deploy).await.unwrap();
    for what in ["projects", "environments", "releases", "tenants", "spaces"] {
        let _ = octopus.discover(cx, &deploy, what).await;
    }
    for (project, well) in [("shop", true), ("broken", false)] {
        cx.begin_attempt();
        let run = request(
            "octopus/run-runbook",
            json!({ "project": project, "runbook": "Warm the cache", "environment": "Prüfstand" }),
        );
        assert_eq!(walk(&octopus, cx, &run).await.is_ok(), well, "{project}");
    }
}

#[tokio::test]
async fn every_call_and_reply_is_as_the_vendors_client_has_it() {
    let Some(folder) = vendor_specs("octopus") else {
        return skipped(
            "every_call_and_reply_is_as_the_vendors_client_has_it: the vendors' specifications are not beside the repository",
        );
    };
    let text = std::fs::read_to_string(folder.join("client-endpoints.json")).unwrap();
    let mut description = Description::of(&serde_json::from_str(&text).unwrap());
    let (cx, heard) = overhearing(Octopus::new().simulator(None));
    let cx = cx.with_credential(
        "octopus",
        "octopus",
        &[("url", "http://127.0.0.1:9")],
        &[("api_key", "API-OF-PRACTICE")],
    );
    story(&cx).await;
    let heard = heard.lock().unwrap().clone();
    for one in &heard {
        description.hear(one);
    }
    assert_eq!(
        description.problems,
        BTreeSet::new(),
        "{:#?}",
        description.problems
    );
    for kind in [
        "CreateReleaseCommandV1",
        "Deployment",
        "Release[]",
        "ServerTaskDetails",
        "TaskState",
    ] {
        assert!(
            description.seen.contains(kind),
            "{kind}: {:?}",
            description.seen
        );
    }
    let templates = heard.iter().filter(|one| {
        let url = one.request.url.strip_prefix("http://127.0.0.1:9").unwrap();
        let path = url.split('?').next().unwrap();
        description.words(one.request.method, path).is_some()
    });
    assert!(
        templates.count() > 5,
        "hardly any address is one of the client's"
    );
}

/// The check itself sees what is wrong.
#[test]
fn what_the_client_does_not_have_is_found() {
    let description = Description::of(&json!({
        "types": {
            "Base": { "extends": null, "fields": { "Name": "string" } },
            "Thing": { "extends": "Other, Base", "fields": { "Count?": "number", "Kinds": "Kind[]", "When": "Date | null" } },
            "Kind": { "enum": ["a", "b"] },
        },
        "endpoints": [
            { "method": "GET", "template": "/api/{spaceId}/things{/id}{?skip,name}" },
        ],
    }));
    let problems = |value: Value| {
        let mut problems = Vec::new();
        description.against("x", "Thing", &value, &mut problems);
        problems.len()
    };
    let good = json!({ "Name": "n", "Count": 1, "Kinds": ["a", "b"], "When": null, "More": 1 });
    assert_eq!(problems(good), 0);
    assert_eq!(
        problems(json!({ "Name": 1, "Count": "1", "Kinds": ["c"], "When": 5 })),
        4
    );
    assert_eq!(problems(json!({ "Kinds": "a" })), 1);
    assert_eq!(problems(json!("thing")), 1);
    for path in ["/api/Spaces-1/things", "/api/Spaces-1/things/Things-2"] {
        let words = description.words(Method::Get, path).unwrap();
        assert!(words.contains("name") && !words.contains("nome"), "{path}");
    }
    assert_eq!(
        description.words(Method::Post, "/api/Spaces-1/things"),
        None
    );
    assert_eq!(
        description.words(Method::Get, "/api/Spaces-1/things/create"),
        None
    );
}
