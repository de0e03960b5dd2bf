//! Filters, order and pages, as Django does them.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Reply, ok, refused};

/// Entries on a page where nothing is said, and the most.
const PAGE: usize = 25;
const MOST: usize = 200;

/// The pairs of a query, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        let decode = |part: &str| {
            percent_decode_str(&part.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        };
        Self(
            text.split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.parse().ok()
    }

    fn page(&self, page: usize) -> String {
        let mut pairs: Vec<String> = self
            .0
            .iter()
            .filter(|(name, _)| name != "page")
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        pairs.push(format!("page={page}"));
        pairs.join("&")
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A list as a reply: filtered, ordered, one page of it.
pub(crate) fn list(path: &str, query: &Query, rows: Vec<Value>) -> Reply {
    match chosen(query, rows) {
        Ok(rows) => page(path, query, &rows, rows.len()),
        Err(why) => refused(400, &why),
    }
}

/// One page of what is chosen already, of so many.
pub(crate) fn page(path: &str, query: &Query, rows: &[Value], count: usize) -> Reply {
    if let Some(limit) = query.number("limit") {
        let some: Vec<&Value> = rows.iter().take(limit).collect();
        return ok(json!({ "results": some }));
    }
    let size = query.number("page_size").unwrap_or(PAGE).clamp(1, MOST);
    let at = query.number("page").unwrap_or(1).max(1);
    let pages = rows.len().div_ceil(size).max(1);
    if at > pages {
        return refused(404, "Invalid page.");
    }
    let link = |page: usize| format!("{path}?{}", query.page(page));
    let start = (at - 1) * size;
    ok(json!({
        "count": count,
        "next": (at < pages).then(|| link(at + 1)),
        "previous": (at > 1).then(|| link(at - 1)),
        "results": rows.iter().skip(start).take(size).collect::<Vec<_>>(),
    }))
}

/// The rows that fit, in the order that is asked for.
fn chosen(query: &Query, mut rows: Vec<Value>) -> Result<Vec<Value>, String> {
    for (name, value) in &query.0 {
        match name.as_str() {
            "page" | "page_size" | "limit" | "order_by" | "format" | "count_disabled" => {}
            "search" => rows.retain(|row| {
                ["name", "description"].iter().any(|field| {
                    row[*field]
                        .as_str()
                        .is_some_and(|text| text.to_lowercase().contains(&value.to_lowercase()))
                })
            }),
            _ => {
                let (inverted, name) = match name.strip_prefix("not__") {
                    Some(rest) => (true, rest),
                    None => (false, name.as_str()),
                };
                let (field, test) = match name.rsplit_once("__") {
                    Some((field, test)) if TESTS.contains(&test) => (field, test),
                    _ => (name, "exact"),
                };
                if let Some(row) = rows.first()
                    && place(row, field).is_none()
                {
                    return Err(format!("Field {field} could not be resolved."));
                }
                rows.retain(|row| {
                    place(row, field).is_some_and(|found| fits(&found, test, value)) != inverted
                });
            }
        }
    }
    if let Some(order) = query.get("order_by") {
        for key in order.split(',').rev() {
            let (down, field) = match key.strip_prefix('-') {
                Some(field) => (true, field),
                None => (false, key),
            };
            rows.sort_by(|a, b| {
                let by = compare(place(a, field).as_ref(), place(b, field).as_ref());
                if down { by.reverse() } else { by }
            });
        }
    }
    Ok(rows)
}

const TESTS: [&str; 13] = [
    "exact",
    "iexact",
    "contains",
    "icontains",
    "startswith",
    "istartswith",
    "endswith",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "isnull",
];

/// A field of a row, also one of something that belongs to it: `organization__name`.
fn place(row: &Value, field: &str) -> Option<Value> {
    if let Some((owner, rest)) = field.split_once("__") {
        if rest == "id" {
            return row.get(owner).cloned();
        }
        let found = row.get("summary_fields")?.get(owner);
        return Some(
            found
                .and_then(|owner| owner.get(rest))
                .cloned()
                .unwrap_or_default(),
        );
    }
    row.get(field).cloned()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => a
            .as_f64()
            .partial_cmp(&b.as_f64())
            .unwrap_or(std::cmp::Ordering::Equal),
        (Some(a), Some(b)) => text(a).cmp(&text(b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn fits(found: &Value, test: &str, wanted: &str) -> bool {
    let said = text(found);
    let order = || match (found.as_f64(), wanted.parse::<f64>()) {
        (Some(a), Ok(b)) => a.partial_cmp(&b),
        _ => Some(said.as_str().cmp(wanted)),
    };
    match test {
        "iexact" => said.to_lowercase() == wanted.to_lowercase(),
        "contains" => said.contains(wanted),
        "icontains" => said.to_lowercase().contains(&wanted.to_lowercase()),
        "startswith" => said.starts_with(wanted),
        "istartswith" => said.to_lowercase().starts_with(&wanted.to_lowercase()),
        "endswith" => said.ends_with(wanted),
        "gt" => order() == Some(std::cmp::Ordering::Greater),
        "gte" => order() != Some(std::cmp::Ordering::Less),
        "lt" => order() == Some(std::cmp::Ordering::Less),
        "lte" => order() != Some(std::cmp::Ordering::Greater),
        "in" => wanted.split(',').any(|one| one == said),
        "isnull" => found.is_null() == matches!(wanted, "1" | "true" | "True"),
        _ => said == wanted,
    }
}
