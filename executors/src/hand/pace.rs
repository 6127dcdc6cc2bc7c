//! How short a loop sleeps: exactly as long as it must, unless that wears the processor out.
//!
//! Falling asleep and waking up costs about 10 us of processor time (measured, in a virtual
//! machine). With a timer due every microsecond a loop that sleeps exactly does little else. So
//! short naps are paid from a purse that fills with time: a timer now and then is met exactly, and
//! of a dense stream those within [`NAP_NS`] are met together.

use std::cell::Cell;

/// A nap of at least this is free.
const NAP_NS: u64 = 100_000;
/// Short naps that a full purse pays for.
const PURSE: u64 = 32;

/// The purse.
#[derive(Default)]
pub(crate) struct Pace {
    credit_ns: Cell<u64>,
    filled_ns: Cell<u64>,
}

impl Pace {
    /// How long to sleep at `now_ns` for a timer that is due in `gap_ns`: that, or [`NAP_NS`].
    pub(crate) fn stretch(&self, now_ns: u64, gap_ns: u64) -> u64 {
        let passed_ns = now_ns.saturating_sub(self.filled_ns.get());
        self.filled_ns.set(now_ns);
        let credit_ns = self.credit_ns.get().saturating_add(passed_ns).min(PURSE * NAP_NS);
        self.credit_ns.set(credit_ns);
        if gap_ns >= NAP_NS {
            return gap_ns;
        }
        match credit_ns.checked_sub(NAP_NS) {
            Some(rest_ns) => {
                self.credit_ns.set(rest_ns);
                gap_ns
            }
            None => {
                // The nap itself earns nothing.
                self.filled_ns.set(now_ns + NAP_NS);
                NAP_NS
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparse_timers_are_met_exactly() {
        let pace = Pace::default();
        for n in 1..1_000 {
            assert_eq!(pace.stretch(n * 1_000_000, 7_000), 7_000);
            assert_eq!(pace.stretch(n * 1_000_000 + 10_000, 500_000), 500_000);
        }
    }

    #[test]
    fn a_dense_stream_is_met_in_naps() {
        let pace = Pace::default();
        let (mut now_ns, mut naps) = (1_000_000_000, 0);
        while now_ns < 1_100_000_000 {
            now_ns += pace.stretch(now_ns, 1_000) + 1_000;
            naps += 1;
        }
        assert!((990..=1_050).contains(&naps), "{naps} naps in 100 ms");
    }
}
