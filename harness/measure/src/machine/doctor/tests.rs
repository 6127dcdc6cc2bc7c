//! Which findings are fit to measure on, and that each remedy is told.

use super::*;
use crate::machine::vitals::Busy;

fn quiet() -> (Machine, Vitals) {
    let machine = Machine {
        cores: 4,
        cpus: 4,
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
        others_own_cores: Some(0.01),
        busiest: None,
        memory_available_bytes: Some(8 << 30),
        huge_pages: Some("madvise".into()),
        no_loopback: None,
        ports: Some((28_232, [32_768, 60_999])),
        no_threads: None,
    };
    (machine, vitals)
}

/// Returns the names of those that are not good. The tests' own build has debug assertions.
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
        others_own_cores: Some(0.25),
        busiest: Some(Busy { name: "cc (7)".into(), cores: 0.9 }),
        memory_available_bytes: Some(1 << 20),
        huge_pages: Some("always".into()),
        no_loopback: Some("no loopback".into()),
        ports: Some((100, [40_000, 40_099])),
        no_threads: Some("no threads".into()),
    };
    let all = checks(&machine, &vitals);
    assert_eq!(not_good(&machine, &vitals, Fit::Poor).len(), all.len() - 1);
    assert!(all.iter().filter(|c| c.fit == Fit::Poor).all(|check| !check.remedy.is_empty()));
    assert!(
        all.iter().any(|check| check.finding
            == "1.00 cores busy, 0.25 of them on its own CPUs, 0.90 by cc (7)")
    );
}

#[test]
fn what_the_system_does_not_tell_is_unknown_and_not_poor() {
    let (machine, vitals) =
        (Machine { cores: 2, descriptors: 9_999, ..Machine::default() }, Vitals::default());
    assert_eq!(not_good(&machine, &vitals, Fit::Poor), Vec::<String>::new());
    assert!(not_good(&machine, &vitals, Fit::Unknown).len() >= 8);
}

/// `cores` is cut to the quota already: 1.5 of 2 CPUs gives one core.
#[test]
fn a_quota_is_compared_with_the_cpus_that_it_cuts() {
    let (quiet, vitals) = quiet();
    let poor = |cores, cpus, limit| {
        let machine = Machine { cores, cpus, cpu_limit_cores: Some(limit), ..quiet.clone() };
        not_good(&machine, &vitals, Fit::Poor).contains(&"cpu-limit".to_owned())
    };
    assert!(poor(1, 2, 1.5) && poor(1, 4, 0.5));
    assert!(!poor(2, 2, 2.0) && !poor(2, 2, 3.0) && !poor(2, 0, 2.0));
}

#[test]
fn a_hypervisor_that_is_not_told_is_not_called_none() {
    let (quiet, vitals) = quiet();
    let machine = Machine { hypervisor: Some(UNKNOWN.into()), ..quiet };
    assert_eq!(not_good(&machine, &vitals, Fit::Unknown), ["hypervisor"]);
    assert_eq!(not_good(&machine, &vitals, Fit::Poor), Vec::<String>::new());
}
