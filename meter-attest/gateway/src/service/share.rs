//! Totals (protocol section 10): what opens the meter's sums of a period is kept while windows are attested, shared among the
//! committee after the period has closed, and wiped.

use std::time::Duration;

use hushwatt_client::Backoff;
use hushwatt_crypto::{Label, SecretScalar, commitment::Opening, meter::Register};
use hushwatt_ledger::{
    parameters::TotalsParameters,
    transaction::{
        Action, Envelope, Share, Transaction,
        attest::AttestStatement,
        build::{BuildError, Built},
        hints::encode_hints,
        metered::Values,
        share::{Authority, ShareMaker, SharePlan, Subject},
        signing_digest,
    },
    units::{Period, Quantity, Timestamp, Window},
};
use hushwatt_meter_attest::{Draft, DraftStatus, Metered};
use rand_core::OsRng;

use super::{MOST_WAIT, Service, ServiceError};
use crate::{
    ledger::{Named, Said, ShareSeen, Sighting, Verdict},
    store::{Content, Counted, Ending, Openings, OutgoingShare, PeriodSums, Settled},
};

/// What nodes took and no block has yet is sent again after so long.
const AGAIN: Duration = Duration::from_secs(60);

/// How the sharing of a period's sums goes.
pub(super) struct Sharing {
    /// The period that it is about.
    period: Option<Period>,
    pub attempts: u32,
    pub answer: Option<String>,
    next: Backoff,
    /// Whether the nodes are being asked to take it.
    pub is_under_way: bool,
    /// Who makes totals of the period that is to be shared next, or of the present one.
    pub named: Option<Named>,
}

impl Default for Sharing {
    fn default() -> Self {
        Sharing {
            period: None,
            attempts: 0,
            answer: None,
            next: Backoff::up_to(MOST_WAIT),
            is_under_way: false,
            named: None,
        }
    }
}

impl Sharing {
    /// How often a period's was sent, and what was said the last time.
    pub fn of(&self, period: Period) -> (u32, Option<String>) {
        if self.period == Some(period) { (self.attempts, self.answer.clone()) } else { (0, None) }
    }

    /// Begins with another period, if it is another.
    fn turn_to(&mut self, period: Period) {
        if self.period != Some(period) {
            *self = Sharing { period: Some(period), named: self.named.take(), ..Sharing::default() };
        }
    }
}

/// What a window was attested or corrected to, and what stands for it on the ledger.
struct Posted<'a> {
    window: Window,
    salt: &'a [u8; 32],
    metered: Vec<Metered>,
    values: Values<'a>,
}

/// The windows of an attestation with the values that they were posted with. One that is missing counts into no period before it is
/// corrected, by the rules of the ledger.
fn attested<'a>(statement: &'a AttestStatement, drafts: &[Draft]) -> Vec<Posted<'a>> {
    let posted = statement.indexed_windows().zip(drafts);
    let known = posted.filter(|(_, draft)| draft.status != DraftStatus::Missing);
    let posted = known.map(|((window, attested), draft)| {
        let values = Values { export: &attested.export, import: &attested.import };
        Posted { window, salt: &statement.salt, metered: draft.metered.clone(), values }
    });
    posted.collect()
}

impl Service {
    /// The genesis' totals, if this household takes part in them.
    fn totals(&self) -> Option<TotalsParameters> {
        self.parts.genesis.parameters.totals.filter(|_| self.parts.config.share_totals)
    }

    /// What a transaction of this gateway in a final block adds to periods that had not closed by then. What does not open the
    /// ledger's own commitments is left out, with an alarm: it could never be shared.
    pub(super) fn counted(&mut self, seen: &Sighting) -> Vec<Counted> {
        let Some(totals) = self.totals() else { return Vec::new() };
        let posted = match (&seen.said, self.parts.store.state().content_of(&seen.id)) {
            (Said::Attested(statement), Some(Content::Attestation { drafts, .. })) => attested(statement, drafts),
            (Said::Corrected(statement), Some(Content::Correction { window, draft })) => vec![Posted {
                window: *window,
                salt: &statement.salt,
                metered: draft.metered.clone(),
                values: statement.values(),
            }],
            _ => return Vec::new(),
        };
        let (mut counted, mut wrong) = (Vec::new(), None);
        for one in posted {
            let period = totals.period_at(self.parts.genesis.parameters.window_start(one.window));
            if seen.time > totals.times(period).close {
                continue;
            }
            let openings = self.openings(&one).filter(|openings| {
                openings.export.opens(&one.values.export_sum()) && openings.import.opens(&one.values.import_sum())
            });
            match openings {
                Some(openings) => counted.push(Counted { period, window: one.window, openings }),
                None => wrong = Some(one.window),
            }
        }
        if let Some(window) = wrong {
            let text = format!(
                "what this gateway has does not open what the ledger has of window {}: its period's sums cannot be shared",
                window.0
            );
            self.alarms.warn("share", self.parts.clock.now(), text);
        }
        counted
    }

