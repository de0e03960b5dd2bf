//! A person logs in (RFC 8628, as the Microsoft identity platform does it): Entra ID gives a code, the person
//! enters it in a browser, and a refresh token comes of it.
//!
//! The refresh token is what is kept. It is exchanged for a token of an hour in each run, and nothing of
//! both is ever shown.

use std::collections::BTreeMap;
use std::time::Duration;

use podium_connector::{CODE, Context, Lease, LoginCode, Mode};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Login, Site, field, place, segment};
use podium_secret::Secret;
use serde_json::Value;

use super::{ENTRA, NOT_JSON, again, authority, unauthorized};
use crate::client::{SYSTEM, text};

/// Nobody logged in.
const NOT_DONE: Code = Code::new("POD0528");
/// A login is not needed.
const NO_LOGIN: Code = Code::new("POD0529");
/// How long to wait between two questions where Entra ID does not say (RFC 8628, section 3.2).
const EVERY: u64 = 5;
/// How much longer after each `slow_down` (RFC 8628, section 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// The longest that a code is believed to hold, in seconds.
const LONGEST: i64 = 3_600;

/// Where a login goes, and for whom.
struct Desk<'a> {
    lease: &'a Lease,
    site: Site<'a>,
    tenant: &'a str,
    client: &'a str,
    audience: String,
}

impl<'a> Desk<'a> {
    fn open(cx: &'a dyn Context) -> Result<Self> {
        let place = place(cx, "azure", SYSTEM)?;
        let Some(lease) = place.lease else {
            return Err(Error::new(
                ErrorKind::Invalid,
                NO_LOGIN,
                "There is no credential to log in for.",
            )
            .with_hint("Store one with `podium credentials add NAME --kind azure --login`."));
        };
        for name in ["certificate", "client_secret"] {
            if lease.secrets.contains_key(name) {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    NO_LOGIN,
                    format!(
                        "The credential `{}` proves itself by its `{name}`: it needs no login of a person.",
                        lease.credential
                    ),
                )
                .with_hint("To act as yourself, store another one with `--login` and without that secret."));
            }
        }
        let authority = authority(&place.base, lease, cx.mode() == Mode::Simulated)?;
        Ok(Self {
            lease,
            tenant: field(lease, "tenant", SYSTEM)?.trim(),
            client: field(lease, "client_id", SYSTEM)?.trim(),
            site: Site::new(cx, ENTRA, authority, Login::Open).trusting(place.trust),
            audience: place.base,
        })
    }

    /// Sends a form to one of the two addresses. Asking changes nothing there.
    async fn ask(&self, what: &str, form: &[(&str, &str)]) -> Result<Value> {
        let path = format!("/{}/oauth2/v2.0/{what}", segment(self.tenant));
        let call = Call::post(path, &Value::Null).form(form).looks();
        self.site.send(call).await
    }

    fn nobody(&self, kind: ErrorKind, why: &str) -> Error {
        Error::new(
            kind,
            NOT_DONE,
            format!("Nobody logged in for `{}`: {why}", self.lease.credential),
        )
        .with_hint(format!("`{}` begins anew.", again(self.lease)))
    }
}

pub(crate) async fn begin_login(cx: &dyn Context) -> Result<LoginCode> {
    let desk = Desk::open(cx)?;
    // The refresh token is what the login is for.
    let scope = format!("{}/user_impersonation offline_access", desk.audience);
    let form = [("client_id", desk.client), ("scope", scope.as_str())];
    let given = desk.ask("devicecode", &form).await.map_err(unauthorized)?;
    let (device, code, address) = (
        text(&given, "device_code"),
        text(&given, "user_code"),
        text(&given, "verification_uri"),
    );
    if device.is_empty() || code.is_empty() || !is_page(address) {
        return Err(Error::new(
            ErrorKind::Failed,
            NOT_JSON,
            format!(
                "`{}` answers, and gives no code for a login.",
                desk.site.host()
            ),
        )
        .with_hint("Check the login address of the credential."));
    }
    let seconds = |name: &str| given.get(name).and_then(Value::as_i64);
    let holds = seconds("expires_in").unwrap_or(900).clamp(1, LONGEST);
    let every = seconds("interval").and_then(|every| u64::try_from(every).ok());
    Ok(LoginCode {
        code: code.to_owned(),
        address: address.to_owned(),
        expires: cx.now() + holds * 1_000,
        every: Duration::from_secs(every.unwrap_or(EVERY).clamp(1, 60)),
        device: Secret::from(device),
    })
}

/// Whether a person can be sent there.
fn is_page(address: &str) -> bool {
    let local = address.starts_with("http://127.0.0.1:");
    (address.starts_with("https://") || local) && !address.contains(char::is_whitespace)
}

pub(crate) async fn finish_login(
    cx: &dyn Context,
    begun: &LoginCode,
) -> Result<BTreeMap<String, Secret>> {
    let desk = Desk::open(cx)?;
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", desk.client),
        ("device_code", begun.device.expose_str().unwrap_or_default()),
    ];
    let mut every = begun.every;
    loop {
        cx.sleep(every).await;
        if cx.is_cancelled() {
            return Err(desk.nobody(ErrorKind::Cancelled, "the login was given up."));
        }
        let error = match desk.ask("token", &form).await {
            Ok(given) => return kept(&desk, &given),
            Err(error) => error,
        };
        let code = error.context.iter().find(|(name, _)| name == CODE);
        match code.map_or("", |(_, code)| code.as_str()) {
            "authorization_pending" => {}
            "slow_down" => every += SLOWER,
            "authorization_declined" | "access_denied" => {
                return Err(desk.nobody(
                    ErrorKind::Unauthorized,
                    "the person said no in the browser.",
                ));
            }
            "expired_token" | "code_expired" => {
                return Err(desk.nobody(ErrorKind::TimedOut, "the code has expired."));
            }
            // A network that is away for a while does not end a login: its code does.
            "" if matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Throttled) => {}
            _ => return Err(unauthorized(error)),
        }
        if cx.now() >= begun.expires {
            return Err(desk.nobody(ErrorKind::TimedOut, "the code has expired."));
        }
    }
}

fn kept(desk: &Desk<'_>, given: &Value) -> Result<BTreeMap<String, Secret>> {
    let token = text(given, "refresh_token");
    if token.is_empty() {
        return Err(Error::new(
            ErrorKind::Failed,
            NOT_JSON,
            format!(
                "`{}` let the person in, and gives no refresh token, so that nothing could be kept.",
                desk.site.host()
            ),
        )
        .with_hint("The application must be allowed `offline_access` in Entra ID; ask whoever runs the directory."));
    }
    Ok(BTreeMap::from([(
        "refresh_token".to_owned(),
        Secret::from(token),
    )]))
}
