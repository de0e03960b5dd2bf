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
use tokio::sync::watch;

/// The open Podium, as soon as it is: the page is drawn meanwhile, and its first commands wait.
struct Opening(watch::Receiver<Option<Podium>>);

impl Opening {
    async fn podium(&self) -> Podium {
        let mut opening = self.0.clone();
        let opened = opening.wait_for(Option::is_some).await;
        if let Some(podium) = opened.ok().and_then(|podium| podium.clone()) {
            return podium;
        }
        // It could not be opened: the application is about to end, and says why.
        std::future::pending().await
    }
}

/// Carries out one command of the API; the list is in `podium-api`.
#[tauri::command]
async fn podium(
    opening: State<'_, Opening>,
    name: String,
    request: Value,
) -> Result<Value, ApiError> {
    opening.podium().await.call(&name, request).await
}

/// Sends everything that happens to the page, in batches, until the page is gone.
#[tauri::command]
async fn subscribe(opening: State<'_, Opening>, events: Channel<Batch>) -> Result<(), ApiError> {
    let mut batches = opening.podium().await.subscribe();
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
    // The workspace is read while the toolkit comes up, and no window opens on one that cannot be.
    let reading = tauri::async_runtime::spawn(async move { Podium::open(&folder).await });
    let (ready, opening) = watch::channel(None);
    let built = tauri::Builder::default()
        .manage(Opening(opening))
        .invoke_handler(tauri::generate_handler![podium, subscribe, open_link])
        .setup(move |app| {
            let podium = match tauri::async_runtime::block_on(reading)? {
                Ok(podium) => podium,
                Err(error) => {
                    window::cannot_open(app.handle(), &error);
                    return Ok(());
                }
            };
            window::open(app.handle())?;
            let app = app.handle().clone();
            tauri::async_runtime::spawn(async move {
                match podium.take_up().await {
                    Ok(()) => {
                        ready.send_replace(Some(podium));
                    }
                    Err(error) => window::cannot_open(&app, &error),
                }
            });
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|_, _| {});
            ExitCode::SUCCESS
        }
        Err(error) => window::no_window(&error),
    }
}
