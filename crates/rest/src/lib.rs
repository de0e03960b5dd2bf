//! JSON over HTTP, for the connectors that speak it: one way to build a call, to log in, to read a reply,
//! to walk the pages of a list, to begin a far job exactly once and to follow it to its end.
//!
//! Not here: retries after a 429 or a broken line, time limits, tracing, redaction and the refusal of
//! writes, which are layers of the [`Context`](podium_connector::Context); and whatever only one system
//! has, which is in its connector.
//!
//! Invariants: a credential goes to the host it was given for and to no other, so that a redirect or a
//! next page elsewhere is an error; nothing but a reply of 2xx is a success; a word that the vendor's
//! documents do not know never ends a job; a write whose reply was lost is looked for before anything
//! else happens.

mod call;
mod fault;
mod follow;
mod once;
mod pages;
mod place;
mod site;

pub use call::{Call, segment};
pub use fault::{Dialect, Fault, failed};
pub use follow::{Job, Look, Pace, Stage, Stages, follow};
pub use once::{Search, begin};
pub use pages::Next;
pub use place::{Place, authority_field, field, place, secret, trust};
pub use site::{Exchange, Headers, Login, Site};
