//! Consumption records of Austrian grid operators, as EDA exchanges them (`ConsumptionRecord` of ebutilities.at, all versions).
//!
//! A record is of one metering point and period, with one `EnergyData` for each meter code. Read are the measured registers: 1.9.0 is
//! taken from the grid, 2.9.0 is fed into it, each as `G.01` (all of it, where an energy community exists) or else `P.01`. The codes
//! of what a community assigned to a point (G.02, G.03, those with T and R) are reckoned, and are passed over: they would count twice.
//! Times have their offset. Values have a method: L1 read, L2 substituted and valid, L3 to be replaced.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::file::collect::{BASE, Collector, KILO, Key, Piece};
use crate::file::decimal::{Decimal, Marks, Unit};
use crate::file::xml::{self, Visitor};
use crate::file::{MAX_VALUES, WholeFile, malformed, quoted, text};
use crate::format::{has, head};
use crate::{Direction, DriverError, Format, Kind, Likeness, Medium, Series, SeriesQuality};

const NAME: &str = "at-consumption-record";

pub(crate) static FORMAT: Format = Format {
    name: NAME,
    about: "Austrian ConsumptionRecord XML (EDA): quarter-hourly or daily values of a metering point",
    kind: Kind::File,
    likeness,
    open: |_| Ok(WholeFile::boxed(NAME, Box::new(read))),
};

fn likeness(bytes: &[u8]) -> Likeness {
    let text = head(bytes);
    Likeness(match (has(&text, "ConsumptionRecord"), has(&text, "ebutilities.at")) {
        (true, true) => 95,
        (true, false) if has(&text, "<") => 60,
        (_, true) => 45,
        _ => 0,
    })
}

fn read(bytes: &[u8]) -> Result<Vec<Series>, DriverError> {
    let text = text::decode(NAME, bytes, false)?;
    let mut record = Record::default();
    xml::walk(NAME, &text, &mut record)?;
    record.finish()
}

/// One `EnergyData`.
struct Data {
    code: String,
    unit: String,
    at: u64,
    positions: Vec<Position>,
}

#[derive(Default)]
struct Position {
    from: Option<u64>,
    until: Option<u64>,
    method: String,
    quantity: Option<Decimal>,
    at: u64,
}

/// Lengths that an interval may have, in seconds.
type Lengths = core::ops::RangeInclusive<u64>;

struct Record {
    collector: Collector,
    sector: String,
    point: String,
    lengths: Option<Lengths>,
    count: Option<u64>,
    data: Vec<Data>,
    positions: usize,
    passed_over: Vec<String>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            collector: Collector::new(NAME, "byte"),
            sector: String::new(),
            point: String::new(),
            lengths: None,
            count: None,
            data: Vec::new(),
            positions: 0,
            passed_over: Vec::new(),
        }
    }
}

fn wrong(at: u64, what: &str) -> DriverError {
    malformed(NAME, format!("byte {at}: {what}"))
}

impl Visitor for Record {
    fn open(&mut self, path: &[String], attributes: &[(String, String)], at: u64) -> Result<(), DriverError> {
        let name = path.last().map_or("", String::as_str);
        match (path.len(), name) {
            (1, root) if root != "ConsumptionRecord" => {
                return Err(wrong(at, &format!("a document {}, not a ConsumptionRecord", quoted(root))));
            }
            (_, "ProcessDirectory") => self.point.clear(),
            (_, "Energy") => (self.lengths, self.count) = (None, None),
            (_, "EnergyData") => {
                let attribute = |wanted: &str| {
                    attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.trim().to_owned())
                };
                let code = attribute("MeterCode").ok_or_else(|| wrong(at, "an EnergyData without a MeterCode"))?;
                let unit = attribute("UOM").ok_or_else(|| wrong(at, "an EnergyData without a UOM"))?;
                self.data.push(Data { code, unit, at, positions: Vec::new() });
            }
            (_, "EP" | "EnergyPosition") => {
                self.positions += 1;
                if self.positions > MAX_VALUES {
                    return Err(wrong(at, &format!("more than {MAX_VALUES} values")));
                }
                let data = self.data.last_mut().ok_or_else(|| wrong(at, "a value outside of an EnergyData"))?;
                data.positions.push(Position { at, ..Position::default() });
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, path: &[String], text: &str, at: u64) -> Result<(), DriverError> {
        let name = path.last().map_or("", String::as_str);
        let parent = path.len().checked_sub(2).and_then(|parent| path.get(parent)).map_or("", String::as_str);
        match (parent, name) {
            (_, "Sector") => self.sector = text.to_owned(),
            (_, "MeteringPoint") => self.point = text.chars().take(64).collect(),
            ("Energy", "MeteringIntervall" | "MeteringInterval") => self.lengths = Some(lengths(text, at)?),
            ("Energy", "NumberOfMeteringIntervall" | "NumberOfMeteringInterval") => {
                self.count = Some(xml::number(NAME, name, text, at)?);
            }
            ("EP" | "EnergyPosition", _) => self.field(name, text, at)?,
            (_, "Energy") => self.energy()?,
            _ => {}
        }
        Ok(())
    }
}

/// What the interval's code allows: days have 23 to 25 hours.
fn lengths(code: &str, at: u64) -> Result<Lengths, DriverError> {
    Ok(match code {
        "QH" => 900..=900,
        "H" => 3600..=3600,
        "D" => 82_800..=90_000,
        "M" => 28 * 86_400 - 3600..=31 * 86_400 + 3600,
        "V" | "Y" => 1..=crate::file::LONGEST_SECONDS,
        other => return Err(wrong(at, &format!("the MeteringIntervall {} is not known", quoted(other)))),
    })
}

impl Record {
    fn field(&mut self, name: &str, text: &str, at: u64) -> Result<(), DriverError> {
        let Some(position) = self.data.last_mut().and_then(|data| data.positions.last_mut()) else { return Ok(()) };
        let moment = || {
            let moment: Option<Timestamp> =
                text.parse().ok().filter(|moment: &Timestamp| moment.subsec_nanosecond() == 0);
            let seconds = moment.and_then(|moment| u64::try_from(moment.as_second()).ok());
            seconds.ok_or_else(|| wrong(at, &format!("not a time with its offset: {}", quoted(text))))
        };
        match name {
            "DTF" | "DateTimeFrom" => position.from = Some(moment()?),
            "DTT" | "DateTimeTo" => position.until = Some(moment()?),
            "MM" | "MeteringMethod" => position.method = text.chars().take(8).collect(),
            "BQ" | "BillingQuantity" if !text.is_empty() => {
                let quantity = Decimal::parse(text, Marks::POINT);
                position.quantity =
                    Some(quantity.ok_or_else(|| wrong(at, &format!("not a quantity: {}", quoted(text))))?);
            }
            _ => {}
        }
        Ok(())
    }

