//! One far system at one address, for one verb of one step.

use async_trait::async_trait;
use podium_connector::{Context, HttpRequest, HttpResponse};
use podium_diagnostics::{ErrorKind, Result};
use podium_secret::Secret;
use serde_json::Value;

use crate::call::Call;
use crate::fault::{Dialect, elsewhere};
use crate::pages::{self, Next};

/// Secret headers: name and value.
pub type Headers = Vec<(String, Secret)>;

/// Gets a session in exchange for a credential: a token of its own, with an end.
#[async_trait]
pub trait Exchange: Send + Sync {
    /// Asks for a new one; the headers that carry it. Called at the first call, and once more when the
    /// system refuses what it gave.
    async fn login(&self, cx: &dyn Context) -> Result<Headers>;
}

/// How calls prove who sends them.
pub enum Login<'a> {
    /// With nothing.
    Open,
    /// With headers that hold as long as the credential does.
    Fixed(Headers),
    /// With a session that is asked for first, and anew where it has expired.
    Exchanged(Box<dyn Exchange + 'a>),
}

impl std::fmt::Debug for Login<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open => "Open",
            Self::Fixed(_) => "Fixed",
            Self::Exchanged(_) => "Exchanged",
        })
    }
}

/// A far system at its address, logged in.
pub struct Site<'a> {
    cx: &'a dyn Context,
    dialect: Dialect,
    base: String,
    login: Login<'a>,
    headers: Vec<(String, String)>,
    tls: Option<std::sync::Arc<podium_connector::Tls>>,
    session: std::sync::Mutex<Option<Headers>>,
}

impl<'a> Site<'a> {
    /// A system at this base address, without a slash at its end (see [`place`](crate::place)).
    pub fn new(
        cx: &'a dyn Context,
        dialect: Dialect,
        base: impl Into<String>,
        login: Login<'a>,
    ) -> Self {
        Self {
            cx,
            dialect,
            base: base.into(),
            login,
            headers: Vec::new(),
            tls: None,
            session: std::sync::Mutex::default(),
        }
    }

    /// Trusts what this names, where it names anything, in place of this computer's own store of
    /// certificates, in every call.
    #[must_use]
    pub fn trusting(mut self, tls: Option<std::sync::Arc<podium_connector::Tls>>) -> Self {
        self.tls = tls;
        self
    }

