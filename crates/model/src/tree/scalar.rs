//! Scalars by the core schema of YAML 1.2, and where their characters stand in the source.

use serde_json::Number;

use super::lines::small;
use super::{Kind, Node, Style};

/// What a plain scalar means; `None` for a number that JSON cannot hold.
pub(super) fn resolve(text: &str) -> Option<Kind> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => match number(text) {
            Some(number) => Kind::Number(number?),
            None => Kind::Text(text.to_owned()),
        },
    })
}

/// `None`: it does not look like a number. `Some(None)`: it does, and JSON cannot hold it.
#[allow(clippy::option_option)]
pub(super) fn number(text: &str) -> Option<Option<Number>> {
    let first = *text.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(None);
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let fits = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
            return fits.then(|| u64::from_str_radix(digits, radix).ok().map(Number::from));
        }
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let number = digits
            .parse::<i64>()
            .map(Number::from)
            .or_else(|_| digits.parse::<u64>().map(Number::from));
        return Some(match number {
            Ok(number) => Some(number),
            Err(_) => float(text),
        });
    }
    is_float(unsigned).then(|| float(text))
}

fn float(text: &str) -> Option<Number> {
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    if exponent.is_some_and(|e| !digits(e.strip_prefix(['+', '-']).unwrap_or(e))) {
        return false;
    }
    match mantissa.split_once('.') {
        None => digits(mantissa),
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
    }
}

/// The byte in the source at which byte `offset` of the text as read is written. `None` where that
/// cannot be told for certain.
pub(super) fn source_offset(source: &str, node: &Node, offset: usize) -> Option<u32> {
    let Kind::Text(text) = &node.kind else {
        return None;
    };
    if offset > text.len() {
        return None;
    }
    let start = node.bytes.start as usize;
    let raw = source.get(start..node.bytes.end as usize)?;
    let inside = match node.style {
        Style::Plain => (raw == text).then_some(offset),
        Style::Single => {
            let body = raw.get(1..raw.len().checked_sub(1)?)?;
            if body.contains('\n') {
                return None;
            }
            walk_single(body, offset).map(|at| at + 1)
        }
        Style::Double => {
            let body = raw.get(1..raw.len().checked_sub(1)?)?;
            if body.contains('\n') {
                return None;
            }
            walk_double(body, offset).map(|at| at + 1)
        }
        Style::Literal => walk_literal(raw, text, offset),
        Style::Folded | Style::Block | Style::Flow => None,
    }?;
    Some(small(start + inside))
}

fn walk_single(body: &str, offset: usize) -> Option<usize> {
    let mut read = 0;
    let mut chars = body.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if read >= offset {
            return Some(at);
        }
        if c == '\'' {
            chars.next_if(|(_, next)| *next == '\'');
        }
        read += c.len_utf8();
    }
    (read == offset).then_some(body.len())
}

fn walk_double(body: &str, offset: usize) -> Option<usize> {
    let mut read = 0;
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        if read >= offset {
            return Some(at);
        }
        if c != '\\' {
            read += c.len_utf8();
            continue;
        }
        let (_, kind) = chars.next()?;
        let hex = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if hex == 0 {
            read += match kind {
                'N' | '_' => 2,
                'L' | 'P' => 3,
                _ => 1,
            };
        } else {
            let digits: String = chars.by_ref().take(hex).map(|(_, c)| c).collect();
            let value = u32::from_str_radix(&digits, 16).ok()?;
            // A surrogate pair is one character written as two escapes: give up on it.
            read += char::from_u32(value)?.len_utf8();
        }
    }
    (read == offset).then_some(body.len())
}

fn walk_literal(raw: &str, text: &str, offset: usize) -> Option<usize> {
    let line = text[..offset].matches('\n').count();
    let column = offset - text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let wanted = text.split('\n').nth(line)?;
    let mut at = 0;
    for (index, source_line) in raw.split_inclusive('\n').enumerate() {
        if index == line + 1 {
            let bare = source_line.trim_end_matches(['\n', '\r']);
            let indent = bare.len().checked_sub(wanted.len())?;
            return (bare.get(indent..) == Some(wanted)).then_some(at + indent + column);
        }
        at += source_line.len();
    }
    None
}
