//! One run, driven: commands in, events durable, then shown, then effects performed.
//!
//! Each run has one task that owns its state. Effects run as tasks of their own and answer with
//! commands. Many answers that arrive together are made durable by one write.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use podium_connector::{Connector, LogLine, Observed, Phase, StepRequest, UndoRecord};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_engine::{Command, Effect, Event, EventBody, Instance, State, apply, decide};
use podium_model::{RunId, StepId};
use podium_plan::{Plan, PlanStep, Work};
use tokio::sync::{mpsc, oneshot, watch};

use crate::context::{Report, StepContext};
use crate::host::{ContextFor, Shared};
use crate::{clock, process};

/// Commands taken together at the most.
const BATCH: usize = 1_000;

/// What a driver is told.
pub(crate) enum Message {
    /// An answer of an effect.
    Command(Command),
    /// A step reports while it runs.
    Report(Instance, u32, Report),
    /// A person asks; the answer is sent when its events are durable, or it was refused.
    Ask(Command, oneshot::Sender<Result<()>>),
}

/// A way to talk to a driver.
pub(crate) type Door = mpsc::UnboundedSender<Message>;

pub(crate) struct Driver {
    shared: Arc<Shared>,
    run: RunId,
    state: State,
    seq: u64,
    door: Door,
    messages: mpsc::UnboundedReceiver<Message>,
    cancels: HashMap<(Instance, u32), watch::Sender<u32>>,
}

/// What one batch leads to.
#[derive(Default)]
struct Decided {
    events: Vec<Event>,
    effects: Vec<Effect>,
    answers: Vec<(oneshot::Sender<Result<()>>, Result<()>)>,
}

impl Driver {
    /// A driver for a run whose events so far are `history` (none for a new one).
    pub(crate) fn new(shared: Arc<Shared>, run: RunId, history: &[Event]) -> (Self, Door) {
        let mut state = State::new(run.clone());
        for event in history {
            apply(&mut state, event);
        }
        let (door, messages) = mpsc::unbounded_channel();
        let driver = Self {
            shared,
            run,
            state,
            seq: history.last().map_or(0, |event| event.seq),
            door: door.clone(),
            messages,
            cancels: HashMap::new(),
        };
        (driver, door)
    }

    /// Drives until the run has ended and nothing is under way.
    pub(crate) async fn drive(mut self) {
        while let Some(first) = self.messages.recv().await {
            let mut batch = vec![first];
            while batch.len() < BATCH {
                let Ok(next) = self.messages.try_recv() else {
                    break;
                };
                batch.push(next);
            }
            let decided = self.decide(batch);
            if let Err(error) = self.keep(&decided).await {
                // Nothing more may be done, since it could not be written down. What runs outside goes
                // on under its supervisor and is found again at the next start.
                tracing::error!(run = %self.run, %error, "the journal could not be written");
                for (answer, _) in decided.answers {
                    let _ = answer.send(Err(error.clone()));
                }
                self.shared.trouble(&self.run, &error);
                return;
            }
            if self.state.phase().is_ended() {
                // Before anybody hears of the end: what was kept for its steps is gone by then.
                self.shared.handovers.forget(&self.run);
                self.shared.proofs.forget(&self.run);
            }
            self.shared.publish(decided.events);
            for (answer, result) in decided.answers {
                let _ = answer.send(result);
            }
            for effect in decided.effects {
                self.perform(effect);
            }
            // What was asked in the meantime may set the run going again.
            if self.state.phase().is_ended() && self.cancels.is_empty() && self.messages.is_empty()
            {
                return;
            }
        }
    }

