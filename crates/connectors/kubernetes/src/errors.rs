//! What a cluster refuses, in words: the reason, the object, what to do.

use std::collections::BTreeSet;

use kube::core::Status;
use podium_diagnostics::{Code, Error, ErrorKind, Retry};

use crate::object::Ref;

/// No kubeconfig, or one that cannot be used.
pub(crate) const NO_LOGIN: Code = Code::new("POD0465");
/// The program that logs in failed.
pub(crate) const NO_TOKEN: Code = Code::new("POD0466");
/// Manifests that cannot be read.
pub(crate) const MANIFESTS: Code = Code::new("POD0467");
/// The cluster refused a call.
pub(crate) const REFUSED: Code = Code::new("POD0468");
/// Somebody else owns a field.
pub(crate) const CONFLICT: Code = Code::new("POD0469");
/// A right is missing.
pub(crate) const FORBIDDEN: Code = Code::new("POD0470");
/// It did not become ready, or failed.
pub(crate) const NOT_READY: Code = Code::new("POD0471");
/// The reply is none of a Kubernetes server.
pub(crate) const NOT_KUBERNETES: Code = Code::new("POD0472");
/// Helm or Kustomize refused.
pub(crate) const TOOL: Code = Code::new("POD0474");
/// A reason that passes by itself.
const BUSY: Code = Code::new("POD0468");

/// The error for a refusal, about an object where one is meant.
pub(crate) fn refused(status: &Status, what: Option<&Ref>) -> Error {
    let about = what.map_or_else(String::new, |what| format!("{what}: "));
    let said = said(status);
    let make = |kind, code: Code, words: String| {
        let mut error =
            Error::new(kind, code, words).with_context(podium_connector::STATUS, status.code);
        if !status.reason.is_empty() {
            error = error.with_context(podium_connector::CODE, &status.reason);
        }
        error
    };
    match (status.code, status.reason.as_str()) {
        (_, "Unauthorized") | (401, _) => make(
            ErrorKind::Unauthorized,
            NO_LOGIN,
            "The cluster does not accept this login.".to_owned(),
        )
        .with_hint("The token or the certificate has ended, or belongs to another cluster. Log in again and renew the credential."),
        (_, "Forbidden") | (403, _) => forbidden(status, what),
        (_, "NotFound") | (404, _) => make(
            ErrorKind::NotFound,
            REFUSED,
            format!("{about}The cluster has no such thing: {said}"),
        )
        .with_hint("Check the name, the namespace and the API version."),
        (409, _) if is_field_conflict(status) => match what {
            Some(what) => conflict(&[Conflict::of(status, what)]),
            None => make(ErrorKind::Conflict, CONFLICT, said.clone()),
        },
        (409, _) | (_, "AlreadyExists" | "Conflict") => make(
            ErrorKind::Conflict,
            REFUSED,
            format!("{about}It changed in between: {said}"),
        )
        .with_hint("Preview again and look at what is there now."),
        (500, _) if status.message.contains("typed patch object") => make(
            ErrorKind::Invalid,
            REFUSED,
            format!("{about}The cluster finds it wrong: {said}"),
        )
        .with_hint("Correct the field in the manifest; often its indentation or its spelling is wrong."),
        (422, _) | (_, "Invalid") => {
            let error = make(
                ErrorKind::Invalid,
                REFUSED,
                format!("{about}The cluster finds it wrong: {said}"),
            );
            if status.message.contains("immutable") || status.message.contains("may not change") {
                error.with_hint("This field cannot be changed once it is set. Delete the object first, or give the new one another name.")
            } else {
                error.with_hint("Correct the field in the manifest.")
            }
        }
        (400, _) if status.message.contains("dry run") => make(
            ErrorKind::Unsupported,
            REFUSED,
            format!("{about}It cannot be tried without doing it: {said}"),
        )
        .with_hint("A webhook of the cluster has side effects; its keeper can mark it `sideEffects: None`."),
        (400, _) => make(
            ErrorKind::Invalid,
            REFUSED,
            format!("{about}The cluster finds it wrong: {said}"),
        )
        .with_hint("Correct the manifest; the message names the place."),
        (429, _) | (_, "TooManyRequests") => make(
            ErrorKind::Throttled,
            BUSY,
            "The cluster asks to slow down, and went on asking.".to_owned(),
        )
        .with_hint("Try again in a minute. Where a PodDisruptionBudget forbids it, the message says so.")
        .with_context("message", &said),
        (410, _) | (_, "Expired") => make(
            ErrorKind::Conflict,
            REFUSED,
            "A list of the cluster ended before it was read to its end.".to_owned(),
        )
        .with_retry(Retry::Temporary)
        .with_hint("Try again."),
        (500..=599, _) => make(
            ErrorKind::Unreachable,
            BUSY,
            format!("{about}The cluster could not do it now: {said}"),
        )
        .with_hint("Try again; if it stays so, the cluster's own log tells more."),
        _ => make(
            ErrorKind::Failed,
            REFUSED,
            format!("{about}The cluster refused: {said}"),
        )
        .with_hint("The message comes from the cluster."),
    }
}

