//! Edits by replacing exactly the bytes that change; everything else stays by construction.
//!
//! Works on the ordinary shapes of block and flow YAML. For a shape it does not know it gives nothing,
//! and another rewriter is asked.

use serde_json::Value;

use super::Rewriter;
use super::change::{Change, Part};
use super::emit::{self, Style};
use crate::tree::{Kind, Node, SourceMap, Style as Written};

/// Splices at the places that the located tree gives.
pub(super) struct InPlace;

impl Rewriter for InPlace {
    fn rewrite(&self, source: &SourceMap, change: &Change) -> Option<String> {
        let text = Text::new(source.text());
        let root = source.root();
        match change {
            Change::Set { path, value } => text.set(root, path, value),
            Change::Insert {
                map,
                after,
                key,
                value,
            } => text.insert(root, map, after.as_deref(), key, value),
            Change::Append { list, value } => text.append(root, list, value),
            Change::Remove { path } => text.remove(root, path),
        }
    }
}

/// A value, its key's bytes where it has one, and whether it stands inside brackets.
struct Place<'a> {
    node: &'a Node,
    key: Option<(usize, usize)>,
    in_flow: bool,
}

pub(super) struct Text<'a> {
    text: &'a str,
    style: Style<'a>,
}

impl<'a> Text<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let eol = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let step = text
            .lines()
            .filter(|line| !line.trim_start().starts_with(['#', '-']) && !line.trim().is_empty())
            .map(|line| line.len() - line.trim_start_matches(' ').len())
            .find(|indent| *indent > 0)
            .filter(|indent| *indent <= 8)
            .unwrap_or(2);
        Self {
            text,
            style: Style { eol, step },
        }
    }

    fn set(&self, root: &Node, path: &[Part], value: &Value) -> Option<String> {
        if path.is_empty() {
            return self.set_root(root, value);
        }
        let place = find(root, path)?;
        let (start, end) = range(place.node);
        let is_alias = self.text[start..].starts_with('*');
        let was_inline = is_alias || !is_on_lines_of_its_own(place.node);
        if was_inline && start < end && (place.in_flow || emit::is_inline(value)) {
            return Some(self.splice(start, end, &emit::flow(value)));
        }
        if place.in_flow {
            return None;
        }
        let (_, key_end) = place.key?;
        let colon = key_end + self.text[key_end..].find(':')? + 1;
        if !self.text[key_end..colon - 1].trim().is_empty() {
            return None;
        }
        let indent = self.column(place.key?.0)?;
        // From the colon to the end of the value's last line; a comment on the key's line stays there.
        let key_line_end = self.line_end(colon);
        let (comment, old_end) = if start >= end {
            (self.text[colon..key_line_end].trim(), key_line_end)
        } else if was_inline {
            let line_end = self.line_end(end);
            (self.text[end..line_end].trim(), line_end)
        } else {
            let header_end = match place.node.style {
                Written::Literal | Written::Folded => key_line_end,
                _ => start.min(key_line_end),
            };
            let header = &self.text[colon..header_end];
            let comment = header.find('#').map_or("", |at| header[at..].trim());
            (comment, self.line_end(end))
        };
        if !comment.is_empty() && !comment.starts_with('#') {
            return None;
        }
        // Comment lines between the key and what stood below it stay below the key.
        let below_key = self.next_line(key_line_end);
        let between = match self.text.get(below_key..self.line_start(start)) {
            Some(lines) if !was_inline && lines.contains('#') => lines,
            _ => "",
        };
        let mut written = emit::after_colon(value, indent, self.style);
        let first = written.find(self.style.eol)?;
        written.insert_str(first + self.style.eol.len(), between);
        if !comment.is_empty() {
            let space = if first == 0 { " " } else { "  " };
            written.insert_str(first, &format!("{space}{comment}"));
        }
        let written = written.strip_suffix(self.style.eol)?;
        Some(self.splice(colon, self.end_of_value(old_end), written))
    }

    fn set_root(&self, root: &Node, value: &Value) -> Option<String> {
        let Value::Object(map) = value else {
            return None;
        };
        match &root.kind {
            // Nothing but comments, or nothing at all: the document begins after them.
            Kind::Null if range(root).0 == range(root).1 => {
                let mut text = self.text.to_owned();
                if !text.is_empty() && !text.ends_with('\n') && text != "\u{FEFF}" {
                    text.push_str(self.style.eol);
                }
                for (key, value) in map {
                    text.push_str(&emit::entry(key, value, 0, self.style));
                }
                Some(text)
            }
            Kind::Map(entries) if entries.is_empty() && root.style == Written::Flow => {
                let (start, end) = range(root);
                let written: String = map
                    .iter()
                    .map(|(key, value)| emit::entry(key, value, 0, self.style))
                    .collect();
                let written = written.strip_suffix(self.style.eol).unwrap_or(&written);
                (self.column(start)? == 0).then(|| self.splice(start, end, written))
            }
            _ => None,
        }
    }

    fn insert(
        &self,
        root: &Node,
        map: &[Part],
        after: Option<&str>,
        key: &str,
        value: &Value,
    ) -> Option<String> {
        let place = find(root, map)?;
        let Kind::Map(entries) = &place.node.kind else {
            let is_empty = matches!(place.node.kind, Kind::Null);
            return is_empty.then(|| self.set(root, map, &only(key, value)))?;
        };
        if entries.is_empty() {
            return if place.in_flow {
                self.set_inside(&place, &only(key, value))
            } else {
                self.set(root, map, &only(key, value))
            };
        }
        let before = if let Some(name) = after {
            entries.get_full(name)?
        } else {
            let (name, entry) = entries.last()?;
            (entries.len() - 1, name, entry)
        };
        let (_, _, entry) = before;
        let (_, value_end) = range(&entry.value);
        if place.node.style == Written::Flow {
            let value_end = value_end.max(entry.key.end as usize);
            if range(&entry.value).0 >= range(&entry.value).1 {
                return None;
            }
            let written = format!(", {}: {}", emit::key_text(key), emit::flow(value));
            return Some(self.splice(value_end, value_end, &written));
        }
        let indent = self.column(entries.first()?.1.key.start as usize)?;
        let at = self.after_entry(entry.key.end as usize, &entry.value, indent);
        let blank_between = entries.values().nth(1).is_some_and(|second| {
            let (_, first) = entries.get_index(0).expect("there is a second");
            let from = self.after_value(first.key.end as usize, &first.value);
            let between = self
                .text
                .get(from..self.line_start(second.key.start as usize));
            between.is_some_and(|lines| lines.lines().any(|line| line.trim().is_empty()))
        });
        let mut written = String::new();
        if !self.text[..at].ends_with('\n') {
            written.push_str(self.style.eol);
        }
        if blank_between
            && !self.text[..at].ends_with("\n\n")
            && !self.text[..at].ends_with("\n\r\n")
        {
            written.push_str(self.style.eol);
        }
        written.push_str(&" ".repeat(indent));
        written.push_str(&emit::entry(key, value, indent, self.style));
        let is_last_of_file = at == self.text.len() && !self.text.ends_with('\n');
        if is_last_of_file {
            // The file had no end of line and keeps it so.
            written.truncate(written.len() - self.style.eol.len());
        }
        Some(self.splice(at, at, &written))
    }

    fn append(&self, root: &Node, list: &[Part], value: &Value) -> Option<String> {
        let place = find(root, list)?;
        let Kind::List(items) = &place.node.kind else {
            return None;
        };
        let Some(final_item) = items.last() else {
            return if place.in_flow {
                self.set_inside(&place, &Value::Array(vec![value.clone()]))
            } else {
                self.set(root, list, &Value::Array(vec![value.clone()]))
            };
        };
        let (start, end) = range(final_item);
        if place.node.style == Written::Flow {
            return Some(self.splice(end, end, &format!(", {}", emit::flow(value))));
        }
        let (dash, indent) = self.dash(range(&items[0]).0)?;
        let at = self.after_entry(start.max(dash), final_item, indent);
        let mut written = String::new();
        if !self.text[..at].ends_with('\n') {
            written.push_str(self.style.eol);
        }
        written.push_str(&" ".repeat(indent));
        written.push_str(&emit::item(value, indent, self.style));
        if at == self.text.len() && !self.text.ends_with('\n') {
            written.truncate(written.len() - self.style.eol.len());
        }
        Some(self.splice(at, at, &written))
    }

    fn remove(&self, root: &Node, path: &[Part]) -> Option<String> {
        let (last, parent) = path.split_last()?;
        let parent = find(root, parent)?;
        let spans: Vec<(usize, usize)> = match &parent.node.kind {
            Kind::Map(entries) => entries
                .values()
                .map(|entry| {
                    let end = range(&entry.value).1.max(entry.key.end as usize);
                    (entry.key.start as usize, end)
                })
                .collect(),
            Kind::List(items) => items.iter().map(range).collect(),
            _ => return None,
        };
        let index = match (last, &parent.node.kind) {
            (Part::Key(key), Kind::Map(entries)) => entries.get_index_of(key)?,
            (Part::Index(index), Kind::List(_)) => *index,
            _ => return None,
        };
        let (start, end) = *spans.get(index)?;
        if spans.len() == 1 {
            return None;
        }
        if parent.node.style == Written::Flow {
            let (from, to) = match (index.checked_sub(1), spans.get(index + 1)) {
                (_, Some((next, _))) => (start, *next),
                (Some(before), None) => (spans[before].1, end),
                (None, None) => return None,
            };
            let between = [
                &self.text[from..start.max(from)],
                &self.text[end.min(to)..to],
            ];
            let clean = between.iter().all(|text| !text.contains('#'));
            return clean.then(|| self.splice(from, to, ""));
        }
        let from = self.line_start(start);
        let lead = &self.text[from..start];
        let is_item = matches!(parent.node.kind, Kind::List(_));
        let alone = if is_item {
            lead.trim() == "-"
        } else {
            lead.trim_matches(' ').is_empty()
        };
        if !alone {
            // `- first: 1` before `second: 2`: the second moves up to the dash.
            let (next, _) = *spans.get(index + 1)?;
            let between = &self.text[end..next];
            let clean = lead.trim() == "-" && between.trim().is_empty();
            return clean.then(|| self.splice(start, next, ""));
        }
        let node = match &parent.node.kind {
            Kind::Map(entries) => &entries.get_index(index)?.1.value,
            Kind::List(items) => items.get(index)?,
            _ => return None,
        };
        let to = self.after_entry(start, node, self.indent(start));
        if to == self.text.len() && !self.text.ends_with('\n') {
            // The last line of a file that ends without an end of line.
            let from = self.text[..from]
                .trim_end_matches('\n')
                .trim_end_matches('\r')
                .len();
            return Some(self.splice(from, to, ""));
        }
        Some(self.splice(from, to, ""))
    }

    /// Replaces a value inside brackets.
    fn set_inside(&self, place: &Place<'_>, value: &Value) -> Option<String> {
        let (start, end) = range(place.node);
        (start < end).then(|| self.splice(start, end, &emit::flow(value)))
    }

    /// How many spaces the line of a place begins with.
    pub(super) fn indent(&self, at: usize) -> usize {
        let line = &self.text[self.line_start(at)..];
        line.len() - line.trim_start_matches(' ').len()
    }

    /// The start of the line after a value's last line.
    fn after_value(&self, key_end: usize, node: &Node) -> usize {
        let (start, end) = range(node);
        let end = if start >= end { key_end } else { end };
        let mut at = self.next_line(self.end_of_value(end));
        if matches!(node.style, Written::Literal | Written::Folded) && self.keeps_blank_lines(start)
        {
            while at < self.text.len() && self.text[at..self.line_end(at)].trim().is_empty() {
                at = self.next_line(at);
            }
        }
        at
    }

    /// Where a new entry goes after this one: below the comments that stand deeper than the entries, for
    /// those speak about it.
    pub(super) fn after_entry(&self, key_end: usize, node: &Node, indent: usize) -> usize {
        let mut at = self.after_value(key_end, node);
        let mut look = at;
        while look < self.text.len() {
            let line = &self.text[look..self.line_end(look)];
            let content = line.trim_start_matches(' ');
            let next = self.next_line(look);
            if content.starts_with('#') && line.len() - content.len() > indent {
                at = next;
            } else if !content.trim().is_empty() {
                break;
            }
            look = next;
        }
        at
    }

    fn keeps_blank_lines(&self, start: usize) -> bool {
        self.text[start..self.line_end(start)]
            .split('#')
            .next()
            .is_some_and(|header| header.contains('+'))
    }

    /// A value's end, when it may lie on the line after it.
    fn end_of_value(&self, end: usize) -> usize {
        let mut end = end;
        while end > 0 && matches!(self.text.as_bytes()[end - 1], b'\n' | b'\r') {
            end -= 1;
        }
        end
    }

    /// The dash before an item, and its column.
    fn dash(&self, item: usize) -> Option<(usize, usize)> {
        let start = self.line_start(item);
        let lead = &self.text[start..item];
        let indent = lead.len() - lead.trim_start_matches(' ').len();
        (lead.trim() == "-").then_some((start + indent, indent))
    }

    /// The column of a key: nothing but spaces and dashes may stand before it.
    fn column(&self, at: usize) -> Option<usize> {
        let start = self.line_start(at);
        let lead = &self.text[start..at];
        lead.bytes()
            .all(|byte| matches!(byte, b' ' | b'-'))
            .then_some(lead.len())
    }

    fn line_start(&self, at: usize) -> usize {
        let start = self.text[..at].rfind('\n').map_or(0, |found| found + 1);
        // A byte order mark is no part of the first line.
        if start == 0 && self.text.starts_with('\u{FEFF}') && at >= 3 {
            3
        } else {
            start
        }
    }

    /// The end of the line, before its end-of-line.
    fn line_end(&self, at: usize) -> usize {
        let end = self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |found| at + found);
        if end > at && self.text.as_bytes()[end - 1] == b'\r' {
            end - 1
        } else {
            end
        }
    }

    fn next_line(&self, at: usize) -> usize {
        self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |found| at + found + 1)
    }

    fn splice(&self, start: usize, end: usize, new: &str) -> String {
        [&self.text[..start], new, &self.text[end..]].concat()
    }
}

/// Follows a path.
fn find<'a>(root: &'a Node, path: &[Part]) -> Option<Place<'a>> {
    let mut place = Place {
        node: root,
        key: None,
        in_flow: false,
    };
    for part in path {
        let in_flow = place.in_flow || place.node.style == Written::Flow;
        place = match (part, &place.node.kind) {
            (Part::Key(key), Kind::Map(entries)) => {
                let entry = entries.get(key)?;
                Place {
                    node: &entry.value,
                    key: Some((entry.key.start as usize, entry.key.end as usize)),
                    in_flow,
                }
            }
            (Part::Index(index), Kind::List(items)) => Place {
                node: items.get(*index)?,
                key: None,
                in_flow,
            },
            _ => return None,
        };
    }
    Some(place)
}

fn range(node: &Node) -> (usize, usize) {
    (node.bytes.start as usize, node.bytes.end as usize)
}

fn is_on_lines_of_its_own(node: &Node) -> bool {
    matches!(
        node.style,
        Written::Block | Written::Literal | Written::Folded
    )
}

fn only(key: &str, value: &Value) -> Value {
    Value::Object([(key.to_owned(), value.clone())].into_iter().collect())
}
