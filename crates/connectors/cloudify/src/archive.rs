//! A blueprint's folder as one archive, the same for the same files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use podium_connector::Context;
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A blueprint in the workspace cannot be read or packed.
pub(crate) const UNREADABLE: Code = Code::new("POD0486");
/// What a manager takes by itself (`blueprint_folder_max_files`, `blueprint_folder_max_size_mb`); the
/// size is less here, since an archive is held in memory.
const MOST_FILES: usize = 10_000;
const MOST_BYTES: u64 = 30_000_000;

/// A packed folder.
pub(crate) struct Archive {
    /// The bytes of a tar archive with one folder at its top.
    pub(crate) bytes: Vec<u8>,
    /// Tells this content from any other: 16 hexadecimal digits.
    pub(crate) mark: String,
}

fn refuse(folder: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        UNREADABLE,
        format!("The blueprint's folder `{folder}` cannot be packed: {why}."),
    )
    .with_hint("A blueprint is uploaded with its whole folder; keep in it only what belongs to it.")
}

/// The blueprint's folder, absolute, inside the workspace also behind links.
pub(crate) fn folder(cx: &dyn Context, folder: &str) -> Result<PathBuf> {
    let path = cx
        .workspace()
        .join(folder)
        .canonicalize()
        .map_err(|error| refuse(folder, "it is not there").with_source(error))?;
    let root = cx
        .workspace()
        .canonicalize()
        .map_err(|error| refuse(folder, "the workspace is not there").with_source(error))?;
    if path == root || !path.starts_with(&root) {
        return Err(refuse(folder, "it leads out of the workspace"));
    }
    Ok(path)
}

/// Packs a folder. Names are sorted; times, owners and rights are always the same. `.git` stays out, a
/// link is packed as what it leads to and must stay inside the folder.
pub(crate) fn pack(cx: &dyn Context, name: &str) -> Result<Archive> {
    let root = folder(cx, name)?;
    let top = name.rsplit('/').next().unwrap_or("blueprint");
    let mut files = Vec::new();
    let mut size = 0_u64;
    gather(name, &root, &root, &mut files, &mut size, 0)?;
    files.sort();
    let mut builder = tar::Builder::new(Vec::new());
    for file in &files {
        let content = std::fs::read(root.join(file)).map_err(|error| {
            refuse(name, &format!("`{file}` cannot be read")).with_source(error)
        })?;
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        builder
            .append_data(&mut header, format!("{top}/{file}"), content.as_slice())
            .map_err(|error| refuse(name, &format!("`{file}` does not fit")).with_source(error))?;
    }
    let bytes = builder
        .into_inner()
        .map_err(|error| refuse(name, "it does not fit").with_source(error))?;
    let digest = Sha256::digest(&bytes);
    let mark = digest.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    Ok(Archive { bytes, mark })
}

fn gather(
    name: &str,
    root: &Path,
    folder: &Path,
    files: &mut Vec<String>,
    size: &mut u64,
    depth: usize,
) -> Result<()> {
    let odd = |why: &str, error: &std::io::Error| refuse(name, why).with_source(error);
    if depth > 50 {
        return Err(refuse(name, "its folders lie too deep in each other"));
    }
    for entry in std::fs::read_dir(folder).map_err(|e| odd("a folder cannot be read", &e))? {
        let entry = entry.map_err(|error| odd("a folder cannot be read", &error))?;
        if entry.file_name() == ".git" {
            continue;
        }
        let path = entry.path();
        let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
        let shown = shown.replace('\\', "/");
        let real = path
            .canonicalize()
            .map_err(|error| odd(&format!("`{shown}` leads nowhere"), &error))?;
        if !real.starts_with(root) {
            return Err(refuse(
                name,
                &format!("`{shown}` is a link that leads out of it"),
            ));
        }
        let facts = std::fs::metadata(&real)
            .map_err(|error| odd(&format!("`{shown}` cannot be read"), &error))?;
        if facts.is_dir() {
            gather(name, root, &path, files, size, depth + 1)?;
            continue;
        }
        if path.to_str().is_none() {
            return Err(refuse(name, &format!("the name `{shown}` is no UTF-8")));
        }
        *size += facts.len();
        files.push(shown);
        if files.len() > MOST_FILES {
            return Err(refuse(
                name,
                &format!("it has more than {MOST_FILES} files"),
            ));
        }
        if *size > MOST_BYTES {
            let most = MOST_BYTES / 1_000_000;
            return Err(refuse(name, &format!("it has more than {most} MB")));
        }
    }
    Ok(())
}

/// A form with the parts that an upload has (`params` as JSON, `blueprint_archive`): its type and body.
/// The boundary cannot stand in the archive, since it is made from its content.
pub(crate) fn form(params: &Value, archive: &Archive) -> (String, Vec<u8>) {
    let boundary = format!("podium-{}-{}", archive.mark, archive.bytes.len());
    let mut body = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"params\"\r\n\r\n{params}\r\n--{boundary}\r\ncontent-disposition: form-data; name=\"blueprint_archive\"; filename=\"blueprint.tar\"\r\ncontent-type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(&archive.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}
