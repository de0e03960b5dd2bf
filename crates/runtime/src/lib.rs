//! The only place that acts: files, processes, network, clock, random ids.
//!
//! It drives the engine, appends to the journal before anything is shown or done, asks connectors,
//! lends credentials, and carries out what connectors describe as values.
//!
//! Not here: what may happen next (`engine`), what a step means (`connectors`), how it is shown
//! (`projections`, the shells). Invariants: an effect is performed only after the event that ordered it
//! is in the journal; during a preview every write is refused ([`context`]); no secret reaches an
//! argument, an event or a log.

pub mod clock;
pub mod demo;
pub mod home;
pub mod schedules;
pub mod tools;
pub mod wanted;
pub mod workspace;

mod context;
mod drift;
mod driver;
mod handover;
mod host;
mod http;
mod inbox;
mod inside;
mod invented;
mod known;
mod own_folder;
mod owner;
mod practice;
mod preview;
mod process;
mod proof;
mod simulators;

pub use home::Home;
pub use host::{Approval, Happened, Host, Listener, Options};
pub use http::ask;
pub use inbox::Begin;
pub use inside::Inside;
pub use invented::weather as identity_weather;
pub use owner::Answerer;
pub use podium_diagnostics::reason;
pub use practice::Practice;
pub use preview::Look;
