//! Makes the document of a report: the page of answers, and then the evidence (`sections.rs`, its charts in `charts.rs`).

mod charts;
mod kinds;
mod sections;

use super::{
    document::{AnswerLine, Block, Document, Fact, Mark},
    german,
    language::Language,
    messages::Message,
};
use crate::{
    questions::{Count, Verdict},
    report::{Answer, Failure, Report},
};

/// How many digits of the network id stand on every page of paper.
const SHORT_ID: usize = 12;

/// What the report says, in this language.
pub(super) fn document(report: &Report, language: Language) -> Document {
    let say = |message| language.say(message);
    let short = report.network.get(..SHORT_ID).unwrap_or(&report.network);
    let verdict = match (&report.failure, &report.tip) {
        (None, _) => say(Message::Holds),
        (Some(_), Some(tip)) => language.fill(Message::HoldsUpTo, &[&language.count(tip.height)]),
        (Some(_), None) => say(Message::DoesNotHold),
    };
    Document {
        language,
        title: say(Message::Title),
        warning: report.simulated_time.then(|| say(Message::Simulated)),
        holds: report.holds(),
        verdict,
        about: about(report, language),
        failure: report.failure.as_ref().map(|failure| failing(failure, language)).unwrap_or_default(),
        answers_title: say(Message::Answers),
        answers: report.questions.iter().map(|answer| line(answer, language)).collect(),
        repeat: vec![
            Block::Text(language.fill(Message::RepeatAll, &["chain.hwl"])),
            Block::Command(format!("hushwatt audit verify chain.hwl --network {}", report.network)),
            Block::Text(say(Message::RepeatReport)),
            Block::Command(format!("hushwatt audit check-report . chain.hwl --network {}", report.network)),
            Block::Text(say(Message::RepeatCompare)),
        ],
        sections: sections::all(report, language),
        footer: language.fill(Message::Footer, &["{0}", "{1}", short]),
    }
}

/// What the report is about.
fn about(report: &Report, language: Language) -> Vec<Fact> {
    let say = |message| language.say(message);
    let mut facts = vec![Fact::code(say(Message::Network), report.network.clone())];
    if let Some(tip) = &report.tip {
        let block = [language.count(tip.height), language.moment(tip.time)];
        facts.push(Fact::new(say(Message::AuditedUntil), language.fill(Message::BlockAt, &[&block[0], &block[1]])));
        facts.push(Fact::code(say(Message::TipDigest), tip.digest.clone()));
        facts.push(Fact::code(say(Message::StateRoot), tip.state_root.clone()));
    }
    if let Some(evidence) = &report.evidence {
        let terms = &evidence.terms;
        let validators = language.fill(Message::Validators, &[&language.count(terms.validators)]);
        let registrars = language.fill(Message::Registrars, &[&language.count(terms.registrars)]);
        let (from, quorum) = (language.moment(terms.from), language.count(terms.registrar_quorum));
        let community = language.fill(Message::CommunityIs, &[&from, &validators, &registrars, &quorum]);
        facts.push(Fact::new(say(Message::Community), community));
        let meters =
            terms.meters.iter().map(|of| format!("{}: {}", language.utility(of.utility), language.count(of.meters)));
        facts.push(Fact::new(say(Message::Meters), meters.collect::<Vec<_>>().join(", ")));
    }
    let (protocol, format) = (report.protocol.to_string(), report.format);
    let software = language.fill(Message::SoftwareIs, &[report.software, &protocol, format]);
    facts.push(Fact::new(say(Message::Software), software));
    facts
}

/// Where the chain fails.
fn failing(failure: &Failure, language: Language) -> Vec<Fact> {
    let say = |message| language.say(message);
    let mut facts = vec![Fact::new(say(Message::FailsAtBlock), language.count(failure.block))];
    if let Some(offset) = failure.byte_offset {
        facts.push(Fact::new(say(Message::FailsAtByte), language.count(offset)));
    }
    if let Some(transaction) = &failure.transaction {
        let kind = transaction.kind.map_or_else(|| say(Message::Unreadable), str::to_owned);
        let place = language.count(transaction.place as u64);
        facts
            .push(Fact::new(say(Message::FailsInTransaction), language.fill(Message::TransactionIs, &[&place, &kind])));
        if let Some(id) = &transaction.id {
            facts.push(Fact::code(say(Message::TransactionId), id.clone()));
        }
    }
    facts.push(Fact::code(say(Message::BrokenRule), failure.rule.clone()));
    facts.push(Fact::new(say(Message::RuleInWords), failure.message.clone()));
    facts
}

