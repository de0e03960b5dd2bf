//! The practice cloud: CloudFormation and STS in small, in the vendor's own wire format.
//!
//! Stacks are made, changed and deleted over time, resource by resource, with events, tokens, change
//! sets, roll-backs, drift and termination protection. A template can ask for trouble:
//! `Metadata: { Practice: { Seconds: 5, Fail: "no room", DeleteFail: "not empty", RollbackFail: "gone" } }`
//! on a resource. A nested stack has its template there, as `Template`. Buckets take long templates, and no
//! more of S3 is there. Stack sets are made and read; their stacks are entries alone.
//!
//! Invariants: the value of a parameter marked `NoEcho` is never kept, only its fingerprint; the same
//! calls at the same times give the same answers.

mod answer;
mod compare;
mod evaluate;
mod nested_sets;
mod render;
mod stack_sets;
mod state;
mod storage;
mod timeline;

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use podium_connector::{HttpRequest, HttpResponse, Method, Simulator};

use state::Cloud;

/// The practice cloud.
pub(crate) struct Practice {
    cloud: Cloud,
}

impl Practice {
    pub(crate) fn new(state: Option<&str>) -> Self {
        Self {
            cloud: state
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
        }
    }
}

/// A refusal: status, code, message.
pub(crate) type Refused = (u16, &'static str, String);

pub(crate) fn invalid(message: impl Into<String>) -> Refused {
    (400, "ValidationError", message.into())
}

/// The fields of a call.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    fn of(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let decode = |part: &str| {
            percent_decode_str(&part.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        };
        Self(
            text.split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    pub(crate) fn need(&self, name: &str) -> Result<&str, Refused> {
        self.get(name).ok_or_else(|| {
            invalid(format!(
                "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
            ))
        })
    }

    /// `LIST.member.N` as far as it goes; each N is given to `read` as a prefix.
    pub(crate) fn list<T>(&self, list: &str, read: impl Fn(&Self, &str) -> Option<T>) -> Vec<T> {
        (1..)
            .map_while(|at| read(self, &format!("{list}.member.{at}")))
            .collect()
    }
}

impl Simulator for Practice {
    fn http(&mut self, now: i64, request: &HttpRequest) -> HttpResponse {
        // The query protocol posts forms; all else is S3.
        if request.method != Method::Post {
            return self.cloud.storage.answer(request);
        }
        let fields = Fields::of(&request.body);
        let action = fields.text("Action").to_owned();
        self.cloud.advance(now);
        let (status, body) = match self.cloud.answer(now, &action, &fields) {
            Ok(result) => (200, render::reply(&action, &result)),
            Err((status, code, message)) => (status, render::refusal(code, &message)),
        };
        HttpResponse {
            status,
            headers: vec![("content-type".into(), "text/xml".into())],
            body: body.into_bytes(),
        }
    }

    fn save(&self) -> String {
        serde_json::to_string(&self.cloud).unwrap_or_default()
    }
}
