//! Octopus at one address, in one space: lookups by name, lists by their links, refusals read.

use podium_connector::{Context, HttpResponse};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Dialect, Fault, Next, Site, segment};
use serde_json::Value;

use crate::auth;

/// What people call it.
pub(crate) const SYSTEM: &str = "Octopus";
/// Things of a page; Octopus gives 30 by itself.
const TAKE: u32 = 100;

pub(crate) const DIALECT: Dialect = Dialect {
    system: SYSTEM,
    fault,
};

/// `{"ErrorMessage": …, "Errors": […]}` (contract, "Errors").
fn fault(reply: &HttpResponse) -> Option<Fault> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let errors: Vec<&str> = body["Errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let message = body["ErrorMessage"].as_str().unwrap_or_default();
    let message = if errors.is_empty() {
        message.to_owned()
    } else {
        errors.join(" ")
    };
    Some(Fault::said(message))
}

/// One space of a server.
pub(crate) struct Octopus<'a> {
    pub(crate) cx: &'a dyn Context,
    pub(crate) site: Site<'a>,
    pub(crate) space: Thing,
}

/// Something of Octopus that has an id and a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thing {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) body: Value,
}

impl Thing {
    pub(crate) fn of(body: Value) -> Self {
        let name = body["Name"].as_str().or(body["Version"].as_str());
        Self {
            id: body["Id"].as_str().unwrap_or_default().to_owned(),
            name: name.unwrap_or_default().to_owned(),
            body,
        }
    }

    fn is_called(&self, name: &str) -> bool {
        let same = |text: &str| text.to_lowercase() == name.to_lowercase();
        self.id == name || same(&self.name) || self.body["Slug"].as_str().is_some_and(same)
    }
}

impl<'a> Octopus<'a> {
    /// The space that the step names, else the credential's, else the server's default.
    pub(crate) async fn open(cx: &'a dyn Context, space: Option<&str>) -> Result<Self> {
        let site = auth::site(cx)?;
        let wanted = space.or_else(|| auth::space(cx));
        let mut call = Call::get("/api/spaces").query("take", TAKE);
        if let Some(name) = wanted {
            call = call.query("partialName", name);
        }
        let spaces = items(site.pages(call, next).await?);
        let space = match wanted {
            Some(name) => spaces.into_iter().find(|space| space.is_called(name)),
            None => spaces
                .into_iter()
                .find(|space| space.body["IsDefault"] == true),
        };
        let space = space.ok_or_else(|| {
            missing("space", wanted.unwrap_or("(the default one)"))
                .with_hint("Name a space in the step or in the credential; the key's user must be in one of its teams.")
        })?;
        Ok(Self { cx, site, space })
    }

    /// A path in this space.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/{}/{rest}", segment(&self.space.id))
    }

    pub(crate) fn get(&self, rest: &str) -> Call {
        Call::get(self.path(rest))
    }

    /// All things of a list.
    pub(crate) async fn list(&self, call: Call) -> Result<Vec<Thing>> {
        Ok(items(
            self.site.pages(call.query("take", TAKE), next).await?,
        ))
    }

    /// The one of this name, slug or id.
    pub(crate) async fn named(&self, list: &str, kind: &str, name: &str) -> Result<Thing> {
        let call = self.get(list).query("partialName", name);
        let found = self.list(call).await?;
        if let Some(thing) = found.into_iter().find(|thing| thing.is_called(name)) {
            return Ok(thing);
        }
        // An id or a slug is no part of the name.
        let all = self.list(self.get(list)).await?;
        all.into_iter()
            .find(|thing| thing.is_called(name))
            .ok_or_else(|| missing(kind, name))
    }

    /// The release of this version; `None` where there is none.
    pub(crate) async fn release(&self, project: &Thing, version: &str) -> Result<Option<Thing>> {
        let path = format!("projects/{}/releases", segment(&project.id));
        let call = self.get(&path).query("searchByVersion", version);
        let found = self.list(call).await?;
        Ok(found
            .into_iter()
            .find(|release| release.body["Version"].as_str() == Some(version)))
    }

    pub(crate) async fn release_needed(&self, project: &Thing, version: &str) -> Result<Thing> {
        let found = self.release(project, version).await?;
        found.ok_or_else(|| missing("release", &format!("{} {version}", project.name)))
    }

    /// Where a person can look at it: the link that the thing carries, else the usual route (both
    /// unconfirmed, see the manifest).
    pub(crate) fn page(&self, body: &Value, route: &str) -> String {
        let host = self.site.base();
        match body["Links"]["Web"].as_str() {
            Some(link) if link.starts_with('/') => format!("{}{link}", self.site.host()),
            _ => format!("{host}/app#/{}/{route}", self.space.id),
        }
    }
}

/// The things of all pages.
fn items(pages: Vec<Value>) -> Vec<Thing> {
    pages
        .into_iter()
        .flat_map(|mut page| match page["Items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        })
        .map(Thing::of)
        .collect()
}

/// The link to the next page, where there is one.
fn next(page: &Value, _: &HttpResponse) -> Option<Next> {
    let link = page["Links"]["Page.Next"].as_str()?;
    Some(Next::Link(link.to_owned()))
}

pub(crate) fn missing(kind: &str, name: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0445"),
        format!("Octopus has no {kind} `{name}` in this space."),
    )
    .with_hint("Check the name; one that the key's user may not see is not listed either.")
}
