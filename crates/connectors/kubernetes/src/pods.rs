//! Why Pods do not run, in plain words, with the last lines of their logs.

use podium_connector::{LogLevel, LogLine};
use podium_diagnostics::Result;
use serde_json::Value;

use crate::client::{Cluster, Kind};
use crate::object::{condition, list, number, text};

/// Most Pods that are looked at for one object.
const LOOKED_AT: usize = 50;

/// Why a container does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) pod: String,
    pub(crate) container: String,
    pub(crate) words: String,
    /// Whether somebody must do something; the others may pass by themselves.
    pub(crate) lasting: bool,
    /// Whether the container ran and left a log, and whether that of its former life counts.
    pub(crate) log: Option<bool>,
}

pub(crate) fn pods() -> Kind {
    Kind {
        api_version: "v1".into(),
        kind: "Pod".into(),
        plural: "pods".into(),
        namespaced: true,
        verbs: Vec::new(),
    }
}

/// What is wrong with the Pods of a selector. Who may not look at Pods sees none.
pub(crate) async fn troubles(
    cluster: &Cluster<'_>,
    namespace: &str,
    selector: &str,
) -> Result<Vec<Trouble>> {
    let found = cluster
        .list(&pods(), Some(namespace), Some(selector), None)
        .await?
        .unwrap_or_default();
    Ok(found.iter().take(LOOKED_AT).filter_map(trouble).collect())
}

/// What is wrong with one Pod.
pub(crate) fn trouble(pod: &Value) -> Option<Trouble> {
    let name = text(pod, "/metadata/name").to_owned();
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        return None;
    }
    let statuses = list(pod, "/status/initContainerStatuses")
        .iter()
        .chain(list(pod, "/status/containerStatuses"));
    for status in statuses {
        if let Some((words, lasting, log)) = container(status) {
            return Some(Trouble {
                pod: name,
                container: text(status, "/name").to_owned(),
                words,
                lasting,
                log,
            });
        }
    }
    if let Some(scheduled) = condition(pod, "PodScheduled")
        && text(scheduled, "/status") == "False"
    {
        return Some(Trouble {
            pod: name,
            container: String::new(),
            words: format!("no node takes it: {}", text(scheduled, "/message")),
            lasting: false,
            log: None,
        });
    }
    if text(pod, "/status/reason") == "Evicted" {
        return Some(Trouble {
            pod: name,
            container: String::new(),
            words: format!("its node threw it out: {}", text(pod, "/status/message")),
            lasting: false,
            log: None,
        });
    }
    None
}

fn container(status: &Value) -> Option<(String, bool, Option<bool>)> {
    let image = text(status, "/image");
    let last = status
        .pointer("/lastState/terminated")
        .or_else(|| status.pointer("/state/terminated"));
    let ended = last.map(ended).unwrap_or_default();
    if let Some(waiting) = status.pointer("/state/waiting") {
        let message = text(waiting, "/message");
        let with = |words: &str| {
            if message.is_empty() {
                words.to_owned()
            } else {
                format!("{words}: {message}")
            }
        };
        return match text(waiting, "/reason") {
            "ImagePullBackOff" | "ErrImagePull" => Some((
                with(&format!(
                    "the image `{image}` cannot be fetched (its name or tag is wrong, or the registry wants a login)"
                )),
                true,
                None,
            )),
            "InvalidImageName" => Some((
                with(&format!("`{image}` is no name of an image")),
                true,
                None,
            )),
            "ErrImageNeverPull" => Some((
                with(&format!(
                    "the image `{image}` is not on the node, and may not be fetched"
                )),
                true,
                None,
            )),
            "CreateContainerConfigError" => Some((
                with(
                    "something that it refers to is missing, such as a Secret, a ConfigMap or one of their keys",
                ),
                true,
                None,
            )),
            "CreateContainerError" | "RunContainerError" | "StartError" => {
                Some((with("its container cannot be started"), true, None))
            }
            "CrashLoopBackOff" => Some((
                format!(
                    "it starts and ends again and again, {} times so far{ended}",
                    number(status, "/restartCount")
                ),
                true,
                Some(true),
            )),
            _ => None,
        };
    }
    if let Some(now) = status.pointer("/state/terminated")
        && number(now, "/exitCode") != 0
    {
        return Some((format!("its container ended{ended}"), false, Some(false)));
    }
    if status["ready"] == Value::Bool(false)
        && number(status, "/restartCount") > 0
        && status.pointer("/state/running").is_some()
    {
        return Some((
            format!(
                "it was started anew {} times{ended}",
                number(status, "/restartCount")
            ),
            false,
            Some(true),
        ));
    }
    None
}

