//! Environments and the workspace.

use indexmap::IndexMap;
use podium_diagnostics::Diagnostic;

use super::reader::{Path, Reader};
use super::{NOT_ENFORCED, version, workflow::is_map};
use crate::environment::{Confirm, Environment, Protection};
use crate::id::CredentialName;
use crate::tree::{Kind, Node};
use crate::workspace::{CatalogEntry, Workspace};

pub(super) fn environment(reader: &mut Reader<'_>) -> Option<Environment> {
    let root = reader.map.root();
    let path = Path::ROOT;
    if root.kind == Kind::Null {
        return Some(Environment::default());
    }
    if !is_map(reader, "Write for example `order: 1` and `vars:`.") {
        return None;
    }
    version::check(reader, false)?;
    let keys = [
        "order",
        "title",
        "vars",
        "credentials",
        "protect",
        "practice",
        "podium",
    ];
    let fields = reader.fields(root, &path, &keys, &[], "")?;
    let mut environment = Environment::default();
    if let Some(node) = fields.get("order") {
        let order = reader.whole(node, &path.key("order"), -1_000_000, 1_000_000);
        environment.order = order.unwrap_or_default();
    }
    if let Some(node) = fields.get("title") {
        let title = reader.text(node, &path.key("title"));
        environment.title = title.unwrap_or_default();
    }
    let vars = path.key("vars");
    let hint = "Write `vars:` and under it `name: value`.";
    for (name, entry) in reader.entries(fields.get("vars"), &vars, hint) {
        environment
            .vars
            .insert(name.to_owned(), entry.value.to_value());
    }
    let credentials = path.key("credentials");
    let hint =
        "Write the workflow's slot and the stored credential, for example `cloud: acme-dev`.";
    for (slot, entry) in reader.entries(fields.get("credentials"), &credentials, hint) {
        let here = credentials.key(slot);
        if let Some(name) = reader.name_value::<CredentialName>(&entry.value, &here) {
            environment.credentials.insert(slot.to_owned(), name);
        }
    }
    if let Some(node) = fields.get("protect") {
        environment.protect = protect(reader, node, &path.key("protect"));
    }
    environment.practice = fields
        .get("practice")
        .is_some_and(|node| reader.boolean(node, &path.key("practice")));
    environment.unknown = fields.unknown;
    Some(environment)
}

fn protect(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Protection {
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

pub(super) fn workspace(reader: &mut Reader<'_>) -> Option<Workspace> {
    let root = reader.map.root();
    let path = Path::ROOT;
    if !is_map(reader, "Begin with `podium: 1` and `name:`.") {
        return None;
    }
    let version = version::check(reader, true)?;
    let keys = [
        "podium",
        "name",
        "tools",
        "default_environment",
        "catalog",
        "people",
    ];
    let fields = reader.fields(root, &path, &keys, &[], "")?;
    let mut workspace = Workspace {
        podium: version,
        ..Workspace::default()
    };
    if let Some(node) = fields.get("name") {
        let name = reader.text(node, &path.key("name"));
        workspace.name = name.unwrap_or_default();
    }
    let tools = path.key("tools");
    let hint = "Write `tools:` and under it for example `terraform: \">=1.5\"`.";
    let mut wanted = IndexMap::new();
    for (name, entry) in reader.entries(fields.get("tools"), &tools, hint) {
        if let Some(version) = reader.text(&entry.value, &tools.key(name)) {
            wanted.insert(name.to_owned(), version);
        }
    }
    workspace.tools = wanted;
    let catalog = path.key("catalog");
    let hint = "Write the workflow's file name and under it for example `category: Shops`.";
    for (name, entry) in reader.entries(fields.get("catalog"), &catalog, hint) {
        let here = catalog.key(name);
        let read = catalog_entry(reader, &entry.value, &here);
        workspace.catalog.insert(name.to_owned(), read);
    }
    let people = path.key("people");
    let hint = "Write a role and its people, for example `operators: [ada, grace]`.";
    for (role, entry) in reader.entries(fields.get("people"), &people, hint) {
        let here = people.key(role);
        let names = texts(reader, &entry.value, &here);
        workspace.people.insert(role.to_owned(), names);
    }
    workspace.default_environment = fields
        .get("default_environment")
        .and_then(|node| reader.name_value(node, &path.key("default_environment")));
    Some(workspace)
}

fn catalog_entry(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> CatalogEntry {
    let hint = "Write for example `{ category: Shops, icon: store, for: [operators] }`.";
    let Some(fields) = reader.fields(node, path, &["category", "icon", "for"], &[], hint) else {
        return CatalogEntry::default();
    };
    let mut text = |key: &str| {
        let node = fields.get(key)?;
        reader.text(node, &path.key(key))
    };
    let (category, icon) = (text("category"), text("icon"));
    let for_ = fields
        .get("for")
        .map(|node| texts(reader, node, &path.key("for")));
    CatalogEntry {
        category: category.unwrap_or_default(),
        icon: icon.unwrap_or_default(),
        // A list in which nobody can be read is for nobody, never for everybody.
        for_: for_
            .map(|names| {
                if names.is_empty() {
                    vec![String::new()]
                } else {
                    names
                }
            })
            .unwrap_or_default(),
    }
}

/// A list of texts, or one text alone.
fn texts(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Vec<String> {
    match &node.kind {
        Kind::List(items) => items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| reader.text(item, &path.item(at)))
            .collect(),
        Kind::Text(text) => vec![text.clone()],
        _ => {
            reader.wrong_type(
                node,
                path,
                "a list of names",
                "Write for example `[operators]`.",
            );
            Vec::new()
        }
    }
}
