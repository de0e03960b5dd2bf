//! The vault and its credentials. Values go in; no answer ever holds one.

use std::collections::BTreeMap;
use std::sync::Arc;

use podium_connector::{CredentialKind, StepRequest};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_model::parse::IDENTITY_WORDS;
use podium_model::{CredentialName, EnvironmentName};
use podium_plan::Plan;
use podium_runtime::clock;
use podium_secret::Secret;
use podium_vault::{Credential, Practice, Protection, Store, TestResult, Vault, VaultState};

use crate::types::{
    AddCredential, AddPractice, CreateVault, CredentialRef, CredentialTest, CredentialView, Empty,
    PracticeIdentity, VaultView,
};
use crate::{ApiError, Podium};

impl Podium {
    /// The state of the vault.
    pub async fn vault_get(&self, _: Empty) -> Result<VaultView, ApiError> {
        Ok(self.with_vault(|vault| Ok(view_of(vault))).await?)
    }

    /// Makes the vault: with a passphrase, or with the keychain of this computer.
    pub async fn vault_create(&self, request: CreateVault) -> Result<VaultView, ApiError> {
        let protection = match request.passphrase {
            Some(passphrase) => Protection::Passphrase(Secret::new(passphrase.into_bytes())),
            None => Protection::Keychain,
        };
        Ok(self
            .with_vault(move |vault| {
                vault.create(&protection)?;
                Ok(view_of(vault))
            })
            .await?)
    }

    /// Opens the vault; steps that wait for it go on.
    pub async fn vault_unlock(&self, request: CreateVault) -> Result<VaultView, ApiError> {
        let passphrase = request
            .passphrase
            .map(|text| Secret::new(text.into_bytes()));
        let view = self
            .with_vault(move |vault| {
                vault.unlock(passphrase.as_ref())?;
                Ok(view_of(vault))
            })
            .await?;
        self.host.unlocked().await;
        Ok(view)
    }

    /// Closes the vault.
    pub async fn vault_lock(&self, _: Empty) -> Result<VaultView, ApiError> {
        Ok(self
            .with_vault(|vault| {
                vault.lock();
                Ok(view_of(vault))
            })
            .await?)
    }

    /// The stored credentials, without anything secret.
    pub async fn credential_list(&self, _: Empty) -> Result<Vec<CredentialView>, ApiError> {
        let credentials = self.with_vault(Vault::list).await?;
        let used = self.used_in();
        Ok(credentials
            .iter()
            .map(|credential| self.credential_view(credential, &used))
            .collect())
    }

    /// Stores a credential. Makes the vault with the keychain where there is none yet.
    pub async fn credential_add(&self, request: AddCredential) -> Result<CredentialView, ApiError> {
        self.credential_add_by(request, None).await
    }

    /// The same; `origin` is what stores it, where no person does.
    pub(super) async fn credential_add_by(
        &self,
        request: AddCredential,
        origin: Option<String>,
    ) -> Result<CredentialView, ApiError> {
        let kind = self.kind(&request.kind)?;
        let mut given = request.fields;
        let practice = request.practice.map(practice).transpose()?;
        if practice.is_some() {
            invent(&kind, &mut given);
        }
        let (fields, secrets) = sort_fields(&kind, given)?;
        let name = request.name.clone();
        let mut credential = Credential::new(request.name, request.kind, clock::now());
        credential.fields = fields;
        credential.practice = practice;
        credential.origin = origin;
        Vault::accepts(&credential, &secrets)?;
        let stored = self
            .with_vault(move |vault| {
                if vault.state() == VaultState::Empty {
                    vault.create(&Protection::Keychain)?;
                }
                vault.put(credential, &secrets)?;
                vault.list()
            })
            .await?;
        let used = self.used_in();
        stored
            .iter()
            .find(|credential| credential.name == name)
            .map(|credential| self.credential_view(credential, &used))
            .ok_or_else(|| unknown(&name).into())
    }

    /// Proves a credential with a call that only looks, and keeps the answer with its time.
    pub async fn credential_test(
        &self,
        request: CredentialRef,
    ) -> Result<CredentialTest, ApiError> {
        Ok(self.test_and_note(&request.name).await?)
    }

    /// One stored credential.
    pub(crate) async fn stored(&self, name: &CredentialName) -> Result<Credential> {
        let credentials = self.with_vault(Vault::list).await?;
        credentials
            .into_iter()
            .find(|credential| credential.name == *name)
            .ok_or_else(|| unknown(name))
    }

    /// Proves a credential, and keeps the answer beside it.
    pub(crate) async fn test_and_note(&self, name: &CredentialName) -> Result<CredentialTest> {
        let credential = self.stored(name).await?;
        let test = self.prove(&credential).await;
        let kept = TestResult {
            at_ms: clock::now(),
            ok: test.error.is_none(),
            words: test.words.clone(),
            proof: serde_json::to_value(&test).ok(),
        };
        let name = name.clone();
        self.with_vault(move |vault| vault.note_test(&name, kept))
            .await?;
        Ok(test)
    }

