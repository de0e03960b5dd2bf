//! From a preview to the run of that very preview: what was worked out once is not worked out again.
//!
//! A connector that can prove cheaply that nothing has changed leaves a [`Handover`] in
//! [`Context::handover`](crate::Context::handover) when it previews, beside whatever it needs to do exactly
//! what was previewed (a saved plan). [`Connector::recall`](crate::Connector::recall) finds it again.
//!
//! Not here: who keeps the folder and when it goes; that is `runtime`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::change::StepPreview;
use crate::context::Context;

/// So long, in milliseconds, an answer may be handed over. What lies in the far system is not part of any
/// fingerprint, so that an old answer is worked out again.
const GOOD_FOR: i64 = 10 * 60 * 1_000;
/// The file in the folder.
const FILE: &str = "handover.json";

/// An answer of `preview`, and everything it was worked out from, as one fingerprint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handover {
    /// See [`Fingerprint`].
    pub fingerprint: String,
    /// When, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// The answer.
    pub preview: StepPreview,
    /// What the connector notes for itself. Holds no secret.
    #[serde(default)]
    pub note: Value,
}

impl Handover {
    /// Leaves an answer in the handover folder. An answer that cannot be left is worked out again.
    pub fn leave(cx: &dyn Context, fingerprint: Option<&str>, preview: &StepPreview, note: Value) {
        let (Some(folder), Some(fingerprint)) = (cx.handover(), fingerprint) else {
            return;
        };
        let handover = Self {
            fingerprint: fingerprint.to_owned(),
            at: cx.now(),
            preview: preview.clone(),
            note,
        };
        if let Ok(text) = serde_json::to_vec(&handover) {
            let _ = write_private(&folder.join(FILE), &text);
        }
    }

    /// What was left here, whether or not it still holds.
    pub fn find(cx: &dyn Context) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(cx.handover()?.join(FILE)).ok()?).ok()
    }

    /// What was left here, where it was worked out from the same and is not too old.
    pub fn still(cx: &dyn Context, fingerprint: Option<&str>) -> Option<Self> {
        let found = Self::find(cx)?;
        let age = cx.now() - found.at;
        (fingerprint == Some(found.fingerprint.as_str()) && (0..GOOD_FOR).contains(&age))
            .then_some(found)
    }

    /// Takes away what was left.
    pub fn clear(cx: &dyn Context) {
        if let Some(folder) = cx.handover() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Tells whether something is as it was: SHA-256 over everything that was added, in order. Not fit to be
/// published, since a short secret could be guessed from it.
#[derive(Clone, Debug, Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Most files that are looked at; with more, nobody can tell cheaply.
    const MOST_FILES: usize = 5_000;

    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value under a name.
    pub fn add(&mut self, name: &str, value: &[u8]) {
        for part in [name.as_bytes(), value] {
            self.0.update(part.len().to_le_bytes());
            self.0.update(part);
        }
    }

    /// Adds a file's place and facts (size, times), without reading it. A missing file is a fact, too.
    pub fn add_facts(&mut self, path: &Path) {
        let facts = std::fs::metadata(path).ok().map(|meta| facts(&meta));
        self.add(&path.to_string_lossy(), format!("{facts:?}").as_bytes());
    }

    /// Adds the facts of every file below a folder for which `counts` says so, by its name; links are
    /// not followed. `false` where there are too many, or one cannot be looked at.
    pub fn add_folder(&mut self, folder: &Path, counts: &dyn Fn(&str) -> bool) -> bool {
        let mut files: Vec<(PathBuf, String)> = Vec::new();
        let mut open = vec![folder.to_path_buf()];
        while let Some(next) = open.pop() {
            let Ok(entries) = std::fs::read_dir(&next) else {
                return false;
            };
            for entry in entries {
                let Ok(entry) = entry else { return false };
                if !counts(&entry.file_name().to_string_lossy()) {
                    continue;
                }
                let Ok(meta) = entry.metadata() else {
                    return false;
                };
                if meta.is_dir() {
                    open.push(entry.path());
                } else {
                    files.push((entry.path(), facts(&meta)));
                }
                if files.len() > Self::MOST_FILES {
                    return false;
                }
            }
        }
        files.sort();
        self.add(&folder.to_string_lossy(), b"folder");
        for (path, facts) in files {
            self.add(&path.to_string_lossy(), facts.as_bytes());
        }
        true
    }

    /// Adds every credential that is lent: its name, its fields and its secrets.
    pub fn add_credential(&mut self, port: &str, lease: &crate::Lease) {
        self.add(port, lease.credential.as_str().as_bytes());
        for (name, value) in &lease.fields {
            self.add(name, value.as_bytes());
        }
        for (name, value) in &lease.secrets {
            self.add(name, value.expose());
        }
    }

    /// As text.
    pub fn finish(self) -> String {
        self.0
            .finalize()
            .iter()
            .fold(String::with_capacity(64), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}

/// Size and times of a file, as fine as the system tells them.
fn facts(meta: &std::fs::Metadata) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        format!(
            "{} {} {}.{} {}.{} {:o}",
            meta.len(),
            meta.ino(),
            meta.mtime(),
            meta.mtime_nsec(),
            meta.ctime(),
            meta.ctime_nsec(),
            meta.mode()
        )
    }
    #[cfg(not(unix))]
    format!("{} {:?}", meta.len(), meta.modified().ok())
}

/// Writes a file that only this user can read, whatever stood there before.
pub fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(folder: &Path) -> Option<String> {
        let mut mark = Fingerprint::new();
        mark.add_folder(folder, &|name| !name.starts_with('.'))
            .then(|| mark.finish())
    }

    #[test]
    fn a_changed_added_or_removed_file_changes_the_fingerprint() {
        let home = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        };
        write("a.tf", "one");
        write("deep/b.tf", "two");
        let first = of(home.path()).expect("few files");
        assert_eq!(of(home.path()).as_ref(), Some(&first));
        write(".hidden", "does not count");
        assert_eq!(of(home.path()).as_ref(), Some(&first));
        write("deep/b.tf", "owt");
        let second = of(home.path()).expect("few files");
        assert_ne!(second, first, "same size, other content");
        write("c.tf", "");
        assert_ne!(of(home.path()).expect("few files"), second);
        assert_eq!(of(&home.path().join("nowhere")), None);
    }

    #[test]
    fn names_and_values_cannot_be_taken_for_each_other() {
        let of = |name: &str, value: &str| {
            let mut mark = Fingerprint::new();
            mark.add(name, value.as_bytes());
            mark.finish()
        };
        assert_ne!(of("ab", "c"), of("a", "bc"));
        assert_eq!(of("a", "b").len(), 64);
    }
}
