//! What a workload leaves in the meter, held against what it declares: a workload of an outside
//! crate may miscount, and its author is to read which call was wrong.

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Info, Wrong};

/// The most ops a nanosecond: no loop has a thousand turns in that time.
const MOST_OPS_A_NS: u64 = 1_000;

/// Refuses a call of `sample` that did not take exactly one region, with ops that are possible;
/// `before` is how many regions there were.
///
/// # Errors
/// The mistake.
pub(super) fn of_sample(meter: &Meter, before: usize) -> Result<(), Wrong> {
    let taken = meter.samples.len().saturating_sub(before);
    let (1, Some(sample)) = (taken, meter.samples.last()) else {
        return Err(Wrong::Answer(format!(
            "a call of `sample` took {taken} timed regions: `Meter::start` and `Meter::stop` bracket one"
        )));
    };
    sample.check().map_err(Wrong::Answer)?;
    if sample.ops > sample.wall_ns.saturating_mul(MOST_OPS_A_NS) {
        let (ops, wall_ns) = (sample.ops, sample.wall_ns);
        return Err(Wrong::Answer(format!("{ops} ops in {wall_ns} ns: no machine does so many")));
    }
    Ok(())
}

/// Refuses distributions that `info` does not declare, and metrics that are no numbers.
///
/// # Errors
/// The mistake.
pub(super) fn of_cell(info: &Info, meter: &Meter) -> Result<(), Wrong> {
    let declared = |name: &str| info.distributions.iter().any(|(known, _)| *known == name);
    let mut recorded = meter.distributions().iter().map(|(name, _)| *name);
    if let Some(name) = recorded.find(|name| !declared(name)) {
        let id = info.id;
        return Err(Wrong::Answer(format!(
            "the distribution `{name}` is recorded, and the `Info` of {id} does not declare it"
        )));
    }
    match meter.metrics().iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((name, value)) => Err(Wrong::Answer(format!("the metric `{name}` is {value}"))),
    }
}

#[cfg(test)]
mod tests {
    use tminus_contract::sample::Sample;
    use tminus_contract::workload::Workload as _;

    use super::*;
    use crate::testing::Probe;

    fn reason(result: Result<(), Wrong>) -> String {
        result.expect_err("it is refused").to_string()
    }

    #[test]
    fn a_call_takes_one_region_with_ops_that_are_possible() {
        let taken = |ops: &[u64]| {
            let sample = |ops: &u64| Sample { ops: *ops, wall_ns: 10, ..Sample::default() };
            let mut meter = Meter::default();
            meter.samples.extend(ops.iter().map(sample));
            of_sample(&meter, 0)
        };
        assert_eq!(taken(&[1]), Ok(()));
        assert_eq!(taken(&[10_000]), Ok(()));
        assert!(reason(taken(&[])).contains("took 0 timed regions"));
        assert!(reason(taken(&[1, 1])).contains("took 2 timed regions"));
        assert!(reason(taken(&[0])).contains("ops = 0"));
        assert!(reason(taken(&[10_001])).contains("no machine does so many"));
    }

    #[test]
    fn a_cell_records_what_it_declares() {
        let of = |fill: fn(&mut Meter)| {
            let mut meter = Meter::default();
            fill(&mut meter);
            of_cell(&Probe::INFO, &meter)
        };
        assert_eq!(of(|meter| meter.record("lateness", 1)), Ok(()));
        assert_eq!(of(|meter| meter.metric("new_count", 1.0)), Ok(()));
        assert!(reason(of(|meter| meter.record("delay", 1))).contains("of probe does not declare"));
        assert!(reason(of(|meter| meter.metric("share", f64::NAN))).contains("`share` is NaN"));
    }
}
