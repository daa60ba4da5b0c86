//! What is proven of a meter's readings, for one verifier only: of fresh commitments, tied to the ledger's by a proof that he
//! could have made up.

use hushwatt_circuits::CircuitProof;
use hushwatt_crypto::{
    Element, Point, Rng, SecretScalar,
    commitment::Opening,
    designated::{Designated, VerifierSecret},
    tie::{self, Pair},
};

use super::{Designation, DisclosureError, ProveError, Statement, period::committed};

/// Proofs about fresh commitments, and that those hide what the ledger's do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Tied {
    pub(super) fresh: Vec<Point>,
    pub(super) tie: Designated,
    pub(super) circuits: Vec<CircuitProof>,
}

/// Openings of fresh commitments, beside those of the ledger's.
pub(super) struct Fresh<'a> {
    held: &'a [Opening],
    openings: Vec<Opening>,
    points: Vec<Point>,
}

fn pairs(ledger: &[Element], fresh: &[Point]) -> Vec<Pair> {
    let both = ledger.iter().zip(fresh);
    both.map(|(ledger, fresh)| Pair { ledger: *ledger, fresh: *fresh.element() }).collect()
}

impl<'a> Fresh<'a> {
    /// New commitments to the same values. Even a broken generator gives other ones for each statement and place.
    pub(super) fn of(statement: &Statement, held: &'a [Opening], rng: &mut impl Rng) -> Result<Self, ProveError> {
        let blindings: Vec<&SecretScalar> = held.iter().map(|opening| &opening.blinding).collect();
        let about = statement.digest();
        let together = SecretScalar::hedged_nonce(&statement.network, &blindings, &about, rng);
        let renewed = |(place, opening): (u64, &Opening)| {
            let message = [&about[..], &place.to_le_bytes()].concat();
            let blinding = SecretScalar::hedged_nonce(&statement.network, &[&together], &message, rng);
            Opening::new(opening.value, blinding)
        };
        let openings: Vec<Opening> = (0u64..).zip(held).map(renewed).collect();
        let points = openings.iter().map(Opening::commit_point).collect::<Result<_, _>>()?;
        Ok(Fresh { held, openings, points })
    }

    pub(super) fn openings(&self) -> &[Opening] {
        &self.openings
    }

    pub(super) fn commitments(&self) -> Vec<Element> {
        self.points.iter().map(|point| *point.element()).collect()
    }

    /// Adds what ties them to the ledger's.
    pub(super) fn tie(
        self,
        statement: &Statement,
        to: &Designation,
        circuits: Vec<CircuitProof>,
        rng: &mut impl Rng,
    ) -> Result<Tied, ProveError> {
        let pairs = pairs(&committed(self.held), &self.points);
        let openings: Vec<_> = self.held.iter().zip(&self.openings).collect();
        let tie = tie::prove(&statement.network, &statement.encode(), &pairs, &openings, &to.key, rng)?;
        Ok(Tied { fresh: self.points, tie, circuits })
    }
}

impl Tied {
    /// Made up: proofs about commitments to any numbers, and a tie to the ledger's that only who has the key makes.
    pub(super) fn simulate(
        statement: &Statement,
        ledger: &[Element],
        made_up: &[Opening],
        circuits: Vec<CircuitProof>,
        verifier: &VerifierSecret,
        rng: &mut impl Rng,
    ) -> Result<Self, DisclosureError> {
        let points = made_up.iter().map(Opening::commit_point).collect::<Result<Vec<_>, _>>();
        let fresh = points.map_err(|_| DisclosureError::Circuit)?;
        let pairs = pairs(ledger, &fresh);
        let tie = tie::simulate(&statement.network, &statement.encode(), &pairs, verifier, rng);
        Ok(Tied { fresh, tie: tie.map_err(|_| DisclosureError::Knowledge)?, circuits })
    }

    /// Whether the fresh commitments, which it gives, hide what these of the ledger do.
    pub(super) fn check(
        &self,
        statement: &Statement,
        to: &Designation,
        ledger: &[Element],
    ) -> Result<Vec<Element>, DisclosureError> {
        if self.fresh.len() != ledger.len() {
            return Err(DisclosureError::ProofCount);
        }
        let pairs = pairs(ledger, &self.fresh);
        tie::verify(&statement.network, &statement.encode(), &pairs, &to.key, &self.tie)
            .map_err(|_| DisclosureError::Knowledge)?;
        Ok(self.fresh.iter().map(|point| *point.element()).collect())
    }
}

/// Openings of commitments to numbers that somebody made up.
pub(super) fn made_up(values: impl IntoIterator<Item = u64>, rng: &mut impl Rng) -> Vec<Opening> {
    values.into_iter().map(|value| Opening::new(value, SecretScalar::random(rng))).collect()
}
