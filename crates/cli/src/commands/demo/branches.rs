//! The history that the demo's repository has: a beginning, a change on the main branch, a branch that
//! merges with it, and one that changed the same number to something else.

/// The workflow that was changed on every branch.
const FILE: &str = "workflows/share-a-folder.yaml";
/// The retries of its last step as they are, as they were, and as somebody else wanted them.
const NOW: &str = "retry: { attempts: 3, backoff: 500ms }";
const BEFORE: &str = "retry: { attempts: 2, backoff: 500ms }";
const THEIRS: &str = "retry: { attempts: 8, backoff: 500ms }";
/// The length of its text, and a longer one.
const SHORT: &str = "maxLength: 2000";
const LONG: &str = "maxLength: 4000";

/// A commit, upon the first one.
pub(super) struct Commit {
    /// The branch that it is the end of.
    pub(super) branch: &'static str,
    /// What it says.
    pub(super) message: &'static str,
    /// What is replaced in [`FILE`] as it was in the first commit.
    change: (&'static str, &'static str),
}

/// What the first commit says.
pub(super) const FIRST: &str = "Begin with the corner shops";

/// The commits upon the first one. The first of them is what is checked out.
pub(super) const COMMITS: [Commit; 3] = [
    Commit {
        branch: "main",
        message: "Look at the page three times",
        change: (BEFORE, NOW),
    },
    Commit {
        branch: "more-words",
        message: "Leave room for more words",
        change: (SHORT, LONG),
    },
    Commit {
        branch: "patient-visits",
        message: "Look at the page eight times",
        change: (BEFORE, THEIRS),
    },
];

/// A file in the first commit.
pub(super) fn first(name: &str, content: &[u8]) -> Vec<u8> {
    replaced(name, content, NOW, BEFORE)
}

impl Commit {
    /// The file that it changes, as it is then.
    pub(super) fn change(&self, now: &[u8]) -> (&'static str, Vec<u8>) {
        (
            FILE,
            replaced(FILE, &first(FILE, now), self.change.0, self.change.1),
        )
    }
}

/// Every other version that a file has on one of the branches, and after the merge that has no conflict.
pub(super) fn versions(name: &str, content: &[u8]) -> Vec<Vec<u8>> {
    if name != FILE {
        return Vec::new();
    }
    let mut versions: Vec<Vec<u8>> = COMMITS
        .iter()
        .map(|commit| commit.change(content).1)
        .collect();
    versions.push(first(name, content));
    versions.push(replaced(name, content, SHORT, LONG));
    versions
}

fn replaced(name: &str, content: &[u8], from: &str, to: &str) -> Vec<u8> {
    if name != FILE {
        return content.to_vec();
    }
    String::from_utf8_lossy(content)
        .replacen(from, to, 1)
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_branch_differs_in_one_line_and_the_main_one_ends_as_the_demo_is() {
        let (_, now) = super::super::files()
            .into_iter()
            .find(|(name, _)| name == FILE)
            .unwrap();
        let differ = |a: &[u8], b: &[u8]| {
            let (a, b) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
            a.lines().zip(b.lines()).filter(|(a, b)| a != b).count()
        };
        let first = first(FILE, now);
        assert_eq!(differ(&first, now), 1);
        for commit in &COMMITS {
            assert_eq!(
                differ(&first, &commit.change(now).1),
                1,
                "{}",
                commit.branch
            );
        }
        assert_eq!(COMMITS[0].change(now).1, now);
    }
}
