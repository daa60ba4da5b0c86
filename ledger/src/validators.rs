//! Who votes: sets of validators, and the epochs in which they are in force (protocol sections 6.6 and 7).
//!
//! The set of epoch 0 stands in the genesis. A change in a block of epoch `e` is in force from epoch `e + 1` on, so the set
//! of an epoch is known before its first block.

use hushwatt_crypto::{Label, NetworkId, hash::Hasher, signature::VerifyingKey};

use crate::{
    codec::{DecodeError, Reader, Writer},
    parameters::Parameters,
    units::Epoch,
};

/// Most validators.
pub const MAX_VALIDATORS: usize = 100;

/// 1 to 100 distinct validators in ascending order of their keys' bytes; a validator's index is its place in that order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValidatorSet(Vec<VerifyingKey>);

/// Keys that make no set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// None, or too many.
    #[error("a network has 1 to 100 validators")]
    Count,
    /// A key stands twice.
    #[error("a validator is listed twice")]
    Duplicate,
}

impl ValidatorSet {
    /// Of keys in any order.
    pub fn new(mut keys: Vec<VerifyingKey>) -> Result<Self, ValidatorSetError> {
        if !(1..=MAX_VALIDATORS).contains(&keys.len()) {
            return Err(ValidatorSetError::Count);
        }
        keys.sort_unstable_by_key(|key| *key.as_bytes());
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(ValidatorSetError::Duplicate);
        }
        Ok(ValidatorSet(keys))
    }

    /// The keys in order.
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.0
    }

    /// How many there are: `n`, at least 1.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How many must agree: `n - f`, where `f = (n - 1) / 3` may be faulty. Always more than two thirds of `n`.
    pub fn quorum(&self) -> usize {
        self.count() - (self.count() - 1) / 3
    }

    /// A validator's index.
    pub fn index_of(&self, key: &VerifyingKey) -> Option<u16> {
        let place = self.0.binary_search_by_key(key.as_bytes(), |key| *key.as_bytes()).ok()?;
        u16::try_from(place).ok()
    }

    /// The validator of an index.
    pub fn key_at(&self, index: u16) -> Option<&VerifyingKey> {
        self.0.get(usize::from(index))
    }

    /// What the headers of its blocks name.
    pub fn digest(&self, network: &NetworkId) -> [u8; 32] {
        let hasher = Hasher::new(network, Label::ValidatorSet);
        self.0.iter().fold(hasher, |hasher, key| hasher.part(key.as_bytes())).finish32()
    }

    /// Appends the encoding: a count and the keys.
    pub fn encode(&self, writer: &mut Writer) {
        writer.count(self.count());
        self.0.iter().for_each(|key| {
            writer.bytes(key.as_bytes());
        });
    }

    /// Reads the encoding; keys out of order are refused.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count(1..=MAX_VALIDATORS)?;
        let keys: Vec<VerifyingKey> = (0..count).map(|_| reader.verifying_key()).collect::<Result<_, _>>()?;
        if keys.windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes()) {
            Ok(ValidatorSet(keys))
        } else {
            Err(DecodeError::NotCanonical)
        }
    }
}

impl Parameters {
    /// The epoch of a block.
    pub fn epoch_of(&self, height: u64) -> Epoch {
        Epoch(height / self.epoch_blocks.max(1))
    }

    /// Height of an epoch's first block; epoch 0 begins with the genesis, which is no block.
    pub fn first_height(&self, epoch: Epoch) -> u64 {
        epoch.0.saturating_mul(self.epoch_blocks)
    }

    /// Height of an epoch's last block.
    pub fn last_height(&self, epoch: Epoch) -> u64 {
        self.first_height(epoch).saturating_add(self.epoch_blocks.saturating_sub(1))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_crypto::signature::SigningKey;

    use super::*;

    fn keys(count: usize) -> Vec<VerifyingKey> {
        (1..=count).map(|byte| SigningKey::from_bytes(&[byte as u8; 32]).verifying_key()).collect()
    }

    #[test]
    fn a_quorum_is_all_but_the_faulty_and_always_more_than_two_thirds() {
        let known = [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (6, 5), (7, 5), (10, 7), (99, 67), (100, 67)];
        for (count, quorum) in known {
            assert_eq!(ValidatorSet::new(keys(count)).unwrap().quorum(), quorum);
        }
        for count in 1..=MAX_VALIDATORS {
            assert!(3 * ValidatorSet::new(keys(count)).unwrap().quorum() > 2 * count);
        }
    }

    #[test]
    fn a_set_is_sorted_whatever_the_order_it_is_given_in() {
        let mut given = keys(7);
        let set = ValidatorSet::new(given.clone()).unwrap();
        given.reverse();
        assert_eq!(ValidatorSet::new(given).unwrap(), set);
        assert!(set.keys().windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes()));
        for (place, key) in set.keys().iter().enumerate() {
            assert_eq!((set.index_of(key), set.key_at(place as u16)), (Some(place as u16), Some(key)));
        }
        assert_eq!((set.index_of(&keys(8)[7]), set.key_at(7)), (None, None));
    }

    #[test]
    fn no_validators_too_many_and_one_twice_are_refused() {
        assert_eq!(ValidatorSet::new(Vec::new()).err(), Some(ValidatorSetError::Count));
        assert_eq!(ValidatorSet::new(keys(101)).err(), Some(ValidatorSetError::Count));
        assert_eq!(ValidatorSet::new(keys(100)).unwrap().count(), 100);
        let twice = [keys(3), keys(1)].concat();
        assert_eq!(ValidatorSet::new(twice).err(), Some(ValidatorSetError::Duplicate));
    }

    #[test]
    fn a_set_comes_back_as_it_went_out_and_only_in_order() {
        let set = ValidatorSet::new(keys(3)).unwrap();
        let mut writer = Writer::new();
        set.encode(&mut writer);
        let bytes = writer.finish();
        assert_eq!(ValidatorSet::decode(&mut Reader::new(&bytes)), Ok(set));
        let mut swapped = bytes.clone();
        swapped[1..65].rotate_left(32);
        assert_eq!(ValidatorSet::decode(&mut Reader::new(&swapped)), Err(DecodeError::NotCanonical));
        let mut twice = bytes.clone();
        twice.copy_within(1..33, 33);
        assert_eq!(ValidatorSet::decode(&mut Reader::new(&twice)), Err(DecodeError::NotCanonical));
        for count in [0, 101] {
            let mut other = bytes.clone();
            other[0] = count;
            assert_eq!(ValidatorSet::decode(&mut Reader::new(&other)), Err(DecodeError::LengthOutOfRange));
        }
    }

    #[test]
    fn every_height_is_in_its_epoch() {
        let parameters = Parameters { epoch_blocks: 10, ..Parameters::default() };
        for (height, epoch) in [(0, 0), (1, 0), (9, 0), (10, 1), (19, 1), (20, 2), (u64::MAX, u64::MAX / 10)] {
            let epoch = Epoch(epoch);
            assert_eq!(parameters.epoch_of(height), epoch);
            assert!((parameters.first_height(epoch)..=parameters.last_height(epoch)).contains(&height));
        }
        assert_eq!((parameters.first_height(Epoch(3)), parameters.last_height(Epoch(3))), (30, 39));
        assert_eq!(parameters.last_height(Epoch(u64::MAX)), u64::MAX);
    }
}
