//! What an edit must not do: change a second place, or lose a comment.

use std::collections::BTreeMap;

use super::change::{Change, Part};
use super::in_place::Text;
use crate::tree::{Kind, Node, SourceMap, Style};

/// In how many places the value is used that a change would alter, when that is more than one: the
/// change stands below an anchor that aliases repeat, or below an alias.
pub(super) fn shared_places(source: &SourceMap, change: &Change) -> Option<usize> {
    let text = source.text();
    if !text.contains('*') || !text.contains('&') {
        return None;
    }
    let place = change.place();
    // Another value in the place of an alias changes this place alone.
    let replaces_whole = matches!(change, Change::Set { .. } | Change::Remove { .. });
    let mut node = source.root();
    for (depth, part) in place.iter().enumerate() {
        let last = depth + 1 == place.len();
        let (key_end, below) = match (part, &node.kind) {
            (Part::Key(key), Kind::Map(entries)) => {
                let entry = entries.get(key)?;
                (entry.key.end as usize, &entry.value)
            }
            (Part::Index(index), Kind::List(items)) => {
                let item = items.get(*index)?;
                (line_start(text, item.bytes.start as usize), item)
            }
            _ => return None,
        };
        let start = below.bytes.start as usize;
        let name = if text[start..].starts_with('*') {
            (!(last && replaces_whole)).then(|| name_at(text, start + 1))
        } else {
            let before = text.get(key_end.min(start)..start).unwrap_or_default();
            before
                .rfind('&')
                .map(|at| name_at(text, key_end.min(start) + at + 1))
        };
        if let Some(name) = name {
            let uses = aliases(source.root(), text, name);
            if uses > 0 {
                return Some(uses + 1);
            }
        }
        node = below;
    }
    // A removed or replaced part may hold the anchor that others repeat.
    if replaces_whole {
        let range = node.bytes.start as usize..node.bytes.end as usize;
        let inside = text.get(range.clone()).unwrap_or_default();
        for (at, _) in inside.match_indices('&') {
            let name = name_at(text, range.start + at + 1);
            let all = aliases(source.root(), text, name);
            if !name.is_empty() && all > aliases(node, text, name) {
                return Some(all + 1);
            }
        }
    }
    None
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |found| found + 1)
}

fn name_at(text: &str, start: usize) -> &str {
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
    &rest[..end.unwrap_or(rest.len())]
}

/// How often an alias of this name stands in a tree.
fn aliases(node: &Node, text: &str, name: &str) -> usize {
    let start = node.bytes.start as usize;
    if text[start..].starts_with('*') {
        return usize::from(name_at(text, start + 1) == name);
    }
    match &node.kind {
        Kind::Map(entries) => entries
            .values()
            .map(|entry| aliases(&entry.value, text, name))
            .sum(),
        Kind::List(items) => items.iter().map(|item| aliases(item, text, name)).sum(),
        _ => 0,
    }
}

/// Whether each comment of `before`, other than those inside what the change takes away, is still
/// there.
pub(super) fn keeps_comments(before: &SourceMap, change: &Change, after: &SourceMap) -> bool {
    let taken = taken_away(before, change);
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for (at, comment) in comments(before) {
        if !taken.contains(&at) {
            *counts.entry(comment).or_default() += 1;
        }
    }
    for (_, comment) in comments(after) {
        *counts.entry(comment).or_default() -= 1;
    }
    counts.values().all(|left| *left <= 0)
}

/// The bytes that a change may take comments from: the old value, and on removal its key, the rest of its
/// last line, and the comments below that stand deeper.
fn taken_away(source: &SourceMap, change: &Change) -> std::ops::Range<usize> {
    let path = match change {
        Change::Set { path, .. } | Change::Remove { path } => path,
        Change::Insert { .. } | Change::Append { .. } => return 0..0,
    };
    let mut node = source.root();
    let mut start = node.bytes.start as usize;
    for part in path {
        match (part, &node.kind) {
            (Part::Key(key), Kind::Map(entries)) if entries.contains_key(key) => {
                let entry = &entries[key];
                node = &entry.value;
                start = entry.key.start as usize;
            }
            (Part::Index(index), Kind::List(items)) if *index < items.len() => {
                node = &items[*index];
                start = node.bytes.start as usize;
            }
            _ => return 0..0,
        }
    }
    let text = source.text();
    let end = (node.bytes.end as usize).max(start);
    let line_end = text[end..]
        .find('\n')
        .map_or(text.len(), |length| end + length);
    match change {
        Change::Remove { .. } if node.style == Style::Flow => start..line_end,
        Change::Remove { .. } => {
            let text = Text::new(text);
            start..text.after_entry(start, node, text.indent(start)).max(end)
        }
        _ if node.style == Style::Block => node.bytes.start as usize..line_end,
        _ => node.bytes.start as usize..end,
    }
}

/// Every comment and where it starts.
fn comments(source: &SourceMap) -> Vec<(usize, &str)> {
    let text = source.text();
    let mut words = Vec::new();
    collect_words(source.root(), text, &mut words);
    words.sort_unstable();
    let mut words = words.into_iter().peekable();
    let mut found = Vec::new();
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        while words.peek().is_some_and(|(_, end)| *end <= at) {
            words.next();
        }
        if let Some((start, end)) = words.peek().copied()
            && start <= at
        {
            at = end;
            continue;
        }
        if bytes[at] == b'#'
            && (at == 0 || bytes[at - 1].is_ascii_whitespace() || bytes[at - 1] >= 0x80)
        {
            let end = text[at..]
                .find('\n')
                .map_or(text.len(), |length| at + length);
            found.push((at, text[at..end].trim_end()));
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// The bytes of keys and scalars, in which a `#` begins no comment.
fn collect_words(node: &Node, text: &str, words: &mut Vec<(usize, usize)>) {
    match &node.kind {
        Kind::Map(entries) if !text[node.bytes.start as usize..].starts_with('*') => {
            for entry in entries.values() {
                words.push((entry.key.start as usize, entry.key.end as usize));
                collect_words(&entry.value, text, words);
            }
        }
        Kind::List(items) if !text[node.bytes.start as usize..].starts_with('*') => {
            for item in items {
                collect_words(item, text, words);
            }
        }
        _ => {
            let (start, end) = (node.bytes.start as usize, node.bytes.end as usize);
            // The header of a block text may end in a comment.
            let header = match node.style {
                Style::Literal | Style::Folded => text[start..end]
                    .find('\n')
                    .map_or(end, |length| start + length),
                _ => start,
            };
            if header < end {
                words.push((header, end));
            }
        }
    }
}
