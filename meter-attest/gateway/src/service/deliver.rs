//! Delivery: built, kept, sent to the nodes, and believed only when certified blocks have it.

use std::time::Duration;

use hushwatt_client::Backoff;
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    transaction::hints::encode_hints,
    units::{Timestamp, Window},
};
use hushwatt_meter_attest::{AttestError, Attestor, ChainPosition, Draft, Pending, registers::WindowState};
use rand_core::OsRng;

use super::{MOST_WAIT, Service, ServiceError};
use crate::{
    desk::{Errand, News},
    ledger::{Read, Said, Sighting, Verdict},
    store::{Content, Outgoing, Refusal, StoreError},
};

/// A window whose readings are still open is given up so many seconds after its end, and attested as missing.
const HOLD: u64 = 86_400;
/// Around the attestation deadline neither a measured nor a late window is sure to be taken: seconds before and after it.
const AROUND_DEADLINE: (u64, u64) = (15, 15);
/// What nodes took and no block has yet is sent again after so long.
const AGAIN: Duration = Duration::from_secs(30);
/// Between two looks at the chain: while something waits for a block, and else.
const LOOKS: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(30));
/// Between two times of keeping the view of the chain.
const SAVE: Duration = Duration::from_secs(1_800);

/// How the delivery of what was signed goes.
pub(super) struct Sending {
    pub attempts: u32,
    pub answer: Option<String>,
    next: Backoff,
    /// Whether the chain was read again from its beginning because of it.
    reread: bool,
    /// The chain must be read from its beginning.
    pub start_anew: bool,
    saved: Option<Duration>,
    /// Whether something was sent since the chain was looked at.
    has_sent: bool,
}

impl Default for Sending {
    fn default() -> Self {
        Sending {
            attempts: 0,
            answer: None,
            next: Backoff::up_to(MOST_WAIT),
            reread: false,
            start_anew: false,
            saved: None,
            has_sent: false,
        }
    }
}

impl Service {
    /// Builds what is due, if nothing is on its way.
    pub(super) fn deliver(&mut self) -> Result<(), ServiceError> {
        if self.is_stopped() {
            return Ok(());
        }
        if self.parts.store.state().waiting().is_some_and(|waiting| !self.is_void(&waiting.outgoing)) {
            return Ok(());
        }
        let now = self.parts.clock.now();
        let Some(built) = self.build(now) else { return self.correct(now) };
        let state = self.parts.store.state();
        let drafts: Option<Vec<Draft>> = built.windows.iter().map(|(window, _)| state.draft(*window)).collect();
        // Every window of an attestation was given a draft a moment ago.
        let Some(drafts) = drafts else { return Ok(()) };
        self.parts.store.built(Outgoing::attestation(&built, drafts))?;
        self.sending = Sending { saved: self.sending.saved, ..Sending::default() };
        tracing::info!(sequence = built.sequence(), windows = built.windows.len(), "an attestation was built");
        Ok(())
    }

    /// Builds the next correction, when no window is due.
    fn correct(&mut self, now: Timestamp) -> Result<(), ServiceError> {
        // What is void waits to be built again as what it was.
        let again = self.parts.store.state().waiting().and_then(|waiting| match &waiting.outgoing.content {
            Content::Correction { window, draft } => Some((*window, draft.clone())),
            Content::Attestation { .. } => None,
        });
        let wanted = match again {
            Some(again) => Some(again),
            None if self.parts.store.state().waiting().is_some() => None,
            None => self.next_correction()?,
        };
        let Some((window, draft)) = wanted else { return Ok(()) };
        let Some(attestor) = self.attestor() else { return Ok(()) };
        match attestor.correct(&self.parts.genesis, window, &draft.metered, now, &mut OsRng) {
            Ok(built) => {
                let sequence = attestor.position().sequence + 1;
                let outgoing = Outgoing::correction(&built.transaction, sequence, window, draft);
                self.parts.store.built(outgoing)?;
                self.sending = Sending { saved: self.sending.saved, ..Sending::default() };
                tracing::info!(sequence, window = window.0, "a correction was built");
            }
            Err(error) => self.alarms.warn("correct", now, format!("window {} cannot be corrected: {error}", window.0)),
        }
        Ok(())
    }

    /// Somebody else has taken this gateway's place.
    pub(super) fn is_stopped(&self) -> bool {
        self.alarms.stands("foreign") || self.alarms.stands("key")
    }

