//! The practice server: AWX in small, in its own wire format.
//!
//! Jobs wait, run and end by the clock, print events host by host, and carry what they were launched with;
//! workflows walk their nodes and stop at approvals. A template's name can ask for trouble: `broken` fails
//! at its third task, `slow` takes a minute, `chatty` prints twenty thousand events, `waiting` waits for
//! room (a workflow: for an approval), `odd-state` has a state for some seconds that no document knows,
//! `forbidden` may be seen and not launched, `flaky` fails until it is relaunched. A token that begins with `expired` or `wrong` is refused.
//! Below `/aap` the same server answers as the platform's gateway does.
//!
//! Invariants: the answer to a password question is kept as `$encrypted$` alone; the same calls at the same
//! times give the same answers.

mod events;
mod launch;
mod query;
mod render;
mod routes;
mod seed;
mod world;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use podium_connector::{HttpRequest, HttpResponse, Method, Simulator};
use serde_json::{Value, json};

use query::Query;
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
                .unwrap_or_default(),
        }
    }
}

/// A reply: status and body.
pub(crate) struct Reply {
    status: u16,
    body: Body,
}

enum Body {
    Nothing,
    Json(Value),
    Text(String),
    Moved(String),
}

pub(crate) fn ok(body: Value) -> Reply {
    with(200, body)
}

pub(crate) fn with(status: u16, body: Value) -> Reply {
    Reply {
        status,
        body: Body::Json(body),
    }
}

pub(crate) fn nothing(status: u16) -> Reply {
    Reply {
        status,
        body: Body::Nothing,
    }
}

pub(crate) fn words(text: String) -> Reply {
    Reply {
        status: 200,
        body: Body::Text(text),
    }
}

pub(crate) fn refused(status: u16, detail: &str) -> Reply {
    with(status, json!({ "detail": detail }))
}

pub(crate) fn missing() -> Reply {
    refused(404, "Not found.")
}

/// One call, taken apart.
pub(crate) struct Asked<'a> {
    pub(crate) now: i64,
    pub(crate) method: Method,
    /// The parts of the path below the root.
    pub(crate) path: Vec<&'a str>,
    pub(crate) query: Query,
    pub(crate) body: Value,
    pub(crate) user: String,
    /// What stands before every path in a reply: `/api/v2`.
    pub(crate) root: &'a str,
}

/// Path and query of an address.
fn split(url: &str) -> (String, String) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    (path.to_owned(), query.to_owned())
}

impl Simulator for Practice {
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        let (path, query) = split(&request.url);
        let reply = self.answer(now, request, &path, &query);
        let (kind, body, moved) = match reply.body {
            Body::Nothing => ("application/json", Vec::new(), None),
            Body::Json(value) => ("application/json", value.to_string().into_bytes(), None),
            Body::Text(text) => ("text/plain; charset=utf-8", text.into_bytes(), None),
            Body::Moved(to) => ("text/html; charset=utf-8", Vec::new(), Some(to)),
        };
        let mut headers = vec![
            ("content-type".to_owned(), kind.to_owned()),
            ("x-api-product-name".to_owned(), "AWX".to_owned()),
            ("x-api-product-version".to_owned(), seed::VERSION.to_owned()),
        ];
        if reply.status == 401 {
            let realm = "Bearer realm=api authorization_url=/api/o/authorize/";
            headers.push(("www-authenticate".to_owned(), realm.to_owned()));
        }
        headers.extend(moved.map(|to| ("location".to_owned(), to)));
        HttpResponse {
            status: reply.status,
            headers,
            body,
        }
    }

    fn save(&self) -> String {
        serde_json::to_string(&self.world).unwrap_or_default()
    }
}

impl Practice {
    fn answer(&mut self, now: i64, request: &HttpRequest, path: &str, query: &str) -> Reply {
        let (prefix, path) = match path.strip_prefix("/aap") {
            Some(rest) if rest.starts_with('/') => ("/aap", rest),
            _ => ("", path),
        };
        if !path.ends_with('/') {
            // As Django does it; what was posted is lost on the way.
            let to = match query {
                "" => format!("{prefix}{path}/"),
                query => format!("{prefix}{path}/?{query}"),
            };
            return Reply {
                status: 301,
                body: Body::Moved(to),
            };
        }
        let api = if prefix.is_empty() {
            "/api/".to_owned()
        } else {
            if path == "/api/" {
                return ok(json!({
                    "description": "AAP gateway REST API",
                    "apis": {
                        "gateway": format!("{prefix}/api/gateway/"),
                        "controller": format!("{prefix}/api/controller/"),
                        "eda": format!("{prefix}/api/eda/"),
                    },
                }));
            }
            "/api/controller/".to_owned()
        };
        let Some(rest) = path.strip_prefix(&api) else {
            return missing();
        };
        if rest.is_empty() {
            return ok(render::api(&format!("{prefix}{api}")));
        }
        let Some(rest) = rest.strip_prefix("v2/") else {
            return missing();
        };
        self.world.advance(now);
        let root = format!("{prefix}{api}v2");
        let open = matches!(rest, "" | "ping/");
        let user = match self.user(now, request) {
            Some(user) => user,
            None if open => String::new(),
            None => {
                return refused(
                    401,
                    "Authentication credentials were not provided. To establish a login session, visit /api/login/.",
                );
            }
        };
        let body = if request.body.trim_ascii().is_empty() {
            json!({})
        } else {
            match serde_json::from_slice(&request.body) {
                Ok(body) => body,
                Err(error) => {
                    return refused(400, &format!("JSON parse error - {error}"));
                }
            }
        };
        let parts: Vec<String> = rest
            .split('/')
            .filter(|part| !part.is_empty())
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let asked = Asked {
            now,
            method: request.method,
            path: parts.iter().map(String::as_str).collect(),
            query: Query::parse(query),
            body,
            user,
            root: &root,
        };
        routes::answer(&mut self.world, &asked)
    }

    /// Who asks, where the login is good.
    fn user(&self, now: i64, request: &HttpRequest) -> Option<String> {
        let header = request
            .secret_headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .and_then(|(_, value)| value.expose_str().map(str::to_owned))
            .or_else(|| {
                request
                    .headers
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
                    .map(|(_, value)| value.clone())
            })?;
        let bad = |text: &str| {
            text.is_empty() || text.starts_with("expired") || text.starts_with("wrong")
        };
        if let Some(token) = header.strip_prefix("Bearer ") {
            return self.world.user_of(now, token).or_else(|| {
                (!bad(token) && !token.starts_with(world::OWN)).then(|| seed::USER.to_owned())
            });
        }
        let pair = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
        let pair = String::from_utf8(pair).ok()?;
        let (user, password) = pair.split_once(':')?;
        (!user.is_empty() && !bad(password)).then(|| user.to_owned())
    }
}
