//! Fresh commitments tied to the ledger's: complete, of equal values only, bound to every part, and of no use to others than
//! the verifier, who can make it of any.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses a part of the common module")]

mod common;

use common::{Broken, FOREIGN, NETWORK, any_element, any_opening, rng, rounds};
use curve25519_dalek::scalar::Scalar;
use hushwatt_crypto::{
    CryptoError, PublicScalar, Rng,
    commitment::Opening,
    designated::{Designated, VerifierKey, VerifierSecret},
    tie::{Pair, prove, simulate, verify},
};
use rand_chacha::ChaCha20Rng;

const STATEMENT: &[u8] = b"the bill of meter 3 in June";

struct Household {
    ledger: Vec<Opening>,
    fresh: Vec<Opening>,
}

impl Household {
    fn new(values: &[u64], rng: &mut ChaCha20Rng) -> Self {
        let ledger: Vec<Opening> = values.iter().map(|value| any_opening(*value, rng)).collect();
        let fresh = values.iter().map(|value| any_opening(*value, rng)).collect();
        Household { ledger, fresh }
    }

    fn pairs(&self) -> Vec<Pair> {
        let both = self.ledger.iter().zip(&self.fresh);
        both.map(|(ledger, fresh)| Pair { ledger: ledger.commit(), fresh: fresh.commit() }).collect()
    }

    fn prove(&self, key: &VerifierKey, rng: &mut impl Rng) -> Result<Designated, CryptoError> {
        let openings: Vec<_> = self.ledger.iter().zip(&self.fresh).collect();
        prove(&NETWORK, STATEMENT, &self.pairs(), &openings, key, rng)
    }
}

fn verifier(rng: &mut ChaCha20Rng) -> VerifierSecret {
    VerifierSecret::random(rng).unwrap()
}

#[test]
fn equal_values_are_tied_and_the_verifier_ties_any() {
    let mut rng = rng(1);
    for count in [1usize, 2, 16, 300] {
        let verifier = verifier(&mut rng);
        let values: Vec<u64> = (0..count as u64).map(|value| value * value).collect();
        let household = Household::new(&values, &mut rng);
        let real = household.prove(verifier.key(), &mut rng).unwrap();
        assert_eq!(verify(&NETWORK, STATEMENT, &household.pairs(), verifier.key(), &real), Ok(()));
        assert_eq!(real.responses.len(), 1, "one proof, whatever the number of pairs");
        // The verifier ties what has nothing to do with one another, and it looks the same.
        let strange: Vec<Pair> =
            (0..count).map(|_| Pair { ledger: any_element(&mut rng), fresh: any_element(&mut rng) }).collect();
        let made_up = simulate(&NETWORK, STATEMENT, &strange, &verifier, &mut rng).unwrap();
        assert_eq!(verify(&NETWORK, STATEMENT, &strange, verifier.key(), &made_up), Ok(()));
        assert_eq!(made_up.responses.len(), 1);
    }
}

#[test]
fn other_values_are_not_tied_by_their_owner_even_if_they_add_up_to_the_same() {
    let mut rng = rng(2);
    let verifier = verifier(&mut rng);
    for (ledger, fresh) in [([5u64, 7, 9], [5u64, 7, 10]), ([5, 7, 9], [7, 5, 9]), ([5, 7, 9], [6, 6, 9])] {
        let (ledger, fresh) = (Household::new(&ledger, &mut rng), Household::new(&fresh, &mut rng));
        let liar = Household { ledger: ledger.ledger, fresh: fresh.fresh };
        assert_eq!(liar.prove(verifier.key(), &mut rng), Err(CryptoError::NotTheSecret));
    }
}

#[test]
fn every_mutation_is_rejected() {
    let mut rng = rng(3);
    for _ in 0..rounds(10, 200) {
        let verifier = verifier(&mut rng);
        let household = Household::new(&[1, 20, 300], &mut rng);
        let (pairs, good) = (household.pairs(), household.prove(verifier.key(), &mut rng).unwrap());
        let rejected = |statement: &[u8], pairs: &[Pair], key: &VerifierKey, proof: &Designated| {
            assert_eq!(verify(&NETWORK, statement, pairs, key, proof), Err(CryptoError::KnowledgeInvalid));
        };
        assert_eq!(verify(&FOREIGN, STATEMENT, &pairs, verifier.key(), &good), Err(CryptoError::KnowledgeInvalid));
        rejected(b"the bill of meter 3 in July", &pairs, verifier.key(), &good);
        rejected(STATEMENT, &pairs, VerifierSecret::random(&mut rng).unwrap().key(), &good);
        rejected(STATEMENT, &pairs[1..], verifier.key(), &good);
        for place in 0..pairs.len() {
            let mut bad = pairs.clone();
            bad[place].ledger = any_element(&mut rng);
            rejected(STATEMENT, &bad, verifier.key(), &good);
            let mut bad = pairs.clone();
            bad[place].fresh = any_element(&mut rng);
            rejected(STATEMENT, &bad, verifier.key(), &good);
            // The same points, in another order or on the other side.
            let mut bad = pairs.clone();
            bad.swap(place, (place + 1) % 3);
            rejected(STATEMENT, &bad, verifier.key(), &good);
            let mut bad = pairs.clone();
            bad[place] = Pair { ledger: bad[place].fresh, fresh: bad[place].ledger };
            rejected(STATEMENT, &bad, verifier.key(), &good);
        }
        let more = |scalar: PublicScalar| PublicScalar(scalar.0 + Scalar::ONE);
        rejected(STATEMENT, &pairs, verifier.key(), &Designated { household: more(good.household), ..good.clone() });
        rejected(STATEMENT, &pairs, verifier.key(), &Designated { verifier: more(good.verifier), ..good.clone() });
        let responses = vec![more(good.responses[0])];
        rejected(STATEMENT, &pairs, verifier.key(), &Designated { responses, ..good.clone() });
        let verifier_response = more(good.verifier_response);
        rejected(STATEMENT, &pairs, verifier.key(), &Designated { verifier_response, ..good.clone() });
    }
}

#[test]
fn nothing_is_tied_to_nothing() {
    let mut rng = rng(4);
    let verifier = verifier(&mut rng);
    let household = Household::new(&[1, 2], &mut rng);
    let good = household.prove(verifier.key(), &mut rng).unwrap();
    let shape = CryptoError::KnowledgeShape;
    assert_eq!(verify(&NETWORK, STATEMENT, &[], verifier.key(), &good), Err(shape));
    assert_eq!(simulate(&NETWORK, STATEMENT, &[], &verifier, &mut rng), Err(shape));
    let openings = [(&household.ledger[0], &household.fresh[0])];
    let short = prove(&NETWORK, STATEMENT, &household.pairs(), &openings, verifier.key(), &mut rng);
    assert_eq!(short, Err(shape));
}

#[test]
fn a_broken_generator_repeats_no_nonce() {
    let mut rng = rng(5);
    let verifier = verifier(&mut rng);
    let (one, other) = (Household::new(&[1, 2], &mut rng), Household::new(&[1, 2], &mut rng));
    let proofs = [one, other].map(|household| household.prove(verifier.key(), &mut Broken).unwrap());
    assert_ne!(proofs[0].verifier, proofs[1].verifier);
    assert_ne!(proofs[0].responses, proofs[1].responses);
}
