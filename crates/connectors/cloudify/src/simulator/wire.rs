//! Lists, fields and times as the manager writes them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Asked;

/// Entries of a page where the caller does not say (`default_page_size` of the manager).
const SIZE: usize = 1_000;

/// A time as the manager writes it.
pub(super) fn time(millis: i64) -> String {
    let time = Timestamp::from_millisecond(millis).unwrap_or_default();
    format!("{time:.3}")
}

pub(super) fn version() -> Value {
    json!({
        "edition": "premium", "version": "7.0.5", "build": null, "date": null, "commit": null,
        "distribution": "rhel", "distro_release": "Ootpa",
    })
}

/// An id that looks like the manager's and follows from a number.
pub(super) fn uuid(number: u64) -> String {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D;
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{number:012x}",
        mixed >> 32,
        (mixed >> 16) & 0xffff,
        (mixed >> 4) & 0xfff,
        mixed & 0xfff,
    )
}

/// Six letters or digits, as they stand in the ids of node instances.
pub(super) fn suffix(number: u64) -> String {
    const SIGNS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    (0..6)
        .map(|_| {
            let sign = SIGNS[usize::try_from(mixed % 36).unwrap_or(0)];
            mixed /= 36;
            char::from(sign)
        })
        .collect()
}

/// A list as the caller asked for it: filtered by its own fields, sorted, cut to a page, projected.
pub(super) fn page(asked: &Asked<'_>, items: Vec<Value>) -> Value {
    let mut kept: Vec<Value> = items.into_iter().filter(|item| fits(asked, item)).collect();
    if let Some(sort) = asked.query("_sort") {
        let (field, down) = sort.strip_prefix('-').map_or((sort, false), |f| (f, true));
        kept.sort_by(|a, b| {
            let order = key(&a[field]).cmp(&key(&b[field]));
            if down { order.reverse() } else { order }
        });
    }
    let total = kept.len();
    let (size, offset) = span(asked, SIZE);
    let include: Option<Vec<&str>> = asked.query("_include").map(|all| all.split(',').collect());
    let items: Vec<Value> = kept
        .into_iter()
        .skip(offset)
        .take(size)
        .map(|item| project(item, include.as_deref()))
        .collect();
    json!({
        "items": items,
        "metadata": { "pagination": { "total": total, "size": size, "offset": offset }, "filtered": null },
    })
}

/// Size and offset of the page that is asked for.
pub(super) fn span(asked: &Asked<'_>, most: usize) -> (usize, usize) {
    let number = |name: &str| {
        asked
            .query(name)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let size = number("_size").filter(|size| *size > 0).unwrap_or(most);
    (size.min(10_000), number("_offset").unwrap_or(0))
}

fn key(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn fits(asked: &Asked<'_>, item: &Value) -> bool {
    let fields: Map<String, Value> = item.as_object().cloned().unwrap_or_default();
    fields.iter().all(|(field, value)| {
        let wanted: Vec<&str> = asked
            .query
            .iter()
            .filter(|(name, _)| name == field)
            .map(|(_, wanted)| wanted.as_str())
            .collect();
        wanted.is_empty() || wanted.contains(&key(value).as_str())
    })
}

/// The fields that are asked for.
pub(super) fn project(item: Value, include: Option<&[&str]>) -> Value {
    let (Value::Object(mut fields), Some(include)) = (item.clone(), include) else {
        return item;
    };
    fields.retain(|name, _| include.contains(&name.as_str()));
    Value::Object(fields)
}
