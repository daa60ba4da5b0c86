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
    evidence::{Evidence, Terms},
    folder::kept,
    proofs::ProofCounts,
    questions::{Count, Question, Unanswerable, Verdict},
    tally::{Totals, is_none},
};

/// Name of the machine-readable form; a change of its shape changes this. What only chains with auctions have is left out of the
/// reports of others.
pub const FORMAT: &str = "hushwatt audit 6";

/// Version of this program. Another one may say the same in other words, so its reports are other bytes.
pub const SOFTWARE: &str = env!("CARGO_PKG_VERSION");

/// What an audit found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: &'static str,
    /// Whether no question is answered with no: what [`Report::holds`] says.
    pub holds: bool,
    /// [`SOFTWARE`].
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
    /// What happened day by day up to the tip; only if all holds up to it.
    pub evidence: Option<Evidence>,
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
    pub counts: BTreeMap<Count, u64>,
    /// How anybody repeats the answer with a program of his own.
    pub repeat: &'static str,
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
kept!(Finality { certificates, votes, covered_by_later, validators, validator_changes });

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
    /// Totals of which enough members of the committee released.
    #[serde(skip_serializing_if = "is_none")]
    pub released_totals: u64,
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

impl Answer {
    fn new(question: Question, verdict: Verdict, counts: Vec<(Count, u64)>) -> Self {
        let (text, repeat) = (question.text(), question.repeat());
        Answer { question, text, verdict, counts: counts.into_iter().collect(), repeat }
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
            software: SOFTWARE,
            protocol: PROTOCOL_VERSION,
            network: genesis.network().to_string(),
            simulated_time: genesis.simulated_time,
            questions: Question::ALL.into_iter().map(answer).collect(),
            failure,
            tip: None,
            totals: None,
            evidence: None,
        };
        report.holds = report.holds();
        report
    }

    /// The replay stopped.
    pub(crate) fn failed(genesis: &Genesis, failure: Failure) -> Self {
        let (failing, block) = (failure.question, failure.block);
        Report::new(genesis, Some(failure), |question| {
            let verdict =
                if question == failing { Verdict::Fails } else { Verdict::from(Unanswerable::Stopped { block }) };
            Answer::new(question, verdict, Vec::new())
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
        let evidence = totals.evidence;
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
            released_totals: totals.released_totals,
        };
        let mut report = Report::new(genesis, tip.failure(), |question| answer(question, &tip, &totals, &evidence));
        (report.tip, report.totals, report.evidence) = (Some(tip), Some(totals), Some(evidence));
        report
    }
}

