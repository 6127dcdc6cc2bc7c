//! Accounts of cells whose causes are planted, of equal ones, and of any.

use proptest::prelude::*;

use super::*;

/// Ops of each batch.
const OPS: u64 = 1_000_000;

/// The kinds of which one more is planted: what its loop takes in ns, its instructions and atomics.
const KINDS: [(&str, f64, f64, f64); 9] = [
    ("instructions", 0.54, 9.0, 0.0),
    ("atomics", 5.2, 3.0, 1.0),
    ("allocations", 19.0, 150.0, 0.0),
    ("waker_clones", 11.0, 14.0, 2.0),
    ("syscalls_write", 180.0, 22.0, 0.0),
    ("syscalls_futex", 90.0, 20.0, 0.0),
    ("polls", 1.8, 28.0, 0.0),
    ("wakes", 5.9, 12.0, 1.0),
    ("voluntary_switches", 4_000.0, 200.0, 6.0),
];

fn counts(values: &[(&str, f64)]) -> Counts {
    let mut counts = Counts::default();
    for (name, value) in values {
        counts.add(&format!("{name}_per_op"), *value, Quality::Exact);
    }
    counts
}

/// Batches that take so many ns an op, a little more in each later round.
fn rounds(ns: f64, noise: &[f64]) -> Rounds {
    let batch = |noise: &f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let wall_ns = (ns * (1.0 + noise) * OPS as f64).round() as u64;
        vec![Sample { ops: OPS, iterations: 1, wall_ns, cpu_ns: wall_ns, ..Sample::default() }; 3]
    };
    noise.iter().map(batch).collect()
}

fn prices(noise: &[f64]) -> Vec<Price> {
    let price = |(name, ns, instructions, atomics): &(&str, f64, f64, f64)| {
        let mut of = vec![("instructions", *instructions), ("atomics", *atomics)];
        if *name == SWITCHES {
            of.extend([(SWITCHES, 2.0), (FUTEX, 4.0)]);
        }
        Price {
            name: (*name).into(),
            about: format!("one of {name}"),
            is_bound: false,
            counts: counts(&of),
            rounds: rounds(*ns, noise),
        }
    };
    KINDS.iter().map(price).collect()
}

/// What one more of a kind adds to an op: its time, and counts beside its own.
fn planted(name: &str, many: f64) -> (f64, Vec<(&str, f64)>) {
    let (_, ns, instructions, atomics) = *KINDS.iter().find(|it| it.0 == name).expect("a kind");
    let plain = 0.54 / 9.0;
    match name {
        "instructions" => (many * plain, vec![("instructions", many)]),
        "atomics" => (many * (ns - 2.0 * plain), vec![("instructions", many), ("atomics", many)]),
        // It gives up the CPU, and the other thread wakes it.
        SWITCHES => {
            let own = ns - 4.0 * 90.0 - 200.0 * plain - 6.0 * (5.2 - 2.0 * plain);
            (
                many * (own / 2.0 + 90.0),
                vec![(SWITCHES, many), (FUTEX, many), ("instructions", many * 20.0)],
            )
        }
        _ => {
            let of =
                [(name, many), ("instructions", many * instructions), ("atomics", many * atomics)];
            (many * ns, of.into())
        }
    }
}

/// What all cells here have; they take 95 ns.
const BASE: [(&str, f64); 8] = [
    ("instructions", 460.0),
    ("atomics", 6.0),
    ("allocations", 1.0),
    ("waker_clones", 0.0),
    ("syscalls", 0.0),
    ("polls", 1.0),
    ("wakes", 1.0),
    ("voluntary_switches", 0.0),
];

fn side(name: &str, more: &[(&str, f64)], ns: f64, noise: &[f64]) -> Side {
    let mut all: BTreeMap<&str, f64> = BASE.into();
    for (name, count) in more {
        *all.entry(name).or_default() += count;
    }
    let all: Vec<(&str, f64)> = all.into_iter().collect();
    let cell = format!("work/tasks=1/{name}");
    Side { cell, name: name.into(), counts: counts(&all), rounds: rounds(95.0 + ns, noise) }
}

const NOISE: [f64; 8] = [0.0, 0.002, -0.001, 0.003, 0.001, -0.002, 0.0005, -0.0005];

/// Explains a cell with so many more of a kind against one without.
fn found(name: &str, many: f64) -> Account {
    let (ns, more) = planted(name, many);
    let sides = [side("a", &more, ns, &NOISE), side("b", &[], 0.0, &NOISE)];
    explain(&sides[0], &sides[1], "task", Time::Wall, &prices(&NOISE)).expect("rounds")
}

#[test]
fn a_planted_cause_is_named_first_with_its_price() {
    for (name, ..) in KINDS {
        let many = if name == "instructions" { 200.0 } else { 1.0 };
        let account = found(name, many);
        let first = &account.causes[0];
        assert!(account.is_told(), "{name}");
        assert_eq!(first.name, name, "{account:#?}");
        assert!((first.a_per_op - first.b_per_op - many).abs() < 1e-9, "{account:#?}");
        let rest = account.rest_ns.value.abs() / account.difference_ns.value;
        assert!(rest < 0.05, "{name}: {rest} {account:#?}");
    }
}

/// Seen with tokio and 1,000 tasks: 0.007 wakes more a task, and 16 atomics that are not theirs.
#[test]
fn a_few_wakes_are_charged_with_nothing_that_is_seen_beside_them() {
    let more = [("wakes", 0.007), ("instructions", 400.0), ("atomics", 16.0)];
    let sides = [side("a", &more, 90.0, &NOISE), side("b", &[], 0.0, &NOISE)];
    let account = explain(&sides[0], &sides[1], "task", Time::Wall, &prices(&NOISE));
    let names: Vec<String> =
        account.expect("rounds").causes.into_iter().map(|cause| cause.name).collect();
    assert_eq!(names, ["atomics", "instructions"]);
}

