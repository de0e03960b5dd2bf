//! The Azure Resource Manager at one address, one automation account in it, and how both say no.

use std::time::Duration;

use podium_connector::{Context, HttpResponse, Mode};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Dialect, Fault, Login, Next, Site, segment};
use serde_json::Value;

use crate::auth;

/// What people call it.
pub(crate) const SYSTEM: &str = "Azure";
/// The version of Automation's interface.
const VERSION: &str = "2024-10-23";
/// The version of the Resource Manager's own lists.
const CORE: &str = "2022-12-01";
/// No such thing, in words of its own.
const NOT_FOUND: Code = Code::new("POD0445");
/// No usable credential.
const LACKING: Code = Code::new("POD0478");
/// A request that the Resource Manager works on for longer.
const FAILED: Code = Code::new("POD0481");
/// Looks at a request that is worked on.
const LOOKS: u32 = 120;

const DIALECT: Dialect = Dialect {
    system: SYSTEM,
    fault,
};

/// Azure, for one verb of one step.
pub(crate) struct Azure<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) tenant: String,
    pub(crate) client: String,
    subscription: Option<String>,
}

impl<'a> Azure<'a> {
    pub(crate) fn open(cx: &'a dyn Context, subscription: Option<&str>) -> Result<Self> {
        let (place, entra) = auth::login(cx)?;
        let stored = place
            .lease
            .and_then(|lease| lease.fields.get("subscription"))
            .map(|id| id.trim())
            .filter(|id| !id.is_empty());
        let tenant = entra.tenant().to_owned();
        let client = entra.client().to_owned();
        let subscription = subscription.or(stored).map(str::to_owned);
        Ok(Self {
            site: Site::new(cx, DIALECT, place.base, Login::Exchanged(Box::new(entra)))
                .trusting(place.trust),
            tenant,
            client,
            subscription,
        })
    }

    /// Every entry of a list: each page names the next one.
    pub(crate) async fn all(&self, call: Call) -> Result<Vec<Value>> {
        let pages = self.site.pages(call, following).await?;
        Ok(pages.into_iter().flat_map(entries).collect())
    }

    /// The subscriptions that the identity sees.
    pub(crate) async fn subscriptions(&self) -> Result<Vec<Value>> {
        self.all(Call::get("/subscriptions").query("api-version", CORE))
            .await
    }

    /// The subscription of the step or of the credential; else the only one that the identity sees.
    pub(crate) async fn subscription(&self) -> Result<String> {
        if let Some(id) = &self.subscription {
            return Ok(id.clone());
        }
        let seen = self.subscriptions().await?;
        if let [only] = seen.as_slice() {
            return Ok(text(only, "subscriptionId").to_owned());
        }
        Err(Error::new(
            ErrorKind::Invalid,
            LACKING,
            format!(
                "The identity sees {} subscriptions, and neither the credential nor the step names one.",
                seen.len()
            ),
        )
        .with_hint("Write the subscription's id into the credential, or into the step."))
    }

    /// The automation accounts of the subscription.
    pub(crate) async fn accounts(&self) -> Result<Vec<Value>> {
        let subscription = self.subscription().await?;
        self.all(versioned(Call::get(format!(
            "/subscriptions/{}/providers/Microsoft.Automation/automationAccounts",
            segment(&subscription)
        ))))
        .await
    }

    /// The account of this name.
    ///
    /// Fails with POD0445 where there is none, or more than one and no resource group is named.
    pub(crate) async fn account(&self, name: &str, group: Option<&str>) -> Result<Account<'_, 'a>> {
        if let Some(group) = group {
            let path = format!(
                "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Automation/automationAccounts/{}",
                segment(&self.subscription().await?),
                segment(group),
                segment(name)
            );
            return Ok(Account {
                azure: self,
                path,
                name: name.to_owned(),
            });
        }
        let accounts = self.accounts().await?;
        let mut found: Vec<&Value> = accounts
            .iter()
            .filter(|one| text(one, "name").eq_ignore_ascii_case(name))
            .collect();
        let Some(one) = found.pop() else {
            return Err(Error::new(
                ErrorKind::NotFound,
                NOT_FOUND,
                format!("Azure has no automation account called `{name}` in this subscription."),
            )
            .with_hint("Check the name and the subscription; one that the identity may not see looks the same."));
        };
        if let Some(other) = found.first() {
            return Err(Error::new(
                ErrorKind::Invalid,
                NOT_FOUND,
                format!(
                    "Two automation accounts are called `{name}`: `{}` and `{}`.",
                    text(one, "id"),
                    text(other, "id")
                ),
            )
            .with_hint("Name the resource group in the step."));
        }
        Ok(Account {
            azure: self,
            path: escaped(text(one, "id")),
            name: text(one, "name").to_owned(),
        })
    }
}

/// One automation account.
pub(crate) struct Account<'s, 'a> {
    pub(crate) azure: &'s Azure<'a>,
    path: String,
    pub(crate) name: String,
}

