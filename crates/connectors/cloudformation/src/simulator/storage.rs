//! The practice cloud's S3: buckets with a few objects, in the vendor's own wire format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use percent_encoding::percent_decode_str;
use podium_connector::{HttpRequest, HttpResponse, Method};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::evaluate::ACCOUNT;
use super::render::elements;
use super::{Fields, Refused, invalid};

/// The bucket that is there from the beginning.
const FIRST: &str = "practice-templates";
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
/// The longest template that CloudFormation reads from a bucket.
const LONGEST: usize = 1_000_000;
/// The longest in a request.
const LIMIT: usize = 51_200;

/// All buckets of all accounts, since their names are one set.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Storage {
    pub(crate) buckets: BTreeMap<String, Bucket>,
    count: u64,
}

impl Default for Storage {
    fn default() -> Self {
        let first = Bucket {
            owner: ACCOUNT.to_owned(),
            ..Bucket::default()
        };
        Self {
            buckets: [(FIRST.to_owned(), first)].into(),
            count: 0,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Bucket {
    pub(crate) owner: String,
    /// Where it is; in every region where empty.
    region: String,
    versioned: bool,
    /// Actions that nobody may do there, such as `s3:PutObject`.
    denied: Vec<String>,
    pub(crate) objects: BTreeMap<String, Vec<Object>>,
}

/// One version of an object; the newest is the last of its list.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Object {
    body: String,
    meta: BTreeMap<String, String>,
    version: String,
    /// A mark that says that it was deleted.
    deleted: bool,
}

impl Bucket {
    fn newest(&self, key: &str) -> Option<&Object> {
        self.objects.get(key)?.last().filter(|one| !one.deleted)
    }

    fn may(&self, action: &str, key: &str) -> Result<(), Refusal> {
        if self.denied.iter().any(|denied| denied == action) {
            return Err(denied(&format!(
                "User: arn:aws:iam::{ACCOUNT}:user/practice is not authorized to perform: {action} on resource: \"{key}\" because no identity-based policy allows the {action} action"
            )));
        }
        Ok(())
    }
}

/// A refusal, with what stands beside code and message.
struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    more: Vec<(&'static str, String)>,
    headers: Vec<(String, String)>,
}

fn refusal(status: u16, code: &'static str, message: &str) -> Refusal {
    Refusal {
        status,
        code,
        message: message.to_owned(),
        more: Vec::new(),
        headers: Vec::new(),
    }
}

fn denied(message: &str) -> Refusal {
    refusal(403, "AccessDenied", message)
}

fn missing(key: &str) -> Refusal {
    let mut missing = refusal(404, "NoSuchKey", "The specified key does not exist.");
    missing.more.push(("Key", key.to_owned()));
    missing
}

/// A call of S3, taken apart.
struct Asked<'r> {
    request: &'r HttpRequest,
    bucket: String,
    key: String,
    query: BTreeMap<String, String>,
}

impl<'r> Asked<'r> {
    fn of(request: &'r HttpRequest) -> Self {
        let rest = request.url.split_once("://").map_or("", |(_, rest)| rest);
        let path = rest.split_once('/').map_or("", |(_, path)| path);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Self {
            request,
            bucket: decoded(bucket),
            key: decoded(key),
            query: query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.request.headers;
        let open = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        open.map(|(_, value)| value.as_str()).or_else(|| {
            let hidden = &self.request.secret_headers;
            let found = hidden.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
            found.1.expose_str()
        })
    }

    /// The region that the call was signed for.
    fn signed_for(&self) -> Option<&str> {
        let scope = self.header("authorization")?.split_once("Credential=")?.1;
        scope.split('/').nth(2)
    }
}

/// A success: status, headers, body.
type Success = (u16, Vec<(String, String)>, String);

fn tag(body: &str) -> String {
    let mut tag = "\"".to_owned();
    for byte in Sha256::digest(body.as_bytes()).iter().take(16) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag + "\""
}

impl Object {
    fn headers(&self) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> = self
            .meta
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        headers.push(("etag".into(), tag(&self.body)));
        if !self.version.is_empty() {
            headers.push(("x-amz-version-id".into(), self.version.clone()));
        }
        headers
    }
}

impl Storage {
    /// Answers a call of S3.
    pub(super) fn answer(&mut self, request: &HttpRequest) -> HttpResponse {
        let asked = Asked::of(request);
        let (status, mut headers, body) = self.answered(&asked).unwrap_or_else(|refused| {
            let mut parts = vec![
                ("Code", refused.code.to_owned()),
                ("Message", refused.message),
            ];
            parts.extend(refused.more);
            parts.push(("RequestId", "PRACTICE00000000".to_owned()));
            let parts: Vec<(&str, &str)> = parts.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{}</Error>",
                elements(&parts)
            );
            (refused.status, refused.headers, body)
        });
        headers.push(("content-type".into(), "application/xml".into()));
        HttpResponse {
            status,
            headers,
            // What asks for the head alone gets no words.
            body: match request.method {
                Method::Head => Vec::new(),
                _ => body.into_bytes(),
            },
        }
    }

