//! Removing the demo: nothing of it is left, and nothing of anybody else is touched.
//!
//! What a removal leaves, and what is left out of the comparison for that: the files of the journal and the
//! vault (their content is compared by asking for it), their locks, the records of the vault's log, and
//! folders of processes that are swept by the next one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::harness::{Desk, contains, difference, plain_words, run_of, tree};
use super::people::note_workspace;

/// A desk of somebody with a workspace, a credential and a run of their own, and the demo's folder, of a
/// name that is hard on programs.
struct Both {
    desk: Desk,
    own: PathBuf,
    demo: PathBuf,
    run: String,
}

impl Both {
    fn new() -> Self {
        let desk = Desk::new(&["/usr/bin".into(), "/bin".into()]);
        note_workspace(&desk);
        desk.credential(
            "mine",
            "secret",
            &[],
            "{\"value\": \"a word that is mine alone\"}",
        );
        let events = desk
            .podium(&["run", "note", "--yes", "--json"])
            .expect(0)
            .events();
        let own = desk.workspace.clone();
        let demo = desk
            .root
            .path()
            .canonicalize()
            .unwrap()
            .join("über uns/Vorführung 1");
        Self {
            run: run_of(&events).to_owned(),
            desk,
            own,
            demo,
        }
    }

    fn make(&mut self) {
        self.desk.workspace.clone_from(&self.own);
        let demo = self.demo.to_str().unwrap().to_owned();
        let made = self.desk.podium(&["demo", &demo]).expect(0);
        assert!(
            !made.stdout.join("\n").contains("not now"),
            "{:?}",
            made.stdout
        );
        self.desk.workspace.clone_from(&self.demo);
    }

    /// Removes it; what went, and what stayed.
    fn remove(&mut self, more: &[&str]) -> (Vec<String>, Vec<Value>) {
        self.desk.workspace.clone_from(&self.own);
        let demo = self.demo.to_str().unwrap().to_owned();
        let mut args = vec!["demo", &demo, "--remove", "--yes", "--json"];
        args.extend(more);
        let removed = self.desk.podium(&args).expect(0);
        let last: Value = serde_json::from_str(removed.stdout.last().unwrap()).unwrap();
        assert_eq!(last["removed"], true, "{removed:?}");
        let gone = serde_json::from_value(last["gone"].clone()).unwrap();
        (gone, last["stays"].as_array().unwrap().clone())
    }

    /// Whether a deployment's file is there.
    fn made(&self, file: &str) -> bool {
        tree(&self.desk.home.join("sandbox"))
            .keys()
            .any(|path| path.ends_with(file))
    }

    /// All that is not an honest exception.
    fn standing(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let root = self.desk.root.path();
        let mut all = tree(root);
        let excepted = [
            "home/journal",
            "home/vault",
            "home/private",
            "home/scratch",
            "temp",
            "user",
        ];
        all.retain(|path, _| {
            !excepted.iter().any(|name| path.starts_with(name))
                && path.extension().is_none_or(|ending| ending != "lock")
                && path != Path::new("home/practice")
        });
        all
    }

    /// What the history and the vault say.
    fn told(&mut self) -> (Vec<Value>, Vec<Value>, Value) {
        self.desk.workspace.clone_from(&self.own);
        let runs = self
            .desk
            .podium(&["runs", "list", "--json"])
            .expect(0)
            .json();
        let stored = self
            .desk
            .podium(&["credentials", "list", "--json"])
            .expect(0)
            .json();
        let run = self.run.clone();
        let events = self
            .desk
            .podium(&["runs", "export", &run])
            .expect(0)
            .stdout
            .join("\n");
        (
            serde_json::from_value(runs).unwrap(),
            serde_json::from_value(stored).unwrap(),
            serde_json::from_str(&events).unwrap(),
        )
    }
}

/// What stays, by name.
fn reason<'a>(stays: &'a [Value], what: &str) -> &'a str {
    let one = stays
        .iter()
        .find(|one| one["what"].as_str().unwrap().contains(what));
    one.unwrap_or_else(|| panic!("`{what}` is not named: {stays:?}"))["because"]
        .as_str()
        .unwrap()
}

