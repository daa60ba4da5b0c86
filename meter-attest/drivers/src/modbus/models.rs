//! The models of SunSpec that have registers of energy, and where in them these are.
//!
//! Offsets are in registers from the model's identifier, which is at 0, its length at 1.

use crate::exact::Worth;
use crate::{Direction, RegisterReading};

/// Type of a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    /// 32 bits that count around; 0 stands for "not there".
    Acc32,
    /// 64 bits; all ones stand for "not there".
    Uint64,
    /// binary32; not-a-number stands for "not there".
    Float32,
}

/// A register of a model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Its name.
    pub(super) name: &'static str,
    /// Where it is.
    pub(super) offset: u16,
    /// Its type.
    pub(super) kind: Type,
    /// Where its scale factor is, if it has one.
    pub(super) scale: Option<u16>,
    /// Which way it counts.
    pub(super) direction: Direction,
}

/// A model with registers of energy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    /// What it says of itself: the least length that has all its points.
    pub(super) length: u16,
    /// Whether it is an inverter: of those that describe the same one, the best is taken.
    pub(super) inverter: Option<u8>,
    /// Its registers.
    pub(super) points: &'static [Point],
}

const fn point(name: &'static str, offset: u16, kind: Type, scale: Option<u16>, direction: Direction) -> Point {
    Point { name, offset, kind, scale, direction }
}

static INVERTER: [Point; 1] = [point("WH", 24, Type::Acc32, Some(26), Direction::Export)];
static INVERTER_FLOAT: [Point; 1] = [point("WH", 32, Type::Float32, None, Direction::Export)];
static METER: [Point; 2] = [
    point("TotWhExp", 38, Type::Acc32, Some(54), Direction::Export),
    point("TotWhImp", 46, Type::Acc32, Some(54), Direction::Import),
];
static METER_FLOAT: [Point; 2] = [
    point("TotWhExp", 60, Type::Float32, None, Direction::Export),
    point("TotWhImp", 68, Type::Float32, None, Direction::Import),
];
static MEASUREMENT: [Point; 2] = [
    point("TotWhInj", 19, Type::Uint64, Some(120), Direction::Export),
    point("TotWhAbs", 23, Type::Uint64, Some(120), Direction::Import),
];

/// The model of this number, if it has registers of energy. Storage (713) and others say what is in a battery now, which is no
/// register that counts.
pub(super) fn model(id: u16) -> Option<Model> {
    Some(match id {
        101..=103 => Model { length: 50, inverter: Some(1), points: &INVERTER },
        111..=113 => Model { length: 60, inverter: Some(2), points: &INVERTER_FLOAT },
        201..=204 => Model { length: 105, inverter: None, points: &METER },
        211..=214 => Model { length: 124, inverter: None, points: &METER_FLOAT },
        701 => Model { length: 121, inverter: Some(0), points: &MEASUREMENT },
        _ => return None,
    })
}

impl Model {
    /// How many registers from its beginning hold all its points and their scale: one question, so that value and scale belong
    /// together.
    pub(super) fn span(&self) -> u16 {
        let ends = self.points.iter().map(|point| {
            let end = point.offset + if point.kind == Type::Uint64 { 4 } else { 2 };
            end.max(point.scale.map_or(0, |scale| scale + 1))
        });
        ends.max().unwrap_or(2)
    }
}

/// The register of a point in a model that was read; `None` if the device does not have it, or its scale makes no sense.
pub(super) fn register(id: u16, point: &Point, registers: &[u16]) -> Option<RegisterReading> {
    let at = |offset: u16| registers.get(usize::from(offset)).copied();
    let wide = |count: u16| -> Option<u64> {
        (point.offset..point.offset + count).try_fold(0u64, |value, offset| Some(value << 16 | u64::from(at(offset)?)))
    };
    let worth = match point.scale {
        None => Worth::ONE,
        Some(scale) => {
            let exponent = i32::from(at(scale)?.cast_signed());
            Worth::power_of_ten(exponent).filter(|_| (-10..=10).contains(&exponent))?
        }
    };
    let (value, step, modulus) = match point.kind {
        Type::Acc32 => {
            let counts = wide(2).filter(|counts| *counts != 0 && *counts != 0xffff_ffff)?;
            (worth.of(counts)?, worth.step(), worth.modulus(1 << 32))
        }
        Type::Uint64 => (worth.of(wide(4).filter(|counts| *counts != u64::MAX)?)?, worth.step(), None),
        Type::Float32 => {
            let (value, step) = worth.of_binary32(u32::try_from(wide(2)?).ok()?)?;
            (value, step, None)
        }
    };
    let code = format!("{id}:{}", point.name);
    Some(RegisterReading { code, direction: point.direction, tariff: None, value, step, modulus })
}