    fn answered(&mut self, asked: &Asked<'_>) -> Result<Success, Refusal> {
        let said = asked.header("x-amz-content-sha256").unwrap_or_default();
        let hash = Sha256::digest(&asked.request.body);
        let hash = hash.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        if said.len() == 64 && said != hash {
            return Err(refusal(
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ));
        }
        if asked.bucket.is_empty() {
            return Ok(self.list(asked));
        }
        if asked.key.is_empty() && asked.request.method == Method::Put {
            return self.make(asked);
        }
        let Some(bucket) = self.buckets.get_mut(&asked.bucket) else {
            let mut gone = refusal(404, "NoSuchBucket", "The specified bucket does not exist");
            gone.more.push(("BucketName", asked.bucket.clone()));
            return Err(gone);
        };
        let region = asked.signed_for().unwrap_or_default();
        if !bucket.region.is_empty() && bucket.region != region {
            let mut elsewhere = refusal(
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
            );
            let endpoint = format!("{}.s3-{}.amazonaws.com", asked.bucket, bucket.region);
            elsewhere.more = vec![("Endpoint", endpoint), ("Bucket", asked.bucket.clone())];
            elsewhere
                .headers
                .push(("x-amz-bucket-region".into(), bucket.region.clone()));
            return Err(elsewhere);
        }
        let wanted = asked.header("x-amz-expected-bucket-owner");
        if bucket.owner != ACCOUNT || wanted.is_some_and(|owner| owner != bucket.owner) {
            return Err(denied("Access Denied"));
        }
        if asked.key.is_empty() {
            return match asked.request.method {
                Method::Get => Ok((200, Vec::new(), listed(&asked.bucket, bucket))),
                _ => Ok((200, Vec::new(), String::new())),
            };
        }
        self.count += 1;
        let version = if bucket.versioned {
            format!("practice-version-{}", self.count)
        } else {
            String::new()
        };
        object(asked, bucket, version)
    }

    fn list(&self, asked: &Asked<'_>) -> Success {
        let region = asked.query.get("bucket-region");
        let most = asked.query.get("max-buckets").and_then(|n| n.parse().ok());
        let from = asked.query.get("continuation-token");
        let mut own = self.buckets.iter().filter(|(name, bucket)| {
            let here = bucket.region.is_empty() || region.is_none_or(|r| *r == bucket.region);
            bucket.owner == ACCOUNT && here && from.is_none_or(|from| *name > from)
        });
        let mut names = String::new();
        let mut last = "";
        for (name, _) in own.by_ref().take(most.unwrap_or(10_000)) {
            let _ = write!(names, "<Bucket>{}</Bucket>", elements(&[("Name", name)]));
            last = name;
        }
        let token = if own.next().is_some() { last } else { "" };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListAllMyBucketsResult xmlns=\"{NAMESPACE}\"><Owner><ID>practice</ID></Owner><Buckets>{names}</Buckets>{}</ListAllMyBucketsResult>",
            elements(&[("ContinuationToken", token)])
        );
        (200, Vec::new(), body)
    }

    fn make(&mut self, asked: &Asked<'_>) -> Result<Success, Refusal> {
        if self.buckets.contains_key(&asked.bucket) {
            return Err(refusal(
                409,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            ));
        }
        let made = Bucket {
            owner: ACCOUNT.to_owned(),
            region: asked.signed_for().unwrap_or_default().to_owned(),
            ..Bucket::default()
        };
        self.buckets.insert(asked.bucket.clone(), made);
        Ok((200, Vec::new(), String::new()))
    }

    /// A bucket with trouble in it; not the vendor's call.
    pub(super) fn trouble(&mut self, fields: &Fields) -> Result<String, Refused> {
        let bucket = self.buckets.entry(fields.need("Name")?.to_owned());
        let bucket = bucket.or_default();
        fields
            .get("Owner")
            .unwrap_or(ACCOUNT)
            .clone_into(&mut bucket.owner);
        fields.text("Region").clone_into(&mut bucket.region);
        bucket.versioned = fields.text("Versioned") == "true";
        bucket.denied = fields
            .text("Denied")
            .split(',')
            .map(str::to_owned)
            .collect();
        Ok(String::new())
    }

    /// The template of a call: in it, or at an address.
    pub(super) fn template(&self, fields: &Fields) -> Result<String, Refused> {
        let Some(address) = fields.get("TemplateURL") else {
            let body = fields.need("TemplateBody")?;
            if body.len() > LIMIT {
                return Err(invalid(format!(
                    "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to {LIMIT}"
                )));
            }
            return Ok(body.to_owned());
        };
        let request = HttpRequest::get(address);
        let asked = Asked::of(&request);
        if asked.key.is_empty() {
            return Err(invalid("TemplateURL must be a supported URL."));
        }
        let unreadable = |why: &str| {
            invalid(format!(
                "S3 error: {why}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
            ))
        };
        let bucket = self
            .buckets
            .get(&asked.bucket)
            .ok_or_else(|| unreadable("The specified bucket does not exist"))?;
        bucket
            .may("s3:GetObject", &asked.key)
            .map_err(|_| unreadable("Access Denied"))?;
        let object = bucket
            .newest(&asked.key)
            .ok_or_else(|| unreadable("The specified key does not exist."))?;
        if object.body.len() > LONGEST {
            return Err(invalid(format!(
                "Template may not exceed {LONGEST} bytes in size."
            )));
        }
        Ok(object.body.clone())
    }
}

