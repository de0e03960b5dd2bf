//! Schematics' calls as values, and its answers read in one place.

use std::collections::BTreeMap;

use podium_connector::{Context, Fact, HttpResponse, Identity, Mode};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Dialect, Fault, Login, Next, Site, place, secret, segment, trust};
use podium_secret::Secret;
use serde_json::{Value, json};

use crate::auth::{Bearer, Delegating, IAM_URL, Iam};
use crate::config::Command;

pub(crate) const SYSTEM: &str = "IBM Cloud Schematics";
const SCHEMATICS: Dialect = Dialect {
    system: SYSTEM,
    fault,
};
/// The public address; a workspace's own region answers at a name below it.
pub(crate) const PUBLIC: &str = "schematics.cloud.ibm.com";
const CONSOLE: &str = "https://cloud.ibm.com/automation/schematics/terraform";
/// Entries asked for at once.
const PAGE: u64 = 100;

pub(crate) const FAILED: Code = Code::new("POD0495");
pub(crate) const HELD: Code = Code::new("POD0491");
pub(crate) const NAME: Code = Code::new("POD0493");

/// What a refusal says. The form is unconfirmed: `message` with `messageid`, or `errors[].message`.
fn fault(reply: &HttpResponse) -> Option<Fault> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let first = &body["errors"][0];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some(Fault {
        message: text(&body["message"]).or_else(|| text(&first["message"]))?,
        code: text(&body["messageid"]).or_else(|| text(&first["code"])),
    })
}

/// A workspace, as far as a step looks at it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) says: String,
    pub(crate) locked_by: Option<String>,
    pub(crate) frozen_by: Option<String>,
    pub(crate) location: String,
    pub(crate) terraform: String,
    pub(crate) template: String,
    pub(crate) folder: String,
    pub(crate) url: String,
    pub(crate) branch: String,
    pub(crate) release: String,
    pub(crate) commit: String,
    pub(crate) variables: Vec<Variable>,
}

/// A variable of a workspace. Of a secure one the value is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) secure: bool,
}

impl Variable {
    pub(crate) fn read(entry: &Value) -> Option<Self> {
        let secure = entry["secure"].as_bool().unwrap_or(false);
        Some(Self {
            name: entry["name"].as_str()?.to_owned(),
            value: entry["value"]
                .as_str()
                .filter(|_| !secure)
                .map(str::to_owned),
            kind: entry["type"].as_str().map(str::to_owned),
            secure,
        })
    }

    /// As the API takes it.
    pub(crate) fn body(&self, secret: Option<&Secret>) -> Value {
        let mut body = json!({
            "name": self.name,
            "value": secret.and_then(Secret::expose_str).map(str::to_owned).or_else(|| self.value.clone()).unwrap_or_default(),
            "secure": self.secure,
        });
        if let Some(kind) = self.kind.as_deref().filter(|kind| !kind.is_empty()) {
            body["type"] = json!(kind);
        }
        body
    }
}

