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
    verify::agree,
};

/// Seconds before the end of the correction term after which none is begun any more.
const MARGIN: u64 = 3_600;

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
                let ways = Ways::of(&grid, state.registers().config().layout);
                let draft = ways.draft(*window, per_window)?;
                ways.differ(&attested.draft, *window, per_window).then_some((*window, draft))
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

/// The operator's series for each way that the meter counts.
struct Ways<'a> {
    layout: Layout,
    import: Option<&'a GridSeries>,
    export: Option<&'a GridSeries>,
}

impl<'a> Ways<'a> {
    fn of(grid: &'a Grid, layout: Layout) -> Self {
        let (import, export) = (grid.import.as_ref(), grid.export.as_ref());
        match layout {
            Layout::TwoWay => Ways { layout, import, export },
            Layout::OneWay(Direction::Import) => Ways { layout, import, export: None },
            // A portal may call what a producer's meter counts by either name.
            Layout::OneWay(Direction::Export) => Ways { layout, import: None, export: export.or(import) },
        }
    }

    /// His values of a window in whole base units, if he has settled all of them.
    fn draft(&self, window: Window, per_window: u64) -> Option<Draft> {
        let first = window.0.checked_mul(per_window)?;
        let zeros = || Some(vec![Quantity(0); usize::try_from(per_window).ok()?]);
        let (import, export) = match self.layout {
            Layout::TwoWay => (whole(self.import?, first, per_window)?, whole(self.export?, first, per_window)?),
            Layout::OneWay(Direction::Import) => (whole(self.import?, first, per_window)?, zeros()?),
            Layout::OneWay(Direction::Export) => (zeros()?, whole(self.export?, first, per_window)?),
        };
        let metered = export.into_iter().zip(import).map(|(export, import)| Metered { export, import }).collect();
        Some(Draft { status: DraftStatus::Substituted, metered })
    }

    /// Whether what is attested differs from them by more than registers and file round, as in "meter verify".
    fn differ(&self, attested: &Draft, window: Window, per_window: u64) -> bool {
        let first = window.0.saturating_mul(per_window);
        let apart = |series: Option<&GridSeries>, number: u64, own: Quantity| {
            let value = series.and_then(|series| Some((series.values.get(&Interval(number))?.milli, series.rounding)));
            value.is_some_and(|(milli, rounding)| !agree(u64::from(own.0) * 1_000, milli, rounding))
        };
        let mut intervals = (first..).zip(&attested.metered);
        attested.status == DraftStatus::Missing
            || intervals
                .any(|(number, own)| apart(self.import, number, own.import) || apart(self.export, number, own.export))
    }
}

/// His values from interval `first` on, each rounded so that no sum is off by a whole unit.
fn whole(series: &GridSeries, first: u64, count: u64) -> Option<Vec<Quantity>> {
    let (mut sum, mut given) = (0u64, 0u64);
    let numbers = first..first.checked_add(count)?;
    numbers
        .map(|number| {
            let value =
                series.values.get(&Interval(number)).filter(|value| value.quality != SeriesQuality::Estimated)?;
            sum = sum.checked_add(value.milli)?;
            let next = sum / 1_000 - given;
            given = sum / 1_000;
            u32::try_from(next).ok().map(Quantity)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::GridValue;

    fn grid(values: &[u64], rounding: u64) -> Grid {
        let value = |milli: &u64| GridValue { milli: *milli, quality: SeriesQuality::Measured };
        let values = (400..).map(Interval).zip(values.iter().map(value)).collect();
        Grid { import: Some(GridSeries { values, rounding }), export: None }
    }

    #[test]
    fn the_operators_values_become_whole_units_without_losing_any() {
        let draft = |values: &[u64], layout| Ways::of(&grid(values, 1), layout).draft(Window(100), 4);
        let layout = Layout::OneWay(Direction::Import);
        let import: Option<Vec<u32>> = draft(&[1_500, 1_500, 700, 300], layout)
            .map(|draft| draft.metered.iter().map(|metered| metered.import.0).collect());
        assert_eq!(import, Some(vec![1, 2, 0, 1]));
        assert!(draft(&[1_500, 1_500, 700], layout).is_none(), "one interval is missing");
        assert!(draft(&[0; 4], Layout::TwoWay).is_none(), "one way is missing");
    }

    #[test]
    fn rounding_alone_corrects_nothing_and_what_was_corrected_is_not_again() {
        let layout = Layout::OneWay(Direction::Import);
        let attested = |import: u32| Draft {
            status: DraftStatus::Measured,
            metered: vec![Metered { export: Quantity(0), import: Quantity(import) }; 2],
        };
        let differ = |own: u32, milli: u64, rounding: u64| {
            Ways::of(&grid(&[milli; 2], rounding), layout).differ(&attested(own), Window(200), 2)
        };
        assert!(!differ(100, 101_000, 1) && differ(100, 101_900, 1));
        assert!(!differ(104, 110_000, 10_000) && differ(103, 110_000, 10_000) && differ(100, 110_000, 10_000));
        for milli in [0, 1, 999, 1_500, 101_900] {
            let grid = grid(&[milli; 2], 1);
            let ways = Ways::of(&grid, layout);
            let draft = ways.draft(Window(200), 2);
            assert!(draft.is_some_and(|draft| !ways.differ(&draft, Window(200), 2)), "{milli}");
        }
    }
}
