//! `Log`: lines of a step's log. Also after the attempt has ended: what a tool said last matters.

use podium_connector::LogLine;

use super::draft::Draft;
use crate::Instance;
use crate::event::{Log, StepEvent};
use crate::state::cells::Cells;

pub(super) fn log(draft: &mut Draft, step: &Instance, attempt: u32, lines: &[LogLine]) {
    let Some(at) = draft.state().find(step) else {
        return;
    };
    if !lines.is_empty() && (1..=draft.cell(at).attempt).contains(&attempt) {
        let lines = lines.to_vec();
        draft.event_of(at, attempt, StepEvent::Log(Log { lines }));
    }
}
