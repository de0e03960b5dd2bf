//! The door through which cells are read and changed.

use std::sync::Arc;

use super::cell::{Cell, Phase, Way, satisfies};
use super::graph::Graph;
use super::{Head, State};
use podium_model::document::When;

/// Cells that can be read and changed: those of the state itself, or a decision's copy of a few.
pub(crate) trait Cells {
    fn graph(&self) -> &Arc<Graph>;
    fn head(&self) -> &Head;
    fn head_mut(&mut self) -> &mut Head;
    fn len(&self) -> usize;
    fn cell(&self, at: usize) -> &Cell;
    fn cell_mut(&mut self, at: usize) -> &mut Cell;
    fn push(&mut self, cell: Cell);
}

impl Cells for State {
    fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }
    fn head(&self) -> &Head {
        &self.head
    }
    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }
    fn len(&self) -> usize {
        self.cells.len()
    }
    fn cell(&self, at: usize) -> &Cell {
        &self.cells[at]
    }
    fn cell_mut(&mut self, at: usize) -> &mut Cell {
        &mut self.cells[at]
    }
    fn push(&mut self, cell: Cell) {
        self.cells.push(cell);
    }
}

/// Moves a cell to a phase, and keeps every count in step: those of the run, those of the cells that
/// wait for it, and those of the step whose element it is. The only place where a phase changes.
pub(crate) fn set_phase(cells: &mut impl Cells, at: usize, phase: Phase) {
    let cell = cells.cell_mut(at);
    let (before, item, step) = (cell.phase, cell.item, cell.step);
    cell.phase = phase;
    if !phase.is_begun() {
        cell.adrift = false;
    }
    let head = cells.head_mut();
    match (before.is_moving(), phase.is_moving()) {
        (false, true) => head.moving += 1,
        (true, false) => head.moving -= 1,
        _ => {}
    }
    if before.is_asking() != phase.is_asking() {
        let asking = Arc::make_mut(&mut head.asking);
        if phase.is_asking() {
            asking.insert(at);
        } else {
            asking.remove(&at);
        }
    }
    if item.is_some() {
        count_item(cells, step, before, phase);
        return;
    }
    let around = cells.graph().within(at);
    match (before.way(), phase.way()) {
        (None, Some(way)) => {
            cells.head_mut().unsettled -= 1;
            if let Some(around) = around {
                cells.cell_mut(around).open_inside -= 1;
            }
            tell_children(cells, at, way);
        }
        (Some(_), None) => {
            cells.head_mut().unsettled += 1;
            if let Some(around) = around {
                cells.cell_mut(around).open_inside += 1;
            }
        }
        _ => {}
    }
}

/// The step whose failure stops the workflow that a step stands in: the called one, or the first.
pub(crate) fn stopped_by(cells: &impl Cells, step: usize) -> Option<usize> {
    match cells.graph().within(step) {
        Some(call) => cells.cell(call).stopped_by,
        None => cells.head().stopped_by,
    }
}

/// Says which step's failure stops the workflow that `step` stands in.
pub(crate) fn set_stopped_by(cells: &mut impl Cells, step: usize, by: Option<usize>) {
    match cells.graph().within(step) {
        Some(call) => cells.cell_mut(call).stopped_by = by,
        None => cells.head_mut().stopped_by = by,
    }
}

fn count_item(cells: &mut impl Cells, step: usize, before: Phase, after: Phase) {
    let is_live = |phase: Phase| phase != Phase::Waiting && !phase.is_ended();
    let parent = cells.cell_mut(step);
    match (is_live(before), is_live(after)) {
        (false, true) => parent.live_items += 1,
        (true, false) => parent.live_items -= 1,
        _ => {}
    }
    match (before.is_ended(), after.is_ended()) {
        (false, true) => parent.open_items -= 1,
        (true, false) => parent.open_items += 1,
        _ => {}
    }
    let failed = |phase: Phase| phase.way() == Some(Way::Failure);
    match (failed(before), failed(after)) {
        (false, true) => parent.failed_items += 1,
        (true, false) => parent.failed_items -= 1,
        _ => {}
    }
    find_next_item(cells, step);
}

/// Moves on to the first element that has not begun; looks only at those that have.
pub(crate) fn find_next_item(cells: &mut impl Cells, step: usize) {
    let parent = cells.cell(step);
    let (mut next, items) = (parent.next_item, parent.items.clone());
    while items.contains(&(items.start + next))
        && cells.cell(items.start + next).phase != Phase::Waiting
    {
        next += 1;
    }
    cells.cell_mut(step).next_item = next;
}

fn tell_children(cells: &mut impl Cells, at: usize, way: Way) {
    let graph = Arc::clone(cells.graph());
    let handler = cells.cell(at).handler;
    for child in graph.children(at) {
        let cell = cells.cell_mut(child.step);
        cell.pending -= 1;
        cell.pending_data -= u32::from(child.data);
        if satisfies(way, child.on) {
            cell.met += 1;
            cell.handler |= deals_with_failure(way, child.on, handler);
        }
    }
}

/// Whether a step reached through this edge begins although the run stops: it is there for the
/// failure, or follows one that is.
fn deals_with_failure(way: Way, on: When, parent: bool) -> bool {
    parent || on == When::Failure || (on == When::Always && way != Way::Success)
}

/// Counts a step's edges afresh; used where steps that had ended wait again.
pub(crate) fn recount(cells: &mut impl Cells, at: usize) {
    let graph = Arc::clone(cells.graph());
    let (mut pending, mut pending_data, mut met, mut handler) = (0, 0, 0, false);
    for edge in graph.parents(at) {
        let parent = cells.cell(edge.step);
        match parent.phase.way() {
            None => {
                pending += 1;
                pending_data += u32::from(edge.data);
            }
            Some(way) if satisfies(way, edge.on) => {
                met += 1;
                handler |= deals_with_failure(way, edge.on, parent.handler);
            }
            Some(_) => {}
        }
    }
    let cell = cells.cell_mut(at);
    cell.pending = pending;
    cell.pending_data = pending_data;
    cell.met = met;
    cell.handler = handler;
}
