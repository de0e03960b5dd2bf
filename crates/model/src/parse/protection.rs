//! What an environment guards: who its credentials must be, and what must hold before a write.
//!
//! What was meant to protect never becomes no protection: a part that cannot be read is an error, and no
//! workflow runs in an environment whose file has one.

use indexmap::IndexMap;
use podium_calendar::window::{Day, Minute, Moment};
use podium_calendar::{Zone, zone_names};

use super::reader::{Path, Reader, shorten};
use super::{BAD_WINDOW, EXPECTS_NOBODY};
use crate::environment::{Confirm, Expectation, Freeze, Protection, Window};
use crate::id::CredentialName;
use crate::nearest::nearest;
use crate::tree::{Kind, Node};

/// The words that systems have for what an identity is. They are those of the connectors.
pub const IDENTITY_WORDS: [&str; 11] = [
    "account",
    "subscription",
    "cluster",
    "project",
    "tenant",
    "server",
    "user",
    "region",
    "context",
    "id",
    "organization",
];

pub(super) fn expect(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    path: &Path<'_>,
    bound: &IndexMap<String, CredentialName>,
) -> IndexMap<String, Expectation> {
    let hint = "Write the slot and who it must be, for example `cluster: shops-eu`.";
    let mut expected = IndexMap::new();
    for (slot, entry) in reader.entries(node, path, hint) {
        let here = path.key(slot);
        if !bound.contains_key(slot) {
            let hint = match nearest(slot, bound.keys().map(String::as_str)) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => {
                    format!("Bind a credential under `credentials`, for example `{slot}: NAME`.")
                }
            };
            let bytes = reader.short(&entry.value);
            reader.error(
                EXPECTS_NOBODY,
                "Nobody is expected",
                format!("`credentials` of this environment binds nothing to the slot `{slot}`."),
                &hint,
                &here,
                &bytes,
            );
        }
        let expectation = expectation(reader, &entry.value, &here);
        expected.insert(slot.to_owned(), expectation);
    }
    expected
}

