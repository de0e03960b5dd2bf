//! What can go wrong, each with its code and its next action.

use std::fmt::Display;
use std::path::Path;

use podium_diagnostics::{Code, Error, ErrorKind, Retry};
use podium_model::CredentialName;

use crate::keychain::KeychainTrouble;

pub(crate) fn unknown(name: &CredentialName) -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0501"),
        format!("There is no credential named `{name}`."),
    )
    .with_hint("Add it under Credentials, or choose another one for this environment.")
}

pub(crate) fn locked() -> Error {
    Error::new(
        ErrorKind::Locked,
        Code::new("POD0502"),
        "The vault is locked.",
    )
    .with_hint("Unlock it under Credentials; what waits for it then goes on.")
}

pub(crate) fn passphrase_needed() -> Error {
    Error::new(
        ErrorKind::Locked,
        Code::new("POD0502"),
        "The vault is locked by a passphrase.",
    )
    .with_hint("Give the passphrase to unlock it.")
}

pub(crate) fn no_passphrase() -> Error {
    Error::new(
        ErrorKind::Invalid,
        Code::new("POD0510"),
        "This vault has no passphrase; its key is in the system keychain.",
    )
    .with_hint("Unlock it without a passphrase.")
}

pub(crate) fn empty() -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0503"),
        "There is no vault yet.",
    )
    .with_hint("Make one under Credentials; it takes a minute.")
}

pub(crate) fn exists(path: &Path) -> Error {
    Error::new(
        ErrorKind::Conflict,
        Code::new("POD0506"),
        "There is a vault already.",
    )
    .with_hint("Unlock it; or move its file away first, if you want to begin anew.")
    .with_context("file", path.display())
}

pub(crate) fn damaged(path: &Path, why: impl Display) -> Error {
    Error::new(
        ErrorKind::Failed,
        Code::new("POD0507"),
        "The vault's file is damaged or was changed by something else.",
    )
    .with_hint(format!(
        "Nothing was overwritten. Put back `{0}.1`, the copy from before the last change (or `.2`, `.3`), \
         as `{0}`, or take the file from a backup.",
        path.display()
    ))
    .with_source(why)
}

pub(crate) fn newer(path: &Path, version: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        Code::new("POD0507"),
        format!("The vault's file was made by a newer Podium (`{version}`)."),
    )
    .with_hint("Use that version of Podium, or a newer one.")
    .with_context("file", path.display())
}

pub(crate) fn older(path: &Path, file: u64, known: u64) -> Error {
    Error::new(
        ErrorKind::Conflict,
        Code::new("POD0508"),
        "The vault's file is older than the one last seen on this computer.",
    )
    .with_hint(
        "If you put back a copy yourself, accept it; credentials changed since then are as they were. \
         If you did not, somebody may have exchanged the file.",
    )
    .with_context("file", path.display())
    .with_context("generation", file)
    .with_context("last seen", known)
}

pub(crate) fn storage(path: &Path, doing: &str, error: &std::io::Error) -> Error {
    let hint = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "The disk is full. Free some space and try again; the vault is as it was."
        }
        std::io::ErrorKind::PermissionDenied => {
            "Give yourself the right to read and write this folder, then try again."
        }
        _ => "See whether the disk is there and can be written, then try again.",
    };
    Error::new(
        ErrorKind::Storage,
        Code::new("POD0509"),
        format!("The vault could not be {doing}."),
    )
    .with_hint(hint)
    .with_retry(Retry::Temporary)
    .with_context("file", path.display())
    .with_source(error)
}

pub(crate) fn wrong_passphrase() -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        Code::new("POD0510"),
        "This passphrase does not open the vault.",
    )
    .with_hint("Capitals and the keyboard layout count. Nobody can recover a lost passphrase.")
}

pub(crate) fn short_passphrase(least: usize) -> Error {
    Error::new(
        ErrorKind::Invalid,
        Code::new("POD0511"),
        format!("The passphrase is shorter than {least} characters."),
    )
    .with_hint("Take a few words that you remember and others do not guess.")
}

/// What is shorter stands in too many words by chance: it could not be hidden in what tools print.
pub(crate) fn too_short_to_hide(field: &str, least: usize) -> Error {
    Error::new(
        ErrorKind::Invalid,
        Code::new("POD0527"),
        format!(
            "The secret `{field}` has fewer than {least} characters, too few to be hidden in what a \
             tool prints. Nothing was stored."
        ),
    )
    .with_hint(format!(
        "Set one of at least {least} characters at the system that it is for, and store that one."
    ))
}

pub(crate) fn keychain(trouble: &KeychainTrouble) -> Error {
    match trouble {
        KeychainTrouble::Absent(why) => Error::new(
            ErrorKind::Locked,
            Code::new("POD0512"),
            "There is no system keychain here.",
        )
        .with_hint("Protect the vault with a passphrase instead, or log in to a desktop that has a keychain.")
        .with_source(why),
        KeychainTrouble::Locked(why) => {
            Error::new(ErrorKind::Locked, Code::new("POD0513"), "The system keychain is locked.")
                .with_hint("Unlock it in your desktop's own keychain or password program, then try again.")
                .with_retry(Retry::Temporary)
                .with_source(why)
        }
        KeychainTrouble::Stalled => {
            Error::new(ErrorKind::TimedOut, Code::new("POD0514"), "The system keychain does not answer.")
                .with_hint(
                    "It may be waiting for you in a window of its own. Answer it and try again; if there is \
                     none, log out and in again.",
                )
        }
    }
}

pub(crate) fn no_key(store: &str, now: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0515"),
        "The system keychain holds no key for this vault.",
    )
    .with_hint(
        "The vault may come from another computer or desktop. Unlock it with its passphrase if it has one, \
         or open it where it was made. Nothing was deleted.",
    )
    .with_context("made with", store)
    .with_context("now", now)
}

pub(crate) fn log_changed(path: &Path, why: impl Display) -> Error {
    Error::new(
        ErrorKind::Conflict,
        Code::new("POD0516"),
        "The log of credentials was changed by something other than Podium.",
    )
    .with_hint(
        "No credential is lent until this is cleared. Find out what happened; then move `audit.jsonl` and \
         `audit.head` to a safe place, and a new log begins.",
    )
    .with_context("file", path.display())
    .with_source(why)
}

pub(crate) fn log_unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Storage,
        Code::new("POD0517"),
        "The log of credentials cannot be written, so none is lent.",
    )
    .with_hint("Make room on the disk, or give the right to write there, and try again.")
    .with_retry(Retry::Temporary)
    .with_context("file", path.display())
    .with_source(error)
}

pub(crate) fn not_kept(why: String) -> Error {
    Error::new(ErrorKind::Invalid, Code::new("POD0518"), why)
        .with_hint("Correct it and add the credential again.")
}
