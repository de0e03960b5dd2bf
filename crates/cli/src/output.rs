//! Printing. The only place that writes to standard output and standard error.

use std::io::{IsTerminal as _, Write as _};

use podium_api::ApiError;
use podium_api::diagnostics::{Code, Diagnostic, Error, ErrorKind, Severity};
use serde::Serialize;

/// A line for people or programs. A closed pipe ends the program quietly.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// A value as JSON on one line.
pub(crate) fn json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => line(&text),
        Err(error) => complain(&format!(
            "The answer could not be written as JSON: {error}."
        )),
    }
}

/// A value as JSON over several lines, for people who read it.
pub(crate) fn pretty(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => line(&text),
        Err(error) => complain(&format!(
            "The answer could not be written as JSON: {error}."
        )),
    }
}

/// A line about trouble, on standard error.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether a person sits at the terminal.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks a yes or no question at the terminal.
pub(crate) fn ask(question: &str) -> bool {
    let mut err = std::io::stderr();
    let _ = write!(err, "{question} [y/N] ");
    let _ = err.flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok()
        && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

/// A mistake in what was given.
pub(crate) fn invalid(code: &'static str, message: impl Into<String>, hint: &str) -> ApiError {
    Error::new(ErrorKind::Invalid, Code::new(code), message)
        .with_hint(hint)
        .into()
}

/// What went wrong: code, what, what to do.
pub(crate) fn error(error: &ApiError, as_json: bool) {
    if as_json {
        json(&serde_json::json!({ "error": error }));
        return;
    }
    for diagnostic in &error.diagnostics {
        self::diagnostic(diagnostic);
    }
    complain(&format!("error[{}]: {}", error.code, error.message));
    if let Some(hint) = &error.hint {
        complain(&format!("  hint: {hint}"));
    }
}

/// `file:line:column: error[POD0012]: summary`, the detail, the hint.
pub(crate) fn diagnostic(diagnostic: &Diagnostic) {
    let word = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    let place = diagnostic.span.map_or_else(
        || diagnostic.address.file.clone(),
        |span| {
            format!(
                "{}:{}:{}",
                diagnostic.address.file, span.start.line, span.start.column
            )
        },
    );
    complain(&format!(
        "{place}: {word}[{}]: {}",
        diagnostic.code, diagnostic.summary
    ));
    complain(&format!("  {}", diagnostic.detail));
    if let Some(hint) = &diagnostic.hint {
        complain(&format!("  hint: {hint}"));
    }
}
