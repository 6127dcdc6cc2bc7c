//! How short a loop sleeps: exactly as long as it must, unless that wears the processor out.
//!
//! Falling asleep and waking up costs about 10 us of processor time (measured, in a virtual
//! machine). With a timer due every microsecond a loop that sleeps exactly does little else. So
//! short naps are paid from a purse that fills with time: a timer now and then is met exactly, and
//! of a stream those within [`NAP_NS`] are met together, which bounds the cost to a tenth of the
//! processor. Where timers are so dense that even this is a good part of what they cost, every nap
//! lasts [`LONG_NAP_NS`].

use std::cell::Cell;

/// A nap of at least this is free.
const NAP_NS: u64 = 100_000;
/// A nap in a dense stream.
const LONG_NAP_NS: u64 = 400_000;
/// With a timer in this time or less a stream is dense: firing one takes about a quarter of it.
const DENSE_NS: u64 = 2_000;
/// Short naps that a full purse pays for.
const PURSE: u64 = 32;

/// The purse.
#[derive(Default)]
pub(crate) struct Pace {
    credit_ns: Cell<u64>,
    filled_ns: Cell<u64>,
    /// The stream: when it was looked at last, for [`NAP_NS`] at least; how many timers had fired
    /// by then; whether it was dense.
    looked_ns: Cell<u64>,
    fired: Cell<u64>,
    dense: Cell<bool>,
}

impl Pace {
    /// Returns how long to sleep at `now_ns` for a timer that is due in `gap_ns`, when `fired` have
    /// fired so far: that, or a nap.
    pub(crate) fn stretch(&self, now_ns: u64, gap_ns: u64, fired: u64) -> u64 {
        let passed_ns = now_ns.saturating_sub(self.filled_ns.get());
        self.filled_ns.set(now_ns);
        let credit_ns = self.credit_ns.get().saturating_add(passed_ns).min(PURSE * NAP_NS);
        self.credit_ns.set(credit_ns);
        self.look(now_ns, fired);
        if gap_ns >= NAP_NS {
            return gap_ns;
        }
        if !self.dense.get()
            && let Some(rest_ns) = credit_ns.checked_sub(NAP_NS)
        {
            self.credit_ns.set(rest_ns);
            return gap_ns;
        }
        let nap_ns = if self.dense.get() { LONG_NAP_NS } else { NAP_NS };
        // The nap itself earns nothing.
        self.filled_ns.set(now_ns + nap_ns);
        nap_ns
    }

    /// Looks at the stream.
    fn look(&self, now_ns: u64, fired: u64) {
        let since_ns = now_ns.saturating_sub(self.looked_ns.get());
        if since_ns >= NAP_NS {
            self.looked_ns.set(now_ns);
            let fired_ns = (fired - self.fired.replace(fired)).saturating_mul(DENSE_NS);
            self.dense.set(fired_ns >= since_ns);
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
            assert_eq!(pace.stretch(n * 1_000_000, 7_000, n), 7_000);
            assert_eq!(pace.stretch(n * 1_000_000 + 10_000, 500_000, n), 500_000);
        }
    }

    /// Returns the naps in 100 ms, with a timer due every `every_ns`.
    fn naps(every_ns: u64) -> u64 {
        let pace = Pace::default();
        let (start_ns, mut naps) = (1_000_000_000, 0);
        let mut now_ns = start_ns;
        while now_ns < start_ns + 100_000_000 {
            let fired = (now_ns - start_ns) / every_ns;
            now_ns += pace.stretch(now_ns, 1_000, fired) + 1_000;
            naps += 1;
        }
        naps
    }

    #[test]
    fn a_stream_is_met_in_naps_and_a_dense_one_in_long_ones() {
        assert!((990..=1_050).contains(&naps(5_000)), "{} naps", naps(5_000));
        assert!((250..=300).contains(&naps(1_000)), "{} naps", naps(1_000));
    }
}
