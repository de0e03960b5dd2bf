//! Previews, and beginning what was previewed.

use std::sync::Arc;

use podium_connector::Mode;
use podium_diagnostics::{Code, Diagnostic, Error, ErrorKind};
use podium_engine::event::Outside;
use podium_model::{EnvironmentName, RunId};
use podium_plan::{Binding, Plan, compile};
use podium_runtime::{Answerer, Approval, Begin, clock};
use podium_vault::VaultState;
use tokio::sync::watch;

use crate::handlers::windows::{environment_view, may_begin_at};
use crate::podium::Previewed;
use crate::types::{EnvironmentView, MakePreview, PreviewView, RunName, RunStarted, StartRun};
use crate::{ApiError, Podium};

/// A plan, and what it was made from.
pub(crate) struct Compiled {
    pub(crate) plan: Plan,
    pub(crate) graph: podium_plan::Graph,
    pub(crate) diagnostics: Vec<podium_diagnostics::Diagnostic>,
    pub(crate) environment: EnvironmentView,
    pub(crate) made_from: Vec<(String, Option<String>)>,
}

impl Podium {
    /// Compiles a workflow for an environment.
    pub(crate) fn compile(&self, request: &MakePreview) -> Result<Compiled, ApiError> {
        let (workspace, _) = self.read_workspace()?;
        let name = Self::choose_environment(
            request.environment.as_ref(),
            workspace.default_environment.as_ref(),
        )?;
        let (environment, warnings, version) = self.read_environment(&name)?;
        let warnings = self.readable(&name, warnings)?;
        let read = self.read_workflow(&request.workflow)?;
        let binding = Binding {
            name: &name,
            environment: &environment,
        };
        let called = self.called(&read);
        let compiled = compile(
            &request.workflow,
            &read.parsed,
            &binding,
            &request.inputs,
            &called.library,
            &self.manifests,
        );
        let mut diagnostics = warnings;
        diagnostics.extend(compiled.diagnostics);
        let Some(plan) = compiled.plan else {
            return Err(ApiError::not_a_plan(&read.file, diagnostics));
        };
        let environment_file = self.host.folder().environment_file(name.as_str());
        Ok(Compiled {
            plan,
            graph: compiled.graph,
            diagnostics,
            environment: environment_view(&name, &environment, clock::wall()),
            made_from: [(read.file, Some(read.version)), (environment_file, version)]
                .into_iter()
                .chain(called.files)
                .collect(),
        })
    }

    /// Refuses an environment whose file has errors: what stands there may be what protects it.
    fn readable(
        &self,
        name: &EnvironmentName,
        diagnostics: Vec<Diagnostic>,
    ) -> Result<Vec<Diagnostic>, ApiError> {
        if diagnostics.iter().any(Diagnostic::is_error) {
            let file = self.host.folder().environment_file(name.as_str());
            return Err(ApiError::not_a_plan(&file, diagnostics));
        }
        Ok(diagnostics)
    }

    /// What a run would change everywhere.
    pub async fn preview_make(&self, request: MakePreview) -> Result<PreviewView, ApiError> {
        let compiled = self.compile(&request)?;
        let preview = self.host.preview(&compiled.plan).await?;
        let layout = self.layout_of(&request.workflow, &compiled.graph)?;
        self.remember(Previewed {
            plan: compiled.plan.clone(),
            preview: preview.clone(),
            layout: Some(layout.clone()),
            made_from: compiled.made_from,
            schedule: None,
            order: 0,
        });
        Ok(PreviewView {
            preview,
            title: compiled.plan.title().to_owned(),
            layout,
            graph: compiled.graph,
            environment: compiled.environment,
            diagnostics: compiled.diagnostics,
            stands: self.stands(&compiled.plan).await,
        })
    }

    /// Begins what was previewed. A preview whose files have changed since is stale and refused.
    pub async fn run_start(&self, request: StartRun) -> Result<RunStarted, ApiError> {
        let (_never, stop) = watch::channel(false);
        match self.run_start_until(request, &stop).await? {
            Some(started) => Ok(started),
            None => Err(stale().into()),
        }
    }

