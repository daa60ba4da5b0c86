//! Addresses: bech32m of network prefix, version byte, `V`, `S` (section 2).

use bech32::{Bech32m, Hrp};

use crate::{CryptoError, NetworkId, PROTOCOL_VERSION, Point};

/// Where a household can be paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address {
    /// `V`, for finding notes.
    pub view: Point,
    /// `S`, for owning them.
    pub spend: Point,
}

const PREFIX: Hrp = Hrp::parse_unchecked("hw");
const LENGTH: usize = 4 + 1 + 32 + 32;

impl Address {
    /// The address as text, `hw1...`.
    pub fn encode(&self, network: &NetworkId) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&network.0[..4]);
        bytes.push(PROTOCOL_VERSION);
        bytes.extend_from_slice(self.view.as_bytes());
        bytes.extend_from_slice(self.spend.as_bytes());
        // Encoding fails only for texts over 1,023 characters; this one has 120.
        bech32::encode::<Bech32m>(PREFIX, &bytes).unwrap_or_default()
    }

    /// Reads an address of this network.
    pub fn decode(network: &NetworkId, text: &str) -> Result<Self, CryptoError> {
        let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text.trim())
            .map_err(|_| CryptoError::BadAddress)?;
        let bytes: Vec<u8> = checked.byte_iter().collect();
        if checked.hrp() != PREFIX || bytes.len() != LENGTH || bytes[4] != PROTOCOL_VERSION {
            return Err(CryptoError::BadAddress);
        }
        if bytes[..4] != network.0[..4] {
            return Err(CryptoError::ForeignAddress);
        }
        let point = |at: usize| -> Result<Point, CryptoError> {
            let mut encoding = [0u8; 32];
            encoding.copy_from_slice(&bytes[at..at + 32]);
            Point::decode(&encoding)
        };
        Ok(Address { view: point(5)?, spend: point(37)? })
    }
}
