//! Replaces secrets in text that is about to be kept or shown.

mod shadow;
mod stream;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::Secret;
use crate::forms::{SHORTEST, forms};
use crate::shapes::{self, Shapes};
use shadow::Shadow;
pub use stream::RedactStream;

/// Knows a set of secrets in all their spellings and replaces each by `[hidden: NAME]`.
///
/// Cheap to clone. Colour codes and carriage returns between the bytes of a secret do not protect it.
#[derive(Clone)]
pub struct Redactor(Arc<Inner>);

struct Inner {
    /// `None` where there is nothing to look for.
    search: Option<AhoCorasick>,
    /// What stands in the place of each pattern.
    masks: Vec<Arc<[u8]>>,
    /// The patterns in order, to ask whether a text could be the beginning of one.
    sorted: Vec<Box<[u8]>>,
    /// Whether a pattern begins with this byte.
    first: [bool; 256],
    /// Length of the longest pattern.
    longest: usize,
    too_short: Vec<String>,
    shapes: Option<Shapes>,
}

impl Redactor {
    /// Learns the secrets. Where two share a spelling, the first one's name is shown.
    ///
    /// Secrets of fewer than eight bytes are left out; [`Redactor::too_short`] names them.
    pub fn new(secrets: impl IntoIterator<Item = (String, Secret)>) -> Self {
        let mut masks = Vec::new();
        let mut too_short = Vec::new();
        let mut patterns: Vec<Vec<u8>> = Vec::new();
        let mut seen = HashSet::new();
        for (name, secret) in secrets {
            let mask: Arc<[u8]> = format!("[hidden: {name}]").into_bytes().into();
            if secret.len() < SHORTEST {
                too_short.push(name);
                continue;
            }
            for form in forms(&secret) {
                // The search runs over a text without colour codes, so the pattern loses them too.
                let form = shadow::stripped(&form).into_owned();
                if form.len() >= SHORTEST && seen.insert(form.clone()) {
                    patterns.push(form);
                    masks.push(Arc::clone(&mask));
                }
            }
        }
        let mut first = [false; 256];
        for pattern in &patterns {
            first[usize::from(pattern[0])] = true;
        }
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(0);
        let search = (!patterns.is_empty()).then(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(&patterns)
                .expect("patterns of a set of credentials stay far below the limit of 2^31 states")
        });
        let mut sorted: Vec<Box<[u8]>> = patterns.into_iter().map(Vec::into_boxed_slice).collect();
        sorted.sort_unstable();
        Self(Arc::new(Inner {
            search,
            masks,
            sorted,
            first,
            longest,
            too_short,
            shapes: None,
        }))
    }

    /// Also hides, in [`Redactor::redact`] and [`Redactor::redact_json`], what merely looks like a
    /// credential (an AWS key id, a JWT, a PEM key, a Slack or GitHub token) as `[hidden: possible
    /// secret]`.
    #[must_use]
    pub fn with_shapes(self) -> Self {
        let inner = &self.0;
        Self(Arc::new(Inner {
            search: inner.search.clone(),
            masks: inner.masks.clone(),
            sorted: inner.sorted.clone(),
            first: inner.first,
            longest: inner.longest,
            too_short: inner.too_short.clone(),
            shapes: Some(Shapes),
        }))
    }

    /// Names of secrets too short to be masked. A step that uses one must hide its whole output.
    pub fn too_short(&self) -> &[String] {
        &self.0.too_short
    }

    /// Hides the secrets in a whole text or line.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Cutting a pattern out of UTF-8 may halve a neighbour only where the secret is no UTF-8.
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(wrong) => String::from_utf8_lossy(wrong.as_bytes()).into_owned(),
            }),
        };
        match self.0.shapes {
            Some(Shapes) => match shapes::hide(&known) {
                Some(hidden) => Cow::Owned(hidden),
                None => known,
            },
            None => known,
        }
    }

    /// Hides the known secrets in bytes. Without the rules for shapes.
    pub fn redact_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(search) = &self.0.search else {
            return Cow::Borrowed(bytes);
        };
        let shadow = Shadow::of(bytes);
        let mut out = Vec::new();
        let mut done = 0;
        for found in search.find_iter(shadow.bytes()) {
            let (start, end) = shadow.original(found.start(), found.end());
            out.extend_from_slice(&bytes[done..start]);
            out.extend_from_slice(&self.0.masks[found.pattern().as_usize()]);
            done = end;
        }
        if done == 0 {
            return Cow::Borrowed(bytes);
        }
        out.extend_from_slice(&bytes[done..]);
        Cow::Owned(out)
    }

    /// Hides the secrets in every string of a JSON value, keys included. A secret that stands in a
    /// number is hidden by turning the number into text.
    pub fn redact_json(&self, value: &mut serde_json::Value) {
        use serde_json::Value;
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let text = number.to_string();
                if let Cow::Owned(hidden) = self.redact(&text) {
                    *value = Value::String(hidden);
                }
            }
            Value::String(text) => {
                if let Cow::Owned(hidden) = self.redact(text) {
                    *text = hidden;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            Value::Object(fields) => {
                fields
                    .values_mut()
                    .for_each(|field| self.redact_json(field));
                if fields
                    .keys()
                    .any(|key| matches!(self.redact(key), Cow::Owned(_)))
                {
                    *fields = std::mem::take(fields)
                        .into_iter()
                        .map(|(key, field)| (self.redact(&key).into_owned(), field))
                        .collect();
                }
            }
        }
    }

    /// Begins a stream: bytes in, redacted bytes out, however they are cut.
    pub fn stream(&self) -> RedactStream {
        RedactStream::new(self.clone())
    }
}

impl Inner {
    /// Whether more bytes could turn `text` into a pattern: it is the beginning of one, and shorter.
    fn may_grow(&self, text: &[u8]) -> bool {
        let at = self.sorted.partition_point(|pattern| &**pattern <= text);
        self.sorted
            .get(at)
            .is_some_and(|pattern| pattern.starts_with(text))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("patterns", &self.0.masks.len())
            .field("too_short", &self.0.too_short)
            .finish_non_exhaustive()
    }
}
