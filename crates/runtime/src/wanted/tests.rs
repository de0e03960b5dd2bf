//! Against fake tools: scripts that say a version and leave a line for each start. Nothing real is meant.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

struct Desk {
    root: tempfile::TempDir,
}

impl Desk {
    fn new(tools: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["w", "bin"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        let desk = Self { root };
        desk.wants(tools);
        desk
    }

    fn wants(&self, tools: &str) {
        let text = format!("podium: 1\ntools: {tools}\n");
        fs::write(self.root.path().join("w/podium.yaml"), text).unwrap();
    }

    /// A fake tool.
    fn tool(&self, name: &str, does: &str) {
        let starts = self.root.path().join("starts");
        let script = format!(
            "#!/bin/sh\n# A fake tool.\necho \"{name} $*\" >> '{}'\n{does}\n",
            starts.display()
        );
        let fresh = self.root.path().join("bin/fresh");
        fs::write(&fresh, script).unwrap();
        fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(&fresh, self.root.path().join("bin").join(name)).unwrap();
    }

    /// As a Podium that was just opened.
    fn wanted(&self) -> WantedTools {
        let folder = Folder::open(&self.root.path().join("w")).unwrap();
        WantedTools::new(folder, Home::at(&self.root.path().join("home")).unwrap())
    }

    async fn find(&self, names: &[&str]) -> Result<(Tool, Option<Found>)> {
        let path = self.root.path().join("bin");
        self.wanted().find(names, Some(path.as_os_str())).await
    }

    async fn refused(&self, names: &[&str]) -> Error {
        self.find(names).await.unwrap_err()
    }

    fn starts(&self) -> Vec<String> {
        let text = fs::read_to_string(self.root.path().join("starts")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

const NAMES: [&str; 2] = ["terraform", "tofu"];

#[tokio::test]
async fn a_version_in_range_is_used_and_told_with_place_and_checksum() {
    let desk = Desk::new("{ terraform: \">= 1.5, < 2\" }");
    desk.tool("terraform", "echo 'Terraform v1.7.3'");
    let (tool, found) = desk.find(&NAMES).await.unwrap();
    let found = found.unwrap();
    assert_eq!(tool.path, desk.root.path().join("bin/terraform"));
    assert_eq!(
        (found.version.as_str(), found.wanted.as_str()),
        ("1.7.3", ">= 1.5, < 2")
    );
    let sum = sum(&tool.path).await.unwrap();
    assert!(found.words().contains(&sum), "{}", found.words());
}

#[tokio::test]
async fn a_checksum_is_that_of_the_file() {
    let desk = Desk::new("{}");
    let file = desk.root.path().join("abc");
    fs::write(&file, "abc").unwrap();
    assert_eq!(
        sum(&file).await.unwrap(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[tokio::test]
async fn a_version_out_of_range_is_refused_with_what_is_wanted_and_found() {
    let desk = Desk::new("{ terraform: \">= 1.5, < 2\" }");
    desk.tool("terraform", "echo 'Terraform v2.0.1'");
    let error = desk.refused(&NAMES).await;
    assert_eq!(error.code.as_str(), "POD0307");
    for part in [
        "2.0.1",
        ">= 1.5, < 2",
        desk.root.path().join("bin/terraform").to_str().unwrap(),
    ] {
        assert!(error.message.contains(part), "{}", error.message);
    }
    let hint = error.hint.unwrap();
    assert!(
        hint.contains("no administrator rights") && !hint.contains("practice environment"),
        "{hint}"
    );
}

#[tokio::test]
async fn another_checksum_is_refused_and_one_of_several_will_do() {
    let zeros = "0".repeat(64);
    let desk = Desk::new(&format!("{{ jq: {{ sha256: {zeros:?} }} }}"));
    desk.tool("jq", "echo jq-1.7");
    let error = desk.refused(&["jq"]).await;
    assert_eq!(error.code.as_str(), "POD0308");
    let right = sum(&desk.root.path().join("bin/jq")).await.unwrap();
    for part in [zeros.as_str(), right.as_str()] {
        assert!(error.message.contains(part), "{}", error.message);
    }
    desk.wants(&format!(
        "{{ jq: {{ version: \"1.7\", sha256: [{zeros:?}, {right:?}] }} }}"
    ));
    let (_, found) = desk.find(&["jq"]).await.unwrap();
    assert_eq!(found.unwrap().sha256, right);
}

#[tokio::test]
async fn a_tool_is_asked_once_until_its_file_is_another_one() {
    let desk = Desk::new("{ ansible: \"~2.18\" }");
    desk.tool("ansible-playbook", "echo 'ansible-playbook [core 2.18.1]'");
    // A Podium each, as after a restart; the last two questions at the same time.
    for _ in 0..3 {
        desk.find(&["ansible-playbook"]).await.unwrap();
    }
    assert_eq!(desk.starts(), ["ansible-playbook --version"]);
    desk.tool("ansible-playbook", "echo 'ansible-playbook [core 2.19.0]'");
    let same = desk.wanted();
    let path = desk.root.path().join("bin");
    let ask = || same.find(&["ansible-playbook"], Some(path.as_os_str()));
    let (one, two) = tokio::join!(ask(), ask());
    for refused in [one, two] {
        assert_eq!(refused.unwrap_err().code.as_str(), "POD0307");
    }
    assert_eq!(desk.starts().len(), 2);
}

#[tokio::test]
async fn nobody_is_asked_where_nothing_is_wanted() {
    let desk = Desk::new("{ jq: \"1.7\" }");
    desk.tool("terraform", "exit 1");
    let (tool, found) = desk.find(&NAMES).await.unwrap();
    assert_eq!((tool.name.as_str(), found), ("terraform", None));
    assert_eq!(desk.starts(), [""; 0]);
}

#[tokio::test]
async fn a_missing_tool_is_named_with_the_version_that_is_wanted() {
    let desk = Desk::new("{ terraform: \">= 1.5\" }");
    // What is wanted is Terraform; another one of the names does not stand in for it.
    desk.tool("tofu", "echo 'OpenTofu v1.8.0'");
    let error = desk.refused(&NAMES).await;
    assert_eq!(error.code.as_str(), "POD0301");
    assert_eq!(
        error.message,
        "`terraform` is not installed on this computer; this workspace wants >= 1.5."
    );
}

#[tokio::test]
async fn a_tool_that_does_not_tell_its_version_is_refused() {
    let desk = Desk::new("{ terraform: \">= 1.5\" }");
    for (does, why) in [
        ("echo 'the newest there is'", "holds no version"),
        ("echo 'Terraform v1.7.3'; exit 3", "ended with an error"),
    ] {
        desk.tool("terraform", does);
        let error = desk.refused(&NAMES).await;
        assert_eq!(error.code.as_str(), "POD0309");
        assert!(error.message.contains(why), "{}", error.message);
    }
    desk.tool("terraform", "echo 'Terraform v1.7.3' >&2");
    assert_eq!(desk.find(&NAMES).await.unwrap().1.unwrap().version, "1.7.3");
}

#[tokio::test]
async fn what_cannot_be_read_refuses_every_tool() {
    for tools in ["{ terraform: newest }", "7", "{ jq: { sha256: abc } }", "{"] {
        let desk = Desk::new(tools);
        desk.tool("terraform", "echo 'Terraform v1.7.3'");
        let error = desk.refused(&NAMES).await;
        assert_eq!(error.code.as_str(), "POD0023", "{tools}");
        assert_eq!(desk.starts(), [""; 0]);
    }
}
