//! The report in plain words.

use std::fmt::{self, Display, Formatter};

use hushwatt_ledger::units::{Credit, Utility};
use time::{OffsetDateTime, macros::format_description};

use crate::{
    questions::{Count, Question, Verdict},
    report::{
        Answer, AuctionEnding, AuctionOutcome, CorrectedWindow, Failure, MeterWindows, PublicTotals, ReplacedMeter,
        Report, Tip,
    },
};

/// How many stretches of missed windows the text lists for each meter; the data lists all.
const LISTED_STRETCHES: usize = 3;
/// How many corrected windows the text lists; the data lists all.
const LISTED_CORRECTIONS: usize = 20;
/// How many auctions the text lists, the newest; the data lists all.
const LISTED_AUCTIONS: usize = 200;

/// Unix seconds as a date in UTC.
pub(crate) struct Utc(pub(crate) u64);

impl Display for Utc {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
        let text = i64::try_from(self.0)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .and_then(|time| time.format(&format).ok());
        match text {
            Some(text) => f.write_str(&text),
            None => write!(f, "unix second {}", self.0),
        }
    }
}

/// A count with its noun.
pub(crate) fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "hushwatt audit report\n")?;
        if self.simulated_time {
            writeln!(f, "!!! SIMULATED TIME: this is a demo or test network. Nothing in it happened. !!!\n")?;
        }
        writeln!(f, "network     {}", self.network)?;
        writeln!(f, "software    hushwatt {}, protocol version {}", self.software, self.protocol)?;
        if let Some(tip) = &self.tip {
            tip.fmt(f)?;
        }
        match (&self.failure, &self.tip) {
            (None, _) => writeln!(f, "\nTHE CHAIN HOLDS. No question is answered with no.\n")?,
            (Some(failure), Some(tip)) => {
                writeln!(f, "\nTHE CHAIN HOLDS ONLY UP TO BLOCK {}. What is behind it is not final.\n", tip.height)?;
                failure.fmt(f)?;
            }
            (Some(failure), None) => {
                writeln!(f, "\nTHE CHAIN DOES NOT HOLD.\n")?;
                failure.fmt(f)?;
            }
        }
        for answer in &self.questions {
            write_answer(f, answer, self.totals.as_ref())?;
        }
        if let Some(totals) = &self.totals {
            write_auctions(f, &totals.clearing_prices)?;
            write_meters(f, &totals.meters)?;
            write_corrections(f, &totals.corrections)?;
            write_replaced(f, &totals.replaced_meters)?;
            writeln!(
                f,
                "\nAmounts, quantities and who traded with whom are hidden from this audit, as from everybody."
            )?;
        }
        Ok(())
    }
}

impl Display for Tip {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "tip         block {}, {}", self.height, Utc(self.time))?;
        writeln!(f, "digest      {}", self.digest)?;
        writeln!(f, "state root  {} (recomputed from all entries)", self.state_root)?;
        writeln!(f, "            A chain that was cut short is valid too: compare the digest with what others see.")
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "block       {}", self.block)?;
        if let Some(offset) = self.byte_offset {
            write!(f, " (its record begins at byte {offset} of the file)")?;
        }
        writeln!(f)?;
        if let Some(transaction) = &self.transaction {
            let kind = transaction.kind.unwrap_or("unreadable");
            writeln!(f, "transaction {} of the block, from 0: {kind}", transaction.place)?;
            if let Some(id) = &transaction.id {
                writeln!(f, "id          {id}")?;
            }
        }
        writeln!(f, "rule        {}: {}\n", self.rule, self.message)
    }
}

fn write_answer(f: &mut Formatter<'_>, answer: &Answer, totals: Option<&PublicTotals>) -> fmt::Result {
    let (mark, detail) = match &answer.verdict {
        Verdict::Holds => ("yes", totals.map(|totals| detail(answer.question, answer, totals)).unwrap_or_default()),
        Verdict::Fails => ("NO", String::new()),
        Verdict::CannotBeAnswered { why, .. } => ("-", why.clone()),
    };
    writeln!(f, "[{mark:^3}] {}", answer.text)?;
    if detail.is_empty() { Ok(()) } else { writeln!(f, "      {detail}") }
}

