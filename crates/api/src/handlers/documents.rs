//! Workflows, open for editing: every edit is written at once, and undo is for ever.

use std::collections::{BTreeMap, BTreeSet};

use podium_diagnostics::{Code, Diagnostic, Error, ErrorKind};
use podium_model::RunId;
use podium_model::edit::{Edit, apply, apply_to};
use podium_model::history::Texts;
use podium_model::layout::{Layout, Node, Rect, arrange, tidy};
use podium_model::parse::workflow_of;
use podium_plan::{EdgeKind, Graph, GraphEdge, GraphNode};
use podium_projections::RunView;
use serde_json::{Map, Value};

use crate::handlers::reading::ReadWorkflow;
use crate::types::{DocumentView, EditDocument, SetText, Tidy, WorkflowName};
use crate::{ApiError, Podium};

/// Size of a node on the canvas, in pixels at zoom 1 (LOOK, Studio).
pub(super) const NODE: (f64, f64) = (220.0, 64.0);

/// Under which kind the places of a run's steps are kept, by the run's id.
pub(super) const KEPT_LAYOUT: &str = "layout";

/// A workflow's two files, read together.
pub(super) struct Open {
    pub(super) read: ReadWorkflow,
    layout_file: String,
    pub(super) layout_text: String,
    layout_version: Option<String>,
}

impl Open {
    /// The version of both files together.
    fn version(&self) -> String {
        format!(
            "{}.{}",
            self.read.version,
            self.layout_version.as_deref().unwrap_or("none")
        )
    }

    fn texts(&self) -> Texts<'_> {
        Texts {
            document: &self.read.text,
            layout: &self.layout_text,
        }
    }
}

impl Podium {
    /// Opens a workflow for editing.
    pub async fn document_open(&self, request: WorkflowName) -> Result<DocumentView, ApiError> {
        self.document_view(&request.workflow).await
    }

    /// Changes a workflow from canvas or inspector.
    pub async fn document_edit(&self, request: EditDocument) -> Result<DocumentView, ApiError> {
        let _turn = self.editing.lock().await;
        let open = self.open_at_version(&request.workflow, &request.version)?;
        let text = if request.edits.is_empty() {
            open.read.text.clone()
        } else {
            self.edited(&open.read, &request.edits)?
        };
        let before = read_layout(&open.layout_text)?;
        let mut layout = before.clone();
        for edit in &request.edits {
            match edit {
                Edit::RenameStep { id, to } => layout.rename(id.as_str(), to.as_str()),
                Edit::RemoveStep { id } => {
                    layout.nodes.remove(id.as_str());
                }
                _ => {}
            }
        }
        for (id, place) in &request.moves {
            layout.put(id, place.x, place.y);
        }
        for (id, pinned) in &request.pins {
            // A node that stood where it was put by itself stays there from now on.
            if *pinned && !layout.nodes.contains_key(id) {
                let drawn =
                    self.layout_of(&request.workflow, &self.graph_of(&request.workflow, &open))?;
                if let Some(place) = drawn.nodes.get(id) {
                    layout.put(id, place.x, place.y);
                }
            }
            if let Some(place) = layout.nodes.get_mut(id) {
                place.pinned = *pinned;
            }
        }
        put(&mut layout.frames, &request.frames);
        put(&mut layout.notes, &request.notes);
        let layout_text = if layout == before {
            open.layout_text.clone()
        } else {
            layout.write()
        };
        self.write(
            &request.workflow,
            open,
            text,
            layout_text,
            &request.label,
            request.merge.as_deref(),
        )
        .await
    }

    /// The text with these edits. What it was read as is kept, so that it is not read once more.
    fn edited(&self, read: &ReadWorkflow, edits: &[Edit]) -> Result<String, ApiError> {
        let source = &read.parsed.map;
        if source.text() != read.text {
            // It cannot be read; the edit says so in its own words.
            return Ok(apply(&read.text, edits).map_err(Error::from)?);
        }
        let edited = apply_to(source, edits).map_err(Error::from)?;
        let text = edited.text().to_owned();
        self.reads.keep(workflow_of(edited));
        Ok(text)
    }

    /// Replaces the text of a workflow.
    pub async fn document_set_text(&self, request: SetText) -> Result<DocumentView, ApiError> {
        let _turn = self.editing.lock().await;
        let open = self.open_at_version(&request.workflow, &request.version)?;
        let layout_text = open.layout_text.clone();
        self.write(
            &request.workflow,
            open,
            request.text,
            layout_text,
            "Edit the text",
            Some("text"),
        )
        .await
    }

