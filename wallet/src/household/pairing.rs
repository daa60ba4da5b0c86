//! The pairing code: what a gateway shows once, and the household's wallet reads, so that both share the reading keys
//! (protocol section 6.2). Whoever has it reads the meter; it cannot spend.

use bech32::{Bech32m, Hrp};
use hushwatt_crypto::{NetworkId, meter::DayKey};
use hushwatt_ledger::units::MeterId;
use zeroize::Zeroizing;

use super::HouseholdError;
use crate::Pairing;

const PREFIX: &str = "hwmeter";
/// Network prefix, meter, day, key.
const LENGTH: usize = 4 + 4 + 8 + 32;

/// A meter and the key of a day, for a wallet.
#[derive(Clone)]
pub struct PairingCode {
    /// Which meter.
    pub meter: MeterId,
    /// The key of the day from which on the wallet is to read.
    pub day_key: DayKey,
}

impl PairingCode {
    /// As text, for a QR code or a letter. It is a secret.
    pub fn encode(&self, network: &NetworkId) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
        bytes.extend_from_slice(&network.0[..4]);
        bytes.extend_from_slice(&self.meter.0.to_be_bytes());
        bytes.extend_from_slice(&self.day_key.day().to_be_bytes());
        bytes.extend_from_slice(self.day_key.expose());
        // Only a text longer than the code allows cannot be encoded: this one is of fixed length.
        Zeroizing::new(bech32::encode::<Bech32m>(Hrp::parse_unchecked(PREFIX), &bytes).unwrap_or_default())
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`HouseholdError::Pairing`] says what is wrong.
    pub fn decode(network: &NetworkId, text: &str) -> Result<Self, HouseholdError> {
        let text: Zeroizing<String> = Zeroizing::new(text.split_whitespace().collect());
        let parsed = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(&text)
            .map_err(|_| HouseholdError::Pairing("a letter is wrong or missing"))?;
        if !parsed.hrp().as_str().eq_ignore_ascii_case(PREFIX) {
            return Err(HouseholdError::Pairing("it is something else, perhaps an address"));
        }
        let bytes: Zeroizing<Vec<u8>> = Zeroizing::new(parsed.byte_iter().collect());
        let wrong = || HouseholdError::Pairing("it has the wrong length");
        let (prefix, rest) = bytes.split_first_chunk::<4>().ok_or_else(wrong)?;
        let (meter, rest) = rest.split_first_chunk::<4>().ok_or_else(wrong)?;
        let (day, key) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let key: [u8; 32] = key.try_into().map_err(|_| wrong())?;
        if prefix[..] != network.0[..4] {
            return Err(HouseholdError::Pairing("it is of another community"));
        }
        let day_key = DayKey::from_bytes(u64::from_be_bytes(*day), key);
        Ok(PairingCode { meter: MeterId(u32::from_be_bytes(*meter)), day_key })
    }

    /// What the engine keeps.
    pub(super) fn into_pairing(self) -> Pairing {
        Pairing { meter: self.meter, day_key: self.day_key }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const NETWORK: NetworkId = NetworkId([7; 32]);

    fn code() -> PairingCode {
        PairingCode { meter: MeterId(12), day_key: DayKey::from_bytes(20_000, [9; 32]) }
    }

    #[test]
    fn a_pairing_code_reads_back() {
        let text = code().encode(&NETWORK);
        let read = PairingCode::decode(&NETWORK, &format!(" {} \n", text.as_str())).unwrap();
        assert_eq!((read.meter, read.day_key.day(), read.day_key.expose()), (MeterId(12), 20_000, &[9; 32]));
    }

    #[test]
    fn a_pairing_code_with_a_wrong_letter_or_of_another_community_is_refused() {
        let text = code().encode(&NETWORK);
        assert!(PairingCode::decode(&NetworkId([8; 32]), &text).is_err());
        for place in 0..text.len() {
            let mut letters = text.as_bytes().to_vec();
            letters[place] = if letters[place] == b'q' { b'p' } else { b'q' };
            let changed = String::from_utf8(letters).unwrap();
            assert!(PairingCode::decode(&NETWORK, &changed).is_err(), "{changed}");
        }
    }
}
