//! Orchestrator's calls as values, and its answers read in one place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use podium_connector::{Context, Fact, HttpResponse, Identity, Mode};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Dialect, Fault, Login, Next, Site, field, place, secret, segment};
use podium_secret::Secret;
use serde_json::{Map, Value, json};

use crate::config::operation_parameter;

pub(crate) const SYSTEM: &str = "IBM Cloud Orchestrator";
const ICO: Dialect = Dialect {
    system: SYSTEM,
    fault,
};
const PAGE: u64 = 50;
pub(crate) const FORM: Code = Code::new("POD0492");
pub(crate) const NAME: Code = Code::new("POD0493");
/// Where the step's key stands in a launch, so that its task is found again (unconfirmed that it is kept).
pub(crate) const MARKER: &str = "PodiumKey";

/// What a refusal says. Its form is unconfirmed: the usual names are tried, and else the text is taken.
fn fault(reply: &HttpResponse) -> Option<Fault> {
    let text = reply.text();
    let Ok(body) = serde_json::from_str::<Value>(&text) else {
        let plain = text.trim();
        return (!plain.is_empty() && !plain.starts_with('<')).then(|| Fault::said(plain));
    };
    let said = [
        "/message",
        "/error_message",
        "/error/message",
        "/errorMessage",
        "/localizedMessage",
        "/Data/errorMessage",
    ]
    .iter()
    .find_map(|pointer| body.pointer(pointer).and_then(Value::as_str))?;
    let code = ["/messageKey", "/error/messageKey", "/errorCode", "/code"]
        .iter()
        .find_map(|pointer| body.pointer(pointer).and_then(Value::as_str));
    Some(Fault {
        message: said.to_owned(),
        code: code.map(str::to_owned),
    })
}

/// An offering of the catalogue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offering {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) human: bool,
    pub(crate) process: String,
    pub(crate) app: String,
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The record in an entry of a collection, or in the reply for one thing.
fn item(value: &Value) -> &Value {
    value.get("item").unwrap_or(value)
}

impl Offering {
    fn read(entry: &Value) -> Self {
        let item = item(entry);
        Self {
            id: text(&item["id"]),
            name: text(&item["name"]),
            description: text(&item["description"]),
            human: !text(&item["human_service"]).is_empty(),
            process: text(&item["process"]),
            app: text(&item["process_app_id"]),
        }
    }
}

/// Orchestrator, for one verb of one step.
pub(crate) struct Client<'a> {
    pub(crate) cx: &'a dyn Context,
    pub(crate) site: Site<'a>,
    pub(crate) user: String,
    project: String,
}

