//! Types of ports: what an output is, what an input takes, and what stands between the two.
//!
//! A port's type comes from the published schema of an operation or of a workflow's input: the types of
//! JSON Schema, refined by `format`, `enum`, `items` and `x-podium-kind`. A text that says no more than
//! that it is a text fits every kind of text: what nobody declared is not refused.
//!
//! Not here: whether a value is right (the schema's validator says so when there is one), and the edges.
//!
//! Invariants: [`Port::refuses`] is silent where either side is not known; an expression of a
//! [`Converter`] gives what the input takes, which a test works out with real values.

mod between;
mod convert;
mod kind;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use between::{Fit, between, fitting};
pub use convert::Converter;
use kind::Kind;

use crate::compile::Types;

/// What a schema says of a place that values flow out of or into.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Port {
    pub(crate) types: Types,
    kind: Option<Kind>,
    choices: Vec<String>,
    element: Option<Box<Port>>,
}

impl From<Types> for Port {
    fn from(types: Types) -> Self {
        Self {
            types,
            kind: None,
            choices: Vec::new(),
            element: None,
        }
    }
}

impl Port {
    pub(crate) const fn any() -> Self {
        Self {
            types: Types::ANY,
            kind: None,
            choices: Vec::new(),
            element: None,
        }
    }

    pub(crate) fn of_schema(schema: &Value) -> Self {
        let types = Types::of_schema(schema);
        let choices = match schema.get("enum") {
            Some(Value::Array(values)) if values.iter().all(Value::is_string) => values
                .iter()
                .filter_map(|value| Some(value.as_str()?.to_owned()))
                .collect(),
            _ => Vec::new(),
        };
        let element = schema
            .get("items")
            .filter(|items| items.is_object())
            .map(|items| Box::new(Self::of_schema(items)));
        Self {
            types,
            kind: Kind::of_schema(schema),
            choices,
            element,
        }
    }

    /// In words, with an article: `a folder path`, `a list of host names`.
    pub(crate) fn words(&self) -> String {
        if let Some(kind) = self.kind {
            return kind.words().to_owned();
        }
        if !self.choices.is_empty() && self.types == Types::TEXT {
            return format!("one of {}", either(&self.choices));
        }
        match &self.element {
            Some(element) if self.types == Types::LIST && element.types != Types::ANY => {
                format!("a list of {}", element.plural())
            }
            _ => self.types.words(),
        }
    }

    fn plural(&self) -> String {
        match self.kind {
            Some(kind) => kind.plural().to_owned(),
            None => self.types.plural(),
        }
    }

    /// Whether nothing of this port can ever be what the other one takes.
    pub(crate) fn refuses(&self, wanted: &Self) -> bool {
        if !self.types.overlaps(wanted.types) {
            return true;
        }
        let both = self.types.and(wanted.types);
        if both == Types::TEXT {
            if !self.choices.is_empty() && !wanted.choices.is_empty() {
                return !self.choices.iter().any(|one| wanted.choices.contains(one));
            }
            // A kind of an input that also takes other shapes (hosts as a list, or the file that lists
            // them) is no rule for the text among them.
            let ruled = wanted.types.without_null() == Types::TEXT;
            return match (self.kind, wanted.kind) {
                (Some(given), Some(wanted)) => ruled && !given.may_be(wanted),
                _ => false,
            };
        }
        if both == Types::LIST {
            return match (&self.element, &wanted.element) {
                (Some(given), Some(wanted)) => given.refuses(wanted),
                _ => false,
            };
        }
        false
    }
}

fn either(words: &[String]) -> String {
    let shown: Vec<String> = words
        .iter()
        .take(4)
        .map(|word| format!("“{word}”"))
        .collect();
    let more = if words.len() > 4 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
