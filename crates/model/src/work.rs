//! How much work was done, for tests that say what is done once. Counted for each thread.

use std::cell::Cell;

/// Work of this thread so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Files read into a tree.
    pub trees: u64,
    /// Expressions read.
    pub expressions: u64,
    /// Those of them that the parser of CEL had to read.
    pub by_cel: u64,
}

thread_local! {
    static WORK: Cell<Work> = const { Cell::new(Work { trees: 0, expressions: 0, by_cel: 0 }) };
}

/// What this thread has done so far.
pub fn so_far() -> Work {
    WORK.get()
}

pub(crate) fn note(change: impl FnOnce(&mut Work)) {
    let mut work = WORK.get();
    change(&mut work);
    WORK.set(work);
}
