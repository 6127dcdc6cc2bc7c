//! Whether a machine is fit to measure, as data: what was found, and what would make it fit.

use serde::{Deserialize, Serialize};
use tminus_record::machine::{Machine, UNKNOWN};

use super::vitals::{THREADS, Vitals};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What: lower case and `-`.
    pub name: String,
    /// The finding, with units.
    pub finding: String,
    /// Whether that is fit to measure on.
    pub fit: Fit,
    /// The remedy that would make it fit; empty where nothing need or can be done.
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
    checks(&super::read(), &Vitals::read())
}

fn checks(machine: &Machine, vitals: &Vitals) -> Vec<Check> {
    let mut checks = vec![build()];
    checks.extend(processor(machine));
    checks.extend(share_of_the_machine(machine, vitals));
    checks.extend(clocks(machine, vitals));
    checks.extend(limits(machine, vitals));
    checks.extend(grants(vitals));
    checks
}

impl Check {
    /// Makes a check. `fit` is `None` where the system does not tell; the remedy is kept only where
    /// it is needed.
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

const NOT_TOLD: &str = "the system does not tell";

/// Returns the finding, or that there is none.
fn found<T>(value: Option<T>, finding: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| NOT_TOLD.into(), finding)
}

fn build() -> Check {
    let optimised = !cfg!(debug_assertions);
    let finding = if optimised { "optimised" } else { "with debug assertions" };
    Check::new("build", finding.into(), Some(optimised), "build with `--release`")
}

fn processor(machine: &Machine) -> [Check; 4] {
    let governor = machine.governor.as_deref();
    let hypervisor = match machine.hypervisor.as_deref() {
        Some(UNKNOWN) => None,
        other => Some(other),
    };
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
            found(hypervisor, |seen| seen.unwrap_or("none seen").into()),
            hypervisor.map(|seen| seen.is_none()),
            "measure on bare metal, or compare only what was measured in the same run",
        ),
    ]
}

fn share_of_the_machine(machine: &Machine, vitals: &Vitals) -> [Check; 5] {
    let limit = machine.cpu_limit_cores;
    #[expect(clippy::cast_precision_loss, reason = "cores are few")]
    let cpus = machine.cpus.max(machine.cores) as f64;
    let busiest = vitals.busiest.as_ref();
    let others = found(vitals.others_cores, |busy| {
        let own = vitals.others_own_cores.filter(|own| (busy - own).abs() >= 0.005);
        let own = own.map(|own| format!(", {own:.2} of them on its own CPUs"));
        let who = busiest.map(|busiest| format!(", {:.2} by {}", busiest.cores, busiest.name));
        format!("{busy:.2} cores busy{}{}", own.unwrap_or_default(), who.unwrap_or_default())
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
            limit.map_or_else(|| "none".into(), |limit| format!("{limit:.2} cores of {cpus} CPUs")),
            Some(limit.is_none_or(|limit| limit >= cpus)),
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

/// Checks what the system grants to any program that asks.
fn grants(vitals: &Vitals) -> [Check; 3] {
    let works = |refused: &Option<String>| refused.clone().unwrap_or_else(|| "works".into());
    let threads = vitals.no_threads.clone().unwrap_or_else(|| format!("at least {THREADS}"));
    [
        Check::new(
            "loopback",
            works(&vitals.no_loopback),
            Some(vitals.no_loopback.is_none()),
            "cells and rules of sockets are left out until then",
        ),
        Check::new(
            "ports",
            found(vitals.ports, |(count, [first, last])| format!("{count}, {first} to {last}")),
            vitals.ports.map(|(count, _)| count >= 2_048),
            "`sysctl net.ipv4.ip_local_port_range='32768 60999'`: cells with 1,000 connections are \
             left out",
        ),
        Check::new(
            "thread-limit",
            threads,
            Some(vitals.no_threads.is_none()),
            "cells of executors with more threads are left out until then",
        ),
    ]
}

#[cfg(test)]
mod tests;