    /// What opens a window's two sums; `None` if its reading key is gone.
    fn openings(&self, posted: &Posted<'_>) -> Option<Openings> {
        let (genesis, meter) = (&self.parts.genesis, self.parts.config.meter.0);
        let (network, parameters) = (genesis.network(), &genesis.parameters);
        let key = self.parts.keys.day.advance(network, parameters.window_start(posted.window).day())?;
        let first = parameters.first_interval(posted.window).0;
        let sum = |register: Register, of: fn(&Metered) -> Quantity| {
            let blinding = |interval| key.reading_blinding(network, meter, posted.salt, register, interval);
            let blindings = (first..).take(posted.metered.len()).map(blinding);
            let blinding = blindings.fold(SecretScalar::zero(), |sum, blinding| sum.plus(&blinding));
            Opening::new(posted.metered.iter().map(|metered| u64::from(of(metered).0)).sum(), blinding)
        };
        Some(Openings {
            export: sum(Register::Export, |metered| metered.export),
            import: sum(Register::Import, |metered| metered.import),
        })
    }

    /// The period of which the gateway wants to know who makes its totals.
    pub(super) fn period_of_interest(&self) -> Option<Period> {
        let totals = self.totals()?;
        let closed = |period: &Period| self.ledger_time > totals.times(*period).close;
        let next = self.parts.store.state().periods().keys().copied().find(closed);
        Some(next.unwrap_or_else(|| totals.period_at(self.ledger_time)))
    }

    /// Ends what is over, and builds what is due.
    pub(super) fn share_sums(&mut self) -> Result<(), ServiceError> {
        let Some(totals) = self.parts.genesis.parameters.totals else { return Ok(()) };
        let ended = |(period, sums): (&Period, &PeriodSums)| Some((*period, self.ending(&totals, *period, sums)?));
        let ended: Vec<(Period, Ending)> = self.parts.store.state().periods().iter().filter_map(ended).collect();
        for (period, ending) in ended {
            self.parts.store.settle(Settled { period, ending, at: self.ledger_time })?;
            tracing::info!(period = period.0, ending = ending.name(), "nothing is shared of a period any more");
        }
        if self.is_stopped() {
            return Ok(());
        }
        let now = self.parts.clock.now();
        let due = |period: &Period| {
            self.ledger_time > totals.times(*period).close && self.schedule.share_due(&totals, *period) <= now
        };
        let Some(period) = self.parts.store.state().periods().keys().copied().find(due) else { return Ok(()) };
        self.sharing.turn_to(period);
        let Some(built) = self.build_share(period, now) else { return Ok(()) };
        let share = OutgoingShare {
            id: *built.transaction.id(),
            valid_until: built.transaction.envelope().valid_until,
            bytes: built.transaction.encode(),
            hints: encode_hints(&built.hints),
        };
        self.parts.store.shared(period, share)?;
        self.sharing.next.hurry();
        tracing::info!(period = period.0, "what opens a period's sums was shared among the committee");
        Ok(())
    }

    /// How it ends with a period, if it does now.
    fn ending(&self, totals: &TotalsParameters, period: Period, sums: &PeriodSums) -> Option<Ending> {
        let times = totals.times(period);
        if !self.parts.config.share_totals {
            return Some(Ending::Declined);
        }
        if self.ledger_time <= times.close {
            return None;
        }
        // Certified blocks have passed its close: nothing is counted into it any more.
        if Some(sums.windows()) != self.parts.genesis.parameters.windows_per_period() || sums.openings().is_none() {
            return Some(Ending::Incomplete);
        }
        if self.ledger_time > times.share {
            return Some(Ending::Late);
        }
        match self.sharing.named.as_ref().filter(|named| named.period == period)? {
            Named { committee: None, .. } => Some(Ending::NoCommittee),
            Named { in_cohort: false, .. } => Some(Ending::NoCohort),
            _ => None,
        }
    }

    /// The Share of a period; `None` if one is on its way, or cannot be built.
    fn build_share(&mut self, period: Period, now: Timestamp) -> Option<Built> {
        let sums = self.parts.store.state().periods().get(&period)?;
        let built = match sums.share() {
            Some(share) if self.ledger_time <= share.valid_until => return None,
            Some(share) => self.renewed(share, now),
            None => {
                let named = self.sharing.named.as_ref().filter(|named| named.period == period)?;
                let openings = sums.openings()?;
                let plan = SharePlan {
                    period,
                    subject: Subject::Meter(self.parts.config.meter),
                    openings: vec![&openings.export, &openings.import],
                    committee: named.committee.as_ref()?,
                    valid_until: Envelope::validity_from(now),
                };
                plan.build(&self.parts.genesis, ShareMaker::Meter(&self.parts.keys.signing), &mut OsRng).map(Some)
            }
        };
        match built {
            Ok(built) => built,
            Err(error) => {
                self.alarms.warn("share", now, format!("a period's sums cannot be shared: {error}"));
                None
            }
        }
    }

