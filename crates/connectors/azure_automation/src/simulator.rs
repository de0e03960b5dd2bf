//! The practice cloud: Azure Automation, the part of the Resource Manager around it and Entra ID in small,
//! in their own wire format.
//!
//! Jobs are started by the caller's id, move through Azure's states by the clock and write streams. A
//! runbook's name can ask for trouble: `broken` fails, `slow` takes a minute, `chatty` writes twenty thousand
//! records, `waiting` is suspended until somebody resumes it, `odd-state` has a state for some seconds that no
//! document knows, `complains` completes and writes errors. A client secret that begins with `expired` or
//! `wrong` gets no token; tokens end after an hour. A login by a code waits until somebody enters the code on the
//! page `/device`; an application called `not-public` may not log anybody in.
//!
//! Invariants: no secret and no token is kept, only its fingerprint; the value of an encrypted variable is
//! never given; the same calls at the same times give the same answers.

mod automation;
mod jobs;
mod login;
mod seed;
mod tables;
mod world;

use percent_encoding::percent_decode_str;
use podium_connector::{HttpRequest, HttpResponse, Method, Simulator};
use serde_json::{Value, json};

use world::World;

/// The practice cloud.
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

/// A reply: status, body, more headers.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Body,
    pub(crate) headers: Vec<(String, String)>,
}

pub(crate) enum Body {
    Nothing,
    Json(Value),
    Text(String),
    Page(&'static str),
}

pub(crate) fn with(status: u16, body: Value) -> Reply {
    Reply {
        status,
        body: Body::Json(body),
        headers: Vec::new(),
    }
}

pub(crate) fn ok(body: Value) -> Reply {
    with(200, body)
}

pub(crate) fn nothing(status: u16) -> Reply {
    Reply {
        status,
        body: Body::Nothing,
        headers: Vec::new(),
    }
}

pub(crate) fn words(text: String) -> Reply {
    Reply {
        status: 200,
        body: Body::Text(text),
        headers: Vec::new(),
    }
}

/// A page for a browser.
pub(crate) fn page(status: u16, text: &'static str) -> Reply {
    Reply {
        status,
        body: Body::Page(text),
        headers: Vec::new(),
    }
}

/// A refusal as the Resource Manager gives it.
pub(crate) fn refused(status: u16, code: &str, message: &str) -> Reply {
    with(
        status,
        json!({ "error": { "code": code, "message": message } }),
    )
}

/// A refusal as the older parts of Automation give it.
pub(crate) fn refused_plainly(status: u16, code: &str, message: &str) -> Reply {
    with(status, json!({ "code": code, "message": message }))
}

/// One call, taken apart.
pub(crate) struct Asked<'a> {
    pub(crate) now: i64,
    pub(crate) method: Method,
    pub(crate) path: Vec<&'a str>,
    query: Vec<(String, String)>,
    pub(crate) body: &'a [u8],
    /// Scheme and host, for links.
    pub(crate) host: &'a str,
    /// The path as it was asked for.
    pub(crate) raw: &'a str,
}

impl Asked<'_> {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Result<Value, Reply> {
        serde_json::from_slice(self.body).map_err(|error| {
            refused(
                400,
                "InvalidRequestContent",
                &format!(
                    "The request content was invalid and could not be deserialized: '{error}'."
                ),
            )
        })
    }

    /// A list as a reply: one page of it, and where the next one is.
    pub(crate) fn list(&self, size: usize, rows: &[Value]) -> Reply {
        self.page(size, rows.len(), |at| rows[at].clone())
    }

    /// As [`Asked::list`], of so many rows that are made when they are shown.
    pub(crate) fn page(&self, size: usize, count: usize, row: impl Fn(usize) -> Value) -> Reply {
        let skip: usize = self
            .get("$skiptoken")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        let next = (skip + size < count).then(|| {
            let mut pairs: Vec<String> = self
                .query
                .iter()
                .filter(|(name, _)| name != "$skiptoken")
                .map(|(name, value)| {
                    format!(
                        "{}={}",
                        podium_rest::segment(name),
                        podium_rest::segment(value)
                    )
                })
                .collect();
            pairs.push(format!("%24skiptoken={}", skip + size));
            format!("{}{}?{}", self.host, self.raw, pairs.join("&"))
        });
        let page: Vec<Value> = (skip..count.min(skip + size)).map(row).collect();
        ok(json!({ "value": page, "nextLink": next }))
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The pairs of a query or a form.
fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| {
            (
                decoded(&name.replace('+', " ")),
                decoded(&value.replace('+', " ")),
            )
        })
        .collect()
}

