//! Files that are known by sight and not read, each with what to do instead.

use crate::format::{has, head};
use crate::{DriverError, Format, Kind, Likeness};

fn refuse<T>(what: &str) -> Result<T, DriverError> {
    Err(DriverError::Unsupported { what: what.to_owned() })
}

/// Likeness by words that must all be there.
fn words(bytes: &[u8], begins: &[&str], words: &[&str]) -> Likeness {
    let text = head(bytes);
    let text = text.trim_start();
    let begins_well = begins.is_empty() || begins.iter().any(|begin| text.starts_with(begin));
    let found = words.iter().filter(|word| has(text, word)).count();
    Likeness(match (begins_well, words.len() - found) {
        (true, 0) => 90,
        (true, 1) if found > 0 => 42,
        _ => 0,
    })
}

pub(crate) static MSCONS: Format = Format {
    name: "edifact-mscons",
    about: "EDIFACT MSCONS between market partners (Germany, Switzerland, Austria): refused",
    kind: Kind::Refused,
    likeness: |bytes| words(bytes, &["UNA", "UNB"], &["UNH", "MSCONS"]),
    open: |_| {
        refuse(
            "EDIFACT MSCONS is what grid operators and suppliers exchange, with codes that they agree on among themselves; it is not read. \
             Ask the grid operator for the household's own data as CSV, and read it as 'csv' with a mapping",
        )
    },
};

pub(crate) static NEM12: Format = Format {
    name: "nem12",
    about: "NEM12 / NEM13 of the Australian market (AEMO MDFF): refused",
    kind: Kind::Refused,
    likeness: |bytes| {
        let text = head(bytes);
        let lines = || text.lines().map(str::trim_start).take(400);
        let details = lines().any(|line| line.starts_with("200,") && line.split(',').count() >= 9);
        let days = lines().any(|line| line.starts_with("300,") && line.split(',').count() > 48);
        let named = lines().next().is_some_and(|line| line.starts_with("100,NEM1"));
        Likeness(match (named, details, days) {
            (true, ..) | (_, true, true) => 90,
            (_, true, _) | (_, _, true) => 42,
            _ => 0,
        })
    },
    open: |_| {
        refuse(
            "NEM12 has a day of values in each row, in Australian local standard time with quality rows of its own; it is not read. \
             Most portals also offer a CSV with one row per interval: read that as 'csv' with a mapping",
        )
    },
};

pub(crate) static DATADIS: Format = Format {
    name: "es-datadis-json",
    about: "JSON of Datadis (Spain): refused",
    kind: Kind::Refused,
    likeness: |bytes| words(bytes, &["[", "{"], &["\"cups\"", "\"consumptionKWh\"", "\"obtainMethod\""]),
    open: |_| {
        refuse(
            "Datadis JSON (Spain) is not read: it counts hours 1 to 25 of local days, and does not say which day has 23 or 25. \
             Download the CSV, and read it as 'csv' with a mapping",
        )
    },
};

pub(crate) static ENEDIS: Format = Format {
    name: "fr-enedis-json",
    about: "JSON load curve of Enedis (France): refused",
    kind: Kind::Refused,
    likeness: |bytes| words(bytes, &["{"], &["\"meter_reading\"", "\"usage_point_id\"", "\"interval_reading\""]),
    open: |_| {
        refuse(
            "The load curve of Enedis (France) is of average power in W at the ends of half-hours in local time, not of energy; it is not \
             read, since an average rounded to whole watts does not add up to the register. Use the indexes as 'csv' with a mapping",
        )
    },
};

pub(crate) static FLUVIUS_JSON: Format = Format {
    name: "be-fluvius-json",
    about: "JSON of the Fluvius interface for services (Flanders): refused",
    kind: Kind::Refused,
    likeness: |bytes| {
        let by_ean = words(bytes, &["{"], &["\"headpoint\"", "\"ean\"", "Energy\""]);
        by_ean.max(words(bytes, &["{"], &["\"quarterHourlyEnergy\"", "\"measurements\""]))
    },
    open: |_| {
        refuse(
            "The JSON of Fluvius' interface for services (Flanders) is not read. Use the CSV that the household downloads from the portal \
             (format 'fluvius'): it has the same values with their validation status",
        )
    },
};

pub(crate) static AT_RAW_JSON: Format = Format {
    name: "at-raw-json",
    about: "JSON records of an AIIDA gateway (Austria): refused",
    kind: Kind::Refused,
    likeness: |bytes| words(bytes, &["{", "["], &["\"rawTag\"", "\"dataTag\"", "\"rawValue\""]),
    open: |_| {
        refuse(
            "Raw records of an AIIDA gateway (Austria) are what another box understood of a meter, without the meter's own checksum; they \
             are not read. Connect the meter itself, or use the grid operator's ConsumptionRecord (format 'at-consumption-record')",
        )
    },
};

pub(crate) static AMEREN: Format = Format {
    name: "us-ameren-csv",
    about: "CSV of Ameren (Illinois, Missouri): read as 'csv' with a mapping",
    kind: Kind::Refused,
    likeness: |bytes| words(bytes, &[], &["Advanced Metering Data", "Start Interval Date/Time"]),
    open: |_| {
        refuse(
            "Ameren's CSV is read as 'csv' with a mapping: the manual has one to copy under 'Reading any portal's CSV' \
             (its local times have no offset, and two columns are called 'Usage')",
        )
    },
};

pub(crate) static ENGIE: Format = Format {
    name: "be-engie-csv",
    about: "CSV of Engie (Belgium): read as 'csv' with a mapping",
    kind: Kind::Refused,
    likeness: |bytes| {
        let text = head(bytes);
        let names = ["datum", "ean", "verbruik", "type"];
        let first = text.lines().next().unwrap_or("").replace('"', "").to_lowercase();
        let found = names.iter().filter(|name| first.split([',', ';']).any(|field| field.trim() == **name)).count();
        Likeness(match found {
            4 => 90,
            3 => 42,
            _ => 0,
        })
    },
    open: |_| {
        refuse(
            "Engie's CSV is read as 'csv' with a mapping: the manual has one to copy under 'Reading any portal's CSV' \
             (it mixes electricity and gas, so the mapping says which 'Type' is read)",
        )
    },
};
