//! The inputs of the workflow: their schemas, and the values given for a run.

use std::collections::HashMap;

use jsonschema::error::ValidationErrorKind as Wrong;
use podium_connector::Operation;
use podium_diagnostics::Diagnostic;
use podium_model::nearest::nearest;
use podium_model::tree::short;
use serde_json::{Map, Value};

use super::explain::{What, explain};
use super::inputs::below;
use super::{Checker, error};
use crate::code;
use crate::questions::{Answer, Condition, Question, Questions, WHEN};

impl Checker<'_> {
    /// Checks the schemas and, where given, the values; gives the values with defaults filled in.
    pub(super) fn workflow_inputs(
        &mut self,
        given: Option<&Map<String, Value>>,
    ) -> Map<String, Value> {
        let mut values = Map::new();
        let mut checkers = HashMap::new();
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
            if given.is_some() {
                checkers.insert(name.as_str(), checker);
            }
        }
        let document = self.document;
        let questions = Questions::read(document.inputs.iter());
        self.conditions(&questions);
        let Some(given) = given else { return values };
        let before = self.problems.len();
        let answers = questions.answers(given, &|_| false);
        for (question, answer) in questions.iter().zip(&answers) {
            let Some(checker) = checkers.get(question.name) else {
                continue;
            };
            self.answer(question, answer, checker, given);
            if let Some(value) = answer.value() {
                values.insert(question.name.to_owned(), value.clone());
            }
        }
        let all_right = self.problems.len() == before;
        for (question, answer) in questions.iter().zip(&answers) {
            // A value that is wrong makes conditions wrong that read it; then that alone is told.
            if let (true, Answer::Undecided(because)) = (all_right, answer) {
                let diagnostic = error(
                    code::NOT_A_CONDITION,
                    "The condition is neither true nor false",
                    format!(
                        "When `{}` is asked for cannot be told: {because}",
                        question.name
                    ),
                );
                let hint = "Compare an input with something, for example `inputs.size == 'large'`.";
                let pointer = below(&below("/inputs", question.name), WHEN);
                self.problem(diagnostic, &pointer, hint);
            }
        }
        for name in given.keys() {
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

    /// When inputs are asked for: what their conditions say, and circles among them.
    fn conditions(&mut self, questions: &Questions<'_>) {
        for question in questions.iter() {
            let pointer = below(&below("/inputs", question.name), WHEN);
            match &question.when {
                None => {}
                Some(Condition::Reads(condition)) => self.input_condition(condition, &pointer),
                Some(Condition::Wrong(errors)) => self.syntax(errors, &pointer),
                Some(Condition::NoText) => {
                    let diagnostic = error(
                        code::NOT_A_CONDITION,
                        "The condition is neither true nor false",
                        "A condition is an expression, written as a text.",
                    );
                    let hint = "Write for example `when: inputs.size == 'large'`.";
                    self.problem(diagnostic, &pointer, hint);
                }
            }
        }
        for circle in questions.circles() {
            let detail = if let [only] = circle.as_slice() {
                format!("Whether `{only}` is asked for depends on `{only}`.")
            } else {
                let names: Vec<String> = circle
                    .iter()
                    .chain(circle.first())
                    .map(|name| format!("`{name}`"))
                    .collect();
                format!("Each depends on the next: {}.", names.join(" → "))
            };
            let diagnostic = error(
                code::INPUT_CYCLE,
                "The conditions of inputs go in a circle",
                detail,
            );
            let first = circle.first().copied().unwrap_or_default();
            let pointer = below(&below("/inputs", first), WHEN);
            let hint = "Remove one of these conditions: some input must be asked for by itself.";
            self.problem(diagnostic, &pointer, hint);
        }
    }

    /// One answer against its schema.
    fn answer(
        &mut self,
        question: &Question<'_>,
        answer: &Answer,
        checker: &jsonschema::Validator,
        given: &Map<String, Value>,
    ) {
        let name = question.name;
        let pointer = below("/inputs", name);
        match answer {
            Answer::Missing => {
                let diagnostic = error(
                    code::MISSING_WORKFLOW_INPUT,
                    "An input has no value",
                    format!("`{name}` has no default, and no value was given."),
                );
                let hint = format!("Give one: `-i {name}=VALUE`, or fill in the form.");
                self.problem_at_key(diagnostic, &pointer, hint);
            }
            Answer::Given(value) => {
                for wrong in checker.iter_errors(value) {
                    for explained in explain(&wrong, question.schema) {
                        let inside = explained.pointer.replace('/', ".");
                        let at_top = explained.pointer.is_empty();
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
                        // The author's words help more than a pattern.
                        let words = question.schema.get("description").and_then(Value::as_str);
                        let hint = match (wrong.kind(), words) {
                            (Wrong::Pattern { pattern }, Some(words)) if at_top => {
                                format!(
                                    "{}: `{}`.",
                                    words.trim().trim_end_matches('.'),
                                    short(pattern)
                                )
                            }
                            _ => explained.hint,
                        };
                        let span = self.map.nearest_key(&pointer);
                        let field = format!("{pointer}{}", explained.pointer);
                        self.problem_at(diagnostic, &field, span, hint);
                    }
                }
            }
            Answer::NotAsked(value) => {
                if given.get(name).is_none_or(|given| given == value) {
                    return;
                }
                let when = match &question.when {
                    Some(Condition::Reads(condition)) => condition.source(),
                    _ => "",
                };
                let diagnostic = error(
                    code::NOT_ASKED_FOR,
                    "The value given is not asked for",
                    format!("`{name}` is asked for only when `{}`.", short(when)),
                );
                let hint = format!("Leave `{name}` out, or change the inputs it depends on.");
                self.problem_at_key(diagnostic, &pointer, hint);
            }
            Answer::Default(_) | Answer::Later | Answer::Undecided(_) => {}
        }
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
