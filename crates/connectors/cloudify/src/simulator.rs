//! The practice manager: Cloudify's REST v3.1 in small, in the vendor's own wire format.
//!
//! Blueprints are unpacked and read, deployments made of them, workflows run over time, task by task,
//! with events and logs. Names ask for trouble: a node called `broken…` fails, `slow…` takes a minute,
//! `chatty…` writes 20,000 lines, and a deployment called `odd-state…` reports a state that nobody
//! documents for a while. A token or password with `wrong` or `expired` in it is refused, one with
//! `viewer` may only look.
//!
//! Invariants: the value of a secret is never kept; the same calls at the same times give the same
//! answers.

mod answer;
mod perform;
mod plan;
mod seed;
mod state;
mod timeline;
mod upload;
mod wire;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use podium_connector::{HttpRequest, HttpResponse, Simulator};
use serde_json::{Value, json};

use state::World;

/// A refusal: status, the manager's code, message.
pub(crate) type Refused = (u16, &'static str, String);
/// What a route gives: status and body.
pub(crate) type Answer = Result<(u16, Value), Refused>;

/// The practice manager.
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
    /// Parts of the path behind `/api/v3.1`, decoded.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) request: &'a HttpRequest,
    pub(crate) user: String,
    pub(crate) tenant: String,
}

impl Asked<'_> {
    /// The first value of the query under this name.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a flag of the query is set; clients write `True` and `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn body(&self) -> Result<Value, Refused> {
        if self.request.body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(&self.request.body).map_err(|error| {
            (
                400,
                "bad_parameters_error",
                format!("Expected a JSON body: {error}"),
            )
        })
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request
        .headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .or_else(|| {
            request
                .secret_headers
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .and_then(|(_, value)| value.expose_str())
        })
}

/// Who asks. Fails as the manager does.
fn login(request: &HttpRequest) -> Result<(String, bool), Refused> {
    let refused = |why: &str| {
        (
            401,
            "unauthorized_error",
            format!("User unauthorized: {why}"),
        )
    };
    let (user, word) = if let Some(token) = header(request, "authentication-token") {
        ("admin".to_owned(), token.to_owned())
    } else if let Some(basic) = header(request, "authorization") {
        let pair = basic
            .strip_prefix("Basic ")
            .and_then(|text| STANDARD.decode(text.trim()).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| {
                let (user, password) = text.split_once(':')?;
                Some((user.to_owned(), password.to_owned()))
            });
        pair.ok_or_else(|| refused("Authentication failed"))?
    } else {
        return Err(refused("No authentication info provided"));
    };
    if word.contains("expired") {
        return Err(refused("Token is expired"));
    }
    if word.is_empty() || word.contains("wrong") {
        return Err(refused("Authentication failed"));
    }
    Ok((user, word.contains("viewer")))
}

impl Simulator for Practice {
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        let (status, body) = match self.answer(now, request) {
            Ok(answer) => answer,
            Err((status, code, message)) => (
                status,
                json!({ "message": message, "error_code": code, "server_traceback": null }),
            ),
        };
        HttpResponse {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: if status == 204 {
                Vec::new()
            } else {
                body.to_string().into_bytes()
            },
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
        let parts: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(decode)
            .collect();
        let gone = || {
            (
                404,
                "not_found_error",
                "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.".to_owned(),
            )
        };
        let parts = match parts.split_first() {
            Some((first, rest)) if first == "api" => rest,
            _ => return Err(gone()),
        };
        let path = match parts.split_first() {
            Some((version, rest)) if version.starts_with("v3") || version.starts_with("v2") => rest,
            // The version is the one thing that is told below no version.
            Some((only, [])) if only == "version" => parts,
            _ => return Err(gone()),
        };
        self.world.advance(now);
        if path.first().is_some_and(|first| first == "version") {
            return Ok((200, wire::version()));
        }
        let (user, may_only_look) = login(request)?;
        let tenant = header(request, "tenant").unwrap_or_default().to_owned();
        if tenant.is_empty() {
            return Err((
                403,
                "forbidden_error",
                "Authorization failed: Tenant header was not provided".into(),
            ));
        }
        if !state::TENANTS.contains(&tenant.as_str()) {
            return Err((
                403,
                "forbidden_error",
                format!(
                    "Authorization failed: Tried to authenticate with invalid tenant name: {tenant}"
                ),
            ));
        }
        let asked = Asked {
            method: request.method.as_str(),
            path: path.to_vec(),
            query: query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
            request,
            user,
            tenant,
        };
        if may_only_look && asked.method != "GET" {
            return Err((
                403,
                "forbidden_error",
                format!(
                    "User `{}` is not permitted to perform the action {}",
                    asked.user, asked.method
                ),
            ));
        }
        self.world.route(now, &asked).unwrap_or_else(|| Err(gone()))
    }
}
