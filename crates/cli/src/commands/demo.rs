//! A copy of the demo workspace.

use std::path::Path;

use include_dir::{Dir, include_dir};
use podium_api::ApiError;
use podium_api::runtime::reason;

use crate::output::invalid;
use crate::{exit, output};

/// The demo workspace, carried in the program, so that it is there without a network.
static DEMO: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/demo");

/// `podium demo DIR`
pub(crate) fn make(directory: &Path, json: bool) -> Result<u8, ApiError> {
    let used = std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    if used {
        return Err(invalid(
            "POD0820",
            format!(
                "`{}` is not empty; nothing was written.",
                directory.display()
            ),
            "Name a folder that is empty or not there.",
        ));
    }
    let written = std::fs::create_dir_all(directory).and_then(|()| DEMO.extract(directory));
    if let Err(error) = written {
        return Err(invalid(
            "POD0821",
            format!(
                "The demo could not be written to `{}`: {}.",
                directory.display(),
                reason(&error)
            ),
            "Name a folder of yours with some space left.",
        ));
    }
    if json {
        output::json(&serde_json::json!({ "workspace": directory }));
    } else {
        output::line(&format!(
            "The demo workspace is in `{0}`. Look at what a run would change:\n  \
             podium -C {0} preview open-a-shop-branch",
            directory.display()
        ));
    }
    Ok(exit::SUCCEEDED)
}
