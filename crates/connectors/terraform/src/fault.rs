//! What the tool complains about, as our errors: what, why, what to do.

use podium_diagnostics::{Code, Error, ErrorKind, Retry};

use crate::explained;
use crate::stream::Diagnostic;

pub(crate) const FAULTY_FILES: Code = Code::new("POD0334");
pub(crate) const MISSING_VARIABLE: Code = Code::new("POD0335");
pub(crate) const NO_DIRECTORY: Code = Code::new("POD0336");
pub(crate) const LOCKED: Code = Code::new("POD0337");
pub(crate) const NO_PROVIDER: Code = Code::new("POD0324");
pub(crate) const APPLY_FAILED: Code = Code::new("POD0325");
pub(crate) const TOOL_FAILED: Code = Code::new("POD0326");
pub(crate) const NO_CONFIGURATION: Code = Code::new("POD0327");
pub(crate) const END_UNKNOWN: Code = Code::new("POD0328");
pub(crate) const STALE_PLAN: Code = Code::new("POD0329");
pub(crate) const STOPPED: Code = Code::new("POD0320");
pub(crate) const NO_RIGHT: Code = Code::new("POD0331");
pub(crate) const NOT_AS_INTENDED: Code = Code::new("POD0332");
pub(crate) const NOT_UNDONE: Code = Code::new("POD0333");
pub(crate) const OTHER_VERSION: Code = Code::new("POD0346");
pub(crate) const LOCK_FILE: Code = Code::new("POD0347");

/// Reads the first error of a failed call. `directory` is the configuration's folder, as the user
/// knows it; `rest` is what the tool printed beside the stream.
pub(crate) fn error(what: &str, directory: &str, diagnostics: &[Diagnostic], rest: &str) -> Error {
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.error).collect();
    // Terraform says first that something is wrong with the files, and then what.
    let first = errors
        .iter()
        .find(|d| d.place.is_some())
        .or_else(|| {
            errors
                .iter()
                .find(|d| !d.summary.contains("encountered problems"))
        })
        .or_else(|| errors.first());
    let Some(first) = first else {
        let last = rest.lines().rev().find(|line| !line.trim().is_empty());
        return Error::new(
            ErrorKind::Failed,
            TOOL_FAILED,
            format!(
                "Terraform could not {what}: {}",
                last.map_or("it gave no reason.", str::trim)
            ),
        )
        .with_hint("Look at the step's log.");
    };
    let error = known(first, what, directory).unwrap_or_else(|| plain(first, what, directory));
    let error = explained::told(error);
    match errors.len() {
        0 | 1 => error,
        more => {
            let more = more - 1;
            let things = if more == 1 { "error" } else { "errors" };
            error.with_context("more", format!("{more} more {things} in the step's log"))
        }
    }
}

/// An error of the catalogue.
fn known(fault: &Diagnostic, what: &str, directory: &str) -> Option<Error> {
    let summary = fault.summary.as_str();
    let whole = format!("{summary}\n{}", fault.detail);
    let has = |text: &str| whole.contains(text);
    if summary.contains("acquiring the state lock") {
        return Some(locked(&fault.detail));
    }
    if summary == "No value for required variable" {
        let name = between(&fault.detail, "variable \"", "\"").unwrap_or("?");
        return Some(
            Error::new(
                ErrorKind::Invalid,
                MISSING_VARIABLE,
                format!("The configuration in `{directory}` needs a value for its variable `{name}`."),
            )
            .with_hint(format!(
                "Set `variables.{name}` in the step, or, where it is a secret, bind a credential to `secrets.{name}`."
            )),
        );
    }
    if summary == "No configuration files" || has("initialized in an empty directory") {
        return Some(no_configuration(directory));
    }
    if summary == "Unsupported Terraform Core version"
        || (summary == "Incompatible module" && has("not compatible with OpenTofu"))
    {
        return Some(other_version(fault, directory));
    }
    if has("Provider dependency changes detected") || has("the lock file is read-only") {
        return Some(lock_file(fault, directory));
    }
    if has("Saved plan is stale") {
        return Some(stale());
    }
    if has("Failed to query available provider packages")
        || has("Failed to install provider")
        || has("Failed to resolve provider packages")
        || has("Inconsistent dependency lock file")
        || has("Could not retrieve the list of available versions")
    {
        let provider = between(&fault.detail, "for provider ", ":")
            .or_else(|| between(&fault.detail, "provider ", " "))
            .unwrap_or("a provider")
            .trim_end_matches(':');
        let away = [
            "no such host",
            "dial tcp",
            "could not connect",
            "timeout",
            "connection refused",
        ]
        .iter()
        .any(|sign| has(sign));
        let kind = if away {
            ErrorKind::Unreachable
        } else {
            ErrorKind::NotFound
        };
        return Some(Error::new(
            kind,
            NO_PROVIDER,
            format!(
                "The provider `{provider}` could not be installed: {}",
                one_line(&fault.detail)
            ),
        ));
    }
    let refused = [
        "No valid credential sources",
        "InvalidClientTokenId",
        "ExpiredToken",
        "UnrecognizedClientException",
        "could not find default credentials",
        "SignatureDoesNotMatch",
        "AuthFailure",
        "Unable to authenticate",
    ];
    let forbidden = [
        "AccessDenied",
        "UnauthorizedOperation",
        "AuthorizationFailed",
        "is not authorized to perform",
    ];
    for (signs, kind) in [
        (&refused[..], ErrorKind::Unauthorized),
        (&forbidden[..], ErrorKind::Forbidden),
    ] {
        if signs.iter().any(|sign| has(sign)) {
            return Some(Error::new(
                kind,
                NO_RIGHT,
                format!("Terraform could not {what}: {}", sentence(fault)),
            ));
        }
    }
    None
}

