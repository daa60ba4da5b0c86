//! The accessibility checker axe-core: taken from its registry when it is needed, never part of this repository.

use std::{fs, path::Path, process::Command, sync::OnceLock};

use hushwatt_crypto::hash::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use crate::browser::{Browser, installed, pictures, skip};

const PACKAGE: &str = "axe-core@4.14.1";
const ARCHIVE: &str = "axe-core-4.14.1.tgz";
/// SHA-512 of the package's archive, as its registry states it.
const SHA512: &str = "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73\
    4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5";

/// The checker's script; `None`, and a word why, where it cannot be had and is not demanded.
pub fn axe() -> Option<&'static str> {
    static SCRIPT: OnceLock<Option<String>> = OnceLock::new();
    SCRIPT.get_or_init(fetch).as_deref()
}

/// From the folder for tests' own files, else by `npm`.
fn fetch() -> Option<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let archive = folder.join(ARCHIVE);
    if !is_right(&archive) {
        if !installed("npm") {
            skip("npm is missing, which brings axe-core: install the package npm");
            return None;
        }
        let mut npm = Command::new("npm");
        npm.args(["pack", PACKAGE, "--ignore-scripts", "--pack-destination"]).arg(folder);
        let told = npm.output().unwrap();
        if !told.status.success() {
            skip(&format!("axe-core cannot be had: {}", String::from_utf8_lossy(&told.stderr)));
            return None;
        }
        assert!(is_right(&archive), "the registry's {PACKAGE} is another than the one that was looked at");
    }
    let told = Command::new("tar").arg("-xOzf").arg(&archive).arg("package/axe.min.js").output().unwrap();
    assert!(told.status.success(), "{told:?}");
    Some(String::from_utf8(told.stdout).unwrap())
}

fn is_right(archive: &Path) -> bool {
    fs::read(archive).is_ok_and(|bytes| hex(&Sha512::digest(bytes)) == SHA512)
}

/// What a page is checked against: WCAG 2.2 A and AA, and good practice.
const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// Checks the page that is open. All findings are written beside the pictures; a serious or critical one fails.
pub fn check(browser: &Browser, name: &str) {
    judge(browser, name, &json!(TAGS));
}

/// Checks only what may be otherwise by night.
pub fn check_colours(browser: &Browser, name: &str) {
    judge(browser, name, &json!({ "type": "rule", "values": ["color-contrast"] }));
}

fn judge(browser: &Browser, name: &str, only: &Value) {
    let Some(script) = axe() else { return };
    let findings = findings(browser, script, only);
    let file = pictures().join(format!("{name}.axe.json"));
    fs::write(&file, serde_json::to_vec_pretty(&findings).unwrap()).unwrap();
    let told: Vec<String> = findings.iter().map(describe).collect();
    let grave: Vec<&String> =
        findings.iter().zip(&told).filter(|(one, _)| is_grave(one)).map(|(_, told)| told).collect();
    assert!(grave.is_empty(), "{name} ({}):\n{grave:#?}", browser.url());
    for minor in told {
        eprintln!("{name}: {minor}");
    }
}

/// All that the checker finds on the page that is open.
pub fn all_findings(browser: &Browser, script: &str) -> Vec<Value> {
    findings(browser, script, &json!(TAGS))
}

fn findings(browser: &Browser, script: &str, only: &Value) -> Vec<Value> {
    // In the page by way of the driver, which its Content-Security-Policy does not concern.
    browser.session.run(script, &[]);
    let run = "const done = arguments[arguments.length - 1];
        axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']})
            .then(result => done(result.violations), error => done(String(error)));";
    let found = browser.session.run_waiting(run, std::slice::from_ref(only));
    found.as_array().unwrap_or_else(|| panic!("axe failed: {found}")).clone()
}

/// Whether a finding keeps people out.
pub fn is_grave(finding: &Value) -> bool {
    matches!(finding["impact"].as_str(), Some("serious" | "critical") | None)
}

fn describe(finding: &Value) -> String {
    let places: Vec<&str> =
        finding["nodes"].as_array().unwrap().iter().filter_map(|node| node["html"].as_str()).take(3).collect();
    format!("{} {}: {} at {places:?}", finding["impact"], finding["id"], finding["help"])
}