/// How a container ended.
fn ended(terminated: &Value) -> String {
    let code = number(terminated, "/exitCode");
    match (text(terminated, "/reason"), code) {
        ("OOMKilled", _) => ": it needed more memory than its limit allows".to_owned(),
        ("DeadlineExceeded", _) => ": it took too long".to_owned(),
        ("ContainerCannotRun", _) => format!(
            ": its program cannot be run: {}",
            text(terminated, "/message")
        ),
        (_, 137) => ": it was killed".to_owned(),
        (_, 143) => ": it was asked to end".to_owned(),
        (_, 126 | 127) => format!(": its program was not found or cannot be run (code {code})"),
        (_, 0) => ": it ended by itself, although it should go on".to_owned(),
        _ => format!(": its program ended with code {code}"),
    }
}

/// Adds the last lines of the containers in trouble to the step's log. Gives the last one.
pub(crate) async fn show_logs(
    cluster: &Cluster<'_>,
    namespace: &str,
    troubles: &[Trouble],
) -> Option<String> {
    let mut last = None;
    for trouble in troubles
        .iter()
        .filter(|trouble| trouble.log.is_some())
        .take(3)
    {
        let previous = trouble.log == Some(true);
        let fetch = cluster.log(namespace, &trouble.pod, &trouble.container, previous);
        let mut found = fetch.await.ok().and_then(std::result::Result::ok);
        if found.is_none() && previous {
            let now = cluster.log(namespace, &trouble.pod, &trouble.container, false);
            found = now.await.ok().and_then(std::result::Result::ok);
        }
        for line in found.as_deref().unwrap_or_default().lines() {
            cluster.cx.log(LogLine {
                level: LogLevel::Error,
                text: format!("{}/{}: {line}", trouble.pod, trouble.container),
            });
            if !line.trim().is_empty() {
                last = Some(line.trim().chars().take(300).collect());
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_reason_is_told_in_plain_words() {
        let waiting = |reason: &str| {
            json!({"name": "web", "image": "web:9", "restartCount": 4,
            "state": {"waiting": {"reason": reason, "message": "m"}},
            "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}})
        };
        for (status, words, lasting) in [
            (
                waiting("ImagePullBackOff"),
                "the image `web:9` cannot be fetched",
                true,
            ),
            (
                waiting("CrashLoopBackOff"),
                "again and again, 4 times so far: it needed more memory than its limit allows",
                true,
            ),
            (
                waiting("CreateContainerConfigError"),
                "something that it refers to is missing",
                true,
            ),
            (
                json!({"name": "web", "state": {"terminated": {"exitCode": 3}}}),
                "its program ended with code 3",
                false,
            ),
        ] {
            let pod =
                json!({"metadata": {"name": "web-1"}, "status": {"containerStatuses": [status]}});
            let trouble = trouble(&pod).expect("a trouble");
            assert!(trouble.words.contains(words), "{}", trouble.words);
            assert_eq!(trouble.lasting, lasting, "{}", trouble.words);
        }
        assert_eq!(
            trouble(
                &json!({"metadata": {"name": "a"}, "status": {"containerStatuses": [waiting("ContainerCreating")]}})
            ),
            None
        );
        let unscheduled = json!({"metadata": {"name": "a"}, "status": {"conditions": [
            {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]}});
        assert!(
            trouble(&unscheduled)
                .expect("a trouble")
                .words
                .contains("no node takes it: 0/3")
        );
    }
}