fn plain(fault: &Diagnostic, what: &str, directory: &str) -> Error {
    let Some((file, line, column)) = &fault.place else {
        return Error::new(
            ErrorKind::Failed,
            TOOL_FAILED,
            format!("Terraform could not {what}: {}", sentence(fault)),
        )
        .with_hint("Look at the step's log.");
    };
    let place = if directory == "." {
        format!("{file}:{line}:{column}")
    } else {
        format!("{directory}/{file}:{line}:{column}")
    };
    if fault.address.is_some() {
        return Error::new(
            ErrorKind::Failed,
            TOOL_FAILED,
            format!("Terraform could not {what}: {} ({place})", sentence(fault)),
        )
        .with_hint("Look at the step's log.");
    }
    Error::new(
        ErrorKind::Invalid,
        FAULTY_FILES,
        format!("`{place}`: {}", sentence(fault)),
    )
    .with_hint(format!("Correct the file at line {line}."))
    .with_context("file", file)
    .with_context("line", line)
    .with_context("column", column)
}

/// The configuration is for another version of the tool than the one that was found.
fn other_version(fault: &Diagnostic, directory: &str) -> Error {
    let place = fault.place.as_ref().map_or_else(
        || format!("the configuration in `{directory}`"),
        |(file, line, column)| match directory {
            "." => format!("`{file}:{line}:{column}`"),
            _ => format!("`{directory}/{file}:{line}:{column}`"),
        },
    );
    let (tool, version) = [
        ("Terraform", "Terraform version "),
        ("OpenTofu", "OpenTofu v"),
    ]
    .into_iter()
    .find_map(|(tool, before)| {
        let rest = fault.detail.split(before).nth(1)?;
        let version = rest.split([' ', '\n']).next()?.trim_end_matches(['.', ',']);
        Some((tool, version))
    })
    .unwrap_or(("Terraform", ""));
    let found = if version.is_empty() {
        "the one that was found".to_owned()
    } else {
        format!("{version}, which was found")
    };
    Error::new(
        ErrorKind::MissingTool,
        OTHER_VERSION,
        format!("{place}: `required_version` asks for another version of {tool} than {found}."),
    )
    .with_hint("Install the version that the file asks for and name it in `podium.yaml`, for example `tools: { terraform: \">= 1.9\" }`; or change `required_version`.")
}

/// The lock file does not allow what the configuration asks for.
fn lock_file(fault: &Diagnostic, directory: &str) -> Error {
    let file = match directory {
        "." => ".terraform.lock.hcl".to_owned(),
        _ => format!("{directory}/.terraform.lock.hcl"),
    };
    Error::new(
        ErrorKind::Conflict,
        LOCK_FILE,
        format!("`{file}` would have to change: it does not hold every provider, or every checksum, that the configuration needs on this computer. It was left as it is."),
    )
    .with_hint("Run `terraform init` there (`terraform providers lock` for the checksums of other platforms), look at the difference and commit it; or set `lock_file: update` in the step.")
    .with_source(one_line(&fault.detail))
}

/// What was approved cannot be applied as it is any more.
pub(crate) fn stale() -> Error {
    Error::new(
        ErrorKind::Stale,
        STALE_PLAN,
        "The approved plan is no longer current: somebody changed the state, or the plan is gone. Nothing was done.",
    )
    .with_hint("Preview again and run it anew.")
}

pub(crate) fn no_configuration(directory: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        NO_CONFIGURATION,
        format!("The folder `{directory}` holds no Terraform configuration."),
    )
    .with_hint("Put a `.tf` file there, or name the folder that has one.")
}

fn locked(detail: &str) -> Error {
    let field = |name: &str| {
        detail
            .lines()
            .find_map(|line| line.trim().strip_prefix(name))
            .map(str::trim)
            .filter(|value| !value.is_empty())
    };
    let who = field("Who:").unwrap_or("somebody");
    let doing = match field("Operation:") {
        Some("OperationTypeApply") => "applying",
        Some("OperationTypePlan") => "planning",
        Some("OperationTypeRefresh") => "refreshing",
        _ => "working",
    };
    let since = field("Created:")
        .map(|at| at.split('.').next().unwrap_or(at))
        .map(|at| format!(", since {at} UTC"))
        .unwrap_or_default();
    let mut error = Error::new(
        ErrorKind::Conflict,
        LOCKED,
        format!("The state is locked: `{who}` is {doing}{since}."),
    )
    .with_retry(Retry::Temporary)
    .with_hint("Wait until that has ended, and try again.");
    if let Some(id) = field("ID:") {
        error = error
            .with_hint(format!(
                "Wait until that has ended, and try again. When nobody is working any more, `terraform force-unlock {id}` takes the lock away."
            ))
            .with_context("lock", id);
    }
    error
}

