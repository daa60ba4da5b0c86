//! Rules of totals: shares, complaints, requests and releases (protocol section 10). Validators, auditors and members of the
//! committee hold the same ones against a request.

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_crypto::{
    Label, NetworkId,
    hash::Hasher,
    schnorr::{self, Schnorr},
    sharing::{Member, ReleasedShare, SealedShare, Verdict},
    signature::{Signature, VerifyingKey},
};

use super::{Rejection, ensure};
use crate::{
    block::BlockDigest,
    committee::{Cohort, Committee, CommitteeMember, MAX_COHORTS},
    genesis::Genesis,
    parameters::{MIN_LEFT_OUT, MIN_TRADES, Parameters, PeriodTimes, TotalsParameters},
    state::{MeteredPeriod, ShareRecord, Shared, TotalRecord, TradeRecord},
    transaction::{
        TransactionId,
        complain::ComplainStatement,
        share::{SharePlace, Sharing},
    },
    units::{MeterId, Period, Timestamp, Utility},
};

/// The genesis says how.
pub fn totals_are_made(parameters: &Parameters) -> Result<&TotalsParameters, Rejection> {
    parameters.totals.as_ref().ok_or(Rejection::NoTotals)
}

// The registry.

/// No member of the committee has the key of another role.
pub fn committee_keys_are_free(in_use: &[VerifyingKey], committee: &Committee) -> Result<(), Rejection> {
    let free = committee.members().iter().all(|member| !in_use.contains(&member.key));
    ensure(free, Rejection::CommitteeKeyTaken)
}

/// There are some, and not too many to be named.
pub fn cohorts_can_be_named(cohorts: &[Cohort]) -> Result<(), Rejection> {
    ensure((1..=MAX_COHORTS).contains(&cohorts.len()), Rejection::CohortCount)
}

/// All meters of a cohort are registered and measure one utility.
pub fn cohort_measures_one_utility(genesis: &Genesis, cohort: &Cohort) -> Result<(), Rejection> {
    let mut utilities: BTreeSet<Utility> = BTreeSet::new();
    for entry in cohort.meters() {
        utilities.insert(genesis.meter(entry.meter).ok_or(Rejection::UnknownMeter)?.utility);
    }
    ensure(utilities.len() == 1, Rejection::CohortUtility)
}

/// No meter is in two cohorts.
pub fn cohorts_are_disjoint(cohorts: &[Cohort]) -> Result<(), Rejection> {
    let mut seen: BTreeSet<MeterId> = BTreeSet::new();
    let all = cohorts.iter().flat_map(|cohort| cohort.meters()).all(|entry| seen.insert(entry.meter));
    ensure(all, Rejection::CohortsOverlap)
}

/// What is left of a cohort has at least `k_min` meters.
pub fn enough_meters_are_in(
    parameters: &TotalsParameters,
    cohort: &Cohort,
    left_out: &[MeterId],
) -> Result<(), Rejection> {
    let left = cohort.meters().len().saturating_sub(left_out.len());
    ensure(left >= parameters.k_min as usize, Rejection::TooFewMeters)
}

/// Nobody owns more than a third of the meters that are in.
pub fn nobody_owns_over_a_third(cohort: &Cohort, left_out: &[MeterId]) -> Result<(), Rejection> {
    let left = cohort.meters().len().saturating_sub(left_out.len());
    ensure(cohort.most_of_one_owner(left_out) * 3 <= left, Rejection::OwnerOverThird)
}

/// Of a utility that cohorts measure, no meter is outside all of them, or three are: what a community's feeder says, less the
/// totals of all cohorts, would be what one or two had.
pub fn none_or_three_stay_outside(genesis: &Genesis, cohorts: &[Cohort]) -> Result<(), Rejection> {
    let mut outside: BTreeMap<Utility, usize> = BTreeMap::new();
    let mut measured: BTreeSet<Utility> = BTreeSet::new();
    for (id, meter) in genesis.meters() {
        if cohorts.iter().any(|cohort| cohort.contains(id)) {
            measured.insert(meter.utility);
        } else {
            *outside.entry(meter.utility).or_default() += 1;
        }
    }
    let few = |utility: &Utility| outside.get(utility).is_some_and(|count| *count < MIN_LEFT_OUT);
    ensure(!measured.iter().any(few), Rejection::FewOutside)
}

/// All that is asked of cohorts.
pub fn cohorts_hold(genesis: &Genesis, cohorts: &[Cohort]) -> Result<(), Rejection> {
    let parameters = totals_are_made(&genesis.parameters)?;
    cohorts_can_be_named(cohorts)?;
    cohorts_are_disjoint(cohorts)?;
    for cohort in cohorts {
        cohort_measures_one_utility(genesis, cohort)?;
        enough_meters_are_in(parameters, cohort, &[])?;
        nobody_owns_over_a_third(cohort, &[])?;
    }
    none_or_three_stay_outside(genesis, cohorts)
}

