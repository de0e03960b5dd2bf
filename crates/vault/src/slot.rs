//! The ways to the vault's key.

use argon2::{Algorithm, Argon2, Params, Version};
use podium_secret::Secret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::crypto::{Key, Sealed, place};

/// What a new passphrase costs: 64 MiB, three passes. About a second on a small computer.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// What a file may ask for at most, so that a hostile one cannot stall us.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 4;
/// A passphrase has at least so many characters.
pub(crate) const SHORTEST_PASSPHRASE: usize = 8;

/// Where the key to a vault is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Store {
    /// In the system's keychain.
    Keychain,
    /// In a person's head.
    Passphrase,
}

/// How a new vault is protected.
#[derive(Clone, Debug)]
pub enum Protection {
    /// By a key in the system's keychain.
    Keychain,
    /// By a passphrase.
    Passphrase(Secret),
}

/// The vault's key, wrapped in another one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Slot {
    /// The other key is in a keychain.
    Keychain {
        /// Which keychain it was, for people.
        store: String,
        wrapped: Sealed,
    },
    /// The other key is made from a passphrase by Argon2id.
    Passphrase {
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        /// In hex.
        salt: String,
        wrapped: Sealed,
    },
}

/// A slot asks for more than any slot of ours.
#[derive(Debug)]
pub(crate) struct OutOfBounds;

impl Slot {
    /// Wraps the vault's key in a key from a keychain.
    pub(crate) fn keychain(
        vault: &str,
        store: String,
        outer: &Key,
        key: &Key,
    ) -> Result<Self, getrandom::Error> {
        let wrapped = outer.seal(key.bytes(), &place(&[vault.as_bytes(), b"keychain"]))?;
        Ok(Self::Keychain { store, wrapped })
    }

    /// Wraps the vault's key in a passphrase.
    pub(crate) fn passphrase(
        vault: &str,
        passphrase: &Secret,
        key: &Key,
    ) -> Result<Self, getrandom::Error> {
        let salt = crate::crypto::new_id("salt")?;
        let outer = stretched(passphrase, &salt, MEMORY_KIB, PASSES, 1)
            .expect("our own costs are within our own bounds");
        let place = passphrase_place(vault, &salt, MEMORY_KIB, PASSES, 1);
        let wrapped = outer.seal(key.bytes(), &place)?;
        Ok(Self::Passphrase {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: 1,
            salt,
            wrapped,
        })
    }

    /// Where its outer key is kept.
    pub(crate) fn store(&self) -> Store {
        match self {
            Self::Keychain { .. } => Store::Keychain,
            Self::Passphrase { .. } => Store::Passphrase,
        }
    }

    /// Opens a keychain's slot.
    pub(crate) fn open_keychain(&self, vault: &str, outer: &Key) -> Option<Key> {
        let Self::Keychain { wrapped, .. } = self else {
            return None;
        };
        let key = outer
            .open(wrapped, &place(&[vault.as_bytes(), b"keychain"]))
            .ok()?;
        Key::from_bytes(key.expose())
    }

    /// Opens a passphrase's slot. `Ok(None)` where it is another passphrase.
    pub(crate) fn open_passphrase(
        &self,
        vault: &str,
        passphrase: &Secret,
    ) -> Result<Option<Key>, OutOfBounds> {
        let Self::Passphrase {
            memory_kib,
            passes,
            lanes,
            salt,
            wrapped,
        } = self
        else {
            return Ok(None);
        };
        let outer = stretched(passphrase, salt, *memory_kib, *passes, *lanes)?;
        let place = passphrase_place(vault, salt, *memory_kib, *passes, *lanes);
        Ok(outer
            .open(wrapped, &place)
            .ok()
            .and_then(|key| Key::from_bytes(key.expose())))
    }
}

fn passphrase_place(vault: &str, salt: &str, memory: u32, passes: u32, lanes: u32) -> Vec<u8> {
    let costs = [
        memory.to_le_bytes(),
        passes.to_le_bytes(),
        lanes.to_le_bytes(),
    ]
    .concat();
    place(&[vault.as_bytes(), b"passphrase", salt.as_bytes(), &costs])
}

fn stretched(
    passphrase: &Secret,
    salt: &str,
    memory: u32,
    passes: u32,
    lanes: u32,
) -> Result<Key, OutOfBounds> {
    let fits = memory <= MOST_MEMORY_KIB
        && passes <= MOST_PASSES
        && lanes <= MOST_LANES
        && (8..=64).contains(&salt.len());
    if !fits {
        return Err(OutOfBounds);
    }
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| OutOfBounds)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose(), salt.as_bytes(), key.as_mut_slice())
        .map_err(|_| OutOfBounds)?;
    Key::from_bytes(key.as_slice()).ok_or(OutOfBounds)
}
