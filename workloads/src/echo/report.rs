//! The figures of a sample of `echo`: round trips, and how fairly the connections were served.

use std::time::Instant;

use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use crate::timekeeper::{figure, nanos_between};

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

/// Returns Jain's fairness index of `shares`: (sum x)^2 / (n * sum x^2). It is 1 where all are
/// equal, k/n where k of n share everything equally.
///
/// R. Jain, D.-M. Chiu, W. Hawe: A Quantitative Measure of Fairness and Discrimination for Resource
/// Allocation in Shared Computer Systems. DEC Research Report TR-301, 1984.
fn jain(shares: &[u64]) -> f64 {
    let sum: f64 = shares.iter().map(|&share| figure(share)).sum();
    let squares: f64 = shares.iter().map(|&share| figure(share) * figure(share)).sum();
    if squares == 0.0 { 1.0 } else { sum * sum / (figure(shares.len() as u64) * squares) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_index_is_one_for_equals_and_the_share_of_the_served_else() {
        assert_eq!(jain(&[7, 7, 7, 7]), 1.0);
        assert_eq!(jain(&[9, 0, 0, 0]), 0.25);
        assert_eq!(jain(&[5, 5, 0, 0]), 0.5);
        // The paper's form for unequal shares: (1 + 3)^2 / (2 x (1 + 9)).
        assert_eq!(jain(&[1, 3]), 0.8);
    }

    #[test]
    fn progress_is_counted_until_the_first_is_done() {
        let start = Instant::now();
        let at =
            |times: &[u64]| times.iter().map(|&ms| start + Duration::from_millis(ms)).collect();
        let talks: [Vec<Instant>; 3] = [at(&[0, 1, 2, 3]), at(&[0, 2, 4, 6]), at(&[1, 9, 10, 11])];
        assert_eq!(progress(&talks), [3, 1, 0]);
    }
}
