//! `hushwatt committee ask`: a registrar asks for a total, after reading what that fixes for ever.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use hushwatt_client::{BaseUrl, KeyFile, KeyRole};
use hushwatt_committee::ask::{AskError, Fixed, asked_in, fixed, follow, hand_in};
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{
    CheckError, Rejection,
    parameters::TotalsParameters,
    transaction::{TransactionId, request::Target},
    units::{MeterId, Period, Timestamp, Utility},
};
use hushwatt_wallet::{PublicView, sync::Nodes};
use jiff::{civil::Date, tz::TimeZone};
use serde::Serialize;
use std::sync::Arc;

use super::{common::Common, moments::moment, table::pairs};
use crate::cli::{failure::Failure, office::CommunityArguments};

/// Looks at the ledger until the request is final: so often, with so long between.
const LOOKS: u32 = 30;
const BETWEEN: Duration = Duration::from_secs(2);

/// Arguments of `hushwatt committee ask`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt committee ask --key ~/hushwatt-keys/registrar.key --node http://127.0.0.1:8400 --network 3f9a... \\
      --period 2026-11-20 --cohort 0
  hushwatt committee ask --key ~/hushwatt-keys/registrar.key --node https://node-b.example.org --network 3f9a... \\
      --period 2026-11-20 --trades electricity --yes

The ledger is read from its beginning, and every certificate checked: who has shared is no node's word. The first request of a period
and cohort stands for ever; nobody can ask for another set of meters.")]
pub(super) struct AskArguments {
    /// The registrar's key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A node of your community; best two or more
    #[arg(long, value_name = "URL", required = true)]
    node: Vec<BaseUrl>,
    #[command(flatten)]
    community: CommunityArguments,
    /// The period: a day in UTC that is in it, or its number
    #[arg(long, value_name = "DAY")]
    period: String,
    /// The cohort, by its number
    #[arg(long, value_name = "N", required_unless_present = "trades", conflicts_with = "trades")]
    cohort: Option<u8>,
    /// All trades that were shared: electricity, water or heat
    #[arg(long, value_name = "UTILITY", value_parser = utility)]
    trades: Option<Utility>,
    /// Ask without a question
    #[arg(long)]
    yes: bool,
}

fn utility(text: &str) -> Result<Utility, String> {
    let found = Utility::ALL.into_iter().find(|utility| utility.name() == text);
    found.ok_or_else(|| "electricity, water or heat".to_owned())
}

/// What was asked.
#[derive(Serialize)]
struct Asked {
    period: u64,
    start: u64,
    end: u64,
    meters: Vec<u32>,
    trades: u32,
    missing: Vec<u32>,
    left_out: Vec<u32>,
    release_until: u64,
    id: String,
    /// Whether a final block has it.
    is_final: bool,
}

pub(super) fn run(common: &Common, arguments: &AskArguments) -> Result<(), Failure> {
    let Some(first) = arguments.node.first() else {
        return Err(Failure::input("--node is missing: give the address of a node".to_owned()));
    };
    let key = KeyFile::read(&arguments.key, KeyRole::Registrar)?.key;
    let genesis = Arc::new(arguments.community.genesis(common, first)?);
    if !genesis.registrars().contains(&key.verifying_key()) {
        let text = "this is the key of no registrar of this community: only those whom the genesis lists can ask";
        return Err(Failure::input(text.to_owned()));
    }
    let Some(totals) = genesis.parameters.totals else {
        return Err(AskError::Rule(CheckError::Rejected(Rejection::NoTotals)).into());
    };
    let period = period(&arguments.period, &totals)?;
    let target = match (arguments.cohort, arguments.trades) {
        (Some(place), _) => Target::Cohort(place),
        (None, Some(utility)) => Target::Trades(utility),
        (None, None) => return Err(Failure::input("say --cohort N, or --trades UTILITY".to_owned())),
    };
    let mut chain = Nodes::new(&arguments.node, genesis.clone());
    let mut view = PublicView::with_periods(genesis.clone());
    follow(&mut view, &mut chain, |_, _| {})?;
    let now = view.tip().time;
    let plan = fixed(&view.state(), period, target, now).map_err(|error| refused(error, &totals, period, now))?;
    if !common.json {
        eprintln!("{}\n", text(&plan, &totals));
    }
    match arguments.yes {
        true => {}
        false => match common.ask("Ask for this? It cannot be changed or taken back.")? {
            Some(true) => {}
            Some(false) => return Err(Failure::declined()),
            None => {
                let text = "nobody can be asked here whether this is meant: look at it, and say --yes";
                return Err(Failure::new("not_confirmed", text));
            }
        },
    }
    let request = plan.request(&genesis, &key, now).map_err(AskError::from)?;
    hand_in(&mut chain, &request).map_err(AskError::from)?;
    let id = *request.transaction.id();
    let is_final = match wait(&mut view, &mut chain, period, target)? {
        Some(first) if first != id => return Err(AskError::Rule(Rejection::TotalTaken.into()).into()),
        first => first.is_some(),
    };
    let numbers = |meters: &[MeterId]| meters.iter().map(|meter| meter.0).collect();
    let asked = Asked {
        period: period.0,
        start: totals.start(period).0,
        end: totals.end(period).0,
        meters: numbers(&plan.within),
        trades: plan.trades,
        missing: numbers(&plan.missing),
        left_out: numbers(&plan.left_out),
        release_until: plan.times.release.0,
        id: hex(&id.0),
        is_final,
    };
    common.answer(&asked, || match is_final {
        true => format!("Asked, and final. Members release their shares until {}.", moment(asked.release_until)),
        false => {
            "Taken by a node, but in no final block yet: ask again later; it is refused once it is there.".to_owned()
        }
    })
}

