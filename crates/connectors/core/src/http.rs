//! `http/request` and `http/check`: one exchange with any address.
//!
//! In practice environments an address on this computer is asked for real, and every other one by the
//! practice web in `simulator`: nothing leaves the machine.

mod login;
mod simulator;

use std::fmt::Write as _;

use async_trait::async_trait;
use podium_connector::{
    Action, Change, Confidence, Connector, Context, HttpRequest, HttpResponse, Identity, LogLevel,
    LogLine, Manifest, Method, Mode, Observed, Outcome, Problem, Progress, Simulator, StepPreview,
    StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result, Retry};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::words;

/// An answer that is not as expected.
const UNEXPECTED: Code = Code::new("POD0440");
/// A login that cannot be used.
pub(crate) const LOGIN: Code = Code::new("POD0441");
/// A practice environment without its practice web.
const NO_PRACTICE: Code = Code::new("POD0442");
/// Outputs longer than this are cut, since they go into the journal.
const OUTPUT_LIMIT: usize = 1024 * 1024;
/// Tells the practice web which address was meant.
pub(crate) const MEANT: &str = "x-podium-url";

/// Any address.
pub struct Http {
    manifest: Manifest,
}

/// The inputs of both operations.
#[derive(Debug, Deserialize)]
struct Config {
    url: String,
    #[serde(default)]
    headers: Map<String, Value>,
    json: Option<Value>,
    body: Option<String>,
    #[serde(default)]
    expect: Expect,
}

/// When an answer counts as a success.
#[derive(Debug, Default, Deserialize)]
struct Expect {
    status: Option<Statuses>,
    contains: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Statuses {
    One(u16),
    Many(Vec<u16>),
}

impl Expect {
    /// Why the answer is not as expected.
    fn unmet(&self, reply: &HttpResponse) -> Option<String> {
        let status = reply.status;
        let (met, wanted) = match &self.status {
            None => (reply.is_success(), "a status of 200 to 299".to_owned()),
            Some(Statuses::One(one)) => (status == *one, format!("{one}")),
            Some(Statuses::Many(many)) => {
                let words: Vec<String> = many.iter().map(u16::to_string).collect();
                (many.contains(&status), words.join(" or "))
            }
        };
        if !met {
            let mut why = format!("It answered {status}, and {wanted} was expected.");
            if let Some(to) = reply.header("location")
                && (300..400).contains(&status)
            {
                let _ = write!(
                    why,
                    " It points to `{}`; redirects are not followed, so that no login goes astray.",
                    words::short(to)
                );
            }
            return Some(why);
        }
        let text = self.contains.as_deref()?;
        (!reply.text().contains(text))
            .then(|| format!("The answer does not contain `{}`.", words::short(text)))
    }
}

fn method_of(request: &StepRequest) -> Method {
    if request.operation.operation() == "check" {
        return Method::Get;
    }
    match request.inputs.text("method").unwrap_or("GET") {
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => Method::Get,
    }
}

fn looks(method: Method) -> bool {
    matches!(method, Method::Get | Method::Head)
}

/// Host of an address, small, without login and port.
fn host(url: &str) -> Option<String> {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

fn is_here(url: &str) -> bool {
    host(url).is_some_and(|host| matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1"))
}

/// The address without query and login, for names and messages.
fn bare(url: &str) -> String {
    let cut = url.split(['?', '#']).next().unwrap_or(url);
    match cut.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => cut.to_owned(),
    }
}

/// Whether the practice web stands in for this address.
fn is_played(cx: &dyn Context, url: &str) -> bool {
    cx.mode() == Mode::Simulated && !is_here(url)
}

fn build(cx: &dyn Context, request: &StepRequest, config: &Config) -> Result<HttpRequest> {
    let method = method_of(request);
    let url = if is_played(cx, &config.url) {
        let base = cx.simulator().ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                NO_PRACTICE,
                format!(
                    "`{}` is not asked in a practice environment, and the practice web is not running.",
                    bare(&config.url)
                ),
            )
        })?;
        format!("{}/", base.trim_end_matches('/'))
    } else {
        config.url.clone()
    };
    let mut http = if looks(method) {
        HttpRequest {
            method,
            ..HttpRequest::get(url)
        }
    } else {
        HttpRequest::write(method, url)
    };
    // Waiting for a page to come up is the step's own `retry`, where people can see it.
    http.repeatable = false;
    if is_played(cx, &config.url) {
        http = http.header(MEANT, bare(&config.url));
    }
    for (name, value) in &config.headers {
        http = http.header(name.to_ascii_lowercase(), words::plain(value));
    }
    if let Some(json) = &config.json {
        http = http.body("application/json", json.to_string());
    } else if let Some(body) = &config.body {
        http.body = body.clone().into_bytes();
        if !http.headers.iter().any(|(name, _)| name == "content-type") {
            http = http.header("content-type", "text/plain; charset=utf-8");
        }
    }
    if let Some(lease) = cx.credential("auth") {
        let (name, value) = login::header(lease)?;
        http = http.secret_header(name, value);
    }
    Ok(http)
}

