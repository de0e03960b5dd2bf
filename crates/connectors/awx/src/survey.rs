//! The questions that a template asks, and whether a step answers them.

use podium_secret::Secret;
use serde_json::{Map, Value};

use crate::client::{flag, text};

/// One question of a survey.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) variable: String,
    pub(crate) words: String,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// Whether the survey has an answer of its own.
    pub(crate) has_default: bool,
    pub(crate) default: Value,
    min: Option<f64>,
    max: Option<f64>,
    choices: Vec<String>,
}

/// What a question takes for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Password,
    Integer,
    Float,
    Choice,
    Choices,
    /// A type that AWX's documents do not have: any answer goes there.
    Other,
}

/// What is wrong with an answer: the variable, and a whole sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) variable: String,
    pub(crate) message: String,
}

/// Reads a `survey_spec`.
pub(crate) fn read(spec: &Value) -> Vec<Question> {
    let Some(Value::Array(list)) = spec.get("spec") else {
        return Vec::new();
    };
    list.iter().map(question).collect()
}

fn question(one: &Value) -> Question {
    let default = one.get("default").cloned().unwrap_or_default();
    let number = |field: &str| one.get(field).and_then(Value::as_f64);
    Question {
        variable: text(one, "variable").to_owned(),
        words: text(one, "question_name").to_owned(),
        kind: match text(one, "type") {
            "text" | "textarea" => Kind::Text,
            "password" => Kind::Password,
            "integer" => Kind::Integer,
            "float" => Kind::Float,
            "multiplechoice" => Kind::Choice,
            "multiselect" => Kind::Choices,
            _ => Kind::Other,
        },
        required: flag(one, "required"),
        has_default: !matches!(&default, Value::Null)
            && default.as_str().is_none_or(|text| !text.is_empty()),
        default,
        min: number("min"),
        max: number("max"),
        // Older versions keep the choices as lines of one text.
        choices: match one.get("choices") {
            Some(Value::Array(list)) => list
                .iter()
                .filter_map(|choice| choice.as_str().map(str::to_owned))
                .collect(),
            Some(Value::String(lines)) => lines
                .lines()
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        },
    }
}

/// Everything that is wrong with the answers. `later` says which variables are known only later.
pub(crate) fn check(
    questions: &[Question],
    variables: &Map<String, Value>,
    secrets: &std::collections::BTreeMap<String, Secret>,
    later: &dyn Fn(&str) -> bool,
) -> Vec<Wrong> {
    questions
        .iter()
        .filter(|question| !later(&question.variable))
        .filter_map(|question| {
            let said = match (
                secrets.get(&question.variable),
                variables.get(&question.variable).filter(|v| !v.is_null()),
            ) {
                (Some(secret), _) => question.wrong_secret(secret),
                (None, Some(value)) => question.wrong(value),
                (None, None) => (question.required && !question.has_default).then(|| {
                    format!(
                        "The survey asks `{}` (`{}`), and the step gives no answer.",
                        question.words, question.variable
                    )
                }),
            };
            said.map(|message| Wrong {
                variable: question.variable.clone(),
                message,
            })
        })
        .collect()
}

impl Question {
    fn wrong_secret(&self, secret: &Secret) -> Option<String> {
        let length = secret.expose_str().unwrap_or_default().chars().count();
        self.wrong_length(length)
    }

