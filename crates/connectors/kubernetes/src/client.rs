//! A cluster, through `kube`: requests as values, each sent by the context, so that its layers (the
//! fence of a preview, repeats, redaction) stay the only door to the network.
//!
//! `kube::Client` wants a service that owns what it needs, and a context is lent. So the service hands
//! each request over a channel, and [`Cluster::drive`] answers them while it waits for the work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::channel::{mpsc, oneshot};
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use http_body_util::BodyExt as _;
use kube::client::Body;
use kube::core::Status;
use kube::core::params::{
    DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy,
};
use kube::core::request::Request;
use podium_connector::{Context, HttpRequest, HttpResponse, Method};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::auth::{Granted, Login};
use crate::errors::{self, NOT_KUBERNETES};
use crate::object::Ref;

/// Who sets fields, in the cluster's own books.
pub(crate) const MANAGER: &str = "podium";
/// Objects in one page of a list.
const PAGE: u32 = 500;
/// Pages of one list; a server that repeats its token for ever must not hold the step.
const PAGES: usize = 2_000;

type Raw = http::Request<Body>;
type Reply = http::Response<Body>;
type Answered = std::result::Result<Reply, tower::BoxError>;
type Call = (Raw, oneshot::Sender<Answered>);

/// What came of a call that may be refused.
pub(crate) type Asked<T> = Result<std::result::Result<T, Box<Status>>>;

/// A kind of a cluster, and where its objects are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_field_names)] // As the wire names it.
pub(crate) struct Kind {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
    pub(crate) verbs: Vec<String>,
}

impl Kind {
    /// Where the objects are: `/apis/apps/v1/namespaces/shop/deployments`.
    pub(crate) fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.api_version.contains('/') {
            "apis"
        } else {
            "api"
        };
        let (version, plural) = (&self.api_version, &self.plural);
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("/{root}/{version}/namespaces/{namespace}/{plural}"),
            None => format!("/{root}/{version}/{plural}"),
        }
    }

    pub(crate) fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }
}

/// How an object is applied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Apply<'a> {
    /// Only tried; nothing is stored.
    pub(crate) dry: bool,
    /// Takes fields over from other managers.
    pub(crate) force: bool,
    pub(crate) manager: &'a str,
}

/// How an object is deleted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remove {
    pub(crate) dry: bool,
    /// Only this very object, not another one of the same name.
    pub(crate) uid: Option<String>,
    pub(crate) policy: Option<PropagationPolicy>,
    pub(crate) grace: Option<u32>,
}

/// One cluster, for one verb.
pub(crate) struct Cluster<'a> {
    pub(crate) cx: &'a dyn Context,
    pub(crate) login: Login,
    client: kube::Client,
    calls: futures::lock::Mutex<mpsc::UnboundedReceiver<Call>>,
    granted: Mutex<Option<Granted>>,
    kinds: Mutex<BTreeMap<String, Option<Vec<Kind>>>>,
    warnings: Mutex<BTreeSet<String>>,
}

impl<'a> Cluster<'a> {
    /// Reads the credential; asks nothing yet, but starts the program that logs in where there is one.
    pub(crate) async fn open(cx: &'a dyn Context) -> Result<Self> {
        let login = Login::of(cx)?;
        let granted = match &login.program {
            Some(program) => Some(program.ask(cx, false).await?),
            None => None,
        };
        let (sender, calls) = mpsc::unbounded::<Call>();
        let service = tower::service_fn(move |request: Raw| {
            let sender = sender.clone();
            async move {
                let (answer, answered) = oneshot::channel();
                sender
                    .unbounded_send((request, answer))
                    .map_err(|_| tower::BoxError::from("the verb has ended"))?;
                answered
                    .await
                    .unwrap_or_else(|_| Err(tower::BoxError::from("the verb has ended")))
            }
        });
        let namespace = login.namespace.clone().unwrap_or_else(|| "default".into());
        Ok(Self {
            cx,
            client: kube::Client::new(service, namespace),
            login,
            calls: futures::lock::Mutex::new(calls),
            granted: Mutex::new(granted),
            kinds: Mutex::default(),
            warnings: Mutex::default(),
        })
    }

    /// The namespace of objects that name none.
    pub(crate) fn namespace(&self) -> &str {
        self.client.default_namespace()
    }