    fn attestor(&self) -> Option<Attestor> {
        let (keys, meter) = (&self.parts.keys, self.parts.config.meter);
        let household = self.parts.config.household.as_ref()?.spend;
        let signing = SigningKey::from_bytes(&keys.signing.to_bytes());
        let position = self.parts.store.state().position();
        let attestor = Attestor::restore(meter, signing, keys.day.clone(), household, position);
        Some(match &self.standing {
            Some(standing) => attestor.in_class(standing.meter.class),
            None => attestor,
        })
    }

    /// Whether what was signed can never be in a block any more: certified blocks have passed its last time, and have it not.
    fn is_void(&self, outgoing: &Outgoing) -> bool {
        if self.ledger_time > outgoing.valid_until {
            return true;
        }
        let parameters = &self.parts.genesis.parameters;
        let Ok(attestation) = Pending::decode(self.parts.genesis.network(), &outgoing.bytes) else { return false };
        let minting = attestation.windows.iter().filter(|(_, status)| status.mints());
        minting.map(|(window, _)| parameters.attest_until(*window)).any(|until| self.ledger_time > until)
    }

    fn build(&mut self, now: Timestamp) -> Option<Pending> {
        let attestor = self.attestor()?;
        let (genesis, state) = (&self.parts.genesis, self.parts.store.state());
        let parameters = &genesis.parameters;
        let draft = |window: Window| {
            let deadline = parameters.attest_until(window);
            let around = now >= deadline.minus(AROUND_DEADLINE.0) && now <= deadline.plus(AROUND_DEADLINE.1);
            if around || self.schedule.due(parameters, window) > now { None } else { state.draft(window) }
        };
        let (code, text) = match attestor.attest_drafts(genesis, draft, now, &mut OsRng) {
            Ok(pending) => {
                self.alarms.clear("build");
                return Some(pending);
            }
            Err(AttestError::NothingDue(_)) => return None,
            Err(error @ AttestError::NoDayKey { .. }) => {
                ("build", format!("{error}: the meter must be registered anew, with a new pairing"))
            }
            Err(error) => ("build", error.to_string()),
        };
        self.alarms.raise(code, now, text);
        None
    }

    /// Gives up windows whose gap does not end, so that later ones can be attested.
    pub(super) fn give_up_old(&mut self) -> Result<(), ServiceError> {
        let (now, parameters) = (self.parts.clock.now(), &self.parts.genesis.parameters);
        let mut window = self.parts.store.state().position().next_window;
        while parameters.window_end(window).plus(HOLD) < now {
            let state = self.parts.store.state();
            let is_open = matches!(state.registers().window(window), WindowState::Open | WindowState::TooLarge { .. });
            if is_open && !state.is_frozen(window) {
                match self.parts.store.give_up(window) {
                    Ok(()) => tracing::warn!(window = window.0, "a window's readings were given up"),
                    // Its boundaries are not decided yet.
                    Err(StoreError::Refused(Refusal::NothingOpen(_))) => return Ok(()),
                    Err(error) => return Err(error.into()),
                }
            }
            window = Window(window.0.saturating_add(1));
        }
        Ok(())
    }

    /// Takes in what the last errand brought.
    pub(super) fn take_news(&mut self) -> Result<(), ServiceError> {
        let Some(news) = self.parts.desk.fetch() else { return Ok(()) };
        let now = self.parts.clock.monotonic();
        match news {
            News::Read { seen, shares, named, read, time, standing, state } => {
                self.ledger = state;
                self.standing = standing;
                self.sharing.named = named;
                let taken = seen.iter().try_for_each(|sighting| self.see(sighting));
                let taken = taken.and_then(|()| shares.iter().try_for_each(|share| self.see_share(share)));
                if taken.is_err() {
                    // What was read and could not be kept is read again.
                    self.sending.start_anew = true;
                } else {
                    self.have_read(read, Timestamp(time), now)?;
                }
                return taken;
            }
            News::Broken(text) => {
                self.alarms.raise("ledger", self.parts.clock.now(), text);
                self.reading.fail(now, &mut OsRng);
            }
            News::Verdicts(verdicts) if self.sharing.is_under_way => self.judge_share(&verdicts),
            News::Verdicts(verdicts) => self.judge(&verdicts)?,
            News::Done => {}
        }
        Ok(())
    }

