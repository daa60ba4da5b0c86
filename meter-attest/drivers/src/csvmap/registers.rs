//! Register columns: differences of neighbouring readings that are an interval apart. Over a gap there is no value.

use std::collections::BTreeMap;

use super::NAME;
use crate::file::collect::{Collector, Key, Piece, worse};
use crate::file::malformed;
use crate::{DriverError, SeriesQuality};

/// What a register showed at a moment.
#[derive(Clone, Copy)]
pub(super) struct State {
    pub(super) at: u64,
    /// How long the interval is that begins here.
    pub(super) seconds: u64,
    pub(super) fine: Option<u128>,
    pub(super) quality: SeriesQuality,
    pub(super) place: u64,
}

/// The readings of all registers.
#[derive(Default)]
pub(super) struct Registers(BTreeMap<(Key, Option<u8>), Vec<State>>);

impl Registers {
    pub(super) fn add(&mut self, key: Key, tariff: Option<u8>, state: State) {
        self.0.entry((key, tariff)).or_default().push(state);
    }

    /// Adds the differences.
    pub(super) fn finish(self, collector: &mut Collector) -> Result<(), DriverError> {
        for ((key, tariff), mut states) in self.0 {
            states.retain(|state| state.fine.is_some());
            states.sort_by_key(|state| (state.at, state.place));
            let mut kept: Vec<State> = Vec::with_capacity(states.len());
            for state in states {
                match kept.last() {
                    Some(last) if last.at == state.at && (last.fine, last.quality) != (state.fine, state.quality) => {
                        let what = format!(
                            "line {}: contradicts line {}: another reading at the same time",
                            state.place, last.place
                        );
                        return Err(malformed(NAME, what));
                    }
                    Some(last) if last.at == state.at => {}
                    _ => kept.push(state),
                }
            }
            for [earlier, later] in kept.array_windows() {
                let (Some(from), Some(to)) = (earlier.fine, later.fine) else { continue };
                let Some(difference) = to.checked_sub(from) else {
                    let what = format!(
                        "line {}: the register is lower than on line {}; the meter was changed or reset, so read the parts apart",
                        later.place, earlier.place
                    );
                    return Err(malformed(NAME, what));
                };
                if later.at - earlier.at != earlier.seconds {
                    continue;
                }
                let piece = Piece {
                    start: earlier.at,
                    seconds: earlier.seconds,
                    tariff,
                    fine: Some(difference),
                    quality: worse(earlier.quality, later.quality),
                    place: later.place,
                };
                collector.add(key.clone(), piece)?;
            }
        }
        Ok(())
    }
}