#[test]
fn the_sides_may_be_swapped() {
    let (ns, more) = planted("syscalls_write", 1.0);
    let sides = [side("a", &more, ns, &NOISE), side("b", &[], 0.0, &NOISE)];
    let of = |a, b| explain(a, b, "task", Time::Wall, &prices(&NOISE)).expect("rounds");
    let (there, back) = (of(&sides[0], &sides[1]), of(&sides[1], &sides[0]));
    assert_eq!(there.causes[0].name, back.causes[0].name);
    assert!((there.difference_ns.value + back.difference_ns.value).abs() < 1e-9);
    assert!((there.causes[0].ns.value + back.causes[0].ns.value).abs() < 1e-9);
    assert_eq!((back.causes[0].a_per_op, back.causes[0].b_per_op), (0.0, 1.0));
}

#[test]
fn equal_cells_have_nothing_to_explain() {
    let turned: Vec<f64> = NOISE.iter().map(|it| -it).collect();
    let (a, b) = (side("a", &[], 0.0, &NOISE), side("b", &[], 0.0, &turned));
    let account = explain(&a, &b, "task", Time::Wall, &prices(&NOISE)).expect("rounds");
    assert!(!account.is_told(), "{account:#?}");
    assert!(account.causes.iter().all(|cause| cause.ns.value == 0.0), "{account:#?}");
}

#[test]
fn a_call_without_a_price_of_its_own_is_a_bound() {
    let sides = [
        side("a", &[("syscalls_mremap", 1.0), ("syscalls", 1.0)], 500.0, &NOISE),
        side("b", &[], 0.0, &NOISE),
    ];
    assert!(needed(&sides[0].counts, &sides[1].counts).contains(&"syscalls_mremap".into()));
    let mut prices = prices(&NOISE);
    prices[4].name = "syscalls_mremap".into();
    prices[4].is_bound = true;
    let account = explain(&sides[0], &sides[1], "task", Time::Wall, &prices).expect("rounds");
    let cause = &account.causes[0];
    assert!(cause.name == "syscalls_mremap" && cause.is_bound, "{account:#?}");
    assert!(account.rest_ns.value > 300.0);
}

#[test]
fn time_off_the_cpu_is_a_cause_of_wall_time_alone() {
    let mut a = side("a", &[], 50.0, &NOISE);
    for sample in a.rounds.iter_mut().flatten() {
        sample.cpu_ns -= 50 * OPS;
    }
    let b = side("b", &[], 0.0, &NOISE);
    let of = |time| explain(&a, &b, "task", time, &prices(&NOISE)).expect("rounds");
    assert_eq!(of(Time::Wall).causes[0].name, "off_cpu");
    assert!((of(Time::Wall).causes[0].ns.value - 50.0).abs() < 0.5);
    assert!(of(Time::Cpu).causes.is_empty());
}

#[test]
fn without_instructions_the_rest_is_larger_and_the_reason_is_kept() {
    let (ns, more) = planted("instructions", 200.0);
    let mut sides = [side("a", &more, ns, &NOISE), side("b", &[], 0.0, &NOISE)];
    for side in &mut sides {
        side.counts.values.remove("instructions_per_op");
        side.counts.lack("instructions_per_op", "valgrind is not installed");
    }
    let account =
        explain(&sides[0], &sides[1], "task", Time::Wall, &prices(&NOISE)).expect("rounds");
    assert!(account.causes.is_empty() && account.missing.len() == 1, "{account:#?}");
    assert_eq!(account.rest_ns.value, account.difference_ns.value);
}

proptest! {
    /// Whatever was counted: the causes and the rest are the difference.
    #[test]
    fn the_account_adds_up(
        ours in proptest::collection::vec(0.0_f64..5.0, KINDS.len()),
        theirs in proptest::collection::vec(0.0_f64..5.0, KINDS.len()),
        times in proptest::collection::vec((50.0_f64..5_000.0, 50.0_f64..5_000.0), 1..12),
    ) {
        let noise: Vec<f64> = NOISE.iter().cycle().take(times.len()).copied().collect();
        let of = |name: &str, more: &[f64], at: fn(&(f64, f64)) -> f64| {
            let more: Vec<(&str, f64)> =
                KINDS.iter().map(|kind| kind.0).zip(more.iter().copied()).collect();
            let rounds = times.iter().flat_map(|ns| rounds(at(ns), &[0.0])).collect();
            Side { rounds, ..side(name, &more, 0.0, &[]) }
        };
        let sides = [of("a", &ours, |ns| ns.0), of("b", &theirs, |ns| ns.1)];
        let account =
            explain(&sides[0], &sides[1], "task", Time::Wall, &prices(&noise)).expect("rounds");
        let parts: f64 = account.causes.iter().map(|cause| cause.ns.value).sum();
        let sum = parts + account.rest_ns.value;
        let scale = parts.abs() + account.rest_ns.value.abs() + 1.0;
        prop_assert!((sum - account.difference_ns.value).abs() < 1e-12 * scale);
        for cause in &account.causes {
            let ns = (cause.a_per_op - cause.b_per_op) * cause.price_ns;
            prop_assert!((ns - cause.ns.value).abs() < 1e-9 * scale, "{:?}", cause);
            prop_assert!(cause.ns.low <= cause.ns.value && cause.ns.value <= cause.ns.high);
        }
        let sign = account.difference_ns.value.signum();
        let parts: Vec<f64> = account.causes.iter().map(|cause| sign * cause.ns.value).collect();
        prop_assert!(parts.is_sorted_by(|one, other| one >= other));
    }
}
