//! What came of the requests: how late each was sent, when its answer came, and whether the offered
//! rate was reached. Where it was not, no latency is recorded, since it would be that of a queue
//! which grows as long as one measures, or the generator's own.

use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use super::message::Status;
use super::schedule::Schedule;
use crate::timekeeper::figure;

/// The least part of the offered rate that must be answered.
const LEAST_ANSWERED: f64 = 0.99;

/// The generator's own lateness may make up such a part of the latency, at the median and at p99:
/// by so much the figure would be another if each request had been sent when it was due.
const MOST_LATE: [(&str, f64, f64); 2] = [("at the median", 0.5, 0.1), ("at p99", 0.99, 0.25)];

/// The times of all requests, in nanoseconds since the start.
#[derive(Default)]
pub(super) struct Load {
    /// How long after it was due each request was sent, in the order of sending.
    pub(super) lateness_ns: Vec<u64>,
    /// How long after it was due each answer in time had come, in the order of coming.
    pub(super) latencies_ns: Vec<u64>,
    /// How long after it was sent, in the same order.
    from_sent_ns: Vec<u64>,
    pub(super) timed_out: u64,
    /// When the first and the last request was due.
    due_ns: Option<(u64, u64)>,
    /// When the first and the last answer in time had come.
    come_ns: Option<(u64, u64)>,
}

impl Load {
    /// Makes room for the times of so many requests.
    pub(super) fn new(requests: usize) -> Self {
        let [lateness_ns, latencies_ns, from_sent_ns] =
            [(); 3].map(|()| Vec::with_capacity(requests));
        Self { lateness_ns, latencies_ns, from_sent_ns, ..Self::default() }
    }

    /// Adds a request that was due and is now sent.
    pub(super) fn sent(&mut self, due_ns: u64, now_ns: u64) {
        self.lateness_ns.push(now_ns.saturating_sub(due_ns));
        self.due_ns.get_or_insert((due_ns, due_ns)).1 = due_ns;
    }

    /// Adds the answer to a request, by the times at which it was due and was sent.
    pub(super) fn answered(&mut self, (due_ns, sent_ns): (u64, u64), now_ns: u64, status: Status) {
        match status {
            Status::Served => {
                self.latencies_ns.push(now_ns.saturating_sub(due_ns));
                self.from_sent_ns.push(now_ns.saturating_sub(sent_ns));
                self.come_ns.get_or_insert((now_ns, now_ns)).1 = now_ns;
            }
            Status::TimedOut => self.timed_out += 1,
        }
    }

    /// Returns how many requests were sent.
    pub(super) fn requests(&self) -> usize {
        self.lateness_ns.len()
    }

    /// Returns how many answers have come.
    pub(super) fn answers(&self) -> usize {
        self.latencies_ns.len() + usize::try_from(self.timed_out).unwrap_or(usize::MAX)
    }

    /// Returns the rate of answers in time over that of requests. Both are taken from the first to
    /// the last, so that a constant latency is no loss; a stall that was caught up with is no gain.
    pub(super) fn answered_ratio(&self) -> f64 {
        let in_time = figure(self.latencies_ns.len() as u64) / figure(self.requests() as u64);
        let length = |ends: Option<(u64, u64)>| ends.map_or(0, |(first, last)| last - first);
        match (length(self.due_ns), length(self.come_ns)) {
            (0, _) => in_time,
            (due_ns, come_ns) => in_time * figure(due_ns) / figure(due_ns.max(come_ns)),
        }
    }

    /// Verifies that each request has its answer.
    pub(super) fn verify(&self, schedule: &Schedule) -> Result<(), Wrong> {
        Wrong::unless_equal("requests sent", schedule.requests, self.requests())?;
        Wrong::unless_equal("requests answered", schedule.requests, self.answers())
    }

    /// Records how late requests were sent and how much was answered; and the latencies, or why
    /// they are withheld.
    pub(super) fn record(&self, schedule: &Schedule, rate: u64, meter: &mut Meter) {
        let answered = match schedule.is_closed() {
            true => figure(self.latencies_ns.len() as u64) / figure(schedule.requests as u64),
            false => self.answered_ratio(),
        };
        meter.metric("answered_ratio", answered);
        if !schedule.is_closed() {
            self.lateness_ns.iter().for_each(|ns| meter.record("send_lateness", *ns));
            if let Some(reason) = self.not_reached(rate, answered) {
                return meter.withhold(reason);
            }
        }
        self.latencies_ns.iter().for_each(|ns| meter.record("latency", *ns));
    }

