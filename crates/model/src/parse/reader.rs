//! Reading single values out of the tree, and saying what is wrong with them.

use std::str::FromStr;

use indexmap::IndexMap;
use podium_diagnostics::{Code, Diagnostic};
use serde_json::Value;

use super::{
    BAD_DURATION, BAD_NAME, MISSING_KEY, MISSPELLED_KEY, NOT_A_CHOICE, OUT_OF_RANGE, UNKNOWN_KEY,
    WRONG_TYPE,
};
use crate::document::Duration;
use crate::id::NotAName;
use crate::nearest::nearest;
use crate::tree::{Bytes, Entry, Kind, Node, SourceMap, escape};

/// After this many problems in one file the rest is noise.
const MAX_PROBLEMS: usize = 1_000;

/// A way from the root to a value; costs nothing unless somebody asks for the pointer.
#[derive(Clone, Copy)]
pub(super) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    part: Part<'p>,
}

#[derive(Clone, Copy)]
enum Part<'p> {
    Root,
    Key(&'p str),
    Item(usize),
}

impl<'p> Path<'p> {
    pub(super) const ROOT: Path<'static> = Path {
        parent: None,
        part: Part::Root,
    };

    pub(super) fn key(&'p self, key: &'p str) -> Path<'p> {
        Path {
            parent: Some(self),
            part: Part::Key(key),
        }
    }

    pub(super) fn item(&'p self, index: usize) -> Path<'p> {
        Path {
            parent: Some(self),
            part: Part::Item(index),
        }
    }

    pub(super) fn pointer(&self) -> String {
        let mut pointer = self.parent.map(Path::pointer).unwrap_or_default();
        match self.part {
            Part::Root => {}
            Part::Key(key) => {
                pointer.push('/');
                pointer.push_str(&escape(key));
            }
            Part::Item(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }

    /// The step that this lies in.
    fn step(&self) -> Option<&str> {
        let parent = self.parent?;
        if let (Part::Key(id), Part::Key("steps")) = (self.part, parent.part)
            && parent
                .parent
                .is_some_and(|root| matches!(root.part, Part::Root))
        {
            return Some(id);
        }
        parent.step()
    }
}

/// The keys of a map: those that are known by name, and the rest.
pub(super) struct Fields<'a> {
    entries: Option<&'a IndexMap<String, Entry>>,
    pub(super) unknown: IndexMap<String, Value>,
}

impl<'a> Fields<'a> {
    /// The value of a known key; nothing counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        let node = &self.entries?.get(key)?.value;
        (node.kind != Kind::Null).then_some(node)
    }
}

