//! The HTTP side of a fake context.

use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use podium_connector::{HttpRequest, HttpResponse, repeat};
use podium_diagnostics::{Code, Error, ErrorKind, Result};

/// A function that answers requests.
pub type Answer = Arc<dyn Fn(&HttpRequest) -> Result<HttpResponse> + Send + Sync>;

/// An HTTP layer that is brought along.
pub type Ask = Arc<
    dyn Fn(HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send>> + Send + Sync,
>;

/// One runtime for the whole test program. A layer that keeps connections is asked on it, since a kept
/// connection belongs to the runtime that opened it, and each test has its own.
///
/// # Panics
/// When the system has no threads left.
pub fn shared_runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .expect("a runtime can be made")
    })
}

/// What answers HTTP requests.
#[derive(Clone)]
pub enum HttpSide {
    /// Nothing: every call fails as unreachable.
    None,
    /// A function of the request.
    Answer(Answer),
    /// An HTTP layer that is brought along, asked on the [`shared_runtime`].
    Ask(Ask),
    /// A recording, played in order.
    Recorded(Arc<Mutex<Recorded>>),
    /// A real server on loopback, in clear HTTP/1.1.
    Loopback,
}

/// Replies that were recorded, in order, each with the request that is expected.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    entries: std::collections::VecDeque<(String, HttpResponse)>,
}

impl Recorded {
    /// Adds a reply to the next request, which must be this one: `GET http://…`.
    #[must_use]
    pub fn then(mut self, request: &str, status: u16, content_type: &str, body: &str) -> Self {
        self.entries.push_back((
            request.to_owned(),
            HttpResponse {
                status,
                headers: vec![("content-type".to_owned(), content_type.to_owned())],
                body: body.as_bytes().to_vec(),
            },
        ));
        self
    }

    /// How many replies were not asked for.
    pub fn left(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn answer(&mut self, request: &HttpRequest) -> HttpResponse {
        let asked = format!("{} {}", request.method.as_str(), request.url);
        match self.entries.pop_front() {
            Some((expected, response)) if expected == asked => response,
            Some((expected, _)) => panic!("the recording expects `{expected}`, not `{asked}`"),
            None => panic!("the recording has ended, and `{asked}` was asked"),
        }
    }
}

/// Sends a request to a server on 127.0.0.1 in clear HTTP/1.1 and reads the whole reply. Everything
/// else is refused, so that no test can reach the network.
pub async fn loopback(request: &HttpRequest) -> Result<HttpResponse> {
    let host_name = host_of(&request.url);
    let unreachable = |why: &str| repeat::unreachable(&host_name).with_source(why);
    let rest = request
        .url
        .strip_prefix("http://")
        .ok_or_else(|| fenced(&host_name))?;
    let (host, path) = match rest.find(['/', '?']) {
        Some(at) if rest[at..].starts_with('/') => (&rest[..at], rest[at..].to_owned()),
        Some(at) => (&rest[..at], format!("/{}", &rest[at..])),
        None => (rest, "/".to_owned()),
    };
    if !(host.starts_with("127.0.0.1:") || host.starts_with("localhost:")) {
        return Err(fenced(&host_name));
    }
    let mut stream = TcpStream::connect(host)
        .await
        .map_err(|error| unreachable(&error.to_string()))?;
    let exchange = async {
        let mut head = format!("{} {path} HTTP/1.1\r\n", request.method.as_str());
        if !request
            .headers
            .iter()
            .any(|(n, _)| n.eq_ignore_ascii_case("host"))
        {
            let _ = write!(head, "host: {host}\r\n");
        }
        for (name, value) in &request.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        for (name, value) in &request.secret_headers {
            let _ = write!(
                head,
                "{name}: {}\r\n",
                value.expose_str().unwrap_or_default()
            );
        }
        let _ = write!(
            head,
            "content-length: {}\r\nconnection: close\r\n\r\n",
            request.body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&request.body).await?;
        stream.flush().await?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await?;
        Ok::<_, std::io::Error>(reply)
    };
    let limit = request
        .timeout
        .unwrap_or(std::time::Duration::from_secs(30));
    let reply = tokio::time::timeout(limit, exchange)
        .await
        .map_err(|_| repeat::timed_out(&host_name))?
        .map_err(|error| repeat::broken(&host_name).with_source(error))?;
    parse(&reply, request.method.as_str() == "HEAD")
        .ok_or_else(|| repeat::broken(&host_name).with_source("the reply is no whole HTTP/1.1"))
}

/// Scheme, host and port of an address: what may be shown.
pub(crate) fn host_of(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| start + at);
    url[..end].to_owned()
}

fn fenced(host: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        Code::new("POD0402"),
        format!("`{host}` is refused: only loopback, in clear HTTP, is allowed in tests."),
    )
}

fn parse(reply: &[u8], head_only: bool) -> Option<HttpResponse> {
    let end = reply.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&reply[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let rest = &reply[end + 4..];
    if status == 100 {
        return parse(rest, head_only);
    }
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers
        .iter()
        .any(|(n, v)| n == "transfer-encoding" && v.eq_ignore_ascii_case("chunked"));
    let body = if head_only {
        Vec::new()
    } else if chunked {
        unchunk(rest)?
    } else if let Some((_, length)) = headers.iter().find(|(name, _)| name == "content-length") {
        rest.get(..length.parse().ok()?)?.to_vec()
    } else {
        rest.to_vec()
    };
    Some(HttpResponse {
        status,
        headers,
        body,
    })
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|w| w == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::{loopback, parse};
    use podium_connector::HttpRequest;

    #[test]
    fn a_chunked_reply_is_put_together() {
        let reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert_eq!(parse(reply, false).expect("a reply").body, b"abcde");
    }

    #[test]
    fn a_reply_that_broke_off_is_none() {
        assert!(parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", false).is_none());
        assert!(parse(b"HTTP/1.1 200 OK\r\nContent-Le", false).is_none());
    }

    #[tokio::test]
    async fn nothing_but_loopback_is_reached() {
        let error = loopback(&HttpRequest::get("http://example.com/"))
            .await
            .expect_err("it is refused");
        assert!(error.message.contains("only loopback"));
    }
}
