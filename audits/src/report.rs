//! The report: for scripts as data, for people as text (see `text.rs`). Exit status 0 exactly if [`Report::holds`].

use std::collections::BTreeMap;

use hushwatt_crypto::{Element, PROTOCOL_VERSION, hash::hex};
use hushwatt_ledger::{block::Parent, genesis::Genesis, transaction::Transaction, units::Utility};
use serde::Serialize;

pub use crate::tally::{
    AuctionCounts, AuctionEnding, AuctionOutcome, ContractCounts, CorrectedWindow, Kinds, MeterWindows, MissedWindows,
    Money, ReplacedMeter,
};
use crate::{
    proofs::ProofCounts,
    questions::{Question, Verdict},
    tally::{Totals, is_none},
};

/// Name of the machine-readable form; a change of its shape changes this. What only chains with auctions have is left out of the
/// reports of others.
pub const FORMAT: &str = "hushwatt audit 3";

/// What an audit found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: &'static str,
    /// Whether no question is answered with no: what [`Report::holds`] says.
    pub holds: bool,
    /// Version of this program.
    pub software: &'static str,
    /// Version of the protocol.
    pub protocol: u8,
    /// The network id, in hexadecimal.
    pub network: String,
    /// The clocks of this network are stepped: a demo or a test, never a real community.
    pub simulated_time: bool,
    /// The answers, in the order of [`Question::ALL`].
    pub questions: Vec<Answer>,
    /// What failed first, if anything.
    pub failure: Option<Failure>,
    /// The last final block; only if all holds up to it.
    pub tip: Option<Tip>,
    /// Public totals up to the tip, recomputed; only if all holds up to it.
    pub totals: Option<PublicTotals>,
}

/// A question with its answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Answer {
    /// Which.
    pub question: Question,
    /// The question in plain words.
    pub text: &'static str,
    /// Yes, no, or neither.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What was counted on the way.
    pub counts: BTreeMap<&'static str, u64>,
}

/// The last final block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Tip {
    /// 0 if there is only a genesis.
    pub height: u64,
    /// Unix seconds.
    pub time: u64,
    /// Digest of its header, in hexadecimal; without blocks the network id. Compare it with what others see: a file that
    /// ends early is a valid shorter chain.
    pub digest: String,
    /// In its header, and recomputed from all entries.
    pub state_root: String,
    /// Bytes of the chain file up to its end.
    pub bytes: u64,
    /// Blocks behind it in the file that no certificate covers: they were not believed.
    pub not_final: u64,
}

/// Certificates and validators.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Finality {
    /// Certificates that verified.
    pub certificates: u64,
    /// Votes in them.
    pub votes: u64,
    /// Blocks without a certificate of their own, final by that of a later one.
    pub covered_by_later: u64,
    /// Validators at the tip.
    pub validators: u64,
    /// How often other validators took over.
    pub validator_changes: u64,
}

/// Sums and counts that are public.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PublicTotals {
    /// Transactions by kind.
    pub transactions: Kinds,
    /// Proofs and signatures by kind.
    pub proofs: ProofCounts,
    /// Certificates and validators.
    pub finality: Finality,
    /// Micro-euro.
    pub money: Money,
    /// Notes ever made.
    pub notes: u64,
    /// Notes ever spent.
    pub spent: u64,
    /// Payouts and refunds of deliveries and clearings, each recomputed and found.
    pub payments: u64,
    /// Contracts by fate.
    pub contracts: ContractCounts,
    /// Auctions and orders by fate; where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auctions: Option<AuctionCounts>,
    /// Every auction with its price, by window.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clearing_prices: Vec<AuctionOutcome>,
    /// What was attested and delivered in each window, as commitments.
    pub energy: Vec<EnergyWindow>,
    /// Each meter's windows.
    pub meters: Vec<MeterWindows>,
    /// Every window that was corrected, by meter and window.
    pub corrections: Vec<CorrectedWindow>,
    /// Every meter that was given another key, in the order of the chain.
    pub replaced_meters: Vec<ReplacedMeter>,
}

/// One utility in one window. Amounts stay hidden: the sums are commitments.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EnergyWindow {
    /// Index of the window.
    pub window: u64,
    /// When it begins, unix seconds.
    pub from: u64,
    /// Which utility.
    pub utility: Utility,
    /// Notes that meters made.
    pub notes: u64,
    /// Contracts delivered to.
    pub receipts: u64,
    /// Sum of the notes' commitments, in hexadecimal.
    pub attested: String,
    /// Sum of the receipts, in hexadecimal.
    pub delivered: String,
    /// Sell orders of the auction, if it cleared.
    #[serde(skip_serializing_if = "is_none")]
    pub sold_orders: u64,
    /// Sum of what they sold, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold: Option<String>,
}

