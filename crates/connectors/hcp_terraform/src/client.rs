//! HCP Terraform's calls as values (JSON:API), and its answers read in one place.

use std::sync::Arc;

use podium_connector::{Context, Fact, HttpRequest, HttpResponse, Identity, Method, Mode, Tls};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Dialect, Fault, Login, Next, Site, place, secret, segment, trust};
use podium_secret::Secret;
use serde_json::{Value, json};

use crate::archive::Archivist;

pub(crate) const SYSTEM: &str = "HCP Terraform";
const HCP: Dialect = Dialect {
    system: SYSTEM,
    fault,
};
const PUBLIC: &str = "https://app.terraform.io";
const MEDIA: &str = "application/vnd.api+json";
const PAGE: u32 = 100;
pub(crate) const STALE: Code = Code::new("POD0490");
pub(crate) const NAME: Code = Code::new("POD0493");

/// What a refusal says: the errors of JSON:API, each with a title and perhaps a detail.
fn fault(reply: &HttpResponse) -> Option<Fault> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let errors = body["errors"].as_array()?;
    let mut said: Vec<String> = Vec::new();
    for error in errors {
        let text = |name: &str| error[name].as_str().filter(|text| !text.is_empty());
        let pointer = error["source"]["pointer"].as_str();
        let words = match (text("title"), text("detail"), error.as_str()) {
            (Some(title), Some(detail), _) if title != detail => format!("{title}: {detail}"),
            (Some(words), ..) | (_, Some(words), _) | (.., Some(words)) => words.to_owned(),
            _ => continue,
        };
        said.push(match pointer {
            Some(pointer) => format!("{words} ({pointer})"),
            None => words,
        });
    }
    Some(Fault {
        message: said.join("; "),
        code: errors
            .first()
            .and_then(|error| error["code"].as_str())
            .map(str::to_owned),
    })
}

/// A call in JSON:API.
pub(crate) fn get(path: impl Into<String>) -> Call {
    Call::get(path).header("accept", MEDIA)
}

pub(crate) fn post(path: impl Into<String>, body: &Value) -> Call {
    Call::post(path, &Value::Null).header("accept", MEDIA).body(
        MEDIA,
        if body.is_null() {
            String::new()
        } else {
            body.to_string()
        },
    )
}

pub(crate) fn patch(path: impl Into<String>, body: &Value) -> Call {
    Call::patch(path, &Value::Null)
        .header("accept", MEDIA)
        .body(MEDIA, body.to_string())
}

/// A workspace there, as far as a step looks at it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) organization: String,
    pub(crate) mode: String,
    pub(crate) locked: bool,
    pub(crate) locked_because: String,
    pub(crate) vcs: Option<String>,
    pub(crate) resources: u64,
    pub(crate) has_state: bool,
    pub(crate) permissions: Value,
}

impl Workspace {
    fn read(organization: &str, data: &Value) -> Self {
        let attributes = &data["attributes"];
        let text = |name: &str| attributes[name].as_str().unwrap_or_default().to_owned();
        Self {
            id: data["id"].as_str().unwrap_or_default().to_owned(),
            name: text("name"),
            organization: organization.to_owned(),
            mode: text("execution-mode"),
            locked: attributes["locked"].as_bool().unwrap_or(false),
            locked_because: text("locked-reason"),
            vcs: attributes["vcs-repo"]["identifier"]
                .as_str()
                .map(str::to_owned),
            resources: attributes["resource-count"].as_u64().unwrap_or(0),
            has_state: data
                .pointer("/relationships/current-state-version/data/id")
                .is_some_and(Value::is_string),
            permissions: attributes["permissions"].clone(),
        }
    }

    /// Fails where HCP Terraform only keeps the state, and plans nothing itself.
    pub(crate) fn runs_there(&self) -> Result<()> {
        if self.mode != "local" {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            NAME,
            format!("The workspace `{}` has the execution mode `local`: {SYSTEM} only keeps its state.", self.name),
        )
        .with_hint("Choose `remote` or `agent` in the workspace's settings, or use the steps `terraform/…` on this computer."))
    }

    pub(crate) fn may(&self, right: &str) -> Option<bool> {
        self.permissions[right].as_bool()
    }
}

