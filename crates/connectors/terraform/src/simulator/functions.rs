//! Terraform's functions, the common ones. One that is missing here is said to be missing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use sha1::Digest as _;

use super::network;
use super::value::{
    Answer, Refusal, all, cannot, entries, entry, from_number, has_unknown, index, is_unknown,
    items, named, number, same, set, text, truth, unknown, wrong,
};

/// Calls a function; `can` and `try` are not among these, for they look at their arguments first.
pub(crate) fn call(name: &str, args: &[Value]) -> Answer {
    // What these say does not hang on the values inside.
    let looks_inside = !matches!(
        name,
        "length"
            | "keys"
            | "merge"
            | "values"
            | "concat"
            | "tolist"
            | "tomap"
            | "element"
            | "lookup"
            | "zipmap"
    );
    if args.iter().any(is_unknown) || looks_inside && args.iter().any(has_unknown) {
        return Ok(unknown());
    }
    let arg = |at: usize| {
        let found = args.get(at);
        found.map_or_else(|| wrong(format!("`{name}` needs more arguments.")), Ok)
    };
    let string = |at: usize| arg(at).and_then(text);
    let count = |at: usize| arg(at).and_then(number);
    let list = |at: usize| arg(at).and_then(|value| all(name, value));
    let object = |at: usize| arg(at).and_then(|value| named(name, value));
    match name {
        "abs" => from_number(count(0)?.abs()),
        "ceil" => from_number(count(0)?.ceil()),
        "floor" => from_number(count(0)?.floor()),
        "max" | "min" | "sum" => {
            let from = if name == "sum" {
                list(0)?
            } else {
                args.to_vec()
            };
            let numbers: Vec<f64> = from.iter().map(number).collect::<Result<_, _>>()?;
            let fold = |with: fn(f64, f64) -> f64| numbers.iter().copied().reduce(with);
            let found = match name {
                "max" => fold(f64::max),
                "min" => fold(f64::min),
                _ => fold(|a, b| a + b),
            };
            found.map_or_else(
                || wrong(format!("`{name}` needs at least one number.")),
                from_number,
            )
        }
        "parseint" => {
            let base = whole(count(1)?)?;
            let base = u32::try_from(base)
                .ok()
                .filter(|base| (2..=36).contains(base));
            let Some(base) = base else {
                return cannot("read numbers of this base");
            };
            i64::from_str_radix(&string(0)?, base).map_or_else(
                |_| wrong("This text cannot be read as a whole number."),
                |number| Ok(json!(number)),
            )
        }
        "range" => {
            let (from, to) = if args.len() < 2 {
                (0.0, count(0)?)
            } else {
                (count(0)?, count(1)?)
            };
            let step = match args.get(2) {
                Some(step) => number(step)?,
                None if from <= to => 1.0,
                None => -1.0,
            };
            let mut made = Vec::new();
            let mut at = from;
            while step != 0.0 && (step > 0.0 && at < to || step < 0.0 && at > to) {
                if made.len() == 1024 {
                    return wrong("`range` makes at most 1024 numbers.");
                }
                made.push(from_number(at)?);
                at += step;
            }
            Ok(Value::Array(made))
        }
        "tonumber" => nullable(arg(0)?, |value| from_number(number(value)?)),
        "tostring" => nullable(arg(0)?, |value| Ok(json!(text(value)?))),
        "tobool" => nullable(arg(0)?, |value| Ok(json!(truth(value)?))),
        "nonsensitive" | "sensitive" => Ok(arg(0)?.clone()),
        "lower" => Ok(json!(string(0)?.to_lowercase())),
        "upper" => Ok(json!(string(0)?.to_uppercase())),
        "trimspace" => Ok(json!(string(0)?.trim())),
        "chomp" => Ok(json!(string(0)?.trim_end_matches(['\n', '\r']))),
        "strrev" => Ok(json!(string(0)?.chars().rev().collect::<String>())),
        "trim" => {
            let signs: Vec<char> = string(1)?.chars().collect();
            Ok(json!(string(0)?.trim_matches(signs.as_slice())))
        }
        "trimprefix" => {
            let (text, part) = (string(0)?, string(1)?);
            Ok(json!(text.strip_prefix(&part).unwrap_or(&text)))
        }
        "trimsuffix" => {
            let (text, part) = (string(0)?, string(1)?);
            Ok(json!(text.strip_suffix(&part).unwrap_or(&text)))
        }
        "startswith" => Ok(json!(string(0)?.starts_with(&string(1)?))),
        "endswith" => Ok(json!(string(0)?.ends_with(&string(1)?))),
        "strcontains" => Ok(json!(string(0)?.contains(&string(1)?))),
        "substr" => Ok(json!(substr(
            &string(0)?,
            whole(count(1)?)?,
            whole(count(2)?)?
        ))),
        "replace" => {
            let (text, from, to) = (string(0)?, string(1)?, string(2)?);
            match from
                .strip_prefix('/')
                .and_then(|from| from.strip_suffix('/'))
            {
                Some(pattern) if from.len() > 1 => {
                    Ok(json!(regex(pattern)?.replace_all(&text, to.as_str())))
                }
                _ => Ok(json!(text.replace(&from, &to))),
            }
        }
        "regex" => first_match(&string(0)?, &string(1)?),
        "regexall" => {
            let (pattern, text) = (regex(&string(0)?)?, string(1)?);
            Ok(pattern
                .captures_iter(&text)
                .map(|found| told(&pattern, &found))
                .collect())
        }
        "format" => format(&string(0)?, &args[1..]),
        "join" => {
            let mut parts = Vec::new();
            for at in 1..args.len().max(2) {
                for part in list(at)? {
                    parts.push(text(&part)?);
                }
            }
            Ok(json!(parts.join(&string(0)?)))
        }
        "split" => {
            let (by, text) = (string(0)?, string(1)?);
            if by.is_empty() {
                return Ok(text.chars().map(|c| json!(c)).collect());
            }
            Ok(if text.is_empty() {
                json!([])
            } else {
                text.split(&by).map(Value::from).collect()
            })
        }
        "jsonencode" => Ok(json!(encoded(arg(0)?))),
        "jsondecode" => serde_json::from_str(&string(0)?)
            .map_or_else(|error| wrong(format!("This is no JSON: {error}.")), Ok),
        "base64encode" => Ok(json!(BASE64.encode(string(0)?))),
        "base64decode" => {
            let bytes = BASE64.decode(string(0)?).ok();
            bytes
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .map_or_else(
                    || wrong("This is no text in base 64."),
                    |text| Ok(json!(text)),
                )
        }
        "sha1" => Ok(json!(hex(&sha1::Sha1::digest(string(0)?)))),
        "sha256" => Ok(json!(hex(&sha2::Sha256::digest(string(0)?)))),
        "length" => Ok(match arg(0)? {
            Value::String(text) => json!(text.chars().count()),
            value => match (items(value), entries(value)) {
                (Some(items), _) => json!(items.len()),
                (_, Some(entries)) => json!(entries.len()),
                _ => return wrong("`length` counts a text, a list, a set or a map."),
            },
        }),
        "toset" => Ok(set(list(0)?)),
        "tolist" => Ok(Value::Array(list(0)?)),
        "tomap" => Ok(Value::Object(object(0)?.into_iter().collect())),
        "keys" => Ok(object(0)?.into_iter().map(|(key, _)| key).collect()),
        "values" => Ok(object(0)?.into_iter().map(|(_, value)| value).collect()),
        "merge" => {
            let mut made = Map::new();
            for map in args.iter().filter(|map| !map.is_null()) {
                made.extend(named(name, map)?);
            }
            Ok(Value::Object(made))
        }
        "lookup" => {
            let (map, key) = (arg(0)?, string(1)?);
            match (entry(map, &key), args.get(2)) {
                (Err(Refusal::Wrong(_)), Some(other)) => Ok(other.clone()),
                (found, _) => found,
            }
        }
        "zipmap" => {
            let (keys, values) = (list(0)?, list(1)?);
            if keys.len() != values.len() {
                return wrong("`zipmap` needs as many values as keys.");
            }
            let names = keys.iter().map(text).collect::<Result<Vec<_>, _>>()?;
            Ok(Value::Object(names.into_iter().zip(values).collect()))
        }
        "concat" => {
            let mut made = Vec::new();
            for at in 0..args.len() {
                made.extend(list(at)?);
            }
            Ok(Value::Array(made))
        }
        "contains" => Ok(json!(
            list(0)?
                .iter()
                .any(|item| args.get(1).is_some_and(|it| same(item, it)))
        )),
        "element" => {
            let items = list(0)?;
            if items.is_empty() {
                return wrong("`element` needs a list with something in it.");
            }
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let at = whole(count(1)?)?.rem_euclid(length);
            index(&Value::Array(items), &json!(at))
        }
        "index" => {
            let items = list(0)?;
            let wanted = arg(1)?;
            items
                .iter()
                .position(|item| same(item, wanted))
                .map_or_else(|| wrong("The item is not in the list."), |at| Ok(json!(at)))
        }
        "slice" => {
            let items = list(0)?;
            let from = usize::try_from(whole(count(1)?)?).ok();
            let to = usize::try_from(whole(count(2)?)?).ok();
            match from.zip(to).and_then(|(from, to)| items.get(from..to)) {
                Some(part) => Ok(Value::Array(part.to_vec())),
                None => wrong("`slice` reaches beyond the list."),
            }
        }
        "reverse" => Ok(list(0)?.into_iter().rev().collect()),
        "sort" => {
            let mut texts = list(0)?.iter().map(text).collect::<Result<Vec<_>, _>>()?;
            texts.sort();
            Ok(json!(texts))
        }
        "distinct" => Ok(Value::Array(distinct(list(0)?))),
        "compact" => Ok(list(0)?
            .into_iter()
            .filter(|item| !item.is_null() && *item != json!(""))
            .collect()),
        "flatten" => {
            let mut made = Vec::new();
            flatten(&list(0)?, &mut made);
            Ok(Value::Array(made))
        }
        "setunion" => {
            let mut made = Vec::new();
            for at in 0..args.len() {
                made.extend(list(at)?);
            }
            Ok(set(made))
        }
        "setintersection" | "setsubtract" => {
            let (a, b) = (list(0)?, list(1)?);
            let both = name == "setintersection";
            let kept = a.into_iter().filter(|item| b.contains(item) == both);
            Ok(set(kept.collect()))
        }
        "alltrue" | "anytrue" => {
            let all = list(0)?.iter().map(truth).collect::<Result<Vec<_>, _>>()?;
            Ok(json!(if name == "alltrue" {
                all.into_iter().all(|one| one)
            } else {
                all.into_iter().any(|one| one)
            }))
        }
        "one" => match list(0)?.as_slice() {
            [] => Ok(Value::Null),
            [only] => Ok(only.clone()),
            _ => wrong("`one` needs a list of at most one item."),
        },
        "coalesce" => args
            .iter()
            .find(|value| !value.is_null() && **value != json!(""))
            .map_or_else(
                || wrong("All of the arguments are null or empty."),
                |value| Ok(value.clone()),
            ),
        "coalescelist" => args
            .iter()
            .find(|value| items(value).is_some_and(|items| !items.is_empty()))
            .map_or_else(
                || wrong("All of the lists are empty."),
                |value| Ok(value.clone()),
            ),
        "cidrhost" => network::host(&string(0)?, whole(count(1)?)?),
        "cidrsubnet" => network::subnet(&string(0)?, whole(count(1)?)?, whole(count(2)?)?),
        "cidrnetmask" => network::mask(&string(0)?),
        _ => cannot(format!("call the function `{name}`")),
    }
}

