//! The languages of a report, and how each writes numbers, money and times. Times are those of the chain, in UTC.

use hushwatt_ledger::units::Utility;
use time::OffsetDateTime;

use super::messages::Message;

/// A language that reports are written in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Language {
    /// For people who read English.
    English,
    /// For people who read German.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 2] = [Language::English, Language::German];

    /// Its code by ISO 639.
    pub const fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }

    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    /// A message without places to fill.
    pub(super) fn say(self, message: Message) -> String {
        message.text(self).to_owned()
    }

    /// A message with its places `{0}`, `{1}`, .. filled. What is filled in is never looked through for places.
    pub(super) fn fill(self, message: Message, values: &[&str]) -> String {
        let mut filled = String::new();
        let mut rest = message.text(self);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let (place, after) = after.split_once('}').unwrap_or((after, ""));
            filled
                .push_str(place.parse::<usize>().ok().and_then(|place| values.get(place)).copied().unwrap_or_default());
            rest = after;
        }
        filled + rest
    }

    /// `1,234` or `1.234`.
    pub(super) fn count(self, count: u64) -> String {
        let digits = count.to_string();
        let mark = match self {
            Language::English => ',',
            Language::German => '.',
        };
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(mark);
            }
            text.push(digit);
        }
        text
    }

    /// A whole part and a fraction of so many digits.
    fn decimal(self, whole: u64, fraction: u64, digits: usize) -> String {
        let mark = match self {
            Language::English => '.',
            Language::German => ',',
        };
        format!("{}{mark}{fraction:0digits$}", self.count(whole))
    }

    /// Micro-euro as euro, exactly and without the unit: two decimals where those say all, else six.
    pub(super) fn number(self, micro_euro: u64) -> String {
        let (whole, micro) = (micro_euro / 1_000_000, micro_euro % 1_000_000);
        match micro % 10_000 {
            0 => self.decimal(whole, micro / 10_000, 2),
            _ => self.decimal(whole, micro, 6),
        }
    }

    /// The same with the unit, which stays on the line.
    pub(super) fn euro(self, micro_euro: u64) -> String {
        format!("{}\u{a0}EUR", self.number(micro_euro))
    }

    /// Micro-euro per base unit as euro per a thousand of them, exactly.
    pub(super) fn price(self, micro_euro: u64) -> String {
        self.decimal(micro_euro / 1_000, micro_euro % 1_000, 3)
    }

    /// What prices of a utility are told in.
    pub(super) fn price_unit(self, utility: Utility) -> &'static str {
        match utility {
            Utility::Electricity | Utility::Heat => "EUR/kWh",
            Utility::Water => "EUR/m\u{b3}",
        }
    }

    /// The utility's name, for headings.
    pub(super) fn utility(self, utility: Utility) -> String {
        self.say(match utility {
            Utility::Electricity => Message::Electricity,
            Utility::Water => Message::Water,
            Utility::Heat => Message::Heat,
        })
    }

    /// `2026-11-21` or `21.11.2026`.
    pub(super) fn day(self, unix: u64) -> String {
        let time = i64::try_from(unix).ok().and_then(|unix| OffsetDateTime::from_unix_timestamp(unix).ok());
        let Some(time) = time else { return format!("unix {unix}") };
        let (year, month, day) = time.to_calendar_date();
        match self {
            Language::English => format!("{year:04}-{:02}-{day:02}", u8::from(month)),
            Language::German => format!("{day:02}.{:02}.{year:04}", u8::from(month)),
        }
    }

    /// `14:00`.
    pub(super) fn clock(self, unix: u64) -> String {
        format!("{:02}:{:02}", unix / 3_600 % 24, unix / 60 % 60)
    }

    /// Day and clock.
    pub(super) fn moment(self, unix: u64) -> String {
        format!("{} {}", self.day(unix), self.clock(unix))
    }

    /// How long: in the largest unit that says it exactly.
    pub(super) fn span(self, seconds: u64) -> String {
        let (count, message) = match seconds {
            0 => (0, Message::Seconds),
            _ if seconds.is_multiple_of(86_400) && seconds > 86_400 => (seconds / 86_400, Message::Days),
            _ if seconds.is_multiple_of(3_600) => (seconds / 3_600, Message::Hours),
            _ if seconds.is_multiple_of(60) => (seconds / 60, Message::Minutes),
            _ => (seconds, Message::Seconds),
        };
        self.fill(message, &[&self.count(count)])
    }
}

#[cfg(test)]
mod tests {
    use super::{Language::*, *};

    #[test]
    fn numbers_are_written_as_people_of_that_language_write_them() {
        assert_eq!(
            (English.count(0), English.count(999), English.count(1_000)),
            ("0".into(), "999".into(), "1,000".into())
        );
        assert_eq!(German.count(u64::MAX), "18.446.744.073.709.551.615");
        assert_eq!(English.euro(1_234_560_000), "1,234.56\u{a0}EUR");
        assert_eq!(German.euro(1_234_560_001), "1.234,560001\u{a0}EUR");
        assert_eq!((English.price(123), German.price(1_050)), ("0.123".into(), "1,050".into()));
    }

    #[test]
    fn times_are_those_of_the_chain_in_utc() {
        assert_eq!(English.moment(1_795_269_600), "2026-11-21 14:00");
        assert_eq!(German.moment(1_795_269_600), "21.11.2026 14:00");
        assert_eq!(English.day(u64::MAX), "unix 18446744073709551615");
        assert_eq!(
            (English.span(7_200), English.span(86_400), English.span(172_800)),
            ("2 h".into(), "24 h".into(), "2 days".into())
        );
        assert_eq!(
            (German.span(1_800), German.span(90), German.span(5_184_000)),
            ("30 min".into(), "90 s".into(), "60 Tage".into())
        );
    }

    #[test]
    fn what_is_filled_in_is_taken_as_it_is() {
        assert_eq!(
            English.fill(Message::HoldsUpTo, &["{1}{"]),
            Message::HoldsUpTo.text(English).replace("{0}", "{1}{")
        );
    }

    #[test]
    fn every_language_is_found_by_its_code() {
        assert!(Language::ALL.into_iter().all(|language| Language::from_code(language.code()) == Some(language)));
        assert_eq!(Language::from_code("fr"), None);
    }
}
