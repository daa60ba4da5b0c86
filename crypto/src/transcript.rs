//! Merlin transcripts that begin with version, network, label and generators (section 1).

use curve25519_dalek::scalar::Scalar;
use merlin::Transcript;

use crate::{Label, NetworkId, PROTOCOL_VERSION, generators::generators};

/// A transcript for one statement: version, network id, label and all generators are absorbed; the caller absorbs
/// the signing digest and the whole statement before the first challenge.
pub fn transcript(network: &NetworkId, label: Label) -> Transcript {
    let mut transcript = Transcript::new(crate::hash::PROTOCOL_NAME);
    let base = generators();
    transcript.append_message(b"version", &[PROTOCOL_VERSION]);
    transcript.append_message(b"network", &network.0);
    transcript.append_message(b"label", label.as_str().as_bytes());
    transcript.append_message(b"G", base.g.as_bytes());
    transcript.append_message(b"H", base.h.as_bytes());
    transcript.append_message(b"J", base.j.as_bytes());
    transcript
}

/// The next challenge, uniform below the group order.
pub fn challenge(transcript: &mut Transcript, label: &'static [u8]) -> Scalar {
    let mut wide = [0u8; 64];
    transcript.challenge_bytes(label, &mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}