    fn decide(&mut self, batch: Vec<Message>) -> Decided {
        let mut decided = Decided::default();
        let mut lines: Option<(Instance, u32, Vec<LogLine>)> = None;
        for message in batch {
            // Log lines that stand together become one event.
            if let Message::Report(step, attempt, Report::Log(line)) = message {
                match &mut lines {
                    Some((last, number, lines)) if *last == step && *number == attempt => {
                        lines.push(line);
                    }
                    _ => {
                        self.take_lines(&mut decided, lines.take());
                        lines = Some((step, attempt, vec![line]));
                    }
                }
                continue;
            }
            self.take_lines(&mut decided, lines.take());
            match message {
                Message::Command(command) => {
                    self.forget_ended(&command);
                    if let Err(error) = self.take(&mut decided, &command) {
                        tracing::warn!(run = %self.run, %error, "a report was refused");
                    }
                }
                Message::Report(step, attempt, Report::Progress(progress)) => {
                    let _ = self.take(
                        &mut decided,
                        &Command::Progress {
                            step,
                            attempt,
                            progress,
                        },
                    );
                }
                Message::Report(step, attempt, Report::Accepted(remote, done)) => {
                    let result = self.take(
                        &mut decided,
                        &Command::Accepted {
                            step,
                            attempt,
                            remote,
                        },
                    );
                    decided.answers.push((done, result));
                }
                Message::Report(_, _, Report::Log(_)) => {}
                Message::Ask(command, answer) => {
                    let mut result = self.take(&mut decided, &command);
                    if matches!(command, Command::Approve { .. }) && result.is_ok() {
                        result = self.take(&mut decided, &Command::Start);
                    }
                    decided.answers.push((answer, result));
                }
            }
        }
        self.take_lines(&mut decided, lines);
        decided
    }

    fn take_lines(&mut self, decided: &mut Decided, lines: Option<(Instance, u32, Vec<LogLine>)>) {
        if let Some((step, attempt, lines)) = lines {
            let _ = self.take(
                decided,
                &Command::Log {
                    step,
                    attempt,
                    lines,
                },
            );
        }
    }

    /// Decides one command and applies its events, so that the next one sees them.
    fn take(&mut self, decided: &mut Decided, command: &Command) -> Result<()> {
        let decision = decide(&self.state, command).map_err(Error::from)?;
        for body in decision.events {
            let event = self.stamp(body);
            apply(&mut self.state, &event);
            decided.events.push(event);
        }
        decided.effects.extend(decision.effects);
        Ok(())
    }

    fn stamp(&mut self, body: EventBody) -> Event {
        self.seq += 1;
        Event {
            run: self.run.clone(),
            seq: self.seq,
            at: clock::now(),
            body,
        }
    }

    async fn keep(&self, decided: &Decided) -> Result<()> {
        if decided.events.is_empty() {
            return Ok(());
        }
        self.shared.append(decided.events.clone()).await
    }

    /// An effect that has answered for good is no longer under way.
    fn forget_ended(&mut self, command: &Command) {
        let ended = match command {
            Command::Prepared { step, attempt, .. }
            | Command::PrepareFailed { step, attempt, .. }
            | Command::Locked { step, attempt, .. }
            | Command::Succeeded { step, attempt, .. }
            | Command::Failed { step, attempt, .. }
            | Command::Ended { step, attempt, .. }
            | Command::BecameUnknown { step, attempt, .. }
            | Command::Observed { step, attempt, .. } => (step.clone(), *attempt),
            _ => return,
        };
        self.cancels.remove(&ended);
    }

