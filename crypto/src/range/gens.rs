//! The vector generators of Bulletproofs, made when first needed: a node that never sees a large proof never pays for it.
//!
//! The crate's `BulletproofGens` keeps half of its points to itself, so the verifier makes the same points again, by the
//! same SHAKE-256 chain per position in the proof; the prover has the crate's own.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bulletproofs::BulletproofGens;
use curve25519_dalek::ristretto::RistrettoPoint;
use sha3::{
    Shake256,
    digest::{ExtendableOutput, Update, XofReader},
};

use super::{MAX_PROOF_BITS, RangeBits};

/// Most values of one proof: those of the narrowest width.
const POSITIONS: usize = MAX_PROOF_BITS / 16;

/// A run of generators of one position: bits `0..16`, `16..32` or `32..64`.
pub(super) struct Run {
    pub(super) g: Box<[RistrettoPoint]>,
    pub(super) h: Box<[RistrettoPoint]>,
}

const RUNS: [core::ops::Range<usize>; 3] = [0..16, 16..32, 32..64];

static VERIFIER: [[OnceLock<Run>; 3]; POSITIONS] = [const { [const { OnceLock::new() }; 3] }; POSITIONS];

/// The generators of the value at a position, run by run, for a proof of this width.
pub(super) fn for_verifier(position: usize, bits: usize) -> impl Iterator<Item = &'static Run> {
    let runs = VERIFIER[position].iter().zip(&RUNS).take_while(move |(_, run)| run.end <= bits);
    runs.map(move |(cell, run)| {
        cell.get_or_init(|| Run { g: chain(b'G', position, run.clone()), h: chain(b'H', position, run.clone()) })
    })
}

fn chain(name: u8, position: usize, run: core::ops::Range<usize>) -> Box<[RistrettoPoint]> {
    let mut shake = Shake256::default();
    shake.update(b"GeneratorsChain");
    shake.update(&[name]);
    shake.update(&(position as u32).to_le_bytes());
    let mut reader = shake.finalize_xof();
    let mut wide = [0u8; 64];
    for _ in 0..run.start {
        reader.read(&mut wide);
    }
    run.map(|_| {
        reader.read(&mut wide);
        RistrettoPoint::from_uniform_bytes(&wide)
    })
    .collect()
}

static PROVER: [RwLock<Option<Arc<BulletproofGens>>>; 3] = [const { RwLock::new(None) }; 3];

/// The crate's generators for proofs of this width over at least this many values; grown by powers of two, as the
/// padded numbers are.
pub(super) fn for_prover(bits: RangeBits, padded: usize) -> Arc<BulletproofGens> {
    let cell = &PROVER[bits as usize];
    let known = cell.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(gens) = known.filter(|gens| gens.party_capacity >= padded) {
        return gens;
    }
    let gens = Arc::new(BulletproofGens::new(bits.bits(), padded));
    let mut kept = cell.write().unwrap_or_else(PoisonError::into_inner);
    if kept.as_ref().is_none_or(|other| other.party_capacity < padded) {
        *kept = Some(Arc::clone(&gens));
    }
    gens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifiers_generators_are_the_crates() {
        let gens = BulletproofGens::new(64, 3);
        for position in 0..3 {
            let ours: Vec<_> = for_verifier(position, 64).flat_map(|run| run.g.iter().copied()).collect();
            let theirs: Vec<_> = gens.share(position).G(64).copied().collect();
            assert_eq!(ours, theirs);
        }
        assert_eq!(for_verifier(5, 16).count(), 1);
        assert_eq!(for_verifier(5, 32).map(|run| run.h.len()).sum::<usize>(), 32);
    }
}
