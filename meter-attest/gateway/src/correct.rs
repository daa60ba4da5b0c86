//! What was attested and is known better now: windows given up before their gap ended, and, if a person asks for it, the grid
//! operator's values in place of attested ones (protocol section 6.2). Only the running sums change; a minted note never does,
//! and the money is an ordinary transfer.

use std::path::Path;

use hushwatt_drivers::{Direction, SeriesQuality};
use hushwatt_ledger::units::{Interval, Quantity, Window};
use hushwatt_meter_attest::{Draft, DraftStatus, Metered, registers::Layout};

use crate::{
    inbox::{self, Answer},
    series::{Grid, GridSeries},
    service::{Service, ServiceError},
    store::Attested,
};

/// Seconds before the end of the correction term after which none is begun any more.
const MARGIN: u64 = 3_600;
/// A register shows whole base units, in thousandths.
const REGISTER: u64 = 1_000;

impl Service {
    /// The first correction that is to be made: of a window that was given up, or that a file in `inbox/correct` has other values
    /// for. Files of which everything is corrected are put away.
    pub(crate) fn next_correction(&mut self) -> Result<Option<(Window, Draft)>, ServiceError> {
        let (parameters, now) = (&self.parts().genesis.parameters, self.now());
        let Some(first) = parameters.first_correctable(now.plus(MARGIN)) else { return Ok(None) };
        let state = self.store().state();
        let given_up = |(window, attested): (&Window, &Attested)| {
            let missing = attested.draft.status == DraftStatus::Missing && !attested.corrected;
            Some((*window, state.registers().correction(*window).filter(|_| missing)?))
        };
        if let Some(found) = state.attested().range(first..).find_map(given_up) {
            return Ok(Some(found));
        }
        if !self.corrections_are_due() {
            return Ok(None);
        }
        self.asked_for(first)
    }

    /// The first window that a file asks to correct.
    fn asked_for(&mut self, first: Window) -> Result<Option<(Window, Draft)>, ServiceError> {
        let Some(folder) = self.parts().inbox.as_ref().map(|inbox| inbox.join("correct")) else { return Ok(None) };
        for path in inbox::waiting(&folder) {
            let grid = match self.grid_of(&path) {
                Ok(grid) => grid,
                Err(error) => {
                    self.answer(&path, &Answer { taken: false, text: error.to_string() });
                    continue;
                }
            };
            let state = self.store().state();
            let per_window = state.registers().config().intervals;
            let found = state.attested().range(first..).find_map(|(window, attested)| {
                let draft = operators(&grid, state.registers().config().layout, *window, per_window)?;
                differs(&attested.draft, &draft, rounding(&grid)).then_some((*window, draft))
            });
            if found.is_some() {
                return Ok(found);
            }
            let text =
                "every attested window that this file speaks of has its values, as far as it may still be corrected";
            self.answer(&path, &Answer { taken: true, text: text.to_owned() });
        }
        Ok(None)
    }

    fn answer(&self, path: &Path, answer: &Answer) {
        if let Some(inbox) = &self.parts().inbox
            && let Err(error) = inbox::put_away(inbox, path, answer)
        {
            tracing::warn!(%error, file = %path.display(), "a file of the inbox could not be moved");
        }
    }
}

fn rounding(grid: &Grid) -> u64 {
    [&grid.import, &grid.export].into_iter().flatten().map(|series| series.rounding).max().unwrap_or(1)
}

/// The operator's values of a window in whole base units, if he has settled all of them.
fn operators(grid: &Grid, layout: Layout, window: Window, per_window: u64) -> Option<Draft> {
    let first = window.0.checked_mul(per_window)?;
    let whole = |series: &Option<GridSeries>| -> Option<Vec<Quantity>> {
        let values = &series.as_ref()?.values;
        let (mut sum, mut given) = (0u64, 0u64);
        let numbers = first..first.checked_add(per_window)?;
        numbers
            .map(|number| {
                let value = values.get(&Interval(number)).filter(|value| value.quality != SeriesQuality::Estimated)?;
                sum = sum.checked_add(value.milli)?;
                // Of the sum, so that rounding does not add up.
                let next = sum / 1_000 - given;
                given = sum / 1_000;
                u32::try_from(next).ok().map(Quantity)
            })
            .collect()
    };
    let zeros = || Some(vec![Quantity(0); usize::try_from(per_window).ok()?]);
    let (import, export) = match layout {
        Layout::TwoWay => (whole(&grid.import)?, whole(&grid.export)?),
        Layout::OneWay(Direction::Import) => (whole(&grid.import)?, zeros()?),
        Layout::OneWay(Direction::Export) => (zeros()?, whole(&grid.export).or_else(|| whole(&grid.import))?),
    };
    let metered = export.into_iter().zip(import).map(|(export, import)| Metered { export, import }).collect();
    Some(Draft { status: DraftStatus::Substituted, metered })
}

/// Whether values differ by more than registers and the file round.
fn differs(attested: &Draft, operators: &Draft, rounding: u64) -> bool {
    let apart = |one: Quantity, other: Quantity| u64::from(one.0.abs_diff(other.0)) * 1_000 > 2 * REGISTER + rounding;
    attested.status == DraftStatus::Missing
        || attested.metered.len() != operators.metered.len()
        || attested
            .metered
            .iter()
            .zip(&operators.metered)
            .any(|(own, other)| apart(own.export, other.export) || apart(own.import, other.import))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::GridValue;

    fn grid(values: &[u64]) -> Grid {
        let value = |milli: &u64| GridValue { milli: *milli, quality: SeriesQuality::Measured };
        let values = (400..).map(Interval).zip(values.iter().map(value)).collect();
        Grid { import: Some(GridSeries { values, rounding: 1 }), export: None }
    }

    #[test]
    fn the_operators_values_become_whole_units_without_losing_any() {
        let layout = Layout::OneWay(Direction::Import);
        let draft = operators(&grid(&[1_500, 1_500, 700, 300]), layout, Window(100), 4);
        let import: Option<Vec<u32>> =
            draft.map(|draft| draft.metered.iter().map(|metered| metered.import.0).collect());
        assert_eq!(import, Some(vec![1, 2, 0, 1]));
        assert!(operators(&grid(&[1_500, 1_500, 700]), layout, Window(100), 4).is_none(), "one interval is missing");
        assert!(operators(&grid(&[0; 4]), Layout::TwoWay, Window(100), 4).is_none(), "one way is missing");
    }

    #[test]
    fn rounding_alone_corrects_nothing() {
        let draft = |import: u32| Draft {
            status: DraftStatus::Measured,
            metered: vec![Metered { export: Quantity(0), import: Quantity(import) }],
        };
        assert!(!differs(&draft(100), &draft(102), 1));
        assert!(differs(&draft(100), &draft(103), 1));
        assert!(!differs(&draft(100), &draft(110), 10_000));
    }
}
