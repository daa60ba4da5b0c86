//! The scanner of `monero-wallet`, for comparison: outputs of strangers, by today's rules.

use curve25519_dalek::{EdwardsPoint, Scalar, constants::ED25519_BASEPOINT_TABLE};
use monero_wallet::{
    Scanner, ViewPair,
    block::{Block, BlockHeader},
    ed25519::Point,
    interface::ScannableBlock,
    transaction::{Input, Output, Timelock, Transaction, TransactionPrefix},
};
use rand::{Rng, rngs::OsRng};
use zeroize::Zeroizing;

const HARDFORK: u8 = 16;
/// The field of a transaction's `extra` that holds its key.
const KEY: u8 = 1;

fn random_point() -> Point {
    let point: EdwardsPoint = &Scalar::random(&mut OsRng) * ED25519_BASEPOINT_TABLE;
    Point::from(point)
}

pub fn scanner() -> Scanner {
    let view = Zeroizing::new(monero_wallet::ed25519::Scalar::random(&mut OsRng));
    Scanner::new(ViewPair::new(random_point(), view).unwrap())
}

/// A block of transactions with two outputs each. The scanner does not come to look at proofs, so there are none.
pub fn block(transactions: usize, view_tags: bool) -> ScannableBlock {
    let output = || Output { amount: None, key: random_point().compress(), view_tag: view_tags.then(|| OsRng.r#gen()) };
    let transaction = || {
        let extra = [&[KEY][..], &random_point().compress().to_bytes()].concat();
        let input = Input::ToKey { amount: None, key_offsets: vec![1; 16], key_image: random_point().compress() };
        let prefix = TransactionPrefix {
            additional_timelock: Timelock::None,
            inputs: vec![input; 2],
            outputs: vec![output(), output()],
            extra,
        };
        Transaction::V2 { prefix, proofs: None }
    };
    let header = BlockHeader {
        hardfork_version: HARDFORK,
        hardfork_signal: HARDFORK,
        timestamp: 0,
        previous: [0; 32],
        nonce: 0,
    };
    let miner = TransactionPrefix {
        additional_timelock: Timelock::None,
        inputs: vec![Input::Gen(1)],
        outputs: Vec::new(),
        extra: Vec::new(),
    };
    let miner = Transaction::V2 { prefix: miner, proofs: None };
    let block = Block::new(header, miner, vec![[0; 32]; transactions]).unwrap();
    ScannableBlock {
        block,
        transactions: (0..transactions).map(|_| transaction()).collect(),
        output_index_for_first_ringct_output: Some(0),
    }
}
