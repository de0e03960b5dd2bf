//! Bytes to text, and bytes to lines and columns.

use podium_diagnostics::{Diagnostic, Position, Span};

use super::{Bytes, MAX_BYTES, NOT_UTF8, TOO_LARGE};

/// Between two marks lie this many bytes, so that counting a column in a very long line stays cheap.
const STRIDE: usize = 1024;

/// The bytes as text, byte order mark and all.
pub(super) fn decode(file: &str, bytes: &[u8]) -> Result<String, Box<Diagnostic>> {
    if bytes.len() > MAX_BYTES {
        return Err(Box::new(
            Diagnostic::error(
                TOO_LARGE,
                "The file is too large",
                format!(
                    "It holds {} MiB; Podium reads documents of at most {} MiB.",
                    bytes.len() / (1024 * 1024),
                    MAX_BYTES / (1024 * 1024)
                ),
            )
            .with_hint("Move large values into files of their own and name them here.")
            .in_file(file)
            .at(start()),
        ));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let good = error.valid_up_to();
            let text = std::str::from_utf8(&bytes[..good]).unwrap_or_default();
            let lines = Lines::new(text);
            let at = lines.position(text, good);
            let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
            let hint = if utf16 {
                "The file begins like UTF-16. Save it as UTF-8 in your editor."
            } else {
                "Save the file as UTF-8 in your editor; it may be in Latin-1 or Windows-1252 now."
            };
            Err(Box::new(
                Diagnostic::error(
                    NOT_UTF8,
                    "The file is not UTF-8 text",
                    format!(
                        "The byte `0x{:02x}` at offset {good} is no part of a UTF-8 character. Podium reads \
                         and writes UTF-8 only.",
                        bytes.get(good).copied().unwrap_or_default()
                    ),
                )
                .with_hint(hint)
                .in_file(file)
                .at(Span { start: at, end: at }),
            ))
        }
    }
}

/// The start of a file.
pub(super) fn start() -> Span {
    let position = Position {
        line: 1,
        column: 1,
        byte: 0,
    };
    Span {
        start: position,
        end: position,
    }
}

/// Where lines begin, and how many characters lie before each mark.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    starts: Vec<u32>,
    marks: Vec<u32>,
    /// Length of the byte order mark.
    pub(super) mark: usize,
}

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut starts = vec![small(mark)];
        let mut marks = Vec::with_capacity(bytes.len() / STRIDE + 1);
        let mut chars = 0u32;
        for (index, byte) in bytes.iter().enumerate() {
            if index % STRIDE == 0 {
                marks.push(chars);
            }
            if byte & 0xc0 != 0x80 {
                chars += 1;
            }
            let lone_return = *byte == b'\r' && bytes.get(index + 1) != Some(&b'\n');
            if *byte == b'\n' || lone_return {
                starts.push(small(index + 1));
            }
        }
        marks.push(chars);
        Self {
            starts,
            marks,
            mark,
        }
    }

    /// Characters before a byte.
    fn chars_before(&self, text: &str, byte: usize) -> u32 {
        let block = byte / STRIDE;
        let from = block * STRIDE;
        let more = text.as_bytes()[from..byte]
            .iter()
            .filter(|byte| *byte & 0xc0 != 0x80)
            .count();
        self.marks.get(block).copied().unwrap_or_default() + small(more)
    }

    pub(super) fn position(&self, text: &str, byte: usize) -> Position {
        let byte = byte.clamp(self.mark.min(text.len()), text.len());
        let line = self.starts.partition_point(|start| *start as usize <= byte);
        let start = self.starts[line.saturating_sub(1)] as usize;
        let column = self.chars_before(text, byte) - self.chars_before(text, start.min(byte)) + 1;
        Position {
            line: small(line.max(1)),
            column,
            byte: small(byte),
        }
    }

    pub(super) fn span(&self, text: &str, bytes: &Bytes) -> Span {
        let start = self.position(text, bytes.start as usize);
        let end = self.position(text, bytes.end.max(bytes.start) as usize);
        Span { start, end }
    }
}

/// Files hold 16 MiB at most, so every offset fits.
pub(super) fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
