//! The expressions that people mostly write, read without the CEL parser: paths, texts, whole numbers,
//! comparisons, `&&`, `||`, `!`, `in` and parentheses.
//!
//! The parser of CEL costs about a thousand times as much as the text is worth, and a large workflow has
//! thousands of conditions. What is read here is a part of CEL's grammar, no more: a text that is not
//! certainly in it is left to CEL, and so is every error. Values are always worked out by CEL.

use super::Reference;
use super::reference::TYPES;

/// Words that CEL keeps for itself.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// The longest whole number that is read here, in digits; CEL has a limit of its own.
const LONGEST_NUMBER: usize = 15;

/// What the expression refers to, in the order of the text, and whether it is one path and nothing else.
/// `None` where only CEL can tell.
pub(super) fn read(source: &str) -> Option<(Vec<Reference>, bool)> {
    if !source.is_ascii() {
        return None;
    }
    let mut reader = Reader {
        source,
        bytes: source.as_bytes(),
        at: 0,
        found: Vec::new(),
    };
    reader.either()?;
    if reader.at < reader.bytes.len() {
        return None;
    }
    let is_path = matches!(reader.found.as_slice(), [only]
        if source.trim().len() == only.end - only.start);
    Some((reader.found, is_path))
}

struct Reader<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    found: Vec<Reference>,
}

impl Reader<'_> {
    /// Terms with `&&` and `||` between them; which binds closer does not matter here.
    fn either(&mut self) -> Option<()> {
        loop {
            self.relation()?;
            if !(self.skip(b"||") || self.skip(b"&&")) {
                return Some(());
            }
        }
    }

    fn relation(&mut self) -> Option<()> {
        self.term()?;
        let compares = ["==", "!=", "<=", ">=", "<", ">"];
        if compares.iter().any(|sign| self.skip(sign.as_bytes())) || self.word_in() {
            self.term()?;
        }
        Some(())
    }

    fn term(&mut self) -> Option<()> {
        self.blanks();
        while self.peek(0) == Some(b'!') && self.peek(1) != Some(b'=') {
            self.at += 1;
            self.blanks();
        }
        match self.peek(0)? {
            b'(' => {
                self.at += 1;
                self.either()?;
                self.skip(b")").then_some(())?;
            }
            quote @ (b'\'' | b'"') => self.text(quote)?,
            b'0'..=b'9' => self.number()?,
            _ => self.path()?,
        }
        self.blanks();
        Some(())
    }

    fn text(&mut self, quote: u8) -> Option<()> {
        let inside = &self.bytes[self.at + 1..];
        let length = inside.iter().position(|byte| *byte == quote)?;
        let plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'\\';
        if !inside[..length].iter().all(plain) {
            return None;
        }
        self.at += length + 2;
        // Two quotes and a third begin a text of another kind.
        (self.peek(0) != Some(quote)).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = &self.bytes[start..self.at];
        let plain = digits.len() <= LONGEST_NUMBER && (digits.len() == 1 || digits[0] != b'0');
        (plain
            && !self
                .peek(0)
                .is_some_and(|byte| is_word(byte) || byte == b'.'))
        .then_some(())
    }

    fn path(&mut self) -> Option<()> {
        let start = self.at;
        let mut path = Vec::new();
        loop {
            let from = self.at;
            while self.peek(0).is_some_and(is_word) {
                self.at += 1;
            }
            let word = &self.source[from..self.at];
            if word.is_empty() || word.as_bytes()[0].is_ascii_digit() {
                return None;
            }
            if RESERVED.contains(&word) {
                let literal = path.is_empty() && matches!(word, "true" | "false" | "null");
                return (literal && self.ends()).then_some(());
            }
            path.push(word);
            if self.peek(0) != Some(b'.') {
                break;
            }
            self.at += 1;
        }
        if !self.ends() {
            return None;
        }
        if path.len() > 1 || !TYPES.contains(&path[0]) {
            let path = path.into_iter().map(str::to_owned).collect();
            let end = self.at;
            self.found.push(Reference { path, start, end });
        }
        Some(())
    }

    /// Whether what was read stands alone: no call, index, field, or text with a prefix.
    fn ends(&self) -> bool {
        !matches!(self.peek(0), Some(b'.' | b'(' | b'[' | b'{' | b'\'' | b'"'))
    }

    fn word_in(&mut self) -> bool {
        let is = self.bytes[self.at..].starts_with(b"in")
            && !self.peek(2).is_some_and(is_word)
            && self.at > 0
            && !is_word(self.bytes[self.at - 1]);
        if is {
            self.at += 2;
        }
        is
    }

    fn skip(&mut self, sign: &[u8]) -> bool {
        let is = self.bytes[self.at..].starts_with(sign);
        if is {
            self.at += sign.len();
        }
        is
    }

    fn blanks(&mut self) {
        while matches!(self.peek(0), Some(b' ' | b'\t' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
