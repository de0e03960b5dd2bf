//! Signature Version 4, with the time that the context gives.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use podium_connector::{Context, HttpRequest, Lease, Mode};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::Secret;

/// No credential, or one that is not complete.
pub(crate) const NO_LOGIN: Code = Code::new("POD0450");

/// Who signs, and where.
pub(crate) struct Signer {
    credentials: Credentials,
    pub(crate) region: String,
    /// The one address that takes the place of AWS's own, without a slash at the end.
    pub(crate) endpoint: Option<String>,
}

fn field<'a>(lease: &'a Lease, name: &str) -> Option<&'a str> {
    lease
        .fields
        .get(name)
        .map(String::as_str)
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

fn secret<'a>(lease: &'a Lease, name: &str) -> Option<&'a str> {
    lease
        .secrets
        .get(name)
        .and_then(Secret::expose_str)
        .map(str::trim)
        .filter(|v| !v.is_empty())
}

impl Signer {
    /// From the credential at the port `aws`. In practice any name will do.
    pub(crate) fn of(cx: &dyn Context, region: Option<&str>) -> Result<Self> {
        let lease = cx.credential("aws");
        if cx.mode() == Mode::Simulated {
            let endpoint = cx.simulator().ok_or_else(|| {
                Error::new(
                    ErrorKind::Internal,
                    NO_LOGIN,
                    "The practice cloud for CloudFormation is not running.",
                )
                .with_hint("Run again; if it stays so, `podium doctor` tells more.")
            })?;
            return Ok(Self {
                credentials: Credentials::new("AKIAPRACTICE", "practice", None, None, "podium"),
                region: region
                    .or_else(|| field(lease?, "region"))
                    .unwrap_or("us-east-1")
                    .to_owned(),
                endpoint: Some(endpoint.trim_end_matches('/').to_owned()),
            });
        }
        let lease = lease.ok_or_else(|| {
            Error::new(
                ErrorKind::Unauthorized,
                NO_LOGIN,
                "This step has no AWS account.",
            )
            .with_hint("Bind a credential of kind `aws` to the slot in this environment.")
        })?;
        let missing = |what: &str| {
            Error::new(
                ErrorKind::Unauthorized,
                NO_LOGIN,
                format!("The credential `{}` has no {what}.", lease.credential),
            )
            .with_hint("Open it under Credentials and complete it.")
        };
        let key = field(lease, "access_key_id").ok_or_else(|| missing("access key id"))?;
        let value =
            secret(lease, "secret_access_key").ok_or_else(|| missing("secret access key"))?;
        let token = secret(lease, "session_token").map(str::to_owned);
        let region = region
            .or_else(|| field(lease, "region"))
            .ok_or_else(|| missing("region"))?
            .to_owned();
        if !region
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            return Err(missing("usable region"));
        }
        Ok(Self {
            credentials: Credentials::new(key, value, token, None, "podium"),
            region,
            endpoint: field(lease, "endpoint_url").map(|url| url.trim_end_matches('/').to_owned()),
        })
    }

    /// The address of a service, with a slash at the end.
    pub(crate) fn address(&self, service: &str) -> String {
        if let Some(endpoint) = &self.endpoint {
            format!("{endpoint}/")
        } else {
            let tail = if self.region.starts_with("cn-") {
                ".cn"
            } else {
                ""
            };
            format!("https://{service}.{}.amazonaws.com{tail}/", self.region)
        }
    }

    /// Adds the headers that prove who asks.
    pub(crate) fn sign(
        &self,
        service: &str,
        now: i64,
        mut request: HttpRequest,
    ) -> Result<HttpRequest> {
        let defect = |error: &dyn std::fmt::Display| {
            Error::new(
                ErrorKind::Internal,
                NO_LOGIN,
                "The request to AWS could not be signed.",
            )
            .with_source(error)
        };
        let identity = self.credentials.clone().into();
        let time = UNIX_EPOCH + Duration::from_millis(u64::try_from(now).unwrap_or_default());
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| defect(&error))?
            .into();
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let signable = SignableRequest::new(
            request.method.as_str(),
            request.url.as_str(),
            headers,
            SignableBody::Bytes(&request.body),
        )
        .map_err(|error| defect(&error))?;
        let (instructions, _) = sign(signable, &params)
            .map_err(|error| defect(&error))?
            .into_parts();
        let (added, _) = instructions.into_parts();
        for header in added {
            if header.sensitive() || header.name() == "authorization" {
                let value = Secret::from(header.value());
                request
                    .secret_headers
                    .push((header.name().to_owned(), value));
            } else {
                request
                    .headers
                    .push((header.name().to_owned(), header.value().to_owned()));
            }
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use podium_connector::Method;

    use super::*;

    /// Signed by botocore for the same key, time and body.
    #[test]
    fn a_request_is_signed_as_the_vendors_client_signs_it() {
        let signer = Signer {
            credentials: Credentials::new(
                "AKIDEXAMPLE",
                "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                Some("token/1=".to_owned()),
                None,
                "test",
            ),
            region: "eu-central-1".into(),
            endpoint: None,
        };
        let request = HttpRequest::write(Method::Post, signer.address("cloudformation")).body(
            "application/x-www-form-urlencoded; charset=utf-8",
            "Action=DescribeStacks&Version=2010-05-15&StackName=a%20b",
        );
        let sent = signer
            .sign("cloudformation", 1_767_323_045_678, request)
            .unwrap();
        let header = |wanted: &str| {
            let (_, value) = sent
                .secret_headers
                .iter()
                .find(|(name, _)| name == wanted)
                .unwrap();
            value.expose_str().unwrap().to_owned()
        };
        assert_eq!(header("x-amz-security-token"), "token/1=");
        assert_eq!(
            header("authorization"),
            include_str!("../tests/fixtures/authorization.txt").trim()
        );
        assert!(
            sent.headers
                .contains(&("x-amz-date".into(), "20260102T030405Z".into()))
        );
        assert!(!format!("{sent:?}").contains("token/1="));
    }
}
