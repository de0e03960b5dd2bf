//! A folder of the workspace as a `tar.gz` in memory: the same files give the same bytes.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use podium_connector::Context;
use podium_diagnostics::{Code, Error, ErrorKind, Result};

const PACK: Code = Code::new("POD0494");
/// The most that is packed: beyond it HCP Terraform takes minutes, and a folder is rarely meant.
const MOST: u64 = 100 * 1024 * 1024;
/// Never part of a configuration, as Terraform's own client leaves them out.
const LEFT_OUT: &[&str] = &[".git", ".terraform", ".podium"];

fn refuse(folder: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        PACK,
        format!("The folder `{folder}` cannot be sent: {why}."),
    )
    .with_hint("Give a folder inside the workspace that holds a Terraform configuration.")
}

/// What `.terraformignore` leaves out. Its lines are names, paths and `*` at an end; a line that takes
/// something in again (`!`) is read as well, the last line that fits decides.
struct Ignored(Vec<(String, bool)>);

impl Ignored {
    fn read(root: &Path) -> Self {
        let text = fs::read_to_string(root.join(".terraformignore")).unwrap_or_default();
        Self(
            text.lines()
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .map(|line| match line.strip_prefix('!') {
                    Some(line) => (line.to_owned(), false),
                    None => (line.to_owned(), true),
                })
                .collect(),
        )
    }

    fn leaves_out(&self, path: &str, name: &str) -> bool {
        let mut out = LEFT_OUT.contains(&name)
            || name.ends_with(".tfstate")
            || name.ends_with(".tfstate.backup");
        for (pattern, leaves) in &self.0 {
            let plain = pattern.trim_end_matches('/');
            let fits = match plain.strip_prefix('/') {
                Some(rooted) => glob(rooted, path),
                None if plain.contains('/') => glob(plain, path),
                None => glob(plain, name),
            };
            if fits {
                out = *leaves;
            }
        }
        out
    }
}

/// Whether a text fits a pattern with `*` for any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else {
        return text.is_empty();
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let Some(at) = rest.find(middle) else {
                return false;
            };
            rest = &rest[at + middle.len()..];
        }
    }
    last.map_or(rest.is_empty(), |end| rest.ends_with(end))
}

fn is_configuration(path: &str) -> bool {
    let end = path.rsplit_once('.').map_or("", |(_, end)| end);
    end == "tf"
        || (end == "json" && path.trim_end_matches(".json").rsplit('.').next() == Some("tf"))
}

/// Packs a folder. Links are left out, and so is what `.terraformignore` names.
pub(crate) fn folder(cx: &dyn Context, folder: &str) -> Result<Vec<u8>> {
    let plain = podium_connector::inside(folder)
        .map_err(|why| refuse(folder, why.trim_end_matches('.')))?;
    let root = cx
        .workspace()
        .join(plain)
        .canonicalize()
        .map_err(|_| refuse(folder, "it is not there"))?;
    let within = cx
        .workspace()
        .canonicalize()
        .is_ok_and(|home| root.starts_with(home));
    if !within {
        return Err(refuse(folder, "it leads out of the workspace"));
    }
    let ignored = Ignored::read(&root);
    let mut files = Vec::new();
    collect(&root, "", &ignored, &mut files)
        .map_err(|error| refuse(folder, "it cannot be read").with_source(error))?;
    files.sort();
    if !files.iter().any(|(path, _)| is_configuration(path)) {
        return Err(refuse(folder, "it holds no `.tf` file"));
    }
    if files.iter().map(|(_, size)| size).sum::<u64>() > MOST {
        return Err(refuse(folder, "it holds more than 100 MiB").with_hint(
            "Name what does not belong to it in a file `.terraformignore` in that folder.",
        ));
    }
    write(&root, &files)
        .map_err(|error| refuse(folder, "a file in it cannot be read").with_source(error))
}

fn collect(
    folder: &Path,
    below: &str,
    ignored: &Ignored,
    files: &mut Vec<(String, u64)>,
) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        let kind = entry.file_type()?;
        if ignored.leaves_out(&path, &name) || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), &path, ignored, files)?;
        } else {
            files.push((path, entry.metadata()?.len()));
        }
    }
    Ok(())
}

fn write(root: &Path, files: &[(String, u64)]) -> std::io::Result<Vec<u8>> {
    let packed = flate2::GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), flate2::Compression::default());
    let mut tar = tar::Builder::new(packed);
    for (path, _) in files {
        let content = fs::read(root.join(path))?;
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        tar.append_data(&mut header, path, content.as_slice())?;
    }
    let mut packed = tar.into_inner()?;
    packed.flush()?;
    packed.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names_and_paths() {
        for (pattern, text, fits) in [
            ("*.log", "a.log", true),
            ("*.log", "a.logs", false),
            ("secret*", "secrets.tf", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("plain", "plain", true),
            ("plain", "plainer", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
