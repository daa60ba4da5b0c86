//! Telegrams without a checksum: only those whose format has none, and only when nothing of them can be missing.
//!
//! DSMR 2.2 and 3.0 have neither a checksum nor a time nor a version, and registers of five digits before the point;
//! from 4.0 on there are all three, and six digits. D0 readouts, as of EasyMeter, write `*255` after each code.
//! Everything else that comes without a checksum has lost it.

use super::line::{Code, Lines};
use super::{NAME, amount, malformed};
use crate::DriverError;

/// What has come with a checksum since it exists: the version, the time, the version of Belgium.
const NEWER: [Code; 3] = [Code([1, 3, 0, 2, 8]), Code([0, 0, 1, 0, 0]), Code([0, 0, 96, 1, 4])];

/// Whether a telegram may do without a checksum, and is whole.
pub(super) fn check(lines: &Lines<'_>) -> Result<(), DriverError> {
    let newer = lines.lines.iter().find(|line| {
        let old_version = line.code == Some(NEWER[0]) && version(&line.values).is_some_and(|version| version < 40);
        line.code.is_some_and(|code| NEWER.contains(&code)) && !old_version
    });
    if newer.is_some() {
        return Err(missing());
    }
    if let Some(odd) = lines.odd.first() {
        return Err(malformed(format!("no code with values in brackets, and there is no checksum: '{}'", short(odd))));
    }
    let registers: Vec<_> = lines.lines.iter().filter(|line| line.code.is_some_and(is_register)).collect();
    let starred = registers.iter().all(|line| line.written.contains('*'));
    let shapes = registers.iter().map(|line| line.values.first().and_then(|value| amount::read(value)));
    let old = shapes.map(|amount| amount.map(|amount| amount.shape)).all(|shape| shape == Some((5, 3)));
    if !starred && !old {
        return Err(missing());
    }
    for direction in [1, 2] {
        let has = |tariff| {
            registers.iter().any(|line| line.code.is_some_and(|Code([_, _, c, _, e])| (c, e) == (direction, tariff)))
        };
        if has(1) != has(2) && !has(0) {
            return Err(malformed(format!(
                "one of the two tariffs of 1-0:{direction}.8 is missing, and there is no checksum"
            )));
        }
    }
    Ok(())
}

fn is_register(Code([a, _, c, d, _]): Code) -> bool {
    a == 1 && matches!(c, 1 | 2) && d == 8
}

fn version(values: &[&str]) -> Option<u32> {
    values.first()?.parse().ok()
}

fn missing() -> DriverError {
    DriverError::Checksum { format: NAME, what: "the four digits after '!' are missing" }
}

/// For messages.
pub(super) fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
