//! Which inputs of a workflow are asked for, and what each of them is.
//!
//! An input may say `when` it is asked for: bare CEL over the other inputs. One that is not asked for has
//! its default, or nothing, whatever was typed before; so a condition that reads it sees that.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use podium_model::expression::{Expression, Scope, SyntaxError};
use serde_json::{Map, Value, json};

use crate::call::is_optional;

/// The key in an input's schema that says when it is asked for.
pub(crate) const WHEN: &str = "when";

/// The inputs of one workflow, with their conditions read.
pub(crate) struct Questions<'a> {
    all: Vec<Question<'a>>,
    /// Places in `all`, each after those that its condition reads. Those in a circle are not in it.
    order: Vec<usize>,
}

pub(crate) struct Question<'a> {
    pub(crate) name: &'a str,
    pub(crate) schema: &'a Value,
    pub(crate) when: Option<Condition>,
    /// Places of the inputs that the condition reads.
    after: Vec<usize>,
}

/// What stands under `when`.
pub(crate) enum Condition {
    Reads(Expression),
    /// It is no expression.
    Wrong(Vec<SyntaxError>),
    /// It is no text at all.
    NoText,
}

/// What came of one question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// A value was given.
    Given(Value),
    /// None was given, and there is a default or none is needed.
    Default(Value),
    /// It is not asked for, and this stands in its place.
    NotAsked(Value),
    /// It is asked for, and has no value.
    Missing,
    /// Its value, or whether it is asked for, is known later.
    Later,
    /// The condition gave neither true nor false; why.
    Undecided(String),
}

impl<'a> Questions<'a> {
    pub(crate) fn read(inputs: impl Iterator<Item = (&'a String, &'a Value)>) -> Self {
        let mut all: Vec<Question<'a>> = inputs
            .map(|(name, schema)| Question {
                name,
                schema,
                when: schema.get(WHEN).map(Condition::read),
                after: Vec::new(),
            })
            .collect();
        let places: HashMap<&str, usize> = all
            .iter()
            .enumerate()
            .map(|(place, question)| (question.name, place))
            .collect();
        let read: Vec<Vec<usize>> = all
            .iter()
            .map(|question| {
                let mut after: Vec<usize> = question
                    .reads()
                    .iter()
                    .filter_map(|name| places.get(name.as_str()).copied())
                    .collect();
                after.sort_unstable();
                after.dedup();
                after
            })
            .collect();
        for (question, after) in all.iter_mut().zip(read) {
            question.after = after;
        }
        let order = order(&all);
        Self { all, order }
    }

