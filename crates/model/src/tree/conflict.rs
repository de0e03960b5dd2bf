//! Marks of a merge that git could not finish: told as that, with both sides, not as broken YAML.

use podium_diagnostics::Diagnostic;

use super::lines::{Lines, small};
use super::{Bytes, MERGE_CONFLICT};

/// How a side, the older text that some settings of git add, the middle and the end begin.
const OURS: &str = "<<<<<<< ";
const OLDER: &str = "|||||||";
const MIDDLE: &str = "=======";
const THEIRS: &str = ">>>>>>> ";
/// A side that is longer is told by its number of lines.
const LONGEST: usize = 80;
/// More places than these are told by their number.
const MOST: usize = 20;

/// One place where two versions meet.
struct Conflict<'a> {
    first: usize,
    last: usize,
    bytes: Bytes,
    ours: Side<'a>,
    theirs: Side<'a>,
}

#[derive(Default)]
struct Side<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
}

/// One problem for each place; none where the text has no such marks.
pub(super) fn find(file: &str, text: &str, lines: &Lines) -> Vec<Diagnostic> {
    if !text.contains(OURS) {
        return Vec::new();
    }
    let found = conflicts(text);
    let more = found.len().saturating_sub(MOST);
    let told = found.into_iter().take(MOST).enumerate();
    told.map(|(number, one)| {
        let mut detail = format!(
            "Lines {} to {} hold two versions that a merge left open: {}, {}.",
            one.first,
            one.last,
            one.ours.words(),
            one.theirs.words()
        );
        if more > 0 && number + 1 == MOST {
            detail = format!("{detail} {more} more places follow.");
        }
        Diagnostic::error(MERGE_CONFLICT, "Two versions meet here", detail)
            .with_hint(
                "Keep one of them, or of each what is right, and remove the lines that begin with `<<<<<<<`, \
                 `=======` and `>>>>>>>`. `git merge --abort` goes back to before the merge.",
            )
            .in_file(file)
            .at(lines.span(text, &one.bytes))
    })
    .collect()
}

fn conflicts(text: &str) -> Vec<Conflict<'_>> {
    enum At {
        Outside,
        Ours,
        Older,
        Theirs,
    }
    let mut found = Vec::new();
    let (mut at, mut byte) = (At::Outside, 0);
    let (mut first, mut from) = (0, 0);
    let (mut ours, mut theirs) = (Side::default(), Side::default());
    for (number, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_end_matches(['\n', '\r']);
        let is_middle = line == MIDDLE;
        match at {
            // Wherever a side begins: one that was never ended is none.
            _ if line.starts_with(OURS) => {
                (first, from) = (number + 1, byte);
                (ours, theirs) = (Side::named(&line[OURS.len()..]), Side::default());
                at = At::Ours;
            }
            At::Ours if line.starts_with(OLDER) => at = At::Older,
            At::Ours | At::Older if is_middle => at = At::Theirs,
            At::Ours => ours.lines.push(line),
            At::Theirs if line.starts_with(THEIRS) => {
                theirs.name = line[THEIRS.len()..].trim();
                found.push(Conflict {
                    first,
                    last: number + 1,
                    bytes: small(from)..small(byte + line.len()),
                    ours: std::mem::take(&mut ours),
                    theirs: std::mem::take(&mut theirs),
                });
                at = At::Outside;
            }
            At::Theirs => theirs.lines.push(line),
            At::Outside | At::Older => {}
        }
        byte += whole.len();
    }
    found
}

impl<'a> Side<'a> {
    fn named(name: &'a str) -> Self {
        Self {
            name: name.trim(),
            lines: Vec::new(),
        }
    }

    fn words(&self) -> String {
        let name: String = self.name.chars().take(LONGEST).collect();
        match self.lines.as_slice() {
            [] => format!("`{name}` has nothing there"),
            [line] if line.trim().chars().count() <= LONGEST => {
                format!("`{name}` has `{}`", line.trim())
            }
            lines => format!(
                "`{name}` has {} {}",
                lines.len(),
                if lines.len() == 1 { "line" } else { "lines" }
            ),
        }
    }
}
