//! The commands of docs/audit.md, as they stand there, from a chain to a signed and checked report.

use std::{fs, process::Command};

use crate::{
    chain::{TIP, story},
    support::text,
};

const DOCUMENT: &str = include_str!("../../docs/audit.md");

/// What is not run here: it builds the program, or plays a day of a village. What they leave is put in their place.
const SKIPPED: [&str; 2] =
    ["cargo build --release --locked --no-default-features", "cargo run --release --locked -- demo --out ./village"];

/// The lines of all shell blocks, in their order.
fn commands() -> Vec<&'static str> {
    let mut commands = Vec::new();
    let mut in_block = false;
    for line in DOCUMENT.lines() {
        match line {
            "```sh" => in_block = true,
            "```" => in_block = false,
            line if in_block && !line.trim().is_empty() => commands.push(line),
            _ => {}
        }
    }
    assert!(!in_block, "a block does not end");
    commands
}

#[test]
fn the_document_s_commands_lead_from_a_chain_to_a_signed_and_checked_report() {
    let commands = commands();
    for skipped in SKIPPED {
        assert_eq!(commands.iter().filter(|line| **line == skipped).count(), 1, "{skipped} is in the document once");
    }
    let run: Vec<&str> = commands.into_iter().filter(|line| !SKIPPED.contains(line)).collect();
    for step in ["audit verify", "audit key", "audit report", "audit check-report", "--state"] {
        assert!(run.iter().any(|line| line.contains(step)), "{step} is in the document");
    }

    // The sample's folder, and a folder for the program where a build would have put it: a shell finds it only by the document's words.
    let folder = tempfile::tempdir().unwrap();
    let (village, built) = (folder.path().join("village"), folder.path().join("target/release"));
    let chain = story(TIP);
    fs::create_dir(&village).unwrap();
    fs::write(village.join("chain.hwl"), chain.file()).unwrap();
    fs::write(village.join("network-id"), format!("{}\n", chain.world.network())).unwrap();
    fs::create_dir_all(&built).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hushwatt"), built.join("hushwatt")).unwrap();

    // Each command is said before it runs, so that a failure names it.
    let script = folder.path().join("commands.sh");
    fs::write(&script, run.join("\n") + "\n").unwrap();
    let output = Command::new("sh")
        .args(["-e", "-u", "-v"])
        .arg(text(&script))
        .current_dir(folder.path())
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let [out, said] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{said}\n{out}");
    assert!(out.contains("THE REPORT IS WHAT THE CHAIN SAYS."), "{said}\n{out}");
    for name in crate::FILES.iter().chain(&["report.sig.json"]) {
        assert!(village.join("report").join(name).exists(), "{name}");
    }
    let signer = fs::read_to_string(village.join("auditor.pub")).unwrap();
    assert!(out.contains(&format!("signed by   {}", signer.trim())), "{out}");
    assert!(village.join("books/about").exists() && village.join("report-july/report.json").exists());
}
