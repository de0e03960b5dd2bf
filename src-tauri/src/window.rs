//! The window itself, and what is said where there can be none.

use std::io::Write as _;
use std::process::ExitCode;

use podium_api::ApiError;
use tauri::{AppHandle, WebviewUrl, WebviewWindowBuilder};

/// Opens the main window. Navigation to anything but the application's own pages is refused.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
        .title("Podium")
        .inner_size(1440.0, 900.0)
        .min_inner_size(1024.0, 700.0)
        .on_navigation(|address| {
            matches!(
                (address.scheme(), address.host_str()),
                ("tauri", _) | ("http" | "https", Some("tauri.localhost"))
            ) || (cfg!(debug_assertions)
                && address.host_str() == Some("127.0.0.1")
                && address.port() == Some(5173))
        })
        .build()?;
    Ok(())
}

/// Says why the application could not start, where no window can say it, and ends it.
pub(crate) fn cannot_open(app: &AppHandle, error: &ApiError) {
    let hint = error.hint.as_deref().unwrap_or_default();
    say(&format!(
        "Podium could not start: {} [{}] {hint}",
        error.message, error.code
    ));
    app.exit(1);
}

/// Says that there is no display.
pub(crate) fn no_window(error: &tauri::Error) -> ExitCode {
    say(&format!(
        "Podium could not open a window: {error}. Is there a display? \
         The same workflows run with the `podium` command."
    ));
    ExitCode::from(1)
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
