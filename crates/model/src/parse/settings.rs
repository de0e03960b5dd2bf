//! Environments and the workspace.

use indexmap::IndexMap;

use super::reader::{Path, Reader, shorten};
use super::{BAD_TOOL, protection, version, workflow::is_map};
use crate::environment::Environment;
use crate::id::CredentialName;
use crate::tree::{Kind, Node};
use crate::wanted::{Requirement, WantedTool};
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
        "expect",
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
    environment.expect = protection::expect(
        reader,
        fields.get("expect"),
        &path.key("expect"),
        &environment.credentials,
    );
    if let Some(node) = fields.get("protect") {
        environment.protect = protection::protect(reader, node, &path.key("protect"));
    }
    environment.practice = fields
        .get("practice")
        .is_some_and(|node| reader.boolean(node, &path.key("practice")));
    environment.unknown = fields.unknown;
    Some(environment)
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
    let hint = "Write `tools:` and under it for example `terraform: \">= 1.5, < 2\"`.";
    let mut wanted = IndexMap::new();
    for (name, entry) in reader.entries(fields.get("tools"), &tools, hint) {
        if let Some(tool) = wanted_tool(reader, &entry.value, &tools.key(name)) {
            wanted.insert(name.to_owned(), tool);
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

fn wanted_tool(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<WantedTool> {
    let hint = "Write for example `\">= 1.5, < 2\"`, or `{ version: \"~2.18\", sha256: ... }`.";
    if !matches!(node.kind, Kind::Map(_)) {
        let version = reader.text(node, path)?;
        return requirement(reader, version, node, path).map(WantedTool::Version);
    }
    let fields = reader.fields(node, path, &["version", "sha256"], &[], hint)?;
    let version = match fields.get("version") {
        Some(node) => {
            let here = path.key("version");
            let text = reader.text(node, &here)?;
            Some(requirement(reader, text, node, &here)?)
        }
        None => None,
    };
    let sha256 = match fields.get("sha256") {
        Some(node) => {
            let here = path.key("sha256");
            let given = texts(reader, node, &here);
            let sums: Vec<String> = given.iter().filter_map(|text| checksum(text)).collect();
            if sums.is_empty() || sums.len() != given.len() {
                let bytes = reader.short(node);
                reader.error(
                    BAD_TOOL,
                    "A checksum cannot be read",
                    "A SHA-256 has 64 hexadecimal digits.",
                    "Take it from the maker of the tool, or from `podium doctor`.",
                    &here,
                    &bytes,
                );
                return None;
            }
            sums
        }
        None => Vec::new(),
    };
    if version.is_none() && sha256.is_empty() {
        let bytes = reader.short(node);
        let detail = "Neither a version nor a checksum is wanted of this tool.";
        reader.error(
            BAD_TOOL,
            "Nothing is wanted of a tool",
            detail,
            hint,
            path,
            &bytes,
        );
        return None;
    }
    Some(WantedTool::Exact { version, sha256 })
}

fn requirement(
    reader: &mut Reader<'_>,
    text: String,
    node: &Node,
    path: &Path<'_>,
) -> Option<String> {
    let Err(why) = Requirement::parse(&text) else {
        return Some(text);
    };
    let bytes = reader.short(node);
    reader.error(
        BAD_TOOL,
        "A version requirement cannot be read",
        format!("`{}` is no version requirement: {why}.", shorten(&text)),
        "Write for example `\">= 1.5, < 2\"`, `\"~2.18\"` or `\"1.5.7\"`.",
        path,
        &bytes,
    );
    None
}

/// 64 hexadecimal digits in small letters; `sha256:` may stand before them.
fn checksum(text: &str) -> Option<String> {
    let digits = text.trim();
    let digits = digits.strip_prefix("sha256:").unwrap_or(digits);
    (digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| digits.to_ascii_lowercase())
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
