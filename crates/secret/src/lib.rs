//! Values that cannot be printed or serialised, and the redactor that keeps them out of every output.
//!
//! A [`Secret`] has no `Display`, no `Serialize`, no `Deref`; it is opened by [`Secret::expose`], a
//! word one can search for. A [`Redactor`] knows a set of secrets in all the spellings a tool may print
//! them in, and replaces each by `[hidden: NAME]`; [`forms`] are these spellings, for tests that look for
//! a leak.
//!
//! Not here: where secrets are stored (`vault`) and who may have one. The redactor is no boundary
//! against a program that means harm: whoever encrypts before printing gets past it.
//!
//! Invariants: what a stream gives is, byte for byte, what the whole text would have given, however it
//! was cut; a text without a secret comes back unchanged.

mod forms;
mod redactor;
mod shapes;
mod value;

pub use forms::{SHORTEST, forms};
pub use redactor::{RedactStream, Redactor};
pub use value::Secret;