    /// In the order of the file.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Question<'a>> {
        self.all.iter()
    }

    /// Inputs whose conditions read each other, each circle once, from its first in the file.
    pub(crate) fn circles(&self) -> Vec<Vec<&'a str>> {
        let mut free = vec![false; self.all.len()];
        for place in &self.order {
            free[*place] = true;
        }
        let mut walked = free.clone();
        let mut found = Vec::new();
        for start in 0..self.all.len() {
            let mut way: Vec<usize> = Vec::new();
            let mut at = start;
            while !walked[at] {
                walked[at] = true;
                way.push(at);
                // One that is not free reads one that is not free.
                match self.all[at].after.iter().find(|place| !free[**place]) {
                    Some(next) => at = *next,
                    None => break,
                }
            }
            if let Some(from) = way.iter().position(|place| *place == at) {
                let circle = &way[from..];
                let first = (0..circle.len()).min_by_key(|n| circle[*n]).unwrap_or(0);
                let around = circle[first..].iter().chain(&circle[..first]);
                found.push(around.map(|place| self.all[*place].name).collect());
            }
        }
        found
    }

    /// What each input is, in the order of the file. What `is_later` names has a value that is known later.
    pub(crate) fn answers(
        &self,
        given: &Map<String, Value>,
        is_later: &dyn Fn(&str) -> bool,
    ) -> Vec<Answer> {
        // Those in a circle are told as wrong elsewhere, and asked for all the same.
        let mut answers: Vec<Answer> = self
            .all
            .iter()
            .map(|question| question.asked(given, is_later))
            .collect();
        let mut known = Scope {
            inputs: Value::Object(Map::new()),
            ..Scope::default()
        };
        for place in &self.order {
            let question = &self.all[*place];
            if let Some(Condition::Reads(condition)) = &question.when {
                let read = || question.after.iter().map(|place| &answers[*place]);
                if read().any(|answer| *answer == Answer::Later) {
                    answers[*place] = Answer::Later;
                } else if read()
                    .any(|answer| matches!(answer, Answer::Missing | Answer::Undecided(_)))
                {
                    // One thing after the other: it is asked for when that is answered.
                    answers[*place] = question.not_asked();
                } else {
                    match condition.is_true(&known) {
                        Ok(true) => {}
                        Ok(false) => answers[*place] = question.not_asked(),
                        // Nothing is neither more nor less than something.
                        Err(_) if read().any(|answer| answer.value() == Some(&Value::Null)) => {
                            answers[*place] = question.not_asked();
                        }
                        Err(because) => {
                            answers[*place] = Answer::Undecided(because.to_string());
                        }
                    }
                }
            }
            if let (Some(value), Value::Object(known)) =
                (answers[*place].value(), &mut known.inputs)
            {
                known.insert(question.name.to_owned(), value.clone());
            }
        }
        answers
    }

    /// Each input with a condition and those it reads, the ones read first.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = (&'a str, Vec<&'a str>)> {
        self.order.iter().filter_map(|place| {
            let question = &self.all[*place];
            let reads = question.after.iter().map(|place| self.all[*place].name);
            (!question.after.is_empty()).then(|| (question.name, reads.collect()))
        })
    }
}

impl Condition {
    fn read(value: &Value) -> Self {
        let source = match value {
            Value::String(source) => source.clone(),
            Value::Bool(value) => json!(value).to_string(),
            _ => return Self::NoText,
        };
        match Expression::parse(&source) {
            Ok(expression) => Self::Reads(expression),
            Err(errors) => Self::Wrong(errors),
        }
    }
}

impl Question<'_> {
    /// The names of the inputs that its condition reads.
    fn reads(&self) -> Vec<String> {
        let Some(Condition::Reads(condition)) = &self.when else {
            return Vec::new();
        };
        condition
            .references()
            .into_iter()
            .filter_map(|reference| match reference.path.as_slice() {
                [root, name, ..] if root == "inputs" => Some(name.clone()),
                _ => None,
            })
            .collect()
    }

    /// What it is where nothing keeps it from being asked for.
    fn asked(&self, given: &Map<String, Value>, is_later: &dyn Fn(&str) -> bool) -> Answer {
        if is_later(self.name) {
            return Answer::Later;
        }
        match (given.get(self.name), self.schema.get("default")) {
            (Some(value), _) => Answer::Given(value.clone()),
            (None, Some(value)) => Answer::Default(value.clone()),
            (None, None) if is_optional(self.schema) => Answer::Default(Value::Null),
            (None, None) => Answer::Missing,
        }
    }

    fn not_asked(&self) -> Answer {
        Answer::NotAsked(self.schema.get("default").cloned().unwrap_or_default())
    }
}

impl Answer {
    /// The value, where there is one.
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Self::Given(value) | Self::Default(value) | Self::NotAsked(value) => Some(value),
            Self::Missing | Self::Later | Self::Undecided(_) => None,
        }
    }
}

/// Each after those it reads, ties as in the file; without those in a circle or behind one.
fn order(all: &[Question<'_>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = all.iter().map(|question| question.after.len()).collect();
    let mut readers = vec![Vec::new(); all.len()];
    for (place, question) in all.iter().enumerate() {
        for read in &question.after {
            readers[*read].push(place);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> = (0..all.len())
        .filter(|place| waiting[*place] == 0)
        .map(Reverse)
        .collect();
    let mut order = Vec::with_capacity(all.len());
    while let Some(Reverse(place)) = ready.pop() {
        order.push(place);
        for reader in &readers[place] {
            waiting[*reader] -= 1;
            if waiting[*reader] == 0 {
                ready.push(Reverse(*reader));
            }
        }
    }
    order
}
