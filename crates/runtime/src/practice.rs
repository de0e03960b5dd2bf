//! The practice clouds of this computer, for people: which there are, where they are served, what weather
//! is over them, and how to begin anew.

use std::path::PathBuf;
use std::sync::Arc;

use podium_connector::weather::{Rule, Trouble, Weather};
use podium_connector::{Connector, HttpRequest, HttpResponse, Simulator};
use podium_diagnostics::{Code, Error, ErrorKind, Result};

use crate::host::Host;
use crate::simulators::{self, kept::Kept};

/// There is no connector of this name.
const NO_CONNECTOR: Code = Code::new("POD0803");
/// A connector has no simulator that is asked by HTTP.
const NOT_SERVED: Code = Code::new("POD0832");
/// A defect where a practice cloud is kept.
const STOPPED: Code = Code::new("POD0835");

/// A connector's practice cloud as it stands.
#[derive(Clone, Debug)]
pub struct Practice {
    /// The connector's id.
    pub connector: String,
    /// What people call it.
    pub label: String,
    /// Whether it is asked by HTTP; another one plays a tool.
    pub http: bool,
    /// Where it is served at this moment, by whichever process.
    pub addresses: Vec<String>,
    /// Where its state lies, once there is one.
    pub state: PathBuf,
    /// Whether there is one.
    pub begun: bool,
    /// The weather over it, or why it cannot be read.
    pub weather: Result<Weather>,
}

impl Host {
    /// Every practice cloud, in the catalogue's order.
    pub fn practices(&self) -> Result<Vec<Practice>> {
        self.connectors()
            .iter()
            .filter(|connector| !connector.manifest().local)
            .map(|connector| self.look_at(connector))
            .collect()
    }

    /// One practice cloud.
    pub fn practice(&self, connector: &str) -> Result<Practice> {
        self.look_at(self.simulated(connector)?)
    }

    /// Serves the simulator of a connector at this port of 127.0.0.1, as long as this process lives;
    /// 0 is one that is free. Gives the base address.
    pub async fn serve_practice(&self, connector: &str, port: u16) -> Result<String> {
        let connector = self.asked_by_http(connector)?;
        self.simulators()
            .serve(&self.home().practice(), connector, port)
            .await
    }

    /// Sets the weather over a practice cloud, for every process that uses it.
    pub async fn set_weather(&self, connector: &str, weather: Weather) -> Result<()> {
        let found = self.simulated(connector)?;
        let simulator = found.simulator(None);
        let odd = weather
            .rules
            .iter()
            .find(|rule| !rule.has_meaning(simulator.as_ref()));
        if let Some(rule) = odd {
            return Err(no_meaning(connector, rule, simulator.as_ref()));
        }
        let kept = self.kept(found)?;
        apart(move || kept.turn()?.keep_weather(&weather)).await
    }

    /// Calls a practice cloud as somebody else would, past Podium: a colleague at its console, another
    /// program. No weather is met.
    pub async fn call_practice(
        &self,
        connector: &str,
        request: HttpRequest,
    ) -> Result<HttpResponse> {
        let connector = Arc::clone(self.asked_by_http(connector)?);
        let kept = self.kept(&connector)?;
        apart(move || simulators::called(&kept, &connector, &request)).await
    }

    /// Forgets the state of a practice cloud and its weather; says whether there was a state. What steps
    /// left on this computer stays.
    pub async fn reset_practice(&self, connector: &str) -> Result<bool> {
        let kept = self.kept(self.simulated(connector)?)?;
        apart(move || kept.turn()?.clear()).await
    }

    fn look_at(&self, connector: &Arc<dyn Connector>) -> Result<Practice> {
        let manifest = connector.manifest();
        let kept = self.kept(connector)?;
        let state = kept.state_file();
        Ok(Practice {
            connector: manifest.id.clone(),
            label: manifest.label.clone(),
            http: connector.simulator(None).speaks_http(),
            addresses: kept.addresses()?,
            begun: state.is_file(),
            state,
            weather: kept.weather(),
        })
    }

    fn kept(&self, connector: &Arc<dyn Connector>) -> Result<Kept> {
        Kept::new(&self.home().practice(), &connector.manifest().id)
    }

    /// A connector that a simulator stands in for.
    fn simulated(&self, id: &str) -> Result<&Arc<dyn Connector>> {
        let found = self
            .connectors()
            .iter()
            .find(|known| known.manifest().id == id)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::NotFound,
                    NO_CONNECTOR,
                    format!("There is no connector `{id}`."),
                )
                .with_hint("`podium practice list` names those with a simulator.")
            })?;
        if found.manifest().local {
            return Err(Error::new(
                ErrorKind::Unsupported,
                NOT_SERVED,
                format!(
                    "`{id}` acts on this computer, also in practice; nothing stands in for it."
                ),
            )
            .with_hint("`podium practice list` names those with a simulator."));
        }
        Ok(found)
    }

    fn asked_by_http(&self, id: &str) -> Result<&Arc<dyn Connector>> {
        let found = self.simulated(id)?;
        if found.simulator(None).speaks_http() {
            return Ok(found);
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            NOT_SERVED,
            format!(
                "The simulator of `{id}` plays a tool on this computer: it is not asked by HTTP, so \
                 that it has no address."
            ),
        )
        .with_hint(
            "A workflow in an environment with `practice: true` uses it as it is; \
             `podium practice list` names the others.",
        ))
    }
}

/// The error for a rule that this simulator can never meet.
fn no_meaning(connector: &str, rule: &Rule, simulator: &dyn Simulator) -> Error {
    if simulator.speaks_http() {
        return Error::new(
            ErrorKind::Unsupported,
            NOT_SERVED,
            format!("`{rule}` is for tools, and `{connector}` is asked by HTTP."),
        )
        .with_hint("Take `status:CODE`, `refuse` or `cut` in its place.");
    }
    let known = simulator.troubles();
    let words = [
        (Trouble::Held, "`fail:EXIT`"),
        (Trouble::Throttled, "`throttle`"),
        (Trouble::Unreachable, "`refuse`"),
        (Trouble::Expired, "`expire`"),
    ];
    let words: Vec<&str> = words
        .iter()
        .filter(|(trouble, _)| known.contains(trouble))
        .map(|(_, word)| *word)
        .collect();
    Error::new(
        ErrorKind::Unsupported,
        NOT_SERVED,
        format!("The simulator of `{connector}` plays a tool on this computer, and `{rule}` has no meaning for a tool."),
    )
    .with_hint(format!(
        "Possible are {}, `slow:MILLISECONDS` and `cut`; `@PART` is a part of its command line.",
        words.join(", ")
    ))
}

/// Waits for a turn where no other work has to wait for it.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| {
            Err(Error::new(
                ErrorKind::Internal,
                STOPPED,
                "The keeping of a practice cloud stopped unexpectedly.",
            )
            .with_hint("Try again; if it stays so, report it with this message.")
            .with_source(panic))
        })
}
