//! Whether a folder is ready for the tool: `init` is started only where something that it reads changed.
//!
//! What decides is noted in our own folder of data beside what `init` put there. Not here: `init` itself.

use std::path::{Path, PathBuf};

use podium_connector::{Fingerprint, write_private};
use serde_json::Value;

/// The note: everything that `init` reads, as one fingerprint.
const READY: &str = "podium-ready";
/// The versions of providers that `init` chose, kept since a preview leaves nothing in the workspace.
const LOCK_COPY: &str = "podium-lock.hcl";
/// The same, where the tool wants it.
pub(crate) const LOCK: &str = ".terraform.lock.hcl";

/// A folder of configuration, and our folder of data for it.
pub(crate) struct Setup<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) data: &'a Path,
    pub(crate) tool: &'a Path,
    pub(crate) settings: Option<&'a Path>,
}

impl Setup<'_> {
    /// Whether all is as `init` left it. Puts the chosen versions of providers back where a preview
    /// took them away.
    pub(crate) fn is_ready(&self) -> bool {
        let Some(mark) = self.mark() else {
            return false;
        };
        if std::fs::read_to_string(self.data.join(READY)).ok() != Some(mark) {
            return false;
        }
        let read = |path: PathBuf| std::fs::read(path).ok();
        match (
            read(self.folder.join(LOCK)),
            read(self.data.join(LOCK_COPY)),
        ) {
            (None, None) => true,
            (None, Some(copy)) => std::fs::write(self.folder.join(LOCK), copy).is_ok(),
            (lock, copy) => lock == copy,
        }
    }

    /// Whether the tool can work without any `init`: nothing outside the folder is named, and no former
    /// `init` chose a backend.
    pub(crate) fn needs_nothing(&self) -> bool {
        !self.data.join("terraform.tfstate").exists()
            && !self.folder.join(LOCK).exists()
            && files(self.folder).is_some_and(|files| files.iter().all(|file| is_plain(file)))
    }

    /// Notes that the folder is ready. A note that cannot be written only costs another `init`.
    pub(crate) fn note(&self) {
        let copy = self.data.join(LOCK_COPY);
        let _ = match std::fs::read(self.folder.join(LOCK)) {
            Ok(lock) => write_private(&copy, &lock),
            Err(_) => std::fs::remove_file(&copy),
        };
        match self.mark() {
            Some(mark) => {
                let _ = write_private(&self.data.join(READY), mark.as_bytes());
            }
            None => self.forget(),
        }
    }

    /// The next time the folder is made ready anew.
    pub(crate) fn forget(&self) {
        let _ = std::fs::remove_file(self.data.join(READY));
    }

    fn mark(&self) -> Option<String> {
        let mut mark = Fingerprint::new();
        mark.add_facts(self.tool);
        if let Some(settings) = self.settings {
            mark.add_facts(settings);
        }
        for folder in std::iter::once(self.folder.to_path_buf()).chain(self.modules()) {
            for file in files(&folder)? {
                mark.add_facts(&file);
            }
        }
        Some(mark.finish())
    }

    /// Folders of modules that are no part of the configuration's own folder, as `init` noted them.
    pub(crate) fn modules(&self) -> Vec<PathBuf> {
        let noted = std::fs::read(self.data.join("modules").join("modules.json"))
            .ok()
            .and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        let mut folders: Vec<PathBuf> = noted
            .as_ref()
            .and_then(|noted| noted.get("Modules")?.as_array())
            .into_iter()
            .flatten()
            .filter_map(|module| module.get("Dir")?.as_str())
            .filter(|dir| *dir != ".")
            .map(|dir| self.folder.join(dir))
            .collect();
        folders.sort();
        folders.dedup();
        folders
    }
}

/// The files of a configuration in one folder, sorted.
fn files(folder: &Path) -> Option<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            [".tf", ".tf.json", ".tofu", ".tofu.json"]
                .iter()
                .any(|end| name.ends_with(end))
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    Some(found)
}

