//! Telegrams of a Dutch or Belgian meter (DSMR 5): written here, from what the standard says.

use hushwatt_ledger::units::Timestamp;
use time::{Date, Month, OffsetDateTime, Time, Weekday};

/// The number that the simulated meter says, and how the gateway shows it.
pub const NUMBER: &str = "E0047000012345625";

/// How a telegram says what time it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stamp {
    /// As it should.
    Right,
    /// Right but for its letter, summer for winter and the other way round.
    WrongSeason,
    /// Another time.
    Says(Timestamp),
}

/// A whole telegram with its checksum.
pub fn telegram(time: Timestamp, stamp: Stamp, (import, export): (u64, u64)) -> Vec<u8> {
    let number: String = NUMBER.bytes().map(|byte| format!("{byte:02X}")).collect();
    let mut text = format!(
        "/HWT5\\253SIMULATED\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0({})\r\n0-0:96.1.1({number})\r\n",
        stamp.text(time)
    );
    for (code, counted) in [(1, import), (2, export)] {
        // Two tariffs that only together are what was counted.
        let low = counted * 3 / 7;
        for (tariff, value) in [(1, low), (2, counted - low)] {
            text += &format!("1-0:{code}.8.{tariff}({:06}.{:03}*kWh)\r\n", value / 1_000, value % 1_000);
        }
    }
    text += "0-0:96.14.0(0002)\r\n1-0:1.7.0(00.399*kW)\r\n1-0:2.7.0(00.000*kW)\r\n0-0:96.7.21(00004)\r\n";
    text += "1-0:99.97.0(1)(0-0:96.7.19)(220315161512W)(0000003600*s)\r\n1-0:32.7.0(229.0*V)\r\n0-0:96.13.0()\r\n!";
    let sum = crc(text.as_bytes());
    text += &format!("{sum:04X}\r\n");
    text.into_bytes()
}

impl Stamp {
    fn text(self, time: Timestamp) -> String {
        let time = if let Stamp::Says(time) = self { time } else { time };
        let summer = is_summer(time);
        let local = OffsetDateTime::from_unix_timestamp(time.0 as i64 + if summer { 7_200 } else { 3_600 }).unwrap();
        let letter = if summer != (self == Stamp::WrongSeason) { 'S' } else { 'W' };
        let (date, clock) = (local.date(), local.time());
        format!(
            "{:02}{:02}{:02}{:02}{:02}{:02}{letter}",
            date.year() % 100,
            u8::from(date.month()),
            date.day(),
            clock.hour(),
            clock.minute(),
            clock.second()
        )
    }
}

/// Central European summer time: between the last Sundays of March and October, 1:00 UTC.
fn is_summer(time: Timestamp) -> bool {
    let now = OffsetDateTime::from_unix_timestamp(time.0 as i64).unwrap();
    let change = |month| {
        let mut day = Date::from_calendar_date(now.year(), month, 31).unwrap();
        while day.weekday() != Weekday::Sunday {
            day = day.previous_day().unwrap();
        }
        day.with_time(Time::from_hms(1, 0, 0).unwrap()).assume_utc()
    };
    (change(Month::March)..change(Month::October)).contains(&now)
}

/// CRC-16 with the reversed polynomial A001h, bit by bit.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xa001 } else { sum >> 1 })
    })
}
