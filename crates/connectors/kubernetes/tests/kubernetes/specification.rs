//! Every object that is sent and that comes back while the sentences are told to the practice cluster, held
//! against the vendor's own schemas: no field that Kubernetes does not have, none of another type.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use podium_connector::{
    Connector as _, HttpRequest, HttpResponse, Method, SimulatedExit, SimulatedProcess, Simulator,
    Stream,
};
use podium_connector_kubernetes::Kubernetes;
use podium_testkit::{FakeContext, Overheard, skipped, vendor_specs};
use serde_json::{Value, json};

use crate::world::World;
use crate::{apply, charts, others};

type Heard = Arc<Mutex<Vec<Overheard>>>;

/// The practice cluster, with somebody who listens.
struct Listening {
    cluster: Box<dyn Simulator>,
    heard: Heard,
}

impl Simulator for Listening {
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        let reply = self.cluster.http(now, request);
        self.heard.lock().unwrap().push(Overheard {
            request: request.clone(),
            reply: reply.clone(),
        });
        reply
    }

    fn process(
        &mut self,
        call: &SimulatedProcess,
        write: &mut dyn FnMut(Stream, &str),
        pause: &mut dyn FnMut(u64) -> bool,
    ) -> SimulatedExit {
        self.cluster.process(call, write, pause)
    }

    fn save(&self) -> String {
        self.cluster.save()
    }
}

/// The schemas by version and kind.
struct Schemas {
    defs: Value,
    names: BTreeMap<(String, String), String>,
    ready: BTreeMap<String, jsonschema::Validator>,
    seen: BTreeSet<String>,
    problems: BTreeSet<String>,
}

impl Schemas {
    fn of(mut defs: Value) -> Self {
        let mut names = BTreeMap::new();
        for (name, def) in defs.as_object_mut().unwrap() {
            // What the schemas do not say: that there are no other fields.
            if def["properties"].is_object()
                && def["additionalProperties"].is_null()
                && def["x-kubernetes-preserve-unknown-fields"].is_null()
            {
                def["additionalProperties"] = json!(false);
            }
            let versions = def["properties"]["apiVersion"]["enum"].as_array();
            let kinds = def["properties"]["kind"]["enum"].as_array();
            for version in versions.into_iter().flatten() {
                for kind in kinds.into_iter().flatten() {
                    let [version, kind] =
                        [version, kind].map(|word| word.as_str().unwrap().to_owned());
                    names.insert((version, kind), name.clone());
                }
            }
        }
        Self {
            defs,
            names,
            ready: BTreeMap::new(),
            seen: BTreeSet::new(),
            problems: BTreeSet::new(),
        }
    }

    /// Looks at an object; of an applied one a part is there.
    fn look(&mut self, call: &str, object: &Value, is_part: bool) {
        let [version, kind] =
            ["apiVersion", "kind"].map(|name| object[name].as_str().unwrap_or_default().to_owned());
        let Some(name) = self.names.get(&(version.clone(), kind.clone())).cloned() else {
            // Definitions of others bring kinds of their own.
            if !version.starts_with("podium.test/") {
                self.problems
                    .insert(format!("{call}: there is no {version} {kind}"));
            }
            return;
        };
        self.seen.insert(kind);
        let validator = self.ready.entry(name.clone()).or_insert_with(|| {
            let schema = json!({ "$ref": format!("#/$defs/{name}"), "$defs": self.defs });
            jsonschema::validator_for(&schema).unwrap()
        });
        for error in validator.iter_errors(object) {
            let what = error.to_string();
            if is_part && what.contains("is a required property") {
                continue;
            }
            let what: String = what.chars().take(300).collect();
            self.problems.insert(format!(
                "{call}: {} at {name}{}",
                what,
                error.instance_path()
            ));
        }
    }

