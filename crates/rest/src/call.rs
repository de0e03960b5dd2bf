//! A call as a value, before anybody knows the host.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use podium_connector::Method;
use serde_json::Value;

/// What stays as it is in a path segment and in a query (RFC 3986, unreserved).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A name as one segment of a path.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// One call to a far system.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<(String, Vec<u8>)>,
    pub(crate) reads: bool,
    pub(crate) repeatable: bool,
    pub(crate) right: Option<String>,
}

impl Call {
    fn new(method: Method, path: impl Into<String>) -> Self {
        let reads = method == Method::Get;
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            reads,
            repeatable: reads,
            right: None,
        }
    }

    /// Looks at a path below the site's base, such as `/api/spaces`. Names in it go through [`segment`].
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path)
    }

    /// Sends JSON; not repeated by itself, since it may make something.
    pub fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::Post, path).json(body)
    }

    /// Puts JSON in place of what is there; the same twice.
    pub fn put(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::Put, path).json(body).repeatable()
    }

    /// Sends JSON with PUT where that starts something: twice is not the same as once.
    pub fn put_once(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::Put, path).json(body)
    }

    /// Changes a part.
    pub fn patch(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::Patch, path).json(body)
    }

    /// Deletes; the same twice (RFC 9110, section 9.2.2).
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::Delete, path).repeatable()
    }

    /// Adds a pair to the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Sets a pair of the query, in place of one of this name.
    pub(crate) fn set_query(&mut self, name: &str, value: String) {
        self.query.retain(|(known, _)| known != name);
        self.query.push((name.to_owned(), value));
    }

    /// Adds a header that may be logged.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a body of another type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some((content_type.to_owned(), body.into()));
        self
    }

    fn json(self, body: &Value) -> Self {
        if body.is_null() {
            return self;
        }
        self.body("application/json", body.to_string())
    }

    /// Sends pairs as a form (`application/x-www-form-urlencoded`).
    #[must_use]
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        let text: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", segment(name), segment(value)))
            .collect();
        self.body("application/x-www-form-urlencoded", text.join("&"))
    }

    /// Says that this call only looks, whatever its method: it is allowed in a preview.
    #[must_use]
    pub fn looks(mut self) -> Self {
        self.reads = true;
        self.repeatable = true;
        self
    }

    /// Says that sending it twice is the same as once.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Says that it makes something each time, also where it changes nothing: it is not sent again by itself.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.repeatable = false;
        self
    }

    /// Names the right that it needs, in the system's own word, for the message of a refusal.
    #[must_use]
    pub fn needs(mut self, right: impl Into<String>) -> Self {
        self.right = Some(right.into());
        self
    }

    /// Path and query, as they follow the base.
    pub(crate) fn target(&self) -> String {
        let mut text = self.path.clone();
        for (at, (name, value)) in self.query.iter().enumerate() {
            text.push(if at == 0 && !self.path.contains('?') {
                '?'
            } else {
                '&'
            });
            text.push_str(&segment(name));
            text.push('=');
            text.push_str(&segment(value));
        }
        text
    }
}
