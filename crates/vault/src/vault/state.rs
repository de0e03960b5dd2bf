//! Whether a vault can be used, and why not.

use podium_diagnostics::Error;

use crate::crypto::Key;
use crate::slot::Store;

/// What is known in memory.
#[derive(Default)]
pub(super) struct Open {
    /// The vault's id and key, while it is open.
    pub(super) key: Option<(String, Key)>,
    pub(super) because: Because,
    /// The highest generation seen, and of which vault.
    pub(super) seen: Option<(String, u64)>,
}

impl Open {
    pub(super) fn seen(&self, vault: &str) -> Option<u64> {
        self.seen
            .as_ref()
            .filter(|(id, _)| id == vault)
            .map(|(_, generation)| *generation)
    }
}

/// Whether the vault can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultState {
    /// There is none yet.
    Empty,
    /// It must be unlocked.
    Locked {
        /// Where its key is.
        store: Store,
        /// Why it is not open.
        because: Because,
    },
    /// It is open.
    Unlocked {
        /// Where its key is.
        store: Store,
    },
    /// Its file cannot be used; the error says why and what to do.
    Unusable(Error),
}

/// Why a vault is locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Because {
    /// Nobody has unlocked it since Podium was started.
    #[default]
    NotAsked,
    /// Somebody locked it.
    ByHand,
    /// Nobody was there for so many minutes.
    Idle(u32),
    /// The last try failed.
    Failed(Error),
}

impl Because {
    /// In words for people.
    pub fn words(&self) -> String {
        match self {
            Self::NotAsked => "It was not unlocked since Podium was started.".into(),
            Self::ByHand => "It was locked by hand.".into(),
            Self::Idle(1) => "It locked itself: nobody was here for a minute.".into(),
            Self::Idle(minutes) => {
                format!("It locked itself: nobody was here for {minutes} minutes.")
            }
            Self::Failed(error) => error.message.clone(),
        }
    }
}
