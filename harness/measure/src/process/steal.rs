//! What a hypervisor gave to others.

use std::fs;

/// The system counts in hundredths of a second.
const TICK_NS: u64 = 10_000_000;

/// Returns the time since boot that a hypervisor gave to others, on all cores; `None` where the
/// system does not tell.
pub(crate) fn steal_ns() -> Option<u64> {
    of(&fs::read_to_string("/proc/stat").ok()?)
}

/// Returns the eighth figure of the first line, which is the sum over all cores.
fn of(stat: &str) -> Option<u64> {
    let figures = stat.lines().next()?.strip_prefix("cpu ")?;
    figures.split_whitespace().nth(7)?.parse::<u64>().ok()?.checked_mul(TICK_NS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eighth_figure_of_all_cores_counts() {
        assert_eq!(of("cpu  45808 0 4782 33517 514 0 113 30 0 0\ncpu0 1\n"), Some(300_000_000));
        for other in ["", "cpu  1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu  1 2 3 4 5 6 7 -8"] {
            assert_eq!(of(other), None);
        }
    }
}
