//! Which token a call was sent with.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::path_of;
use crate::transport::HttpRequest;

/// A call whose path says one of these asks for a token, or gives one back; what it is sent with is no
/// token that ends.
const ASKS_FOR_ONE: [&str; 4] = ["oauth", "login", "/token", "/auth/"];

/// A digest of the token that a call was sent with. A served simulator cannot see which headers are
/// secret, so that they are told by name, here and there alike.
pub(super) fn digest(request: &HttpRequest) -> Option<String> {
    let path = path_of(&request.url).to_ascii_lowercase();
    let path = path.split('?').next().unwrap_or_default();
    if ASKS_FOR_ONE.iter().any(|part| path.contains(part)) {
        return None;
    }
    let open = request
        .headers
        .iter()
        .map(|(name, value)| (name, value.as_bytes()));
    let secret = request
        .secret_headers
        .iter()
        .map(|(name, value)| (name, value.expose()));
    let mut found: Vec<(String, &[u8])> = open
        .chain(secret)
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, _)| bears_a_token(name))
        .map(|(name, value)| (name, lasting(value)))
        .collect();
    if found.is_empty() {
        return None;
    }
    found.sort();
    let mut hash = Sha256::new();
    for (name, value) in found {
        hash.update(name);
        hash.update([0]);
        hash.update(value);
        hash.update([0]);
    }
    Some(
        hash.finalize()
            .iter()
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            }),
    )
}

fn bears_a_token(header: &str) -> bool {
    // What proves a request against forgery is no token of the user's.
    !header.contains("csrf")
        && !header.contains("xsrf")
        && ["auth", "token", "apikey", "api-key", "cookie"]
            .iter()
            .any(|part| header.contains(part))
}

/// What stays the same from call to call: of a signature (AWS), the access key.
fn lasting(value: &[u8]) -> &[u8] {
    let key = b"Credential=";
    let Some(at) = value.windows(key.len()).position(|window| window == key) else {
        return value;
    };
    let value = &value[at + key.len()..];
    let end = value.iter().position(|byte| *byte == b'/');
    &value[..end.unwrap_or(value.len())]
}
