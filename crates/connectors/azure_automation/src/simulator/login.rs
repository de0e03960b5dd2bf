//! Entra ID in small: tokens for secrets, certificates, refresh tokens and device codes.

use serde_json::json;

use super::world::World;
use super::{Asked, Reply, ok, with};

/// How long a token holds, in seconds, as Entra ID does it.
const HOLDS: i64 = 3_599;

pub(crate) fn answer(
    world: &mut World,
    asked: &Asked<'_>,
    tenant: &str,
    what: &str,
    form: &[(String, String)],
) -> Reply {
    let get = |name: &str| {
        form.iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.as_str())
    };
    let client = get("client_id");
    if tenant.starts_with("unknown") {
        let said = format!(
            "AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        );
        return refused("invalid_request", 90002, &said);
    }
    if client.is_empty() {
        return refused(
            "invalid_request",
            900_144,
            "AADSTS900144: The request body must contain the following parameter: 'client_id'.",
        );
    }
    if what == "devicecode" {
        return ok(json!({
            "device_code": format!("device-{client}"), "user_code": "SHOP2026",
            "verification_uri": format!("{}/device", asked.host), "expires_in": 900, "interval": 5,
            "message": "To sign in, use a web browser to open the page and enter the code SHOP2026 to authenticate.",
        }));
    }
    let bad =
        |text: &str| text.is_empty() || text.starts_with("expired") || text.starts_with("wrong");
    match get("grant_type") {
        "client_credentials" if !get("client_assertion").is_empty() => {
            if get("client_assertion").split('.').count() != 3 {
                return refused(
                    "invalid_client",
                    50027,
                    "AADSTS50027: JWT token is invalid or malformed.",
                );
            }
        }
        "client_credentials" if get("client_secret").starts_with("expired") => {
            let said = format!(
                "AADSTS7000222: The provided client secret keys for app '{client}' are expired."
            );
            return refused("invalid_client", 7_000_222, &said);
        }
        "client_credentials" if bad(get("client_secret")) => {
            let said = format!(
                "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'."
            );
            return refused("invalid_client", 7_000_215, &said);
        }
        "refresh_token" if bad(get("refresh_token")) => {
            return refused(
                "invalid_grant",
                700_082,
                "AADSTS700082: The refresh token has expired due to inactivity.",
            );
        }
        "client_credentials" | "refresh_token" => {}
        "urn:ietf:params:oauth:grant-type:device_code" => {
            if get("device_code") != format!("device-{client}") {
                return refused(
                    "bad_verification_code",
                    70_000,
                    "AADSTS70000: The device code is not valid.",
                );
            }
        }
        other => {
            let said =
                format!("AADSTS70003: The app requested an unsupported grant type '{other}'.");
            return refused("unsupported_grant_type", 70_003, &said);
        }
    }
    let token = world.token(asked.now, HOLDS * 1_000);
    ok(json!({
        "token_type": "Bearer", "expires_in": HOLDS, "ext_expires_in": HOLDS, "access_token": token,
    }))
}

fn refused(error: &str, code: u32, said: &str) -> Reply {
    let ids = "Trace ID: 00000000-0000-4000-8000-000000000001 Correlation ID: 00000000-0000-4000-8000-000000000002";
    with(
        if error == "invalid_client" { 401 } else { 400 },
        json!({
            "error": error, "error_description": format!("{said}\r\n{ids}"), "error_codes": [code],
            "timestamp": "2026-01-02 03:04:05Z", "trace_id": "00000000-0000-4000-8000-000000000001",
            "correlation_id": "00000000-0000-4000-8000-000000000002",
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        }),
    )
}