fn nullable(value: &Value, convert: impl Fn(&Value) -> Answer) -> Answer {
    if value.is_null() {
        Ok(Value::Null)
    } else {
        convert(value)
    }
}

#[allow(clippy::cast_possible_truncation)]
fn whole(number: f64) -> Result<i64, Refusal> {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Ok(number as i64)
    } else {
        wrong("A whole number is required here.")
    }
}

fn distinct(items: Vec<Value>) -> Vec<Value> {
    let mut made: Vec<Value> = Vec::new();
    for item in items {
        if !made.iter().any(|known| same(known, &item)) {
            made.push(item);
        }
    }
    made
}

fn flatten(from: &[Value], to: &mut Vec<Value>) {
    for item in from {
        match items(item) {
            Some(inner) => flatten(inner, to),
            None => to.push(item.clone()),
        }
    }
}

fn substr(text: &str, offset: i64, length: i64) -> String {
    let letters: Vec<char> = text.chars().collect();
    let size = i64::try_from(letters.len()).unwrap_or(i64::MAX);
    let from = if offset < 0 {
        (size + offset).max(0)
    } else {
        offset.min(size)
    };
    let to = if length < 0 {
        size
    } else {
        from.saturating_add(length).min(size)
    };
    let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
    letters.get(range).unwrap_or_default().iter().collect()
}

