//! Keys, and what they seal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key as CipherKey, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use podium_secret::Secret;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const NONCE: usize = 24;

/// 32 bytes that open something. Zeroed when dropped.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; 32]>);

/// It does not open: another key, another place, or changed bytes.
#[derive(Debug)]
pub(crate) struct DoesNotOpen;

/// Sealed bytes as text: a nonce of 24 bytes, then the cipher text with its tag, in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sealed(String);

impl Key {
    /// A new one.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    /// From bytes; `None` where they are not 32.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        (bytes.len() == key.len()).then(|| {
            key.copy_from_slice(bytes);
            Self(key)
        })
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The key for one purpose in one vault.
    pub(crate) fn derive(&self, vault: &str, purpose: &str) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(vault.as_bytes()), self.bytes())
            .expand_multi_info(
                &[b"podium vault/1 ", purpose.as_bytes()],
                key.as_mut_slice(),
            )
            .expect("32 bytes are less than HKDF-SHA256 can give");
        Self(key)
    }

    /// Seals bytes for a place; they open only there.
    pub(crate) fn seal(&self, bytes: &[u8], place: &[u8]) -> Result<Sealed, getrandom::Error> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)?;
        let text = self
            .cipher()
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: bytes,
                    aad: place,
                },
            )
            .expect("a secret is far shorter than the cipher's limit of 256 GiB");
        Ok(Sealed(STANDARD.encode([nonce.as_slice(), &text].concat())))
    }

    /// Opens what was sealed for the same place.
    pub(crate) fn open(&self, sealed: &Sealed, place: &[u8]) -> Result<Secret, DoesNotOpen> {
        let bytes = STANDARD.decode(&sealed.0).map_err(|_| DoesNotOpen)?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE>().ok_or(DoesNotOpen)?;
        self.cipher()
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: text,
                    aad: place,
                },
            )
            .map(Secret::new)
            .map_err(|_| DoesNotOpen)
    }

    /// A short text that only a holder of the key can make.
    pub(crate) fn mark(&self, bytes: &[u8]) -> String {
        use hkdf::hmac::{Hmac, KeyInit as _, Mac as _};
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.bytes()).expect("HMAC takes a key of any length");
        mac.update(bytes);
        hex(&mac.finalize().into_bytes())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&CipherKey::from(*self.0))
    }
}

/// A place, from its parts. Each part carries its length, so that no two places are alike.
pub(crate) fn place(parts: &[&[u8]]) -> Vec<u8> {
    let mut place = Vec::new();
    for part in parts {
        place.extend_from_slice(&(part.len() as u64).to_le_bytes());
        place.extend_from_slice(part);
    }
    place
}

/// SHA-256 in hex.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A new id: the prefix and 16 random bytes in hex.
pub(crate) fn new_id(prefix: &str) -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{prefix}_{}", hex(&bytes)))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| {
            [
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]
        })
        .map(char::from)
        .collect()
}
