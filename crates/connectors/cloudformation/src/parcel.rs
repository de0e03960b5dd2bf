//! A template that is too long for a request, on its way through a bucket.
//!
//! It is put there under a name that is its own hash, CloudFormation reads it when it works a change set
//! out, and it is removed again: by a preview when that is over, by a run when the step has ended, also
//! by one that was taken up after the application died.
//!
//! Invariant: only what Podium put is removed. Each object carries the mark of who put it; one that was
//! there before, of the same name and content, is used and left.

use podium_connector::{LogLevel, LogLine};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::bucket::{Put, Seen, Spot};
use crate::client::{Client, Does};
use crate::config::Desired;
use crate::errors::{BUCKET, TOO_LONG};
use crate::operations::Kept;
use crate::template::LIMIT;

/// Looks at a place where somebody else comes and goes.
const ROUNDS: usize = 4;

/// A template in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Parcel {
    pub(crate) spot: Spot,
    /// Who put it, where Podium did.
    mark: String,
    /// Whether it is known that Podium put it.
    put: bool,
    /// Where the bucket keeps versions.
    version: Option<String>,
}

/// Why a template cannot be sent.
pub(crate) fn too_long(stack: &str, length: usize) -> Error {
    Error::new(
        ErrorKind::Invalid,
        TOO_LONG,
        format!(
            "The template of `{stack}` is {length} bytes long, and CloudFormation takes {LIMIT} in a request. It reads a longer one from a bucket, and the step names none."
        ),
    )
    .with_hint("Fill in `bucket`: a bucket of the account, in the region of the stack.")
    .with_context("field", "/bucket")
}

