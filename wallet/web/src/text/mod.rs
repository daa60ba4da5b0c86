//! What a person reads: texts by key in their language, numbers, amounts and times as they are written there, and the way back
//! from what they type.

mod amounts;
mod language;
mod times;

pub(crate) use amounts::{
    energy, energy_unit, euro, exact_euro, percent, plain_energy, plain_euro, plain_price, price, price_unit,
    read_energy, read_euro, read_price,
};
pub(crate) use language::{Key, Language, Tongue};
pub(crate) use times::{Clockface, Day, read_date};
