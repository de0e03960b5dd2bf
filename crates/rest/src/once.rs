//! Begins a far job exactly once, also after a crash and after a lost reply.

use std::future::Future;

use podium_connector::{Context, StepRequest};
use podium_diagnostics::{Error, ErrorKind, Result};

/// How sure it is that a job which is not found was never begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The job carries the step's key, and the list that is searched holds every job at once: what is
    /// not found was not begun, and may be begun.
    Certain,
    /// It might be there and not be recognised: a person must look.
    Likely,
}

/// The id of the far job: the one that was accepted before, the one that is found, or a new one. It is
/// durable when this returns.
///
/// `find` looks for a job of this step's key among the far system's; `start` begins it. After a lost
/// reply the job is looked for; where it is not found and the search is [`Search::Certain`], it is begun
/// once more.
///
/// Fails as `start` does; with [`ErrorKind::Unknown`] where nobody can tell whether it was begun.
pub async fn begin<Find, Start>(
    cx: &dyn Context,
    request: &StepRequest,
    search: Search,
    find: impl Fn() -> Find + Send + Sync,
    start: impl Fn() -> Start + Send + Sync,
) -> Result<String>
where
    Find: Future<Output = Result<Option<String>>> + Send,
    Start: Future<Output = Result<String>> + Send,
{
    if let Some(remote) = &request.remote {
        return Ok(remote.clone());
    }
    let found = if request.resumed { find().await? } else { None };
    let id = match found {
        Some(id) => id,
        None if request.resumed && search == Search::Likely => return Err(unsure(None)),
        None => match start().await {
            Ok(id) => id,
            Err(error) if error.kind == ErrorKind::Unknown => match find().await? {
                Some(id) => id,
                None if search == Search::Certain => start().await?,
                None => return Err(unsure(Some(error))),
            },
            Err(error) => return Err(error),
        },
    };
    cx.accepted(&id).await?;
    Ok(id)
}

fn unsure(error: Option<Error>) -> Error {
    let mut unsure = error.unwrap_or_else(|| {
        Error::new(
            ErrorKind::Unknown,
            podium_diagnostics::Code::new("POD0480"),
            "Podium was stopped while it started the far job, and no job of this step is found.",
        )
    });
    unsure.hint = Some(
        "Look in the far system whether it was started; then say so here, or run the step again."
            .into(),
    );
    unsure
}
