//! `hushwatt wallet totals`: every request for a total that is on the ledger.

use clap::Args;
use hushwatt_ledger::units::MeterId;
use hushwatt_wallet::household::{
    Household,
    views::{MeterView, OwnShares, TotalOver, TotalView},
};

use super::{common::Common, error::WalletCommandError, session::Session, show::Show, table::pairs, times::Clockface};

/// Arguments of `hushwatt wallet totals`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet totals
  hushwatt wallet totals --mine            only those that your own meter is in
  hushwatt wallet totals --json | jq '.requests[0]'

A registrar of your community can ask a committee for a total: what the meters of a cohort took and gave in a period, or what was
traded. Every request is on the ledger for everybody to see, and this shows them all. Whoever asks learns the sum and nothing else: as
long as fewer members of the committee than its threshold tell each other what they have, nobody learns what a single meter counted or
a single sale was of. Days are those of UTC.

Your own sales come into totals of trades by what this wallet shares while \"hushwatt wallet run\" or the web page runs: for each sale
once, after its period, alone and at a random time. What is shared names the sale and not the seller. To share
none: hushwatt wallet settings set --share-totals no")]
pub(super) struct TotalsArguments {
    /// Only those that a paired meter of yours is in
    #[arg(long)]
    mine: bool,
}

pub(super) fn run(common: &Common, arguments: &TotalsArguments) -> Result<(), WalletCommandError> {
    let session = Session::to_look(common)?;
    let household = session.household();
    let mut view = household.totals()?;
    view.requests.retain(|request| !arguments.mine || is_own(request));
    let show = common.show();
    common.answer(&view, || {
        let paired = household.meters();
        let mut parts: Vec<String> = view.requests.iter().map(|request| text(&show, &paired, request)).collect();
        if parts.is_empty() {
            parts.push(none(&household, arguments.mine).to_owned());
        }
        parts.extend(shares(&household, &view.own_sales));
        parts.join("\n\n")
    })
}

fn is_own(request: &TotalView) -> bool {
    matches!(&request.over, TotalOver::Meters { own_in, .. } if !own_in.is_empty())
}

fn none(household: &Household, mine: bool) -> &'static str {
    match (household.genesis().parameters.totals, mine) {
        (None, _) => "Your community makes no totals.",
        (Some(_), true) => "Nobody has asked for a total that your meter is in.",
        (Some(_), false) => "Nobody has asked for a total.",
    }
}

fn text(show: &Show, meters_paired: &[MeterView], request: &TotalView) -> String {
    let asked = format!(
        "{}, by registrar {} ({})",
        show.moment(request.asked),
        request.registrar,
        super::history::short(&request.registrar_key)
    );
    let period = format!("{} (UTC)", Clockface::utc().stretch(request.from, request.until));
    let known = if request.is_known() { ": enough, the sum is known" } else { "" };
    let released =
        format!("by {} of {} members, {} are needed{known}", request.released, request.members, request.needed);
    let (over, yours, learns) = match &request.over {
        TotalOver::Meters { utility, cohort, meters, left_out, own_in, own_left_out } => {
            let of = utility.map(|utility| format!(" of {}", utility.name())).unwrap_or_default();
            let out = match left_out {
                0 => "nobody is left out".to_owned(),
                count => format!("{count} are left out"),
            };
            let counted = meters.saturating_sub(*left_out);
            (
                format!("cohort {cohort}: {meters} meters{of}; {out}"),
                own(meters_paired, own_in, own_left_out),
                format!("what {counted} meters took and gave together in the period, and of no single one"),
            )
        }
        TotalOver::Trades { utility } => (
            format!("trades of {} that sellers shared, at prices that at least eight of them had", utility.name()),
            format!("your sales of {} that this wallet shared are in it, at such prices", utility.name()),
            "how much was traded and for how much money in all, and of no single trade".to_owned(),
        ),
    };
    pairs(&[
        ("Asked", asked),
        ("Period", period),
        ("Over", over),
        ("Released", released),
        ("Yours", yours),
        ("The asker learns", learns),
    ])
}