    fn perform(&mut self, effect: Effect) {
        let (step, attempt) = (effect.step().clone(), effect.attempt());
        match &effect {
            Effect::Timer { kind, millis, .. } => {
                let (door, kind, wait) = (self.door.clone(), *kind, Duration::from_millis(*millis));
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    let _ = door.send(Message::Command(Command::TimerFired {
                        step,
                        attempt,
                        timer: kind,
                    }));
                });
            }
            Effect::CancelStep { .. } => {
                if let Some(cancel) = self.cancels.get(&(step, attempt)) {
                    cancel.send_modify(|asked| *asked += 1);
                }
            }
            Effect::Prepare { .. } | Effect::Perform { .. } | Effect::Observe { .. } => {
                self.ask_connector(effect, step, attempt);
            }
        }
    }

    fn ask_connector(&mut self, effect: Effect, step: Instance, attempt: u32) {
        let Some(plan) = self.state.plan() else {
            return;
        };
        let Some(plan_step) = plan.step(&step.step).cloned() else {
            return;
        };
        let Some(request) = effect.request(&self.run, &plan_step) else {
            return;
        };
        let (cancel, cancelled) = watch::channel(0);
        self.cancels.insert((step.clone(), attempt), cancel);
        let work = StepWork {
            first: is_first(plan, &plan_step),
            shared: Arc::clone(&self.shared),
            run: self.run.clone(),
            kept_by: self.state.plan().and_then(|plan| plan.undoes().cloned()),
            mode: plan.mode(),
            proves: plan.to_prove(&plan_step).map(Box::new),
            plan_step,
            step: step.clone(),
            attempt,
            request,
            door: self.door.clone(),
            cancelled,
        };
        let door = self.door.clone();
        let task = tokio::spawn(work.answer(effect));
        tokio::spawn(async move {
            let command = task.await.unwrap_or_else(|panic| Command::Failed {
                step,
                attempt,
                error: Error::new(
                    ErrorKind::Internal,
                    Code::new("POD0702"),
                    "The connector of this step stopped unexpectedly.",
                )
                .with_hint("This is a defect of Podium; report it with this message.")
                .with_source(panic),
            });
            let _ = door.send(Message::Command(command));
        });
    }
}

/// Whether no step before this one can have changed anything, so that what its preview said can still be
/// taken for true. Behind a step that writes, the world is another one than that of the preview.
fn is_first(plan: &podium_plan::Plan, step: &PlanStep) -> bool {
    let mut open: Vec<&StepId> = step.edges.iter().map(|edge| &edge.from).collect();
    let mut seen = std::collections::HashSet::new();
    while let Some(before) = open.pop() {
        let Some(before) = plan.step(before) else {
            return false;
        };
        if before.writes && !before.off {
            return false;
        }
        if seen.insert(&before.id) {
            open.extend(before.edges.iter().map(|edge| &edge.from));
        }
    }
    true
}

/// One effect that a connector answers.
struct StepWork {
    first: bool,
    shared: Arc<Shared>,
    run: RunId,
    kept_by: Option<RunId>,
    mode: podium_connector::Mode,
    /// The step alone, where its credentials must turn out to be somebody certain before it writes.
    proves: Option<Box<Plan>>,
    plan_step: PlanStep,
    step: Instance,
    attempt: u32,
    request: StepRequest,
    door: Door,
    cancelled: watch::Receiver<u32>,
}

impl StepWork {
    async fn answer(self, effect: Effect) -> Command {
        let (step, attempt) = (self.step.clone(), self.attempt);
        let failed = |error: Error| match (&effect, error.kind) {
            (_, ErrorKind::Locked) => Command::Locked {
                step: step.clone(),
                attempt,
                because: error.message,
            },
            (Effect::Prepare { .. }, _) => Command::PrepareFailed {
                step: step.clone(),
                attempt,
                error,
            },
            (Effect::Observe { .. }, _) => Command::Observed {
                step: step.clone(),
                attempt,
                observed: Observed::Unknown {
                    because: error.to_string(),
                },
            },
            _ => Command::Failed {
                step: step.clone(),
                attempt,
                error,
            },
        };
        let connector = match self.shared.connector(&self.plan_step.uses) {
            Ok(connector) => connector,
            Err(error) => return failed(error),
        };
        let (context, reports) = match self.context(&effect, &connector).await {
            Ok(context) => context,
            Err(error) => return failed(error),
        };
        let forward = self.forward(reports);
        let command = match &effect {
            Effect::Prepare { .. } => match self.prove().await {
                Ok(()) => self
                    .prepare(&context, &connector)
                    .await
                    .unwrap_or_else(failed),
                Err(error) => failed(error),
            },
            Effect::Observe { .. } => match self.observe(&context, &connector).await {
                Ok(observed) => Command::Observed {
                    step: step.clone(),
                    attempt,
                    observed,
                },
                Err(error) => failed(error),
            },
            _ => match self.prove().await {
                Ok(()) => self.run(&context, &connector).await,
                // What was begun may go on with whoever began it.
                Err(error) if self.request.resumed && error.kind != ErrorKind::Locked => {
                    Command::BecameUnknown {
                        step: step.clone(),
                        attempt,
                        because: error.to_string(),
                    }
                }
                Err(error) => failed(error),
            },
        };
        let private = context.folders.private.clone();
        let handover = context.folders.handover.clone();
        drop(context);
        // Everything that was reported goes before the end.
        let _ = forward.await;
        let _ = tokio::fs::remove_dir_all(&private).await;
        if let (Effect::Perform { .. }, Some(handover)) = (&effect, handover) {
            let _ = tokio::fs::remove_dir_all(handover).await;
        }
        command
    }