/// What was counted, in a sentence.
fn detail(question: Question, answer: &Answer, totals: &PublicTotals) -> String {
    let count = |name: Count| answer.counts.get(&name).copied().unwrap_or_default();
    let proofs = &totals.proofs;
    match question {
        Question::Blocks => {
            let transactions = &totals.transactions;
            let auctions = match transactions.of_auctions() {
                0 => String::new(),
                _ => format!(
                    ", {}, {}, {}",
                    many(transactions.sells, "order to sell", "orders to sell"),
                    many(transactions.buys, "order to buy", "orders to buy"),
                    many(transactions.clears, "clearing", "clearings"),
                ),
            };
            let made = match transactions.of_totals() {
                0 => String::new(),
                _ => format!(
                    ", {}, {}, {}, {}",
                    many(transactions.shares, "opening shared", "openings shared"),
                    many(transactions.complaints, "complaint", "complaints"),
                    many(transactions.requests, "request for a total", "requests for totals"),
                    many(transactions.releases, "release", "releases"),
                ),
            };
            format!(
                "{}, {}: {}, {}, {}, {}, {}, {}, {}, {}{auctions}{made}.",
                many(count(Count::Blocks), "block", "blocks"),
                many(transactions.total(), "transaction", "transactions"),
                many(transactions.transfers, "transfer", "transfers"),
                many(transactions.attests, "attestation", "attestations"),
                many(transactions.corrects, "correction", "corrections"),
                many(transactions.opens, "contract opened", "contracts opened"),
                many(transactions.delivers, "delivery", "deliveries"),
                many(transactions.mints, "mint", "mints"),
                many(transactions.burns, "burn", "burns"),
                many(transactions.registry_changes, "change of the registry", "changes of the registry"),
            )
        }
        Question::Certificates => format!(
            "{} with {}; {} final by the certificate of a later one; {} at the tip, changed {}.",
            many(count(Count::Certificates), "certificate", "certificates"),
            many(count(Count::Votes), "vote", "votes"),
            many(count(Count::CoveredByLater), "block", "blocks"),
            many(count(Count::Validators), "validator", "validators"),
            many(count(Count::ValidatorChanges), "time", "times"),
        ),
        Question::Proofs => format!(
            "{}, {} over {}, {}, {} of sellers, {} of meters, {} of the treasury and {} of registrars{}{}.",
            many(proofs.ring_signatures, "ring signature", "ring signatures"),
            many(proofs.range_proofs, "range proof", "range proofs"),
            many(proofs.committed_values, "committed value", "committed values"),
            many(proofs.handle_proofs, "handle proof", "handle proofs"),
            many(proofs.claim_signatures, "signature", "signatures"),
            proofs.meter_signatures,
            proofs.treasury_signatures,
            proofs.registrar_signatures,
            match proofs.operator_signatures {
                0 => String::new(),
                signatures => format!(
                    "; {signatures} of the market operator and {}",
                    many(proofs.clearing_proofs, "proof of a clearing", "proofs of clearings")
                ),
            },
            match proofs.member_signatures {
                0 => String::new(),
                signatures => format!("; {signatures} of members of the committee"),
            }
        ),
        Question::DoubleSpend => format!(
            "{}, no two alike; {} in all.",
            many(count(Count::KeyImages), "key image", "key images"),
            many(count(Count::Notes), "note", "notes")
        ),
        Question::Supply => {
            let money = &totals.money;
            format!(
                "Minted {}, burned {}, fees {}; in circulation {}.",
                Credit(money.minted),
                Credit(money.burned),
                Credit(money.fees),
                Credit(money.in_circulation)
            )
        }
        Question::Contracts => format!(
            "{} opened: {} settled, {} refunded after their deadline, {} still open.",
            many(count(Count::Opened), "contract", "contracts"),
            count(Count::Settled),
            count(Count::Refunded),
            count(Count::Open)
        ),
        Question::PaidForDelivered => format!(
            "{}{}; {} recomputed as commitments, and each found on the ledger.",
            many(count(Count::Deliveries), "delivery", "deliveries"),
            match count(Count::Clearings) {
                0 => String::new(),
                clearings => format!(" and {}", many(clearings, "clearing", "clearings")),
            },
            many(count(Count::Payments), "payout or refund", "payouts and refunds")
        ),
        Question::DeliveredWithinAttested => format!(
            "{} by meters in {} of a utility, {}; every delivery{} spends such notes, and no note twice.",
            many(count(Count::EnergyNotes), "note", "notes"),
            many(count(Count::Windows), "window", "windows"),
            many(count(Count::Receipts), "receipt", "receipts"),
            if totals.transactions.sells == 0 { "" } else { " and every order to sell" }
        ),
        Question::TariffLimits => format!("{}.", many(count(Count::Prices), "price", "prices")),
        Question::Corrections if totals.transactions.corrects == 0 => "None.".to_owned(),
        Question::Corrections => format!(
            "{} of {} (listed below). What was minted stays; the difference in money is for the parties to settle.",
            many(count(Count::Corrections), "correction", "corrections"),
            many(count(Count::CorrectedWindows), "window", "windows"),
        ),
        Question::MissedWindows => format!(
            "{}, of which {} missed windows (listed below).",
            many(count(Count::Meters), "meter", "meters"),
            count(Count::MetersWithMissedWindows)
        ),
        Question::ClearingPrices => format!(
            "{}: {} cleared at a proven price, {} with a proof that nothing could be traded, {} not cleared, {} open; {}: {} cleared, {} given back, {} open.",
            many(count(Count::Auctions), "auction", "auctions"),
            count(Count::Cleared),
            count(Count::NothingTraded),
            count(Count::Expired),
            count(Count::Open),
            many(count(Count::Orders), "order", "orders"),
            count(Count::OrdersCleared),
            count(Count::OrdersGivenBack),
            count(Count::OrdersOpen),
        ),
        Question::Totals => format!(
            "{} asked for, {} released by enough members; {}, {}, {}.",
            many(count(Count::TotalsAsked), "total", "totals"),
            count(Count::TotalsReleased),
            many(count(Count::Shared), "opening shared", "openings shared"),
            many(count(Count::SharedWrongly), "complaint", "complaints"),
            many(count(Count::Releases), "release", "releases"),
        ),
    }
}

