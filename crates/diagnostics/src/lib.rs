//! What is wrong, where, why, and what to do about it.
//!
//! Two shapes, for two kinds of trouble. A [`Diagnostic`] speaks about a document: it is collected,
//! never thrown, and carries a place. An [`Error`] speaks about an operation on the world: it has a
//! kind, says whether a retry can help, and names the next action. Both carry a stable [`Code`] with a
//! page in `docs/errors/`.
//!
//! Not here: how either is shown. The CLI and the screens render these values; they switch on the
//! code, never on the text.

mod code;
mod diagnostic;
mod error;
mod words;

pub use code::Code;
pub use diagnostic::{Address, Diagnostic, Position, Severity, Span};
pub use error::{Error, ErrorKind, Retry};
pub use words::{reason, without_number};

/// The result of an operation on the world.
pub type Result<T, E = Error> = std::result::Result<T, E>;
