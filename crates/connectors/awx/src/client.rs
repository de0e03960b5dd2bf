//! AWX at one address, and how it says no.

use podium_connector::{Context, HttpResponse};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Dialect, Fault, Next, Site, segment};
use serde_json::Value;

use crate::auth;

/// What people call it.
pub(crate) const SYSTEM: &str = "AWX";
/// No such thing, in words of its own.
const NOT_FOUND: Code = Code::new("POD0445");
/// Not what the system gives.
const NOT_AWX: Code = Code::new("POD0449");
/// Entries on one page; the most that AWX gives.
const PAGE: u32 = 200;

const DIALECT: Dialect = Dialect {
    system: SYSTEM,
    fault,
};

/// AWX, or the automation controller of the platform, for one verb of one step.
pub(crate) struct Awx<'a> {
    pub(crate) site: Site<'a>,
    /// `/api/v2` or `/api/controller/v2`.
    pub(crate) root: String,
    /// Whether a platform gateway stands in front.
    gateway: bool,
}

impl<'a> Awx<'a> {
    /// Asks which of the two prefixes it has.
    pub(crate) async fn open(cx: &'a dyn Context) -> Result<Self> {
        let (place, login) = auth::login(cx)?;
        let site = Site::new(cx, DIALECT, place.base, login).trusting(place.trust);
        let top = site.send(Call::get("/api/")).await?;
        if let Some(root) = version_of(&site, &top)? {
            return Ok(Self {
                site,
                root,
                gateway: false,
            });
        }
        let Some(link) = top.pointer("/apis/controller").and_then(Value::as_str) else {
            return Err(Error::new(
                ErrorKind::Invalid,
                NOT_AWX,
                format!("`{}` answers, and it is no AWX.", site.host()),
            )
            .with_hint("Give the address of AWX, of the controller, or of the platform's gateway.")
            .with_source(top));
        };
        let path = slashed(&site.path_of(link)?);
        let top = site.send(Call::get(path.as_str())).await?;
        let root = version_of(&site, &top)?
            .unwrap_or_else(|| format!("{}/v2", path.trim_end_matches('/')));
        Ok(Self {
            site,
            root,
            gateway: true,
        })
    }

    /// A path below the root: `jobs/7/`.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.site.send(Call::get(self.at(path))).await
    }

    pub(crate) async fn find(&self, path: &str) -> Result<Option<Value>> {
        self.site.find(Call::get(self.at(path))).await
    }

    /// Every entry of a list.
    pub(crate) async fn all(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<Value>> {
        let mut call = Call::get(self.at(path)).query("page_size", PAGE);
        for (name, value) in query {
            call = call.query(name, value);
        }
        let pages = self.site.pages(call, following).await?;
        Ok(pages.into_iter().flat_map(entries).collect())
    }

    /// The first page of a list.
    pub(crate) async fn page(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<Value>> {
        let mut call = Call::get(self.at(path));
        for (name, value) in query {
            call = call.query(name, value);
        }
        Ok(entries(self.site.send(call).await?))
    }

    /// The thing of this name, or, where the text is a number and no name, of this id.
    ///
    /// Fails with POD0445 where there is none or more than one.
    pub(crate) async fn named(
        &self,
        kind: &Kind,
        name: &str,
        query: &[(&str, &str)],
    ) -> Result<Value> {
        let mut query = query.to_vec();
        query.push(("name", name));
        let mut found = self.all(&format!("{}/", kind.path), &query).await?;
        if found.is_empty() && is_number(name) {
            found.extend(self.find(&format!("{}/{name}/", kind.path)).await?);
        }
        if found.len() > 1 {
            let places: Vec<String> = found
                .iter()
                .map(|one| format!("`{}` in {}", number(one, "id"), organization(one)))
                .collect();
            return Err(Error::new(
                ErrorKind::Invalid,
                NOT_FOUND,
                format!(
                    "AWX has {} {}s called `{name}`: {}.",
                    found.len(),
                    kind.words,
                    places.join(", ")
                ),
            )
            .with_hint("Name the organization, or give the number in place of the name."));
        }
        found.pop().ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                NOT_FOUND,
                format!("AWX has no {} called `{name}`.", kind.words),
            )
            .with_hint("Check the name; one that the identity may not see looks the same.")
        })
    }

    /// Where a person looks at a job.
    pub(crate) fn link(&self, kind: &str, id: &str) -> String {
        let base = self.site.base();
        let id = segment(id);
        if self.gateway {
            format!("{base}/execution/jobs/{kind}/{id}")
        } else {
            format!("{base}/#/jobs/{kind}/{id}")
        }
    }
}

