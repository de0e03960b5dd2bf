//! The errors that the system really gives, with cause and next action: `explained.json`, the one place of
//! these texts.

use std::sync::LazyLock;

use podium_connector::{Explanation, explanations};
use podium_diagnostics::Error;

static LIST: LazyLock<Vec<Explanation>> =
    LazyLock::new(|| explanations(include_str!("explained.json")));

/// All of them, the narrower before the wider.
pub(crate) fn list() -> &'static [Explanation] {
    &LIST
}

/// Adds cause and next action where one of them fits.
pub(crate) fn told(error: Error) -> Error {
    podium_connector::explain(&LIST, error)
}
