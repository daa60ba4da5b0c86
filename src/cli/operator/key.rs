//! `hushwatt operator key`: what the genesis or the registrars need.

use serde::Serialize;

use super::common::Common;
use crate::cli::failure::Failure;

#[derive(Serialize)]
struct PublicKey {
    public_key: String,
}

pub(super) fn run(common: &Common) -> Result<(), Failure> {
    let public_key = common.folder()?.keys()?.public_line();
    common.answer(&PublicKey { public_key: public_key.clone() }, || public_key)
}