    /// What the cluster warned of, and what is unsafe about the connection.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let heard = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        self.login
            .warnings
            .iter()
            .cloned()
            .chain(heard.iter().cloned())
            .collect()
    }

    /// Waits for work that uses the client, and meanwhile carries out what it asks for.
    async fn drive<T>(
        &self,
        work: impl Future<Output = std::result::Result<T, kube::Error>> + Send,
    ) -> Asked<T> {
        let mut calls = self.calls.lock().await;
        let mut open = FuturesUnordered::new();
        let mut work = std::pin::pin!(work.fuse());
        let result = loop {
            futures::select! {
                result = work => break result,
                call = calls.next() => {
                    if let Some((request, answer)) = call {
                        open.push(async move {
                            let reply = self.answer(request).await;
                            // Whoever asked may have gone; then nobody needs the reply.
                            let _ = answer.send(reply.map_err(tower::BoxError::from));
                        });
                    }
                }
                () = open.select_next_some() => {}
            }
        };
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(kube::Error::Api(status)) => Ok(Err(status)),
            Err(kube::Error::Service(error)) => Err(match error.downcast::<Error>() {
                Ok(error) => *error,
                Err(other) => self.unreadable(&other),
            }),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    fn unreadable(&self, why: &dyn std::fmt::Display) -> Error {
        Error::new(
            ErrorKind::Failed,
            NOT_KUBERNETES,
            format!("The reply of `{}` cannot be read.", self.login.server),
        )
        .with_hint("Check that the address is that of a Kubernetes server.")
        .with_source(why.to_string().chars().take(300).collect::<String>())
    }

    /// Sends one request by the context.
    async fn answer(&self, request: Raw) -> Result<Reply> {
        let (parts, body) = request.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|error| self.unreadable(&error))?
            .to_bytes();
        let path = parts
            .uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str);
        let mut sent = to_send(&self.login.server, &parts.method, path, &body)?;
        sent.body = body.to_vec();
        for (name, value) in &parts.headers {
            sent = sent.header(
                name.as_str(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            );
        }
        let granted = self.held();
        let mut reply = self
            .cx
            .http(self.login.sign(sent.clone(), granted.as_ref()))
            .await?;
        if reply.status == 401
            && let Some(program) = &self.login.program
        {
            // The token ended sooner than it said; what is refused was not done.
            let anew = program.ask(self.cx, true).await?;
            *self.granted.lock().unwrap_or_else(PoisonError::into_inner) = Some(anew.clone());
            reply = self.cx.http(self.login.sign(sent, Some(&anew))).await?;
        }
        self.hear(&reply);
        self.read(&reply)
    }

    fn held(&self) -> Option<Granted> {
        self.granted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What the credential is now: with the token that a program gave, for a tool that needs one.
    pub(crate) fn proof(&self) -> (Login, Option<Granted>) {
        (self.login.clone(), self.held())
    }

    /// `Warning: 299 - "…"`.
    fn hear(&self, reply: &HttpResponse) {
        for (name, value) in &reply.headers {
            if name == "warning"
                && let Some(words) = value.split('"').nth(1)
            {
                let mut heard = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
                heard.insert(format!("The cluster warns: {words}"));
            }
        }
    }

    /// Only what a Kubernetes server says goes on to `kube`; the rest is told here.
    fn read(&self, reply: &HttpResponse) -> Result<Reply> {
        let text = reply.text();
        let is_status = || {
            serde_json::from_str::<Value>(&text)
                .is_ok_and(|value| value.get("kind").and_then(Value::as_str) == Some("Status"))
        };
        let html = text.trim_start().starts_with('<');
        let odd = match reply.status {
            200..=299 | 404 => html,
            _ => !is_status(),
        };
        if odd {
            return Err(errors::not_kubernetes(
                reply.status,
                &self.login.server,
                &text,
            ));
        }
        http::Response::builder()
            .status(reply.status)
            .body(Body::from(text.into_owned().into_bytes()))
            .map_err(|error| self.unreadable(&error))
    }

    /// Any call whose answer is JSON.
    pub(crate) async fn ask(&self, request: http::Request<Vec<u8>>) -> Asked<Value> {
        let text = self.drive(self.client.request_text(request)).await?;
        Ok(match text {
            Ok(text) => Ok(serde_json::from_str(&text).map_err(|error| self.unreadable(&error))?),
            Err(status) => Err(status),
        })
    }

    /// As [`Cluster::ask`], where a refusal is an error.
    pub(crate) async fn call(&self, request: http::Request<Vec<u8>>) -> Result<Value> {
        self.ask(request)
            .await?
            .map_err(|status| errors::refused(&status, None))
    }

    /// Looks at a path that is none of an object: `/version`.
    pub(crate) async fn look(&self, path: &str) -> Result<Value> {
        self.call(Self::built(http::Request::get(path).body(Vec::new()))?)
            .await
    }

    fn built<E: std::fmt::Display>(
        request: std::result::Result<http::Request<Vec<u8>>, E>,
    ) -> Result<http::Request<Vec<u8>>> {
        request.map_err(|error| {
            Error::new(
                ErrorKind::Invalid,
                errors::REFUSED,
                "A name or a selector cannot stand in an address.",
            )
            .with_hint("Check the names in the manifests.")
            .with_source(error)
        })
    }

    /// The kinds of a group and version, or nothing where the cluster does not have it.
    async fn kinds(&self, api_version: &str) -> Result<Option<Vec<Kind>>> {
        {
            let known = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(kinds) = known.get(api_version) {
                return Ok(kinds.clone());
            }
        }
        let root = if api_version.contains('/') {
            "apis"
        } else {
            "api"
        };
        let request =
            Self::built(http::Request::get(format!("/{root}/{api_version}")).body(Vec::new()))?;
        let kinds = match self.ask(request).await? {
            Ok(found) => Some(read_kinds(api_version, &found)),
            Err(status) if status.code == 404 => None,
            Err(status) => return Err(errors::refused(&status, None)),
        };
        let mut known = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(api_version.to_owned(), kinds.clone());
        Ok(kinds)
    }

    /// Forgets the kinds of a group and version, since a definition was just made.
    pub(crate) fn forget_kinds(&self, api_version: &str) {
        let mut known = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(api_version);
    }

    /// Where the objects of a kind are, or nothing where the cluster does not have it.
    pub(crate) async fn kind(&self, api_version: &str, kind: &str) -> Result<Option<Kind>> {
        let kinds = self.kinds(api_version).await?.unwrap_or_default();
        Ok(kinds.into_iter().find(|known| known.kind == kind))
    }

    /// As [`Cluster::kind`], where a missing kind is an error.
    pub(crate) async fn known_kind(&self, api_version: &str, kind: &str) -> Result<Kind> {
        self.kind(api_version, kind).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                errors::REFUSED,
                format!("The cluster has no kind `{kind}` in `{api_version}`."),
            )
            .with_hint("Check the API version; a kind of an add-on needs its CustomResourceDefinition first.")
        })
    }

    /// One object, or nothing.
    pub(crate) async fn get(&self, kind: &Kind, object: &Ref) -> Asked<Option<Value>> {
        let path = kind.path(object.namespace.as_deref());
        let request = Self::built(
            Request::new(path).get(&object.name, &kube::core::params::GetParams::default()),
        )?;
        Ok(match self.ask(request).await? {
            Ok(found) => Ok(Some(found)),
            Err(status) if status.code == 404 => Ok(None),
            Err(status) => Err(status),
        })
    }

    /// As [`Cluster::get`], where a refusal is an error; a kind that is not there has no objects.
    pub(crate) async fn find(&self, object: &Ref) -> Result<Option<Value>> {
        let Some(kind) = self.kind(&object.api_version, &object.kind).await? else {
            return Ok(None);
        };
        self.get(&kind, object)
            .await?
            .map_err(|status| errors::refused(&status, Some(object)))
    }

    /// Server-side apply.
    pub(crate) async fn apply(
        &self,
        kind: &Kind,
        object: &Ref,
        content: &Value,
        how: Apply<'_>,
    ) -> Asked<Value> {
        let params = PatchParams {
            dry_run: how.dry,
            force: how.force,
            field_manager: Some(how.manager.to_owned()),
            field_validation: Some(kube::core::params::ValidationDirective::Strict),
        };
        let path = kind.path(object.namespace.as_deref());
        let request =
            Self::built(Request::new(path).patch(&object.name, &params, &Patch::Apply(content)))?;
        self.ask(request).await
    }

    /// A merge patch.
    pub(crate) async fn patch(
        &self,
        kind: &Kind,
        object: &Ref,
        change: &Value,
        dry: bool,
    ) -> Asked<Value> {
        let params = PatchParams {
            dry_run: dry,
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let path = kind.path(object.namespace.as_deref());
        let request =
            Self::built(Request::new(path).patch(&object.name, &params, &Patch::Merge(change)))?;
        self.ask(request).await
    }

    /// Makes an object that must not be there.
    pub(crate) async fn create(&self, kind: &Kind, object: &Ref, content: &Value) -> Asked<Value> {
        let params = PostParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PostParams::default()
        };
        let path = kind.path(object.namespace.as_deref());
        let request =
            Self::built(Request::new(path).create(&params, content.to_string().into_bytes()))?;
        self.ask(request).await
    }

    /// Puts a whole object in place of the one of its `resourceVersion`.
    pub(crate) async fn replace(
        &self,
        kind: &Kind,
        object: &Ref,
        content: &Value,
        manager: &str,
    ) -> Asked<Value> {
        let params = PostParams {
            field_manager: Some(manager.to_owned()),
            ..PostParams::default()
        };
        let path = kind.path(object.namespace.as_deref());
        let body = content.to_string().into_bytes();
        let request = Self::built(Request::new(path).replace(&object.name, &params, body))?;
        self.ask(request).await
    }

    /// Deletes one object; `false` where it was not there.
    pub(crate) async fn delete(&self, kind: &Kind, object: &Ref, how: &Remove) -> Asked<bool> {
        let params = DeleteParams {
            dry_run: how.dry,
            propagation_policy: how.policy.clone(),
            grace_period_seconds: how.grace,
            preconditions: how.uid.clone().map(|uid| Preconditions {
                uid: Some(uid),
                resource_version: None,
            }),
        };
        let path = kind.path(object.namespace.as_deref());
        let request = Self::built(Request::new(path).delete(&object.name, &params))?;
        Ok(match self.ask(request).await? {
            Ok(_) => Ok(true),
            Err(status) if status.code == 404 => Ok(false),
            Err(status) => Err(status),
        })
    }

    /// Every object of a kind, page by page; in all namespaces without one.
    pub(crate) async fn list(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        labels: Option<&str>,
        fields: Option<&str>,
    ) -> Asked<Vec<Value>> {
        let mut all = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..PAGES {
            let params = ListParams {
                label_selector: labels.map(str::to_owned),
                field_selector: fields.map(str::to_owned),
                limit: Some(PAGE),
                continue_token: next.take(),
                ..ListParams::default()
            };
            let request = Self::built(Request::new(kind.path(namespace)).list(&params))?;
            let mut page = match self.ask(request).await? {
                Ok(page) => page,
                Err(status) => return Ok(Err(status)),
            };
            next = page
                .pointer("/metadata/continue")
                .and_then(Value::as_str)
                .filter(|token| !token.is_empty())
                .map(str::to_owned);
            if let Some(items) = page.get_mut("items").and_then(Value::as_array_mut) {
                for mut item in items.drain(..) {
                    // Items of a list do not repeat what they are.
                    item["apiVersion"] = Value::from(kind.api_version.as_str());
                    item["kind"] = Value::from(kind.kind.as_str());
                    all.push(item);
                }
            }
            if next.is_none() {
                break;
            }
        }
        Ok(Ok(all))
    }

    /// The last lines of a container.
    pub(crate) async fn log(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
    ) -> Asked<String> {
        let params = kube::core::subresource::LogParams {
            container: Some(container.to_owned()),
            previous,
            tail_lines: Some(20),
            limit_bytes: Some(64 * 1024),
            ..kube::core::subresource::LogParams::default()
        };
        let path = format!("/api/v1/namespaces/{namespace}/pods");
        let request = Self::built(Request::new(path).logs(pod, &params))?;
        self.drive(self.client.request_text(request)).await
    }
}

