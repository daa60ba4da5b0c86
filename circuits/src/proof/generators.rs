//! The generators of the proof system, and the setups made of them, one a size, each made when first needed and kept.
//!
//! A setup for `2^n` gates has `2^(n+1) + 3` points: about 200 bytes each for the prover, 700 for the verifier (the points,
//! and their numbers in the shape that the proof system wants). The README says what sizes cost.

use std::{num::NonZeroUsize, sync::OnceLock, thread};

use commonware_cryptography::zk::bulletproofs::{circuit::Setup, ipa};
use commonware_math::{algebra::HashToGroup, synthetic::Synthetic};
use commonware_parallel::Rayon;
use hushwatt_crypto::{Label, generators::generators as ledger};

use crate::{
    Error,
    group::{F, Point, PublicPoint, SecretPoint},
};

/// log2 of the gates of the largest circuit.
pub const MAX_LG: u8 = 17;

/// The name of a generator: which vector, and its place.
fn message(tag: u8, place: usize) -> [u8; 9] {
    let mut message = [tag; 9];
    message[1..].copy_from_slice(&(place as u64).to_le_bytes());
    message
}

/// The generators of a size; those of a larger one extend those of a smaller one.
struct Generators<G> {
    /// `G_0..`
    left: Vec<G>,
    /// `H_0..`
    right: Vec<G>,
    /// `Q`, then `H` and `G` of the ledger.
    fixed: [G; 3],
}

impl<G> Generators<G> {
    fn into_setup(self) -> Setup<G> {
        let [product, value, blinding] = self.fixed;
        Setup::new(ipa::Setup::new(product, self.left.into_iter().zip(self.right)), value, blinding)
    }
}

impl<const CT: bool> Generators<Point<CT>> {
    /// On threads of its own: whoever waits for a setup must not be given other work meanwhile, which might want the same one.
    fn hashed(lg: u8) -> Self {
        let domain = Label::CircuitGenerators.as_str().as_bytes();
        let count = 1usize << lg;
        let hash = |tag: u8, places: core::ops::Range<usize>| -> Vec<Point<CT>> {
            places.map(|place| Point::hash_to_group(domain, &message(tag, place))).collect()
        };
        let share = count.div_ceil(threads().get());
        let vector = |tag: u8| {
            let ranges: Vec<_> = (0..count).step_by(share).map(|start| start..(start + share).min(count)).collect();
            let mut points = Vec::with_capacity(count);
            thread::scope(|scope| {
                let workers: Vec<_> = ranges.iter().map(|range| scope.spawn(|| hash(tag, range.clone()))).collect();
                for (worker, range) in workers.into_iter().zip(&ranges) {
                    points.extend(worker.join().unwrap_or_else(|_| hash(tag, range.clone())));
                }
            });
            points
        };
        let pedersen = &ledger().pedersen;
        let fixed = [Point::hash_to_group(domain, b"q"), Point::new(pedersen.B), Point::new(pedersen.B_blinding)];
        Generators { left: vector(b'g'), right: vector(b'h'), fixed }
    }
}

impl Generators<Synthetic<F, PublicPoint>> {
    /// Their numbers, in the order of [`VerifierSetup::flat`].
    fn numbered(lg: u8) -> Self {
        let count = 1usize << lg;
        let mut numbers = Synthetic::generators();
        Generators {
            left: numbers.by_ref().take(count).collect(),
            right: numbers.by_ref().take(count).collect(),
            // There is always another number.
            fixed: core::array::from_fn(|_| numbers.next().unwrap_or_default()),
        }
    }
}

/// What a verifier needs: the points, and the setup in terms of their numbers.
pub(super) struct VerifierSetup {
    /// `G_0.. | H_0.. | Q | H | G`.
    pub(super) flat: Vec<PublicPoint>,
    pub(super) symbolic: Setup<Synthetic<F, PublicPoint>>,
}

pub(super) fn for_prover(lg: u8) -> Result<&'static Setup<SecretPoint>, Error> {
    static SETUPS: [OnceLock<Setup<SecretPoint>>; MAX_LG as usize + 1] = [const { OnceLock::new() }; _];
    let place = SETUPS.get(usize::from(lg)).ok_or(Error::TooLarge)?;
    Ok(place.get_or_init(|| Generators::hashed(lg).into_setup()))
}

pub(super) fn for_verifier(lg: u8) -> Result<&'static VerifierSetup, Error> {
    static SETUPS: [OnceLock<VerifierSetup>; MAX_LG as usize + 1] = [const { OnceLock::new() }; _];
    let place = SETUPS.get(usize::from(lg)).ok_or(Error::TooLarge)?;
    Ok(place.get_or_init(|| {
        let Generators { left: mut flat, right, fixed } = Generators::hashed(lg);
        flat.reserve_exact(right.len() + fixed.len());
        flat.extend(right);
        flat.extend(fixed);
        VerifierSetup { flat, symbolic: Generators::numbered(lg).into_setup() }
    }))
}

fn threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The threads that work is spread over; `None` where there are none to be had.
pub(super) fn pool() -> Option<&'static Rayon> {
    static POOL: OnceLock<Option<Rayon>> = OnceLock::new();
    POOL.get_or_init(|| Rayon::new(threads()).ok()).as_ref()
}