    /// Returns why the latencies are no figures of the server at that rate.
    fn not_reached(&self, rate: u64, answered: f64) -> Option<String> {
        if answered < LEAST_ANSWERED {
            return Some(format!(
                "rate not reached: answered {answered:.3} of {rate} requests a second"
            ));
        }
        let [latency, from_sent] =
            [&self.latencies_ns, &self.from_sent_ns].map(|times| sorted(times));
        MOST_LATE.iter().find_map(|(name, at, part)| {
            let [latency, from_sent] = [&latency, &from_sent].map(|all| quantile(all, *at));
            let late = latency - from_sent;
            let [late_us, latency_us] = [late, latency].map(|ns| ns / 1e3);
            (late > part * latency).then(|| {
                format!(
                    "rate not reached: the generator was {late_us:.1} us late, of a latency of \
                     {latency_us:.1} us, {name}"
                )
            })
        })
    }
}

fn sorted(times_ns: &[u64]) -> Vec<u64> {
    let mut all = times_ns.to_vec();
    all.sort_unstable();
    all
}

/// Returns the time that such a part of all is at most as long as.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
fn quantile(sorted_ns: &[u64], at: f64) -> f64 {
    let rank = (at * figure(sorted_ns.len() as u64)).ceil() as usize;
    sorted_ns.get(rank.saturating_sub(1)).map_or(0.0, |ns| figure(*ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a load of 1,000 requests a millisecond apart, with the lateness and latency of each.
    fn load(times: impl Fn(u64) -> (u64, u64)) -> Load {
        let mut load = Load::new(1_000);
        for index in 0..1_000 {
            let due = index * 1_000_000;
            let (late, latency) = times(index);
            load.sent(due, due + late);
            load.answered((due, due + late), due + latency, Status::Served);
        }
        load
    }

    fn recorded(load: &Load) -> (Option<u64>, Option<String>) {
        let mut meter = Meter::default();
        load.record(&Schedule::even(1_000, 1_000.0), 1_000, &mut meter);
        let latency = meter.distributions().iter().find(|(name, _)| *name == "latency");
        (latency.map(|(_, values)| values.len()), meter.withheld().map(str::to_owned))
    }

    #[test]
    fn a_constant_latency_reaches_the_rate_and_a_growing_one_does_not() {
        let constant = load(|_| (0, 500_000_000));
        assert!((constant.answered_ratio() - 1.0).abs() < 1e-9);
        assert_eq!(recorded(&constant), (Some(1_000), None));
        // Each waits for the one before, which takes a quarter more than there is time for.
        let growing = load(|index| (0, 1_000_000 + index * 250_000));
        assert!((growing.answered_ratio() - 0.8).abs() < 1e-9);
        let reason = "rate not reached: answered 0.800 of 1000 requests a second";
        assert_eq!(recorded(&growing), (None, Some(reason.into())));
        // What a stall delayed was caught up with.
        let stalled = load(|index| (0, 1_000 + 1_000_000 * (500 - index.clamp(400, 500)) % 100));
        assert_eq!(recorded(&stalled), (Some(1_000), None));
    }

    #[test]
    fn what_was_not_answered_in_time_counts_as_not_answered() {
        let mut load = load(|_| (0, 1_000));
        for index in 1_000..1_020 {
            load.sent(index * 1_000_000, index * 1_000_000);
            let due = index * 1_000_000;
            load.answered((due, due), due + 5_000_000, Status::TimedOut);
        }
        assert_eq!((load.requests(), load.answers(), load.timed_out), (1_020, 1_020, 20));
        assert!(recorded(&load).1.is_some_and(|reason| reason.contains("answered 0.980")));
    }

    #[test]
    fn a_generator_that_is_late_gives_no_latency() {
        assert_eq!(recorded(&load(|_| (9_000, 100_000))).1, None);
        let late = recorded(&load(|_| (11_000, 100_000)));
        assert_eq!(late.0, None);
        // A stall of its own, of which the median knows nothing.
        let of_tail =
            |late| recorded(&load(|index| if index < 20 { (late, 100_000) } else { (1, 50_000) }));
        assert_eq!(of_tail(25_000).1, None);
        assert!(of_tail(26_000).1.is_some_and(|it| it.ends_with("a latency of 100.0 us, at p99")));
        assert!(
            late.1.is_some_and(|it| it.starts_with("rate not reached: the generator was 11.0 us"))
        );
    }

    /// Of requests that come at random some are due while another is sent; they are late, and their
    /// latency holds that, but need not be among the longest.
    #[test]
    fn lateness_that_changes_no_figure_withholds_none() {
        let load = load(|index| match index {
            0..20 => (30_000, 50_000),
            20..40 => (1, 100_000),
            _ => (1, 50_000),
        });
        assert_eq!(recorded(&load), (Some(1_000), None));
    }

    #[test]
    fn a_request_without_an_answer_fails() {
        let schedule = Schedule::closed(2);
        let mut load = Load::new(2);
        (0..2).for_each(|due| load.sent(due, due));
        load.answered((0, 0), 1, Status::Served);
        assert!(load.verify(&schedule).is_err());
        load.answered((1, 1), 1, Status::TimedOut);
        assert_eq!(load.verify(&schedule), Ok(()));
        load.answered((1, 1), 1, Status::Served);
        assert!(load.verify(&schedule).is_err());
    }
}
