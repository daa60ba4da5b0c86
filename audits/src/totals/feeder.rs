//! What a feeder's meter counted, signed by whoever runs it, and what is lost between it and the meters behind it.
//!
//! ```json
//! {
//!   "format": "hushwatt feeder 1",
//!   "network": "64 hexadecimal digits",
//!   "utility": "electricity",
//!   "meters": [0, 1, 2],
//!   "from": "2026-06-01T00:00:00Z",
//!   "until": "2026-07-01T00:00:00Z",
//!   "unit": "Wh",
//!   "imported": 1234567,
//!   "exported": 0,
//!   "signer": "64 hexadecimal digits",
//!   "signature": "128 hexadecimal digits"
//! }
//! ```
//!
//! `meters` are all that are behind the feeder, in ascending order, or `null` for all of the utility. The signature is Ed25519
//! under the label `feeder-reading`, of the protocol's hash under the same label: the signer, the code of the utility, the
//! meters (a zero byte for all; or a one and 4 bytes each), from, until, imported and exported (8 bytes each), little endian.
//!
//! Loss is what the feeder gave net, less what the meters took net. Its percentage is of all that flowed in: what the feeder
//! and the meters gave together.

use std::{collections::BTreeSet, str::FromStr};

use hushwatt_crypto::{
    Label, NetworkId,
    hash::{Hasher, hex},
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::units::{MeterId, Timestamp, Utility};
use serde::{Deserialize, Serialize};

use super::{
    Percent,
    report::{Of, Standing, Total, TotalsVerdict, Values},
    signed::{MAX_SIGNED_BYTES, Signed, SignedError, moment, moment_of, of_one_form, signature_of, signer_of},
    watch::TotalsFacts,
};
use crate::{
    allocation::{
        FileError,
        json::{array, malformed, read},
    },
    text::Utc,
};

const FORMAT: &str = "hushwatt feeder 1";
/// No feeder has more meters behind it.
const MAX_METERS: usize = 1_024;

/// What a feeder's meter counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeederReading {
    utility: Utility,
    meters: Option<BTreeSet<MeterId>>,
    from: Timestamp,
    until: Timestamp,
    imported: u64,
    exported: u64,
    signed: Signed,
}

/// What it is about, to be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeederPlan {
    /// What was counted.
    pub utility: Utility,
    /// The meters behind the feeder; `None` for all of the utility.
    pub meters: Option<BTreeSet<MeterId>>,
    /// First second.
    pub from: Timestamp,
    /// First second after.
    pub until: Timestamp,
    /// What flowed to the meters, in base units of the utility.
    pub imported: u64,
    /// What flowed back.
    pub exported: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: String,
    network: String,
    utility: Utility,
    meters: Option<Vec<MeterId>>,
    from: String,
    until: String,
    unit: String,
    imported: u64,
    exported: u64,
    signer: String,
    signature: String,
}

impl FeederPlan {
    fn message(&self, network: &NetworkId, signer: &VerifyingKey) -> [u8; 64] {
        let meters = match &self.meters {
            None => vec![0],
            Some(meters) => {
                core::iter::once(1).chain(meters.iter().flat_map(|meter| meter.0.to_le_bytes())).collect::<Vec<u8>>()
            }
        };
        let start = Hasher::new(network, Label::FeederReading).part(signer.as_bytes());
        let numbers = [self.from.0, self.until.0, self.imported, self.exported];
        let hash = start.part(&[self.utility.code()]).part(&meters);
        numbers.iter().fold(hash, |hash, number| hash.part(&number.to_le_bytes())).finish64()
    }

    fn check(&self) -> Result<(), FileError> {
        if self.from >= self.until {
            return Err(malformed("the end", "it must be after the beginning"));
        }
        match &self.meters {
            Some(meters) if meters.is_empty() || meters.len() > MAX_METERS => {
                Err(malformed("the meters", format!("there must be 1 to {MAX_METERS}, or null for all")))
            }
            _ => Ok(()),
        }
    }

    /// Signs as whoever runs the feeder.
    ///
    /// # Errors
    /// It says nothing that could be compared: no time, or no meter.
    pub fn sign(self, network: &NetworkId, key: &SigningKey) -> Result<FeederReading, FileError> {
        self.check()?;
        let message = self.message(network, &key.verifying_key());
        Ok(FeederReading::new(self, Signed::new(*network, Label::FeederReading, key, &message)))
    }
}

impl FeederReading {
    fn new(plan: FeederPlan, signed: Signed) -> Self {
        let FeederPlan { utility, meters, from, until, imported, exported } = plan;
        FeederReading { utility, meters, from, until, imported, exported, signed }
    }

    fn plan(&self) -> FeederPlan {
        let FeederReading { utility, meters, from, until, imported, exported, .. } = self.clone();
        FeederPlan { utility, meters, from, until, imported, exported }
    }

