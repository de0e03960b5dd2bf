//! The keychain of this system, behind one thread and a deadline.
//!
//! Keychains hang: while a person looks for a password, or because a service behind the bus is stuck. And
//! some of them do not keep the order of calls from several threads. So one thread makes all calls, one
//! after another, and nobody waits for it longer than the deadline.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use keyring_core::{CredentialStore, Error};
use podium_secret::Secret;

use super::{Item, Keychain, KeychainTrouble};

/// So long a caller waits.
const DEADLINE: Duration = Duration::from_secs(10);
/// After so long a call is given up, and the next one gets a thread of its own.
const GIVEN_UP: Duration = Duration::from_secs(120);
/// Under this name the items stand in the keychain.
const SERVICE: &str = "podium";

/// The keychain of this system.
pub struct SystemKeychain {
    deadline: Duration,
    worker: Mutex<Option<Worker>>,
}

/// The thread that makes the calls.
struct Worker {
    requests: mpsc::Sender<Request>,
    /// Since when it has been at one call.
    busy: Arc<Mutex<Option<Instant>>>,
}

struct Request {
    call: Call,
    account: String,
    /// Nobody waits for the answer after this.
    until: Instant,
    answer: mpsc::Sender<Answer>,
}

enum Call {
    Reach,
    Get,
    Put(Secret),
    Remove,
}

type Answer = Result<Option<Secret>, KeychainTrouble>;
type Connect = fn() -> keyring_core::Result<Arc<CredentialStore>>;

impl SystemKeychain {
    /// With a deadline of ten seconds. Does not touch the keychain yet.
    pub fn new() -> Self {
        Self::with_deadline(DEADLINE)
    }

    /// With another deadline.
    pub fn with_deadline(deadline: Duration) -> Self {
        Self {
            deadline,
            worker: Mutex::new(None),
        }
    }

    fn ask(&self, vault: &str, item: Item, call: Call) -> Answer {
        let account = match item {
            Item::Key => vault.to_owned(),
            Item::Generation => format!("{vault}/generation"),
        };
        let (answer, answers) = mpsc::channel();
        let until = Instant::now() + self.deadline;
        self.send(Request {
            call,
            account,
            until,
            answer,
        })?;
        match answers.recv_timeout(self.deadline) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(KeychainTrouble::Stalled),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                // It skipped a request that came too late, or it ended unexpectedly.
                Err(KeychainTrouble::Stalled)
            }
        }
    }

    fn send(&self, request: Request) -> Result<(), KeychainTrouble> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        let request = match worker.as_ref().filter(|worker| !worker.is_given_up()) {
            Some(alive) => match alive.requests.send(request) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(request)) => request,
            },
            None => request,
        };
        let fresh = Worker::start(platform::connect)?;
        let sent = fresh.requests.send(request);
        *worker = Some(fresh);
        sent.map_err(|_| KeychainTrouble::Stalled)
    }
}

impl Default for SystemKeychain {
    fn default() -> Self {
        Self::new()
    }
}

impl Keychain for SystemKeychain {
    fn name(&self) -> String {
        platform::NAME.into()
    }

    fn reach(&self) -> Result<(), KeychainTrouble> {
        self.ask("", Item::Key, Call::Reach).map(|_| ())
    }

    fn get(&self, vault: &str, item: Item) -> Result<Option<Secret>, KeychainTrouble> {
        self.ask(vault, item, Call::Get)
    }

    fn put(&self, vault: &str, item: Item, value: &Secret) -> Result<(), KeychainTrouble> {
        self.ask(vault, item, Call::Put(value.clone())).map(|_| ())
    }

    fn remove(&self, vault: &str, item: Item) -> Result<(), KeychainTrouble> {
        self.ask(vault, item, Call::Remove).map(|_| ())
    }
}

impl fmt::Debug for SystemKeychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemKeychain")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl Worker {
    fn start(connect: Connect) -> Result<Self, KeychainTrouble> {
        let (requests, queue) = mpsc::channel::<Request>();
        let busy = Arc::new(Mutex::new(None));
        let at = Arc::clone(&busy);
        thread::Builder::new()
            .name("keychain".into())
            .spawn(move || {
                let mut store = None;
                for request in queue {
                    // A write that comes after its caller has given up must not happen.
                    if Instant::now() >= request.until {
                        continue;
                    }
                    *at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                    let answer = answer(&mut store, connect, &request);
                    *at.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    let _ = request.answer.send(answer);
                }
            })
            .map_err(|error| KeychainTrouble::Absent(error.to_string()))?;
        Ok(Self { requests, busy })
    }

    fn is_given_up(&self) -> bool {
        self.busy
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|since| since.elapsed() > GIVEN_UP)
    }
}

