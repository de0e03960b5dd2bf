//! Where the far system is, and what a credential says about it.

use podium_connector::{Context, Lease, Mode};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::Secret;

const NO_CREDENTIAL: Code = Code::new("POD0478");

/// The far system's address, and the credential bound to the port.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The base address, without a slash at its end.
    pub base: String,
    /// The credential; absent in practice where none is bound.
    pub lease: Option<&'a Lease>,
}

/// The address of the far system: the simulator's in practice, else the credential's field `url`.
///
/// Fails with POD0478 where no credential is bound, or where its address is none.
pub fn place<'a>(cx: &'a dyn Context, port: &str, system: &str) -> Result<Place<'a>> {
    let lease = cx.credential(port);
    if cx.mode() == Mode::Simulated {
        let base = cx.simulator().ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                NO_CREDENTIAL,
                format!("{system} is practised here, and its simulator is not running."),
            )
            .with_hint("Start Podium again; if it stays, report it.")
        })?;
        return Ok(Place {
            base: base.trim_end_matches('/').to_owned(),
            lease,
        });
    }
    let lease = lease.ok_or_else(|| {
        Error::new(
            ErrorKind::Unauthorized,
            NO_CREDENTIAL,
            format!("No credential for {system} is bound to this step."),
        )
        .with_hint("Bind one in the environment, or store one under Credentials first.")
    })?;
    let base = field(lease, "url", system)?;
    let base = base.trim().trim_end_matches('/');
    if !(base.starts_with("https://") || base.starts_with("http://")) || base.contains('?') {
        return Err(Error::new(
            ErrorKind::Invalid,
            NO_CREDENTIAL,
            format!(
                "The address in the credential `{}` is none: `{base}`.",
                lease.credential
            ),
        )
        .with_hint("Write it as `https://host`, with a path where the system is below one."));
    }
    Ok(Place {
        base: base.to_owned(),
        lease: Some(lease),
    })
}

/// A field of a credential that is no secret. Fails with POD0478 where it is empty.
pub fn field<'a>(lease: &'a Lease, name: &str, system: &str) -> Result<&'a str> {
    lease
        .fields
        .get(name)
        .map(String::as_str)
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| lacking(lease, name, system))
}

/// A secret field of a credential. Fails with POD0478 where it is empty.
pub fn secret<'a>(lease: &'a Lease, name: &str, system: &str) -> Result<&'a Secret> {
    lease
        .secrets
        .get(name)
        .filter(|secret| !secret.is_empty())
        .ok_or_else(|| lacking(lease, name, system))
}

fn lacking(lease: &Lease, name: &str, system: &str) -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        NO_CREDENTIAL,
        format!(
            "The credential `{}` for {system} has no `{name}`.",
            lease.credential
        ),
    )
    .with_hint("Complete it under Credentials.")
}