impl Client<'_> {
    /// Puts the template where CloudFormation can read it, where it is too long to be sent. `mark` is of
    /// whoever asks, and the same after a crash.
    ///
    /// Fails with POD0348 where no bucket is named, with POD0349 where the bucket does not take it.
    pub(crate) async fn place(
        &self,
        desired: &Desired,
        mark: &str,
        does: Does,
    ) -> Result<Option<Parcel>> {
        let body = &desired.template.body;
        let Some(bucket) = desired.long_way()? else {
            return Ok(None);
        };
        let mut parcel = Parcel {
            spot: Spot {
                bucket: bucket.name.clone(),
                key: bucket.key(body),
                account: self.who().await?.text("Account").to_owned(),
            },
            mark: mark.to_owned(),
            put: false,
            version: None,
        };
        let kept = Kept(self.cx);
        if does == Does::Keyed {
            match kept.parcel() {
                // An earlier life of this step put it, or was about to.
                Some(known) if known.spot == parcel.spot => parcel.mark = known.mark,
                Some(known) => {
                    self.leave(&known).await;
                }
                None => {}
            }
            kept.set_parcel(&parcel)?;
        }
        self.put_once(&mut parcel, body, does).await?;
        if does == Does::Keyed {
            kept.set_parcel(&parcel)?;
        }
        Ok(Some(parcel))
    }

    async fn put_once(&self, parcel: &mut Parcel, body: &str, does: Does) -> Result<()> {
        let mut hidden = false;
        for _ in 0..ROUNDS {
            match self.see(&parcel.spot).await? {
                Seen::There { mark, version } if mark.as_deref() == Some(&parcel.mark) => {
                    parcel.put = true;
                    parcel.version = version;
                    return Ok(());
                }
                Seen::There { version, .. } => match self.content(&parcel.spot).await? {
                    Some(there) if there == body.as_bytes() => {
                        parcel.put = false;
                        parcel.version = version;
                        return Ok(());
                    }
                    Some(_) => return Err(other_content(&parcel.spot)),
                    None => continue,
                },
                Seen::Nothing => hidden = false,
                Seen::Hidden if hidden => break,
                Seen::Hidden => hidden = true,
            }
            let told = match self.put(&parcel.spot, &parcel.mark, body, does).await {
                Err(error) => self.found_after_all(parcel, error).await?,
                told => told?,
            };
            if let Put::Done { version } = told {
                parcel.put = true;
                parcel.version = version;
                return Ok(());
            }
        }
        if hidden {
            // Something is there that this identity may not look at, and so CloudFormation may not.
            self.content(&parcel.spot).await?;
        }
        Err(other_content(&parcel.spot))
    }

    /// The reply was lost: whether it is there. What is not there changed nothing.
    async fn found_after_all(&self, parcel: &Parcel, mut error: Error) -> Result<Put> {
        if let Ok(Seen::There { mark, version }) = self.see(&parcel.spot).await
            && mark.as_deref() == Some(&parcel.mark)
        {
            return Ok(Put::Done { version });
        }
        if error.kind == ErrorKind::Unknown {
            error.kind = ErrorKind::Unreachable;
        }
        Err(error)
    }

    /// Whether the template is not there any more: whoever put it took it away.
    pub(crate) async fn vanished(&self, parcel: &Parcel) -> bool {
        matches!(self.see(&parcel.spot).await, Ok(Seen::Nothing))
    }

    /// Removes the template, where Podium put it. What stays is said.
    pub(crate) async fn take_away(&self, parcel: &Parcel, does: Does) -> Vec<String> {
        self.removed(parcel, does)
            .await
            .unwrap_or_else(|error| vec![stays(&parcel.spot, &error.message)])
    }

    async fn removed(&self, parcel: &Parcel, does: Does) -> Result<Vec<String>> {
        let spot = &parcel.spot;
        let version = match self.see(spot).await? {
            Seen::Nothing => return Ok(Vec::new()),
            Seen::There { mark, .. } if mark.as_deref() != Some(&parcel.mark) => {
                return Ok(Vec::new());
            }
            Seen::There { version, .. } => version,
            Seen::Hidden if parcel.put => parcel.version.clone(),
            Seen::Hidden => {
                return Ok(vec![stays(spot, "this identity may not look at it.")]);
            }
        };
        let Some(version) = version else {
            return Ok(if self.erase(spot, None, does).await? {
                Vec::new()
            } else {
                vec![stays(
                    spot,
                    "this identity may not remove it (`s3:DeleteObject`).",
                )]
            });
        };
        if self.erase(spot, Some(&version), does).await? {
            return Ok(vec![format!(
                "The bucket `{}` keeps versions; that of the template is deleted for good.",
                spot.bucket
            )]);
        }
        let hidden = self.erase(spot, None, does).await?;
        Ok(vec![if hidden {
            format!(
                "The bucket `{}` keeps versions, and this identity may not delete them (`s3:DeleteObjectVersion`): the template stays there as a former version of `{}`.",
                spot.bucket, spot.key
            )
        } else {
            stays(spot, "this identity may not remove it (`s3:DeleteObject`).")
        }])
    }

    /// Removes what this step put, also in an earlier life. Whoever calls has something more important
    /// to tell: what stays goes to the log.
    pub(crate) async fn tidy(&self) {
        if let Some(parcel) = Kept(self.cx).parcel() {
            self.leave(&parcel).await;
        }
    }

    async fn leave(&self, parcel: &Parcel) {
        let said = match self.removed(parcel, Does::Keyed).await {
            Ok(said) => {
                Kept(self.cx).drop_parcel();
                said
            }
            // It is kept in mind, for the undo.
            Err(error) => vec![stays(&parcel.spot, &error.message)],
        };
        for text in said {
            self.cx.log(LogLine {
                level: LogLevel::Warning,
                text,
            });
        }
    }
}

fn stays(spot: &Spot, why: &str) -> String {
    format!(
        "The template stays in the bucket, as `{}`: {why} Remove it there.",
        spot.uri()
    )
}

fn other_content(spot: &Spot) -> Error {
    Error::new(
        ErrorKind::Conflict,
        BUCKET,
        format!(
            "At `{}` lies something else than the template, under the name that is the template's hash.",
            spot.uri()
        ),
    )
    .with_hint("Find out who put it there; then remove it, or name another `bucket` or `prefix`.")
}
