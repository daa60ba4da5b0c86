//! What is past the retention in the folder of a stopped gateway, from the terminal.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use hushwatt_gateway::folder::GatewayFolder;

use crate::{support::number, workshop::Workshop};

#[test]
fn what_is_past_the_retention_is_listed_then_deleted_and_a_running_gateway_is_left_alone() {
    let workshop = Workshop::new();
    let genesis = workshop.made();
    assert_eq!(workshop.run(&["forget"]).ok().trim(), "Nothing is past the retention.");
    let days = genesis.parameters.retention / 86_400;
    let put = |name: &str, age: u64| {
        let path = GatewayFolder::at(&workshop.folder()).inbox().join("done").join(name);
        fs::write(&path, "2026-06-16 00:15;0.137").unwrap();
        let at = SystemTime::now() - Duration::from_secs(age * 86_400);
        fs::File::options().append(true).open(&path).unwrap().set_modified(at).unwrap();
        path
    };
    let (old, young) = (put("old.csv", days + 1), put("young.csv", days - 1));
    let listed = workshop.json(&["forget", "--dry-run"]);
    assert_eq!((listed["files"].as_array().map(Vec::len), listed["deleted"].as_bool()), (Some(1), Some(false)));
    let lock = GatewayFolder::at(&workshop.folder()).lock().unwrap();
    assert_eq!(workshop.failed(&["forget"]), "running");
    drop(lock);
    assert!(old.exists());
    let told = workshop.run(&["forget"]).ok();
    assert!(told.starts_with("Deleted") && told.contains("old.csv") && !told.contains("young.csv"), "{told}");
    assert!(!old.exists() && young.exists());
    assert_eq!(number(&workshop.json(&["forget"]), "/windows"), 0);
}
