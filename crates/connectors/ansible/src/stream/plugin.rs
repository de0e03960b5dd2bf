//! The lines of our callback plugin (`podium_events.py`), and what makes Ansible load it.

use std::path::Path;

use podium_connector::write_private;
use podium_diagnostics::Result;

use crate::events::Event;
use crate::fault;

const PLUGIN: &str = include_str!("podium_events.py");
const NAME: &str = "podium_events";

/// Writes the plugin into the private folder. Gives the environment that names it.
pub(crate) fn prepare(private: &Path) -> Result<Vec<(&'static str, String)>> {
    let path = private.join(format!("{NAME}.py"));
    write_private(&path, PLUGIN.as_bytes()).map_err(|error| fault::unwritten(&error))?;
    Ok(vec![
        ("ANSIBLE_STDOUT_CALLBACK", NAME.to_owned()),
        (
            "ANSIBLE_CALLBACK_PLUGINS",
            private.to_string_lossy().into_owned(),
        ),
    ])
}

/// Reads a line; `None` where it is none of ours.
pub(crate) fn read(line: &str) -> Option<Event> {
    serde_json::from_str(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_answer_is_read() {
        let line = r#"{"event": "ok", "host": "a", "task": "Write a page", "id": "1", "module": "ansible.builtin.copy", "changed": true, "diff": [{"before": "", "after": "hello\n"}], "unchecked": false}"#;
        let Some(Event::Ok(answer)) = read(line) else {
            panic!("an answer");
        };
        assert!(answer.changed);
        assert_eq!(answer.diff[0].after, "hello\n");
        assert_eq!(read("PLAY RECAP"), None);
    }
}