fn expectation(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Expectation {
    let Kind::Map(_) = &node.kind else {
        // The short form names the account, whatever the system calls it.
        return IndexMap::from([(String::from("account"), values(reader, node, path))]);
    };
    let hint = "Write for example `{ cluster: shops-eu, user: deployer }`.";
    let mut expectation = IndexMap::new();
    let _ = reader.fields(node, path, &IDENTITY_WORDS, &[], hint);
    for (what, entry) in reader.entries(Some(node), path, hint) {
        let here = path.key(what);
        // Also a word that no system here has: it is kept, and proves nothing.
        expectation.insert(what.to_owned(), values(reader, &entry.value, &here));
    }
    expectation
}

/// A value, or a list of those that are right. Nothing that could be read leaves nobody who is right.
fn values(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Vec<String> {
    match &node.kind {
        Kind::List(items) => items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| value(reader, item, &path.item(at)))
            .collect(),
        _ => value(reader, node, path).into_iter().collect(),
    }
}

fn value(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<String> {
    // The number of an account is a name: its zeros in front count.
    if matches!(node.kind, Kind::Number(_)) {
        return Some(reader.source(node).trim().to_owned());
    }
    let text = reader.text(node, path)?;
    let text = text.trim();
    if text.is_empty() {
        let hint = "Write who it must be, for example `shops-eu`.";
        reader.wrong_type(node, path, "a name or a number", hint);
        return None;
    }
    Some(text.to_owned())
}

pub(super) fn protect(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Protection {
    let keys = [
        "approval",
        "confirm",
        "read_only",
        "time_zone",
        "window",
        "freeze",
        "override",
    ];
    let hint = "Write for example `{ approval: true }`.";
    let Some(fields) = reader.fields(node, path, &keys, &[], hint) else {
        // What was meant to protect must not become no protection.
        return Protection {
            approval: true,
            ..Protection::default()
        };
    };
    let confirm = fields.get("confirm").and_then(|node| {
        let words = [("type-name", Confirm::TypeName)];
        reader.choice(node, &path.key("confirm"), &words)
    });
    let mut flag = |key: &str| {
        fields
            .get(key)
            .is_some_and(|node| reader.boolean(node, &path.key(key)))
    };
    let (approval, read_only, may_override) =
        (flag("approval"), flag("read_only"), flag("override"));
    let window = each(reader, fields.get("window"), &path.key("window"), window);
    let freeze = each(reader, fields.get("freeze"), &path.key("freeze"), freeze);
    let time_zone = fields
        .get("time_zone")
        .and_then(|node| zone(reader, node, &path.key("time_zone")));
    for rule in ["window", "freeze"] {
        if let (Some(node), None) = (fields.get(rule), fields.get("time_zone")) {
            let bytes = reader.short(node);
            reader.error(
                BAD_WINDOW,
                "Nobody knows which clock is meant",
                format!("`{rule}` needs `time_zone` beside it."),
                "Write for example `time_zone: Europe/Berlin`.",
                &path.key(rule),
                &bytes,
            );
            break;
        }
    }
    Protection {
        approval,
        confirm,
        read_only,
        time_zone,
        window,
        freeze,
        may_override,
    }
}

/// One, or a list of them. One that cannot be read stays, so that it goes on to protect.
fn each<T: Default>(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    path: &Path<'_>,
    read: fn(&mut Reader<'_>, &Node, &Path<'_>) -> Option<T>,
) -> Vec<T> {
    match node.map(|node| &node.kind) {
        None => Vec::new(),
        Some(Kind::List(items)) => items
            .iter()
            .enumerate()
            .map(|(at, item)| read(reader, item, &path.item(at)).unwrap_or_default())
            .collect(),
        Some(_) => node
            .map(|node| read(reader, node, path).unwrap_or_default())
            .into_iter()
            .collect(),
    }
}

fn window(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<Window> {
    let hint = "Write for example `{ days: mon-thu, from: \"09:00\", to: \"17:00\" }`.";
    let fields = reader.fields(node, path, &["days", "from", "to"], &[], hint)?;
    Some(Window {
        days: days(reader, fields.get("days"), &path.key("days"))?,
        from: time(reader, fields.get("from"), &path.key("from"))?,
        to: time(reader, fields.get("to"), &path.key("to"))?,
    })
}

fn freeze(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<Freeze> {
    let hint = "Write for example `{ days: friday, because: nobody is there }`, or `{ from: 2026-12-20, to: \
                2027-01-03 }`.";
    let fields = reader.fields(node, path, &["days", "from", "to", "because"], &[], hint)?;
    let because = fields
        .get("because")
        .and_then(|node| reader.text(node, &path.key("because")))
        .unwrap_or_default();
    let (from, to) = (path.key("from"), path.key("to"));
    if fields.get("days").is_some() {
        return Some(Freeze {
            days: days(reader, fields.get("days"), &path.key("days"))?,
            from: time(reader, fields.get("from"), &from)?,
            to: time(reader, fields.get("to"), &to)?,
            because,
        });
    }
    let Some(start) = fields.get("from") else {
        let bytes = reader.short(node);
        let detail = "Neither days of the week nor a date stand here.";
        reader.error(
            BAD_WINDOW,
            "A freeze without a time",
            detail,
            hint,
            path,
            &bytes,
        );
        return None;
    };
    let first = date(reader, start, &from)?;
    let last = match fields.get("to") {
        Some(node) => {
            let last = date(reader, node, &to)?;
            if !first.is_before(last) {
                let bytes = reader.short(node);
                reader.error(
                    BAD_WINDOW,
                    "A freeze that ends before it begins",
                    format!("`{last}` does not come after `{first}`."),
                    "Write the last day of the freeze; it belongs to it.",
                    &to,
                    &bytes,
                );
                return None;
            }
            Some(last)
        }
        None => None,
    };
    Some(Freeze {
        days: Vec::new(),
        from: Some(first.to_string()),
        to: last.map(|last| last.to_string()),
        because,
    })
}

/// Days as they are written: one text, or a list. The outer `None`: they cannot be read.
fn days(reader: &mut Reader<'_>, node: Option<&Node>, path: &Path<'_>) -> Option<Vec<String>> {
    let Some(node) = node else {
        return Some(Vec::new());
    };
    let hint = "Write for example `friday`, `mon-thu`, or `[monday, wednesday]`.";
    let mut read = |node: &Node, path: &Path<'_>| {
        let text = reader.text(node, path)?;
        if Day::parse(&text).is_some() {
            return Some(text);
        }
        let bytes = reader.short(node);
        let detail = format!("`{}` is no day of the week.", shorten(&text));
        reader.error(
            BAD_WINDOW,
            "A day cannot be read",
            detail,
            hint,
            path,
            &bytes,
        );
        None
    };
    let found: Vec<String> = match &node.kind {
        Kind::List(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| read(item, &path.item(at)))
            .collect::<Option<_>>()?,
        _ => vec![read(node, path)?],
    };
    if found.is_empty() {
        reader.wrong_type(node, path, "at least one day", hint);
        return None;
    }
    Some(found)
}

/// A time of the day. The outer `None`: it cannot be read.
#[expect(
    clippy::option_option,
    reason = "it may be absent, and it may be wrong"
)]
fn time(reader: &mut Reader<'_>, node: Option<&Node>, path: &Path<'_>) -> Option<Option<String>> {
    let Some(node) = node else {
        return Some(None);
    };
    let text = reader
        .source(node)
        .trim()
        .trim_matches(['"', '\''])
        .to_owned();
    if Minute::parse(&text).is_some() {
        return Some(Some(text));
    }
    let bytes = reader.short(node);
    reader.error(
        BAD_WINDOW,
        "A time cannot be read",
        format!("`{}` is no time of the day.", shorten(&text)),
        "Write hour and minute in quotes, for example `\"09:00\"`; `\"24:00\"` is the end of the day.",
        path,
        &bytes,
    );
    None
}

fn date(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<Moment> {
    let text = reader.text(node, path)?;
    let read = Moment::parse(&text);
    if read.is_none() {
        let bytes = reader.short(node);
        reader.error(
            BAD_WINDOW,
            "A date cannot be read",
            format!("`{}` is no day of the calendar.", shorten(&text)),
            "Write year, month and day, for example `2026-12-20`, or `\"2026-12-20 18:00\"`.",
            path,
            &bytes,
        );
    }
    read
}

fn zone(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<String> {
    let text = reader.text(node, path)?;
    if let Some(zone) = Zone::named(&text) {
        return Some(zone.name().to_owned());
    }
    let bytes = reader.short(node);
    let near = nearest(&text, zone_names());
    reader.error(
        BAD_WINDOW,
        "A time zone that does not exist",
        format!("`{}` is no time zone.", shorten(&text)),
        near.map_or_else(
            || String::from("Write a name of the IANA database, for example `Europe/Berlin`."),
            |near| format!("Did you mean `{near}`?"),
        ),
        path,
        &bytes,
    );
    None
}