    /// The same shares once more, valid for longer: what opens a sum is never split twice.
    fn renewed(&self, share: &OutgoingShare, now: Timestamp) -> Result<Option<Built>, BuildError> {
        let network = self.parts.genesis.network();
        let Ok(before) = Transaction::decode(network, &share.bytes) else { return Ok(None) };
        let Action::Share(Share { statement, .. }) = before.action() else { return Ok(None) };
        let Ok(hints) = hushwatt_ledger::transaction::hints::decode_hints(&share.hints) else { return Ok(None) };
        let envelope = Envelope { valid_until: Envelope::validity_from(now), ..*before.envelope() };
        let id = signing_digest(&envelope, statement);
        let authority = Authority::Meter(self.parts.keys.signing.sign(network, Label::MeterSignature, &id.0));
        let action = Action::Share(Share { statement: statement.clone(), authority });
        Ok(Some(Built::new(Transaction::new(envelope, action), hints)))
    }

    /// What is to be offered to the nodes now.
    pub(super) fn share_submission(&mut self, now: Duration) -> Option<Vec<u8>> {
        if self.is_stopped() || !self.clock_is_sane() || !self.sharing.next.is_due(now) {
            return None;
        }
        let share = self.parts.store.state().periods().get(&self.sharing.period?)?.share()?;
        if self.ledger_time > share.valid_until {
            return None;
        }
        let length = u32::try_from(share.bytes.len()).ok()?;
        let submission = [&length.to_le_bytes()[..], &share.bytes, &share.hints].concat();
        self.sharing.attempts = self.sharing.attempts.saturating_add(1);
        self.sharing.is_under_way = true;
        Some(submission)
    }

    /// What the nodes said to a Share.
    pub(super) fn judge_share(&mut self, verdicts: &[Verdict]) {
        self.sharing.is_under_way = false;
        let (now, wall) = (self.parts.clock.monotonic(), self.parts.clock.now());
        let taken = verdicts.iter().filter(|verdict| **verdict == Verdict::Taken).count();
        if taken > 0 {
            let text = format!("taken by {taken} of {} nodes, not in a certified block yet", verdicts.len());
            self.sharing.answer = Some(text);
            self.sharing.next.rest(now, AGAIN, &mut OsRng);
            self.alarms.clear("share");
            return;
        }
        self.sharing.next.fail(now, &mut OsRng);
        let refused = verdicts.iter().find_map(|verdict| match verdict {
            Verdict::Refused { rule, message, .. } => Some((rule.as_deref().unwrap_or(""), message)),
            Verdict::Taken | Verdict::Unreachable(_) => None,
        });
        self.sharing.answer = Some(match refused {
            Some((_, message)) => message.clone(),
            None => "no node could be reached".to_owned(),
        });
        match refused {
            // Certified blocks say whose it is.
            Some(("AlreadyShared", _)) => self.reading.hurry(),
            // It is void soon, and then made valid for longer; or the block is a moment early.
            None | Some(("Expired" | "ShareTooEarly", _)) => {}
            Some((_, message)) => {
                let text = format!("nodes refuse what opens a period's sums: {message}; it is tried again");
                self.alarms.warn("share", wall, text);
            }
        }
    }

    /// A Share in this meter's name in a certified block.
    pub(super) fn see_share(&mut self, seen: &ShareSeen) -> Result<(), ServiceError> {
        let Some(sums) = self.parts.store.state().periods().get(&seen.period) else { return Ok(()) };
        let network = self.parts.genesis.network();
        let is_ours = sums.share().is_some_and(|share| {
            Transaction::decode(network, &share.bytes).is_ok_and(|own| own.envelope().hints == seen.hints)
        });
        let now = self.parts.clock.now();
        if !is_ours {
            let text = "the ledger has a share of this meter's sums that this gateway did not make: somebody else has its key (have it replaced), or this disk was set back";
            self.parts.store.warn(now, text)?;
        }
        let ending = if is_ours { Ending::Shared } else { Ending::Foreign };
        self.parts.store.settle(Settled { period: seen.period, ending, at: self.ledger_time })?;
        self.alarms.clear("share");
        tracing::info!(period = seen.period.0, height = seen.height, ending = ending.name(), "a period was shared");
        Ok(())
    }
}
