//! Text to document: shape, types and names, with every problem in one pass.
//!
//! What is right is kept even where something else is wrong, so that a graph can be drawn while somebody
//! types. Keys that this version does not know are kept and shown neutral; a key that is nearly a known
//! one is a warning.
//!
//! Not here: what depends on connectors, on an environment or on other steps (`plan::compile`).

mod protection;
mod reader;
mod schedule;
mod settings;
mod step;
mod version;
mod workflow;

pub use protection::IDENTITY_WORDS;

use podium_diagnostics::{Code, Diagnostic};

use crate::tree::{self, SourceMap};
use crate::{Document, Environment, Schedule, Workspace};

/// The file is empty, or its outermost value is no map.
pub const NOT_A_DOCUMENT: Code = Code::new("POD0010");
/// `podium: 1` is missing.
pub const NO_VERSION: Code = Code::new("POD0011");
/// Another version of the format.
pub const OTHER_VERSION: Code = Code::new("POD0012");
/// A value of another type belongs there.
pub const WRONG_TYPE: Code = Code::new("POD0013");
/// Something is missing.
pub const MISSING_KEY: Code = Code::new("POD0014");
/// A key that is nearly a known one.
pub const MISSPELLED_KEY: Code = Code::new("POD0015");
/// A name that breaks the rule for names.
pub const BAD_NAME: Code = Code::new("POD0016");
/// Not a length of time.
pub const BAD_DURATION: Code = Code::new("POD0017");
/// Not one of the values that are allowed.
pub const NOT_A_CHOICE: Code = Code::new("POD0018");
/// A number outside its range.
pub const OUT_OF_RANGE: Code = Code::new("POD0019");
/// A key that is kept and not understood.
pub const UNKNOWN_KEY: Code = Code::new("POD0020");
/// `uses` is not `connector/operation`.
pub const BAD_OPERATION: Code = Code::new("POD0021");
/// Who a credential must be is said of no credential.
pub const EXPECTS_NOBODY: Code = Code::new("POD0024");
/// When runs may begin cannot be read.
pub const BAD_WINDOW: Code = Code::new("POD0025");
/// What is wanted of a tool cannot be read.
pub const BAD_TOOL: Code = Code::new("POD0023");
/// Not a cron expression, or one that is never due.
pub const BAD_CRON: Code = Code::new("POD0030");
/// Not the name of a time zone.
pub const NO_SUCH_ZONE: Code = Code::new("POD0031");
/// A path, or nothing, where the name of a file belongs.
pub const NOT_A_FILE_NAME: Code = Code::new("POD0032");

/// A document, what is wrong with it, and where everything stands.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// What could be read; `None` only where the file as a whole cannot.
    pub value: Option<T>,
    /// Everything that is wrong, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// Where everything stands.
    pub map: SourceMap,
}

impl<T> Parsed<T> {
    /// Whether one of the diagnostics is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads a workflow. `file` is its path in the workspace, for the messages.
pub fn parse_workflow(file: &str, bytes: &[u8]) -> Parsed<Document> {
    parse(file, bytes, workflow::document)
}

/// Reads `environments/NAME.yaml`.
pub fn parse_environment(file: &str, bytes: &[u8]) -> Parsed<Environment> {
    parse(file, bytes, settings::environment)
}

/// Reads `schedules/NAME.yaml`.
pub fn parse_schedule(file: &str, bytes: &[u8]) -> Parsed<Schedule> {
    parse(file, bytes, schedule::schedule)
}

/// Reads `podium.yaml`.
pub fn parse_workspace(file: &str, bytes: &[u8]) -> Parsed<Workspace> {
    parse(file, bytes, settings::workspace)
}

fn parse<T>(file: &str, bytes: &[u8], read: fn(&mut reader::Reader<'_>) -> Option<T>) -> Parsed<T> {
    let (map, diagnostics) = tree::read(file, bytes);
    let Some(map) = map else {
        return Parsed {
            value: None,
            diagnostics,
            map: SourceMap::empty(file),
        };
    };
    of_map(map, read)
}

/// A workflow from a text that was read before.
pub fn workflow_of(map: SourceMap) -> Parsed<Document> {
    of_map(map, workflow::document)
}

fn of_map<T>(map: SourceMap, read: fn(&mut reader::Reader<'_>) -> Option<T>) -> Parsed<T> {
    let mut reader = reader::Reader::new(&map);
    let value = read(&mut reader);
    let mut diagnostics = reader.finish();
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.map_or(0, |span| span.start.byte));
    Parsed {
        value,
        diagnostics,
        map,
    }
}

/// The file's name without folders and endings.
pub fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests;
