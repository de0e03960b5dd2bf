//! Values that cannot be printed or serialised, and the redactor that keeps them out of every output.
//!
//! A [`Secret`] has no `Display`, no `Serialize`, no `Deref`; it is opened by [`Secret::expose`], a
//! word one can search for. Not here: where secrets are stored (`vault`) and who may have one.

mod value;

pub use value::Secret;
