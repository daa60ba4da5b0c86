//! How commands speak: results for people or as JSON for scripts, remarks, questions.

#[cfg(any(feature = "meter", feature = "operator", feature = "committee", feature = "registrar"))]
use std::io::{self, BufRead, IsTerminal, Write};

use serde::Serialize;

use super::say;

/// Prints a result: as JSON, or as text for people.
///
/// # Errors
/// If the value cannot be written as JSON.
pub(crate) fn answer(json: bool, value: &impl Serialize, text: impl FnOnce() -> String) -> serde_json::Result<()> {
    if json {
        say(&serde_json::to_string(value)?);
    } else {
        say(text().trim_end());
    }
    Ok(())
}

/// Something to know that is no result: scripts do not get it.
pub(crate) fn remark(json: bool, text: &str) {
    if !json {
        eprintln!("remark: {text}");
    }
}

/// Asks whoever sits at the terminal; `None` if nobody does.
///
/// # Errors
/// If the terminal cannot be written to or read.
#[cfg(any(feature = "meter", feature = "operator", feature = "committee", feature = "registrar"))]
pub(crate) fn ask(json: bool, question: &str) -> io::Result<Option<bool>> {
    if json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    eprint!("{question} [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "j" | "ja")))
}
