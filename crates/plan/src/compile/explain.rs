//! What a JSON Schema says is wrong, in words.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Wrong};
use podium_model::nearest::nearest;
use podium_model::tree::{escape, short};
use serde_json::Value;

use super::schema::{Inside, Types, property, types_of_names};

/// One thing that is wrong with a value.
pub(super) struct Explained {
    /// Where, below the value that was checked.
    pub(super) pointer: String,
    pub(super) what: What,
    pub(super) detail: String,
    pub(super) hint: String,
}

/// Three kinds of wrong, which have codes of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Missing,
    Unknown,
    Bad,
}

/// Puts an error into words. `schema` is the whole one.
pub(super) fn explain(wrong: &ValidationError<'_>, schema: &Value) -> Vec<Explained> {
    let pointer = wrong.instance_path().as_str().to_owned();
    let value = wrong.instance();
    let shown = format!("`{}`", short(&value.to_string()));
    let bad = |detail: String, hint: String| {
        vec![Explained {
            pointer: pointer.clone(),
            what: What::Bad,
            detail,
            hint,
        }]
    };
    match wrong.kind() {
        Wrong::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let inner = schema_at(schema, &pointer);
            let title = inner
                .and_then(|schema| {
                    schema
                        .get("properties")?
                        .get(name)?
                        .get("description")?
                        .as_str()
                })
                .unwrap_or_default();
            vec![Explained {
                pointer: pointer.clone(),
                what: What::Missing,
                detail: format!("`{name}` is needed here. {title}")
                    .trim_end()
                    .to_owned(),
                hint: format!("Add `{name}:` with its value."),
            }]
        }
        Wrong::AdditionalProperties { unexpected }
        | Wrong::UnevaluatedProperties { unexpected } => {
            let names: Vec<&str> = schema_at(schema, &pointer)
                .and_then(|schema| schema.get("properties")?.as_object())
                .map(|properties| properties.keys().map(String::as_str).collect())
                .unwrap_or_default();
            unexpected
                .iter()
                .map(|name| Explained {
                    pointer: format!("{pointer}/{}", escape(name)),
                    what: What::Unknown,
                    detail: format!("`{}` is not known here.", short(name)),
                    hint: match nearest(name, names.iter().copied()) {
                        Some(near) => format!("Did you mean `{near}`?"),
                        None if names.is_empty() => "Remove it.".to_owned(),
                        None => format!("Known here: {}.", quoted(&names)),
                    },
                })
                .collect()
        }
        Wrong::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(one) => types_of_names([one.to_string()]),
                TypeKind::Multiple(many) => types_of_names(many.iter().map(|one| one.to_string())),
            };
            let detail = format!(
                "{} stands where {} belongs.",
                capital(&Types::of_value(value).words()),
                wanted.words()
            );
            bad(detail, type_hint(value, wanted))
        }
        Wrong::Enum { options } => {
            let options: Vec<&str> = options
                .as_array()
                .map(|options| options.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default();
            let near = value
                .as_str()
                .and_then(|word| nearest(word, options.iter().copied()));
            let hint = match near {
                Some(near) => format!("Did you mean `{near}`?"),
                None if options.is_empty() => {
                    "Write one of the values that are allowed.".to_owned()
                }
                None => format!("Write one of {}.", quoted(&options)),
            };
            bad(
                format!("{shown} is not one of the values that are allowed."),
                hint,
            )
        }
        Wrong::Constant { expected_value } => bad(
            format!("{shown} is not the one value that is allowed."),
            format!("Write `{}`.", short(&expected_value.to_string())),
        ),
        Wrong::Pattern { pattern } => bad(
            format!("{shown} does not have the form that is asked for."),
            format!("It has to match `{}`.", short(pattern)),
        ),
        Wrong::Minimum { limit } => limit_words(&shown, "less than", "at least", limit, bad),
        Wrong::Maximum { limit } => limit_words(&shown, "more than", "at most", limit, bad),
        Wrong::ExclusiveMinimum { limit } => {
            limit_words(&shown, "not more than", "more than", limit, bad)
        }
        Wrong::ExclusiveMaximum { limit } => {
            limit_words(&shown, "not less than", "less than", limit, bad)
        }
        Wrong::MinLength { limit } if *limit == 1 => bad(
            "The text is empty.".to_owned(),
            "Write something, or remove the key.".to_owned(),
        ),
        Wrong::MinLength { limit } => count_words(
            "The text is too short",
            "characters",
            "at least",
            *limit,
            bad,
        ),
        Wrong::MaxLength { limit } => {
            count_words("The text is too long", "characters", "at most", *limit, bad)
        }
        Wrong::MinItems { limit } => {
            count_words("The list is too short", "items", "at least", *limit, bad)
        }
        Wrong::MaxItems { limit } => {
            count_words("The list is too long", "items", "at most", *limit, bad)
        }
        Wrong::MinProperties { limit } => {
            count_words("The map is too small", "keys", "at least", *limit, bad)
        }
        Wrong::MaxProperties { limit } => {
            count_words("The map is too large", "keys", "at most", *limit, bad)
        }
        Wrong::UniqueItems => bad(
            "An item stands twice in the list.".to_owned(),
            "Remove one of the two.".to_owned(),
        ),
        Wrong::Format { format } => bad(
            format!("{shown} is no `{format}`."),
            format!("Write a valid `{format}`."),
        ),
        Wrong::AnyOf { .. } | Wrong::OneOfNotValid { .. } => {
            let wanted = schema_at(schema, &pointer).map_or(Types::ANY, Types::of_schema);
            let given = Types::of_value(value);
            if given.overlaps(wanted) {
                bad(
                    format!("{shown} fits none of the forms that are allowed."),
                    format!(
                        "It may be {}; look at its limits in the operation's page.",
                        wanted.words()
                    ),
                )
            } else {
                bad(
                    format!(
                        "{} stands where {} belongs.",
                        capital(&given.words()),
                        wanted.words()
                    ),
                    type_hint(value, wanted),
                )
            }
        }
        other => bad(
            format!("{shown} is not allowed here (`{}`).", other.keyword()),
            "Look at the operation's inputs with `podium connectors`.".to_owned(),
        ),
    }
}

