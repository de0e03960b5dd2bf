//! The exchange of an API key for tokens at IAM.
//!
//! The access token goes with every call, the refresh token only with those that start or stop a job.
//! Both are secrets from the moment they arrive.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use podium_connector::{Context, HttpResponse, Tls};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_rest::{Call, Dialect, Exchange, Fault, Headers, Login, Site};
use podium_secret::Secret;
use serde_json::Value;

const IAM: Dialect = Dialect {
    system: "IBM Cloud IAM",
    fault,
};
/// Where IAM is, where the credential names no other.
pub(crate) const IAM_URL: &str = "https://iam.cloud.ibm.com";
/// The public client that IBM's own command line uses: only with it IAM gives a refresh token that
/// Schematics takes.
const CLIENT: &str = "bx:bx";

/// What a refusal of IAM says. Its form is taken from use (unconfirmed): `errorCode`, `errorMessage`.
fn fault(reply: &HttpResponse) -> Option<Fault> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    Some(Fault {
        message: text("errorMessage").or_else(|| text("errorDetails"))?,
        code: text("errorCode"),
    })
}

/// An API key, and where it is exchanged.
#[derive(Clone)]
pub(crate) struct Iam {
    pub(crate) base: String,
    pub(crate) key: Secret,
    /// Whose certificates are trusted, here and at Schematics, where the credential says so.
    pub(crate) trust: Option<Arc<Tls>>,
}

/// What IAM gives for a key.
pub(crate) struct Tokens {
    access: Secret,
    refresh: Secret,
    pub(crate) who: Who,
}

/// Whom an access token is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) account: String,
    pub(crate) user: String,
}

impl Iam {
    /// Exchanges the key. IAM makes a token and changes nothing else.
    pub(crate) async fn tokens(&self, cx: &dyn Context) -> Result<Tokens> {
        let basic = format!("Basic {}", STANDARD.encode(CLIENT));
        let login = Login::Fixed(vec![("authorization".to_owned(), basic.as_str().into())]);
        let site = Site::new(cx, IAM, &self.base, login).trusting(self.trust.clone());
        let call = Call::post("/identity/token", &Value::Null).looks().form(&[
            ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
            ("apikey", self.key.expose_str().unwrap_or_default()),
            ("response_type", "cloud_iam"),
        ]);
        let reply = site.send(call).await.map_err(refused)?;
        let token = |name: &str| {
            reply[name]
                .as_str()
                .filter(|text| !text.is_empty())
                .map(Secret::from)
        };
        let Some(access) = token("access_token") else {
            return Err(refused(Error::new(
                ErrorKind::Unauthorized,
                podium_diagnostics::Code::new("POD0443"),
                "IBM Cloud IAM answers without an access token.",
            )));
        };
        let who = who(access.expose_str().unwrap_or_default());
        Ok(Tokens {
            refresh: token("refresh_token").unwrap_or_else(|| Secret::from("")),
            access,
            who,
        })
    }
}

/// IAM answers 400 to a key that it does not know.
fn refused(mut error: Error) -> Error {
    if matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound) {
        error.kind = ErrorKind::Unauthorized;
        error.code = podium_diagnostics::Code::new("POD0443");
        error.hint = Some(
            "Make a new API key under Manage, Access (IAM), API keys, and store it under Credentials."
                .into(),
        );
    }
    // What IAM sent may repeat what it was asked.
    error.source = None;
    error
}

/// Whom a token is for, as its claims say (unconfirmed names: `account.bss`, `email`, `iam_id`). The
/// signature is not looked at: IAM gave it a moment ago, and Schematics checks it.
fn who(token: &str) -> Who {
    let claims: Value = token
        .split('.')
        .nth(1)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| claims.pointer(name).and_then(Value::as_str))
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    Who {
        account: first(&["/account/bss", "/account/ims"]).unwrap_or_else(|| "IBM Cloud".into()),
        user: first(&["/email", "/name", "/sub", "/iam_id"]).unwrap_or_else(|| "API key".into()),
    }
}

/// Sends the access token.
pub(crate) struct Bearer(pub(crate) Iam);

/// Sends the access token, and the refresh token that jobs work on with.
pub(crate) struct Delegating(pub(crate) Iam);

fn bearer(tokens: &Tokens) -> (String, Secret) {
    let mut value = b"Bearer ".to_vec();
    value.extend_from_slice(tokens.access.expose());
    ("authorization".to_owned(), Secret::new(value))
}

#[async_trait]
impl Exchange for Bearer {
    async fn login(&self, cx: &dyn Context) -> Result<Headers> {
        Ok(vec![bearer(&self.0.tokens(cx).await?)])
    }
}

#[async_trait]
impl Exchange for Delegating {
    async fn login(&self, cx: &dyn Context) -> Result<Headers> {
        let tokens = self.0.tokens(cx).await?;
        Ok(vec![
            bearer(&tokens),
            ("refresh_token".to_owned(), tokens.refresh),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_whom_it_is_for_and_an_odd_one_tells_nothing() {
        let claims = r#"{"email":"möwe@example.com","account":{"bss":"ab12"},"iam_id":"IBMid-1"}"#;
        let token = format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims));
        let told = who(&token);
        assert_eq!(
            (told.account.as_str(), told.user.as_str()),
            ("ab12", "möwe@example.com")
        );
        for odd in ["", "a.b.c", "opaque"] {
            assert_eq!(who(odd).user, "API key");
        }
    }
}
