//! Reading a schedule with all that it names, and saying what is wrong with it.

use std::collections::BTreeMap;

use podium_calendar::{Due, Shift, Timetable};
use podium_diagnostics::{Code, Diagnostic, Error, ErrorKind};
use podium_model::Schedule;
use podium_model::nearest::nearest;
use podium_model::parse::{Parsed, parse_schedule};
use podium_plan::code::{
    BAD_WORKFLOW_INPUT, MISSING_WORKFLOW_INPUT, NOT_ASKED_FOR, UNKNOWN_WORKFLOW_INPUT,
};
use podium_runtime::clock::{self, rfc3339};
use podium_runtime::schedules::{State, meaning};
use serde_json::{Map, Value};

use crate::handlers::previews::Compiled;
use crate::handlers::windows::environment_view;
use crate::types::{DueView, EnvironmentView, MakePreview};
use crate::{ApiError, Podium};

/// The schedule names a workflow or an environment that is not there.
const NOT_THERE: Code = Code::new("POD0160");

/// A schedule, with all that it names.
pub(crate) struct Loaded {
    pub(super) name: String,
    pub(super) file: String,
    /// As written; what could not be read is empty.
    pub(super) schedule: Schedule,
    pub(super) timetable: Option<Timetable>,
    pub(super) workflow_title: String,
    pub(super) environment: Option<EnvironmentView>,
    /// The plan; absent where something is wrong.
    pub(super) compiled: Option<Compiled>,
    /// Everything that is wrong with it.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What its files mean: file → digest.
    pub(super) meaning: BTreeMap<String, String>,
}

impl Podium {
    /// Reads a schedule's file alone.
    pub(super) fn parse_schedule(&self, name: &str) -> Result<Parsed<Schedule>, ApiError> {
        let folder = self.host.folder();
        let known = folder.schedules();
        let file = folder.schedule_file(name);
        let there = known.iter().any(|known| known == name);
        let text = if there { folder.read(&file)? } else { None };
        let Some(text) = text else {
            let hint = match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("Did you mean `{near}`?"),
                None if known.is_empty() => String::from(
                    "This workspace has no schedules; they are files of its folder `schedules`.",
                ),
                None => format!("The schedules here are: {}.", known.join(", ")),
            };
            return Err(Error::new(
                ErrorKind::NotFound,
                Code::new("POD0840"),
                format!("There is no schedule `{name}` in this workspace."),
            )
            .with_hint(hint)
            .into());
        };
        Ok(parse_schedule(&file, &text.bytes))
    }

    /// Reads a schedule with all that it names.
    pub(crate) fn load_schedule(&self, name: &str) -> Result<Loaded, ApiError> {
        let parsed = self.parse_schedule(name)?;
        let folder = self.host.folder();
        let file = folder.schedule_file(name);
        let mut loaded = Loaded {
            name: name.to_owned(),
            workflow_title: String::new(),
            environment: None,
            compiled: None,
            diagnostics: parsed.diagnostics.clone(),
            meaning: BTreeMap::new(),
            timetable: None,
            schedule: parsed.value.clone().unwrap_or_default(),
            file: file.clone(),
        };
        loaded.timetable = loaded.schedule.timetable();
        let mut files = vec![file];
        let environment = loaded.schedule.environment.clone();
        if let Some(environment) = &environment {
            files.push(folder.environment_file(environment.as_str()));
            match self.read_environment(environment) {
                Ok((read, _, _)) => {
                    loaded.environment = Some(environment_view(environment, &read, clock::wall()));
                }
                Err(error) if error.code.as_str() == "POD0809" => {
                    let known = folder.environments();
                    let problem = not_there("environment", environment.as_str(), &known);
                    loaded
                        .diagnostics
                        .push(place(&parsed, problem, "/environment"));
                }
                Err(error) => loaded.diagnostics.extend(error.diagnostics),
            }
        }
        let workflow = loaded.schedule.workflow.clone();
        if !workflow.is_empty() {
            let known = folder.workflows();
            if known.contains(&workflow) {
                let read = self.read_workflow(&workflow)?;
                let document = read.parsed.value.as_ref();
                let title = document.map(|document| document.name.clone());
                loaded.workflow_title = title
                    .filter(|title| !title.is_empty())
                    .unwrap_or_else(|| workflow.clone());
                files.push(read.file.clone());
                files.extend(self.called(&read).files.into_iter().map(|(file, _)| file));
                if loaded.environment.is_some() {
                    self.compile_schedule(&mut loaded, &parsed);
                }
            } else {
                let problem = not_there("workflow", &workflow, &known);
                loaded
                    .diagnostics
                    .push(place(&parsed, problem, "/workflow"));
            }
        }
        for file in files {
            let text = folder.read(&file)?;
            let digest = meaning(&file, text.as_ref().map(|text| text.bytes.as_slice()));
            loaded.meaning.insert(file, digest);
        }
        Ok(loaded)
    }

    /// Holds the workflow to the schedule's inputs and environment, by the same rules as a run.
    fn compile_schedule(&self, loaded: &mut Loaded, parsed: &Parsed<Schedule>) {
        let request = MakePreview {
            workflow: loaded.schedule.workflow.clone(),
            environment: loaded.schedule.environment.clone(),
            inputs: loaded.inputs(),
        };
        match self.compile(&request) {
            Ok(compiled) => loaded.compiled = Some(compiled),
            Err(error) => {
                let found = error.diagnostics.into_iter().filter(Diagnostic::is_error);
                loaded
                    .diagnostics
                    .extend(found.map(|problem| about_input(parsed, problem)));
            }
        }
    }
}

