//! Servers on loopback that do what no server should, and remember what reached them: a certificate that
//! nobody signed, a connection that is reset after the request, no answer at all, a redirect to another
//! host. They are for the real HTTP layer; what a simulator can meet is
//! [weather](podium_connector::weather).
//!
//! Each lives as long as its value.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// What reached a server.
#[derive(Clone, Debug, Default)]
pub struct Received(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    connections: usize,
    requests: Vec<Vec<u8>>,
    bytes: Vec<u8>,
}

impl Received {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no holder panics")
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.inner().connections
    }

    /// Whole requests, head and body, in the order in which they were read.
    pub fn requests(&self) -> Vec<String> {
        let inner = self.inner();
        let texts = inner.requests.iter();
        texts
            .map(|request| String::from_utf8_lossy(request).into_owned())
            .collect()
    }

    /// Whether these bytes were among all that came, in clear, whole request or not.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let inner = self.inner();
        inner.bytes.windows(bytes.len()).any(|part| part == bytes)
    }

    /// Whether not one byte came that TLS does not keep to itself.
    pub fn is_empty(&self) -> bool {
        self.inner().bytes.is_empty()
    }
}

/// A listening socket with a task, until it is dropped.
struct Server {
    port: u16,
    received: Received,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Listens; each connection is given to `serve` with its number, counted from 0.
    async fn start<F, S>(serve: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(TcpStream, usize, Received) -> F + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let received = Received::default();
        let seen = received.clone();
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    continue;
                };
                let number = {
                    let mut inner = seen.inner();
                    inner.connections += 1;
                    inner.connections - 1
                };
                tokio::spawn(serve(stream, number, seen.clone()));
            }
        });
        Self {
            port,
            received,
            task,
        }
    }
}

/// Answers over TLS, well and with 200, under a certificate for `127.0.0.1` that nobody signed. A client
/// that trusts it gives itself away by what was received.
pub struct SelfSigned {
    server: Server,
    certificate: String,
}

impl SelfSigned {
    /// Starts it.
    ///
    /// # Panics
    /// When no certificate can be made.
    pub async fn start() -> Self {
        Self::with(false).await
    }

    /// The same, and wants a certificate of the client that it signed itself; nobody has one.
    ///
    /// # Panics
    /// When no certificate can be made.
    pub async fn demanding_identity() -> Self {
        Self::with(true).await
    }

    async fn with(identity: bool) -> Self {
        let made =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()])
                .expect("a certificate can be made");
        let certificate = made.cert.pem();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("the provider knows the versions of TLS");
        let builder = if identity {
            let mut roots = RootCertStore::empty();
            roots
                .add(made.cert.der().clone())
                .expect("the certificate is whole");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .expect("there is a root");
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let config = builder
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .expect("certificate and key belong together");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let server = Server::start(move |stream, _, received| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(mut stream) = acceptor.accept(stream).await
                    && read_request(&mut stream, &received).await
                {
                    answer(&mut stream, "200 OK", "").await;
                }
            }
        })
        .await;
        Self {
            server,
            certificate,
        }
    }

    /// Its base address, `https://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("https://127.0.0.1:{}", self.server.port)
    }

    /// Its certificate (PEM), for a client that is told to trust it.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// What reached it, in clear.
    pub fn received(&self) -> &Received {
        &self.server.received
    }
}

/// Reads each request whole, as if it did what it was asked, and resets the connection.
pub struct Reset(Server);

impl Reset {
    /// Resets every connection.
    pub async fn start() -> Self {
        Self::times(usize::MAX).await
    }

    /// Resets so many connections; later ones get an answer, 200.
    pub async fn times(times: usize) -> Self {
        Self(
            Server::start(move |mut stream, number, received| async move {
                if !read_request(&mut stream, &received).await {
                    return;
                }
                if number < times {
                    // Without lingering, what closes it is a reset.
                    let _ = stream.set_zero_linger();
                } else {
                    answer(&mut stream, "200 OK", "").await;
                }
            })
            .await,
        )
    }

    /// Its base address, `http://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }

    /// What reached it.
    pub fn received(&self) -> &Received {
        &self.0.received
    }
}

/// Reads each request whole and says nothing, for ever.
pub struct Silent(Server);

impl Silent {
    /// Starts it.
    pub async fn start() -> Self {
        Self(
            Server::start(|mut stream, _, received| async move {
                if read_request(&mut stream, &received).await {
                    // Until the client gives up.
                    let _ = stream.read(&mut [0]).await;
                }
            })
            .await,
        )
    }

