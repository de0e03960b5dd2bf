//! What is there from the start: a small shop's organizations, inventories and templates.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// The version that the practice server says it is.
pub(crate) const VERSION: &str = "24.6.1";
/// Who logs in with a token.
pub(crate) const USER: &str = "podium";
/// Templates beside the ones with a meaning of their own, so that lists have pages.
const NIGHTLY: i64 = 90;

/// Every table by its name in a path.
pub(crate) fn tables() -> &'static Map<String, Value> {
    static TABLES: OnceLock<Map<String, Value>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables: Map<String, Value> =
            serde_json::from_str(include_str!("seed.json")).unwrap_or_default();
        if let Some(Value::Array(templates)) = tables.get_mut("job_templates") {
            let model = templates.iter().find(|one| one["id"] == 21).cloned();
            for at in 1..=NIGHTLY {
                let mut one = model.clone().unwrap_or_default();
                one["id"] = json!(1_000 + at);
                one["name"] = json!(format!("shop-nightly-{at:02}"));
                templates.push(one);
            }
        }
        if let Some(Value::Array(inventories)) = tables.get_mut("inventories") {
            for inventory in inventories {
                if let Some(count) = inventory.get("count").and_then(Value::as_i64) {
                    let hosts: Vec<String> =
                        (1..=count).map(|at| format!("scanner-{at:03}")).collect();
                    inventory["groups"]["scanners"] = json!(hosts);
                }
            }
        }
        tables
    })
}

/// The rows of a table.
pub(crate) fn rows(table: &str) -> &'static [Value] {
    tables()
        .get(table)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// One row by its number.
pub(crate) fn row(table: &str, id: i64) -> Option<&'static Value> {
    rows(table).iter().find(|row| row["id"] == id)
}

/// Whether a template asks for a thing at the launch.
pub(crate) fn asks(template: &Value, what: &str) -> bool {
    template["asks"]
        .as_array()
        .is_some_and(|asks| asks.iter().any(|one| one == what))
}

/// The questions of a template's survey.
pub(crate) fn questions(template: &Value) -> &[Value] {
    template["survey"]["spec"]
        .as_array()
        .map_or(&[], Vec::as_slice)
}

/// The hosts of an inventory, in order.
pub(crate) fn hosts(inventory: i64) -> Vec<String> {
    let Some(inventory) = row("inventories", inventory) else {
        return Vec::new();
    };
    let mut hosts: Vec<String> = inventory["groups"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(_, hosts)| hosts.as_array().into_iter().flatten())
        .filter_map(|host| host.as_str().map(str::to_owned))
        .collect();
    hosts.sort();
    hosts
}