    fn have_read(&mut self, read: Read, time: Timestamp, now: Duration) -> Result<(), ServiceError> {
        self.alarms.clear("ledger");
        self.ledger_time = self.ledger_time.max(time);
        if self.parts.genesis.simulated_time {
            self.parts.clock.hear(time);
        }
        self.unsaved |= read.blocks > 0;
        self.compare_standing();
        if !read.reached {
            self.reading.fail(now, &mut OsRng);
            return Ok(());
        }
        if !read.is_caught_up {
            self.reading.hurry();
            return Ok(());
        }
        self.caught_up = Some(now);
        let look = if self.parts.store.state().waiting().is_some() { LOOKS.0 } else { LOOKS.1 };
        self.reading.rest(now, look, &mut OsRng);
        self.adopt_if_told()
    }

    /// Goes on where the ledger stands, if that was said.
    fn adopt_if_told(&mut self) -> Result<(), ServiceError> {
        let Some(standing) = self.standing.as_ref().filter(|_| self.parts.adopt) else { return Ok(()) };
        let (sequence, last, next_window) = (standing.sequence, standing.last, standing.next_window);
        if sequence > self.parts.store.state().position().sequence {
            self.parts.store.adopt(ChainPosition { sequence, last, next_window })?;
            tracing::warn!(sequence, "the gateway goes on where the ledger stands");
            self.alarms.clear("foreign");
            self.sending = Sending::default();
        }
        self.parts.adopt = false;
        Ok(())
    }

    /// A transaction of this meter in a certified block.
    fn see(&mut self, seen: &Sighting) -> Result<(), ServiceError> {
        let own = self.parts.store.state().position();
        let sequence = seen.sequence();
        if sequence < own.sequence || (sequence == own.sequence && seen.id == own.last) {
            return Ok(());
        }
        if sequence == own.sequence + 1 && self.parts.store.state().is_ours(&seen.id) {
            let counted = self.counted(seen);
            self.parts.store.confirmed_with(&seen.id, seen.time, counted)?;
            let status = match &seen.said {
                Said::Attested(statement) => statement.windows.last().map_or("", |window| window.status.name()),
                Said::Corrected(_) => "corrected",
            };
            self.last_seen = Some((seen.height, status));
            self.alarms.clear("refused");
            tracing::info!(sequence, height = seen.height, "the ledger has what was sent");
            return Ok(());
        }
        self.stop_for(sequence, &format!(", in block {}", seen.height));
        Ok(())
    }

    /// The ledger has what this gateway did not make.
    fn stop_for(&mut self, sequence: u64, place: &str) {
        let own = self.parts.store.state().position().sequence;
        let text = format!(
            "the ledger has number {sequence} of this meter's chain{place}, which this gateway did not make (its own last one is {own}). Either another gateway has this meter's key: stop it, and have the registrar replace the key. Or this gateway's disk was lost or set back: then, with no other gateway running, start it once with --adopt"
        );
        self.alarms.raise("foreign", self.parts.clock.now(), text);
    }

    /// Holds what the registry says of the meter now against the keys and the chain of this gateway.
    fn compare_standing(&mut self) {
        let Some(standing) = &self.standing else { return };
        let now = self.parts.clock.now();
        let (sequence, key) = (standing.sequence, standing.meter.key);
        if key == self.parts.keys.signing.verifying_key() {
            self.alarms.clear("key");
        } else {
            let text = "the registrar has another key for this meter: this gateway can attest nothing. Give him this gateway's key (\"hushwatt meter key\"), or retire this gateway";
            self.alarms.raise("key", now, text.to_owned());
        }
        if sequence > self.parts.store.state().position().sequence && !self.alarms.stands("foreign") {
            self.stop_for(sequence, "");
        }
    }

