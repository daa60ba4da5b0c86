//! Whether the ledger bears an allocation out. Readings are the ledger's; nothing is taken from the file but the key, the
//! commitments to what each member gets, and the proofs.

use hushwatt_circuits::{
    CircuitProof,
    allocation::{Committed, Statement, verify, verify_batch},
};
use hushwatt_crypto::{NetworkId, commitment::Opening, hash::hex};
use hushwatt_ledger::units::MeterId;

use super::{
    Allocation, AllocationReport, Counted, NotHolding, Period, ReadingFacts, Shared, SharingKey, ShownKey, ShownMember,
    ShownSlip, Slip, SlipFlaw, SlipPart, Wanted, statement::Terms,
};
use crate::{
    check::{Comparison, Match},
    verify::Progress,
};

/// How many proofs are verified with one equation.
const BATCH: usize = 32;

/// What whoever checks expects, as far as he says so.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// His community's network.
    pub network: Option<NetworkId>,
    /// The key that its members agreed on.
    pub key: Option<SharingKey>,
}

impl Allocation {
    /// Which readings the ledger is to be asked for.
    pub fn wanted(&self) -> Wanted {
        let Allocation { network, key, from, until, .. } = self;
        Wanted { network: *network, meters: key.meters(), per: key.per(), from: *from, until: *until }
    }
}

/// Holds an allocation against the readings in force, and a member's slip against the allocation.
pub fn check(
    allocation: &Allocation,
    slip: Option<&Slip>,
    facts: &ReadingFacts,
    expected: &Expected,
    progress: &mut dyn Progress,
) -> AllocationReport {
    let (genesis, key) = (facts.genesis(), &allocation.key);
    let start = |period: Period| facts.start(key.per(), period).0;
    let mut report = AllocationReport {
        holds: false,
        network: Match::new(
            &allocation.network.to_string(),
            expected.network.map(|network| network.to_string()).as_deref(),
        ),
        key: shown_key(key, &allocation.network),
        agreed_key: Match::new(
            &hex(&key.digest(&allocation.network)),
            expected.key.as_ref().map(|key| hex(&key.digest(&allocation.network))).as_deref(),
        ),
        from: start(allocation.from),
        until: start(allocation.until),
        period: key.per().intervals(&genesis.parameters).saturating_mul(genesis.parameters.interval),
        periods_that_hold: 0,
        not_holding: Vec::new(),
        left_out: Vec::new(),
        nothing_to_share: 0,
        without_reading: without_reading(allocation, facts),
        not_members: not_members(key, facts),
        slip: None,
        slip_failure: None,
        simulated_time: genesis.simulated_time,
        made_at_height: allocation.height,
        tip: facts.tip().into(),
        warnings: Vec::new(),
    };
    for period in (allocation.from.0..allocation.until.0).map(Period) {
        let is_in = allocation.shared.binary_search_by_key(&period, |shared| shared.period).is_ok();
        match Terms::of(key, period, facts) {
            None if !is_in => report.nothing_to_share += 1,
            Some(_) if !is_in => report.left_out.push(start(period)),
            _ => {}
        }
    }
    let mut done = 0;
    for batch in allocation.shared.chunks(BATCH) {
        report.not_holding.extend(failing(allocation, batch, facts));
        done += batch.len();
        progress.progress(done as u64, allocation.shared.len() as u64);
    }
    report.periods_that_hold = allocation.shared.len() - report.not_holding.len();
    match slip.map(|slip| shown_slip(slip, allocation, facts)) {
        Some(Ok(shown)) => report.slip = Some(shown),
        Some(Err(flaw)) => report.slip_failure = Some(flaw.to_string()),
        None => {}
    }
    let differs = [&report.network, &report.agreed_key].iter().any(|field| field.comparison == Comparison::Different);
    report.holds = report.not_holding.is_empty()
        && report.left_out.is_empty()
        && report.slip_failure.is_none()
        && report.periods_that_hold > 0
        && !differs;
    report.warnings = report.warnings();
    report
}

