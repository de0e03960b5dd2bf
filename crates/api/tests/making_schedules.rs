//! Making a schedule through the commands, as the window does.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use podium_api::Podium;
use podium_api::runtime::Home;
use serde_json::{Value, json};

const WORKFLOW: &str = "podium: 1\nname: Shop\ninputs:\n  words: { type: string, default: soup }\nsteps:\n  \
    page:\n    uses: file/render\n    with: { text: \"${{ inputs.words }}\", to: a.txt }\n";

struct Bed {
    workspace: tempfile::TempDir,
    _home: tempfile::TempDir,
    podium: Podium,
}

impl Bed {
    async fn new() -> Self {
        let workspace = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("podium.yaml", "podium: 1\n"),
            ("environments/play.yaml", "practice: true\n"),
            ("workflows/shop.yaml", WORKFLOW),
        ] {
            let path = workspace.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let podium = Podium::open_at(workspace.path(), Home::at(home.path()).unwrap())
            .await
            .unwrap();
        Self {
            workspace,
            _home: home,
            podium,
        }
    }

    fn files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.workspace.path().join("schedules")) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn nightly() -> Value {
    json!({
        "title": "Größe: \"prüfen\" # jede Nacht", "workflow": "shop", "environment": "play",
        "inputs": { "words": "bread: 1\n- and more" }, "cron": "0 2 * * *", "time_zone": "Europe/Berlin",
        "missed": "run",
    })
}

#[tokio::test]
async fn a_schedule_is_a_file_that_says_what_was_meant_and_is_off() {
    let bed = Bed::new().await;
    let made = bed.podium.call("schedule.create", nightly()).await.unwrap();
    assert_eq!(made["state"], "off", "{made}");
    assert_eq!(made["diagnostics"], json!([]));
    for name in [
        "title",
        "workflow",
        "environment",
        "inputs",
        "cron",
        "time_zone",
        "missed",
    ] {
        assert_eq!(made[name], nightly()[name], "{name}");
    }
    assert_eq!(made["words"], "each day at 02:00, Europe/Berlin");
    // Another one of that title gets a file of its own.
    bed.podium.call("schedule.create", nightly()).await.unwrap();
    assert_eq!(
        bed.files(),
        [
            "größe-prüfen-jede-nacht-2.yaml",
            "größe-prüfen-jede-nacht.yaml"
        ]
    );
    let all = bed.podium.call("schedule.list", json!({})).await.unwrap();
    assert_eq!(all["schedules"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_is_written_where_something_is_wrong_and_what_is_said_at_its_field() {
    let bed = Bed::new().await;
    let mut wrong = nightly();
    wrong["cron"] = json!("0 25 * * *");
    wrong["time_zone"] = json!("Europe/Berln");
    let refused = bed.podium.call("schedule.create", wrong).await.unwrap_err();
    assert_eq!(refused.diagnostics.len(), 2, "{refused:?}");
    assert_eq!(bed.files(), Vec::<String>::new());

    let when = |cron: &str, zone: &str| {
        let asked = json!({ "cron": cron, "time_zone": zone });
        bed.podium.call("schedule.when", asked)
    };
    let told = when("0 25 * * *", "Europe/Berln").await.unwrap();
    assert!(
        told["cron_problem"].as_str().unwrap().contains("0 to 23"),
        "{told}"
    );
    assert!(
        told["zone_problem"]
            .as_str()
            .unwrap()
            .contains("Europe/Berlin"),
        "{told}"
    );
    assert_eq!(told["upcoming"], json!([]));
    let told = when("30 6 * * mon-fri", "America/New_York").await.unwrap();
    assert_eq!(
        (&told["cron_problem"], &told["zone_problem"]),
        (&Value::Null, &Value::Null)
    );
    assert!(
        told["words"]
            .as_str()
            .unwrap()
            .ends_with("America/New_York"),
        "{told}"
    );
    assert_eq!(told["upcoming"].as_array().unwrap().len(), 3);
    let there = told["upcoming"][0]["there"].as_str().unwrap();
    assert!(there.contains("06:30"), "{there}");
}
