//! A change of a text as what was taken out and what was put in.

use serde::{Deserialize, Serialize};

/// One change of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splice {
    /// Where: a byte offset in the text before the change.
    pub at: usize,
    /// What stood there.
    pub removed: String,
    /// What stands there now.
    pub inserted: String,
}

impl Splice {
    /// The smallest single change that makes `after` of `before`; begins and ends between characters.
    pub fn between(before: &str, after: &str) -> Self {
        let mut prefix = before
            .bytes()
            .zip(after.bytes())
            .take_while(|(left, right)| left == right)
            .count();
        while !before.is_char_boundary(prefix) || !after.is_char_boundary(prefix) {
            prefix -= 1;
        }
        let mut suffix = before[prefix..]
            .bytes()
            .rev()
            .zip(after[prefix..].bytes().rev())
            .take_while(|(left, right)| left == right)
            .count();
        while !before.is_char_boundary(before.len() - suffix)
            || !after.is_char_boundary(after.len() - suffix)
        {
            suffix -= 1;
        }
        Self {
            at: prefix,
            removed: before[prefix..before.len() - suffix].to_owned(),
            inserted: after[prefix..after.len() - suffix].to_owned(),
        }
    }

    /// The changed text; none where `removed` does not stand at its place.
    pub fn apply(&self, text: &str) -> Option<String> {
        let rest = text.get(self.at..)?.strip_prefix(self.removed.as_str())?;
        Some([&text[..self.at], self.inserted.as_str(), rest].concat())
    }

    /// The change that takes this one back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self {
            at: self.at,
            removed: self.inserted.clone(),
            inserted: self.removed.clone(),
        }
    }

    fn is_nothing(&self) -> bool {
        self.removed.is_empty() && self.inserted.is_empty()
    }
}

/// What makes `after` of `before`, in the order of the text; every place counts in `before`.
///
/// Where as many lines were taken out as put in, each changed line is a splice of its own: a rename in
/// many places keeps the places, not all the text between them.
pub fn splices_between(before: &str, after: &str) -> Vec<Splice> {
    let whole = Splice::between(before, after);
    let count = |text: &str| text.split_inclusive('\n').count();
    if count(&whole.removed) != count(&whole.inserted) {
        return vec![whole];
    }
    let mut at = whole.at;
    let mut splices = Vec::new();
    let lines = whole.removed.split_inclusive('\n');
    for (old, new) in lines.zip(whole.inserted.split_inclusive('\n')) {
        let mut splice = Splice::between(old, new);
        splice.at += at;
        at += old.len();
        if !splice.is_nothing() {
            splices.push(splice);
        }
    }
    splices
}

/// Applies what [`splices_between`] gave; none where the text is another one.
pub fn apply_all(text: &str, splices: &[Splice]) -> Option<String> {
    let mut changed = String::with_capacity(text.len());
    let mut done = 0;
    for splice in splices {
        changed.push_str(text.get(done..splice.at)?);
        text.get(splice.at..)?
            .strip_prefix(splice.removed.as_str())?;
        changed.push_str(&splice.inserted);
        done = splice.at + splice.removed.len();
    }
    changed.push_str(text.get(done..)?);
    Some(changed)
}

/// What takes all of them back; every place counts in the changed text.
pub fn inverse_of_all(splices: &[Splice]) -> Vec<Splice> {
    let (mut removed, mut inserted) = (0, 0);
    let back = |splice: &Splice| {
        let back = Splice {
            at: splice.at + inserted - removed,
            ..splice.inverse()
        };
        removed += splice.removed.len();
        inserted += splice.inserted.len();
        back
    };
    splices.iter().map(back).collect()
}
