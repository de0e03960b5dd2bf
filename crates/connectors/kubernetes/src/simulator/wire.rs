//! The vendor's wire format: addresses, refusals, replies.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use podium_connector::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

/// A refusal: a `Status` object.
pub(super) type Refused = Value;

pub(super) fn refused(
    code: u16,
    reason: &str,
    message: impl Into<String>,
    details: Value,
) -> Refused {
    let mut status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message.into(), "reason": reason, "code": code,
    });
    if !details.is_null() {
        status["details"] = details;
    }
    status
}

pub(super) fn bad(message: impl Into<String>) -> Refused {
    refused(400, "BadRequest", message, Value::Null)
}

/// An address, taken apart.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) path: Vec<String>,
    query: BTreeMap<String, String>,
}

impl Address {
    pub(super) fn of(url: &str) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let rest = rest.find('/').map_or("", |at| &rest[at..]);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let decode = |part: &str| {
            percent_decode_str(&part.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        };
        Self {
            path: path
                .split('/')
                .filter(|part| !part.is_empty())
                .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
                .collect(),
            query: query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.query
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value == "true" || value == "1")
    }

    pub(super) fn is_dry(&self) -> bool {
        self.get("dryRun") == Some("All")
    }
}

/// A header, whether it may be seen or not.
pub(super) fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
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

pub(super) fn reply(status: u16, body: &Value) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("cache-control".into(), "no-cache, private".into()),
        ],
        body: body.to_string().into_bytes(),
    }
}

pub(super) fn plain(status: u16, body: &str) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("content-type".into(), "text/plain".into())],
        body: body.as_bytes().to_vec(),
    }
}

/// Whether labels meet a selector: `a=b,c!=d,e in (f,g),!h,i`.
pub(super) fn selects(selector: &str, labels: &Value) -> bool {
    let mut rest = selector.trim();
    while !rest.is_empty() {
        // A comma inside of brackets separates values.
        let mut depth = 0;
        let end = rest
            .char_indices()
            .find(|(_, c)| {
                match c {
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => {}
                }
                *c == ',' && depth == 0
            })
            .map_or(rest.len(), |(at, _)| at);
        if !meets(rest[..end].trim(), labels) {
            return false;
        }
        rest = rest.get(end + 1..).unwrap_or_default().trim();
    }
    true
}

fn meets(term: &str, labels: &Value) -> bool {
    let label = |name: &str| labels.get(name.trim()).and_then(Value::as_str);
    let among = |text: &str, value: Option<&str>| {
        text.trim()
            .trim_matches(['(', ')'])
            .split(',')
            .any(|one| Some(one.trim()) == value)
    };
    if let Some((name, values)) = term.split_once(" notin ") {
        return !among(values, label(name));
    }
    if let Some((name, values)) = term.split_once(" in ") {
        return among(values, label(name));
    }
    if let Some((name, value)) = term.split_once("!=") {
        return label(name) != Some(value.trim());
    }
    if let Some((name, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        return label(name) == Some(value.trim());
    }
    match term.strip_prefix('!') {
        Some(name) => label(name).is_none(),
        None => label(term).is_some(),
    }
}

/// Whether an object meets a selector of fields: `metadata.name=a,status.phase!=Running`.
pub(super) fn picks(selector: &str, object: &Value) -> bool {
    selector
        .split(',')
        .filter(|term| !term.is_empty())
        .all(|term| {
            let (name, value, wanted) = match term.split_once("!=") {
                Some((name, value)) => (name, value, false),
                None => match term.split_once("==").or_else(|| term.split_once('=')) {
                    Some((name, value)) => (name, value, true),
                    None => return true,
                },
            };
            let pointer = format!("/{}", name.replace('.', "/"));
            let found = object
                .pointer(&pointer)
                .and_then(Value::as_str)
                .unwrap_or_default();
            (found == value) == wanted
        })
}
