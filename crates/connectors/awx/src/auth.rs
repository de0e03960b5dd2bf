//! How calls prove who sends them: a personal token, or a user name and a password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use podium_connector::Context;
use podium_diagnostics::Result;
use podium_rest::{Headers, Login, Place, field, place, secret};
use podium_secret::Secret;

use crate::client::SYSTEM;

/// What stands for a credential in practice where none is bound; the practice server takes it.
const PRACTICE: &str = "practice";

/// The address and the login.
pub(crate) fn login(cx: &dyn Context) -> Result<(Place<'_>, Login<'_>)> {
    let place = place(cx, "awx", SYSTEM)?;
    let Some(lease) = place.lease else {
        return Ok((place, Login::Fixed(bearer(PRACTICE))));
    };
    let token = lease
        .secrets
        .get("token")
        .and_then(Secret::expose_str)
        .map(str::trim)
        .filter(|token| !token.is_empty());
    if let Some(token) = token {
        return Ok((place, Login::Fixed(bearer(token))));
    }
    // Neither a token nor a password: what is asked for is the token, which works everywhere.
    if lease.fields.get("username").is_none_or(String::is_empty) {
        secret(lease, "token", SYSTEM)?;
    }
    let user = field(lease, "username", SYSTEM)?;
    let password = secret(lease, "password", SYSTEM)?
        .expose_str()
        .unwrap_or_default();
    let pair = STANDARD.encode(format!("{user}:{password}"));
    Ok((place, Login::Fixed(header(&format!("Basic {pair}")))))
}

fn bearer(token: &str) -> Headers {
    header(&format!("Bearer {token}"))
}

fn header(value: &str) -> Headers {
    vec![("authorization".to_owned(), Secret::from(value))]
}
