//! The files of the demo's folder: which are the demo's, which are somebody's.

use std::path::{Component, Path, PathBuf};

use podium_diagnostics::Result;

use super::Mark;
use crate::home::storage;
use crate::workspace::version_of;

/// Files beyond this number are not listed one by one.
const MOST: usize = 10_000;
/// A file of the demo is never larger; a larger one is not read to find out.
const LONGEST: u64 = 8 << 20;
/// The file that makes the folder a workspace: it goes last.
const LAST: &str = "podium.yaml";

/// What stands in the demo's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Files that the demo wrote and nobody changed.
    pub unchanged: Vec<String>,
    /// Files that the demo wrote and somebody changed.
    pub changed: Vec<String>,
    /// What tools keep between their runs, of which nothing stands any more.
    pub left: Vec<String>,
    /// Everything else.
    pub own: Vec<String>,
    /// Whether there is more than was looked at.
    pub more: bool,
}

impl Found {
    /// Looks at the folder of a demo.
    pub fn look(mark: &Mark) -> Self {
        let mut found = Self::default();
        let mut seen = 0;
        let mut ahead = vec![PathBuf::new()];
        while let Some(inside) = ahead.pop() {
            let Ok(entries) = std::fs::read_dir(mark.folder.join(&inside)) else {
                continue;
            };
            for entry in entries.flatten() {
                let path = inside.join(entry.file_name());
                if path == Path::new(".git") || path.starts_with(super::repository::UNFINISHED) {
                    continue;
                }
                seen += 1;
                if seen > MOST {
                    found.more = true;
                    break;
                }
                // A link is somebody's, wherever it leads.
                let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                let name = written(&path);
                if folder && entry.file_name() == ".terraform" && is_of_the_demo(mark, &inside) {
                    found.left.push(name);
                } else if folder {
                    ahead.push(path);
                } else {
                    found.sort(mark, &inside, name);
                }
            }
        }
        for list in [
            &mut found.unchanged,
            &mut found.changed,
            &mut found.left,
            &mut found.own,
        ] {
            list.sort();
        }
        // Until the last moment it is a workspace, and a removal that was cut off finds it again.
        if let Some(at) = found.unchanged.iter().position(|name| name == LAST) {
            let last = found.unchanged.remove(at);
            found.unchanged.push(last);
        }
        found
    }

    fn sort(&mut self, mark: &Mark, inside: &Path, name: String) {
        let path = mark.folder.join(&name);
        let list = match mark.files.get(&name) {
            Some(versions) if version(&path).is_some_and(|now| versions.contains(&now)) => {
                &mut self.unchanged
            }
            Some(_) => &mut self.changed,
            None if is_of_the_demo(mark, inside) && is_left_over(&path) => &mut self.left,
            None => &mut self.own,
        };
        list.push(name);
    }
}

/// Removes what is the demo's, and the folders that are empty then. What changed since it was looked at
/// stays.
pub fn remove_files(mark: &Mark) -> Result<Found> {
    let found = Found::look(mark);
    for name in &found.left {
        let Some(path) = inside(&mark.folder, name) else {
            continue;
        };
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        gone(&path, removed)?;
    }
    for name in &found.unchanged {
        if name == LAST {
            remove_empty_folders(mark);
        }
        let Some(path) = inside(&mark.folder, name) else {
            continue;
        };
        let versions = mark.files.get(name);
        if version(&path).is_some_and(|now| versions.is_some_and(|known| known.contains(&now))) {
            gone(&path, std::fs::remove_file(&path))?;
        }
    }
    remove_empty_folders(mark);
    // Those above it too, where they were made for it and hold nothing else.
    for folder in mark.folders.iter().rev() {
        if std::fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(found)
}

/// Those in which the demo's files stood.
fn remove_empty_folders(mark: &Mark) {
    let mut folders: Vec<PathBuf> = mark
        .files
        .keys()
        .flat_map(|name| Path::new(name).ancestors().skip(1).map(Path::to_path_buf))
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.components().count()));
    folders.dedup();
    for folder in folders {
        if let Some(path) = inside(&mark.folder, &written(&folder)) {
            let _ = std::fs::remove_dir(path);
        }
    }
}