fn limit_words(
    shown: &str,
    is: &str,
    wanted: &str,
    limit: &Value,
    bad: impl Fn(String, String) -> Vec<Explained>,
) -> Vec<Explained> {
    bad(
        format!("{shown} is {is} {limit}."),
        format!("Write a number of {wanted} {limit}."),
    )
}

fn count_words(
    what: &str,
    of: &str,
    wanted: &str,
    limit: u64,
    bad: impl Fn(String, String) -> Vec<Explained>,
) -> Vec<Explained> {
    bad(
        format!("{what}."),
        format!("It may have {wanted} {limit} {of}."),
    )
}

fn type_hint(value: &Value, wanted: Types) -> String {
    match value {
        Value::Number(_) | Value::Bool(_) if wanted.overlaps(Types::TEXT) => {
            format!("Write `\"{value}\"`, in quotes.")
        }
        Value::String(text) if text.parse::<f64>().is_ok() && wanted.overlaps(Types::NUMBER) => {
            format!("Write `{text}`, without quotes.")
        }
        Value::String(text)
            if wanted.overlaps(Types::BOOLEAN) && matches!(text.as_str(), "true" | "false") =>
        {
            format!("Write `{text}`, without quotes.")
        }
        Value::String(_) | Value::Number(_) if wanted.overlaps(Types::LIST) => {
            format!("Write `[{}]`.", short(&value.to_string()))
        }
        _ => format!("Write {}.", wanted.words()),
    }
}

/// The schema of the value at a pointer, where one can follow it.
fn schema_at<'a>(schema: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut schema = schema;
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if let (true, Some(items)) = (part.parse::<usize>().is_ok(), schema.get("items")) {
            schema = items;
            continue;
        }
        match property(schema, &part) {
            Inside::Schema(inner) => schema = inner,
            Inside::Open | Inside::Closed(_) => return None,
        }
    }
    Some(schema)
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

pub(super) fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