fn own(meters: &[MeterView], own_in: &[MeterId], own_left_out: &[MeterId]) -> String {
    let names = |ids: &[MeterId]| {
        let name = |id: &MeterId| {
            let label = meters.iter().find(|meter| meter.meter == *id).and_then(|meter| meter.label.clone());
            label.map_or_else(|| format!("meter {}", id.0), |label| format!("meter {} ({label})", id.0))
        };
        ids.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    match (own_in, own_left_out) {
        ([], []) if meters.is_empty() => "not known: no meter is paired (hushwatt wallet pair)".to_owned(),
        ([], []) => "no meter of yours is in it".to_owned(),
        ([], out) => format!("{} was left out", names(out)),
        (inside, []) => format!("{} is in it", names(inside)),
        (inside, out) => format!("{} is in it, {} was left out", names(inside), names(out)),
    }
}

/// How the own sales stand, where there is something to say.
fn shares(household: &Household, shares: &OwnShares) -> Option<String> {
    household.genesis().parameters.totals?;
    let OwnShares { allowed, shared, under_way, planned } = shares;
    let does = if *allowed { "This wallet shares your sales" } else { "This wallet shares no sales" };
    Some(format!("{does} for totals of trades: {shared} shared, {under_way} under way, {planned} planned."))
}

#[cfg(test)]
mod tests {
    use hushwatt_ledger::{
        transaction::TransactionId,
        units::{Timestamp, Utility},
    };

    use super::{super::common::Lang, *};

    /// 2026-06-16T00:00:00Z.
    const DAY: Timestamp = Timestamp(1_781_568_000);

    fn request(over: TotalOver, released: usize) -> TotalView {
        TotalView {
            asked: DAY.plus(5 * 86_400),
            height: 7,
            transaction: TransactionId([3; 64]),
            registrar: 2,
            registrar_key: "3f9a".repeat(16),
            from: DAY,
            until: DAY.plus(86_400),
            release_until: DAY.plus(9 * 86_400),
            over,
            released,
            needed: 3,
            members: 5,
        }
    }

    fn meters(own_in: &[u32], own_left_out: &[u32]) -> TotalOver {
        let ids = |numbers: &[u32]| numbers.iter().copied().map(MeterId).collect();
        TotalOver::Meters {
            utility: Some(Utility::Electricity),
            cohort: 1,
            meters: 12,
            left_out: 3,
            own_in: ids(own_in),
            own_left_out: ids(own_left_out),
        }
    }

    fn paired() -> Vec<MeterView> {
        let meter = |number, label: Option<&str>| MeterView {
            meter: MeterId(number),
            utility: Utility::Electricity,
            label: label.map(str::to_owned),
            last_window: None,
            windows: 0,
        };
        vec![meter(4, Some("roof")), meter(9, None)]
    }

    fn says(paired: &[MeterView], request: &TotalView, parts: &[&str]) {
        let text = text(&Show::new(Lang::En), paired, request);
        for part in parts {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_request_is_told_in_plain_words() {
        let asked = request(meters(&[4], &[9]), 1);
        says(
            &paired(),
            &asked,
            &[
                "by registrar 2 (3f9a",
                "2026-06-16 (UTC)",
                "cohort 1: 12 meters of electricity; 3 are left out",
                "by 1 of 5 members, 3 are needed\n",
                "meter 4 (roof) is in it, meter 9 was left out",
                "what 9 meters took and gave together in the period, and of no single one",
            ],
        );
        says(
            &paired(),
            &request(meters(&[], &[9]), 3),
            &["3 are needed: enough, the sum is known", "meter 9 was left out"],
        );
        says(&paired(), &request(meters(&[], &[]), 3), &["no meter of yours is in it"]);
        says(&[], &request(meters(&[], &[]), 0), &["not known: no meter is paired"]);
        let trades = request(TotalOver::Trades { utility: Utility::Water }, 5);
        let over = "trades of water that sellers shared, at prices that at least eight of them had";
        says(&paired(), &trades, &[over, "of no single trade"]);
        assert!(is_own(&asked) && !is_own(&trades) && !is_own(&request(meters(&[], &[9]), 0)));
    }
}
