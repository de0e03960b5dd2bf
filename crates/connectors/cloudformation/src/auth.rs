//! Signature Version 4, with the time that the context gives.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use podium_connector::{Context, HttpRequest, Lease, Mode, Tls};
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
    /// Whose certificates are trusted, at every address, where the credential says so.
    pub(crate) tls: Option<Arc<Tls>>,
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
                tls: None,
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
            tls: podium_rest::trust(Some(lease)),
        })
    }

    /// The address of a service, with a slash at the end.
    pub(crate) fn address(&self, service: &str) -> String {
        if let Some(endpoint) = &self.endpoint {
            format!("{endpoint}/")
        } else {
            format!("https://{service}.{}.{}/", self.region, self.domain())
        }
    }

    fn domain(&self) -> &'static str {
        if self.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        }
    }

    /// The address of an object, its name escaped. A bucket has a host of its own at AWS; elsewhere, and
    /// where a dot in its name would not fit AWS's certificate, it stands in the path.
    pub(crate) fn object(&self, bucket: &str, key: &str) -> String {
        if self.endpoint.is_some() || bucket.contains('.') {
            return format!("{}{bucket}/{key}", self.address("s3"));
        }
        format!(
            "https://{bucket}.s3.{}.{}/{key}",
            self.region,
            self.domain()
        )
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
            .settings(settings(service))
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

/// S3 takes an address as it is, and wants the body's hash as a header.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
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
            tls: None,
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

    /// Signed by botocore for S3, for the same key, time and body.
    #[test]
    fn an_object_is_signed_as_the_vendors_client_signs_it() {
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
            tls: None,
        };
        let address = signer.object(
            "shop-templates",
            &crate::bucket::escaped("ü b/a+b~x.template"),
        );
        let request = HttpRequest::write(Method::Put, address)
            .header("if-none-match", "*")
            .header("x-amz-meta-podium", "run-1")
            .header("x-amz-expected-bucket-owner", "123456789012")
            .body("text/plain; charset=utf-8", "Resources: {}\n");
        let sent = signer.sign("s3", 1_767_323_045_678, request).unwrap();
        let mut secret = sent.secret_headers.iter();
        let (_, value) = secret.find(|(name, _)| name == "authorization").unwrap();
        assert_eq!(
            value.expose_str().unwrap(),
            include_str!("../tests/fixtures/authorization-s3.txt").trim()
        );
    }

    #[test]
    fn a_bucket_stands_in_the_host_at_aws_and_in_the_path_elsewhere() {
        for (region, endpoint, bucket, address) in [
            (
                "eu-west-1",
                None,
                "a-b",
                "https://a-b.s3.eu-west-1.amazonaws.com/k",
            ),
            (
                "cn-north-1",
                None,
                "a-b",
                "https://a-b.s3.cn-north-1.amazonaws.com.cn/k",
            ),
            (
                "eu-west-1",
                None,
                "a.b",
                "https://s3.eu-west-1.amazonaws.com/a.b/k",
            ),
            (
                "eu-west-1",
                Some("http://127.0.0.1:9"),
                "a-b",
                "http://127.0.0.1:9/a-b/k",
            ),
        ] {
            let signer = Signer {
                credentials: Credentials::new("a", "b", None, None, "test"),
                region: region.into(),
                endpoint: endpoint.map(str::to_owned),
                tls: None,
            };
            assert_eq!(signer.object(bucket, "k"), address);
        }
    }
}
