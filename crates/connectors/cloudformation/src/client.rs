//! Calls as values: the Query protocol, signed; replies and refusals read in one place.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use podium_connector::{Context, HttpRequest, Method, Phase};
use podium_diagnostics::Result;

use crate::auth::Signer;
use crate::errors::{self, Refusal};
use crate::xml::Node;

const VERSION: &str = "2010-05-15";
const STS_VERSION: &str = "2011-06-15";
/// What stays as it is in a form (RFC 3986, unreserved).
pub(crate) const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// Waits after a request to slow down.
pub(crate) const BACK_OFF: [u64; 5] = [2, 4, 8, 16, 32];

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// Only looks.
    Look,
    /// Makes or removes something of a preview that changes no resource.
    Preview,
    /// Writes, under a key: twice is the same as once.
    Keyed,
}

/// Name and value of each form field, in order.
pub(crate) type Form = Vec<(String, String)>;

/// CloudFormation in one region, for one verb.
pub(crate) struct Client<'a> {
    pub(crate) cx: &'a dyn Context,
    pub(crate) signer: Signer,
}

/// What came of a call that may be refused.
pub(crate) type Answer = std::result::Result<Node, Refusal>;

impl<'a> Client<'a> {
    pub(crate) fn new(cx: &'a dyn Context, region: Option<&str>) -> Result<Self> {
        Ok(Self {
            cx,
            signer: Signer::of(cx, region)?,
        })
    }

    /// Calls CloudFormation; gives the `…Result` element, or the refusal.
    pub(crate) async fn ask(&self, action: &str, form: &Form, does: Does) -> Result<Answer> {
        self.send("cloudformation", VERSION, action, form, does)
            .await
    }

    /// As [`Client::ask`], where a refusal is an error.
    pub(crate) async fn call(&self, action: &str, form: &Form, does: Does) -> Result<Node> {
        self.ask(action, form, does)
            .await?
            .map_err(|refusal| refusal.error(action))
    }

    /// Whether a call may go while only looking is allowed: a preview's own objects may.
    pub(crate) fn only_looks(&self, does: Does) -> bool {
        does == Does::Look || (does == Does::Preview && self.cx.phase() == Phase::Read)
    }

    /// Calls STS.
    pub(crate) async fn who(&self) -> Result<Node> {
        let action = "GetCallerIdentity";
        self.send("sts", STS_VERSION, action, &Form::new(), Does::Look)
            .await?
            .map_err(|refusal| refusal.error(action))
    }

    /// Every page of a list; `next` is where the token stands in the result.
    pub(crate) async fn pages(&self, action: &str, form: &Form) -> Result<Vec<Node>> {
        let mut pages = Vec::new();
        let mut token: Option<String> = None;
        // A server that repeats its token for ever must not hold the step.
        for _ in 0..1_000 {
            let mut form = form.clone();
            if let Some(token) = &token {
                form.push(("NextToken".into(), token.clone()));
            }
            let page = self.call(action, &form, Does::Look).await?;
            let next = page.get("NextToken").map(str::to_owned);
            pages.push(page);
            if next.is_none() || next == token {
                break;
            }
            token = next;
        }
        Ok(pages)
    }

    async fn send(
        &self,
        service: &str,
        version: &str,
        action: &str,
        form: &Form,
        does: Does,
    ) -> Result<Answer> {
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in form {
            body.push('&');
            body.extend(utf8_percent_encode(name, FORM));
            body.push('=');
            body.extend(utf8_percent_encode(value, FORM));
        }
        let url = self.signer.address(service);
        for wait in BACK_OFF.into_iter().map(Some).chain([None]) {
            let mut request = HttpRequest::write(Method::Post, url.as_str()).body(
                "application/x-www-form-urlencoded; charset=utf-8",
                body.as_str(),
            );
            request.reads = self.only_looks(does);
            // A key makes a repeated write harmless; a preview's own objects are looked for by name.
            request.repeatable = does != Does::Preview;
            request.tls.clone_from(&self.signer.tls);
            let signed = self.signer.sign(service, self.cx.now(), request)?;
            let reply = self.cx.http(signed).await?;
            let text = reply.text();
            let node = Node::parse(&text).ok_or_else(|| errors::not_aws(&reply, &url))?;
            let refusal = Refusal::of(reply.status, &node);
            match (refusal, wait) {
                (Some(refusal), Some(wait))
                    if refusal.is_throttling() && !self.cx.is_cancelled() =>
                {
                    self.cx.sleep(Duration::from_secs(wait)).await;
                }
                (Some(refusal), _) => return Ok(Err(refusal)),
                (None, _) if !reply.is_success() || node.name != format!("{action}Response") => {
                    return Err(errors::not_aws(&reply, &url));
                }
                (None, _) => {
                    let result = format!("{action}Result");
                    return Ok(Ok(node.at(&result).cloned().unwrap_or_default()));
                }
            }
        }
        unreachable!("the last round has no wait and returns")
    }
}

/// Name and value for a form.
pub(crate) fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}
