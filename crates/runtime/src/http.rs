//! HTTP calls, with their layers: the refusal of writes during a preview, the loopback fence of practice
//! environments, repeats of what may be repeated, a size limit.
//!
//! Redirects are never followed, so that a credential is never sent to another host.

mod tls;

use std::sync::OnceLock;
use std::time::Duration;

use podium_connector::repeat::{self, Repeats};
use podium_connector::{HttpRequest, HttpResponse, Method, Mode, Phase};
use podium_diagnostics::{Code, Error, ErrorKind, Result};

use crate::clock;
use crate::invented::{Invented, Met};

/// Largest reply body, in bytes.
const BODY_LIMIT: usize = 32 << 20;

/// What is allowed to this call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fence {
    /// Whether writes are refused.
    pub(crate) phase: Phase,
    /// Whether anything but loopback is refused.
    pub(crate) mode: Mode,
    /// Whether the environment practises: nothing leaves this computer.
    pub(crate) practice: bool,
}

/// Sends a request through the layers. `cancelled` is asked between tries, and ends a wait.
pub(crate) async fn send(
    fence: Fence,
    invented: &Invented,
    request: &HttpRequest,
    cancelled: impl Fn() -> bool,
) -> Result<HttpResponse> {
    check(fence, request)?;
    let mut repeats = Repeats::new();
    loop {
        let reply = match invented.meet(request) {
            Met::Answered(reply) => Ok(reply),
            Met::Goes(late) => {
                tokio::time::sleep(late).await;
                exchange(request).await
            }
        };
        let wait = repeats.wait(request, &reply, clock::now());
        let Some(wait) = wait.filter(|_| !cancelled()) else {
            return repeats.end(request, reply);
        };
        let (url, tried) = (host_of(&request.url), repeats.tried());
        tracing::debug!(%url, tried, "repeating a call");
        let until = tokio::time::Instant::now() + wait;
        while tokio::time::Instant::now() < until {
            if cancelled() {
                return repeats.end(request, reply);
            }
            let slice = tokio::time::Instant::now() + Duration::from_millis(200);
            tokio::time::sleep_until(until.min(slice)).await;
        }
    }
}

/// One call with the shipped layers and outside of any run, for tests that hold a connector against a
/// real server over TLS.
pub async fn ask(phase: Phase, request: &HttpRequest) -> Result<HttpResponse> {
    let fence = Fence {
        phase,
        mode: Mode::Real,
        practice: false,
    };
    send(fence, &Invented::default(), request, || false).await
}

fn check(fence: Fence, request: &HttpRequest) -> Result<()> {
    if fence.phase == Phase::Read && !request.reads {
        return Err(Error::new(
            ErrorKind::Internal,
            Code::new("POD0401"),
            format!(
                "A preview tried to write: `{} {}` was blocked.",
                request.method.as_str(),
                host_of(&request.url)
            ),
        )
        .with_hint("This is a defect of the connector; report it with this message."));
    }
    let outside = !is_loopback(&request.url);
    if outside && (fence.practice || fence.mode == Mode::Simulated) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            Code::new("POD0402"),
            format!(
                "`{}` is outside this computer, and nothing leaves a practice environment.",
                host_of(&request.url)
            ),
        )
        .with_hint("Choose an environment without `practice: true` to call it for real."));
    }
    Ok(())
}

async fn exchange(request: &HttpRequest) -> Result<HttpResponse> {
    let (client, url) = match &request.tls {
        Some(tls) => tls::client(tls, &request.url).await?,
        None => (client(&request.url)?.clone(), request.url.clone()),
    };
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut headers = reqwest::header::HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(header_name(name)?, header_value(name, value.as_bytes())?);
    }
    for (name, value) in &request.secret_headers {
        let mut value = header_value(name, value.expose())?;
        value.set_sensitive(true);
        headers.append(header_name(name)?, value);
    }
    let mut reply = client
        .request(method, &url)
        .headers(headers)
        .timeout(request.timeout.unwrap_or(Duration::from_secs(30)))
        .body(request.body.clone())
        .send()
        .await
        .map_err(|error| explain(request, &error))?;
    let status = reply.status().as_u16();
    let headers = reply
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = reply
        .chunk()
        .await
        .map_err(|error| explain(request, &error))?
    {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(Error::new(
                ErrorKind::Failed,
                Code::new("POD0403"),
                format!(
                    "The reply of `{}` is larger than 32 MiB.",
                    host_of(&request.url)
                ),
            )
            .with_hint("Ask for less, for example with a filter or a page size."));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse {
        status,
        headers,
        body,
    })
}

/// The client for an address: what is on this computer is never asked through a proxy.
fn client(url: &str) -> Result<&'static reqwest::Client> {
    type Made = OnceLock<std::result::Result<reqwest::Client, String>>;
    static FAR: Made = OnceLock::new();
    static HERE: Made = OnceLock::new();
    let here = is_loopback(url);
    (if here { &HERE } else { &FAR })
        .get_or_init(|| builder(here).build().map_err(|error| chain(&error)))
        .as_ref()
        .map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                Code::new("POD0404"),
                "No connection can be made: the certificates of this computer could not be read.",
            )
            .with_source(error)
        })
}

