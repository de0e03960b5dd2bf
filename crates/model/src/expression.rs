//! Expressions: bare CEL, and texts that hold `${{ CEL }}`.
//!
//! For the compiler (what does this refer to, is it well formed) and for the engine (what is its value
//! now). Evaluation is pure and bounded: every expression has a length limit, a depth limit and a fuel
//! budget, so that no document can hang or exhaust the program.
//!
//! Not here: whether a reference means something (that is `plan::compile`, which knows the schemas).
//!
//! Invariants: the same expression and scope give the same value, in the same order; evaluation ends
//! after at most [`FUEL`] units; nothing here panics or overflows a stack of 2 MiB.

mod error;
mod fuel;
mod functions;
mod json;
mod metered;
mod reference;
mod simple;
mod syntax;
mod template;

#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock, OnceLock};

use cel::common::ast::IdedExpr;
use cel::{Context, Env};
use serde_json::{Map, Value};

pub use error::{EvaluationError, SyntaxError};
pub use reference::Reference;
pub use template::{
    Rendered, Template, WaitsFor, after_steps, references, render, render_partly, syntax_errors,
};

use crate::{stack, work};
use fuel::Fuel;

/// The longest source of one expression, in bytes.
pub const LONGEST_SOURCE: usize = 2048;

/// Units that one evaluation may use: one for each step of work, one for each value made or copied,
/// one for each 64 bytes of text.
pub const FUEL: u64 = 1_000_000;

/// The largest text that an expression or template may give, in bytes.
pub const LARGEST_TEXT: usize = 4 * 1024 * 1024;

static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// One parsed expression of bare CEL. Cheap to clone.
#[derive(Clone)]
pub struct Expression {
    parsed: Arc<Parsed>,
}

struct Parsed {
    source: String,
    references: Vec<Reference>,
    /// The whole expression is one path, read without CEL.
    is_path: bool,
    /// Made when it is needed first: most expressions are only looked at.
    program: OnceLock<Program>,
}

/// An expression as CEL reads it, metered.
struct Program {
    metered: IdedExpr,
    /// How deep the metered tree is.
    depth: usize,
}

impl Expression {
    /// Reads an expression.
    ///
    /// Fails with everything that is wrong with it; the places are byte offsets in `source`.
    pub fn parse(source: &str) -> Result<Self, Vec<SyntaxError>> {
        let operators = syntax::check(source)?;
        work::note(|work| work.expressions += 1);
        if let Some((references, is_path)) = simple::read(source) {
            return Ok(Self {
                parsed: Arc::new(Parsed {
                    source: source.to_owned(),
                    references,
                    is_path,
                    program: OnceLock::new(),
                }),
            });
        }
        Self::parse_by_cel(source, operators)
    }

    fn parse_by_cel(source: &str, operators: usize) -> Result<Self, Vec<SyntaxError>> {
        work::note(|work| work.by_cel += 1);
        let parsed = stack::with_room(operators, || compile(source))?;
        Ok(Self {
            parsed: Arc::new(parsed),
        })
    }

    /// The text it was read from.
    pub fn source(&self) -> &str {
        &self.parsed.source
    }

    /// What it refers to, in the order of the text; a path that stands twice is listed twice.
    ///
    /// Variables of `map`, `filter` and the like are no references.
    pub fn references(&self) -> Vec<Reference> {
        self.parsed.references.clone()
    }

    /// Its value in the given scope.
    pub fn evaluate(&self, scope: &Scope) -> Result<Value, EvaluationError> {
        self.evaluate_with(scope, &Arc::new(Fuel::new(FUEL)))
    }

    /// Whether it is true in the given scope; a value that is neither true nor false is an error.
    pub fn is_true(&self, scope: &Scope) -> Result<bool, EvaluationError> {
        match self.evaluate(scope)? {
            Value::Bool(value) => Ok(value),
            other => Err(EvaluationError::WrongType {
                what: "a condition".to_owned(),
                expected: "true or false".to_owned(),
                found: json::kind(&other).to_owned(),
            }),
        }
    }

    fn evaluate_with(&self, scope: &Scope, fuel: &Arc<Fuel>) -> Result<Value, EvaluationError> {
        if self.parsed.is_path {
            let path = &self.parsed.references[0].path;
            let value = scope.get(path).ok_or_else(|| EvaluationError::Unknown {
                path: path.join("."),
            })?;
            return json::within_size(value.clone());
        }
        let program = self.program()?;
        stack::with_room(program.depth, || self.evaluate_here(program, scope, fuel))
    }

