//! Whether a machine is fit to measure, as data: what was found, and what would make it fit.

use serde::{Deserialize, Serialize};

use super::Machine;
use super::vitals::Vitals;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What: lower case and `-`.
    pub name: String,
    /// What was found, with units.
    pub finding: String,
    /// Whether that is fit to measure on.
    pub fit: Fit,
    /// What would make it fit; empty where nothing need or can be done.
    pub remedy: String,
}

/// Whether a finding is fit to measure on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Nothing to do.
    Good,
    /// Figures will be noisier or biased.
    Poor,
    /// The system does not tell.
    Unknown,
}

/// Looks at this machine for about a second.
#[must_use]
pub fn doctor() -> Vec<Check> {
    checks(&Machine::read(), &Vitals::read())
}

fn checks(machine: &Machine, vitals: &Vitals) -> Vec<Check> {
    let mut checks = vec![build()];
    checks.extend(processor(machine));
    checks.extend(share_of_the_machine(machine, vitals));
    checks.extend(clocks(machine, vitals));
    checks.extend(limits(machine, vitals));
    checks
}

impl Check {
    /// `fit` is `None` where the system does not tell; the remedy is kept only where it is needed.
    fn new(name: &str, finding: String, fit: Option<bool>, remedy: &str) -> Self {
        let fit = match fit {
            Some(true) => Fit::Good,
            Some(false) => Fit::Poor,
            None => Fit::Unknown,
        };
        let remedy = if fit == Fit::Poor { remedy.into() } else { String::new() };
        Self { name: name.into(), finding, fit, remedy }
    }
}

const UNKNOWN: &str = "the system does not tell";

/// The finding, or that there is none.
fn found<T>(value: Option<T>, finding: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| UNKNOWN.into(), finding)
}

fn build() -> Check {
    let optimised = !cfg!(debug_assertions);
    let finding = if optimised { "optimised" } else { "with debug assertions" };
    Check::new("build", finding.into(), Some(optimised), "build with `--release`")
}

fn processor(machine: &Machine) -> [Check; 4] {
    let governor = machine.governor.as_deref();
    [
        Check::new(
            "cores",
            format!("{} of {}", machine.cores, machine.cpu),
            Some(machine.cores >= 2),
            "give it a second core: tminus itself shares the only one with what is measured",
        ),
        Check::new(
            "governor",
            found(governor, str::to_owned),
            governor.map(|governor| governor == "performance"),
            "`sudo cpupower frequency-set -g performance`",
        ),
        Check::new(
            "turbo",
            found(machine.turbo, |on| if on { "on" } else { "off" }.into()),
            machine.turbo.map(|on| !on),
            "`echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo`, or \
             `echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost`",
        ),
        Check::new(
            "hypervisor",
            machine.hypervisor.clone().unwrap_or_else(|| "none seen".into()),
            Some(machine.hypervisor.is_none()),
            "measure on bare metal, or compare only what was measured in the same run",
        ),
    ]
}

fn share_of_the_machine(machine: &Machine, vitals: &Vitals) -> [Check; 5] {
    let limit = machine.cpu_limit_cores;
    #[expect(clippy::cast_precision_loss, reason = "cores are few")]
    let cores = machine.cores as f64;
    let busiest = vitals.busiest.as_ref();
    let others = found(vitals.others_cores, |busy| {
        let who = busiest.map(|busiest| format!(", {:.2} by {}", busiest.cores, busiest.name));
        format!("{busy:.2} cores busy{}", who.unwrap_or_default())
    });
    [
        Check::new(
            "load",
            found(machine.load_1min, |load| format!("{load:.2} over one minute")),
            machine.load_1min.map(|load| load < 0.5),
            "wait until the machine is idle",
        ),
        Check::new(
            "others",
            others,
            vitals.others_cores.map(|busy| busy < 0.1),
            "end what else is at work",
        ),
        Check::new(
            "steal",
            found(vitals.steal_share, |share| format!("{:.1} % of the time", share * 100.0)),
            vitals.steal_share.map(|share| share < 0.01),
            "a neighbour takes the cores: another time or another host",
        ),
        Check::new(
            "cpu-limit",
            limit.map_or_else(|| "none".into(), |limit| format!("{limit:.2} cores")),
            Some(limit.is_none_or(|limit| limit >= cores)),
            "raise the cgroup's CPU limit to the cores that it sees, or pin it to fewer cores",
        ),
        Check::new(
            "throttling",
            found(machine.throttled_count, |count| format!("{count} times so far")),
            machine.throttled_count.map(|count| count == 0),
            "raise the cgroup's CPU limit",
        ),
    ]
}

