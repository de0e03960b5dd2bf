//! What is generated: TypeScript types, JSON Schemas, the pages of connectors.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use podium_catalogue::Catalogue;
use podium_connector::{CheckedAgainst, Delivery, Explanation, Manifest, Operation, Support, Verb};

/// Each generated file and its content, by path from the root.
pub(crate) fn files() -> Vec<(String, String)> {
    let mut files = vec![(
        String::from("ui/src/bridge/generated/api.ts"),
        podium_api::typescript::write(),
    )];
    for (kind, schema) in podium_api::schemas::published() {
        files.push((format!("docs/schemas/{kind}.json"), format!("{schema:#}\n")));
    }
    files.push((
        String::from("examples/demo/workflows/big-one.yaml"),
        crate::big_one::text(),
    ));
    let manifests = Catalogue::shipped().manifests();
    files.push((String::from("docs/connectors/README.md"), table(&manifests)));
    for manifest in &manifests {
        files.push((
            format!("docs/connectors/{}.md", manifest.id),
            page(manifest),
        ));
    }
    files
}

/// Writes what is not fresh; gives the files written.
pub(crate) fn write(root: &Path) -> std::io::Result<Vec<String>> {
    let mut written = Vec::new();
    for (file, content) in files() {
        let path = root.join(&file);
        if fs::read_to_string(&path).is_ok_and(|old| old == content) {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, content)?;
        written.push(file);
    }
    Ok(written)
}

const MADE: &str = "<!-- Written by `cargo xtask gen` from the manifests. Do not edit. -->\n";

fn table(manifests: &[Manifest]) -> String {
    let mut text = format!(
        "{MADE}# Connectors\n\nWhat each operation can do. *partly* and *no* have a reason on the connector's page.\n\n| operation |"
    );
    for verb in Verb::ALL {
        let _ = write!(text, " {} |", word(verb));
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(Verb::ALL.len()));
    text.push('\n');
    for manifest in manifests {
        for operation in &manifest.operations {
            let _ = write!(text, "| [{}]({}.md) |", operation.name, manifest.id);
            for verb in Verb::ALL {
                let answer = match operation.capability.get(verb) {
                    Support::Yes => "yes",
                    Support::Partly { .. } => "partly",
                    Support::No { .. } => "no",
                };
                let _ = write!(text, " {answer} |");
            }
            text.push('\n');
        }
    }
    text.push_str("\n## What they were checked against\n\nThe best witness first: the real software, the vendor's own client against our simulator, the vendor's description of its interface, documents.\n\n| system | by | what | test |\n|---|---|---|---|\n");
    for manifest in manifests.iter().filter(|manifest| !manifest.local) {
        let mut checked: Vec<_> = manifest.checked.iter().collect();
        checked.sort_by_key(|check| check.against);
        if checked.is_empty() {
            let _ = writeln!(
                text,
                "| [{}]({}.md) | documents only | | |",
                manifest.label, manifest.id
            );
        }
        for check in checked {
            let _ = writeln!(
                text,
                "| [{}]({}.md) | {} | {} | `{}` |",
                manifest.label,
                manifest.id,
                witness(check.against),
                check.what,
                check.by
            );
        }
    }
    text
}

fn page(manifest: &Manifest) -> String {
    let mut text = format!("{MADE}# {}\n\n{}\n", manifest.label, manifest.summary);
    if !manifest.tools.is_empty() {
        let _ = write!(text, "\nTools: `{}`.\n", manifest.tools.join("`, `"));
    }
    if !manifest.helpers.is_empty() {
        let helpers = manifest.helpers.join("`, `");
        let _ = write!(text, "\nUsed where it is installed: `{helpers}`.\n");
    }
    for operation in &manifest.operations {
        write_operation(&mut text, operation);
    }
    if !manifest.credentials.is_empty() {
        text.push_str("\n## Credentials\n");
        for kind in &manifest.credentials {
            let _ = write!(text, "\n`{}` ({}):\n\n", kind.id, kind.label);
            for field in &kind.fields {
                let secret = if field.secret { ", secret" } else { "" };
                let required = if field.required { "" } else { ", optional" };
                let _ = writeln!(text, "- `{}`{secret}{required}: {}", field.name, field.help);
            }
        }
    }
    if !manifest.checked.is_empty() {
        text.push_str("\n## Checked against\n\n");
        for check in &manifest.checked {
            let _ = writeln!(
                text,
                "- {}: {} (`{}`)",
                witness(check.against),
                check.what,
                check.by
            );
        }
    }
    if !manifest.explained.is_empty() {
        text.push_str("\n## Errors explained\n\n| error | why | what to do | known from |\n|---|---|---|---|\n");
        for one in &manifest.explained {
            let (cause, next) = (
                cell(&one.cause),
                cell(&one.next.replace("{credential}", "NAME")),
            );
            let _ = writeln!(
                text,
                "| {} | {cause} | {next} | {} |",
                sign(one),
                cell(&one.source)
            );
        }
    }
    if !manifest.unconfirmed.is_empty() {
        text.push_str("\n## Not confirmed against the real system\n\n");
        for fact in &manifest.unconfirmed {
            let _ = writeln!(text, "- {fact}");
        }
    }
    text
}

/// What a witness is called in the tables.
fn witness(against: CheckedAgainst) -> &'static str {
    match against {
        CheckedAgainst::RealSoftware => "real software",
        CheckedAgainst::VendorClient => "the vendor's client",
        CheckedAgainst::VendorSpecification => "the vendor's specification",
        CheckedAgainst::Documents => "documents only",
    }
}

/// How an error is known again, in words.
fn sign(one: &Explanation) -> String {
    let mut parts = Vec::new();
    if let Some(status) = one.when.status {
        parts.push(status.to_string());
    }
    if let Some(code) = &one.when.code {
        parts.push(format!("`{code}`"));
    }
    parts.extend(
        one.when
            .contains
            .iter()
            .map(|text| format!("“{}”", cell(text))),
    );
    parts.join(" ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn write_operation(text: &mut String, operation: &Operation) {
    let _ = write!(
        text,
        "\n## `{}`\n\n{}\n\n",
        operation.name, operation.summary
    );
    text.push_str("| input | type | what |\n|---|---|---|\n");
    let required: Vec<&str> = operation.input["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .collect();
    for (name, schema) in operation.input["properties"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let kind = schema["type"].as_str().unwrap_or("any");
        let must = if required.contains(&name.as_str()) {
            " (required)"
        } else {
            ""
        };
        let about = schema["description"]
            .as_str()
            .unwrap_or_default()
            .replace('|', "\\|");
        let _ = writeln!(text, "| `{name}`{must} | {kind} | {about} |");
    }
    let claim = match &operation.delivery {
        Delivery::Idempotent => String::from("doing it twice is the same as doing it once"),
        Delivery::EffectivelyOnce => String::from("effectively once: the system takes a key"),
        Delivery::AtLeastOnce { how } => format!("at least once. {how}"),
        Delivery::AtMostOnce => String::from("at most once by itself"),
    };
    let _ = write!(text, "\nAfter a lost reply: {claim}\n");
    for verb in Verb::ALL {
        match operation.capability.get(verb) {
            Support::Yes => {}
            Support::Partly { because } => {
                let _ = write!(text, "\n- {}: partly, because {because}", word(verb));
            }
            Support::No { because } => {
                let _ = write!(
                    text,
                    "\n- {}: not possible here, because {because}",
                    word(verb)
                );
            }
        }
    }
    text.push('\n');
}

fn word(verb: Verb) -> String {
    serde_json::to_value(verb)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
