//! The journal keeps what it acknowledged, says what it lost, and never panics on a broken file.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use podium_engine::Event;
use podium_engine::event::{EventBody, RunEvent, StepEvent};
use podium_journal::{Journal, LogOf, Options};
use serde_json::{Value, json};

fn options() -> Options {
    Options {
        reserve: 0,
        ..Options::default()
    }
}

fn open(folder: &Path) -> Journal {
    Journal::open_with(folder, &options()).unwrap()
}

fn event(run: &str, seq: u64, kind: &str, step: Option<&str>, data: &Value) -> Event {
    let mut value = json!({
        "podium": "event/1", "run": run, "seq": seq, "at": "2026-01-02T03:04:05.678Z",
        "type": kind, "data": data,
    });
    if let Some(step) = step {
        value["step"] = json!(step);
        value["attempt"] = json!(1);
    }
    serde_json::from_value(value).unwrap()
}

fn created(run: &str) -> Event {
    let plan = json!({
        "workflow": "open-branch", "title": "Eröffnung 開店", "environment": "play",
        "mode": "simulated", "inputs": {}, "environment_values": {"name": "play", "vars": {}},
        "slots": {}, "credentials": {}, "steps": [], "outputs": {}, "approval": false,
    });
    let preview = json!({
        "podium": "preview/1", "hash": "sha256:00", "workflow": "open-branch",
        "environment": "play", "inputs": {}, "identities": [],
        "summary": {"create": 0, "update": 0, "replace": 0, "delete": 0, "run": 0, "unknown": 0,
                    "words": "Changes nothing."},
        "steps": [],
    });
    let data = json!({"plan": plan, "preview": preview, "by": "ada"});
    event(run, 1, "run.created", None, &data)
}

fn log(run: &str, seq: u64, lines: &[String]) -> Event {
    let lines: Vec<Value> = lines
        .iter()
        .map(|text| json!({"level": "info", "text": text}))
        .collect();
    event(
        run,
        seq,
        "step.log",
        Some("servers"),
        &json!({"lines": lines}),
    )
}

fn note(run: &str, seq: u64, words: &str) -> Event {
    event(
        run,
        seq,
        "step.progress",
        Some("servers"),
        &json!({"words": words}),
    )
}

#[test]
fn gives_back_what_was_appended_after_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let events = [
        created("run_a"),
        event("run_a", 2, "run.started", None, &json!({})),
        note("run_a", 3, "Creating 部品 \u{1f680}"),
    ];
    open(folder.path()).append(&events).unwrap();

    let journal = open(folder.path());
    let run = "run_a".parse().unwrap();
    assert_eq!(journal.events(&run, 1, 100).unwrap(), events);
    assert_eq!(journal.events(&run, 2, 1).unwrap(), events[1..2]);
    let row = journal.run(&run).unwrap().unwrap();
    assert_eq!(
        (row.title.as_str(), row.state.as_str(), row.last_seq),
        ("Eröffnung 開店", "running", 3)
    );
    assert!(journal.notes().is_empty());
}

#[test]
fn refuses_a_gap_and_keeps_nothing_of_that_call() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let error = journal
        .append(&[created("run_a"), note("run_a", 3, "too far")])
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0605");
    assert!(journal.runs().unwrap().is_empty());

    journal.append(&[created("run_a")]).unwrap();
    let again = journal.append(&[created("run_a")]).unwrap_err();
    assert_eq!(again.code.as_str(), "POD0605");
}

#[test]
fn lists_runs_by_what_their_events_say() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    journal
        .append(&[
            created("run_a"),
            created("run_b"),
            event("run_b", 2, "run.started", None, &json!({})),
            event(
                "run_b",
                3,
                "run.waiting",
                None,
                &json!({"for": [{"what": "approval", "step": "servers"}]}),
            ),
        ])
        .unwrap();
    assert_eq!(
        journal
            .run(&"run_b".parse().unwrap())
            .unwrap()
            .unwrap()
            .state,
        "waiting"
    );
    journal.append(&[note("run_b", 4, "still there")]).unwrap();
    assert_eq!(
        journal
            .run(&"run_b".parse().unwrap())
            .unwrap()
            .unwrap()
            .state,
        "waiting"
    );
    journal
        .append(&[
            event(
                "run_b",
                5,
                "step.ready",
                Some("servers"),
                &json!({"inputs": {}}),
            ),
            event(
                "run_a",
                2,
                "run.cancelled",
                None,
                &json!({"by": "ada", "still_running": []}),
            ),
        ])
        .unwrap();
    assert_eq!(
        journal
            .run(&"run_b".parse().unwrap())
            .unwrap()
            .unwrap()
            .state,
        "running"
    );
    let open: Vec<String> = journal
        .open_runs()
        .unwrap()
        .iter()
        .map(|row| row.run.to_string())
        .collect();
    assert_eq!(open, ["run_b"]);
}

