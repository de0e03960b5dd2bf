//! Spellings that replace single characters.

use std::fmt::Write as _;

/// As a string in JSON, in the ways of the common writers; also JSON inside JSON, and what is left when
/// only backslashes and line ends are replaced (Python's `repr`).
pub(super) fn json(part: &[u8], all: &mut Vec<Vec<u8>>) {
    let Ok(text) = std::str::from_utf8(part) else {
        return;
    };
    let writers: [fn(char) -> Style; 5] = [
        |_| Style::Plain,
        |c| {
            if c == '/' {
                Style::Backslash
            } else {
                Style::Plain
            }
        },
        // Go writes for browsers.
        |c| {
            if matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') {
                Style::Code
            } else {
                Style::Plain
            }
        },
        |c| {
            if c.is_ascii() {
                Style::Plain
            } else {
                Style::Code
            }
        },
        |c| {
            if c.is_ascii() {
                Style::Plain
            } else {
                Style::CodeUpper
            }
        },
    ];
    for style in writers {
        let once = json_with(text, style);
        all.push(json_with(&once, |_| Style::Plain).into_bytes());
        all.push(once.into_bytes());
    }
    let repr = text
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\t', "\\t")
        .replace('\r', "\\r");
    all.push(repr.replace('\'', "\\'").into_bytes());
    all.push(repr.into_bytes());
}

/// How a character is written that JSON itself would let stand.
#[derive(Clone, Copy)]
enum Style {
    Plain,
    Backslash,
    Code,
    CodeUpper,
}

fn json_with(text: &str, style: impl Fn(char) -> Style) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => code(c, false, &mut out),
            c => match style(c) {
                Style::Plain => out.push(c),
                Style::Backslash => out.extend(['\\', c]),
                Style::Code => code(c, false, &mut out),
                Style::CodeUpper => code(c, true, &mut out),
            },
        }
    }
    out
}

fn code(c: char, upper: bool, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = if upper {
            write!(out, "\\u{unit:04X}")
        } else {
            write!(out, "\\u{unit:04x}")
        };
    }
}

/// In an address or a form. What is left as it is differs from library to library.
pub(super) fn percent(part: &[u8], all: &mut Vec<Vec<u8>>) {
    const LEFT: [&[u8]; 5] = [
        b"",
        b"-._~",
        b"-._~!'()*",
        b"-._~!'()*$&+,;=:@",
        b"-._~!'()*$&+,;=:@/?#",
    ];
    for left in LEFT {
        for upper in [true, false] {
            for plus in [false, true] {
                let mut out = String::with_capacity(part.len() * 3);
                for &byte in part {
                    if byte.is_ascii_alphanumeric() || left.contains(&byte) {
                        out.push(char::from(byte));
                    } else if byte == b' ' && plus {
                        out.push('+');
                    } else if upper {
                        let _ = write!(out, "%{byte:02X}");
                    } else {
                        let _ = write!(out, "%{byte:02x}");
                    }
                }
                all.push(out.into_bytes());
            }
        }
    }
}

/// As a shell prints it back: quoted in each of its ways.
pub(super) fn shell(part: &[u8], all: &mut Vec<Vec<u8>>) {
    all.push(replaced(part, |byte| {
        (byte == b'\'').then_some(&b"'\\''"[..])
    }));
    all.push(replaced(part, |byte| {
        (byte == b'\'').then_some(&b"'\"'\"'"[..])
    }));
    all.push(replaced(part, |byte| match byte {
        b'"' => Some(b"\\\""),
        b'\\' => Some(b"\\\\"),
        b'$' => Some(b"\\$"),
        b'`' => Some(b"\\`"),
        _ => None,
    }));
    // bash's own `!` in double quotes, and `printf %q`.
    let mut bare = Vec::with_capacity(part.len() * 2);
    for &byte in part {
        if !(byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte) || byte >= 0x80) {
            bare.push(b'\\');
        }
        bare.push(byte);
    }
    all.push(bare);
    all.push(replaced(part, |byte| match byte {
        b'\'' => Some(b"\\'"),
        b'\\' => Some(b"\\\\"),
        b'\n' => Some(b"\\n"),
        b'\r' => Some(b"\\r"),
        b'\t' => Some(b"\\t"),
        _ => None,
    }));
}

/// In XML and HTML.
pub(super) fn markup(part: &[u8], all: &mut Vec<Vec<u8>>) {
    let quotes: [(&[u8], &[u8]); 4] = [
        (b"&quot;", b"&apos;"),
        (b"&quot;", b"&#39;"),
        (b"&#34;", b"&#39;"),
        (b"\"", b"'"),
    ];
    for (double, single) in quotes {
        all.push(replaced(part, |byte| match byte {
            b'&' => Some(b"&amp;"),
            b'<' => Some(b"&lt;"),
            b'>' => Some(b"&gt;"),
            b'"' => Some(double),
            b'\'' => Some(single),
            _ => None,
        }));
    }
}

fn replaced<'a>(part: &[u8], with: impl Fn(u8) -> Option<&'a [u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(part.len() + 8);
    for &byte in part {
        match with(byte) {
            Some(text) => out.extend_from_slice(text),
            None => out.push(byte),
        }
    }
    out
}