fn clocks(machine: &Machine, vitals: &Vitals) -> [Check; 4] {
    let source = machine.clock_source.as_deref();
    let slow = ["hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies", "xen"];
    let (usual, fine) = (vitals.lateness_ns, vitals.lateness_slack_1_ns);
    let us = |ns: f64| ns / 1e3;
    let late = found(usual, |usual| match fine {
        Some(fine) => {
            format!("median {:.0} us; {:.0} us with a timer slack of 1 ns", us(usual), us(fine))
        }
        None => format!("median {:.0} us", us(usual)),
    });
    [
        Check::new(
            "clock-source",
            found(source, str::to_owned),
            source.map(|source| !slow.contains(&source)),
            "boot with `clocksource=tsc` if the processor's is stable",
        ),
        Check::new(
            "clock-cost",
            format!("{:.1} ns a read", vitals.clock_read_ns),
            Some(vitals.clock_read_ns < 100.0),
            "the clock is read by a system call: change the clock source",
        ),
        Check::new(
            "clock-step",
            format!("{} ns", vitals.clock_step_ns),
            Some(vitals.clock_step_ns <= 1_000),
            "change the clock source: short regions cannot be told apart",
        ),
        Check::new(
            "sleep-lateness",
            late,
            fine.or(usual).map(|late| late < 500_000.0),
            "look for power saving, high-resolution timers that are off, or a busy host",
        ),
    ]
}

fn limits(machine: &Machine, vitals: &Vitals) -> [Check; 3] {
    let mib = |bytes: u64| bytes >> 20;
    let available = vitals.memory_available_bytes;
    let huge = vitals.huge_pages.as_deref();
    [
        Check::new(
            "descriptors",
            format!("up to {}", machine.descriptors),
            Some(machine.descriptors >= 4_096),
            "`ulimit -Hn 65536`, or LimitNOFILE of the service: cells with 1,000 connections are \
             left out",
        ),
        Check::new(
            "memory",
            found(available, |bytes| {
                format!("{} MiB free of {} MiB", mib(bytes), mib(machine.memory_bytes))
            }),
            available.map(|bytes| mib(bytes) >= 1_024),
            "free memory: cells with 100,000 tasks need some hundred MiB",
        ),
        Check::new(
            "huge-pages",
            found(huge, str::to_owned),
            huge.map(|mode| mode != "always"),
            "`echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled`: memory \
             figures jump by 2 MiB otherwise",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::vitals::Busy;

    fn quiet() -> (Machine, Vitals) {
        let machine = Machine {
            cores: 4,
            governor: Some("performance".into()),
            turbo: Some(false),
            load_1min: Some(0.1),
            throttled_count: Some(0),
            clock_source: Some("tsc".into()),
            descriptors: 4_096,
            ..Machine::default()
        };
        let vitals = Vitals {
            clock_read_ns: 20.0,
            clock_step_ns: 30,
            lateness_ns: Some(60_000.0),
            lateness_slack_1_ns: Some(9_000.0),
            steal_share: Some(0.0),
            others_cores: Some(0.01),
            busiest: None,
            memory_available_bytes: Some(8 << 30),
            huge_pages: Some("madvise".into()),
        };
        (machine, vitals)
    }

    /// The names of those that are not good. The tests' own build has debug assertions.
    fn not_good(machine: &Machine, vitals: &Vitals, fit: Fit) -> Vec<String> {
        let checks = checks(machine, vitals).into_iter();
        checks.filter(|c| c.fit == fit && c.name != "build").map(|c| c.name).collect()
    }

    #[test]
    fn a_quiet_machine_is_fit() {
        let (machine, vitals) = quiet();
        assert_eq!(not_good(&machine, &vitals, Fit::Poor), Vec::<String>::new());
        assert_eq!(not_good(&machine, &vitals, Fit::Unknown), Vec::<String>::new());
        let late = checks(&machine, &vitals).into_iter().find(|c| c.name == "sleep-lateness");
        assert_eq!(late.unwrap().finding, "median 60 us; 9 us with a timer slack of 1 ns");
    }

    #[test]
    fn each_fault_is_found_with_a_remedy() {
        let machine = Machine {
            cores: 1,
            governor: Some("powersave".into()),
            turbo: Some(true),
            hypervisor: Some("KVM".into()),
            cpu_limit_cores: Some(0.5),
            throttled_count: Some(3),
            load_1min: Some(2.0),
            clock_source: Some("hpet".into()),
            descriptors: 1_024,
            ..Machine::default()
        };
        let vitals = Vitals {
            clock_read_ns: 1_000.0,
            clock_step_ns: 4_000_000,
            lateness_ns: Some(4e6),
            lateness_slack_1_ns: None,
            steal_share: Some(0.2),
            others_cores: Some(1.0),
            busiest: Some(Busy { name: "cc (7)".into(), cores: 0.9 }),
            memory_available_bytes: Some(1 << 20),
            huge_pages: Some("always".into()),
        };
        let all = checks(&machine, &vitals);
        assert_eq!(not_good(&machine, &vitals, Fit::Poor).len(), all.len() - 1);
        assert!(all.iter().filter(|c| c.fit == Fit::Poor).all(|check| !check.remedy.is_empty()));
        assert!(all.iter().any(|check| check.finding == "1.00 cores busy, 0.90 by cc (7)"));
    }

    #[test]
    fn what_the_system_does_not_tell_is_unknown_and_not_poor() {
        let (machine, vitals) =
            (Machine { cores: 2, descriptors: 9_999, ..Machine::default() }, Vitals::default());
        assert_eq!(not_good(&machine, &vitals, Fit::Poor), Vec::<String>::new());
        assert!(not_good(&machine, &vitals, Fit::Unknown).len() >= 8);
    }
}