fn line(answer: &Answer, language: Language) -> AnswerLine {
    let (mark, word, why) = match &answer.verdict {
        Verdict::Holds => (Mark::Holds, Message::AnswerHolds, None),
        Verdict::Fails => (Mark::Fails, Message::AnswerFails, None),
        Verdict::CannotBeAnswered { reason, .. } => {
            (Mark::Unanswered, Message::AnswerUnknown, Some(german::why(*reason, language)))
        }
    };
    let counts: Vec<String> = answer.counts.iter().map(|(count, value)| counted(*count, *value, language)).collect();
    AnswerLine {
        mark,
        word: language.say(word),
        question: german::question(answer.question, language).to_owned(),
        why,
        counts: match counts.is_empty() {
            true => String::new(),
            false => language.fill(Message::Counted, &[&counts.join(" · ")]),
        },
        repeat: language.fill(Message::Repeat, &[german::repeat(answer.question, language)]),
    }
}

/// A count with its name.
fn counted(count: Count, value: u64, language: Language) -> String {
    let (name, is_money) = name(count);
    let value = if is_money { language.euro(value) } else { language.count(value) };
    format!("{} {value}", language.say(name))
}

/// What a count is called, and whether it counts micro-euro.
fn name(count: Count) -> (Message, bool) {
    let name = match count {
        Count::MintedMicroEuro => return (Message::CountMinted, true),
        Count::BurnedMicroEuro => return (Message::CountBurned, true),
        Count::FeesMicroEuro => return (Message::CountFees, true),
        Count::InCirculationMicroEuro => return (Message::CountInCirculation, true),
        Count::Blocks => Message::CountBlocks,
        Count::Transactions => Message::CountTransactions,
        Count::Certificates => Message::CountCertificates,
        Count::Votes => Message::CountVotes,
        Count::CoveredByLater => Message::CountCoveredByLater,
        Count::Validators => Message::CountValidators,
        Count::ValidatorChanges => Message::CountValidatorChanges,
        Count::NotFinal => Message::CountNotFinal,
        Count::RingSignatures => Message::CountRingSignatures,
        Count::RangeProofs => Message::CountRangeProofs,
        Count::CommittedValues => Message::CountCommittedValues,
        Count::HandleProofs => Message::CountHandleProofs,
        Count::ClaimSignatures => Message::CountClaimSignatures,
        Count::MeterSignatures => Message::CountMeterSignatures,
        Count::TreasurySignatures => Message::CountTreasurySignatures,
        Count::RegistrarSignatures => Message::CountRegistrarSignatures,
        Count::OperatorSignatures => Message::CountOperatorSignatures,
        Count::ClearingProofs => Message::CountClearingProofs,
        Count::MemberSignatures => Message::CountMemberSignatures,
        Count::KeyImages => Message::CountKeyImages,
        Count::Notes => Message::CountNotes,
        Count::Opened => Message::CountOpened,
        Count::Settled => Message::CountSettled,
        Count::Refunded => Message::CountRefunded,
        Count::Open => Message::CountOpen,
        Count::Deliveries => Message::CountDeliveries,
        Count::Payments => Message::CountPayments,
        Count::Clearings => Message::CountClearings,
        Count::EnergyNotes => Message::CountEnergyNotes,
        Count::Receipts => Message::CountReceipts,
        Count::Windows => Message::CountWindows,
        Count::SellOrders => Message::CountSellOrders,
        Count::Prices => Message::CountPrices,
        Count::Corrections => Message::CountCorrections,
        Count::CorrectedWindows => Message::CountCorrectedWindows,
        Count::ReplacedMeters => Message::CountReplacedMeters,
        Count::Auctions => Message::CountAuctions,
        Count::Cleared => Message::CountCleared,
        Count::NothingTraded => Message::CountNothingTraded,
        Count::Expired => Message::CountExpired,
        Count::Orders => Message::CountOrders,
        Count::OrdersCleared => Message::CountOrdersCleared,
        Count::OrdersGivenBack => Message::CountOrdersGivenBack,
        Count::OrdersOpen => Message::CountOrdersOpen,
        Count::Meters => Message::CountMeters,
        Count::MetersWithMissedWindows => Message::CountMetersMissed,
        Count::Measured => Message::CountMeasured,
        Count::Substituted => Message::CountSubstituted,
        Count::Estimated => Message::CountEstimated,
        Count::Late => Message::CountLate,
        Count::Missing => Message::CountMissing,
        Count::NotPosted => Message::CountNotPosted,
        Count::StillDue => Message::CountStillDue,
        Count::Shared => Message::CountShared,
        Count::SharedWrongly => Message::CountSharedWrongly,
        Count::TotalsAsked => Message::CountTotalsAsked,
        Count::TotalsReleased => Message::CountTotalsReleased,
        Count::Releases => Message::CountReleases,
    };
    (name, false)
}
