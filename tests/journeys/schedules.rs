//! What is due is begun once, agreed to, and told when it cannot. The clock that schedules go by is a file
//! here (`PODIUM_TEST_CLOCK`), so that nights pass in seconds; everything else is as people run it.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::harness::{Desk, Running, demo};
use super::people::note_workspace;

const LONG: Duration = Duration::from_secs(120);

/// A desk whose schedules go by a clock of its own.
fn desk(now: &str) -> Desk {
    let mut desk = Desk::without_tools();
    let clock = desk.root.path().join("clock");
    desk.set("PODIUM_TEST_CLOCK", &clock);
    set_clock(&desk, now);
    desk
}

/// Written whole: nobody reads half a moment.
fn set_clock(desk: &Desk, now: &str) {
    let clock = desk.root.path().join("clock");
    let fresh = desk.root.path().join("clock.fresh");
    fs::write(&fresh, now).unwrap();
    fs::rename(fresh, clock).unwrap();
}

fn schedule(desk: &Desk, name: &str, environment: &str, cron: &str, missed: &str) {
    desk.write(
        &format!("schedules/{name}.yaml"),
        &format!(
            "title: Note of {name}\nworkflow: note\nenvironment: {environment}\ncron: \"{cron}\"\n\
             time_zone: Europe/Berlin\nmissed: {missed}\n"
        ),
    );
}

fn on(desk: &Desk, name: &str) -> Value {
    let ran = desk.podium(&["schedules", "on", name, "--yes", "--json"]);
    ran.expect(0).json()
}

fn watch(desk: &Desk) -> Running {
    desk.start(&["schedules", "watch", "--json"], "")
}

fn get(desk: &Desk, name: &str) -> Value {
    let list = desk.podium(&["schedules", "--json"]).expect(0).json();
    let schedules = list["schedules"].as_array().unwrap();
    let found = schedules.iter().find(|one| one["name"] == name);
    found.unwrap().clone()
}

