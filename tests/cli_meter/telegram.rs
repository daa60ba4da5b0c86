//! Telegrams of a meter that does not exist, in the form of DSMR 5.

use time::{Duration, OffsetDateTime};

/// A meter's registers at a time, in watt-hours.
#[derive(Clone, Copy)]
pub struct Shown {
    /// Unix seconds, in summer.
    pub at: u64,
    pub import: u64,
    pub export: u64,
}

/// With registers to the watt-hour.
pub fn telegram(shown: Shown) -> String {
    let kwh = |wh: u64| format!("{:06}.{:03}*kWh", wh / 1000, wh % 1000);
    sealed(shown.at, &kwh(shown.import), &kwh(shown.export))
}

/// With registers of whole kilowatt-hours.
pub fn coarse(shown: Shown) -> String {
    let kwh = |wh: u64| format!("{:06}*kWh", wh / 1000);
    sealed(shown.at, &kwh(shown.import), &kwh(shown.export))
}

fn sealed(at: u64, import: &str, export: &str) -> String {
    let local = OffsetDateTime::from_unix_timestamp(at as i64).unwrap() + Duration::hours(2);
    let stamp = format!(
        "{:02}{:02}{:02}{:02}{:02}{:02}S",
        local.year() % 100,
        u8::from(local.month()),
        local.day(),
        local.hour(),
        local.minute(),
        local.second()
    );
    let number: String = "TEST0001".bytes().map(|byte| format!("{byte:02X}")).collect();
    let text = format!(
        "/TST5\\2GATEWAY\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0({stamp})\r\n0-0:96.1.1({number})\r\n1-0:1.8.1({import})\r\n1-0:2.8.1({export})\r\n!"
    );
    format!("{text}{:04X}\r\n", crc(text.as_bytes()))
}

/// CRC-16 as of the standard: 0x8005 reflected, beginning with 0.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 })
    })
}