    async fn context(
        &self,
        effect: &Effect,
        connector: &Arc<dyn Connector>,
    ) -> Result<(StepContext, mpsc::UnboundedReceiver<Report>)> {
        let writes = matches!(effect, Effect::Perform { .. });
        let (reports, received) = mpsc::unbounded_channel();
        let of = match &self.plan_step.work {
            Work::Undo { of, .. } => of.clone(),
            Work::Do => self.plan_step.id.clone(),
        };
        let already = if self.request.resumed {
            self.shared
                .reported(&self.run, &self.step, self.attempt)
                .await?
        } else {
            0
        };
        let name = self.step.to_string().replace(['[', ']'], "-");
        let look = if writes { "" } else { "-look" };
        let private = self
            .shared
            .home
            .private()
            .join(format!("{}-{name}-{}{look}", self.run, self.attempt));
        // What is only looked at may show values that nobody registered as secret: its records stay in
        // private space and go with it.
        let processes = if writes {
            self.shared
                .home
                .attempt(&self.run, &self.plan_step.id, self.attempt)
                .join(format!("run-{name}"))
        } else {
            private.join("processes")
        };
        let mut context = self
            .shared
            .context(ContextFor {
                connector,
                plan_step: &self.plan_step,
                mode: self.mode,
                phase: if writes { Phase::Write } else { Phase::Read },
                keep: self
                    .shared
                    .home
                    .keep(self.kept_by.as_ref().unwrap_or(&self.run), &of),
                handover: Some(self.shared.handovers.of(&self.run, &name)),
                processes,
                private,
                purpose: Some((&self.run, &self.step)),
                cancel: self.cancelled.clone(),
            })
            .await?;
        context.reports = writes.then_some(reports);
        context.already_reported = AtomicU64::new(already);
        Ok((context, received))
    }

    /// Asks once more who does it: the login may have changed since the preview, and while the step waited.
    async fn prove(&self) -> Result<()> {
        match &self.proves {
            Some(plan) => self.shared.prove(&self.run, plan, &self.plan_step).await,
            None => Ok(()),
        }
    }

    /// Passes reports on to the driver.
    fn forward(&self, mut reports: mpsc::UnboundedReceiver<Report>) -> tokio::task::JoinHandle<()> {
        let (door, step, attempt) = (self.door.clone(), self.step.clone(), self.attempt);
        tokio::spawn(async move {
            while let Some(report) = reports.recv().await {
                if door
                    .send(Message::Report(step.clone(), attempt, report))
                    .is_err()
                {
                    return;
                }
            }
        })
    }