    /// Whether it is a reading of this network, signed with this key.
    ///
    /// # Errors
    /// [`SignedError`].
    pub fn check(&self, network: &NetworkId, key: &VerifyingKey) -> Result<(), SignedError> {
        let message = self.plan().message(&self.signed.network, &self.signed.signer);
        self.signed.check(network, key, Label::FeederReading, &message)
    }

    /// The file.
    ///
    /// # Errors
    /// A time after the year 9999.
    pub fn to_json(&self) -> Result<String, FileError> {
        let time = |time| moment(time).ok_or_else(|| malformed("a time", "it is after the year 9999"));
        let form = Form {
            format: FORMAT.to_owned(),
            network: self.signed.network.to_string(),
            utility: self.utility,
            meters: self.meters.as_ref().map(|meters| meters.iter().copied().collect()),
            from: time(self.from)?,
            until: time(self.until)?,
            unit: self.utility.unit().to_owned(),
            imported: self.imported,
            exported: self.exported,
            signer: hex(self.signed.signer.as_bytes()),
            signature: hex(&self.signed.signature.0),
        };
        let text = serde_json::to_string_pretty(&form).map_err(|error| malformed("the file", error))?;
        Ok(text + "\n")
    }

    /// Reads the file; there is only one way to write each.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FileError> {
        let form: Form = read(bytes, MAX_SIGNED_BYTES, FORMAT, |form: &Form| &form.format)?;
        let plan = FeederPlan {
            utility: form.utility,
            meters: form.meters.map(BTreeSet::from_iter),
            from: moment_of("the beginning", &form.from)?,
            until: moment_of("the end", &form.until)?,
            imported: form.imported,
            exported: form.exported,
        };
        plan.check()?;
        let signed = Signed {
            network: NetworkId(array("the network", &form.network)?),
            signer: signer_of(&form.signer)?,
            signature: signature_of(&form.signature)?,
        };
        of_one_form(FeederReading::new(plan, signed), Self::to_json, bytes)
    }
}

/// How much may be lost, of all that flowed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct LossBounds {
    /// At least, in millionths.
    pub least: Percent,
    /// At most, in millionths.
    pub most: Percent,
}

impl FromStr for LossBounds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" are no bounds: write them as 0..10, or -0.5..8");
        let (least, most) = text.split_once("..").ok_or_else(wrong)?;
        let (least, most) = (least.parse()?, most.parse()?);
        if least <= most { Ok(LossBounds { least, most }) } else { Err(wrong()) }
    }
}

/// What a feeder gave, compared with what the meters behind it took.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FeederComparison {
    /// Whether the loss is within the bounds.
    #[serde(flatten)]
    pub verdict: TotalsVerdict,
    /// What was counted.
    pub utility: Utility,
    /// How many meters are behind the feeder.
    pub meters: u64,
    /// First second, in unix seconds.
    pub from: u64,
    /// First second after.
    pub until: u64,
    /// What the feeder counted to the meters, in base units.
    pub feeder_imported: u64,
    /// What it counted back.
    pub feeder_exported: u64,
    /// What the meters took by the released totals.
    pub meters_imported: Option<u64>,
    /// What they gave.
    pub meters_exported: Option<u64>,
    /// What the feeder gave net, less what the meters took net.
    pub loss: Option<i128>,
    /// The same in millionths of all that flowed in, rounded towards zero.
    pub loss_ppm: Option<i128>,
    /// What may be lost.
    pub bounds: LossBounds,
    /// Corrections of these meters and times that came too late for the totals.
    pub late_corrections: u64,
}

/// Compares a reading, the signature of which is verified, with the totals of its time.
pub(super) fn compare(
    facts: &TotalsFacts,
    totals: &[Total],
    reading: &FeederReading,
    bounds: LossBounds,
) -> FeederComparison {
    let genesis = facts.genesis();
    let behind = match &reading.meters {
        Some(meters) => meters.clone(),
        None => genesis.meters().filter(|(_, meter)| meter.utility == reading.utility).map(|(id, _)| id).collect(),
    };
    let late = facts.late().iter().filter(|late| {
        let start = genesis.parameters.window_start(late.window);
        behind.contains(&late.meter) && (reading.from..reading.until).contains(&start)
    });
    let mut comparison = FeederComparison {
        verdict: TotalsVerdict::Holds,
        utility: reading.utility,
        meters: behind.len() as u64,
        from: reading.from.0,
        until: reading.until.0,
        feeder_imported: reading.imported,
        feeder_exported: reading.exported,
        meters_imported: None,
        meters_exported: None,
        loss: None,
        loss_ppm: None,
        bounds,
        late_corrections: late.count() as u64,
    };
    comparison.verdict = match behind_feeder(facts, totals, reading, &behind) {
        Ok((exported, imported)) => comparison.judge(exported, imported),
        Err(reason) => TotalsVerdict::CannotBeCompared { reason },
    };
    comparison
}

