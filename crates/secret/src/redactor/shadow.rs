//! A text without what a terminal does not show: colour codes and carriage returns.
//!
//! Only the short sequences go. The text inside an operating system command (a window title, a link)
//! stays, because a secret could stand in it.

use std::borrow::Cow;

/// A control sequence longer than this is taken for text.
const LONGEST: usize = 64;

/// What stands at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A byte that is shown.
    Shown,
    /// So many bytes that are not.
    Control(usize),
    /// The beginning of a control sequence whose end is not here yet.
    Unfinished,
}

/// Looks at the beginning of bytes that are not empty.
pub(super) fn piece(bytes: &[u8]) -> Piece {
    match bytes {
        [0x1b] | [0x1b, b'(' | b')'] => Piece::Unfinished,
        [0x1b, b'[', rest @ ..] => {
            for (at, byte) in rest.iter().enumerate().take(LONGEST) {
                match byte {
                    0x20..=0x3f => {}
                    0x40..=0x7e => return Piece::Control(at + 3),
                    _ => return Piece::Control(at + 2),
                }
            }
            if rest.len() < LONGEST {
                Piece::Unfinished
            } else {
                Piece::Control(2)
            }
        }
        [0x1b, b'(' | b')', 0x20..=0x7e, ..] => Piece::Control(3),
        [0x1b, 0x30..=0x7e, ..] => Piece::Control(2),
        [0x1b | b'\r', ..] => Piece::Control(1),
        _ => Piece::Shown,
    }
}

/// The shown bytes, and where each of them came from.
pub(super) struct Shadow<'a> {
    bytes: Cow<'a, [u8]>,
    /// Empty where nothing was left out.
    places: Vec<usize>,
}

impl<'a> Shadow<'a> {
    /// Leaves out what is not shown. An unfinished sequence at the end is left out as well.
    pub(super) fn of(original: &'a [u8]) -> Self {
        if !original.iter().any(|byte| matches!(byte, 0x1b | b'\r')) {
            return Self {
                bytes: Cow::Borrowed(original),
                places: Vec::new(),
            };
        }
        let mut bytes = Vec::with_capacity(original.len());
        let mut places = Vec::with_capacity(original.len());
        let mut at = 0;
        while at < original.len() {
            match piece(&original[at..]) {
                Piece::Shown => {
                    bytes.push(original[at]);
                    places.push(at);
                    at += 1;
                }
                Piece::Control(length) => at += length,
                Piece::Unfinished => break,
            }
        }
        Self {
            bytes: Cow::Owned(bytes),
            places,
        }
    }

    /// The shown bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where a stretch that is not empty lies in the original.
    pub(super) fn original(&self, start: usize, end: usize) -> (usize, usize) {
        (self.place(start), self.place(end - 1) + 1)
    }

    /// Where a shown byte lies in the original.
    pub(super) fn place(&self, at: usize) -> usize {
        if matches!(self.bytes, Cow::Borrowed(_)) {
            at
        } else {
            self.places[at]
        }
    }
}

/// The shown bytes alone.
pub(super) fn stripped(original: &[u8]) -> Cow<'_, [u8]> {
    Shadow::of(original).bytes
}
