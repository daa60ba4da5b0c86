//! What the documentation promises is what the program has.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use crate::workshop::Workshop;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The cells of the rows of a table between two marks.
fn rows(text: &str, from: &str, to: &str) -> Vec<Vec<String>> {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from}"));
    let (table, _) = rest.split_once(to).unwrap_or_else(|| panic!("no {to}"));
    let lines = table.lines().filter(|line| line.starts_with('|')).skip(2);
    lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

#[test]
fn the_table_of_formats_is_the_programs() {
    let listed = Workshop::new().json(&["formats"]);
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let expected: Vec<Vec<String>> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| vec![format!("`{}`", text(row, "name")), text(row, "kind"), text(row, "about")])
        .collect();
    assert_eq!(rows(&read("docs/meters.md"), "<!-- formats:", "<!-- /formats -->"), expected);
}

#[test]
fn every_warning_is_explained_and_no_other() {
    let explained: BTreeSet<String> = rows(&read("docs/gateway.md"), "<!-- warnings:", "<!-- /warnings -->")
        .iter()
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("meter-attest/gateway/src/service");
    let mut raised = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let source: String = fs::read_to_string(entry.unwrap().path()).unwrap().split_whitespace().collect();
        for mark in ["alarms.raise(\"", "alarms.warn(\"", "Warning{code:\""] {
            raised.extend(source.split(mark).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }
    assert_eq!(explained, raised);
}