impl Workspace {
    fn read(value: &Value) -> Self {
        let text = |pointer: &str| {
            value
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let held = |flag: &str, by: &str| {
            let status = &value["workspace_status"];
            status[flag]
                .as_bool()
                .unwrap_or(false)
                .then(|| status[by].as_str().unwrap_or_default().to_owned())
        };
        Self {
            id: text("/id"),
            name: text("/name"),
            status: text("/status"),
            says: text("/workspace_status_msg/status_msg"),
            locked_by: held("locked", "locked_by"),
            frozen_by: held("frozen", "frozen_by"),
            location: text("/location"),
            terraform: text("/type/0"),
            template: text("/template_data/0/id"),
            folder: text("/template_data/0/folder"),
            url: text("/template_repo/url"),
            branch: text("/template_repo/branch"),
            release: text("/template_repo/release"),
            commit: text("/template_repo/repo_sha_value"),
            variables: value["template_data"][0]["variablestore"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Variable::read)
                .collect(),
        }
    }

    /// Whether it still fetches its repository.
    pub(crate) fn is_preparing(&self) -> bool {
        ["connecting", "scanning", "template scanning", "creating"]
            .contains(&plain(&self.status).as_str())
    }

    /// Fails where nobody may start a job in it now.
    pub(crate) fn free(&self) -> Result<()> {
        let by = |who: &str| {
            if who.is_empty() {
                String::new()
            } else {
                format!(" by {who}")
            }
        };
        let name = &self.name;
        if let Some(who) = &self.frozen_by {
            return Err(Error::new(
                ErrorKind::Conflict,
                HELD,
                format!(
                    "The workspace `{name}` is frozen{}: it takes no jobs.",
                    by(who)
                ),
            )
            .with_hint("Unfreeze it in Schematics, then run the step again."));
        }
        if let Some(who) = &self.locked_by {
            return Err(Error::new(
                ErrorKind::Conflict,
                HELD,
                format!(
                    "The workspace `{name}` is locked{}: a job works in it, or a person holds it.",
                    by(who)
                ),
            )
            .with_hint(
                "Wait for the job, or unlock the workspace in Schematics; then run the step again.",
            ));
        }
        Ok(())
    }
}

/// A word without capitals, underscores and doubled spaces.
pub(crate) fn plain(word: &str) -> String {
    word.to_lowercase()
        .split(|char: char| char.is_whitespace() || char == '_' || char == '-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Schematics, for one verb of one step.
pub(crate) struct Client<'a> {
    pub(crate) cx: &'a dyn Context,
    site: Site<'a>,
    jobs: Site<'a>,
    iam: Iam,
}

impl<'a> Client<'a> {
    pub(crate) fn new(cx: &'a dyn Context) -> Result<Self> {
        Self::at(cx, None)
    }

    /// The one that answers for a workspace: its id begins with its place.
    fn at(cx: &'a dyn Context, workspace: Option<&str>) -> Result<Self> {
        let (base, iam) = address(cx)?;
        let base = regional(&base, workspace);
        let site =
            |login| Site::new(cx, SCHEMATICS, base.clone(), login).trusting(iam.trust.clone());
        Ok(Self {
            cx,
            site: site(Login::Exchanged(Box::new(Bearer(iam.clone())))),
            jobs: site(Login::Exchanged(Box::new(Delegating(iam.clone())))),
            iam,
        })
    }

    /// Who asks, after a call that only they may do.
    pub(crate) async fn identity(&self) -> Result<Identity> {
        let who = self.iam.tokens(self.cx).await?.who;
        let look = Call::get("/v1/workspaces")
            .query("offset", 0)
            .query("limit", 1)
            .needs("schematics.workspace.read");
        self.site.send(look).await?;
        let host = self.site.host();
        Ok(Identity {
            system: "ibm-cloud".into(),
            facts: Fact::list([
                ("account", who.account.as_str()),
                ("user", &who.user),
                ("server", &host),
            ]),
            account: who.account,
            user: who.user,
            place: Some(host),
            expires: None,
        })
    }

    pub(crate) async fn user(&self) -> Result<String> {
        Ok(self.iam.tokens(self.cx).await?.who.user)
    }

    async fn list(&self, call: Call, items: &'static str) -> Result<Vec<Value>> {
        let call = call.query("offset", 0).query("limit", PAGE);
        let taken = std::sync::atomic::AtomicU64::new(0);
        let pages = self
            .site
            .pages(call, |page, _| {
                use std::sync::atomic::Ordering::Relaxed;
                let here = page[items].as_array().map_or(0, Vec::len) as u64;
                let seen = taken.fetch_add(here, Relaxed) + here;
                let more = match page["count"].as_u64() {
                    Some(count) => here > 0 && seen < count,
                    None => here >= PAGE,
                };
                more.then(|| Next::Query(vec![("offset".to_owned(), seen.to_string())]))
            })
            .await?;
        Ok(pages
            .into_iter()
            .flat_map(|mut page| match page[items].take() {
                Value::Array(list) => list,
                _ => Vec::new(),
            })
            .collect())
    }

    pub(crate) async fn workspaces(&self) -> Result<Vec<Workspace>> {
        let list = self
            .list(
                Call::get("/v1/workspaces").needs("schematics.workspace.read"),
                "workspaces",
            )
            .await?;
        Ok(list.iter().map(Workspace::read).collect())
    }

    /// The workspace of this id or name. Names are not unique there: two of one name are refused.
    pub(crate) async fn find(&self, wanted: &str) -> Result<Option<(Workspace, Client<'a>)>> {
        let near = |id: &str| Client::at(self.cx, Some(id));
        if is_id(wanted) {
            let there = near(wanted)?;
            if let Some(found) = there.by_id(wanted).await? {
                return Ok(Some((found, there)));
            }
        }
        let mut found: Vec<Workspace> = self
            .workspaces()
            .await?
            .into_iter()
            .filter(|workspace| workspace.name == wanted)
            .collect();
        if found.len() > 1 {
            let ids: Vec<String> = found.iter().map(|one| format!("`{}`", one.id)).collect();
            return Err(Error::new(
                ErrorKind::Invalid,
                NAME,
                format!(
                    "{} workspaces are called `{wanted}`: {}.",
                    ids.len(),
                    ids.join(", ")
                ),
            )
            .with_hint("Write the id of the right one in place of the name."));
        }
        let Some(listed) = found.pop() else {
            return Ok(None);
        };
        let there = near(&listed.id)?;
        // A list may leave parts out.
        let whole = there.by_id(&listed.id).await?;
        Ok(whole.map(|workspace| (workspace, there)))
    }

    /// As [`Client::find`], for a workspace that must be there.
    pub(crate) async fn workspace(&self, wanted: &str) -> Result<(Workspace, Client<'a>)> {
        self.find(wanted).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                NAME,
                format!(
                    "{SYSTEM} has no workspace called `{wanted}`, or the identity may not see it."
                ),
            )
            .with_hint(
                "Choose one from the list, or let `ibm-schematics/apply` make it with `create`.",
            )
        })
    }

    pub(crate) async fn by_id(&self, id: &str) -> Result<Option<Workspace>> {
        let found = self
            .site
            .find(
                Call::get(format!("/v1/workspaces/{}", segment(id)))
                    .needs("schematics.workspace.read"),
            )
            .await?;
        let Some(value) = found else {
            return Ok(None);
        };
        let mut workspace = Workspace::read(&value);
        if !workspace.template.is_empty() {
            let path = format!(
                "/v1/workspaces/{}/template_data/{}/values",
                segment(id),
                segment(&workspace.template)
            );
            if let Some(values) = self.site.find(Call::get(path)).await?
                && let Some(list) = values["variablestore"].as_array()
            {
                workspace.variables = list.iter().filter_map(Variable::read).collect();
            }
        }
        Ok(Some(workspace))
    }

    /// Puts these variables in place of all that the workspace has.
    pub(crate) async fn set_variables(
        &self,
        workspace: &Workspace,
        variables: &[Variable],
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<()> {
        let path = format!(
            "/v1/workspaces/{}/template_data/{}/values",
            segment(&workspace.id),
            segment(&workspace.template)
        );
        let store: Vec<Value> = variables
            .iter()
            .map(|variable| variable.body(secrets.get(&variable.name)))
            .collect();
        let call = Call::put(path, &json!({ "variablestore": store }))
            .needs("schematics.workspace.update");
        self.site.send(call).await.map(drop)
    }

    /// Sets where the configuration is. Schematics fetches it then.
    pub(crate) async fn set_repository(
        &self,
        workspace: &Workspace,
        repository: &Value,
        folder: Option<&str>,
    ) -> Result<()> {
        let mut body = json!({});
        if !repository.as_object().is_none_or(serde_json::Map::is_empty) {
            body["template_repo"] = repository.clone();
        }
        if let Some(folder) = folder {
            body["template_data"] = json!([{ "id": workspace.template, "folder": folder, "type": workspace.terraform }]);
        }
        let path = format!("/v1/workspaces/{}", segment(&workspace.id));
        let call = Call::patch(path, &body)
            .repeatable()
            .needs("schematics.workspace.update");
        self.site.send(call).await.map(drop)
    }

    /// Makes a workspace; its id.
    pub(crate) async fn create(&self, body: &Value) -> Result<String> {
        let call = Call::post("/v1/workspaces", body).needs("schematics.workspace.create");
        let made = self.site.send(call).await?;
        id_in(&made, "id")
    }

    /// Deletes a workspace, and nothing that it made.
    pub(crate) async fn delete(&self, id: &str) -> Result<()> {
        let path = format!("/v1/workspaces/{}", segment(id));
        let call = Call::delete(path)
            .query("destroy_resources", false)
            .needs("schematics.workspace.delete");
        self.jobs.find(call).await.map(drop)
    }

    /// Starts a job; the id of its activity.
    pub(crate) async fn start(
        &self,
        workspace: &Workspace,
        command: Command,
        targets: &[String],
    ) -> Result<String> {
        let path = format!(
            "/v1/workspaces/{}/{}",
            segment(&workspace.id),
            command.word()
        );
        let body = if targets.is_empty() {
            json!({})
        } else {
            json!({ "action_options": { "target": targets } })
        };
        let call = match command {
            Command::Plan => Call::post(path, &body),
            // A second one would be a second job, although the word is PUT.
            Command::Apply | Command::Destroy => Call::put_once(path, &body),
        }
        .needs(format!("schematics.workspace.{}", command.word()));
        let reply = self.jobs.send(call).await?;
        id_in(&reply, "activityid")
    }

    pub(crate) async fn activities(&self, workspace: &str) -> Result<Vec<Value>> {
        let path = format!("/v1/workspaces/{}/actions", segment(workspace));
        self.list(Call::get(path), "actions").await
    }

    pub(crate) async fn activity(&self, workspace: &str, id: &str) -> Result<Value> {
        let path = format!(
            "/v1/workspaces/{}/actions/{}",
            segment(workspace),
            segment(id)
        );
        self.site.send(Call::get(path)).await
    }

    /// The log so far; nothing while there is none.
    pub(crate) async fn log(&self, workspace: &str, template: &str, id: &str) -> Result<String> {
        let path = format!(
            "/v1/workspaces/{}/runtime_data/{}/log_store/actions/{}",
            segment(workspace),
            segment(template),
            segment(id)
        );
        let call = Call::get(path).header("accept", "text/plain, application/json");
        match self.site.text(call).await {
            // The log comes as it is, or as one text in JSON.
            Ok(text) => Ok(serde_json::from_str::<String>(text.trim()).unwrap_or(text)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    /// Stops a job. `interrupt` is the gentle one: Terraform ends what it does and keeps its state.
    pub(crate) async fn stop(&self, workspace: &str, id: &str) -> Result<()> {
        let path = format!(
            "/v1/workspaces/{}/actions/{}",
            segment(workspace),
            segment(id)
        );
        let call = Call::delete(path)
            .query("signal", "interrupt")
            .needs("schematics.workspace.update");
        match self.jobs.find(call).await {
            Err(error) if error.kind == ErrorKind::Conflict => Ok(()),
            done => done.map(drop),
        }
    }

    pub(crate) async fn outputs(&self, workspace: &str) -> Result<Value> {
        let path = format!("/v1/workspaces/{}/output_values", segment(workspace));
        Ok(self.site.find(Call::get(path)).await?.unwrap_or_default())
    }

    pub(crate) async fn resources(&self, workspace: &str) -> Result<Vec<Resource>> {
        let path = format!("/v1/workspaces/{}/resources", segment(workspace));
        let reply = self.site.find(Call::get(path)).await?.unwrap_or_default();
        Ok(resources_in(&reply))
    }

    /// The JSON plan of a job (unconfirmed: that the job of an activity has the same id).
    pub(crate) async fn plan_of(&self, id: &str) -> Result<Option<podium_tfplan::Plan>> {
        let call =
            Call::get(format!("/v2/jobs/{}/files", segment(id))).query("file_type", "plan_json");
        let reply = match self.site.find(call).await {
            Ok(reply) => reply,
            Err(error) if error.kind == ErrorKind::Invalid => None,
            Err(error) => return Err(error),
        };
        Ok(reply
            .and_then(|reply| reply["file_content"].as_str().map(str::to_owned))
            .and_then(|text| podium_tfplan::Plan::read(&text)))
    }

    pub(crate) async fn choices(&self, path: &str) -> Result<Value> {
        self.site.send(Call::get(path)).await
    }
}

/// Where Schematics is, and who exchanges which key. Without an address of its own it is the public one.
fn address(cx: &dyn Context) -> Result<(String, Iam)> {
    let own = |name: &str| {
        let lease = cx.credential("ibm")?;
        let url = lease.fields.get(name)?.trim().trim_end_matches('/');
        (!url.is_empty()).then(|| url.to_owned())
    };
    let practice = cx.mode() == Mode::Simulated;
    if practice || own("url").is_some() {
        let place = place(cx, "ibm", SYSTEM)?;
        let key = match place.lease {
            Some(lease) => secret(lease, "apikey", SYSTEM)?.clone(),
            None => Secret::from("practice"),
        };
        let iam = if practice {
            place.base.clone()
        } else {
            own("iam_url").unwrap_or_else(|| IAM_URL.to_owned())
        };
        let trust = place.trust;
        let iam = Iam {
            base: iam,
            key,
            trust,
        };
        return Ok((place.base, iam));
    }
    let lease = cx.credential("ibm").ok_or_else(|| {
        Error::new(
            ErrorKind::Unauthorized,
            Code::new("POD0478"),
            format!("No credential for {SYSTEM} is bound to this step."),
        )
        .with_hint("Bind one in the environment, or store one under Credentials first.")
    })?;
    let key = secret(lease, "apikey", SYSTEM)?.clone();
    let iam = Iam {
        base: own("iam_url").unwrap_or_else(|| IAM_URL.to_owned()),
        key,
        trust: trust(Some(lease)),
    };
    Ok((format!("https://{PUBLIC}"), iam))
}

fn id_in(reply: &Value, name: &str) -> Result<String> {
    reply[name]
        .as_str()
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Unknown,
                Code::new("POD0449"),
                format!("{SYSTEM} took the request and gave no `{name}`."),
            )
            .with_hint("Look in Schematics whether it was done before running the step again.")
            .with_source(reply.to_string())
        })
}