/// What failed first, and where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Failure {
    /// The question it answers with no.
    pub question: Question,
    /// Height of the block.
    pub block: u64,
    /// Where the block's record begins in the file, in bytes.
    pub byte_offset: Option<u64>,
    /// The transaction, if one is to blame.
    pub transaction: Option<FailedTransaction>,
    /// Name of the broken rule.
    pub rule: String,
    /// The rule in words.
    pub message: String,
}

/// A transaction that broke a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FailedTransaction {
    /// Its place in the block, from 0.
    pub place: usize,
    /// Its id in hexadecimal, if it could be read.
    pub id: Option<String>,
    /// Its kind, if it could be read.
    pub kind: Option<&'static str>,
}

impl FailedTransaction {
    pub(crate) fn new(place: usize, transaction: Option<&Transaction>) -> Self {
        let id = transaction.map(|transaction| hex(&transaction.id().0));
        FailedTransaction { place, id, kind: transaction.map(|transaction| transaction.action().name()) }
    }
}

impl Tip {
    pub(crate) fn new(parent: &Parent, state_root: &[u8; 32], bytes: u64, not_final: u64) -> Self {
        let (height, time) = (parent.height, parent.time.0);
        Tip { height, time, digest: hex(&parent.digest.0), state_root: hex(state_root), bytes, not_final }
    }

    /// What is said of blocks behind the tip.
    fn failure(&self) -> Option<Failure> {
        let blocks = match self.not_final {
            0 => return None,
            1 => "the last block has no certificate yet: it was not believed".to_owned(),
            many => format!("the last {many} blocks have no certificate yet: they were not believed"),
        };
        Some(Failure {
            question: Question::Certificates,
            block: self.height.saturating_add(1),
            byte_offset: Some(self.bytes),
            transaction: None,
            rule: "NotFinal".to_owned(),
            message: format!(
                "{blocks}. What is before them is verified; a running network certifies its blocks within seconds, so export the chain again"
            ),
        })
    }
}

impl Report {
    /// Whether no question is answered with no.
    pub fn holds(&self) -> bool {
        self.failure.is_none() && self.questions.iter().all(|answer| answer.verdict != Verdict::Fails)
    }

    fn new(genesis: &Genesis, failure: Option<Failure>, answer: impl Fn(Question) -> Answer) -> Self {
        let mut report = Report {
            format: FORMAT,
            holds: false,
            software: env!("CARGO_PKG_VERSION"),
            protocol: PROTOCOL_VERSION,
            network: genesis.network().to_string(),
            simulated_time: genesis.simulated_time,
            questions: Question::ALL.into_iter().map(answer).collect(),
            failure,
            tip: None,
            totals: None,
        };
        report.holds = report.holds();
        report
    }

    /// The replay stopped.
    pub(crate) fn failed(genesis: &Genesis, failure: Failure) -> Self {
        let (failing, block) = (failure.question, failure.block);
        let why = format!("not answered: the replay stopped at block {block}");
        Report::new(genesis, Some(failure), |question| {
            let verdict =
                if question == failing { Verdict::Fails } else { Verdict::CannotBeAnswered { why: why.clone() } };
            Answer { question, text: question.text(), verdict, counts: BTreeMap::new() }
        })
    }

    /// The replay reached the tip; what is behind it is not final, and for that the certificates are answered with no.
    pub(crate) fn holding(
        genesis: &Genesis,
        tip: Tip,
        proofs: ProofCounts,
        finality: Finality,
        totals: Totals,
    ) -> Self {
        let finality =
            Finality { validators: totals.validators, validator_changes: totals.validator_changes, ..finality };
        let energy = totals.energy.iter().map(|((window, utility), sums)| EnergyWindow {
            window: *window,
            from: window.saturating_mul(genesis.parameters.window),
            utility: *utility,
            notes: sums.notes,
            receipts: sums.receipts,
            attested: hex(Element::new(sums.attested).as_bytes()),
            delivered: hex(Element::new(sums.delivered).as_bytes()),
            sold_orders: sums.sold_orders,
            sold: (sums.sold_orders > 0).then(|| hex(Element::new(sums.sold).as_bytes())),
        });
        let totals = PublicTotals {
            transactions: totals.kinds,
            proofs,
            finality,
            money: totals.money,
            notes: totals.notes,
            spent: totals.images,
            payments: totals.payments,
            contracts: totals.contracts,
            auctions: (totals.auctions.auctions > 0).then_some(totals.auctions),
            clearing_prices: totals.auction_outcomes,
            energy: energy.collect(),
            meters: totals.meters.windows,
            corrections: totals.meters.corrections,
            replaced_meters: totals.meters.replaced,
        };
        let mut report = Report::new(genesis, tip.failure(), |question| answer(question, &tip, &totals));
        (report.tip, report.totals) = (Some(tip), Some(totals));
        report
    }
}

