//! Folds from events to what screens and the command line read.
//!
//! [`RunView`] is everything about one run that fits on a screen; [`fold`](fn@fold) takes one event into
//! it. A view can be thrown away and rebuilt from the events; folding a prefix shows the run as it was
//! at that event.
//!
//! Deliberately not here: log text (read by range from the journal), decisions (`engine`), and what an
//! event cannot tell: [`RunView::undone_by`] and [`RunView::layout`] are filled in by who reads the
//! journal.
//!
//! Invariants: only `fold` writes a view; folding is total; the work per event does not grow with the
//! number of steps, except where a person takes an ended run up again.
#![deny(missing_docs)]

mod done;
mod fold;
mod hold;
mod sentence;
mod standing;
mod view;

pub use done::done_steps;
pub use fold::fold;
pub use standing::{Standing, as_done, standing};
pub use view::{
    Bar, BarKind, Counts, GraphEdge, Question, QuestionKind, RunMode, RunState, RunSummary,
    RunView, StepState, StepView, Thing, UndoView,
};
