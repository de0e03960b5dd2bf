//! The files of a workspace: workflows, environments, `podium.yaml`. Reading, and writing without ever
//! losing what another program wrote in between.

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use podium_diagnostics::{Code, Error, ErrorKind, Result};

use crate::home::storage;

/// Largest file that is read as a document, in bytes.
const LIMIT: u64 = 64 << 20;

/// A workspace's folder.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// The content of a file and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The content.
    pub bytes: Vec<u8>,
    /// Changes when the content does.
    pub version: String,
}

impl Folder {
    /// The workspace at `folder`, or at the nearest folder above it that holds a `podium.yaml`; `folder`
    /// itself where there is none.
    pub fn open(folder: &Path) -> Result<Self> {
        let start = folder.canonicalize().map_err(|error| {
            Error::new(
                ErrorKind::NotFound,
                Code::new("POD0801"),
                format!("There is no folder `{}`.", folder.display()),
            )
            .with_hint("Name a folder with -C, or make a demo workspace with `podium demo DIR`.")
            .with_source(error)
        })?;
        let root = start
            .ancestors()
            .find(|ancestor| ancestor.join("podium.yaml").is_file())
            .unwrap_or(&start)
            .to_path_buf();
        Ok(Self { root })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The names of all workflows, sorted.
    pub fn workflows(&self) -> Vec<String> {
        names(&self.root.join("workflows"))
    }

    /// The names of all environments, sorted.
    pub fn environments(&self) -> Vec<String> {
        names(&self.root.join("environments"))
    }

    /// The names of all schedules, sorted.
    pub fn schedules(&self) -> Vec<String> {
        names(&self.root.join("schedules"))
    }

    /// The name of the workflow that an argument means: a name, or a path to its file.
    pub fn workflow_named(&self, argument: &str) -> Result<String> {
        let by_name = self.workflow_file(argument);
        if is_plain_name(argument) && self.root.join(&by_name).is_file() {
            return Ok(argument.to_owned());
        }
        let given = Path::new(argument);
        for base in [std::env::current_dir().ok(), Some(self.root.clone())]
            .into_iter()
            .flatten()
        {
            let Ok(path) = base.join(given).canonicalize() else {
                continue;
            };
            if let Ok(inside) = path.strip_prefix(self.root.join("workflows"))
                && let Some(name) = inside.to_str().and_then(|name| name.strip_suffix(".yaml"))
            {
                return Ok(name.replace('\\', "/"));
            }
        }
        let error = Error::new(
            ErrorKind::NotFound,
            Code::new("POD0802"),
            format!("There is no workflow `{argument}` in this workspace."),
        );
        let known = self.workflows();
        Err(error.with_hint(if known.is_empty() {
            String::from(
                "This workspace has no workflows yet; `podium demo DIR` makes one to look at.",
            )
        } else {
            format!("The workflows here are: {}.", known.join(", "))
        }))
    }

    /// The file of a workflow, relative to the workspace.
    pub fn workflow_file(&self, name: &str) -> String {
        format!("workflows/{name}.yaml")
    }

    /// The layout file of a workflow, relative to the workspace.
    pub fn layout_file(&self, name: &str) -> String {
        format!("workflows/{name}.layout.json")
    }

    /// The file of an environment, relative to the workspace.
    pub fn environment_file(&self, name: &str) -> String {
        format!("environments/{name}.yaml")
    }

    /// The file of a schedule, relative to the workspace.
    pub fn schedule_file(&self, name: &str) -> String {
        format!("schedules/{name}.yaml")
    }

    /// Reads a file of the workspace; `None` where it is not there.
    pub fn read(&self, file: &str) -> Result<Option<Text>> {
        let path = self.path(file)?;
        let meta = match fs::metadata(&path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(storage(&path, &error)),
        };
        if meta.len() > LIMIT {
            return Err(Error::new(
                ErrorKind::Invalid,
                Code::new("POD0210"),
                format!("`{file}` is larger than 64 MiB and is not read."),
            )
            .with_hint("A workflow of that size is most likely another kind of file."));
        }
        let bytes = fs::read(&path).map_err(|error| storage(&path, &error))?;
        let version = version_of(&bytes);
        Ok(Some(Text { bytes, version }))
    }

    /// Writes a file of the workspace atomically, where its version is still `expected` (`None`: not
    /// there). Gives the new version. Another version on disk is a conflict, and nothing is written.
    pub fn write(&self, file: &str, expected: Option<&str>, content: &[u8]) -> Result<String> {
        let path = self.path(file)?;
        let there = self.read(file)?;
        if there.as_ref().map(|text| text.version.as_str()) != expected {
            return Err(Error::new(
                ErrorKind::Conflict,
                Code::new("POD0211"),
                format!("`{file}` was changed by another program since it was read."),
            )
            .with_hint(
                "Nothing was overwritten. Load the new content, then make the change again.",
            ));
        }
        if there.is_some_and(|text| text.bytes == content) {
            return Ok(version_of(content));
        }
        let fail = |error: std::io::Error| storage(&path, &error);
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(fail)?;
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("file");
        let fresh = folder.join(format!(".{name}.podium-{}", std::process::id()));
        let written = (|| {
            let mut file = fs::File::create(&fresh)?;
            file.write_all(content)?;
            file.sync_all()?;
            if let Ok(meta) = fs::metadata(&path) {
                fs::set_permissions(&fresh, meta.permissions())?;
            }
            fs::rename(&fresh, &path)
        })();
        if let Err(error) = written {
            let _ = fs::remove_file(&fresh);
            return Err(fail(error));
        }
        Ok(version_of(content))
    }

    /// A path inside the workspace; everything that would lead out of it is refused.
    fn path(&self, file: &str) -> Result<PathBuf> {
        let inside = Path::new(file);
        let plain = !file.is_empty()
            && inside
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
        if !plain {
            return Err(Error::new(
                ErrorKind::Invalid,
                Code::new("POD0212"),
                format!("`{file}` is not a path inside the workspace."),
            )
            .with_hint("Write it relative to the workspace, without `..`."));
        }
        Ok(self.root.join(inside))
    }
}

/// A version of a content: FNV-1a of 64 bits and the length. It tells edits apart; it is no proof.
pub fn version_of(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}-{:x}", bytes.len())
}

