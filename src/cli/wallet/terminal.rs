//! Questions to whoever sits at the terminal. They go to standard error, so that standard output is the result alone.

use std::io::{self, BufRead, IsTerminal, Write};

use zeroize::Zeroizing;

use super::error::WalletCommandError;
pub(super) use crate::cli::secret::{hidden, new_passphrase, passphrase};

/// Whether somebody can be asked.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// A line; nothing once the input is over.
pub(super) fn line(prompt: &str) -> Result<Zeroizing<String>, WalletCommandError> {
    eprint!("{prompt}");
    io::stderr().flush().map_err(WalletCommandError::Terminal)?;
    let mut text = Zeroizing::new(String::new());
    match io::stdin().lock().read_line(&mut text).map_err(WalletCommandError::Terminal)? {
        0 => Err(WalletCommandError::Declined),
        _ => Ok(Zeroizing::new(text.trim().to_owned())),
    }
}

/// A question that only a clear yes answers with yes.
pub(super) fn yes(question: &str) -> Result<bool, WalletCommandError> {
    let answer = line(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes" | "j" | "ja"))
}

/// Takes what was shown off the screen, also from what can be scrolled back to where the terminal knows how.
pub(super) fn clear() {
    eprint!("\x1b[2J\x1b[3J\x1b[H");
}
