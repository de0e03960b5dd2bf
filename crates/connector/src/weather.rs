//! Bad weather over a simulator: what can go wrong between here and a far system, as a pure value.
//!
//! A [`Weather`] is a list of rules. Before a simulator handles a call, the weather [meets](Weather::meet)
//! it; the first rule that fits says what becomes of it. It counts calls and knows no clock, so that the
//! same calls always meet the same weather. A tool that is played meets it too ([`Weather::meet_tool`]). It can be kept as text between calls: `runtime` keeps it in
//! a file beside the simulator's state, the context of tests in memory.
//!
//! Invariant: no secret is in it. Of a token that has ended only a digest is kept.

mod text;
mod token;
mod tool;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::text::{BadRule, POSSIBLE};
pub use self::tool::{KILLED, LOST_LINES, Told, ToolEffect, Trouble};
use crate::transport::{HttpRequest, HttpResponse, Method};

/// How many tokens that have ended are remembered; the oldest is forgotten first.
const REMEMBERED: usize = 64;

/// Rules, in order, and what became of them so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weather {
    /// The first one that fits a call meets it.
    pub rules: Vec<Rule>,
    /// Digests of tokens that are refused from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ended: Vec<String>,
}

/// One rule. As text: `cut:POST @/stacks +2 x1`; see [`POSSIBLE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which calls.
    #[serde(default)]
    pub when: When,
    /// What becomes of them.
    pub does: Does,
    /// Fitting calls that came so far, those that were let through first included.
    #[serde(default)]
    came: u32,
}

/// Which calls a rule fits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Only calls with this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Only calls whose path or query holds this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many calls it meets; no end where absent. [`Does::Expire`] alone meets one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How many fitting calls are let through first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Does {
    /// 429; not handled.
    Throttle {
        /// What `Retry-After` says; no such header where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
    },
    /// 401; not handled. The token of this call is refused from now on; another one is taken. A call
    /// without a token, and one that asks for a token, is not met.
    Expire,
    /// Handled; the connection is reset before the reply.
    Cut,
    /// The connection is reset; not handled.
    Refuse,
    /// The HTML error page of a proxy; not handled.
    Html {
        /// Its status.
        status: u16,
    },
    /// 302 to another address; not handled.
    Redirect {
        /// The address.
        to: String,
    },
    /// Handled; the reply comes so much later.
    Slow {
        /// The delay.
        milliseconds: u64,
    },
    /// A tool ends with this exit code, in its own words; nothing happens. It has no meaning over HTTP.
    Fail {
        /// The exit code.
        exit: u8,
    },
    /// A reply with this status; not handled.
    Status {
        /// The status.
        code: u16,
        /// Its body; empty where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// The body's type; plain text where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
    },
}

/// What whoever serves the simulator has to do with a call that met a rule.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Give this reply; the simulator never sees the call.
    Answer(HttpResponse),
    /// Let the simulator handle it and reset the connection instead of replying.
    Cut,
    /// Reset the connection; the simulator never sees the call.
    Refuse,
    /// Let the simulator handle it and reply so much later.
    Late(Duration),
}

impl Weather {
    /// Fair weather: nothing is met.
    pub fn fair() -> Self {
        Self::default()
    }

    /// This weather, with one more rule at the end.
    #[must_use]
    pub fn and(mut self, rule: impl Into<Rule>) -> Self {
        self.rules.push(rule.into());
        self
    }

    /// Whether no call can be met any more.
    pub fn is_fair(&self) -> bool {
        self.ended.is_empty() && self.rules.iter().all(|rule| rule.left() == Some(0))
    }

    /// What becomes of a call; `None` where it goes its way.
    pub fn meet(&mut self, request: &HttpRequest) -> Option<Effect> {
        let token = token::digest(request);
        if token
            .as_ref()
            .is_some_and(|token| self.ended.contains(token))
        {
            return Some(Effect::Answer(expired()));
        }
        for rule in &mut self.rules {
            // A call without a token has none that could end.
            if !rule.when.fits(request) || (rule.does == Does::Expire && token.is_none()) {
                continue;
            }
            if !rule.comes() {
                continue;
            }
            if rule.does == Does::Expire {
                self.ended.extend(token);
                let forgotten = self.ended.len().saturating_sub(REMEMBERED);
                self.ended.drain(..forgotten);
            }
            return Some(rule.does.effect());
        }
        None
    }
}

impl From<Does> for Rule {
    /// For every call.
    fn from(does: Does) -> Self {
        Self {
            when: When::default(),
            does,
            came: 0,
        }
    }
}

impl From<Rule> for Weather {
    fn from(rule: Rule) -> Self {
        Self::fair().and(rule)
    }
}

impl From<Does> for Weather {
    fn from(does: Does) -> Self {
        Self::fair().and(does)
    }
}

impl FromIterator<Rule> for Weather {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        Self {
            rules: rules.into_iter().collect(),
            ended: Vec::new(),
        }
    }
}

