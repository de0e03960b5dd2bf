//! Credentials.

use std::collections::BTreeMap;

use podium_api::model::CredentialName;
use podium_api::types::{
    AddCredential, AddPractice, CreateVault, CredentialRef, CredentialView, Empty, VaultView,
};
use podium_api::{ApiError, Podium};

use crate::args::Credentials;
use crate::interrupts::Interrupts;
use crate::output::invalid;
use crate::{exit, output, secrets};

pub(crate) async fn run(
    podium: &Podium,
    command: Credentials,
    passphrase_fd: Option<i32>,
    json: bool,
) -> Result<u8, ApiError> {
    match command {
        Credentials::List => {
            let credentials = podium.credential_list(Empty {}).await?;
            if json {
                output::json(&credentials);
            } else if credentials.is_empty() {
                output::line(
                    "No credentials yet. `podium credentials add NAME --kind KIND` stores one.",
                );
            }
            for credential in credentials.iter().filter(|_| !json) {
                show(credential);
            }
            Ok(exit::SUCCEEDED)
        }
        Credentials::Add {
            name,
            kind,
            fields,
            stdin,
            key_fd,
            login,
            practice,
            weather,
            ends_in,
            is,
        } => {
            let is = is
                .iter()
                .map(|text| {
                    let (what, who) = text.split_once('=').ok_or_else(|| {
                        invalid(
                            "POD0818",
                            "An --is has no `=`.",
                            "Write it as WHAT=WHO, for example `--is cluster=shops-eu`.",
                        )
                    })?;
                    Ok((what.to_owned(), who.to_owned()))
                })
                .collect::<Result<_, ApiError>>()?;
            let secrets = match (practice, login, key_fd, stdin) {
                (true, ..) => From::Invented(AddPractice {
                    weather,
                    ends_in_seconds: ends_in,
                    is,
                }),
                (_, true, ..) => From::Login,
                (_, _, Some(fd), _) => From::Descriptor(fd),
                (_, _, None, true) => From::Input,
                (_, _, None, false) => From::Prompt,
            };
            let added = add(podium, name, kind, fields, secrets, passphrase_fd).await?;
            if json {
                output::json(&added);
            } else {
                output::line(&format!("`{}` is stored.", added.name));
            }
            if login {
                return log_in(podium, added.name, json).await;
            }
            Ok(exit::SUCCEEDED)
        }
        Credentials::Login { name } => {
            open(podium, passphrase_fd, false).await?;
            log_in(podium, parse(&name)?, json).await
        }
        Credentials::Test { name } => test(podium, name, passphrase_fd, json).await,
        Credentials::Search { name } => search(podium, &name, passphrase_fd, json).await,
        Credentials::Remove { name } => {
            open(podium, passphrase_fd, false).await?;
            podium
                .credential_remove(CredentialRef {
                    name: parse(&name)?,
                })
                .await?;
            if !json {
                output::line(&format!("`{name}` is removed."));
            }
            Ok(exit::SUCCEEDED)
        }
    }
}

/// Where the secret fields of a credential come from.
enum From {
    Prompt,
    Input,
    Descriptor(i32),
    /// From nowhere yet: a login follows.
    Login,
    /// They are made up, for practice clouds alone.
    Invented(AddPractice),
}

