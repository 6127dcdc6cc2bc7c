//! How tests interrupt the program, also where they run in the background of a script.

use std::fs;
use std::process::{Child, Command};

/// Sends `child` what Ctrl-C sends. A job in the background of a script ignores that, and so do its
/// children: there it is what `kill` sends.
pub(crate) fn interrupt(child: &Child) {
    let signal = if is_ignored(2) { "-TERM" } else { "-INT" };
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

/// Returns whether this process ignores the signal of that number; false where the system does not
/// say so.
fn is_ignored(number: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|text| u64::from_str_radix(text.trim(), 16).ok()).unwrap_or(0);
    mask >> (number - 1) & 1 == 1
}
