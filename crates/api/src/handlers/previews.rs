//! Previews, and beginning what was previewed.

use podium_diagnostics::{Code, Error, ErrorKind};
use podium_model::{EnvironmentName, RunId};
use podium_plan::{Binding, Plan, compile};

use crate::handlers::reading::environment_view;
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
            environment: environment_view(&name, &environment),
            made_from: [(read.file, Some(read.version)), (environment_file, version)]
                .into_iter()
                .chain(called.files)
                .collect(),
        })
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
            order: 0,
        });
        Ok(PreviewView {
            preview,
            title: compiled.plan.title().to_owned(),
            layout,
            graph: compiled.graph,
            environment: compiled.environment,
            diagnostics: compiled.diagnostics,
        })
    }

    /// Begins what was previewed. A preview whose files have changed since is stale and refused.
    pub async fn run_start(&self, request: StartRun) -> Result<RunStarted, ApiError> {
        let stale = || {
            Error::new(
                ErrorKind::Conflict,
                Code::new("POD0713"),
                "The workflow or its environment has changed since this preview was made.",
            )
            .with_hint("Make the preview again and look at what is different.")
        };
        let made = self.recall(&request.hash).ok_or_else(stale)?;
        for (file, version) in &made.made_from {
            let now = self.host.folder().read(file)?.map(|text| text.version);
            if now != *version {
                return Err(stale().into());
            }
        }
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
        self.allowed(made.plan.workflow())?;
        self.confirm(&made.plan, request.confirm.as_deref())?;
        // The click on a preview is a yes to that preview; where the environment wants an approval of
        // its own, only a yes that says so counts.
        let approved = request.approve || !made.plan.needs_approval();
        let run = self
            .host
            .start(made.plan, made.preview, &Self::who(), approved)
            .await?;
        if let Some(layout) = &made.layout {
            self.keep_layout(&run, layout).await;
        }
        Ok(RunStarted { run })
    }

    /// Refuses what `podium.yaml` keeps for others. Whoever may write that file may change that.
    fn allowed(&self, workflow: &str) -> Result<(), ApiError> {
        let (workspace, _) = self.read_workspace()?;
        let person = Self::who();
        if workspace.may_run(workflow, &person) {
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

    fn confirm(&self, plan: &Plan, typed: Option<&str>) -> Result<(), ApiError> {
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
        })
    }

    async fn undo_plan(&self, run: &RunId) -> Result<(Plan, EnvironmentView), ApiError> {
        let events = self.host.events(run, 1).await?;
        let (plan, done, calls) = podium_projections::done_steps(&events)
            .ok_or_else(|| crate::handlers::runs::no_run(run))?;
        let plan = Plan::undo_of(run, &plan, &done, &calls);
        let view = match self.read_environment(plan.environment()) {
            Ok((environment, _, _)) => environment_view(plan.environment(), &environment),
            // The environment may be gone by now; what was done can still be taken back.
            Err(_) => environment_view(plan.environment(), &podium_model::Environment::default()),
        };
        Ok((plan, view))
    }
}
