//! What the storage tests share.

/// `HUSHWATT_EFFORT=full` runs long, anything else runs as long as CI allows.
pub fn effort(ci: u64, full: u64) -> u64 {
    if std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full") { full } else { ci }
}

/// `len` bytes that differ for each `seed`.
pub fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}