#[test]
fn reads_log_lines_by_range_over_batches() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let mut events = vec![created("run_a")];
    let mut number = 0;
    for batch in 0..40_u64 {
        let lines: Vec<String> = (0..=batch)
            .map(|_| {
                number += 1;
                format!("line {}", number - 1)
            })
            .collect();
        events.push(log("run_a", batch + 2, &lines));
    }
    journal.append(&events).unwrap();
    let run = "run_a".parse().unwrap();
    let index = journal.log_index(&run, LogOf::Step("servers")).unwrap();
    assert_eq!(index.total(), 820);
    for (from, limit) in [
        (0, 1),
        (0, 820),
        (1, 2),
        (411, 37),
        (800, 100),
        (900, 5),
        (5, 0),
    ] {
        let lines = journal.log_lines(&run, &index, from, limit).unwrap();
        let expected: Vec<String> = (from..(from + limit as u64).min(820))
            .map(|number| format!("line {number}"))
            .collect();
        let texts: Vec<String> = lines.iter().map(|line| line.line.text.clone()).collect();
        assert_eq!(texts, expected, "from {from}, limit {limit}");
        let numbers: Vec<u64> = lines.iter().map(|line| line.number).collect();
        assert!(numbers.is_sorted() && numbers.first().is_none_or(|first| *first == from));
    }
}

#[test]
fn the_log_of_a_step_holds_its_elements_in_the_order_they_spoke_and_no_other_step() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let said = |seq: u64, step: &str, text: &str| {
        let data = json!({"lines": [{"level": "info", "text": text}]});
        event("run_a", seq, "step.log", Some(step), &data)
    };
    journal
        .append(&[
            created("run_a"),
            said(2, "servers[0]", "first"),
            said(3, "servers_old", "another step"),
            said(4, "servers[1]", "second"),
            note("run_a", 5, "no log"),
            said(6, "servers", "third"),
            said(7, "servers[0]", "fourth"),
        ])
        .unwrap();
    let run = "run_a".parse().unwrap();
    let read = |of| {
        let index = journal.log_index(&run, of).unwrap();
        let lines = journal.log_lines(&run, &index, 0, 100).unwrap();
        let texts: Vec<String> = lines.into_iter().map(|line| line.line.text).collect();
        texts.join(", ")
    };
    assert_eq!(read(LogOf::Step("servers")), "first, second, third, fourth");
    assert_eq!(read(LogOf::Step("servers[0]")), "first, fourth");
    assert_eq!(read(LogOf::Step("server")), "");
    assert_eq!(
        read(LogOf::Run),
        "first, another step, second, third, fourth"
    );

    // The view of the run is made from the rest, and knows how many lines each has.
    let seqs: Vec<u64> = journal
        .events_without_log(&run, 1)
        .unwrap()
        .iter()
        .map(|event| event.seq)
        .collect();
    assert_eq!(seqs, [1, 5]);
    assert_eq!(
        journal.log_lengths(&run, 4).unwrap(),
        [
            ("servers[0]".to_owned(), 1),
            ("servers[1]".to_owned(), 1),
            ("servers_old".to_owned(), 1)
        ]
    );
}

#[test]
fn a_second_writer_is_told_so_and_a_reader_reads_on() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    journal.append(&[created("run_a")]).unwrap();
    let error = Journal::open_with(folder.path(), &options()).unwrap_err();
    assert_eq!(error.code.as_str(), "POD0601");
    assert!(error.hint.is_some());

    let reader = Journal::open_read_only(folder.path()).unwrap();
    assert_eq!(reader.runs().unwrap().len(), 1);
    assert_eq!(
        reader
            .append(&[note("run_a", 2, "no")])
            .unwrap_err()
            .code
            .as_str(),
        "POD0601"
    );
    journal.append(&[note("run_a", 2, "yes")]).unwrap();
    assert_eq!(reader.last_seq(&"run_a".parse().unwrap()).unwrap(), 2);
}

#[test]
fn a_writer_whose_number_was_taken_over_is_fenced() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    journal.append(&[created("run_a")]).unwrap();
    raw(folder.path())
        .execute("UPDATE meta SET value = value + 1", [])
        .unwrap();
    let error = journal.append(&[note("run_a", 2, "late")]).unwrap_err();
    assert_eq!(error.code.as_str(), "POD0602");
    assert_eq!(journal.last_seq(&"run_a".parse().unwrap()).unwrap(), 1);
}

fn raw(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("journal.db")).unwrap()
}

