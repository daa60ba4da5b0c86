//! Listening to a meter for a moment: what it says, without keeping any of it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hushwatt_drivers::{MeterReading, Report};
use hushwatt_gateway::{
    clock::SystemClock,
    config::{ReadingConfig, Source},
    line::{Line, LineEvent},
};
use hushwatt_ledger::units::Timestamp;
use hushwatt_meter_attest::registers::{MAX_STEP, Sample};

use super::{
    error::MeterCommandError,
    show::{self, medium_name},
};
use crate::cli::progress;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);

/// Listens until `take` has had enough, the source is over, or the time is up. Hands over what was read, and what was refused.
pub(super) fn listen(
    source: &Source,
    seconds: u64,
    mut take: impl FnMut(LineEvent) -> bool,
) -> Result<(), MeterCommandError> {
    let wheel = progress::wheel("Listening to the meter");
    let line = Line::start(source.clone(), Arc::new(SystemClock::new()));
    let mut line = line.map_err(MeterCommandError::System)?;
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut wants_more = true;
    while wants_more && !line.is_over() && Instant::now() < until {
        if let Some(event) = line.next(LOOK) {
            wants_more = take(event);
        }
    }
    wheel.finish_and_clear();
    Ok(())
}

/// The registers that will be settled, as the meter shows them now; refused if they cannot be.
pub(super) fn sample(source: &Source, reading: &ReadingConfig, seconds: u64) -> Result<Sample, MeterCommandError> {
    let (mut found, mut last) = (None, None);
    listen(source, seconds, |event| {
        match event {
            LineEvent::Report { report: Report::Telegram(meters), received } => {
                match choose(&meters, reading, received) {
                    Ok(chosen) => found = chosen,
                    // The next telegram will not be another one.
                    Err(error) => found = Some(Err(error)),
                }
            }
            LineEvent::Report { report: Report::Series(_), .. } => {
                last = Some("values by interval, as a portal has them, and no telegram of a meter".to_owned());
            }
            LineEvent::Refused(error) => last = Some(error.to_string()),
            LineEvent::Ended => {}
        }
        found.is_none()
    })?;
    let silent = || MeterCommandError::Silent { port: source.port.to_string(), seconds, last };
    let sample = found.ok_or_else(silent)??;
    let step = sample.import.step.max(sample.export.step);
    if step > MAX_STEP {
        return Err(MeterCommandError::Coarse { step: show::quantity(reading.registers.medium, step) });
    }
    Ok(sample)
}

/// The one meter of a telegram that is meant; nothing if it speaks of none of this kind, as telegrams of a bus may.
fn choose(
    meters: &[MeterReading],
    reading: &ReadingConfig,
    received: Timestamp,
) -> Result<Option<Result<Sample, MeterCommandError>>, MeterCommandError> {
    let medium = reading.registers.medium;
    let of_kind: Vec<&MeterReading> = meters.iter().filter(|meter| meter.medium == medium).collect();
    let chosen = match &reading.number {
        Some(number) => match of_kind.iter().find(|meter| meter.meter == *number) {
            Some(meter) => *meter,
            None if of_kind.is_empty() => return Ok(None),
            None => {
                let found: Vec<&str> = of_kind.iter().map(|meter| meter.meter.as_str()).collect();
                return Err(MeterCommandError::Input(format!(
                    "the telegrams do not speak of meter {number}, but of {}",
                    found.join(", ")
                )));
            }
        },
        None => match of_kind.as_slice() {
            [] => return Ok(None),
            [one] => *one,
            several => {
                let found: Vec<&str> = several.iter().map(|meter| meter.meter.as_str()).collect();
                return Err(MeterCommandError::Input(format!(
                    "the telegrams speak of several meters for {}: give --number with one of {}",
                    medium_name(medium),
                    found.join(", ")
                )));
            }
        },
    };
    Ok(Some(Sample::new(chosen, received, &reading.registers).map_err(MeterCommandError::from)))
}
