//! The spellings in which a tool may print a secret.

use crate::Secret;

/// All spellings of a secret.
pub fn forms(secret: &Secret) -> Vec<Vec<u8>> {
    vec![secret.expose().to_vec()]
}