// Who may do what, and when.

/// A committee was named before the period began.
pub fn committee_is_in_force(committee: Option<Committee>) -> Result<Committee, Rejection> {
    committee.ok_or(Rejection::NoCommittee)
}

/// There is such a member.
pub fn member_is_in_the_committee(committee: &Committee, member: Member) -> Result<&CommitteeMember, Rejection> {
    committee.member(member).ok_or(Rejection::UnknownMember)
}

/// The member signed.
pub fn member_signed(
    network: &NetworkId,
    member: &CommitteeMember,
    id: &TransactionId,
    signature: &Signature,
) -> Result<(), Rejection> {
    let verified = member.key.verify(network, Label::CommitteeSignature, &id.0, signature);
    verified.map_err(|_| Rejection::MemberSignature)
}

/// A registrar of the genesis signed.
pub fn registrar_asked(
    genesis: &Genesis,
    registrar: u8,
    id: &TransactionId,
    signature: &Signature,
) -> Result<(), Rejection> {
    let key = genesis.registrars().get(usize::from(registrar)).ok_or(Rejection::RequestSignature)?;
    let verified = key.verify(genesis.network(), Label::TotalRequest, &id.0, signature);
    verified.map_err(|_| Rejection::RequestSignature)
}

/// Nothing is shared before what counts is final.
pub fn shared_not_too_early(times: &PeriodTimes, now: Timestamp) -> Result<(), Rejection> {
    ensure(now > times.close, Rejection::ShareTooEarly)
}

/// Nor after the term.
pub fn shared_not_too_late(times: &PeriodTimes, now: Timestamp) -> Result<(), Rejection> {
    ensure(now <= times.share, Rejection::ShareTooLate)
}

/// A complaint comes before anything can be asked for.
pub fn complained_in_time(times: &PeriodTimes, now: Timestamp) -> Result<(), Rejection> {
    ensure(now <= times.complain, Rejection::ComplaintTooLate)
}

/// A total is asked for when no complaint can change any more what it is over.
pub fn asked_not_too_early(times: &PeriodTimes, now: Timestamp) -> Result<(), Rejection> {
    ensure(now > times.complain, Rejection::RequestTooEarly)
}

/// Nor after the term.
pub fn asked_not_too_late(times: &PeriodTimes, now: Timestamp) -> Result<(), Rejection> {
    ensure(now <= times.request, Rejection::RequestTooLate)
}

/// Shares are released within the term.
pub fn released_in_time(times: &PeriodTimes, now: Timestamp) -> Result<(), Rejection> {
    ensure(now <= times.release, Rejection::ReleaseTooLate)
}

// Shares.

/// A share for each member, and as many coefficients as the threshold asks for.
pub fn shares_fit_the_committee(sharings: &[Sharing], committee: &Committee) -> Result<(), Rejection> {
    let fit = |sharing: &Sharing| {
        sharing.coefficients.len() == committee.quorum().degree() && sharing.sealed.len() == committee.members().len()
    };
    ensure(sharings.iter().all(fit), Rejection::ShareShape)
}

/// The meter is in a cohort of the period: nobody else can be in a total.
pub fn meter_is_in_a_cohort(cohort: Option<&Cohort>) -> Result<(), Rejection> {
    ensure(cohort.is_some(), Rejection::MeterInNoCohort)
}

/// Every window of the period was attested before it closed.
pub fn period_is_complete(parameters: &Parameters, record: Option<MeteredPeriod>) -> Result<MeteredPeriod, Rejection> {
    let all = parameters.windows_per_period();
    record.filter(|record| Some(u64::from(record.windows)) == all).ok_or(Rejection::PeriodIncomplete)
}

/// Something was delivered in this trade in the period.
pub fn trade_is_of_the_period(record: Option<TradeRecord>) -> Result<TradeRecord, Rejection> {
    record.ok_or(Rejection::UnknownTrade)
}

/// Openings are shared once.
pub fn nothing_was_shared(share: Option<&ShareRecord>) -> Result<(), Rejection> {
    ensure(share.is_none(), Rejection::AlreadyShared)
}

/// Whoever has the key that the contract's claim or the sell order's payout is made out to signed.
pub fn seller_signed(
    network: &NetworkId,
    key: &hushwatt_crypto::Point,
    id: &TransactionId,
    proof: &Schnorr,
) -> Result<(), Rejection> {
    schnorr::verify(network, key, &id.0, proof).map_err(|_| Rejection::SellerSignature)
}

