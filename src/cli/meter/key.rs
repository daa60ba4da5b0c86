//! `hushwatt meter key`: what the registrar needs.

use hushwatt_client::KeyRole;
use hushwatt_crypto::hash::hex;
use hushwatt_gateway::keys::Keys;
use serde::Serialize;

use super::{common::Common, error::MeterCommandError};

#[derive(Serialize)]
struct PublicKey {
    public_key: String,
}

pub(super) fn run(common: &Common) -> Result<(), MeterCommandError> {
    let public_key = public_line(&Keys::read(&common.folder()?.keys_file())?);
    common.answer(&PublicKey { public_key: public_key.clone() }, || public_key)
}

/// The line to hand to others: the role, a colon, and the public key in hexadecimal.
pub(super) fn public_line(keys: &Keys) -> String {
    format!("{}:{}", KeyRole::Meter, hex(keys.signing.verifying_key().as_bytes()))
}