    /// Takes back the newest edit.
    pub async fn document_undo(&self, request: WorkflowName) -> Result<DocumentView, ApiError> {
        self.step_through_history(&request.workflow, true).await
    }

    /// Does again what was taken back.
    pub async fn document_redo(&self, request: WorkflowName) -> Result<DocumentView, ApiError> {
        self.step_through_history(&request.workflow, false).await
    }

    /// Puts nodes in order.
    pub async fn document_tidy(&self, request: Tidy) -> Result<DocumentView, ApiError> {
        let _turn = self.editing.lock().await;
        let open = self.open_at_version(&request.workflow, &request.version)?;
        let graph = self.check(&request.workflow, &open.read).graph;
        let mut layout = read_layout(&open.layout_text)?;
        place_new(&mut layout, &graph);
        let (nodes, edges) = shapes(&graph);
        let selection = request.only.iter().map(ToString::to_string).collect();
        for placed in tidy(&layout, &nodes, &edges, &selection) {
            layout.put(&placed.id, placed.x, placed.y);
        }
        let text = open.read.text.clone();
        self.write(
            &request.workflow,
            open,
            text,
            layout.write(),
            "Tidy up",
            None,
        )
        .await
    }

    /// What is wrong with the workflows named (all where none is), their environments and the workspace.
    pub fn validate(&self, files: &[String]) -> Result<Vec<Diagnostic>, ApiError> {
        let folder = self.host.folder();
        let workflows = if files.is_empty() {
            folder.workflows()
        } else {
            files
                .iter()
                .map(|name| folder.workflow_named(name))
                .collect::<Result<_, _>>()?
        };
        let (_, mut diagnostics) = self.read_workspace()?;
        for name in folder.environments() {
            let Ok(name) = name.parse() else { continue };
            match self.read_environment(&name) {
                Ok((_, found, _)) => diagnostics.extend(found),
                Err(error) => diagnostics.extend(error.diagnostics),
            }
        }
        for name in workflows {
            let read = self.read_workflow(&name)?;
            for found in self.check(&name, &read).diagnostics {
                // A workflow that is called is told once, also where it is asked for by itself.
                if !diagnostics.contains(&found) {
                    diagnostics.push(found);
                }
            }
        }
        if files.is_empty() {
            for name in folder.schedules() {
                for found in self.load_schedule(&name)?.diagnostics {
                    // What is wrong with its workflow was told there.
                    if !diagnostics.contains(&found) {
                        diagnostics.push(found);
                    }
                }
            }
        }
        Ok(diagnostics)
    }

    /// The JSON Schemas of a workflow's inputs.
    pub fn inputs_of(&self, workflow: &str) -> Result<Map<String, Value>, ApiError> {
        let read = self.read_workflow(workflow)?;
        Ok(read
            .parsed
            .value
            .as_ref()
            .map(|document| document.inputs.clone().into_iter().collect())
            .unwrap_or_default())
    }

    /// Where the nodes of a graph stand.
    pub(crate) fn layout_of(&self, workflow: &str, graph: &Graph) -> Result<Layout, ApiError> {
        let file = self.host.folder().layout_file(workflow);
        let text = self.host.folder().read(&file)?;
        // A layout that cannot be read costs the places, not the workflow.
        let mut layout = text
            .and_then(|text| Layout::read(&String::from_utf8_lossy(&text.bytes)).ok())
            .unwrap_or_default();
        place_new(&mut layout, graph);
        Ok(layout)
    }

    /// Where the steps of a run stood when it began; without a record of that, as the workflow has them
    /// now.
    pub(crate) async fn layout_of_run(&self, view: &RunView) -> Layout {
        let graph = graph_of_run(view);
        match &view.undoes {
            Some(of) => self.layout_of_undo(of, &view.workflow, &graph).await,
            None => {
                self.kept_layout(&view.id, &view.workflow, &graph, false)
                    .await
            }
        }
    }

    /// The same for what takes a run back: it goes the other way, and is drawn the other way round.
    pub(crate) async fn layout_of_undo(&self, of: &RunId, workflow: &str, graph: &Graph) -> Layout {
        self.kept_layout(of, workflow, graph, true).await
    }

