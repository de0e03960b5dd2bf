//! Cuts what a child writes into lines.

use podium_secret::{RedactStream, Redactor};
use podium_supervisor::Line;

/// A line longer than this comes in pieces.
const LONGEST: usize = 1 << 20;

/// One stream of the child. Bytes in, redacted lines out.
pub(crate) struct Cutter {
    number: u8,
    redactor: Redactor,
    /// The line so far, as it came.
    raw: Vec<u8>,
    /// A line too long to be kept whole goes through here, so that no cut divides a secret.
    long: Option<(RedactStream, Vec<u8>)>,
}

impl Cutter {
    pub(crate) fn new(number: u8, redactor: Redactor) -> Self {
        Self {
            number,
            redactor,
            raw: Vec::new(),
            long: None,
        }
    }

    /// Takes the next bytes; gives the lines that are whole by now.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.add(&bytes[..end], &mut lines);
            self.end(&mut lines);
            bytes = &bytes[end + 1..];
        }
        self.add(bytes, &mut lines);
        lines
    }

    /// Gives the rest, where the last line had no end.
    pub(crate) fn finish(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        if !self.raw.is_empty() || self.long.is_some() {
            self.end(&mut lines);
        }
        lines
    }

    fn add(&mut self, bytes: &[u8], lines: &mut Vec<Line>) {
        self.raw.extend_from_slice(bytes);
        if self.raw.len() <= LONGEST && self.long.is_none() {
            return;
        }
        let (stream, clean) = self
            .long
            .get_or_insert_with(|| (self.redactor.stream(), Vec::new()));
        clean.extend(stream.push(&std::mem::take(&mut self.raw)));
        while clean.len() > LONGEST {
            let rest = clean.split_off(cut(clean));
            lines.push(line(self.number, &std::mem::replace(clean, rest)));
        }
    }

    fn end(&mut self, lines: &mut Vec<Line>) {
        match self.long.take() {
            None => {
                let raw = std::mem::take(&mut self.raw);
                let raw = raw.strip_suffix(b"\r").unwrap_or(&raw);
                lines.push(line(self.number, &self.redactor.redact_bytes(raw)));
            }
            Some((mut stream, mut clean)) => {
                clean.extend(stream.finish());
                let clean = clean.strip_suffix(b"\r").unwrap_or(&clean);
                if !clean.is_empty() {
                    let at = if clean.len() > LONGEST {
                        cut(clean)
                    } else {
                        clean.len()
                    };
                    lines.push(line(self.number, &clean[..at]));
                    if at < clean.len() {
                        lines.push(line(self.number, &clean[at..]));
                    }
                }
            }
        }
    }
}

/// Where to cut a piece off, so that no character is divided.
fn cut(bytes: &[u8]) -> usize {
    (LONGEST - 3..=LONGEST)
        .rev()
        .find(|&at| bytes[at] & 0b1100_0000 != 0b1000_0000)
        .unwrap_or(LONGEST)
}

fn line(stream: u8, bytes: &[u8]) -> Line {
    Line {
        stream,
        text: String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use podium_secret::Secret;

    fn cutter() -> Cutter {
        let secrets = [("key".to_owned(), Secret::from("hunter2-hunter2"))];
        Cutter::new(1, Redactor::new(secrets))
    }

    fn texts(pieces: &[&[u8]]) -> Vec<String> {
        let mut cutter = cutter();
        let mut lines: Vec<Line> = pieces.iter().flat_map(|piece| cutter.push(piece)).collect();
        lines.extend(cutter.finish());
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn lines_are_cut_at_their_ends_wherever_the_pieces_are_cut() {
        assert_eq!(texts(&[b"a\r\nb", b"c\n\nd"]), ["a", "bc", "", "d"]);
        assert_eq!(texts(&[b"a\r", b"\n"]), ["a"]);
        assert_eq!(texts(&[b"a\rb\n"]), ["a\rb"]);
        assert!(texts(&[]).is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(
            texts(&[b"a\xff\xfeb\n", "é".as_bytes()]),
            ["a\u{fffd}\u{fffd}b", "é"]
        );
    }

    #[test]
    fn a_secret_in_two_pieces_is_hidden() {
        assert_eq!(
            texts(&[b"x hunter2-", b"hunter2 y\n"]),
            ["x [hidden: key] y"]
        );
    }

    #[test]
    fn a_long_line_comes_in_pieces_and_a_secret_at_the_cut_is_hidden() {
        for before in LONGEST - 20..LONGEST + 5 {
            let mut input = vec![b'a'; before];
            input.extend_from_slice(b"hunter2-hunter2 end\nnext\n");
            let lines = texts(&[&input[..before + 3], &input[before + 3..]]);
            assert!(lines.iter().all(|line| line.len() <= LONGEST));
            let whole = lines[..lines.len() - 1].concat();
            assert_eq!(whole, format!("{}[hidden: key] end", "a".repeat(before)));
            assert_eq!(lines.last().map(String::as_str), Some("next"));
        }
    }

    #[test]
    fn no_character_is_divided_at_a_cut() {
        let input = format!("a{}\n", "é".repeat(LONGEST));
        let lines = texts(&[input.as_bytes()]);
        assert!(lines.len() > 2);
        assert_eq!(lines.concat(), input.trim_end());
    }
}
