//! What the tool complains about, as our errors: what, why, what to do.

use podium_diagnostics::{Code, Error, ErrorKind, Retry, reason};

use crate::events::Answer;
use crate::explained;

pub(crate) const NO_TOOL: Code = Code::new("POD0301");
pub(crate) const TOOL_FAILED: Code = Code::new("POD0326");
pub(crate) const END_UNKNOWN: Code = Code::new("POD0328");
pub(crate) const STOPPED: Code = Code::new("POD0320");
pub(crate) const NOT_UNDONE: Code = Code::new("POD0333");
pub(crate) const NO_FILE: Code = Code::new("POD0340");
pub(crate) const FAULTY_PLAYBOOK: Code = Code::new("POD0341");
pub(crate) const UNREACHABLE: Code = Code::new("POD0342");
pub(crate) const TASK_FAILED: Code = Code::new("POD0343");
pub(crate) const VAULT: Code = Code::new("POD0344");
pub(crate) const NO_HOSTS: Code = Code::new("POD0345");

/// Reads what Ansible says when it gives up before or beside any task. `workspace` is cut from paths.
pub(crate) fn from_text(text: &str, workspace: &str) -> Error {
    explained::told(read(text, workspace))
}

fn read(text: &str, workspace: &str) -> Error {
    let text = text.replace(&format!("{workspace}/"), "");
    let message = text
        .lines()
        .find_map(|line| {
            line.trim()
                .strip_prefix("[ERROR]: ")
                .or_else(|| line.trim().strip_prefix("ERROR! "))
        })
        .or_else(|| text.lines().rev().find(|line| !line.trim().is_empty()))
        .map_or("it gave no reason.", str::trim)
        .to_owned();
    let has = |sign: &str| text.contains(sign);
    if has("could not be found") && has("the playbook") {
        return Error::new(ErrorKind::NotFound, NO_FILE, sentence(&message))
            .with_hint("Name a playbook file in the workspace.");
    }
    if has("vault") && (has("Decryption failed") || has("no vault secrets") || has("vault secret"))
    {
        return Error::new(
            ErrorKind::Unauthorized,
            VAULT,
            format!("A file of Ansible's vault could not be opened: {message}"),
        );
    }
    if has("no hosts to target") || has("leaves us with no hosts") {
        return no_hosts();
    }
    if let Some(place) = place(&text) {
        return Error::new(
            ErrorKind::Invalid,
            FAULTY_PLAYBOOK,
            format!("`{place}`: {}", sentence(&message)),
        )
        .with_hint("Correct the file at that place.");
    }
    Error::new(
        ErrorKind::Failed,
        TOOL_FAILED,
        format!("Ansible gave up: {}", sentence(&message)),
    )
    .with_hint("Look at the step's log.")
}

/// A private file that cannot be written.
pub(crate) fn unwritten(error: &std::io::Error) -> Error {
    storage(&format!(
        "A private file cannot be written: {}.",
        reason(error)
    ))
}

/// What was kept of a call, and stays.
pub(crate) fn unremoved(error: &std::io::Error) -> Error {
    storage(&format!(
        "What ansible-runner kept of its events cannot be removed: {}.",
        reason(error)
    ))
}

fn storage(message: &str) -> Error {
    Error::new(ErrorKind::Storage, TOOL_FAILED, message)
}

pub(crate) fn no_hosts() -> Error {
    Error::new(
        ErrorKind::NotFound,
        NO_HOSTS,
        "No host of the inventory is meant: the playbook's `hosts` and the step's limit match none.",
    )
    .with_hint("Check the inventory, the limit, and `hosts` in the playbook.")
}

/// `file:line:column`, as either generation of Ansible tells it.
fn place(text: &str) -> Option<String> {
    let new = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Origin: "))
        .filter(|place| place.contains(':'));
    if let Some(place) = new {
        return Some(place.trim().to_owned());
    }
    let old = text.split("The error appears to be in '").nth(1)?;
    let (file, rest) = old.split_once("': line ")?;
    let (line, rest) = rest.split_once(", column ")?;
    let column: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("{file}:{line}:{column}"))
}

/// Hosts that failed or could not be reached.
pub(crate) fn from_answers(failed: &[Answer], unreachable: &[Answer], changed: u64) -> Error {
    explained::told(account(failed, unreachable, changed))
}