    /// The end of an `Energy`: of each direction its measured registers.
    fn energy(&mut self) -> Result<(), DriverError> {
        let mut seen = BTreeSet::new();
        for data in core::mem::take(&mut self.data) {
            if let Some(count) = self.count.filter(|count| data.positions.len() as u64 > *count) {
                let what = format!("{} values, but NumberOfMeteringIntervall is {count}", data.positions.len());
                return Err(wrong(data.at, &what));
            }
            let Some((direction, all)) = register(&data.code) else {
                self.pass_over(&data.code);
                continue;
            };
            if !seen.insert((direction, all)) {
                return Err(wrong(data.at, &format!("the register {} comes twice", quoted(&data.code))));
            }
            // All of it is the total, which stands before the part that the community left.
            self.collect(direction, if all { None } else { Some(1) }, &data)?;
        }
        Ok(())
    }

    fn pass_over(&mut self, code: &str) {
        if self.passed_over.len() < 10 {
            self.passed_over.push(quoted(code));
        }
    }

    fn collect(&mut self, direction: Direction, tariff: Option<u8>, data: &Data) -> Result<(), DriverError> {
        let unit = unit(&data.unit)
            .ok_or_else(|| wrong(data.at, &format!("the unit {} is not of energy", quoted(&data.unit))))?;
        if !matches!(self.sector.as_str(), "" | "01" | "1") {
            let what = format!(
                "sector {}; only electricity (01) is read, gas is reckoned in kWh from a volume",
                quoted(&self.sector)
            );
            return Err(DriverError::NothingToRead { format: NAME, what });
        }
        for position in &data.positions {
            let at = position.at;
            let (Some(start), Some(until)) = (position.from, position.until) else {
                return Err(wrong(at, "a value without its DTF and DTT"));
            };
            let seconds = until.checked_sub(start).ok_or_else(|| wrong(at, "the interval ends before it begins"))?;
            if self.lengths.as_ref().is_some_and(|lengths| !lengths.contains(&seconds)) {
                return Err(wrong(at, "the interval is not of the length that MeteringIntervall says"));
            }
            let quality = match position.method.as_str() {
                "L1" => SeriesQuality::Measured,
                "L2" => SeriesQuality::Substituted,
                "" => SeriesQuality::Unstated,
                _ => SeriesQuality::Estimated,
            };
            let fine = match position.quantity {
                Some(quantity) => {
                    Some(quantity.fine(unit).map_err(|unfit| wrong(at, &format!("the quantity {}", unfit.text())))?)
                }
                None => None,
            };
            let key = Key { meter: self.point.clone(), medium: Medium::Electricity, direction };
            self.collector.add(key, Piece { start, seconds, tariff, fine, quality, place: at })?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<Series>, DriverError> {
        let series = self.collector.finish()?;
        if series.is_empty() {
            let codes = if self.passed_over.is_empty() { "no values".to_owned() } else { self.passed_over.join(", ") };
            let what = format!("no measured register (1.9.0 or 2.9.0 with G.01 or P.01); the record has {codes}");
            return Err(DriverError::NothingToRead { format: NAME, what });
        }
        Ok(series)
    }
}

/// The direction of a meter code such as `1-1:1.9.0 P.01`, and whether it is of all that was measured.
fn register(code: &str) -> Option<(Direction, bool)> {
    let mut parts = code.split_whitespace();
    let (obis, kind) = (parts.next()?, parts.next());
    let direction = match obis.split_once(':')?.1 {
        "1.9.0" | "1.29.0" => Direction::Import,
        "2.9.0" | "2.29.0" => Direction::Export,
        _ => return None,
    };
    match (kind, parts.next()) {
        (Some("G.01"), None) => Some((direction, true)),
        (Some("P.01") | None, None) => Some((direction, false)),
        _ => None,
    }
}

fn unit(uom: &str) -> Option<Unit> {
    match uom.to_ascii_uppercase().as_str() {
        "KWH" => Some(KILO),
        "WH" => Some(BASE),
        "MWH" => Some(KILO.times_ten(3)),
        _ => None,
    }
}