fn regex(pattern: &str) -> Result<regex::Regex, Refusal> {
    regex::Regex::new(pattern).map_or_else(
        |error| wrong(format!("This is no regular expression: {error}.")),
        Ok,
    )
}

fn first_match(pattern: &str, text: &str) -> Answer {
    let pattern = regex(pattern)?;
    pattern.captures(text).map_or_else(
        || wrong("The pattern did not match any part of the given text."),
        |found| Ok(told(&pattern, &found)),
    )
}

/// A match: an object where groups have names, a list where they have none, else the text.
fn told(pattern: &regex::Regex, found: &regex::Captures<'_>) -> Value {
    let part = |at: usize| found.get(at).map(|part| part.as_str());
    let names: Vec<&str> = pattern.capture_names().flatten().collect();
    if !names.is_empty() {
        let parts = names.iter().map(|name| {
            let part = found.name(name).map(|part| part.as_str());
            ((*name).to_owned(), json!(part))
        });
        return Value::Object(parts.collect());
    }
    if found.len() > 1 {
        return (1..found.len()).map(|at| json!(part(at))).collect();
    }
    json!(part(0))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// JSON as Terraform writes it: names sorted, and `<`, `>` and `&` escaped.
fn encoded(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        if let Some(items) = items(value) {
            return items.iter().map(sorted).collect();
        }
        match entries(value) {
            Some(entries) => Value::Object(
                entries
                    .into_iter()
                    .map(|(name, value)| (name.clone(), sorted(value)))
                    .collect(),
            ),
            None => value.clone(),
        }
    }
    let text = sorted(value).to_string();
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// The verbs `%s`, `%d`, `%v`, `%q`, `%%`, with a width (`%03d`, `%-8s`); `%f` with a precision.
fn format(pattern: &str, args: &[Value]) -> Answer {
    let mut out = String::new();
    let mut args = args.iter();
    let mut signs = pattern.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign != '%' {
            out.push(sign);
            continue;
        }
        let mut flags = String::new();
        while let Some(c) = signs.next_if(|c| c.is_ascii_digit() || matches!(c, '-' | '.')) {
            flags.push(c);
        }
        let verb = signs.next().unwrap_or(' ');
        if verb == '%' {
            out.push('%');
            continue;
        }
        let Some(value) = args.next() else {
            return wrong("`format` has fewer arguments than its pattern asks for.");
        };
        let (size, precision) = flags.split_once('.').unwrap_or((&flags, ""));
        let made = match verb {
            's' => text(value)?,
            'v' => match value {
                Value::Array(_) | Value::Object(_) => encoded(value),
                Value::Null => "null".to_owned(),
                value => text(value)?,
            },
            'd' => whole(number(value)?)?.to_string(),
            'q' => json!(text(value)?).to_string(),
            'f' => format!("{:.*}", precision.parse().unwrap_or(6), number(value)?),
            _ => return cannot(format!("format with `%{flags}{verb}`")),
        };
        let left = size.starts_with('-');
        let zero = size.starts_with('0') && !matches!(verb, 's' | 'q' | 'v');
        let width: usize = size.trim_start_matches('-').parse().unwrap_or(0);
        let gap = width.saturating_sub(made.chars().count());
        match (left, zero, made.strip_prefix('-')) {
            (true, _, _) => out.extend([made.as_str(), &" ".repeat(gap)]),
            (_, true, Some(digits)) => out.extend(["-", &"0".repeat(gap), digits]),
            (_, true, None) => out.extend([&"0".repeat(gap), made.as_str()]),
            _ => out.extend([&" ".repeat(gap), made.as_str()]),
        }
    }
    if args.next().is_some() {
        return wrong("`format` has more arguments than its pattern asks for.");
    }
    Ok(json!(out))
}
