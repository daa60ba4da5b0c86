use super::*;

use hushwatt_crypto::{hash::hex, signature::SigningKey};
use hushwatt_ledger::parameters::{AuctionParameters, Parameters, PriceBounds, TotalsParameters, UtilityPrices};
use rand_core::OsRng;

const EXAMPLE: &str = include_str!("../../../../deploy/community.toml");

fn digits() -> String {
    hex(SigningKey::random(&mut OsRng).verifying_key().as_bytes())
}

/// The example with fresh keys in it.
fn filled() -> String {
    let mut text = String::new();
    for line in EXAMPLE.lines() {
        let filled = match line.split_once(":...") {
            Some((start, end)) => format!("{start}:{}{end}", digits()),
            None => line.to_owned(),
        };
        text.push_str(&filled);
        text.push('\n');
    }
    text
}

fn build(text: &str) -> Result<Community, String> {
    let path = Path::new("community.toml");
    let builder = Builder { source: Source { path, text }, names: Names::default(), seen: HashMap::new() };
    builder.build().map_err(|error| error.to_string())
}

fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).unwrap() + 1
}

#[test]
fn the_example_with_keys_filled_in_is_a_genesis_with_the_default_parameters() {
    let community = build(&filled()).unwrap_or_else(|error| panic!("{error}"));
    let genesis = &community.genesis;
    let defaults = Parameters { totals: Some(TotalsParameters::default()), ..Parameters::default() };
    assert_eq!(genesis.parameters, defaults);
    assert_eq!((genesis.validators().count(), genesis.registrars().len(), genesis.registrar_quorum()), (4, 3, 2));
    assert_eq!(genesis.meters().count(), 2);
    assert_eq!(genesis.time.0, 1_796_083_200);
    assert_eq!(community.names.of(&genesis.treasury), "cooperative");
    assert_eq!(Genesis::parse(genesis.bytes()).unwrap().network(), genesis.network());
    // Every parameter stands in the example.
    let names = serde_json::to_value(&defaults).unwrap();
    for (name, value) in names.as_object().unwrap() {
        match value.as_object() {
            Some(table) => {
                let (_, rest) = EXAMPLE.split_once(&format!("\n[parameters.{name}]\n")).unwrap();
                let table_text = format!("\n{}", rest.split("\n\n").next().unwrap());
                for name in table.keys() {
                    assert!(table_text.contains(&format!("\n{name} = ")), "{name}");
                }
            }
            None => assert!(EXAMPLE.contains(&format!("\n{name} = ")), "{name}"),
        }
    }
    assert_eq!(community.names.of(&genesis.operator.unwrap()), "market");
}

