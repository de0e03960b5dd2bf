//! What no compiler sees: who may depend on whom, what is fresh, what must not be written anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use podium_catalogue::Catalogue;

use crate::generate;

/// The levels of the house (docs/architecture.md). A crate may use crates of lower levels only; edges
/// inside a level are listed by hand.
const LEVELS: &[(&str, u8)] = &[
    ("podium-diagnostics", 1),
    ("podium-secret", 1),
    ("podium-calendar", 1),
    ("podium-supervisor", 2),
    ("podium-model", 2),
    ("podium-connector", 3),
    ("podium-rest", 3),
    ("podium-tfplan", 3),
    ("podium-vault", 3),
    ("podium-plan", 4),
    ("podium-connector-*", 4),
    ("podium-testkit", 4),
    ("podium-engine", 5),
    ("podium-catalogue", 5),
    ("podium-journal", 6),
    ("podium-projections", 6),
    ("podium-runtime", 7),
    ("podium-api", 8),
    ("podium-cli", 9),
    ("podium-desktop", 9),
    ("xtask", 9),
    ("podium-tests", 10),
];

/// Edges inside a level, each with a decision page.
const SIDEWAYS: &[(&str, &str)] = &[
    // docs/decisions/one-client-for-json-over-http.md
    ("podium-rest", "podium-connector"),
    // docs/decisions/one-reader-of-terraforms-plan.md
    ("podium-tfplan", "podium-connector"),
];

/// Crates that may use an async runtime, an HTTP client or the network.
const MAY_ACT: &[&str] = &[
    "podium-runtime",
    "podium-api",
    "podium-cli",
    "podium-desktop",
    "podium-testkit",
    "podium-tests",
    "xtask",
    "podium-vault",
];

/// Everything that is not tidy, a line each.
pub(crate) fn check(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for (file, content) in generate::files() {
        if fs::read_to_string(root.join(&file)).unwrap_or_default() != content {
            found.push(format!("{file}: not fresh; run `cargo xtask gen`"));
        }
    }
    check_dependencies(root, &mut found);
    check_sources(root, &mut found);
    check_error_pages(root, &mut found);
    check_witnesses(root, &mut found);
    found
}

fn level(name: &str) -> Option<u8> {
    LEVELS
        .iter()
        .find(|(known, _)| {
            known
                .strip_suffix('*')
                .map_or(*known == name, |start| name.starts_with(start))
        })
        .map(|(_, level)| *level)
}

fn check_dependencies(root: &Path, found: &mut Vec<String>) {
    let mut manifests = Vec::new();
    collect(root, &mut manifests, &|path| path.ends_with("Cargo.toml"));
    for manifest in manifests {
        let text = fs::read_to_string(&manifest).unwrap_or_default();
        let Some(name) = text.lines().find_map(|line| {
            line.strip_prefix("name = ")
                .map(|name| name.trim_matches('"'))
        }) else {
            continue;
        };
        let place = shown(root, &manifest);
        let Some(own) = level(name) else {
            found.push(format!(
                "{place}: `{name}` has no level; add it in crates/xtask/src/tidy.rs"
            ));
            continue;
        };
        let mut section = "";
        for line in text.lines() {
            if line.starts_with('[') {
                section = line.trim_matches(['[', ']']);
                continue;
            }
            let used = line.split(['.', ' ', '=']).next().unwrap_or_default();
            // Tests may look at anything below the level of the tests.
            if section.contains("dev-dependencies") || used.is_empty() {
                continue;
            }
            if let Some(level) = level(used)
                && level >= own
                && !SIDEWAYS.contains(&(name, used))
            {
                found.push(format!(
                    "{place}: `{name}` (level {own}) uses `{used}` (level {level})"
                ));
            }
            if used == "tauri" && name != "podium-desktop" {
                found.push(format!("{place}: only src-tauri may use tauri"));
            }
            if matches!(used, "tokio" | "reqwest" | "hyper") && !MAY_ACT.contains(&name) {
                found.push(format!("{place}: `{name}` must not act, and uses `{used}`"));
            }
        }
    }
}

/// A connector may only say that it was checked where the test is.
fn check_witnesses(root: &Path, found: &mut Vec<String>) {
    for manifest in Catalogue::shipped().manifests() {
        for check in &manifest.checked {
            if !root.join(&check.by).exists() {
                found.push(format!(
                    "{}: says it was checked by `{}`, which is not there",
                    manifest.id, check.by
                ));
            }
        }
    }
}

fn check_sources(root: &Path, found: &mut Vec<String>) {
    let mut sources = Vec::new();
    collect(root, &mut sources, &|path| {
        has_ending(path, &["rs", "ts", "tsx", "css", "mjs"])
    });
    for source in sources {
        let text = fs::read_to_string(&source).unwrap_or_default();
        let place = shown(root, &source);
        let lines = text.lines().count();
        if lines > 800 && !place.contains("generated") {
            found.push(format!(
                "{place}: {lines} lines; which unnamed idea lives there?"
            ));
        }
        if place.starts_with("ui/src/")
            && !place.starts_with("ui/src/bridge/")
            && text.contains("@tauri-apps/")
        {
            found.push(format!("{place}: only ui/src/bridge knows Tauri"));
        }
        if source
            .file_name()
            .is_some_and(|name| name == "mod.rs" || name == "utils.rs")
        {
            found.push(format!("{place}: name the thing"));
        }
    }
}

/// Every code that stands in the sources has a page, and every page a code.
fn check_error_pages(root: &Path, found: &mut Vec<String>) {
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    let mut sources = Vec::new();
    collect(&root.join("crates"), &mut sources, &|path| {
        has_ending(path, &["rs"])
    });
    for source in sources {
        let text = fs::read_to_string(&source).unwrap_or_default();
        let place = shown(root, &source);
        if place.contains("/tests") || place.contains("xtask") || place.contains("diagnostics") {
            continue;
        }
        for part in text.split("\"POD").skip(1) {
            if let Some(digits) = part.get(..4)
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && part[4..].starts_with('"')
            {
                used.entry(format!("POD{digits}"))
                    .or_insert_with(|| place.clone());
            }
        }
    }
    let pages: BTreeSet<String> = fs::read_dir(root.join("docs/errors"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".md")?.to_owned()))
        .filter(|name| name.starts_with("POD"))
        .collect();
    for (code, place) in &used {
        if !pages.contains(code) {
            found.push(format!("{place}: `{code}` has no page in docs/errors"));
        }
    }
}

/// Files below a folder that `wanted` takes, without what is built or fetched.
fn collect(folder: &Path, into: &mut Vec<PathBuf>, wanted: &dyn Fn(&Path) -> bool) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            let skipped = matches!(
                name.as_str(),
                "target" | "node_modules" | "dist" | "gen" | ".git"
            );
            if !skipped {
                collect(&path, into, wanted);
            }
        } else if wanted(&path) {
            into.push(path);
        }
    }
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension()
        .is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted))
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}