/// Asks until the schedule is as wanted.
fn until(desk: &Desk, name: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let since = Instant::now();
    loop {
        let one = get(desk, name);
        if wanted(&one) {
            return one;
        }
        assert!(since.elapsed() < LONG, "never {what}: {one:#}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn history(one: &Value) -> Vec<String> {
    let rows = one["history"].as_array().unwrap().iter().rev();
    rows.map(|row| {
        format!(
            "{} {} {}",
            row["there"].as_str().unwrap().split_once(' ').unwrap().1,
            row["what"].as_str().unwrap(),
            row["missed"]
        )
    })
    .collect()
}

/// How the runs of schedules were begun, the oldest first.
fn runs(desk: &Desk) -> Vec<String> {
    let runs = desk.podium(&["runs", "list", "--json"]).expect(0).json();
    let mut told: Vec<String> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|run| {
            let by = &run["schedule"];
            let due = by["due_there"].as_str().unwrap_or("by hand");
            format!("{} {due}", by["schedule"].as_str().unwrap_or("a person"))
        })
        .collect();
    told.reverse();
    told
}

/// Waits until the watch has looked at the moment that the clock shows now: what it says of a schedule that is
/// due each minute, and does nothing but tell that.
fn looked(desk: &Desk, beat: &str) {
    let next = desk
        .podium(&["schedules", "next", beat, "--count", "1", "--json"])
        .expect(0)
        .json();
    let last = next[0]["at"].as_i64().unwrap() - 60_000;
    until(desk, beat, "looked at", |one| {
        one["history"][0]["due"].as_i64() == Some(last)
    });
}

/// A schedule that is due each minute and only tells that it was: it is paused.
fn beat(desk: &Desk) {
    schedule(desk, "beat", "here", "* * * * *", "skip");
    on(desk, "beat");
    let file = desk.workspace.join("schedules/beat.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "inputs: { words: other }\n").unwrap();
}

#[test]
fn each_night_has_one_run_also_where_clocks_are_put_on_and_back() {
    let desk = desk("2026-03-28T12:00:00Z");
    note_workspace(&desk);
    schedule(&desk, "night", "here", "30 2 * * *", "run");
    let view = on(&desk, "night");
    assert_eq!(view["state"], "on");
    assert!(
        view["upcoming"][0]["note"]
            .as_str()
            .unwrap()
            .contains("02:30 does not exist")
    );
    beat(&desk);
    let watch = watch(&desk);
    until(&desk, "night", "watched", |_| {
        let list = desk.podium(&["schedules", "--json"]).expect(0).json();
        list["watched"] == "elsewhere"
    });
    assert_eq!(runs(&desk), [""; 0]);
    // Put on at 02:00: the time that does not exist comes at 03:00.
    set_clock(&desk, "2026-03-29T01:00:10Z");
    until(&desk, "night", "begun", |one| {
        one["history"][0]["run_state"] == "succeeded"
    });
    let first = ["night Sunday 2026-03-29 03:00 (+02:00)"];
    assert_eq!(runs(&desk), first);
    // The clock is set back by an hour by hand, and comes over it again.
    set_clock(&desk, "2026-03-29T00:00:00Z");
    thread::sleep(Duration::from_millis(300));
    set_clock(&desk, "2026-03-29T01:02:10Z");
    looked(&desk, "beat");
    assert_eq!(runs(&desk), first);
    // Put back at 03:00: the time that comes twice comes once.
    set_clock(&desk, "2026-03-29T12:00:00Z");
    desk.podium(&["schedules", "off", "night"]).expect(0);
    set_clock(&desk, "2026-10-24T12:00:00Z");
    on(&desk, "night");
    set_clock(&desk, "2026-10-25T00:30:10Z");
    until(&desk, "night", "begun again", |one| {
        one["history"].as_array().unwrap().len() == 2
    });
    set_clock(&desk, "2026-10-25T01:30:10Z");
    looked(&desk, "beat");
    assert_eq!(
        runs(&desk),
        [first[0], "night Sunday 2026-10-25 02:30 (+02:00)"]
    );
    watch.signal(Signal::INT);
    watch.finish().expect(0);
    let said = desk.podium(&["runs", "show"]).expect(0).stdout.join("\n");
    assert!(
        said.contains("Begun by the schedule Note of night, due Sunday 2026-10-25 02:30 (+02:00)."),
        "{said}"
    );
}

#[test]
fn asleep_over_three_nights_each_policy_does_what_it_says() {
    let desk = desk("2026-06-01T12:00:00Z");
    note_workspace(&desk);
    for policy in ["run", "skip", "ask"] {
        schedule(&desk, policy, "here", "0 2 * * *", policy);
        on(&desk, policy);
    }
    assert!(desk.podium(&["schedules", "missed"]).expect(0).stdout[0].contains("Nothing"),);
    set_clock(&desk, "2026-06-04T09:00:00Z");
    let watch = watch(&desk);
    let made_up = until(&desk, "run", "made up for", |one| {
        one["history"][0]["run_state"] == "succeeded"
    });
    assert_eq!(history(&made_up), ["2026-06-04 02:00 (+02:00) begun 2"]);
    let skipped = until(&desk, "skip", "skipped", |one| {
        !one["history"].as_array().unwrap().is_empty()
    });
    assert_eq!(history(&skipped), ["2026-06-04 02:00 (+02:00) skipped 2"]);
    let asked = until(&desk, "ask", "asked", |one| !one["question"].is_null());
    assert_eq!(asked["question"]["count"], 3);
    assert_eq!(history(&asked), [""; 0]);
    assert_eq!(runs(&desk), ["run Thursday 2026-06-04 02:00 (+02:00)"]);

    // Answered while the other process watches: run once, and never twice.
    let waiting = desk
        .podium(&["schedules", "missed", "--json"])
        .expect(0)
        .json();
    assert_eq!(waiting.as_array().unwrap().len(), 1);
    assert_eq!(waiting[0]["schedule"], "ask");
    desk.podium(&["schedules", "missed", "--run", "ask", "--yes"])
        .expect(0);
    let answered = get(&desk, "ask");
    assert_eq!(history(&answered), ["2026-06-04 02:00 (+02:00) begun 2"]);
    assert!(answered["question"].is_null());
    desk.podium(&["schedules", "missed", "--run", "ask", "--yes", "--json"])
        .expect(1)
        .refused_with("POD0844");

    // Two nights later it is left.
    set_clock(&desk, "2026-06-06T09:00:00Z");
    until(&desk, "ask", "asked again", |one| {
        one["question"]["count"] == 2
    });
    desk.podium(&["schedules", "missed", "--leave", "ask"])
        .expect(0);
    assert_eq!(
        history(&get(&desk, "ask"))[1],
        "2026-06-06 02:00 (+02:00) left 1"
    );
    assert_eq!(runs(&desk).len(), 3);
    watch.signal(Signal::INT);
    watch.finish().expect(0);
}

#[test]
fn a_file_starts_nothing_by_itself_and_one_that_changes_asks_again() {
    let desk = desk("2026-06-01T12:00:00Z");
    note_workspace(&desk);
    schedule(&desk, "night", "here", "0 2 * * *", "run");
    schedule(&desk, "other", "here", "0 2 * * *", "run");
    on(&desk, "other");
    let watch = watch(&desk);
    set_clock(&desk, "2026-06-02T00:00:10Z");
    until(&desk, "other", "begun", |one| {
        one["history"][0]["run_state"] == "succeeded"
    });
    // Nobody has switched the first one on.
    assert_eq!(runs(&desk), ["other Tuesday 2026-06-02 02:00 (+02:00)"]);
    assert_eq!(get(&desk, "night")["state"], "off");

    // A comment means nothing; the workflow of the schedule does.
    let file = desk.workspace.join("workflows/note.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("# only a remark\n{text}")).unwrap();
    assert_eq!(get(&desk, "other")["state"], "on");
    fs::write(&file, text.replace("Bread and soup", "Something else")).unwrap();
    let changed = get(&desk, "other");
    assert_eq!(changed["state"], "changed");
    assert_eq!(changed["changed"], json!(["workflows/note.yaml"]));
    set_clock(&desk, "2026-06-03T00:00:10Z");
    let paused = until(&desk, "other", "told", |one| {
        one["history"].as_array().unwrap().len() == 2
    });
    assert_eq!(history(&paused)[1], "2026-06-03 02:00 (+02:00) skipped 0");
    assert!(
        paused["history"][0]["sentence"]
            .as_str()
            .unwrap()
            .contains("`workflows/note.yaml` has changed")
    );
    assert_eq!(runs(&desk).len(), 1);

    // Agreed to again, it goes on.
    on(&desk, "other");
    set_clock(&desk, "2026-06-04T00:00:10Z");
    until(&desk, "other", "begun again", |one| {
        one["history"][0]["what"] == "begun"
    });
    desk.podium(&["schedules", "off", "other"]).expect(0);
    watch.signal(Signal::INT);
    watch.finish().expect(0);
}

#[test]
fn what_an_environment_asks_for_is_asked_when_it_is_switched_on() {
    let desk = desk("2026-06-01T12:00:00Z");
    note_workspace(&desk);
    for environment in ["dear", "shown", "asked"] {
        schedule(&desk, environment, environment, "0 2 * * *", "run");
    }
    let refused = |args: &[&str], code: &str| {
        let mut all = vec!["schedules", "on", "--json"];
        all.extend(args);
        desk.podium(&all).expect(5).refused_with(code);
    };
    refused(&["dear"], "POD0846");
    refused(&["dear", "--yes"], "POD0716");
    refused(&["dear", "--yes", "--confirm", "here"], "POD0716");
    refused(&["shown", "--yes"], "POD0841");
    desk.podium(&["schedules", "on", "dear", "--yes", "--confirm", "dear"])
        .expect(0);
    on(&desk, "asked");
    desk.write(
        "schedules/set-aside.yaml",
        "workflow: note\nenvironment: here\ncron: \"0 2 * * *\"\ntime_zone: UTC\noff: true\n",
    );
    refused(&["set-aside", "--yes"], "POD0842");
    desk.write("schedules/wrong.yaml", "workflow: nte\nenvironment: hre\ninputs: { wrds: x }\ncron: \"0 2 * * *\"\ntime_zone: UTC\n");
    refused(&["wrong", "--yes"], "POD0841");
    let told = desk.podium(&["validate", "--json"]).expect(1).json();
    let codes: Vec<&str> = told
        .as_array()
        .unwrap()
        .iter()
        .filter(|found| found["address"]["file"] == "schedules/wrong.yaml")
        .map(|found| found["hint"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["Did you mean `here`?", "Did you mean `note`?"]);
    desk.write("schedules/wrong.yaml", "workflow: note\nenvironment: here\ninputs: { wrds: x, words: 3 }\ncron: \"0 2 * * *\"\ntime_zone: UTC\n");
    let told = get(&desk, "wrong")["diagnostics"].clone();
    let places: Vec<String> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            format!(
                "{} {}:{}",
                found["address"]["file"].as_str().unwrap(),
                found["span"]["start"]["line"],
                found["span"]["start"]["column"]
            )
        })
        .collect();
    assert_eq!(places.len(), 2, "{told:#}");
    assert!(
        places.contains(&"schedules/wrong.yaml 3:17".to_owned()),
        "{told:#}"
    );
    assert!(
        places.contains(&"schedules/wrong.yaml 3:27".to_owned()),
        "{told:#}"
    );

    // At its time, one waits for a yes and the other does not.
    let watch = watch(&desk);
    set_clock(&desk, "2026-06-02T00:00:10Z");
    until(&desk, "dear", "done", |one| {
        one["history"][0]["run_state"] == "succeeded"
    });
    until(&desk, "asked", "waiting", |one| {
        one["history"][0]["run_state"] == "waiting"
    });
    // The next night it still waits, so nothing more is begun.
    set_clock(&desk, "2026-06-03T00:00:10Z");
    let told = until(&desk, "asked", "told", |one| {
        one["history"].as_array().unwrap().len() == 2
    });
    assert!(
        told["history"][0]["sentence"]
            .as_str()
            .unwrap()
            .contains("still waits for somebody")
    );
    watch.signal(Signal::INT);
    watch.finish().expect(0);
}

#[test]
fn what_cannot_be_previewed_is_told_once_and_not_tried_again() {
    let desk = desk("2026-06-01T12:00:00Z");
    note_workspace(&desk);
    desk.write(
        "workflows/note.yaml",
        "podium: 1\nname: Needs a tool\nsteps:\n  network:\n    uses: terraform/apply\n    with: { directory: infra }\n",
    );
    desk.write("infra/main.tf", "");
    schedule(&desk, "night", "here", "0 2 * * *", "run");
    on(&desk, "night");
    beat(&desk);
    let watch = watch(&desk);
    set_clock(&desk, "2026-06-02T00:00:10Z");
    let told = until(&desk, "night", "told", |one| {
        !one["history"].as_array().unwrap().is_empty()
    });
    assert_eq!(history(&told), ["2026-06-02 02:00 (+02:00) failed 0"]);
    assert_eq!(told["history"][0]["error"]["code"], "POD0714");
    set_clock(&desk, "2026-06-02T00:01:30Z");
    looked(&desk, "beat");
    assert_eq!(history(&get(&desk, "night")).len(), 1);
    assert_eq!(runs(&desk), [""; 0]);
    watch.signal(Signal::INT);
    watch.finish().expect(0);
}

#[test]
fn two_processes_begin_it_once_and_the_second_goes_on_when_the_first_is_killed() {
    let desk = desk("2026-06-01T12:00:00Z");
    note_workspace(&desk);
    schedule(&desk, "night", "here", "0 2 * * *", "run");
    on(&desk, "night");
    let mut first = watch(&desk);
    let is_here = |watch: &mut Running| {
        while let Some(line) = watch.next() {
            let said: Value = serde_json::from_str(&line).unwrap();
            if said["watch"] == "watch" && said["value"] == "here" {
                return;
            }
        }
        panic!("it ended before it watched");
    };
    is_here(&mut first);
    let mut second = watch(&desk);
    set_clock(&desk, "2026-06-02T00:00:10Z");
    until(&desk, "night", "begun", |one| {
        one["history"][0]["run_state"] == "succeeded"
    });
    assert_eq!(runs(&desk).len(), 1);
    first.signal(Signal::KILL);
    assert_eq!(first.finish().code, None);
    is_here(&mut second);
    set_clock(&desk, "2026-06-03T00:00:10Z");
    until(&desk, "night", "begun by the second", |one| {
        one["history"].as_array().unwrap().len() == 2
            && one["history"][0]["run_state"] == "succeeded"
    });
    assert_eq!(
        runs(&desk),
        [
            "night Tuesday 2026-06-02 02:00 (+02:00)",
            "night Wednesday 2026-06-03 02:00 (+02:00)"
        ]
    );
    second.signal(Signal::INT);
    second.finish().expect(0);
}

#[test]
fn killed_between_its_time_and_its_run_it_is_begun_once_after() {
    let desk = desk("2026-06-01T12:00:00Z");
    desk.copy(&demo());
    on(&desk, "nightly-care");
    // The far system takes its time, so that the preview does.
    desk.podium(&["practice", "weather", "cloudify", "slow:4000"])
        .expect(0);
    let first = watch(&desk);
    set_clock(&desk, "2026-06-02T00:00:10Z");
    let noted = || {
        let folder = fs::read_dir(desk.home.join("schedules")).unwrap();
        let file = folder
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|ending| ending == "json"))
            .unwrap();
        let kept: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        kept["schedules"]["nightly-care"]["begun"]["run"]
            .as_str()
            .map(str::to_owned)
    };
    let since = Instant::now();
    let run = loop {
        if let Some(run) = noted() {
            break run;
        }
        assert!(since.elapsed() < LONG, "never noted");
        thread::sleep(Duration::from_millis(5));
    };
    first.signal(Signal::KILL);
    assert_eq!(first.finish().code, None);
    assert_eq!(runs(&desk), [""; 0], "it was killed before the run");
    desk.podium(&["practice", "weather", "cloudify", "--clear"])
        .expect(0);

    let second = watch(&desk);
    let told = until(&desk, "nightly-care", "begun", |one| {
        one["history"][0]["what"] == "begun"
    });
    assert_eq!(history(&told), ["2026-06-02 02:00 (+02:00) begun 0"]);
    assert_eq!(
        told["history"][0]["run"],
        json!(run),
        "under the id that was noted"
    );
    assert_eq!(
        runs(&desk),
        ["nightly-care Tuesday 2026-06-02 02:00 (+02:00)"]
    );
    second.signal(Signal::KILL);
    second.finish();
    // Killed after: nothing is begun a second time.
    let third = watch(&desk);
    until(&desk, "nightly-care", "watched", |_| {
        let list = desk.podium(&["schedules", "--json"]).expect(0).json();
        list["watched"] == "elsewhere"
    });
    assert_eq!(runs(&desk).len(), 1);
    third.signal(Signal::KILL);
    third.finish();

    // Killed before its run, and found the next noon: a person is asked, as the schedule says.
    let desk = self::desk("2026-06-01T12:00:00Z");
    desk.copy(&demo());
    on(&desk, "nightly-care");
    desk.podium(&["practice", "weather", "cloudify", "slow:4000"])
        .expect(0);
    let first = watch(&desk);
    set_clock(&desk, "2026-06-02T00:00:10Z");
    let kept = || {
        fs::read_dir(desk.home.join("schedules"))
            .unwrap()
            .any(|entry| {
                fs::read_to_string(entry.unwrap().path())
                    .is_ok_and(|text| text.contains("\"begun\""))
            })
    };
    let since = Instant::now();
    while !kept() {
        assert!(since.elapsed() < LONG, "never noted");
        thread::sleep(Duration::from_millis(5));
    }
    first.signal(Signal::KILL);
    first.finish();
    set_clock(&desk, "2026-06-02T10:00:00Z");
    let second = watch(&desk);
    until(&desk, "nightly-care", "asked", |one| {
        one["question"]["count"] == 1
    });
    assert_eq!(runs(&desk), [""; 0]);
    second.signal(Signal::INT);
    second.finish().expect(0);
}
