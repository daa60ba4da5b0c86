//! How a wallet makes disclosures. All secrets are borrowed; what leaves is a statement and its proof.
//!
//! Every proof that leaves here verifies for what the secrets open. Whether the ledger agrees is [`Disclosure::check`]'s to
//! say: a wallet that remembers a wrong place makes a proof that does not hold.

use hushwatt_crypto::{
    NetworkId, Point, Rng, SecretScalar,
    address::Address,
    commitment::Opening,
    designated,
    disclosure::{self, Claim as Known, Secret},
    keys::{Account, OneTimeSecret},
    onetime::one_time_key,
};

use super::{
    Audience, Claim, DeliveryClaim, Disclosure, Party, Payment, Place, Proof, ProveError, ReadingClaim, Sigma,
    Statement,
    known::{delivery_known, reading_known, receiver_known, sender_known},
};
use crate::{
    note::Output,
    transaction::{open::ContractId, spend::MAX_INPUTS},
    units::{Credit, Quantity, Timestamp},
};

/// For whom a disclosure is made, and when.
#[derive(Clone, Debug)]
pub struct Request {
    /// The network.
    pub network: NetworkId,
    /// For whom.
    pub audience: Audience,
    /// Now, by the wallet's clock.
    pub made: Timestamp,
}

/// What a payer's wallet kept of a Transfer.
pub struct PaidSecrets<'a> {
    /// `k` of the payee's output.
    pub tweak: &'a SecretScalar,
    /// Opening of the payee's output.
    pub opening: &'a Opening,
    /// Openings of all fresh commitments `C'`, in the order of the inputs.
    pub authorship: &'a [Opening],
}

/// What a payee's wallet knows of a note.
pub struct ReceivedSecrets<'a> {
    /// The payee's keys.
    pub account: &'a Account,
    /// `k` of the note.
    pub tweak: &'a SecretScalar,
    /// Opening of the note.
    pub opening: &'a Opening,
}

impl Request {
    pub(super) fn statement(&self, claim: Claim) -> Statement {
        Statement { network: self.network, audience: self.audience.clone(), made: self.made, claim }
    }

    pub(super) fn prove(
        &self,
        claim: Claim,
        known: impl IntoIterator<Item = Known>,
        secrets: Vec<Secret<'_>>,
        rng: &mut impl Rng,
    ) -> Result<Disclosure, ProveError> {
        let statement = self.statement(claim);
        let pairs: Vec<_> = known.into_iter().zip(secrets).collect();
        let (network, about) = (&self.network, statement.encode());
        let sigma = match self.audience.designation() {
            None => Sigma::Plain(disclosure::prove(network, &about, &pairs, rng)?),
            Some(to) => Sigma::Designated(designated::prove(network, &about, &pairs, &to.key, rng)?),
        };
        Ok(Disclosure { statement, proof: Proof::Knowledge(sigma) })
    }
}

fn note(tweak: &SecretScalar, opening: &Opening, to: &Address) -> Result<Output, ProveError> {
    Ok(Output { key: one_time_key(tweak, &to.spend)?, commitment: opening.commit_point()? })
}

/// The payer shows that an output of his Transfer pays an address so much, and that he made the Transfer: only its maker
/// knows what its fresh input commitments hide.
///
/// Constant time in the secrets.
///
/// # Errors
/// `NoAuthorship` without 1 to 4 openings of the inputs.
pub fn prove_payment_made(
    request: &Request,
    place: Place,
    output: u8,
    to: &Address,
    secrets: &PaidSecrets<'_>,
    rng: &mut impl Rng,
) -> Result<Disclosure, ProveError> {
    if !(1..=MAX_INPUTS).contains(&secrets.authorship.len()) {
        return Err(ProveError::NoAuthorship);
    }
    let payment = Payment { place, output, address: *to, amount: Credit(secrets.opening.value) };
    let paid = note(secrets.tweak, secrets.opening, to)?;
    let inputs: Vec<Point> = secrets.authorship.iter().map(Opening::commit_point).collect::<Result<_, _>>()?;
    let mut known_by = vec![Secret::Scalar(secrets.tweak), Secret::Scalar(&secrets.opening.blinding)];
    known_by.extend(secrets.authorship.iter().map(Secret::Opening));
    request.prove(Claim::PaymentMade(payment), sender_known(&payment, &paid, &inputs), known_by, rng)
}

/// The payee shows that the address is his and that an output pays it so much.
///
/// Constant time in the secrets.
pub fn prove_payment_received(
    request: &Request,
    place: Place,
    output: u8,
    secrets: &ReceivedSecrets<'_>,
    rng: &mut impl Rng,
) -> Result<Disclosure, ProveError> {
    let ReceivedSecrets { account, tweak, opening } = secrets;
    let address = *account.address();
    let payment = Payment { place, output, address, amount: Credit(opening.value) };
    let received = note(tweak, opening, &address)?;
    let known_by = vec![
        Secret::View(account.view()),
        Secret::Spend(account.spend()),
        Secret::Scalar(tweak),
        Secret::Scalar(&opening.blinding),
    ];
    request.prove(Claim::PaymentReceived(payment), receiver_known(&payment, &received), known_by, rng)
}

/// A seller (with the secret of the claim key) or a buyer (with that of the refund key) shows what was delivered to a
/// contract. `receipt` opens `C_d`: the delivered quantity and `b_d`.
///
/// Constant time in the secrets.
///
/// # Errors
/// `Overflow` if the receipt's value is no quantity.
pub fn prove_delivery(
    request: &Request,
    contract: ContractId,
    party: Party,
    key: &OneTimeSecret,
    receipt: &Opening,
    rng: &mut impl Rng,
) -> Result<Disclosure, ProveError> {
    let delivered = Quantity(u32::try_from(receipt.value).map_err(|_| ProveError::Overflow)?);
    let claim = DeliveryClaim { contract, party, delivered };
    let known = delivery_known(&claim, &key.public()?, &receipt.commit_point()?);
    let known_by = vec![Secret::OneTime(key), Secret::Scalar(&receipt.blinding)];
    request.prove(Claim::Delivery(claim), known, known_by, rng)
}

/// A household shows one value that its meter attested. `reading` says which; its value is taken from the opening.
///
/// Constant time in the secrets.
///
/// # Errors
/// `Overflow` if the opening's value is no quantity.
pub fn prove_reading(
    request: &Request,
    reading: ReadingClaim,
    opening: &Opening,
    rng: &mut impl Rng,
) -> Result<Disclosure, ProveError> {
    let value = Quantity(u32::try_from(opening.value).map_err(|_| ProveError::Overflow)?);
    let claim = ReadingClaim { value, ..reading };
    let known = reading_known(&claim, &opening.commit_point()?);
    request.prove(Claim::Reading(claim), known, vec![Secret::Scalar(&opening.blinding)], rng)
}
