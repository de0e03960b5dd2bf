//! Logins of persons: a code is shown, entered in a browser, and what comes of it goes into the vault.
//!
//! A login goes on while nobody waits for it, so that a page that is opened anew can wait again. No answer
//! holds a secret.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use podium_connector::{LoginCode, StepRequest};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_model::CredentialName;
use podium_runtime::{Look, clock};
use tokio::sync::{Notify, watch};

use crate::types::{CredentialRef, CredentialTest, Empty, LoginStarted};
use crate::{ApiError, Podium};

/// Nobody logged in.
const NOT_DONE: Code = Code::new("POD0528");
/// There is no login for this kind of credential.
const NO_LOGIN: Code = Code::new("POD0529");

/// How it ended, once it has.
type Ended = Option<Result<CredentialTest>>;

/// The logins that are under way or have ended, one for each credential.
#[derive(Default)]
pub(crate) struct Logins(Mutex<HashMap<CredentialName, Login>>);

struct Login {
    give_up: Arc<Notify>,
    ended: watch::Receiver<Ended>,
}

impl Logins {
    fn all(&self) -> MutexGuard<'_, HashMap<CredentialName, Login>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Podium {
    /// Begins a login of a person. A login of before, for the same credential, is given up.
    pub async fn credential_login(&self, request: CredentialRef) -> Result<LoginStarted, ApiError> {
        let name = request.name;
        let credential = self.stored(&name).await?;
        let proof = self
            .proof_of(&credential)
            .filter(|_| self.host.logs_in(&credential.kind));
        let Some((plan, asked)) = proof else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                NO_LOGIN,
                format!(
                    "Nobody can log in for `{name}`: a credential of the kind `{}` has no login in a browser.",
                    credential.kind
                ),
            )
            .with_hint("Its secrets are typed or read from a file: store it anew with `podium credentials add`.")
            .into());
        };
        let look = self.host.look(&plan, &plan.steps()[0]).await?;
        let begun = match look.begin_login(&asked).await {
            Ok(begun) => begun,
            Err(error) => {
                look.close().await;
                return Err(error.into());
            }
        };
        let started = LoginStarted {
            name: name.clone(),
            code: begun.code.clone(),
            address: begun.address.clone(),
            until: clock::rfc3339(begun.expires),
        };
        let give_up = Arc::new(Notify::new());
        let (tell, ended) = watch::channel(None);
        let former = self.logins.all().insert(
            name.clone(),
            Login {
                give_up: Arc::clone(&give_up),
                ended,
            },
        );
        if let Some(former) = former {
            former.give_up.notify_one();
        }
        let podium = self.clone();
        tokio::spawn(async move {
            let result = podium.log_in(&name, look, &asked, &begun, &give_up).await;
            tell.send_replace(Some(result));
        });
        Ok(started)
    }

    /// Waits until the newest login for this credential has ended; the test of what came of it.
    pub async fn credential_login_wait(
        &self,
        request: CredentialRef,
    ) -> Result<CredentialTest, ApiError> {
        let ended = self
            .logins
            .all()
            .get(&request.name)
            .map(|login| login.ended.clone());
        let Some(mut ended) = ended else {
            return Err(
                not_done(&request.name, ErrorKind::NotFound, "no login is under way.").into(),
            );
        };
        let result = match ended.wait_for(Option::is_some).await {
            Ok(result) => (*result).clone(),
            Err(_) => None,
        };
        match result {
            Some(result) => Ok(result?),
            None => Err(not_done(
                &request.name,
                ErrorKind::Internal,
                "the login stopped unexpectedly.",
            )
            .into()),
        }
    }

    /// Gives the login for this credential up. Nothing is stored. Does nothing where none is under way.
    pub async fn credential_login_cancel(&self, request: CredentialRef) -> Result<Empty, ApiError> {
        if let Some(login) = self.logins.all().get(&request.name) {
            login.give_up.notify_one();
        }
        Ok(Empty {})
    }

    /// Waits for the person, and keeps what came of it.
    async fn log_in(
        &self,
        name: &CredentialName,
        look: Look,
        asked: &StepRequest,
        begun: &LoginCode,
        give_up: &Notify,
    ) -> Result<CredentialTest> {
        let given = tokio::select! {
            given = look.finish_login(asked, begun) => given,
            () = give_up.notified() => {
                Err(not_done(name, ErrorKind::Cancelled, "the login was given up."))
            }
        };
        look.close().await;
        let secrets = given?;
        let kept = name.clone();
        self.with_vault(move |vault| vault.renew(&kept, &secrets))
            .await?;
        self.test_and_note(name).await
    }
}

fn not_done(name: &CredentialName, kind: ErrorKind, why: &str) -> Error {
    Error::new(
        kind,
        NOT_DONE,
        format!("Nobody logged in for `{name}`: {why}"),
    )
    .with_hint(format!("`podium credentials login {name}` begins anew."))
}