/// Something that AWX has lists of.
pub(crate) struct Kind {
    pub(crate) path: &'static str,
    pub(crate) words: &'static str,
}

pub(crate) const INVENTORIES: Kind = Kind {
    path: "inventories",
    words: "inventory",
};
pub(crate) const CREDENTIALS: Kind = Kind {
    path: "credentials",
    words: "credential",
};
pub(crate) const ENVIRONMENTS: Kind = Kind {
    path: "execution_environments",
    words: "execution environment",
};
pub(crate) const LABELS: Kind = Kind {
    path: "labels",
    words: "label",
};
pub(crate) const GROUPS: Kind = Kind {
    path: "instance_groups",
    words: "instance group",
};

/// The root of version 2, where the document is the one of an AWX.
fn version_of(site: &Site<'_>, top: &Value) -> Result<Option<String>> {
    let Some(link) = top
        .pointer("/available_versions/v2")
        .or_else(|| top.get("current_version"))
        .and_then(Value::as_str)
    else {
        return Ok(None);
    };
    Ok(Some(site.path_of(link)?.trim_end_matches('/').to_owned()))
}

fn slashed(path: &str) -> String {
    format!("{}/", path.trim_end_matches('/'))
}

pub(crate) fn following(page: &Value, _: &HttpResponse) -> Option<Next> {
    let link = page.get("next")?.as_str()?;
    Some(Next::Link(link.to_owned()))
}

pub(crate) fn entries(mut page: Value) -> Vec<Value> {
    match page.get_mut("results").map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// A text field; empty where it is not there.
pub(crate) fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn flag(value: &Value, field: &str) -> bool {
    value.get(field).and_then(Value::as_bool).unwrap_or(false)
}

pub(crate) fn number(value: &Value, field: &str) -> i64 {
    value.get(field).and_then(Value::as_i64).unwrap_or_default()
}

/// The name of the organization that owns a thing.
pub(crate) fn organization(value: &Value) -> String {
    match value
        .pointer("/summary_fields/organization/name")
        .and_then(Value::as_str)
    {
        Some(name) => format!("`{name}`"),
        None => "no organization".to_owned(),
    }
}

pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 18 && text.bytes().all(|b| b.is_ascii_digit())
}

/// What a refusal says: `{"detail": …}`, `{"error": …}`, or a list of messages by field.
fn fault(reply: &HttpResponse) -> Option<Fault> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let mut said = Vec::new();
    collect(&body, "", &mut said);
    (!said.is_empty()).then(|| Fault::said(said.join(" ")))
}

fn collect(value: &Value, field: &str, said: &mut Vec<String>) {
    match value {
        Value::String(text) if matches!(field, "" | "detail" | "error" | "__all__" | "msg") => {
            said.push(sentence(text));
        }
        Value::String(text) => said.push(format!("`{field}`: {}", sentence(text))),
        Value::Array(list) => {
            for one in list {
                collect(one, field, said);
            }
        }
        Value::Object(map) => {
            for (name, one) in map {
                collect(one, name, said);
            }
        }
        _ => {}
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_in_each_of_its_forms() {
        for (body, said) in [
            (
                r#"{"detail":"Authentication credentials were not provided. To establish a login session, visit /api/login/."}"#,
                "Authentication credentials were not provided. To establish a login session, visit /api/login/.",
            ),
            (
                r#"{"variables_needed_to_start":["'size' value missing"],"passwords_needed_to_start":["ssh_password"]}"#,
                "`variables_needed_to_start`: 'size' value missing. `passwords_needed_to_start`: ssh_password.",
            ),
            (r#"{"__all__":["Grün ist aus"]}"#, "Grün ist aus."),
            (
                r#"{"error":"This workflow step has already been approved or denied."}"#,
                "This workflow step has already been approved or denied.",
            ),
            (r#"["no"]"#, "no."),
        ] {
            let reply = HttpResponse {
                status: 400,
                headers: Vec::new(),
                body: body.as_bytes().to_vec(),
            };
            assert_eq!(fault(&reply).unwrap().message, said);
        }
    }
}
