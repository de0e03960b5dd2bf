//! Requests as values: an HTTP call, a process to start. What carries them out is `runtime`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use podium_diagnostics::Result;
use podium_secret::Secret;
use serde::{Deserialize, Serialize};

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 6] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
    ];

    /// The method as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// An HTTP call. Redirects are not followed; a reply of any status is a reply.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The whole address, `http` or `https`.
    pub url: String,
    /// Headers that may be logged.
    pub headers: Vec<(String, String)>,
    /// Headers that must not be seen, such as `authorization`.
    pub secret_headers: Vec<(String, Secret)>,
    /// The body.
    pub body: Vec<u8>,
    /// Longest time for the whole exchange; 30 s where absent.
    pub timeout: Option<Duration>,
    /// Whether this call only looks. A context in [`Phase::Read`](crate::Phase::Read) refuses the
    /// others. Where a POST only looks (a query protocol), the connector says so here.
    pub reads: bool,
    /// Whether the layers may send it again where it may already have been handled (a lost reply, 502,
    /// 503, 504): reads, and writes with a key. What was not handled, as a 429, goes again in any case;
    /// see [`repeat`](crate::repeat).
    pub repeatable: bool,
    /// Whom to trust and who asks, where this computer's own store of certificates is not enough.
    pub tls: Option<Arc<Tls>>,
}

/// What TLS needs beside this computer's own store of certificates.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Certificates (PEM) that are trusted in place of this computer's.
    pub roots: Option<Vec<u8>>,
    /// The certificate (PEM) that proves who asks; with `key`.
    pub certificate: Option<Vec<u8>>,
    /// The private key (PEM) of `certificate`.
    pub key: Option<Secret>,
    /// The name that the server's certificate must show, where it is not the one of the address.
    pub server_name: Option<String>,
    /// Takes any certificate: anybody on the way can read and change everything. Whoever sets this says
    /// so loudly.
    pub insecure: bool,
}

impl HttpRequest {
    /// A call that only looks.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            secret_headers: Vec::new(),
            body: Vec::new(),
            timeout: None,
            reads: true,
            repeatable: true,
            tls: None,
        }
    }

    /// A call that writes and must not be repeated.
    pub fn write(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            reads: false,
            repeatable: false,
            ..Self::get(url)
        }
    }

    /// Adds a header that may be logged.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a header that must not be seen.
    #[must_use]
    pub fn secret_header(mut self, name: impl Into<String>, value: Secret) -> Self {
        self.secret_headers.push((name.into(), value));
        self
    }

    /// Sets the body and its type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }
}

/// A reply.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body, at most 32 MiB.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first header of this name (small letters).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as text, wrong bytes replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A process to start. It begins with an empty environment plus the allow-list of `runtime` (`PATH`,
/// `HOME`, `LANG`, `TMPDIR` and the like), never with Podium's own.
#[derive(Clone, Debug)]
pub struct ProcessSpec {
    /// A name that is unique within the attempt and the same after a crash, such as `init`, `apply`.
    /// Starting a label that already ran in this attempt replays its recorded output and exit instead
    /// of starting it again; one that still runs is joined, its output replayed from the start. This is
    /// what lets `run` be called again after a crash.
    pub label: String,
    /// The program, as an absolute path (see [`Context::tool`](crate::Context::tool)).
    pub program: PathBuf,
    /// Arguments. Never a secret.
    pub args: Vec<String>,
    /// Environment. Never a long-lived secret.
    pub env: Vec<(String, String)>,
    /// Where it runs.
    pub directory: PathBuf,
    /// Files written with mode 0600 into the attempt's private folder (memory-backed where the system
    /// has one) before it starts, and removed after it ends.
    pub secret_files: Vec<SecretFile>,
    /// Whether it only looks. A context in [`Phase::Read`](crate::Phase::Read) refuses the others.
    pub reads: bool,
    /// How it is asked to stop.
    pub stop: Stop,
}

/// How a process is asked to stop when the run is cancelled. A person who cancels again is passed on in
/// either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// One interrupt; a second one would mean "at once", and do harm (Terraform).
    #[default]
    Once,
    /// An interrupt, and another one each time this long has passed while it still runs: for a tool that
    /// can miss one (Ansible, between the start of a task and of its worker).
    Repeated(Duration),
    /// As [`Stop::Repeated`], for a tool that runs the true one in a session of its own and only looks on
    /// (ansible-runner): the interrupt goes to what it runs, so that it sees and tells how that ends; to the
    /// tool itself only while it runs nothing.
    RepeatedBelow(Duration),
}

/// A private file for one process. Its path is [`Context::private`](crate::Context::private) joined
/// with the name.
#[derive(Clone, Debug)]
pub struct SecretFile {
    /// The name, without a folder.
    pub name: String,
    /// The content.
    pub content: Secret,
    /// Whether it must be executable (mode 0700).
    pub executable: bool,
}

/// Which of a process's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Something that a process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessEvent {
    /// It wrote a line. Secrets are already replaced by `[hidden: NAME]`; bytes that are no UTF-8 are
    /// replaced; the line end is cut off. A line longer than 1 MiB comes in pieces.
    Line {
        /// Which stream.
        stream: Stream,
        /// The text.
        text: String,
    },
    /// It ended; nothing comes after.
    Exited(Exit),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    /// Whether the code is 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }

    /// The signal that ended it; a kill also where something in between tells it as a code (128 and 9).
    pub fn signal(self) -> Option<i32> {
        match self {
            Self::Signal(signal) => Some(signal),
            Self::Code(137) => Some(9),
            Self::Code(_) => None,
        }
    }
}

/// A running process.
///
/// When the run is cancelled, the context itself sends the group an interrupt (the gentle stop); the
/// connector goes on reading until [`ProcessEvent::Exited`]. Dropping the handle leaves it running.
#[async_trait]
pub trait Process: Send {
    /// Waits for what it does next. After [`ProcessEvent::Exited`] it must not be called again.
    ///
    /// Fails with [`ErrorKind::Unknown`](podium_diagnostics::ErrorKind::Unknown) when the process is
    /// gone and nobody saw how it ended.
    async fn next(&mut self) -> Result<ProcessEvent>;
}
