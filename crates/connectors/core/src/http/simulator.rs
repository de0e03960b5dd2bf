//! The practice web: remembers what was put where, and answers anything else with what was asked.

use std::collections::BTreeMap;

use podium_connector::{HttpRequest, HttpResponse, Method, Simulator};
use serde_json::{Value, json};

use super::MEANT;

/// Everything outside this computer, in small.
#[derive(Default)]
pub(super) struct Web {
    /// Address → type and body of what was put there.
    pages: BTreeMap<String, (String, String)>,
}

impl Web {
    pub(super) fn new(state: Option<&str>) -> Self {
        Self {
            pages: state
                .and_then(|state| serde_json::from_str(state).ok())
                .unwrap_or_default(),
        }
    }
}

impl Simulator for Web {
    fn http(&mut self, _now: i64, request: &HttpRequest) -> HttpResponse {
        let header = |wanted: &str| {
            request
                .headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.clone())
        };
        let url = header(MEANT).unwrap_or_else(|| request.url.clone());
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let kind = header("content-type").unwrap_or_else(|| "text/plain".into());
        let echo = |status: u16, words: &str| {
            HttpResponse {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: json!({
                "simulated": true, "what": words, "method": request.method.as_str(), "url": url,
                "received": serde_json::from_str::<Value>(&body).unwrap_or_else(|_| Value::from(body.as_str())),
            })
            .to_string()
            .into_bytes(),
        }
        };
        match request.method {
            Method::Get | Method::Head => match self.pages.get(&url) {
                Some((kind, body)) => HttpResponse {
                    status: 200,
                    headers: vec![("content-type".into(), kind.clone())],
                    body: if request.method == Method::Head {
                        Vec::new()
                    } else {
                        body.clone().into_bytes()
                    },
                },
                None => echo(200, "Nothing was put here; this is what was asked."),
            },
            Method::Put => {
                let status = if self.pages.contains_key(&url) {
                    200
                } else {
                    201
                };
                let reply = echo(status, "Put.");
                self.pages.insert(url, (kind, body));
                reply
            }
            Method::Delete => {
                let reply = echo(200, "Deleted.");
                self.pages.remove(&url);
                reply
            }
            Method::Post | Method::Patch => echo(200, "Taken."),
        }
    }

    fn save(&self) -> String {
        serde_json::to_string(&self.pages).unwrap_or_default()
    }
}
