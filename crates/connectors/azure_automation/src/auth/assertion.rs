//! A signed statement that proves a certificate (RFC 7523), as Entra ID asks for it: PS256, with the
//! certificate's SHA-256 in the header.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::Secret;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use serde_json::json;
use sha2::{Digest, Sha256};

/// The certificate cannot be used.
const UNUSABLE: Code = Code::new("POD0484");
/// How long a statement holds, in seconds.
const HOLDS: i64 = 300;

/// Signs a statement that this client asks at this address now.
pub(super) fn sign(pem: &Secret, client: &str, address: &str, now: i64) -> Result<String> {
    let text = pem.expose_str().unwrap_or_default();
    let certificate = block(text, &["CERTIFICATE"])
        .ok_or_else(|| unusable("It holds no certificate (`-----BEGIN CERTIFICATE-----`)."))?;
    let key = key(text)?;
    let seconds = now / 1_000;
    let id = Sha256::digest(format!("{client} {address} {now}"));
    let header = json!({
        "alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate)),
    });
    let claims = json!({
        "aud": address, "iss": client, "sub": client, "jti": URL_SAFE_NO_PAD.encode(id),
        "nbf": seconds - 30, "iat": seconds, "exp": seconds + HOLDS,
    });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PSS_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .map_err(|_| unusable("Its private key cannot sign."))?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn key(text: &str) -> Result<RsaKeyPair> {
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        return Err(unusable("Its private key is locked by a passphrase."));
    }
    let read = |why: ring::error::KeyRejected| {
        unusable(&format!(
            "Its private key is no RSA key of 2048 bits or more ({why})."
        ))
    };
    if let Some(der) = block(text, &["PRIVATE KEY"]) {
        return RsaKeyPair::from_pkcs8(&der).map_err(read);
    }
    match block(text, &["RSA PRIVATE KEY"]) {
        Some(der) => RsaKeyPair::from_der(&der).map_err(read),
        None => Err(unusable(
            "It holds no private key (`-----BEGIN PRIVATE KEY-----`).",
        )),
    }
}

fn unusable(why: &str) -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        UNUSABLE,
        format!("The certificate of the credential cannot be used. {why}"),
    )
    .with_hint("Give certificate and private key as PEM in one text, the key unlocked: `openssl pkcs12 -in FILE.pfx -nodes` writes both.")
}

/// The first block of a PEM text that has one of these names.
fn block(text: &str, names: &[&str]) -> Option<Vec<u8>> {
    for name in names {
        let begin = format!("-----BEGIN {name}-----");
        let end = format!("-----END {name}-----");
        if let Some((_, rest)) = text.split_once(&begin)
            && let Some((body, _)) = rest.split_once(&end)
        {
            let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
            return STANDARD.decode(body).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::Value;

    const PEM: &str = include_str!("../../tests/fixtures/practice.pem");

    #[test]
    fn a_statement_is_signed_so_that_the_public_key_accepts_it() {
        let address = "https://login.microsoftonline.com/t/oauth2/v2.0/token";
        let token = sign(&Secret::from(PEM), "client-1", address, 1_767_323_045_678).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let read = |part: &str| -> Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let header = read(parts[0]);
        assert_eq!(header["alg"], "PS256");
        // By openssl: `openssl x509 -outform der | openssl dgst -sha256 -binary | base64`.
        assert_eq!(
            header["x5t#S256"],
            include_str!("../../tests/fixtures/practice.sha256").trim()
        );
        let claims = read(parts[1]);
        assert_eq!(claims["aud"], address);
        assert_eq!(
            (claims["iss"].as_str(), claims["sub"].as_str()),
            (Some("client-1"), Some("client-1"))
        );
        assert_eq!(claims["exp"], 1_767_323_045 + HOLDS);
        let pair = key(PEM).unwrap();
        let public: &[u8] = pair.public().as_ref();
        UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public)
            .verify(
                format!("{}.{}", parts[0], parts[1]).as_bytes(),
                &URL_SAFE_NO_PAD.decode(parts[2]).unwrap(),
            )
            .unwrap();
    }

    #[test]
    fn a_certificate_that_cannot_be_used_says_why() {
        let without_key = PEM.split("-----BEGIN PRIVATE").next().unwrap();
        let without_certificate = PEM.split("-----END CERTIFICATE-----").nth(1).unwrap();
        for (pem, said) in [
            (without_key, "no private key"),
            (without_certificate, "no certificate"),
            ("", "no certificate"),
            (
                &PEM.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
                "passphrase",
            ),
        ] {
            let error = sign(&Secret::from(pem), "c", "a", 0).unwrap_err();
            assert!(error.message.contains(said), "{error}");
            assert_eq!(error.code.as_str(), "POD0484");
        }
    }
}