fn forbidden(status: &Status, what: Option<&Ref>) -> Error {
    let about = what.map_or_else(String::new, |what| format!(" about {what}"));
    let quota = status.message.contains("exceeded quota");
    let error = Error::new(
        ErrorKind::Forbidden,
        FORBIDDEN,
        format!("The cluster forbids this{about}: {}", said(status)),
    );
    if quota {
        error.with_hint("The namespace's ResourceQuota is used up: free something, ask for less, or have it raised.")
    } else if status.message.contains("violates PodSecurity") {
        error.with_hint("The namespace enforces a Pod security level; add the missing `securityContext` to the Pod's template.")
    } else if status.message.contains("admission webhook") {
        error.with_hint("A policy of the cluster refused it; the message tells which one and why.")
    } else {
        error.with_hint("Ask the keeper of the cluster for a Role with this verb and resource, bound to this user.")
    }
}

/// The cluster's message, without repeating itself.
pub(crate) fn said(status: &Status) -> String {
    let text = status.message.trim();
    if text.is_empty() {
        return format!("status {} {}", status.code, status.reason);
    }
    let short: String = text.chars().take(1_500).collect();
    if short.ends_with(['.', '!', '?']) {
        short
    } else {
        format!("{short}.")
    }
}

/// Whether a refusal says that other managers own fields.
pub(crate) fn is_field_conflict(status: &Status) -> bool {
    status.code == 409
        && status.details.as_ref().is_some_and(|details| {
            details
                .causes
                .iter()
                .any(|cause| cause.reason == "FieldManagerConflict")
        })
}

/// Fields of one object that others own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) object: Ref,
    /// Field and its owner.
    pub(crate) fields: Vec<(String, String)>,
}

impl Conflict {
    pub(crate) fn of(status: &Status, object: &Ref) -> Self {
        let fields = status
            .details
            .iter()
            .flat_map(|details| &details.causes)
            .filter(|cause| cause.reason == "FieldManagerConflict")
            .map(|cause| {
                let owner = cause.message.split('"').nth(1).unwrap_or("somebody else");
                (
                    cause.field.trim_start_matches('.').to_owned(),
                    owner.to_owned(),
                )
            })
            .collect();
        Self {
            object: object.clone(),
            fields,
        }
    }
}

/// Who owns what, and the choice.
pub(crate) fn conflict(conflicts: &[Conflict]) -> Error {
    const SHOWN: usize = 6;
    let mut lines: Vec<String> = Vec::new();
    for conflict in conflicts {
        for (field, owner) in &conflict.fields {
            lines.push(format!(
                "`{field}` of {} belongs to `{owner}`",
                conflict.object
            ));
        }
    }
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    if more > 0 {
        lines.push(format!("{more} more"));
    }
    let owners: BTreeSet<&str> = conflicts
        .iter()
        .flat_map(|conflict| &conflict.fields)
        .map(|(_, owner)| owner.as_str())
        .collect();
    Error::new(
        ErrorKind::Conflict,
        CONFLICT,
        format!(
            "Somebody else set fields that this step would change: {}.",
            lines.join("; ")
        ),
    )
    .with_hint(format!(
        "Take the fields out of the manifests and leave them to {}, or set `force` to take them over.",
        owners.into_iter().map(|owner| format!("`{owner}`")).collect::<Vec<_>>().join(", ")
    ))
}

/// A reply that no Kubernetes server gives: a proxy, a login page.
pub(crate) fn not_kubernetes(status: u16, server: &str, body: &str) -> Error {
    let title = body
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map(|(title, _)| title.trim().chars().take(120).collect::<String>());
    let kind = match status {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        429 => ErrorKind::Throttled,
        500..=599 => ErrorKind::Unreachable,
        _ => ErrorKind::Failed,
    };
    let mut error = Error::new(
        kind,
        NOT_KUBERNETES,
        format!("`{server}` answered with status {status}, and not as a Kubernetes server does."),
    )
    .with_hint("Something stands in between, such as a proxy or a login page; check the address of the cluster and the network.");
    if let Some(title) = title {
        error = error.with_context("title", title);
    }
    error
}

/// The run was cancelled.
pub(crate) fn cancelled(what: &str) -> Error {
    Error::new(ErrorKind::Cancelled, Code::new("POD0320"), what.to_owned())
}