/// Whether a text is an id of a workspace: place, `workspace`, name, a mark.
pub(crate) fn is_id(text: &str) -> bool {
    text.split('.').nth(1) == Some("workspace") && text.split('.').count() >= 4
}

/// The address that answers for a workspace: its id begins with its place (as the vendor's documents
/// have it). Only IBM's own public addresses have such names.
pub(crate) fn regional(base: &str, workspace: Option<&str>) -> String {
    let place = workspace
        .filter(|id| is_id(id))
        .and_then(|id| id.split('.').next())
        .filter(|place| {
            !place.is_empty()
                && place
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        });
    match place {
        Some(place) if base == format!("https://{PUBLIC}") => format!("https://{place}.{PUBLIC}"),
        _ => base.to_owned(),
    }
}

/// Something that a workspace's state holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) address: String,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) tainted: bool,
}

/// The resources of a reply (unconfirmed names: `resource_type`, `resource_name`, `resource_id`,
/// `resource_tainted`).
fn resources_in(reply: &Value) -> Vec<Resource> {
    let mut found: Vec<Resource> = reply
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|template| ["resources", "related_resources"].map(|name| &template[name]))
        .filter_map(Value::as_array)
        .flatten()
        .map(|entry| {
            let text = |names: [&str; 2]| {
                names
                    .iter()
                    .find_map(|name| entry[*name].as_str())
                    .unwrap_or_default()
                    .to_owned()
            };
            let kind = text(["resource_type", "type"]);
            let name = text(["resource_name", "name"]);
            Resource {
                address: if name.starts_with(&format!("{kind}.")) || kind.is_empty() {
                    name
                } else {
                    format!("{kind}.{name}")
                },
                kind,
                id: text(["resource_id", "id"]),
                tainted: entry["resource_tainted"].as_bool().unwrap_or(false),
            }
        })
        .collect();
    found.sort_by(|a, b| a.address.cmp(&b.address));
    found
}

