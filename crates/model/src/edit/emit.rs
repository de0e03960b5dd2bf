//! Writes values as YAML, in the way people write workflow files.

use serde_json::{Map, Value};

/// Lists and maps up to this many bytes stand on one line.
const SHORT: usize = 72;

/// How the text around is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style<'a> {
    /// The end of a line, `\n` or `\r\n`.
    pub(super) eol: &'a str,
    /// How many spaces a level is.
    pub(super) step: usize,
}

/// `key: value` and the lines below it, each with its end; the first line without its indentation.
pub(super) fn entry(key: &str, value: &Value, indent: usize, style: Style<'_>) -> String {
    format!("{}:{}", key_text(key), after_colon(value, indent, style))
}

/// `- value` and the lines below it.
pub(super) fn item(value: &Value, indent: usize, style: Style<'_>) -> String {
    match value {
        Value::Object(map) if !map.is_empty() && !is_short_list_item(value) => {
            let inner = indent + 2;
            let body = entries(map, inner, style);
            format!("-{}", &body[indent + 1..])
        }
        Value::Array(list) if !list.is_empty() && flow(value).len() > SHORT => {
            let body = items(list, indent + 2, style);
            format!("-{}", &body[indent + 1..])
        }
        _ => format!("-{}", after_colon(value, indent, style)),
    }
}

/// What stands after `key:`, with the end of the last line.
pub(super) fn after_colon(value: &Value, indent: usize, style: Style<'_>) -> String {
    let eol = style.eol;
    match value {
        Value::Object(map) if !map.is_empty() => {
            format!("{eol}{}", entries(map, indent + style.step, style))
        }
        Value::Array(list) if !list.is_empty() && !is_short(value) => {
            format!("{eol}{}", items(list, indent + style.step, style))
        }
        Value::String(text) if is_block_text(text) => {
            let pad = " ".repeat(indent + style.step);
            let (mark, body) = match text.strip_suffix('\n') {
                Some(body) => ("|", body),
                None => ("|-", text.as_str()),
            };
            let mut written = format!(" {mark}{eol}");
            for line in body.split('\n') {
                if !line.is_empty() {
                    written.push_str(&pad);
                    written.push_str(line);
                }
                written.push_str(eol);
            }
            written
        }
        other => format!(" {}{eol}", flow(other)),
    }
}

fn entries(map: &Map<String, Value>, indent: usize, style: Style<'_>) -> String {
    let pad = " ".repeat(indent);
    map.iter()
        .flat_map(|(key, value)| [pad.clone(), entry(key, value, indent, style)])
        .collect()
}

fn items(list: &[Value], indent: usize, style: Style<'_>) -> String {
    let pad = " ".repeat(indent);
    list.iter()
        .flat_map(|value| [pad.clone(), item(value, indent, style)])
        .collect()
}

/// The value on one line.
pub(super) fn flow(value: &Value) -> String {
    match value {
        Value::String(value) => text(value),
        Value::Array(list) => {
            let parts: Vec<String> = list.iter().map(flow).collect();
            format!("[{}]", parts.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let parts: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", key_text(key), flow(value)))
                .collect();
            format!("{{ {} }}", parts.join(", "))
        }
        Value::Number(number) => number_text(number),
        other => other.to_string(),
    }
}

/// YAML reads `1e5` as a text in some versions, and `1.0e+5` as a number in all.
fn number_text(number: &serde_json::Number) -> String {
    let written = number.to_string();
    match written.split_once('e') {
        Some((mantissa, exponent)) => {
            let point = if mantissa.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with(['-', '+']) {
                ""
            } else {
                "+"
            };
            format!("{mantissa}{point}e{sign}{exponent}")
        }
        None => written,
    }
}

/// Whether the value can be put where one line is all there is.
pub(super) fn is_inline(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty() || is_short(value),
        Value::String(text) => !is_block_text(text),
        _ => true,
    }
}

fn is_short(value: &Value) -> bool {
    let Value::Array(list) = value else {
        return false;
    };
    let plain = |one: &Value| !matches!(one, Value::Array(_) | Value::Object(_));
    (list.iter().all(plain) || list.iter().all(is_short_list_item)) && flow(value).len() <= SHORT
}

/// A need such as `{ step: page, on: failure }` reads best on one line.
fn is_short_list_item(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.len() == 2 && map.contains_key("step") && map.contains_key("on"),
        Value::String(_) => true,
        _ => false,
    }
}

/// Whether a text is best written line by line after `|`, and can be.
fn is_block_text(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && !body.ends_with('\n')
        && body
            .split('\n')
            .all(|line| !line.is_empty() || !line.ends_with(' '))
        && text
            .chars()
            .all(|c| c == '\n' || c == '\t' || is_printable(c))
}

/// A key. Our own `on` stands bare, as everybody writes it.
pub(super) fn key_text(key: &str) -> String {
    if key == "on" {
        key.to_owned()
    } else {
        text(key)
    }
}

/// A text on one line: as it stands where that is safe in block and flow, else in quotes.
pub(super) fn text(value: &str) -> String {
    if is_plain(value) {
        return value.to_owned();
    }
    let printable = value.chars().all(is_printable);
    if printable && value.contains(['"', '\\']) {
        return format!("'{}'", value.replace('\'', "''"));
    }
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_printable(c) => quoted.push(c),
            c => quoted.push_str(&escaped(c)),
        }
    }
    quoted.push('"');
    quoted
}

fn escaped(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xFF => format!("\\x{code:02X}"),
        code @ 0x100..=0xFFFF => format!("\\u{code:04X}"),
        code => format!("\\U{code:08X}"),
    }
}

fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{FEFF}' | '\u{2028}' | '\u{2029}' | '\u{FFFE}' | '\u{FFFF}'
        )
}

/// Whether every YAML reader takes the bare word for a text, and for this text.
fn is_plain(value: &str) -> bool {
    let Some(first) = value.chars().next() else {
        return false;
    };
    let inner = |c: char| {
        c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | ' ' | '+' | '@' | '(' | ')')
    };
    (first.is_alphabetic() || matches!(first, '_' | '/'))
        && !value.ends_with(' ')
        && value.chars().all(|c| inner(c) && is_printable(c))
        && !matches!(
            value.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null"
        )
}
