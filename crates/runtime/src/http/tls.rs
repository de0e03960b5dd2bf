//! Connections with their own trust and identity: one client for each, since its pool and its
//! certificates belong together.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use podium_connector::Tls;
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::Secret;
use sha2::{Digest as _, Sha256};

/// Clients that are kept; with more, the oldest goes.
const KEPT: usize = 16;

type Known = VecDeque<([u8; 32], reqwest::Client)>;

static KNOWN: Mutex<Known> = Mutex::new(VecDeque::new());

/// The client for this material, and the address to ask: with another server name, that name stands in
/// it, and is looked up as the host of the address.
pub(super) async fn client(tls: &Tls, address: &str) -> Result<(reqwest::Client, String)> {
    let Some(name) = &tls.server_name else {
        let here = super::is_loopback(address);
        return Ok((known(tls, here, "", &[])?, address.to_owned()));
    };
    let unusable = || {
        unusable("The server name for TLS does not fit the address.")
            .with_hint("Check `server` and `tls-server-name` of the cluster.")
    };
    let mut url = reqwest::Url::parse(address).map_err(|_| unusable())?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let looked_up = (host.trim_matches(['[', ']']).to_owned(), port);
    let found: Vec<SocketAddr> = tokio::net::lookup_host(looked_up)
        .await
        .map_err(|error| {
            Error::new(
                ErrorKind::Unreachable,
                Code::new("POD0409"),
                format!("`{host}` could not be reached: its name is not known."),
            )
            .with_hint("Check the address, the network and a VPN, then try again.")
            .with_source(error)
        })?
        .collect();
    url.set_host(Some(name)).map_err(|_| unusable())?;
    let here = super::is_loopback(address);
    Ok((known(tls, here, &host, &found)?, url.into()))
}

fn known(tls: &Tls, here: bool, host: &str, addresses: &[SocketAddr]) -> Result<reqwest::Client> {
    let mark = mark(tls, here, host, addresses);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, client)) = known.iter().find(|(other, _)| *other == mark) {
        return Ok(client.clone());
    }
    let client = build(tls, here, addresses)?;
    if known.len() >= KEPT {
        known.pop_front();
    }
    known.push_back((mark, client.clone()));
    Ok(client)
}

fn mark(tls: &Tls, here: bool, host: &str, addresses: &[SocketAddr]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let addresses = format!("{addresses:?}");
    for part in [
        tls.roots.as_deref().unwrap_or_default(),
        tls.certificate.as_deref().unwrap_or_default(),
        tls.key.as_ref().map(Secret::expose).unwrap_or_default(),
        tls.server_name.as_deref().unwrap_or_default().as_bytes(),
        host.as_bytes(),
        addresses.as_bytes(),
        &[u8::from(tls.insecure), u8::from(here)],
    ] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn build(tls: &Tls, here: bool, addresses: &[SocketAddr]) -> Result<reqwest::Client> {
    let mut builder = super::builder(here);
    if let Some(roots) = &tls.roots {
        let roots = reqwest::Certificate::from_pem_bundle(roots)
            .ok()
            .filter(|roots| !roots.is_empty())
            .ok_or_else(|| unusable("The certificate of the authority is no PEM text."))?;
        builder = builder.tls_certs_only(roots);
    }
    if let (Some(certificate), Some(key)) = (&tls.certificate, &tls.key) {
        let mut both = certificate.clone();
        both.push(b'\n');
        both.extend_from_slice(key.expose());
        let identity = reqwest::Identity::from_pem(&both);
        both.fill(0);
        builder = builder.identity(identity.map_err(|_| {
            unusable("The client's certificate and its key are no PEM text, or do not fit.")
        })?);
    }
    if let Some(name) = &tls.server_name {
        builder = builder.resolve_to_addrs(name, addresses);
    }
    builder
        .tls_danger_accept_invalid_certs(tls.insecure)
        .build()
        .map_err(|error| {
            unusable("The certificates for this connection cannot be used.")
                .with_source(super::chain(&error))
        })
}

fn unusable(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, Code::new("POD0473"), message).with_hint(
        "Check the certificates and the key of the credential: PEM, whole, without a passphrase.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_material_has_one_client_and_a_wrong_one_is_told_without_its_key() {
        let tls = Tls {
            insecure: true,
            ..Tls::default()
        };
        let plain = mark(&tls, true, "", &[]);
        assert_eq!(plain, mark(&tls.clone(), true, "", &[]));
        assert_ne!(plain, mark(&Tls::default(), true, "", &[]));
        client(&tls, "https://127.0.0.1:1/")
            .await
            .expect("a client");
        for wrong in [
            Tls {
                roots: Some(b"no pem".to_vec()),
                ..Tls::default()
            },
            Tls {
                certificate: Some(b"-----BEGIN CERTIFICATE-----".to_vec()),
                key: Some(Secret::from("k3y-that-is-secret")),
                ..Tls::default()
            },
        ] {
            let error = client(&wrong, "https://127.0.0.1:1/").await.unwrap_err();
            assert_eq!(error.code.as_str(), "POD0473");
            assert!(!format!("{error:?}").contains("k3y-that"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn another_server_name_is_asked_at_the_same_place() {
        let tls = Tls {
            server_name: Some("cluster.example".into()),
            ..Tls::default()
        };
        let (_, address) = client(&tls, "https://127.0.0.1:6443/version")
            .await
            .expect("a client");
        assert_eq!(address, "https://cluster.example:6443/version");
    }
}
