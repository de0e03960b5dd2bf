//! A workspace and a home of one test, and Podium open on them.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test fails as the test does"
)]

mod drawing;
mod inputs;
mod no_secret_comes_out;

use podium_api::Podium;
use podium_api::runtime::Home;

pub(crate) struct Desk {
    pub(crate) podium: Podium,
    _folders: (tempfile::TempDir, tempfile::TempDir),
}

impl Desk {
    /// With these files in the workspace: path and text.
    pub(crate) async fn open(files: &[(&str, &str)]) -> Self {
        let workspace = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = workspace.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let podium = Podium::open_at(workspace.path(), Home::at(home.path()).unwrap())
            .await
            .unwrap();
        Self {
            podium,
            _folders: (workspace, home),
        }
    }
}
