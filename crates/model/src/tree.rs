//! The located tree: a YAML text with the place of every key and value.
//!
//! [`read`] turns bytes into a [`SourceMap`], or into the reasons why not. It keeps byte ranges and not
//! lines; lines and columns are counted when somebody asks. Limits hold for every input: 16 MiB,
//! a million values, 64 levels, 250,000 values by alias. Scalars are read by the core schema of YAML 1.2:
//! `yes`, `on` and `no` are texts.
//!
//! Not here: what the keys mean ([`crate::parse`]), and edits, which work on the text itself.

mod build;
pub use build::short;
mod conflict;
mod gate;
mod lines;
mod scalar;

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use podium_diagnostics::{Code, Diagnostic, Span};
use serde_json::{Number, Value};

use lines::Lines;

/// The bytes are no UTF-8.
pub const NOT_UTF8: Code = Code::new("POD0001");
/// The file is larger than Podium reads, or holds more values.
pub const TOO_LARGE: Code = Code::new("POD0002");
/// The text is no YAML.
pub const NOT_YAML: Code = Code::new("POD0003");
/// A key stands twice in one map.
pub const DUPLICATE_KEY: Code = Code::new("POD0004");
/// Maps and lists are nested more than 64 deep.
pub const TOO_DEEP: Code = Code::new("POD0005");
/// An alias that leads nowhere, to itself, or to too much.
pub const BAD_ALIAS: Code = Code::new("POD0006");
/// Not exactly one YAML document.
pub const NOT_ONE_DOCUMENT: Code = Code::new("POD0007");
/// Something of YAML that Podium's files do not use.
pub const UNSUPPORTED_YAML: Code = Code::new("POD0008");
/// Two YAML readers understand it differently.
pub const AMBIGUOUS_YAML: Code = Code::new("POD0009");

/// A merge left two versions in the file.
pub const MERGE_CONFLICT: Code = Code::new("POD0029");

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The most values in one file.
pub const MAX_NODES: usize = 1_000_000;
/// The most values that aliases may stand for.
pub const MAX_ALIASED_NODES: usize = 250_000;
/// The deepest nesting.
pub const MAX_DEPTH: usize = 64;

/// From this size on both readers work at the same time, in bytes.
const LARGE: usize = 64 * 1024;

/// A range of bytes in the text.
pub type Bytes = Range<u32>;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its bytes: of a quoted text with its quotes, of a block text with its `|`, of an alias the
    /// alias; without the comments and blank lines after it.
    pub bytes: Bytes,
    /// How it is written.
    pub style: Style,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A finite number.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(IndexMap<String, Entry>),
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In `'`.
    Single,
    /// In `"`.
    Double,
    /// After `|`.
    Literal,
    /// After `>`.
    Folded,
    /// A map or list by indentation.
    Block,
    /// A map or list in brackets.
    Flow,
}

/// A key's place and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The bytes of the key.
    pub key: Bytes,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value without places.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(value) => Value::Number(value.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, entry)| (key.clone(), entry.value.to_value()))
                    .collect(),
            ),
        }
    }

    /// The value under a key, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// What it is, in a word with its article: `a text`, `a list`.
    pub fn what(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}

/// Where every part of a document stands in its file, by JSON pointer (RFC 6901).
#[derive(Clone, Debug)]
pub struct SourceMap {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: String,
    text: String,
    root: Node,
    lines: Lines,
}