    /// As CEL reads it.
    fn program(&self) -> Result<&Program, EvaluationError> {
        if let Some(program) = self.parsed.program.get() {
            return Ok(program);
        }
        let source = self.source();
        let read = syntax::check(source).and_then(|operators| {
            work::note(|work| work.by_cel += 1);
            stack::with_room(operators, || compile(source))
        });
        let program = read.map(|parsed| parsed.program.into_inner());
        match program {
            Ok(Some(program)) => Ok(self.parsed.program.get_or_init(|| program)),
            Ok(None) => Err(EvaluationError::Failed {
                message: "The expression cannot be read.".to_owned(),
            }),
            Err(errors) => Err(EvaluationError::Failed {
                message: errors
                    .into_iter()
                    .next()
                    .map_or_else(String::new, |error| error.message),
            }),
        }
    }

    fn evaluate_here(
        &self,
        program: &Program,
        scope: &Scope,
        fuel: &Arc<Fuel>,
    ) -> Result<Value, EvaluationError> {
        let roots = json::referenced_part(scope, &self.parsed.references);
        let mut context = Context::with_env(Arc::clone(&STANDARD));
        functions::add(&mut context, fuel);
        for (name, value) in &roots {
            context.add_variable_as_val(name.as_str(), json::to_cel(value));
        }
        let result = cel::Value::resolve_val(&program.metered, &context);
        if fuel.is_empty() {
            return Err(EvaluationError::OutOfFuel);
        }
        match result {
            Ok(value) => json::within_size(json::from_cel(value.as_ref())?),
            Err(error) => Err(error::in_own_words(&error, |key| self.missing(scope, key))),
        }
    }

    /// The path in the expression whose first missing part is `key`.
    fn missing(&self, scope: &Scope, key: &str) -> Option<String> {
        let found = self.parsed.references.iter().find(|reference| {
            (1..=reference.path.len())
                .find(|length| scope.get(&reference.path[..*length]).is_none())
                .is_some_and(|length| reference.path[length - 1] == key)
        });
        found.map(|reference| reference.path.join("."))
    }
}

/// Reads an expression with the parser of CEL.
fn compile(source: &str) -> Result<Parsed, Vec<SyntaxError>> {
    let program = STANDARD
        .compile(source)
        .map_err(|errors| syntax::in_own_words(source, &errors.errors))?;
    let references = reference::find(source, program.expression(), program.source_info());
    syntax::check_references(source, &references)?;
    let is_path = matches!(references.as_slice(), [only]
        if reference::is_path(program.expression()) && source.trim().len() == only.end - only.start);
    let metered = metered::rewrite(program.expression().clone());
    let depth = metered::depth(&metered);
    Ok(Parsed {
        source: source.to_owned(),
        references,
        is_path,
        program: OnceLock::from(Program { metered, depth }),
    })
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expression").field(&self.source()).finish()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Expression {}

/// What expressions can see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// `inputs.NAME`.
    pub inputs: Value,
    /// `environment.name`, `environment.vars.NAME`.
    pub environment: Value,
    /// `steps.ID.outputs`, `steps.ID.status`.
    pub steps: Value,
    /// The element of `for_each` that this is for; `each` is unknown where absent.
    pub each: Option<Value>,
    /// `run.id` and the like.
    pub run: Value,
}

/// The names that a path can start with.
pub const ROOTS: [&str; 5] = ["inputs", "environment", "steps", "each", "run"];

impl Scope {
    fn root(&self, name: &str) -> Option<&Value> {
        match name {
            "inputs" => Some(&self.inputs),
            "environment" => Some(&self.environment),
            "steps" => Some(&self.steps),
            "each" => self.each.as_ref(),
            "run" => Some(&self.run),
            _ => None,
        }
    }

    /// The value at a path such as `["steps", "network", "outputs", "url"]`.
    pub fn get(&self, path: &[String]) -> Option<&Value> {
        let (root, rest) = path.split_first()?;
        rest.iter().try_fold(self.root(root)?, |value, key| {
            value
                .as_object()
                .and_then(|map: &Map<String, Value>| map.get(key))
        })
    }
}
