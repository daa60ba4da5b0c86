//! The evidence: windows, prices, contracts, meters, corrections, supply, blocks, the registry, and what was agreed.

use std::collections::BTreeSet;

use hushwatt_ledger::units::Utility;

use super::{
    charts::{MOST_SLOTS, Slots, Words},
    kinds::kinds,
};
use crate::{
    evidence::{Changed, Evidence, Prices, Terms, WindowDay},
    paper::{
        document::{Block, Column, Fact, Ink, Section, Table},
        language::Language,
        messages::Message,
    },
    report::{AuctionEnding, AuctionOutcome, EnergyWindow, MeterWindows, PublicTotals, Report},
};

/// Counts something of a day's windows.
type OfDay = fn(&WindowDay) -> u64;

/// No table is longer; the data has all rows.
pub(super) const MOST_ROWS: usize = 400;

/// Every part of the evidence.
pub(super) fn all(report: &Report, language: Language) -> Vec<Section> {
    let compose = Compose { language };
    let mut sections = Vec::new();
    if let (Some(totals), Some(evidence)) = (&report.totals, &report.evidence) {
        sections.extend([
            compose.windows(totals, evidence),
            compose.prices(totals, evidence),
            compose.contracts(evidence),
            compose.missed(&totals.meters),
            compose.corrections(totals),
            compose.supply(totals, evidence),
            compose.blocks(totals, evidence),
            compose.registry(evidence),
            compose.terms(&evidence.terms),
        ]);
    }
    sections.push(compose.limits());
    sections
}

struct Compose {
    language: Language,
}

/// Windows of one utility, by day.
fn of(evidence: &Evidence, utility: Utility) -> Vec<&WindowDay> {
    evidence.windows.iter().filter(|day| day.utility == utility).collect()
}

/// Every utility that has meters or windows.
fn utilities(evidence: &Evidence) -> Vec<Utility> {
    let known: BTreeSet<Utility> = evidence
        .terms
        .meters
        .iter()
        .map(|of| of.utility)
        .chain(evidence.windows.iter().map(|day| day.utility))
        .collect();
    known.into_iter().collect()
}

impl Compose {
    fn say(&self, message: Message) -> String {
        self.language.say(message)
    }

    fn fill(&self, message: Message, values: &[&str]) -> String {
        self.language.fill(message, values)
    }

    fn count(&self, count: u64) -> String {
        self.language.count(count)
    }