#[test]
fn a_demo_that_was_used_is_removed_and_nothing_of_it_is_left() {
    let mut both = Both::new();
    let (before, told) = (both.standing(), both.told());
    both.make();
    // Two deployments stand, one was taken back by hand, a workflow was changed and changed back.
    for args in [
        vec![
            "run",
            "open-a-shop-branch",
            "-e",
            "play",
            "--yes",
            "-i",
            "branch=west",
        ],
        vec![
            "run",
            "open-a-shop-branch",
            "-e",
            "play",
            "--yes",
            "-i",
            "branch=north",
        ],
        vec!["run", "share-a-folder", "-e", "play", "--yes"],
    ] {
        both.desk.podium(&args).expect(0);
    }
    assert!(both.made("shops/north/index.html"));

    // What would go is said first, and nothing goes by being said.
    both.desk.workspace.clone_from(&both.own);
    let demo = both.demo.to_str().unwrap().to_owned();
    let asked = both.desk.podium(&["demo", &demo, "--remove"]).expect(5);
    let words = asked.stdout.join("\n");
    for part in [
        "“The central shop” in `play`",
        "12 recorded ones",
        "8 credentials",
        "git repository",
        "Nothing was removed",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(both.demo.join("podium.yaml").exists());

    let (gone, stays) = both.remove(&[]);
    assert!(stays.is_empty(), "{stays:?}");
    assert!(
        gone.iter()
            .any(|what| what.contains("“Open a shop branch” in `play`, taken back")),
        "{gone:?}"
    );
    assert_eq!(difference(&before, &both.standing()), Vec::<String>::new());
    assert_eq!(told, both.told());
    // Neither is anything of it left in the files themselves.
    for file in [
        "journal/journal.db",
        "journal/journal.db-wal",
        "vault/vault.json",
    ] {
        let bytes = fs::read(both.desk.home.join(file)).unwrap_or_default();
        for word in ["open-a-shop-branch", "practice-aws"] {
            assert!(
                !contains(&bytes, word.as_bytes()),
                "`{word}` stands in {file}"
            );
        }
    }
    // Its log goes on where it was.
    both.desk
        .podium(&["credentials", "search", "mine"])
        .expect(0);

    // A second time there is nothing.
    both.desk
        .podium(&["demo", &demo, "--remove", "--yes", "--json"])
        .refused_with("POD0838");
    // And it can be made anew, as before.
    both.make();
    both.remove(&[]);
    assert_eq!(difference(&before, &both.standing()), Vec::<String>::new());
}

#[test]
fn a_vault_that_the_demo_made_goes_with_it() {
    let desk = Desk::without_tools();
    let demo = desk.root.path().join("demo");
    let place = demo.to_str().unwrap();
    let made = desk.podium(&["demo", place]).expect(0).stdout.join("\n");
    assert!(
        made.contains("git: no repository, since git is not installed."),
        "{made}"
    );
    assert!(desk.home.join("vault/vault.json").exists());
    desk.podium(&["demo", place, "--remove", "--yes"]).expect(0);
    let left = tree(&desk.home.join("vault"));
    assert_eq!(
        left.keys().collect::<Vec<_>>(),
        [Path::new("vault.json.lock")]
    );
    assert!(!demo.exists());
    // A vault of one's own is made after it as if there had been none.
    desk.credential(
        "mine",
        "secret",
        &[],
        "{\"value\": \"a word that is mine alone\"}",
    );
    desk.podium(&["credentials", "search", "mine"]).expect(0);
}

#[test]
fn what_a_person_changed_or_added_stays_and_is_named() {
    let mut both = Both::new();
    both.make();
    let write = |name: &str, text: &str| fs::write(both.demo.join(name), text).unwrap();
    write(
        "workflows/nightly-care.yaml",
        "podium: 1\nname: Mine now\nsteps: {}\n",
    );
    write(
        "workflows/my own.yaml",
        "podium: 1\nname: My own\nsteps: {}\n",
    );
    write("infra/network/terraform.tfstate", "{\"resources\": [{}]}");
    both.desk.credential(
        "demo-canary",
        "secret",
        &[],
        "{\"value\": \"another word, of mine\"}",
    );
    let git = |args: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.arg("-C")
            .arg(&both.demo)
            .args(["-c", "user.name=Me", "-c", "user.email=me@example.org"])
            .args(args);
        assert!(git.output().unwrap().status.success(), "{args:?}");
    };
    git(&["switch", "-q", "more-words"]);
    git(&["commit", "-q", "--allow-empty", "-m", "Mine"]);

    let (_, stays) = both.remove(&[]);
    assert_eq!(
        reason(&stays, "workflows/nightly-care.yaml"),
        "You changed it."
    );
    assert!(reason(&stays, "workflows/my own.yaml").contains("did not write"));
    assert!(reason(&stays, "infra/network/terraform.tfstate").contains("did not write"));
    assert!(reason(&stays, "demo-canary").contains("anew"));
    assert!(reason(&stays, "git repository").contains("commits"));
    let left = tree(&both.demo);
    let left: Vec<_> = left
        .iter()
        .filter(|(path, content)| content.is_some() && !path.starts_with(".git"))
        .collect();
    assert_eq!(left.len(), 3, "{left:?}");
    let (_, stored, _) = both.told();
    let names: Vec<&str> = stored
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["mine", "demo-canary"]);
}

