//! What a text must be to be an expression, and what is wrong with one that is none.

use cel::ParseError;

use super::{LONGEST_SOURCE, ROOTS, Reference, SyntaxError};

/// How deep brackets may stand in brackets.
const DEEPEST: usize = 24;

/// How many operators, dots and calls one expression may hold: a chain of them is a deep tree, and
/// evaluation goes down it on the stack.
const MOST_OPERATORS: usize = 160;

/// Refuses what the parser must not see: it would be slow, or overflow the stack. Gives how
/// much room the parser needs, in levels of the stack.
pub(super) fn check(source: &str) -> Result<usize, Vec<SyntaxError>> {
    if source.trim().is_empty() {
        return Err(one("An expression is missing here.", 0, source.len()));
    }
    if source.len() > LONGEST_SOURCE {
        return Err(one(
            format!(
                "The expression is {} bytes long; {LONGEST_SOURCE} are the most. \
                 Split it over several steps or inputs.",
                source.len()
            ),
            0,
            source.len(),
        ));
    }
    let bytes = source.as_bytes();
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut operators = 0;
    let mut deepest = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' | b'"' => {
                at = text_end(source, at).ok_or_else(|| {
                    one(
                        "The text that starts here is never closed.",
                        at,
                        source.len(),
                    )
                })?;
                continue;
            }
            bracket @ (b'(' | b'[' | b'{') => {
                operators += 1;
                open.push((bracket, at));
                deepest = deepest.max(open.len());
                if open.len() > DEEPEST {
                    return Err(one(
                        format!("Brackets stand more than {DEEPEST} deep in each other."),
                        at,
                        at + 1,
                    ));
                }
            }
            bracket @ (b')' | b']' | b'}') => {
                let wanted = match bracket {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                match open.pop() {
                    Some((opened, _)) if opened == wanted => {}
                    _ => {
                        return Err(one(
                            format!("`{}` closes nothing.", bracket as char),
                            at,
                            at + 1,
                        ));
                    }
                }
            }
            b'.' | b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'!' | b'&' | b'|'
            | b'?' => operators += 1,
            // The word `in` is an operator too.
            b'i' if is_word(source, at, "in") => operators += 1,
            _ => {}
        }
        if operators > MOST_OPERATORS {
            return Err(one(
                format!(
                    "The expression holds more than {MOST_OPERATORS} operators. \
                     Split it over several steps or inputs."
                ),
                0,
                source.len(),
            ));
        }
        at += 1;
    }
    match open.pop() {
        Some((bracket, at)) => Err(one(
            format!("`{}` is never closed.", bracket as char),
            at,
            at + 1,
        )),
        // The grammar goes through about ten rules for each bracket.
        None => Ok(operators + 6 * deepest),
    }
}

/// `steps.my-step.x` is a subtraction to CEL, and never what was meant.
pub(super) fn check_references(
    source: &str,
    references: &[Reference],
) -> Result<(), Vec<SyntaxError>> {
    let errors: Vec<_> = references
        .iter()
        .filter(|one| one.path.len() == 2 && ROOTS.contains(&one.path[0].as_str()))
        .filter_map(|reference| {
            let rest = source[reference.end..].strip_prefix('-')?;
            if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                return None;
            }
            let mut end = reference.end;
            while source[end..].starts_with('-') {
                end = identifier_end(source, end + 1);
            }
            let name = &source[reference.start..end];
            Some(SyntaxError {
                message: format!(
                    "`{name}` reads as a subtraction. Ids and names hold `_`, not `-`: \
                     write `{}`, or put spaces around the minus.",
                    name.replace('-', "_")
                ),
                start: reference.start,
                end,
            })
        })
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// The parser's errors without its grammar's words; in the order of the text, one for each place.
pub(super) fn in_own_words(source: &str, errors: &[ParseError]) -> Vec<SyntaxError> {
    let mut found: Vec<SyntaxError> = Vec::new();
    for error in errors {
        let start = offset(source, error.pos);
        let (message, start, end) = explain(source, &error.msg, start);
        if found.iter().all(|other| other.start != start) {
            found.push(SyntaxError {
                message,
                start,
                end,
            });
        }
    }
    // What follows the first error in one expression is mostly its echo.
    found.sort_by_key(|error| error.start);
    found.truncate(3);
    if found.is_empty() {
        return one("This is not a valid expression.", 0, source.len());
    }
    found
}