    /// A sentence with counts in its places.
    fn told(&self, message: Message, counts: &[u64]) -> String {
        let counts: Vec<String> = counts.iter().map(|count| self.count(*count)).collect();
        self.fill(message, &counts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A table of the newest rows, which come last in `rows` and first in the table.
    fn newest(&self, caption: String, columns: &[(Message, bool)], rows: Vec<Vec<String>>) -> Block {
        let mut table = self.table(caption, columns, rows.into_iter().rev().collect());
        let all = table.rows.len();
        if all > MOST_ROWS {
            table.rows.truncate(MOST_ROWS);
            table.left_out = Some(self.told(Message::LeftOut, &[MOST_ROWS as u64, all as u64]));
        }
        Block::Table(table)
    }

    fn table(&self, caption: String, columns: &[(Message, bool)], rows: Vec<Vec<String>>) -> Table {
        let columns = columns.iter().map(|(title, number)| Column { title: self.say(*title), number: *number });
        Table { caption, columns: columns.collect(), rows, left_out: None }
    }

    fn section(&self, id: &str, title: Message, blocks: Vec<Block>) -> Section {
        Section { id: id.to_owned(), title: self.say(title), blocks }
    }

    fn days(&self, days: impl Iterator<Item = u64>) -> Slots {
        Slots { starts: days.collect(), days: true }
    }

    fn words(&self, id: &str, utility: Option<Utility>, title: String, told: String) -> Words {
        let id = utility.map_or_else(|| id.to_owned(), |utility| format!("{id}-{}", utility.name()));
        Words { id, title, told }
    }

    fn windows(&self, totals: &PublicTotals, evidence: &Evidence) -> Section {
        let language = self.language;
        let mut blocks = Vec::new();
        for utility in utilities(evidence) {
            let (name, days) = (language.utility(utility), of(evidence, utility));
            let sum = |count: OfDay| days.iter().map(|day| count(day)).sum::<u64>();
            let told = self.told(
                Message::WindowsTold,
                &[sum(|day| day.readings.expected), sum(in_time), sum(missed), sum(|day| day.readings.still_due)],
            );
            let kinds: [(Ink, Message, OfDay); 3] = [
                (Ink::Main, Message::LegendInTime, in_time),
                (Ink::Bad, Message::LegendMissed, missed),
                (Ink::Soft, Message::LegendDue, |day| day.readings.still_due),
            ];
            let kinds = kinds
                .into_iter()
                .map(|(ink, meaning, count)| (ink, self.say(meaning), days.iter().map(|day| count(day)).collect()));
            let words = self.words("windows", Some(utility), self.fill(Message::WindowsChart, &[&name]), told);
            let slots = self.days(days.iter().map(|day| day.from));
            blocks.push(Block::Chart(slots.stacked(words, language, kinds.collect())));
            blocks.extend(self.notes(utility, &totals.energy));
            blocks.push(self.windows_table(&name, &days));
        }
        self.section("windows", Message::Windows, blocks)
    }

    /// Energy notes by window, where these are not too many to be told apart.
    fn notes(&self, utility: Utility, energy: &[EnergyWindow]) -> Option<Block> {
        let windows: Vec<&EnergyWindow> = energy.iter().filter(|window| window.utility == utility).collect();
        if windows.is_empty() || windows.len() > MOST_SLOTS {
            return None;
        }
        let notes: Vec<u64> = windows.iter().map(|window| window.notes).collect();
        let title = self.fill(Message::NotesChart, &[&self.language.utility(utility)]);
        let told = self.told(Message::NotesTold, &[notes.iter().sum(), windows.len() as u64]);
        let slots = Slots { starts: windows.iter().map(|window| window.from).collect(), days: false };
        let words = self.words("notes", Some(utility), title, told);
        Some(Block::Chart(slots.stacked(words, self.language, vec![(Ink::Main, String::new(), notes)])))
    }

    fn windows_table(&self, name: &str, days: &[&WindowDay]) -> Block {
        let columns = [
            (Message::Day, false),
            (Message::WindowsOver, true),
            (Message::WindowsComplete, true),
            (Message::Expected, true),
            (Message::Measured, true),
            (Message::Substituted, true),
            (Message::Estimated, true),
            (Message::Late, true),
            (Message::Missing, true),
            (Message::NotPosted, true),
            (Message::StillDue, true),
            (Message::Corrects, true),
        ];
        let row = |day: &&WindowDay| {
            let readings = &day.readings;
            let counts = [
                day.windows,
                day.windows_complete,
                readings.expected,
                readings.measured,
                readings.substituted,
                readings.estimated,
                readings.late,
                readings.missing,
                readings.not_posted,
                readings.still_due,
                day.corrections,
            ];
            self.row(self.language.day(day.from), &counts)
        };
        self.newest(self.fill(Message::WindowsCaption, &[name]), &columns, days.iter().map(row).collect())
    }

    /// A row of a name and counts.
    fn row(&self, name: String, counts: &[u64]) -> Vec<String> {
        std::iter::once(name).chain(counts.iter().map(|count| self.count(*count))).collect()
    }

    fn prices(&self, totals: &PublicTotals, evidence: &Evidence) -> Section {
        let mut blocks = Vec::new();
        for utility in utilities(evidence) {
            let outcomes = totals.clearing_prices.iter().filter(|outcome| outcome.utility == utility);
            let outcomes: Vec<&AuctionOutcome> = outcomes.collect();
            if !outcomes.is_empty() {
                blocks.extend(self.prices_of(
                    utility,
                    &outcomes,
                    &of(evidence, utility),
                    evidence.terms.parameters.window,
                ));
            }
        }
        if blocks.is_empty() {
            blocks.push(Block::Text(self.say(Message::NoAuctionsHere)));
        }
        self.section("prices", Message::Prices, blocks)
    }

    fn prices_of(
        &self,
        utility: Utility,
        outcomes: &[&AuctionOutcome],
        days: &[&WindowDay],
        window_seconds: u64,
    ) -> Vec<Block> {
        let language = self.language;
        let (name, unit) = (language.utility(utility), language.price_unit(utility));
        let with_auctions: Vec<&&WindowDay> = days.iter().filter(|day| day.auctions.is_some()).collect();
        let mut blocks = Vec::new();
        let prices: Vec<u32> = outcomes.iter().filter_map(|outcome| cleared(outcome)).collect();
        let orders = |count: fn(&AuctionOutcome) -> u32| outcomes.iter().map(|one| u64::from(count(one))).sum::<u64>();
        let (buys, sells) = (orders(|one| one.buys), orders(|one| one.sells));
        let span = outcomes.first().zip(outcomes.last()).map_or(0, |(first, last)| last.window - first.window + 1);
        let by_window = usize::try_from(span).is_ok_and(|span| span <= MOST_SLOTS);
        let slots = match outcomes.first().filter(|_| by_window) {
            Some(first) => {
                Slots { starts: (0..span).map(|place| first.from + place * window_seconds).collect(), days: false }
            }
            None => self.days(with_auctions.iter().map(|day| day.from)),
        };
        let at = |start: &u64| {
            outcomes.binary_search_by_key(start, |one| one.from).ok().and_then(|place| outcomes.get(place))
        };
        if let (Some(lowest), Some(highest)) = (prices.iter().min(), prices.iter().max()) {
            let price = |price: u32| language.price(price.into());
            let told = [self.count(prices.len() as u64), price(*lowest), price(*highest)];
            let told = self.fill(Message::PriceTold, &[&told[0], &told[1], &told[2], unit]);
            let (title, values): (_, Vec<Option<u64>>) = if by_window {
                let value = |start| at(start).and_then(|one| cleared(one)).map(u64::from);
                (Message::PriceChart, slots.starts.iter().map(value).collect())
            } else {
                let mean = |day: &&&WindowDay| day.auctions.and_then(|day| day.prices).map(|prices| prices.mean.into());
                (Message::PriceDayChart, with_auctions.iter().map(mean).collect())
            };
            let words = self.words("prices", Some(utility), self.fill(title, &[&name, unit]), told);
            blocks.push(Block::Chart(slots.steps(words, language, &values, |value| language.price(value))));
        }
        let (title, values): (_, [Vec<u64>; 2]) = if by_window {
            let of = |count: fn(&AuctionOutcome) -> u32| {
                slots.starts.iter().map(|start| at(start).map_or(0, |one| count(one).into())).collect()
            };
            (Message::OrdersWindowChart, [of(|one| one.buys), of(|one| one.sells)])
        } else {
            let days = || with_auctions.iter().filter_map(|day| day.auctions);
            (Message::OrdersChart, [days().map(|day| day.buys).collect(), days().map(|day| day.sells).collect()])
        };
        let [to_buy, to_sell] = values;
        let kinds =
            vec![(Ink::Main, self.say(Message::ToBuy), to_buy), (Ink::Second, self.say(Message::ToSell), to_sell)];
        let told = self.told(Message::OrdersTold, &[buys, sells]);
        let words = self.words("orders", Some(utility), self.fill(title, &[&name]), told);
        blocks.push(Block::Chart(slots.stacked(words, language, kinds)));
        blocks.push(self.auctions_by_day(&name, unit, &with_auctions));
        blocks.push(self.auctions_by_window(&name, unit, outcomes));
        blocks
    }

    fn auctions_by_day(&self, name: &str, unit: &str, days: &[&&WindowDay]) -> Block {
        let columns = [
            (Message::Day, false),
            (Message::Auctions, true),
            (Message::Cleared, true),
            (Message::NothingTraded, true),
            (Message::Expired, true),
            (Message::StillOpen, true),
            (Message::ToBuy, true),
            (Message::ToSell, true),
            (Message::Lowest, true),
            (Message::Mean, true),
            (Message::Highest, true),
        ];
        let row = |day: &&&WindowDay| {
            let auctions = day.auctions?;
            let counts = [
                auctions.auctions,
                auctions.cleared,
                auctions.nothing_traded,
                auctions.expired,
                auctions.open,
                auctions.buys,
                auctions.sells,
            ];
            let mut row = self.row(self.language.day(day.from), &counts);
            row.extend(self.three(auctions.prices.as_ref()));
            Some(row)
        };
        let caption = self.fill(Message::AuctionsByDay, &[name, unit]);
        self.newest(caption, &columns, days.iter().filter_map(row).collect())
    }

    /// Lowest, mean and highest.
    fn three(&self, prices: Option<&Prices>) -> [String; 3] {
        prices.map_or_else(
            || ["–"; 3].map(str::to_owned),
            |prices| [prices.lowest, prices.mean, prices.highest].map(|price| self.language.price(price.into())),
        )
    }

    fn auctions_by_window(&self, name: &str, unit: &str, outcomes: &[&AuctionOutcome]) -> Block {
        let columns = [
            (Message::WindowUtc, false),
            (Message::Price, true),
            (Message::ToBuy, true),
            (Message::ToSell, true),
            (Message::HowItEnded, false),
            (Message::Block, true),
        ];
        let row = |one: &&AuctionOutcome| {
            let ended = match one.ending {
                AuctionEnding::Cleared { .. } => Message::EndedCleared,
                AuctionEnding::NothingTraded => Message::EndedNothing,
                AuctionEnding::Expired => Message::EndedExpired,
                AuctionEnding::Open => Message::EndedOpen,
            };
            vec![
                self.language.moment(one.from),
                cleared(one).map_or_else(|| "–".to_owned(), |price| self.language.price(price.into())),
                self.count(one.buys.into()),
                self.count(one.sells.into()),
                self.say(ended),
                one.block.map_or_else(|| "–".to_owned(), |block| self.count(block)),
            ]
        };
        let caption = self.fill(Message::AuctionsByWindow, &[name, unit]);
        self.newest(caption, &columns, outcomes.iter().map(row).collect())
    }

    fn contracts(&self, evidence: &Evidence) -> Section {
        let language = self.language;
        let mut blocks = Vec::new();
        for utility in utilities(evidence) {
            let (name, unit) = (language.utility(utility), language.price_unit(utility));
            let days = of(evidence, utility);
            let days: Vec<_> = days.iter().filter_map(|day| Some((day.from, day.contracts?))).collect();
            if days.is_empty() {
                continue;
            }
            let counts = days.iter().map(|(_, day)| [day.opened, day.delivered, day.expired, day.open]);
            let sums = counts.fold([0; 4], |sums, counts| std::array::from_fn(|place| sums[place] + counts[place]));
            let told = self.told(Message::ContractsTold, &sums);
            let kinds = vec![
                (Ink::Main, self.say(Message::Delivered), days.iter().map(|(_, day)| day.delivered).collect()),
                (Ink::Second, self.say(Message::Expired), days.iter().map(|(_, day)| day.expired).collect()),
                (Ink::Soft, self.say(Message::StillOpen), days.iter().map(|(_, day)| day.open).collect()),
            ];
            let words = self.words("contracts", Some(utility), self.fill(Message::ContractsChart, &[&name]), told);
            let slots = self.days(days.iter().map(|(from, _)| *from));
            blocks.push(Block::Chart(slots.stacked(words, language, kinds)));
            let columns = [
                (Message::Day, false),
                (Message::Opened, true),
                (Message::Delivered, true),
                (Message::Expired, true),
                (Message::StillOpen, true),
                (Message::Lowest, true),
                (Message::Mean, true),
                (Message::Highest, true),
            ];
            let rows = days.iter().map(|(from, day)| {
                let mut row = self.row(language.day(*from), &[day.opened, day.delivered, day.expired, day.open]);
                row.extend(self.three(Some(&day.prices)));
                row
            });
            let caption = self.fill(Message::ContractsCaption, &[&name, unit]);
            blocks.push(self.newest(caption, &columns, rows.collect()));
        }
        if blocks.is_empty() {
            blocks.push(Block::Text(self.say(Message::NoContractsHere)));
        }
        self.section("contracts", Message::Contracts, blocks)
    }

    fn missed(&self, meters: &[MeterWindows]) -> Section {
        let language = self.language;
        let missing: Vec<&MeterWindows> = meters.iter().filter(|meter| meter.missed_count() > 0).collect();
        if missing.is_empty() {
            let blocks = vec![Block::Text(self.say(Message::NoMeterMissed))];
            return self.section("missed", Message::MissedMeters, blocks);
        }
        let told = self.told(Message::MetersMissedTold, &[missing.len() as u64, meters.len() as u64]);
        let columns = [
            (Message::Meter, true),
            (Message::Utility, false),
            (Message::Measured, true),
            (Message::Substituted, true),
            (Message::Estimated, true),
            (Message::Late, true),
            (Message::Missing, true),
            (Message::NotPosted, true),
            (Message::StillDue, true),
        ];
        let rows = missing.iter().map(|meter| {
            let counts = [
                meter.measured,
                meter.substituted,
                meter.estimated,
                meter.late,
                meter.missing,
                meter.not_posted,
                meter.still_due,
            ];
            let mut row = self.row(self.count(meter.meter.into()), &counts);
            row.insert(1, language.utility(meter.utility));
            row
        });
        let by_meter = self.table(self.say(Message::MissedByMeter), &columns, rows.collect());
        let columns =
            [(Message::From, false), (Message::Until, false), (Message::Meter, true), (Message::Status, false)];
        let mut stretches: Vec<_> = missing
            .iter()
            .flat_map(|meter| meter.missed.iter().map(|stretch| (stretch.from, meter.meter, stretch)))
            .collect();
        stretches.sort_by_key(|(from, meter, _)| (*from, *meter));
        let rows = stretches.into_iter().map(|(from, meter, stretch)| {
            let status = match stretch.status {
                "estimated" => self.say(Message::CountEstimated),
                "late" => self.say(Message::CountLate),
                "missing" => self.say(Message::CountMissing),
                _ => self.say(Message::CountNotPosted),
            };
            vec![language.moment(from), language.moment(stretch.until), self.count(meter.into()), status]
        });
        let stretches = self.newest(self.say(Message::Stretches), &columns, rows.collect());
        self.section("missed", Message::MissedMeters, vec![Block::Text(told), Block::Table(by_meter), stretches])
    }

    fn corrections(&self, totals: &PublicTotals) -> Section {
        let language = self.language;
        let mut blocks = Vec::new();
        if totals.corrections.is_empty() {
            blocks.push(Block::Text(self.say(Message::NoCorrectionsHere)));
        } else {
            blocks.push(Block::Text(self.told(Message::CorrectionsTold, &[totals.corrections.len() as u64])));
            let columns = [(Message::WindowUtc, false), (Message::Meter, true), (Message::Times, true)];
            let mut corrected: Vec<_> = totals.corrections.iter().collect();
            corrected.sort_by_key(|one| (one.from, one.meter));
            let row =
                corrected.iter().map(|one| self.row(language.moment(one.from), &[one.meter.into(), one.corrections]));
            blocks.push(self.newest(self.say(Message::CorrectedCaption), &columns, row.collect()));
        }
        if totals.replaced_meters.is_empty() {
            blocks.push(Block::Text(self.say(Message::NoReplacedHere)));
        } else {
            let columns =
                [(Message::Block, true), (Message::Meter, true), (Message::Class, false), (Message::Key, false)];
            let row = totals.replaced_meters.iter().map(|one| {
                let class = self.told(Message::Bits, &[one.class_bits as u64]);
                vec![self.count(one.block), self.count(one.meter.into()), class, one.key.clone()]
            });
            blocks.push(self.newest(self.say(Message::ReplacedCaption), &columns, row.collect()));
        }
        self.section("corrections", Message::Corrections, blocks)
    }

    fn supply(&self, totals: &PublicTotals, evidence: &Evidence) -> Section {
        let language = self.language;
        let money = &totals.money;
        let amounts =
            [money.minted, money.burned, money.fees, money.in_circulation].map(|amount| language.euro(amount));
        let told = self.fill(Message::SupplyTold, &amounts.each_ref().map(String::as_str));
        let words = self.words("supply", None, self.say(Message::SupplyChart), told);
        let values: Vec<Option<u64>> = evidence.days.iter().map(|day| Some(day.money.in_circulation)).collect();
        let chart = self.days(evidence.days.iter().map(|day| day.from));
        let chart = chart.steps(words, language, &values, |value| language.number(value));
        let columns = [
            (Message::Day, false),
            (Message::Issued, true),
            (Message::TakenBack, true),
            (Message::Fees, true),
            (Message::InCirculation, true),
        ];
        let rows = evidence.days.iter().map(|day| {
            let money = [day.money.minted, day.money.burned, day.money.fees, day.money.in_circulation];
            std::iter::once(language.day(day.from)).chain(money.map(|amount| language.number(amount))).collect()
        });
        let table = self.newest(self.say(Message::SupplyCaption), &columns, rows.collect());
        self.section("supply", Message::Supply, vec![Block::Chart(chart), table])
    }

    fn blocks(&self, totals: &PublicTotals, evidence: &Evidence) -> Section {
        let (language, days, finality) = (self.language, &evidence.days, &totals.finality);
        let blocks: u64 = days.iter().map(|day| day.blocks).sum();
        let pause = days.iter().max_by_key(|day| (day.longest_pause, std::cmp::Reverse(day.day)));
        let told = self.fill(
            Message::BlocksTold,
            &[
                &self.count(totals.transactions.total()),
                &self.count(blocks),
                &self.count(finality.certificates),
                &self.count(finality.votes),
                &language.span(pause.map_or(0, |day| day.longest_pause)),
                &self.count(pause.map_or(0, |day| day.longest_pause_before)),
            ],
        );
        let words = self.words("transactions", None, self.say(Message::BlocksChart), told);
        let values = days.iter().map(|day| day.transactions.total()).collect();
        let slots = self.days(days.iter().map(|day| day.from));
        let chart = slots.stacked(words, language, vec![(Ink::Main, String::new(), values)]);
        let columns = [
            (Message::Day, false),
            (Message::BlocksColumn, true),
            (Message::FirstBlock, true),
            (Message::LastBlock, true),
            (Message::LongestPause, true),
            (Message::Certificates, true),
            (Message::Votes, true),
            (Message::ValidatorsColumn, true),
        ];
        let rows = days.iter().map(|day| {
            let last = [day.finality.certificates, day.finality.votes, day.validators];
            let mut row = self.row(language.day(day.from), &[day.blocks, day.first_block, day.last_block]);
            row.push(language.span(day.longest_pause));
            row.extend(last.map(|count| self.count(count)));
            row
        });
        let by_day = self.newest(self.say(Message::BlocksCaption), &columns, rows.collect());
        // A kind that this chain does not have needs no column.
        let kinds: Vec<_> = kinds().into_iter().filter(|(_, count)| count(&totals.transactions) > 0).collect();
        let columns: Vec<_> =
            std::iter::once((Message::Day, false)).chain(kinds.iter().map(|(kind, _)| (*kind, true))).collect();
        let rows = days.iter().map(|day| {
            let counts: Vec<u64> = kinds.iter().map(|(_, count)| count(&day.transactions)).collect();
            self.row(language.day(day.from), &counts)
        });
        let by_kind = self.newest(self.say(Message::KindsCaption), &columns, rows.collect());
        self.section("blocks", Message::Blocks, vec![Block::Chart(chart), by_day, by_kind])
    }

    fn registry(&self, evidence: &Evidence) -> Section {
        let language = self.language;
        if evidence.registry.is_empty() {
            let blocks = vec![Block::Text(self.say(Message::NoRegistryChanges))];
            return self.section("registry", Message::Registry, blocks);
        }
        let columns = [
            (Message::Number, true),
            (Message::Block, true),
            (Message::TimeUtc, false),
            (Message::What, false),
            (Message::SignedBy, false),
        ];
        let rows = evidence.registry.iter().map(|entry| {
            let what = match &entry.changed {
                Changed::Validators { from_block, validators, joined, left } => self.told(
                    Message::ChangedValidators,
                    &[*validators, *from_block, joined.len() as u64, left.len() as u64],
                ),
                Changed::Meter { meter, utility, class_bits, key } => {
                    let (meter, bits) = (self.count((*meter).into()), self.count(*class_bits as u64));
                    self.fill(Message::ChangedMeter, &[&meter, &language.utility(*utility), &bits, key])
                }
                Changed::Operator { key } => self.fill(Message::ChangedOperator, &[key]),
                Changed::Committee { members, threshold } => {
                    self.told(Message::ChangedCommittee, &[members.len() as u64, *threshold])
                }
                Changed::Cohorts { cohorts } => {
                    let meters = cohorts.iter().map(|meters| meters.len() as u64).sum();
                    self.told(Message::ChangedCohorts, &[cohorts.len() as u64, meters])
                }
            };
            let signers = entry.registrars.iter().map(|one| self.told(Message::RegistrarNumber, &[u64::from(*one)]));
            let signers = signers.collect::<Vec<_>>().join(", ");
            vec![self.count(entry.serial), self.count(entry.block), language.moment(entry.time), what, signers]
        });
        let table = self.newest(self.say(Message::RegistryCaption), &columns, rows.collect());
        self.section("registry", Message::Registry, vec![table])
    }

    fn terms(&self, terms: &Terms) -> Section {
        let (language, parameters) = (self.language, &terms.parameters);
        let fact = |message, value| Fact::new(self.say(message), value);
        let span = |message, seconds| fact(message, language.span(seconds));
        let ring = [parameters.ring_min, parameters.ring_cap].map(u64::from);
        let mut facts = vec![
            span(Message::TermInterval, parameters.interval),
            span(Message::TermWindow, parameters.window),
            span(Message::TermDeadline, parameters.attestation_deadline),
            span(Message::TermDelivery, parameters.delivery_term),
            match parameters.correction_term {
                0 => fact(Message::TermCorrection, self.say(Message::Never)),
                term => span(Message::TermCorrection, term),
            },
            span(Message::TermRetention, parameters.retention),
            fact(Message::TermRing, self.told(Message::TermRingIs, &ring)),
        ];
        for of in &terms.meters {
            let bounds = parameters.prices_of(of.utility);
            let prices = [bounds.floor, bounds.cap, bounds.price_step].map(|price| language.price(price.into()));
            let unit = language.price_unit(of.utility);
            let value = self.fill(Message::TermPricesAre, &[&prices[0], &prices[1], &prices[2], unit]);
            facts.push(Fact::new(self.fill(Message::TermPrices, &[&language.utility(of.utility)]), value));
        }
        facts.push(fact(Message::TermFee, language.euro(parameters.fee)));
        let auctions = match &parameters.auction {
            None => self.say(Message::TermNone),
            Some(auction) => {
                let terms = [language.span(auction.order_term), language.span(auction.clear_term)];
                let most = self.count(auction.max_orders.into());
                self.fill(Message::TermAuctionsAre, &[&terms[0], &terms[1], &most])
            }
        };
        facts.push(fact(Message::TermAuctions, auctions));
        let totals = match &parameters.totals {
            None => self.say(Message::TermNone),
            Some(totals) => {
                let least = self.count(totals.k_min.into());
                self.fill(Message::TermTotalsAre, &[&language.span(totals.period), &least])
            }
        };
        facts.push(fact(Message::TermTotals, totals));
        let operator = if terms.operator { Message::Yes } else { Message::No };
        facts.push(fact(Message::TermOperator, self.say(operator)));
        let blocks = vec![Block::Text(self.say(Message::TermsTold)), Block::Facts(facts)];
        self.section("terms", Message::Terms, blocks)
    }

    fn limits(&self) -> Section {
        let texts = [Message::LimitHidden, Message::LimitMeters, Message::LimitOperator, Message::LimitTime];
        let blocks = texts.map(|message| Block::Text(self.say(message)));
        self.section("limits", Message::Limits, blocks.into())
    }
}

fn in_time(day: &WindowDay) -> u64 {
    day.readings.measured + day.readings.substituted
}

fn missed(day: &WindowDay) -> u64 {
    let readings = &day.readings;
    readings.estimated + readings.late + readings.missing + readings.not_posted
}

fn cleared(outcome: &AuctionOutcome) -> Option<u32> {
    match outcome.ending {
        AuctionEnding::Cleared { price } => Some(price),
        AuctionEnding::NothingTraded | AuctionEnding::Expired | AuctionEnding::Open => None,
    }
}
