//! Paths that stay inside the folder they start in.

use std::path::{Component, Path, PathBuf};

use podium_diagnostics::{Code, Error, ErrorKind, Result};

/// A path that would leave its folder.
pub(crate) const LEAVES: Code = Code::new("POD0250");
/// A file that could not be read or written.
pub(crate) const DISK: Code = Code::new("POD0251");

/// Why a relative path is refused by its form alone.
pub(crate) fn problem(relative: &str) -> Option<&'static str> {
    let path = Path::new(relative);
    if relative.trim().is_empty() {
        return Some("it is empty");
    }
    if relative.contains('\0') {
        return Some("it holds a zero byte");
    }
    if path.is_absolute() || relative.starts_with(['/', '\\']) {
        return Some("it is absolute");
    }
    if relative.split(['/', '\\']).any(|part| part == "..") {
        return Some("it holds `..`");
    }
    path.components()
        .any(|part| matches!(part, Component::Prefix(_)))
        .then_some("it names a drive")
}

/// The path `relative` below `base`. Refuses what leaves `base`: `..`, absolute paths, and links
/// that point elsewhere. The last parts need not exist.
pub(crate) fn inside(base: &Path, relative: &str) -> Result<PathBuf> {
    let refuse = |why: &str| {
        Error::new(
            ErrorKind::Invalid,
            LEAVES,
            format!("The path `{relative}` is not allowed: {why}."),
        )
        .with_hint("Give a path below the workspace or the sandbox, such as `site/index.html`.")
    };
    if let Some(why) = problem(relative) {
        return Err(refuse(why));
    }
    let base = base
        .canonicalize()
        .map_err(|error| disk(base, "opened", &error))?;
    let mut path = base.clone();
    for part in Path::new(relative).components() {
        let Component::Normal(part) = part else {
            continue;
        };
        path.push(part);
        if path.symlink_metadata().is_ok() {
            path = path
                .canonicalize()
                .map_err(|_| refuse("it goes through a link that leads nowhere"))?;
            if !path.starts_with(&base) {
                return Err(refuse("it goes through a link that leads outside"));
            }
        }
    }
    Ok(path)
}

/// The folder that an input `place` names; the sandbox is made where it is missing.
pub(crate) fn folder<'a>(cx: &'a dyn podium_connector::Context, place: &str) -> Result<&'a Path> {
    if place == "workspace" {
        return Ok(cx.workspace());
    }
    let sandbox = cx.sandbox();
    std::fs::create_dir_all(sandbox).map_err(|error| disk(sandbox, "made", &error))?;
    Ok(sandbox)
}

/// The disk said no.
pub(crate) fn disk(path: &Path, verb: &str, error: &std::io::Error) -> Error {
    use std::io::ErrorKind as Io;
    let (kind, why, hint) = match error.kind() {
        Io::NotFound => (
            ErrorKind::NotFound,
            "it is not there",
            "Check the path; names differ by small and large letters.",
        ),
        Io::PermissionDenied => (
            ErrorKind::Storage,
            "this user may not",
            "Check who owns the file and its folder.",
        ),
        Io::StorageFull | Io::QuotaExceeded => (
            ErrorKind::Storage,
            "the disk is full",
            "Free some space, then try again.",
        ),
        Io::ReadOnlyFilesystem => (
            ErrorKind::Storage,
            "the disk is read-only",
            "Use a folder that can be written.",
        ),
        Io::IsADirectory => (
            ErrorKind::Invalid,
            "it is a folder",
            "Name a file inside the folder.",
        ),
        Io::NotADirectory => (
            ErrorKind::Invalid,
            "a part of its path is a file",
            "Choose another path.",
        ),
        _ => (
            ErrorKind::Storage,
            "the system refused",
            "The reason of the system stands in the details.",
        ),
    };
    Error::new(
        kind,
        DISK,
        format!("`{}` could not be {verb}: {why}.", path.display()),
    )
    .with_hint(hint)
    .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_or_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let base = root.path().join("base");
        std::fs::create_dir_all(base.join("été")).unwrap();
        for good in ["a.txt", "été/ü b.html", "./x", "new/folder/x"] {
            assert!(inside(&base, good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "/etc/passwd",
            "../x",
            "a/../b",
            "..\\x",
            "\\x",
            "a\0b",
        ] {
            assert_eq!(inside(&base, bad).unwrap_err().code, LEAVES, "{bad:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_outside_is_refused_and_one_that_stays_is_followed() {
        let root = tempfile::tempdir().unwrap();
        let base = root.path().join("base");
        std::fs::create_dir_all(base.join("real")).unwrap();
        std::os::unix::fs::symlink(root.path(), base.join("out")).unwrap();
        std::os::unix::fs::symlink("real", base.join("in")).unwrap();
        std::os::unix::fs::symlink("nowhere", base.join("lost")).unwrap();
        assert_eq!(inside(&base, "out/x").unwrap_err().code, LEAVES);
        assert_eq!(inside(&base, "out").unwrap_err().code, LEAVES);
        assert_eq!(inside(&base, "lost").unwrap_err().code, LEAVES);
        let path = inside(&base, "in/x").unwrap();
        assert!(path.ends_with("base/real/x"), "{}", path.display());
    }
}
