//! The version of the format, and the way from older ones.
//!
//! There is one version so far. When a second comes, each step from one to the next becomes a file of its
//! own under `parse/version/`, works on the tree, and never changes afterwards.

use super::reader::{Path, Reader};
use super::{NO_VERSION, OTHER_VERSION};
use crate::tree::Kind;

/// The version that this Podium writes.
pub(super) const CURRENT: u32 = 1;

/// The version of the file, told about where it is not ours. `None`: reading on would misunderstand it.
pub(super) fn check(reader: &mut Reader<'_>, required: bool) -> Option<u32> {
    let root = reader.map.root();
    let path = Path::ROOT.key("podium");
    let Some(entry) = root.get("podium") else {
        if required {
            let at = root.bytes.start..root.bytes.start;
            reader.error(
                NO_VERSION,
                "The version of the format is missing",
                "The file does not say for which version of the format it was written.",
                "Write `podium: 1` as its first line.",
                &Path::ROOT,
                &at,
            );
        }
        return Some(CURRENT);
    };
    let node = &entry.value;
    if let Kind::Number(number) = &node.kind
        && let Some(version) = number.as_u64()
    {
        if version == u64::from(CURRENT) {
            return Some(CURRENT);
        }
        if version > u64::from(CURRENT) {
            reader.error(
                OTHER_VERSION,
                "The file is of a newer format",
                format!("It is of version {version}; this Podium reads version {CURRENT}."),
                "Update Podium, or ask whoever wrote the file for one of this version.",
                &path,
                &node.bytes,
            );
            return None;
        }
    }
    reader.error(
        OTHER_VERSION,
        "The version of the format is not known",
        format!("This Podium reads version {CURRENT}."),
        format!("Write `podium: {CURRENT}`."),
        &path,
        &entry.key,
    );
    Some(CURRENT)
}
