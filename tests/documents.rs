//! The corpus of documents: broken ones, each with what is told about it in a file next to it, and good
//! ones, about which nothing may be told.
//!
//! `PODIUM_BLESS=1 cargo test -p podium-tests --test documents` writes the files anew; read the difference
//! before it is committed.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use podium_catalogue::Catalogue;
use podium_diagnostics::{Diagnostic, Severity};
use podium_model::document::Document;
use podium_model::parse::{Parsed, parse_environment, parse_workflow, parse_workspace};
use podium_model::tree::{MAX_BYTES, MAX_NODES};
use podium_plan::{Binding, Compiled, Library, Manifests, Source, check, compile};
use serde_json::Map;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == ending)
        })
        .collect();
    files.sort();
    files
}

fn manifests() -> Manifests {
    Manifests::new(Catalogue::shipped().manifests())
}

fn compiled(file: &str, bytes: &[u8], manifests: &Manifests) -> Compiled {
    let parsed = parse_workflow(file, bytes);
    let text = fs::read(root().join("tests/documents/environment.yaml")).unwrap();
    let environment = parse_environment("environments/test.yaml", &text)
        .value
        .unwrap();
    let name = "test".parse().unwrap();
    let binding = Binding {
        name: &name,
        environment: &environment,
    };
    let library = called(&parsed, &root().join("tests/documents/good"), manifests);
    compile(
        file.trim_end_matches(".yaml"),
        &parsed,
        &binding,
        &Map::new(),
        &library,
        manifests,
    )
}

/// What a document calls, read from the workflows of a workspace.
fn called(parsed: &Parsed<Document>, folder: &Path, manifests: &Manifests) -> Library {
    let workflows = files(&folder.join("workflows"), "yaml");
    let names = workflows
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    Library::gather(parsed, manifests, names, |name| {
        Some(Source {
            file: format!("workflows/{name}.yaml"),
            text: fs::read(folder.join(format!("workflows/{name}.yaml"))).ok()?,
        })
    })
}

fn told(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let span = diagnostic
            .span
            .unwrap_or_else(|| panic!("no place: {diagnostic:?}"));
        let hint = diagnostic
            .hint
            .as_deref()
            .unwrap_or_else(|| panic!("no hint: {diagnostic:?}"));
        assert!(!hint.is_empty() && !diagnostic.summary.is_empty());
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        writeln!(
            text,
            "{} {severity} {}:{} {}\n    {}\n    {hint}",
            diagnostic.code,
            span.start.line,
            span.start.column,
            diagnostic.summary,
            diagnostic.detail,
        )
        .unwrap();
    }
    text
}

