//! Works an expression out, or says why it cannot. `hcl-rs` reads the expressions; its own evaluation
//! knows no values that come later, so it is done here.

use hcl::expr::{
    BinaryOperator, Expression, ForExpr, FuncCall, ObjectKey, Operation, TemplateExpr, Traversal,
    TraversalOperator, UnaryOperator,
};
use hcl::template::{Directive, Element, Strip, Template};
use serde_json::{Map, Value, json};

use super::functions;
use super::value::{
    Answer, Refusal, as_set, cannot, entries, entry, from_number, has_unknown, index, is_unknown,
    items, known, number, same, text, truth, unknown, wrong,
};

/// What the names in an expression mean.
#[derive(Clone)]
pub(crate) struct Scope<'a> {
    /// Answers for the first two names of a path, such as `var` and `branch`.
    pub(crate) look: &'a dyn Fn(&str, &str) -> Answer,
    /// Names that hold in this place alone: `each`, `count`, `self`, those of a `for`.
    pub(crate) here: Vec<(String, Value)>,
}

impl Scope<'_> {
    fn with(&self, names: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut scope = self.clone();
        scope.here.extend(names);
        scope
    }

    fn here(&self, name: &str) -> Option<&Value> {
        let found = self.here.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    /// Works it out.
    pub(crate) fn value(&self, expr: &Expression) -> Answer {
        match expr {
            Expression::Null => Ok(Value::Null),
            Expression::Bool(truth) => Ok(json!(truth)),
            Expression::Number(number) => match number.as_f64() {
                Some(number) => from_number(number),
                None => wrong("This is no number."),
            },
            Expression::String(text) => Ok(json!(text)),
            Expression::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Expression::Object(object) => {
                let mut made = Map::new();
                for (key, value) in object {
                    let key = match key {
                        ObjectKey::Identifier(name) => json!(name.as_str()),
                        ObjectKey::Expression(Expression::Variable(name)) => json!(name.as_str()),
                        ObjectKey::Expression(key) => self.value(key)?,
                        _ => return cannot("read this key of an object"),
                    };
                    if is_unknown(&key) {
                        return Ok(unknown());
                    }
                    made.insert(text(&key)?, self.value(value)?);
                }
                Ok(Value::Object(made))
            }
            Expression::TemplateExpr(template) => self.template(template),
            Expression::Variable(name) => match self.here(name.as_str()) {
                Some(value) => Ok(value.clone()),
                None => wrong(format!(
                    "A name alone says nothing here: `{}`.",
                    name.as_str()
                )),
            },
            Expression::Traversal(path) => self.path(path),
            Expression::FuncCall(call) => self.call(call),
            Expression::Parenthesis(inner) => self.value(inner),
            Expression::Conditional(condition) => {
                let which = self.value(&condition.cond_expr)?;
                if is_unknown(&which) {
                    return Ok(unknown());
                }
                self.value(if truth(&which)? {
                    &condition.true_expr
                } else {
                    &condition.false_expr
                })
            }
            Expression::Operation(operation) => self.operation(operation),
            Expression::ForExpr(each) => self.each(each),
            _ => cannot("read this kind of expression"),
        }
    }

    fn path(&self, path: &Traversal) -> Answer {
        let mut rest = path.operators.as_slice();
        let start = match &path.expr {
            Expression::Variable(root) if self.here(root.as_str()).is_none() => {
                let Some((TraversalOperator::GetAttr(name), after)) = rest.split_first() else {
                    return cannot(format!("follow this way into `{}`", root.as_str()));
                };
                rest = after;
                (self.look)(root.as_str(), name.as_str())?
            }
            other => self.value(other)?,
        };
        self.follow(start, rest)
    }

    fn follow(&self, mut value: Value, way: &[TraversalOperator]) -> Answer {
        for (at, step) in way.iter().enumerate() {
            value = match step {
                TraversalOperator::GetAttr(name) => entry(&value, name.as_str())?,
                TraversalOperator::Index(key) => index(&value, &self.value(key)?)?,
                TraversalOperator::LegacyIndex(key) => index(&value, &json!(key))?,
                TraversalOperator::AttrSplat | TraversalOperator::FullSplat => {
                    if is_unknown(&value) {
                        return Ok(unknown());
                    }
                    let all = match items(&value) {
                        Some(items) => items.clone(),
                        None if value.is_null() => Vec::new(),
                        None => vec![value],
                    };
                    let way = &way[at + 1..];
                    return all.into_iter().map(|one| self.follow(one, way)).collect();
                }
            };
        }
        Ok(value)
    }

    fn call(&self, call: &FuncCall) -> Answer {
        let name = call.name.name.as_str();
        if call.name.is_namespaced() {
            return cannot(format!("call `{name}`: it belongs to a provider"));
        }
        if matches!(name, "can" | "try") {
            for arg in &call.args {
                match self.value(arg) {
                    Ok(value) if name == "try" => return Ok(value),
                    Ok(value) if has_unknown(&value) => return Ok(unknown()),
                    Ok(_) => return Ok(json!(true)),
                    Err(Refusal::Wrong(_)) => {}
                    Err(refusal) => return Err(refusal),
                }
            }
            return if name == "can" {
                Ok(json!(false))
            } else {
                wrong("No expression of `try` succeeded.")
            };
        }
        let mut args: Vec<Value> = Vec::new();
        for arg in &call.args {
            args.push(self.value(arg)?);
        }
        if call.expand_final
            && let Some(last) = args.pop()
        {
            if is_unknown(&last) {
                return Ok(unknown());
            }
            match items(&last) {
                Some(more) => args.extend(more.iter().cloned()),
                None => return wrong("Only a list can be expanded with `...`."),
            }
        }
        functions::call(name, &args)
    }

    fn operation(&self, operation: &Operation) -> Answer {
        let (a, operator, b) = match operation {
            Operation::Unary(unary) => {
                let value = self.value(&unary.expr)?;
                return match unary.operator {
                    _ if is_unknown(&value) => Ok(unknown()),
                    UnaryOperator::Neg => from_number(-number(&value)?),
                    UnaryOperator::Not => Ok(json!(!truth(&value)?)),
                };
            }
            Operation::Binary(two) => (&two.lhs_expr, two.operator, &two.rhs_expr),
        };
        let (a, b) = (self.value(a)?, self.value(b)?);
        if has_unknown(&a) || has_unknown(&b) {
            return Ok(unknown());
        }
        let equal = || {
            same(
                &known(&a).unwrap_or_default(),
                &known(&b).unwrap_or_default(),
            )
        };
        Ok(match operator {
            BinaryOperator::Eq => json!(equal()),
            BinaryOperator::NotEq => json!(!equal()),
            BinaryOperator::And => json!(truth(&a)? && truth(&b)?),
            BinaryOperator::Or => json!(truth(&a)? || truth(&b)?),
            BinaryOperator::Less => json!(number(&a)? < number(&b)?),
            BinaryOperator::LessEq => json!(number(&a)? <= number(&b)?),
            BinaryOperator::Greater => json!(number(&a)? > number(&b)?),
            BinaryOperator::GreaterEq => json!(number(&a)? >= number(&b)?),
            BinaryOperator::Plus => from_number(number(&a)? + number(&b)?)?,
            BinaryOperator::Minus => from_number(number(&a)? - number(&b)?)?,
            BinaryOperator::Mul => from_number(number(&a)? * number(&b)?)?,
            BinaryOperator::Div => from_number(number(&a)? / number(&b)?)?,
            BinaryOperator::Mod => from_number(number(&a)? % number(&b)?)?,
        })
    }

    /// The rounds of a `for`: a scope for each.
    fn rounds(&self, key: Option<&str>, value: &str, over: &Value) -> Result<Vec<Self>, Refusal> {
        let pairs: Vec<(Value, Value)> = if let Some(items) = as_set(over) {
            items.iter().map(|i| (i.clone(), i.clone())).collect()
        } else if let Some(items) = over.as_array() {
            let counted = items.iter().enumerate();
            counted
                .map(|(at, item)| (json!(at), item.clone()))
                .collect()
        } else if let Some(entries) = entries(over) {
            let named = entries.into_iter();
            named
                .map(|(name, item)| (json!(name), item.clone()))
                .collect()
        } else {
            return wrong("A `for` goes through a list, a set, a map or an object.");
        };
        Ok(pairs
            .into_iter()
            .map(|(name, item)| {
                let key = key.map(|key| (key.to_owned(), name));
                self.with(key.into_iter().chain([(value.to_owned(), item)]))
            })
            .collect())
    }

    fn each(&self, each: &ForExpr) -> Answer {
        let over = self.value(&each.collection_expr)?;
        if is_unknown(&over) {
            return Ok(unknown());
        }
        let key = each.key_var.as_ref().map(hcl::Identifier::as_str);
        let mut list = Vec::new();
        let mut map: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
        for scope in self.rounds(key, each.value_var.as_str(), &over)? {
            if let Some(condition) = &each.cond_expr {
                let wanted = scope.value(condition)?;
                if is_unknown(&wanted) {
                    return Ok(unknown());
                }
                if !truth(&wanted)? {
                    continue;
                }
            }
            let Some(key) = &each.key_expr else {
                list.push(scope.value(&each.value_expr)?);
                continue;
            };
            let key = scope.value(key)?;
            if is_unknown(&key) {
                return Ok(unknown());
            }
            let (key, value) = (text(&key)?, scope.value(&each.value_expr)?);
            if each.grouping {
                let group = map.entry(key).or_insert_with(|| json!([]));
                if let Value::Array(group) = group {
                    group.push(value);
                }
            } else if map.insert(key.clone(), value).is_some() {
                return wrong(format!("Two different items produced the key \"{key}\"."));
            }
        }
        Ok(if each.key_expr.is_some() {
            Value::Object(map.into_iter().collect())
        } else {
            Value::Array(list)
        })
    }

    fn template(&self, template: &TemplateExpr) -> Answer {
        let Ok(template) = Template::from_expr(template) else {
            return wrong("This template cannot be read.");
        };
        if let [Element::Interpolation(only)] = template.elements() {
            return self.value(&only.expr);
        }
        let mut text = String::new();
        let sure = self.fill(&template, Strip::None, Strip::None, &mut text)?;
        Ok(if sure { json!(text) } else { unknown() })
    }

    /// Fills a template; `false` where a part of it is not known yet.
    fn fill(
        &self,
        template: &Template,
        before: Strip,
        after: Strip,
        out: &mut String,
    ) -> Result<bool, Refusal> {
        let parts = template.elements();
        let strip = |part: &Element| match part {
            Element::Literal(_) => (Strip::None, Strip::None),
            Element::Interpolation(part) => (part.strip, part.strip),
            Element::Directive(part) => match part.as_ref() {
                Directive::If(part) => (part.if_strip, part.endif_strip),
                Directive::For(part) => (part.for_strip, part.endfor_strip),
            },
        };
        for (at, part) in parts.iter().enumerate() {
            match part {
                Element::Literal(literal) => {
                    let previous = at.checked_sub(1).map_or(before, |at| strip(&parts[at]).1);
                    let next = parts.get(at + 1).map_or(after, |part| strip(part).0);
                    out.push_str(stripped(literal, previous, next));
                }
                Element::Interpolation(part) => {
                    let value = self.value(&part.expr)?;
                    if has_unknown(&value) {
                        return Ok(false);
                    }
                    out.push_str(&text(&value)?);
                }
                Element::Directive(part) => {
                    if !self.directive(part, out)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    fn directive(&self, part: &Directive, out: &mut String) -> Result<bool, Refusal> {
        match part {
            Directive::If(part) => {
                let which = self.value(&part.cond_expr)?;
                if is_unknown(&which) {
                    return Ok(false);
                }
                match (truth(&which)?, &part.false_template) {
                    (true, other) => {
                        let end = if other.is_some() {
                            part.else_strip
                        } else {
                            part.endif_strip
                        };
                        self.fill(&part.true_template, part.if_strip, end, out)
                    }
                    (false, Some(other)) => {
                        self.fill(other, part.else_strip, part.endif_strip, out)
                    }
                    (false, None) => Ok(true),
                }
            }
            Directive::For(part) => {
                let over = self.value(&part.collection_expr)?;
                if is_unknown(&over) {
                    return Ok(false);
                }
                let key = part.key_var.as_ref().map(hcl::Identifier::as_str);
                for scope in self.rounds(key, part.value_var.as_str(), &over)? {
                    if !scope.fill(&part.template, part.for_strip, part.endfor_strip, out)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }
}

/// `~` takes blanks away up to the end of the line, and that end.
fn stripped(literal: &str, previous: Strip, next: Strip) -> &str {
    let blank = |c: char| c.is_whitespace() && c != '\n';
    let mut text = literal;
    if previous.strip_end() {
        text = text.trim_start_matches(blank);
        text = text.strip_prefix('\n').unwrap_or(text);
    }
    if next.strip_start() {
        text = text.trim_end_matches(blank);
        text = text.strip_suffix('\n').unwrap_or(text);
    }
    text
}
