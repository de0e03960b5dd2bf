//! One open Podium: a workspace, a home, a host.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use podium_catalogue::Catalogue;
use podium_engine::event::Occasion;
use podium_model::id::EnvironmentName;
use podium_model::layout::Layout;
use podium_plan::{Manifests, Plan, Preview};
use podium_runtime::workspace::Folder;
use podium_runtime::{Home, Host, Options};
use podium_vault::{SystemKeychain, Vault};

use crate::handlers::drift::Looks;
use crate::handlers::idle::Idle;
use crate::handlers::logins::Logins;
use crate::handlers::logs::Found;
use crate::handlers::reading::Reads;
use crate::handlers::runs::{Seen, Summaries};
use crate::handlers::schedules::Timer;
use crate::{ApiError, Batches};

/// Previews that are kept so that they can be begun, at the most.
const PREVIEWS: usize = 64;

/// One open Podium. Cloning is cheap; all clones are the same.
#[derive(Clone)]
pub struct Podium {
    pub(crate) host: Host,
    pub(crate) manifests: Arc<Manifests>,
    pub(crate) previewed: Arc<Mutex<HashMap<String, Previewed>>>,
    pub(crate) editing: Arc<tokio::sync::Mutex<()>>,
    pub(crate) reads: Arc<Reads>,
    pub(crate) seen: Arc<Seen>,
    pub(crate) summaries: Arc<Summaries>,
    pub(crate) found: Arc<Found>,
    pub(crate) idle: Arc<Idle>,
    pub(crate) logins: Arc<Logins>,
    pub(crate) looks: Arc<Looks>,
    pub(crate) timer: Arc<Timer>,
}

/// A preview that can be begun, with the plan that it is of.
#[derive(Clone)]
pub(crate) struct Previewed {
    pub(crate) plan: Plan,
    pub(crate) preview: Preview,
    /// Where the steps stand; a run that takes another back has the places of that one.
    pub(crate) layout: Option<Layout>,
    /// The versions of the files it was made from.
    pub(crate) made_from: Vec<(String, Option<String>)>,
    /// The schedule whose run it will be.
    pub(crate) schedule: Option<Occasion>,
    pub(crate) order: u64,
}

impl Podium {
    /// Opens the workspace at `folder` with this user's home. Starts nothing.
    pub async fn open(folder: &Path) -> Result<Self, ApiError> {
        Self::open_at(folder, Home::of_user()?).await
    }

    /// Opens the workspace at `folder` with another home.
    pub async fn open_at(folder: &Path, home: Home) -> Result<Self, ApiError> {
        let folder = Folder::open(folder)?;
        let opened = tokio::task::spawn_blocking(move || {
            let catalogue = Catalogue::shipped();
            let vault = Arc::new(Vault::open(&home.vault(), Arc::new(SystemKeychain::new())));
            let host = Host::open(Options {
                home,
                folder,
                connectors: catalogue.connectors().cloned().collect(),
                vault,
            })?;
            Ok::<_, podium_diagnostics::Error>(host)
        })
        .await
        .unwrap_or_else(|panic| {
            Err(podium_diagnostics::Error::new(
                podium_diagnostics::ErrorKind::Internal,
                podium_diagnostics::Code::new("POD0613"),
                "Podium could not open its own files.",
            )
            .with_source(panic))
        })?;
        let manifests = Arc::new(Manifests::new(opened.manifests()));
        Ok(Self {
            host: opened,
            manifests,
            previewed: Arc::default(),
            editing: Arc::default(),
            reads: Arc::default(),
            seen: Arc::default(),
            summaries: Arc::default(),
            found: Arc::default(),
            idle: Arc::default(),
            logins: Arc::default(),
            looks: Arc::default(),
            timer: Arc::default(),
        })
    }

    /// What a window does beyond opening: opens the vault where that asks nobody, and takes up the runs
    /// that were under way when the last window ended.
    pub async fn take_up(&self) -> Result<(), ApiError> {
        // Opening the vault by the keychain asks nobody; where it needs a passphrase it stays locked
        // and the steps that need it wait.
        let vault = Arc::clone(self.host.vault());
        let _ = tokio::task::spawn_blocking(move || vault.unlock(None)).await;
        self.host.resume().await?;
        self.answer_others(true);
        self.watch_schedules();
        self.watch_idle().await;
        self.watch_files().await;
        Ok(())
    }

    /// The host, for what has no command.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Hears what happens from now on, in batches.
    pub fn subscribe(&self) -> Batches {
        Batches::new(self.host.listen(), self.idle.listen())
    }

    /// Who acts: the user of this computer.
    pub(crate) fn who() -> String {
        ["USER", "LOGNAME", "USERNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .or_else(user_by_number)
            .unwrap_or_else(|| String::from("somebody"))
    }

    pub(crate) fn remember(&self, mut made: Previewed) {
        let mut previewed = self
            .previewed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        made.order = previewed
            .values()
            .map(|old| old.order + 1)
            .max()
            .unwrap_or(0);
        if previewed.len() >= PREVIEWS
            && let Some(oldest) = previewed
                .iter()
                .min_by_key(|(_, old)| old.order)
                .map(|(hash, _)| hash.clone())
        {
            previewed.remove(&oldest);
        }
        previewed.insert(made.preview.hash.clone(), made);
    }

    pub(crate) fn recall(&self, hash: &str) -> Option<Previewed> {
        self.previewed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(hash)
            .cloned()
    }

    /// The environment of a name, or the workspace's default.
    pub(crate) fn choose_environment(
        given: Option<&EnvironmentName>,
        default: Option<&EnvironmentName>,
    ) -> Result<EnvironmentName, ApiError> {
        given.or(default).cloned().ok_or_else(|| {
            podium_diagnostics::Error::new(
                podium_diagnostics::ErrorKind::Invalid,
                podium_diagnostics::Code::new("POD0712"),
                "No environment was named, and the workspace has no default.",
            )
            .with_hint("Name one with -e, or set `default_environment` in `podium.yaml`.")
            .into()
        })
    }
}

/// A connector by its id, without opening anything.
pub fn connector_named(id: &str) -> Result<Arc<dyn podium_connector::Connector>, ApiError> {
    Catalogue::shipped().get(id).ok_or_else(|| {
        podium_diagnostics::Error::new(
            podium_diagnostics::ErrorKind::NotFound,
            podium_diagnostics::Code::new("POD0803"),
            format!("There is no connector `{id}`."),
        )
        .with_hint("`podium connectors` lists them.")
        .into()
    })
}

/// The user's name by number, where no variable tells it (a service, a container).
fn user_by_number() -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        let number = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").ok()?);
        let users = std::fs::read_to_string("/etc/passwd").ok()?;
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
        })
    }
    #[cfg(not(target_os = "linux"))]
    None
}
