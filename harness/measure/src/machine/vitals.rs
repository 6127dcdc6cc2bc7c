//! The vitals of a machine that is watched for a moment: clocks, sleeps, and which other processes
//! are at work.
//!
//! These are figures for the doctor only; no verdict uses them.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use tminus_contract::resources::{self, Demand};
use tminus_judge::stats;
use tminus_record::text::escape;

use super::read::{Sources, Ticks, text};

/// How long the machine is watched for others at work.
const WATCH: Duration = Duration::from_millis(500);
const SLEEPS: usize = 50;
const SLEEP: Duration = Duration::from_millis(1);
const CLOCK_READS: u32 = 10_000;

/// Another process at work.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Busy {
    /// Its name and id, safe to show.
    pub(super) name: String,
    /// Cores that it used.
    pub(super) cores: f64,
}

/// The readings; `None` where the system does not tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Vitals {
    /// The cheapest of many reads of the clock.
    pub(super) clock_read_ns: f64,
    /// The smallest step that the clock made.
    pub(super) clock_step_ns: u64,
    /// Median lateness of sleeps of a millisecond at the system's own timer slack.
    pub(super) lateness_ns: Option<f64>,
    /// And at a slack of 1 ns, as children have it.
    pub(super) lateness_slack_1_ns: Option<f64>,
    /// The share of the time of the CPUs that this process may use that a hypervisor took.
    pub(super) steal_share: Option<f64>,
    /// Cores that others kept busy, of all that the machine has.
    pub(super) others_cores: Option<f64>,
    /// Of these, cores that this process may use.
    pub(super) others_own_cores: Option<f64>,
    /// The busiest of them.
    pub(super) busiest: Option<Busy>,
    pub(super) memory_available_bytes: Option<u64>,
    /// `always`, `madvise` or `never`.
    pub(super) huge_pages: Option<String>,
    /// Why there is no loopback TCP, if there is none.
    pub(super) no_loopback: Option<String>,
    /// How many ports connections may take, and the first and the last.
    pub(super) ports: Option<(u64, [u16; 2])>,
    /// Why there are not [`THREADS`] threads, if there are not.
    pub(super) no_threads: Option<String>,
}

/// Threads that a machine fit to measure gives: cells of many tasks take more on `threads` alone.
pub(super) const THREADS: usize = 256;

impl Vitals {
    /// Watches the machine; takes about a second.
    pub(super) fn read() -> Self {
        let sources = Sources::system();
        let others = watch_others(&sources);
        let refused = |threads, connections| Demand { threads, connections }.refused();
        Self {
            clock_read_ns: clock_read_ns(),
            clock_step_ns: clock_step_ns(),
            lateness_ns: lateness_ns(None),
            lateness_slack_1_ns: lateness_ns(Some(crate::spec::TIMER_SLACK_NS)),
            memory_available_bytes: sources.memory("MemAvailable:"),
            huge_pages: sources
                .text("sys/kernel/mm/transparent_hugepage/enabled")
                .and_then(|modes| Some(modes.split_once('[')?.1.split_once(']')?.0.to_owned())),
            no_loopback: refused(0, 1),
            ports: resources::ports(),
            no_threads: refused(THREADS, 0),
            ..others
        }
    }
}

