//! An empty window of the same toolkit, for `npm run bench` to measure against: no page, no commands.

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() {
    let blank = "about:blank".parse().expect("a constant address is valid");
    tauri::Builder::default()
        .setup(move |app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::External(blank))
                .title("Empty")
                .inner_size(1440.0, 900.0)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the window could not be opened");
}