    /// Its base address, `http://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }

    /// What reached it.
    pub fn received(&self) -> &Received {
        &self.0.received
    }
}

/// Sends everybody to another host, which listens too.
pub struct Elsewhere {
    here: Server,
    there: Server,
}

impl Elsewhere {
    /// Redirects with 302.
    pub async fn start() -> Self {
        Self::with_status(302).await
    }

    /// Redirects with this status: 301, 302, 303, 307, 308.
    pub async fn with_status(status: u16) -> Self {
        let there = Server::start(|mut stream, _, received| async move {
            if read_request(&mut stream, &received).await {
                answer(&mut stream, "200 OK", "").await;
            }
        })
        .await;
        let port = there.port;
        let here = Server::start(move |mut stream, _, received| async move {
            if read_request(&mut stream, &received).await {
                let location = format!("location: http://localhost:{port}/elsewhere\r\n");
                answer(&mut stream, &format!("{status} Elsewhere"), &location).await;
            }
        })
        .await;
        Self { here, there }
    }

    /// The base address of the server that is asked, `http://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.here.port)
    }

    /// What reached the server that is asked.
    pub fn received(&self) -> &Received {
        &self.here.received
    }

    /// What reached the other host.
    pub fn received_elsewhere(&self) -> &Received {
        &self.there.received
    }
}

/// Reads a request to its end; says whether there was a whole one.
async fn read_request(stream: &mut (impl AsyncRead + Unpin), received: &Received) -> bool {
    let mut request = Vec::new();
    let mut buffer = vec![0; 16 << 10];
    loop {
        let Ok(count @ 1..) = stream.read(&mut buffer).await else {
            return false;
        };
        request.extend_from_slice(&buffer[..count]);
        received.inner().bytes.extend_from_slice(&buffer[..count]);
        if is_whole(&request) {
            received.inner().requests.push(request);
            return true;
        }
    }
}

fn is_whole(request: &[u8]) -> bool {
    let Some(head) = request.windows(4).position(|part| part == b"\r\n\r\n") else {
        return false;
    };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let header = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
    };
    let body = &request[head + 4..];
    match header("content-length").and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => body.len() >= length,
        None if header("transfer-encoding") == Some("chunked") => body.ends_with(b"0\r\n\r\n"),
        None => true,
    }
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin), status: &str, headers: &str) {
    let reply = format!(
        "HTTP/1.1 {status}\r\n{headers}content-type: application/json\r\ncontent-length: 2\r\n\
         connection: close\r\n\r\n{{}}"
    );
    // Who does not listen any more has seen enough.
    let _ = stream.write_all(reply.as_bytes()).await;
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loopback;
    use podium_connector::{HttpRequest, Method};
    use podium_diagnostics::ErrorKind;

    #[tokio::test]
    async fn what_was_sent_is_remembered_whole() {
        let server = Reset::times(1).await;
        let url = format!("{}/things", server.address());
        let write = || {
            HttpRequest::write(Method::Post, &url)
                .header("x-word", "größe")
                .body("text/plain", "x".repeat(100_000))
        };
        let lost = loopback(&write()).await.expect_err("it is reset");
        assert_eq!(lost.kind, ErrorKind::Unreachable);
        assert_eq!(lost.code.as_str(), "POD0410");
        assert_eq!(loopback(&write()).await.expect("a reply").status, 200);
        let received = server.received();
        assert_eq!((received.connections(), received.requests().len()), (2, 2));
        for request in received.requests() {
            assert!(request.starts_with("POST /things HTTP/1.1\r\n"));
            assert!(request.ends_with(&"x".repeat(100_000)));
        }
        assert!(received.holds("größe".as_bytes()) && !received.holds(b"GET"));
    }

    #[tokio::test]
    async fn the_other_host_is_there() {
        let server = Elsewhere::with_status(307).await;
        let reply = loopback(&HttpRequest::get(server.address()))
            .await
            .expect("a reply");
        assert_eq!(reply.status, 307);
        assert!(server.received_elsewhere().is_empty());
        let there = reply.header("location").expect("a place").to_owned();
        let reply = loopback(&HttpRequest::get(there)).await.expect("a reply");
        assert_eq!(reply.status, 200);
        assert_eq!(server.received_elsewhere().requests().len(), 1);
    }
}