/// Whether a file names nothing that `init` would have to fetch or choose. When in doubt, it does.
fn is_plain(file: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(file) else {
        return false;
    };
    // A function of a provider, as in `provider::time::parse`, stands in expressions.
    if text.contains("provider::") || file.extension().is_some_and(|end| end == "json") {
        return false;
    }
    let Ok(body) = hcl::parse(&text) else {
        return false;
    };
    body.blocks().all(|block| match block.identifier() {
        "variable" | "output" | "locals" | "moved" => true,
        "terraform" => {
            block.body().blocks().next().is_none()
                && block
                    .body()
                    .attributes()
                    .all(|attribute| attribute.key() == "required_version")
        }
        "resource" | "data" => {
            let built_in = ["terraform_data", "terraform_remote_state"];
            block
                .labels()
                .first()
                .is_some_and(|kind| built_in.contains(&kind.as_str()))
                && !block
                    .body()
                    .attributes()
                    .any(|attribute| attribute.key() == "provider")
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> bool {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("main.tf");
        std::fs::write(&file, text).expect("written");
        is_plain(&file)
    }

    #[test]
    fn what_needs_providers_modules_or_a_backend_is_not_plain() {
        assert!(plain(
            "terraform {\n  required_version = \">= 1.4\"\n}\nvariable \"a\" {\n  default = \"module backend\"\n}\nresource \"terraform_data\" \"x\" {\n  input = var.a\n  provisioner \"local-exec\" {\n    command = \"true\"\n  }\n}\noutput \"o\" {\n  value = terraform_data.x.id\n}\n"
        ));
        for text in [
            "resource \"aws_vpc\" \"x\" {\n}\n",
            "data \"aws_vpc\" \"x\" {\n}\n",
            "ephemeral \"random_password\" \"x\" {\n}\n",
            "module \"x\" {\n  source = \"./x\"\n}\n",
            "provider \"aws\" {\n}\n",
            "terraform {\n  backend \"s3\" {\n  }\n}\n",
            "terraform {\n  required_providers {\n  }\n}\n",
            "terraform {\n  cloud {\n  }\n}\n",
            "resource \"terraform_data\" \"x\" {\n  provider = aws\n}\n",
            "import {\n  to = aws_vpc.x\n  id = 1\n}\n",
            "output \"o\" {\n  value = provider::time::parse(\"x\")\n}\n",
            "this is no { file",
        ] {
            assert!(!plain(text), "{text}");
        }
    }

    #[test]
    fn a_folder_is_ready_until_something_that_init_reads_changes() {
        let home = tempfile::tempdir().expect("a folder");
        let at = |name: &str| home.path().join(name);
        for name in ["net", "data", "shared"] {
            std::fs::create_dir_all(at(name)).expect("made");
        }
        let write = |name: &str, text: &str| std::fs::write(at(name), text).expect("written");
        write(
            "net/main.tf",
            "module \"m\" {\n  source = \"../shared\"\n}\n",
        );
        write("tool", "1");
        let (folder, data, tool) = (at("net"), at("data"), at("tool"));
        let setup = Setup {
            folder: &folder,
            data: &data,
            tool: &tool,
            settings: None,
        };
        assert!(!setup.is_ready());
        std::fs::create_dir_all(at("data/modules")).expect("made");
        write(
            "data/modules/modules.json",
            r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"../shared","Dir":"../shared"}]}"#,
        );
        write("net/.terraform.lock.hcl", "chosen");
        setup.note();
        assert!(setup.is_ready());
        // A preview takes the choice away again; it is put back.
        std::fs::remove_file(at("net/.terraform.lock.hcl")).expect("removed");
        assert!(setup.is_ready());
        assert_eq!(
            std::fs::read_to_string(at("net/.terraform.lock.hcl")).expect("there"),
            "chosen"
        );
        write("net/notes.txt", "not read by init");
        assert!(setup.is_ready());
        for (name, text) in [
            ("net/.terraform.lock.hcl", "another"),
            ("shared/more.tf", "variable \"x\" {\n}\n"),
            ("net/other.tf", "variable \"y\" {\n}\n"),
            ("tool", "2"),
        ] {
            setup.note();
            assert!(setup.is_ready());
            write(name, text);
            assert!(!setup.is_ready(), "{name}");
        }
    }
}
