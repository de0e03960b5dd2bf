//! What an expression refers to, and where it says so.

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};

use super::metered::is_library;
use super::syntax::{identifier_end, text_end};

/// A path that an expression reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// For example `["steps", "network", "outputs", "url"]`; ends where the path is computed.
    pub path: Vec<String>,
    /// Where it starts: a byte offset in the given text.
    pub start: usize,
    /// Where it ends, exclusive.
    pub end: usize,
}

/// Names of CEL's types, which stand where a variable could.
pub(super) const TYPES: [&str; 13] = [
    "bool",
    "bytes",
    "double",
    "dyn",
    "google",
    "int",
    "list",
    "map",
    "null_type",
    "optional_type",
    "string",
    "type",
    "uint",
];

/// Every path in the expression, in the order of the text.
pub(super) fn find(source: &str, expression: &IdedExpr, places: &SourceInfo) -> Vec<Reference> {
    let mut walk = Walk {
        source,
        places,
        bound: Vec::new(),
        found: Vec::new(),
    };
    walk.visit(expression);
    walk.found
        .sort_by_key(|reference| (reference.start, reference.end));
    walk.found
}

/// Whether the whole expression is one path whose value can be read without CEL.
pub(super) fn is_path(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Ident(_) => true,
        Expr::Select(select) => !select.test && is_path(&select.operand),
        _ => false,
    }
}

struct Walk<'a> {
    source: &'a str,
    places: &'a SourceInfo,
    bound: Vec<&'a str>,
    found: Vec<Reference>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, expression: &'a IdedExpr) {
        if let Some((root, path)) = path_of(expression) {
            self.add(root, path);
            return;
        }
        match &expression.expr {
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
            Expr::Select(select) => self.visit(&select.operand),
            Expr::Call(call) => {
                let target = call.target.as_deref();
                if let Some(target) = target.filter(|target| !is_library(Some(target))) {
                    self.visit(target);
                }
                call.args.iter().for_each(|argument| self.visit(argument));
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.visit(element)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.entry(&entry.expr)),
            Expr::Struct(made) => made
                .entries
                .iter()
                .for_each(|entry| self.entry(&entry.expr)),
            Expr::Comprehension(comprehension) => {
                self.visit(&comprehension.iter_range);
                self.visit(&comprehension.accu_init);
                let outside = self.bound.len();
                self.bound.push(&comprehension.iter_var);
                self.bound.push(&comprehension.accu_var);
                self.bound.extend(comprehension.iter_var2.as_deref());
                self.visit(&comprehension.loop_cond);
                self.visit(&comprehension.loop_step);
                self.visit(&comprehension.result);
                self.bound.truncate(outside);
            }
        }
    }

    fn entry(&mut self, entry: &'a EntryExpr) {
        match entry {
            EntryExpr::MapEntry(entry) => {
                self.visit(&entry.key);
                self.visit(&entry.value);
            }
            EntryExpr::StructField(field) => self.visit(&field.value),
        }
    }

    fn add(&mut self, root: &'a IdedExpr, path: Vec<&'a str>) {
        let name = path[0];
        if self.bound.contains(&name) || (path.len() == 1 && TYPES.contains(&name)) {
            return;
        }
        let Some((start, _)) = self.places.offset_for(root.id) else {
            return;
        };
        let start = start as usize;
        let end = path_end(self.source, start, path.len());
        self.found.push(Reference {
            path: path.into_iter().map(str::to_owned).collect(),
            start,
            end,
        });
    }
}

/// The identifier at the start of a chain of fields and the whole chain; none for other expressions.
fn path_of(expression: &IdedExpr) -> Option<(&IdedExpr, Vec<&str>)> {
    let mut keys = Vec::new();
    let mut at = expression;
    loop {
        match &at.expr {
            Expr::Ident(name) => {
                keys.push(name.as_str());
                keys.reverse();
                return Some((at, keys));
            }
            Expr::Select(select) => {
                keys.push(&select.field);
                at = &select.operand;
            }
            Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
                (
                    operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT,
                    [
                        operand,
                        IdedExpr {
                            expr: Expr::Literal(LiteralValue::String(key)),
                            ..
                        },
                    ],
                ) => {
                    keys.push(key.inner());
                    at = operand;
                }
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// Where a path of this many parts ends that starts at `start`.
fn path_end(source: &str, start: usize, parts: usize) -> usize {
    let bytes = source.as_bytes();
    let mut end = identifier_end(source, start);
    let blank = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    };
    for _ in 1..parts {
        let mut at = blank(end);
        // Parentheses around a part, such as `(inputs).size`, end the text of the path.
        match bytes.get(at) {
            Some(b'.') => {
                at = blank(at + 1);
                if bytes.get(at) == Some(&b'?') {
                    at = blank(at + 1);
                }
                end = identifier_end(source, at);
            }
            Some(b'[') => {
                at = blank(at + 1);
                if bytes.get(at) == Some(&b'?') {
                    at = blank(at + 1);
                }
                let Some(after) = text_end(source, at) else {
                    return end;
                };
                at = blank(after);
                if bytes.get(at) != Some(&b']') {
                    return end;
                }
                end = at + 1;
            }
            _ => return end,
        }
    }
    end
}
