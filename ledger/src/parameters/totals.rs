//! When totals of a period are shared, disputed, asked for and released (protocol section 10).

use serde::{Deserialize, Serialize};

use super::Parameters;
use crate::{
    committee::MAX_COHORT,
    units::{Period, Timestamp, Window},
};

/// How totals are made; times in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TotalsParameters {
    /// Length of a period: whole windows; divides a day, or is 1 to 31 whole days.
    pub period: u64,
    /// After a period's end: what is attested or corrected until then counts.
    pub close_term: u64,
    /// After that: until then meters and sellers share their openings.
    pub share_term: u64,
    /// After that: until then members of the committee complain of wrong shares.
    pub complaint_term: u64,
    /// After that: until then a total can be asked for, once.
    pub request_term: u64,
    /// After that: until then members release their shares of it.
    pub release_term: u64,
    /// A total is over at least so many meters: at least 4, so that whoever has one of them shares it with three others.
    pub k_min: u32,
}

impl Default for TotalsParameters {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        TotalsParameters {
            period: DAY,
            close_term: 3 * DAY,
            share_term: 2 * DAY,
            complaint_term: DAY,
            request_term: 30 * DAY,
            release_term: 7 * DAY,
            k_min: 10,
        }
    }
}

/// Fewer meters hide nobody from the others in a total.
const MIN_K_MIN: u32 = 4;
/// What a total is over at least, where it is over trades.
pub const MIN_TRADES: u32 = 8;
/// Where meters are left out of a total, so many are at least: the sum without one or two would say what they had.
pub const MIN_LEFT_OUT: usize = 3;

/// The last second of each step of a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeriodTimes {
    /// In which what is attested or corrected counts.
    pub close: Timestamp,
    /// In which openings are shared, from the second after `close` on.
    pub share: Timestamp,
    /// In which a share can be complained of.
    pub complain: Timestamp,
    /// In which the total can be asked for, from the second after `complain` on.
    pub request: Timestamp,
    /// In which shares of the total are released.
    pub release: Timestamp,
}

impl TotalsParameters {
    /// Whether every term fits the others and the community's.
    pub(super) fn hold(&self, parameters: &Parameters) -> bool {
        const DAY: u64 = 86_400;
        let of_days = self.period.is_multiple_of(DAY) && (1..=31).contains(&(self.period / DAY));
        let within_a_day = self.period > 0 && DAY.is_multiple_of(self.period);
        let period = (of_days || within_a_day) && self.period.is_multiple_of(parameters.window);
        let terms = [self.share_term, self.complaint_term, self.request_term, self.release_term];
        let bounded = terms.iter().chain([&self.close_term]).all(|term| (60..=366 * DAY).contains(term));
        // Every trade of the period is settled when it closes.
        let settled = self.close_term >= parameters.attestation_deadline.saturating_add(parameters.delivery_term);
        // Who shares, complains or releases still has what he needs for it.
        let kept = || self.period + self.close_term + terms.iter().sum::<u64>() < parameters.retention;
        period && bounded && settled && kept() && (MIN_K_MIN..=MAX_COHORT as u32).contains(&self.k_min)
    }

    /// A period's first second.
    pub fn start(&self, period: Period) -> Timestamp {
        Timestamp(period.0.saturating_mul(self.period))
    }

    /// The first second after a period.
    pub fn end(&self, period: Period) -> Timestamp {
        self.start(period).plus(self.period)
    }

    /// The period that contains a time.
    pub fn period_at(&self, time: Timestamp) -> Period {
        Period(time.0 / self.period)
    }

    /// The steps of a period.
    pub fn times(&self, period: Period) -> PeriodTimes {
        let close = self.end(period).plus(self.close_term);
        let share = close.plus(self.share_term);
        let complain = share.plus(self.complaint_term);
        let request = complain.plus(self.request_term);
        PeriodTimes { close, share, complain, request, release: request.plus(self.release_term) }
    }

    /// The last period of which nothing can be complained any more at a time, if there is one.
    pub(crate) fn last_settled(&self, now: Timestamp) -> Option<Period> {
        let terms = self.close_term + self.share_term + self.complaint_term;
        // Its end and the terms are before now.
        let ended = now.0.checked_sub(terms)?.checked_sub(1)? / self.period;
        ended.checked_sub(1).map(Period)
    }

    /// The first period of which shares may still be released at a time.
    pub(crate) fn first_releasable(&self, now: Timestamp) -> Period {
        let terms = self.close_term + self.share_term + self.complaint_term + self.request_term + self.release_term;
        Period(now.minus(terms).0.div_ceil(self.period).saturating_sub(1))
    }
}

impl Parameters {
    /// The period that a window is in; `None` where there are no totals.
    pub fn period_of(&self, window: Window) -> Option<Period> {
        Some(self.totals?.period_at(self.window_start(window)))
    }

    /// Windows in a period; `None` where there are no totals.
    pub fn windows_per_period(&self) -> Option<u64> {
        Some(self.totals?.period / self.window)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_first_period_that_may_be_released_is_the_one_whose_term_ends_last_or_now() {
        let totals = TotalsParameters::default();
        let terms = totals.times(Period(100)).release.0;
        for now in [0, 1, terms - 1, terms, terms + 1, terms + 86_399, terms + 86_400, terms + 86_401] {
            let now = Timestamp(now);
            let first = totals.first_releasable(now);
            assert!(totals.times(first).release >= now, "{now:?}");
            assert!(first.0 == 0 || totals.times(Period(first.0 - 1)).release < now, "{now:?}");
        }
    }

    #[test]
    fn a_period_is_settled_from_the_second_after_its_complaints_on() {
        let totals = TotalsParameters::default();
        let over = totals.times(Period(100)).complain;
        assert_eq!(totals.last_settled(over), Some(Period(99)));
        assert_eq!(totals.last_settled(over.plus(1)), Some(Period(100)));
        assert_eq!(
            (totals.last_settled(Timestamp(0)), totals.last_settled(totals.times(Period(0)).complain)),
            (None, None)
        );
        for now in (0..40).map(|hour| over.plus(hour * 3_600)) {
            let last = totals.last_settled(now).unwrap();
            assert!(totals.times(last).complain < now && totals.times(Period(last.0 + 1)).complain >= now);
        }
    }
}
