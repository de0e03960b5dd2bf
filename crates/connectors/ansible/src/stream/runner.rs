//! ansible-runner: how it is called, and its event stream (`ansible-runner run DIR -j`).
//!
//! It loads the callback that the environment names below its own, so each of its events has our line as
//! its words, and Ansible's whole answer as its data. The data is left out (`--omit-event-data`): it holds
//! everything that a module gave back, would stand on disk twice, and lacks what we need to know (why a
//! host was left out, whether a hidden task changed something, what is told for one host by `set_stats`).
//!
//! Invariants: it plays the `ansible-playbook` that was found, not the first on `PATH`; nothing can wait for
//! a person at its terminal; whatever it keeps lies in one folder of the attempt's private space.

use std::path::{Path, PathBuf};

use podium_connector::{ProcessSpec, Stop, Tool, write_private};
use podium_diagnostics::Result;
use serde::Deserialize;

use crate::fault;
use crate::stream::{Heard, plugin};

pub(crate) const PROGRAM: &str = "ansible-runner";

/// What ansible-runner would otherwise do: keep all output in a file, and look each five seconds whether a
/// signal asked it to kill the playbook. Asked to stop is the playbook itself.
const SETTINGS: &str = r#"{"suppress_output_file": true, "pexpect_timeout": 1000000}"#;

/// Starts the playbook without a terminal to read from, and without the cache of facts on disk that
/// ansible-runner sets up for each call.
const START: &str = r#"export ANSIBLE_CACHE_PLUGIN=memory; exec "$0" "$@" </dev/null"#;

/// The folder of ansible-runner's own for a call.
pub(crate) fn folder(private: &Path, label: &str) -> PathBuf {
    private.join(format!("runner-{label}"))
}

/// The same call, played by ansible-runner.
pub(crate) fn carry(tool: &Tool, folder: &Path, call: ProcessSpec) -> Result<ProcessSpec> {
    for made in [folder.to_path_buf(), folder.join("env")] {
        make(&made).map_err(|error| fault::unwritten(&error))?;
    }
    write_private(&folder.join("env/settings"), SETTINGS.as_bytes())
        .map_err(|error| fault::unwritten(&error))?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut words = vec!["-c".to_owned(), START.to_owned(), text(&call.program)];
    let playbook = call.args.first().cloned().unwrap_or_default();
    words.extend(call.args);
    let args = vec![
        "run".to_owned(),
        text(folder),
        format!("--playbook={playbook}"),
        format!("--ident={}", call.label),
        "--json".to_owned(),
        "--omit-event-data".to_owned(),
        "--omit-env-files".to_owned(),
        format!("--project-dir={}", text(&call.directory)),
        "--binary=/bin/sh".to_owned(),
        format!("--cmdline={}", quoted(&words)),
    ];
    Ok(ProcessSpec {
        program: tool.path.clone(),
        args,
        stop: match call.stop {
            Stop::Repeated(after) => Stop::RepeatedBelow(after),
            other => other,
        },
        ..call
    })
}

/// A folder that nobody else may look into. Where it is there already, a former life of this attempt made
/// it, and its process may still run.
fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Words as a POSIX shell reads them, and Python's `shlex`.
fn quoted(words: &[String]) -> String {
    let quoted: Vec<String> = words
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")))
        .collect();
    quoted.join(" ")
}

/// An event of ansible-runner, as far as we read it.
#[derive(Deserialize)]
struct Carried {
    #[expect(dead_code, reason = "what has no number is no event of ansible-runner")]
    counter: u64,
    #[expect(dead_code, reason = "what has no name is no event of ansible-runner")]
    event: String,
    /// What was printed with it: our line, or words of Ansible.
    stdout: String,
}

/// Reads a line; `None` where it is no event of ansible-runner.
pub(crate) fn read(line: &str) -> Option<Vec<Heard>> {
    let carried: Carried = serde_json::from_str(line).ok()?;
    Some(
        carried
            .stdout
            .lines()
            .map(|line| {
                plugin::read(line).map_or_else(
                    || Heard::Words(line.to_owned()),
                    |event| Heard::Event(Box::new(event)),
                )
            })
            .collect(),
    )
}

/// Takes away what ansible-runner kept of a call that has ended.
pub(crate) fn forget(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn words_stay_whole_whatever_is_in_them() {
        let words = ["a b", "it's", "$HOME \"x\" \\", "größe", ""];
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        assert_eq!(
            quoted(&words),
            r#"'a b' 'it'\''s' '$HOME "x" \' 'größe' ''"#
        );
    }

    #[test]
    fn the_found_program_is_played_with_its_own_arguments() {
        let private = tempfile::tempdir().unwrap();
        let call = ProcessSpec {
            label: "play".into(),
            program: "/opt/an sible/ansible-playbook".into(),
            args: vec!["/w/site.yml".into(), "--limit=web".into()],
            env: Vec::new(),
            directory: "/w".into(),
            secret_files: Vec::new(),
            reads: false,
            stop: Stop::Repeated(Duration::from_secs(5)),
        };
        let tool = Tool {
            name: PROGRAM.into(),
            path: "/opt/bin/ansible-runner".into(),
        };
        let folder = folder(private.path(), "play");
        let carried = carry(&tool, &folder, call).unwrap();
        assert_eq!(carried.program, tool.path);
        assert_eq!(carried.stop, Stop::RepeatedBelow(Duration::from_secs(5)));
        let told = carried.args.last().unwrap();
        assert!(
            told.ends_with("'/opt/an sible/ansible-playbook' '/w/site.yml' '--limit=web'"),
            "{told}"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = folder.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
        forget(&folder).unwrap();
        forget(&folder).unwrap();
        assert!(!folder.exists());
    }
}
