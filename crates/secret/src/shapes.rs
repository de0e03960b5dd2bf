//! Text that looks like a credential nobody told us about.

/// The rules are on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shapes;

/// What stands in the place of such text.
const MASK: &str = "[hidden: possible secret]";

/// How a credential begins, which characters go on, and how many there are at least (and at most).
struct Shape {
    begins: &'static str,
    goes_on: fn(u8) -> bool,
    least: usize,
    most: usize,
}

const SHAPES: [Shape; 12] = [
    Shape {
        begins: "AKIA",
        goes_on: upper,
        least: 16,
        most: 16,
    },
    Shape {
        begins: "ASIA",
        goes_on: upper,
        least: 16,
        most: 16,
    },
    Shape {
        begins: "eyJ",
        goes_on: token,
        least: 30,
        most: usize::MAX,
    },
    Shape {
        begins: "ghp_",
        goes_on: letter,
        least: 30,
        most: usize::MAX,
    },
    Shape {
        begins: "gho_",
        goes_on: letter,
        least: 30,
        most: usize::MAX,
    },
    Shape {
        begins: "ghs_",
        goes_on: letter,
        least: 30,
        most: usize::MAX,
    },
    Shape {
        begins: "ghu_",
        goes_on: letter,
        least: 30,
        most: usize::MAX,
    },
    Shape {
        begins: "github_pat_",
        goes_on: word,
        least: 30,
        most: usize::MAX,
    },
    Shape {
        begins: "xoxb-",
        goes_on: dashed,
        least: 10,
        most: usize::MAX,
    },
    Shape {
        begins: "xoxp-",
        goes_on: dashed,
        least: 10,
        most: usize::MAX,
    },
    Shape {
        begins: "xoxa-",
        goes_on: dashed,
        least: 10,
        most: usize::MAX,
    },
    Shape {
        begins: "xoxs-",
        goes_on: dashed,
        least: 10,
        most: usize::MAX,
    },
];

/// Hides what looks like a credential. `None` where nothing does.
pub(crate) fn hide(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut done = 0;
    let mut at = 0;
    while at < bytes.len() {
        match length(text, at) {
            Some(length) => {
                out.push_str(&text[done..at]);
                out.push_str(MASK);
                at += length;
                done = at;
            }
            None => at += 1,
        }
    }
    (done > 0).then(|| out + &text[done..])
}

/// The length of the credential that begins here.
fn length(text: &str, at: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[at..];
    if bytes.starts_with(b"-----BEGIN ") {
        return key(&text[at..]);
    }
    if at > 0 && word(text.as_bytes()[at - 1]) {
        return None; // in the middle of a word
    }
    let shape = SHAPES
        .iter()
        .find(|shape| bytes.starts_with(shape.begins.as_bytes()))?;
    let rest = &bytes[shape.begins.len()..];
    let count = rest
        .iter()
        .take_while(|byte| (shape.goes_on)(**byte))
        .count();
    // A web token has dots; a word in base64 that happens to begin alike has none.
    let dotted = shape.begins != "eyJ" || rest[..count].contains(&b'.');
    ((shape.least..=shape.most).contains(&count) && dotted).then(|| shape.begins.len() + count)
}

/// The length of a private key in PEM, to its end or the end of the text.
fn key(text: &str) -> Option<usize> {
    let title = text["-----BEGIN ".len()..].split_once("-----")?.0;
    if title.len() > 40 || !title.ends_with("PRIVATE KEY") {
        return None;
    }
    let end = format!("-----END {title}-----");
    Some(text.find(&end).map_or(text.len(), |at| at + end.len()))
}

fn upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn word(byte: u8) -> bool {
    letter(byte) || byte == b'_'
}

fn dashed(byte: u8) -> bool {
    letter(byte) || byte == b'-'
}

fn token(byte: u8) -> bool {
    word(byte) || matches!(byte, b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, hidden: &str) {
        assert_eq!(hide(text).as_deref().unwrap_or(text), hidden);
    }

    #[test]
    fn what_looks_like_a_credential_is_hidden() {
        check("id AKIAIOSFODNN7EXAMPLE.", "id [hidden: possible secret].");
        check("é ASIAIOSFODNN7EXAMPLE", "é [hidden: possible secret]");
        check(
            &format!("t=ghp_{}", "a1".repeat(18)),
            "t=[hidden: possible secret]",
        );
        check("xoxb-1234567890-abc!", "[hidden: possible secret]!");
        check(
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_x \"",
            "Bearer [hidden: possible secret] \"",
        );
        check(
            "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb",
            "a\n[hidden: possible secret]\nb",
        );
        check(
            "-----BEGIN PRIVATE KEY-----\nMIIE",
            "[hidden: possible secret]",
        );
    }

    #[test]
    fn what_does_not_stays() {
        for text in [
            "AKIA",
            "AKIAshort",
            "SAKIAIOSFODNN7EXAMPLE",
            "AKIAIOSFODNN7EXAMPLE7",
            "eyJhbGciOiJIUzI1NiJ9aaaaaaaaaaaaaaaaaaaaaa",
            "-----BEGIN CERTIFICATE-----\nMIIE",
            "ghp_",
            "",
            "-----BEGIN ",
            "é",
        ] {
            check(text, text);
        }
    }
}