    /// As [`Podium::run_start`], where the person may change their mind while another process is asked:
    /// `stop` takes the request back as long as nobody has taken it up. `None` where nothing was begun.
    pub async fn run_start_until(
        &self,
        request: StartRun,
        stop: &watch::Receiver<bool>,
    ) -> Result<Option<RunStarted>, ApiError> {
        let made = self.recall(&request.hash).ok_or_else(stale)?;
        for (file, version) in &made.made_from {
            let now = self.host.folder().read(file)?.map(|text| text.version);
            if now != *version {
                return Err(stale().into());
            }
        }
        let run = clock::fresh_run_id();
        let by = Self::who();
        self.may_begin(&made, &by, request.confirm.as_deref())?;
        // It may be no time to begin.
        self.approval(&made, request.approve, request.override_window.as_deref())?;
        let schedule = made.schedule.clone();
        self.answering(schedule.as_ref(), &run)?;
        let started = self.begin_somewhere(&run, made, &by, request, stop).await;
        let begun = matches!(started, Ok(true));
        self.answered(schedule.as_ref(), &run, begun);
        Ok(started?.then_some(RunStarted { run }))
    }

    /// Begins a run by whoever holds the journal. `false` where the person changed their mind before.
    async fn begin_somewhere(
        &self,
        run: &RunId,
        made: Previewed,
        by: &str,
        request: StartRun,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, ApiError> {
        loop {
            if self.host.lead().await? {
                if *stop.borrow() {
                    return Ok(false);
                }
                let reason = request.override_window.as_deref();
                let approval = self.approval(&made, request.approve, reason)?;
                self.begin_here(run, made, by, approval).await?;
                return Ok(true);
            }
            let begin = Begin {
                workspace: self.place(),
                run: run.clone(),
                preview: made.preview.clone(),
                plan: Begin::digest(&made.plan),
                confirm: request.confirm.clone(),
                approve: request.approve,
                by: by.to_owned(),
                schedule: made.schedule.clone(),
                override_window: request.override_window.clone(),
            };
            if let Some(has_begun) = self.host.begin_elsewhere(begin, stop).await? {
                return Ok(has_begun);
            }
            // The other one has ended; what it may have begun is taken up here.
        }
    }

    /// What stands between a preview and its run, whoever asks.
    pub(crate) fn may_begin(
        &self,
        made: &Previewed,
        by: &str,
        confirm: Option<&str>,
    ) -> Result<(), ApiError> {
        if let Some(step) = made.preview.problems().next() {
            let problem = step.problem.as_ref();
            let why = problem.map_or("", |problem| problem.message.as_str());
            let hint = problem
                .and_then(|problem| problem.hint.clone())
                .unwrap_or_default();
            return Err(Error::new(
                ErrorKind::Invalid,
                Code::new("POD0714"),
                format!("The step `{}` could not be previewed: {why}", step.id),
            )
            .with_hint(format!("{hint} Nothing was begun."))
            .into());
        }
        if let Some(stranger) = made.preview.strangers().next() {
            return Err(stranger.clone().into());
        }
        self.allowed(made.plan.workflow(), by)?;
        self.confirm(&made.plan, confirm)
    }

    /// The yes that begins the run now, or none where it waits for one. The click on a preview is a yes to
    /// that preview; where the environment wants an approval of its own, only a yes that says so counts. A run
    /// that begins now begins at a time at which it may; one that waits is held against the time of its yes.
    pub(crate) fn approval(
        &self,
        made: &Previewed,
        approve: bool,
        reason: Option<&str>,
    ) -> Result<Option<Approval>, ApiError> {
        if made.plan.needs_approval() && !approve {
            return Ok(None);
        }
        let name = made.plan.environment();
        let undo = made.plan.undoes().is_some();
        Ok(Some(Approval {
            outside: self.outside(name, undo, reason)?,
        }))
    }

    /// Whether a run may begin in this environment now; see [`may_begin_at`].
    pub(crate) fn outside(
        &self,
        name: &EnvironmentName,
        undo: bool,
        reason: Option<&str>,
    ) -> Result<Option<Outside>, ApiError> {
        let environment = match self.read_environment(name) {
            Ok((environment, diagnostics, _)) => {
                self.readable(name, diagnostics)?;
                environment
            }
            // What was done there can be taken back also when the file is gone.
            Err(error) if undo && error.code.as_str() == "POD0809" => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(may_begin_at(
            name,
            &environment,
            undo,
            reason,
            clock::wall(),
        )?)
    }

    pub(crate) async fn begin_here(
        &self,
        run: &RunId,
        made: Previewed,
        by: &str,
        approved: Option<Approval>,
    ) -> Result<(), ApiError> {
        let schedule = made.schedule.as_ref();
        self.keep_place(run).await?;
        self.host
            .start(run, made.plan, made.preview, by, schedule, approved)
            .await?;
        if let Some(layout) = &made.layout {
            self.keep_layout(run, layout).await;
        }
        Ok(())
    }

    /// Answers other processes of this user for as long as this one holds the journal. `window` says that
    /// this process stays.
    pub fn answer_others(&self, window: bool) {
        let podium = self.clone();
        let begins: Answerer = Arc::new(move |begin| {
            let podium = podium.clone();
            Box::pin(async move { podium.begin_for(begin).await.map_err(Error::from) })
        });
        self.host.answer_others(begins, window);
    }

    /// Begins what another process asks for, as if the person sat here: the plan is made anew from the
    /// files as they are now, and must be the one that was previewed.
    async fn begin_for(&self, begin: Begin) -> Result<(), ApiError> {
        let preview = begin.preview;
        if begin.workspace != self.place() {
            return Err(Error::new(
                ErrorKind::Conflict,
                Code::new("POD0722"),
                format!(
                    "Another Podium of yours is open with the workspace `{}`, and only one at a time can \
                     be run. Nothing was begun.",
                    self.place()
                ),
            )
            .with_hint("Close that one first, or give this workspace a PODIUM_HOME of its own.")
            .into());
        }
        let (plan, layout) = if let Some(run) = &preview.undoes {
            (self.undo_plan(run).await?.0, None)
        } else {
            let request = MakePreview {
                workflow: preview.workflow.clone(),
                environment: Some(preview.environment.parse().map_err(|_| stale())?),
                inputs: preview.inputs.clone(),
            };
            let compiled = self.compile(&request).map_err(|_| stale())?;
            let layout = self.layout_of(&request.workflow, &compiled.graph)?;
            (compiled.plan, Some(layout))
        };
        if !preview.is_intact() || Begin::digest(&plan) != begin.plan {
            return Err(stale().into());
        }
        let made = Previewed {
            plan,
            preview,
            layout,
            made_from: Vec::new(),
            schedule: begin.schedule,
            order: 0,
        };
        self.may_begin(&made, &begin.by, begin.confirm.as_deref())?;
        self.has_its_keys(&made)?;
        let approval = self.approval(&made, begin.approve, begin.override_window.as_deref())?;
        self.begin_here(&begin.run, made, &begin.by, approval).await
    }

    /// Refuses a run that would stand still at once, since the vault of this process is locked: the person
    /// sits elsewhere and would not see why.
    pub(crate) fn has_its_keys(&self, made: &Previewed) -> Result<(), ApiError> {
        let needed = made.plan.steps().iter().any(|step| {
            let real = made
                .preview
                .step(&step.id)
                .is_some_and(|step| step.mode == Mode::Real && !step.skipped);
            real && !step.off && !step.credentials.is_empty()
        });
        if !needed || matches!(self.host.vault().state(), VaultState::Unlocked { .. }) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Locked,
            Code::new("POD0737"),
            "The Podium that is open would do this run, and its vault is locked. Nothing was begun.",
        )
        .with_hint("Unlock the vault there, or close that window, and try again.")
        .into())
    }

