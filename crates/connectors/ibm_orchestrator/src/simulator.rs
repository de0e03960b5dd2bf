//! Orchestrator in small: a catalogue, launches, tasks, instances.
//!
//! Tasks take seconds of the given clock. What an offering is called asks for trouble: `broken` fails, `slow`
//! takes a minute, `chatty` says 20,000 lines, `waiting` waits for an approval, `odd-state` tells a state that
//! nobody documents for a while, `form` asks for its form. The user `nobody` is refused.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use podium_connector::{HttpRequest, HttpResponse, Method, Simulator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const SECOND: i64 = 1_000;
const CHATTER: usize = 20_000;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    counted: u64,
    offerings: Vec<Offering>,
    tasks: Vec<Task>,
    /// Service instances by id: name and state.
    instances: BTreeMap<String, (String, String)>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Offering {
    id: u64,
    name: String,
    description: String,
    category: u64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Task {
    id: u64,
    offering: String,
    user: String,
    at: i64,
    /// The names of the parameters and the marks; values of fields are not kept.
    parm: Map<String, Value>,
    name: String,
    instance: Option<String>,
    done: bool,
}

/// The practice cloud.
pub(crate) struct Practice {
    state: State,
}

impl Practice {
    pub(crate) fn new(saved: Option<&str>) -> Self {
        let state = saved.and_then(|text| serde_json::from_str(text).ok());
        Self {
            state: state.unwrap_or_else(State::seed),
        }
    }
}

impl Simulator for Practice {
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        self.state.advance(now);
        self.state.answer(now, request)
    }

    fn save(&self) -> String {
        serde_json::to_string(&self.state).unwrap_or_default()
    }
}

fn reply(status: u16, body: &Value) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![(
            "content-type".into(),
            "application/json; charset=utf-8".into(),
        )],
        body: body.to_string().into_bytes(),
    }
}

fn refuse(status: u16, key: &str, message: &str) -> HttpResponse {
    reply(
        status,
        &json!({ "message": format!("{key} {message}"), "messageKey": key }),
    )
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let open = request
        .headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    let hidden = request
        .secret_headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    open.map(|(_, value)| value.as_str())
        .or_else(|| hidden.and_then(|(_, value)| value.expose_str()))
}

/// The user of a Basic login that is taken.
fn user(request: &HttpRequest) -> Option<String> {
    let text = header(request, "authorization")?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    (!password.is_empty() && user != "nobody").then(|| user.to_owned())
}

fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The text of an element of an operation's parameter.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name} type="))?;
    let (_, rest) = rest.split_once('>')?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text
        .strip_prefix("<![CDATA[")
        .and_then(|text| text.strip_suffix("]]>"))
        .unwrap_or(text);
    Some(text.to_owned())
}

impl State {
    fn seed() -> Self {
        let mut state = Self::default();
        for (name, description) in [
            ("Open a shop", "Deploys a shop with its servers."),
            ("Close a shop", "Deletes a shop and its servers."),
            ("Läden öffnen – Größe M", "Ein Laden mit Umlauten."),
            ("shop broken", "Fails on purpose."),
            ("shop slow", "Takes a minute."),
            ("shop chatty", "Says a lot."),
            ("shop waiting", "Needs an approval."),
            ("shop odd-state", "Tells a state nobody knows."),
            ("shop form", "Asks for its form."),
            ("Restart a server", "An action on a virtual machine."),
        ] {
            state.add(name, description);
        }
        for at in 1..=170 {
            state.add(&format!("Team service {at:03}"), "");
        }
        state
            .instances
            .insert("41".into(), ("shop-west".into(), "RUNNING".into()));
        state
    }

    fn add(&mut self, name: &str, description: &str) {
        self.counted += 1;
        self.offerings.push(Offering {
            id: 1_000 + self.counted,
            name: name.to_owned(),
            description: description.to_owned(),
            category: self.counted % 3 + 1,
        });
    }

    fn advance(&mut self, now: i64) {
        for at in 0..self.tasks.len() {
            let task = &self.tasks[at];
            if task.done || now < task.at + length(&task.offering) {
                continue;
            }
            let (offering, name, instance) = (
                task.offering.clone(),
                task.name.clone(),
                task.instance.clone(),
            );
            self.tasks[at].done = true;
            if offering.starts_with("Close") {
                if let Some(id) = instance {
                    self.instances.remove(&id);
                }
            } else if !offering.contains("broken") && !offering.starts_with("Restart") {
                self.counted += 1;
                let id = self.counted.to_string();
                self.instances.insert(id.clone(), (name, "RUNNING".into()));
                self.tasks[at].instance = Some(id);
            }
        }
    }

