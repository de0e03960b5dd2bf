//! Files of the workspace that other programs change while a window is open: an editor, another branch of
//! git. It is told, so that what is shown is what is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::Podium;

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(1);
/// Folders in folders are looked into so deep.
const DEEPEST: usize = 6;

/// When each file was written, and how long it is.
type Stamps = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

impl Podium {
    /// Looks from time to time, until Podium is gone.
    pub(crate) async fn watch_files(&self) {
        let podium = self.clone();
        // Before anything is shown: what changes from now on is told.
        let mut seen = self.stamps().await;
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                let now = podium.stamps().await;
                if now != seen {
                    podium.idle.say(stale(&seen, &now));
                    seen = now;
                }
            }
        });
    }

    async fn stamps(&self) -> Stamps {
        let root = self.host.folder().root().to_path_buf();
        let looked = tokio::task::spawn_blocking(move || {
            let mut stamps = Stamps::new();
            for folder in ["workflows", "environments", "schedules"] {
                walk(&root, Path::new(folder), 0, &mut stamps);
            }
            stamp(&root, Path::new("podium.yaml"), &mut stamps);
            stamps
        });
        looked.await.unwrap_or_default()
    }
}

fn walk(root: &Path, inside: &Path, depth: usize, stamps: &mut Stamps) {
    let entries = std::fs::read_dir(root.join(inside)).into_iter().flatten();
    for entry in entries.flatten() {
        let path = inside.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if depth < DEEPEST {
                walk(root, &path, depth + 1, stamps);
            }
        } else {
            stamp(root, &path, stamps);
        }
    }
}

fn stamp(root: &Path, path: &Path, stamps: &mut Stamps) {
    // What a write of ours is made of is renamed in a moment.
    let passing = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'));
    if let Ok(about) = std::fs::metadata(root.join(path))
        && !passing
    {
        stamps.insert(path.to_path_buf(), (about.modified().ok(), about.len()));
    }
}

/// What may show something else now: names of commands, with the workflow where only that one changed.
fn stale(before: &Stamps, now: &Stamps) -> Vec<String> {
    let mut stale = vec![String::from("workflow.list"), String::from("workspace.get")];
    let paths = before.keys().chain(now.keys());
    for path in paths.filter(|path| before.get(*path) != now.get(*path)) {
        let name = path.to_string_lossy().replace('\\', "/");
        let workflow = name.strip_prefix("workflows/").and_then(|name| {
            name.strip_suffix(".layout.json")
                .or_else(|| name.strip_suffix(".yaml"))
        });
        let told = match workflow {
            Some(workflow) => format!("document.open:{workflow}"),
            None if name.starts_with("schedules/") => String::from("schedule.list"),
            None => continue,
        };
        if !stale.contains(&told) {
            stale.push(told);
        }
    }
    stale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_told_by_name() {
        let stamps = |files: &[(&str, u64)]| -> Stamps {
            files
                .iter()
                .map(|(name, size)| (PathBuf::from(name), (None, *size)))
                .collect()
        };
        let before = stamps(&[
            ("workflows/a.yaml", 1),
            ("workflows/b.yaml", 1),
            ("podium.yaml", 1),
        ]);
        let now = stamps(&[
            ("workflows/a.yaml", 2),
            ("workflows/b.layout.json", 1),
            ("podium.yaml", 1),
        ]);
        assert_eq!(
            stale(&before, &now),
            [
                "workflow.list",
                "workspace.get",
                "document.open:a",
                "document.open:b"
            ]
        );
    }
}
