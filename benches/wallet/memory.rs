//! Memory of this process, where the system tells.

use std::fs;

/// Memory that is resident now, and the most since the last [`forget_peak`], in bytes.
pub fn now_and_peak() -> Option<(u64, u64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
    };
    Some((field("VmRSS:")?, field("VmHWM:")?))
}

/// Whether the peak counts from now on.
pub fn forget_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}
