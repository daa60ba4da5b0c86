//! What stands against erasing a person's entry: money that is open, or that the ledger's parameters still let become open
//! (protocol sections 6.2 to 6.4). The whole rule is in [`matters`].

use std::fmt;

use hushwatt_ledger::{
    parameters::Parameters,
    units::{MeterId, Timestamp, Window},
};
use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    chain::LedgerFacts,
    person::{MeterLink, MoneyKind, Person},
};

/// What can still happen to a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Still {
    /// Contracts for it can be opened.
    Opened,
    /// Its auction can be cleared.
    Cleared,
    /// Contracts can be delivered to.
    Delivered,
    /// Its meter can correct it.
    Corrected,
}

/// One thing that stands against it. Times are unix seconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "matter", rename_all = "snake_case")]
pub enum Matter {
    /// Processing is restricted: the data are kept because somebody needs them.
    Restricted,
    /// A meter measures for the person, with no end named.
    MeterHeld {
        /// The meter.
        meter: u32,
    },
    /// A meter measures for the person up to then.
    MeterEnds {
        /// The meter.
        meter: u32,
        /// The first second in which it no longer does.
        until: u64,
    },
    /// Of the person's last window with a meter.
    Window {
        /// The meter.
        meter: u32,
        /// What can still happen.
        still: Still,
        /// The last second in which it can.
        until: u64,
    },
    /// The meter did not attest all windows of the person: when it does, they are settled by ordinary transfers.
    Unreported {
        /// The meter.
        meter: u32,
        /// Where the first missing window begins.
        from: u64,
        /// Retention after the last of them: then it no longer stands against it.
        until: u64,
    },
    /// A payout or an invoice is not paid.
    Money {
        /// Its number.
        number: u32,
        /// Whose debt.
        kind: MoneyKind,
        /// Micro-euro.
        amount: u64,
    },
}

impl Matter {
    /// From when it no longer stands against it, if nobody does anything; `None` if somebody must.
    pub fn over_at(&self) -> Option<Timestamp> {
        match self {
            Matter::Restricted | Matter::MeterHeld { .. } | Matter::Money { .. } => None,
            Matter::MeterEnds { until, .. } => Some(Timestamp(*until)),
            Matter::Window { until, .. } | Matter::Unreported { until, .. } => Some(Timestamp(*until).plus(1)),
        }
    }
}

/// From when the entry can be erased, if nobody does anything but wait; `None` if somebody must do something first, or if
/// nothing stands against it.
pub fn possible_from(matters: &[Matter]) -> Option<Timestamp> {
    let times: Option<Vec<Timestamp>> = matters.iter().map(Matter::over_at).collect();
    times?.into_iter().max()
}

/// `2026-06-16 07:05 UTC`, rounded up to the minute: what is possible from a second on is then possible.
pub(crate) fn moment(seconds: u64) -> String {
    let seconds = seconds.div_ceil(60).saturating_mul(60);
    let time = i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.map_or_else(
        || format!("second {seconds}"),
        |time| format!("{} {:02}:{:02} UTC", time.date(), time.hour(), time.minute()),
    )
}

impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Matter::Restricted => f.write_str("its processing is restricted"),
            Matter::MeterHeld { meter } => write!(f, "meter {meter} measures for this person, and no end is named"),
            Matter::MeterEnds { meter, until } => {
                write!(f, "meter {meter} measures for this person until {}", moment(*until))
            }
            Matter::Window { meter, still, until } => {
                let what = match still {
                    Still::Opened => "contracts can be opened",
                    Still::Cleared => "the auction can be cleared",
                    Still::Delivered => "energy can be delivered",
                    Still::Corrected => "the meter can correct it",
                };
                write!(f, "until {} {what} (the last window of meter {meter})", moment(*until))
            }
            Matter::Unreported { meter, from, until } => write!(
                f,
                "meter {meter} has not reported from {} on, and what it reports late is settled by transfers (this counts until {})",
                moment(*from),
                moment(*until)
            ),
            Matter::Money { number, kind, amount } => {
                let (euro, cents) = (amount / 1_000_000, amount % 1_000_000 / 10_000);
                write!(f, "{} {number} of {euro}.{cents:02} EUR is not paid", kind.text())
            }
        }
    }
}

