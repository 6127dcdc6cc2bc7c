//! Which facts of two machines and builds differ, and what that means for their figures. No I/O.
//!
//! One list for all that hold runs against each other: `compare`, a history, a run that is resumed.

use super::{Build, Machine, UNKNOWN};

/// The meaning of a fact that differs for the figures of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Two machines or two kinds of builds: the figures do not compare.
    Incomparable,
    /// Another state of the machine: it may move figures as a change of the program does.
    State,
    /// Another tminus, or other versions of crates.
    Program,
}

/// A fact that is not the same in two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The fact: `the kernel`.
    pub what: &'static str,
    /// Its value in the first run.
    pub before: String,
    /// Its value in the second run.
    pub after: String,
    /// Its meaning.
    pub weight: Weight,
}

impl Difference {
    /// Returns the difference of two runs side by side: ``the kernel is `A` in one and `B` in the
    /// other``.
    #[must_use]
    pub fn side_by_side(&self) -> String {
        format!("{} is `{}` in one and `{}` in the other", self.what, self.before, self.after)
    }

    /// Returns the difference of an earlier and a later run: `the kernel: A to B`.
    #[must_use]
    pub fn over_time(&self) -> String {
        format!("{}: {} to {}", self.what, self.before, self.after)
    }
}

/// Memory may vary by this share: the kernel keeps some for itself.
const MEMORY_SHARE: u64 = 50;

/// Returns what differs between two machines and builds, the weightiest first. A fact that one of
/// the runs did not store is no difference.
#[must_use]
pub fn differences(before: (&Machine, &Build), after: (&Machine, &Build)) -> Vec<Difference> {
    let (before, after) = (facts(before), facts(after));
    let differs = |(a, b): (Fact, Fact)| {
        let is_other = a.value != b.value && ![&a.value, &b.value].contains(&&UNKNOWN.to_owned());
        is_other.then_some(Difference {
            what: a.what,
            before: a.value,
            after: b.value,
            weight: a.weight,
        })
    };
    let mut found: Vec<Difference> = before.into_iter().zip(after).filter_map(differs).collect();
    found.retain(|it| it.what != MEMORY || !is_about_the_same(&it.before, &it.after));
    found
}

struct Fact {
    what: &'static str,
    value: String,
    weight: Weight,
}

const MEMORY: &str = "the memory";
const MIB: &str = " MiB";

/// Returns every fact that figures may depend on, always in the same order; [`UNKNOWN`] where the
/// run did not store it.
fn facts((machine, build): (&Machine, &Build)) -> Vec<Fact> {
    use Weight::{Incomparable, Program, State};
    let fact = |what, value: String, weight| Fact { what, value, weight };
    let stored = |value: String| if value.is_empty() { UNKNOWN.to_owned() } else { value };
    let known = |count: u64, unit: &str| match count {
        0 => UNKNOWN.to_owned(),
        count => format!("{count}{unit}"),
    };
    // What a system does not show is a value too, if the machine was looked at.
    let is_seen = !matches!(machine.kernel.as_str(), "" | UNKNOWN);
    let seen = |value: Option<String>, none: &str| match is_seen {
        true => value.unwrap_or_else(|| none.to_owned()),
        false => UNKNOWN.to_owned(),
    };
    let turbo = machine.turbo.map(|on| if on { "on" } else { "off" }.to_owned());
    let quota = machine.cpu_limit_cores.map(quota);
    let lock = build.lock_sha256.chars().take(12).collect();
    vec![
        fact("the CPU", machine.cpu.clone(), Incomparable),
        fact("the compiler", build.rustc.clone(), Incomparable),
        fact("the target", build.target.clone(), Incomparable),
        fact("the build profile", build.profile.clone(), Incomparable),
        fact("the allocator", build.allocator.clone(), Incomparable),
        fact("the number of cores", known(machine.cores as u64, ""), Incomparable),
        fact("the kernel", stored(machine.kernel.clone()), State),
        fact("the governor", seen(machine.governor.clone(), "not told"), State),
        fact("turbo", seen(turbo, "not told"), State),
        fact("the hypervisor", seen(machine.hypervisor.clone(), "none seen"), State),
        fact("the container", seen(machine.container.clone(), "none seen"), State),
        fact("the clock source", seen(machine.clock_source.clone(), "not told"), State),
        fact("the CPU quota", seen(quota, "none"), State),
        fact(MEMORY, known(machine.memory_bytes >> 20, MIB), State),
        fact("the version of tminus", stored(build.version.clone()), Program),
        fact("Cargo.lock", stored(lock), Program),
    ]
}