fn gone(path: &Path, removed: std::io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(storage(path, &error)),
        _ => Ok(()),
    }
}

/// A path inside the folder, where nothing on the way is a link that leads out of it.
fn inside(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut path = folder.to_path_buf();
    for part in Path::new(name).components() {
        let Component::Normal(part) = part else {
            return None;
        };
        path.push(part);
        if std::fs::symlink_metadata(&path).ok()?.is_symlink() {
            return None;
        }
    }
    Some(path)
}

fn version(path: &Path) -> Option<String> {
    let about = std::fs::symlink_metadata(path).ok()?;
    if !about.is_file() || about.len() > LONGEST {
        return None;
    }
    Some(version_of(&std::fs::read(path).ok()?))
}

/// Whether the demo has files in this folder.
fn is_of_the_demo(mark: &Mark, inside: &Path) -> bool {
    mark.files
        .keys()
        .any(|name| Path::new(name).parent() == Some(inside))
}

/// What Terraform keeps beside its files, unless it says that something still stands; and what a write of
/// ours that was cut off left.
fn is_left_over(path: &Path) -> bool {
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    if name == ".terraform.lock.hcl" || name.ends_with(".tfplan") {
        return true;
    }
    if name.starts_with("terraform.tfstate") {
        let text = std::fs::read(path).unwrap_or_default();
        let state: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
        let stands = state.map(|state| {
            state["resources"]
                .as_array()
                .is_some_and(|list| !list.is_empty())
        });
        // The copy of the state before says what stood then.
        return stands == Some(false) || name.ends_with(".backup");
    }
    name.starts_with('.') && name.contains(".podium-")
}

/// As people and marks write it: with `/`.
fn written(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn demo(root: &Path) -> Mark {
        let mut mark = Mark::new(root.join("demo"));
        mark.folders = vec![mark.folder.clone()];
        for (name, text) in [
            ("podium.yaml", "podium: 1\n"),
            ("workflows/a.yaml", "a\n"),
            ("infra/main.tf", "tf\n"),
        ] {
            let path = mark.folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            mark.files
                .entry(name.to_owned())
                .or_default()
                .insert(version_of(text.as_bytes()));
        }
        mark
    }

    #[test]
    fn what_nobody_touched_goes_with_its_folder() {
        let root = tempfile::tempdir().unwrap();
        let mark = demo(root.path());
        fs::create_dir(mark.folder.join("infra/.terraform")).unwrap();
        fs::write(
            mark.folder.join("infra/terraform.tfstate"),
            "{\"resources\": []}",
        )
        .unwrap();
        let found = remove_files(&mark).unwrap();
        assert_eq!((found.unchanged.len(), found.left.len()), (3, 2));
        assert!(!mark.folder.exists());
        // A second time there is nothing, and that is fine.
        assert_eq!(remove_files(&mark).unwrap(), Found::default());
    }

    #[test]
    fn what_is_changed_or_own_or_still_stands_stays() {
        let root = tempfile::tempdir().unwrap();
        let mark = demo(root.path());
        fs::write(mark.folder.join("workflows/a.yaml"), "mine\n").unwrap();
        fs::write(mark.folder.join("workflows/own.yaml"), "own\n").unwrap();
        fs::write(
            mark.folder.join("infra/terraform.tfstate"),
            "{\"resources\": [1]}",
        )
        .unwrap();
        let found = remove_files(&mark).unwrap();
        assert_eq!(found.changed, ["workflows/a.yaml"]);
        assert_eq!(found.own, ["infra/terraform.tfstate", "workflows/own.yaml"]);
        assert!(mark.folder.join("workflows/own.yaml").exists());
        assert!(!mark.folder.join("podium.yaml").exists());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_behind_a_link_is_touched() {
        let root = tempfile::tempdir().unwrap();
        let mark = demo(root.path());
        let elsewhere = root.path().join("elsewhere");
        fs::rename(mark.folder.join("workflows"), &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, mark.folder.join("workflows")).unwrap();
        let found = remove_files(&mark).unwrap();
        assert_eq!(found.own, ["workflows"]);
        assert!(elsewhere.join("a.yaml").exists());
    }
}
