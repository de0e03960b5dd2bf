//! Asking the connectors of a run's steps whether what they left is still so. Writes nothing.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use podium_connector::{Drift, Phase};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_model::RunId;
use podium_plan::{Plan, PlanStep};
use podium_projections::Standing;
use tokio::sync::watch;

use crate::clock;
use crate::context::StepContext;
use crate::host::{ContextFor, Host, Shared};

/// Connectors that are asked at the same time.
const AT_ONCE: usize = 4;
/// How long a connector may take to end after a stop.
const A_MOMENT: Duration = Duration::from_secs(2);

impl Host {
    /// Asks about each of these things; `tell` hears every answer as it comes, with the number of its thing.
    /// An answer that fails spoils no other. `halt` counts up when nobody wants to know any more: what was
    /// not asked by then is answered with [`ErrorKind::Cancelled`].
    pub async fn drift(
        &self,
        run: &RunId,
        plan: &Plan,
        things: Vec<Standing>,
        halt: watch::Receiver<u32>,
        mut tell: impl FnMut(usize, Result<Drift>),
    ) {
        let asked = things.into_iter().enumerate().map(|(number, thing)| {
            let step = plan.step(&thing.id.step).cloned();
            let one = One {
                shared: Arc::clone(&self.shared),
                run: run.clone(),
                mode: plan.mode(),
                thing,
                halt: halt.clone(),
            };
            async move {
                let Some(step) = step else {
                    return (
                        number,
                        Err(stopped_unexpectedly("The plan has no such step.")),
                    );
                };
                if *one.halt.borrow() > 0 {
                    return (number, Err(cancelled()));
                }
                // A task of its own: a connector that panics answers for itself alone.
                let answer = tokio::spawn(one.ask(step)).await;
                let answer = answer.unwrap_or_else(|panic| Err(stopped_unexpectedly(panic)));
                (number, answer)
            }
        });
        let mut answers = stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some((number, answer)) = answers.next().await {
            tell(number, answer);
        }
    }
}

struct One {
    shared: Arc<Shared>,
    run: RunId,
    mode: podium_connector::Mode,
    thing: Standing,
    halt: watch::Receiver<u32>,
}

impl One {
    async fn ask(self, step: PlanStep) -> Result<Drift> {
        let connector = self.shared.connector(&step.uses)?;
        let private = self
            .shared
            .home
            .private()
            .join(clock::fresh_run_id().as_str());
        let context = self
            .shared
            .context(ContextFor {
                connector: &connector,
                plan_step: &step,
                mode: self.mode,
                phase: Phase::Read,
                keep: self.shared.home.keep(&self.run, &step.id),
                handover: None,
                processes: private.join("processes"),
                private: private.clone(),
                purpose: Some((&self.run, &self.thing.id)),
                cancel: self.halt.clone(),
            })
            .await;
        let answer = match context {
            Ok(context) => {
                let request = self.thing.request(&self.run, &step);
                let answer = tokio::select! {
                    answer = connector.drift(&context, &request) => answer,
                    () = given_up(self.halt.clone()) => Err(cancelled()),
                };
                clean(&context, answer)
            }
            Err(error) => Err(error),
        };
        let _ = tokio::fs::remove_dir_all(&private).await;
        answer
    }
}

/// Comes when the look was stopped and the connector has had a moment to end by itself, with the tool it has
/// started. Then it is left: it only looks, and an exchange under way may last as long as the network likes.
async fn given_up(mut halt: watch::Receiver<u32>) {
    if halt.wait_for(|asked| *asked > 0).await.is_err() {
        // Nobody can stop it any more.
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(A_MOMENT).await;
}

/// No secret comes out, whatever the far system shows.
fn clean(context: &StepContext, answer: Result<Drift>) -> Result<Drift> {
    let words = |text: &mut String| *text = context.redactor.redact(text).into_owned();
    match answer {
        Ok(mut drift) => {
            for item in &mut drift.items {
                words(&mut item.name);
                context.redactor.redact_json(&mut item.expected);
                context.redactor.redact_json(&mut item.actual);
            }
            Ok(drift)
        }
        Err(mut error) => {
            words(&mut error.message);
            error.hint.iter_mut().for_each(words);
            error.source.iter_mut().for_each(words);
            for (_, value) in &mut error.context {
                words(value);
            }
            Err(error)
        }
    }
}

fn cancelled() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        Code::new("POD0746"),
        "The look was stopped before this step had answered.",
    )
    .with_hint("Look again.")
}

fn stopped_unexpectedly(why: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Internal,
        Code::new("POD0702"),
        "The connector of this step stopped unexpectedly.",
    )
    .with_hint("This is a defect of Podium; report it with this message.")
    .with_source(why)
}
