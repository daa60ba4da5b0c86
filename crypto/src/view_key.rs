//! The view key as it travels to a wallet that only looks: bech32m of network prefix, version byte, `v`, `S`.

use bech32::{Bech32m, Hrp};
use zeroize::Zeroizing;

use crate::{CryptoError, NetworkId, PROTOCOL_VERSION, Point, SecretScalar, address::Address, keys::ViewKey};

const PREFIX: Hrp = Hrp::parse_unchecked("hwview");
const LENGTH: usize = 4 + 1 + 32 + 32;

impl ViewKey {
    /// `v`, for what only the household's own wallets can compute.
    pub fn secret(&self) -> &SecretScalar {
        &self.view
    }

    /// The address whose notes it recognises.
    pub fn address(&self) -> Result<Address, CryptoError> {
        Ok(Address { view: self.view.public().try_into()?, spend: self.spend_public })
    }

    /// The key as text, `hwview1...`: who has it sees everything the household does and can spend nothing.
    pub fn export(&self, network: &NetworkId) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
        bytes.extend_from_slice(&network.0[..4]);
        bytes.push(PROTOCOL_VERSION);
        bytes.extend_from_slice(&self.view.to_bytes()[..]);
        bytes.extend_from_slice(self.spend_public.as_bytes());
        // Encoding fails only for texts over 1,023 characters; this one has 124.
        Zeroizing::new(bech32::encode::<Bech32m>(PREFIX, &bytes).unwrap_or_default())
    }

    /// Reads a view key of this network.
    pub fn import(network: &NetworkId, text: &str) -> Result<Self, CryptoError> {
        let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text.trim())
            .map_err(|_| CryptoError::BadViewKey)?;
        let bytes: Zeroizing<Vec<u8>> = Zeroizing::new(checked.byte_iter().collect());
        if checked.hrp() != PREFIX || bytes.len() != LENGTH || bytes[4] != PROTOCOL_VERSION {
            return Err(CryptoError::BadViewKey);
        }
        if bytes[..4] != network.0[..4] {
            return Err(CryptoError::ForeignViewKey);
        }
        let part = |at: usize| {
            let mut part = Zeroizing::new([0u8; 32]);
            part.copy_from_slice(&bytes[at..at + 32]);
            part
        };
        let view = SecretScalar::decode(&part(5))?;
        if view == SecretScalar::zero() {
            return Err(CryptoError::ZeroSecret);
        }
        Ok(ViewKey { view, spend_public: Point::decode(&part(37))? })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::keys::{Account, Seed};

    const NETWORK: NetworkId = NetworkId([7; 32]);

    fn account() -> Account {
        Account::from_seed(&NETWORK, &Seed::from_bytes([3; 32])).unwrap()
    }

    #[test]
    fn a_view_key_reads_back_and_has_the_accounts_address() {
        let text = account().view().export(&NETWORK);
        assert!(text.starts_with("hwview1"));
        let read = ViewKey::import(&NETWORK, &format!(" {}\n", text.as_str())).unwrap();
        assert_eq!(read.address().as_ref(), Ok(account().address()));
        assert_eq!(read.secret(), account().view().secret());
    }

    #[test]
    fn a_view_key_of_another_network_kind_or_with_a_wrong_letter_is_refused() {
        let text = account().view().export(&NETWORK);
        assert_eq!(ViewKey::import(&NetworkId([8; 32]), &text).err(), Some(CryptoError::ForeignViewKey));
        let address = account().address().encode(&NETWORK);
        assert_eq!(ViewKey::import(&NETWORK, &address).err(), Some(CryptoError::BadViewKey));
        for place in 0..text.len() {
            let mut letters = text.as_bytes().to_vec();
            letters[place] = if letters[place] == b'q' { b'p' } else { b'q' };
            assert!(ViewKey::import(&NETWORK, &String::from_utf8(letters).unwrap()).is_err(), "letter {place}");
        }
    }

    #[test]
    fn a_view_key_with_a_zero_secret_is_refused() {
        let zero = ViewKey { view: SecretScalar::zero(), ..account().view().clone() };
        assert_eq!(ViewKey::import(&NETWORK, &zero.export(&NETWORK)).err(), Some(CryptoError::ZeroSecret));
    }
}
