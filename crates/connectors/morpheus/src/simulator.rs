//! The practice appliance: Morpheus in small, in the vendor's own wire format.
//!
//! Orders, instances, apps and executions are worked on over time by processes with events and output.
//! Names ask for trouble: what is called `broken…` fails, `slow…` takes a minute, `chatty…` writes 20,000
//! lines, `waiting…` asks for an approval, `odd-state…` reports a state that nobody documents for a while.
//! A token or password with `wrong` or `expired` in it is refused, one with `viewer` may only look.
//!
//! Invariants: the value of a password is never kept; the same calls at the same times give the same
//! answers.

mod answer;
mod make;
mod seed;
mod state;
mod timeline;
mod wire;

use percent_encoding::percent_decode_str;
use podium_connector::{HttpRequest, HttpResponse, Simulator};
use serde_json::{Value, json};

use state::World;

/// A refusal: status and body.
pub(crate) type Refused = (u16, Value);
/// What a route gives: the body of a 200.
pub(crate) type Answer = Result<Value, Refused>;

/// The practice appliance.
pub(crate) struct Practice {
    world: World,
}

impl Practice {
    pub(crate) fn new(state: Option<&str>) -> Self {
        Self {
            world: state
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
        }
    }
}

/// A request, read.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'static str,
    /// Parts of the path, decoded.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) request: &'a HttpRequest,
}

impl Asked<'_> {
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.query(name), Some("on" | "true"))
    }

    pub(crate) fn body(&self) -> Result<Value, Refused> {
        if self.request.body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(&self.request.body)
            .map_err(|error| refused(400, &format!("Invalid JSON: {error}")))
    }

    /// The pairs of a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.request.body))
    }
}

/// A refusal with a message.
pub(crate) fn refused(status: u16, message: &str) -> Refused {
    (
        status,
        json!({ "success": false, "msg": message, "errors": {} }),
    )
}

/// A refusal that names a field; some of them come with a 200.
pub(crate) fn invalid(status: u16, field: &str, message: &str) -> Refused {
    (
        status,
        json!({ "success": false, "msg": null, "errors": { field: message } }),
    )
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn token(request: &HttpRequest) -> Option<&str> {
    let secret = request
        .secret_headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .and_then(|(_, value)| value.expose_str());
    let plain = request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .map(|(_, value)| value.as_str());
    let text = secret.or(plain)?;
    text.strip_prefix("Bearer ")
        .or_else(|| text.strip_prefix("BEARER "))
        .or_else(|| text.strip_prefix("bearer "))
}

impl Simulator for Practice {
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        let (status, body) = match self.answer(now, request) {
            Ok(body) => (200, body),
            Err(refused) => refused,
        };
        HttpResponse {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
        }
    }

    fn save(&self) -> String {
        serde_json::to_string(&self.world).unwrap_or_default()
    }
}

impl Practice {
    fn answer(&mut self, now: i64, request: &HttpRequest) -> Answer {
        let rest = request.url.find("://").map_or(0, |at| at + 3);
        let path = request.url[rest..]
            .find('/')
            .map_or("/", |at| &request.url[rest + at..]);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let asked = Asked {
            method: request.method.as_str(),
            path: path
                .split('/')
                .filter(|part| !part.is_empty())
                .map(decode)
                .collect(),
            query: pairs(query),
            request,
        };
        self.world.advance(now);
        let parts: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        match (asked.method, parts.as_slice()) {
            ("POST", ["oauth", "token"]) => return self.world.grant(&asked),
            ("GET", ["api", "ping" | "setup"]) if token(request).is_none() => {
                return Ok(json!({ "success": true }));
            }
            _ => {}
        }
        let unknown = || {
            refused(
                401,
                "Unauthorized – Your API key is invalid. Check your Authorization header.",
            )
        };
        let token = token(request).ok_or_else(unknown)?;
        let is_old = self.world.is_expired(token);
        if token.is_empty() || is_old || token.contains("wrong") || token.contains("expired") {
            return Err(unknown());
        }
        if token.contains("viewer") && asked.method != "GET" {
            return Err(refused(
                403,
                "Forbidden – Your API key does not have the required role or permissions.",
            ));
        }
        let Some((&"api", parts)) = parts.split_first() else {
            return Err(refused(404, "Specified Resource Not Found"));
        };
        self.world
            .route(&asked, parts)
            .unwrap_or_else(|| Err(refused(404, "Specified Resource Not Found")))
    }
}
