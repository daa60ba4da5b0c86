//! Phase 1 of every transaction, deferred and checked in batches on all cores (protocol section 8).
//!
//! What phase 1 looks at is immutable, so it may be checked long after phases 2 and 3; the replay only has to make sure
//! that the earliest failure is the one it reports.

use std::collections::HashSet;

use hushwatt_crypto::range::RangeClaim;
use hushwatt_ledger::{
    Rejection,
    genesis::Genesis,
    rules::spending::range_proofs_verify,
    state::Resolved,
    transaction::{Action, Transaction, check::check_proofs, share::Authority},
};
use rayon::prelude::*;
use serde::Serialize;

use crate::{folder::kept, tally::is_none};

/// Most transactions that wait.
const MAX_PENDING: usize = 1024;
/// Most bytes that wait, rings included, before the batch is checked.
const MAX_PENDING_BYTES: usize = 64 << 20;
/// What a ring member takes in memory.
const MEMBER_BYTES: usize = 800;

/// Where a transaction stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct At {
    /// Height of its block.
    pub height: u64,
    /// Its place in the block.
    pub place: usize,
    /// Where the block's record begins in the file, in bytes.
    pub offset: u64,
}

/// Proofs and signatures that verified, by kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ProofCounts {
    /// Ring signatures, one an input.
    pub ring_signatures: u64,
    /// Range proofs.
    pub range_proofs: u64,
    /// Committed values that those cover.
    pub committed_values: u64,
    /// Proofs that receipts keep their buyers' blindings, one a Deliver, and fills those of their orders, one a clearing at a price.
    pub handle_proofs: u64,
    /// Schnorr signatures of claim keys, one a settled contract.
    pub claim_signatures: u64,
    /// Ed25519 signatures of meters.
    pub meter_signatures: u64,
    /// Ed25519 signatures of the treasury.
    pub treasury_signatures: u64,
    /// Ed25519 signatures of registrars.
    pub registrar_signatures: u64,
    /// Ed25519 signatures of the market operator: one an order, one a clearing.
    #[serde(skip_serializing_if = "is_none")]
    pub operator_signatures: u64,
    /// Circuit proofs that an auction's outcome is what the rule says, one a clearing.
    #[serde(skip_serializing_if = "is_none")]
    pub clearing_proofs: u64,
    /// Signatures of members of the committee, one a complaint and one a release.
    #[serde(skip_serializing_if = "is_none")]
    pub member_signatures: u64,
}
kept!(ProofCounts {
    ring_signatures,
    range_proofs,
    committed_values,
    handle_proofs,
    claim_signatures,
    meter_signatures,
    treasury_signatures,
    registrar_signatures,
    operator_signatures,
    clearing_proofs,
    member_signatures
});

impl ProofCounts {
    /// All together.
    pub fn total(&self) -> u64 {
        self.ring_signatures
            + self.range_proofs
            + self.handle_proofs
            + self.claim_signatures
            + self.meter_signatures
            + self.treasury_signatures
            + self.registrar_signatures
            + self.operator_signatures
            + self.clearing_proofs
            + self.member_signatures
    }

    fn count(&mut self, action: &Action) {
        self.ring_signatures += action.spends().len() as u64;
        match action {
            Action::Transfer(_) | Action::Open(_) => {}
            Action::Deliver(deliver) => {
                self.handle_proofs += 1;
                self.claim_signatures += deliver.claims.len() as u64;
            }
            Action::Attest(_) | Action::Correct(_) => self.meter_signatures += 1,
            Action::Mint(_) | Action::Burn(_) => self.treasury_signatures += 1,
            Action::Registry(registry) => self.registrar_signatures += registry.signatures.len() as u64,
            Action::Sell(_) | Action::Buy(_) => self.operator_signatures += 1,
            Action::Share(share) => match share.authority {
                Authority::Meter(_) => self.meter_signatures += 1,
                Authority::Seller(_) => self.claim_signatures += 1,
            },
            Action::Request(_) => self.registrar_signatures += 1,
            Action::Complain(_) | Action::Release(_) => self.member_signatures += 1,
            Action::Clear(clear) => {
                self.operator_signatures += 1;
                self.clearing_proofs += 1;
                self.handle_proofs += u64::from(clear.handles.is_some());
            }
        }
    }
}

