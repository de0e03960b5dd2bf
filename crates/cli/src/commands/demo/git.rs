//! The demo's git repository, where git is installed. It is made apart from everything that the user's own
//! git is set to (name, hooks, signing, line ends), and takes its place when it is whole.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use podium_api::runtime::demo::{Mark, UNFINISHED, clear};
use podium_api::runtime::workspace::version_of;
use podium_api::runtime::{Home, clock};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::branches::{self, COMMITS};

/// Who made the commits of the demo.
const WHO: &str = "Podium demo <demo@podium.invalid>";
/// It takes a moment; a git that hangs must not hold the demo.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes the repository; says what became of it.
pub(super) async fn make(home: &Home, mark: &mut Mark) -> String {
    let made = if mark.folder.join(".git").exists() {
        Ok(String::from("it is there already"))
    } else if let Some(above) = mark
        .folder
        .ancestors()
        .skip(1)
        .find(|above| above.join(".git").exists())
    {
        Err(format!(
            "the folder belongs to the repository in `{}`",
            above.display()
        ))
    } else {
        match program() {
            Some(git) => make_with(&git, home, mark).await,
            None => Err(String::from("git is not installed")),
        }
    };
    match made {
        Ok(words) => format!("git: {words}"),
        Err(because) => format!("git: no repository, since {because}. The demo works without."),
    }
}

async fn make_with(git: &Path, home: &Home, mark: &mut Mark) -> Result<String, String> {
    let aside = mark.folder.join(UNFINISHED);
    let said = |error: podium_api::diagnostics::Error| error.message;
    clear(&aside).map_err(said)?;
    let folder = aside.join(".git");
    let call = |args: &[&str], input: Vec<u8>| {
        let mut command = Command::new(git);
        command
            .arg("--git-dir")
            .arg(&folder)
            .arg("--work-tree")
            .arg(&mark.folder)
            .args(args);
        run(command, &aside, input)
    };
    let mut init = Command::new(git);
    init.args(["init", "--quiet", "--template="]).arg(&aside);
    run(init, &mark.folder, Vec::new()).await?;
    call(&["symbolic-ref", "HEAD", "refs/heads/main"], Vec::new()).await?;
    // Its files are what the demo wrote, on every system.
    call(&["config", "core.autocrlf", "false"], Vec::new()).await?;
    call(&["fast-import", "--quiet"], stream()).await?;
    call(&["read-tree", "HEAD"], Vec::new()).await?;
    // Changed files are no trouble here: who completes an older demo has some.
    let _ = call(&["update-index", "-q", "--refresh"], Vec::new()).await;
    let commits = call(&["rev-list", "--all"], Vec::new()).await?;
    mark.commits = commits.lines().map(str::to_owned).collect();
    let settings = std::fs::read(folder.join("config")).map_err(|error| error.to_string())?;
    mark.repository = Some(version_of(&settings));
    mark.keep(home).map_err(said)?;
    std::fs::rename(&folder, mark.folder.join(".git")).map_err(|error| error.to_string())?;
    clear(&aside).map_err(said)?;
    Ok(format!(
        "a repository with the branches `{}`, which merges, and `{}`, which wants another number in the same place",
        COMMITS[1].branch, COMMITS[2].branch
    ))
}

/// All commits, in the words of `git fast-import`.
fn stream() -> Vec<u8> {
    let now = clock::now() / 1_000;
    let files = super::files();
    let mut out = Vec::new();
    commit(&mut out, "main", branches::FIRST, now - 3 * 86_400, None);
    for (name, content) in &files {
        put(&mut out, name, &branches::first(name, content));
    }
    for (number, one) in COMMITS.iter().enumerate() {
        let days = i64::try_from(COMMITS.len() - number).unwrap_or(1);
        // Whatever else is on `main` by now: each is upon the first.
        commit(
            &mut out,
            one.branch,
            one.message,
            now - days * 20_000,
            Some(":1"),
        );
        for (name, content) in &files {
            let (changed, text) = one.change(content);
            if changed == name {
                put(&mut out, name, &text);
            }
        }
    }
    out
}

fn commit(out: &mut Vec<u8>, branch: &str, message: &str, at: i64, from: Option<&str>) {
    let mark = if from.is_none() { "mark :1\n" } else { "" };
    let from = from.map_or_else(String::new, |from| format!("from {from}\n"));
    out.extend(
        format!(
            "commit refs/heads/{branch}\n{mark}committer {WHO} {at} +0000\ndata {}\n{message}\n{from}",
            message.len()
        )
        .into_bytes(),
    );
}

fn put(out: &mut Vec<u8>, name: &str, content: &[u8]) {
    out.extend(format!("M 100644 inline {name}\ndata {}\n", content.len()).into_bytes());
    out.extend(content);
    out.push(b'\n');
}

/// Runs git with nothing of the user's settings; gives what it printed, or why it failed.
async fn run(mut command: Command, aside: &Path, input: Vec<u8>) -> Result<String, String> {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let nothing = aside.join("no-settings");
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", &nothing)
        .env("HOME", &nothing)
        .env("XDG_CONFIG_HOME", &nothing)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let ended = async {
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that ends before it has read everything says why itself.
            let _ = stdin.write_all(&input).await;
        }
        child
            .wait_with_output()
            .await
            .map_err(|error| error.to_string())
    };
    let ended = tokio::time::timeout(PATIENCE, ended)
        .await
        .map_err(|_| String::from("git does not answer"))??;
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&ended.stderr);
    let last = words.lines().last().unwrap_or("it said nothing");
    Err(format!("git failed: {last}"))
}

/// Where git is, if it is.
fn program() -> Option<PathBuf> {
    let name = if cfg!(windows) { "git.exe" } else { "git" };
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())?;
    // On macOS this may be a stand-in that opens a window to install something.
    let stand_in = cfg!(target_os = "macos") && found == Path::new("/usr/bin/git");
    if stand_in && !has_developer_tools() {
        return None;
    }
    Some(found)
}

fn has_developer_tools() -> bool {
    let asked = std::process::Command::new(OsStr::new("/usr/bin/xcode-select"))
        .arg("-p")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}
