//! Golden proofs of two small statements: what the frontend, the bridge and the proof system made of them once, they still
//! accept, and their circuits are still the same. The statements of the ledger have theirs beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod common;
mod golden_support;

use hushwatt_circuits::{
    CircuitProof, Error,
    frontend::Fr,
    proof::{Statement, verify},
};
use hushwatt_crypto::{NetworkId, hash::hex};
use serde::{Deserialize, Serialize};

use common::{Amount, Case, amount, delivered, delivery};
use golden_support::{Golden, check, element, element_hex, unhex, write_missing};

/// What is public of a statement.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inputs {
    network: String,
    kind: String,
    context: String,
    /// How many readings, if it is about any, and at which price.
    readings: usize,
    price: u64,
    commitments: Vec<String>,
    publics: Vec<u64>,
}

impl Inputs {
    fn of(case: &Case, readings: usize, price: u64, publics: Vec<u64>) -> Self {
        let statement = case.statement();
        Inputs {
            network: hex(&statement.network.0),
            kind: statement.kind.to_owned(),
            context: hex(statement.context),
            readings,
            price,
            commitments: statement.commitments.iter().map(element_hex).collect(),
            publics,
        }
    }

    /// A case of the same shape.
    fn shape(&self) -> Case {
        match self.readings {
            0 => delivery(0, delivered(1, 1, 1)),
            readings => amount(0, &Amount::of(vec![1; readings], self.price)),
        }
    }

    fn verify(&self, proof: &CircuitProof) -> Result<(), Error> {
        let shape = self.shape();
        let publics: Vec<Fr> = self.publics.iter().map(|value| Fr::from(*value)).collect();
        let commitments: Vec<_> = self.commitments.iter().map(|digits| element(digits)).collect();
        let statement = Statement {
            network: &NetworkId(unhex(&self.network).try_into().unwrap()),
            kind: &self.kind,
            circuit: &shape.circuit,
            commitments: &commitments,
            publics: &publics,
            context: &unhex(&self.context),
        };
        verify(&statement, proof)
    }
}

const DELIVERY: &str = "core-1-delivery";
const AMOUNT: &str = "core-1-amount-of-96-readings";

/// Of a new version only; see `golden_support`.
fn write_golden_proofs() {
    write_missing(DELIVERY, || {
        let case = delivery(1, delivered(123_456, 1_000, 900));
        Golden::new(Inputs::of(&case, 0, 0, vec![]), case.circuit.digest(), &case.prove().unwrap())
    });
    write_missing(AMOUNT, || {
        let values = Amount::of((0..96).collect(), 287_000);
        let case = amount(2, &values);
        Golden::new(
            Inputs::of(&case, 96, values.price, vec![values.cents]),
            case.circuit.digest(),
            &case.prove().unwrap(),
        )
    });
}

#[test]
fn golden_proofs_hold() {
    write_golden_proofs();
    for name in [DELIVERY, AMOUNT] {
        check(name, |inputs: &Inputs| inputs.shape().circuit.digest(), Inputs::verify);
    }
}
