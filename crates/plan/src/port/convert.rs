//! From one type to another, as an expression.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Port;
use super::kind::Kind;
use crate::compile::Types;

/// A way to make of a value what an input takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Converter {
    /// What it does, for a button: `Take the first one`.
    pub label: String,
    /// The expression, without `${{ }}`.
    pub expression: String,
}

fn converter(label: &str, expression: String) -> Converter {
    Converter {
        label: label.to_owned(),
        expression,
    }
}

impl Port {
    /// Ways to make what `wanted` takes of what stands at `path`, the likeliest first. `path` is a path
    /// such as `steps.page.outputs.url`.
    pub(crate) fn converters(&self, wanted: &Self, path: &str) -> Vec<Converter> {
        let text = Types::TEXT;
        let types = self.types.without_null();
        if types == text && wanted.types.overlaps(text) {
            let between = self.kind.zip(wanted.kind);
            if let Some(found) = between.and_then(|(from, to)| of_kinds(from, to, path)) {
                return vec![found];
            }
        }
        if types.overlaps(Types::LIST) && wanted.types.overlaps(Types::LIST) {
            // A list of the wrong kind of things: each is converted.
            let each = self.element.as_deref().zip(wanted.element.as_deref());
            return each
                .into_iter()
                .flat_map(|(from, to)| from.converters(to, "one"))
                .map(|each| Converter {
                    label: format!("{}, for each", each.label),
                    expression: format!("{path}.map(one, {})", each.expression),
                })
                .collect();
        }
        let mut found = Vec::new();
        if types.is_number() && wanted.kind == Some(Kind::Duration) {
            found.push(converter(
                "Take it as seconds",
                format!("string({path}) + 's'"),
            ));
        } else if wanted.kind.is_none()
            && wanted.types.overlaps(text)
            && (types.is_number() || types == Types::BOOLEAN)
        {
            found.push(converter("Write it as text", format!("string({path})")));
        }
        if types.overlaps(Types::LIST) {
            let fits = self
                .element
                .as_deref()
                .is_none_or(|element| !element.refuses(wanted));
            if fits && wanted.types.overlaps(Types::TEXT.or(Types::NUMBER)) {
                found.push(converter("Take the first one", format!("{path}[0]")));
            }
            let of_texts = self
                .element
                .as_deref()
                .is_none_or(|element| element.types == text);
            if of_texts && wanted.kind.is_none() && wanted.types.overlaps(text) {
                found.push(converter(
                    "Join them with commas",
                    format!("{path}.join(', ')"),
                ));
            }
            if wanted.types.overlaps(Types::NUMBER) {
                found.push(converter("Count them", format!("size({path})")));
            }
        }
        if types == text && wanted.types.is_number() {
            let to = if wanted.types.overlaps(Types::NUMBER.without_integers()) {
                "double"
            } else {
                "int"
            };
            found.push(converter("Read it as a number", format!("{to}({path})")));
        }
        if wanted.types.overlaps(Types::LIST) && !types.overlaps(Types::MAP) {
            let element = wanted.element.as_deref();
            if element.is_none_or(|element| !self.refuses(element)) {
                found.push(converter("Make a list of it alone", format!("[{path}]")));
            } else if let Some(first) =
                element.and_then(|to| self.converters(to, path).into_iter().next())
            {
                found.push(Converter {
                    label: format!("{}, as a list", first.label),
                    expression: format!("[{}]", first.expression),
                });
            }
        }
        if types == Types::MAP && wanted.types.overlaps(Types::LIST) {
            found.push(converter(
                "Take its names",
                format!("{path}.map(name, name)"),
            ));
        }
        if wanted.types.without_null() == Types::BOOLEAN {
            if types == text {
                found.push(converter(
                    "Ask whether there is one",
                    format!("{path} != ''"),
                ));
            } else if types.is_number() {
                found.push(converter("Ask whether it is not 0", format!("{path} != 0")));
            } else if types.within(Types::LIST) {
                found.push(converter(
                    "Ask whether there are any",
                    format!("size({path}) > 0"),
                ));
            }
        }
        found
    }
}

/// Between two kinds of text.
fn of_kinds(from: Kind, to: Kind, path: &str) -> Option<Converter> {
    let (label, expression) = match (from, to) {
        (Kind::Address, Kind::Host | Kind::Hosts) => (
            "Take the host out of the address",
            format!("{path}.split('://')[1].split('/')[0].split(':')[0]"),
        ),
        (Kind::Host | Kind::Ip, Kind::Address) => {
            ("Make a web address of it", format!("'http://' + {path}"))
        }
        (Kind::Email, Kind::Host | Kind::Hosts) => (
            "Take the host behind the @",
            format!("{path}.split('@')[1]"),
        ),
        (Kind::Ip, Kind::Range) => ("Make a range of this one", format!("{path} + '/32'")),
        (Kind::Range, Kind::Ip | Kind::Host | Kind::Hosts) => (
            "Take the first address of the range",
            format!("{path}.split('/')[0]"),
        ),
        (Kind::Moment, Kind::Date) => ("Take the date", format!("{path}.split('T')[0]")),
        (Kind::Date, Kind::Moment) => ("Take its beginning", format!("{path} + 'T00:00:00Z'")),
        _ => return None,
    };
    Some(converter(label, expression))
}