/// Formats a quota with two decimals; a file may hold any number.
fn quota(cores: f64) -> String {
    match (0.01..1e6).contains(&cores) {
        true => format!("{} cores", (cores * 100.0).round() / 100.0),
        false => format!("{cores:e} cores"),
    }
}

fn is_about_the_same(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|text| text.trim_end_matches(MIB).parse::<u64>().unwrap_or(0));
    a.abs_diff(b) <= a.max(b) / MEMORY_SHARE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine {
            cpu: "a CPU".into(),
            cores: 2,
            kernel: "Linux 6.1".into(),
            governor: Some("performance".into()),
            memory_bytes: 8 << 30,
            ..Machine::default()
        }
    }

    fn whats(before: &Machine, after: &Machine) -> Vec<(&'static str, Weight)> {
        let build = Build::default();
        let found = differences((before, &build), (after, &build));
        found.into_iter().map(|it| (it.what, it.weight)).collect()
    }

    #[test]
    fn every_fact_that_may_move_figures_is_found() {
        use Weight::{Incomparable, State};
        type Spoil = fn(&mut Machine);
        let spoil: [(Spoil, &str, Weight); 10] = [
            (|it| it.cpu = "another".into(), "the CPU", Incomparable),
            (|it| it.cores = 3, "the number of cores", Incomparable),
            (|it| it.kernel = "Linux 6.2".into(), "the kernel", State),
            (|it| it.governor = None, "the governor", State),
            (|it| it.turbo = Some(false), "turbo", State),
            (|it| it.hypervisor = Some("KVM".into()), "the hypervisor", State),
            (|it| it.container = Some("docker".into()), "the container", State),
            (|it| it.clock_source = Some("hpet".into()), "the clock source", State),
            (|it| it.cpu_limit_cores = Some(1.5), "the CPU quota", State),
            (|it| it.memory_bytes = 4 << 30, "the memory", State),
        ];
        for (spoil, what, weight) in spoil {
            let mut other = machine();
            spoil(&mut other);
            assert_eq!(whats(&machine(), &other), [(what, weight)]);
        }
    }

    #[test]
    fn what_is_no_fact_or_was_not_stored_is_no_difference() {
        let mut busier = machine();
        (busier.load_1min, busier.steal_ns) = (Some(9.0), Some(5));
        busier.memory_bytes -= 64 << 20;
        assert_eq!(whats(&machine(), &busier), []);
        let unknown = Machine { kernel: UNKNOWN.into(), cpu: UNKNOWN.into(), ..Machine::default() };
        assert_eq!(whats(&machine(), &unknown), []);
        let bare = Machine { cpu: "a CPU".into(), ..Machine::default() };
        assert_eq!(whats(&bare, &machine()), []);
    }

    #[test]
    fn builds_differ_in_what_they_are_and_what_they_hold() {
        let build = |version: &str, lock: &str| Build {
            version: version.into(),
            lock_sha256: lock.into(),
            ..Build::default()
        };
        let machine = machine();
        let found =
            differences((&machine, &build("0.1.0", "ab")), (&machine, &build("0.2.0", "cd")));
        let texts: Vec<String> = found.iter().map(Difference::over_time).collect();
        assert_eq!(texts, ["the version of tminus: 0.1.0 to 0.2.0", "Cargo.lock: ab to cd"]);
        assert!(found.iter().all(|it| it.weight == Weight::Program));
    }
}
