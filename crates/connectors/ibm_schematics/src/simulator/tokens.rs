//! IAM: tokens for a key, with an end.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use podium_connector::{HttpRequest, HttpResponse};
use serde_json::json;

use super::answer::{form, header, reply};
use super::state::State;

/// Seconds for which an access token holds.
const HOLDS: i64 = 3_600;
/// A key that IAM does not know.
const UNKNOWN_KEY: &str = "unknown-key";

pub(super) fn exchange(state: &mut State, now: i64, request: &HttpRequest) -> HttpResponse {
    let form = form(request);
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let refuse = |status: u16, code: &str, message: &str| {
        reply(
            status,
            &json!({
                "errorCode": code, "errorMessage": message,
                "context": { "requestId": "cmVx", "url": "https://iam.cloud.ibm.com" },
            }),
        )
    };
    let user = match field("grant_type") {
        "urn:ibm:params:oauth:grant-type:apikey" => match field("apikey") {
            "" => return refuse(400, "BXNIM0109E", "Property missing or empty: 'apikey'."),
            UNKNOWN_KEY => {
                return refuse(400, "BXNIM0415E", "Provided API key could not be found.");
            }
            _ => "shop.keeper@example.com",
        },
        "refresh_token" if !field("refresh_token").is_empty() => "shop.keeper@example.com",
        other => {
            let message = format!("Invalid grant type '{other}'.");
            return refuse(400, "BXNIM0105E", &message);
        }
    };
    state.counted += 1;
    let claims = json!({
        "iam_id": "IBMid-50CAFE", "sub": user, "email": user, "name": "Möwe Practice",
        "account": { "bss": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "valid": true },
        "iat": now / 1000, "exp": now / 1000 + HOLDS, "n": state.counted,
    });
    let head = URL_SAFE_NO_PAD.encode(r#"{"kid":"practice","alg":"none"}"#);
    let access = format!(
        "{head}.{}.practice",
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    // Only for the client of IBM's command line there is a refresh token that Schematics takes.
    let delegating = header(request, "authorization").is_some_and(|text| text == "Basic Yng6Yng=");
    let refresh = if delegating {
        format!("practice-refresh-{}", state.counted)
    } else {
        "not_supported".to_owned()
    };
    reply(
        200,
        &json!({
            "access_token": access, "refresh_token": refresh, "token_type": "Bearer",
            "expires_in": HOLDS, "expiration": now / 1000 + HOLDS, "scope": "ibm openid",
        }),
    )
}

/// Whether a request carries a token that holds.
pub(super) fn holds(now: i64, request: &HttpRequest) -> bool {
    let Some(token) = header(request, "authorization") else {
        return false;
    };
    token
        .strip_prefix("Bearer ")
        .and_then(|token| token.split('.').nth(1))
        .and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok())
        .and_then(|claims| serde_json::from_slice::<serde_json::Value>(&claims).ok())
        .and_then(|claims| claims["exp"].as_i64())
        .is_some_and(|end| now / 1000 < end)
}

/// Whether a request carries a refresh token that jobs can work on with.
pub(super) fn delegates(request: &HttpRequest) -> bool {
    header(request, "refresh_token").is_some_and(|token| token.starts_with("practice-refresh-"))
}
