//! A calculator of bills, written from the words of `docs/circuits/bill.md` and sharing no code with the program: its own
//! calendar, its own arithmetic in whole numbers.

use std::collections::BTreeMap;

/// A local time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Local {
    /// Days since 1970-01-01.
    pub day: i64,
    /// 0 is Monday.
    pub weekday: i64,
    pub hour: i64,
    pub minute: i64,
}

/// Days from 1970-01-01 to a date.
pub fn days(year: i64, month: i64, day: i64) -> i64 {
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let years: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    years + lengths[..month as usize - 1].iter().sum::<i64>() + day - 1
}

/// 1970-01-01 was a Thursday.
fn weekday(day: i64) -> i64 {
    (day + 3) % 7
}

/// Central European time: one hour ahead of UTC, two from the last Sunday of March until that of October, 01:00 UTC.
pub fn berlin(time: i64) -> Local {
    let year = (1970..).take_while(|year| days(*year, 1, 1) * 86_400 <= time).last().unwrap();
    let last_sunday = |month| {
        let last = days(year, month, 31);
        (last - (weekday(last) + 1) % 7) * 86_400 + 3600
    };
    let summer = (last_sunday(3)..last_sunday(10)).contains(&time);
    at(time + if summer { 7200 } else { 3600 })
}

/// A clock that is as far ahead of UTC as it was added.
pub fn at(local: i64) -> Local {
    let (day, second) = (local / 86_400, local % 86_400);
    Local { day, weekday: weekday(day), hour: second / 3600, minute: second / 60 % 60 }
}

/// A tariff in the calculator's own words.
pub struct Plain {
    pub clock: fn(i64) -> Local,
    /// Which zone a local time is in.
    pub zone: fn(Local) -> usize,
    /// Nano-euro per base unit.
    pub prices: &'static [i128],
    /// Base units, nano-euro per base unit.
    pub tiers: &'static [(i128, i128)],
    /// Micro-euro a day.
    pub standing: i128,
    /// Cents.
    pub minimum: i128,
    /// Basis points.
    pub vat: i128,
}

/// Whole units of `of`, where a half or more of one counts as one.
fn rounded(amount: i128, of: i128) -> i128 {
    let (whole, rest) = (amount / of, amount % of);
    if rest * 2 >= of { whole + 1 } else { whole }
}

impl Plain {
    /// What is to be paid for these readings (first second, base units) of the local days from one on and before another.
    pub fn bill(&self, readings: &BTreeMap<i64, i64>, from: i64, until: i64) -> i128 {
        let mut consumed = vec![0i128; self.prices.len()];
        for (time, value) in readings {
            let local = (self.clock)(*time);
            if local.day >= from && local.day < until {
                consumed[(self.zone)(local)] += i128::from(*value);
            }
        }
        let mut net: i128 = consumed.iter().zip(self.prices).map(|(wh, price)| rounded(wh * price, 10_000_000)).sum();
        let total: i128 = consumed.iter().sum();
        for (place, (above, surcharge)) in self.tiers.iter().enumerate() {
            let end = self.tiers.get(place + 1).map_or(i128::MAX, |(next, _)| *next);
            let within = if total <= *above { 0 } else { total.min(end) - above };
            net += rounded(within * surcharge, 10_000_000);
        }
        net += rounded(self.standing * i128::from(until - from), 10_000);
        if net < self.minimum {
            net = self.minimum;
        }
        net + rounded(net * self.vat, 10_000)
    }
}

#[test]
fn the_calculators_calendar_knows_the_long_and_the_short_night() {
    // 2023-10-29, 01:00 UTC.
    let change = days(2023, 10, 29) * 86_400 + 3600;
    assert_eq!(berlin(change - 1), Local { day: days(2023, 10, 29), weekday: 6, hour: 2, minute: 59 });
    assert_eq!(berlin(change), Local { day: days(2023, 10, 29), weekday: 6, hour: 2, minute: 0 });
    let change = days(2024, 3, 31) * 86_400 + 3600;
    assert_eq!((berlin(change - 1).hour, berlin(change).hour), (1, 3));
    assert_eq!(days(2024, 3, 1) - days(2024, 2, 28), 2);
}