#[test]
fn a_file_of_a_newer_version_is_read_and_never_written() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).append(&[created("run_a")]).unwrap();
    raw(folder.path())
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let journal = open(folder.path());
    assert!(!journal.can_write());
    assert_eq!(journal.notes()[0].code.as_str(), "POD0606");
    assert_eq!(journal.runs().unwrap().len(), 1);
    let error = journal.append(&[note("run_a", 2, "no")]).unwrap_err();
    assert_eq!(error.code.as_str(), "POD0606");
}

#[cfg(unix)]
#[test]
fn folder_and_files_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("deep/home");
    let journal = open(&home);
    journal.append(&[created("run_a")]).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    for entry in std::fs::read_dir(&home).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_full_disk_gives_a_code_and_keeps_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    journal.append(&[created("run_a")]).unwrap();
    journal.limit_pages_for_tests(40);
    let mut seq = 1;
    let error = loop {
        let lines: Vec<String> = (0..50)
            .map(|line| format!("{line} {}", "x".repeat(200)))
            .collect();
        match journal.append(&[log("run_a", seq + 1, &lines)]) {
            Ok(()) => seq += 1,
            Err(error) => break error,
        }
        assert!(seq < 1000, "the limit was never reached");
    };
    assert_eq!(error.code.as_str(), "POD0604");
    assert!(journal.is_low());
    let run = "run_a".parse().unwrap();
    assert_eq!(journal.events(&run, 1, 10_000).unwrap().len() as u64, seq);
    journal.limit_pages_for_tests(100_000);
    journal
        .append(&[note("run_a", seq + 1, "space again")])
        .unwrap();
}

#[test]
fn the_reserve_is_given_back_when_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open_with(
        folder.path(),
        &Options {
            reserve: 256 * 1024,
            ..options()
        },
    )
    .unwrap();
    let reserve = folder.path().join("reserve");
    assert_eq!(std::fs::metadata(&reserve).unwrap().len(), 256 * 1024);
    journal.limit_pages_for_tests(1);
    let large = vec!["x".repeat(1000); 1000];
    let error = journal
        .append(&[created("run_a"), log("run_a", 2, &large)])
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0604");
    assert!(!reserve.exists());
}

#[test]
fn damaged_bytes_anywhere_never_panic_and_lose_no_whole_run_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let events: Vec<Event> = std::iter::once(created("run_a"))
        .chain((2..120).map(|seq| note("run_a", seq, &"words ".repeat(20))))
        .collect();
    {
        let journal = open(folder.path());
        journal.append(&events).unwrap();
        journal.put_blob("draft", "a", b"kept").unwrap();
    }
    raw(folder.path())
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let whole = std::fs::read(folder.path().join("journal.db")).unwrap();
    let mut moved = 0;
    for place in (0..whole.len()).step_by(whole.len() / 40) {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("journal.db");
        std::fs::write(&path, &whole).unwrap();
        let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(place as u64)).unwrap();
        file.write_all(&[0xA5; 64]).unwrap();
        drop(file);
        let journal = open(here.path());
        let read = journal.events(&"run_a".parse().unwrap(), 1, 1000);
        match (read, journal.notes()) {
            (Ok(read), []) => assert_eq!(read, events, "at {place}"),
            (Ok(read), [note]) => {
                assert_eq!(note.code.as_str(), "POD0603", "at {place}");
                assert_eq!(read, events[..read.len()], "at {place}");
                assert!(here.path().join("journal.db.damaged-1").exists());
                moved += 1;
            }
            (Err(error), _) => assert_eq!(error.code.as_str(), "POD0608", "at {place}"),
            (_, notes) => panic!("{notes:?}"),
        }
    }
    assert!(moved > 0, "no damage was found at all");
}

#[test]
fn a_file_that_is_no_database_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("journal.db"),
        "this is no database ".repeat(500),
    )
    .unwrap();
    let journal = open(folder.path());
    assert_eq!(journal.notes()[0].code.as_str(), "POD0603");
    journal.append(&[created("run_a")]).unwrap();
}

#[test]
fn a_row_that_was_changed_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    journal
        .append(&[created("run_a"), note("run_a", 2, "all is well")])
        .unwrap();
    raw(folder.path())
        .execute(
            "UPDATE event SET payload = replace(payload, 'well', 'ill!') WHERE seq = 2",
            [],
        )
        .unwrap();
    let error = journal
        .events(&"run_a".parse().unwrap(), 1, 10)
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0608");
}

