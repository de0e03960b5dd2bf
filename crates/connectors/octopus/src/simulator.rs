//! An Octopus server in small: one space with projects, releases, deployments, runbooks, tasks that take
//! time, write logs and ask for people. JSON as the vendor's; state as text.
//!
//! Invariants: no API key and no value of a prompted variable is kept; the same calls at the same times
//! give the same answers.

mod routes;
mod seed;
mod task;
mod world;

use podium_connector::{HttpRequest, HttpResponse, Simulator};
use serde_json::{Value, json};

use world::World;

/// The practice server.
pub(crate) struct Practice {
    world: World,
}

impl Practice {
    pub(crate) fn new(state: Option<&str>) -> Self {
        Self {
            world: state
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_else(seed::world),
        }
    }
}

/// A refusal: status and message, as the vendor words it.
pub(crate) type Refused = (u16, String);

/// One call, taken apart.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) now: i64,
}

impl Call<'_> {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.parse().ok()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.body[name].as_str().filter(|text| !text.is_empty())
    }
}

impl Simulator for Practice {
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        let rest = request.url.split_once("://").map_or("", |(_, rest)| rest);
        let target = rest.find('/').map_or("/", |at| &rest[at..]);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let call = Call {
            method: request.method.as_str(),
            path: path
                .split('/')
                .filter(|part| !part.is_empty())
                .map(decoded)
                .collect(),
            query: query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
            now,
        };
        let open = call.path.len() == 1 && call.path[0] == "api";
        let answer = if open || has_key(request) {
            routes::answer(&mut self.world, &call)
        } else {
            Err((
                401,
                "You must be logged in to request this resource. Please provide a valid API key or log in.".to_owned(),
            ))
        };
        match answer {
            Ok(Value::String(text)) => reply(200, "text/plain", text),
            Ok(body) => {
                let status = if call.method == "POST" && body.get("Id").is_some() {
                    201
                } else {
                    200
                };
                reply(status, "application/json", body.to_string())
            }
            Err((status, message)) => reply(
                status,
                "application/json",
                json!({ "ErrorMessage": message, "Errors": [message] }).to_string(),
            ),
        }
    }

    fn save(&self) -> String {
        serde_json::to_string(&self.world).unwrap_or_default()
    }
}

/// Whether a key was sent; the word `expired` stands for one that has ended.
fn has_key(request: &HttpRequest) -> bool {
    let plain = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let secret = request
        .secret_headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.expose_str()?)));
    plain
        .chain(secret)
        .filter(|(name, _)| {
            name.eq_ignore_ascii_case("x-octopus-apikey")
                || name.eq_ignore_ascii_case("authorization")
        })
        .any(|(_, value)| !value.is_empty() && !value.contains("expired"))
}

fn reply(status: u16, kind: &str, body: String) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("content-type".into(), format!("{kind}; charset=utf-8"))],
        body: body.into_bytes(),
    }
}

fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_encoding::percent_decode_str(&text)
        .decode_utf8_lossy()
        .into_owned()
}