    fn answer(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        let rest = request
            .url
            .split_once("://")
            .map_or(request.url.as_str(), |(_, rest)| rest);
        let target = rest.find('/').map_or("/", |at| &rest[at..]);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: BTreeMap<String, String> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (plain(name), plain(value)))
            .collect();
        let parts: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(plain)
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let Some(user) = user(request) else {
            return refuse(401, "CTJCP0007E", "The user is not authorized.");
        };
        let get = request.method == Method::Get;
        match parts.as_slice() {
            ["orchestrator", "v2", "categories"] if get => {
                let all: Vec<Value> = [(1, "Läden"), (2, "Servers"), (3, "Teams")]
                    .map(|(id, name)| json!({ "id": id, "name": name }))
                    .to_vec();
                page(path, &all, &query)
            }
            ["orchestrator", "v2", "offerings"] if get => {
                let category = query
                    .get("category")
                    .and_then(|text| text.parse::<u64>().ok());
                let all: Vec<Value> = self
                    .offerings
                    .iter()
                    .filter(|one| category.is_none_or(|category| one.category == category))
                    .map(offering)
                    .collect();
                page(path, &all, &query)
            }
            ["orchestrator", "v2", "offerings", id] if get => match self.of(id) {
                Some(one) => reply(200, &json!({ "href": path, "item": offering(&one) })),
                None => refuse(404, "CTJCO0010E", "The offering does not exist."),
            },
            ["orchestrator", "v2", "offerings", id, "launch"] if request.method == Method::Post => {
                match self.of(id) {
                    Some(one) => self.launch(now, &one, &user, request),
                    None => refuse(404, "CTJCO0010E", "The offering does not exist."),
                }
            }
            ["orchestrator", "v2", "tasks"] if get => reply(
                200,
                &json!(
                    self.tasks
                        .iter()
                        .rev()
                        .map(|task| shown(task, now))
                        .collect::<Vec<_>>()
                ),
            ),
            ["orchestrator", "v2", "tasks", id] if get => {
                match self.tasks.iter().find(|task| task.id.to_string() == *id) {
                    Some(task) => reply(200, &shown(task, now)),
                    None => refuse(404, "CTJCO0011E", "The task does not exist."),
                }
            }
            ["orchestrator", "v2", "instancetypes"] if get => page(
                path,
                &[
                    json!({ "provider": "practice", "type": "service", "displayname": "Services", "tags": [], "keyfields": ["id"] }),
                    json!({ "provider": "practice", "type": "openstackvms", "displayname": "Virtual machines", "tags": ["vm"], "keyfields": ["id"] }),
                ],
                &query,
            ),
            ["orchestrator", "v2", "instancetypes", _, "instances"] if get => {
                let all: Vec<Value> = self
                    .instances
                    .iter()
                    .map(|(id, (name, state))| instance(id, name, state))
                    .collect();
                page(path, &all, &query)
            }
            ["orchestrator", "v2", "instancetypes", _, "instances", id] if get => {
                match self.instances.get(*id) {
                    Some((name, state)) => reply(
                        200,
                        &json!({ "href": path, "item": instance(id, name, state) }),
                    ),
                    None => refuse(404, "CTJCO0012E", "The instance does not exist."),
                }
            }
            ["rest", "bpm", "wle", "v1", "processModel", _] if get => reply(
                200,
                &json!({ "status": "200", "data": { "DataModel": {
                "inputs": { "inputParameterObject": { "type": "ShopBO", "isList": false } },
                "validation": { "ShopBO": { "type": "object", "properties": {
                    "name": { "type": "String" }, "size": { "type": "Integer" }, "password": { "type": "String" }, "id": { "type": "String" },
                } } },
            } } }),
            ),
            _ => refuse(404, "CTJCO0001E", "There is nothing here."),
        }
    }

    fn of(&self, id: &str) -> Option<Offering> {
        self.offerings
            .iter()
            .find(|one| one.id.to_string() == id)
            .cloned()
    }

    fn launch(
        &mut self,
        now: i64,
        one: &Offering,
        user: &str,
        request: &HttpRequest,
    ) -> HttpResponse {
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return refuse(400, "CTJCO0020E", "The request is not valid JSON.");
        };
        let xml = body["parm"]["OperationParameter"]
            .as_str()
            .unwrap_or_default();
        if one.name.contains("form") && xml.is_empty() {
            return reply(
                200,
                &json!({ "redirect": format!(
                "/teamworks/executeServiceByName?processApp=SCOABC&serviceName=Form&tw.local.operationContextId={}", self.counted
            ) }),
            );
        }
        self.counted += 1;
        let mut parm = body["parm"].as_object().cloned().unwrap_or_default();
        parm.remove("OperationParameter");
        let instance =
            element(xml, "id").or_else(|| body["parm"]["instanceId"].as_str().map(str::to_owned));
        if one.name.starts_with("Close") {
            match &instance {
                None => {
                    return refuse(400, "CTJCO0021E", "A mandatory attribute is missing: id.");
                }
                Some(id) if !self.instances.contains_key(id) => {
                    return refuse(404, "CTJCO0012E", "The instance does not exist.");
                }
                Some(_) => {}
            }
        }
        let task = Task {
            id: self.counted,
            offering: one.name.clone(),
            user: user.to_owned(),
            at: now,
            parm,
            name: element(xml, "name").unwrap_or_else(|| format!("shop-{}", self.counted)),
            instance,
            done: false,
        };
        let told = shown(&task, now);
        self.tasks.push(task);
        reply(200, &told)
    }
}