impl FeederComparison {
    fn judge(&mut self, exported: u64, imported: u64) -> TotalsVerdict {
        (self.meters_exported, self.meters_imported) = (Some(exported), Some(imported));
        let net = |given: u64, taken: u64| i128::from(given) - i128::from(taken);
        let loss = net(self.feeder_imported, self.feeder_exported) - net(imported, exported);
        let flowed = i128::from(self.feeder_imported) + i128::from(exported);
        self.loss = Some(loss);
        if flowed == 0 {
            // Of nothing no part can be lost.
            return TotalsVerdict::CannotBeCompared { reason: "nothing flowed in".to_owned() };
        }
        let parts = loss * 1_000_000;
        self.loss_ppm = Some(parts / flowed);
        let limit = |percent: Percent| i128::from(percent.ppm()) * flowed;
        if (limit(self.bounds.least)..=limit(self.bounds.most)).contains(&parts) {
            TotalsVerdict::Holds
        } else {
            TotalsVerdict::Fails
        }
    }
}

/// What the meters gave and took by the totals, which must be over all of them and over nobody else.
fn behind_feeder(
    facts: &TotalsFacts,
    totals: &[Total],
    reading: &FeederReading,
    behind: &BTreeSet<MeterId>,
) -> Result<(u64, u64), String> {
    let genesis = facts.genesis();
    let parameters = genesis.parameters.totals.ok_or("this network makes no totals")?;
    if behind.is_empty() {
        return Err(format!("no meter of this network measures {}", reading.utility.name()));
    }
    for meter in behind {
        let measured = genesis.meter(*meter).ok_or_else(|| format!("there is no {meter} on this network"))?;
        if measured.utility != reading.utility {
            let (is, of) = (measured.utility.name(), reading.utility.name());
            return Err(format!("{meter} measures {is}, and the reading is of {of}"));
        }
    }
    let (first, end) = (parameters.period_at(reading.from), parameters.period_at(reading.until));
    if parameters.start(first) != reading.from || parameters.start(end) != reading.until {
        return Err(format!("its time is not whole periods of {} s", parameters.period));
    }
    let (mut exported, mut imported) = (0u64, 0u64);
    let mut covered = reading.from;
    // In the order of their periods, all cohorts of one together.
    let within = |total: &&Total| total.from >= reading.from.0 && total.until <= reading.until.0;
    let mut left: Vec<&Total> = totals.iter().filter(within).collect();
    while covered < reading.until {
        let period = Utc(covered.0);
        let of_period = |total: &&&Total| total.from == covered.0;
        let mut seen = BTreeSet::new();
        for total in left.iter().filter(of_period) {
            let Of::Cohort { number, meters, .. } = &total.of else { continue };
            let inside = meters.iter().filter(|meter| behind.contains(meter)).count();
            if inside == 0 {
                continue;
            }
            if inside < meters.len() {
                return Err(format!("cohort {number} of {period} has meters that are not behind the feeder"));
            }
            if let Some(out) = total.left_out.first() {
                return Err(format!("{} is not in the total of {period}", out.meter));
            }
            let Standing::Released(Values::Metered { exported: gave, imported: took }) = total.standing else {
                return Err(format!("there is no released total of cohort {number} of {period}"));
            };
            let sums = exported.checked_add(gave).zip(imported.checked_add(took));
            (exported, imported) = sums.ok_or("the totals are too large")?;
            seen.extend(meters.iter().copied());
        }
        if let Some(meter) = behind.difference(&seen).next() {
            return Err(format!("{meter} is in no total of {period}"));
        }
        left.retain(|total| total.from != covered.0);
        covered = covered.plus(parameters.period);
    }
    Ok((exported, imported))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_losses_are_read_in_order_only() {
        let bounds: LossBounds = "-0.5..8".parse().unwrap();
        assert_eq!((bounds.least.ppm(), bounds.most.ppm()), (-5_000, 80_000));
        for wrong in ["", "10", "10..0", "..", "0..", "..5", "0..1..2", "0-10", "a..b"] {
            assert!(wrong.parse::<LossBounds>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn where_nothing_flowed_in_nothing_can_be_lost() {
        let judged = |imported: u64, took: u64| {
            let mut comparison = FeederComparison {
                verdict: TotalsVerdict::Holds,
                utility: Utility::Electricity,
                meters: 4,
                from: 0,
                until: 1,
                feeder_imported: imported,
                feeder_exported: 0,
                meters_imported: None,
                meters_exported: None,
                loss: None,
                loss_ppm: None,
                bounds: "0..10".parse().unwrap(),
                late_corrections: 0,
            };
            (comparison.judge(0, took), comparison.loss_ppm)
        };
        let nothing = TotalsVerdict::CannotBeCompared { reason: "nothing flowed in".to_owned() };
        assert_eq!((judged(0, 0), judged(0, 1)), ((nothing.clone(), None), (nothing, None)));
        assert_eq!(judged(1, 1), (TotalsVerdict::Holds, Some(0)));
    }
}
