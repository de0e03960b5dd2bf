//! The vault: make, change, lend.

mod state;
mod unlock;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use podium_diagnostics::{Error, Result};
use podium_model::CredentialName;
use podium_secret::Secret;

use crate::audit::{AuditRecord, AuditReport, Log};
use crate::credential::{Credential, Lease, Purpose, TestResult};
use crate::crypto::{Key, new_id};
use crate::error;
use crate::file::{self, Body, Record, Stored};
use crate::keychain::{Item, Keychain, KeychainTrouble};
use crate::slot::{Protection, SHORTEST_PASSPHRASE, Slot, Store};

use state::Open;
pub use state::{Because, VaultState};

/// A secret longer than this is not one.
const LONGEST_SECRET: usize = 1 << 20;

/// A vault. Its methods may be called from several threads; each call reads the file anew, so that two
/// Podiums on one file see each other's changes.
pub struct Vault {
    path: PathBuf,
    actor: String,
    keychain: Arc<dyn Keychain>,
    open: Mutex<Open>,
}

impl Vault {
    /// Names the file and the keychain. Touches neither.
    pub fn open(path: &Path, keychain: Arc<dyn Keychain>) -> Self {
        let actor = ["USER", "LOGNAME", "USERNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .unwrap_or_else(|| "unknown".into());
        Self {
            path: path.into(),
            actor,
            keychain,
            open: Mutex::default(),
        }
    }

    /// Whether it can be used, from the file and from memory. Never asks the keychain.
    pub fn state(&self) -> VaultState {
        let stored = match Stored::read(&self.path) {
            Ok(Some(stored)) => stored,
            Ok(None) => return VaultState::Empty,
            Err(error) => return VaultState::Unusable(error),
        };
        let Some(store) = stored.body.slots.first().map(Slot::store) else {
            return VaultState::Unusable(error::damaged(&self.path, "no key opens it"));
        };
        let memory = self.memory();
        match &memory.key {
            Some((id, key)) if *id == stored.body.id => match stored.check(&self.path, key) {
                Ok(()) => VaultState::Unlocked { store },
                Err(error) => VaultState::Unusable(error),
            },
            _ => VaultState::Locked {
                store,
                because: memory.because.clone(),
            },
        }
    }

    /// Whether a passphrase is one of the ways to open it.
    pub fn takes_passphrase(&self) -> bool {
        Stored::read(&self.path)
            .ok()
            .flatten()
            .is_some_and(|stored| {
                stored
                    .body
                    .slots
                    .iter()
                    .any(|slot| slot.store() == Store::Passphrase)
            })
    }

    /// Whether this computer has a keychain. Looks at nothing in it.
    pub fn reach_keychain(&self) -> Result<(), KeychainTrouble> {
        self.keychain.reach()
    }

    /// Makes the vault and leaves it open.
    ///
    /// Fails with `POD0506` where there is one, `POD0511` where the passphrase is too short, and
    /// `POD0512`, `POD0513`, `POD0514` where the keychain cannot take its key.
    pub fn create(&self, protection: &Protection) -> Result<()> {
        check_protection(protection)?;
        let _lock = self.lock_file()?;
        if self.path.exists() {
            return Err(error::exists(&self.path));
        }
        let id = new_id("vault").map_err(no_randomness)?;
        let key = Key::random().map_err(no_randomness)?;
        let mut body = Body::new(id);
        body.generation = 1;
        let slot = self.slot(&body.id, protection, &key)?;
        body.slots.push(slot);
        self.note(&key, &body, "create", &[])?;
        file::write(&self.path, &body, &key)?;
        self.remember(&body, key);
        self.tell_keychain(&body);
        Ok(())
    }

    /// Adds a second way to open it, such as a passphrase for the day the keychain is lost.
    pub fn protect_also(&self, protection: &Protection) -> Result<()> {
        check_protection(protection)?;
        let (id, key) = self.key()?;
        let slot = self.slot(&id, protection, &key)?;
        self.change("protect", &[], |body, _| {
            // One of each kind: a second passphrase takes the place of the first.
            body.slots.retain(|old| old.store() != slot.store());
            body.slots.push(slot);
            Ok(())
        })
    }

    /// Forgets the key. What was lent stays lent.
    pub fn lock(&self) {
        let mut memory = self.memory();
        memory.key = None;
        memory.because = Because::ByHand;
    }

    /// Whether a credential could be kept; asked before a vault is made for it.
    pub fn accepts(credential: &Credential, secrets: &BTreeMap<String, Secret>) -> Result<()> {
        check(credential, secrets)
    }

    /// As [`Vault::lock`], because nobody was there for so long. Does nothing where it is not open.
    pub fn lock_idle(&self, minutes: u32) {
        let mut memory = self.memory();
        if memory.key.take().is_some() {
            memory.because = Because::Idle(minutes);
        }
    }

    /// Keeps a credential; one of the same name is replaced whole.
    pub fn put(&self, credential: Credential, secrets: &BTreeMap<String, Secret>) -> Result<()> {
        Self::accepts(&credential, secrets)?;
        let ids = [("credential", credential.name.to_string())];
        self.change("put", &ids, move |body, key| {
            let at = body
                .records
                .iter()
                .position(|r| r.credential.name == credential.name);
            let mut record = match at {
                Some(at) => body.records.remove(at),
                None => Record {
                    id: new_id("cred").map_err(no_randomness)?,
                    version: 0,
                    credential: credential.clone(),
                    secrets: BTreeMap::new(),
                },
            };
            record.version += 1;
            record.credential = Credential {
                secret_fields: Vec::new(),
                tested: None,
                ..credential
            };
            let key = key.derive(&body.id, "records");
            record.secrets = secrets
                .iter()
                .map(|(field, secret)| {
                    let place = record.place(&body.id, field);
                    let sealed = key.seal(secret.expose(), &place).map_err(no_randomness)?;
                    Ok((field.clone(), sealed))
                })
                .collect::<Result<_>>()?;
            body.records
                .insert(at.unwrap_or(body.records.len()), record);
            Ok(())
        })
    }

    /// Puts new secrets into a credential that is there; its other fields stay as they are. What a former
    /// test showed is forgotten.
    pub fn renew(&self, name: &CredentialName, secrets: &BTreeMap<String, Secret>) -> Result<()> {
        let ids = [("credential", name.to_string())];
        self.change("renew", &ids, |body, key| {
            let record = body
                .records
                .iter_mut()
                .find(|record| record.credential.name == *name)
                .ok_or_else(|| error::unknown(name))?;
            check(&record.credential, secrets)?;
            let old = std::mem::take(&mut record.secrets);
            let seals = key.derive(&body.id, "records");
            // What is sealed names its record's version: everything is sealed anew.
            let mut open = BTreeMap::new();
            for (field, sealed) in &old {
                let place = record.place(&body.id, field);
                let secret = seals.open(sealed, &place).map_err(|_| {
                    error::damaged(
                        &self.path,
                        format_args!("a secret of `{name}` does not open"),
                    )
                })?;
                open.insert(field.clone(), secret);
            }
            record.version += 1;
            record.credential.tested = None;
            // Whoever put something of their own in does not lose it with what was there.
            record.credential.origin = None;
            open.extend(
                secrets
                    .iter()
                    .map(|(field, secret)| (field.clone(), secret.clone())),
            );
            for (field, secret) in &open {
                let place = record.place(&body.id, field);
                let sealed = seals.seal(secret.expose(), &place).map_err(no_randomness)?;
                record.secrets.insert(field.clone(), sealed);
            }
            Ok(())
        })
    }

    /// All credentials without their secrets, in the order they were added. Also while it is locked; then
    /// the file's seal cannot be checked. Empty where there is no vault.
    pub fn list(&self) -> Result<Vec<Credential>> {
        let Some(stored) = Stored::read(&self.path)? else {
            return Ok(Vec::new());
        };
        if let Ok((id, key)) = self.key()
            && id == stored.body.id
        {
            stored.check(&self.path, &key)?;
        }
        let listed = stored.body.records.into_iter().map(|record| Credential {
            secret_fields: record.secrets.into_keys().collect(),
            ..record.credential
        });
        Ok(listed.collect())
    }

    /// Removes a credential. The copies kept of the file hold it, sealed, until three more changes.
    pub fn remove(&self, name: &CredentialName) -> Result<()> {
        self.change("remove", &[("credential", name.to_string())], |body, _| {
            let at = body
                .records
                .iter()
                .position(|record| record.credential.name == *name);
            body.records.remove(at.ok_or_else(|| error::unknown(name))?);
            Ok(())
        })
    }

    /// Removes every credential that was stored by this; gives their names. One change, so that the copies
    /// kept of the file hold them for as short as possible.
    pub fn remove_of(&self, origin: &str) -> Result<Vec<CredentialName>> {
        let is_of = |credential: &Credential| credential.origin.as_deref() == Some(origin);
        let names: Vec<CredentialName> = self
            .list()?
            .into_iter()
            .filter(is_of)
            .map(|one| one.name)
            .collect();
        if names.is_empty() {
            return Ok(names);
        }
        let list = names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let ids = [
            ("credential", list.join(", ")),
            ("origin", origin.to_owned()),
        ];
        self.change("remove", &ids, |body, _| {
            body.records.retain(|record| !is_of(&record.credential));
            Ok(())
        })?;
        Ok(names)
    }

    /// Removes the vault itself, with its copies, its log and its items of the keychain, where it holds
    /// nothing and its log speaks of nothing but these credentials; else it stays. Says whether it went.
    ///
    /// A keychain that cannot be asked now keeps two small items that open nothing any more.
    pub fn remove_empty(&self, names: &BTreeSet<String>) -> Result<bool> {
        if !self.path.exists() {
            return Ok(false);
        }
        let strange = |record: &AuditRecord| {
            let spoken_of = record.ids.get("credential").map_or("", String::as_str);
            let mut spoken_of = spoken_of.split(", ").filter(|name| !name.is_empty());
            spoken_of.any(|name| !names.contains(name))
        };
        if !self.list()?.is_empty() || self.log()?.iter().any(strange) {
            return Ok(false);
        }
        let (_lock, body, _) = self.current()?;
        if !body.records.is_empty() {
            return Ok(false);
        }
        for slot in &body.slots {
            if slot.store() == Store::Keychain {
                let _ = self.keychain.remove(&body.id, Item::Key);
                let _ = self.keychain.remove(&body.id, Item::Generation);
            }
        }
        // The log goes before the file: without its vault it could be read by nobody, and a new vault
        // would take it for a changed one.
        Log::beside(&self.path).remove()?;
        file::remove(&self.path).map_err(|error| error::storage(&self.path, "removed", &error))?;
        *self.memory() = Open::default();
        Ok(true)
    }

    /// Notes what a test of a credential showed.
    pub fn note_test(&self, name: &CredentialName, result: TestResult) -> Result<()> {
        self.change("test", &[("credential", name.to_string())], |body, _| {
            let record = body
                .records
                .iter_mut()
                .find(|record| record.credential.name == *name);
            record
                .ok_or_else(|| error::unknown(name))?
                .credential
                .tested = Some(result);
            Ok(())
        })
    }

    /// Lends a credential. The lease is in the log, on disk, before the secret is out.
    pub fn lease(&self, name: &CredentialName, purpose: &Purpose) -> Result<Lease> {
        let (_lock, body, key) = self.current()?;
        let record = body
            .records
            .iter()
            .find(|record| record.credential.name == *name);
        let record = record.ok_or_else(|| error::unknown(name))?;
        let seals = key.derive(&body.id, "records");
        let secrets = record
            .secrets
            .iter()
            .map(|(field, sealed)| {
                let secret = seals
                    .open(sealed, &record.place(&body.id, field))
                    .map_err(|_| {
                        error::damaged(
                            &self.path,
                            format_args!("a secret of `{name}` does not open"),
                        )
                    })?;
                Ok((field.clone(), secret))
            })
            .collect::<Result<_>>()?;
        let mut ids = vec![
            ("credential", name.to_string()),
            ("step", purpose.step.clone()),
            ("port", purpose.port.clone()),
        ];
        ids.extend(purpose.run.iter().map(|run| ("run", run.clone())));
        self.note(&key, &body, "lease", &ids)?;
        Ok(Lease {
            credential: name.clone(),
            kind: record.credential.kind.clone(),
            fields: record.credential.fields.clone(),
            practice: record.credential.practice.is_some(),
            secrets,
        })
    }

    /// The log of credentials. Checks each record against the one before it, and with the key while the
    /// vault is open. Fails with `POD0516` where something was changed.
    pub fn log(&self) -> Result<Vec<AuditRecord>> {
        let _lock = self.path.exists().then(|| self.lock_file()).transpose()?;
        let key = self.key().ok().map(|(id, key)| key.derive(&id, "log"));
        Log::beside(&self.path).read(key.as_ref())
    }

    /// Checks the log.
    pub fn verify_log(&self) -> Result<AuditReport> {
        let with_key = self.key().is_ok();
        Ok(AuditReport {
            records: self.log()?.len() as u64,
            with_key,
        })
    }

    fn tell_keychain(&self, body: &Body) {
        if body
            .slots
            .iter()
            .any(|slot| slot.store() == Store::Keychain)
        {
            let value = Secret::new(body.generation.to_string().into_bytes());
            let _ = self.keychain.put(&body.id, Item::Generation, &value);
        }
    }

    fn slot(&self, id: &str, protection: &Protection, key: &Key) -> Result<Slot> {
        match protection {
            Protection::Passphrase(passphrase) => {
                Slot::passphrase(id, passphrase, key).map_err(no_randomness)
            }
            Protection::Keychain => {
                let outer = Key::random().map_err(no_randomness)?;
                let value = Secret::new(outer.bytes().to_vec());
                let put = self.keychain.put(id, Item::Key, &value);
                put.map_err(|trouble| error::keychain(&trouble))?;
                // A keychain that takes a key and does not give it back would lose everything.
                let back = self.keychain.get(id, Item::Key);
                let back = back.map_err(|trouble| error::keychain(&trouble))?;
                if back.is_none_or(|back| back.expose() != outer.bytes()) {
                    let name = self.keychain.name();
                    return Err(error::no_key(&name, &name));
                }
                Slot::keychain(id, self.keychain.name(), &outer, key).map_err(no_randomness)
            }
        }
    }

    /// The file as it is now, whole and not older than what was seen, kept from changing.
    fn current(&self) -> Result<(std::fs::File, Body, Key)> {
        let (id, key) = self.key()?;
        let lock = self.lock_file()?;
        let stored = Stored::read(&self.path)?.ok_or_else(error::empty)?;
        if stored.body.id != id {
            self.lock();
            return Err(error::locked());
        }
        stored.check(&self.path, &key)?;
        let mut memory = self.memory();
        let seen = memory.seen(&id).unwrap_or_default();
        if stored.body.generation < seen {
            return Err(error::older(&self.path, stored.body.generation, seen));
        }
        memory.seen = Some((id, stored.body.generation));
        Ok((lock, stored.body, key))
    }

    /// Changes the file: noted in the log first, then written whole.
    fn change(
        &self,
        action: &str,
        ids: &[(&str, String)],
        change: impl FnOnce(&mut Body, &Key) -> Result<()>,
    ) -> Result<()> {
        let (lock, mut body, key) = self.current()?;
        change(&mut body, &key)?;
        self.note(&key, &body, action, ids)?;
        body.generation += 1;
        file::write(&self.path, &body, &key)?;
        self.memory().seen = Some((body.id.clone(), body.generation));
        drop(lock);
        self.tell_keychain(&body);
        Ok(())
    }

    fn note(&self, key: &Key, body: &Body, action: &str, ids: &[(&str, String)]) -> Result<()> {
        let at_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis();
        let record = AuditRecord {
            seq: 0,
            at_ms: i64::try_from(at_ms).unwrap_or(i64::MAX),
            actor: self.actor.clone(),
            action: action.into(),
            ids: ids
                .iter()
                .map(|(name, id)| ((*name).to_owned(), id.clone()))
                .collect(),
            generation: body.generation,
            prev: String::new(),
        };
        Log::beside(&self.path).append(&key.derive(&body.id, "log"), record)
    }

    fn remember(&self, body: &Body, key: Key) {
        let mut memory = self.memory();
        memory.seen = Some((body.id.clone(), body.generation));
        memory.key = Some((body.id.clone(), key));
        memory.because = Because::NotAsked;
    }

    fn key(&self) -> Result<(String, Key)> {
        self.memory().key.clone().ok_or_else(|| {
            if self.path.exists() {
                error::locked()
            } else {
                error::empty()
            }
        })
    }

    fn lock_file(&self) -> Result<std::fs::File> {
        file::lock(&self.path).map_err(|error| error::storage(&self.path, "opened", &error))
    }

    fn memory(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn check_protection(protection: &Protection) -> Result<()> {
    match protection {
        Protection::Passphrase(passphrase)
            if passphrase
                .expose_str()
                .map_or(passphrase.len(), |text| text.chars().count())
                < SHORTEST_PASSPHRASE =>
        {
            Err(error::short_passphrase(SHORTEST_PASSPHRASE))
        }
        Protection::Passphrase(_) | Protection::Keychain => Ok(()),
    }
}

fn check(credential: &Credential, secrets: &BTreeMap<String, Secret>) -> Result<()> {
    if credential.kind.is_empty() {
        return Err(error::not_kept("A credential needs a kind.".into()));
    }
    for (field, secret) in secrets {
        if secret.is_empty() {
            return Err(error::not_kept(format!("The field `{field}` is empty.")));
        }
        if secret.len() > LONGEST_SECRET {
            return Err(error::not_kept(format!(
                "The field `{field}` is longer than 1 MiB."
            )));
        }
        if credential.fields.contains_key(field) {
            return Err(error::not_kept(format!(
                "The field `{field}` is given twice."
            )));
        }
        if secret.len() < podium_secret::SHORTEST {
            return Err(error::too_short_to_hide(field, podium_secret::SHORTEST));
        }
    }
    Ok(())
}

fn no_randomness(error: getrandom::Error) -> Error {
    Error::new(
        podium_diagnostics::ErrorKind::Internal,
        podium_diagnostics::Code::new("POD0519"),
        "This system gives no random numbers, without which nothing can be sealed.",
    )
    .with_hint("Restart the computer; if it stays so, the system itself is broken.")
    .with_source(error)
}
