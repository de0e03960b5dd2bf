//! Types out of JSON Schemas, as far as they can be told without a value.

use serde_json::Value;

use crate::port::Port;

/// A set of JSON types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Types(u8);

const NAMES: [(&str, u8, &str, &str); 7] = [
    ("null", 1, "nothing", "nothing"),
    ("boolean", 2, "true or false", "answers of true or false"),
    ("integer", 4, "a whole number", "whole numbers"),
    ("number", 8 | 4, "a number", "numbers"),
    ("string", 16, "a text", "texts"),
    ("array", 32, "a list", "lists"),
    ("object", 64, "a map", "maps"),
];

impl Types {
    pub(crate) const ANY: Self = Self(127);
    pub(crate) const TEXT: Self = Self(16);
    pub(crate) const NUMBER: Self = Self(8 | 4);
    pub(crate) const BOOLEAN: Self = Self(2);
    pub(crate) const LIST: Self = Self(32);
    pub(crate) const MAP: Self = Self(64);

    fn named(name: &str) -> Self {
        NAMES
            .iter()
            .find(|(known, ..)| *known == name)
            .map_or(Self::ANY, |(_, bits, ..)| Self(*bits))
    }

    pub(super) fn of_value(value: &Value) -> Self {
        Self::named(match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        })
    }

    pub(super) fn of_values(values: &[Value]) -> Self {
        values
            .iter()
            .fold(Self(0), |all, value| Self(all.0 | Self::of_value(value).0))
    }

    /// What a schema allows, as far as `type`, `enum`, `const`, `anyOf`, `oneOf` and `allOf` say.
    pub(crate) fn of_schema(schema: &Value) -> Self {
        let mut types = match schema.get("type") {
            Some(Value::String(name)) => Self::named(name),
            Some(Value::Array(names)) => names
                .iter()
                .filter_map(Value::as_str)
                .fold(Self(0), |all, name| Self(all.0 | Self::named(name).0)),
            _ => Self::ANY,
        };
        if let Some(Value::Array(values)) = schema.get("enum") {
            types.0 &= Self::of_values(values).0;
        }
        if let Some(value) = schema.get("const") {
            types.0 &= Self::of_value(value).0;
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = schema.get(keyword) {
                types.0 &= branches
                    .iter()
                    .fold(0, |all, branch| all | Self::of_schema(branch).0);
            }
        }
        if let Some(Value::Array(branches)) = schema.get("allOf") {
            types.0 = branches
                .iter()
                .fold(types.0, |all, branch| all & Self::of_schema(branch).0);
        }
        types
    }

    pub(super) fn allows_null(self) -> bool {
        self.0 & 1 != 0
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn within(self, other: Self) -> bool {
        self.0 != 0 && self.0 & !other.0 == 0
    }

    pub(crate) fn without_null(self) -> Self {
        Self(self.0 & !1)
    }

    /// Whole or not, and nothing else.
    pub(crate) fn is_number(self) -> bool {
        self.within(Self::NUMBER)
    }

    /// Of numbers, those that need not be whole.
    pub(crate) fn without_integers(self) -> Self {
        Self(self.0 & !4)
    }

    /// In words, with articles: `a text or a list`.
    pub(crate) fn words(self) -> String {
        self.spelled(|(_, _, one, _)| one)
    }

    /// In words, many of them: `texts or lists`.
    pub(crate) fn plural(self) -> String {
        self.spelled(|(.., many)| many)
    }

    fn spelled(
        self,
        word: impl Fn(&(&'static str, u8, &'static str, &'static str)) -> &'static str,
    ) -> String {
        let mut words: Vec<&str> = Vec::new();
        let mut left = self.0;
        for name in NAMES.iter().rev() {
            if left & name.1 == name.1 {
                words.push(word(name));
                left &= !name.1;
            }
        }
        words.reverse();
        match words.split_last() {
            None => "nothing at all".to_owned(),
            Some((only, [])) => (*only).to_owned(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        }
    }
}

/// A schema inside a schema.
pub(super) enum Inside<'a> {
    /// This one.
    Schema(&'a Value),
    /// Nobody can tell.
    Open,
    /// There is no such property; these there are.
    Closed(Vec<&'a str>),
}

/// The schema of a property.
pub(super) fn property<'a>(schema: &'a Value, name: &str) -> Inside<'a> {
    let properties = schema.get("properties").and_then(Value::as_object);
    if let Some(found) = properties.and_then(|properties| properties.get(name)) {
        return Inside::Schema(found);
    }
    let compound = ["anyOf", "oneOf", "allOf", "$ref", "patternProperties", "if"];
    if compound.iter().any(|keyword| schema.get(keyword).is_some()) {
        return Inside::Open;
    }
    match schema.get("additionalProperties") {
        Some(Value::Bool(false)) => Inside::Closed(
            properties
                .map(|properties| properties.keys().map(String::as_str).collect())
                .unwrap_or_default(),
        ),
        Some(inner @ Value::Object(_)) => Inside::Schema(inner),
        _ => Inside::Open,
    }
}

/// What a schema says of the place at a pointer inside its value.
pub(super) fn port_at(schema: &Value, pointer: &str) -> Port {
    let mut schema = schema;
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if part.bytes().all(|b| b.is_ascii_digit())
            && let Some(items @ Value::Object(_)) = schema.get("items")
        {
            schema = items;
            continue;
        }
        match property(schema, &part) {
            Inside::Schema(inner) => schema = inner,
            Inside::Open | Inside::Closed(_) => return Port::any(),
        }
    }
    Port::of_schema(schema)
}

/// A set from the names of JSON Schema.
pub(super) fn types_of_names(names: impl IntoIterator<Item = String>) -> Types {
    names
        .into_iter()
        .fold(Types(0), |all, name| Types(all.0 | Types::named(&name).0))
}
