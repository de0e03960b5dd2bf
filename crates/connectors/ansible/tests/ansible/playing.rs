use podium_connector::{Action, Connector, Context, Observed, Phase, UndoClass};
use podium_connector_ansible::Ansible;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, walk};
use serde_json::json;

use crate::{both, play, shop};

both!(
    a_play_tells_each_task_on_each_host_and_gives_its_numbers,
    a_second_play_changes_only_what_always_changes,
    a_resumed_play_replays_and_does_nothing_twice,
    the_named_playbook_takes_it_back,
    without_such_a_playbook_a_person_has_to,
    a_failed_task_names_host_and_reason,
    a_cancelled_play_stops_gently,
    a_secret_is_in_no_argument_no_environment_and_no_log,
    only_checking_changes_nothing,
);

async fn a_play_tells_each_task_on_each_host_and_gives_its_numbers(cx: FakeContext) {
    shop(&cx);
    let connector = Ansible::new();
    let request = play(&cx, json!({}));
    cx.set_phase(Phase::Read);
    let before = connector.observe(&cx, &request).await.expect("an answer");
    assert_eq!(before, Observed::NeverStarted);
    let walked = walk(&connector, &cx, &request).await.expect("it runs");
    let outputs = &walked.outcome.outputs;
    assert_eq!(outputs["changed"], 6);
    assert_eq!(outputs["hosts"]["west"]["ok"], 4);
    assert_eq!(outputs["hosts"]["west"]["failed"], 0);
    assert_eq!(outputs["url"], "http://west.example");
    let progress = cx.records().progress;
    let words: Vec<&str> = progress.iter().map(|p| p.words.as_str()).collect();
    assert!(
        words.contains(&"Playing `Write a page` on `ost-ä`"),
        "{words:?}"
    );
    assert!(
        words.contains(&"`Write a page` changed `west`"),
        "{words:?}"
    );
    assert_eq!(progress.last().expect("some").done, Some((8, 8)));
    let after = connector.observe(&cx, &request).await.expect("an answer");
    assert_eq!(after, Observed::Adopt);
}

async fn a_second_play_changes_only_what_always_changes(cx: FakeContext) {
    shop(&cx);
    let request = play(&cx, json!({}));
    let connector = Ansible::new();
    walk(&connector, &cx, &request).await.expect("it runs");
    let again = walk(&connector, &cx, &request).await.expect("it runs");
    assert_eq!(again.outcome.outputs["changed"], 2);
}

async fn a_resumed_play_replays_and_does_nothing_twice(cx: FakeContext) {
    shop(&cx);
    let mut request = play(&cx, json!({}));
    let connector = Ansible::new();
    let first = walk(&connector, &cx, &request).await.expect("it runs");
    request.resumed = true;
    let second = connector.run(&cx, &request).await.expect("it replays");
    assert_eq!(first.outcome, second);
    let plays = cx.records().started.iter().filter(|l| *l == "play").count();
    assert_eq!(plays, 1);
    cx.lose("play");
    let error = connector
        .run(&cx, &request)
        .await
        .expect_err("nobody saw it");
    assert_eq!(error.kind, ErrorKind::Unknown);
    assert!(
        error.message.contains("6 changes had been reported"),
        "{error}"
    );
}

async fn the_named_playbook_takes_it_back(cx: FakeContext) {
    shop(&cx);
    let connector = Ansible::new();
    let request = play(&cx, json!({"undo_playbook": "remove.yml"}));
    let walked = walk(&connector, &cx, &request).await.expect("it runs");
    assert_eq!(walked.record.undo.class, UndoClass::Automatic);
    assert_eq!(
        walked.record.undo.because.as_deref(),
        Some("Plays `remove.yml`.")
    );
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let preview = connector
        .preview_undo(&cx, &request, &walked.record)
        .await
        .expect("a preview");
    let lines: Vec<(Action, &str)> = preview
        .changes
        .iter()
        .map(|change| (change.action, change.name.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (Action::Delete, "ost-ä · Remove a file"),
            (Action::Delete, "west · Remove a file")
        ]
    );
    cx.set_phase(Phase::Write);
    let outcome = connector
        .undo(&cx, &request, &walked.record)
        .await
        .expect("taken back");
    assert_eq!(outcome.outputs["changed"], 2);
    assert_eq!(
        std::fs::read_dir(cx.sandbox()).expect("a folder").count(),
        0
    );
}

async fn without_such_a_playbook_a_person_has_to(cx: FakeContext) {
    shop(&cx);
    let connector = Ansible::new();
    let request = play(&cx, json!({}));
    let walked = walk(&connector, &cx, &request).await.expect("it runs");
    assert_eq!(walked.record.undo.class, UndoClass::Manual);
    let error = connector
        .undo(&cx, &request, &walked.record)
        .await
        .expect_err("nothing is named");
    assert_eq!(error.code.as_str(), "POD0333");
}