#[test]
fn auctions_can_be_changed_and_left_out() {
    let text = filled();
    let parameters = |text: &str| build(text).unwrap_or_else(|error| panic!("{error}")).genesis.parameters;
    let other = text.replace("order_term = \"30m\"", "order_term = \"20m\"").replace("q_min = 10", "q_min = 100");
    let expected = AuctionParameters { order_term: 1200, q_min: 100, ..AuctionParameters::default() };
    assert_eq!(parameters(&other).auction, Some(expected));
    assert_eq!(parameters(&text.replace("enabled = true", "enabled = false")).auction, None);
    // Without the table they are as by default; without an operator the registrars name one later.
    let (before, rest) = text.split_once("[parameters.auction]\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    assert_eq!(parameters(&format!("{before}{after}")).auction, Some(AuctionParameters::default()));
    let (before, rest) = text.split_once("[operator]\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    assert_eq!(build(&format!("{before}{after}")).unwrap_or_else(|error| panic!("{error}")).genesis.operator, None);
}

#[test]
fn totals_can_be_changed_and_left_out() {
    let text = filled();
    let parameters = |text: &str| build(text).unwrap_or_else(|error| panic!("{error}")).genesis.parameters;
    let other = text.replace("request_term = \"30d\"", "request_term = \"20d\"").replace("k_min = 10", "k_min = 20");
    let expected = TotalsParameters { request_term: 20 * 86_400, k_min: 20, ..TotalsParameters::default() };
    assert_eq!(parameters(&other).totals, Some(expected));
    let (before, rest) = text.split_once("[parameters.totals]\n").unwrap();
    let (table, after) = rest.split_once("\n\n").unwrap();
    let off = table.replace("enabled = true", "enabled = false");
    assert_eq!(parameters(&format!("{before}[parameters.totals]\n{off}\n\n{after}")).totals, None);
    // What says nothing of totals is what it always was.
    assert_eq!(parameters(&format!("{before}{after}")).totals, None);
}

#[test]
fn the_example_as_it_is_asks_for_its_first_key() {
    let line = line_of(EXAMPLE, "key = \"validator:...\"");
    let error = build(EXAMPLE).err().unwrap();
    assert!(error.starts_with(&format!("community.toml, line {line} (validators, number 1, key): ")), "{error}");
    assert!(error.contains("64 hexadecimal digits"), "{error}");
}

#[test]
fn prices_and_times_are_read_in_every_form() {
    let text = filled()
        .replace("floor = \"0.010\"", "floor = 20")
        .replace("cap = \"1.000\"", "cap = \"0.12 EUR/kWh\"")
        .replace("fee = \"0\"", "fee = \"0.01 EUR\"")
        .replace("retention = \"90d\"", "retention = 7776000")
        .replace("open_lead = \"24h\"", "open_lead = \"1d\"")
        .replace("2026-12-01T00:00:00Z", "\"2026-12-01T01:00:00+01:00\"");
    let genesis = build(&text).unwrap_or_else(|error| panic!("{error}")).genesis;
    let parameters = &genesis.parameters;
    assert_eq!((parameters.floor, parameters.cap, parameters.fee), (20, 120, 10_000));
    assert_eq!((parameters.retention, parameters.open_lead, genesis.time.0), (7_776_000, 86_400, 1_796_083_200));
}

/// The example with water's own prices, as its comment has them.
fn with_water() -> String {
    let lines = ["[parameters.prices.water]", "floor = \"1.000\"", "cap = \"5.000\"", "price_step = \"0.050\""];
    lines.iter().fold(filled(), |text, line| {
        let comment = format!("\n# {line}");
        assert!(text.contains(&comment), "{line}");
        text.replacen(&comment, &format!("\n{line}"), 1)
    })
}

#[test]
fn a_utility_may_have_prices_of_its_own() {
    let text = with_water();
    let parameters = build(&text).unwrap_or_else(|error| panic!("{error}")).genesis.parameters;
    let water = PriceBounds { price_step: 50, floor: 1_000, cap: 5_000 };
    assert_eq!(parameters.prices, UtilityPrices { water: Some(water), ..UtilityPrices::default() });
    assert_eq!(parameters.prices_of(Utility::Electricity), Parameters::default().general_prices());
    // What is left out is as for the others.
    let text = text.replacen("floor = \"1.000\"", "", 1);
    let parameters = build(&text).unwrap_or_else(|error| panic!("{error}")).genesis.parameters;
    assert_eq!(parameters.prices.water, Some(PriceBounds { floor: 10, ..water }));
}

#[test]
fn wrong_prices_of_a_utility_are_told_with_their_line_and_place() {
    let good = with_water();
    let (floor, cap) = ("floor = \"1.000\"", "cap = \"5.000\"");
    let too_low = good.replacen(cap, "cap = \"0.500\"", 1);
    let left_out = good.replacen(floor, "floor = \"2.000\"", 1).replacen(cap, "", 1);
    let no_text = good.replacen(cap, "cap = 5.0", 1);
    let gas = good.replacen("prices.water]", "prices.gas]", 1);
    for (text, line, place, message) in [
        (too_low, floor, "water, floor", "prices.water: 1 <= floor <= cap"),
        (left_out, "floor = \"2.000\"", "water, floor", "here: floor = 2.000 EUR/m3, cap = 1.000 EUR/m3"),
        (no_text, "cap = 5.0", "water, cap", "with at most 3 decimals"),
        (gas, "prices.gas]", "gas", "unknown field `gas`"),
    ] {
        let error = build(&text).err().unwrap_or_else(|| panic!("{message}: it was accepted"));
        let start = format!("community.toml, line {} (parameters, prices, {place}): ", line_of(&text, line));
        assert!(error.starts_with(&start) && error.contains(message), "{error}");
    }
}

#[test]
fn each_mistake_is_told_with_its_line_and_place() {
    let good = filled();
    // What is changed into what, where the error should point, and what it should say.
    let cases = [
        ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00", "(start)", "offset from UTC"),
        ("window = \"1h\"", "window = \"7m\"", "(parameters, window)", "whole number of intervals"),
        ("window = \"1h\"", "window = \"an hour\"", "(parameters, window)", "no length of time"),
        (
            "retention = \"90d\"",
            "retention = \"1d\"",
            "(parameters, retention)",
            "here: retention = 1d, open_lead = 1d",
        ),
        (
            "correction_term = \"60d\"",
            "correction_term = \"90d\"",
            "(parameters, correction_term)",
            "here: correction_term = 90d, retention = 90d",
        ),
        ("floor = \"0.010\"", "floor = 0.01", "(parameters, floor)", "with at most 3 decimals"),
        ("floor = \"0.010\"", "floor = \"0.0105\"", "(parameters, floor)", "with at most 3 decimals"),
        ("floor = \"0.010\"", "floor = \"2\"", "(parameters, floor)", "2.000 EUR/kWh"),
        ("floor = \"0.010\"", "flor = \"0.010\"", "(parameters, flor)", "unknown field `flor`"),
        ("ring_min = 8", "ring_min = -8", "(parameters, ring_min)", "-8"),
        ("order_term = \"30m\"", "order_term = \"11h\"", "(parameters, auction, order_term)", "here: order_term = 11h"),
        ("order_term = \"30m\"", "order_term = \"30s\"", "(parameters, auction, order_term)", "clear_term = 30m"),
        ("period = \"1d\"", "period = \"7h\"", "(parameters, totals, period)", "here: period = 7h"),
        ("k_min = 10", "k_min = \"x\"", "(parameters, totals, k_min)", "expected u32"),
        ("q_min = 10", "q_min = 0", "(parameters, auction, q_min)", "max_orders = 200"),
        ("enabled = true", "enabled = 1", "(parameters, auction, enabled)", "boolean"),
        ("clear_term = \"30m\"", "clear = \"30m\"", "(parameters, auction, clear)", "unknown field `clear`"),
        ("\"operator:", "\"treasury:", "(operator, key)", "operator's is needed"),
        ("epoch_blocks = 240", "epoch_blocks = 1", "(parameters, epoch_blocks)", "between 2 and 1,000,000"),
        ("registrar_quorum = 2", "registrar_quorum = 4", "(registrar_quorum)", "between 1 and 3"),
        (
            "utility = \"electricity\"",
            "utility = \"gas\"",
            "(meters, number 1, utility)",
            "`electricity`, `water`, `heat`",
        ),
        ("class = 32", "class = 64", "(meters, number 1, class)", "class is 16"),
        ("\"meter:", "\"validator:", "(meters, number 1, key)", "a meter's is needed"),
        ("\"registrar:", "\"treasury:", "(registrars, number 1, key)", "a treasury's key, and a registrar's is needed"),
        ("\"treasury:", "\"trasury:", "(treasury, key)", "no role of a key"),
        ("[treasury]", "[treasury", "", ""),
    ];
    for (from, to, place, message) in cases {
        let text = good.replacen(from, to, 1);
        let error = build(&text).err().unwrap_or_else(|| panic!("{to} was accepted"));
        let line = good.lines().zip(text.lines()).position(|(before, after)| before != after).unwrap() + 1;
        let expected = format!("community.toml, line {line} {place}");
        assert!(error.starts_with(expected.trim_end()) && error.contains(message), "{to}: {error}");
    }
}

#[test]
fn what_is_missing_or_there_twice_is_told() {
    let good = filled();
    let without = |line: &str| good.replacen(&format!("{line}\n"), "", 1);
    for (text, message) in [
        (without("registrar_quorum = 2"), "registrar_quorum is missing: say how many of the 3"),
        (without("start = 2026-12-01T00:00:00Z"), "start is missing: say when"),
        (good.replace("[[validators]]", "[[checkers]]"), "unknown field `checkers`"),
    ] {
        let error = build(&text).err().unwrap();
        assert!(error.contains(message), "{error}");
    }
    // The third validator's key is the first one's.
    let keys: Vec<&str> = good.lines().filter(|line| line.starts_with("key = \"validator:")).collect();
    let text = good.replace(keys[2], keys[0]);
    let error = build(&text).err().unwrap();
    let (first, third) = (line_of(&text, keys[0]), line_of(&good, keys[2]));
    assert!(error.contains(&format!("line {third} (validators, number 3, key)")), "{error}");
    assert!(error.contains(&format!("already at line {first} (validators, number 1, key)")), "{error}");
}
