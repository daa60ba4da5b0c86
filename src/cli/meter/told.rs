//! What telegrams and files say, for the installer.

use hushwatt_drivers::{Direction, Medium, MeterReading, Report, Series, SeriesQuality};
use hushwatt_meter_attest::registers::MAX_STEP;
use serde::Serialize;

use super::{
    show::{base_unit, direction_name, medium_name, moment, quantity, span},
    table::Table,
};

/// Everything that was said.
#[derive(Default, Serialize)]
pub(super) struct Told {
    pub format: String,
    pub telegrams: Vec<Vec<ToldMeter>>,
    pub series: Vec<ToldSeries>,
    /// What could not be read, and why.
    pub refused: Vec<String>,
}

/// One meter of a telegram.
#[derive(Serialize)]
pub(super) struct ToldMeter {
    meter: String,
    medium: &'static str,
    at: Option<u64>,
    /// Unit of all values.
    unit: &'static str,
    registers: Vec<ToldRegister>,
    import: Option<u64>,
    export: Option<u64>,
    /// Whether its registers count finely enough to settle.
    settles: bool,
    complaints: Vec<String>,
    #[serde(skip)]
    kind: Medium,
}

#[derive(Serialize)]
struct ToldRegister {
    code: String,
    direction: &'static str,
    tariff: Option<u8>,
    value: u64,
    step: u64,
}

/// The values of one metering point and direction.
#[derive(Serialize)]
pub(super) struct ToldSeries {
    meter: String,
    medium: &'static str,
    direction: &'static str,
    values: usize,
    from: Option<u64>,
    until: Option<u64>,
    /// Length of most intervals, seconds.
    seconds: Option<u32>,
    /// Thousandths of a base unit.
    sum_milli: u128,
    substituted: usize,
    estimated: usize,
    #[serde(skip)]
    kind: Medium,
}

impl Told {
    pub fn add(&mut self, report: &Report) {
        match report {
            Report::Telegram(meters) => self.telegrams.push(meters.iter().map(ToldMeter::of).collect()),
            Report::Series(series) => self.series.extend(series.iter().map(ToldSeries::of)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.telegrams.is_empty() && self.series.is_empty()
    }

    /// For people: of many telegrams the last, since all say the same registers.
    pub fn text(&self) -> String {
        let mut parts = Vec::new();
        if let Some(last) = self.telegrams.last() {
            let count = self.telegrams.len();
            parts.push(match count {
                1 => format!("{}: a telegram", self.format),
                _ => format!("{}: {count} telegrams; the last one", self.format),
            });
            parts.extend(last.iter().map(ToldMeter::text));
        }
        if !self.series.is_empty() {
            parts.push(format!("{}: values by interval", self.format));
            let mut table =
                Table::new(&["Metering point", "Measures", "Way", ">Values", ">Each", "From", "Until", ">Sum"]);
            for series in &self.series {
                table.row(series.cells());
            }
            parts.push(table.text());
        }
        if let Some(last) = self.refused.last() {
            parts.push(format!("Refused: {}, the last one because: {last}", self.refused.len()));
        }
        parts.join("\n")
    }
}

impl ToldMeter {
    fn of(reading: &MeterReading) -> Self {
        let registers = reading.registers.iter().map(|register| ToldRegister {
            code: register.code.clone(),
            direction: direction_name(register.direction),
            tariff: register.tariff,
            value: register.value,
            step: register.step,
        });
        let step = [Direction::Import, Direction::Export].into_iter().filter_map(|way| reading.step(way)).max();
        ToldMeter {
            meter: reading.meter.clone(),
            medium: medium_name(reading.medium),
            at: reading.at.map(|at| at.0),
            unit: base_unit(reading.medium),
            registers: registers.collect(),
            import: reading.total(Direction::Import),
            export: reading.total(Direction::Export),
            settles: step.is_some_and(|step| step <= MAX_STEP),
            complaints: reading.complaints.clone(),
            kind: reading.medium,
        }
    }

    fn text(&self) -> String {
        let clock = self.at.map_or_else(|| "tells no time".to_owned(), |at| format!("says it is {}", moment(at)));
        let mut table = Table::new(&["Register", "Way", "Tariff", ">Shows", ">Step"]);
        for register in &self.registers {
            table.row(vec![
                register.code.clone(),
                register.direction.to_owned(),
                register.tariff.map_or_else(|| "all".to_owned(), |tariff| tariff.to_string()),
                quantity(self.kind, register.value),
                quantity(self.kind, register.step),
            ]);
        }
        let total = |name, value: Option<u64>| value.map(|value| format!("{name} {}", quantity(self.kind, value)));
        let totals: Vec<String> =
            [total("taken", self.import), total("given", self.export)].into_iter().flatten().collect();
        let registers = if table.is_empty() { String::new() } else { table.text() };
        let mut text = format!("\nMeter {} ({}), {clock}\n{registers}", self.meter, self.medium);
        text += &match totals.as_slice() {
            [] => "It shows no register that is settled.\n".to_owned(),
            totals => format!("Together {}.\n", totals.join(", ")),
        };
        if !self.settles && !totals.is_empty() {
            text += "Its registers count too coarsely to settle anything (docs/meters.md).\n";
        }
        for complaint in &self.complaints {
            text += &format!("The meter complains: {complaint}\n");
        }
        text.trim_end().to_owned()
    }
}

impl ToldSeries {
    fn of(series: &Series) -> Self {
        let of = |quality| series.values.iter().filter(|value| value.quality == quality).count();
        let last = series.values.last();
        ToldSeries {
            meter: series.meter.clone(),
            medium: medium_name(series.medium),
            direction: direction_name(series.direction),
            values: series.values.len(),
            from: series.values.first().map(|value| value.start.0),
            until: last.map(|value| value.start.0.saturating_add(u64::from(value.seconds))),
            seconds: last.map(|value| value.seconds),
            sum_milli: series.values.iter().map(|value| u128::from(value.milli)).sum(),
            substituted: of(SeriesQuality::Substituted),
            estimated: of(SeriesQuality::Estimated),
            kind: series.medium,
        }
    }

    fn cells(&self) -> Vec<String> {
        let time = |time: Option<u64>| time.map(moment).unwrap_or_default();
        let sum = u64::try_from(self.sum_milli / 1000).unwrap_or(u64::MAX);
        vec![
            if self.meter.is_empty() { "not named".to_owned() } else { self.meter.clone() },
            self.medium.to_owned(),
            self.direction.to_owned(),
            self.values.to_string(),
            self.seconds.map(|seconds| span(u64::from(seconds))).unwrap_or_default(),
            time(self.from),
            time(self.until),
            quantity(self.kind, sum),
        ]
    }
}