async fn add(
    podium: &Podium,
    name: String,
    kind: String,
    given: Vec<String>,
    from: From,
    passphrase_fd: Option<i32>,
) -> Result<CredentialView, ApiError> {
    let kinds: Vec<_> = podium
        .connector_list(Empty {})
        .await?
        .into_iter()
        .flat_map(|manifest| manifest.credentials)
        .collect();
    let known = kinds
        .iter()
        .map(|kind| kind.id.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let description = kinds
        .into_iter()
        .find(|known| known.id == kind)
        .ok_or_else(|| {
            invalid(
                "POD0520",
                format!("There is no kind of credential `{kind}`."),
                &format!("The kinds are: {known}."),
            )
        })?;
    let mut fields = BTreeMap::new();
    for field in given {
        let Some((field, value)) = field.split_once('=') else {
            return Err(invalid(
                "POD0818",
                "A --field has no `=`.",
                "Write it as NAME=VALUE.",
            ));
        };
        if description
            .fields
            .iter()
            .any(|known| known.name == field && known.secret)
        {
            return Err(invalid(
                "POD0819",
                format!("`{field}` is secret and is not taken from an argument."),
                "Arguments are seen by every program of this computer. Use the prompt, --stdin or \
                 --key-fd; if it was a real value, replace it at its system now.",
            ));
        }
        fields.insert(field.to_owned(), value.to_owned());
    }
    let mut practice = None;
    match from {
        From::Login => {}
        From::Invented(invented) => practice = Some(invented),
        From::Prompt => fields.extend(secrets::fields(&description, false, None)?),
        From::Input => fields.extend(secrets::fields(&description, true, None)?),
        From::Descriptor(fd) => fields.extend(secrets::fields(&description, false, Some(fd))?),
    }
    open(podium, passphrase_fd, true).await?;
    podium
        .credential_add(AddCredential {
            name: parse(&name)?,
            kind,
            fields,
            practice,
        })
        .await
}

/// Shows a code, and waits until a person has entered it or gives up.
async fn log_in(podium: &Podium, name: CredentialName, json: bool) -> Result<u8, ApiError> {
    let mut interrupts = Interrupts::listen()?;
    let about = CredentialRef { name: name.clone() };
    let started = podium.credential_login(about.clone()).await?;
    if json {
        output::json(&serde_json::json!({ "login": started }));
    } else {
        output::line(&format!(
            "Open {} in a browser and enter the code {}",
            started.address, started.code
        ));
        output::line(&format!(
            "It holds until {}. Waiting; Ctrl-C gives up.",
            started.until
        ));
    }
    let waiting = podium.credential_login_wait(about.clone());
    tokio::pin!(waiting);
    let tested = tokio::select! {
        tested = &mut waiting => tested?,
        () = interrupts.next() => {
            podium.credential_login_cancel(about).await?;
            let ended = waiting.await;
            if let Err(error) = ended {
                output::error(&error, json);
                return Ok(exit::CANCELLED);
            }
            ended?
        }
    };
    if json {
        output::json(&serde_json::json!({ "name": name, "test": tested }));
    } else {
        output::line(&format!("`{name}` is logged in, and kept in the vault."));
        output::line(&format!("{name}: {}", tested.words));
    }
    let Some(error) = tested.error else {
        return Ok(exit::SUCCEEDED);
    };
    if let Some(hint) = error.hint.filter(|_| !json) {
        output::line(&format!("  {hint}"));
    }
    Ok(exit::FAILED)
}

async fn test(
    podium: &Podium,
    name: Option<String>,
    passphrase_fd: Option<i32>,
    json: bool,
) -> Result<u8, ApiError> {
    open(podium, passphrase_fd, false).await?;
    let names = match name {
        Some(name) => vec![parse(&name)?],
        None => podium
            .credential_list(Empty {})
            .await?
            .into_iter()
            .map(|c| c.name)
            .collect(),
    };
    let mut code = exit::SUCCEEDED;
    for name in names {
        let tested = podium
            .credential_test(CredentialRef { name: name.clone() })
            .await?;
        if tested.error.is_some() {
            code = exit::FAILED;
        }
        if json {
            output::json(&serde_json::json!({ "name": name, "test": tested }));
        } else {
            output::line(&format!("{name}: {}", tested.words));
            if let Some(hint) = tested.error.and_then(|error| error.hint) {
                output::line(&format!("  {hint}"));
            }
        }
    }
    Ok(code)
}

async fn search(
    podium: &Podium,
    name: &str,
    passphrase_fd: Option<i32>,
    json: bool,
) -> Result<u8, ApiError> {
    open(podium, passphrase_fd, false).await?;
    let name = parse(name)?;
    let searched = podium.credential_search(CredentialRef { name }).await?;
    if json {
        output::json(&searched);
    } else {
        output::line(&format!(
            "Searched {} files ({} bytes) and {} events for the secrets of `{}`, in every spelling.",
            searched.files, searched.bytes, searched.events, searched.name
        ));
        for place in &searched.unread {
            output::line(&format!("Could not be read: {place}"));
        }
        for found in &searched.found {
            output::line(&format!("FOUND: `{}` in {}", found.field, found.place));
        }
        if searched.found.is_empty() {
            output::line("Nothing was found. The credential's name was, so the search works.");
        }
    }
    Ok(if searched.found.is_empty() {
        exit::SUCCEEDED
    } else {
        exit::FAILED
    })
}

/// Opens the vault, and makes it first where `make` says so.
async fn open(podium: &Podium, fd: Option<i32>, make: bool) -> Result<(), ApiError> {
    let given = secrets::passphrase(fd)?;
    match podium.vault_get(Empty {}).await? {
        VaultView::Open { .. } => Ok(()),
        VaultView::Empty { .. } if !make => Ok(()),
        VaultView::Empty { keychain: true, .. } if given.is_none() => podium
            .vault_create(CreateVault { passphrase: None })
            .await
            .map(|_| ()),
        VaultView::Empty { because, .. } => {
            let passphrase = match given {
                Some(passphrase) => Some(passphrase),
                None if output::is_interactive() => {
                    let because = because.unwrap_or_default();
                    output::complain(&format!(
                        "This computer has no keychain that can be used. {because}\n\
                         The vault is kept with a passphrase instead."
                    ));
                    secrets::ask_passphrase(true)
                }
                None => None,
            };
            if passphrase.is_none() {
                return Err(invalid(
                    "POD0525",
                    "There is no keychain here, and no passphrase was given.",
                    "Give one with --passphrase-fd N, or in the file that PODIUM_PASSPHRASE_FILE names.",
                ));
            }
            podium
                .vault_create(CreateVault { passphrase })
                .await
                .map(|_| ())
        }
        VaultView::Locked {
            passphrase: true, ..
        } => {
            let passphrase = match given {
                None if output::is_interactive() => secrets::ask_passphrase(false),
                given => given,
            };
            podium
                .vault_unlock(CreateVault { passphrase })
                .await
                .map(|_| ())
        }
        VaultView::Locked { .. } => podium
            .vault_unlock(CreateVault { passphrase: None })
            .await
            .map(|_| ()),
    }
}

fn show(credential: &CredentialView) {
    let fields = credential
        .fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .chain(
            credential
                .hidden
                .iter()
                .map(|name| format!("{name}=[hidden]")),
        )
        .collect::<Vec<_>>()
        .join(" ");
    let tested = credential
        .tested
        .as_ref()
        .map_or_else(|| String::from("never tested"), |t| t.words.clone());
    let invented = if credential.practice.is_some() {
        " (invented, for practice)"
    } else {
        ""
    };
    output::line(&format!(
        "{}  {}{invented}  {fields}  {tested}",
        credential.name, credential.label
    ));
}

fn parse(name: &str) -> Result<CredentialName, ApiError> {
    name.parse()
        .map_err(|error: podium_api::model::id::NotAName| {
            invalid(
                "POD0526",
                format!("`{name}` is {error}."),
                "Choose another name.",
            )
        })
}
