//! How what a playbook does reaches us: line by line, on one of two ways that tell the same.
//!
//! `ansible-playbook` alone writes a line for each event, by our callback plugin ([`plugin`]). Where
//! ansible-runner is installed, it plays and carries each of these lines in an event of its own
//! ([`runner`]). Whoever listens hears [`Heard`] and does not ask which way it came.

mod plugin;
mod runner;

use std::path::{Path, PathBuf};

use podium_connector::{Context, Fingerprint, ProcessSpec, Tool};
use podium_diagnostics::Result;

use crate::events::Event;
use crate::fault;

/// Who carries the events from Ansible to us.
#[derive(Debug)]
pub(crate) enum Carrier {
    /// `ansible-playbook` itself.
    Playbook,
    /// ansible-runner.
    Runner(Tool),
}

/// Something that was heard.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    /// Something that the playbook does.
    Event(Box<Event>),
    /// A line beside the events: what Ansible complains about.
    Words(String),
}

/// Reads a line, whichever way it came.
pub(crate) fn read(line: &str) -> Vec<Heard> {
    if let Some(event) = plugin::read(line) {
        return vec![Heard::Event(Box::new(event))];
    }
    runner::read(line).unwrap_or_else(|| vec![Heard::Words(line.to_owned())])
}

/// Takes away what was kept of a call that has ended.
pub(crate) fn forget(folder: &Path) -> Result<()> {
    runner::forget(folder).map_err(|error| fault::unremoved(&error))
}

impl Carrier {
    /// ansible-runner where it is installed. Practice does without: it plays `ansible-playbook`. Fails
    /// where the workspace wants another version than the one that is there.
    pub(crate) async fn find(cx: &dyn Context) -> Result<Self> {
        if cx.mode() == podium_connector::Mode::Simulated {
            return Ok(Self::Playbook);
        }
        match cx.tool(&[runner::PROGRAM]).await {
            Ok(tool) => Ok(Self::Runner(tool)),
            Err(error) if error.code == fault::NO_TOOL => Ok(Self::Playbook),
            Err(error) => Err(error),
        }
    }

    /// For the step's log: who it is.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Playbook => {
                "ansible-runner is not used here: ansible-playbook tells its events itself."
                    .to_owned()
            }
            Self::Runner(tool) => {
                format!("ansible-runner carries the events: {}", tool.path.display())
            }
        }
    }

    /// Writes what both ways need into the private folder. Gives the environment.
    pub(crate) fn prepare(private: &Path) -> Result<Vec<(&'static str, String)>> {
        plugin::prepare(private)
    }

    /// Turns a call of `ansible-playbook` into one that is carried. Gives also the folder that goes when the
    /// call has ended.
    pub(crate) fn carry(
        &self,
        private: &Path,
        spec: ProcessSpec,
    ) -> Result<(ProcessSpec, Option<PathBuf>)> {
        match self {
            Self::Playbook => Ok((spec, None)),
            Self::Runner(tool) => {
                let folder = runner::folder(private, &spec.label);
                Ok((runner::carry(tool, &folder, spec)?, Some(folder)))
            }
        }
    }

    /// Adds who it is to a fingerprint.
    pub(crate) fn mark(&self, mark: &mut Fingerprint) {
        if let Self::Runner(tool) = self {
            mark.add_facts(&tool.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"event": "ok", "host": "a", "task": "Gr\u00fc\u00dfe", "id": "1", "module": "m", "changed": true}"#;

    #[test]
    fn the_same_line_is_heard_on_both_ways() {
        let carried = serde_json::json!({
            "uuid": "u", "counter": 7, "stdout": LINE, "start_line": 1, "end_line": 2,
            "runner_ident": "play", "event": "runner_on_ok", "pid": 1, "event_data": {},
        });
        let alone = read(LINE);
        let [Heard::Event(event)] = &alone[..] else {
            panic!("one event: {alone:?}");
        };
        assert!(matches!(&**event, Event::Ok(answer) if answer.task == "Grüße"));
        assert_eq!(read(&carried.to_string()), alone);
    }

    #[test]
    fn what_is_no_event_is_heard_in_its_words() {
        let words = |text: &str| Heard::Words(text.to_owned());
        assert_eq!(read("[ERROR]: no"), [words("[ERROR]: no")]);
        // An object that a play prints is not one of ours.
        assert_eq!(
            read(r#"{"event": "party", "at": 8}"#),
            [words(r#"{"event": "party", "at": 8}"#)]
        );
        let error = serde_json::json!({
            "uuid": "u", "counter": 1, "event": "error", "event_data": {},
            "stdout": "[ERROR]: one\r\nOrigin: /w/site.yml:3:6\r\n",
        });
        assert_eq!(
            read(&error.to_string()),
            [words("[ERROR]: one"), words("Origin: /w/site.yml:3:6")]
        );
        let silent = serde_json::json!({
            "uuid": "u", "counter": 1, "event": "runner_item_on_ok", "stdout": "", "event_data": {},
        });
        assert_eq!(read(&silent.to_string()), []);
    }
}