/// Collects problems while values are read.
pub(super) struct Reader<'a> {
    pub(super) map: &'a SourceMap,
    problems: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(map: &'a SourceMap) -> Self {
        Self {
            map,
            problems: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Vec<Diagnostic> {
        self.problems
    }

    /// Adds a problem at some bytes.
    pub(super) fn problem(
        &mut self,
        mut diagnostic: Diagnostic,
        path: &Path<'_>,
        bytes: &Bytes,
        hint: Option<String>,
    ) {
        if self.problems.len() >= MAX_PROBLEMS {
            return;
        }
        diagnostic.hint = hint;
        let mut diagnostic = diagnostic
            .in_file(self.map.file())
            .at_field(path.pointer())
            .at(self.map.span(bytes));
        diagnostic.address.step = path.step().map(str::to_owned);
        self.problems.push(diagnostic);
    }

    pub(super) fn error(
        &mut self,
        code: Code,
        summary: &str,
        detail: impl Into<String>,
        hint: impl Into<String>,
        path: &Path<'_>,
        bytes: &Bytes,
    ) {
        let diagnostic = Diagnostic::error(code, summary, detail);
        self.problem(diagnostic, path, bytes, Some(hint.into()));
    }

    /// Says that something else belongs here; `expected` with its article.
    pub(super) fn wrong_type(&mut self, node: &Node, path: &Path<'_>, expected: &str, hint: &str) {
        let detail = format!("{} stands where {expected} belongs.", capital(node.what()));
        self.error(
            WRONG_TYPE,
            "The value has the wrong type",
            detail,
            hint,
            path,
            &self.short(node),
        );
    }

    /// The bytes to show for a value: of one on several lines only the first.
    pub(super) fn short(&self, node: &Node) -> Bytes {
        let text = self.map.text();
        let raw = text
            .get(node.bytes.start as usize..node.bytes.end as usize)
            .unwrap_or_default();
        let line = raw.lines().next().unwrap_or_default().len();
        node.bytes.start..node.bytes.start + u32::try_from(line).unwrap_or(0)
    }

    /// A map with names of its own choosing, such as `inputs`.
    pub(super) fn entries<'n>(
        &mut self,
        node: Option<&'n Node>,
        path: &Path<'_>,
        hint: &str,
    ) -> impl Iterator<Item = (&'n str, &'n Entry)> + use<'n> {
        let entries = match node.map(|node| (node, &node.kind)) {
            Some((_, Kind::Map(entries))) => Some(entries),
            Some((node, _)) => {
                self.wrong_type(node, path, "a map", hint);
                None
            }
            None => None,
        };
        entries
            .into_iter()
            .flatten()
            .map(|(key, entry)| (key.as_str(), entry))
    }

    /// A map with known keys.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        path: &Path<'_>,
        known: &[&str],
        required: &[&str],
        hint: &str,
    ) -> Option<Fields<'n>> {
        let Kind::Map(entries) = &node.kind else {
            self.wrong_type(node, path, "a map", hint);
            return None;
        };
        let mut unknown = IndexMap::new();
        let mut meant = Vec::new();
        for (key, entry) in entries {
            if known.contains(&key.as_str()) {
                continue;
            }
            unknown.insert(key.clone(), entry.value.to_value());
            let absent = known
                .iter()
                .copied()
                .filter(|name| !entries.contains_key(*name));
            let near = if key.starts_with("x-") {
                None
            } else {
                nearest(key, absent)
            };
            match near {
                Some(near) if required.contains(&near) => meant.push((near, key, entry)),
                Some(near) => self.problem(
                    Diagnostic::warning(
                        MISSPELLED_KEY,
                        "The key is not known",
                        format!("`{}` means nothing here, so it has no effect.", shorten(key)),
                    ),
                    &path.key(key),
                    &entry.key,
                    Some(format!("Did you mean `{near}`?")),
                ),
                None => self.problem(
                    Diagnostic::info(
                        UNKNOWN_KEY,
                        "Kept, not understood",
                        format!(
                            "`{}` is no key that this version knows. It stays in the file and has no \
                             effect.",
                            shorten(key)
                        ),
                    ),
                    &path.key(key),
                    &entry.key,
                    Some(format!("Known here: {}.", list(known))),
                ),
            }
        }
        for name in required {
            let found = entries.get(*name);
            if found.is_some_and(|entry| entry.value.kind != Kind::Null) {
                continue;
            }
            if let Some((_, key, entry)) = meant.iter().find(|(near, ..)| near == name) {
                self.error(
                    MISSING_KEY,
                    "Something is missing",
                    format!("`{name}` is needed here; `{}` is not known.", shorten(key)),
                    format!("Did you mean `{name}`?"),
                    &path.key(key),
                    &entry.key,
                );
            } else {
                let bytes = match found {
                    Some(entry) => entry.key.clone(),
                    None => self.place_of(path, node),
                };
                self.error(
                    MISSING_KEY,
                    "Something is missing",
                    format!("`{name}` is needed here."),
                    hint,
                    path,
                    &bytes,
                );
            }
        }
        Some(Fields {
            entries: Some(entries),
            unknown,
        })
    }

    /// The key that leads to a value, else the value.
    fn place_of(&self, path: &Path<'_>, node: &Node) -> Bytes {
        if let (Part::Key(key), Some(parent)) = (path.part, path.parent)
            && let Some(entry) = self
                .map
                .node(&parent.pointer())
                .and_then(|parent| parent.get(key))
        {
            return entry.key.clone();
        }
        self.short(node)
    }

    /// A text.
    pub(super) fn text(&mut self, node: &Node, path: &Path<'_>) -> Option<String> {
        match &node.kind {
            Kind::Text(text) => Some(text.clone()),
            Kind::Bool(_) | Kind::Number(_) => {
                let raw = self.source(node);
                let hint = format!("Write `\"{raw}\"`, in quotes.");
                self.wrong_type(node, path, "a text", &hint);
                None
            }
            _ => {
                self.wrong_type(
                    node,
                    path,
                    "a text",
                    "Write one text, in quotes if it has special signs.",
                );
                None
            }
        }
    }

    /// The value as it stands in the file.
    pub(super) fn source(&self, node: &Node) -> &'a str {
        self.map
            .text()
            .get(node.bytes.start as usize..node.bytes.end as usize)
            .unwrap_or_default()
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, node: &Node, path: &Path<'_>) -> bool {
        match &node.kind {
            Kind::Bool(value) => *value,
            Kind::Text(text) => {
                let meant = match text.to_lowercase().as_str() {
                    "yes" | "on" | "y" => "Write `true`.",
                    "no" | "off" | "n" => "Write `false`.",
                    _ => "Write `true` or `false`, without quotes.",
                };
                self.wrong_type(node, path, "true or false", meant);
                false
            }
            _ => {
                self.wrong_type(node, path, "true or false", "Write `true` or `false`.");
                false
            }
        }
    }

    /// A whole number in a range.
    pub(super) fn whole(
        &mut self,
        node: &Node,
        path: &Path<'_>,
        least: i64,
        most: i64,
    ) -> Option<i64> {
        let Kind::Number(number) = &node.kind else {
            self.wrong_type(
                node,
                path,
                "a whole number",
                "Write a whole number, without quotes.",
            );
            return None;
        };
        match number.as_i64() {
            Some(value) if (least..=most).contains(&value) => Some(value),
            _ => {
                let detail = format!("`{number}` is not a whole number from {least} to {most}.");
                let hint = format!("Write a whole number from {least} to {most}.");
                self.error(
                    OUT_OF_RANGE,
                    "The number is out of range",
                    detail,
                    hint,
                    path,
                    &node.bytes,
                );
                None
            }
        }
    }

    /// [`Reader::whole`] as `u32`.
    pub(super) fn count(&mut self, node: &Node, path: &Path<'_>, least: u32) -> Option<u32> {
        let value = self.whole(node, path, i64::from(least), 1_000_000)?;
        u32::try_from(value).ok()
    }

    /// A length of time.
    pub(super) fn duration(&mut self, node: &Node, path: &Path<'_>) -> Option<Duration> {
        let text = match &node.kind {
            Kind::Text(text) => text.as_str(),
            Kind::Number(_) => self.source(node),
            _ => {
                self.wrong_type(
                    node,
                    path,
                    "a length of time",
                    "Write for example `30s` or `2m`.",
                );
                return None;
            }
        };
        match text.parse() {
            Ok(duration) => Some(duration),
            Err(wrong) => {
                let detail = format!(
                    "`{}` is no length of time: a whole number and `ms`, `s`, `m` or `h`.",
                    shorten(text)
                );
                let hint = match wrong.meant {
                    Some(meant) => format!("Write `{meant}`."),
                    None => "Write for example `500ms`, `30s`, `2m` or `1h`.".to_owned(),
                };
                self.error(
                    BAD_DURATION,
                    "Not a length of time",
                    detail,
                    hint,
                    path,
                    &self.short(node),
                );
                None
            }
        }
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        node: &Node,
        path: &Path<'_>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let Kind::Text(text) = &node.kind else {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let hint = format!("Write one of {}.", list(&words));
            self.wrong_type(node, path, "a word", &hint);
            return None;
        };
        if let Some((_, value)) = choices.iter().find(|(word, _)| word == text) {
            return Some(*value);
        }
        self.not_a_choice(node, path, text, choices.iter().map(|(word, _)| *word));
        None
    }

    pub(super) fn not_a_choice<'w>(
        &mut self,
        node: &Node,
        path: &Path<'_>,
        text: &str,
        words: impl Iterator<Item = &'w str>,
    ) {
        let words: Vec<&str> = words.collect();
        let hint = match nearest(text, words.iter().copied()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => format!("Write one of {}.", list(&words)),
        };
        let detail = format!("`{}` is none of {}.", shorten(text), list(&words));
        self.error(
            NOT_A_CHOICE,
            "Not one of the words that are allowed",
            detail,
            hint,
            path,
            &self.short(node),
        );
    }

    /// A name with a rule. `bytes` is where it stands.
    pub(super) fn name<T: FromStr<Err = NotAName>>(
        &mut self,
        text: &str,
        path: &Path<'_>,
        bytes: &Bytes,
    ) -> Option<T> {
        match text.parse() {
            Ok(name) => Some(name),
            Err(wrong) => {
                let what = match path.step() {
                    None if wrong.what == "step id" => "name for it",
                    _ => wrong.what,
                };
                let detail = format!("`{}` is no {what}: {}.", shorten(text), wrong.rule);
                let hint = proper(text)
                    .filter(|proper| proper.parse::<T>().is_ok())
                    .map_or_else(
                        || "Use small letters, digits and `_`, a letter first.".to_owned(),
                        |proper| format!("Write `{proper}`."),
                    );
                self.error(
                    BAD_NAME,
                    "The name is not allowed",
                    detail,
                    hint,
                    path,
                    bytes,
                );
                None
            }
        }
    }

    /// A value that is a name.
    pub(super) fn name_value<T: FromStr<Err = NotAName>>(
        &mut self,
        node: &Node,
        path: &Path<'_>,
    ) -> Option<T> {
        let text = self.text(node, path)?;
        self.name(&text, path, &self.short(node))
    }
}

/// `my-step` → `my_step`, `Größe 2` → `gr_e_2`.
fn proper(text: &str) -> Option<String> {
    let mut name = String::new();
    let mut last_small = false;
    for c in text.chars().take(64) {
        if c.is_ascii_uppercase() && last_small {
            name.push('_');
        }
        last_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_matches('_');
    match name.chars().next() {
        None => None,
        Some(first) if first.is_ascii_digit() => Some(format!("n{name}")),
        Some(_) => Some(name.to_owned()),
    }
}

/// `a`, `b` and `c`, in backticks.
pub(super) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

pub(super) fn shorten(word: &str) -> String {
    crate::tree::short(word)
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
