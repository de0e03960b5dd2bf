//! How calls prove who sends them: a token of Entra ID, in exchange for a client secret, for a signed
//! assertion of a certificate, or for the refresh token of somebody who logged in ([`device`]).

mod assertion;
mod device;

use std::sync::Arc;

use async_trait::async_trait;
use podium_connector::{Context, HttpResponse, Lease, Mode, Tls};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{
    Call, Dialect, Exchange, Fault, Headers, Login, Place, Site, field, place, segment,
};
use podium_secret::Secret;
use serde_json::Value;

use crate::client::SYSTEM;

pub(crate) use device::{begin_login, finish_login};

/// The credential is not accepted.
const UNAUTHORIZED: Code = Code::new("POD0443");
/// What answers is no Entra ID.
const NOT_JSON: Code = Code::new("POD0449");
/// No usable credential.
const LACKING: Code = Code::new("POD0478");

const ENTRA: Dialect = Dialect {
    system: "Entra ID",
    fault,
};

/// How the identity is proven.
enum Proof<'a> {
    Secret(&'a Secret),
    /// Certificate and private key, in PEM.
    Certificate(&'a Secret),
    Refresh(&'a Secret),
    Practice,
}

/// Who asks, and where the token comes from.
pub(crate) struct Entra<'a> {
    /// Where tokens are given, without a slash at its end.
    authority: String,
    tenant: String,
    client: String,
    /// For which interface the token is.
    audience: String,
    proof: Proof<'a>,
    /// Whose certificates are trusted, where the credential says so.
    trust: Option<Arc<Tls>>,
    /// The credential's name; absent in practice where none is bound.
    name: Option<&'a str>,
}

/// The address of the Resource Manager, the credential, and who asks.
pub(crate) fn login(cx: &dyn Context) -> Result<(Place<'_>, Entra<'_>)> {
    let place = place(cx, "azure", SYSTEM)?;
    let practice = cx.mode() == Mode::Simulated;
    let Some(lease) = place.lease else {
        let entra = Entra {
            authority: place.base.clone(),
            tenant: "practice".into(),
            client: "practice".into(),
            audience: place.base.clone(),
            proof: Proof::Practice,
            trust: None,
            name: None,
        };
        return Ok((place, entra));
    };
    let authority = authority(&place.base, lease, practice)?;
    let filled = |name: &str| {
        lease
            .secrets
            .get(name)
            .filter(|secret| !secret.expose_str().unwrap_or_default().trim().is_empty())
    };
    let proof = match (
        filled("certificate"),
        filled("client_secret"),
        filled("refresh_token"),
    ) {
        (Some(pem), ..) => Proof::Certificate(pem),
        (None, Some(secret), _) => Proof::Secret(secret),
        (None, None, Some(token)) => Proof::Refresh(token),
        (None, None, None) => {
            let mut error = lacking(
                lease,
                "client secret, no certificate and no login of a person",
            );
            error.hint = Some(format!(
                "Log in with `{}`, or complete it under Credentials.",
                again(lease)
            ));
            return Err(error);
        }
    };
    let entra = Entra {
        authority,
        tenant: field(lease, "tenant", SYSTEM)?.trim().to_owned(),
        client: field(lease, "client_id", SYSTEM)?.trim().to_owned(),
        audience: place.base.clone(),
        proof,
        trust: place.trust.clone(),
        name: Some(lease.credential.as_str()),
    };
    Ok((place, entra))
}

/// Where Entra ID is: as the credential says, else as the address of Azure does.
fn authority(base: &str, lease: &Lease, practice: bool) -> Result<String> {
    let authority = match lease.fields.get("login_url").map(|url| url.trim()) {
        _ if practice => base.to_owned(),
        Some(url) if !url.is_empty() => url.trim_end_matches('/').to_owned(),
        _ => authority_of(base).to_owned(),
    };
    if authority.starts_with("https://") || authority.starts_with("http://127.0.0.1") || practice {
        return Ok(authority);
    }
    Err(lacking(
        lease,
        "a login address that begins with `https://`",
    ))
}

/// What a person types to log in again.
fn again(lease: &Lease) -> String {
    format!("podium credentials login {}", lease.credential)
}

fn lacking(lease: &Lease, what: &str) -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        LACKING,
        format!("The credential `{}` has no {what}.", lease.credential),
    )
    .with_hint("Complete it under Credentials.")
}

/// Where Entra ID is, for each of Azure's clouds.
fn authority_of(base: &str) -> &'static str {
    if base.contains("chinacloudapi.cn") {
        "https://login.partner.microsoftonline.cn"
    } else if base.contains("usgovcloudapi.net") {
        "https://login.microsoftonline.us"
    } else {
        "https://login.microsoftonline.com"
    }
}

