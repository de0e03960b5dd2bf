use super::*;

fn desk() -> (tempfile::TempDir, Home) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    (folder, home)
}

fn agreed() -> Agreed {
    Agreed {
        by: "ada".into(),
        at: 1,
        files: BTreeMap::from([("schedules/ä b.yaml".into(), "1".into())]),
        typed: None,
    }
}

#[test]
fn nothing_is_on_where_nobody_switched_anything_on() {
    let (_folder, home) = desk();
    let schedules = Schedules::of(&home, Path::new("/shops"));
    assert_eq!(schedules.state("care").unwrap(), State::default());
    assert!(schedules.state("care").unwrap().on.is_none());
    assert!(schedules.stamp().is_none());
}

#[test]
fn what_is_switched_on_is_kept_for_this_workspace_alone() {
    let (_folder, home) = desk();
    let schedules = Schedules::of(&home, Path::new("/shops"));
    schedules
        .change("ä b", |state| state.on = Some(agreed()))
        .unwrap();
    let again = Schedules::of(&home, Path::new("/shops"));
    assert_eq!(again.state("ä b").unwrap().on, Some(agreed()));
    let other = Schedules::of(&home, Path::new("/other"));
    assert!(other.state("ä b").unwrap().on.is_none());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&schedules.file)
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn two_folders_with_one_digest_do_not_share_what_is_on() {
    let (_folder, home) = desk();
    let mine = Schedules::of(&home, Path::new("/shops"));
    mine.change("care", |state| state.on = Some(agreed()))
        .unwrap();
    let other = Schedules {
        file: mine.file.clone(),
        workspace: "/elsewhere".into(),
    };
    assert!(other.state("care").unwrap().on.is_none());
}

#[test]
fn many_who_change_at_once_lose_nothing() {
    let (_folder, home) = desk();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let schedules = Schedules::of(&home, Path::new("/shops"));
            std::thread::spawn(move || {
                for _ in 0..20 {
                    schedules.change("care", |state| state.seen += 1).unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let schedules = Schedules::of(&home, Path::new("/shops"));
    assert_eq!(schedules.state("care").unwrap().seen, 160);
}

#[test]
fn what_cannot_be_read_is_told_and_not_overwritten() {
    let (_folder, home) = desk();
    let schedules = Schedules::of(&home, Path::new("/shops"));
    schedules
        .change("care", |state| state.on = Some(agreed()))
        .unwrap();
    let whole = std::fs::read_to_string(&schedules.file).unwrap();
    for text in [
        whole[..whole.len() / 2].to_owned(),
        whole.replace("schedules/1", "schedules/9"),
        String::new(),
    ] {
        std::fs::write(&schedules.file, &text).unwrap();
        let error = schedules.change("care", |_| ()).unwrap_err();
        assert_eq!(error.code.as_str(), "POD0847");
        assert_eq!(std::fs::read_to_string(&schedules.file).unwrap(), text);
    }
}

#[test]
fn one_process_watches_and_others_see_that() {
    let (_folder, home) = desk();
    let schedules = Schedules::of(&home, Path::new("/shops"));
    assert!(!schedules.is_watched());
    let watch = schedules.watch().unwrap();
    assert!(watch.is_some());
    assert!(schedules.is_watched());
    assert!(schedules.watch().unwrap().is_none());
    drop(watch);
    assert!(!schedules.is_watched());
    assert!(schedules.watch().unwrap().is_some());
}

#[test]
fn the_history_has_an_end() {
    let mut state = State::default();
    for due in 0..200 {
        state.note(Handled {
            due,
            at: due,
            missed: 0,
            what: Became::Left { by: "ada".into() },
        });
    }
    assert_eq!(state.history.len(), REMEMBERED);
    assert_eq!(state.seen, 199);
    assert!(state.was_handled(199) && !state.was_handled(0));
}

#[test]
fn comments_and_layout_mean_nothing_and_everything_else_does() {
    let text = "cron: \"0 2 * * *\" # night\ninputs: { branch: north }\n";
    let same = "# changed\ncron: '0 2 * * *'\ninputs:\n  branch: north\n";
    let of = |text: &str| meaning("schedules/care.yaml", Some(text.as_bytes()));
    assert_eq!(of(text), of(same));
    assert_ne!(of(text), of(&text.replace("north", "south")));
    assert_ne!(of(text), meaning("schedules/care.yaml", None));
    // What cannot be read is told apart by its bytes.
    assert_ne!(of("a: ["), of("a: [b"));
}
