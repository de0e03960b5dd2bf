//! Interrupts from the terminal, none of which is missed between two looks, and the wish to end.

use podium_api::ApiError;
use podium_api::runtime::reason;

use crate::output::invalid;

/// Hears every interrupt from when it was made.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
    #[cfg(windows)]
    signal: tokio::signal::windows::CtrlC,
}

impl Interrupts {
    /// From now on an interrupt no longer ends the process by itself.
    pub(crate) fn listen() -> Result<Self, ApiError> {
        #[cfg(unix)]
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt());
        #[cfg(windows)]
        let signal = tokio::signal::windows::ctrl_c();
        signal.map(|signal| Self { signal }).map_err(unheard)
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        if self.signal.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Hears that the program is to end: an interrupt, or the system's wish (`SIGTERM`, a closed console).
pub(crate) struct Ending {
    interrupts: Interrupts,
    #[cfg(unix)]
    wish: tokio::signal::unix::Signal,
    #[cfg(windows)]
    wish: tokio::signal::windows::CtrlClose,
}

impl Ending {
    /// From now on neither ends the process by itself.
    pub(crate) fn listen() -> Result<Self, ApiError> {
        #[cfg(unix)]
        let wish = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        #[cfg(windows)]
        let wish = tokio::signal::windows::ctrl_close();
        Ok(Self {
            interrupts: Interrupts::listen()?,
            wish: wish.map_err(unheard)?,
        })
    }

    /// Waits for it.
    pub(crate) async fn comes(mut self) {
        tokio::select! {
            () = self.interrupts.next() => {}
            _ = self.wish.recv() => {}
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` is given"
)]
fn unheard(error: std::io::Error) -> ApiError {
    invalid(
        "POD0824",
        format!(
            "Interrupts from the terminal cannot be heard: {}.",
            reason(&error)
        ),
        "Try again; if it stays so, report it with this message.",
    )
}
