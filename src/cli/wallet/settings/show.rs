//! Settings in plain words.

use hushwatt_ledger::units::Credit;
use hushwatt_wallet::household::Household;

use super::super::{order::rule::in_words, show::Show, table::pairs};

pub(super) fn text(show: &Show, household: &Household) -> String {
    let settings = household.settings();
    let agent = &settings.agent;
    let lock = match settings.auto_lock_minutes {
        0 => "never locks".to_owned(),
        1 => "locks after a minute without use".to_owned(),
        minutes => format!("locks after {minutes} minutes without use"),
    };
    let sell = agent.sell.map_or_else(
        || "offers nothing".to_owned(),
        |rule| {
            format!(
                "offers {} % of what the same window of the day before gave of {}, for {}",
                rule.percent_of_yesterday,
                rule.utility.name(),
                show.price(rule.utility, rule.price_micro_euro)
            )
        },
    );
    let buy = agent.buy.map_or_else(
        || "orders nothing".to_owned(),
        |rule| {
            format!(
                "orders {} for at most {}, at most {} a window and {} a day",
                rule.utility.name(),
                show.price(rule.utility, rule.max_price_micro_euro),
                show.energy(rule.utility, rule.per_window.into()),
                show.euro(Credit(rule.per_day_micro_euro))
            )
        },
    );
    let company = match settings.smallest_company {
        0 => "a payment hides among as many as the community agreed on, or the wallet asks".to_owned(),
        least => format!("a payment hides among at least {least}, or the wallet asks"),
    };
    let either = |holds: bool, yes: &str, no: &str| if holds { yes.to_owned() } else { no.to_owned() };
    let gateways = match settings.gateways.as_slice() {
        [] => "none is asked".to_owned(),
        urls => urls.join("\n"),
    };
    let auctions: Vec<String> = agent.auction.iter().map(|rule| in_words(show, rule)).collect();
    let auctions = if auctions.is_empty() { "orders nothing in auctions".to_owned() } else { auctions.join("\n") };
    let operator = settings.operator.clone().unwrap_or_else(|| "none is known".to_owned());
    pairs(&[
        ("Nodes", household.nodes().join("\n")),
        ("Gateways", gateways),
        ("Operator", operator),
        ("Web page", format!("{}, {lock}", if settings.language == "de" { "German" } else { "English" })),
        ("Backup", format!("old after {} days", settings.backup_days)),
        ("Company", company),
        ("On its own", either(agent.deliver, "delivers what was ordered from you", "does not deliver")),
        ("", either(agent.tidy, "keeps money in usable pieces", "leaves money in the pieces it is in")),
        ("", sell),
        ("", buy),
        ("", auctions),
        ("", either(agent.allow_small_company, "goes on with little company", "waits when there is little company")),
        ("", either(agent.forget, "deletes readings that are past the retention", "keeps all readings")),
        (
            "",
            either(
                agent.share_totals,
                "shares sales for totals of the community's trades",
                "shares no sales for totals",
            ),
        ),
    ])
}