    /// Removes a credential.
    pub async fn credential_remove(&self, request: CredentialRef) -> Result<Empty, ApiError> {
        self.with_vault(move |vault| vault.remove(&request.name))
            .await?;
        Ok(Empty {})
    }

    async fn prove(&self, credential: &Credential) -> CredentialTest {
        let at = clock::rfc3339(clock::now());
        let Some((plan, request)) = self.proof_of(credential) else {
            return CredentialTest {
                at,
                identity: None,
                rights: Vec::new(),
                error: None,
                words: String::from(
                    "It is stored and can be read. Nothing can be asked who it is.",
                ),
            };
        };
        let step = &plan.steps()[0];
        let mut rights = Vec::new();
        let proof = match self.host.look(&plan, step).await {
            Ok(look) => {
                let proof = look.identify(&request).await;
                if matches!(proof, Ok(Some(_))) {
                    // Who it is counts also where what it may do cannot be asked.
                    rights = look.rights(&request).await.unwrap_or_default();
                }
                look.close().await;
                proof
            }
            Err(error) => Err(error),
        };
        match proof {
            Ok(Some(mut identity)) => {
                let practice = credential.practice.as_ref();
                if let Some(ends) = practice.and_then(|practice| practice.ends_at_ms) {
                    identity.expires = Some(clock::rfc3339(ends));
                }
                let simulated = if practice.is_some() {
                    "Simulated. "
                } else {
                    ""
                };
                CredentialTest {
                    at,
                    rights,
                    words: format!(
                        "{simulated}It is {} in {}.",
                        identity.user, identity.account
                    ),
                    identity: Some(identity),
                    error: None,
                }
            }
            Ok(None) => CredentialTest {
                at,
                identity: None,
                rights: Vec::new(),
                error: None,
                words: String::from("It can be read; the system has no call that says who it is."),
            },
            Err(error) => CredentialTest {
                at,
                identity: None,
                rights: Vec::new(),
                words: error.message.clone(),
                error: Some(error),
            },
        }
    }

    /// A plan of one step that takes this credential, to ask its connector who it is: an operation of the
    /// connector that brings the kind.
    pub(crate) fn proof_of(&self, credential: &Credential) -> Option<(Plan, StepRequest)> {
        self.host.question_of(credential)
    }

    fn kind(&self, id: &str) -> Result<CredentialKind> {
        let kinds: Vec<CredentialKind> = self
            .host
            .manifests()
            .into_iter()
            .flat_map(|manifest| manifest.credentials)
            .collect();
        let known = kinds
            .iter()
            .map(|kind| kind.id.clone())
            .collect::<Vec<_>>()
            .join(", ");
        kinds.into_iter().find(|kind| kind.id == id).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                Code::new("POD0520"),
                format!("There is no kind of credential `{id}`."),
            )
            .with_hint(format!("The kinds are: {known}."))
        })
    }

    fn used_in(&self) -> BTreeMap<CredentialName, Vec<EnvironmentName>> {
        let mut used: BTreeMap<CredentialName, Vec<EnvironmentName>> = BTreeMap::new();
        for name in self.host.folder().environments() {
            let Ok(name) = name.parse::<EnvironmentName>() else {
                continue;
            };
            let Ok((environment, _, _)) = self.read_environment(&name) else {
                continue;
            };
            for credential in environment.credentials.into_values() {
                let environments = used.entry(credential).or_default();
                if !environments.contains(&name) {
                    environments.push(name.clone());
                }
            }
        }
        used
    }

    fn credential_view(
        &self,
        credential: &Credential,
        used: &BTreeMap<CredentialName, Vec<EnvironmentName>>,
    ) -> CredentialView {
        CredentialView {
            name: credential.name.clone(),
            label: self
                .kind(&credential.kind)
                .map_or_else(|_| credential.kind.clone(), |kind| kind.label),
            kind: credential.kind.clone(),
            fields: credential.fields.clone(),
            hidden: credential.secret_fields.clone(),
            created: clock::rfc3339(credential.created_at_ms),
            practice: credential
                .practice
                .as_ref()
                .map(|practice| PracticeIdentity {
                    weather: practice.weather.clone(),
                    ends: practice.ends_at_ms.map(clock::rfc3339),
                    is: practice.is.clone(),
                }),
            used_in: used.get(&credential.name).cloned().unwrap_or_default(),
            tested: credential.tested.as_ref().map(last_test),
            logs_in: self.host.logs_in(&credential.kind),
        }
    }

    pub(crate) async fn with_vault<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Vault) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let vault = Arc::clone(self.host.vault());
        tokio::task::spawn_blocking(move || work(&vault))
            .await
            .unwrap_or_else(|panic| {
                Err(Error::new(
                    ErrorKind::Internal,
                    Code::new("POD0504"),
                    "The vault stopped unexpectedly.",
                )
                .with_source(panic))
            })
    }
}

