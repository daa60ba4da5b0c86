//! The standard's codes of units and commodities.

use super::feed::ReadingType;
use crate::Medium;
use crate::file::collect::{BASE, CUBIC_FOOT, IMPERIAL_GALLON, KILO, US_GALLON};
use crate::file::decimal::Unit;

/// What is measured and in which unit, the power of ten applied; or why it is not settled.
pub(super) fn medium_and_unit(usage_kind: Option<u32>, kind: &ReadingType) -> Result<(Medium, Unit), String> {
    let commodity = commodity(usage_kind, kind.commodity);
    let Some(uom) = kind.unit else {
        return Err("values without a unit (uom)".to_owned());
    };
    let (volume, unit) = match uom {
        72 => (false, BASE),
        // m³; compensated for temperature by the meter itself, or not.
        42 | 166 | 167 => (true, KILO),
        119..=121 => (true, CUBIC_FOOT),
        128 => (true, US_GALLON),
        130 => (true, IMPERIAL_GALLON),
        134 | 157 | 158 => (true, BASE),
        169 => return Err("gas in therms, which is heat reckoned from the volume: ask for m³ or ft³".to_owned()),
        132 => return Err("energy in BTU, which is not a whole part of a watt-hour".to_owned()),
        31 => return Err("energy in joules, which is not a whole part of a watt-hour".to_owned()),
        38 => return Err("power in W".to_owned()),
        61 | 63 | 71 | 73 => return Err("apparent or reactive power or energy".to_owned()),
        80 | 0 if kind.kind == Some(3) => return Err("money".to_owned()),
        other => return Err(format!("values in the unit with the code {other}, which is neither Wh nor a volume")),
    };
    let medium = match (commodity, volume) {
        (Some(Medium::Electricity) | None, false) => Medium::Electricity,
        (Some(medium @ (Medium::Heat | Medium::Cooling)), false) => medium,
        (Some(medium @ (Medium::Gas | Medium::Water)), true) => medium,
        (Some(Medium::Gas), false) => {
            return Err("gas in Wh, which is heat reckoned from the volume: ask for m³ or ft³".to_owned());
        }
        (None, true) => return Err("volumes of which the file does not say whether of water or gas".to_owned()),
        (Some(medium), _) => return Err(format!("{medium:?} in a unit that does not fit (uom {uom})")),
    };
    let power = kind.power_of_ten.unwrap_or(0);
    if !(-12..=12).contains(&power) {
        return Err(format!("values with a powerOfTenMultiplier of {power}"));
    }
    Ok((medium, unit.times_ten(power)))
}

/// The medium by the reading type's commodity, else by the usage point's service.
fn commodity(usage_kind: Option<u32>, commodity: Option<u32>) -> Option<Medium> {
    match commodity {
        Some(1 | 2) => Some(Medium::Electricity),
        Some(7) => Some(Medium::Gas),
        Some(9) => Some(Medium::Water),
        Some(10 | 12) => Some(Medium::Heat),
        Some(13) => Some(Medium::Cooling),
        _ => match usage_kind {
            Some(0) => Some(Medium::Electricity),
            Some(1) => Some(Medium::Gas),
            Some(2) => Some(Medium::Water),
            Some(4) => Some(Medium::Heat),
            _ => None,
        },
    }
}
