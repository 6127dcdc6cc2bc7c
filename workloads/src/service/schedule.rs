//! When requests are due: a Poisson stream or even distances at an offered rate, or a closed loop.

/// Requests to come.
pub(super) struct Schedule {
    /// How many in all.
    pub(super) requests: usize,
    /// When each is due, in nanoseconds since the start; none in a closed loop, in which a
    /// connection sends when its last answer has come.
    due_ns: Option<Vec<u64>>,
}

impl Schedule {
    /// Makes a closed loop.
    pub(super) fn closed(requests: usize) -> Self {
        Self { requests, due_ns: None }
    }

    /// Makes so many requests at `rate` a second, at even distances.
    pub(super) fn even(requests: usize, rate: f64) -> Self {
        Self::spaced(requests, || 1e9 / rate)
    }

    /// Makes so many requests at `rate` a second on average, each independent of all others: the
    /// distances are exponentially distributed, by `seed`.
    pub(super) fn poisson(requests: usize, rate: f64, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        // Of 1 - [0, 1), whose logarithm is finite.
        Self::spaced(requests, || -(1.0 - rng.f64()).ln() * 1e9 / rate)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below an hour")]
    fn spaced(requests: usize, mut distance_ns: impl FnMut() -> f64) -> Self {
        let mut at_ns = 0.0;
        let mut next = || {
            at_ns += distance_ns();
            at_ns as u64
        };
        Self { requests, due_ns: Some((0..requests).map(|_| next()).collect()) }
    }

    /// Returns whether each request waits for an answer.
    pub(super) fn is_closed(&self) -> bool {
        self.due_ns.is_none()
    }

    /// Returns when the request of that index is due, if that is planned.
    pub(super) fn due_ns(&self, index: usize) -> Option<u64> {
        self.due_ns.as_ref()?.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distances(schedule: &Schedule) -> Vec<f64> {
        let due: Vec<u64> = (0..).map_while(|index| schedule.due_ns(index)).collect();
        due.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect()
    }

    #[test]
    fn even_requests_have_one_distance() {
        let schedule = Schedule::even(5, 1_000.0);
        assert_eq!(distances(&schedule), [1e6; 4]);
        assert_eq!((schedule.due_ns(0), schedule.due_ns(5)), (Some(1_000_000), None));
        assert!(Schedule::closed(5).is_closed() && !schedule.is_closed());
        assert_eq!(Schedule::closed(5).due_ns(0), None);
    }

    /// Of exponential distances the standard deviation is the mean, and a part of 1/e is longer.
    #[test]
    fn a_poisson_stream_is_seeded_and_has_exponential_distances() {
        let of = |seed| distances(&Schedule::poisson(100_001, 10_000.0, seed));
        let all = of(7);
        assert_eq!(all, of(7));
        assert_ne!(all, of(8));
        let mean = all.iter().sum::<f64>() / 1e5;
        let variance = all.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / 1e5;
        let longer = all.iter().filter(|it| **it > mean).count() as f64 / 1e5;
        assert!((mean / 1e5 - 1.0).abs() < 0.02, "{mean}");
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.03, "{variance}");
        assert!((longer * std::f64::consts::E - 1.0).abs() < 0.02, "{longer}");
    }
}