#[test]
fn a_removal_that_is_killed_is_finished_by_the_next() {
    let mut both = Both::new();
    let (before, told) = (both.standing(), both.told());
    both.make();
    both.desk.workspace.clone_from(&both.own);
    let demo = both.demo.to_str().unwrap().to_owned();
    let args = ["demo", demo.as_str(), "--remove", "--yes", "--json"];
    // Killed again and again, each time as soon as one more thing is gone; the last is let go on.
    for round in 0..10 {
        let mut removal = both.desk.start(&args, "");
        let line = removal.next();
        if line
            .as_deref()
            .is_none_or(|line| line.contains("\"removed\":true") || line.contains("POD0838"))
        {
            assert!(round > 2, "it was killed only {round} times");
            break;
        }
        removal.signal(rustix::process::Signal::KILL);
        removal.finish();
    }
    let rest = both.desk.podium(&args);
    assert!(
        rest.code == Some(0) || rest.error()["code"] == "POD0838",
        "{rest:?}"
    );
    assert_eq!(difference(&before, &both.standing()), Vec::<String>::new());
    assert_eq!(told, both.told());
}

#[test]
fn what_stands_may_be_left_and_can_be_taken_back_later() {
    let mut both = Both::new();
    both.make();
    both.desk
        .podium(&["run", "share-a-folder", "-e", "play", "--yes"])
        .expect(0);
    let (_, stays) = both.remove(&["--leave-standing"]);
    assert!(reason(&stays, "“Share a folder” in `play`").contains("Make the demo again"));
    let (runs, ..) = both.told();
    // The note, the shared folder, the one that waits, the central shop.
    assert_eq!(runs.len(), 4, "{runs:?}");
    assert!(both.made("shared/index.html"));

    both.desk
        .podium(&["demo", both.demo.to_str().unwrap()])
        .expect(0);
    let (gone, stays) = both.remove(&[]);
    assert!(
        gone.iter()
            .any(|what| what.contains("“Share a folder” in `play`, taken back")),
        "{gone:?}"
    );
    assert!(stays.is_empty(), "{stays:?}");
    assert!(!both.made("shared/index.html"));
}

#[test]
fn two_demos_share_what_they_share_until_the_last_one_goes() {
    let mut both = Both::new();
    let (before, told) = (both.standing(), both.told());
    both.make();
    let second = both.desk.root.path().canonicalize().unwrap().join("second");
    both.desk
        .podium(&["demo", second.to_str().unwrap()])
        .expect(0);
    let (_, stays) = both.remove(&[]);
    assert!(reason(&stays, "recorded runs").contains("second"));
    let (runs, stored, _) = both.told();
    assert!(runs.iter().filter(|run| run["recorded"] == true).count() == 12);
    assert_eq!(stored.len(), 9);
    // The other one's folder was removed by hand; what it made elsewhere is still found.
    fs::remove_dir_all(&second).unwrap();
    both.demo = second;
    let (_, stays) = both.remove(&["--leave-standing"]);
    let _ = stays;
    let (runs, stored, _) = both.told();
    assert_eq!(stored, told.1);
    assert!(runs.iter().all(|run| run["recorded"] == false));
    assert!(
        difference(&before, &both.standing())
            .iter()
            .all(|name| !name.starts_with("second"))
    );
}

#[test]
fn a_removal_beside_an_open_podium_is_refused_in_words() {
    let mut both = Both::new();
    both.make();
    let served = both
        .desk
        .start(&["practice", "serve", "kubernetes", "--json"], "");
    let mut served = served;
    served.next().unwrap();
    both.desk.workspace.clone_from(&both.own);
    let demo = both.demo.to_str().unwrap().to_owned();
    let refused = both
        .desk
        .podium(&["demo", &demo, "--remove", "--yes", "--json"]);
    refused.refused_with("POD0839");
    plain_words(&refused.error());
    served.signal(rustix::process::Signal::KILL);
    served.finish();
    both.remove(&[]);
    // What is no mark is not guessed at.
    let folder = both.demo.clone();
    both.make();
    let mark = fs::read_dir(both.desk.home.join("demos"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::write(
        &mark,
        json!({"podium": "demo/9", "folder": folder}).to_string(),
    )
    .unwrap();
    both.desk
        .podium(&["demo", &demo, "--remove", "--yes", "--json"])
        .refused_with("POD0860");
    assert!(both.demo.join("podium.yaml").exists());
}