impl<'a> Client<'a> {
    pub(crate) fn new(cx: &'a dyn Context) -> Result<Self> {
        let place = place(cx, "ico", SYSTEM)?;
        let own = |name: &str| {
            let text = place.lease?.fields.get(name)?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let (user, password) = match place.lease {
            Some(lease) => (
                field(lease, "user", SYSTEM)?.to_owned(),
                secret(lease, "password", SYSTEM)?.clone(),
            ),
            None => ("practice".to_owned(), Secret::from("practice")),
        };
        let mut pair = format!("{user}:").into_bytes();
        pair.extend_from_slice(password.expose());
        let basic = format!("Basic {}", STANDARD.encode(&pair));
        let login = Login::Fixed(vec![(
            "authorization".to_owned(),
            Secret::new(basic.into_bytes()),
        )]);
        let mut site = Site::new(cx, ICO, place.base.clone(), login)
            .header("accept-language", "en")
            .trusting(place.trust.clone());
        // Another domain and project than the user's own: documented for 2.3, unconfirmed for 2.5.
        for (header, name) in [("domainName", "domain"), ("projectName", "project")] {
            if let Some(value) = own(name) {
                site = site.header(header, value);
            }
        }
        let project = match (own("domain"), own("project")) {
            (Some(domain), Some(project)) => format!("{domain}/{project}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => "the user's own project".to_owned(),
        };
        Ok(Self {
            cx,
            site,
            user,
            project,
        })
    }

    pub(crate) async fn identity(&self) -> Result<Identity> {
        self.site
            .send(Call::get("/orchestrator/v2/categories").query("_limit", 1))
            .await?;
        let host = self.site.host();
        Ok(Identity {
            system: "ibm-orchestrator".into(),
            facts: Fact::list([
                ("project", self.project.as_str()),
                ("server", &host),
                ("user", &self.user),
            ]),
            account: self.project.clone(),
            user: self.user.clone(),
            place: Some(host),
            expires: None,
        })
    }

    /// Every entry of a collection, in order.
    pub(crate) async fn list(&self, call: Call) -> Result<Vec<Value>> {
        let call = call.query("_start", 0).query("_limit", PAGE);
        let pages = self
            .site
            .pages(call, |page, _| {
                let here = page["items"].as_array().map_or(0, Vec::len) as u64;
                let start = page["start"].as_u64()?;
                let more = match page["total"].as_u64() {
                    Some(total) => start + here < total,
                    None => page["next"].is_object() || page["next"].is_string(),
                };
                (more && here > 0)
                    .then(|| Next::Query(vec![("_start".to_owned(), (start + here).to_string())]))
            })
            .await?;
        Ok(pages
            .into_iter()
            .flat_map(|mut page| match page["items"].take() {
                Value::Array(list) => list,
                _ => page.as_array().cloned().unwrap_or_default(),
            })
            .collect())
    }

    pub(crate) async fn offerings(&self) -> Result<Vec<Offering>> {
        let list = self.list(Call::get("/orchestrator/v2/offerings")).await?;
        Ok(list.iter().map(Offering::read).collect())
    }

    /// The offering of this id or name.
    pub(crate) async fn offering(&self, wanted: &str) -> Result<Offering> {
        if !wanted.is_empty() && wanted.bytes().all(|byte| byte.is_ascii_digit()) {
            let path = format!("/orchestrator/v2/offerings/{}", segment(wanted));
            if let Some(found) = self.site.find(Call::get(path)).await? {
                return Ok(Offering::read(&found));
            }
        }
        let mut found: Vec<Offering> = self
            .offerings()
            .await?
            .into_iter()
            .filter(|offering| offering.name == wanted)
            .collect();
        let ids: Vec<String> = found.iter().map(|one| format!("`{}`", one.id)).collect();
        match (found.pop(), found.is_empty()) {
            (Some(one), true) => Ok(one),
            (None, _) => Err(Error::new(
                ErrorKind::NotFound,
                NAME,
                format!("{SYSTEM} has no offering called `{wanted}`, or the user may not see it."),
            )
            .with_hint(
                "Choose one from the list; what is seen depends on the domain and the project.",
            )),
            (Some(_), false) => Err(Error::new(
                ErrorKind::Invalid,
                NAME,
                format!(
                    "Several offerings are called `{wanted}`: {}.",
                    ids.join(", ")
                ),
            )
            .with_hint("Write the id of the right one in place of the name.")),
        }
    }

    /// The names and types of an offering's parameters, and the type of the whole, from the model of its
    /// process (unconfirmed form: `DataModel.inputs.inputParameterObject.type`, `validation.TYPE.properties`).
    pub(crate) async fn model(&self, offering: &Offering) -> Result<Option<Model>> {
        if offering.process.is_empty() {
            return Ok(None);
        }
        let call = Call::get(format!(
            "/rest/bpm/wle/v1/processModel/{}",
            segment(&offering.process)
        ))
        .query("processAppId", &offering.app)
        .query("parts", "all");
        let reply = match self.site.find(call).await {
            Ok(reply) => reply,
            // Not everybody who may launch may look at models.
            Err(error)
                if matches!(
                    error.kind,
                    ErrorKind::Forbidden | ErrorKind::Invalid | ErrorKind::Failed
                ) =>
            {
                None
            }
            Err(error) => return Err(error),
        };
        let Some(reply) = reply else {
            return Ok(None);
        };
        let model = &reply["data"]["DataModel"];
        let Some(kind) = model["inputs"]["inputParameterObject"]["type"].as_str() else {
            return Ok(None);
        };
        let fields = model["validation"][kind]["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, shape)| (name.clone(), text(&shape["type"])))
            .collect();
        Ok(Some(Model {
            kind: kind.to_owned(),
            fields,
        }))
    }

    /// Launches; the reply as it is.
    pub(crate) async fn launch(
        &self,
        offering: &Offering,
        kind: &str,
        parameters: &Map<String, Value>,
        instance: Option<&str>,
        key: &str,
    ) -> Result<Value> {
        let mut parm = json!({ MARKER: key });
        if !parameters.is_empty() {
            parm["OperationParameter"] = json!(operation_parameter(kind, parameters));
        }
        if let Some(instance) = instance {
            // How an instance is chosen is unconfirmed.
            parm["instanceId"] = json!(instance);
        }
        let path = format!(
            "/orchestrator/v2/offerings/{}/launch",
            segment(&offering.id)
        );
        let call = Call::post(path, &json!({ "parm": parm }))
            .needs("an entry in the offering's access list");
        self.site.send(call).await.map_err(|mut error| {
            // What it repeats of the request may hold a secret.
            error.source = None;
            error
        })
    }

    pub(crate) async fn task(&self, id: &str) -> Result<Value> {
        let path = format!("/orchestrator/v2/tasks/{}", segment(id));
        let reply = self.site.send(Call::get(path)).await?;
        Ok(item(&reply).clone())
    }

    pub(crate) async fn tasks(&self) -> Result<Vec<Value>> {
        let reply = self.site.send(Call::get("/orchestrator/v2/tasks")).await?;
        let list = reply.as_array().or_else(|| reply["items"].as_array());
        Ok(list
            .into_iter()
            .flatten()
            .map(|entry| item(entry).clone())
            .collect())
    }

    pub(crate) async fn instance_types(&self) -> Result<Vec<Value>> {
        let list = self
            .list(Call::get("/orchestrator/v2/instancetypes"))
            .await?;
        Ok(list.iter().map(|entry| item(entry).clone()).collect())
    }

    pub(crate) async fn instances(&self, kind: &str) -> Result<Vec<Value>> {
        let path = format!("/orchestrator/v2/instancetypes/{}/instances", segment(kind));
        let list = self.list(Call::get(path)).await?;
        Ok(list.iter().map(|entry| item(entry).clone()).collect())
    }

    pub(crate) async fn instance(&self, kind: &str, id: &str) -> Result<Option<Value>> {
        let path = format!(
            "/orchestrator/v2/instancetypes/{}/instances/{}",
            segment(kind),
            segment(id)
        );
        let found = self.site.find(Call::get(path)).await?;
        Ok(found.map(|reply| item(&reply).clone()))
    }

    /// Where a person looks; only the start page is certain.
    pub(crate) fn page(&self) -> Option<String> {
        (self.cx.mode() == Mode::Real).then(|| format!("{}/", self.site.host()))
    }
}

/// The form of an offering's input.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) kind: String,
    pub(crate) fields: Vec<(String, String)>,
}

/// The id of the task that a launch began, or the error for an offering that asks for its form. That the
/// reply is a task is unconfirmed; the reply is kept.
pub(crate) fn begun(client: &Client<'_>, offering: &Offering, reply: &Value) -> Result<String> {
    let record = item(reply);
    if let Some(form) = record["redirect"].as_str() {
        let form = form.split(['?', '#']).next().unwrap_or_default();
        return Err(Error::new(
            ErrorKind::Invalid,
            FORM,
            format!(
                "The offering `{}` asks for its form; it was not launched.",
                offering.name
            ),
        )
        .with_hint(format!(
            "Give all its `parameters` in the step, or fill the form in at {}{form}.",
            client.site.host()
        )));
    }
    let id = [&record["id"], &record["taskId"], &record["task"]["id"]]
        .into_iter()
        .map(text)
        .find(|id| !id.is_empty());
    id.ok_or_else(|| {
        Error::new(
            ErrorKind::Unknown,
            Code::new("POD0449"),
            format!("{SYSTEM} took the launch of `{}` and names no task.", offering.name),
        )
        .with_hint("Look in Orchestrator under Assignments and History whether it was launched before running the step again.")
    })
}
