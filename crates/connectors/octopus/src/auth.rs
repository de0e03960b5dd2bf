//! The API key, as Octopus takes it: the header `X-Octopus-ApiKey` (contract, "Base URL and auth").

use podium_connector::Context;
use podium_diagnostics::Result;
use podium_rest::{Login, Site, place, secret};

use crate::client::{DIALECT, SYSTEM};

/// The port at which an operation takes its credential.
pub(crate) const PORT: &str = "octopus";
const HEADER: &str = "x-octopus-apikey";

/// Octopus at the credential's address; in practice the simulator, with its practice key.
pub(crate) fn site(cx: &dyn Context) -> Result<Site<'_>> {
    let place = place(cx, PORT, SYSTEM)?;
    let key = match place.lease {
        Some(lease) => secret(lease, "api_key", SYSTEM)?.clone(),
        None => "practice".into(),
    };
    let login = Login::Fixed(vec![(HEADER.to_owned(), key)]);
    Ok(Site::new(cx, DIALECT, place.base, login).trusting(place.trust))
}

/// The space that the credential names, where it names one.
pub(crate) fn space(cx: &dyn Context) -> Option<&str> {
    cx.credential(PORT)?
        .fields
        .get("space")
        .map(String::as_str)
        .filter(|space| !space.trim().is_empty())
}
