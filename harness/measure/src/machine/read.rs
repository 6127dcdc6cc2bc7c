//! Reads the machine: every source is optional, since containers and other systems lack many.

mod cpu;
mod revision;
#[cfg(test)]
mod tests;

pub use revision::revision;

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tminus_record::machine::{Machine, UNKNOWN};

use crate::child;
use crate::git;
use crate::process::GroupFile;

const QUOTA: GroupFile = GroupFile { controller: "cpu", v2: "cpu.max", v1: "cpu.cfs_quota_us" };
const STATISTICS: GroupFile = GroupFile { controller: "cpu", v2: "cpu.stat", v1: "cpu.stat" };

/// The unit of /proc/stat, which is the same on every Linux.
const TICK_NS: u64 = 10_000_000;

/// The files in which the system describes itself: below a directory, so that tests can make a
/// machine up.
pub(super) struct Sources {
    root: PathBuf,
    /// The CPUs that this process may run on; none where the system does not tell.
    pub(super) cpus: Vec<usize>,
}

/// Reads the machine as it is now.
#[must_use]
pub fn read() -> Machine {
    let read = of(&Sources::system());
    Machine {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        container: container_variable().or(read.container),
        memory_bytes: match read.memory_bytes {
            0 => memory_elsewhere().unwrap_or(0),
            bytes => bytes,
        },
        descriptors: crate::process::descriptor_limit(),
        ..read
    }
}

/// Returns all that files tell.
fn of(sources: &Sources) -> Machine {
    let text = |path: &str| sources.text(path);
    Machine {
        cpu: cpu::name(sources),
        cpus: sources.cpus.len(),
        governor: cpu::governor(sources),
        turbo: cpu::turbo(sources),
        kernel: kernel(sources),
        hypervisor: cpu::hypervisor(sources),
        container: container(sources),
        cpu_limit_cores: cpu_limit_cores(sources),
        throttled_count: throttled_count(sources),
        load_1min: text("proc/loadavg")
            .and_then(|load| load.split_whitespace().next()?.parse().ok()),
        steal_ns: text("proc/stat")
            .and_then(|stat| ticks_of(&stat, &[]))
            .map(|ticks| ticks.steal * TICK_NS),
        clock_source: text("sys/devices/system/clocksource/clocksource0/current_clocksource"),
        memory_bytes: sources.memory("MemTotal:").unwrap_or(0),
        ..Machine::default()
    }
}

impl Sources {
    /// Returns the patterns of this system.
    pub(super) fn system() -> Self {
        Self { root: "/".into(), cpus: crate::process::cpu::allowed() }
    }

    /// Returns the text of the file at `path`, which is relative, without the white space around
    /// it; `None` if it is empty.
    pub(super) fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        text(self.root.join(path))
    }

    fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// Returns the bytes of a field of /proc/meminfo.
    pub(super) fn memory(&self, field: &str) -> Option<u64> {
        let info = self.text("proc/meminfo")?;
        let line = info.lines().find_map(|line| line.strip_prefix(field))?;
        line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
    }

    /// Returns the ticks since boot of the CPUs that this process may use, and how many of them
    /// there are.
    pub(super) fn ticks(&self) -> Option<Ticks> {
        ticks_of(&self.text("proc/stat")?, &self.cpus)
    }

    /// Returns the ticks since boot of all CPUs.
    pub(super) fn ticks_of_all(&self) -> Option<Ticks> {
        ticks_of(&self.text("proc/stat")?, &[])
    }
}

/// The ticks of some cores since boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ticks {
    pub(super) busy: u64,
    pub(super) steal: u64,
    pub(super) total: u64,
    /// How many cores that was.
    pub(super) cores: u64,
}

/// Returns the sum over `cpus`, or over all where none is named. The fields of a line are user,
/// nice, system, idle, iowait, irq, softirq and steal; guests are in user already.
fn ticks_of(stat: &str, cpus: &[usize]) -> Option<Ticks> {
    let mut sum = Ticks::default();
    for line in stat.lines() {
        let Some((name, rest)) = line.split_once(' ') else { continue };
        let cpu = name.strip_prefix("cpu").and_then(|number| number.parse::<usize>().ok());
        if !cpu.is_some_and(|cpu| cpus.is_empty() || cpus.contains(&cpu)) {
            continue;
        }
        let fields: Vec<u64> =
            rest.split_whitespace().take(8).filter_map(|f| f.parse().ok()).collect();
        let [user, nice, system, idle, iowait, irq, softirq, steal] = fields[..] else { continue };
        let busy = user + nice + system + irq + softirq;
        sum.busy += busy;
        sum.steal += steal;
        sum.total += busy + steal + idle + iowait;
        sum.cores += 1;
    }
    (sum.cores > 0).then_some(sum)
}

/// Returns a file's text without the white space around it; `None` if it is empty.
pub(super) fn text(path: impl AsRef<Path>) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    // Texts of the device tree end in a zero byte.
    Some(text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned())
        .filter(|text| !text.is_empty())
}

/// Returns the output of a program, if it succeeds in time.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).process_group(0);
    let printed = child::output(command, git::QUERY).and_then(|output| git::printed(&output));
    printed.ok().map(|text| text.trim().to_owned())
}

fn kernel(sources: &Sources) -> String {
    let linux = sources.text("proc/sys/kernel/osrelease").map(|release| format!("Linux {release}"));
    linux.or_else(|| output("uname", &["-sr"])).unwrap_or_else(|| std::env::consts::OS.to_owned())
}

/// Returns the container's name that container managers put into the environment.
fn container_variable() -> Option<String> {
    let named = std::env::var("container").ok()?;
    Some(tminus_record::text::escape(&named)).filter(|name| !name.is_empty())
}

fn container(sources: &Sources) -> Option<String> {
    let first = sources.text("proc/1/cgroup").unwrap_or_default();
    let signs = [
        (sources.exists(".dockerenv") || first.contains("docker"), "docker"),
        (sources.exists("run/.containerenv"), "podman"),
        (first.contains("kubepods"), "kubernetes"),
        (first.contains("lxc"), "lxc"),
    ];
    signs.iter().find(|(sign, _)| *sign).map(|(_, name)| (*name).to_owned())
}

/// Returns the tightest limit of this group and those above it.
fn cpu_limit_cores(sources: &Sources) -> Option<f64> {
    let limit = |path: &PathBuf| {
        let quota = text(path)?;
        let period = text(path.with_file_name("cpu.cfs_period_us")).unwrap_or_default();
        quota_cores(&quota, &period)
    };
    QUOTA.paths_below(&sources.root).iter().filter_map(limit).min_by(f64::total_cmp)
}

/// Reads a quota in cores: `max 100000` or `50000 100000` in one file (v2), or `-1` and `100000` in
/// two (v1).
fn quota_cores(quota: &str, period: &str) -> Option<f64> {
    let mut fields = quota.split_whitespace();
    let quota: f64 = fields.next()?.parse().ok()?;
    let period: f64 = fields.next().unwrap_or(period).parse().ok()?;
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

/// Returns the most of this group and those above it: any of them may hold the limit.
fn throttled_count(sources: &Sources) -> Option<u64> {
    let count = |path: &PathBuf| {
        let statistics = text(path)?;
        statistics.lines().find_map(|line| line.strip_prefix("nr_throttled ")?.parse().ok())
    };
    STATISTICS.paths_below(&sources.root).iter().filter_map(count).max()
}

fn memory_elsewhere() -> Option<u64> {
    output("sysctl", &["-n", "hw.memsize"])?.parse().ok()
}