fn explain(source: &str, said: &str, start: usize) -> (String, usize, usize) {
    let token_end = token_end(source, start);
    let token = &source[start..token_end];
    if said.contains("ecursion") || said.contains("recovery attempt") {
        return (
            "The expression is too deep to be read. Split it over several steps or inputs."
                .to_owned(),
            0,
            source.len(),
        );
    }
    if said.contains("reserved identifier") {
        return (format!("`{token}` is a reserved word."), start, token_end);
    }
    if said.contains("has() macro") {
        return (
            "`has(…)` asks for one path with a dot, such as `has(inputs.size)`.".to_owned(),
            start,
            token_end,
        );
    }
    if said.contains("must be a simple name") {
        return (
            "The first argument is the name for each element, such as `x` in `list.map(x, x + 1)`."
                .to_owned(),
            start,
            token_end,
        );
    }
    if said.contains("invalid string literal") || said.contains("invalid bytes literal") {
        return (
            "The text holds an escape that does not exist; write `\\\\` for one `\\`.".to_owned(),
            start,
            token_end,
        );
    }
    if said.contains("invalid int")
        || said.contains("invalid uint")
        || said.contains("invalid double")
    {
        return (
            format!("`{token}` is not a number that fits."),
            start,
            token_end,
        );
    }
    if start >= source.trim_end().len() {
        return (
            "The expression ends too early.".to_owned(),
            source.trim_end().len(),
            source.len(),
        );
    }
    let message = match token {
        "=" => "`=` does not compare; write `==`.".to_owned(),
        "&" => "Write `&&` for \"and\".".to_owned(),
        "|" => "Write `||` for \"or\".".to_owned(),
        "and" => "Write `&&` instead of `and`.".to_owned(),
        "or" => "Write `||` instead of `or`.".to_owned(),
        "not" => "Write `!` instead of `not`.".to_owned(),
        "$" => "`${{ }}` does not stand inside an expression; write its content alone.".to_owned(),
        "#" => "An expression has no comments.".to_owned(),
        _ => format!("`{token}` is not expected here."),
    };
    (message, start, token_end)
}

/// The byte offset of a line and column of the parser, both counted from 1.
fn offset(source: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let column = usize::try_from(column).unwrap_or(1).max(1);
    let before: usize = source
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    source[before..]
        .char_indices()
        .nth(column - 1)
        .map_or(source.len(), |(byte, _)| before + byte)
}

fn token_end(source: &str, start: usize) -> usize {
    let end = identifier_end(source, start);
    if end > start {
        return end;
    }
    if let Some(end) = text_end(source, start) {
        return end;
    }
    source[start..]
        .chars()
        .next()
        .map_or(start, |first| start + first.len_utf8())
}

/// Where the identifier ends that starts at `start`; `start` where none does.
pub(super) fn identifier_end(source: &str, start: usize) -> usize {
    source[start..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .map_or(source.len(), |length| start + length)
}

/// Where the quoted text ends that starts at `start`, after its last quote; none where it does not
/// end, or none starts here.
pub(super) fn text_end(source: &str, start: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    let quote = *bytes
        .get(start)
        .filter(|byte| matches!(byte, b'\'' | b'"'))?;
    let raw = is_raw(bytes, start);
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if triple { 3 } else { 1 };
    while at < bytes.len() {
        if bytes[at] == b'\\' && !raw {
            at += 2;
        } else if triple && bytes[at..].starts_with(&[quote; 3]) {
            return Some(at + 3);
        } else if !triple && bytes[at] == quote {
            return Some(at + 1);
        } else {
            at += 1;
        }
    }
    None
}

/// Whether `r` or `br` stands before the quote.
fn is_raw(bytes: &[u8], quote: usize) -> bool {
    let word = bytes[..quote]
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    let prefix = bytes[quote - word..quote].to_ascii_lowercase();
    matches!(prefix.as_slice(), b"r" | b"br" | b"rb")
}

fn is_word(source: &str, at: usize, word: &str) -> bool {
    let free = |byte: Option<&u8>| !byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let bytes = source.as_bytes();
    source[at..].starts_with(word)
        && free(at.checked_sub(1).and_then(|before| bytes.get(before)))
        && free(bytes.get(at + word.len()))
}

fn one(message: impl Into<String>, start: usize, end: usize) -> Vec<SyntaxError> {
    vec![SyntaxError {
        message: message.into(),
        start,
        end,
    }]
}
