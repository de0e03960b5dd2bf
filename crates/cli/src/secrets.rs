//! Secrets from a prompt, standard input or a file descriptor; never from an argument.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use podium_api::ApiError;
use podium_api::connector::CredentialKind;
use podium_api::runtime::reason;

use crate::output::{self, invalid};

/// Longest input, in bytes.
const LIMIT: u64 = 1 << 20;

/// The vault's passphrase: from `--passphrase-fd`, or from the file that `PODIUM_PASSPHRASE_FILE` names.
pub(crate) fn passphrase(fd: Option<i32>) -> Result<Option<String>, ApiError> {
    let text = match (fd, std::env::var_os("PODIUM_PASSPHRASE_FILE")) {
        (Some(fd), _) => read_fd(fd)?,
        (None, Some(path)) => read(File::open(&path).map_err(|error| {
            invalid(
                "POD0810",
                format!(
                    "The file named by PODIUM_PASSPHRASE_FILE could not be read: {}.",
                    reason(&error)
                ),
                "Name a file of yours that holds the passphrase on one line.",
            )
        })?)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Asks for a passphrase at the terminal, twice where it is new.
pub(crate) fn ask_passphrase(new: bool) -> Option<String> {
    let first = rpassword::prompt_password("Passphrase of the vault: ").ok()?;
    if new && rpassword::prompt_password("The same again: ").ok()? != first {
        output::complain("The two are not the same.");
        return None;
    }
    Some(first)
}

/// The secret fields of a credential.
pub(crate) fn fields(
    kind: &CredentialKind,
    stdin: bool,
    fd: Option<i32>,
) -> Result<BTreeMap<String, String>, ApiError> {
    let text = match (fd, stdin) {
        (Some(fd), _) => read_fd(fd)?,
        (None, true) => read(std::io::stdin().lock())?,
        (None, false) => return prompt(kind),
    };
    if let Ok(fields) = serde_json::from_str::<BTreeMap<String, String>>(&text) {
        return Ok(fields);
    }
    let mut secret = kind
        .fields
        .iter()
        .filter(|field| field.secret && field.required);
    match (secret.next(), secret.next()) {
        (Some(only), None) => {
            let value = text.trim_end_matches(['\r', '\n']).to_owned();
            Ok(BTreeMap::from([(only.name.clone(), value)]))
        }
        _ => Err(invalid(
            "POD0811",
            format!(
                "`{}` has several secret fields, and the input is no JSON object.",
                kind.id
            ),
            "Write {\"field\": \"value\", …}.",
        )),
    }
}

fn prompt(kind: &CredentialKind) -> Result<BTreeMap<String, String>, ApiError> {
    let mut fields = BTreeMap::new();
    for field in kind.fields.iter().filter(|field| field.secret) {
        if !output::is_interactive() {
            return Err(invalid(
                "POD0812",
                format!(
                    "`{}` is needed, and nobody sits at the terminal.",
                    field.label
                ),
                "Give it with --stdin or --key-fd.",
            ));
        }
        let optional = if field.required { "" } else { " (optional)" };
        let value = rpassword::prompt_password(format!("{}{optional}: ", field.label)).map_err(
            |error| {
                invalid(
                    "POD0812",
                    format!("Nothing could be read: {}.", reason(&error)),
                    "Use --stdin.",
                )
            },
        )?;
        if !value.is_empty() {
            fields.insert(field.name.clone(), value);
        }
    }
    Ok(fields)
}

fn read_fd(fd: i32) -> Result<String, ApiError> {
    // /dev/fd opens the descriptor that the caller handed over, on Linux and macOS alike.
    let file = File::open(format!("/dev/fd/{fd}")).map_err(|error| {
        invalid(
            "POD0813",
            format!(
                "The file descriptor {fd} could not be read: {}.",
                reason(&error)
            ),
            "Hand it over open for reading, for example `--key-fd 3 3<file`.",
        )
    })?;
    read(file)
}

fn read(source: impl Read) -> Result<String, ApiError> {
    let mut text = String::new();
    source
        .take(LIMIT)
        .read_to_string(&mut text)
        .map_err(|error| {
            invalid(
                "POD0814",
                format!("The input could not be read: {}.", reason(&error)),
                "It must be UTF-8 text.",
            )
        })?;
    Ok(text)
}