impl Loaded {
    /// Whether it cannot run.
    pub(super) fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error) || self.timetable.is_none()
    }

    /// What people call it.
    pub(super) fn title(&self) -> &str {
        [&self.schedule.title, &self.workflow_title, &self.name]
            .into_iter()
            .find(|title| !title.is_empty())
            .unwrap_or(&self.name)
    }

    /// With what it runs.
    pub(super) fn inputs(&self) -> Map<String, Value> {
        self.schedule
            .inputs
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// A moment on the clock of its zone; in UTC where that cannot be read.
    pub(super) fn there(&self, at: i64) -> String {
        self.timetable
            .as_ref()
            .map_or_else(|| rfc3339(at), |table| table.local(at).to_string())
    }

    /// What a person agrees to who switches it on.
    pub(super) fn fingerprint(&self) -> String {
        let all: Vec<String> = self
            .meaning
            .iter()
            .map(|(file, digest)| format!("{file} {digest}\n"))
            .collect();
        meaning("", Some(Value::from(all.concat()).to_string().as_bytes()))
    }

    /// The files that mean something else than what was agreed to.
    pub(super) fn changed_since(&self, state: &State) -> Vec<String> {
        let Some(agreed) = &state.on else {
            return Vec::new();
        };
        let mut changed: Vec<String> = self
            .meaning
            .iter()
            .filter(|(file, digest)| agreed.files.get(*file) != Some(*digest))
            .map(|(file, _)| file.clone())
            .collect();
        // What is not looked at any more was, so something above it has changed as well.
        changed.extend(
            agreed
                .files
                .keys()
                .filter(|file| !self.meaning.contains_key(*file))
                .cloned(),
        );
        changed.sort();
        changed
    }

    /// Its next times.
    pub(super) fn upcoming(&self, after: i64, count: usize) -> Vec<DueView> {
        let table = self.timetable.as_ref();
        table.map_or_else(Vec::new, |table| upcoming(table, after, count))
    }
}

/// The next times of a timetable.
pub(super) fn upcoming(table: &Timetable, after: i64, count: usize) -> Vec<DueView> {
    let due = table.upcoming(after, count).into_iter();
    due.map(|due| due_view(table, &due)).collect()
}

fn due_view(table: &Timetable, due: &Due) -> DueView {
    let there = table.local(due.at);
    let note = due.shift.as_ref().map(|shift| match shift {
        Shift::LeftOut { meant } => format!(
            "{meant} does not exist that day: the clocks are put on, and it comes at that moment."
        ),
        Shift::FirstOfTwo => format!(
            "{} comes twice that night, since the clocks are put back; it runs the first time.",
            there.time
        ),
    });
    DueView {
        at: due.at,
        there: there.to_string(),
        note,
    }
}

fn not_there(what: &str, name: &str, known: &[String]) -> Diagnostic {
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if known.is_empty() => format!("This workspace has no {what}s yet."),
        None => format!("There are: {}.", known.join(", ")),
    };
    Diagnostic::error(
        NOT_THERE,
        format!("There is no such {what}"),
        format!("The workspace has no {what} `{name}`."),
    )
    .with_hint(hint)
}

fn place(parsed: &Parsed<Schedule>, problem: Diagnostic, pointer: &str) -> Diagnostic {
    let problem = problem.in_file(parsed.map.file()).at_field(pointer);
    match parsed.map.place(pointer) {
        Some(span) => problem.at(span),
        None => problem,
    }
}

/// What is wrong with an input stands in the schedule, not in the workflow that asks for it.
fn about_input(parsed: &Parsed<Schedule>, mut problem: Diagnostic) -> Diagnostic {
    let codes = [
        MISSING_WORKFLOW_INPUT,
        BAD_WORKFLOW_INPUT,
        UNKNOWN_WORKFLOW_INPUT,
        NOT_ASKED_FOR,
    ];
    let pointer = match &problem.address.field {
        Some(field) if codes.contains(&problem.code) && field.starts_with("/inputs/") => {
            field.clone()
        }
        _ => return problem,
    };
    if problem.code == MISSING_WORKFLOW_INPUT {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        problem.hint = Some(format!("Write `{name}:` under `inputs:` of the schedule."));
    }
    problem.span = None;
    place(parsed, problem, &pointer)
}