fn answer(store: &mut Option<Arc<CredentialStore>>, connect: Connect, request: &Request) -> Answer {
    let had = store.is_some();
    let first = attempt(store, connect, request);
    match first {
        // The service may have been started anew since the last call.
        Err(Error::PlatformFailure(_)) if had => {
            *store = None;
            attempt(store, connect, request).map_err(|error| trouble(&error))
        }
        other => other.map_err(|error| trouble(&error)),
    }
}

fn attempt(
    store: &mut Option<Arc<CredentialStore>>,
    connect: Connect,
    request: &Request,
) -> keyring_core::Result<Option<Secret>> {
    let store = match store {
        Some(store) => store,
        None => store.insert(connect()?),
    };
    let label = HashMap::from([("label", "Podium vault")]);
    let modifiers = platform::LABELS.then_some(&label);
    let entry = store.build(SERVICE, &request.account, modifiers)?;
    match &request.call {
        Call::Reach => Ok(None),
        Call::Get => match entry.get_secret() {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        },
        Call::Put(value) => entry.set_secret(value.expose()).map(|()| None),
        Call::Remove => match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        },
    }
}

/// Sorts the system's answers. None of their words holds a value: the two errors that carry bytes are not
/// quoted.
fn trouble(error: &Error) -> KeychainTrouble {
    match error {
        Error::NoStorageAccess(why) => KeychainTrouble::Locked(why.to_string()),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            KeychainTrouble::Absent("the item there is not ours".into())
        }
        other => KeychainTrouble::Absent(other.to_string()),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
mod platform {
    use std::sync::Arc;

    pub(super) const NAME: &str = "Secret Service";
    pub(super) const LABELS: bool = true;

    pub(super) fn connect() -> keyring_core::Result<Arc<keyring_core::CredentialStore>> {
        let store: Arc<keyring_core::CredentialStore> =
            zbus_secret_service_keyring_store::Store::new()?;
        Ok(store)
    }
}

#[cfg(target_os = "macos")]
mod platform {
    use std::sync::Arc;

    pub(super) const NAME: &str = "login keychain";
    pub(super) const LABELS: bool = false;

    pub(super) fn connect() -> keyring_core::Result<Arc<keyring_core::CredentialStore>> {
        let store: Arc<keyring_core::CredentialStore> =
            apple_native_keyring_store::keychain::Store::new()?;
        Ok(store)
    }
}

#[cfg(windows)]
mod platform {
    use std::sync::Arc;

    pub(super) const NAME: &str = "Credential Manager";
    pub(super) const LABELS: bool = false;

    pub(super) fn connect() -> keyring_core::Result<Arc<keyring_core::CredentialStore>> {
        let store: Arc<keyring_core::CredentialStore> = windows_native_keyring_store::Store::new()?;
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyring_core::api::{CredentialPersistence, CredentialStoreApi};

    /// A service that never answers, as some do.
    #[derive(Debug)]
    struct Stuck;

    impl CredentialStoreApi for Stuck {
        fn vendor(&self) -> String {
            "stuck".into()
        }
        fn id(&self) -> String {
            "stuck".into()
        }
        fn build(
            &self,
            _: &str,
            _: &str,
            _: Option<&HashMap<&str, &str>>,
        ) -> keyring_core::Result<keyring_core::Entry> {
            loop {
                thread::park();
            }
        }
        fn as_any(&self) -> &dyn std::any::Any {
            self
        }
        fn persistence(&self) -> CredentialPersistence {
            CredentialPersistence::UntilDelete
        }
    }

    #[test]
    fn a_service_that_hangs_is_told_after_the_deadline_and_not_waited_for_twice() {
        let keychain = SystemKeychain::with_deadline(Duration::from_millis(50));
        *keychain.worker.lock().unwrap() = Some(Worker::start(|| Ok(Arc::new(Stuck))).unwrap());
        for _ in 0..2 {
            let began = Instant::now();
            assert_eq!(
                keychain.get("vault_1", Item::Key).err(),
                Some(KeychainTrouble::Stalled)
            );
            assert!(began.elapsed() < Duration::from_secs(5));
        }
    }

    #[test]
    fn the_systems_answers_are_sorted_without_quoting_a_value() {
        let why = || -> keyring_core::error::PlatformError { "dismissed".into() };
        assert_eq!(
            trouble(&Error::NoStorageAccess(why())),
            KeychainTrouble::Locked("dismissed".into())
        );
        assert!(matches!(
            trouble(&Error::PlatformFailure(why())),
            KeychainTrouble::Absent(_)
        ));
        let KeychainTrouble::Absent(words) = trouble(&Error::BadEncoding(b"canary".to_vec()))
        else {
            panic!("a wrong kind");
        };
        assert!(!words.contains("canary"));
    }
}