fn is_plain_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(['/', '\\']) && text != "." && text != ".."
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| {
            Some(
                entry
                    .file_name()
                    .to_str()?
                    .strip_suffix(".yaml")?
                    .to_owned(),
            )
        })
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("podium.yaml"), "podium: 1\n").unwrap();
        fs::create_dir(temp.path().join("workflows")).unwrap();
        fs::write(temp.path().join("workflows/ä b.yaml"), "podium: 1\n").unwrap();
        let folder = Folder::open(temp.path()).unwrap();
        (temp, folder)
    }

    #[test]
    fn a_workflow_is_found_by_name_and_by_path() {
        let (temp, folder) = folder();
        assert_eq!(folder.workflows(), ["ä b"]);
        assert_eq!(folder.workflow_named("ä b").unwrap(), "ä b");
        let path = temp.path().join("workflows/ä b.yaml");
        assert_eq!(
            folder.workflow_named(path.to_str().unwrap()).unwrap(),
            "ä b"
        );
        assert_eq!(folder.workflow_named("workflows/ä b.yaml").unwrap(), "ä b");
        assert_eq!(
            folder.workflow_named("other").unwrap_err().code.as_str(),
            "POD0802"
        );
    }

    #[test]
    fn a_file_changed_by_another_program_is_not_overwritten() {
        let (temp, folder) = folder();
        let read = folder.read("workflows/ä b.yaml").unwrap().unwrap();
        fs::write(
            temp.path().join("workflows/ä b.yaml"),
            "podium: 1\nname: other\n",
        )
        .unwrap();
        let error = folder
            .write("workflows/ä b.yaml", Some(&read.version), b"podium: 1\n")
            .unwrap_err();
        assert_eq!(error.code.as_str(), "POD0211");
        let now = folder.read("workflows/ä b.yaml").unwrap().unwrap();
        assert_eq!(now.bytes, b"podium: 1\nname: other\n");
    }

    #[test]
    fn a_path_that_leads_out_is_refused() {
        let (_temp, folder) = folder();
        for file in ["../x", "/etc/passwd", "workflows/../../x", "", "."] {
            assert_eq!(
                folder.read(file).unwrap_err().code.as_str(),
                "POD0212",
                "{file}"
            );
        }
    }
}
