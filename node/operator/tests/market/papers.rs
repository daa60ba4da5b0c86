//! What the documentation promises is what the operator says.

use std::{collections::BTreeSet, fs, path::Path};

use hushwatt_client::OrderProblem;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The names in the first column of the table below a heading.
fn names(text: &str, heading: &str) -> BTreeSet<String> {
    let (_, rest) = text.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    let rows = rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
    let cells = rows.filter_map(|line| line.split('|').nth(1));
    cells.flat_map(|cell| cell.split(',').map(|name| name.trim().trim_matches('`').to_owned())).collect()
}

#[test]
fn every_problem_is_explained_and_no_other() {
    let known: BTreeSet<String> = OrderProblem::ALL.iter().map(|problem| problem.name().to_owned()).collect();
    assert_eq!(names(&read("README.md"), "# Problems that wallets are told"), known);
}

#[test]
fn every_warning_is_explained_and_no_other() {
    let source: String = read("src/service/report.rs").split_whitespace().collect();
    let raised: BTreeSet<String> =
        source.split("warning(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect();
    assert_eq!(names(&read("../../docs/operator.md"), "## Warnings"), raised);
    assert_eq!(raised.len(), 5);
}
