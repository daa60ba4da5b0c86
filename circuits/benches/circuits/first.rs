//! The first proof and the first verification of a process: this program runs itself for each.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use hushwatt_circuits::CircuitProof;

use super::{CASES, Case};

const CHILD: &str = "--first";

/// What one process needed.
pub struct First {
    pub time: Duration,
    pub megabytes: u64,
}

pub fn is_child(arguments: &[String]) -> bool {
    arguments.first().is_some_and(|argument| argument == CHILD)
}

pub fn proving(case: &Case) -> First {
    ask(case, &[])
}

pub fn verifying(case: &Case, proofs: &[CircuitProof]) -> First {
    ask(case, proofs)
}

/// Runs a case in a process of its own: it proves, or verifies these proofs.
fn ask(case: &Case, proofs: &[CircuitProof]) -> First {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, case.name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for proof in proofs {
        input.write_all(&(proof.as_bytes().len() as u32).to_le_bytes()).unwrap();
        input.write_all(proof.as_bytes()).unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let (microseconds, megabytes) = text.trim().split_once(' ').unwrap();
    First { time: Duration::from_micros(microseconds.parse().unwrap()), megabytes: megabytes.parse().unwrap() }
}

/// The process that was asked.
pub fn run(arguments: &[String]) {
    let case = CASES.iter().find(|case| case.name == arguments[1]).unwrap();
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).unwrap();
    let mut rest = &bytes[..];
    let mut proofs = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (proof, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        proofs.push(CircuitProof::decode(proof).unwrap());
        rest = after;
    }
    // Numbers and commitments are the same in every process, blindings too.
    let subject = (case.make)();
    let started = Instant::now();
    if proofs.is_empty() {
        subject.prove();
    } else {
        assert!(subject.verify(&proofs));
    }
    println!("{} {}", started.elapsed().as_micros(), most_resident() / 1000);
}

/// In kilobytes; 0 where /proc does not say.
fn most_resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