    /// The folder of the workspace, as other processes of this user name it.
    pub(super) fn place(&self) -> String {
        self.host.folder().root().to_string_lossy().into_owned()
    }

    /// Refuses what `podium.yaml` keeps for others. Whoever may write that file may change that.
    pub(crate) fn allowed(&self, workflow: &str, person: &str) -> Result<(), ApiError> {
        let (workspace, _) = self.read_workspace()?;
        if workspace.may_run(workflow, person) {
            return Ok(());
        }
        let for_ = workspace
            .catalog
            .get(workflow)
            .map(|entry| entry.for_.join(", "))
            .unwrap_or_default();
        Err(Error::new(
            ErrorKind::Forbidden,
            Code::new("POD0830"),
            format!("`{workflow}` is for {for_}, and you are `{person}`."),
        )
        .with_hint("Ask one of them, or whoever keeps `podium.yaml` of this workspace.")
        .into())
    }

    pub(crate) fn confirm(&self, plan: &Plan, typed: Option<&str>) -> Result<(), ApiError> {
        let name: &EnvironmentName = plan.environment();
        let (environment, _, _) = self.read_environment(name)?;
        if environment.protect.read_only {
            return Err(Error::new(
                ErrorKind::Forbidden,
                Code::new("POD0715"),
                format!("The environment `{name}` is read-only; nothing is ever written there."),
            )
            .with_hint("Choose another environment.")
            .into());
        }
        if environment.protect.confirm.is_some() && typed != Some(name.as_str()) {
            return Err(Error::new(
                ErrorKind::Invalid,
                Code::new("POD0716"),
                format!("The environment `{name}` asks you to type its name first."),
            )
            .with_hint(format!(
                "Type `{name}` (on the command line: `--confirm {name}`)."
            ))
            .into());
        }
        Ok(())
    }