/// The answer of a chain that was replayed to its tip.
fn answer(question: Question, tip: &Tip, totals: &PublicTotals) -> Answer {
    let (money, contracts, proofs, finality) = (&totals.money, &totals.contracts, &totals.proofs, &totals.finality);
    let energy = |count: fn(&EnergyWindow) -> u64| totals.energy.iter().map(count).sum::<u64>();
    let meters = |count: fn(&MeterWindows) -> u64| totals.meters.iter().map(count).sum::<u64>();
    let auctions = totals.auctions.unwrap_or_default();
    let counts: Vec<(&'static str, u64)> = match question {
        Question::Blocks => vec![("blocks", tip.height), ("transactions", totals.transactions.total())],
        Question::Certificates => vec![
            ("certificates", finality.certificates),
            ("votes", finality.votes),
            ("covered_by_later", finality.covered_by_later),
            ("validators", finality.validators),
            ("validator_changes", finality.validator_changes),
            ("not_final", tip.not_final),
        ],
        Question::Proofs => [
            ("ring_signatures", proofs.ring_signatures),
            ("range_proofs", proofs.range_proofs),
            ("committed_values", proofs.committed_values),
            ("handle_proofs", proofs.handle_proofs),
            ("claim_signatures", proofs.claim_signatures),
            ("meter_signatures", proofs.meter_signatures),
            ("treasury_signatures", proofs.treasury_signatures),
            ("registrar_signatures", proofs.registrar_signatures),
        ]
        .into_iter()
        .chain(
            [("operator_signatures", proofs.operator_signatures), ("clearing_proofs", proofs.clearing_proofs)]
                .into_iter()
                .filter(|(_, count)| !is_none(count)),
        )
        .collect(),
        Question::DoubleSpend => vec![("key_images", totals.spent), ("notes", totals.notes)],
        Question::Supply => vec![
            ("minted_micro_euro", money.minted),
            ("burned_micro_euro", money.burned),
            ("fees_micro_euro", money.fees),
            ("in_circulation_micro_euro", money.in_circulation),
        ],
        Question::Contracts => vec![
            ("opened", contracts.opened),
            ("settled", contracts.settled),
            ("refunded", contracts.expired),
            ("open", contracts.open),
        ],
        Question::PaidForDelivered => {
            let clearings = Some(("clearings", totals.transactions.clears)).filter(|(_, count)| !is_none(count));
            let all = [("deliveries", totals.transactions.delivers), ("payments", totals.payments)];
            all.into_iter().chain(clearings).collect()
        }
        Question::DeliveredWithinAttested => vec![
            ("energy_notes", energy(|window| window.notes)),
            ("receipts", energy(|window| window.receipts)),
            ("windows", totals.energy.len() as u64),
        ],
        Question::TariffLimits => vec![("prices", contracts.opened + auctions.cleared)],
        Question::Corrections => vec![
            ("corrections", totals.transactions.corrects),
            ("corrected_windows", totals.corrections.len() as u64),
            ("replaced_meters", totals.replaced_meters.len() as u64),
        ],
        Question::ClearingPrices if totals.auctions.is_none() => Vec::new(),
        Question::ClearingPrices => vec![
            ("auctions", auctions.auctions),
            ("cleared", auctions.cleared),
            ("nothing_traded", auctions.nothing_traded),
            ("expired", auctions.expired),
            ("open", auctions.open),
            ("orders", auctions.orders),
            ("orders_cleared", auctions.orders_cleared),
            ("orders_given_back", auctions.orders_given_back),
            ("orders_open", auctions.orders_open),
        ],
        Question::MissedWindows => vec![
            ("meters", totals.meters.len() as u64),
            ("meters_with_missed_windows", meters(|meter| u64::from(meter.missed_count() > 0))),
            ("measured", meters(|meter| meter.measured)),
            ("substituted", meters(|meter| meter.substituted)),
            ("estimated", meters(|meter| meter.estimated)),
            ("late", meters(|meter| meter.late)),
            ("missing", meters(|meter| meter.missing)),
            ("not_posted", meters(|meter| meter.not_posted)),
            ("still_due", meters(|meter| meter.still_due)),
        ],
    };
    let verdict = match question {
        Question::ClearingPrices if totals.auctions.is_none() => {
            Verdict::CannotBeAnswered { why: "no auctions on this chain".to_owned() }
        }
        Question::Certificates if tip.not_final > 0 => Verdict::Fails,
        _ => Verdict::Holds,
    };
    Answer { question, text: question.text(), verdict, counts: counts.into_iter().collect() }
}
