//! Reading the workspace's files into values, once for all handlers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use podium_diagnostics::{Code, Diagnostic, Error, ErrorKind};
use podium_model::document::Document;
use podium_model::parse::{Parsed, parse_environment, parse_workflow, parse_workspace};
use podium_model::{Environment, EnvironmentName, Workspace};
use podium_plan::{Compiled, Library, Source, check};

use crate::{ApiError, Podium};

/// A workflow's file, read.
pub(crate) struct ReadWorkflow {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) version: String,
    pub(crate) parsed: Arc<Parsed<Document>>,
}

/// How many workflows are kept as they were read.
const KEPT: usize = 3;

/// The workflows that were read last: a text that has not changed is not read again.
#[derive(Default)]
pub(crate) struct Reads(Mutex<VecDeque<Arc<Parsed<Document>>>>);

impl Reads {
    fn kept(&self) -> MutexGuard<'_, VecDeque<Arc<Parsed<Document>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The workflow in this file with this text.
    fn get(&self, file: &str, text: &[u8]) -> Arc<Parsed<Document>> {
        let kept = self.kept().iter().find_map(|parsed| {
            let same = parsed.map.file() == file && parsed.map.text().as_bytes() == text;
            same.then(|| Arc::clone(parsed))
        });
        kept.unwrap_or_else(|| self.keep(parse_workflow(file, text)))
    }

    /// Keeps what was read, in place of what was read longest ago.
    pub(crate) fn keep(&self, parsed: Parsed<Document>) -> Arc<Parsed<Document>> {
        let parsed = Arc::new(parsed);
        // Of a text that cannot be read nothing is known but that.
        if !parsed.map.text().is_empty() {
            let mut kept = self.kept();
            kept.push_front(Arc::clone(&parsed));
            kept.truncate(KEPT);
        }
        parsed
    }
}

/// The workflows that one calls, and the files that they were read from, with their versions.
pub(crate) struct CalledWorkflows {
    pub(crate) library: Library,
    pub(crate) files: Vec<(String, Option<String>)>,
}

impl Podium {
    /// Reads what a workflow calls, directly or through others.
    pub(crate) fn called(&self, workflow: &ReadWorkflow) -> CalledWorkflows {
        let folder = self.host.folder();
        let mut files = Vec::new();
        let names = folder.workflows();
        let library = Library::gather(&workflow.parsed, &self.manifests, names, |name| {
            let file = folder.workflow_file(name);
            // What cannot be read is told at the call as missing.
            let text = folder.read(&file).ok().flatten();
            files.push((file.clone(), text.as_ref().map(|text| text.version.clone())));
            Some(Source {
                file,
                text: text?.bytes,
            })
        });
        CalledWorkflows { library, files }
    }

    /// What is wrong with a workflow and with what it calls, and its graph.
    pub(crate) fn check(&self, name: &str, workflow: &ReadWorkflow) -> Compiled {
        let library = self.called(workflow).library;
        check(name, &workflow.parsed, &library, &self.manifests)
    }

    /// Reads and parses a workflow.
    pub(crate) fn read_workflow(&self, name: &str) -> Result<ReadWorkflow, ApiError> {
        let folder = self.host.folder();
        let file = folder.workflow_file(name);
        let text = folder.read(&file)?.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                Code::new("POD0802"),
                format!("There is no workflow `{name}` in this workspace."),
            )
            .with_hint("It may have been renamed or removed by another program.")
        })?;
        let parsed = self.reads.get(&file, &text.bytes);
        Ok(ReadWorkflow {
            file,
            text: String::from_utf8_lossy(&text.bytes).into_owned(),
            version: text.version,
            parsed,
        })
    }

    /// Reads `podium.yaml`; a workspace without one is empty and fine.
    pub(crate) fn read_workspace(&self) -> Result<(Workspace, Vec<Diagnostic>), ApiError> {
        let Some(text) = self.host.folder().read("podium.yaml")? else {
            return Ok((Workspace::default(), Vec::new()));
        };
        let parsed = parse_workspace("podium.yaml", &text.bytes);
        Ok((parsed.value.unwrap_or_default(), parsed.diagnostics))
    }

    /// Reads an environment; with its version.
    pub(crate) fn read_environment(
        &self,
        name: &EnvironmentName,
    ) -> Result<(Environment, Vec<Diagnostic>, Option<String>), ApiError> {
        let file = self.host.folder().environment_file(name.as_str());
        let Some(text) = self.host.folder().read(&file)? else {
            let known = self.host.folder().environments();
            let hint = if known.is_empty() {
                format!("Make it as `{file}`.")
            } else {
                format!("The environments here are: {}.", known.join(", "))
            };
            return Err(Error::new(
                ErrorKind::NotFound,
                Code::new("POD0809"),
                format!("There is no environment `{name}` in this workspace."),
            )
            .with_hint(hint)
            .into());
        };
        let parsed = parse_environment(&file, &text.bytes);
        match parsed.value {
            Some(environment) => Ok((environment, parsed.diagnostics, Some(text.version))),
            None => Err(ApiError::not_a_plan(&file, parsed.diagnostics)),
        }
    }
}