/// All that stands against erasing a person, as of the ledger's time; nothing if it is possible.
pub fn matters(person: &Person, parameters: &Parameters, first_window: Window, facts: &LedgerFacts) -> Vec<Matter> {
    let mut found = Vec::new();
    if person.restricted.is_some() {
        found.push(Matter::Restricted);
    }
    for link in &person.meters {
        of_meter(link, parameters, first_window, facts, &mut found);
    }
    let open = person.money.iter().filter(|money| money.settled.is_none());
    found.extend(open.map(|money| Matter::Money { number: money.number, kind: money.kind, amount: money.amount }));
    found
}

fn of_meter(
    link: &MeterLink,
    parameters: &Parameters,
    first_window: Window,
    facts: &LedgerFacts,
    found: &mut Vec<Matter>,
) {
    let (meter, now) = (link.meter, facts.time());
    let Some(end) = link.end() else {
        found.push(Matter::MeterHeld { meter });
        return;
    };
    if end > now {
        found.push(Matter::MeterEnds { meter, until: end.0 });
        return;
    }
    // A window in which the person had the meter for a second is his.
    let first = parameters.window_at(Timestamp(link.from)).max(first_window);
    let last = parameters.window_at(end.minus(1));
    if end.0 <= link.from || last < first {
        return;
    }
    let corrections = (parameters.correction_term > 0).then(|| parameters.correct_until(last));
    let terms = [
        (Still::Opened, Some(parameters.open_until(last))),
        (Still::Cleared, parameters.clear_until(last)),
        (Still::Delivered, Some(parameters.deliver_until(last))),
        (Still::Corrected, corrections),
    ];
    for (still, until) in terms {
        if let Some(until) = until.filter(|until| *until >= now) {
            found.push(Matter::Window { meter, still, until: until.0 });
        }
    }
    let next = facts.next_window(MeterId(meter)).max(first);
    let forgotten = parameters.window_end(last).plus(parameters.retention);
    if next <= last && forgotten >= now {
        found.push(Matter::Unreported { meter, from: parameters.window_start(next).0, until: forgotten.0 });
    }
}

#[cfg(test)]
#[allow(clippy::panic, reason = "tests")]
mod tests {
    use super::*;
    use crate::{
        case::CaseNumber,
        person::{Details, LegalBasis, Money, Restriction},
    };

    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    /// Noon of some day.
    const END: u64 = 20_000 * DAY + 12 * HOUR;

    fn person(until: Option<u64>) -> Person {
        let basis = LegalBasis::Contract;
        let details = Details { name: "Anna".to_owned(), address: Vec::new(), email: None, phone: None, basis };
        let mut person = Person::new(CaseNumber([1; 16]), Timestamp(0), details);
        person.meters.push(MeterLink { meter: 3, from: END - 30 * DAY, until });
        person
    }

    /// At a time, with the meter's next window beginning then.
    fn facts(time: u64, next: u64) -> LedgerFacts {
        LedgerFacts::new(Timestamp(time), [(MeterId(3), Window(next / HOUR))].into())
    }

    fn at(person: &Person, facts: &LedgerFacts) -> Vec<Matter> {
        matters(person, &Parameters::default(), Window(0), facts)
    }

    #[test]
    fn a_meter_without_an_end_and_one_that_ends_later_stand_against_it() {
        assert_eq!(at(&person(None), &facts(END + 9_000 * DAY, END)), [Matter::MeterHeld { meter: 3 }]);
        let found = at(&person(Some(END)), &facts(END - 1, END));
        assert_eq!(found, [Matter::MeterEnds { meter: 3, until: END }]);
        assert_eq!(possible_from(&found), Some(Timestamp(END)));
    }

