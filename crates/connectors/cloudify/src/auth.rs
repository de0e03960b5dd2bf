//! How a call proves who sends it: a token, or a user's name and password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use podium_connector::Lease;
use podium_diagnostics::Result;
use podium_rest::{Headers, field, secret};
use podium_secret::Secret;

use crate::client::SYSTEM;

/// The header that holds a token; not `authorization`.
const TOKEN: &str = "authentication-token";

/// The headers for a credential. A token wins over a password. In practice, where none is bound, the
/// practice manager's own word is sent.
pub(crate) fn headers(lease: Option<&Lease>) -> Result<Headers> {
    let Some(lease) = lease else {
        return Ok(vec![(TOKEN.to_owned(), Secret::from("practice"))]);
    };
    let token = lease.secrets.get("token").filter(|token| !token.is_empty());
    if let Some(token) = token {
        return Ok(vec![(TOKEN.to_owned(), token.clone())]);
    }
    let password = match lease.secrets.get("password") {
        Some(password) if !password.is_empty() => password,
        // Neither is there: the error names the one that is better.
        _ => secret(lease, "token", SYSTEM)?,
    };
    let mut pair = field(lease, "user", SYSTEM)?.trim().as_bytes().to_vec();
    pair.push(b':');
    pair.extend_from_slice(password.expose());
    let basic = format!("Basic {}", STANDARD.encode(pair));
    Ok(vec![(
        "authorization".to_owned(),
        Secret::from(basic.as_str()),
    )])
}