/// HCP Terraform or Terraform Enterprise, for one verb of one step.
pub(crate) struct Client<'a> {
    pub(crate) cx: &'a dyn Context,
    pub(crate) site: Site<'a>,
    pub(crate) archivist: Archivist,
    host: String,
    /// The installation of a company keeps its archives behind the same authority.
    trust: Option<Arc<Tls>>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(cx: &'a dyn Context) -> Result<Self> {
        let own = |name: &str| {
            let lease = cx.credential("hcp")?;
            let text = lease.fields.get(name)?.trim().trim_end_matches('/');
            (!text.is_empty()).then(|| text.to_owned())
        };
        let (base, token, trust) = if cx.mode() == Mode::Simulated || own("url").is_some() {
            let place = place(cx, "hcp", SYSTEM)?;
            let token = match place.lease {
                Some(lease) => secret(lease, "token", SYSTEM)?.clone(),
                None => Secret::from("practice"),
            };
            (place.base, token, place.trust)
        } else {
            let lease = cx.credential("hcp").ok_or_else(|| {
                Error::new(
                    ErrorKind::Unauthorized,
                    Code::new("POD0478"),
                    format!("No credential for {SYSTEM} is bound to this step."),
                )
                .with_hint("Bind one in the environment, or store one under Credentials first.")
            })?;
            (
                PUBLIC.to_owned(),
                secret(lease, "token", SYSTEM)?.clone(),
                trust(Some(lease)),
            )
        };
        let host = base.strip_suffix("/api/v2").unwrap_or(&base).to_owned();
        let mut bearer = b"Bearer ".to_vec();
        bearer.extend_from_slice(token.expose());
        let login = Login::Fixed(vec![("authorization".to_owned(), Secret::new(bearer))]);
        Ok(Self {
            cx,
            archivist: Archivist::of(&host, own("storage").as_deref()),
            site: Site::new(cx, HCP, format!("{host}/api/v2"), login).trusting(trust.clone()),
            trust,
            host,
        })
    }

    /// Where a person looks at a run; nothing in practice, where there is no page.
    pub(crate) fn page(&self, workspace: &Workspace, run: &str) -> Option<String> {
        (self.cx.mode() == Mode::Real).then(|| {
            format!(
                "{}/app/{}/workspaces/{}/runs/{}",
                self.host,
                segment(&workspace.organization),
                segment(&workspace.name),
                segment(run)
            )
        })
    }

    pub(crate) async fn identity(&self, organization: Option<&str>) -> Result<Identity> {
        let account = self.site.send(get("/account/details")).await?;
        let attributes = &account["data"]["attributes"];
        let text = |name: &str| attributes[name].as_str().filter(|text| !text.is_empty());
        let user = match (text("username"), text("email")) {
            (Some(name), Some(email)) => format!("{name} ({email})"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => "API token".to_owned(),
        };
        let host = self.site.host();
        Ok(Identity {
            system: "hcp-terraform".into(),
            facts: Fact::list([
                ("server", host.as_str()),
                ("user", text("username").unwrap_or_default()),
                ("user", text("email").unwrap_or_default()),
            ]),
            account: organization.unwrap_or("HCP Terraform").to_owned(),
            user,
            place: Some(host),
            expires: None,
        })
    }

    /// Every entry of a list, in order.
    pub(crate) async fn list(&self, call: Call) -> Result<Vec<Value>> {
        let call = call.query("page[number]", 1).query("page[size]", PAGE);
        let pages = self
            .site
            .pages(call, |page, _| {
                let next = page["meta"]["pagination"]["next-page"].as_u64()?;
                Some(Next::Query(vec![(
                    "page[number]".to_owned(),
                    next.to_string(),
                )]))
            })
            .await?;
        Ok(pages
            .into_iter()
            .flat_map(|mut page| match page["data"].take() {
                Value::Array(list) => list,
                _ => Vec::new(),
            })
            .collect())
    }

    pub(crate) async fn organizations(&self) -> Result<Vec<Value>> {
        self.list(get("/organizations")).await
    }

    pub(crate) async fn workspaces(&self, organization: &str) -> Result<Vec<Value>> {
        let path = format!("/organizations/{}/workspaces", segment(organization));
        self.list(get(path)).await
    }

    pub(crate) async fn workspace(&self, organization: &str, name: &str) -> Result<Workspace> {
        let path = format!(
            "/organizations/{}/workspaces/{}",
            segment(organization),
            segment(name)
        );
        let found = self.site.find(get(path)).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                NAME,
                format!("{SYSTEM} has no workspace `{name}` in the organisation `{organization}`, or the token may not see it."),
            )
            .with_hint("Choose one from the list. A token without the right gets the same answer as for one that is not there.")
        })?;
        Ok(Workspace::read(organization, &found["data"]))
    }

    /// The resources of the current state; nothing where there is no state.
    pub(crate) async fn resources(&self, workspace: &Workspace) -> Result<Vec<Resource>> {
        let path = format!(
            "/workspaces/{}/current-state-version",
            segment(&workspace.id)
        );
        let found = self.site.find(get(path)).await?.unwrap_or_default();
        let mut resources: Vec<Resource> = found["data"]["attributes"]["resources"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| {
                let text = |name: &str| entry[name].as_str().unwrap_or_default();
                let (kind, name, module) = (text("type"), text("name"), text("module"));
                let address = match module {
                    "" | "root" => format!("{kind}.{name}"),
                    module => format!("{}.{kind}.{name}", module_of(module)),
                };
                Resource {
                    address,
                    kind: kind.to_owned(),
                    count: entry["count"].as_u64().unwrap_or(1),
                }
            })
            .collect();
        resources.sort_by(|a, b| a.address.cmp(&b.address));
        Ok(resources)
    }

    /// Open outputs of the current state, and the names of those that are not shown.
    pub(crate) async fn outputs(
        &self,
        workspace: &Workspace,
    ) -> Result<(serde_json::Map<String, Value>, Vec<String>)> {
        let path = format!(
            "/workspaces/{}/current-state-version-outputs",
            segment(&workspace.id)
        );
        let list = match self.list(get(path)).await {
            Err(error) if error.kind == ErrorKind::NotFound => Vec::new(),
            list => list?,
        };
        let mut open = serde_json::Map::new();
        let mut hidden = Vec::new();
        for entry in list {
            let attributes = &entry["attributes"];
            let Some(name) = attributes["name"].as_str() else {
                continue;
            };
            if attributes["sensitive"].as_bool().unwrap_or(false) {
                hidden.push(name.to_owned());
            } else {
                open.insert(name.to_owned(), attributes["value"].clone());
            }
        }
        open.sort_keys();
        hidden.sort();
        Ok((open, hidden))
    }

    /// A run with its plan, its apply and what it costs beside it.
    pub(crate) async fn run(&self, id: &str) -> Result<crate::run::Run> {
        let call = get(format!("/runs/{}", segment(id)))
            .query("include", "plan,apply,cost_estimate,task_stages");
        let reply = self.site.send(call).await?;
        Ok(crate::run::Run::read(&reply))
    }

    /// The newest runs of a workspace.
    pub(crate) async fn recent(&self, workspace: &str, status: Option<&str>) -> Result<Vec<Value>> {
        let mut call = get(format!("/workspaces/{}/runs", segment(workspace)))
            .query("page[number]", 1)
            .query("page[size]", PAGE);
        if let Some(status) = status {
            call = call.query("filter[status]", status);
        }
        let mut reply = self.site.send(call).await?;
        Ok(match reply["data"].take() {
            Value::Array(list) => list,
            _ => Vec::new(),
        })
    }

    /// Does something with a run; 409 means that it is no longer in the state for it.
    pub(crate) async fn act(
        &self,
        run: &str,
        action: &str,
        comment: &str,
        only_looks: bool,
    ) -> Result<()> {
        let path = format!("/runs/{}/actions/{action}", segment(run));
        let mut call = post(path, &json!({ "comment": comment })).needs(match action {
            "apply" => "can-apply",
            "discard" => "can-discard",
            _ => "can-cancel",
        });
        if only_looks {
            call = call.looks();
        }
        match self.site.send(call).await {
            Err(error) if error.kind == ErrorKind::Conflict => Ok(()),
            done => done.map(drop),
        }
    }

    /// What a plan would change, in Terraform's JSON. Nothing where the token may not read it, or where
    /// there is none.
    pub(crate) async fn plan(&self, plan: &str) -> Result<Option<podium_tfplan::Plan>> {
        let call = get(format!("/plans/{}/json-output", segment(plan)));
        let text = match self.site.reply_or_address(call).await {
            Ok(Ok(reply)) => reply.body,
            Ok(Err(address)) => match self.fetch(&address).await? {
                Some(text) => text,
                None => return Ok(None),
            },
            Err(error)
                if matches!(
                    error.kind,
                    ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Invalid
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        Ok(podium_tfplan::Plan::read(&String::from_utf8_lossy(&text)))
    }

    /// Reads what lies at an address that carries its own token: without ours, and only at the storage
    /// that belongs to this system. Nothing where it is elsewhere, or not there.
    pub(crate) async fn fetch(&self, address: &str) -> Result<Option<Vec<u8>>> {
        let Some(url) = self.archivist.admit(address) else {
            return Ok(None);
        };
        let tls = self.trusted(&url);
        let mut request = HttpRequest::get(url);
        request.tls = tls;
        request.timeout = Some(std::time::Duration::from_secs(60));
        let reply = self.cx.http(request).await?;
        if matches!(reply.status, 404 | 410) {
            return Ok(None);
        }
        if !reply.is_success() {
            return Err(Self::refused(&reply));
        }
        Ok(Some(reply.body))
    }

    /// Puts a packed folder at an address that carries its own token.
    pub(crate) async fn upload(
        &self,
        address: &str,
        content: Vec<u8>,
        only_looks: bool,
    ) -> Result<()> {
        let Some(url) = self.archivist.admit(address) else {
            return Err(Archivist::refusal());
        };
        let tls = self.trusted(&url);
        let mut request =
            HttpRequest::write(Method::Put, url).body("application/octet-stream", content);
        request.repeatable = true;
        request.reads = only_looks;
        request.timeout = Some(std::time::Duration::from_secs(300));
        request.tls = tls;
        let reply = self.cx.http(request).await?;
        if reply.is_success() {
            return Ok(());
        }
        Err(Self::refused(&reply))
    }

    /// The credential's authority speaks for its own address, and for no storage elsewhere.
    fn trusted(&self, url: &str) -> Option<Arc<Tls>> {
        let own = url.strip_prefix(&self.host)?.starts_with('/');
        self.trust.clone().filter(|_| own)
    }

    /// The storage's refusal; its address stays out of it.
    fn refused(reply: &HttpResponse) -> Error {
        let status = reply.status;
        let kind = if status >= 500 {
            ErrorKind::Unreachable
        } else {
            ErrorKind::Failed
        };
        Error::new(
            kind,
            Code::new("POD0476"),
            format!("The storage of {SYSTEM} answers {status}."),
        )
        .with_hint(
            "Try again in some minutes; an address of the storage ends after about half an hour.",
        )
        .with_context(podium_connector::STATUS, status)
        .with_retry(if status >= 500 {
            podium_diagnostics::Retry::Temporary
        } else {
            podium_diagnostics::Retry::Permanent
        })
    }
}

fn module_of(module: &str) -> String {
    if module.starts_with("module.") {
        module.to_owned()
    } else {
        module
            .split('.')
            .map(|part| format!("module.{part}"))
            .collect::<Vec<_>>()
            .join(".")
    }
}

/// Something in the state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) address: String,
    pub(crate) kind: String,
    pub(crate) count: u64,
}
