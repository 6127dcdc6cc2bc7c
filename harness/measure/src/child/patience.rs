//! The time that a child still has. Only time counts for which this process was there to wait.
//!
//! A parent may be stopped (Ctrl-Z, SIGSTOP, a suspended laptop, a snapshot of a virtual machine)
//! and find that the hour of a deadline has passed. It was away if a wait took longer than it was
//! asked to; the excess counts for neither side and is given back. Waits are cut into tenths of the
//! time that was given: an absence costs a child no more than that, and a child of usual length
//! never wakes its parent.

use std::time::{Duration, Instant};

/// Waits are no longer than this part of the time that was given.
const STEPS: u32 = 10;

/// How often to look for what has arrived once the time is over: more than two full pipes take.
const LAST_LOOKS: u32 = 64;

/// The time of one child. The caller brings the clock.
pub(super) struct Patience {
    given: Duration,
    left: Duration,
    /// When the wait at work began, and how long it was to be at most.
    wait: (Instant, Duration),
    /// Time for which the parent was away.
    away: Duration,
    /// Looks since the time was over.
    looks: u32,
}

impl Patience {
    /// Gives `given`, from `now` on.
    pub(super) fn new(given: Duration, now: Instant) -> Self {
        let mut new = Self {
            given,
            left: given,
            wait: (now, Duration::ZERO),
            away: Duration::ZERO,
            looks: 0,
        };
        new.wait.1 = new.tenth();
        new
    }

    /// Gives `given` anew, from `now` on.
    pub(super) fn renew(&mut self, given: Duration, now: Instant) {
        self.spend(now);
        self.restart(given, now);
    }

    /// Gives `given` anew, from `now` on, to a child that was not waited for meanwhile.
    pub(super) fn restart(&mut self, given: Duration, now: Instant) {
        *self = Self { away: self.away, ..Self::new(given, now) };
    }

    /// Ends the wait at work and gives how long the next one may be: not beyond the moment at which
    /// the last tenth begins, nor beyond `most`. Zero once the time is over.
    pub(super) fn step(&mut self, now: Instant, most: Duration) -> Duration {
        self.spend(now);
        let tenth = self.tenth();
        let before_last = self.left.saturating_sub(tenth);
        let step = if before_last.is_zero() { self.left } else { before_last.min(tenth) };
        self.wait = (now, step.min(most));
        self.wait.1
    }

    /// Returns the time left, if that is the last tenth.
    pub(super) fn last_tenth(&self) -> Option<Duration> {
        (self.left <= self.tenth()).then_some(self.left)
    }

    /// Returns whether to wait no more: the time is over and nothing had arrived (`saw_nothing`),
    /// or it goes on arriving for ever.
    pub(super) fn is_over(&mut self, saw_nothing: bool) -> bool {
        if !self.left.is_zero() {
            return false;
        }
        self.looks += 1;
        saw_nothing || self.looks > LAST_LOOKS
    }

    /// Returns for how long this process was stopped, up to now.
    pub(super) fn away(&mut self, now: Instant) -> Duration {
        self.spend(now);
        self.away
    }

    /// Counts the time up to `now`, as far as it was to be waited; the rest was an absence.
    pub(super) fn spend(&mut self, now: Instant) {
        let (since, asked) = self.wait;
        let passed = now.saturating_duration_since(since);
        let counts = passed.min(asked);
        self.left = self.left.saturating_sub(counts);
        self.away += passed - counts;
        self.wait = (now, asked - counts);
    }

    /// Returns a tenth, never zero: a step must make progress.
    fn tenth(&self) -> Duration {
        (self.given / STEPS).max(Duration::from_nanos(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Waits as long as it is told to, but for one wait that takes `extra` longer; gives the time
    /// that was waited until it was over.
    fn whole(given: Duration, stopped_in: usize, extra: Duration) -> (Duration, Duration) {
        let start = Instant::now();
        let (mut patience, mut now) = (Patience::new(given, start), start);
        for wait in 0.. {
            let step = patience.step(now, Duration::MAX);
            if patience.is_over(true) {
                break;
            }
            now += step + if wait == stopped_in { extra } else { Duration::ZERO };
        }
        (now - start, patience.away(now))
    }

    #[test]
    fn an_absence_takes_nothing_of_the_time() {
        let given = 30 * SECOND;
        assert_eq!(whole(given, 0, Duration::ZERO), (given, Duration::ZERO));
        for stopped_in in 0..10 {
            let hour = 3600 * SECOND;
            assert_eq!(whole(given, stopped_in, hour), (given + hour, hour), "{stopped_in}");
        }
        assert_eq!(whole(Duration::ZERO, 0, SECOND), (Duration::ZERO, Duration::ZERO));
        assert_eq!(whole(Duration::from_nanos(3), 9, SECOND).0, Duration::from_nanos(3));
    }

    #[test]
    fn what_goes_on_arriving_for_ever_ends_too() {
        let now = Instant::now();
        let mut patience = Patience::new(SECOND, now);
        assert!(!patience.is_over(true));
        for second in 1..=10 {
            patience.step(now + second * SECOND, Duration::MAX);
        }
        assert_eq!(patience.step(now + 11 * SECOND, Duration::MAX), Duration::ZERO);
        let looks = (0..1000).take_while(|_| !patience.is_over(false)).count();
        assert_eq!(looks, LAST_LOOKS as usize);
        // A child that ended its part has a time of its own for what is left to do.
        patience.renew(SECOND, now + 11 * SECOND);
        assert!(!patience.is_over(true) && patience.last_tenth().is_none());
    }

    #[test]
    fn the_last_tenth_begins_when_nine_are_spent() {
        let now = Instant::now();
        let mut patience = Patience::new(10 * SECOND, now);
        // Lines that arrive end a wait early.
        patience.step(now + SECOND / 2, Duration::MAX);
        let mut at = now + SECOND / 2;
        while patience.last_tenth().is_none() {
            at += patience.step(at, Duration::MAX);
            patience.spend(at);
        }
        assert_eq!((patience.last_tenth(), at - now), (Some(SECOND), 9 * SECOND));
        assert_eq!(patience.step(at, SECOND / 20), SECOND / 20);
    }
}