fn outputs(cx: &dyn Context, reply: &HttpResponse) -> Value {
    let mut text = reply.text().into_owned();
    let mut json = serde_json::from_str::<Value>(&text).unwrap_or(Value::Null);
    if text.len() > OUTPUT_LIMIT {
        cx.log(LogLine {
            level: LogLevel::Warning,
            text: "The answer is longer than 1 MiB; later steps see its beginning only.".into(),
        });
        let cut = (0..=OUTPUT_LIMIT)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text.truncate(cut);
        json = Value::Null;
    }
    let headers: Map<String, Value> = reply
        .headers
        .iter()
        .filter(|(name, _)| name != "set-cookie")
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect();
    json!({ "status": reply.status, "headers": headers, "json": json, "text": text })
}

fn undo_of(request: &StepRequest) -> Undo {
    if words::is_unknown(&request.inputs, "method") || !looks(method_of(request)) {
        return Undo {
            class: UndoClass::Impossible,
            because: Some(
                "A request that was sent cannot be taken back. Add steps under `undo` where the other side offers a way."
                    .into(),
            ),
        };
    }
    words::nothing_to_undo()
}

impl Http {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: crate::manifest::http(),
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for Http {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(simulator::Web::new(state))
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        let mut problems = Vec::new();
        let inputs = &request.inputs;
        let problem = |field: &str, message: &str, hint: &str, fatal| Problem {
            field: field.into(),
            message: message.into(),
            hint: Some(hint.into()),
            fatal,
        };
        if let Some(url) = inputs.text("url") {
            match host(url) {
                None => problems.push(problem(
                    "/url",
                    &format!("`{}` is no whole address.", bare(url)),
                    "Write it like https://example.com/path.",
                    true,
                )),
                Some(_) if url.chars().any(|c| c.is_whitespace() || c.is_control()) => {
                    problems.push(problem(
                        "/url",
                        "The address holds a blank.",
                        "Write %20 for a blank.",
                        true,
                    ));
                }
                Some(host) => {
                    if url.starts_with("http://") && !is_here(url) && host.contains('.') {
                        problems.push(problem(
                            "/url",
                            "The address is http:// and not on this computer; anybody on the way can read along.",
                            "Use https:// where the other side has it.",
                            false,
                        ));
                    }
                    if bare(url).len() < url.split(['?', '#']).next().unwrap_or(url).len() {
                        problems.push(problem(
                            "/url",
                            "The address holds a login.",
                            "Take it out and bind a credential to the port `auth`.",
                            true,
                        ));
                    }
                }
            }
        }
        if inputs.get("json").is_some() && inputs.get("body").is_some() {
            problems.push(problem(
                "/body",
                "Both `json` and `body` are given.",
                "Keep one of them.",
                true,
            ));
        }
        if looks(method_of(request))
            && !words::is_unknown(inputs, "method")
            && (inputs.get("json").is_some() || inputs.get("body").is_some())
        {
            problems.push(problem(
                "/method",
                "GET and HEAD send no body; the one given here is of no use.",
                "Choose POST, or take the body out.",
                false,
            ));
        }
        if let Some(headers) = inputs.get("headers").and_then(Value::as_object) {
            for (name, value) in headers {
                let token = !name.is_empty()
                    && name
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
                if !token || words::plain(value).contains(['\r', '\n', '\0']) {
                    problems.push(problem(
                        "/headers",
                        &format!("The header `{}` cannot be sent.", words::short(name)),
                        "A name holds no blanks; a value is one line.",
                        true,
                    ));
                } else if name.eq_ignore_ascii_case("authorization") {
                    problems.push(problem(
                        "/headers",
                        "The header `authorization` would stand in the file for all to read.",
                        "Bind a credential to the port `auth` instead.",
                        true,
                    ));
                }
            }
        }
        problems
    }