    async fn kept_layout(
        &self,
        run: &RunId,
        workflow: &str,
        graph: &Graph,
        mirrored: bool,
    ) -> Layout {
        let key = run.to_string();
        let kept = self
            .host
            .journal(move |journal| journal.get_blob(KEPT_LAYOUT, &key))
            .await
            .ok()
            .flatten()
            .and_then(|bytes| Layout::read(&String::from_utf8_lossy(&bytes)).ok());
        let mut layout = kept.unwrap_or_else(|| {
            self.layout_of(workflow, &Graph::default())
                .unwrap_or_default()
        });
        let ids: BTreeSet<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
        layout.nodes.retain(|id, _| ids.contains(id.as_str()));
        if mirrored {
            mirror(&mut layout);
        }
        place_new(&mut layout, graph);
        layout
    }

    /// Keeps where the steps stand, beside the run that begins now.
    pub(crate) async fn keep_layout(&self, run: &RunId, layout: &Layout) {
        let (key, text) = (run.to_string(), layout.write());
        let kept = self
            .host
            .journal(move |journal| journal.put_blob(KEPT_LAYOUT, &key, text.as_bytes()))
            .await;
        if let Err(error) = kept {
            tracing::warn!(%error, "the places of the steps could not be kept with the run");
        }
    }

    pub(super) fn graph_of(&self, workflow: &str, open: &Open) -> Graph {
        self.check(workflow, &open.read).graph
    }

    async fn document_view(&self, workflow: &str) -> Result<DocumentView, ApiError> {
        let open = self.open_files(workflow)?;
        let version = open.version();
        let checked = self.check(workflow, &open.read);
        let mut diagnostics = checked.diagnostics;
        // What is wrong in a called workflow is told there; here, one line at the call says so.
        diagnostics.retain(|found| {
            let file = &found.address.file;
            file.is_empty() || *file == open.read.file
        });
        let mut layout = Layout::read(&open.layout_text).unwrap_or_else(|unreadable| {
            diagnostics.push(
                Diagnostic::warning(
                    podium_model::layout::CANNOT_READ_LAYOUT,
                    "the layout cannot be read",
                    unreadable.message,
                )
                .with_hint("The nodes are arranged anew. The file is kept until you move one.")
                .in_file(open.layout_file.clone()),
            );
            Layout::default()
        });
        place_new(&mut layout, &checked.graph);
        diagnostics.sort_by_key(|diagnostic| {
            (
                std::cmp::Reverse(diagnostic.severity),
                diagnostic.span.map(|span| span.start),
            )
        });
        let history = self.history(workflow).await;
        Ok(DocumentView {
            workflow: workflow.to_owned(),
            file: open.read.file,
            text: open.read.text,
            version,
            document: open.read.parsed.value.clone(),
            graph: checked.graph,
            layout,
            diagnostics,
            undo: history.undo_label().map(str::to_owned),
            redo: history.redo_label().map(str::to_owned),
        })
    }

    pub(super) fn open_files(&self, workflow: &str) -> Result<Open, ApiError> {
        let read = self.read_workflow(workflow)?;
        let layout_file = self.host.folder().layout_file(workflow);
        let layout = self.host.folder().read(&layout_file)?;
        Ok(Open {
            read,
            layout_file,
            layout_version: layout.as_ref().map(|text| text.version.clone()),
            layout_text: layout
                .map(|text| String::from_utf8_lossy(&text.bytes).into_owned())
                .unwrap_or_default(),
        })
    }

    pub(super) fn open_at_version(&self, workflow: &str, version: &str) -> Result<Open, ApiError> {
        let open = self.open_files(workflow)?;
        if open.version() == version {
            return Ok(open);
        }
        Err(Error::new(
            ErrorKind::Conflict,
            Code::new("POD0213"),
            format!(
                "`{}` was changed elsewhere since this window read it.",
                open.read.file
            ),
        )
        .with_hint("Nothing was overwritten. The new content is loaded; make the change again.")
        .into())
    }

    pub(super) async fn write(
        &self,
        workflow: &str,
        open: Open,
        text: String,
        layout_text: String,
        label: &str,
        merge: Option<&str>,
    ) -> Result<DocumentView, ApiError> {
        let mut history = self.history(workflow).await;
        let after = Texts {
            document: &text,
            layout: &layout_text,
        };
        let changed = history.record(label, merge, open.texts(), after);
        self.write_files(&open, &text, &layout_text)?;
        if changed {
            self.keep_history(workflow, &history).await;
        }
        self.document_view(workflow).await
    }

