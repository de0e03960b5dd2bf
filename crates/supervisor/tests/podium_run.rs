//! `podium-run` with real processes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use podium_secret::Secret;
use podium_supervisor::{
    EXIT, Ended, FailedStart, Line, OUTPUT, Redact, STARTED, SecretFile, Spec, Started, is_alive,
    lines, signal_below, signal_group,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_podium-run");
const CANARY: &str = "canary-Zq7!x9/Kw==";

/// A folder for one run, and a folder for its private files.
struct Bed {
    temporary: tempfile::TempDir,
}

impl Bed {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        for name in ["run", "private"] {
            fs::create_dir(temporary.path().join(name)).unwrap();
            fs::set_permissions(
                temporary.path().join(name),
                fs::Permissions::from_mode(0o700),
            )
            .unwrap();
        }
        Self { temporary }
    }

    fn folder(&self) -> PathBuf {
        self.temporary.path().join("run")
    }

    fn private(&self, name: &str) -> PathBuf {
        self.temporary.path().join("private").join(name)
    }

    fn shell(&self, script: &str) -> Spec {
        Spec {
            label: "test".into(),
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            env: vec![("PATH".into(), "/usr/bin:/bin".into())],
            directory: self.temporary.path().into(),
            secret_files: Vec::new(),
            redact: vec![Redact {
                name: "key".into(),
                value: Secret::from(CANARY),
            }],
            liveness: false,
            durable: true,
        }
    }

    /// Starts `podium-run` and gives it the description.
    fn start(&self, spec: &Spec) -> Child {
        Self::start_with(
            Command::new(PROGRAM).arg(self.folder()),
            &spec.to_json().unwrap(),
        )
    }

    fn start_with(command: &mut Command, spec: &[u8]) -> Child {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(spec).unwrap();
        child
    }

    /// Runs it to its end.
    fn run(&self, spec: &Spec) -> (Ended, Vec<Line>) {
        let mut child = self.start(spec);
        assert!(child.wait().unwrap().success());
        (self.ended(), self.lines())
    }

    fn started(&self) -> Started {
        until("it started", || fs::read(self.folder().join(STARTED)).ok())
            .pipe(|bytes| serde_json::from_slice(&bytes).unwrap())
    }

    fn ended(&self) -> Ended {
        until("it ended", || fs::read(self.folder().join(EXIT)).ok())
            .pipe(|bytes| serde_json::from_slice(&bytes).unwrap())
    }

    fn lines(&self) -> Vec<Line> {
        lines(&fs::read(self.folder().join(OUTPUT)).unwrap_or_default()).0
    }

    /// Waits until a line is on file.
    fn line(&self, text: &str) {
        until(text, || {
            self.lines()
                .iter()
                .any(|line| line.text == text)
                .then_some(())
        });
    }
}

trait Pipe: Sized {
    fn pipe<T>(self, then: impl FnOnce(Self) -> T) -> T {
        then(self)
    }
}
impl Pipe for Vec<u8> {}

/// Looks again and again until there is something, at most two minutes.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn pairs(lines: &[Line]) -> Vec<(u8, &str)> {
    lines
        .iter()
        .map(|line| (line.stream, line.text.as_str()))
        .collect()
}

