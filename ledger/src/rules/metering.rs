//! Rules of attestations and corrections (protocol section 6.2).

use hushwatt_crypto::{
    Label, NetworkId,
    range::{MAX_PROOF_BITS, RangeBits},
    signature::{Signature, VerifyingKey},
};

use super::{Rejection, ensure};
use crate::{
    genesis::Meter,
    parameters::Parameters,
    state::{MeterRecord, WindowRecord},
    transaction::{TransactionId, attest::WindowStatus, metered::Values},
    units::{Timestamp, Window},
};

/// The meter is registered.
pub fn meter_is_registered(meter: Option<&Meter>) -> Result<&Meter, Rejection> {
    meter.ok_or(Rejection::UnknownMeter)
}

/// Every window has the genesis' number of intervals.
pub fn intervals_are_complete(window: &Values<'_>, parameters: &Parameters) -> Result<(), Rejection> {
    let right = parameters.intervals_per_window();
    ensure(window.export.len() == right && window.import.len() == right, Rejection::IntervalCount)
}

/// The proof is not more work than a validator has to do.
pub fn proof_work_is_bounded(class: RangeBits, values: usize) -> Result<(), Rejection> {
    ensure(values.next_power_of_two() * class.bits() <= MAX_PROOF_BITS, Rejection::ProofTooLarge)
}

/// The meter signed.
pub fn meter_signed(
    network: &NetworkId,
    key: &VerifyingKey,
    digest: &TransactionId,
    signature: &Signature,
) -> Result<(), Rejection> {
    key.verify(network, Label::MeterSignature, &digest.0, signature).map_err(|_| Rejection::MeterSignature)
}

/// Sequence numbers count up by one: no replay, no gap.
pub fn sequence_is_next(meter: &MeterRecord, sequence: u64) -> Result<(), Rejection> {
    ensure(meter.sequence.checked_add(1) == Some(sequence), Rejection::AttestSequence)
}

/// The hash chain is unbroken.
pub fn predecessor_is_last(meter: &MeterRecord, previous: &TransactionId) -> Result<(), Rejection> {
    ensure(meter.last == *previous, Rejection::AttestPredecessor)
}

/// The windows follow the last attested one.
pub fn windows_are_contiguous(meter: &MeterRecord, first: Window) -> Result<(), Rejection> {
    ensure(meter.next_window == first, Rejection::WindowsNotContiguous)
}

/// The window is over.
pub fn window_is_over(parameters: &Parameters, window: Window, now: Timestamp) -> Result<(), Rejection> {
    ensure(parameters.window_end(window) <= now, Rejection::WindowNotOver)
}

/// After the attestation deadline nothing mints: the energy buckets of the window are sealed.
pub fn mints_only_in_time(
    parameters: &Parameters,
    window: Window,
    status: WindowStatus,
    now: Timestamp,
) -> Result<(), Rejection> {
    ensure(!status.mints() || now <= parameters.attest_until(window), Rejection::LateRequired)
}

/// Before the deadline nothing is late.
pub fn late_only_after_deadline(
    parameters: &Parameters,
    window: Window,
    status: WindowStatus,
    now: Timestamp,
) -> Result<(), Rejection> {
    ensure(status != WindowStatus::Late || now > parameters.attest_until(window), Rejection::LateRefused)
}

/// A window is corrected within its term only. The rule is about time: what the state still holds changes nothing.
pub fn correction_is_in_time(parameters: &Parameters, window: Window, now: Timestamp) -> Result<(), Rejection> {
    let possible = parameters.first_correctable(now).is_some_and(|first| first <= window);
    ensure(possible, Rejection::CorrectionTooLate)
}

/// What is corrected was attested: its sums are on record for as long as it can be corrected.
pub fn window_was_attested(record: Option<WindowRecord>) -> Result<WindowRecord, Rejection> {
    record.ok_or(Rejection::CorrectionOfUnattested)
}
