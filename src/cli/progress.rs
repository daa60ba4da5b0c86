//! Progress bars on a terminal; nothing where the output is not one.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar with a message; hidden by the library itself where standard error is no terminal.
pub fn bar(total: u64, message: &str) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(message.to_owned());
    let style = ProgressStyle::with_template("{msg:<34} {wide_bar} {percent:>3}% {eta:>4}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
