//! Questions to whoever sits at the terminal. They go to standard error, so that standard output is the result alone.

use std::io::{self, BufRead, IsTerminal, Write};

use hushwatt_wallet::file::Passphrase;
use zeroize::Zeroizing;

use super::error::WalletCommandError;

/// Letters below which a passphrase is easily guessed by whoever gets the file.
const SHORT: usize = 12;
/// How often a passphrase and its repetition may differ.
const TRIES: usize = 3;

/// Whether somebody can be asked.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// A passphrase, typed without being shown.
pub(super) fn passphrase(prompt: &str) -> Result<Passphrase, WalletCommandError> {
    Ok(Passphrase::new(hidden(prompt)?.as_str())?)
}

/// Anything typed without being shown.
pub(super) fn hidden(prompt: &str) -> Result<Zeroizing<String>, WalletCommandError> {
    rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| WalletCommandError::NoTerminal)
}

/// A new passphrase, typed twice.
pub(super) fn new_passphrase(what: &str) -> Result<Passphrase, WalletCommandError> {
    for _ in 0..TRIES {
        let first = hidden(&format!("Passphrase for {what}: "))?;
        let taken = Passphrase::new(first.as_str())?;
        if first.chars().count() < SHORT {
            eprintln!(
                "remark: this is short. Whoever copies the file can try many: four or five random words are better."
            );
        }
        if *hidden("The same once more: ")? == *first {
            return Ok(taken);
        }
        eprintln!("These were not the same: please try again.");
    }
    Err(WalletCommandError::Declined)
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
