//! What the server holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Call, Refused};

/// The whole state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct World {
    /// Things by kind, in the order they were made: `projects`, `releases`, …
    pub(crate) things: BTreeMap<String, Vec<Value>>,
    /// The next number of each kind of id.
    pub(crate) next: BTreeMap<String, u64>,
    pub(crate) tasks: Vec<Task>,
}

/// A server task. What it looks like follows from the time that has passed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) words: String,
    pub(crate) begun: i64,
    /// Milliseconds of work, waiting for people apart.
    pub(crate) takes: i64,
    /// The name that says how it goes.
    pub(crate) mood: String,
    pub(crate) cancelled: Option<i64>,
    /// When a person answered, and with what.
    pub(crate) answered: Option<(i64, String)>,
    pub(crate) steps: Vec<String>,
}

pub(crate) const SPACE: &str = "Spaces-1";

impl World {
    pub(crate) fn all(&self, kind: &str) -> &[Value] {
        self.things.get(kind).map_or(&[], Vec::as_slice)
    }

    /// Makes a thing with the next id of its kind.
    pub(crate) fn make(&mut self, kind: &str, prefix: &str, mut body: Value) -> Value {
        let number = self.next.entry(prefix.to_owned()).or_insert(0);
        *number += 1;
        let id = format!("{prefix}-{number}");
        body["Id"] = json!(id);
        body["SpaceId"] = json!(SPACE);
        if body["Links"].is_null() {
            body["Links"] = json!({ "Self": format!("/api/{SPACE}/{kind}/{id}") });
        }
        self.things
            .entry(kind.to_owned())
            .or_default()
            .push(body.clone());
        body
    }

    /// A thing by id, slug or name.
    pub(crate) fn find(&self, kind: &str, id: &str) -> Result<&Value, Refused> {
        self.all(kind)
            .iter()
            .find(|thing| {
                thing["Id"] == id
                    || thing["Slug"] == id
                    || thing["Name"]
                        .as_str()
                        .is_some_and(|name| name.to_lowercase() == id.to_lowercase())
            })
            .ok_or_else(|| gone(kind, id))
    }

    pub(crate) fn task(&self, id: &str) -> Result<&Task, Refused> {
        self.tasks
            .iter()
            .find(|task| task.id == id)
            .ok_or_else(|| gone("tasks", id))
    }

    pub(crate) fn task_mut(&mut self, id: &str) -> Result<&mut Task, Refused> {
        self.tasks
            .iter_mut()
            .find(|task| task.id == id)
            .ok_or_else(|| gone("tasks", id))
    }
}

pub(crate) fn gone(kind: &str, id: &str) -> Refused {
    (404, format!("The resource '{id}' was not found in {kind}."))
}

/// One page of things, as the vendor's lists: `skip`, `take`, `partialName`, `ids`.
pub(crate) fn page(call: &Call<'_>, kind: &str, things: Vec<Value>) -> Value {
    let wanted: Vec<Value> = things
        .into_iter()
        .filter(|thing| {
            let name = thing["Name"].as_str().unwrap_or_default().to_lowercase();
            call.get("partialName")
                .is_none_or(|part| name.contains(&part.to_lowercase()))
                && call
                    .get("ids")
                    .is_none_or(|ids| ids.split(',').any(|id| thing["Id"].as_str() == Some(id)))
        })
        .collect();
    let total = wanted.len();
    let skip = call.number("skip").unwrap_or(0);
    // Lists are longer than what one call gives, so that paging is always walked.
    let take = call.number("take").unwrap_or(30).clamp(1, 30);
    let items: Vec<Value> = wanted.into_iter().skip(skip).take(take).collect();
    let pages = total.div_ceil(take).max(1);
    let path = format!("/{}", call.path.join("/"));
    let link = |skip: usize| {
        let mut query: Vec<String> = call
            .query
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "skip" | "take"))
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        query.push(format!("skip={skip}"));
        query.push(format!("take={take}"));
        format!("{path}?{}", query.join("&"))
    };
    let mut links =
        json!({ "Self": link(skip), "Template": format!("{path}{{?skip,take,ids,partialName}}") });
    if skip + items.len() < total {
        links["Page.Next"] = json!(link(skip + take));
    }
    json!({
        "ItemType": kind, "TotalResults": total, "ItemsPerPage": take,
        "NumberOfPages": pages, "LastPageNumber": pages - 1, "Items": items, "Links": links,
    })
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