/// A price as people write it: EUR for a thousand base units.
fn price(utility: Utility, micro_euro: u32) -> String {
    let unit = match utility {
        Utility::Electricity | Utility::Heat => "EUR/kWh",
        Utility::Water => "EUR/m3",
    };
    format!("{}.{:03} {unit}", micro_euro / 1000, micro_euro % 1000)
}

fn write_auctions(f: &mut Formatter<'_>, auctions: &[AuctionOutcome]) -> fmt::Result {
    if auctions.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nClearing prices")?;
    let left_out = auctions.len().saturating_sub(LISTED_AUCTIONS);
    if left_out > 0 {
        writeln!(f, "  {left_out} earlier ones are in the data (--json)")?;
    }
    for one in auctions.iter().skip(left_out) {
        let ending = match one.ending {
            AuctionEnding::Cleared { price: at } => format!("{}, proof holds", price(one.utility, at)),
            AuctionEnding::NothingTraded => "nothing traded, proof holds".to_owned(),
            AuctionEnding::Expired => "not cleared, every order given back".to_owned(),
            AuctionEnding::Open => "open".to_owned(),
        };
        let block = one.block.map(|block| format!(", block {block}")).unwrap_or_default();
        writeln!(
            f,
            "  {}, window from {}: {ending}{block} ({} to buy, {} to sell)",
            one.utility.name(),
            Utc(one.from),
            one.buys,
            one.sells
        )?;
    }
    Ok(())
}

fn write_corrections(f: &mut Formatter<'_>, corrections: &[CorrectedWindow]) -> fmt::Result {
    if corrections.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nCorrected readings")?;
    for one in corrections.iter().take(LISTED_CORRECTIONS) {
        let times = many(one.corrections, "time", "times");
        writeln!(f, "  meter {}, window from {}: {times}", one.meter, Utc(one.from))?;
    }
    if corrections.len() > LISTED_CORRECTIONS {
        writeln!(f, "  and {} more", corrections.len() - LISTED_CORRECTIONS)?;
    }
    Ok(())
}

fn write_replaced(f: &mut Formatter<'_>, replaced: &[ReplacedMeter]) -> fmt::Result {
    if replaced.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nReplaced meters")?;
    for one in replaced {
        writeln!(f, "  meter {} from block {} on: class {}, key {}", one.meter, one.block, one.class_bits, one.key)?;
    }
    Ok(())
}

fn write_meters(f: &mut Formatter<'_>, meters: &[MeterWindows]) -> fmt::Result {
    let missed: Vec<&MeterWindows> = meters.iter().filter(|meter| meter.missed_count() > 0).collect();
    if missed.is_empty() {
        return writeln!(f, "\nNo meter missed a window.");
    }
    writeln!(f, "\nMeters that missed windows")?;
    for meter in missed {
        writeln!(
            f,
            "  meter {} ({:?}): {} measured, {} substituted, {} estimated, {} late, {} missing, {} not posted, {} still due",
            meter.meter,
            meter.utility,
            meter.measured,
            meter.substituted,
            meter.estimated,
            meter.late,
            meter.missing,
            meter.not_posted,
            meter.still_due
        )?;
        for stretch in meter.missed.iter().take(LISTED_STRETCHES) {
            let status = stretch.status.replace('_', " ");
            writeln!(f, "    {status} from {} until {}", Utc(stretch.from), Utc(stretch.until))?;
        }
        if meter.missed.len() > LISTED_STRETCHES {
            writeln!(f, "    and {} more", meter.missed.len() - LISTED_STRETCHES)?;
        }
    }
    Ok(())
}
