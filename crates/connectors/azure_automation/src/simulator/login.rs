//! Entra ID in small: tokens for secrets, certificates, refresh tokens and device codes, and the page on which
//! a person enters the code of a login.

use podium_connector::Method;
use serde_json::json;

use super::world::World;
use super::{Asked, Reply, ok, page, pairs, with};

/// How long a token holds, in seconds, as Entra ID does it.
const HOLDS: i64 = 3_599;
/// How long a code of a login holds, in seconds.
const CODE_HOLDS: i64 = 900;
/// How long to wait between two questions, in seconds; Entra ID says five.
const INTERVAL: i64 = 2;

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
        if client == "not-public" {
            return refused(
                "invalid_client",
                7_000_218,
                "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            );
        }
        let (code, shown) = world.device(asked.now, CODE_HOLDS * 1_000, client, get("scope"));
        let address = format!("{}/device", asked.host);
        return ok(json!({
            "device_code": code, "user_code": shown, "verification_uri": address,
            "expires_in": CODE_HOLDS, "interval": INTERVAL,
            "message": format!("To sign in, use a web browser to open the page {address} and enter the code {shown} to authenticate."),
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
            return by_code(world, asked.now, client, get("device_code"));
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

/// What becomes of a login while the person is in the browser.
fn by_code(world: &mut World, now: i64, client: &str, code: &str) -> Reply {
    let Some(shown) = world.shown(code, client) else {
        return refused(
            "bad_verification_code",
            70_000,
            "AADSTS70000: The device code is not valid.",
        );
    };
    let Some(device) = world.devices.get_mut(&shown) else {
        return refused(
            "bad_verification_code",
            70_000,
            "AADSTS70000: The device code is not valid.",
        );
    };
    if now >= device.ends {
        return refused(
            "expired_token",
            70_020,
            "AADSTS70020: The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
        );
    }
    let hasty = now - device.asked < INTERVAL * 900;
    device.asked = now;
    let offline = device.offline;
    match device.answer {
        Some(false) => refused(
            "authorization_declined",
            70_015,
            "AADSTS70015: The user declined to sign in.",
        ),
        None if hasty => refused(
            "slow_down",
            70_017,
            "AADSTS70017: The client asks too often.",
        ),
        None => refused(
            "authorization_pending",
            70_016,
            "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        ),
        Some(true) => {
            world.devices.remove(&shown);
            let token = world.token(now, HOLDS * 1_000);
            let mut given = json!({
                "token_type": "Bearer", "expires_in": HOLDS, "ext_expires_in": HOLDS,
                "access_token": token, "scope": "user_impersonation",
            });
            if offline {
                given["refresh_token"] = json!(world.refresh(now));
            }
            ok(given)
        }
    }
}

/// The page on which a person enters the code: `POST code=…&answer=yes` says yes.
pub(crate) fn browser(world: &mut World, asked: &Asked<'_>) -> Reply {
    if asked.method == Method::Get {
        return page(200, FORM);
    }
    let form = pairs(&String::from_utf8_lossy(asked.body));
    let get = |name: &str| {
        let found = form.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.trim())
    };
    match world.devices.get_mut(&get("code").to_uppercase()) {
        Some(device) if asked.now < device.ends => {
            let yes = get("answer") != "no";
            device.answer = Some(yes);
            page(
                200,
                if yes {
                    "<p>You are signed in. You can close this page.</p>"
                } else {
                    "<p>You said no. You can close this page.</p>"
                },
            )
        }
        _ => page(404, "<p>That code is not known, or it has expired.</p>"),
    }
}

const FORM: &str = "<!doctype html><title>Practice login</title><form method=post>\
<p><label>Code <input name=code autofocus></label></p>\
<p><button name=answer value=yes>Sign in</button> <button name=answer value=no>No</button></p></form>";

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
