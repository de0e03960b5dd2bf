//! The window of Podium: it opens, hands commands to `podium-api`, passes events on. Nothing else is
//! decided here.
//!
//! Invariants: the page may call three commands (`podium`, `subscribe`, `open_link`); no navigation
//! leaves the application; no plugin gives the page files, processes or the network.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod window;

use std::path::PathBuf;
use std::process::ExitCode;

use podium_api::{ApiError, Batch, Podium};
use serde_json::Value;
use tauri::State;
use tauri::ipc::Channel;

/// Carries out one command of the API; the list is in `podium-api`.
#[tauri::command]
async fn podium(state: State<'_, Podium>, name: String, request: Value) -> Result<Value, ApiError> {
    state.call(&name, request).await
}

/// Sends everything that happens to the page, in batches, until the page is gone.
#[tauri::command]
async fn subscribe(state: State<'_, Podium>, events: Channel<Batch>) -> Result<(), ApiError> {
    let mut batches = state.subscribe();
    tauri::async_runtime::spawn(async move {
        while let Some(batch) = batches.next().await {
            if events.send(batch).is_err() {
                break;
            }
        }
    });
    Ok(())
}

/// Opens a link of a result in the reader's browser: `https`, or `http` on this computer.
#[tauri::command]
async fn open_link(address: String) -> Result<(), ApiError> {
    podium_api::open_link(&address).await
}

fn main() -> ExitCode {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("."), PathBuf::from);
    let opened = tauri::async_runtime::block_on(Podium::open_for_window(&folder));
    let state = match opened {
        Ok(state) => state,
        Err(error) => return window::cannot_open(&error),
    };
    let built = tauri::Builder::default()
        .manage(state)
        .invoke_handler(tauri::generate_handler![podium, subscribe, open_link])
        .setup(|app| window::open(app.handle()).map_err(Into::into))
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|_, _| {});
            ExitCode::SUCCESS
        }
        Err(error) => window::no_window(&error),
    }
}
