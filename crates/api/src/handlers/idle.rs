//! The vault locks itself when nobody has been there for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use podium_runtime::clock;
use podium_vault::VaultState;
use tokio::sync::broadcast;

use crate::types::{Empty, SettingsView};
use crate::{ApiError, Podium};

/// Under which kind settings are kept.
const KIND: &str = "setting";
/// How often it is looked whether somebody is still there.
const LOOK: Duration = Duration::from_secs(10);

/// When somebody was last seen, and who wants to hear what shows something else.
pub(crate) struct Idle {
    seen: AtomicI64,
    tell: broadcast::Sender<Vec<String>>,
}

impl Default for Idle {
    fn default() -> Self {
        Self {
            seen: AtomicI64::new(clock::now()),
            tell: broadcast::channel(64).0,
        }
    }
}

impl Idle {
    /// Hears what shows something else although no run did anything: names of commands.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Vec<String>> {
        self.tell.subscribe()
    }

    /// Says that these show something else now. Nobody may listen, in tests and on the command line.
    pub(crate) fn say(&self, stale: Vec<String>) {
        let _ = self.tell.send(stale);
    }
}

impl Podium {
    /// The settings of this person on this computer.
    pub async fn settings_get(&self, _: Empty) -> Result<SettingsView, ApiError> {
        let kept = self
            .host
            .journal(|journal| journal.get_blob(KIND, "settings"))
            .await?;
        Ok(kept
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default())
    }

    /// Changes them.
    pub async fn settings_set(&self, request: SettingsView) -> Result<SettingsView, ApiError> {
        let bytes = serde_json::to_vec(&request).unwrap_or_default();
        self.host
            .journal(move |journal| journal.put_blob(KIND, "settings", &bytes))
            .await?;
        self.person_here(Empty {}).await?;
        Ok(request)
    }

    /// Somebody is there: a key was pressed, the pointer was moved.
    pub async fn person_here(&self, _: Empty) -> Result<Empty, ApiError> {
        self.idle.seen.store(clock::now(), Ordering::Relaxed);
        Ok(Empty {})
    }

    /// Locks the vault where nobody has been there for as long as the settings say; whether it did.
    pub async fn lock_when_idle(&self, now: i64) -> Result<bool, ApiError> {
        let Some(minutes) = self.settings_get(Empty {}).await?.lock_after_minutes else {
            return Ok(false);
        };
        let gone = now - self.idle.seen.load(Ordering::Relaxed);
        if gone < i64::from(minutes) * 60_000 {
            return Ok(false);
        }
        let vault = Arc::clone(self.host.vault());
        let locked = tokio::task::spawn_blocking(move || {
            let open = matches!(vault.state(), VaultState::Unlocked { .. });
            vault.lock_idle(minutes);
            open
        })
        .await
        .unwrap_or(false);
        if locked {
            let shown = ["vault.get", "credential.list"];
            self.idle.say(shown.map(String::from).to_vec());
        }
        Ok(locked)
    }

    /// Looks from time to time, until Podium is gone.
    pub(crate) async fn watch_idle(&self) {
        let podium = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                if let Err(error) = podium.lock_when_idle(clock::now()).await {
                    tracing::warn!(error = %error.message, "it could not be looked whether the vault should lock");
                }
            }
        });
    }
}