/// The newest test as it was kept; one from an older Podium has only its words.
fn last_test(tested: &TestResult) -> CredentialTest {
    let kept = tested
        .proof
        .clone()
        .and_then(|proof| serde_json::from_value(proof).ok());
    kept.unwrap_or_else(|| CredentialTest {
        at: clock::rfc3339(tested.at_ms),
        identity: None,
        error: (!tested.ok).then(|| {
            Error::new(
                ErrorKind::Unauthorized,
                Code::new("POD0521"),
                tested.words.clone(),
            )
            .with_hint("Test it again, or store it anew.")
        }),
        words: tested.words.clone(),
        rights: Vec::new(),
    })
}

/// What was said of an invented identity, checked.
fn practice(asked: AddPractice) -> Result<Practice> {
    let practice = Practice {
        weather: asked.weather,
        ends_at_ms: asked
            .ends_in_seconds
            .map(|seconds| clock::now().saturating_add(seconds.saturating_mul(1_000))),
        is: asked.is,
    };
    for what in practice.is.keys() {
        if !IDENTITY_WORDS.contains(&what.as_str()) {
            return Err(Error::new(
                ErrorKind::Invalid,
                Code::new("POD0535"),
                format!("An identity cannot say its `{what}`."),
            )
            .with_hint(format!(
                "Systems have these words: {}.",
                IDENTITY_WORDS.join(", ")
            )));
        }
    }
    podium_runtime::identity_weather(&practice)?;
    Ok(practice)
}

/// Fills in what the kind wants and nobody gave: no real system knows an invented identity, so that
/// nothing real is asked for.
fn invent(kind: &CredentialKind, given: &mut BTreeMap<String, String>) {
    for field in kind.fields.iter().filter(|field| field.required) {
        given.entry(field.name.clone()).or_insert_with(|| {
            if field.secret {
                format!("practice-{}", clock::fresh_run_id())
            } else {
                String::from("practice")
            }
        });
    }
}

type Sorted = (BTreeMap<String, String>, BTreeMap<String, Secret>);

/// Parts fields into shown and secret ones, as the kind says.
fn sort_fields(kind: &CredentialKind, given: BTreeMap<String, String>) -> Result<Sorted> {
    let (mut fields, mut secrets) = (BTreeMap::new(), BTreeMap::new());
    for (name, value) in given {
        let Some(field) = kind.fields.iter().find(|field| field.name == name) else {
            let known = kind
                .fields
                .iter()
                .map(|field| field.name.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            return Err(Error::new(
                ErrorKind::Invalid,
                Code::new("POD0522"),
                format!(
                    "A credential of the kind `{}` has no field `{name}`.",
                    kind.id
                ),
            )
            .with_hint(format!("Its fields are: {known}.")));
        };
        if value.is_empty() {
            continue;
        }
        if field.secret {
            secrets.insert(name, Secret::new(value.into_bytes()));
        } else {
            fields.insert(name, value);
        }
    }
    for field in kind.fields.iter().filter(|field| field.required) {
        if !fields.contains_key(&field.name) && !secrets.contains_key(&field.name) {
            return Err(Error::new(
                ErrorKind::Invalid,
                Code::new("POD0523"),
                format!("`{}` is missing.", field.label),
            )
            .with_hint(field.help.clone()));
        }
    }
    Ok((fields, secrets))
}

fn view_of(vault: &Vault) -> VaultView {
    match vault.state() {
        VaultState::Empty => {
            let reached = vault.reach_keychain();
            VaultView::Empty {
                keychain: reached.is_ok(),
                because: reached.err().map(|trouble| trouble.to_string()),
            }
        }
        VaultState::Locked { store, because } => VaultView::Locked {
            passphrase: store == Store::Passphrase,
            because: because.words(),
        },
        VaultState::Unlocked {
            store: Store::Keychain,
        } => VaultView::Open {
            key: String::from("the keychain of this computer"),
        },
        VaultState::Unlocked {
            store: Store::Passphrase,
        } => VaultView::Open {
            key: String::from("your passphrase"),
        },
        VaultState::Unusable(error) => VaultView::Locked {
            passphrase: false,
            because: error.message,
        },
    }
}

fn unknown(name: &CredentialName) -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0524"),
        format!("There is no credential `{name}` on this computer."),
    )
    .with_hint("`podium credentials list` shows them; `podium credentials add` stores one.")
}
