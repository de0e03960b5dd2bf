//! The system's keychain, as far as a vault needs it.

mod memory;
mod system;

use std::fmt;

use podium_secret::Secret;

pub use memory::MemoryKeychain;
pub use system::SystemKeychain;

/// What a keychain keeps for a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item {
    /// The key that opens the vault's own.
    Key,
    /// The last generation of the vault's file, so that an older file is noticed.
    Generation,
}

/// Why a keychain cannot be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeychainTrouble {
    /// There is none, or it cannot be reached; with the system's own words.
    Absent(String),
    /// It is there and refuses: locked, or its prompt was dismissed.
    Locked(String),
    /// It has not answered in time. It may be asking a person.
    Stalled,
}

impl fmt::Display for KeychainTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(_) => f.write_str("there is no system keychain"),
            Self::Locked(_) => f.write_str("the system keychain is locked"),
            Self::Stalled => f.write_str("the system keychain does not answer"),
        }
    }
}

impl std::error::Error for KeychainTrouble {}

/// A place for a few small secrets, kept by the system.
///
/// Each call may take up to ten seconds, and reading and writing may bring up the system's own prompt.
/// There is no call to see whether an item is there: a vault needs none.
pub trait Keychain: Send + Sync {
    /// Which one it is, in words for people.
    fn name(&self) -> String;
    /// Whether there is one at all. Looks at no item and prompts nobody; a locked one is there.
    fn reach(&self) -> Result<(), KeychainTrouble>;
    /// Reads an item of a vault; `None` where the keychain is open and has no such item.
    fn get(&self, vault: &str, item: Item) -> Result<Option<Secret>, KeychainTrouble>;
    /// Writes an item of a vault.
    fn put(&self, vault: &str, item: Item, value: &Secret) -> Result<(), KeychainTrouble>;
    /// Removes an item of a vault; no error where there is none.
    fn remove(&self, vault: &str, item: Item) -> Result<(), KeychainTrouble>;
}
