//! A keychain for tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use podium_secret::Secret;

use super::{Item, Keychain, KeychainTrouble};

/// A keychain in memory, for tests. It can be given every trouble.
#[derive(Debug, Default)]
pub struct MemoryKeychain {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    items: BTreeMap<(String, Item), Secret>,
    trouble: Option<KeychainTrouble>,
    asked: usize,
}

impl MemoryKeychain {
    /// An open, empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on it answers so; `None` opens it again.
    pub fn set_trouble(&self, trouble: Option<KeychainTrouble>) {
        self.state().trouble = trouble;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.state().asked
    }

    /// How many items it holds.
    pub fn len(&self) -> usize {
        self.state().items.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everything, as another computer would know nothing.
    pub fn forget(&self) {
        self.state().items.clear();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keychain for MemoryKeychain {
    fn name(&self) -> String {
        "memory".into()
    }

    fn reach(&self) -> Result<(), KeychainTrouble> {
        match &self.state().trouble {
            Some(trouble @ (KeychainTrouble::Absent(_) | KeychainTrouble::Stalled)) => {
                Err(trouble.clone())
            }
            Some(KeychainTrouble::Locked(_)) | None => Ok(()),
        }
    }

    fn get(&self, vault: &str, item: Item) -> Result<Option<Secret>, KeychainTrouble> {
        let mut state = self.state();
        state.asked += 1;
        match &state.trouble {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(state.items.get(&(vault.to_owned(), item)).cloned()),
        }
    }

    fn put(&self, vault: &str, item: Item, value: &Secret) -> Result<(), KeychainTrouble> {
        let mut state = self.state();
        state.asked += 1;
        if let Some(trouble) = &state.trouble {
            return Err(trouble.clone());
        }
        state.items.insert((vault.to_owned(), item), value.clone());
        Ok(())
    }

    fn remove(&self, vault: &str, item: Item) -> Result<(), KeychainTrouble> {
        let mut state = self.state();
        state.asked += 1;
        if let Some(trouble) = &state.trouble {
            return Err(trouble.clone());
        }
        state.items.remove(&(vault.to_owned(), item));
        Ok(())
    }
}
