//! The log of a program that runs on: to standard error, for people or for machines.

use std::io::IsTerminal;

#[cfg(any(feature = "meter", feature = "operator", feature = "committee"))]
pub(super) use arguments::LogArguments;
use tracing_subscriber::EnvFilter;

/// Writes what these parts of the program say, from this level on; the parts that are not ours speak of warnings only.
pub(super) fn to_standard_error(is_json: bool, level: &str, parts: &[&str]) {
    let ours: Vec<String> = parts.iter().map(|part| format!("{part}={level}")).collect();
    let filter = EnvFilter::new(format!("warn,{}", ours.join(",")));
    // A log that nobody reads any more (a closed pipe) is no reason to stop; saying so on the same pipe would panic.
    let subscriber =
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).log_internal_errors(false);
    if is_json {
        subscriber.json().init();
    } else {
        subscriber.with_ansi(std::io::stderr().is_terminal()).init();
    }
}

#[cfg(any(feature = "meter", feature = "operator", feature = "committee"))]
mod arguments {
    use clap::{Args, ValueEnum};

    /// How the log is written, for commands that have no settings for it.
    #[derive(Args)]
    pub(in crate::cli) struct LogArguments {
        /// text or json [default: the environment variable for it, else text]
        #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
        log_format: Option<LogFormat>,
        /// error, warn, info, debug or trace
        #[arg(long, value_name = "LEVEL", default_value = "info", hide_possible_values = true)]
        log_level: LogLevel,
    }

    #[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
    enum LogFormat {
        Text,
        Json,
    }

    #[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
    enum LogLevel {
        Error,
        Warn,
        Info,
        Debug,
        Trace,
    }

    impl LogArguments {
        /// Whether it is for machines: the flag, else what the variable of this name says, for systemd.
        pub fn is_json(&self, variable: &str) -> Result<bool, String> {
            let named = std::env::var(variable).ok().filter(|value| !value.is_empty());
            match (self.log_format, named.as_deref()) {
                (Some(format), _) => Ok(format == LogFormat::Json),
                (None, Some("json")) => Ok(true),
                (None, None | Some("text")) => Ok(false),
                (None, Some(other)) => Err(format!("{variable} is \"{other}\": write text or json")),
            }
        }

        /// The least that is said.
        pub fn level(&self) -> &'static str {
            match self.log_level {
                LogLevel::Error => "error",
                LogLevel::Warn => "warn",
                LogLevel::Info => "info",
                LogLevel::Debug => "debug",
                LogLevel::Trace => "trace",
            }
        }
    }
}
