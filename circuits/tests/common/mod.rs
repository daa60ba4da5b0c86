//! What the tests share: small statements with everything a prover and a verifier need.
#![allow(dead_code, reason = "each test file uses its part")]

use hushwatt_circuits::{
    CircuitProof, Error,
    bridge::{Compiled, compile, to_scalar},
    frontend::{self, Builder, Fr},
    proof::{self, Statement},
};
use hushwatt_crypto::{Element, NetworkId, SecretScalar, generators::generators};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

pub const NETWORK: NetworkId = NetworkId([7; 32]);
pub const FOREIGN: NetworkId = NetworkId([8; 32]);

/// Rounds of a property loop: the second number with `HUSHWATT_EFFORT=full`.
pub fn rounds(ci: usize, full: usize) -> usize {
    if std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full") { full } else { ci }
}

/// A generator that gives each test the same numbers on every run.
pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// `value * H + blinding * G` for any scalar as value.
pub fn commit(value: &Fr, blinding: &SecretScalar) -> Element {
    Element::new(generators().h.point() * to_scalar(value).0 + generators().g.point() * blinding.expose())
}

/// A statement with values, true or not.
pub struct Case {
    pub circuit: Compiled,
    pub builder: Builder,
    pub assignment: Vec<Fr>,
    pub publics: Vec<Fr>,
    pub blindings: Vec<SecretScalar>,
    pub commitments: Vec<Element>,
}

impl Case {
    /// `build` is called without values for the circuit, and with them for the prover.
    pub fn new<V: ?Sized>(
        seed: u64,
        values: &V,
        build: impl Fn(&mut Builder, Option<&V>) -> frontend::Result<()>,
    ) -> Self {
        let mut shape = Builder::shape();
        build(&mut shape, None).unwrap();
        let circuit = compile(&shape).unwrap();
        let mut builder = Builder::assigned();
        build(&mut builder, Some(values)).unwrap();
        let assignment = builder.assignment().unwrap().to_vec();
        let (publics, committed) = assignment[1..].split_at(circuit.public_len());
        let mut rng = rng(seed);
        let blindings: Vec<_> = (0..circuit.committed_len()).map(|_| SecretScalar::random(&mut rng)).collect();
        let commitments = committed.iter().zip(&blindings).map(|(value, blinding)| commit(value, blinding)).collect();
        Case { publics: publics.to_vec(), circuit, assignment, builder, blindings, commitments }
    }

    pub fn statement(&self) -> Statement<'_> {
        Statement {
            network: &NETWORK,
            kind: "test/1",
            circuit: &self.circuit,
            commitments: &self.commitments,
            publics: &self.publics,
            context: b"a transaction",
        }
    }

    pub fn prove(&self) -> Result<CircuitProof, Error> {
        proof::prove(&self.statement(), &self.builder, &self.blindings, &mut rng(99))
    }

    /// What a prover without scruples sends.
    pub fn force(&self) -> CircuitProof {
        self.force_with(&self.assignment)
    }

    /// The same with other values in the circuit.
    pub fn force_with(&self, assignment: &[Fr]) -> CircuitProof {
        proof::prove_unchecked(&self.statement(), assignment, &self.blindings, &mut rng(98)).unwrap()
    }

    pub fn verify(&self, proof: &CircuitProof) -> Result<(), Error> {
        proof::verify(&self.statement(), proof)
    }
}

/// Paid = price x min(ordered, delivered): the prices and quantities of a delivery, all hidden, the price at most 2^31.
/// Values: price, ordered, delivered, the smaller of the two, paid.
pub fn delivery(seed: u64, values: [u64; 5]) -> Case {
    Case::new(seed, &values, |builder, values| {
        let value = |place: usize| values.map(|values| values[place]);
        let price = builder.committed(value(0))?;
        let ordered = builder.committed(value(1))?;
        let delivered = builder.committed(value(2))?;
        let smaller = builder.committed(value(3))?;
        let paid = builder.committed(value(4))?;
        builder.range(&price, 31)?;
        builder.range(&ordered, 32)?;
        builder.range(&delivered, 32)?;
        let computed = builder.min(&ordered, &delivered, 32)?;
        builder.zero(&(smaller.clone() - computed))?;
        builder.require_product(&price, &smaller, &paid)
    })
}

/// The true values of a delivery.
pub fn delivered(price: u64, ordered: u64, delivered: u64) -> [u64; 5] {
    let smaller = ordered.min(delivered);
    [price, ordered, delivered, smaller, price * smaller]
}

/// What a bill shows: readings that the ledger admitted, whose sum at a price is the public amount, to the nearest cent.
pub struct Amount {
    pub readings: Vec<u64>,
    /// Micro-euro a unit.
    pub price: u64,
    pub cents: u64,
}

impl Amount {
    pub fn of(readings: Vec<u64>, price: u64) -> Self {
        let cents = (readings.iter().sum::<u64>() * price + 5_000) / 10_000;
        Amount { readings, price, cents }
    }
}

/// The statement of an [`Amount`] with so many readings.
pub fn amount(seed: u64, values: &Amount) -> Case {
    let (count, price) = (values.readings.len(), values.price);
    Case::new(seed, values, move |builder, values| {
        let mut readings = Vec::new();
        for place in 0..count {
            readings.push(builder.admitted(values.map(|values| values.readings[place]))?);
        }
        let cents = builder.public(values.map(|values| values.cents))?;
        let sum = builder.sum(&readings)?;
        let due = builder.round_half_up(&(sum * Fr::from(price)), 10_000, 40)?;
        builder.zero(&(due - cents))
    })
}
