//! What a genesis says, in plain words: what every member should read before he takes part.

use hushwatt_ledger::{
    genesis::Genesis,
    parameters::{Parameters, PriceBounds},
    units::{Credit, Utility},
};
use hushwatt_node::config::Seconds;

use super::{common::time_text, community::Names};

/// Micro-euro per Wh as EUR per kWh, and per litre as EUR per m3.
pub(super) fn price_text(utility: Utility, micro_euro: u32) -> String {
    let unit = match utility {
        Utility::Electricity | Utility::Heat => "EUR/kWh",
        Utility::Water => "EUR/m3",
    };
    format!("{} {unit}", number_text(micro_euro))
}

/// `0.010 to 1.000 EUR/kWh in steps of 0.010`.
fn bounds_text(utility: Utility, bounds: &PriceBounds) -> String {
    let (floor, cap) = (number_text(bounds.floor), price_text(utility, bounds.cap));
    format!("{floor} to {cap} in steps of {}", number_text(bounds.price_step))
}

fn number_text(micro_euro: u32) -> String {
    format!("{}.{:03}", micro_euro / 1000, micro_euro % 1000)
}

/// The summary, of several lines.
pub(super) fn of(genesis: &Genesis, names: &Names, now: u64) -> String {
    let parameters = &genesis.parameters;
    let time = |seconds: u64| Seconds(seconds).to_string();
    let mut rows: Vec<(&str, String)> = Vec::new();
    let start = genesis.time.0;
    let distance = match start.checked_sub(now) {
        Some(0) => "now".to_owned(),
        Some(ahead) => format!("in {}", rough(ahead)),
        None => format!("{} ago", rough(now - start)),
    };
    rows.push(("Starts", format!("{} ({distance})", time_text(start))));
    if genesis.simulated_time {
        rows.push(("Clock", "SIMULATED TIME: for demos and tests, never for real money".to_owned()));
    }
    let set = genesis.validators();
    let holders: Vec<String> = set.keys().iter().map(|key| names.of(key)).collect();
    rows.push(("Validators", format!("{}: {}", set.count(), holders.join(", "))));
    rows.push(("", quorum(set.count(), set.quorum())));
    let registrars: Vec<String> = genesis.registrars().iter().map(|key| names.of(key)).collect();
    rows.push(match registrars.len() {
        0 => ("Registrars", "none: nobody can ever change the validators".to_owned()),
        count => (
            "Registrars",
            format!(
                "{count}: {}; {} must agree to a change of the validators",
                registrars.join(", "),
                genesis.registrar_quorum()
            ),
        ),
    });
    rows.push(("Treasury", names.of(&genesis.treasury)));
    rows.push(("Meters", meters(genesis)));
    rows.push((
        "Settlement",
        format!(
            "readings every {}, windows of {}; attested within {} of the window's end, delivered within {} of that",
            time(parameters.interval),
            time(parameters.window),
            time(parameters.attestation_deadline),
            time(parameters.delivery_term)
        ),
    ));
    rows.push((
        "Contracts",
        format!("from {} before their window to {} after it", time(parameters.open_lead), time(parameters.open_term)),
    ));
    rows.extend(auctions(genesis, names));
    let fee = if parameters.fee == 0 { "no fee".to_owned() } else { format!("fee {}", Credit(parameters.fee)) };
    rows.push(("Prices", format!("{}; {fee}", bounds_text(Utility::Electricity, &parameters.general_prices()))));
    for utility in Utility::ALL {
        if let Some(bounds) = parameters.prices.of(utility) {
            rows.push(("", format!("{}: {}", utility.name(), bounds_text(utility, &bounds))));
        }
    }
    rows.push((
        "Anonymity",
        format!(
            "payments hide among {} to {} notes; new money waits {} for its ring, at most {}",
            parameters.ring_min,
            parameters.ring_cap,
            time(parameters.credit_epoch),
            time(parameters.seal_after)
        ),
    ));
    rows.push(("Hints", format!("served to wallets for {}, then deleted", time(parameters.retention))));
    let corrections = match parameters.correction_term {
        0 => "none: what meters have reported stays".to_owned(),
        term => format!("meters may correct what they reported for {} after a window", time(term)),
    };
    rows.push(("Corrections", corrections));
    rows.extend(totals(parameters));
    rows.push(("Epochs", format!("validators change at the end of {} blocks", parameters.epoch_blocks)));
    let mut text: Vec<String> =
        rows.into_iter().map(|(name, value)| format!("{name:<12}{value}").trim_end().to_owned()).collect();
    text.push(format!("\nNetwork id: {}\nCompare it with the others before anybody starts a node.", genesis.network()));
    text.join("\n")
}

/// How auctions run, and who clears them.
fn auctions(genesis: &Genesis, names: &Names) -> Vec<(&'static str, String)> {
    let Some(auction) = &genesis.parameters.auction else {
        return vec![("Auctions", "none: households trade by contracts alone".to_owned())];
    };
    let operator = match &genesis.operator {
        Some(key) => format!("cleared by {}, who can set no price of his own", names.of(key)),
        None if genesis.registrars().is_empty() => {
            "no operator, and nobody can ever name one: no order is possible".to_owned()
        }
        None => "no operator yet: no order is possible until the registrars name one".to_owned(),
    };
    let time = |seconds: u64| Seconds(seconds).to_string();
    vec![
        (
            "Auctions",
            format!(
                "one for each window and utility: orders for {} after the attestation deadline, cleared within {} of that",
                time(auction.order_term),
                time(auction.clear_term)
            ),
        ),
        (
            "",
            format!(
                "at most {} orders of at least {} Wh or litres each; {operator}",
                auction.max_orders, auction.q_min
            ),
        ),
    ]
}

/// How totals are made.
fn totals(parameters: &Parameters) -> Vec<(&'static str, String)> {
    let Some(totals) = &parameters.totals else { return vec![("Totals", "none".to_owned())] };
    let time = |seconds: u64| Seconds(seconds).to_string();
    let terms = [totals.close_term, totals.share_term, totals.complaint_term, totals.request_term, totals.release_term];
    let [close, share, complain, request, release] = terms.map(time);
    vec![
        (
            "Totals",
            format!(
                "over at least {} meters, or 8 trades, of {}; by a committee that the registrars name",
                totals.k_min,
                time(totals.period)
            ),
        ),
        (
            "",
            format!(
                "closes {close} after its end; then shared for {share}, disputed for {complain}, asked for within {request}, released within {release}"
            ),
        ),
    ]
}

fn quorum(count: usize, quorum: usize) -> String {
    if count == 1 {
        return "while it is away, nothing is settled".to_owned();
    }
    let survive = match count - quorum {
        0 => "none of them may fail".to_owned(),
        1 => "one of them may fail or cheat".to_owned(),
        failing => format!("{failing} of them may fail or cheat"),
    };
    format!("a block needs {quorum} of them; {survive}")
}

fn meters(genesis: &Genesis) -> String {
    let mut kinds = Vec::new();
    for utility in Utility::ALL {
        let count = genesis.meters().filter(|(_, meter)| meter.utility == utility).count();
        if count > 0 {
            kinds.push(format!("{count} {}", utility.name()));
        }
    }
    if kinds.is_empty() { "none: nothing can be attested or traded".to_owned() } else { kinds.join(", ") }
}

/// The largest unit that says enough.
fn rough(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}
