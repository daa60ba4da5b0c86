//! How a gateway or a seller's wallet builds a Share.

use hushwatt_crypto::{
    Label, Rng,
    commitment::Opening,
    hint::Hint,
    keys::OneTimeSecret,
    schnorr,
    sharing::{self, SealedShare},
    signature::SigningKey,
};

use super::{Authority, Share, SharePlace, ShareStatement, Sharing, Subject};
use crate::{
    committee::Committee,
    genesis::Genesis,
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        build::{BuildError, Built},
        signing_digest,
    },
    units::{Period, Timestamp},
};

/// What is to be shared.
pub struct SharePlan<'a> {
    /// Of which period.
    pub period: Period,
    /// Whose openings.
    pub subject: Subject,
    /// What opens the commitments on the ledger: of a meter the sums of exports and imports, of a trade what was delivered.
    pub openings: Vec<&'a Opening>,
    /// The committee of the period.
    pub committee: &'a Committee,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// Who shares.
#[derive(Clone, Copy)]
pub enum ShareMaker<'a> {
    /// A meter.
    Meter(&'a SigningKey),
    /// The seller of a trade, with the secret of the contract's claim key or the sell order's payout key.
    Seller(&'a OneTimeSecret),
}

impl SharePlan<'_> {
    /// Shares, seals and signs.
    ///
    /// # Errors
    /// [`BuildError::ShareShape`] for another number of openings than the subject has.
    pub fn build(&self, genesis: &Genesis, maker: ShareMaker<'_>, rng: &mut impl Rng) -> Result<Built, BuildError> {
        if self.openings.len() != self.subject.sharings() {
            return Err(BuildError::ShareShape);
        }
        let network = genesis.network();
        let (mut sharings, mut hints) = (Vec::new(), Vec::new());
        for (opening, sharing) in self.openings.iter().zip(0u8..) {
            let (coefficients, shares) = sharing::split(opening, self.committee.quorum(), rng)?;
            let of = coefficients.of(&opening.commit());
            let mut sealed = Vec::with_capacity(shares.len());
            for ((member, keys), share) in self.committee.numbered().zip(&shares) {
                let place = SharePlace { period: self.period, subject: self.subject, sharing, member };
                let closed = SealedShare::seal(network, &keys.sealing, &place.context(&of), share, rng);
                sealed.push(closed.digest(network));
                hints.push(Hint::from(closed));
            }
            sharings.push(Sharing { coefficients: coefficients.points().to_vec(), sealed });
        }
        let statement = ShareStatement { period: self.period, subject: self.subject, sharings };
        let digest = HintsDigest::of(network, &hints);
        let envelope = Envelope { network: *network, valid_until: self.valid_until, hints: digest };
        let id = signing_digest(&envelope, &statement);
        let authority = match maker {
            ShareMaker::Meter(key) => Authority::Meter(key.sign(network, Label::MeterSignature, &id.0)),
            ShareMaker::Seller(secret) => Authority::Seller(schnorr::sign(network, secret.secret(), &id.0, rng)?),
        };
        let action = Action::Share(Share { statement, authority });
        Ok(Built::new(Transaction::new(envelope, action), hints))
    }
}
