//! Types out of JSON Schemas, as far as they can be told without a value.

use serde_json::Value;

/// A set of JSON types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Types(u8);

const NAMES: [(&str, u8, &str); 7] = [
    ("null", 1, "nothing"),
    ("boolean", 2, "true or false"),
    ("integer", 4, "a whole number"),
    ("number", 8 | 4, "a number"),
    ("string", 16, "a text"),
    ("array", 32, "a list"),
    ("object", 64, "a map"),
];

impl Types {
    pub(super) const ANY: Self = Self(127);
    pub(super) const TEXT: Self = Self(16);
    pub(super) const NUMBER: Self = Self(8 | 4);
    pub(super) const BOOLEAN: Self = Self(2);
    pub(super) const LIST: Self = Self(32);

    fn named(name: &str) -> Self {
        NAMES
            .iter()
            .find(|(known, ..)| *known == name)
            .map_or(Self::ANY, |(_, bits, _)| Self(*bits))
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
    pub(super) fn of_schema(schema: &Value) -> Self {
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

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// In words, with articles: `a text or a list`.
    pub(super) fn words(self) -> String {
        let mut words: Vec<&str> = Vec::new();
        let mut left = self.0;
        for (_, bits, word) in NAMES.iter().rev() {
            if left & bits == *bits {
                words.push(word);
                left &= !bits;
            }
        }
        words.reverse();
        match words.split_last() {
            None => "nothing at all".to_owned(),
            Some((only, [])) => (*only).to_owned(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        }
    }

    /// How a value of this type becomes one of `wanted`, as an expression around `path`.
    pub(super) fn converted(self, wanted: Self, path: &str) -> Option<String> {
        let has = |types: Self, name| types.overlaps(Self::named(name));
        let is_number = has(self, "integer") || has(self, "number");
        if has(wanted, "string") && is_number | has(self, "boolean") {
            return Some(format!("string({path})"));
        }
        if has(wanted, "string") && has(self, "array") {
            return Some(format!("{path}[0]"));
        }
        if has(wanted, "integer") && has(self, "string") {
            return Some(format!("int({path})"));
        }
        if has(wanted, "array") && has(self, "string") | is_number {
            return Some(format!("[{path}]"));
        }
        if has(wanted, "boolean") && has(self, "string") {
            return Some(format!("{path} != ''"));
        }
        if has(wanted, "boolean") && is_number {
            return Some(format!("{path} != 0"));
        }
        if has(wanted, "boolean") && has(self, "array") {
            return Some(format!("size({path}) > 0"));
        }
        None
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

/// The types that a schema allows at a pointer inside its value.
pub(super) fn types_at(schema: &Value, pointer: &str) -> Types {
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
            Inside::Open | Inside::Closed(_) => return Types::ANY,
        }
    }
    Types::of_schema(schema)
}

/// A set from the names of JSON Schema.
pub(super) fn types_of_names(names: impl IntoIterator<Item = String>) -> Types {
    names
        .into_iter()
        .fold(Types(0), |all, name| Types(all.0 | Types::named(&name).0))
}