fn read_kinds(api_version: &str, found: &Value) -> Vec<Kind> {
    crate::object::list(found, "/resources")
        .iter()
        .filter_map(|resource| {
            let plural = resource.get("name")?.as_str()?;
            if plural.contains('/') {
                return None;
            }
            Some(Kind {
                api_version: api_version.to_owned(),
                kind: resource.get("kind")?.as_str()?.to_owned(),
                plural: plural.to_owned(),
                namespaced: resource.get("namespaced")?.as_bool()?,
                verbs: crate::object::list(resource, "/verbs")
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
            })
        })
        .collect()
}

/// The request as a value: whether it only looks, and whether it may be sent again.
fn to_send(server: &str, method: &http::Method, path: &str, body: &[u8]) -> Result<HttpRequest> {
    let url = format!("{server}{}", path.trim_end_matches('?'));
    let query = path.split_once('?').map_or("", |(_, query)| query);
    // A deletion says it in its body.
    let dry = query.split('&').any(|pair| pair == "dryRun=All")
        || (method == http::Method::DELETE
            && serde_json::from_slice::<Value>(body)
                .is_ok_and(|options| options["dryRun"] == serde_json::json!(["All"])));
    let method = match method.as_str() {
        "GET" => return Ok(timed(HttpRequest::get(url))),
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        other => {
            return Err(Error::new(
                ErrorKind::Internal,
                NOT_KUBERNETES,
                format!("`{other}` is no method of this connector."),
            ));
        }
    };
    let mut request = HttpRequest::write(method, url);
    // A review asks a question by POST.
    request.reads = dry || (method == Method::Post && path.ends_with("reviews"));
    // Applying twice is the same as applying once, and a deletion names the very object by its uid.
    request.repeatable = request.reads || matches!(method, Method::Patch | Method::Delete);
    Ok(timed(request))
}

fn timed(mut request: HttpRequest) -> HttpRequest {
    request.timeout = Some(Duration::from_secs(60));
    request
}
