//! What a machine is for decides what is built: a gateway and a wallet come without the consensus engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::{collections::BTreeSet, process::Command};

/// Packages that the program needs with these features.
fn packages(features: &str) -> BTreeSet<String> {
    let flags =
        ["tree", "--offline", "--locked", "-p", "hushwatt", "-e", "normal", "--prefix", "none", "--format", "{p}"];
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(flags)
        .args(["--no-default-features", "--features", features])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect()
}

#[test]
fn a_gateway_and_a_wallet_are_built_without_the_consensus_engine() {
    for features in ["meter", "wallet", "meter,wallet", ""] {
        let packages = packages(features);
        let engine = |name: &&String| {
            name.starts_with("commonware") || matches!(name.as_str(), "hushwatt-node" | "hushwatt-consensus")
        };
        assert_eq!(packages.iter().find(engine), None, "with \"{features}\"");
        // An auditor's command is always there.
        assert!(packages.contains("hushwatt-audits"));
    }
}

#[test]
fn a_part_brings_no_other_part_with_it() {
    let (meter, wallet, node) = (packages("meter"), packages("wallet"), packages("node"));
    for (name, is_there) in [
        ("hushwatt-gateway", [true, false, false]),
        ("hushwatt-drivers", [true, false, false]),
        ("serialport", [true, false, false]),
        ("hushwatt-wallet-web", [false, true, false]),
        ("hushwatt-node", [false, false, true]),
        ("hushwatt-consensus", [false, false, true]),
    ] {
        let found = [&meter, &wallet, &node].map(|packages| packages.contains(name));
        assert_eq!(found, is_there, "{name}");
    }
}
