//! Undo and redo of every edit, as data that survives a restart.
//!
//! An entry keeps what was taken out of the document and of its layout, and what was put in. Undo
//! puts it back; so an entry costs what it changed, not what the document holds.
//!
//! Not here: selection and viewport, which are no edits and clear nothing; what runs did, which is
//! another undo; files, which are read and written elsewhere.
//!
//! Invariants: undo then redo gives the same bytes; an entry is applied wholly or not at all, and never
//! to a text it was not made for; at most [`MOST_ENTRIES`] entries and [`MOST_BYTES`] of text are kept,
//! the newest.

mod splice;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use splice::{Splice, apply_all, inverse_of_all, splices_between};

/// How many steps back one can go.
pub const MOST_ENTRIES: usize = 1_000;

/// How much changed text is kept, in bytes.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The texts that an edit changes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts<'a> {
    /// `workflows/NAME.yaml`.
    pub document: &'a str,
    /// `workflows/NAME.layout.json`; empty where there is none.
    pub layout: &'a str,
}

/// One action of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What the action did, for the menu: "Rename step".
    pub label: String,
    /// Actions with the same key, one right after the other, are one entry; for typing and dragging.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What changed in the document, in its order before the edit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub document: Vec<Splice>,
    /// What changed in the layout, in its order before the edit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layout: Vec<Splice>,
}

impl Entry {
    fn bytes(&self) -> usize {
        let splices = self.document.iter().chain(&self.layout);
        splices
            .map(|one| one.removed.len() + one.inserted.len())
            .sum()
    }
}

/// The texts after an undo or redo, and what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The label of the action.
    pub label: String,
    /// The document now.
    pub document: String,
    /// The layout now.
    pub layout: String,
}

/// The text is not the one that the history knows: somebody else changed the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed;

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "The file has changed outside since this was recorded, so this step cannot be taken. \
             Record the outside change first.",
        )
    }
}

impl std::error::Error for Changed {}

/// The actions that can be taken back, and those that can be done again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Oldest first.
    done: VecDeque<Entry>,
    /// The next to redo last.
    undone: Vec<Entry>,
    /// The last entry takes no more of its kind.
    #[serde(default)]
    sealed: bool,
}

impl History {
    /// Records an action that changed `before` into `after`. Clears what could be redone.
    ///
    /// An action with the same `key` as the one before becomes part of it, unless [`History::seal`] was
    /// called in between. An action that changed nothing is not recorded; gives whether it was.
    pub fn record(
        &mut self,
        label: impl Into<String>,
        key: Option<&str>,
        before: Texts<'_>,
        after: Texts<'_>,
    ) -> bool {
        if before == after {
            return false;
        }
        self.undone.clear();
        let open = !std::mem::take(&mut self.sealed);
        if open && self.extend_last(key, before, after) {
            return true;
        }
        self.done.push_back(Entry {
            label: label.into(),
            key: key.map(str::to_owned),
            document: splices_between(before.document, after.document),
            layout: splices_between(before.layout, after.layout),
        });
        self.forget_the_oldest();
        true
    }

    /// The next action starts an entry of its own, whatever its key: the field was left, the pointer
    /// was lifted.
    pub fn seal(&mut self) {
        self.sealed = true;
    }

    /// Takes the last action back.
    ///
    /// Gives nothing where there is none; fails, and keeps the entry, where `now` is not the text that
    /// the action made.
    pub fn undo(&mut self, now: Texts<'_>) -> Result<Option<Moved>, Changed> {
        let Some(entry) = self.done.back() else {
            return Ok(None);
        };
        let moved = Moved {
            label: entry.label.clone(),
            document: apply_all(now.document, &inverse_of_all(&entry.document)).ok_or(Changed)?,
            layout: apply_all(now.layout, &inverse_of_all(&entry.layout)).ok_or(Changed)?,
        };
        self.undone.extend(self.done.pop_back());
        self.sealed = true;
        Ok(Some(moved))
    }

    /// Does the last undone action again; the counterpart of [`History::undo`].
    pub fn redo(&mut self, now: Texts<'_>) -> Result<Option<Moved>, Changed> {
        let Some(entry) = self.undone.last() else {
            return Ok(None);
        };
        let moved = Moved {
            label: entry.label.clone(),
            document: apply_all(now.document, &entry.document).ok_or(Changed)?,
            layout: apply_all(now.layout, &entry.layout).ok_or(Changed)?,
        };
        self.done.extend(self.undone.pop());
        self.sealed = true;
        Ok(Some(moved))
    }

    /// What undo would take back.
    pub fn undo_label(&self) -> Option<&str> {
        self.done.back().map(|entry| entry.label.as_str())
    }

    /// What redo would do again.
    pub fn redo_label(&self) -> Option<&str> {
        self.undone.last().map(|entry| entry.label.as_str())
    }

    /// How many actions can be taken back.
    pub fn len(&self) -> usize {
        self.done.len()
    }

    /// Whether nothing can be taken back.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// Makes the action part of the last entry, if it is of the same kind.
    fn extend_last(&mut self, key: Option<&str>, before: Texts<'_>, after: Texts<'_>) -> bool {
        let Some(last) = self.done.back_mut() else {
            return false;
        };
        if key.is_none() || last.key.as_deref() != key {
            return false;
        }
        let start = |text, splices: &[Splice]| apply_all(text, &inverse_of_all(splices));
        let (Some(document), Some(layout)) = (
            start(before.document, &last.document),
            start(before.layout, &last.layout),
        ) else {
            return false;
        };
        last.document = splices_between(&document, after.document);
        last.layout = splices_between(&layout, after.layout);
        if last.document.is_empty() && last.layout.is_empty() {
            self.done.pop_back();
        }
        true
    }

    fn forget_the_oldest(&mut self) {
        let mut bytes: usize = self.done.iter().map(Entry::bytes).sum();
        while self.done.len() > MOST_ENTRIES || (bytes > MOST_BYTES && self.done.len() > 1) {
            bytes -= self.done.pop_front().map_or(0, |entry| entry.bytes());
        }
    }
}
