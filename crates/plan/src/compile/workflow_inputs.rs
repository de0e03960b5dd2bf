//! The inputs of the workflow: their schemas, and the values given for a run.

use podium_connector::Operation;
use podium_diagnostics::Diagnostic;
use podium_model::nearest::nearest;
use podium_model::tree::short;
use serde_json::{Map, Value};

use super::explain::{What, explain};
use super::inputs::{below, takes_null};
use super::{Checker, error};
use crate::code;

impl Checker<'_> {
    /// Checks the schemas and, where given, the values; gives the values with defaults filled in.
    pub(super) fn workflow_inputs(
        &mut self,
        given: Option<&Map<String, Value>>,
    ) -> Map<String, Value> {
        let mut values = Map::new();
        for (name, schema) in &self.document.inputs {
            let pointer = below("/inputs", name);
            let checker = jsonschema::meta::validate(schema)
                .map_err(|wrong| (wrong.instance_path().as_str().to_owned(), wrong.to_string()))
                .and_then(|()| {
                    jsonschema::validator_for(schema).map_err(|wrong| {
                        (wrong.instance_path().as_str().to_owned(), wrong.to_string())
                    })
                });
            let checker = match checker {
                Ok(checker) => checker,
                Err((inside, reason)) => {
                    let diagnostic = error(
                        code::BAD_SCHEMA,
                        "What may be given is not described well",
                        format!(
                            "`{name}` is no JSON Schema: {}.",
                            short(reason.trim_end_matches('.'))
                        ),
                    );
                    let types = [
                        "string", "integer", "number", "boolean", "array", "object", "null",
                    ];
                    let near = match schema.pointer(&inside).and_then(Value::as_str) {
                        Some(word) if inside.ends_with("/type") => nearest(word, types),
                        _ => None,
                    };
                    let hint = match near {
                        Some(near) => format!("Did you mean `{near}`?"),
                        None => "Write for example `{ type: string, enum: [small, large], default: small }`."
                            .to_owned(),
                    };
                    self.problem(diagnostic, &format!("{pointer}{inside}"), hint);
                    continue;
                }
            };
            let default = schema.get("default");
            if let Some(default) = default {
                for wrong in checker.iter_errors(default) {
                    for explained in explain(&wrong, schema) {
                        let diagnostic = error(
                            code::BAD_DEFAULT,
                            "The default is not allowed by its own description",
                            explained.detail,
                        );
                        self.problem(diagnostic, &format!("{pointer}/default"), explained.hint);
                    }
                }
            }
            let Some(given) = given else { continue };
            let value = match (given.get(name), default) {
                (Some(value), _) | (None, Some(value)) => value.clone(),
                (None, None) if takes_null(schema) => Value::Null,
                (None, None) => {
                    let diagnostic = error(
                        code::MISSING_WORKFLOW_INPUT,
                        "An input has no value",
                        format!("`{name}` has no default, and no value was given."),
                    );
                    let hint = format!("Give one: `-i {name}=VALUE`, or fill in the form.");
                    self.problem_at_key(diagnostic, &pointer, hint);
                    continue;
                }
            };
            if given.contains_key(name) {
                for wrong in checker.iter_errors(&value) {
                    for explained in explain(&wrong, schema) {
                        let inside = explained.pointer.replace('/', ".");
                        let detail = if explained.what == What::Bad {
                            format!("`{name}{}`: {}", short(&inside), explained.detail)
                        } else {
                            format!("`{name}`: {}", explained.detail)
                        };
                        let diagnostic = error(
                            code::BAD_WORKFLOW_INPUT,
                            "The value given is not allowed",
                            detail,
                        );
                        self.problem_at_key(diagnostic, &pointer, explained.hint);
                    }
                }
            }
            values.insert(name.clone(), value);
        }
        for name in given.into_iter().flat_map(Map::keys) {
            if self.document.inputs.contains_key(name) {
                continue;
            }
            let names = self.document.inputs.keys().map(String::as_str);
            let hint = Self::other_names(name, names, "", "The workflow takes no inputs.");
            let diagnostic = error(
                code::UNKNOWN_WORKFLOW_INPUT,
                "The workflow has no such input",
                format!(
                    "`{}` was given and does not stand under `inputs:`.",
                    short(name)
                ),
            );
            self.problem_at_key(diagnostic, &below("/inputs", name), hint);
        }
        values
    }

    /// A step that writes, in an environment where nothing may be written.
    pub(super) fn read_only(&mut self, operation: &Operation, pointer: &str, off: bool) {
        let Some(binding) = self.binding else { return };
        if !binding.environment.protect.read_only || !operation.writes || off {
            return;
        }
        let diagnostic = Diagnostic::error(
            code::READ_ONLY,
            "The environment is read only",
            format!(
                "`{}` can change things, and `{}` says `read_only: true`.",
                operation.name, binding.name
            ),
        );
        self.problem(
            diagnostic,
            &format!("{pointer}/uses"),
            "Choose another environment, or switch the step off.",
        );
    }
}
