//! From a community's file to its genesis.

use std::fs;

use hushwatt_ledger::{
    genesis::Genesis,
    parameters::{Parameters, TotalsParameters},
};

use crate::support::{community, network_of, run, text};

#[test]
fn a_readable_file_becomes_a_genesis_that_says_in_words_what_it_is() {
    let temporary = tempfile::tempdir().unwrap();
    let toml = community(temporary.path(), &[]);
    let out = temporary.path().join("genesis.json");
    let built = run(&["genesis", "--from", text(&toml), "--out", text(&out)]).ok();
    for part in [
        "bakery",
        "3: Anna, Bert, Carla; 2 must agree",
        "cooperative",
        "2 electricity",
        "for 90d",
        "0.010 to 1.000 EUR/kWh",
        "orders for 30m after the attestation deadline, cleared within 30m of that",
        "at most 200 orders of at least 10 Wh or litres each; cleared by market",
    ] {
        assert!(built.contains(part), "\"{part}\" is missing in {built}");
    }
    let genesis = Genesis::parse(&fs::read(&out).unwrap()).unwrap();
    let parameters = Parameters { totals: Some(TotalsParameters::default()), ..Parameters::default() };
    assert_eq!((network_of(&built), &genesis.parameters), (genesis.network().to_string(), &parameters));
    assert!(genesis.operator.is_some());
    // Whoever gets the file sees the same, without the names.
    assert_eq!(network_of(&run(&["genesis", "--show", text(&out)]).ok()), network_of(&built));
    run(&["genesis", "--from", text(&toml), "--out", text(&out)]).refused(&["exists already"]);
    fs::write(&out, "{}").unwrap();
    run(&["genesis", "--show", text(&out)]).refused(&["genesis.json", "missing field"]);
}

#[test]
fn a_community_without_auctions_or_without_an_operator_is_told_so() {
    let temporary = tempfile::tempdir().unwrap();
    let toml = community(temporary.path(), &[]);
    let good = fs::read_to_string(&toml).unwrap();
    let (before, rest) = good.split_once("[operator]\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let without = format!("{before}{after}");
    for (place, wanted, expected) in [
        (0, without.replace("enabled = true", "enabled = false"), "none: households trade by contracts alone"),
        (1, without, "no order is possible until the registrars name one"),
    ] {
        fs::write(&toml, wanted).unwrap();
        let out = temporary.path().join(format!("genesis-{place}.json"));
        let built = run(&["genesis", "--from", text(&toml), "--out", text(&out)]).ok();
        assert!(built.contains(expected), "{built}");
        let totals = if place == 1 { "over at least 10 meters, or 8 trades, of 1d" } else { "Totals      none" };
        assert!(built.contains(totals), "{built}");
        let genesis = Genesis::parse(&fs::read(&out).unwrap()).unwrap();
        assert_eq!((genesis.parameters.auction.is_some(), genesis.operator), (place == 1, None));
        assert_eq!(genesis.parameters.totals.is_some(), place == 1);
    }
}

#[test]
fn a_mistake_is_told_with_its_line_and_nothing_is_written() {
    let temporary = tempfile::tempdir().unwrap();
    let toml = community(temporary.path(), &[]);
    let good = fs::read_to_string(&toml).unwrap();
    let out = temporary.path().join("genesis.json");
    for (from, to, expected) in [
        ("window = \"1h\"", "window = \"7m\"", "window must be a whole number of intervals"),
        ("retention = \"90d\"", "retention = \"1d\"", "retention must be longer"),
        ("floor = \"0.010\"", "flor = \"0.010\"", "unknown field `flor`"),
        ("utility = \"electricity\"", "utility = \"gas\"", "expected one of"),
        ("registrar_quorum = 2", "registrar_quorum = 9", "between 1 and 3"),
    ] {
        let line = good.lines().position(|line| line.contains(from)).unwrap() + 1;
        fs::write(&toml, good.replacen(from, to, 1)).unwrap();
        let place = format!("community.toml, line {line} (");
        run(&["genesis", "--from", text(&toml), "--out", text(&out)]).refused(&[&place, expected]);
        assert!(!out.exists());
    }
    run(&["genesis", "--from", "no-such.toml", "--out", text(&out)]).refused(&["could not read no-such.toml"]);
    assert_ne!(run(&["genesis", "--from", text(&toml)]).code, 0);
}