    async fn prepare(
        &self,
        context: &StepContext,
        connector: &Arc<dyn Connector>,
    ) -> Result<Command> {
        let undoes = match &self.plan_step.work {
            Work::Do => None,
            Work::Undo { record, .. } => Some(record),
        };
        let recalled = if self.first {
            connector.recall(context, &self.request, undoes).await?
        } else {
            None
        };
        if recalled.is_none() {
            podium_connector::Handover::clear(context);
        }
        let (mut preview, undo) = match &self.plan_step.work {
            Work::Do => {
                let preview = match recalled {
                    Some(preview) => preview,
                    None => connector.preview(context, &self.request).await?,
                };
                let undo = connector.prepare(context, &self.request, &preview).await?;
                (preview, Some(undo))
            }
            Work::Undo { record, .. } => {
                let preview = match recalled {
                    Some(preview) => preview,
                    None => {
                        connector
                            .preview_undo(context, &self.request, record)
                            .await?
                    }
                };
                (preview, None)
            }
        };
        context.note_tools(&mut preview);
        Ok(Command::Prepared {
            step: self.step.clone(),
            attempt: self.attempt,
            preview: Box::new(preview),
            undo: undo.map(|undo| self.with_override(undo)),
            delivery: self.shared.delivery(&self.plan_step.uses),
            mode: connector.mode(&self.request, self.mode),
        })
    }

    /// An author's own undo replaces the class of the connector's.
    fn with_override(&self, mut record: UndoRecord) -> UndoRecord {
        if let Some(steps) = &self.plan_step.undo {
            record.undo = crate::preview::override_class(steps);
        }
        record
    }

    async fn observe(
        &self,
        context: &StepContext,
        connector: &Arc<dyn Connector>,
    ) -> Result<Observed> {
        let processes = self
            .shared
            .home
            .attempt(&self.run, &self.plan_step.id, self.attempt);
        let name = self.step.to_string().replace(['[', ']'], "-");
        if process::was_started(&processes.join(format!("run-{name}"))) {
            // Processes are joined or replayed by their labels.
            return Ok(Observed::Adopt);
        }
        connector.observe(context, &self.request).await
    }

    async fn run(&self, context: &StepContext, connector: &Arc<dyn Connector>) -> Command {
        let (step, attempt) = (self.step.clone(), self.attempt);
        let result = match &self.plan_step.work {
            Work::Do => match connector.run(context, &self.request).await {
                Ok(outcome) => connector
                    .verify(context, &self.request, &outcome)
                    .await
                    .map(|()| outcome),
                Err(error) => Err(error),
            },
            Work::Undo { record, .. } => connector.undo(context, &self.request, record).await,
        };
        match result {
            Ok(mut outcome) => {
                for value in outcome.outputs.values_mut() {
                    context.redactor.redact_json(value);
                }
                Command::Succeeded {
                    step,
                    attempt,
                    outcome: Box::new(outcome),
                }
            }
            Err(error) if error.kind == ErrorKind::Cancelled => {
                let still_running = match connector.cancelled(context, &self.request).await {
                    Ok(still) => still.what,
                    Err(error) => vec![format!(
                        "What goes on at the far side could not be asked: {}",
                        error.message
                    )],
                };
                Command::Ended {
                    step,
                    attempt,
                    still_running,
                }
            }
            Err(error) if error.kind == ErrorKind::Unknown => Command::BecameUnknown {
                step,
                attempt,
                because: self.clean(context, error).to_string(),
            },
            Err(error) => Command::Failed {
                step,
                attempt,
                error: self.clean(context, error),
            },
        }
    }

    /// No secret gets into an error, whatever a tool printed.
    #[expect(clippy::unused_self, reason = "reads as a part of the step")]
    fn clean(&self, context: &StepContext, mut error: Error) -> Error {
        error.message = context.redactor.redact(&error.message).into_owned();
        for text in [&mut error.hint, &mut error.source].into_iter().flatten() {
            *text = context.redactor.redact(text).into_owned();
        }
        for (_, value) in &mut error.context {
            *value = context.redactor.redact(value).into_owned();
        }
        error
    }
}
