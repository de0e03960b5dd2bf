//! Names the commands that the page may call, so that every other one is refused.

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(&["podium", "subscribe", "open_link"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
        .expect("the window's settings are valid");
}