    /// What taking a run back would change.
    pub async fn run_preview_undo(&self, request: RunName) -> Result<PreviewView, ApiError> {
        let (plan, environment) = self.undo_plan(&request.run).await?;
        let preview = self.host.preview(&plan).await?;
        self.remember(Previewed {
            plan: plan.clone(),
            preview: preview.clone(),
            layout: None,
            made_from: Vec::new(),
            schedule: None,
            order: 0,
        });
        let graph = podium_plan::Graph::of_plan(&plan);
        let layout = self
            .layout_of_undo(&request.run, plan.workflow(), &graph)
            .await;
        Ok(PreviewView {
            preview,
            title: plan.title().to_owned(),
            layout,
            graph,
            environment,
            diagnostics: Vec::new(),
            stands: None,
        })
    }

    async fn undo_plan(&self, run: &RunId) -> Result<(Plan, EnvironmentView), ApiError> {
        let events = self.host.events(run, 1).await?;
        super::records::refuse(run, &events)?;
        let (plan, done, calls) = podium_projections::done_steps(&events)
            .ok_or_else(|| crate::handlers::runs::no_run(run))?;
        let plan = Plan::undo_of(run, &plan, &done, &calls);
        let name = plan.environment().clone();
        Ok(match self.read_environment(&name) {
            Ok((environment, diagnostics, _)) => {
                self.readable(&name, diagnostics)?;
                let plan = plan.expecting(&environment);
                (plan, environment_view(&name, &environment, clock::wall()))
            }
            // The environment may be gone by now; what was done can still be taken back.
            Err(_) => (
                plan,
                environment_view(&name, &podium_model::Environment::default(), clock::now()),
            ),
        })
    }
}

pub(crate) fn stale() -> Error {
    Error::new(
        ErrorKind::Conflict,
        Code::new("POD0713"),
        "The workflow or its environment has changed since this preview was made.",
    )
    .with_hint("Make the preview again and look at what is different.")
}
