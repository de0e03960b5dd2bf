//! Choices for the form.

use podium_connector::{Choice, Context, Right, StepRequest};
use podium_diagnostics::{ErrorKind, Result};
use serde_json::Value;

use crate::client::Client;

pub(crate) async fn rights(cx: &dyn Context) -> Result<Vec<Right>> {
    let seen = match Client::new(cx)?.offerings().await {
        Ok(_) => true,
        Err(error) if error.kind == ErrorKind::Forbidden => false,
        Err(error) => return Err(error),
    };
    let right = |what: &str, held| Right {
        what: what.to_owned(),
        held,
    };
    Ok(vec![
        right("look at offerings", Some(seen)),
        right("launch the offering", None),
    ])
}

pub(crate) async fn discover(
    cx: &dyn Context,
    request: &StepRequest,
    what: &str,
) -> Result<Option<Vec<Choice>>> {
    let client = Client::new(cx)?;
    let name = |entry: &Value| {
        ["displayname", "displayName", "name", "type", "id"]
            .iter()
            .find_map(|name| entry[*name].as_str().map(str::to_owned))
    };
    let id = |entry: &Value, names: &[&str]| {
        names.iter().find_map(|name| {
            entry[*name]
                .as_str()
                .map(str::to_owned)
                .or_else(|| entry[*name].as_u64().map(|id| id.to_string()))
        })
    };
    let mut choices: Vec<Choice> = match what {
        "offerings" => {
            let all = client.offerings().await?;
            let twice = |name: &str| all.iter().filter(|one| one.name == name).count() > 1;
            all.iter()
                .map(|one| Choice {
                    value: if twice(&one.name) {
                        one.id.clone()
                    } else {
                        one.name.clone()
                    },
                    label: one.name.clone(),
                })
                .collect()
        }
        "instance-types" => client
            .instance_types()
            .await?
            .iter()
            .filter_map(|one| {
                let value = id(one, &["type", "name", "id"])?;
                Some(Choice {
                    label: name(one).unwrap_or_else(|| value.clone()),
                    value,
                })
            })
            .collect(),
        "instances" => match request.inputs.text("instance_type") {
            None => Vec::new(),
            Some(kind) => client
                .instances(kind)
                .await?
                .iter()
                .filter_map(|one| {
                    let value = id(one, &["id"])?;
                    Some(Choice {
                        label: name(one).unwrap_or_else(|| value.clone()),
                        value,
                    })
                })
                .collect(),
        },
        _ => return Ok(None),
    };
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(Some(choices))
}
