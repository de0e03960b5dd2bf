//! The storage beside HCP Terraform ("archivist"): logs, plans, uploads. Its addresses carry a token of
//! their own, so that they are secrets: ours is never sent there, and they stand in no log and no error.

use podium_diagnostics::{Code, Error, ErrorKind};

use crate::client::SYSTEM;

/// Which hosts belong to a system as its storage.
#[derive(Clone, Debug)]
pub(crate) struct Archivist {
    hosts: Vec<String>,
    base: String,
}

/// Scheme and authority of an address, without a user part.
fn origin(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let clean = !authority.is_empty() && !authority.contains(['@', '\\', ' ']);
    (["https", "http"].contains(&scheme) && clean).then_some((scheme, authority))
}

impl Archivist {
    /// The host itself (Terraform Enterprise, practice), `archivist.` of the domain it is in (HCP), and the
    /// one that the credential names.
    pub(crate) fn of(host: &str, named: Option<&str>) -> Self {
        let mut hosts = vec![host.to_owned()];
        if let Some((scheme, authority)) = origin(host)
            && let Some((_, domain)) = authority.split_once('.')
            && domain.contains('.')
            && scheme == "https"
        {
            hosts.push(format!("https://archivist.{domain}"));
        }
        if let Some(named) = named {
            let named = named.trim_end_matches('/');
            hosts.push(if named.contains("://") {
                named.to_owned()
            } else {
                format!("https://{named}")
            });
        }
        Self {
            hosts,
            base: host.to_owned(),
        }
    }

    /// The address, where it leads to this storage.
    pub(crate) fn admit(&self, address: &str) -> Option<String> {
        if address.starts_with('/') && !address.starts_with("//") {
            return Some(format!("{}{address}", self.base));
        }
        let (scheme, authority) = origin(address)?;
        let wanted = format!("{scheme}://{authority}");
        self.hosts
            .iter()
            .any(|host| host.eq_ignore_ascii_case(&wanted))
            .then(|| address.to_owned())
    }

    /// The error for an address elsewhere.
    pub(crate) fn refusal() -> Error {
        Error::new(
            ErrorKind::Invalid,
            Code::new("POD0448"),
            format!("{SYSTEM} names a storage that is not known to belong to it; nothing was sent there."),
        )
        .with_hint("Write the storage's host into the field `storage` of the credential, if it is the right one.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_systems_own_storage_is_read() {
        let hcp = Archivist::of("https://app.terraform.io", None);
        let own = Archivist::of("https://tfe.acme.example", Some("files.acme.example"));
        for (archivist, address, admitted) in [
            (&hcp, "https://archivist.terraform.io/v1/object/x", true),
            (&hcp, "https://app.terraform.io/x", true),
            (&hcp, "/_archivist/v1/object/x", true),
            (&hcp, "http://archivist.terraform.io/v1/object/x", false),
            (&hcp, "https://archivist.terraform.io.evil.example/x", false),
            (&hcp, "https://archivist.terraform.io@evil.example/x", false),
            (&hcp, "//evil.example/x", false),
            (&hcp, "file:///etc/passwd", false),
            (&own, "https://files.acme.example/x", true),
            (&own, "https://archivist.terraform.io/x", false),
        ] {
            assert_eq!(archivist.admit(address).is_some(), admitted, "{address}");
        }
    }
}