/// Where a person looks at a workspace. Only the address of the list is confirmed.
pub(crate) fn link(cx: &dyn Context, workspace: &str) -> Option<String> {
    (cx.mode() == podium_connector::Mode::Real).then(|| {
        if workspace.is_empty() {
            CONSOLE.to_owned()
        } else {
            format!(
                "https://cloud.ibm.com/schematics/workspaces/{}/jobs",
                segment(workspace)
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_asked_for_at_its_own_place_and_only_at_ibms() {
        let public = "https://schematics.cloud.ibm.com";
        for (base, id, wanted) in [
            (
                public,
                Some("us-east.workspace.shop.ab12"),
                "https://us-east.schematics.cloud.ibm.com",
            ),
            (public, Some("shop"), public),
            (public, None, public),
            (public, Some("evil.com/.workspace.a.b"), public),
            (
                "https://proxy.example",
                Some("us-east.workspace.shop.ab12"),
                "https://proxy.example",
            ),
        ] {
            assert_eq!(regional(base, id), wanted, "{id:?}");
        }
    }

    #[test]
    fn states_are_read_however_they_are_spelled() {
        for word in ["IN PROGRESS", "In_Progress", "in-progress", "In  Progress"] {
            assert_eq!(plain(word), "in progress");
        }
    }
}
