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
fn a_gateway_a_wallet_and_an_operator_are_built_without_the_consensus_engine() {
    for features in
        ["meter", "wallet", "operator", "committee", "registrar", "meter,wallet,operator,committee,registrar", ""]
    {
        let packages = packages(features);
        // Circuit proofs come from the same authors; everybody who verifies a chain needs those.
        let engine = |name: &&String| {
            let parts = ["commonware-consensus", "commonware-p2p", "commonware-runtime", "commonware-storage"];
            parts.contains(&name.as_str()) || matches!(name.as_str(), "hushwatt-node" | "hushwatt-consensus")
        };
        assert_eq!(packages.iter().find(engine), None, "with \"{features}\"");
        // An auditor's command is always there.
        assert!(packages.contains("hushwatt-audits"));
    }
}

#[test]
fn a_part_brings_no_other_part_with_it() {
    let parts = ["meter", "wallet", "node", "operator", "registrar", "committee"].map(packages);
    for (name, is_there) in [
        ("hushwatt-gateway", [true, false, false, false, false, false]),
        ("hushwatt-drivers", [true, false, false, false, false, false]),
        ("serialport", [true, false, false, false, false, false]),
        ("hushwatt-wallet-web", [false, true, false, false, false, false]),
        ("hushwatt-node", [false, false, true, false, false, false]),
        ("hushwatt-consensus", [false, false, true, false, false, false]),
        ("hushwatt-operator", [false, false, false, true, false, false]),
        ("hushwatt-registrar", [false, false, false, false, true, false]),
        ("hushwatt-committee", [false, false, false, false, false, true]),
    ] {
        let found = parts.each_ref().map(|packages| packages.contains(name));
        assert_eq!(found, is_there, "{name}");
    }
}
