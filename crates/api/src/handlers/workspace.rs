//! The workspace and its workflows, for the home page.

use podium_model::EnvironmentName;

use crate::handlers::windows::environment_view;
use crate::types::{CreateWorkflow, DocumentView, Empty, ListRuns, WorkflowTile, WorkspaceView};
use crate::{ApiError, Podium};
use podium_runtime::clock;

impl Podium {
    /// The workspace that is open.
    pub async fn workspace_get(&self, _: Empty) -> Result<WorkspaceView, ApiError> {
        let (workspace, mut diagnostics) = self.read_workspace()?;
        let mut environments = Vec::new();
        for name in self.host.folder().environments() {
            let Ok(name) = name.parse::<EnvironmentName>() else {
                continue;
            };
            match self.read_environment(&name) {
                Ok((environment, found, _)) => {
                    diagnostics.extend(found);
                    environments.push((
                        environment.order,
                        environment_view(&name, &environment, clock::wall()),
                    ));
                }
                Err(error) => diagnostics.extend(error.diagnostics),
            }
        }
        environments.sort_by(|(a, left), (b, right)| (a, &left.name).cmp(&(b, &right.name)));
        let environments: Vec<_> = environments.into_iter().map(|(_, view)| view).collect();
        let root = self.host.folder().root();
        Ok(WorkspaceView {
            name: if workspace.name.is_empty() {
                root.file_name()
                    .map_or_else(String::new, |n| n.to_string_lossy().into_owned())
            } else {
                workspace.name
            },
            folder: root.display().to_string(),
            default_environment: workspace
                .default_environment
                .or_else(|| environments.first().map(|view| view.name.clone())),
            environments,
            diagnostics,
            person: Self::who(),
            demo: self.is_demo(),
        })
    }

    /// The workflows, for the home page.
    pub async fn workflow_list(&self, _: Empty) -> Result<Vec<WorkflowTile>, ApiError> {
        let runs = self
            .run_list(ListRuns {
                workflow: None,
                limit: Some(1_000),
            })
            .await?;
        let (workspace, _) = self.read_workspace()?;
        let person = Self::who();
        let mut tiles = Vec::new();
        for name in self.host.folder().workflows() {
            let read = self.read_workflow(&name)?;
            let checked = self.check(&name, &read);
            let document = read.parsed.value.as_ref();
            let mut systems = Vec::new();
            for step in document
                .into_iter()
                .flat_map(|document| document.steps.values())
            {
                let system = step.uses.connector().to_owned();
                if !systems.contains(&system) {
                    systems.push(system);
                }
            }
            let errors = checked
                .diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.is_error())
                .count();
            let entry = workspace.catalog.get(&name);
            tiles.push(WorkflowTile {
                title: document
                    .map(|document| document.name.clone())
                    .filter(|title| !title.is_empty())
                    .unwrap_or_else(|| name.clone()),
                description: document
                    .map(|document| document.description.clone())
                    .unwrap_or_default(),
                systems,
                steps: document.map_or(0, |document| {
                    u32::try_from(document.steps.len()).unwrap_or(u32::MAX)
                }),
                problems: u32::try_from(errors).unwrap_or(u32::MAX),
                inputs: document
                    .map(|document| {
                        document
                            .inputs
                            .iter()
                            .map(|(name, schema)| (name.clone(), schema.clone()))
                            .collect()
                    })
                    .unwrap_or_default(),
                last_run: runs.iter().find(|run| run.workflow == name).cloned(),
                category: entry
                    .map(|entry| entry.category.clone())
                    .unwrap_or_default(),
                icon: entry.map(|entry| entry.icon.clone()).unwrap_or_default(),
                may_run: workspace.may_run(&name, &person),
                name,
            });
        }
        // What the catalog names stands in its order, the rest after it.
        tiles.sort_by_key(|tile| {
            workspace
                .catalog
                .get_index_of(&tile.name)
                .unwrap_or(usize::MAX)
        });
        Ok(tiles)
    }

    /// Makes an empty workflow; its file name is made from its title.
    pub async fn workflow_create(&self, request: CreateWorkflow) -> Result<DocumentView, ApiError> {
        let title = request.title.trim();
        let title = if title.is_empty() {
            "New workflow"
        } else {
            title
        };
        let name = fresh_name(title, "workflow", &self.host.folder().workflows());
        let text = format!(
            "podium: 1\nname: {}\nsteps: {{}}\n",
            serde_json::Value::from(title)
        );
        let file = self.host.folder().workflow_file(&name);
        self.host.folder().write(&file, None, text.as_bytes())?;
        self.document_open(crate::types::WorkflowName { workflow: name })
            .await
    }
}

/// A title as the name of a file that is not there yet: small letters, digits and `-`, a number where it is
/// taken; `otherwise` where the title has none of these.
pub(super) fn fresh_name(title: &str, otherwise: &str, known: &[String]) -> String {
    let base = file_name(title, otherwise);
    (1..10_000)
        .map(|number| {
            if number == 1 {
                base.clone()
            } else {
                format!("{base}-{number}")
            }
        })
        .find(|name| !known.contains(name))
        .unwrap_or(base)
}

fn file_name(title: &str, otherwise: &str) -> String {
    let mut name = String::new();
    for c in title.to_lowercase().chars() {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name: String = name.trim_end_matches('-').chars().take(60).collect();
    if name.is_empty() {
        otherwise.to_owned()
    } else {
        name
    }
}