impl Account<'_, '_> {
    /// A path below the account, such as `runbooks/x`.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.path)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.azure
            .site
            .send(versioned(Call::get(self.at(path))))
            .await
    }

    pub(crate) async fn find(&self, path: &str) -> Result<Option<Value>> {
        self.azure
            .site
            .find(versioned(Call::get(self.at(path))))
            .await
    }

    pub(crate) async fn all(&self, path: &str) -> Result<Vec<Value>> {
        self.azure.all(versioned(Call::get(self.at(path)))).await
    }

    /// A text that is there, such as a script.
    pub(crate) async fn script(&self, path: &str, accept: &str) -> Result<Option<String>> {
        let call = versioned(Call::get(self.at(path))).header("accept", accept);
        match self.azure.site.text(call).await {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a write, and waits where the Resource Manager works on it for longer (202).
    pub(crate) async fn write(&self, call: Call) -> Result<Value> {
        let reply = self.azure.site.reply(versioned(call)).await?;
        if reply.status == 202 {
            return self.settled(&reply).await;
        }
        Ok(serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    /// Follows `Azure-AsyncOperation`, else `Location`, until it is done.
    async fn settled(&self, reply: &HttpResponse) -> Result<Value> {
        let site = &self.azure.site;
        let Some(link) = reply
            .header("azure-asyncoperation")
            .or_else(|| reply.header("location"))
        else {
            return Ok(Value::Null);
        };
        let path = site.path_of(link)?;
        let mut wait = after(reply);
        for _ in 0..LOOKS {
            site.context().sleep(wait).await;
            let seen = site.reply(Call::get(path.as_str())).await?;
            let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
            match text(&body, "status") {
                "Failed" | "Canceled" => {
                    let fault = fault(&seen).unwrap_or_default();
                    return Err(Error::new(
                        ErrorKind::Failed,
                        FAILED,
                        format!("Azure did not do it: {}", fault.message),
                    )
                    .with_hint("Mend what it says, then run the step again."));
                }
                "Succeeded" => return Ok(body),
                _ if seen.status != 202 && body.get("status").is_none() => return Ok(body),
                _ => wait = after(&seen),
            }
        }
        Err(Error::new(
            ErrorKind::TimedOut,
            FAILED,
            "Azure has not done it within the time that Podium waits.",
        )
        .with_hint("Look in the portal, then run the step again."))
    }

    /// Where a person looks at something of the account; in practice there is no portal.
    pub(crate) fn link(&self, below: &str) -> String {
        let site = &self.azure.site;
        if site.context().mode() == Mode::Simulated {
            return format!("{}{}/{below}", site.base(), self.path);
        }
        format!(
            "https://portal.azure.com/#@{}/resource{}/{below}",
            segment(&self.azure.tenant),
            self.path
        )
    }
}

fn after(reply: &HttpResponse) -> Duration {
    let seconds = reply
        .header("retry-after")
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(2);
    Duration::from_secs(u64::clamp(seconds, 1, 60))
}

/// A resource's id as a path: names in it are escaped, slashes are not.
fn escaped(id: &str) -> String {
    id.split('/').map(segment).collect::<Vec<_>>().join("/")
}

pub(crate) fn versioned(call: Call) -> Call {
    call.query("api-version", VERSION)
}

pub(crate) fn following(page: &Value, _: &HttpResponse) -> Option<Next> {
    let link = page.get("nextLink")?.as_str()?;
    (!link.is_empty()).then(|| Next::Link(link.to_owned()))
}

pub(crate) fn entries(mut page: Value) -> Vec<Value> {
    match page.get_mut("value").map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// A text field; empty where it is not there.
pub(crate) fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// What belongs to a resource.
pub(crate) fn properties(value: &Value) -> &Value {
    value.get("properties").unwrap_or(&Value::Null)
}

/// What a refusal says: `{"error": {"code", "message"}}`, and what the older parts of Automation give.
pub(crate) fn fault(reply: &HttpResponse) -> Option<Fault> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let error = body
        .get("error")
        .filter(|error| error.is_object())
        .unwrap_or(&body);
    let said = |error: &Value| {
        ["message", "Message"]
            .iter()
            .find_map(|field| error.get(*field)?.as_str())
            .map(str::to_owned)
    };
    let mut message = said(error)?;
    for detail in error
        .get("details")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if let Some(more) = said(detail).filter(|more| !message.contains(more.as_str())) {
            message = format!("{} {more}", message.trim_end());
        }
    }
    let code = error.get("code").or_else(|| error.get("Code"));
    Some(Fault {
        message,
        code: code.and_then(Value::as_str).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_in_the_new_form_and_in_the_old() {
        for (body, code, message) in [
            (
                r#"{"error":{"code":"ResourceNotFound","message":"Not found.","details":[{"code":"X","message":"More."}]}}"#,
                Some("ResourceNotFound"),
                "Not found. More.",
            ),
            (
                r#"{"code":"BadRequest","message":"Das ist kein Größenwert."}"#,
                Some("BadRequest"),
                "Das ist kein Größenwert.",
            ),
            (
                r#"{"Message":"An error has occurred."}"#,
                None,
                "An error has occurred.",
            ),
        ] {
            let reply = HttpResponse {
                status: 400,
                headers: Vec::new(),
                body: body.as_bytes().to_vec(),
            };
            let fault = fault(&reply).unwrap();
            assert_eq!(
                (fault.code.as_deref(), fault.message.as_str()),
                (code, message)
            );
        }
    }

    #[test]
    fn a_resource_id_keeps_its_slashes_and_nothing_else() {
        assert_eq!(
            escaped("/subscriptions/1/resourceGroups/größe & co"),
            "/subscriptions/1/resourceGroups/gr%C3%B6%C3%9Fe%20%26%20co"
        );
    }
}