fn kill(pid: u32, signal: &str) {
    assert!(
        Command::new("kill")
            .args([signal, &pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn both_streams_are_recorded_in_the_order_they_came() {
    let bed = Bed::new();
    // Each line waits until the one before it is on file: two streams have no order of their own.
    let wait = |n: usize| {
        let file = bed.folder().join(OUTPUT);
        format!(
            "until [ $(wc -l < '{}') -ge {n} ]; do :; done;",
            file.display()
        )
    };
    let script = format!(
        "echo a; {} echo b >&2; {} printf 'no end'",
        wait(1),
        wait(2)
    );
    let (ended, lines) = bed.run(&bed.shell(&script));
    assert_eq!(pairs(&lines), [(1, "a"), (2, "b"), (1, "no end")]);
    assert_eq!(
        (ended.code, ended.signal, ended.error),
        (Some(0), None, None)
    );
    assert!(ended.at_ms > 1_600_000_000_000);
}

#[test]
fn the_exit_code_is_recorded() {
    let bed = Bed::new();
    assert_eq!(bed.run(&bed.shell("exit 37")).0.code, Some(37));
}

#[test]
fn the_signal_that_ended_it_is_recorded() {
    let bed = Bed::new();
    let ended = bed.run(&bed.shell("kill -9 $$")).0;
    assert_eq!((ended.code, ended.signal), (None, Some(9)));
}

#[test]
fn the_child_has_exactly_the_given_environment_and_folder_and_an_empty_input() {
    let bed = Bed::new();
    let mut spec = bed.shell("");
    spec.program = "/usr/bin/env".into();
    spec.args.clear();
    spec.env = vec![("ONE".into(), "1 ä".into())];
    let (_, lines) = bed.run(&spec);
    assert_eq!(pairs(&lines), [(1, "ONE=1 ä")]);

    let bed = Bed::new();
    let (_, lines) = bed.run(&bed.shell("pwd -P; cat; echo end"));
    let here = bed.temporary.path().canonicalize().unwrap();
    assert_eq!(pairs(&lines), [(1, here.to_str().unwrap()), (1, "end")]);
}

#[test]
fn files_of_the_caller_do_not_reach_the_child_or_stay_open() {
    let bed = Bed::new();
    let spec =
        bed.shell("ls /proc/$$/fd; readlink /proc/$PPID/fd/* | grep -x /etc/passwd; echo end");
    let script = format!(
        "exec 7</etc/passwd; exec {PROGRAM} '{}'",
        bed.folder().display()
    );
    let mut child = Bed::start_with(
        Command::new("/bin/sh").args(["-c", &script]),
        &spec.to_json().unwrap(),
    );
    child.wait().unwrap();
    let lines = bed.lines();
    assert_eq!(pairs(&lines), [(1, "0"), (1, "1"), (1, "2"), (1, "end")]);
}

#[test]
fn it_goes_on_when_the_caller_is_killed() {
    let bed = Bed::new();
    let go = bed.private("go");
    let script = format!(
        "echo begun; until [ -e '{}' ]; do sleep 0.01; done; echo on; exit 5",
        go.display()
    );
    let spec = bed.temporary.path().join("spec.json");
    fs::write(&spec, bed.shell(&script).to_json().unwrap()).unwrap();
    let call = format!(
        "{PROGRAM} '{}' < '{}'; true",
        bed.folder().display(),
        spec.display()
    );
    let mut caller = Command::new("/bin/sh").args(["-c", &call]).spawn().unwrap();
    let started = bed.started();
    bed.line("begun");

    caller.kill().unwrap();
    caller.wait().unwrap();
    assert!(is_alive(&started));
    assert!(started.is_supervised());
    fs::write(go, "").unwrap();

    assert_eq!(bed.ended().code, Some(5));
    assert_eq!(pairs(&bed.lines()), [(1, "begun"), (1, "on")]);
    assert!(!is_alive(&started));
}

#[test]
fn it_is_deaf_to_the_signals_of_a_terminal_and_in_a_session_of_its_own() {
    let bed = Bed::new();
    let go = bed.private("go");
    let script = format!(
        "echo begun; until [ -e '{}' ]; do sleep 0.01; done; exit 6",
        go.display()
    );
    let mut supervisor = bed.start(&bed.shell(&script));
    let started = bed.started();
    assert_eq!(started.supervisor_pid, supervisor.id());
    for signal in ["-INT", "-HUP", "-TERM", "-QUIT"] {
        kill(supervisor.id(), signal);
    }
    let stat = fs::read_to_string(format!("/proc/{}/stat", started.pid)).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    assert_eq!(fields[2], started.pid.to_string(), "a group of its own");
    assert_eq!(
        fields[3],
        supervisor.id().to_string(),
        "the supervisor's session"
    );
    fs::write(go, "").unwrap();
    assert!(supervisor.wait().unwrap().success());
    assert_eq!(bed.ended().code, Some(6));
}

#[test]
fn an_interrupt_to_the_group_leaves_nobody() {
    let bed = Bed::new();
    // Each sleep is deaf to interrupts before it says so; the second signal is the one that ends them.
    let deaf = "(trap '' INT; echo deaf; exec sleep 1000) &";
    let mut supervisor = bed.start(&bed.shell(&format!("{deaf} {deaf} wait")));
    let started = bed.started();
    until("both are deaf", || {
        let told = bed.lines();
        (told.iter().filter(|line| line.text == "deaf").count() == 2).then_some(())
    });
    assert_eq!(started.group().len(), 3);
    assert!(signal_group(&started, 2).unwrap());
    supervisor.wait().unwrap();
    assert_eq!(bed.ended().signal, Some(2));
    assert!(bed.ended().left_running);
    assert_eq!(started.group().len(), 2);
    assert!(signal_group(&started, 9).unwrap());
    until("nobody", || started.group().is_empty().then_some(()));
    assert!(!signal_group(&started, 9).unwrap());
}

#[test]
fn a_child_hears_interrupts_even_where_the_caller_ignored_them() {
    let bed = Bed::new();
    let mut spec = bed.shell("");
    spec.program = "/bin/sleep".into();
    spec.args = vec!["1000".into()];
    let script = format!(
        "trap '' INT HUP TERM; exec {PROGRAM} '{}'",
        bed.folder().display()
    );
    let mut supervisor = Bed::start_with(
        Command::new("/bin/sh").args(["-c", &script]),
        &spec.to_json().unwrap(),
    );
    let started = bed.started();
    assert!(signal_group(&started, 2).unwrap());
    supervisor.wait().unwrap();
    assert_eq!(bed.ended().signal, Some(2));
}

#[test]
fn something_that_keeps_the_output_open_does_not_keep_it_waiting() {
    let bed = Bed::new();
    let (ended, lines) = bed.run(&bed.shell("sleep 1000 & echo done"));
    assert_eq!(ended.code, Some(0));
    assert!(ended.left_running);
    assert_eq!(pairs(&lines), [(1, "done")]);
    assert!(signal_group(&bed.started(), 9).unwrap());
}

#[test]
fn what_a_grandchild_writes_right_after_the_end_is_still_recorded() {
    let bed = Bed::new();
    let (ended, lines) = bed.run(&bed.shell("(sleep 0.1; echo late) & exit 0"));
    assert_eq!(ended.code, Some(0));
    assert!(!ended.left_running);
    assert_eq!(pairs(&lines), [(1, "late")]);
}

#[test]
fn with_liveness_it_stops_gently_when_the_caller_is_gone() {
    let bed = Bed::new();
    let mut description =
        bed.shell("trap 'echo stopping; exit 9' INT; echo begun; while :; do sleep 0.01; done");
    description.liveness = true;
    let spec = bed.temporary.path().join("spec.json");
    fs::write(&spec, description.to_json().unwrap()).unwrap();
    let call = format!(
        "{PROGRAM} '{}' < '{}'; true",
        bed.folder().display(),
        spec.display()
    );
    let mut caller = Command::new("/bin/sh").args(["-c", &call]).spawn().unwrap();
    bed.line("begun");
    caller.kill().unwrap();
    caller.wait().unwrap();
    assert_eq!(bed.ended().code, Some(9));
    bed.line("stopping");
}

#[test]
fn a_secret_never_touches_the_disk_nor_arguments_nor_environment() {
    let bed = Bed::new();
    let file = bed.private("key.txt");
    let go = bed.private("go");
    let script = format!(
        "cat '{0}'; stat -c %a '{0}' '{1}'; printf '%s' canary-Zq7; printf '%s\\n' '!x9/Kw== tail'; \
         base64 '{0}'; '{1}'; until [ -e '{2}' ]; do sleep 0.01; done",
        file.display(),
        bed.private("tool").display(),
        go.display()
    );
    let mut spec = bed.shell(&script);
    spec.secret_files = vec![
        SecretFile {
            path: file.clone(),
            content: Secret::new(format!("{CANARY}\n").into_bytes()),
            executable: false,
        },
        SecretFile {
            path: bed.private("tool"),
            content: Secret::new(format!("#!/bin/sh\necho '{CANARY}' >&2\n").into_bytes()),
            executable: true,
        },
    ];
    let mut supervisor = bed.start(&spec);
    until("all lines", || (bed.lines().len() >= 6).then_some(()));
    for pid in [supervisor.id(), bed.started().pid] {
        for name in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{pid}/{name}")).unwrap();
            assert!(
                !String::from_utf8_lossy(&bytes).contains(CANARY),
                "{name} of {pid}"
            );
        }
    }
    fs::write(go, "").unwrap();
    supervisor.wait().unwrap();

    assert!(!file.exists() && !bed.private("tool").exists());
    let (errors, lines): (Vec<_>, Vec<_>) =
        bed.lines().into_iter().partition(|line| line.stream == 2);
    assert_eq!(lines[0].text, "[hidden: key]");
    assert_eq!(
        (lines[1].text.as_str(), lines[2].text.as_str()),
        ("600", "700")
    );
    assert_eq!(lines[3].text, "[hidden: key] tail");
    assert_eq!(pairs(&errors), [(2, "[hidden: key]")]);
    for entry in fs::read_dir(bed.folder()).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("canary-Zq7"), "{}", path.display());
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn secret_files_go_also_when_the_program_cannot_be_started() {
    let bed = Bed::new();
    let mut spec = bed.shell("");
    spec.program = "/no/such/program".into();
    spec.secret_files = vec![SecretFile {
        path: bed.private("key"),
        content: Secret::from(CANARY),
        executable: false,
    }];
    let (ended, _) = bed.run(&spec);
    assert_eq!(ended.kind, Some(FailedStart::NotFound));
    assert_eq!(
        ended.error.as_deref(),
        Some("there is no program at `/no/such/program`")
    );
    assert!(!bed.private("key").exists());
    assert!(!bed.folder().join(STARTED).exists());
}

#[test]
fn a_link_in_the_place_of_a_secret_file_is_not_followed() {
    let bed = Bed::new();
    let elsewhere = bed.temporary.path().join("elsewhere");
    fs::write(&elsewhere, "mine").unwrap();
    std::os::unix::fs::symlink(&elsewhere, bed.private("key")).unwrap();
    let mut spec = bed.shell("cat private/key");
    spec.secret_files = vec![SecretFile {
        path: bed.private("key"),
        content: Secret::from("content"),
        executable: false,
    }];
    assert_eq!(pairs(&bed.run(&spec).1), [(1, "content")]);
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "mine");
}

#[test]
fn each_way_not_to_start_has_its_kind() {
    type Change = fn(&Bed, &mut Spec, &dyn Fn(&Bed, &str, u32) -> PathBuf);
    let script = |bed: &Bed, text: &str, mode: u32| {
        let path = bed.private("script");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let cases: [(&str, Change, FailedStart); 5] = [
        (
            "not executable",
            |b, s, f| s.program = f(b, "#!/bin/sh\n", 0o600),
            FailedStart::Permission,
        ),
        (
            "no interpreter",
            |b, s, f| s.program = f(b, "#!/no/such\n", 0o700),
            FailedStart::Other,
        ),
        (
            "no absolute path",
            |_, s, _| s.program = "sh".into(),
            FailedStart::Other,
        ),
        (
            "no folder",
            |_, s, _| s.directory = "/no/such".into(),
            FailedStart::Other,
        ),
        (
            "a folder as program",
            |_, s, _| s.program = "/tmp".into(),
            FailedStart::Permission,
        ),
    ];
    for (name, change, kind) in cases {
        let bed = Bed::new();
        let mut spec = bed.shell("");
        change(&bed, &mut spec, &script);
        let (ended, lines) = bed.run(&spec);
        assert_eq!(
            (ended.kind, ended.code),
            (Some(kind), None),
            "{name}: {:?}",
            ended.error
        );
        assert!(lines.is_empty());
    }
}

#[test]
fn a_description_that_cannot_be_read_is_told_without_quoting_it() {
    for text in [
        &b"{\"label\":1}"[..],
        b"\xff",
        br#"{"label":"x","redact":[{"name":"n","value_base64":"canary!"}]}"#,
    ] {
        let bed = Bed::new();
        let mut child = Bed::start_with(Command::new(PROGRAM).arg(bed.folder()), text);
        assert!(child.wait().unwrap().success());
        let ended = bed.ended();
        assert_eq!(ended.kind, Some(FailedStart::Other));
        let error = ended.error.unwrap();
        assert!(error.starts_with("the description cannot be read") && !error.contains("canary"));
    }
}

/// The caller was killed before it had handed the description over: the next one begins as if nobody had.
#[test]
fn a_description_that_was_cut_off_leaves_no_trace() {
    for text in [&b""[..], b"{", b"{\"label\":\"x\""] {
        let bed = Bed::new();
        let mut child = Bed::start_with(Command::new(PROGRAM).arg(bed.folder()), text);
        assert!(!child.wait().unwrap().success());
        assert_eq!(fs::read_dir(bed.folder()).unwrap().count(), 0);
    }
}

#[test]
fn a_folder_open_to_others_or_used_before_is_refused() {
    let bed = Bed::new();
    fs::set_permissions(bed.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        bed.start(&bed.shell("true")).wait().unwrap().code(),
        Some(2)
    );
    fs::set_permissions(bed.folder(), fs::Permissions::from_mode(0o700)).unwrap();
    bed.run(&bed.shell("echo first"));
    let before = fs::read(bed.folder().join(EXIT)).unwrap();
    assert_eq!(
        bed.start(&bed.shell("echo second; exit 1"))
            .wait()
            .unwrap()
            .code(),
        Some(2)
    );
    assert_eq!(pairs(&bed.lines()), [(1, "first")]);
    assert!(fs::read(bed.folder().join(EXIT)).unwrap() == before);
}

#[test]
fn huge_lines_come_in_pieces_and_strange_bytes_are_replaced() {
    let bed = Bed::new();
    let script = "head -c 3000000 /dev/zero | tr '\\0' x; echo; printf 'a\\377b\\r\\n'";
    let (_, lines) = bed.run(&bed.shell(script));
    let (last, huge) = lines.split_last().unwrap();
    assert_eq!(
        huge.iter().map(|line| line.text.len()).collect::<Vec<_>>(),
        [1 << 20, 1 << 20, 3_000_000 - (2 << 20)]
    );
    assert_eq!(last.text, "a\u{fffd}b");
}

#[test]
fn a_hundred_thousand_lines_are_all_recorded() {
    let bed = Bed::new();
    let (_, lines) = bed.run(&bed.shell("seq 100000; seq 100000 >&2"));
    for stream in [1, 2] {
        let own = lines.iter().filter(|line| line.stream == stream);
        assert!(
            own.map(|line| line.text.clone())
                .eq((1..=100_000).map(|n| n.to_string()))
        );
    }
}

#[test]
fn a_line_is_on_file_while_the_child_still_runs() {
    let bed = Bed::new();
    let go = bed.private("go");
    let script = format!(
        "echo now; until [ -e '{}' ]; do sleep 0.01; done",
        go.display()
    );
    let mut supervisor = bed.start(&bed.shell(&script));
    bed.line("now");
    assert!(!bed.folder().join(EXIT).exists());
    fs::write(go, "").unwrap();
    supervisor.wait().unwrap();
}

#[test]
fn somebody_else_with_the_same_number_is_not_taken_for_the_child() {
    let bed = Bed::new();
    let mut supervisor = bed.start(&bed.shell("sleep 1000"));
    let started = bed.started();
    let other_time = Started {
        start_time: started.start_time - 1,
        ..started.clone()
    };
    let other_boot = Started {
        boot_id: "another".into(),
        ..started.clone()
    };
    for other in [other_time, other_boot] {
        assert!(!is_alive(&other));
        assert!(!signal_group(&other, 9).unwrap());
    }
    assert!(is_alive(&started));
    assert!(signal_group(&started, 9).unwrap());
    supervisor.wait().unwrap();
}

#[test]
fn a_full_disk_loses_lines_but_neither_the_child_nor_its_end() {
    // A file system of its own needs rights that not every machine gives.
    let bed = Bed::new();
    let script = format!(
        "mount -t tmpfs -o size=64k,mode=700 none '{0}' && '{PROGRAM}' '{0}' && cat '{0}/exit.json'",
        bed.folder().display()
    );
    let spec = bed.shell("seq 100000; exit 4");
    let output = Command::new("unshare")
        .args(["-Urm", "sh", "-c", &script])
        .stdin(Stdio::from(file_with(&bed, &spec)))
        .output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        println!("SKIPPED: this machine does not let a user mount a file system of their own");
        return;
    };
    let ended: Ended = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(ended.code, Some(4));
    assert!(ended.lost_lines > 0);
}

fn file_with(bed: &Bed, spec: &Spec) -> fs::File {
    let path: &Path = &bed.private("spec");
    fs::write(path, spec.to_json().unwrap()).unwrap();
    fs::File::open(path).unwrap()
}

/// A tool that runs the true one in a session of its own, as ansible-runner does.
#[test]
fn what_runs_in_a_session_below_hears_a_signal_without_the_tool_above_it() {
    // Not an interrupt: what a shell begins with `&` is deaf to it.
    let bed = Bed::new();
    let mut child = bed.start(&bed.shell(
        "trap 'echo above heard it' TERM\n\
         setsid sh -c 'trap \"echo below heard it; exit 7\" TERM; echo ready; while :; do sleep 0.02; done' &\n\
         while :; do wait $!; code=$?; [ $code -gt 128 ] || break; done; echo it ended with $code",
    ));
    bed.line("ready");
    assert!(signal_below(&bed.started(), 15).unwrap());
    assert!(child.wait().unwrap().success());
    // The shell itself remarks on the end, on its other stream.
    let said = bed.lines().into_iter().filter(|line| line.stream == 1);
    let texts: Vec<String> = said.map(|line| line.text).collect();
    assert_eq!(
        texts,
        ["ready", "below heard it", "it ended with 7"],
        "the tool above is left to tell the end"
    );
    assert!(
        !signal_below(&bed.started(), 15).unwrap(),
        "nothing is left"
    );
}
