//! The same as for a whole text, for a text that comes in pieces.

use std::fmt;

use super::{Redactor, Shadow};
use crate::redactor::shadow::{Piece, piece};

/// Held text of more than this, of which nearly all is colour codes, is given away: nobody may fill our
/// memory with them.
const MOST_HELD: usize = 1 << 20;

/// Bytes in, redacted bytes out. Holds back only bytes that could be the beginning of a secret.
///
/// The crate's own stream search cannot prefer the longer of two secrets that begin alike, so this one
/// keeps what is undecided and searches it again with what follows.
pub struct RedactStream {
    redactor: Redactor,
    held: Vec<u8>,
}

impl RedactStream {
    pub(super) fn new(redactor: Redactor) -> Self {
        Self {
            redactor,
            held: Vec::new(),
        }
    }

    /// Takes the next piece; gives all that is decided by now.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let Some(search) = self.redactor.0.search.clone() else {
            return piece.to_vec();
        };
        self.held.extend_from_slice(piece);
        let inner = &self.redactor.0;
        let bytes = std::mem::take(&mut self.held);
        let shadow = Shadow::of(&bytes);
        let text = shadow.bytes();

        let mut out = Vec::with_capacity(bytes.len());
        let mut done = 0; // in the original: given away until here
        let mut next = 0; // in the shadow: decided until here
        // From here on, some later byte could still make a match, or a longer one.
        let mut open = self.first_open(text, next);
        for found in search.find_iter(text) {
            if found.start() >= open {
                break;
            }
            let (start, end) = shadow.original(found.start(), found.end());
            out.extend_from_slice(&bytes[done..start]);
            out.extend_from_slice(&inner.masks[found.pattern().as_usize()]);
            done = end;
            next = found.end();
            if next > open {
                open = self.first_open(text, next);
            }
        }
        let keep = if open < text.len() {
            shadow.place(open)
        } else {
            tail(&bytes)
        };
        let keep = if bytes.len() - keep > MOST_HELD + inner.longest {
            tail(&bytes)
        } else {
            keep
        };
        let keep = keep.max(done);
        out.extend_from_slice(&bytes[done..keep]);
        self.held = bytes[keep..].to_vec();
        out
    }

    /// Gives what is left. Nothing more comes, so nothing is undecided.
    pub fn finish(&mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.held);
        self.redactor.redact_bytes(&rest).into_owned()
    }

    /// The first place, from `from` on, whose text to the end could grow into a pattern.
    fn first_open(&self, text: &[u8], from: usize) -> usize {
        let inner = &self.redactor.0;
        let window = text.len().saturating_sub(inner.longest.saturating_sub(1));
        (window.max(from)..text.len())
            .find(|&at| inner.first[usize::from(text[at])] && inner.may_grow(&text[at..]))
            .unwrap_or(text.len())
    }
}

/// Where the unfinished control sequence at the end begins; the length where there is none.
fn tail(bytes: &[u8]) -> usize {
    let from = bytes.len().saturating_sub(80);
    let mut at = match bytes[from..].iter().rposition(|byte| *byte == 0x1b) {
        Some(at) => from + at,
        None => return bytes.len(),
    };
    while at < bytes.len() {
        match piece(&bytes[at..]) {
            Piece::Shown => at += 1,
            Piece::Control(length) => at += length,
            Piece::Unfinished => return at,
        }
    }
    bytes.len()
}

impl fmt::Debug for RedactStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactStream")
            .field("held", &self.held.len())
            .finish_non_exhaustive()
    }
}
