//! Interrupts from the terminal, none of which is missed between two looks.

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
        signal.map(|signal| Self { signal }).map_err(|error| {
            invalid(
                "POD0824",
                format!(
                    "Interrupts from the terminal cannot be heard: {}.",
                    reason(&error)
                ),
                "Try again; if it stays so, report it with this message.",
            )
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        if self.signal.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