    /// Sends a header that may be logged with every call.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The context it works through.
    pub fn context(&self) -> &'a dyn Context {
        self.cx
    }

    /// The base address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// What people call the system.
    pub fn system(&self) -> &'static str {
        self.dialect.system
    }

    /// Sends a call; the JSON of a success, `null` where its body is empty.
    pub async fn send(&self, call: Call) -> Result<Value> {
        let reply = self.reply(call).await?;
        self.read(&reply)
    }

    /// As [`Site::send`]; `None` where the system says that there is no such thing.
    pub async fn find(&self, call: Call) -> Result<Option<Value>> {
        match self.send(call).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// As [`Site::send`], as text: a log.
    pub async fn text(&self, call: Call) -> Result<String> {
        Ok(self.reply(call).await?.text().into_owned())
    }

    /// Every page of a list, in order. `next` says where the following one is. Fails with POD0477 where
    /// the list does not come to an end.
    pub async fn pages(
        &self,
        call: Call,
        next: impl Fn(&Value, &HttpResponse) -> Option<Next> + Send,
    ) -> Result<Vec<Value>> {
        let mut call = call;
        let mut pages = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        loop {
            if !seen.insert(call.target()) || pages.len() == pages::MOST {
                return Err(pages::endless(self.system(), &call));
            }
            let reply = self.reply(call.clone()).await?;
            let page = self.read(&reply)?;
            let following = next(&page, &reply);
            pages.push(page);
            match following {
                None => return Ok(pages),
                Some(Next::Query(pairs)) => {
                    for (name, value) in pairs {
                        call.set_query(&name, value);
                    }
                }
                Some(Next::Link(link)) => {
                    call.path = self.path_of(&link)?;
                    call.query.clear();
                }
            }
        }
    }

    /// Sends a call and gives the reply of a success as it is.
    pub async fn reply(&self, call: Call) -> Result<HttpResponse> {
        let reply = self.sent(&call).await?;
        if reply.is_success() {
            return Ok(reply);
        }
        Err(self.dialect.refusal(&self.host(), &call, &reply))
    }

    /// As [`Site::reply`], where a success may also lie elsewhere: the address that a redirect gives. It
    /// is a secret of its own where it carries a token; nothing was sent there.
    pub async fn reply_or_address(&self, call: Call) -> Result<Result<HttpResponse, String>> {
        let reply = self.sent(&call).await?;
        if reply.is_success() {
            return Ok(Ok(reply));
        }
        match reply.header("location") {
            Some(address) if (300..400).contains(&reply.status) => Ok(Err(address.to_owned())),
            _ => Err(self.dialect.refusal(&self.host(), &call, &reply)),
        }
    }

    async fn sent(&self, call: &Call) -> Result<HttpResponse> {
        let reply = self.exchange(call, false).await?;
        // Nothing was done, so that asking again under a new session is safe for writes as well.
        if reply.status == 401 && matches!(self.login, Login::Exchanged(_)) {
            return self.exchange(call, true).await;
        }
        Ok(reply)
    }

    /// Path and query of an address that the system gave, below the base. Fails with POD0448 where it
    /// leads to another host.
    pub fn path_of(&self, link: &str) -> Result<String> {
        let path = if link.starts_with('/') && !link.starts_with("//") {
            link
        } else {
            let host = self.host();
            link.strip_prefix(&host)
                .filter(|rest| rest.starts_with('/'))
                .ok_or_else(|| elsewhere(self.dialect.system, &host, link))?
        };
        // A base with a path of its own: what the system gives begins with that path again.
        let own = self.base.get(self.host().len()..).unwrap_or_default();
        Ok(path.strip_prefix(own).unwrap_or(path).to_owned())
    }

    /// Scheme, host and port: what may be shown.
    pub fn host(&self) -> String {
        let Some((scheme, rest)) = self.base.split_once("://") else {
            return self.base.clone();
        };
        let authority = rest.split('/').next().unwrap_or_default();
        format!("{scheme}://{authority}")
    }

    fn read(&self, reply: &HttpResponse) -> Result<Value> {
        if reply.body.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&reply.body).map_err(|error| {
            self.dialect
                .not_json(&self.host(), reply, &error.to_string())
        })
    }

    async fn exchange(&self, call: &Call, anew: bool) -> Result<HttpResponse> {
        let url = format!("{}{}", self.base, call.target());
        let mut request = HttpRequest::write(call.method, url);
        request.reads = call.reads;
        request.repeatable = call.repeatable;
        request.tls.clone_from(&self.tls);
        for (name, value) in self.headers.iter().chain(&call.headers) {
            request = request.header(name, value);
        }
        if !call.headers.iter().any(|(name, _)| name == "accept") {
            request = request.header("accept", "application/json");
        }
        if let Some((kind, body)) = &call.body {
            request = request.body(kind, body.clone());
        }
        for (name, value) in self.session(anew).await? {
            request = request.secret_header(name, value);
        }
        self.cx.http(request).await
    }

    async fn session(&self, anew: bool) -> Result<Headers> {
        let exchange = match &self.login {
            Login::Open => return Ok(Headers::new()),
            Login::Fixed(headers) => return Ok(headers.clone()),
            Login::Exchanged(exchange) => exchange,
        };
        let known = self.kept().clone();
        if let Some(headers) = known.filter(|_| !anew) {
            return Ok(headers);
        }
        let headers = exchange.login(self.cx).await?;
        *self.kept() = Some(headers.clone());
        Ok(headers)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Headers>> {
        self.session
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
