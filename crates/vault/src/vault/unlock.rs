//! Opening a vault.

use podium_diagnostics::Result;
use podium_secret::Secret;

use super::{Because, Vault};
use crate::audit::Log;
use crate::crypto::Key;
use crate::error;
use crate::file::{Body, Stored};
use crate::keychain::Item;
use crate::slot::{Slot, Store};

impl Vault {
    /// Opens it: with the passphrase where one is given, else with the key in the keychain.
    ///
    /// Fails with `POD0510` where the passphrase is another one, `POD0502` where one is needed, `POD0507`
    /// where the file is damaged, `POD0508` where it is older than the one last seen, and `POD0512` to
    /// `POD0515` for the keychain's reasons.
    pub fn unlock(&self, passphrase: Option<&Secret>) -> Result<()> {
        let result = self.try_unlock(passphrase, false);
        if let Err(error) = &result {
            self.memory().because = Because::Failed(error.clone());
        }
        result
    }

    /// Opens it although the file is older than the one last seen, because a person put a copy back.
    pub fn unlock_older(&self, passphrase: Option<&Secret>) -> Result<()> {
        self.try_unlock(passphrase, true)
    }

    fn try_unlock(&self, passphrase: Option<&Secret>, accept: bool) -> Result<()> {
        let stored = Stored::read(&self.path)?.ok_or_else(error::empty)?;
        let id = &stored.body.id;
        let (key, known) = match passphrase {
            Some(passphrase) => (self.key_of_passphrase(&stored.body, passphrase)?, None),
            None => (
                self.key_of_keychain(&stored.body)?,
                self.known_generation(id),
            ),
        };
        // Read again under the lock: another Podium may have changed the file while the keychain or a
        // passphrase took its time, and then the file would look older than what the keychain knows.
        let lock = self.lock_file()?;
        let stored = Stored::read(&self.path)?.ok_or_else(error::empty)?;
        let id = &stored.body.id;
        stored.check(&self.path, &key)?;
        // The log's own trouble stops leases, and is told then; it must not stop a look.
        let logged = Log::beside(&self.path)
            .generation(&key.derive(id, "log"))
            .ok()
            .flatten();
        let seen = self.memory().seen(id);
        let newest = [known, logged, seen]
            .into_iter()
            .flatten()
            .max()
            .unwrap_or_default();
        if stored.body.generation < newest && !accept {
            return Err(error::older(&self.path, stored.body.generation, newest));
        }
        self.remember(&stored.body, key);
        drop(lock);
        if accept && stored.body.generation < newest {
            self.change(
                "accept",
                &[("instead_of", newest.to_string())],
                |body, _| {
                    body.generation = newest;
                    Ok(())
                },
            )?;
        }
        Ok(())
    }

    fn key_of_passphrase(&self, body: &Body, passphrase: &Secret) -> Result<Key> {
        let mut any = false;
        for slot in body
            .slots
            .iter()
            .filter(|slot| slot.store() == Store::Passphrase)
        {
            any = true;
            let key = slot.open_passphrase(&body.id, passphrase).map_err(|_| {
                error::damaged(&self.path, "its passphrase slot asks for more than it may")
            })?;
            if let Some(key) = key {
                return Ok(key);
            }
        }
        Err(if any {
            error::wrong_passphrase()
        } else {
            error::no_passphrase()
        })
    }

    fn key_of_keychain(&self, body: &Body) -> Result<Key> {
        let slot = body
            .slots
            .iter()
            .find(|slot| slot.store() == Store::Keychain);
        let slot = slot.ok_or_else(error::passphrase_needed)?;
        let outer = self
            .keychain
            .get(&body.id, Item::Key)
            .map_err(|trouble| error::keychain(&trouble))?;
        let outer = outer.and_then(|bytes| Key::from_bytes(bytes.expose()));
        let store = match slot {
            Slot::Keychain { store, .. } => store.as_str(),
            Slot::Passphrase { .. } => "",
        };
        let outer = outer.ok_or_else(|| error::no_key(store, &self.keychain.name()))?;
        slot.open_keychain(&body.id, &outer)
            .ok_or_else(|| error::damaged(&self.path, "the keychain's key does not open it"))
    }

    /// What the keychain remembers. No answer is no objection: the log has its own memory.
    fn known_generation(&self, id: &str) -> Option<u64> {
        let bytes = self.keychain.get(id, Item::Generation).ok().flatten()?;
        bytes.expose_str()?.parse().ok()
    }
}