fn clock_read_ns() -> f64 {
    let block = || {
        let start = Instant::now();
        for _ in 0..CLOCK_READS {
            std::hint::black_box(Instant::now());
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(CLOCK_READS)
    };
    // The cheapest block: the others were disturbed.
    (0..20).map(|_| block()).fold(f64::INFINITY, f64::min)
}

fn clock_step_ns() -> u64 {
    let step = |_| {
        let start = Instant::now();
        let step = std::iter::repeat_with(|| start.elapsed()).find(|step| !step.is_zero());
        u64::try_from(step.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
    };
    (0..1_000).map(step).min().unwrap_or(0)
}

/// Returns the median lateness of short sleeps in a thread of its own, whose timer slack may be
/// set.
fn lateness_ns(slack_ns: Option<u64>) -> Option<f64> {
    let sleep = |_| {
        let start = Instant::now();
        std::thread::sleep(SLEEP);
        start.elapsed().saturating_sub(SLEEP).as_secs_f64() * 1e9
    };
    let thread = std::thread::Builder::new().spawn(move || {
        if slack_ns.is_some_and(|slack_ns| !crate::process::set_timer_slack(slack_ns)) {
            return None;
        }
        stats::median(&(0..SLEEPS).map(sleep).collect::<Vec<_>>())
    });
    // A system that gives no thread does not tell.
    thread.ok()?.join().ok().flatten()
}

/// Watches other processes while the caller sleeps.
fn watch_others(sources: &Sources) -> Vitals {
    let ticks = || sources.ticks_of_all().zip(sources.ticks());
    let (before, processes, since) = (ticks(), processes(), Instant::now());
    let own = resources::Usage::now().cpu_ns;
    std::thread::sleep(WATCH);
    let watched = since.elapsed().as_secs_f64();
    let own_cores = seconds(resources::Usage::now().cpu_ns.saturating_sub(own)) / watched;
    let shares = before
        .zip(ticks())
        .map(|(before, after)| [shares(before.0, after.0), shares(before.1, after.1)]);
    let others = |share: Shares| (share.busy_cores - own_cores).max(0.0);
    let used = self::processes().into_iter().filter_map(|(id, (name, now))| {
        let before = processes.get(&id).map_or(now, |(_, before)| *before);
        (id != std::process::id()).then_some((name, id, now.saturating_sub(before)))
    });
    let busiest = used.max_by_key(|(_, _, ticks)| *ticks).filter(|(_, _, ticks)| *ticks > 0);
    Vitals {
        steal_share: shares.map(|[_, own]| own.steal),
        others_cores: shares.map(|[all, _]| others(all)),
        others_own_cores: shares.map(|[_, own]| others(own)),
        busiest: busiest.map(|(name, id, ticks)| Busy {
            name: format!("{} ({id})", escape(&name)),
            cores: ticks as f64 / 100.0 / watched,
        }),
        ..Vitals::default()
    }
}

fn seconds(ns: u64) -> f64 {
    Duration::from_nanos(ns).as_secs_f64()
}

/// The shares of time of some cores in a while.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shares {
    /// How many of them were busy.
    busy_cores: f64,
    /// The share of their time that was stolen.
    steal: f64,
}

/// Returns how the cores spent the time between two readings.
fn shares(before: Ticks, after: Ticks) -> Shares {
    let total = after.total.saturating_sub(before.total).max(1) as f64;
    let share = |now: u64, then: u64| now.saturating_sub(then) as f64 / total;
    Shares {
        busy_cores: share(after.busy, before.busy) * after.cores as f64,
        steal: share(after.steal, before.steal),
    }
}

/// Returns name and CPU ticks of every process that can be seen.
fn processes() -> HashMap<u32, (String, u64)> {
    let of_entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.ok()?;
        let id = entry.file_name().to_str()?.parse().ok()?;
        Some((id, process_of(&text(entry.path().join("stat"))?)?))
    };
    fs::read_dir("/proc").into_iter().flatten().filter_map(of_entry).collect()
}

/// Reads `1 (name, which may hold anything) R` and so on; user and system ticks are fields 14 and
/// 15.
fn process_of(stat: &str) -> Option<(String, u64)> {
    let name = stat.split_once('(')?.1;
    let (name, rest) = name.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11).map(str::parse::<u64>);
    Some((name.to_owned(), fields.next()?.ok()?.saturating_add(fields.next()?.ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_be_called_anything() {
        let stat = "7 (a) (b) R 1 7 7 0 -1 4194304 100 0 0 0 12 30 0 0 20 0 1 0 5 0 0";
        assert_eq!(process_of(stat), Some(("a) (b".into(), 42)));
        assert_eq!(process_of("7 (a"), None);
    }

    #[test]
    fn shares_are_of_all_time() {
        let before = Ticks { busy: 10, steal: 1, total: 100, cores: 2 };
        let after = Ticks { busy: 60, steal: 21, total: 200, cores: 2 };
        assert_eq!(shares(before, after), Shares { busy_cores: 1.0, steal: 0.2 });
        assert_eq!(shares(after, after), Shares { busy_cores: 0.0, steal: 0.0 });
    }

    #[test]
    fn the_clock_moves_and_costs() {
        assert!(clock_step_ns() > 0 && clock_read_ns() > 0.0);
    }
}
