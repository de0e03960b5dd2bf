//! The few calls of S3 that a long template needs: look, put, read, remove, list.
//!
//! Requests are signed for S3, go to the bucket's own address in the region of the stack and nowhere else,
//! and name the account that the bucket must belong to, so that nobody else's bucket takes a template. No
//! access list and no encryption is asked for: what the bucket says of both holds.

use std::fmt::Write as _;
use std::time::Duration;

use percent_encoding::utf8_percent_encode;
use podium_connector::{CODE, HttpRequest, HttpResponse, Method, STATUS};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::client::{BACK_OFF, Client, Does, FORM};
use crate::errors::{self, BUCKET, DENIED, Refusal};
use crate::explained;
use crate::xml::Node;

/// A template goes over a slow line too.
const PATIENCE: Duration = Duration::from_secs(120);
/// Buckets on a page.
const PAGE: &str = "1000";
/// Pages that are asked for at most.
const PAGES: usize = 20;

/// Where templates are put that are too long for a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    /// Without slashes around it; may be empty.
    pub(crate) prefix: String,
}

impl Bucket {
    /// From the inputs `bucket` and `prefix`; nothing where no bucket is named.
    pub(crate) fn of(name: Option<&str>, prefix: Option<&str>) -> Option<Self> {
        let name = name.map(str::trim).filter(|name| !name.is_empty())?;
        Some(Self {
            name: name.to_owned(),
            prefix: prefix.unwrap_or_default().trim_matches('/').to_owned(),
        })
    }

    /// The name of an object with this content: its own hash.
    pub(crate) fn key(&self, body: &str) -> String {
        let mut key = self.prefix.clone();
        if !key.is_empty() {
            key.push('/');
        }
        for byte in Sha256::digest(body.as_bytes()) {
            let _ = write!(key, "{byte:02x}");
        }
        key + ".template"
    }
}

/// Why a prefix cannot stand before a name.
pub(crate) fn prefix_problem(prefix: &str) -> Option<&'static str> {
    let prefix = prefix.trim_matches('/');
    if prefix.chars().any(char::is_control) {
        return Some("it holds a character that cannot be seen");
    }
    // Whoever carries an address out resolves these, so that it would lead to another place.
    let odd = |part: &str| part.is_empty() || part == "." || part == "..";
    (!prefix.is_empty() && prefix.split('/').any(odd))
        .then_some("a part of it is empty, `.` or `..`")
}

/// A name inside an address: what is not plain is escaped, slashes are not.
pub(crate) fn escaped(key: &str) -> String {
    key.split('/')
        .map(|part| utf8_percent_encode(part, FORM).to_string())
        .collect::<Vec<_>>()
        .join("/")
}

/// An object, and whose bucket it must be in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Spot {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) account: String,
}

impl Spot {
    /// As people and tools write it.
    pub(crate) fn uri(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// What a look at an object shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It is there: who put it, where Podium did; its version, where the bucket keeps versions.
    There {
        mark: Option<String>,
        version: Option<String>,
    },
    Nothing,
    /// This identity may not look; it may be there or not.
    Hidden,
}

/// What came of putting an object that must not be there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    Done {
        version: Option<String>,
    },
    /// Something of this name is there.
    There,
}

/// The header that says who put an object.
const MARK: &str = "x-amz-meta-podium";
const VERSION: &str = "x-amz-version-id";
const REGION: &str = "x-amz-bucket-region";

struct Call<'a> {
    method: Method,
    spot: &'a Spot,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: &'a str,
    does: Does,
}

impl<'a> Call<'a> {
    fn new(method: Method, spot: &'a Spot, does: Does) -> Self {
        Self {
            method,
            spot,
            query: String::new(),
            headers: Vec::new(),
            body: "",
            does,
        }
    }
}

fn version(reply: &HttpResponse) -> Option<String> {
    reply
        .header(VERSION)
        .filter(|version| !version.is_empty() && *version != "null")
        .map(str::to_owned)
}

