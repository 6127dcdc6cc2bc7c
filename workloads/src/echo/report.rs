//! The figures of a sample of `echo`: round trips, and how fairly the connections were served.

use std::time::Instant;

use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use crate::fairness::jain;
use crate::timekeeper::nanos_between;

/// Verifies the count of every connection and records the sample. `talks` holds for each connection
/// when its first message was sent and when each was back.
pub(super) fn record(talks: &[Vec<Instant>], trips: u64, meter: &mut Meter) -> Result<(), Wrong> {
    for times in talks {
        Wrong::unless_equal("round trips of a connection", trips + 1, times.len() as u64)?;
        for pair in times.windows(2) {
            meter.record("round_trip", nanos_between(pair[0], pair[1]));
        }
    }
    meter.metric("jain_index_ratio", jain(&progress(talks)));
    Ok(())
}

/// Returns how many round trips each connection had made when the first connection was done.
///
/// In a closed loop all connections make the same number in the end, so fairness is looked for in
/// the window that ends with the first: there, a connection that is served less has made fewer.
fn progress(talks: &[Vec<Instant>]) -> Vec<u64> {
    let Some(end) = talks.iter().filter_map(|times| times.last()).min() else {
        return Vec::new();
    };
    let until = |times: &Vec<Instant>| times.partition_point(|time| time <= end);
    talks.iter().map(|times| until(times).saturating_sub(1) as u64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn progress_is_counted_until_the_first_is_done() {
        let start = Instant::now();
        let at =
            |times: &[u64]| times.iter().map(|&ms| start + Duration::from_millis(ms)).collect();
        let talks: [Vec<Instant>; 3] = [at(&[0, 1, 2, 3]), at(&[0, 2, 4, 6]), at(&[1, 9, 10, 11])];
        assert_eq!(progress(&talks), [3, 1, 0]);
    }
}
