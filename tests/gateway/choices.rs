//! What a run chooses, and how much it may take.

use std::path::PathBuf;

use rand::{
    RngCore, SeedableRng,
    rngs::{OsRng, StdRng},
};

/// Whether the test run has time.
pub fn full_effort() -> bool {
    std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full")
}

/// The choices of this run, said, and repeatable: others each time if it has time.
pub fn choices() -> StdRng {
    let given = std::env::var("HUSHWATT_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| if full_effort() { OsRng.next_u64() } else { 1 });
    eprintln!("HUSHWATT_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// A file of real readings, if it is there.
pub fn readings(name: &str) -> Option<PathBuf> {
    let data = std::env::var_os("HUSHWATT_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = data.join("meters").join(name);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}
