//! An account for tests.

use tminus_judge::explain::{Account, Cause, Span, Time};
use tminus_record::Quality;

/// Returns a cause with a price that makes it add so many ns.
pub(crate) fn cause(name: &str, a_per_op: f64, b_per_op: f64, ns: f64) -> Cause {
    Cause {
        name: name.into(),
        about: "to an eventfd".into(),
        a_per_op,
        b_per_op,
        price_ns: ns / (a_per_op - b_per_op),
        ns: Span { value: ns, low: ns - 1.0, high: ns + 1.0 },
        is_bound: false,
        quality: Quality::Exact,
    }
}

/// Returns the account of a difference of so many ns, known to within `by`.
pub(crate) fn account(difference: f64, by: f64) -> Account {
    let span = |value: f64| Span { value, low: value - by, high: value + by };
    let causes = vec![
        cause("syscalls_write", 1.0, 0.0, 210.0),
        cause("instructions", 500.0, 200.0, 18.0),
        cause("allocations", 1.0, 2.0, -19.0),
    ];
    let explained: f64 = causes.iter().map(|cause| cause.ns.value).sum();
    Account {
        cells: ["timers/timers=10/slow".into(), "timers/timers=10/fast/w1".into()],
        names: ["slow".into(), "fast/w1".into()],
        op: "timer".into(),
        time: Time::Cpu,
        costs_ns: [500.0, 500.0 - difference],
        difference_ns: span(difference),
        rest_ns: span(difference - explained),
        causes,
        missing: std::collections::BTreeMap::new(),
        rounds: 12,
    }
}