impl Rule {
    /// Only for calls with this method.
    #[must_use]
    pub fn of(mut self, method: Method) -> Self {
        self.when.method = Some(method);
        self
    }

    /// Only for calls whose path or query holds this.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.when.path = Some(path.into());
        self
    }

    /// For so many calls.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.when.times = Some(times);
        self
    }

    /// Only after so many fitting calls were let through.
    #[must_use]
    pub fn after(mut self, calls: u32) -> Self {
        self.when.after = Some(calls);
        self
    }

    /// How many calls it met.
    pub fn met(&self) -> u32 {
        let met = self.came.saturating_sub(self.when.after.unwrap_or(0));
        self.limit().map_or(met, |limit| met.min(limit))
    }

    /// How many calls it still meets; `None` where there is no end.
    pub fn left(&self) -> Option<u32> {
        self.limit().map(|limit| limit - self.met())
    }

    fn limit(&self) -> Option<u32> {
        match (self.when.times, &self.does) {
            (None, Does::Expire) => Some(1),
            (times, _) => times,
        }
    }

    /// Counts a fitting call; says whether it is met.
    fn comes(&mut self) -> bool {
        if self.left() == Some(0) {
            return false;
        }
        self.came = self.came.saturating_add(1);
        self.came > self.when.after.unwrap_or(0)
    }
}

impl When {
    fn fits(&self, request: &HttpRequest) -> bool {
        self.method.is_none_or(|method| method == request.method)
            && self
                .path
                .as_ref()
                .is_none_or(|part| path_of(&request.url).contains(part.as_str()))
    }
}

impl Does {
    /// For every call: `Does::Cut.rule().of(Method::Post).times(1)`.
    pub fn rule(self) -> Rule {
        self.into()
    }

    /// 429 with this `Retry-After`.
    pub fn throttle(seconds: u64) -> Rule {
        Self::Throttle {
            retry_after_seconds: Some(seconds),
        }
        .into()
    }

    /// A proxy's HTML error page.
    pub fn html(status: u16) -> Rule {
        Self::Html { status }.into()
    }

    /// 302 to this address.
    pub fn redirect(to: impl Into<String>) -> Rule {
        Self::Redirect { to: to.into() }.into()
    }

    /// A reply that comes so much later.
    pub fn slow(milliseconds: u64) -> Rule {
        Self::Slow { milliseconds }.into()
    }

    /// A reply with this status and an empty body.
    pub fn status(code: u16) -> Rule {
        Self::Status {
            code,
            body: None,
            content_type: None,
        }
        .into()
    }

    fn effect(&self) -> Effect {
        match self {
            Self::Throttle {
                retry_after_seconds,
            } => {
                let mut reply = reply(429, "text/plain; charset=utf-8", "Too many requests.");
                if let Some(seconds) = retry_after_seconds {
                    reply
                        .headers
                        .push((String::from("retry-after"), seconds.to_string()));
                }
                Effect::Answer(reply)
            }
            Self::Expire => Effect::Answer(expired()),
            Self::Cut => Effect::Cut,
            // Over HTTP nobody can set a failure of a tool.
            Self::Refuse | Self::Fail { .. } => Effect::Refuse,
            Self::Html { status } => {
                let reason = reason(*status);
                Effect::Answer(reply(
                    *status,
                    "text/html; charset=utf-8",
                    &format!(
                        "<!DOCTYPE html>\n<html><head><title>{status} {reason}</title></head>\n\
                         <body><center><h1>{status} {reason}</h1></center><hr>\
                         <center>a proxy · ein Vermittler</center></body></html>\n"
                    ),
                ))
            }
            Self::Redirect { to } => {
                let mut reply = reply(302, "text/plain; charset=utf-8", "");
                reply.headers.push((String::from("location"), to.clone()));
                Effect::Answer(reply)
            }
            Self::Slow { milliseconds } => Effect::Late(Duration::from_millis(*milliseconds)),
            Self::Status {
                code,
                body,
                content_type,
            } => Effect::Answer(reply(
                *code,
                content_type
                    .as_deref()
                    .unwrap_or("text/plain; charset=utf-8"),
                body.as_deref().unwrap_or_default(),
            )),
        }
    }
}

fn expired() -> HttpResponse {
    let mut reply = reply(
        401,
        "application/json",
        r#"{"error":"invalid_token","message":"The token has expired."}"#,
    );
    reply.headers.push((
        String::from("www-authenticate"),
        String::from(r#"Bearer error="invalid_token", error_description="The token has expired.""#),
    ));
    reply
}

fn reply(status: u16, content_type: &str, body: &str) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![(String::from("content-type"), content_type.to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        403 => "Forbidden",
        404 => "Not Found",
        407 => "Proxy Authentication Required",
        413 => "Payload Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Error",
    }
}

/// Path and query of an address.
fn path_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find('/').map_or("/", |at| &url[start + at..])
}

#[cfg(test)]
mod tests;
