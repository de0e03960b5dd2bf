//! Which version of a tool a workspace wants, and which version a tool says it has.

use std::fmt;

use schemars::JsonSchema;
use semver::{BuildMetadata, Prerelease, VersionReq};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a workspace wants of one tool, as written: a version requirement alone, or with checksums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(untagged)]
pub enum WantedTool {
    /// A version requirement, for example `>= 1.5, < 2`.
    Version(String),
    /// A version requirement, checksums, or both.
    Exact {
        /// A version requirement, for example `~2.18`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        version: Option<String>,
        /// SHA-256 of the program's file in hexadecimal; where there are several, any of them will do.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schemars(with = "OneOrMore")]
        sha256: Vec<String>,
    },
}

/// How one or more texts are written.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl WantedTool {
    /// The version requirement as written.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Version(version) => Some(version),
            Self::Exact { version, .. } => version.as_deref(),
        }
    }

    /// The checksums of which one must be met; none where any will do.
    pub fn checksums(&self) -> &[String] {
        match self {
            Self::Version(_) => &[],
            Self::Exact { sha256, .. } => sha256,
        }
    }
}

impl fmt::Display for WantedTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version() {
            Some(version) => f.write_str(version),
            None => f.write_str("any version with the right checksum"),
        }
    }
}

/// Versions that will do: `>= 1.5, < 2`, `~2.18`, `^1.5`, `1.5.*`; a version alone means that one, as far
/// as it is written (`1.5` is every `1.5.x`). Terraform's own `~> 1.5` is understood as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement(VersionReq);

impl Requirement {
    /// Reads a requirement; what is wrong with it otherwise.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<String> = text.split(',').map(|part| plain(part.trim())).collect();
        VersionReq::parse(&parts.join(", "))
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Whether this version will do.
    pub fn admits(&self, version: &ToolVersion) -> bool {
        self.0.matches(&version.0)
    }
}

/// A comparison in the words of the library.
fn plain(part: &str) -> String {
    if let Some(version) = part.strip_prefix("~>") {
        let version = version.trim();
        let mut numbers = version.split('.');
        return match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(major), Some(_), None) => match major.parse::<u64>() {
                Ok(major) => format!(">={version}, <{}", major.saturating_add(1)),
                Err(_) => part.to_owned(),
            },
            (Some(_), None, _) => format!(">={version}"),
            _ => format!("~{version}"),
        };
    }
    if part.starts_with(|c: char| c.is_ascii_digit()) && !part.contains(['*', 'x', 'X']) {
        return format!("={part}");
    }
    part.to_owned()
}

/// The version that a tool says it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolVersion(semver::Version);

impl ToolVersion {
    /// The first version in what a tool says: two or three numbers with dots between them, and what marks
    /// it as one before the release (`1.6.0-beta1`, `2.18.0rc1`).
    pub fn find(said: &str) -> Option<Self> {
        let mut before = ' ';
        for (at, c) in said.char_indices() {
            let begins = c.is_ascii_digit()
                && (before == 'v' || !(before.is_alphanumeric() || before == '.'));
            if begins && let Some(version) = version_at(&said[at..]) {
                return Some(Self(version));
            }
            before = c;
        }
        None
    }
}

impl fmt::Display for ToolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn version_at(text: &str) -> Option<semver::Version> {
    let mut numbers = [0_u64; 3];
    let mut rest = text;
    let mut count = 0;
    while count < 3 {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        if end == 0 {
            break;
        }
        numbers[count] = rest[..end].parse().ok()?;
        count += 1;
        rest = &rest[end..];
        let follows = rest.strip_prefix('.');
        match follows {
            Some(after) if count < 3 && after.starts_with(|c: char| c.is_ascii_digit()) => {
                rest = after;
            }
            _ => break,
        }
    }
    if count < 2 {
        return None;
    }
    let marked = rest.strip_prefix('-').unwrap_or(rest);
    let end = marked
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'))
        .unwrap_or(marked.len());
    let pre = if marked.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Prerelease::new(marked[..end].trim_end_matches(['.', '-'])).unwrap_or(Prerelease::EMPTY)
    } else {
        Prerelease::EMPTY
    };
    Some(semver::Version {
        major: numbers[0],
        minor: numbers[1],
        patch: numbers[2],
        pre,
        build: BuildMetadata::EMPTY,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_tools_say_of_themselves() {
        for (said, version) in [
            (
                "Terraform v1.15.5\non linux_amd64\nLatest is 1.16.0",
                "1.15.5",
            ),
            ("OpenTofu v1.8.0-beta1\n", "1.8.0-beta1"),
            (
                "ansible-playbook [core 2.18.1]\n  python version = 3.12",
                "2.18.1",
            ),
            ("ansible-playbook [core 2.18.0rc1]", "2.18.0-rc1"),
            ("aws-cli/2.15.0 Python/3.11.6", "2.15.0"),
            ("Client Version: v1.30.0+k3s1", "1.30.0"),
            ("git version 2.43.0.windows.1", "2.43.0"),
            ("jq-1.7", "1.7.0"),
            ("GNU bash, version 5.2.21(1)-release", "5.2.21"),
        ] {
            let found = ToolVersion::find(said).map(|version| version.to_string());
            assert_eq!(found.as_deref(), Some(version), "{said}");
        }
        for said in [
            "",
            "no version",
            "build 7",
            "x86.64",
            "99999999999999999999.1",
        ] {
            assert_eq!(ToolVersion::find(said), None, "{said}");
        }
    }

    #[test]
    fn a_requirement_admits_what_people_mean_by_it() {
        for (requirement, version, admits) in [
            (">= 1.5, < 2", "1.15.5", true),
            (">= 1.5, < 2", "2.0.0", false),
            (">=1.5", "1.4.9", false),
            ("~2.18", "2.18.9", true),
            ("~2.18", "2.19.0", false),
            ("1.5", "1.5.7", true),
            ("1.5", "1.6.0", false),
            ("1.5.7", "1.5.8", false),
            ("1.5.*", "1.5.8", true),
            ("~> 1.5", "1.15.5", true),
            ("~> 1.5", "2.0.0", false),
            ("~> 1.5.2", "1.6.0", false),
            // What comes before a release is taken only where it is asked for.
            (">=1.5", "1.6.0-beta1", false),
            (">=1.6.0-alpha", "1.6.0-beta1", true),
        ] {
            let version = ToolVersion::find(version).unwrap();
            assert_eq!(
                Requirement::parse(requirement).unwrap().admits(&version),
                admits,
                "{requirement} {version}"
            );
        }
        for wrong in ["", "newest", ">= 1.5 < 2", "~> one", "1.5,"] {
            assert!(Requirement::parse(wrong).is_err(), "{wrong}");
        }
    }
}