    fn wrong(&self, value: &Value) -> Option<String> {
        let name = &self.variable;
        match self.kind {
            Kind::Password => Some(format!(
                "`{name}` is a password: bind a secret to the port `secrets.{name}` in place of writing it down."
            )),
            Kind::Text => match value.as_str() {
                Some(text) => self.wrong_length(text.chars().count()),
                None => Some(format!("`{name}` takes a text.")),
            },
            Kind::Integer => match value.as_i64() {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "the limits of a survey are small numbers"
                )]
                Some(number) => self.wrong_size(number as f64),
                None => Some(format!("`{name}` takes a whole number.")),
            },
            Kind::Float => match value.as_f64() {
                Some(number) => self.wrong_size(number),
                None => Some(format!("`{name}` takes a number.")),
            },
            Kind::Choice => match value.as_str() {
                Some(text) => self.wrong_choice(text),
                None => Some(format!("`{name}` takes {}.", self.offer())),
            },
            Kind::Choices => match value {
                Value::Array(list) => list.iter().find_map(|one| match one.as_str() {
                    Some(text) => self.wrong_choice(text),
                    None => Some(format!("`{name}` takes {}.", self.offer())),
                }),
                _ => Some(format!("`{name}` takes a list of {}.", self.offer())),
            },
            Kind::Other => None,
        }
    }

    fn wrong_length(&self, length: usize) -> Option<String> {
        let name = &self.variable;
        #[expect(clippy::cast_precision_loss, reason = "no answer is as long as that")]
        let length = length as f64;
        match (self.min, self.max) {
            (Some(min), _) if length < min => Some(format!(
                "The answer to `{name}` is too short: {min} characters at least."
            )),
            (_, Some(max)) if max > 0.0 && length > max => Some(format!(
                "The answer to `{name}` is too long: {max} characters at most."
            )),
            _ => None,
        }
    }

    fn wrong_size(&self, number: f64) -> Option<String> {
        let name = &self.variable;
        match (self.min, self.max) {
            (Some(min), _) if number < min => Some(format!("`{name}` is {min} at least.")),
            (_, Some(max)) if number > max => Some(format!("`{name}` is {max} at most.")),
            _ => None,
        }
    }

    fn wrong_choice(&self, text: &str) -> Option<String> {
        (!self.choices.is_empty() && !self.choices.iter().any(|choice| choice == text)).then(|| {
            format!(
                "`{}` has no choice `{text}`; {}.",
                self.variable,
                self.offer()
            )
        })
    }

    fn offer(&self) -> String {
        let choices: Vec<String> = self.choices.iter().map(|c| format!("`{c}`")).collect();
        format!("one of {}", choices.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn each_kind_of_question_takes_its_own_answers() {
        let questions = read(&json!({ "spec": [
            { "variable": "name", "question_name": "Name?", "type": "text", "required": true, "min": 2, "max": 4, "default": "" },
            { "variable": "pin", "question_name": "Pin?", "type": "password", "required": true, "min": 4, "max": 64 },
            { "variable": "count", "question_name": "How many?", "type": "integer", "required": false, "min": 1, "max": 9, "default": 3 },
            { "variable": "rate", "question_name": "Rate?", "type": "float", "required": false },
            { "variable": "size", "question_name": "Size?", "type": "multiplechoice", "choices": ["small", "groß"], "required": true, "default": "small" },
            { "variable": "parts", "question_name": "Parts?", "type": "multiselect", "choices": "a\nb", "required": false },
            { "variable": "odd", "question_name": "Odd?", "type": "hologram", "required": false },
        ] }));
        let no = |_: &str| false;
        let wrong = |variables: Value, pin: Option<&str>| -> Vec<String> {
            let Value::Object(variables) = variables else {
                unreachable!()
            };
            let secrets: BTreeMap<String, Secret> = pin
                .map(|pin| ("pin".to_owned(), Secret::from(pin)))
                .into_iter()
                .collect();
            check(&questions, &variables, &secrets, &no)
                .into_iter()
                .map(|wrong| wrong.variable)
                .collect()
        };
        let fine = json!({ "name": "Äöü" });
        assert_eq!(wrong(fine.clone(), Some("12345")), Vec::<String>::new());
        assert_eq!(wrong(fine, Some("1")), ["pin"]);
        assert_eq!(wrong(json!({}), None), ["name", "pin"]);
        assert_eq!(
            wrong(json!({ "name": "x", "pin": "written" }), None),
            ["name", "pin"]
        );
        assert_eq!(
            wrong(
                json!({ "name": 7, "count": 10, "rate": "x", "size": "big", "parts": ["a", "c"], "odd": [1] }),
                Some("12345")
            ),
            ["name", "count", "rate", "size", "parts"]
        );
        let later = check(&questions, &Map::new(), &BTreeMap::new(), &|name| {
            name != "pin"
        });
        assert_eq!(later.len(), 1);
    }
}
