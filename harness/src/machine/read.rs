//! Reads the machine: every source is optional, since containers and other systems lack many.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::{Git, Machine};
use crate::child;
use crate::git;
use crate::resources::{self, GroupFile};

const QUOTA: GroupFile = GroupFile { controller: "cpu", v2: "cpu.max", v1: "cpu.cfs_quota_us" };
const STATISTICS: GroupFile = GroupFile { controller: "cpu", v2: "cpu.stat", v1: "cpu.stat" };

/// The unit of /proc/stat, which is the same on every Linux.
const TICK_NS: u64 = 10_000_000;

impl Machine {
    /// The machine as it is now.
    #[must_use]
    pub fn read() -> Self {
        let cpu_info = text("/proc/cpuinfo").unwrap_or_default();
        Self {
            cpu: cpu_name(&cpu_info),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            governor: text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            turbo: turbo(),
            kernel: kernel(),
            hypervisor: hypervisor(&cpu_info),
            container: container(),
            cpu_limit_cores: cpu_limit_cores(),
            throttled_count: throttled_count(),
            load_1min: text("/proc/loadavg")
                .and_then(|load| load.split_whitespace().next()?.parse().ok()),
            steal_ns: ticks().map(|ticks| ticks.steal * TICK_NS),
            clock_source: text("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            memory_bytes: memory("MemTotal:").or_else(memory_elsewhere).unwrap_or(0),
            descriptors: resources::descriptor_limit(),
        }
    }
}

impl Git {
    /// The revision that the current directory is at; `None` without git or outside of a
    /// repository.
    #[must_use]
    pub fn read() -> Option<Self> {
        let ask = |words: &[&str]| git::ask(Path::new("."), words).ok();
        let revision = ask(&["rev-parse", "--verify", "HEAD"])?.trim().to_owned();
        let status = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"];
        let is_hash = revision.len() >= 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| Self { revision, dirty: ask(&status).is_none_or(|it| !it.is_empty()) })
    }
}

/// What all cores did since boot, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ticks {
    pub(super) busy: u64,
    pub(super) steal: u64,
    pub(super) total: u64,
}

pub(super) fn ticks() -> Option<Ticks> {
    ticks_of(&text("/proc/stat")?)
}

/// user nice system idle iowait irq softirq steal; guests are in user already.
fn ticks_of(stat: &str) -> Option<Ticks> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let fields: Vec<u64> = line.split_whitespace().take(8).filter_map(|f| f.parse().ok()).collect();
    let [user, nice, system, idle, iowait, irq, softirq, steal] = fields[..] else { return None };
    let busy = user + nice + system + irq + softirq;
    Some(Ticks { busy, steal, total: busy + steal + idle + iowait })
}

/// Bytes of a field of /proc/meminfo.
pub(super) fn memory(field: &str) -> Option<u64> {
    let info = text("/proc/meminfo")?;
    let line = info.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// A file's text without the white space around it; `None` if it is empty.
pub(super) fn text(path: impl AsRef<Path>) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What a program prints, if it succeeds in time.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).process_group(0);
    let printed = child::output(command, git::QUERY).and_then(|output| git::printed(&output));
    printed.ok().map(|text| text.trim().to_owned())
}

fn cpu_name(info: &str) -> String {
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    field("model name")
        .or_else(|| field("Model"))
        .or_else(|| text("/sys/firmware/devicetree/base/model"))
        .or_else(|| output("sysctl", &["-n", "machdep.cpu.brand_string"]))
        .unwrap_or_else(|| format!("unknown {}", std::env::consts::ARCH))
}

fn turbo() -> Option<bool> {
    let intel = text("/sys/devices/system/cpu/intel_pstate/no_turbo").map(|off| off == "0");
    intel.or_else(|| text("/sys/devices/system/cpu/cpufreq/boost").map(|on| on == "1"))
}

