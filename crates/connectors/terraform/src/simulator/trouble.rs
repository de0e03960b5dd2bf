//! What Terraform says when something holds it up, in its own words: those of Terraform 1.15.5, held against the
//! real one by a test (`the_real_one_says_it_in_these_words`); those of its provider of AWS, for a session that
//! has ended, are written after its messages and were not seen here.

use podium_connector::weather::{Told, Trouble};
use podium_connector::{SimulatedExit, SimulatedProcess, Stream};
use serde_json::json;

pub(super) const ALL: [Trouble; 4] = [
    Trouble::Held,
    Trouble::Throttled,
    Trouble::Unreachable,
    Trouble::Expired,
];

const LOCKED: &str = "Error message: resource temporarily unavailable
Lock Info:
  ID:        9db590f1-b6fe-c5f2-2678-8804f089deba
  Path:      terraform.tfstate
  Operation: OperationTypeApply
  Who:       somebody@another-computer
  Version:   1.15.5
  Created:   2026-01-02 03:04:05.000000 +0000 UTC
  Info:      


Terraform acquires a state lock to protect the state from being written
by multiple users at the same time. Please resolve the issue above and try
again. For most commands, you can disable locking with the \"-lock=false\"
flag, but this is not recommended.";

/// How a call ends in this trouble: providers are fetched by `init`, a state is locked by what reads or
/// writes it for a plan, and a session is used where things are looked at.
pub(super) fn told(call: &SimulatedProcess, trouble: Trouble) -> Option<Told> {
    let verb = call.args.first().map_or("", String::as_str);
    let (summary, detail) = match (trouble, verb) {
        (Trouble::Held, "plan" | "apply") => ("Error acquiring the state lock", LOCKED),
        (Trouble::Throttled, "init") => (
            "Failed to query available provider packages",
            "Could not retrieve the list of available versions for provider hashicorp/aws: could not query provider registry for registry.terraform.io/hashicorp/aws: the request failed after 2 attempts, please try again later: 429 Too Many Requests returned from registry.terraform.io\n\nTo see which modules are currently depending on hashicorp/aws and what versions are specified, run the following command:\n    terraform providers",
        ),
        (Trouble::Unreachable, "init") => (
            "Failed to query available provider packages",
            "Could not retrieve the list of available versions for provider hashicorp/aws: could not connect to registry.terraform.io: failed to request discovery document: GET https://registry.terraform.io/.well-known/terraform.json giving up after 4 attempt(s): Get \"https://registry.terraform.io/.well-known/terraform.json\": dial tcp: lookup registry.terraform.io: no such host\n\nTo see which modules are currently depending on hashicorp/aws and what versions are specified, run the following command:\n    terraform providers",
        ),
        (Trouble::Expired, "plan" | "apply") => (
            "Retrieving AWS account details: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 00000000-0000-4000-8000-000000000001, api error ExpiredToken: The security token included in the request is expired",
            "",
        ),
        _ => return None,
    };
    let version = json!({
        "@level": "info", "@message": "Terraform 1.15.5 (simulated)", "@module": "terraform.ui",
        "type": "version", "ui": "1.3",
    });
    let error = json!({
        "@level": "error", "@message": format!("Error: {summary}"), "@module": "terraform.ui", "type": "diagnostic",
        "diagnostic": { "severity": "error", "summary": summary, "detail": detail },
    });
    Some(Told {
        lines: [version, error]
            .map(|line| (Stream::Out, line.to_string()))
            .to_vec(),
        exit: SimulatedExit(1),
    })
}