    /// What the nodes said to what was sent.
    fn judge(&mut self, verdicts: &[Verdict]) -> Result<(), ServiceError> {
        let (now, wall) = (self.parts.clock.monotonic(), self.parts.clock.now());
        let taken = verdicts.iter().filter(|verdict| **verdict == Verdict::Taken).count();
        if taken > 0 {
            self.sending.answer =
                Some(format!("taken by {taken} of {} nodes, not in a certified block yet", verdicts.len()));
            self.sending.next.rest(now, AGAIN, &mut OsRng);
            self.reading.rest(now, LOOKS.0, &mut OsRng);
            self.alarms.clear("refused");
            self.parts.store.submitted(wall)?;
            return Ok(());
        }
        self.sending.next.fail(now, &mut OsRng);
        let refused = verdicts.iter().find_map(|verdict| match verdict {
            Verdict::Refused { rule, message, .. } => Some((rule.as_deref().unwrap_or(""), message)),
            Verdict::Taken | Verdict::Unreachable(_) => None,
        });
        let Some((rule, message)) = refused else {
            let reasons = verdicts.iter().filter_map(|verdict| match verdict {
                Verdict::Unreachable(reason) => Some(reason.as_str()),
                Verdict::Taken | Verdict::Refused { .. } => None,
            });
            self.sending.answer = Some(format!("no node could be reached: {}", reasons.collect::<Vec<_>>().join("; ")));
            return Ok(());
        };
        self.sending.answer = Some(message.clone());
        self.reading.hurry();
        match rule {
            // Perhaps it is on the ledger already, or somebody else's is: certified blocks say.
            "AttestSequence" | "AttestPredecessor" | "WindowsNotContiguous" => {
                if self.caught_up.is_some() && self.sending.attempts > 1 && !self.sending.reread {
                    (self.sending.reread, self.sending.start_anew) = (true, true);
                }
            }
            // It is void soon, by the ledger's time, and then built anew.
            "Expired" | "LateRequired" => {}
            "LateRefused" | "WindowNotOver" | "ValidTooLong" => {
                let text = format!(
                    "nodes refuse an attestation as too early ({message}): is the gateway's clock ahead? It is tried again"
                );
                self.alarms.warn("refused", wall, text);
            }
            "MeterSignature" | "UnknownMeter" => {
                let text = format!(
                    "nodes refuse this meter's signature ({message}): the registrar has another key for it. Compare \"hushwatt meter status\" with the registration"
                );
                self.alarms.raise("refused", wall, text);
            }
            _ => {
                self.alarms.raise("refused", wall, format!("nodes refuse an attestation: {message}; it is tried again"))
            }
        }
        Ok(())
    }

    /// Gives the desk the next errand.
    pub(super) fn send_errand(&mut self) -> Result<(), ServiceError> {
        if self.parts.desk.is_busy() {
            return Ok(());
        }
        let now = self.parts.clock.monotonic();
        if self.sending.start_anew {
            self.sending.start_anew = false;
            self.reading.hurry();
            self.parts.desk.send(Errand::StartAnew);
            return Ok(());
        }
        // After something was sent, the chain is looked at first, however soon it is to be sent again.
        let look_first = self.sending.has_sent && self.reading.is_due(now);
        if !look_first && let Some(submission) = self.submission(now) {
            self.sending.has_sent = true;
            self.parts.desk.send(Errand::Submit(submission));
            return Ok(());
        }
        if !look_first && let Some(submission) = self.share_submission(now) {
            self.parts.desk.send(Errand::Submit(submission));
            return Ok(());
        }
        // A view is kept only when all that it has seen is: with a foreign attestation in it, the alarm would be lost.
        let save = self.unsaved && self.sending.saved.is_none_or(|at| now.saturating_sub(at) >= SAVE);
        if save && !self.is_stopped() {
            (self.unsaved, self.sending.saved) = (false, Some(now));
            self.parts.desk.send(Errand::Save);
            return Ok(());
        }
        if self.reading.is_due(now) {
            // Again after a while, should no news come.
            self.reading.rest(now, LOOKS.1, &mut OsRng);
            self.sending.has_sent = false;
            let period = self.period_of_interest();
            self.parts.desk.send(Errand::ReadOn(period));
        }
        Ok(())
    }

    /// What was signed, if it is to be sent now.
    fn submission(&mut self, now: Duration) -> Option<Vec<u8>> {
        if self.is_stopped() || !self.clock_is_sane() {
            return None;
        }
        let outgoing = &self.parts.store.state().waiting()?.outgoing;
        if !self.sending.next.is_due(now) || self.ledger_time > outgoing.valid_until {
            return None;
        }
        self.sending.attempts += 1;
        let length = u32::try_from(outgoing.bytes.len()).ok()?;
        Some([&length.to_le_bytes()[..], &outgoing.bytes, &encode_hints(&[])].concat())
    }
}