/// Reads one YAML document. The second part holds every problem found; the first is there unless one of
/// them is an error.
pub fn read(file: &str, bytes: &[u8]) -> (Option<SourceMap>, Vec<Diagnostic>) {
    let text = match lines::decode(file, bytes) {
        Ok(text) => text,
        Err(diagnostic) => return (None, vec![*diagnostic]),
    };
    crate::work::note(|work| work.trees += 1);
    let lines = Lines::new(&text);
    let conflicts = conflict::find(file, &text, &lines);
    if !conflicts.is_empty() {
        return (None, conflicts);
    }
    let second = |root: Option<&Node>, problems: &[Diagnostic], other: &gate::Other| {
        let root = root.filter(|_| problems.is_empty())?;
        gate::disagreement(file, &text, &lines, root, other)
    };
    let (root, diagnostics) = if text.len() < LARGE {
        let (root, mut problems) = build::build(file, &text, &lines);
        if root.is_some() && problems.is_empty() {
            let other = gate::read(&text, &lines);
            problems.extend(second(root.as_ref(), &problems, &other));
        }
        (root, problems)
    } else {
        // Both readers at the same time, since each takes as long as the other.
        std::thread::scope(|scope| {
            let other = scope.spawn(|| gate::read_unchecked(&text, &lines));
            let (root, mut problems) = build::build(file, &text, &lines);
            let other = match other.join() {
                Ok(Err(_)) if root.is_some() && problems.is_empty() => gate::read(&text, &lines),
                Ok(other) => other,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            problems.extend(second(root.as_ref(), &problems, &other));
            (root, problems)
        })
    };
    let map = match root {
        Some(root) if diagnostics.is_empty() => Some(SourceMap {
            inner: Arc::new(Inner {
                file: file.to_owned(),
                text,
                root,
                lines,
            }),
        }),
        _ => None,
    };
    (map, diagnostics)
}

impl SourceMap {
    /// A map of nothing, for a document that was made in memory.
    pub fn empty(file: &str) -> Self {
        Self {
            inner: Arc::new(Inner {
                file: file.to_owned(),
                text: String::new(),
                root: Node {
                    kind: Kind::Null,
                    bytes: 0..0,
                    style: Style::Plain,
                },
                lines: Lines::new(""),
            }),
        }
    }

    /// The file, relative to the workspace.
    pub fn file(&self) -> &str {
        &self.inner.file
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// The outermost value.
    pub fn root(&self) -> &Node {
        &self.inner.root
    }

    /// The place of a range of bytes.
    pub fn span(&self, bytes: &Bytes) -> Span {
        self.inner.lines.span(&self.inner.text, bytes)
    }

    /// The value at a pointer.
    pub fn node(&self, pointer: &str) -> Option<&Node> {
        let mut node = &self.inner.root;
        for part in parts(pointer) {
            node = child(node, &part)?;
        }
        Some(node)
    }

    /// Where the value at a pointer stands.
    pub fn value(&self, pointer: &str) -> Option<Span> {
        self.node(pointer).map(|node| self.span(&node.bytes))
    }

    /// Where the key of a pointer's last part stands; `None` for items of a list.
    pub fn key(&self, pointer: &str) -> Option<Span> {
        let (parent, last) = pointer.rsplit_once('/')?;
        let entry = self.node(parent)?.get(&unescape(last))?;
        Some(self.span(&entry.key))
    }

    /// The best place to show for a pointer: its value where that stands on one line, else its key, else
    /// the nearest of both that exists above it.
    pub fn place(&self, pointer: &str) -> Option<Span> {
        let mut pointer = pointer;
        loop {
            if let Some(node) = self.node(pointer) {
                let span = self.span(&node.bytes);
                if span.start.line == span.end.line && span.start != span.end {
                    return Some(span);
                }
                return Some(self.key(pointer).unwrap_or(span));
            }
            pointer = pointer.rsplit_once('/')?.0;
        }
    }

    /// The key of a pointer's last part, else of the nearest part above it that has one.
    pub fn nearest_key(&self, pointer: &str) -> Option<Span> {
        let mut pointer = pointer;
        loop {
            if let Some(span) = self.key(pointer) {
                return Some(span);
            }
            match pointer.rsplit_once('/') {
                Some((above, _)) if !above.is_empty() => pointer = above,
                _ => return self.place(""),
            }
        }
    }

    /// A place inside the text at a pointer: `offset` and `length` count bytes of the value as read. Exact
    /// for texts on one line and for `|` blocks; elsewhere the start of the value.
    pub fn inside(&self, pointer: &str, offset: usize, length: usize) -> Option<Span> {
        let node = self.node(pointer)?;
        let Some(start) = scalar::source_offset(&self.inner.text, node, offset) else {
            return self.place(pointer);
        };
        let end = scalar::source_offset(&self.inner.text, node, offset + length)
            .filter(|end| *end >= start)
            .unwrap_or(start);
        Some(self.span(&(start..end)))
    }
}

fn child<'a>(node: &'a Node, part: &str) -> Option<&'a Node> {
    match &node.kind {
        Kind::Map(entries) => entries.get(part).map(|entry| &entry.value),
        Kind::List(items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    }
}

fn parts(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(unescape)
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// One part of a JSON pointer, escaped.
pub fn escape(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