fn account(failed: &[Answer], unreachable: &[Answer], changed: u64) -> Error {
    let made = match changed {
        0 => "Nothing was changed.".to_owned(),
        1 => "1 change was made before.".to_owned(),
        n => format!("{n} changes were made before."),
    };
    if let Some(first) = failed.iter().find(|answer| answer.without_ssh()) {
        return Error::new(
            ErrorKind::MissingTool,
            NO_TOOL,
            format!(
                "`ssh` is not installed on this computer, and Ansible reaches `{}` by it. {made}",
                first.host
            ),
        )
        .with_source("Unable to execute ssh command line");
    }
    if let Some(first) = failed.first() {
        let others = failed.len() + unreachable.len() - 1;
        let others = match others {
            0 => String::new(),
            1 => " One more host has trouble.".to_owned(),
            n => format!(" {n} more hosts have trouble."),
        };
        return Error::new(
            ErrorKind::Failed,
            TASK_FAILED,
            format!(
                "`{}` failed on `{}`: {}.{others} {made}",
                first.task,
                first.host,
                first.reason().trim_end_matches('.')
            ),
        )
        .with_hint(
            "Correct the cause and run it again: tasks that are done already change nothing.",
        );
    }
    let mut hosts: Vec<String> = unreachable
        .iter()
        .map(|a| format!("`{}`", a.host))
        .collect();
    hosts.sort();
    hosts.dedup();
    Error::new(
        ErrorKind::Unreachable,
        UNREACHABLE,
        format!(
            "{} could not be reached: {}. {made}",
            hosts.join(", "),
            unreachable
                .first()
                .map(Answer::reason)
                .unwrap_or_default()
                .trim_end_matches('.')
        ),
    )
    .with_retry(if changed == 0 {
        Retry::Temporary
    } else {
        Retry::Permanent
    })
    .with_hint("Check the host's name, the network, the host's key in `known_hosts`, and that your key may log in.")
}

fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}.", text.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of ansible-core 2.19 on a computer that has no `ssh`, as recorded there.
    #[test]
    fn a_computer_without_ssh_is_told_with_what_to_install() {
        let answer = Answer {
            host: "far".into(),
            task: "ansible.builtin.ping".into(),
            msg: "Task failed: Unable to execute ssh command line on a controller: [Errno 2] No such file or directory: b'ssh'".into(),
            ..Answer::default()
        };
        assert_eq!(answer.reason(), "`ssh` is not installed on this computer");
        let error = from_answers(&[answer], &[], 0);
        assert_eq!(
            (error.code.as_str(), error.kind, error.message.as_str()),
            (
                "POD0301",
                ErrorKind::MissingTool,
                "`ssh` is not installed on this computer, and Ansible reaches `far` by it. Nothing was changed. Ansible reaches other computers by the program `ssh`."
            )
        );
        assert!(error.hint.unwrap().contains("openssh-client"));
    }

    #[test]
    fn what_both_generations_of_ansible_say_is_read() {
        let cases = [
            (
                "[ERROR]: couldn't resolve module/action 'nothing_such'. This often indicates a misspelling.\nOrigin: /home/w/bad.yml:3:6\n\n1 - hosts: all\n",
                "POD0341",
                "`bad.yml:3:6`: couldn't resolve module/action 'nothing_such'. This often indicates a misspelling.",
            ),
            (
                "ERROR! couldn't resolve module/action 'x'.\n\nThe error appears to be in '/home/w/roles/a b/tasks/main.yml': line 3, column 6, but may\nbe elsewhere",
                "POD0341",
                "`roles/a b/tasks/main.yml:3:6`: couldn't resolve module/action 'x'.",
            ),
            (
                "[ERROR]: the playbook: nofile.yml could not be found",
                "POD0340",
                "the playbook: nofile.yml could not be found.",
            ),
            (
                "[WARNING]: Could not match supplied host pattern, ignoring: x\n[ERROR]: Specified inventory, host pattern and/or --limit leaves us with no hosts to target.",
                "POD0345",
                "No host of the inventory is meant: the playbook's `hosts` and the step's limit match none.",
            ),
            (
                "[ERROR]: Attempting to decrypt but no vault secrets found.",
                "POD0344",
                "A file of Ansible's vault could not be opened: Attempting to decrypt but no vault secrets found.",
            ),
            ("", "POD0326", "Ansible gave up: it gave no reason."),
        ];
        for (text, code, message) in cases {
            let error = from_text(text, "/home/w");
            assert_eq!(error.code.as_str(), code);
            assert!(error.message.starts_with(message), "{error}");
            assert!(error.hint.is_some());
        }
    }
}
