//! The appliance's interface: addresses, pages, refusals.

use podium_connector::{Context, HttpResponse, STATUS};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Dialect, Fault, Next, Site, place};
use serde_json::{Value, json};

use crate::auth;

/// What people call it.
pub(crate) const SYSTEM: &str = "Morpheus";
/// Entries of a page that Podium asks for.
const PAGE: usize = 50;
/// Something at Morpheus ended badly.
pub(crate) const FAILED: Code = Code::new("POD0485");
/// The inputs are not what the appliance takes.
pub(crate) const INPUTS: Code = Code::new("POD0487");

pub(crate) const DIALECT: Dialect = Dialect {
    system: SYSTEM,
    fault,
};

fn fault(reply: &HttpResponse) -> Option<Fault> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    // The token endpoint has a form of its own.
    if let Some(code) = body["error"].as_str() {
        return Some(Fault {
            message: body["error_description"]
                .as_str()
                .unwrap_or(code)
                .to_owned(),
            code: Some(code.to_owned()),
        });
    }
    said(&body).map(Fault::said)
}

/// What a refusal says: the message, and each field with its own.
fn said(body: &Value) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    if let Some(message) = body["msg"].as_str().filter(|text| !text.trim().is_empty()) {
        parts.push(message.trim().trim_end_matches('.').to_owned());
    }
    for (field, message) in body["errors"].as_object().into_iter().flatten() {
        let message = message
            .as_str()
            .map_or_else(|| message.to_string(), str::to_owned);
        if !parts.contains(&message) {
            parts.push(format!("{field}: {message}"));
        }
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A Morpheus appliance.
pub(crate) struct Appliance<'a> {
    site: Site<'a>,
}

impl<'a> Appliance<'a> {
    /// The one that the credential at the port `morpheus` names.
    pub(crate) fn of(cx: &'a dyn Context) -> Result<Self> {
        let place = place(cx, "morpheus", SYSTEM)?;
        let login = auth::login(&place)?;
        Ok(Self {
            site: Site::new(cx, DIALECT, place.base, login).trusting(place.trust),
        })
    }

    pub(crate) fn context(&self) -> &'a dyn Context {
        self.site.context()
    }

    pub(crate) fn host(&self) -> String {
        self.site.host()
    }

    /// Where a person looks at a thing. The pages' addresses are taken from common use.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.site.base())
    }

    /// Sends a call. Some refusals come as a success that says `success: false`.
    pub(crate) async fn send(&self, call: Call) -> Result<Value> {
        let reply = self.site.send(call).await?;
        if reply["success"] == json!(false) {
            let why = said(&reply).unwrap_or_else(|| "it does not say why".to_owned());
            return Err(Error::new(
                ErrorKind::Invalid,
                Code::new("POD0475"),
                format!("{SYSTEM} refuses the request. It says: {why}."),
            )
            .with_hint("Correct the step's inputs as the message says.")
            .with_context(STATUS, 200)
            .with_source(reply));
        }
        Ok(reply)
    }

    pub(crate) async fn find(&self, call: Call) -> Result<Option<Value>> {
        match self.send(call).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every entry of a list, over all pages. The reply has them under `name`.
    pub(crate) async fn all(&self, call: Call, name: &str) -> Result<Vec<Value>> {
        let call = call.query("max", PAGE).query("offset", 0);
        let pages = self
            .site
            .pages(call, |page, _| {
                let here = page[name].as_array()?.len() as u64;
                let offset = page["meta"]["offset"].as_u64()?;
                let total = page["meta"]["total"].as_u64()?;
                let next = offset + here;
                (here > 0 && next < total)
                    .then(|| Next::Query(vec![("offset".into(), next.to_string())]))
            })
            .await?;
        Ok(pages
            .into_iter()
            .flat_map(|mut page| match page[name].take() {
                Value::Array(items) => items,
                _ => Vec::new(),
            })
            .collect())
    }

    /// The one of a list that has this name, this code or this id.
    pub(crate) async fn named(&self, list: &List, wanted: &str) -> Result<Value> {
        let wanted = wanted.trim();
        let all = self.all((list.call)(), list.name).await?;
        let fits = |one: &&Value| {
            ["name", "code", "id"]
                .iter()
                .any(|field| plain(&one[*field]).as_deref() == Some(wanted))
        };
        let mut found = all.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one.clone()),
            (Some(_), Some(_)) => Err(Error::new(
                ErrorKind::Invalid,
                INPUTS,
                format!(
                    "Morpheus has more than one {} called `{wanted}`.",
                    list.what
                ),
            )
            .with_hint("Write its id instead of its name.")),
            (None, _) => Err(Error::new(
                ErrorKind::NotFound,
                Code::new("POD0445"),
                format!("Morpheus has no {} called `{wanted}`.", list.what),
            )
            .with_hint("Check the name; a thing that the identity may not see answers the same.")),
        }
    }
}

/// A text or a number as text.
pub(crate) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The id of a thing; 0 where it has none.
pub(crate) fn id(value: &Value) -> u64 {
    value["id"]
        .as_u64()
        .or_else(|| value["id"].as_str()?.parse().ok())
        .unwrap_or_default()
}

/// The name of a thing.
pub(crate) fn name(value: &Value) -> String {
    value["name"].as_str().unwrap_or_default().to_owned()
}

/// A list of the appliance.
pub(crate) struct List {
    /// What people call an entry.
    pub(crate) what: &'static str,
    /// Where the reply has the entries.
    pub(crate) name: &'static str,
    pub(crate) call: fn() -> Call,
}

pub(crate) const CATALOG: List = List {
    what: "catalog item",
    name: "catalogItemTypes",
    call: || Call::get("/api/catalog/types").needs("Service Catalog"),
};
pub(crate) const GROUPS: List = List {
    what: "group",
    name: "groups",
    call: || Call::get("/api/groups"),
};
pub(crate) const CLOUDS: List = List {
    what: "cloud",
    name: "zones",
    call: || Call::get("/api/zones"),
};
pub(crate) const TYPES: List = List {
    what: "instance type",
    name: "instanceTypes",
    call: || Call::get("/api/instance-types"),
};
pub(crate) const BLUEPRINTS: List = List {
    what: "blueprint",
    name: "blueprints",
    call: || Call::get("/api/blueprints"),
};
pub(crate) const ENVIRONMENTS: List = List {
    what: "environment",
    name: "environments",
    call: || Call::get("/api/environments"),
};
pub(crate) const WORKFLOWS: List = List {
    what: "workflow",
    name: "taskSets",
    call: || Call::get("/api/task-sets").needs("Provisioning: Tasks"),
};
pub(crate) const TASKS: List = List {
    what: "task",
    name: "tasks",
    call: || Call::get("/api/tasks").needs("Provisioning: Tasks"),
};
pub(crate) const INSTANCES: List = List {
    what: "instance",
    name: "instances",
    call: || Call::get("/api/instances").needs("Provisioning: Instances"),
};
pub(crate) const APPS: List = List {
    what: "app",
    name: "apps",
    call: || Call::get("/api/apps").needs("Provisioning: Apps"),
};
pub(crate) const ITEMS: List = List {
    what: "inventory item",
    name: "items",
    call: || Call::get("/api/catalog/items").needs("Service Catalog"),
};
