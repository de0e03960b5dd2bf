//! Credentials at rest: one encrypted file, the key to it in the system's keychain or in a person's head,
//! and a log of everything that was lent.
//!
//! The keychain holds one 32-byte key, not the secrets. That key, or one made from a passphrase, opens the
//! vault's own key; from this come the keys that seal each secret, the file as a whole, and the log. Where
//! there is no keychain a passphrase takes its place; there is no third way, and none is taken in silence.
//!
//! Names, kinds and public fields stand in the file in the clear, so that a locked vault can be listed;
//! they are covered by the file's seal, which is checked as soon as the vault is open.
//!
//! Not here: sessions minted from a credential, what a connector does with one, where the passphrase is
//! asked. Every call blocks (a keychain for up to ten seconds, a passphrase for about one); the caller
//! keeps it off the thread that draws.
//!
//! Invariants:
//! - a secret leaves only in a [`Lease`], and only after the log has it on disk;
//! - the keychain is never asked only to see whether it is there, and nothing in it is deleted or
//!   overwritten because of an error;
//! - a record cannot be moved, exchanged or taken from an older file without notice, except where the
//!   file, the log and its head are all put back together and no keychain remembers better;
//! - a file that is damaged is told, never repaired or overwritten in silence.

mod audit;
mod credential;
mod crypto;
mod error;
mod file;
mod keychain;
mod slot;
mod vault;

pub use audit::{AuditRecord, AuditReport};
pub use credential::{Credential, Lease, Practice, Purpose, TestResult};
pub use keychain::{Item, Keychain, KeychainTrouble, MemoryKeychain, SystemKeychain};
pub use slot::{Protection, Store};
pub use vault::{Because, Vault, VaultState};
