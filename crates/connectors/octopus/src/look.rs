//! Who acts, and what there is to choose from.

use podium_connector::{Choice, Context, Fact, Identity, StepRequest};
use podium_diagnostics::Result;
use podium_rest::{Call, segment};

use crate::auth;
use crate::client::{Octopus, Thing};
use crate::config::Config;

pub(crate) async fn identify(cx: &dyn Context, _request: &StepRequest) -> Result<Identity> {
    let site = auth::site(cx)?;
    let user = site.send(Call::get("/api/users/me")).await?;
    let server = site.send(Call::get("/api")).await?;
    let name = user["DisplayName"]
        .as_str()
        .filter(|name| !name.is_empty())
        .or(user["Username"].as_str())
        .unwrap_or_default();
    Ok(Identity {
        system: "octopus".into(),
        account: format!(
            "Octopus {}",
            server["Version"].as_str().unwrap_or("of unknown version")
        ),
        user: name.to_owned(),
        place: Some(site.base().to_owned()),
        expires: None,
        facts: Fact::list([
            ("server", site.base()),
            ("user", name),
            ("user", user["Username"].as_str().unwrap_or_default()),
        ]),
    })
}

/// Choices for a field; `None` where there is no such list.
pub(crate) async fn discover(
    cx: &dyn Context,
    request: &StepRequest,
    what: &str,
) -> Result<Option<Vec<Choice>>> {
    let config = Config::of(request)?;
    if what == "spaces" {
        let site = auth::site(cx)?;
        let octopus_spaces = site
            .send(Call::get("/api/spaces").query("take", 1_000))
            .await?;
        let spaces = octopus_spaces["Items"].as_array().cloned();
        return Ok(Some(choices(
            spaces.unwrap_or_default().into_iter().map(Thing::of),
        )));
    }
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let list = match what {
        "projects" => octopus.get("projects"),
        "environments" => octopus.get("environments"),
        "tenants" => octopus.get("tenants"),
        "channels" | "releases" | "runbooks" => {
            let Some(project) = &config.project else {
                return Ok(Some(Vec::new()));
            };
            let project = octopus.named("projects", "project", project).await?;
            octopus.get(&format!("projects/{}/{what}", segment(&project.id)))
        }
        _ => return Ok(None),
    };
    Ok(Some(choices(octopus.list(list).await?.into_iter())))
}

fn choices(things: impl Iterator<Item = Thing>) -> Vec<Choice> {
    things
        .map(|thing| Choice {
            value: thing.name.clone(),
            label: thing.name,
        })
        .collect()
}
