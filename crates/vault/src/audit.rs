//! The log: who was lent what, and what was changed. Each record holds the hash of the one before it, and a
//! mark that only a holder of the vault's key can make.
//!
//! Beside the log stands its head, the last number and hash with a mark of their own, so that records cut
//! off at the end are missed too.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use podium_diagnostics::Result;
use serde::{Deserialize, Serialize};

use crate::crypto::{Key, hash};
use crate::error;
use crate::file::{private, replace};

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// 1, 2, 3 …
    pub seq: u64,
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Who: the user of this computer.
    pub actor: String,
    /// What: `create`, `unlock`, `put`, `remove`, `lease`, `test`, `protect`, `accept`.
    pub action: String,
    /// To what: credential, run, step, port.
    pub ids: BTreeMap<String, String>,
    /// The generation of the vault's file at that time.
    pub generation: u64,
    /// The hash of the record before.
    pub prev: String,
}

/// What a check of the log showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// So many records, each in its place.
    pub records: u64,
    /// Whether their marks were checked too, for which the vault must be open.
    pub with_key: bool,
}

/// What follows the record in its line.
#[derive(Serialize, Deserialize)]
struct Tail {
    hash: String,
    mark: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    seq: u64,
    hash: String,
    mark: String,
}

/// A line, read.
struct Line {
    record: AuditRecord,
    tail: Tail,
}

/// The log of one vault. The caller holds the vault's lock.
pub(crate) struct Log {
    path: PathBuf,
    head: PathBuf,
}

impl Log {
    pub(crate) fn beside(vault: &Path) -> Self {
        Self {
            path: vault.with_file_name("audit.jsonl"),
            head: vault.with_file_name("audit.head"),
        }
    }

    /// Adds a record; it is on disk when this returns. Refuses where the log was changed.
    pub(crate) fn append(&self, key: &Key, mut record: AuditRecord) -> Result<()> {
        let last = self.last(key)?;
        record.seq = last.as_ref().map_or(1, |line| line.record.seq + 1);
        record.prev = last.map(|line| line.tail.hash).unwrap_or_default();
        let text = serde_json::to_string(&record).map_err(|error| self.changed(error))?;
        let hash = hash(text.as_bytes());
        let tail = Tail {
            mark: key.mark(hash.as_bytes()),
            hash: hash.clone(),
        };
        let tail = serde_json::to_string(&tail).map_err(|error| self.changed(error))?;
        let line = format!("{text}\t{tail}\n");
        self.write(line.as_bytes())
            .map_err(|error| error::log_unwritable(&self.path, &error))?;

        let mark = key.mark(format!("head {} {hash}", record.seq).as_bytes());
        let head = serde_json::to_vec(&Head {
            seq: record.seq,
            hash,
            mark,
        })
        .map_err(|error| self.changed(error))?;
        replace(&self.head, &head, false).map_err(|error| error::log_unwritable(&self.head, &error))
    }

    /// The generation that the last record speaks of.
    pub(crate) fn generation(&self, key: &Key) -> Result<Option<u64>> {
        Ok(self.last(key)?.map(|line| line.record.generation))
    }

    /// All records, each checked against the one before it, and against the key where there is one.
    pub(crate) fn read(&self, key: Option<&Key>) -> Result<Vec<AuditRecord>> {
        let bytes = self.bytes()?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let mut records: Vec<AuditRecord> = Vec::new();
        let mut prev = String::new();
        for text in bytes[..whole].split_inclusive(|byte| *byte == b'\n') {
            let line = self.line(text, key)?;
            let number = records.len() as u64 + 1;
            if line.record.seq != number || line.record.prev != prev {
                return Err(self.changed(format_args!("record {number} is not in its place")));
            }
            prev = line.tail.hash;
            records.push(line.record);
        }
        if let Some(key) = key {
            let last = records.last().map(|record| (record.seq, prev.as_str()));
            self.check_head(key, last)?;
        }
        Ok(records)
    }