async fn a_failed_task_names_host_and_reason(cx: FakeContext) {
    cx.write(
        "site.yml",
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - name: Write a page\n      ansible.builtin.copy:\n        content: a\n        dest: \"{{ out }}/{{ inventory_hostname }}\"\n        mode: \"0644\"\n    - name: Give up\n      ansible.builtin.fail:\n        msg: Nothing to be done\n",
    );
    let request = play(&cx, json!({"limit": "west"}));
    let error = Ansible::new()
        .run(&cx, &request)
        .await
        .expect_err("it fails");
    assert_eq!(error.code.as_str(), "POD0343");
    assert_eq!(
        error.message,
        "`Give up` failed on `west`: Nothing to be done. 1 change was made before."
    );
}

async fn a_cancelled_play_stops_gently(cx: FakeContext) {
    // A length of its own, so that no other sleep of this computer is taken for it.
    let length = format!("30.{}", std::process::id());
    cx.write(
        "site.yml",
        &format!("- hosts: all\n  gather_facts: false\n  tasks:\n    - name: Write a page\n      ansible.builtin.copy:\n        content: a\n        dest: \"{{{{ out }}}}/{{{{ inventory_hostname }}}}\"\n        mode: \"0644\"\n    - name: Take long\n      ansible.builtin.command: sleep {length}\n"),
    );
    let real = cx.mode() == podium_connector::Mode::Real;
    if !real {
        cx.cancel_on("\"event\": \"start\", \"host\": \"west\", \"task\": \"Take long\"");
    }
    let request = play(&cx, json!({"limit": "west"}));
    // The real one says that a task starts before it forks the worker, and loses an interrupt that comes
    // in between; so it is asked to stop when the command itself runs.
    let canceller = async {
        while real && !is_running(&["sleep", &length]) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        if real {
            cx.cancel();
        }
        std::future::pending::<()>().await;
    };
    let ansible = Ansible::new();
    let result = tokio::select! {
        result = ansible.run(&cx, &request) => result,
        () = canceller => unreachable!("it waits for the run"),
    };
    let error = result.expect_err("it stops");
    assert_eq!(error.kind, ErrorKind::Cancelled, "{error}");
    assert_eq!(error.message, "Stopped on request. 1 change had been made.");
}

/// Whether a process with exactly these arguments runs on this computer.
pub(crate) fn is_running(arguments: &[&str]) -> bool {
    let wanted: Vec<u8> = arguments
        .iter()
        .flat_map(|one| one.bytes().chain([0]))
        .collect();
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .any(|line| line.ends_with(&wanted))
}

async fn a_secret_is_in_no_argument_no_environment_and_no_log(cx: FakeContext) {
    const CANARY: &str = "canary-0a9b8c7d {{ not_a_template }}";
    let cx = cx.with_credential("secrets.token", "secret", &[], &[("value", CANARY)]);
    shop(&cx);
    let request = play(&cx, json!({"limit": "west"}));
    let walked = walk(&Ansible::new(), &cx, &request).await.expect("it runs");
    let records = cx.records();
    let seen = format!(
        "{:?} {:?} {:?} {:?} {walked:?}",
        records.arguments, records.environments, records.log, records.progress
    );
    assert!(!seen.contains("canary-0a9b"));
    let holding: Vec<String> = cx
        .all_files()
        .into_iter()
        .filter(|file| {
            let content = std::fs::read(file).expect("a file");
            String::from_utf8_lossy(&content).contains("canary-0a9b")
        })
        .map(|file| {
            file.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    // The real one puts it where the playbook says, and nowhere else.
    if cx.mode() == podium_connector::Mode::Real {
        assert_eq!(holding, ["west.key"]);
        let key = std::fs::read_to_string(cx.sandbox().join("west.key"));
        assert_eq!(key.expect("the file"), CANARY);
    } else {
        assert_eq!(holding, [""; 0]);
    }
}

async fn only_checking_changes_nothing(cx: FakeContext) {
    shop(&cx);
    let request = play(&cx, json!({"check_only": true}));
    let connector = Ansible::new();
    let walked = walk(&connector, &cx, &request).await.expect("it runs");
    assert_eq!(walked.record.undo.class, UndoClass::Automatic);
    assert_eq!(
        std::fs::read_dir(cx.sandbox()).expect("a folder").count(),
        0
    );
    let undone = connector
        .undo(&cx, &request, &walked.record)
        .await
        .expect("nothing to do");
    assert!(undone.outputs.is_empty());
}
