//! Where the far system is, and what a credential says about it.

use std::sync::Arc;

use podium_connector::{Context, CredentialField, Lease, Mode, Tls};
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
    /// Whose certificates are trusted, where the credential says so.
    pub trust: Option<Arc<Tls>>,
}

/// The name of [`authority_field`].
const AUTHORITY: &str = "authority";

/// The field of a credential that names the authority which signed the server's certificate: for systems
/// that a company runs itself, and for what is reached through a proxy of its own that opens TLS.
pub fn authority_field() -> CredentialField {
    CredentialField {
        name: AUTHORITY.into(),
        label: "Certificate authority (PEM)".into(),
        help: "Only where this computer does not know who signed the server's certificate: the authority's certificate as PEM, or several one after another. No other is then trusted for the addresses of this credential.".into(),
        secret: false,
        required: false,
    }
}

/// Trusts the authority that a credential names, and no other; nothing where it names none. It stands for
/// every address to which this credential is sent, the one that exchanges it for a token included.
pub fn trust(lease: Option<&Lease>) -> Option<Arc<Tls>> {
    let pem = lease?.fields.get(AUTHORITY)?.trim();
    if pem.is_empty() {
        return None;
    }
    // On one line, as it comes out of JSON or of a variable.
    let pem = if pem.contains('\n') {
        pem.to_owned()
    } else {
        pem.replace("\\n", "\n")
    };
    Some(Arc::new(Tls {
        roots: Some(pem.into_bytes()),
        ..Tls::default()
    }))
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
            trust: None,
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
        trust: trust(Some(lease)),
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