    fn write_files(&self, open: &Open, text: &str, layout_text: &str) -> Result<(), ApiError> {
        let folder = self.host.folder();
        if text != open.read.text {
            folder.write(&open.read.file, Some(&open.read.version), text.as_bytes())?;
        }
        if layout_text != open.layout_text {
            folder.write(
                &open.layout_file,
                open.layout_version.as_deref(),
                layout_text.as_bytes(),
            )?;
        }
        Ok(())
    }

    async fn step_through_history(
        &self,
        workflow: &str,
        back: bool,
    ) -> Result<DocumentView, ApiError> {
        let _turn = self.editing.lock().await;
        let open = self.open_files(workflow)?;
        let mut history = self.history(workflow).await;
        let moved = if back {
            history.undo(open.texts())
        } else {
            history.redo(open.texts())
        };
        let moved = moved.map_err(|changed| {
            Error::new(
                ErrorKind::Conflict,
                Code::new("POD0214"),
                changed.to_string(),
            )
            .with_hint("Edit the file as it is now; older steps stay in the history.")
        })?;
        if let Some(moved) = moved {
            self.write_files(&open, &moved.document, &moved.layout)?;
            self.keep_history(workflow, &history).await;
        }
        self.document_view(workflow).await
    }
}

/// Sets what is given, and takes away what is not.
fn put<T: Clone>(all: &mut BTreeMap<String, T>, changes: &BTreeMap<String, Option<T>>) {
    for (id, value) in changes {
        match value {
            Some(value) => {
                all.insert(id.clone(), value.clone());
            }
            None => {
                all.remove(id);
            }
        }
    }
}

/// The layout to edit; one that cannot be read is never overwritten.
pub(super) fn read_layout(text: &str) -> Result<Layout, ApiError> {
    Layout::read(text).map_err(|unreadable| {
        Error::new(
            ErrorKind::Invalid,
            podium_model::layout::CANNOT_READ_LAYOUT,
            unreadable.message,
        )
        .with_hint("Repair the layout file, or remove it to have the nodes arranged anew.")
        .into()
    })
}

/// Gives places to nodes that have none; the others stay where they are.
pub(crate) fn place_new(layout: &mut Layout, graph: &Graph) {
    let pinned: BTreeMap<String, Rect> = graph
        .nodes
        .iter()
        .filter_map(|node| {
            let place = layout.nodes.get(&node.id)?;
            let rect = Rect {
                x: place.x,
                y: place.y,
                width: NODE.0,
                height: NODE.1,
            };
            Some((node.id.clone(), rect))
        })
        .collect();
    if pinned.len() == graph.nodes.len() {
        return;
    }
    let (nodes, edges) = shapes(graph);
    for placed in arrange(&nodes, &edges, &pinned) {
        layout.put(&placed.id, placed.x, placed.y);
    }
}

/// Turns a layout round: what stood on the right stands on the left.
fn mirror(layout: &mut Layout) {
    let right = layout
        .nodes
        .values()
        .map(|place| place.x)
        .fold(f64::NEG_INFINITY, f64::max);
    for place in layout.nodes.values_mut() {
        place.x = right - place.x;
    }
}

fn graph_of_run(view: &RunView) -> Graph {
    Graph {
        nodes: view
            .steps
            .iter()
            .map(|step| GraphNode {
                id: step.id.to_string(),
                title: step.title.clone(),
                uses: step.uses.to_string(),
                problems: 0,
                badges: Vec::new(),
                within: step.within.as_ref().map(ToString::to_string),
            })
            .collect(),
        edges: view
            .edges
            .iter()
            .map(|edge| GraphEdge {
                from: edge.from.to_string(),
                to: edge.to.to_string(),
                on: edge.on,
                kind: EdgeKind::Order,
            })
            .collect(),
        calls: Vec::new(),
    }
}

type Shapes = (Vec<Node>, Vec<(String, String)>);

fn shapes(graph: &Graph) -> Shapes {
    let nodes = graph
        .nodes
        .iter()
        .map(|node| Node {
            id: node.id.clone(),
            width: NODE.0,
            height: NODE.1,
        })
        .collect();
    let edges = graph
        .edges
        .iter()
        .map(|edge| (edge.from.clone(), edge.to.clone()))
        .collect();
    (nodes, edges)
}