#[test]
fn every_broken_document_is_told_about_in_its_place() {
    let bless = std::env::var_os("PODIUM_BLESS").is_some();
    let manifests = manifests();
    let files = files(&root().join("tests/documents/broken"), "yaml");
    assert!(files.len() >= 50, "{} documents", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let compiled = compiled(&name, &fs::read(&path).unwrap(), &manifests);
        assert!(
            !compiled.diagnostics.is_empty(),
            "nothing is told about {name}"
        );
        assert_eq!(compiled.plan.is_none(), compiled.has_errors(), "{name}");
        for diagnostic in &compiled.diagnostics {
            assert_eq!(diagnostic.address.file, name);
        }
        let told = told(&compiled.diagnostics);
        let expected = path.with_extension("txt");
        if bless {
            fs::write(&expected, &told).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != told {
            wrong.push(format!("{name}:\n{told}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "told otherwise than expected:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn documents_that_are_too_large_are_refused_in_few_words() {
    let long = "x".repeat(MAX_BYTES + 1);
    let many = format!("a: [{}]\n", "1,".repeat(MAX_NODES + 1));
    let key = format!("podium: 1\nsteps:\n  {}: 1\n", "k".repeat(900));
    let line = format!(
        "podium: 1\nname: {}\nsteps: {{ a: {{ uses: }} }}\n",
        "é ".repeat(1_000_000)
    );
    let steps: String = (0..5_000).fold(String::from("podium: 1\nsteps:\n"), |mut text, step| {
        writeln!(text, "  s{step}: {{ uses: no/such, needs: [t{step}] }}").unwrap();
        text
    });
    let manifests = manifests();
    for (text, code) in [
        (long, "POD0002"),
        (many, "POD0002"),
        (key, "POD0013"),
        (line, "POD0014"),
        (steps, "POD0101"),
    ] {
        let compiled = compiled("large.yaml", text.as_bytes(), &manifests);
        let told = told(&compiled.diagnostics);
        assert!(
            told.contains(code),
            "{code}: {}",
            &told[..told.len().min(500)]
        );
        assert!(compiled.diagnostics.len() <= 2_000);
        for diagnostic in &compiled.diagnostics {
            assert!(
                diagnostic.detail.len() < 4_000,
                "{}",
                diagnostic.detail.len()
            );
        }
    }
}

#[test]
fn nothing_is_told_about_good_documents() {
    let manifests = manifests();
    let mut seen = 0;
    let mut workspaces = files_below(&root().join("examples"), "podium.yaml");
    workspaces.push(root().join("tests/documents/good/podium.yaml"));
    for workspace in workspaces {
        let folder = workspace.parent().unwrap();
        let parsed = parse_workspace("podium.yaml", &fs::read(&workspace).unwrap());
        assert_eq!(told(&parsed.diagnostics), "", "{}", workspace.display());
        let environments: Vec<_> = files(&folder.join("environments"), "yaml")
            .into_iter()
            .map(|path| {
                let name = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
                let parsed = parse_environment("environment.yaml", &fs::read(&path).unwrap());
                assert_eq!(told(&parsed.diagnostics), "", "{}", path.display());
                (name, parsed.value.unwrap())
            })
            .collect();
        assert!(!environments.is_empty());
        for path in files(&folder.join("workflows"), "yaml") {
            let parsed = parse_workflow("workflow.yaml", &fs::read(&path).unwrap());
            let name = path.file_stem().unwrap().to_str().unwrap();
            let library = called(&parsed, folder, &manifests);
            let checked = check(name, &parsed, &library, &manifests);
            assert_eq!(faults(&checked.diagnostics), "", "{}", path.display());
            for (environment_name, environment) in &environments {
                let binding = Binding {
                    name: environment_name,
                    environment,
                };
                let inputs = Map::new();
                let compiled = compile(name, &parsed, &binding, &inputs, &library, &manifests);
                assert_eq!(
                    faults(&compiled.diagnostics),
                    "",
                    "{} in {environment_name}",
                    path.display()
                );
                assert!(compiled.plan.is_some());
            }
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen} good documents");
}

/// Everything but the remark that a key is kept, which is no fault.
fn faults(diagnostics: &[Diagnostic]) -> String {
    let faults: Vec<Diagnostic> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity != Severity::Info)
        .cloned()
        .collect();
    told(&faults)
}

fn files_below(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, name));
        } else if path.file_name().is_some_and(|file| file == name) {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let mut used = BTreeSet::new();
    for folder in ["crates", "src-tauri"] {
        codes_below(&root().join(folder), &mut used);
    }
    assert!(used.len() > 50, "{used:?}");
    let pages: BTreeSet<String> = files(&root().join("docs/errors"), "md")
        .into_iter()
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name.starts_with("POD"))
        .collect();
    let without: Vec<&String> = used.difference(&pages).collect();
    assert!(without.is_empty(), "codes without a page: {without:?}");
    for page in &pages {
        let text = fs::read_to_string(root().join(format!("docs/errors/{page}.md"))).unwrap();
        assert!(
            text.starts_with(&format!("# {page}: ")),
            "{page} has another title"
        );
    }
}

/// Every `Code::new("POD…")` of the sources, tests excepted.
fn codes_below(folder: &Path, used: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "tests" | "node_modules") {
            codes_below(&path, used);
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "tests.rs" {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for part in text.split("Code::new(").skip(1) {
                let code = part
                    .trim_start()
                    .strip_prefix('"')
                    .and_then(|rest| rest.get(..7));
                used.extend(
                    code.filter(|code| code.starts_with("POD"))
                        .map(str::to_owned),
                );
            }
        }
    }
}
