//! The papers of a cluster of one's own: who signs, and who is signed for.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// One that signs.
pub(super) struct Authority {
    /// Its own certificate.
    pub(super) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM.
pub(super) struct Signed {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let key = key();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let made = params.self_signed(&key);
        Self {
            pem: made.expect("a certificate can be made").pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Signs for a server with these names, or for somebody of a group.
    pub(super) fn sign(&self, name: &str, group: Option<&str>, hosts: &[&str]) -> Signed {
        let key = key();
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("the names are names of hosts");
        params.distinguished_name.push(DnType::CommonName, name);
        if let Some(group) = group {
            params
                .distinguished_name
                .push(DnType::OrganizationName, group);
        }
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        let made = params.signed_by(&key, &self.issuer);
        Signed {
            certificate: made.expect("a certificate can be signed").pem(),
            key: key.serialize_pem(),
        }
    }
}

/// A pair of keys.
pub(super) fn key() -> KeyPair {
    KeyPair::generate().expect("a key can be made")
}