    /// Addresses on this computer are really asked, also in a practice environment.
    fn mode(&self, request: &StepRequest, mode: Mode) -> Option<Mode> {
        if mode == Mode::Real {
            return Some(Mode::Real);
        }
        if words::is_unknown(&request.inputs, "url") {
            return None;
        }
        let url = request.inputs.text("url")?;
        Some(if is_here(url) { Mode::Real } else { mode })
    }

    async fn identify(&self, _: &dyn Context, _: &StepRequest) -> Result<Option<Identity>> {
        Ok(None)
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        let shown = words::shown(&request.inputs);
        let url = words::plain(shown.get("url").unwrap_or(&Value::Null));
        let method = method_of(request);
        if let Some(lease) = cx.credential("auth") {
            login::header(lease)?;
        }
        let reads = looks(method);
        let body = shown
            .get("json")
            .or_else(|| shown.get("body"))
            .cloned()
            .unwrap_or(Value::Null);
        let change = Change {
            action: if reads { Action::Read } else { Action::Run },
            kind: "http".into(),
            name: format!("{} {}", method.as_str(), words::short(&bare(&url))),
            before: Value::Null,
            after: if reads {
                Value::Null
            } else {
                json!({ "body": body })
            },
            stateful: false,
            confidence: None,
            because: None,
        };
        let mut preview = words::preview(&request.inputs, vec![change], undo_of(request));
        if !reads {
            preview.confidence = Confidence::Unknown;
            preview.because =
                Some("The request is known; what the other side does with it is not.".to_owned());
        }
        if is_played(cx, &url) {
            let words = if host(&url).is_none() {
                "In practice an address of this computer is asked for real; any other answer is made up, and nothing is sent."
            } else {
                "In practice the answer is made up on this computer; nothing is sent."
            };
            preview.notes.push(words.to_owned());
        }
        Ok(preview)
    }

    async fn prepare(
        &self,
        _: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        Ok(UndoRecord {
            undo: undo_of(request),
            record: Value::Null,
        })
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        let config: Config = request.inputs.read()?;
        let method = method_of(request);
        let asked = format!("{} {}", method.as_str(), bare(&config.url));
        let http = build(cx, request, &config)?;
        cx.progress(Progress {
            words: format!("Asking {}", words::short(&bare(&config.url))),
            ..Progress::default()
        });
        let reply = cx.http(http).await?;
        cx.log(LogLine {
            level: LogLevel::Info,
            text: format!(
                "{asked} answered {}, {} bytes.",
                reply.status,
                reply.body.len()
            ),
        });
        if let Some(why) = config.expect.unmet(&reply) {
            if is_played(cx, &config.url) {
                cx.log(LogLine {
                    level: LogLevel::Warning,
                    text: format!(
                        "The practice web cannot know what `{}` answers, so this was not held against it: {why}",
                        bare(&config.url)
                    ),
                });
            } else {
                let retry = if looks(method) {
                    Retry::Temporary
                } else {
                    Retry::Permanent
                };
                return Err(Error::new(
                    ErrorKind::Failed,
                    UNEXPECTED,
                    format!("`{asked}` is not as expected. {why}"),
                )
                .with_hint("Look at the address by hand; `expect` says what counts as a success.")
                .with_retry(retry)
                .with_context("status", reply.status)
                .with_context("body", words::short(&reply.text())));
            }
        }
        Ok(words::outcome(outputs(cx, &reply)))
    }

    async fn observe(&self, _: &dyn Context, request: &StepRequest) -> Result<Observed> {
        if looks(method_of(request)) {
            return Ok(Observed::Adopt);
        }
        let url = bare(request.inputs.text("url").unwrap_or_default());
        Ok(Observed::Unknown {
            because: format!(
                "A {} to `{url}` may have been sent before the application stopped. Look there whether it took effect.",
                method_of(request).as_str()
            ),
        })
    }

    async fn preview_undo(
        &self,
        _: &dyn Context,
        _: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        let mut preview = words::undoes_nothing();
        preview.undo = record.undo.clone();
        if record.undo.class == UndoClass::Impossible {
            preview.notes.extend(record.undo.because.clone());
        }
        Ok(preview)
    }

    async fn undo(
        &self,
        _: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        if record.undo.class == UndoClass::Impossible {
            return Err(self.not_possible(podium_connector::Verb::Undo, request));
        }
        Ok(Outcome::default())
    }
}
