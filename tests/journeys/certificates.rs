//! A server that shows a certificate nobody signed: every system that is reached by HTTP refuses it with the
//! same code, and no secret goes over the line; where the credential names its authority, the very same
//! server is asked. Asked by the real program through the real HTTP layer.

use podium_catalogue::Catalogue;
use podium_connector::CredentialKind;
use podium_testkit::hostile::SelfSigned;
use serde_json::{Map, Value, json};

use super::harness::Desk;

/// It stands in every secret field.
const CANARY: &str = "canary-certificate-91b7";

/// The field that says where the system is.
fn place(kind: &CredentialKind) -> Option<&str> {
    let known = ["url", "endpoint_url", "endpoint", "address"];
    let mut fields = kind.fields.iter().map(|field| field.name.as_str());
    fields.find(|name| known.contains(name))
}

/// What must stand in a field for the credential to be taken at all.
fn filled(kind: &str, field: &str) -> &'static str {
    match (kind, field) {
        ("aws", "region") => "eu-central-1",
        ("aws", "access_key_id") => "AKIAIOSFODNN7EXAMPLE",
        _ => "shop",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_signed_is_refused_before_any_secret_is_sent() {
    let mut tried = Vec::new();
    for manifest in Catalogue::shipped().manifests() {
        // `http` has a login for any address, and no address of its own.
        if manifest.local || manifest.operations.iter().all(|one| !one.writes) {
            continue;
        }
        for kind in &manifest.credentials {
            let Some(place) = place(kind) else { continue };
            let server = SelfSigned::start().await;
            let address = server.address();
            let kind = kind.clone();
            let place = place.to_owned();
            let said = tokio::task::spawn_blocking(move || asked(&kind, &place, &address, None))
                .await
                .unwrap();
            assert!(said.contains("POD0407"), "{}: {said}", manifest.id);
            assert!(!said.contains(CANARY), "{said}");
            assert!(
                server.received().connections() > 0,
                "{}: nobody came",
                manifest.id
            );
            assert!(server.received().is_empty(), "{}", manifest.id);
            tried.push(manifest.id.clone());
        }
    }
    assert!(tried.len() >= 5, "only {tried:?}");
}

/// The field that names who signed the server's certificate.
const AUTHORITY: &str = "authority";

#[tokio::test(flavor = "multi_thread")]
async fn with_its_authority_in_the_credential_the_same_server_is_asked() {
    let mut tried = Vec::new();
    for manifest in Catalogue::shipped().manifests() {
        for kind in &manifest.credentials {
            let Some(place) = place(kind) else { continue };
            if !kind.fields.iter().any(|field| field.name == AUTHORITY) {
                continue;
            }
            let server = SelfSigned::start().await;
            let other = SelfSigned::start().await;
            let [asked_well, asked_badly] =
                [server.certificate(), other.certificate()].map(|pem| {
                    let (kind, place, address) = (kind.clone(), place.to_owned(), server.address());
                    let pem = pem.to_owned();
                    tokio::task::spawn_blocking(move || asked(&kind, &place, &address, Some(&pem)))
                });
            let (well, badly) = (asked_well.await.unwrap(), asked_badly.await.unwrap());
            // Another authority is no authority for this server.
            assert!(badly.contains("POD0407"), "{}: {badly}", manifest.id);
            // It answers with nothing that the system would say; what counts is that it was asked.
            assert!(!well.contains("POD0407"), "{}: {well}", manifest.id);
            assert!(!well.contains(CANARY), "{well}");
            let received = server.received();
            assert!(!received.requests().is_empty(), "{}: {well}", manifest.id);
            tried.push(manifest.id.clone());
        }
    }
    tried.sort();
    assert_eq!(
        tried,
        [
            "awx",
            "azure-automation",
            "cloudformation",
            "cloudify",
            "hcp-terraform",
            "ibm-orchestrator",
            "ibm-schematics",
            "morpheus",
            "octopus"
        ]
    );
}

/// Stores a credential for this address and has it tested; all that was said.
fn asked(kind: &CredentialKind, place: &str, address: &str, authority: Option<&str>) -> String {
    let desk = Desk::without_tools();
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Certificates\ndefault_environment: real\n",
    );
    desk.write("environments/real.yaml", "title: Real\n");
    let mut fields = Vec::new();
    let mut secrets = Map::new();
    for field in &kind.fields {
        // A certificate of one's own is read before it is sent; the secret beside it is enough.
        if field.name == "certificate" && !field.required {
            continue;
        }
        if field.name == AUTHORITY {
            fields.extend(authority.map(|pem| format!("{AUTHORITY}={pem}")));
            continue;
        }
        if field.secret {
            secrets.insert(
                field.name.clone(),
                json!(format!("{CANARY}-{}", field.name)),
            );
        } else if field.name == place || field.name.ends_with("url") {
            fields.push(format!("{}={address}", field.name));
        } else if field.required {
            fields.push(format!("{}={}", field.name, filled(&kind.id, &field.name)));
        }
    }
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    desk.credential(
        "far",
        &kind.id,
        &fields,
        &Value::Object(secrets).to_string(),
    );
    let ran = desk.podium(&["credentials", "test", "far", "--json"]);
    format!("{}\n{}", ran.stdout.join("\n"), ran.stderr)
}
