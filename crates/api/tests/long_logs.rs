//! A run whose tool said very much: what a screen asks costs what it shows, not what was said.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use podium_api::Podium;
use podium_api::runtime::Home;
use podium_api::types::{FindInLog, GetLogGroups, GetLogs, GetRun, ListRuns};
use podium_engine::Event;
use podium_journal::Journal;
use podium_model::RunId;
use serde_json::{Value, json};

const BATCHES: u64 = 200;
const LINES: u64 = 500;

fn event(seq: u64, kind: &str, step: Option<&str>, data: &Value) -> Event {
    let mut value = json!({
        "podium": "event/1", "run": "run_long", "seq": seq, "at": "2026-01-02T03:04:05.678Z",
        "type": kind, "data": data,
    });
    if let Some(step) = step {
        value["step"] = json!(step);
        value["attempt"] = json!(1);
    }
    serde_json::from_value(value).unwrap()
}

/// A run of one step, `servers`, that has logged 100,000 lines and works on.
fn record(home: &Home) {
    let step = json!({
        "id": "servers", "title": "Servers", "uses": "ansible/playbook", "with": {}, "edges": [],
        "join": "all", "condition": null, "for_each": null, "max_parallel": 1, "max_failures": 0,
        "retry": null, "timeout": null, "on_error": "stop", "credentials": {}, "off": false,
        "undo": null, "approval": false, "writes": true, "work": {"kind": "do"},
    });
    let plan = json!({
        "workflow": "long", "title": "Long", "environment": "play", "mode": "simulated",
        "inputs": {}, "environment_values": {"name": "play", "vars": {}}, "slots": {},
        "credentials": {}, "steps": [step], "outputs": {}, "approval": false,
    });
    let preview = json!({
        "podium": "preview/1", "hash": "sha256:00", "workflow": "long", "environment": "play",
        "inputs": {}, "identities": [],
        "summary": {"create": 0, "update": 0, "replace": 0, "delete": 0, "run": 0, "unknown": 0,
                    "words": "Changes nothing."},
        "steps": [],
    });
    let mut events = vec![
        event(
            1,
            "run.created",
            None,
            &json!({"plan": plan, "preview": preview, "by": "ada"}),
        ),
        event(2, "run.started", None, &json!({})),
    ];
    for batch in 0..BATCHES {
        let lines: Vec<Value> = (0..LINES)
            .map(|n| {
                let number = batch * LINES + n;
                let text = match n {
                    0 => format!("TASK [part {batch}] ****"),
                    7 if batch % 50 == 0 => format!("a \u{1b}[31mne\u{1b}[0mEDLE in {number}"),
                    _ => format!("line {number}"),
                };
                json!({"level": "info", "text": text})
            })
            .collect();
        events.push(event(
            batch + 3,
            "step.log",
            Some("servers"),
            &json!({"lines": lines}),
        ));
    }
    let journal = Journal::open(&home.journal()).unwrap();
    journal.append(&events).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_100_000_lines_is_read_found_and_folded_by_range() {
    let workspace = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    record(&home);
    let podium = Podium::open_at(workspace.path(), home).await.unwrap();
    let run: RunId = "run_long".parse().unwrap();
    let step = Some(String::from("servers"));

    // The view has the count and none of the lines; asked again it is the same.
    for _ in 0..2 {
        let view = podium
            .run_get(GetRun {
                run: run.clone(),
                at: None,
            })
            .await
            .unwrap();
        assert_eq!(view.steps[0].log_lines, BATCHES * LINES);
        assert_eq!(view.seq, BATCHES + 2);
        assert!(serde_json::to_string(&view).unwrap().len() < 20_000);
    }
    let then = podium
        .run_get(GetRun {
            run: run.clone(),
            at: Some(4),
        })
        .await
        .unwrap();
    assert_eq!((then.steps[0].log_lines, then.seq), (2 * LINES, 4));

    let page = podium
        .run_logs(GetLogs {
            run: run.clone(),
            step: step.clone(),
            from: 54_321,
            limit: Some(3),
        })
        .await
        .unwrap();
    let numbers: Vec<u64> = page.lines.iter().map(|line| line.number).collect();
    assert_eq!(
        (page.total, numbers),
        (100_000, vec![54_321, 54_322, 54_323])
    );
    assert_eq!(page.lines[0].line.text, "line 54321");

    // Capitals and colours do not hide a word; the search goes on from where one is, and round.
    let find = |near, back| {
        let request = FindInLog {
            run: run.clone(),
            step: step.clone(),
            text: String::from("Needle"),
            near,
            back,
        };
        podium.run_find_log(request)
    };
    let first = find(0, false).await.unwrap();
    assert_eq!((first.count, first.which, first.line), (4, 1, Some(7)));
    assert_eq!(find(8, false).await.unwrap().line, Some(25_007));
    assert_eq!(find(7, true).await.unwrap().which, 4);

    let groups = podium
        .run_log_groups(GetLogGroups {
            run: run.clone(),
            step,
        })
        .await
        .unwrap();
    assert_eq!(groups.len() as u64, BATCHES);
    assert_eq!(
        (groups[1].from, groups[1].to, groups[1].title.as_str()),
        (500, 1_000, "TASK [part 1]")
    );

    let listed = podium.run_list(ListRuns::default()).await.unwrap();
    assert_eq!(listed[0].id, run);
    assert_eq!(
        podium.run_list(ListRuns::default()).await.unwrap(),
        listed,
        "the second answer comes from what is kept, and is the same"
    );
}