struct Pending {
    at: At,
    transaction: Transaction,
    resolved: Resolved,
}

/// A transaction whose proofs do not verify.
pub(crate) struct BadProof {
    pub at: At,
    pub transaction: Transaction,
    pub rule: Rejection,
}

/// Transactions whose proofs are still to be checked.
pub(crate) struct Deferred<'g> {
    genesis: &'g Genesis,
    pending: Vec<Pending>,
    /// Most transactions that wait.
    pub limit: usize,
    bytes: usize,
    rings: HashSet<[u8; 32]>,
    verified: ProofCounts,
}

impl<'g> Deferred<'g> {
    /// None yet, after so many that verified before.
    pub fn new(genesis: &'g Genesis, verified: ProofCounts) -> Self {
        Deferred { genesis, pending: Vec::new(), limit: MAX_PENDING, bytes: 0, rings: HashSet::new(), verified }
    }

    /// Proofs that verified so far.
    pub fn verified(&self) -> ProofCounts {
        self.verified
    }

    pub fn add(&mut self, at: At, transaction: &Transaction, resolved: &Resolved) {
        self.bytes += 4 * transaction.encoded_len();
        for (ring, digest) in resolved.rings.iter().zip(&resolved.digests) {
            // A ring is shared by all that name it.
            if self.rings.insert(*digest) {
                self.bytes += ring.len() * MEMBER_BYTES;
            }
        }
        self.pending.push(Pending { at, transaction: transaction.clone(), resolved: resolved.clone() });
    }

    /// Whether the bound is reached.
    pub fn is_full(&self) -> bool {
        self.pending.len() >= self.limit || self.bytes >= MAX_PENDING_BYTES
    }

    /// Checks all that wait, and forgets them: ring signatures and the like side by side, range proofs as one batch.
    /// Gives the earliest that fails.
    pub fn flush(&mut self) -> Result<(), Box<BadProof>> {
        let pending = std::mem::take(&mut self.pending);
        self.bytes = 0;
        self.rings.clear();
        let verdicts: Vec<Result<Vec<RangeClaim>, Rejection>> =
            pending.par_iter().map(|one| check_proofs(self.genesis, &one.transaction, &one.resolved)).collect();

        let (mut claims, mut owners, mut failing) = (Vec::new(), Vec::new(), None);
        for (owner, verdict) in verdicts.into_iter().enumerate() {
            match verdict {
                Ok(new) => {
                    owners.extend(std::iter::repeat_n(owner, new.len()));
                    claims.extend(new);
                }
                Err(rule) => {
                    // What comes later does not matter any more.
                    failing = Some((owner, rule));
                    break;
                }
            }
        }
        if let Err(places) = range_proofs_verify(&claims) {
            let owner = places.iter().filter_map(|place| owners.get(*place)).min();
            // A batch that fails always names somebody; if it did not, its first transaction would have to answer. Claims
            // end where the other proofs first fail, so this owner is the earlier one.
            failing = Some((owner.copied().unwrap_or(0), Rejection::RangeProof));
        }
        let Some((owner, rule)) = failing else {
            pending.iter().for_each(|one| self.verified.count(one.transaction.action()));
            self.verified.range_proofs += claims.len() as u64;
            self.verified.committed_values += claims.iter().map(|claim| claim.commitments.len() as u64).sum::<u64>();
            return Ok(());
        };
        let culprit = pending.into_iter().nth(owner);
        culprit.map_or(Ok(()), |Pending { at, transaction, .. }| Err(Box::new(BadProof { at, transaction, rule })))
    }
}
