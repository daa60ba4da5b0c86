//! How a wallet makes disclosures. All secrets are borrowed; what leaves is a statement and its proof.
//!
//! Every proof that leaves here verifies for what the secrets open. Whether the ledger agrees is [`Disclosure::check`]'s to
//! say: a wallet that remembers a wrong place makes a proof that does not hold.

use std::sync::Arc;

use hushwatt_crypto::{
    NetworkId, Point, Rng, SecretScalar,
    address::Address,
    clsag::{self, Member},
    commitment::Opening,
    designated,
    disclosure::{self, Claim as Known, Secret},
    keys::{Account, OneTimeSecret},
    onetime::one_time_key,
    range::{self, RangeBits},
};

use super::{
    Audience, BalanceClaim, BalanceProof, Claim, DeliveryClaim, Disclosure, MAX_NOTES, Party, Payment, Place, Proof,
    ProveError, ReadingClaim, ShownNote, Sigma, Statement,
    known::{delivery_known, reading_known, receiver_known, sender_known},
};
use crate::{
    note::{BucketVersion, Output},
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

/// An own unspent note, with the bucket version it is shown among.
pub struct BalanceNote {
    /// The latest version of its bucket.
    pub bucket: BucketVersion,
    /// The notes of that version.
    pub ring: Arc<[Member]>,
    /// The note's place among them, from 0.
    pub position: usize,
    /// Its one-time secret.
    pub secret: OneTimeSecret,
    /// Its opening.
    pub opening: Opening,
}

impl Request {
    pub(super) fn statement(&self, claim: Claim) -> Statement {
        Statement { network: self.network, audience: self.audience.clone(), made: self.made, claim }
    }

    /// The statement of a kind that everybody is convinced by.
    pub(super) fn statement_to_all(&self, claim: Claim) -> Result<Statement, ProveError> {
        match self.audience.designation() {
            None => Ok(self.statement(claim)),
            Some(_) => Err(ProveError::NotDesignated { kind: claim.name() }),
        }
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

/// A household shows that it has at least so much, in 1 to 16 notes, each hidden among those of its bucket. Their key
/// images become known: whoever saw them sees later when each is spent.
///
/// Constant time in the secrets; variable in the rings and their lengths, and in the order of the key images.
///
/// # Errors
/// `NothingClaimed`, `NoteCount`, `SameNoteTwice`, `NotEnough`, `Overflow`, `WrongRing`; `NotTheRingMember` if a note is not
/// at its place.
pub fn prove_balance(
    request: &Request,
    at_least: Credit,
    notes: &[BalanceNote],
    rng: &mut impl Rng,
) -> Result<Disclosure, ProveError> {
    if at_least == Credit::ZERO {
        return Err(ProveError::NothingClaimed);
    }
    if !(1..=MAX_NOTES).contains(&notes.len()) {
        return Err(ProveError::NoteCount);
    }
    if notes.iter().any(|note| note.ring.len() != note.bucket.ring()) {
        return Err(ProveError::WrongRing);
    }
    let available = Credit::checked_sum(notes.iter().map(|note| Credit(note.opening.value)));
    let available = available.ok_or(ProveError::Overflow)?;
    let rest = available.checked_sub(at_least).ok_or(ProveError::NotEnough { available, claimed: at_least })?;

    let mut sorted =
        notes.iter().map(|note| Ok((note.secret.key_image()?, note))).collect::<Result<Vec<_>, ProveError>>()?;
    sorted.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    if sorted.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(ProveError::SameNoteTwice);
    }
    let blindings: Vec<SecretScalar> = sorted.iter().map(|(_, note)| fresh(request, at_least, note, rng)).collect();
    let shown = sorted
        .iter()
        .zip(&blindings)
        .map(|((image, note), blinding)| {
            let pseudo = Opening::new(note.opening.value, blinding.clone()).commit_point()?;
            Ok(ShownNote { bucket: note.bucket, image: *image, pseudo })
        })
        .collect::<Result<Vec<_>, ProveError>>()?;
    let statement = request.statement_to_all(Claim::Balance(BalanceClaim { at_least, notes: shown.clone() }))?;
    let digest = statement.digest();
    let signatures = sorted
        .iter()
        .zip(&blindings)
        .zip(&shown)
        .map(|(((_, note), blinding), shown)| {
            let difference = note.opening.blinding.minus(blinding);
            let (secret, pseudo) = (&note.secret, &shown.pseudo);
            let ring = &note.ring;
            Ok(clsag::sign(&request.network, ring, note.position, secret, &difference, pseudo, &digest, rng)?)
        })
        .collect::<Result<_, ProveError>>()?;
    let rest = Opening::new(rest.0, SecretScalar::sum(&blindings));
    let range = range::prove(&request.network, &digest, RangeBits::Bits64, &[rest], rng)?;
    Ok(Disclosure { statement, proof: Proof::Balance(BalanceProof { signatures, range }) })
}

/// The blinding of a fresh commitment: even a broken generator gives another one for each disclosure and note.
fn fresh(request: &Request, at_least: Credit, note: &BalanceNote, rng: &mut impl Rng) -> SecretScalar {
    let claim = Claim::Balance(BalanceClaim { at_least, notes: Vec::new() });
    let secrets = [note.secret.secret(), &note.opening.blinding];
    SecretScalar::hedged_nonce(&request.network, &secrets, &request.statement(claim).encode(), rng)
}