    /// Removes the log with its head; for a vault that goes as a whole.
    pub(crate) fn remove(&self) -> Result<()> {
        // The head first: a log without one is refused as long as it has more than one record, and one
        // that is half gone is removed by the next try.
        for path in [&self.head, &self.path] {
            crate::file::gone(path).map_err(|error| error::storage(path, "removed", &error))?;
        }
        Ok(())
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            bytes => bytes.map_err(|error| error::storage(&self.path, "read", &error)),
        }
    }

    /// The last whole record, checked with the key and the head.
    fn last(&self, key: &Key) -> Result<Option<Line>> {
        let text = self
            .last_text()
            .map_err(|error| error::storage(&self.path, "read", &error))?;
        let last = text.map(|text| self.line(&text, Some(key))).transpose()?;
        let known = last
            .as_ref()
            .map(|line| (line.record.seq, line.tail.hash.as_str()));
        self.check_head(key, known)?;
        Ok(last)
    }

    /// The text of the last whole line. What follows it was torn by a crash and never came into force.
    fn last_text(&self) -> io::Result<Option<Vec<u8>>> {
        const STEP: u64 = 16 * 1024;
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let length = file.metadata()?.len();
        let mut from = length;
        loop {
            from = from.saturating_sub(STEP);
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            (&mut file).take(length - from).read_to_end(&mut bytes)?;
            if let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') {
                match bytes[..end].iter().rposition(|byte| *byte == b'\n') {
                    Some(start) => return Ok(Some(bytes[start + 1..=end].to_vec())),
                    None if from == 0 => return Ok(Some(bytes[..=end].to_vec())),
                    None => {}
                }
            } else if from == 0 {
                return Ok(None);
            }
        }
    }

    fn line(&self, text: &[u8], key: Option<&Key>) -> Result<Line> {
        let cut = text
            .iter()
            .position(|byte| *byte == b'\t')
            .ok_or_else(|| self.changed("a record has no hash"))?;
        let record: AuditRecord =
            serde_json::from_slice(&text[..cut]).map_err(|error| self.changed(error))?;
        let end = text.strip_suffix(b"\n").unwrap_or(text);
        let tail: Tail =
            serde_json::from_slice(&end[cut + 1..]).map_err(|error| self.changed(error))?;
        // Our own spelling and no other, so that not one byte can be changed.
        let ours = serde_json::to_vec(&tail).map_err(|error| self.changed(error))?;
        let marked = key.is_none_or(|key| key.mark(tail.hash.as_bytes()) == tail.mark);
        if hash(&text[..cut]) != tail.hash || !marked || ours != end[cut + 1..] {
            return Err(self.changed(format_args!("record {} was changed", record.seq)));
        }
        Ok(Line { record, tail })
    }

    /// The log may be one record ahead of its head (a crash came between the two), never behind it.
    fn check_head(&self, key: &Key, last: Option<(u64, &str)>) -> Result<()> {
        let bytes = match fs::read(&self.head) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            bytes => Some(bytes.map_err(|error| error::storage(&self.head, "read", &error))?),
        };
        let Some(bytes) = bytes else {
            return match last {
                None | Some((1, _)) => Ok(()),
                Some(_) => Err(self.changed("its head is gone")),
            };
        };
        let head: Head = serde_json::from_slice(&bytes).map_err(|error| self.changed(error))?;
        if key.mark(format!("head {} {}", head.seq, head.hash).as_bytes()) != head.mark {
            return Err(self.changed("its head was changed"));
        }
        match last {
            Some((seq, hash)) if seq == head.seq && hash == head.hash => Ok(()),
            Some((seq, _)) if seq == head.seq + 1 => Ok(()),
            _ => Err(self.changed(format_args!("record {} is gone", head.seq))),
        }
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut file = private()
            .create(true)
            .truncate(false)
            .read(true)
            .open(&self.path)?;
        let end = whole_length(&mut file)?;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        if let Err(error) = file.write_all(line).and_then(|()| file.sync_all()) {
            let _ = file.set_len(end);
            return Err(error);
        }
        Ok(())
    }

    fn changed(&self, why: impl std::fmt::Display) -> podium_diagnostics::Error {
        error::log_changed(&self.path, why)
    }
}

/// The length up to the last line end.
fn whole_length(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut byte = [0];
    while end > 0 {
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut byte)?;
        if byte == *b"\n" {
            break;
        }
        end -= 1;
    }
    Ok(end)
}