fn sentence(fault: &Diagnostic) -> String {
    let detail = one_line(&fault.detail);
    let subject = fault
        .address
        .as_ref()
        .map(|address| format!("`{address}`: "))
        .unwrap_or_default();
    let summary = fault
        .summary
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ");
    if detail.is_empty() {
        format!("{subject}{}.", summary.trim_end_matches('.'))
    } else {
        format!("{subject}{}. {detail}", summary.trim_end_matches('.'))
    }
}

/// The first paragraph, on one line.
fn one_line(text: &str) -> String {
    let paragraph = text.trim().split("\n\n").next().unwrap_or_default();
    let mut line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 600 {
        line = line.chars().take(600).collect::<String>() + "…";
    }
    line
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let start = text.find(from)? + from.len();
    let length = text[start..].find(to)?;
    Some(&text[start..start + length])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(summary: &str, detail: &str) -> Diagnostic {
        Diagnostic {
            error: true,
            summary: summary.to_owned(),
            detail: detail.to_owned(),
            ..Diagnostic::default()
        }
    }

    #[test]
    fn the_catalogue_tells_what_and_what_to_do() {
        let at = |mut d: Diagnostic| {
            d.place = Some(("main.tf".to_owned(), 2, 11));
            d
        };
        let cases = [
            (
                fault(
                    "Error acquiring the state lock",
                    "Error message: resource temporarily unavailable\nLock Info:\n  ID:        6993ad4d\n  Path:      terraform.tfstate\n  Operation: OperationTypeApply\n  Who:       ann@desk\n  Version:   1.15.5\n  Created:   2026-11-23 00:44:48.128 +0000 UTC\n",
                ),
                "POD0337",
                "The state is locked: `ann@desk` is applying, since 2026-11-23 00:44:48 UTC.",
            ),
            (
                at(fault(
                    "No value for required variable",
                    "The root module input variable \"need\" is not set, and has no default value.",
                )),
                "POD0335",
                "The configuration in `net` needs a value for its variable `need`.",
            ),
            (
                at(fault(
                    "Invalid expression",
                    "Expected the start of an expression.",
                )),
                "POD0334",
                "`net/main.tf:2:11`: Invalid expression. Expected the start of an expression.",
            ),
            (
                fault(
                    "Failed to query available provider packages",
                    "Could not retrieve the list of available versions for provider hashicorp/aws: could not connect to the registry",
                ),
                "POD0324",
                "The provider `hashicorp/aws` could not be installed: Could not retrieve the list of available versions for provider hashicorp/aws: could not connect to the registry. The registry of providers cannot be reached from this computer.",
            ),
            (
                fault(
                    "No configuration files",
                    "Plan requires configuration to be present.",
                ),
                "POD0327",
                "The folder `net` holds no Terraform configuration.",
            ),
            (
                fault(
                    "creating S3 Bucket",
                    "operation error S3: CreateBucket, api error AccessDenied: no",
                ),
                "POD0331",
                "Terraform could not apply: creating S3 Bucket. operation error S3: CreateBucket, api error AccessDenied: no. The identity may not do that in AWS.",
            ),
        ];
        for (fault, code, message) in cases {
            let error = error("apply", "net", &[fault], "");
            assert_eq!(
                (error.code.as_str(), error.message.as_str()),
                (code, message)
            );
            assert!(error.hint.is_some(), "{code}");
        }
    }

    #[test]
    fn the_fault_with_a_place_is_told_first_and_the_others_are_counted() {
        let mut placed = fault("Unsupported argument", "No argument `x`.");
        placed.place = Some(("a.tf".to_owned(), 7, 1));
        let faults = [
            fault("Terraform encountered problems during initialisation", ""),
            placed,
            fault("Another", ""),
        ];
        let error = error("prepare", ".", &faults, "");
        assert_eq!(
            error.message,
            "`a.tf:7:1`: Unsupported argument. No argument `x`. The file sets an argument that this kind of thing does not have in this version of the provider."
        );
        assert!(
            error
                .context
                .contains(&("more".into(), "2 more errors in the step's log".into()))
        );
    }

    #[test]
    fn a_tool_that_says_nothing_of_the_stream_still_gives_its_last_line() {
        let error = error(
            "plan",
            "net",
            &[],
            "\nflag provided but not defined: -json\n\n",
        );
        assert_eq!(
            error.message,
            "Terraform could not plan: flag provided but not defined: -json"
        );
    }
}
