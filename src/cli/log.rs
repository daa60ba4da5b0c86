//! The log of a program that runs on: to standard error, for people or for machines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Writes what these parts of the program say, from this level on; the parts that are not ours speak of warnings only.
pub(super) fn to_standard_error(is_json: bool, level: &str, parts: &[&str]) {
    let ours: Vec<String> = parts.iter().map(|part| format!("{part}={level}")).collect();
    let filter = EnvFilter::new(format!("warn,{}", ours.join(",")));
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    if is_json {
        subscriber.json().init();
    } else {
        subscriber.with_ansi(std::io::stderr().is_terminal()).init();
    }
}