/// What is the same for every connection.
fn builder(here: bool) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .user_agent(concat!("podium/", env!("CARGO_PKG_VERSION")));
    if here { builder.no_proxy() } else { builder }
}

fn header_name(name: &str) -> Result<reqwest::header::HeaderName> {
    name.parse().map_err(|_| {
        Error::new(
            ErrorKind::Invalid,
            Code::new("POD0405"),
            format!("`{name}` cannot be the name of a header."),
        )
        .with_hint("A header's name holds letters, digits and `-`.")
    })
}

fn header_value(name: &str, value: &[u8]) -> Result<reqwest::header::HeaderValue> {
    reqwest::header::HeaderValue::from_bytes(value).map_err(|_| {
        Error::new(
            ErrorKind::Invalid,
            Code::new("POD0405"),
            format!("The value of the header `{name}` holds a line break or a control character."),
        )
        .with_hint("Remove line breaks; a pasted token often ends with one.")
    })
}

/// What went wrong below HTTP, in words that name the host and the next action.
fn explain(request: &HttpRequest, error: &reqwest::Error) -> Error {
    let host = host_of(&request.url);
    let detail = chain(error);
    let lower = detail.to_lowercase();
    let (kind, code, message, hint) = if error.is_builder() {
        (
            ErrorKind::Invalid,
            "POD0406",
            format!("`{host}` is not an address that can be called."),
            "Write it as `https://host/path`.",
        )
    } else if lower.contains("received fatal alert") && lower.contains("certificate") {
        // Said before the call was handled, whichever version of TLS.
        (
            ErrorKind::Unauthorized,
            "POD0411",
            format!("`{host}` does not accept the certificate with which this computer came."),
            "Check that the credential has the client certificate that the system asks for, and that \
             it has not expired.",
        )
    } else if lower.contains("certificate") {
        (
            ErrorKind::Unauthorized,
            "POD0407",
            format!("`{host}` shows a certificate that this computer does not trust."),
            "Check the address; a company's own certificate belongs into the system's store. \
             A wrong clock gives the same message.",
        )
    } else if error.is_connect() {
        // Also where connecting took too long: nothing was sent.
        return repeat::unreachable(&host).with_source(detail);
    } else if error.is_timeout() {
        return repeat::timed_out(&host).with_source(detail);
    } else {
        return repeat::broken(&host).with_source(detail);
    };
    Error::new(kind, Code::new(code), message)
        .with_hint(hint)
        .with_source(detail)
}

/// The error and what is underneath, without the address (a query may hold a token).
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(error) = next {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        next = error.source();
    }
    if text.is_empty() {
        String::from("no further reason was given")
    } else {
        text
    }
}

/// Scheme, host and port of an address: what may be shown.
pub(crate) fn host_of(url: &str) -> String {
    reqwest::Url::parse(url).ok().map_or_else(
        || {
            url.split(['?', '#'])
                .next()
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect()
        },
        |url| {
            let host = url.host_str().unwrap_or_default();
            url.port().map_or_else(
                || format!("{}://{host}", url.scheme()),
                |port| format!("{}://{host}:{port}", url.scheme()),
            )
        },
    )
}

fn is_loopback(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    })
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Fence = Fence {
        phase: Phase::Write,
        mode: Mode::Real,
        practice: false,
    };

    #[tokio::test]
    async fn a_preview_cannot_write() {
        let fence = Fence {
            phase: Phase::Read,
            ..FREE
        };
        let request = HttpRequest::write(Method::Post, "http://127.0.0.1:9/");
        let error = send(fence, &Invented::default(), &request, || false)
            .await
            .unwrap_err();
        assert_eq!(error.code.as_str(), "POD0401");
    }

    #[tokio::test]
    async fn nothing_leaves_a_practice_environment() {
        let fence = Fence {
            practice: true,
            ..FREE
        };
        for url in [
            "https://example.com/",
            "http://127.0.0.1.example.com/",
            "http://10.0.0.1/",
        ] {
            let error = send(fence, &Invented::default(), &HttpRequest::get(url), || {
                false
            })
            .await
            .unwrap_err();
            assert_eq!(error.code.as_str(), "POD0402", "{url}");
        }
    }

    #[tokio::test]
    async fn an_unreachable_host_is_named_without_its_query() {
        let mut request = HttpRequest::get("http://127.0.0.1:1/path?token=abc");
        request.repeatable = false;
        let error = send(FREE, &Invented::default(), &request, || false)
            .await
            .unwrap_err();
        assert_eq!(error.code.as_str(), "POD0409");
        assert!(
            error.message.contains("http://127.0.0.1:1"),
            "{}",
            error.message
        );
        assert!(!format!("{error:?}").contains("abc"), "{error:?}");
    }

    #[tokio::test]
    async fn a_header_with_a_line_break_is_refused_without_its_value() {
        let request = HttpRequest::get("http://127.0.0.1:1/")
            .secret_header("authorization", "Bearer s3cr3t-value\n".into());
        let error = send(FREE, &Invented::default(), &request, || false)
            .await
            .unwrap_err();
        assert_eq!(error.code.as_str(), "POD0405");
        assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
    }
}