/// The request of a period and target that is final by now, or soon: ours, or another registrar's that came first.
fn wait(
    view: &mut PublicView,
    chain: &mut Nodes,
    period: Period,
    target: Target,
) -> Result<Option<TransactionId>, Failure> {
    let mut first = None;
    for look in 0..LOOKS {
        if look > 0 {
            std::thread::sleep(BETWEEN);
        }
        follow(view, chain, |block, _| first = first.or_else(|| asked_in(block, period, target)))?;
        if first.is_some() {
            break;
        }
    }
    Ok(first)
}

/// A period by its number or by a day.
fn period(text: &str, totals: &TotalsParameters) -> Result<Period, Failure> {
    if let Ok(number) = text.parse() {
        return Ok(Period(number));
    }
    let day = text.parse::<Date>().ok().and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    let start = day.and_then(|day| u64::try_from(day.timestamp().as_second()).ok()).map(Timestamp);
    let start = start.ok_or_else(|| {
        Failure::input(format!("\"{text}\" is no period: write a day like 2026-11-20, or its number"))
    })?;
    if totals.period < 86_400 {
        let first = totals.period_at(start).0;
        return Err(Failure::input(format!(
            "this community's periods are shorter than a day: give the period's number; the first of {text} is {first}"
        )));
    }
    Ok(totals.period_at(start))
}

/// A rule's reason, with when it will be otherwise.
fn refused(error: CheckError, totals: &TotalsParameters, period: Period, now: Timestamp) -> Failure {
    if matches!(error, CheckError::Rejected(Rejection::LotsNotDrawn)) {
        return Failure::input(format!("{error}; try again after the next block"));
    }
    if matches!(error, CheckError::Rejected(Rejection::RequestTooEarly)) {
        let complain = totals.times(period).complain;
        return Failure::input(format!(
            "{error}; it can be asked for after {} (the ledger's time is {})",
            moment(complain.0),
            moment(now.0)
        ));
    }
    AskError::Rule(error).into()
}

/// What the request fixes, before it is sent.
fn text(plan: &Fixed, totals: &TotalsParameters) -> String {
    let list = |meters: &[MeterId]| match meters {
        [] => "none".to_owned(),
        meters => meters.iter().map(|meter| meter.0.to_string()).collect::<Vec<_>>().join(", "),
    };
    let mut rows = vec![(
        "Period",
        format!("{}: {} to {}", plan.period.0, moment(totals.start(plan.period).0), moment(totals.end(plan.period).0)),
    )];
    match plan.target {
        Target::Cohort(place) => {
            rows.push(("Total of", format!("exports and imports of cohort {place}")));
            rows.push(("Meters that are in", format!("{}: {}", plan.within.len(), list(&plan.within))));
            rows.push(("Did not share, or wrongly", list(&plan.missing)));
            rows.push(("Left out, for ever", list(&plan.left_out)));
        }
        Target::Trades(utility) => {
            rows.push(("Total of", format!("energy and money of {} trades", utility.name())));
            rows.push(("Trades that are in", plan.trades.to_string()));
        }
    }
    rows.push(("Members release until", moment(plan.times.release.0)));
    pairs(&rows)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_day_or_a_number() {
        let days = TotalsParameters::default();
        assert_eq!(period("1970-01-03", &days).unwrap(), Period(2));
        assert_eq!(period("20000", &days).unwrap(), Period(20_000));
        let weeks = TotalsParameters { period: 7 * 86_400, ..days };
        assert_eq!(period("1970-01-09", &weeks).unwrap(), Period(1));
        let hours = TotalsParameters { period: 7_200, ..days };
        assert!(period("1970-01-02", &hours).unwrap_err().to_string().contains("is 12"));
        for wrong in ["yesterday", "2026-13-01", "1969-01-01", "-3", ""] {
            assert!(period(wrong, &days).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_fixed_is_told_in_plain_words() {
        let days = TotalsParameters::default();
        let plan = Fixed {
            period: Period(20_620),
            target: Target::Cohort(1),
            within: [2, 3, 4].map(MeterId).to_vec(),
            trades: 0,
            missing: vec![MeterId(7)],
            left_out: [0, 1, 7].map(MeterId).to_vec(),
            times: days.times(Period(20_620)),
        };
        let told = text(&plan, &days);
        for part in ["20620: 2026-06-16", "3: 2, 3, 4", "0, 1, 7", "cohort 1"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let trades = text(&Fixed { target: Target::Trades(Utility::Heat), trades: 9, ..plan }, &days);
        assert!(trades.contains("heat trades") && trades.contains("9"), "{trades}");
    }
}