    #[test]
    fn every_term_of_the_last_window_counts_to_its_last_second() {
        let stills = |time: u64| -> Vec<Still> {
            let found = at(&person(Some(END)), &facts(time, END));
            found
                .iter()
                .map(|matter| match matter {
                    Matter::Window { meter: 3, still, .. } => *still,
                    other => panic!("{other}"),
                })
                .collect()
        };
        use Still::{Cleared, Corrected, Delivered, Opened};
        assert_eq!(stills(END), [Opened, Cleared, Delivered, Corrected]);
        // Contracts 2 h after the window, auctions 2 h + 1 h, deliveries 2 h + 12 h, corrections 60 days.
        assert_eq!(stills(END + 2 * HOUR), [Opened, Cleared, Delivered, Corrected]);
        assert_eq!(stills(END + 2 * HOUR + 1), [Cleared, Delivered, Corrected]);
        assert_eq!(stills(END + 3 * HOUR + 1), [Delivered, Corrected]);
        assert_eq!(stills(END + 14 * HOUR), [Delivered, Corrected]);
        assert_eq!(stills(END + 14 * HOUR + 1), [Corrected]);
        assert_eq!(stills(END + 60 * DAY), [Corrected]);
        assert_eq!(stills(END + 60 * DAY + 1), []);
        let found = at(&person(Some(END)), &facts(END, END));
        assert_eq!(possible_from(&found), Some(Timestamp(END + 60 * DAY + 1)));
        // A second of the next window makes that one the last.
        let found = at(&person(Some(END + 1)), &facts(END + 60 * DAY + HOUR, END + HOUR));
        assert_eq!(possible_from(&found), Some(Timestamp(END + 60 * DAY + HOUR + 1)));
    }

    #[test]
    fn without_corrections_and_auctions_deliveries_come_last() {
        let parameters = Parameters { correction_term: 0, auction: None, ..Parameters::default() };
        let found = matters(&person(Some(END)), &parameters, Window(0), &facts(END, END));
        assert_eq!(found.len(), 2);
        assert_eq!(possible_from(&found), Some(Timestamp(END + 14 * HOUR + 1)));
    }

    #[test]
    fn windows_that_the_meter_did_not_report_count_until_retention_is_over() {
        let later = END + 61 * DAY;
        let missing = Matter::Unreported { meter: 3, from: END - 2 * HOUR, until: END + 90 * DAY };
        assert_eq!(at(&person(Some(END)), &facts(later, END - 2 * HOUR)), [missing]);
        assert_eq!(at(&person(Some(END)), &facts(END + 90 * DAY + 1, END - 2 * HOUR)), []);
        // A meter that never reported misses all since the person had it.
        let found = at(&person(Some(END)), &LedgerFacts::new(Timestamp(later), [].into()));
        assert_eq!(found, [Matter::Unreported { meter: 3, from: END - 30 * DAY, until: END + 90 * DAY }]);
        // Before the first window of the network there was nothing to report.
        let first = Window(END / HOUR);
        let none = LedgerFacts::new(Timestamp(END), [].into());
        assert_eq!(matters(&person(Some(END)), &Parameters::default(), first, &none), []);
    }

    #[test]
    fn open_money_and_a_restriction_wait_for_somebody() {
        let mut anna = person(Some(END));
        let later = facts(END + 100 * DAY, END);
        assert_eq!(at(&anna, &later), []);
        assert_eq!(possible_from(&[]), None);
        let money = |number, settled| Money {
            number,
            kind: MoneyKind::Payout,
            amount: 12_340_000,
            text: "August".to_owned(),
            since: END,
            settled,
        };
        anna.money = vec![money(1, Some(END)), money(2, None)];
        anna.restricted = Some(Restriction { since: END, why: "lawsuit".to_owned() });
        let found = at(&anna, &later);
        let open = Matter::Money { number: 2, kind: MoneyKind::Payout, amount: 12_340_000 };
        assert_eq!(found, [Matter::Restricted, open.clone()]);
        assert_eq!(possible_from(&found), None);
        assert_eq!(open.to_string(), "payout 2 of 12.34 EUR is not paid");
    }
}