fn kernel() -> String {
    let linux = text("/proc/sys/kernel/osrelease").map(|release| format!("Linux {release}"));
    linux.or_else(|| output("uname", &["-sr"])).unwrap_or_else(|| std::env::consts::OS.to_owned())
}

fn hypervisor(cpu_info: &str) -> Option<String> {
    let flags = cpu_info.lines().find(|line| line.starts_with("flags"));
    let shown = flags.is_some_and(|flags| flags.split_whitespace().any(|f| f == "hypervisor"));
    let named = || text("/sys/class/dmi/id/sys_vendor").or_else(|| text("/sys/hypervisor/type"));
    shown.then(|| named().unwrap_or_else(|| "of unknown make".into()))
}

fn container() -> Option<String> {
    if let Ok(named) = std::env::var("container") {
        return Some(crate::text::escape(&named)).filter(|name| !name.is_empty());
    }
    let first = text("/proc/1/cgroup").unwrap_or_default();
    let signs = [
        (Path::new("/.dockerenv").exists() || first.contains("docker"), "docker"),
        (Path::new("/run/.containerenv").exists(), "podman"),
        (first.contains("kubepods"), "kubernetes"),
        (first.contains("lxc"), "lxc"),
    ];
    signs.iter().find(|(sign, _)| *sign).map(|(_, name)| (*name).to_owned())
}

/// The tightest limit of this group and those above it.
fn cpu_limit_cores() -> Option<f64> {
    let limit = |path: &std::path::PathBuf| {
        let quota = text(path)?;
        let period = text(path.with_file_name("cpu.cfs_period_us")).unwrap_or_default();
        quota_cores(&quota, &period)
    };
    QUOTA.paths().iter().filter_map(limit).min_by(f64::total_cmp)
}

/// `max 100000` or `50000 100000` in one file (v2), or `-1` and `100000` in two (v1).
fn quota_cores(quota: &str, period: &str) -> Option<f64> {
    let mut fields = quota.split_whitespace();
    let quota: f64 = fields.next()?.parse().ok()?;
    let period: f64 = fields.next().unwrap_or(period).parse().ok()?;
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

pub(super) fn throttled_count() -> Option<u64> {
    let count = |path: &std::path::PathBuf| {
        let statistics = text(path)?;
        statistics.lines().find_map(|line| line.strip_prefix("nr_throttled ")?.parse().ok())
    };
    STATISTICS.paths().iter().find_map(count)
}

fn memory_elsewhere() -> Option<u64> {
    output("sysctl", &["-n", "hw.memsize"])?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_of_both_versions_are_cores() {
        let half = |cores: Option<f64>| cores.is_some_and(|cores| (cores - 0.5).abs() < 1e-12);
        assert!(half(quota_cores("50000 100000", "")) && half(quota_cores("50000", "100000")));
        for none in [("max 100000", ""), ("-1", "100000"), ("5", ""), ("", ""), ("5 0", "")] {
            assert_eq!(quota_cores(none.0, none.1), None, "{none:?}");
        }
    }

    #[test]
    fn guests_are_not_counted_twice() {
        let stat = "cpu  1 2 3 40 5 6 7 8 100 100\ncpu0 9 9 9 9 9 9 9 9 9 9\n";
        assert_eq!(ticks_of(stat), Some(Ticks { busy: 19, steal: 8, total: 72 }));
        assert_eq!(ticks_of("cpu  1 2\n"), None);
    }

    #[test]
    fn names_are_found_where_systems_keep_them() {
        assert_eq!(cpu_name("processor : 0\nmodel name\t: A CPU @ 2 GHz\n"), "A CPU @ 2 GHz");
        assert!(hypervisor("flags : fpu hypervisor sse\n").is_some());
        assert_eq!(hypervisor("flags : fpu sse\n"), None);
    }

    #[test]
    fn this_machine_can_be_read() {
        let machine = Machine::read();
        assert!(machine.cores >= 1 && !machine.cpu.is_empty() && !machine.kernel.is_empty());
        assert!(machine.descriptors > 0 && machine.memory_bytes > 0);
    }
}
