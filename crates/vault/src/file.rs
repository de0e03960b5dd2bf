//! The vault's file: one line of content, one line with its seal.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use podium_diagnostics::Result;
use serde::{Deserialize, Serialize};

use crate::credential::Credential;
use crate::crypto::{Key, Sealed, place};
use crate::error;
use crate::slot::Slot;

const VERSION: &str = "vault/1";
/// A file longer than this is not ours.
const LONGEST: u64 = 64 << 20;
/// So many older copies are kept.
const COPIES: u32 = 3;

/// The content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Body {
    podium: String,
    pub(crate) id: String,
    /// Rises with each change.
    pub(crate) generation: u64,
    pub(crate) slots: Vec<Slot>,
    pub(crate) records: Vec<Record>,
}

/// One credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    /// Rises when its secrets are exchanged.
    pub(crate) version: u64,
    pub(crate) credential: Credential,
    pub(crate) secrets: BTreeMap<String, Sealed>,
}

impl Record {
    /// The place of one of its secrets.
    pub(crate) fn place(&self, vault: &str, field: &str) -> Vec<u8> {
        place(&[
            vault.as_bytes(),
            self.id.as_bytes(),
            field.as_bytes(),
            &self.version.to_le_bytes(),
        ])
    }
}

#[derive(Serialize, Deserialize)]
struct Seal {
    seal: Sealed,
}

/// A file as it was read; whether its seal holds is a question of its own.
pub(crate) struct Stored {
    pub(crate) body: Body,
    line: Vec<u8>,
    seal: Sealed,
}

impl Body {
    pub(crate) fn new(id: String) -> Self {
        let (slots, records) = (Vec::new(), Vec::new());
        Self {
            podium: VERSION.into(),
            id,
            generation: 0,
            slots,
            records,
        }
    }
}

impl Stored {
    /// Reads the file; `None` where there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>> {
        let unreadable = |error: &io::Error| error::storage(path, "read", error);
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(|error| unreadable(&error))?,
        };
        let mut bytes = Vec::new();
        file.take(LONGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(&error))?;
        if bytes.len() as u64 > LONGEST {
            return Err(error::damaged(path, "it is too long"));
        }
        Self::parse(path, &bytes).map(Some)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            podium: String,
        }
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let line = lines.next().unwrap_or_default();
        let head: Head =
            serde_json::from_slice(line).map_err(|error| error::damaged(path, error))?;
        if head.podium != VERSION {
            return Err(if head.podium.starts_with("vault/") {
                error::newer(path, &head.podium)
            } else {
                error::damaged(path, "it is not a vault")
            });
        }
        let body = serde_json::from_slice(line).map_err(|error| error::damaged(path, error))?;
        let Seal { seal } = serde_json::from_slice(lines.next().unwrap_or_default())
            .map_err(|_| error::damaged(path, "its seal is missing"))?;
        if lines.next() != Some(b"") || lines.next().is_some() {
            return Err(error::damaged(path, "something follows its seal"));
        }
        Ok(Self {
            body,
            line: line.to_vec(),
            seal,
        })
    }

    /// Whether nobody without the vault's key has changed a byte.
    pub(crate) fn check(&self, path: &Path, key: &Key) -> Result<()> {
        key.derive(&self.body.id, "file")
            .open(&self.seal, &self.line)
            .map(|_| ())
            .map_err(|_| error::damaged(path, "its seal does not hold"))
    }
}

/// Writes the file in the place of the one there, of which a copy is kept.
pub(crate) fn write(path: &Path, body: &Body, key: &Key) -> Result<()> {
    let line = serde_json::to_vec(body).map_err(|error| error::damaged(path, error))?;
    let seal = key
        .derive(&body.id, "file")
        .seal(b"", &line)
        .map_err(|error| error::storage(path, "written", &io::Error::other(error)))?;
    let seal = serde_json::to_vec(&Seal { seal }).map_err(|error| error::damaged(path, error))?;
    let text = [line.as_slice(), b"\n", &seal, b"\n"].concat();
    replace(path, &text, true).map_err(|error| error::storage(path, "written", &error))
}

/// Replaces a private file whole: written beside, on disk, then renamed.
pub(crate) fn replace(path: &Path, bytes: &[u8], keep: bool) -> io::Result<()> {
    let temporary = beside(path, "tmp");
    let result = (|| {
        let mut file = private().create(true).truncate(true).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        if keep && path.exists() {
            for copy in (1..COPIES).rev() {
                let older = beside(path, &copy.to_string());
                if older.exists() {
                    fs::rename(older, beside(path, &(copy + 1).to_string()))?;
                }
            }
            fs::copy(path, beside(path, "1"))?;
        }
        fs::rename(&temporary, path)
    })();
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result?;
    sync_folder(path)
}

/// Removes the file with its copies. The copies go first, so that what is left of a removal that was cut
/// off is still a vault.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    for copy in 1..=COPIES {
        gone(&beside(path, &copy.to_string()))?;
    }
    gone(&beside(path, "tmp"))?;
    gone(path)?;
    sync_folder(path)
}

/// Removes a file that may be gone already.
pub(crate) fn gone(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the folder of a file, closed to others.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700).create(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
    }
    #[cfg(not(unix))]
    builder.create(folder)
}

/// Keeps other Podiums out while a change is made. Ends when dropped.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    make_folder(path)?;
    let file = private()
        .create(true)
        .truncate(false)
        .open(beside(path, "lock"))?;
    file.lock()?;
    Ok(file)
}

/// Options for a file that nobody else may read.
pub(crate) fn private() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// The path with one more ending.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
