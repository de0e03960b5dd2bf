//! How a call proves who sends it: a token, or a password that is exchanged for one.

use std::sync::Arc;

use async_trait::async_trait;
use podium_connector::{Context, Lease, Tls};
use podium_diagnostics::Result;
use podium_rest::{Call, Exchange, Headers, Login, Place, Site, field, secret};
use podium_secret::Secret;

use crate::client::{DIALECT, SYSTEM};

fn bearer(token: &str) -> Headers {
    let text = format!("Bearer {token}");
    vec![("authorization".to_owned(), Secret::from(text.as_str()))]
}

/// The login for a credential. A token wins over a password. In practice, where none is bound, the
/// practice appliance's own word is sent.
pub(crate) fn login<'a>(place: &Place<'a>) -> Result<Login<'a>> {
    let Some(lease) = place.lease else {
        return Ok(Login::Fixed(bearer("practice")));
    };
    let has = |name: &str| lease.secrets.get(name).is_some_and(|one| !one.is_empty());
    if has("token") || !has("password") {
        // Where neither is there, the error names the token.
        let token = secret(lease, "token", SYSTEM)?;
        return Ok(Login::Fixed(bearer(token.expose_str().unwrap_or_default())));
    }
    field(lease, "user", SYSTEM)?;
    Ok(Login::Exchanged(Box::new(Password {
        base: place.base.clone(),
        trust: place.trust.clone(),
        lease,
    })))
}

/// The password grant. Appliances before 9.0 give the token again that the user has.
struct Password<'a> {
    base: String,
    trust: Option<Arc<Tls>>,
    lease: &'a Lease,
}

#[async_trait]
impl Exchange for Password<'_> {
    async fn login(&self, cx: &dyn Context) -> Result<Headers> {
        let client = self.lease.fields.get("client_id").map(String::as_str);
        let client = client.filter(|id| !id.trim().is_empty());
        let user = field(self.lease, "user", SYSTEM)?;
        let password = secret(self.lease, "password", SYSTEM)?;
        // It gives a token and changes nothing else, so that it may be asked for in a preview.
        let call = Call::post("/oauth/token", &serde_json::Value::Null)
            .form(&[
                ("grant_type", "password"),
                ("scope", "write"),
                ("client_id", client.unwrap_or("morph-api")),
                ("username", user),
                ("password", password.expose_str().unwrap_or_default()),
            ])
            .looks();
        let site =
            Site::new(cx, DIALECT, self.base.as_str(), Login::Open).trusting(self.trust.clone());
        let reply = site.send(call).await?;
        let token = Secret::from(reply["access_token"].as_str().unwrap_or_default());
        Ok(bearer(token.expose_str().unwrap_or_default()))
    }
}
