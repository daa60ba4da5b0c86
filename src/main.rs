//! The `hushwatt` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    hushwatt::cli::run()
}
