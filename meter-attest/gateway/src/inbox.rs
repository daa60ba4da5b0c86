//! Files of the grid operator in the folder `inbox`: what they say of a gap that is not attested yet takes the place of
//! estimates. Each file is read once, moved to `done` or `refused`, and has an answer in words beside it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use hushwatt_drivers::{Direction, SeriesQuality};
use hushwatt_ledger::units::{Interval, Timestamp};
use hushwatt_meter_attest::registers::{Layout, MAX_RULE, Substitution};

use crate::{
    series::{Grid, GridSeries, SeriesError, grid, read_series},
    service::{Service, ServiceError},
    store::StoreError,
};

/// Between two looks into the folder.
const LOOK: Duration = Duration::from_secs(30);
/// A file that was changed so lately may not be whole yet.
const SETTLED: Duration = Duration::from_secs(2);

/// What came of a file.
pub(crate) struct Answer {
    pub taken: bool,
    pub text: String,
}

impl Service {
    /// Reads what lies in the inbox.
    pub(crate) fn read_inbox(&mut self) -> Result<(), ServiceError> {
        let Some(folder) = self.parts().inbox.clone() else { return Ok(()) };
        if !self.inbox_is_due(LOOK) {
            return Ok(());
        }
        for path in waiting(&folder) {
            let answer = self.import(&path)?;
            if let Err(error) = put_away(&folder, &path, &answer) {
                tracing::warn!(%error, file = %path.display(), "a file of the inbox could not be moved");
            }
            tracing::info!(file = %path.display(), taken = answer.taken, "{}", answer.text);
        }
        Ok(())
    }

    /// Takes a file's values where they fill a whole gap of estimates that is not attested yet.
    pub(crate) fn import(&mut self, path: &Path) -> Result<Answer, ServiceError> {
        let refused = |text: String| Ok(Answer { taken: false, text });
        let read = match self.grid_of(path) {
            Ok(read) => read,
            Err(error) => return refused(error.to_string()),
        };
        let (registers, now) = (self.store().state().registers(), self.now());
        let gaps = registers.gaps(Timestamp(0), now);
        let layout = registers.config().layout;
        let (mut taken, mut lines) = (0, Vec::new());
        for (first, count) in gaps {
            let Some(values) = filling(&read, layout, first, count) else { continue };
            match self.store_mut().substitute(&values) {
                Ok(()) => taken += count,
                Err(StoreError::Substitute(error)) => lines.push(format!("the gap from interval {}: {error}", first.0)),
                Err(error) => return Err(error.into()),
            }
        }
        if taken > 0 {
            lines.insert(0, format!("{taken} intervals take the operator's values in place of estimates"));
        }
        if lines.is_empty() {
            return refused(
                "no gap that is not attested yet is filled by this file; what is attested is compared by \"hushwatt meter verify --grid\""
                    .to_owned(),
            );
        }
        Ok(Answer { taken: taken > 0, text: lines.join("; ") })
    }

    pub(crate) fn grid_of(&self, path: &Path) -> Result<Grid, SeriesError> {
        let config = &self.parts().config;
        let series = read_series(path, None, &config.source.options)?;
        let interval = self.parts().genesis.parameters.interval;
        grid(&series, config.reading.registers.medium, config.reading.point.as_deref(), interval)
    }
}

/// The values of a whole gap, if the operator has settled all of them.
fn filling(grid: &Grid, layout: Layout, first: Interval, count: u64) -> Option<Substitution> {
    let settled = |series: &Option<GridSeries>| -> Option<Vec<u64>> {
        let series = series.as_ref()?;
        let numbers = first.0..first.0.saturating_add(count);
        numbers
            .map(|number| {
                let value = series.values.get(&Interval(number))?;
                (value.quality != SeriesQuality::Estimated).then_some(value.milli)
            })
            .collect()
    };
    let zeros = || usize::try_from(count).ok().map(|count| vec![0; count]);
    let (import, export) = match layout {
        Layout::TwoWay => (settled(&grid.import)?, settled(&grid.export)?),
        Layout::OneWay(Direction::Import) => (settled(&grid.import)?, zeros()?),
        // An operator calls what the only register of a meter counts whatever he calls it.
        Layout::OneWay(Direction::Export) => (zeros()?, settled(&grid.export).or_else(|| settled(&grid.import))?),
    };
    let rounding = [&grid.import, &grid.export].into_iter().flatten().map(|series| series.rounding).max().unwrap_or(1);
    let mut rule = "grid operator's values".to_owned();
    rule.truncate(MAX_RULE);
    Some(Substitution { first, import, export, rounding, rule })
}

/// Files that lie there and are whole, in the order of their names.
pub(crate) fn waiting(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let whole = |path: &PathBuf| {
        let metadata = fs::metadata(path).ok()?;
        let age = metadata.modified().ok()?.elapsed().unwrap_or(SETTLED);
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        Some(metadata.is_file() && age >= SETTLED && !hidden)
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| whole(path) == Some(true));
    paths.sort();
    paths
}

/// Moves a file, and writes the answer beside it. An older one of the same name makes way.
pub(crate) fn put_away(folder: &Path, path: &Path, answer: &Answer) -> io::Result<()> {
    let to = folder.join(if answer.taken { "done" } else { "refused" });
    fs::create_dir_all(&to)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    fs::write(to.join(format!("{name}.answer.txt")), format!("{}\n", answer.text))?;
    fs::rename(path, to.join(name))
}
