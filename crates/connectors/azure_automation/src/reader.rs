//! Reads in a runbook's text what it would create, change and delete: a small, honest reader.
//!
//! It knows commands by their names and takes values that stand beside them. What the text computes, loops
//! over or calls elsewhere it cannot see, and whoever shows its lines says so.

mod powershell;
mod python;

use std::collections::BTreeMap;

use podium_connector::Action;

/// Something that a runbook would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touch {
    pub(crate) action: Action,
    /// What kind of thing: `AzVM`, `az group`.
    pub(crate) kind: String,
    /// Its name, where it stands in the text or is a parameter that is given.
    pub(crate) name: Option<String>,
    /// The command as it stands: `Remove-AzVM`.
    pub(crate) command: String,
    /// How often.
    pub(crate) times: usize,
}

impl Touch {
    /// Whether what is deleted holds data.
    pub(crate) fn is_stateful(&self) -> bool {
        let kind = self.kind.to_lowercase();
        [
            "disk",
            "database",
            "sql",
            "storage",
            "vault",
            "snapshot",
            "vm",
            "cosmos",
            "server",
            "share",
            "blob",
            "table",
            "queue",
            "secret",
            "virtual_machine",
            "cluster",
        ]
        .iter()
        .any(|word| kind.contains(word))
    }
}

/// What could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) touches: Vec<Touch>,
    /// What was seen and not followed, as whole sentences.
    pub(crate) notes: Vec<String>,
}

/// Reads a runbook of this type (AWX's word is never seen here; it is Azure's: `PowerShell`, `Python3`).
/// `None` where the type has no text that could be read.
pub(crate) fn read(kind: &str, text: &str, parameters: &BTreeMap<String, String>) -> Option<Read> {
    let small = kind.to_lowercase();
    let found = if small.starts_with("graph") {
        return None;
    } else if small.contains("python") {
        python::read(text, parameters)
    } else {
        powershell::read(text, parameters)
    };
    Some(Read {
        touches: gathered(found.touches),
        notes: found.notes,
    })
}

/// The same thing done at several places is one line; the worst comes first.
fn gathered(touches: Vec<Touch>) -> Vec<Touch> {
    let mut all: Vec<Touch> = Vec::new();
    for touch in touches {
        match all
            .iter_mut()
            .find(|known| known.command == touch.command && known.name == touch.name)
        {
            Some(known) => known.times += touch.times,
            None => all.push(touch),
        }
    }
    all.sort_by_key(|touch| match touch.action {
        Action::Delete | Action::Replace => 0,
        Action::Update => 1,
        Action::Create => 2,
        Action::Run | Action::Read => 3,
    });
    all
}
