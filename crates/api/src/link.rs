//! Opening a link of a result in the reader's browser.

use podium_diagnostics::{Code, Error, ErrorKind};
use tokio::process::Command;

use crate::ApiError;

/// Opens an address: `https` anywhere, `http` on this computer. Everything else is refused, so that a
/// workflow from a stranger cannot open files or programs.
pub async fn open_link(address: &str) -> Result<(), ApiError> {
    if !is_allowed(address) {
        return Err(Error::new(
            ErrorKind::Invalid,
            Code::new("POD0804"),
            "This link is not opened: only `https` addresses and pages on this computer are.",
        )
        .with_hint("Copy it, and open it yourself if you trust it.")
        .into());
    }
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    Command::new(program)
        .arg(address)
        .spawn()
        .map(|_| ())
        .map_err(|error| {
            Error::new(
                ErrorKind::MissingTool,
                Code::new("POD0805"),
                "No browser could be opened from here.",
            )
            .with_hint(format!("Open {address} yourself."))
            .with_source(error)
            .into()
        })
}

fn is_allowed(address: &str) -> bool {
    let plain = address.len() <= 4_096
        && address
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`'));
    let rest = |prefix: &str| {
        address
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?', '#']))
    };
    plain
        && (address.starts_with("https://")
            || rest("http://127.0.0.1")
            || rest("http://localhost")
            || rest("http://[::1]"))
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn only_safe_links_are_opened() {
        for yes in [
            "https://example.com/a?b",
            "http://127.0.0.1:8080/",
            "http://localhost",
        ] {
            assert!(is_allowed(yes), "{yes}");
        }
        for no in [
            "file:///etc/passwd",
            "http://example.com",
            "http://127.0.0.1.example.com",
            "javascript:alert(1)",
            "https://a\nb",
            "--help",
            "",
        ] {
            assert!(!is_allowed(no), "{no}");
        }
    }
}
