//! What an environment guards: who its credentials must be, and what must hold before a write.
//!
//! What was meant to protect never becomes no protection: a part that cannot be read is an error, and no
//! workflow runs in an environment whose file has one.

use indexmap::IndexMap;
use podium_diagnostics::Diagnostic;

use super::reader::{Path, Reader};
use super::{EXPECTS_NOBODY, NOT_ENFORCED};
use crate::environment::{Confirm, Expectation, Protection};
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
    let known = reader.fields(node, path, &IDENTITY_WORDS, &[], hint);
    let _ = known;
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
    let keys = ["approval", "confirm", "read_only", "window", "freeze"];
    let hint = "Write for example `{ approval: true }`.";
    let Some(fields) = reader.fields(node, path, &keys, &[], hint) else {
        // What was meant to protect must not become no protection.
        return Protection {
            approval: true,
            ..Protection::default()
        };
    };
    for rule in ["window", "freeze"] {
        if let Some(node) = fields.get(rule) {
            let bytes = reader.short(node);
            reader.problem(
                Diagnostic::warning(
                    NOT_ENFORCED,
                    "This rule is not enforced yet",
                    format!("This version keeps `{rule}` and does not act on it."),
                ),
                &path.key(rule),
                &bytes,
                Some("Set `read_only: true` for the time in which nothing may change.".to_owned()),
            );
        }
    }
    let confirm = fields.get("confirm").and_then(|node| {
        let words = [("type-name", Confirm::TypeName)];
        reader.choice(node, &path.key("confirm"), &words)
    });
    let approval = fields
        .get("approval")
        .is_some_and(|node| reader.boolean(node, &path.key("approval")));
    let read_only = fields
        .get("read_only")
        .is_some_and(|node| reader.boolean(node, &path.key("read_only")));
    Protection {
        approval,
        confirm,
        read_only,
    }
}