fn object(asked: &Asked<'_>, bucket: &mut Bucket, version: String) -> Result<Success, Refusal> {
    let key = &asked.key;
    let action = match asked.request.method {
        Method::Put => "s3:PutObject",
        Method::Delete if asked.query.contains_key("versionId") => "s3:DeleteObjectVersion",
        Method::Delete => "s3:DeleteObject",
        _ => "s3:GetObject",
    };
    bucket.may(action, key)?;
    match asked.request.method {
        Method::Put => {
            if asked.header("if-none-match") == Some("*") && bucket.newest(key).is_some() {
                return Err(refusal(
                    412,
                    "PreconditionFailed",
                    "At least one of the pre-conditions you specified did not hold",
                ));
            }
            let headers = asked.request.headers.iter();
            let made = Object {
                body: String::from_utf8_lossy(&asked.request.body).into_owned(),
                meta: headers
                    .filter(|(name, _)| name.starts_with("x-amz-meta-"))
                    .cloned()
                    .collect(),
                version,
                deleted: false,
            };
            let headers = made.headers();
            let kept = bucket.objects.entry(key.clone()).or_default();
            if !bucket.versioned {
                kept.clear();
            }
            kept.push(made);
            Ok((200, headers, String::new()))
        }
        Method::Delete => {
            if let Some(version) = asked.query.get("versionId") {
                if let Some(kept) = bucket.objects.get_mut(key) {
                    kept.retain(|one| one.version != *version);
                }
            } else if bucket.versioned {
                let kept = bucket.objects.entry(key.clone()).or_default();
                kept.push(Object {
                    version,
                    deleted: true,
                    ..Object::default()
                });
            } else {
                bucket.objects.remove(key);
            }
            bucket.objects.retain(|_, kept| !kept.is_empty());
            Ok((204, Vec::new(), String::new()))
        }
        _ => {
            let object = bucket.newest(key).ok_or_else(|| missing(key))?;
            Ok((200, object.headers(), object.body.clone()))
        }
    }
}

/// The objects of a bucket, as `ListObjectsV2` gives them.
fn listed(name: &str, bucket: &Bucket) -> String {
    let mut all = String::new();
    let mut count = 0;
    for key in bucket.objects.keys() {
        let Some(object) = bucket.newest(key) else {
            continue;
        };
        count += 1;
        let size = object.body.len().to_string();
        let parts = [
            ("Key", key.as_str()),
            ("ETag", &tag(&object.body)),
            ("Size", &size),
        ];
        let _ = write!(all, "<Contents>{}</Contents>", elements(&parts));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"{NAMESPACE}\">{}{all}</ListBucketResult>",
        elements(&[
            ("Name", name),
            ("KeyCount", &count.to_string()),
            ("MaxKeys", "1000"),
            ("IsTruncated", "false"),
        ])
    )
}