// Complaints.

/// There is something to complain of.
pub fn share_is_there(shared: Option<Shared>) -> Result<Shared, Rejection> {
    shared.ok_or(Rejection::UnknownShare)
}

/// The share that is shown is the one that was sealed for the member.
pub fn sealed_share_is_the_one(
    network: &NetworkId,
    shared: &Shared,
    place: &SharePlace,
    sealed: &SealedShare,
) -> Result<(), Rejection> {
    let digest = shared.sealed.get(usize::from(place.member.place()));
    ensure(digest == Some(&sealed.digest(network)), Rejection::OtherShare)
}

/// The share was opened rightly, and is not what its coefficients promise.
pub fn share_is_wrong(
    network: &NetworkId,
    member: &CommitteeMember,
    shared: &Shared,
    statement: &ComplainStatement,
) -> Result<(), Rejection> {
    let context = statement.place.context(&shared.of);
    let verdict = statement.sealed.judge(network, &member.sealing, &context, statement.opened.as_ref());
    match verdict.map_err(|_| Rejection::ShareOpening)? {
        Verdict::Garbled => Ok(()),
        Verdict::Share(share) => {
            ensure(!share.opens(&shared.of.expected(statement.place.member)), Rejection::ShareIsRight)
        }
    }
}

// Requests.

/// The first one stands.
pub fn nothing_was_asked(total: Option<&TotalRecord>) -> Result<(), Rejection> {
    ensure(total.is_none(), Rejection::TotalTaken)
}

/// There was such a cohort when the period began.
pub fn cohort_is_known(cohort: Option<Cohort>) -> Result<Cohort, Rejection> {
    cohort.ok_or(Rejection::UnknownCohort)
}

/// The lots of the period are drawn: by the first block after complaints were over.
pub fn lots_are_drawn(lot: Option<BlockDigest>) -> Result<BlockDigest, Rejection> {
    lot.ok_or(Rejection::LotsNotDrawn)
}

/// Who is left out of a total, in ascending order: nobody if all have shared rightly; else those who have not, and as many more as
/// make three, drawn by lot. So the sum says nothing of one or two to somebody who knows the sum of all, and nobody is left out at
/// the asker's pleasure.
pub fn left_out(
    network: &NetworkId,
    period: Period,
    cohort: &Cohort,
    has_shared: impl Fn(&MeterId) -> bool,
    lot: &BlockDigest,
) -> Vec<MeterId> {
    let (mut sharers, mut out): (Vec<MeterId>, Vec<MeterId>) =
        cohort.meters().iter().map(|entry| entry.meter).partition(has_shared);
    if !out.is_empty() {
        sharers.sort_by_cached_key(|meter| {
            let hasher = Hasher::new(network, Label::LeftOut).part(&lot.0).part(&period.0.to_le_bytes());
            hasher.part(&meter.0.to_le_bytes()).finish32()
        });
        out.extend(sharers.into_iter().take(MIN_LEFT_OUT.saturating_sub(out.len())));
        out.sort_unstable();
    }
    out
}

/// The request leaves out exactly those.
pub fn nobody_else_is_left_out(listed: &[MeterId], right: &[MeterId]) -> Result<(), Rejection> {
    ensure(listed == right, Rejection::LeftOut)
}

/// The trades that a total is over are those that were shared rightly at a price at which at least eight were: whether so many are
/// enough. Energy and money of the same trades are two equations, and prices are public: a trade with a price of its own could be
/// solved for.
pub fn in_company(at_the_price: u32) -> bool {
    at_the_price >= MIN_TRADES
}

/// A total is over at least eight trades.
pub fn enough_trades_are_in(trades: u32) -> Result<(), Rejection> {
    ensure(trades >= MIN_TRADES, Rejection::TooFewTrades)
}

// Releases.

/// There is a total to release shares of.
pub fn total_was_asked(total: Option<TotalRecord>) -> Result<TotalRecord, Rejection> {
    total.ok_or(Rejection::NothingAsked)
}

/// A member releases once.
pub fn member_released_nothing(total: &TotalRecord, member: Member) -> Result<(), Rejection> {
    ensure(!total.released.contains(&member), Rejection::AlreadyReleased)
}

/// What is released is the member's share of the total.
pub fn released_shares_open(total: &TotalRecord, member: Member, shares: &[ReleasedShare; 2]) -> Result<(), Rejection> {
    let open = total.sums.iter().zip(shares).all(|(sum, share)| share.opens(&sum.expected(member)));
    ensure(open, Rejection::ReleasedShare)
}
