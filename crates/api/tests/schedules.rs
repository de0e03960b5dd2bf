//! What a screen does with schedules: looks, agrees, tries.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;
use std::time::Duration;

use podium_api::Podium;
use podium_api::runtime::Home;
use podium_api::types::{
    Empty, GetRun, GetSchedule, MakePreview, RunSchedule, ScheduleName, ScheduleState,
    ScheduleView, StartRun, SwitchOn, Watched,
};
use serde_json::Map;

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

struct Bed {
    workspace: tempfile::TempDir,
    home: tempfile::TempDir,
    podium: Podium,
}

impl Bed {
    async fn new() -> Self {
        let workspace = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        let folder = workspace.path();
        write(folder, "podium.yaml", "podium: 1\nname: Test\n");
        write(folder, "environments/play.yaml", "title: Spielwiese\n");
        write(
            folder,
            "workflows/soup.yaml",
            "podium: 1\nname: Suppe\nsteps:\n  page:\n    uses: file/render\n    with: { text: soup, to: a.txt }\n",
        );
        write(
            folder,
            "schedules/jede-nacht.yaml",
            "title: Jede Nacht ☾\nworkflow: soup\nenvironment: play\ncron: \"0 2 * * *\"\ntime_zone: Europe/Berlin\n",
        );
        let podium = Podium::open_at(folder, Home::at(home.path()).unwrap())
            .await
            .unwrap();
        Self {
            workspace,
            home,
            podium,
        }
    }

    async fn get(&self) -> ScheduleView {
        let schedule = "jede-nacht".to_owned();
        let request = GetSchedule {
            schedule,
            count: None,
        };
        self.podium.schedule_get(request).await.unwrap()
    }

    fn yes(view: &ScheduleView) -> SwitchOn {
        SwitchOn {
            schedule: view.name.clone(),
            fingerprint: view.fingerprint.clone(),
            confirm: None,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_shown_is_not_agreed_to() {
    let bed = Bed::new().await;
    let seen = bed.get().await;
    assert_eq!(seen.state, ScheduleState::Off);
    assert_eq!(seen.upcoming.len(), 10);
    assert_eq!(seen.words, "each day at 02:00, Europe/Berlin");
    assert!(seen.promise[0].contains("`Suppe` in Spielwiese"));
    // Somebody fetches another workflow before the click.
    let file = bed.workspace.path().join("workflows/soup.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("text: soup", "text: salt")).unwrap();
    let refused = bed.podium.schedule_on(Bed::yes(&seen)).await.unwrap_err();
    assert_eq!(refused.code.as_str(), "POD0843");
    assert_eq!(bed.get().await.state, ScheduleState::Off);
    let on = bed
        .podium
        .schedule_on(Bed::yes(&bed.get().await))
        .await
        .unwrap();
    assert_eq!(on.state, ScheduleState::On);
    assert!(on.on_by.is_some());
    let off = bed
        .podium
        .schedule_off(ScheduleName {
            schedule: on.name.clone(),
        })
        .await
        .unwrap();
    assert_eq!((off.state, off.on_by), (ScheduleState::Off, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_hears_that_something_was_switched_and_who_watches() {
    let bed = Bed::new().await;
    let mut batches = bed.podium.subscribe();
    let list = bed.podium.schedule_list(Empty {}).await.unwrap();
    assert_eq!(list.watched, Watched::Nobody);
    bed.podium
        .schedule_on(Bed::yes(&bed.get().await))
        .await
        .unwrap();
    bed.podium.watch_schedules();
    let mut heard = Vec::new();
    while bed.podium.schedule_list(Empty {}).await.unwrap().watched != Watched::Here
        || heard.is_empty()
    {
        let batch = tokio::time::timeout(Duration::from_secs(60), batches.next());
        heard.extend(batch.await.unwrap().unwrap().stale);
    }
    assert!(heard.contains(&"schedule.list".to_owned()), "{heard:?}");
    assert!(heard.contains(&"schedule.get".to_owned()), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_tried_says_which_schedule_it_is_of() {
    let bed = Bed::new().await;
    let request = RunSchedule {
        schedule: "jede-nacht".into(),
        missed: false,
    };
    let start = |hash: String| StartRun {
        hash,
        confirm: None,
        approve: false,
        override_window: None,
    };
    let view = bed.podium.schedule_preview(request.clone()).await.unwrap();
    let tried = bed
        .podium
        .run_start(start(view.preview.hash))
        .await
        .unwrap();
    let get = |run| GetRun { run, at: None };
    let run = bed.podium.run_get(get(tried.run)).await.unwrap();
    let of = run.schedule.unwrap();
    assert_eq!((of.title.as_str(), of.due), ("Jede Nacht ☾", None));
    // The same preview, made by itself, is of no schedule.
    let view = bed
        .podium
        .preview_make(MakePreview {
            workflow: "soup".into(),
            environment: Some("play".parse().unwrap()),
            inputs: Map::new(),
        })
        .await
        .unwrap();
    let plain = bed
        .podium
        .run_start(start(view.preview.hash))
        .await
        .unwrap();
    assert!(
        bed.podium
            .run_get(get(plain.run))
            .await
            .unwrap()
            .schedule
            .is_none()
    );
    // Nothing was missed, so nothing can be made up for.
    let missed = RunSchedule {
        missed: true,
        ..request
    };
    let refused = bed.podium.schedule_preview(missed).await.unwrap_err();
    assert_eq!(refused.code.as_str(), "POD0844");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_and_damaged_is_told_and_left_alone() {
    let bed = Bed::new().await;
    bed.podium
        .schedule_on(Bed::yes(&bed.get().await))
        .await
        .unwrap();
    let folder = bed.home.path().join("schedules");
    let file = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "json"))
        .unwrap();
    std::fs::write(&file, "{\"podium\": \"schedules/1\", ").unwrap();
    let list = bed.podium.schedule_list(Empty {}).await.unwrap();
    assert_eq!(list.schedules.len(), 1);
    assert_eq!(list.problem.unwrap().code.as_str(), "POD0847");
    let request = SwitchOn {
        schedule: "jede-nacht".into(),
        fingerprint: list.schedules[0].fingerprint.clone(),
        confirm: None,
    };
    let refused = bed.podium.schedule_on(request).await.unwrap_err();
    assert_eq!(refused.code.as_str(), "POD0847");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "{\"podium\": \"schedules/1\", "
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_there_is_told_with_the_nearest() {
    let bed = Bed::new().await;
    for name in ["jede-nach", "../workflows/soup", ""] {
        let refused = bed
            .podium
            .schedule_get(GetSchedule {
                schedule: name.into(),
                count: None,
            })
            .await
            .unwrap_err();
        assert_eq!(refused.code.as_str(), "POD0840", "{name}");
    }
}