impl Entra<'_> {
    pub(crate) fn tenant(&self) -> &str {
        &self.tenant
    }

    pub(crate) fn client(&self) -> &str {
        &self.client
    }

    /// The path of the token below the authority.
    fn path(&self) -> String {
        format!("/{}/oauth2/v2.0/token", segment(&self.tenant))
    }

    fn form(&self, cx: &dyn Context) -> Result<Vec<(&'static str, String)>> {
        let all = format!("{}/.default", self.audience);
        let mut pairs = vec![("client_id", self.client.clone())];
        let plain = |secret: &Secret| secret.expose_str().unwrap_or_default().trim().to_owned();
        match &self.proof {
            Proof::Secret(secret) => {
                pairs.push(("grant_type", "client_credentials".into()));
                pairs.push(("client_secret", plain(secret)));
                pairs.push(("scope", all));
            }
            Proof::Practice => {
                pairs.push(("grant_type", "client_credentials".into()));
                pairs.push(("client_secret", "practice".into()));
                pairs.push(("scope", all));
            }
            Proof::Certificate(pem) => {
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let address = format!("{}{}", self.authority, self.path());
                let signed = assertion::sign(pem, &self.client, &address, cx.now())?;
                pairs.push(("grant_type", "client_credentials".into()));
                pairs.push(("client_assertion_type", kind.into()));
                pairs.push(("client_assertion", signed));
                pairs.push(("scope", all));
            }
            Proof::Refresh(token) => {
                pairs.push(("grant_type", "refresh_token".into()));
                pairs.push(("refresh_token", plain(token)));
                pairs.push(("scope", format!("{}/user_impersonation", self.audience)));
            }
        }
        Ok(pairs)
    }

    /// What a person can do about a login that holds no longer: no program can renew it.
    fn told(&self, mut error: Error) -> Error {
        if let (Proof::Refresh(_), Some(name)) = (&self.proof, self.name)
            && error.kind == ErrorKind::Unauthorized
        {
            error.message = format!(
                "The login of the credential `{name}` holds no longer. {}",
                error.message
            );
            error.hint = Some(format!(
                "Log in again with `podium credentials login {name}`, then run again; what is done stays done."
            ));
            error
                .context
                .push(("credential".to_owned(), name.to_owned()));
        }
        error
    }

    /// Asks for a token.
    async fn token(&self, cx: &dyn Context) -> Result<Secret> {
        let site =
            Site::new(cx, ENTRA, self.authority.as_str(), Login::Open).trusting(self.trust.clone());
        let form = self.form(cx)?;
        let pairs: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        // A token gives nobody anything but to whom it is given: asking changes nothing there.
        let call = Call::post(self.path(), &Value::Null).form(&pairs).looks();
        let reply = site
            .send(call)
            .await
            .map_err(|error| self.told(unauthorized(error)))?;
        let token = reply.get("access_token").and_then(Value::as_str);
        token.map(Secret::from).ok_or_else(|| {
            Error::new(
                ErrorKind::Failed,
                NOT_JSON,
                format!("`{}` answers, and gives no token.", site.host()),
            )
            .with_hint("Check the login address of the credential.")
        })
    }
}

/// What Entra ID refuses with its own code is about who asks, whatever its status.
fn unauthorized(mut error: Error) -> Error {
    let has_code = error
        .context
        .iter()
        .any(|(name, _)| name == podium_connector::CODE);
    if has_code && error.kind == ErrorKind::Invalid {
        error.kind = ErrorKind::Unauthorized;
        error.code = UNAUTHORIZED;
        error.hint = Some("Check tenant, client and secret of the credential; a secret or a refresh token may have expired.".into());
    }
    error
}

/// A refusal of OAuth 2.0: `{"error", "error_description"}`.
fn fault(reply: &HttpResponse) -> Option<Fault> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let code = body.get("error")?.as_str()?;
    let said = body
        .get("error_description")
        .and_then(Value::as_str)
        .unwrap_or(code);
    // What follows the first line are ids for Microsoft's support.
    let said = said.lines().next().unwrap_or(said).trim();
    Some(Fault {
        message: said.to_owned(),
        code: Some(code.to_owned()),
    })
}

#[async_trait]
impl Exchange for Entra<'_> {
    async fn login(&self, cx: &dyn Context) -> Result<Headers> {
        let token = self.token(cx).await?;
        let header = format!("Bearer {}", token.expose_str().unwrap_or_default());
        Ok(vec![(
            "authorization".to_owned(),
            Secret::from(header.as_str()),
        )])
    }
}
