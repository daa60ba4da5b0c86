//! Progress bars on a terminal; nothing where the output is not one.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A turning wheel with a message, for what cannot say how far it is.
pub fn wheel(message: &str) -> ProgressBar {
    let wheel = ProgressBar::new_spinner().with_message(message.to_owned());
    wheel.enable_steady_tick(Duration::from_millis(200));
    wheel
}

/// A bar with a message; hidden by the library itself where standard error is no terminal.
pub fn bar(total: u64, message: &str) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(message.to_owned());
    let style = ProgressStyle::with_template("{msg:<34} {wide_bar} {percent:>3}% {eta:>4}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    // Drawn at once, and alive while a step takes long.
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
