//! IBM Cloud Schematics against its practice cloud, and against odd answers.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod jobs;
mod specification;

use std::sync::{Arc, Mutex};

use podium_connector::{Connector, HttpRequest, HttpResponse, StepRequest};
use podium_connector_ibm_schematics::Schematics;
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

pub(crate) fn practice() -> (Schematics, FakeContext) {
    let schematics = Schematics::new();
    let cx = FakeContext::simulated(schematics.simulator(None));
    (schematics, cx)
}

pub(crate) fn step(schematics: &Schematics, operation: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(schematics.manifest())
        .build()
}

/// Schematics and IAM at IBM's own addresses, and with addresses of a company's own.
#[tokio::test]
async fn a_companys_own_authority_is_trusted_where_the_key_is_exchanged_and_by_schematics() {
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    let private = [
        ("url", "https://schematics.acme.example"),
        ("iam_url", "https://iam.acme.example"),
    ];
    for (fields, hosts) in [
        (
            vec![],
            [
                "https://iam.cloud.ibm.com/",
                "https://schematics.cloud.ibm.com/",
            ],
        ),
        (
            private.to_vec(),
            [
                "https://iam.acme.example/",
                "https://schematics.acme.example/",
            ],
        ),
    ] {
        for (authority, wanted) in [("", None), (pem, Some(pem.as_bytes().to_vec()))] {
            let seen = Arc::new(Mutex::new(Vec::new()));
            let kept = seen.clone();
            let fields = [fields.clone(), vec![("authority", authority)]].concat();
            let cx = FakeContext::playing([])
                .with_credential("ibm", "ibm-cloud", &fields, &[("apikey", "k")])
                .answering(move |request: &HttpRequest| {
                    let roots = request.tls.as_ref().and_then(|tls| tls.roots.clone());
                    kept.lock().unwrap().push((request.url.clone(), roots));
                    let body = json!({ "access_token": "a.b.c", "workspaces": [], "count": 0 });
                    Ok(HttpResponse {
                        status: 200,
                        headers: vec![("content-type".into(), "application/json".into())],
                        body: body.to_string().into_bytes(),
                    })
                });
            let schematics = Schematics::new();
            let asked = step(
                &schematics,
                "ibm-schematics/plan",
                json!({ "workspace": "x" }),
            );
            schematics.identify(&cx, &asked).await.unwrap();
            let seen = seen.lock().unwrap();
            for host in hosts {
                assert!(
                    seen.iter().any(|(url, _)| url.starts_with(host)),
                    "{seen:?}"
                );
            }
            for (url, roots) in seen.iter() {
                assert_eq!(*roots, wanted, "{url}");
            }
        }
    }
}