/// Those periods that do not hold: all are verified at once, one by one only if that fails.
fn failing(allocation: &Allocation, batch: &[Shared], facts: &ReadingFacts) -> Vec<NotHolding> {
    let key = &allocation.key;
    let mut failed = Vec::new();
    let fail = |shared: &Shared, reason: &str| NotHolding {
        from: facts.start(key.per(), shared.period).0,
        reason: reason.to_owned(),
        posted_since: posted_since(allocation, shared.period, facts),
    };
    let mut prepared: Vec<(&Shared, Terms, Vec<Committed>)> = Vec::new();
    for shared in batch {
        let Some(terms) = Terms::of(key, shared.period, facts) else {
            failed.push(fail(shared, "the ledger has no reading of any producer"));
            continue;
        };
        match terms.members(&shared.allocations) {
            Some(members) => prepared.push((shared, terms, members)),
            None => failed.push(fail(shared, "it has not one allocation for each member")),
        }
    }
    let items: Vec<(Statement<'_>, &CircuitProof)> =
        prepared.iter().map(|(shared, terms, members)| (terms.statement(key, facts, members), &shared.proof)).collect();
    if verify_batch(&items).is_err() {
        for ((shared, ..), (statement, proof)) in prepared.iter().zip(&items) {
            if let Err(error) = verify(statement, proof) {
                failed.push(fail(shared, &error.to_string()));
            }
        }
    }
    failed.sort_by_key(|failed| failed.from);
    failed
}

/// Meters whose reading of a period is younger than the allocation.
fn posted_since(allocation: &Allocation, period: Period, facts: &ReadingFacts) -> Vec<u32> {
    let window = period.window(allocation.key.per(), &facts.genesis().parameters);
    let since =
        |meter: &MeterId| facts.in_force(*meter, window).is_some_and(|posted| posted.height > allocation.height);
    allocation.key.meters().into_iter().filter(since).map(|meter| meter.0).collect()
}

/// Meters without a reading that stands for something, and in how many of the periods.
fn without_reading(allocation: &Allocation, facts: &ReadingFacts) -> Vec<Counted> {
    let (key, parameters) = (&allocation.key, &facts.genesis().parameters);
    let lacks = |meter: MeterId, period: Period| {
        let posted = facts.in_force(meter, period.window(key.per(), parameters));
        !posted.is_some_and(|posted| posted.counts())
    };
    let count = |meter: MeterId| Counted {
        meter: meter.0,
        periods: (allocation.from.0..allocation.until.0).filter(|period| lacks(meter, Period(*period))).count(),
    };
    key.meters().into_iter().map(count).filter(|counted| counted.periods > 0).collect()
}

fn not_members(key: &SharingKey, facts: &ReadingFacts) -> Vec<u32> {
    let named = key.meters();
    let all = facts.genesis().meters().filter(|(_, meter)| meter.utility == key.utility());
    all.map(|(id, _)| id).filter(|id| !named.contains(id)).map(|id| id.0).collect()
}

fn shown_slip(slip: &Slip, allocation: &Allocation, facts: &ReadingFacts) -> Result<ShownSlip, SlipFlaw> {
    slip.opens(allocation)?;
    let part = |(period, opening): &(Period, Opening)| SlipPart {
        from: facts.start(allocation.key.per(), *period).0,
        allocated: opening.value,
    };
    let parts: Vec<SlipPart> = slip.parts.iter().map(part).collect();
    let allocated = parts.iter().fold(0u64, |sum, part| sum.saturating_add(part.allocated));
    Ok(ShownSlip { meter: slip.meter.0, allocated, parts })
}

fn shown_key(key: &SharingKey, network: &NetworkId) -> ShownKey {
    let shares = key.key().shares();
    let member = |(place, meter): (usize, &MeterId)| ShownMember {
        meter: meter.0,
        share_ppm: shares.and_then(|shares| shares.get(place).copied()),
    };
    ShownKey {
        digest: hex(&key.digest(network)),
        community: key.community().to_owned(),
        allocator: key.allocator().to_owned(),
        utility: key.utility(),
        rule: key.key().name(),
        per: key.per(),
        producers: key.producers().iter().map(|meter| meter.0).collect(),
        members: key.members().iter().enumerate().map(member).collect(),
    }
}

impl AllocationReport {
    fn warnings(&self) -> Vec<&'static str> {
        let open = |field: &Match| field.comparison == Comparison::NotAsked;
        let all = [
            (
                open(&self.agreed_key),
                "You did not say which key was agreed on (--key): compare the one below with your community's.",
            ),
            (
                open(&self.network),
                "You did not say which network is yours (--network): compare the network id with your community's.",
            ),
            (
                self.simulated_time,
                "The network's time is simulated: it is a demo or a test, and nothing in it happened.",
            ),
            (!self.without_reading.is_empty(), "Meters without a reading count as zero where they have none."),
            (
                self.not_holding.iter().any(|period| !period.posted_since.is_empty()),
                "Readings were posted or corrected after the allocation was made: it has to be made anew for those periods.",
            ),
            (self.periods_that_hold == 0, "No period of this file holds: it shows nothing."),
        ];
        all.into_iter().filter(|(applies, _)| *applies).map(|(_, warning)| warning).collect()
    }
}
