//! What can go wrong, in our own words.

use std::fmt;

use cel::ExecutionError;
use cel::common::ast::operators;

/// A place where a text is not a valid expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong and, where there is a good guess, what to write instead.
    pub message: String,
    /// Where it starts: a byte offset in the given text.
    pub start: usize,
    /// Where it ends, exclusive.
    pub end: usize,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvaluationError {
    /// It needs more work than one expression may do.
    OutOfFuel,
    /// It names something that is not there.
    Unknown {
        /// The path as written, joined by dots, or the key alone where it is no path of the scope.
        path: String,
    },
    /// A value is of a type that does not fit.
    WrongType {
        /// Who wanted it, for example `` `+` ``.
        what: String,
        /// What would fit; empty where many things do.
        expected: String,
        /// What was there.
        found: String,
    },
    /// It cannot be computed for another reason, for example a division by zero.
    Failed {
        /// Why, in a sentence.
        message: String,
    },
    /// The result is larger than a value may be.
    TooLarge,
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfFuel => f.write_str(
                "The expression needs more work than one expression may do. \
                 Make its lists smaller, or do the work in a step.",
            ),
            Self::Unknown { path } => write!(f, "There is no `{path}`."),
            Self::WrongType {
                what,
                expected,
                found,
            } if expected.is_empty() => {
                write!(f, "{what} does not work with {found}.")
            }
            Self::WrongType {
                what,
                expected,
                found,
            } => {
                write!(f, "{what} must be {expected}; this is {found}.")
            }
            Self::Failed { message } => f.write_str(message),
            Self::TooLarge => write!(
                f,
                "The result is larger than {} MiB. Write it to a file in a step and pass the path.",
                super::LARGEST_TEXT / (1024 * 1024)
            ),
        }
    }
}

impl std::error::Error for EvaluationError {}

/// What CEL says, without its jargon and without values, which may be long or private.
pub(super) fn in_own_words(
    error: &ExecutionError,
    missing: impl Fn(&str) -> Option<String>,
) -> EvaluationError {
    let failed = |message: &str| EvaluationError::Failed {
        message: message.to_owned(),
    };
    match error {
        ExecutionError::NoSuchKey(key) => EvaluationError::Unknown {
            path: missing(key).unwrap_or_else(|| key.to_string()),
        },
        ExecutionError::UndeclaredReference(name) => match missing(name) {
            Some(path) => EvaluationError::Unknown { path },
            None => EvaluationError::Failed {
                message: format!("There is no function or name `{name}`."),
            },
        },
        ExecutionError::NoSuchOverload(overload) => {
            let found = overload
                .argument_types()
                .iter()
                .map(|name| type_in_words(name))
                .collect::<Vec<_>>();
            EvaluationError::WrongType {
                what: function_in_words(overload.function()),
                expected: String::new(),
                found: join(&found),
            }
        }
        ExecutionError::UnexpectedType { got, want } => EvaluationError::WrongType {
            what: "A value".to_owned(),
            expected: type_in_words(want).to_owned(),
            found: type_in_words(got).to_owned(),
        },
        ExecutionError::UnsupportedBinaryOperator(operator, left, right) => {
            EvaluationError::WrongType {
                what: match *operator {
                    "add" => "`+`".to_owned(),
                    "sub" => "`-`".to_owned(),
                    "mul" => "`*`".to_owned(),
                    "div" => "`/`".to_owned(),
                    "rem" => "`%`".to_owned(),
                    other => format!("`{other}`"),
                },
                expected: String::new(),
                found: join(&[
                    type_in_words(&left.type_of().to_string()),
                    type_in_words(&right.type_of().to_string()),
                ]),
            }
        }
        ExecutionError::ValuesNotComparable(left, right) => EvaluationError::WrongType {
            what: "A comparison".to_owned(),
            expected: String::new(),
            found: join(&[
                type_in_words(&left.type_of().to_string()),
                type_in_words(&right.type_of().to_string()),
            ]),
        },
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            failed("The expression divides by zero.")
        }
        ExecutionError::Overflow(..) => failed("A number in the expression grows too large."),
        ExecutionError::IndexOutOfBounds(_) => {
            failed("The expression asks for an element after the end of the list.")
        }
        ExecutionError::DuplicateKey(_) => failed("A map in the expression has a key twice."),
        ExecutionError::UnsupportedKeyType(_) => {
            failed("A key of a map must be a text, a whole number, or true or false.")
        }
        ExecutionError::InvalidArgumentCount { expected, actual } => EvaluationError::Failed {
            message: format!("A function takes {expected} arguments and got {actual}."),
        },
        ExecutionError::FunctionError { function, message } => EvaluationError::Failed {
            message: format!("{} failed: {message}.", function_in_words(function)),
        },
        ExecutionError::NotSupportedAsMethod { method, target } => EvaluationError::WrongType {
            what: format!("`{method}`"),
            expected: String::new(),
            found: type_in_words(&target.type_of().to_string()).to_owned(),
        },
        _ => failed("The expression has no value here: a value is of a type that does not fit."),
    }
}

fn function_in_words(name: &str) -> String {
    match name {
        operators::CONDITIONAL => "`? :`".to_owned(),
        operators::INDEX | operators::OPT_INDEX => "`[ ]`".to_owned(),
        operators::LOGICAL_NOT => "`!`".to_owned(),
        "_._" | operators::OPT_SELECT => "`.`".to_owned(),
        operators::IN => "`in`".to_owned(),
        operators::NEGATE => "`-`".to_owned(),
        _ => format!("`{}`", name.trim_matches(|c| c == '_' || c == '@')),
    }
}

fn type_in_words(name: &str) -> &str {
    match name {
        "int" | "uint" | "i64" | "u64" => "a whole number",
        "double" | "float" | "f64" => "a number",
        "string" => "a text",
        "bool" => "true or false",
        "list" | "iterable" => "a list",
        "map" => "a map",
        "null_type" | "null" => "nothing (null)",
        "bytes" => "bytes",
        "google.protobuf.Duration" | "duration" => "a length of time",
        "google.protobuf.Timestamp" | "timestamp" => "a time",
        "type" => "a type",
        "optional_type" | "opaque" => "an optional value",
        _ => "a value of another type",
    }
}

fn join(words: &[&str]) -> String {
    match words {
        [] => "no value".to_owned(),
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        [only, ..] => (*only).to_owned(),
    }
}
