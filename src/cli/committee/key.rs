//! `hushwatt committee key`: what the registrars need.

use serde::Serialize;

use super::common::Common;
use crate::cli::failure::Failure;

#[derive(Serialize)]
struct PublicLine {
    public_line: String,
}

pub(super) fn run(common: &Common) -> Result<(), Failure> {
    let public_line = common.folder()?.keys()?.public_line();
    common.answer(&PublicLine { public_line: public_line.clone() }, || public_line)
}
