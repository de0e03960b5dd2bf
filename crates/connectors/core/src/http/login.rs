//! How an HTTP login becomes a header.

use base64::Engine as _;
use podium_connector::Lease;
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_secret::Secret;

use super::LOGIN;

/// The header's name and value.
pub(super) fn header(lease: &Lease) -> Result<(String, Secret)> {
    let bad = |why: String| {
        Error::new(
            ErrorKind::Unauthorized,
            LOGIN,
            format!(
                "The credential `{}` cannot be used for HTTP: {why}.",
                lease.credential
            ),
        )
        .with_hint("Open it under Credentials and complete it.")
    };
    let field = |name: &str| {
        lease
            .fields
            .get(name)
            .map(String::as_str)
            .filter(|v| !v.is_empty())
    };
    let value = lease
        .secrets
        .get("value")
        .ok_or_else(|| bad("it has no value".into()))?;
    let one_line = !value
        .expose()
        .iter()
        .any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    match field("scheme").unwrap_or("bearer") {
        "basic" => {
            let user = field("user").ok_or_else(|| bad("`basic` needs a user".into()))?;
            if user.contains(':') {
                return Err(bad("a user's name holds no colon".into()));
            }
            let mut pair = zeroizing(user.as_bytes(), b":");
            pair.extend_from_slice(value.expose());
            let pair = Secret::new(pair);
            let mut text = b"Basic ".to_vec();
            text.extend_from_slice(
                base64::engine::general_purpose::STANDARD
                    .encode(pair.expose())
                    .as_bytes(),
            );
            Ok(("authorization".into(), Secret::new(text)))
        }
        _ if !one_line => Err(bad("its value has more than one line".into())),
        "bearer" => Ok((
            "authorization".into(),
            Secret::new(zeroizing(b"Bearer ", value.expose())),
        )),
        "header" => {
            let name =
                field("header").ok_or_else(|| bad("`header` needs the header's name".into()))?;
            Ok((name.to_ascii_lowercase(), value.clone()))
        }
        other => Err(bad(format!(
            "the scheme `{other}` is not bearer, basic or header"
        ))),
    }
}

/// Both parts in one buffer of the right size, so that growing leaves no copy behind.
fn zeroizing(first: &[u8], second: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(first.len() + second.len() + 4096);
    bytes.extend_from_slice(first);
    bytes.extend_from_slice(second);
    bytes
}
