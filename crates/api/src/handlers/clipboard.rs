//! Selections as text, out of a workflow and into one.

use podium_diagnostics::Error;
use podium_model::edit::apply;
use podium_model::edit::fragment::{Selection, copy, paste};
use podium_model::layout::{Layout, Place};

use crate::handlers::documents::{NODE, read_layout};
use crate::types::{CopySteps, Fragment, PasteSteps, Pasted};
use crate::{ApiError, Podium};

/// How far beside the original a copy stands.
const BESIDE: f64 = 40.0;

impl Podium {
    /// A selection as text, for the clipboard.
    pub async fn document_copy(&self, request: CopySteps) -> Result<Fragment, ApiError> {
        let open = self.open_files(&request.workflow)?;
        let selection = Selection {
            steps: request.steps.into_iter().collect(),
            frames: request.frames.into_iter().collect(),
            notes: request.notes.into_iter().collect(),
        };
        // What has no place of its own yet is copied with the one that it is drawn at.
        let graph = self.graph_of(&request.workflow, &open);
        let layout = self.layout_of(&request.workflow, &graph)?;
        let text = copy(&open.read.text, &layout, &selection).map_err(Error::from)?;
        Ok(Fragment { text })
    }

    /// Puts a selection into a workflow, as one step of undo.
    pub async fn document_paste(&self, request: PasteSteps) -> Result<Pasted, ApiError> {
        let _turn = self.editing.lock().await;
        let open = self.open_at_version(&request.workflow, &request.version)?;
        let mut layout = read_layout(&open.layout_text)?;
        let found = paste(&open.read.text, &layout, &request.text).map_err(Error::from)?;
        let text = apply(&open.read.text, &found.edits).map_err(Error::from)?;
        let mut new = found.layout;
        let taken = self.layout_of(&request.workflow, &self.graph_of(&request.workflow, &open))?;
        move_to(&mut new, request.at.as_ref(), &taken);
        let steps = found.steps.iter().map(ToString::to_string).collect();
        let frames = new.frames.keys().cloned().collect();
        let notes = new.notes.keys().cloned().collect();
        layout.nodes.extend(new.nodes);
        layout.frames.extend(new.frames);
        layout.notes.extend(new.notes);
        let view = self
            .write(
                &request.workflow,
                open,
                text,
                layout.write(),
                &request.label,
                None,
            )
            .await?;
        Ok(Pasted {
            view,
            steps,
            frames,
            notes,
        })
    }
}

/// Moves all of a layout: its upper left corner to a place, or beside what is there.
fn move_to(new: &mut Layout, at: Option<&Place>, taken: &Layout) {
    let corners = || {
        let nodes = new.nodes.values().map(|place| (place.x, place.y));
        let frames = new.frames.values().map(|frame| (frame.x, frame.y));
        nodes
            .chain(frames)
            .chain(new.notes.values().map(|note| (note.x, note.y)))
    };
    let left = corners().map(|(x, _)| x).fold(f64::INFINITY, f64::min);
    let top = corners().map(|(_, y)| y).fold(f64::INFINITY, f64::min);
    if !left.is_finite() || !top.is_finite() {
        return;
    }
    let (mut dx, mut dy) = at.map_or((BESIDE, BESIDE), |at| (at.x - left, at.y - top));
    if at.is_none() {
        let lies_on_another = |dx: f64, dy: f64| {
            new.nodes.values().any(|place| {
                taken.nodes.values().any(|other| {
                    (other.x - place.x - dx).abs() < NODE.0 / 4.0
                        && (other.y - place.y - dy).abs() < NODE.1 / 4.0
                })
            })
        };
        // A second paste stands beside the first one. After this many it may lie on one.
        for _ in 0..100 {
            if !lies_on_another(dx, dy) {
                break;
            }
            (dx, dy) = (dx + BESIDE, dy + BESIDE);
        }
    }
    for place in new.nodes.values_mut() {
        (place.x, place.y) = (place.x + dx, place.y + dy);
        place.pinned = false;
    }
    for frame in new.frames.values_mut() {
        (frame.x, frame.y) = (frame.x + dx, frame.y + dy);
    }
    for note in new.notes.values_mut() {
        (note.x, note.y) = (note.x + dx, note.y + dy);
    }
}