impl Client<'_> {
    /// Looks whether the object is there.
    pub(crate) async fn see(&self, spot: &Spot) -> Result<Seen> {
        let reply = self
            .store(&Call::new(Method::Head, spot, Does::Look))
            .await?;
        match self.refused(spot, &reply)? {
            None if reply.header("etag").is_none() => Err(self.not_s3(spot, &reply)),
            None => Ok(Seen::There {
                mark: reply.header(MARK).map(str::to_owned),
                version: version(&reply),
            }),
            Some(refusal) if refusal.status == 404 => Ok(Seen::Nothing),
            Some(refusal) if refusal.status == 403 => Ok(Seen::Hidden),
            Some(refusal) => Err(self.told(&refusal, &reply, spot, "s3:GetObject")),
        }
    }

    /// Puts a text there, unless something is there.
    pub(crate) async fn put(&self, spot: &Spot, mark: &str, body: &str, does: Does) -> Result<Put> {
        let mut call = Call::new(Method::Put, spot, does);
        call.body = body;
        call.headers = vec![
            ("content-type", "text/plain; charset=utf-8".to_owned()),
            ("if-none-match", "*".to_owned()),
            (MARK, mark.to_owned()),
        ];
        let mut reply = self.store(&call).await?;
        if reply.status == 501 {
            // A server of another maker may not know the condition; a look said that nothing is there.
            call.headers.retain(|(name, _)| *name != "if-none-match");
            reply = self.store(&call).await?;
        }
        match self.refused(spot, &reply)? {
            None if reply.header("etag").is_none() => Err(self.not_s3(spot, &reply)),
            None => Ok(Put::Done {
                version: version(&reply),
            }),
            // 409: somebody else is putting it at this very moment.
            Some(refusal) if matches!(refusal.status, 409 | 412) => Ok(Put::There),
            Some(refusal) => Err(self.told(&refusal, &reply, spot, "s3:PutObject")),
        }
    }

    /// What the object holds; `None` where it is not there.
    pub(crate) async fn content(&self, spot: &Spot) -> Result<Option<Vec<u8>>> {
        let reply = self
            .store(&Call::new(Method::Get, spot, Does::Look))
            .await?;
        match self.refused(spot, &reply)? {
            None if reply.header("etag").is_none() => Err(self.not_s3(spot, &reply)),
            None => Ok(Some(reply.body)),
            Some(refusal) if refusal.code == "NoSuchKey" => Ok(None),
            Some(refusal) => Err(self.told(&refusal, &reply, spot, "s3:GetObject")),
        }
    }

    /// Removes the object, or one version of it for good. Gives false where the identity may not.
    pub(crate) async fn erase(
        &self,
        spot: &Spot,
        version: Option<&str>,
        does: Does,
    ) -> Result<bool> {
        let mut call = Call::new(Method::Delete, spot, does);
        if let Some(version) = version {
            call.query = format!("?versionId={}", utf8_percent_encode(version, FORM));
        }
        let reply = self.store(&call).await?;
        match self.refused(spot, &reply)? {
            None if !reply.body.trim_ascii().is_empty() => Err(self.not_s3(spot, &reply)),
            None => Ok(true),
            Some(refusal) if refusal.status == 404 => Ok(true),
            Some(refusal) if refusal.status == 403 => Ok(false),
            Some(refusal) => Err(self.told(&refusal, &reply, spot, "s3:DeleteObject")),
        }
    }

    /// The names of the buckets in the region.
    pub(crate) async fn buckets(&self) -> Result<Vec<String>> {
        let nowhere = Spot {
            bucket: String::new(),
            key: String::new(),
            account: String::new(),
        };
        let mut names = Vec::new();
        let mut token = String::new();
        for _ in 0..PAGES {
            let mut call = Call::new(Method::Get, &nowhere, Does::Look);
            call.query = format!("?bucket-region={}&max-buckets={PAGE}", self.signer.region);
            if !token.is_empty() {
                let token = utf8_percent_encode(&token, FORM);
                let _ = write!(call.query, "&continuation-token={token}");
            }
            let reply = self.store(&call).await?;
            if let Some(refusal) = self.refused(&nowhere, &reply)? {
                return Err(refusal.error("s3:ListAllMyBuckets"));
            }
            let page = Node::parse(&reply.text())
                .filter(|page| page.name == "ListAllMyBucketsResult")
                .ok_or_else(|| self.not_s3(&nowhere, &reply))?;
            let listed = page.at("Buckets").map(|list| list.children.as_slice());
            names.extend(
                listed
                    .unwrap_or_default()
                    .iter()
                    .map(|bucket| bucket.text("Name").to_owned())
                    .filter(|name| !name.is_empty()),
            );
            match page.get("ContinuationToken") {
                Some(next) if next != token => next.clone_into(&mut token),
                _ => break,
            }
        }
        Ok(names)
    }

    fn address_of(&self, spot: &Spot) -> String {
        if spot.bucket.is_empty() {
            return self.signer.address("s3");
        }
        self.signer.object(&spot.bucket, &escaped(&spot.key))
    }

    /// The address by which CloudFormation reads the object.
    pub(crate) fn template_url(&self, spot: &Spot) -> String {
        self.address_of(spot)
    }

    async fn store(&self, call: &Call<'_>) -> Result<HttpResponse> {
        let url = format!("{}{}", self.address_of(call.spot), call.query);
        for wait in BACK_OFF.into_iter().map(Some).chain([None]) {
            let mut request = HttpRequest::write(call.method, url.as_str());
            for (name, value) in &call.headers {
                request = request.header(*name, value.as_str());
            }
            if !call.spot.account.is_empty() {
                request = request.header("x-amz-expected-bucket-owner", &call.spot.account);
            }
            request.body = call.body.as_bytes().to_vec();
            request.reads = self.only_looks(call.does);
            // The name is made of the content, so that twice is the same as once.
            request.repeatable = true;
            request.timeout = Some(PATIENCE);
            request.tls.clone_from(&self.signer.tls);
            let signed = self.signer.sign("s3", self.cx.now(), request)?;
            let reply = self.cx.http(signed).await?;
            let slow = matches!(reply.status, 429 | 503) && !self.cx.is_cancelled();
            match wait {
                Some(wait) if slow => self.cx.sleep(Duration::from_secs(wait)).await,
                _ => return Ok(reply),
            }
        }
        unreachable!("the last round has no wait and returns")
    }

    /// The refusal in a reply. A reply to a look at the head of an object has no words.
    fn refused(&self, spot: &Spot, reply: &HttpResponse) -> Result<Option<Refusal>> {
        if reply.is_success() {
            return Ok(None);
        }
        let mut refusal = Refusal {
            status: reply.status,
            code: match reply.status {
                301 | 307 => "PermanentRedirect",
                403 => "AccessDenied",
                404 => "NotFound",
                429 | 503 => "SlowDown",
                _ => "",
            }
            .to_owned(),
            message: String::new(),
        };
        if reply.body.trim_ascii().is_empty() {
            // A redirect of S3 names the bucket's region; any other one is a proxy's.
            let ours = !(300..400).contains(&reply.status) || reply.header(REGION).is_some();
            return if ours {
                Ok(Some(refusal))
            } else {
                Err(self.not_s3(spot, reply))
            };
        }
        let error = Node::parse(&reply.text())
            .filter(|node| node.name == "Error")
            .ok_or_else(|| self.not_s3(spot, reply))?;
        error.text("Code").clone_into(&mut refusal.code);
        error.text("Message").clone_into(&mut refusal.message);
        Ok(Some(refusal))
    }

    fn not_s3(&self, spot: &Spot, reply: &HttpResponse) -> Error {
        errors::not_aws(reply, &self.address_of(spot))
    }

    /// A refusal of S3 for people.
    fn told(&self, refusal: &Refusal, reply: &HttpResponse, spot: &Spot, right: &str) -> Error {
        let Spot {
            bucket, account, ..
        } = spot;
        let said = errors::sentence(&refusal.message);
        let here = &self.signer.region;
        let (kind, code, message, hint) = match refusal.code.as_str() {
            "NoSuchBucket" | "InvalidBucketName" => (
                ErrorKind::NotFound,
                BUCKET,
                format!("There is no bucket `{bucket}`."),
                format!("Choose a bucket of the account in {here} under `bucket`."),
            ),
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException" => {
                let region = reply
                    .header(REGION)
                    .map(str::to_owned)
                    .or_else(|| Node::parse(&reply.text())?.get("Region").map(str::to_owned));
                let place = region.map_or_else(
                    || format!("is not in {here}"),
                    |region| format!("is in {region}, and the stack in {here}"),
                );
                (
                    ErrorKind::Invalid,
                    BUCKET,
                    format!("The bucket `{bucket}` {place}. Nothing was sent to another address."),
                    format!("Choose a bucket in {here} under `bucket`."),
                )
            }
            "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => (
                ErrorKind::Forbidden,
                DENIED,
                format!(
                    "The identity may not do `{right}` in the bucket `{bucket}`, or the bucket is not one of the account {account}. AWS says: {said}"
                ),
                format!(
                    "Ask for the right `{right}` on `arn:aws:s3:::{bucket}/*`, or choose a bucket of the account {account}."
                ),
            ),
            "InternalError" | "ServiceUnavailable" | "OperationAborted" => (
                ErrorKind::Unreachable,
                BUCKET,
                format!("S3 had a failure of its own ({}).", refusal.status),
                "Try again in a minute.".to_owned(),
            ),
            _ if refusal.is_of_the_login() || refusal.is_throttling() => {
                return refusal.error(right);
            }
            _ => (
                ErrorKind::Failed,
                BUCKET,
                format!("S3 refused `{right}` in the bucket `{bucket}`: {said}"),
                "Change what the message names, then preview again.".to_owned(),
            ),
        };
        explained::told(
            Error::new(kind, code, message)
                .with_hint(hint)
                .with_context("action", right)
                .with_context(STATUS, refusal.status)
                .with_context(CODE, &refusal.code)
                .with_source(&refusal.message),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_by_its_content_below_the_prefix() {
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for (prefix, key) in [
            (None, format!("{hash}.template")),
            (Some("/"), format!("{hash}.template")),
            (
                Some("/über uns/a+b/"),
                format!("über uns/a+b/{hash}.template"),
            ),
        ] {
            let bucket = Bucket::of(Some("b"), prefix).unwrap();
            assert_eq!(bucket.key("abc"), key);
        }
        assert_eq!(escaped("ü b/a+b~x"), "%C3%BC%20b/a%2Bb~x");
        assert_eq!(Bucket::of(Some(" "), Some("x")), None);
        assert_eq!(Bucket::of(None, None), None);
    }

    #[test]
    fn a_prefix_that_leads_elsewhere_is_refused() {
        for good in ["", "/", "a", "/a/b/", "größe und mehr", "a.b/..c"] {
            assert_eq!(prefix_problem(good), None, "{good}");
        }
        for bad in ["..", "a/../b", "a//b", "./a", "a\nb"] {
            assert!(prefix_problem(bad).is_some(), "{bad:?}");
        }
    }
}
