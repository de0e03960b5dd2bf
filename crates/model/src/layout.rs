//! Where things stand on the canvas: the file beside a workflow, and tidying up.
//!
//! `workflows/NAME.layout.json` holds positions, so that moving a node leaves the workflow's own file
//! alone. It is written so that git shows one line for each node that moved.
//!
//! Not here: how edges run and what nodes look like (the canvas knows), and which steps exist (a place
//! for a step that is gone does no harm).
//!
//! Invariants: reading what was written gives the same layout; unknown keys are kept; [`arrange`] gives
//! the same places for the same input, without overlaps, and never moves a pinned node.

mod arrange;
mod order;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use podium_diagnostics::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

pub use arrange::{Node, Placed, Rect, arrange, tidy};

/// The layout file cannot be read.
pub const CANNOT_READ_LAYOUT: Code = Code::new("POD0206");

/// The version of the format.
pub const VERSION: u32 = 1;

/// A layout, as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Layout {
    /// The version of the format; `1`.
    pub podium: u32,
    /// Step id → where it stands.
    #[serde(default)]
    #[ts(as = "std::collections::HashMap<String, Place>")]
    pub nodes: BTreeMap<String, Place>,
    /// Frame id → frame.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "std::collections::HashMap<String, Frame>")]
    pub frames: BTreeMap<String, Frame>,
    /// Note id → note.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "std::collections::HashMap<String, Note>")]
    pub notes: BTreeMap<String, Note>,
    /// Keys that this version does not know, kept.
    #[serde(flatten)]
    #[ts(skip)]
    pub unknown: BTreeMap<String, Value>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            podium: VERSION,
            nodes: BTreeMap::new(),
            frames: BTreeMap::new(),
            notes: BTreeMap::new(),
            unknown: BTreeMap::new(),
        }
    }
}

/// Where a node stands: its upper left corner, in pixels at full size; `y` grows downwards.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Place {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Tidying never moves it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Keys that this version does not know, kept.
    #[serde(flatten)]
    #[ts(skip)]
    pub unknown: BTreeMap<String, Value>,
}

/// A frame around nodes, with a heading. What stands in it moves with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Frame {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
    /// The heading.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// For people; Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The name of a colour of the design.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub color: String,
    /// Who looks after what stands in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// The environment that it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub environment: String,
    /// Keys that this version does not know, kept.
    #[serde(flatten)]
    #[ts(skip)]
    pub unknown: BTreeMap<String, Value>,
}

/// A note on the canvas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Note {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
    /// For people; Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The name of a colour of the design.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub color: String,
    /// Keys that this version does not know, kept.
    #[serde(flatten)]
    #[ts(skip)]
    pub unknown: BTreeMap<String, Value>,
}

/// Why a layout cannot be read. The workflow can be used without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotRead {
    /// What is wrong, in a sentence.
    pub message: String,
}

impl std::fmt::Display for CannotRead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CannotRead {}

impl Layout {
    /// Reads the text of a layout file; a text without content is an empty layout.
    pub fn read(text: &str) -> Result<Self, CannotRead> {
        let text = text.trim_start_matches('\u{FEFF}');
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let layout: Self = serde_json::from_str(text).map_err(|error| CannotRead {
            message: format!(
                "The layout cannot be read in line {}, column {}.",
                error.line(),
                error.column()
            ),
        })?;
        if layout.podium != VERSION {
            return Err(CannotRead {
                message: format!(
                    "The layout is of version {}; this Podium reads version {VERSION}.",
                    layout.podium
                ),
            });
        }
        Ok(layout)
    }

    /// The text of a layout file: sorted, one node a line, with a final newline.
    pub fn write(&self) -> String {
        let mut parts = vec![format!("  \"podium\": {}", self.podium)];
        parts.push(table("nodes", &self.nodes));
        if !self.frames.is_empty() {
            parts.push(table("frames", &self.frames));
        }
        if !self.notes.is_empty() {
            parts.push(table("notes", &self.notes));
        }
        for (key, value) in &self.unknown {
            parts.push(format!("  {}: {}", Value::from(key.as_str()), neat(value)));
        }
        format!("{{\n{}\n}}\n", parts.join(",\n"))
    }

    /// Moves a node.
    pub fn put(&mut self, id: &str, x: f64, y: f64) {
        let place = self.nodes.entry(id.to_owned()).or_default();
        (place.x, place.y) = (x, y);
    }

    /// Follows a step to its new id.
    pub fn rename(&mut self, id: &str, to: &str) {
        if let Some(place) = self.nodes.remove(id) {
            self.nodes.insert(to.to_owned(), place);
        }
    }
}

/// A map with one entry a line.
fn table<T: Serialize>(name: &str, entries: &BTreeMap<String, T>) -> String {
    if entries.is_empty() {
        return format!("  \"{name}\": {{}}");
    }
    let lines: Vec<String> = entries
        .iter()
        .map(|(key, value)| {
            // What is serialised here has texts as keys, so this cannot fail.
            let value = serde_json::to_value(value).unwrap_or_default();
            format!("    {}: {}", Value::from(key.as_str()), neat(&value))
        })
        .collect();
    format!("  \"{name}\": {{\n{}\n  }}", lines.join(",\n"))
}

/// JSON on one line with spaces; whole numbers without a point, others with two digits after it.
fn neat(value: &Value) -> String {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => {
                let rounded = (float * 100.0).round() / 100.0;
                // Adding zero turns `-0` into `0`.
                format!("{}", rounded + 0.0)
            }
            _ => number.to_string(),
        },
        Value::Array(list) => {
            let parts: Vec<String> = list.iter().map(neat).collect();
            format!("[{}]", parts.join(", "))
        }
        Value::Object(map) if !map.is_empty() => {
            let parts: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), neat(value)))
                .collect();
            format!("{{ {} }}", parts.join(", "))
        }
        other => other.to_string(),
    }
}
