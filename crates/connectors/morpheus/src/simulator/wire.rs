//! Lists and times as the appliance writes them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Asked;

pub(super) fn time(millis: i64) -> String {
    let time = Timestamp::from_millisecond(millis).unwrap_or_default();
    format!("{time:.0}")
}

pub(super) fn uuid(number: u64) -> String {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x2545_F491_4F6C_DD1D;
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{number:012x}",
        mixed >> 32,
        (mixed >> 16) & 0xffff,
        (mixed >> 4) & 0xfff,
        mixed & 0xfff,
    )
}

/// A list as it is asked for, under its name, with `meta`.
pub(super) fn page(asked: &Asked<'_>, name: &str, items: Vec<Value>) -> Value {
    let mut kept: Vec<Value> = items.into_iter().filter(|item| fits(asked, item)).collect();
    if asked.query("direction") == Some("desc") || asked.query("order") == Some("desc") {
        kept.reverse();
    }
    let number = |name: &str| {
        asked
            .query(name)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let most = number("max").filter(|max| *max > 0).unwrap_or(25);
    let offset = number("offset").unwrap_or(0);
    let total = kept.len();
    let items: Vec<Value> = kept.into_iter().skip(offset).take(most).collect();
    json!({
        name: items,
        "meta": { "offset": offset, "max": most, "size": items.len(), "total": total },
    })
}

fn fits(asked: &Asked<'_>, item: &Value) -> bool {
    let text = |field: &str| match &item[field] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let same = |field: &str| {
        asked
            .query(field)
            .is_none_or(|wanted| wanted == text(field))
    };
    let phrase = asked.query("phrase").map(str::to_lowercase);
    same("name")
        && same("status")
        && same("code")
        && same("instanceId")
        && same("appId")
        && phrase.is_none_or(|phrase| item.to_string().to_lowercase().contains(&phrase))
}
