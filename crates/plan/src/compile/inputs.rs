//! `with` against the operation's schema.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Wrong;
use podium_connector::Operation;
use podium_model::tree::{escape, short};
use serde_json::{Map, Value};

use super::explain::{What, capital, explain};
use super::schema::{Types, port_at};
use super::texts::Text;
use super::{Checker, error};
use crate::code;

impl Checker<'_> {
    /// Checks the inputs under `POINTER/with`; gives them with the schema's defaults.
    pub(super) fn with(
        &mut self,
        operation: &Operation,
        with: &Map<String, Value>,
        texts: &[Text],
        pointer: &str,
        for_each: Option<&str>,
    ) -> Map<String, Value> {
        let mut filled = with.clone();
        fill(&mut filled, &operation.input);
        let filled = Value::Object(filled);
        let base = format!("{pointer}/with");
        let manifests = self.manifests;
        let validator = manifests
            .known(&operation.name)
            .and_then(|known| known.input.as_ref());
        if let Some(validator) = validator
            && !(texts.is_empty() && validator.is_valid(&filled))
        {
            for wrong in validator.iter_errors(&filled) {
                if stands(&wrong, texts) {
                    for explained in explain(&wrong, &operation.input) {
                        self.wrong_input(operation, &base, &explained);
                    }
                }
            }
        }
        self.types_fit(&operation.input, texts, &base, for_each);
        match filled {
            Value::Object(filled) => filled,
            _ => Map::new(),
        }
    }

    /// Whether texts that are one path have a type that fits.
    pub(super) fn types_fit(
        &mut self,
        schema: &Value,
        texts: &[Text],
        base: &str,
        for_each: Option<&str>,
    ) {
        for text in texts.iter().filter(|text| text.is_path) {
            let wanted = port_at(schema, &text.pointer);
            let path = &text.references[0].path;
            let given = self.path_port(path, for_each);
            if !given.refuses(&wanted) {
                continue;
            }
            let path = path.join(".");
            let field = text.pointer.trim_start_matches('/').replace('/', ".");
            let diagnostic = error(
                code::TYPE_MISMATCH,
                "The types do not fit together",
                format!(
                    "`{}` is {}; `{}` takes {}.",
                    short(&path),
                    given.words(),
                    short(&field),
                    wanted.words()
                ),
            );
            let hint = match given.converters(&wanted, &path).first() {
                Some(first) => format!("Write `${{{{ {} }}}}`.", first.expression),
                None => format!("{} is needed here.", capital(&wanted.words())),
            };
            self.problem(diagnostic, &format!("{base}{}", text.pointer), hint);
        }
    }

    fn wrong_input(
        &mut self,
        operation: &Operation,
        base: &str,
        explained: &super::explain::Explained,
    ) {
        let pointer = format!("{base}{}", explained.pointer);
        let detail = match what_of(explained.what, &explained.pointer) {
            Some(name) => format!("`{}`: {}", short(&name), explained.detail),
            None => format!("{} ({})", explained.detail, operation.name),
        };
        match explained.what {
            What::Missing => {
                let diagnostic = error(code::MISSING_INPUT, "An input is missing", detail);
                self.problem_at_key(diagnostic, &pointer, explained.hint.clone());
            }
            What::Unknown => {
                let diagnostic = error(
                    code::UNKNOWN_INPUT,
                    "The operation does not know this input",
                    detail,
                );
                self.problem_at_key(diagnostic, &pointer, explained.hint.clone());
            }
            What::Bad => {
                let diagnostic = error(code::BAD_INPUT, "The input is not allowed", detail);
                self.problem(diagnostic, &pointer, explained.hint.clone());
            }
        }
    }
}

/// The input that is spoken of, where the detail does not name it.
fn what_of(what: What, pointer: &str) -> Option<String> {
    (what == What::Bad && !pointer.is_empty())
        .then(|| pointer.trim_start_matches('/').replace('/', "."))
}

/// The defaults of the outer properties.
fn fill(with: &mut Map<String, Value>, schema: &Value) {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    for (name, property) in properties {
        if let (false, Some(default)) = (with.contains_key(name), property.get("default")) {
            with.insert(name.clone(), default.clone());
        }
    }
}

/// Whether an error stays one whatever the expressions will give.
pub(super) fn stands(wrong: &ValidationError<'_>, texts: &[Text]) -> bool {
    let pointer = wrong.instance_path().as_str();
    let at = texts.iter().find(|text| text.pointer == pointer);
    let touched = at.is_some()
        || texts.iter().any(|text| {
            text.pointer
                .strip_prefix(pointer)
                .is_some_and(|rest| rest.starts_with('/'))
        });
    if !touched {
        return true;
    }
    match wrong.kind() {
        Wrong::AnyOf { context } | Wrong::OneOfNotValid { context } => context
            .iter()
            .all(|branch| branch.iter().any(|wrong| stands(wrong, texts))),
        Wrong::Type { .. } => at.is_none_or(|text| !text.whole && text.errors.is_empty()),
        Wrong::Required { .. }
        | Wrong::AdditionalProperties { .. }
        | Wrong::UnevaluatedProperties { .. }
        | Wrong::MinProperties { .. }
        | Wrong::MaxProperties { .. }
        | Wrong::MinItems { .. }
        | Wrong::MaxItems { .. } => at.is_none(),
        _ => false,
    }
}

/// Kept beside its use: a pointer's part for a name.
pub(super) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", escape(name))
}

/// Whether a schema takes nothing as a value.
pub(crate) fn takes_null(schema: &Value) -> bool {
    schema.get("type").is_some() && Types::of_schema(schema).allows_null()
}