fn length(offering: &str) -> i64 {
    let seconds = if offering.contains("slow") {
        60
    } else if offering.contains("waiting") {
        120
    } else {
        5
    };
    seconds * SECOND
}

fn page(path: &str, all: &[Value], query: &BTreeMap<String, String>) -> HttpResponse {
    let number = |name: &str, default: usize| {
        query
            .get(name)
            .map_or(Some(default), |text| text.parse::<usize>().ok())
    };
    let (Some(start), Some(limit)) = (number("_start", 0), number("_limit", 10)) else {
        return refuse(400, "CTJCO0002E", "_start and _limit are numbers.");
    };
    let limit = limit.max(1);
    let link = |start: usize| json!({ "href": format!("{path}?_start={start}&_limit={limit}") });
    let items: Vec<Value> = all
        .iter()
        .skip(start)
        .take(limit)
        .map(|item| json!({ "href": format!("{path}/{}", item["id"]), "item": item }))
        .collect();
    let next = (start + items.len() < all.len()).then(|| link(start + limit));
    reply(
        200,
        &json!({
            "href": path, "start": start, "limit": limit, "total": all.len(), "first": link(0),
            "previous": (start > 0).then(|| link(start.saturating_sub(limit))), "next": next,
            "last": link(all.len().saturating_sub(1) / limit * limit), "items": items,
        }),
    )
}

fn offering(one: &Offering) -> Value {
    json!({
        "id": one.id, "name": one.name, "description": one.description, "icon": "Server Category:ge100_webservice_24",
        "human_service": if one.name.contains("form") { "Form" } else { "" }, "human_service_app_id": "2066.practice",
        "priority": "MEDIUM", "created": 1_420_000_000_000_i64, "updated": 1_420_000_000_000_i64,
        "process": format!("25.practice-{}", one.id), "process_app_id": "2066.practice", "owner_id": 1,
        "category": one.category, "implementation_type": "ibm_bpm_process", "operation_type": "offering", "instancetype": null,
    })
}

fn instance(id: &str, name: &str, state: &str) -> Value {
    json!({ "id": id, "displayname": name, "name": name, "status": state, "type": "service" })
}

fn shown(task: &Task, now: i64) -> Value {
    let passed = now - task.at;
    let name = task.offering.as_str();
    let status = match task.done {
        true if name.contains("broken") => "FAILED",
        true => "COMPLETED",
        false if passed < SECOND => "NEW",
        false if name.contains("waiting") => "PENDING_APPROVAL",
        false if name.contains("odd-state") => "BREWING",
        false => "RUNNING",
    };
    let mut message = format!("CTJCO0001I The task of {name} was created.\n");
    if task.done && name.contains("chatty") {
        for line in 0..CHATTER {
            message.push_str("The price of article ");
            message.push_str(&line.to_string());
            message.push_str(" was read.\n");
        }
    }
    let failed = status == "FAILED";
    if status == "COMPLETED" {
        message.push_str("CTJCO0002I The operation was completed successfully.\n");
    }
    let stamp = |at: i64| {
        jiff::Timestamp::from_millisecond(at)
            .map(|at| at.to_string())
            .unwrap_or_default()
    };
    let words = status.replace('_', " ").to_lowercase();
    json!({
        "id": task.id.to_string(), "status": status, "status_localized": words,
        "description_message": message, "error_message": if failed { "CTJCO0999E The pool has no free addresses left." } else { "" },
        "error": if failed { json!({ "resourceBundle": "orchestrator", "messageKey": "CTJCO0999E", "args": [], "message": "The pool has no free addresses left." }) } else { Value::Null },
        "user": task.user, "domain": "Default", "project": "admin", "created": task.at, "created_iso": stamp(task.at),
        "updated": now, "updated_iso": stamp(now), "parm": task.parm, "eventTopic": "practice", "delayInSeconds": 0,
        "serviceInstanceId": if task.done { task.instance.clone() } else { None },
    })
}