#[test]
fn keeps_blobs_by_kind_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    assert_eq!(journal.get_blob("history", "a.yaml").unwrap(), None);
    journal.put_blob("history", "a.yaml", &[1, 2]).unwrap();
    journal.put_blob("history", "a.yaml", &[3]).unwrap();
    journal.put_blob("draft", "b", &[]).unwrap();
    assert_eq!(
        journal.get_blob("history", "a.yaml").unwrap(),
        Some(vec![3])
    );
    assert_eq!(journal.blob_keys("history").unwrap(), ["a.yaml"]);
    journal.delete_blob("history", "a.yaml").unwrap();
    assert_eq!(journal.get_blob("history", "a.yaml").unwrap(), None);
}

#[test]
fn a_snapshot_is_a_whole_journal() {
    let folder = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    journal.append(&[created("run_a")]).unwrap();
    journal.snapshot(&copy.path().join("journal.db")).unwrap();
    assert_eq!(open(copy.path()).runs().unwrap(), journal.runs().unwrap());
}

const CHILD: &str = "PODIUM_TEST_JOURNAL_FOLDER";

/// Not a test by itself: the writer that the next test kills.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Ok(folder) = std::env::var(CHILD) else {
        return;
    };
    let journal = open(Path::new(&folder));
    let run = "run_a".parse().unwrap();
    let mut last = journal.last_seq(&run).unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "open").unwrap();
    loop {
        let events: Vec<Event> = (1..=1 + last % 5)
            .map(|more| match last + more {
                1 => created("run_a"),
                seq => note("run_a", seq, "under way"),
            })
            .collect();
        journal.append(&events).unwrap();
        last += events.len() as u64;
        writeln!(out, "acknowledged {last}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_killed_writer_loses_no_acknowledged_event() {
    let folder = tempfile::tempdir().unwrap();
    let run = "run_a".parse().unwrap();
    let mut before = 0;
    for round in 0..12_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child_that_writes_until_it_is_killed",
                "--nocapture",
            ])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut acknowledged = before;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut left = 3 + round * 7;
        while let Some(Ok(line)) = lines.next() {
            if let Some(seq) = line.split("acknowledged ").nth(1) {
                acknowledged = seq.parse().unwrap();
                left = u64::saturating_sub(left, 1);
                if left == 0 {
                    let _ = child.kill();
                }
            }
        }
        child.wait().unwrap();
        let journal = open(folder.path());
        assert!(journal.notes().is_empty(), "{:?}", journal.notes());
        let events = journal.events(&run, 1, usize::MAX).unwrap();
        assert!(events.len() as u64 >= acknowledged && acknowledged > before);
        assert!(events.iter().zip(1..).all(|(event, seq)| event.seq == seq));
        before = events.len() as u64;
    }
}

#[test]
fn events_of_a_run_come_back_as_the_types_that_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    journal
        .append(&[created("run_a"), log("run_a", 2, &["a".to_owned()])])
        .unwrap();
    let events = journal.events(&"run_a".parse().unwrap(), 1, 9).unwrap();
    assert!(matches!(
        &events[0].body,
        EventBody::Run(RunEvent::Created(_))
    ));
    assert!(matches!(
        &events[1].body,
        EventBody::Step { event: StepEvent::Log(log), .. } if log.lines.len() == 1
    ));
}

#[test]
fn runs_that_are_forgotten_leave_nothing_and_take_nothing_along() {
    let folder = tempfile::tempdir().unwrap();
    let (gone, stays) = (
        "run_01ARZ3NDEKTSV4RRFFQ69G5FA1",
        "run_01ARZ3NDEKTSV4RRFFQ69G5FA2",
    );
    let journal = open(folder.path());
    for run in [gone, stays] {
        let words = format!("words of {run}");
        journal
            .append(&[created(run), log(run, 2, &[words])])
            .unwrap();
        journal.put_blob("layout", run, run.as_bytes()).unwrap();
        journal.put_blob("draft", run, run.as_bytes()).unwrap();
    }
    let run = gone.parse().unwrap();
    journal
        .forget(std::slice::from_ref(&run), &["layout"])
        .unwrap();
    journal
        .forget(std::slice::from_ref(&run), &["layout"])
        .unwrap();
    journal.compact().unwrap();

    assert!(journal.run(&run).unwrap().is_none());
    assert!(journal.events(&run, 1, 9).unwrap().is_empty());
    assert_eq!(journal.log_index(&run, LogOf::Run).unwrap().total(), 0);
    assert_eq!(journal.blob_keys("layout").unwrap(), [stays]);
    // Another kind is somebody else's.
    assert_eq!(journal.blob_keys("draft").unwrap().len(), 2);
    assert_eq!(
        journal.events(&stays.parse().unwrap(), 1, 9).unwrap().len(),
        2
    );
    drop(journal);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains(&format!("words of {gone}")));
    }
    // The same run may come again, as a record of it would.
    open(folder.path()).append(&[created(gone)]).unwrap();
}
