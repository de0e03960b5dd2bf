//! The real keychain of a Linux desktop, in a session of its own: a fresh home, a fresh bus, and
//! gnome-keyring. Where these are not installed the test says that it was skipped, and why.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use podium_secret::Secret;
use podium_vault::{Credential, Keychain as _, Protection, Purpose, SystemKeychain, Vault};

/// Tells this program, started again inside the session, which part to play.
const PART: &str = "PODIUM_TEST_KEYCHAIN_PART";

/// Starts this very test again, in a session without anything of ours, after a preparation in the shell.
fn in_session(home: &Path, bus: bool, prepare: &str, part: &str) -> Output {
    let run = home.join("run");
    std::fs::create_dir_all(&run).unwrap();
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o700)).unwrap();
    let this = std::env::current_exe().unwrap();
    let script = format!(
        "{prepare}\nexec '{}' --exact --nocapture inside_the_session",
        this.display()
    );
    let mut command = if bus {
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", &script]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        command
    };
    // Into files, not pipes: a daemon that the bus began at its end outlives the session and holds what it was
    // given, and nobody must wait for that.
    let said = [home.join("out"), home.join("err")];
    let [out, err] = said
        .each_ref()
        .map(|path| std::fs::File::create(path).unwrap());
    let status = command
        .env_clear()
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", &run)
        .env("LANG", "C.UTF-8")
        .env(PART, part)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .status()
        .unwrap();
    end_what_is_left(&run);
    let [stdout, stderr] = said.map(|path| std::fs::read(path).unwrap());
    Output {
        status,
        stdout,
        stderr,
    }
}

/// Ends the processes of a session that is over, each by its own id.
fn end_what_is_left(run: &Path) {
    let ours = format!("XDG_RUNTIME_DIR={}", run.display());
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        if environment
            .split(|byte| *byte == 0)
            .any(|one| one == ours.as_bytes())
        {
            let _ = Command::new("kill").arg(process.file_name()).status();
        }
    }
}

fn passed(output: &Output) {
    let text = format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

fn missing(program: &str) -> bool {
    !["/usr/bin", "/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

#[test]
fn without_a_bus_there_is_no_keychain() {
    let home = tempfile::tempdir().unwrap();
    passed(&in_session(home.path(), false, "", "absent"));
}

#[test]
fn a_real_keychain_unlocked_then_locked() {
    for program in ["dbus-run-session", "gnome-keyring-daemon"] {
        if missing(program) {
            println!(
                "SKIPPED: the real keychain was not tested, because `{program}` is not installed"
            );
            return;
        }
    }
    // A keychain that nobody ever set up, with no screen on which it could ask.
    let fresh = tempfile::tempdir().unwrap();
    passed(&in_session(fresh.path(), true, "", "never set up"));

    let home = tempfile::tempdir().unwrap();
    let unlock = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
    passed(&in_session(home.path(), true, unlock, "unlocked"));
    // The next session has the same items, and nobody has given the password.
    let start = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1";
    passed(&in_session(home.path(), true, start, "locked"));
    // Somebody stops the service itself.
    let stop = "printf pw | gnome-keyring-daemon --foreground --unlock --components=secrets \
                >/dev/null 2>&1 & export PODIUM_TEST_DAEMON=$!";
    passed(&in_session(home.path(), true, stop, "stalled"));
    // Nothing was lost by that.
    passed(&in_session(home.path(), true, unlock, "again"));
}

/// Plays its part only inside a session of the tests above.
#[test]
fn inside_the_session() {
    let Ok(part) = std::env::var(PART) else {
        return;
    };
    let home = std::env::var("HOME").unwrap();
    let keychain = Arc::new(SystemKeychain::new());
    let vault = Vault::open(
        &Path::new(&home).join("podium/vault.json"),
        keychain.clone(),
    );
    let purpose = Purpose {
        run: None,
        step: "s".into(),
        port: "p".into(),
    };
    match part.as_str() {
        "absent" => {
            assert!(keychain.reach().is_err());
            let error = vault.create(&Protection::Keychain).unwrap_err();
            assert_eq!(error.code.as_str(), "POD0512", "{error:?}");
        }
        "never set up" => {
            keychain.reach().unwrap();
            let error = vault.create(&Protection::Keychain).unwrap_err();
            assert_eq!(error.code.as_str(), "POD0513", "{error:?}");
            assert_eq!(vault.state(), podium_vault::VaultState::Empty);
        }
        "unlocked" => {
            keychain.reach().unwrap();
            vault.create(&Protection::Keychain).unwrap();
            let credential = Credential::new("acme".parse().unwrap(), "aws", 0);
            let secrets = BTreeMap::from([("key".to_owned(), Secret::from("real-secret"))]);
            vault.put(credential, &secrets).unwrap();
            vault.lock();
            vault.unlock(None).unwrap();
            let lease = vault.lease(&"acme".parse().unwrap(), &purpose).unwrap();
            assert_eq!(lease.secrets["key"].expose(), b"real-secret");
        }
        "stalled" => {
            let daemon = std::env::var("PODIUM_TEST_DAEMON").unwrap();
            let signal = |name: &str| {
                assert!(
                    Command::new("kill")
                        .args([name, &daemon])
                        .status()
                        .unwrap()
                        .success()
                );
            };
            // It takes a moment until the service is on the bus.
            let began = Instant::now();
            while vault.unlock(None).is_err() && began.elapsed() < Duration::from_secs(120) {}
            vault.unlock(None).unwrap();
            vault.lock();
            signal("-STOP");
            let hasty = Arc::new(SystemKeychain::with_deadline(Duration::from_secs(1)));
            let stuck = Vault::open(&Path::new(&home).join("podium/vault.json"), hasty);
            let error = stuck.unlock(None).unwrap_err();
            assert_eq!(error.code.as_str(), "POD0514", "{error:?}");
            signal("-CONT");
            vault.unlock(None).unwrap();
            signal("-TERM");
        }
        "locked" => {
            keychain.reach().unwrap();
            let error = vault.unlock(None).unwrap_err();
            assert_eq!(error.code.as_str(), "POD0513", "{error:?}");
            assert_eq!(vault.list().unwrap().len(), 1);
        }
        _ => {
            vault.unlock(None).unwrap();
            let lease = vault.lease(&"acme".parse().unwrap(), &purpose).unwrap();
            assert_eq!(lease.secrets["key"].expose(), b"real-secret");
        }
    }
}