/// The answer of a chain that was replayed to its tip.
fn answer(question: Question, tip: &Tip, totals: &PublicTotals, evidence: &Evidence) -> Answer {
    let (money, contracts, proofs, finality) = (&totals.money, &totals.contracts, &totals.proofs, &totals.finality);
    let energy = |count: fn(&EnergyWindow) -> u64| totals.energy.iter().map(count).sum::<u64>();
    let meters = |count: fn(&MeterWindows) -> u64| totals.meters.iter().map(count).sum::<u64>();
    let auctions = totals.auctions.unwrap_or_default();
    let counts: Vec<(Count, u64)> = match question {
        Question::Blocks => vec![(Count::Blocks, tip.height), (Count::Transactions, totals.transactions.total())],
        Question::Certificates => vec![
            (Count::Certificates, finality.certificates),
            (Count::Votes, finality.votes),
            (Count::CoveredByLater, finality.covered_by_later),
            (Count::Validators, finality.validators),
            (Count::ValidatorChanges, finality.validator_changes),
            (Count::NotFinal, tip.not_final),
        ],
        Question::Proofs => [
            (Count::RingSignatures, proofs.ring_signatures),
            (Count::RangeProofs, proofs.range_proofs),
            (Count::CommittedValues, proofs.committed_values),
            (Count::HandleProofs, proofs.handle_proofs),
            (Count::ClaimSignatures, proofs.claim_signatures),
            (Count::MeterSignatures, proofs.meter_signatures),
            (Count::TreasurySignatures, proofs.treasury_signatures),
            (Count::RegistrarSignatures, proofs.registrar_signatures),
        ]
        .into_iter()
        .chain(
            [
                (Count::OperatorSignatures, proofs.operator_signatures),
                (Count::ClearingProofs, proofs.clearing_proofs),
                (Count::MemberSignatures, proofs.member_signatures),
            ]
            .into_iter()
            .filter(|(_, count)| !is_none(count)),
        )
        .collect(),
        Question::DoubleSpend => vec![(Count::KeyImages, totals.spent), (Count::Notes, totals.notes)],
        Question::Supply => vec![
            (Count::MintedMicroEuro, money.minted),
            (Count::BurnedMicroEuro, money.burned),
            (Count::FeesMicroEuro, money.fees),
            (Count::InCirculationMicroEuro, money.in_circulation),
        ],
        Question::Contracts => vec![
            (Count::Opened, contracts.opened),
            (Count::Settled, contracts.settled),
            (Count::Refunded, contracts.expired),
            (Count::Open, contracts.open),
        ],
        Question::PaidForDelivered => {
            let clearings = Some((Count::Clearings, totals.transactions.clears)).filter(|(_, count)| !is_none(count));
            let all = [(Count::Deliveries, totals.transactions.delivers), (Count::Payments, totals.payments)];
            all.into_iter().chain(clearings).collect()
        }
        Question::DeliveredWithinAttested => vec![
            (Count::EnergyNotes, energy(|window| window.notes)),
            (Count::Receipts, energy(|window| window.receipts)),
            (Count::Windows, totals.energy.len() as u64),
        ]
        .into_iter()
        .chain(Some((Count::SellOrders, totals.transactions.sells)).filter(|(_, count)| !is_none(count)))
        .collect(),
        Question::TariffLimits => vec![(Count::Prices, contracts.opened + auctions.cleared)],
        Question::Corrections => vec![
            (Count::Corrections, totals.transactions.corrects),
            (Count::CorrectedWindows, totals.corrections.len() as u64),
            (Count::ReplacedMeters, totals.replaced_meters.len() as u64),
        ],
        Question::ClearingPrices if totals.auctions.is_none() => Vec::new(),
        Question::ClearingPrices => vec![
            (Count::Auctions, auctions.auctions),
            (Count::Cleared, auctions.cleared),
            (Count::NothingTraded, auctions.nothing_traded),
            (Count::Expired, auctions.expired),
            (Count::Open, auctions.open),
            (Count::Orders, auctions.orders),
            (Count::OrdersCleared, auctions.orders_cleared),
            (Count::OrdersGivenBack, auctions.orders_given_back),
            (Count::OrdersOpen, auctions.orders_open),
        ],
        Question::MissedWindows => vec![
            (Count::Meters, totals.meters.len() as u64),
            (Count::MetersWithMissedWindows, meters(|meter| u64::from(meter.missed_count() > 0))),
            (Count::Measured, meters(|meter| meter.measured)),
            (Count::Substituted, meters(|meter| meter.substituted)),
            (Count::Estimated, meters(|meter| meter.estimated)),
            (Count::Late, meters(|meter| meter.late)),
            (Count::Missing, meters(|meter| meter.missing)),
            (Count::NotPosted, meters(|meter| meter.not_posted)),
            (Count::StillDue, meters(|meter| meter.still_due)),
        ],
        Question::Totals if evidence.terms.parameters.totals.is_none() => Vec::new(),
        Question::Totals => vec![
            (Count::Shared, totals.transactions.shares),
            (Count::SharedWrongly, totals.transactions.complaints),
            (Count::TotalsAsked, totals.transactions.requests),
            (Count::TotalsReleased, totals.released_totals),
            (Count::Releases, totals.transactions.releases),
        ],
    };
    let verdict = match unanswerable(question, tip, totals, &evidence.terms) {
        Some(reason) => Verdict::from(reason),
        None if question == Question::Certificates && tip.not_final > 0 => Verdict::Fails,
        None => Verdict::Holds,
    };
    Answer::new(question, verdict, counts)
}

/// Why a chain that holds has nothing to answer a question with.
fn unanswerable(question: Question, tip: &Tip, totals: &PublicTotals, terms: &Terms) -> Option<Unanswerable> {
    use Unanswerable as U;
    let (kinds, auctions) = (&totals.transactions, totals.auctions.unwrap_or_default());
    let settled = kinds.delivers + kinds.clears;
    let reasons: &[(bool, Unanswerable)] = match question {
        Question::Blocks => &[(tip.height == 0, U::NoBlocks)],
        // Blocks that no certificate covers are an answer.
        Question::Certificates => &[(tip.height + tip.not_final == 0, U::NoBlocks)],
        Question::Proofs => &[(kinds.total() == 0, U::NoTransactions)],
        Question::DoubleSpend => &[(totals.spent == 0, U::NothingSpent)],
        Question::Supply => &[(kinds.mints == 0, U::NothingMinted)],
        Question::Contracts => &[(totals.contracts.opened == 0, U::NoContracts)],
        Question::PaidForDelivered => &[(settled == 0, U::NothingPaid)],
        Question::DeliveredWithinAttested => &[(kinds.delivers + kinds.sells == 0, U::NothingDelivered)],
        Question::ClearingPrices => &[
            (terms.parameters.auction.is_none(), U::NoAuctions),
            (auctions.orders == 0, U::NoOrders),
            (auctions.open == auctions.auctions, U::NoAuctionEnded),
        ],
        Question::TariffLimits => &[(totals.contracts.opened + auctions.cleared == 0, U::NoPrices)],
        Question::Corrections => &[(terms.parameters.correction_term == 0, U::NoCorrections)],
        Question::MissedWindows => &[
            (terms.meters.is_empty(), U::NoMeters),
            (
                totals.meters.iter().all(|meter| meter.posted() + meter.not_posted + meter.still_due == 0),
                U::NoWindowOver,
            ),
        ],
        Question::Totals => &[(terms.parameters.totals.is_none(), U::NoTotals), (kinds.requests == 0, U::NothingAsked)],
    };
    reasons.iter().find(|(holds, _)| *holds).map(|(_, reason)| *reason)
}