    fn hear(&mut self, one: &Overheard) {
        let (request, reply) = (&one.request, &one.reply);
        let path = request.url.strip_prefix("http://127.0.0.1:9").unwrap();
        let path = path.split('?').next().unwrap();
        let call = format!("{} {path}", request.method.as_str());
        let how = request
            .headers
            .iter()
            .find(|(name, _)| name == "content-type");
        let how = how.map_or("", |(_, how)| how.as_str());
        let is_applied = how.starts_with("application/apply-patch");
        if is_applied || matches!(request.method, Method::Post | Method::Put) {
            let body = serde_json::from_slice(&request.body).unwrap();
            self.look(&format!("{call} sends"), &body, is_applied);
        }
        // What was printed is text; a watch is an object a line.
        let is_json = reply.header("content-type") == Some("application/json");
        if !is_json {
            return;
        }
        let text = reply.text();
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            if path == "/version" || value["paths"].is_object() {
                continue;
            }
            match value.get("object").filter(|_| value["type"].is_string()) {
                // A mark says only up to where was told.
                Some(_) if value["type"] == "BOOKMARK" => {}
                Some(object) => self.look(&format!("{call} tells"), object, false),
                None => self.look(&format!("{call} gets"), &value, false),
            }
        }
    }
}

type Sentence = fn(World) -> Pin<Box<dyn Future<Output = ()>>>;

fn sentences() -> Vec<Sentence> {
    macro_rules! all {
        ($($sentence:path),* $(,)?) => { vec![$(|world| Box::pin($sentence(world))),*] };
    }
    all![
        apply::what_is_previewed_is_made_and_taken_back_wholly,
        apply::a_change_shows_only_what_differs_and_undo_puts_it_back,
        apply::fields_of_others_are_named_and_taken_over_only_when_asked_and_given_back,
        apply::the_values_of_a_secret_are_nowhere,
        apply::a_definition_and_an_object_of_it_go_in_one_step,
        apply::drift_names_what_somebody_changed_and_what_is_gone,
        apply::the_drawing_shows_owners_and_what_points_to_what,
        charts::a_chart_is_previewed_installed_upgraded_and_rolled_back,
        others::what_is_deleted_is_made_anew_by_the_undo,
        others::waiting_ends_when_it_is_so_and_says_what_is_missing_when_it_is_late,
        others::a_restart_replaces_every_pod_once,
        others::who_asks_and_what_they_may_is_told,
    ]
}

#[tokio::test]
async fn every_object_is_as_the_vendors_schemas_say() {
    let Some(folder) = vendor_specs("kubernetes") else {
        return skipped(
            "every_object_is_as_the_vendors_schemas_say: the vendors' specifications are not beside the repository",
        );
    };
    let text = std::fs::read_to_string(folder.join("definitions-v1.37.0.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut schemas = Schemas::of(document["$defs"].clone());
    for sentence in sentences() {
        let heard = Heard::default();
        let mut world = World::practice();
        world.cx = FakeContext::simulated(Box::new(Listening {
            cluster: Kubernetes::new().simulator(None),
            heard: heard.clone(),
        }));
        sentence(world).await;
        for one in heard.lock().unwrap().iter() {
            schemas.hear(one);
        }
    }
    assert_eq!(schemas.problems, BTreeSet::new(), "{:#?}", schemas.problems);
    for kind in [
        "Deployment",
        "Pod",
        "Secret",
        "Namespace",
        "Status",
        "APIResourceList",
    ] {
        assert!(schemas.seen.contains(kind), "{kind}: {:?}", schemas.seen);
    }
}

/// The check itself sees what is wrong.
#[test]
fn a_field_that_is_not_there_is_found() {
    let mut schemas = Schemas::of(json!({
        "a.Pod": {
            "type": "object", "required": ["spec"],
            "properties": {
                "apiVersion": { "enum": ["v1"] }, "kind": { "enum": ["Pod"] },
                "spec": { "type": "object" },
            },
        },
    }));
    let pod = json!({ "apiVersion": "v1", "kind": "Pod" });
    schemas.look("GET", &pod, true);
    assert_eq!(schemas.problems.len(), 0);
    schemas.look("GET", &pod, false);
    let mut pod = pod;
    pod["spec"] = json!("x");
    pod["spice"] = json!(1);
    schemas.look("GET", &pod, false);
    schemas.look("GET", &json!({ "apiVersion": "v1", "kind": "Pot" }), false);
    assert_eq!(schemas.problems.len(), 4, "{:?}", schemas.problems);
}