impl Simulator for Practice {
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        let (scheme, rest) = request
            .url
            .split_once("://")
            .unwrap_or(("http", &request.url));
        let slash = rest.find('/').unwrap_or(rest.len());
        let host = format!("{scheme}://{}", &rest[..slash]);
        let (path, query) = rest[slash..]
            .split_once('?')
            .unwrap_or((&rest[slash..], ""));
        let parts: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(decoded)
            .collect();
        let asked = Asked {
            now,
            method: request.method,
            path: parts.iter().map(String::as_str).collect(),
            query: pairs(query),
            body: &request.body,
            host: &host,
            raw: path,
        };
        let reply = self.answer(&asked, request);
        let (kind, body) = match reply.body {
            Body::Nothing => (None, Vec::new()),
            Body::Json(value) => (
                Some("application/json; charset=utf-8"),
                value.to_string().into_bytes(),
            ),
            Body::Text(text) => (Some("text/plain; charset=utf-8"), text.into_bytes()),
            Body::Page(text) => (Some("text/html; charset=utf-8"), text.into()),
        };
        let mut headers = reply.headers;
        headers.extend(kind.map(|kind| ("content-type".to_owned(), kind.to_owned())));
        let id = format!("00000000-0000-4000-8000-{:012x}", now.unsigned_abs());
        headers.push(("x-ms-request-id".to_owned(), id));
        if !(200..300).contains(&reply.status) && reply.status == 401 {
            let challenge =
                format!("Bearer authorization_uri=\"{host}/practice\", error=\"invalid_token\"");
            headers.push(("www-authenticate".to_owned(), challenge));
        }
        let left = ("x-ms-ratelimit-remaining-subscription-reads", "249");
        headers.push((left.0.to_owned(), left.1.to_owned()));
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
    fn answer(&mut self, asked: &Asked<'_>, request: &HttpRequest) -> Reply {
        if let [tenant, "oauth2", "v2.0", what @ ("token" | "devicecode")] = asked.path.as_slice() {
            let form = pairs(&String::from_utf8_lossy(asked.body));
            return login::answer(&mut self.world, asked, tenant, what, &form);
        }
        if asked.path == ["device"] {
            return login::browser(&mut self.world, asked);
        }
        if asked.path.first() == Some(&"webhooks") {
            return tables::webhook(&mut self.world, asked);
        }
        let header = request
            .secret_headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .and_then(|(_, value)| value.expose_str().map(str::to_owned))
            .or_else(|| {
                let own = request.headers.iter();
                own.filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
                    .map(|(_, value)| value.clone())
                    .next()
            });
        match header
            .as_deref()
            .and_then(|text| text.strip_prefix("Bearer "))
        {
            None => {
                return refused(
                    401,
                    "AuthenticationFailed",
                    "Authentication failed. The 'Authorization' header is missing.",
                );
            }
            Some(token) if !self.world.knows(asked.now, token) => {
                return refused(
                    401,
                    "ExpiredAuthenticationToken",
                    "The access token expiry UTC time is earlier than current UTC time.",
                );
            }
            Some(_) => {}
        }
        if asked.get("api-version").is_none() {
            return refused(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            );
        }
        automation::answer(&mut self.world, asked)
    }
}
