//! Who asks: a kubeconfig's context, read from the credential, with its token, certificate or program.
//!
//! A program that a kubeconfig names is started only where the kubeconfig is a credential of this
//! person: its text in the vault, or a file outside the workspace. What it prints goes into a private
//! file and nowhere else.

mod kubeconfig;
mod program;

use std::sync::Arc;

use podium_connector::{Context, HttpRequest, Lease, Mode, Tls};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_secret::Secret;

pub(crate) use kubeconfig::{Kubeconfig, contexts};
pub(crate) use program::{Granted, Program};

use crate::errors::NO_LOGIN;

/// The name of the port at which the credential stands.
pub(crate) const PORT: &str = "cluster";

/// A cluster, and who asks it.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// Without a slash at the end.
    pub(crate) server: String,
    pub(crate) context: String,
    pub(crate) cluster: String,
    /// The namespace of the context.
    pub(crate) namespace: Option<String>,
    pub(crate) token: Option<Secret>,
    pub(crate) tls: Option<Tls>,
    /// `Impersonate-User` and the like.
    pub(crate) acts_as: Vec<(String, String)>,
    pub(crate) program: Option<Program>,
    /// Said in every preview.
    pub(crate) warnings: Vec<String>,
}

impl Login {
    /// From the credential at the port; in practice the simulator, whatever the credential.
    pub(crate) fn of(cx: &dyn Context) -> Result<Self> {
        if cx.mode() == Mode::Simulated {
            let base = cx.simulator().ok_or_else(|| {
                Error::new(
                    ErrorKind::Internal,
                    NO_LOGIN,
                    "The practice cluster is not running.",
                )
                .with_hint("Run again; if it stays so, `podium doctor` tells more.")
            })?;
            return Ok(Self {
                server: base.trim_end_matches('/').to_owned(),
                context: "practice".into(),
                cluster: "practice".into(),
                namespace: None,
                token: None,
                tls: None,
                acts_as: Vec::new(),
                program: None,
                warnings: Vec::new(),
            });
        }
        let lease = cx.credential(PORT).ok_or_else(|| {
            Error::new(
                ErrorKind::Unauthorized,
                NO_LOGIN,
                "This step has no cluster.",
            )
            .with_hint("Bind a credential of kind `kubernetes` to the slot in this environment.")
        })?;
        Kubeconfig::of(cx, lease)?.login(cx, lease)
    }

    /// Adds what proves who asks.
    pub(crate) fn sign(&self, mut request: HttpRequest, granted: Option<&Granted>) -> HttpRequest {
        let token = granted
            .and_then(|granted| granted.token.as_ref())
            .or(self.token.as_ref());
        if let Some(token) = token {
            let mut value = b"Bearer ".to_vec();
            value.extend_from_slice(token.expose());
            request = request.secret_header("authorization", Secret::new(value));
        }
        for (name, value) in &self.acts_as {
            request = request.header(name, value);
        }
        let mut tls = self.tls.clone();
        if let Some(granted) = granted
            && let (Some(certificate), Some(key)) = (&granted.certificate, &granted.key)
        {
            let own = tls.get_or_insert_default();
            own.certificate = Some(certificate.clone().into_bytes());
            own.key = Some(key.clone());
        }
        request.tls = tls.map(Arc::new);
        request
    }
}

/// A field of the credential that is not empty.
pub(crate) fn field<'a>(lease: &'a Lease, name: &str) -> Option<&'a str> {
    lease
        .fields
        .get(name)
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
}
