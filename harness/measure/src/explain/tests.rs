//! Which prices are asked for, and which time is explained.

use tminus_record::Quality;

use super::*;

fn counts(values: &[(&str, f64)]) -> Counts {
    let mut counts = Counts::default();
    values.iter().for_each(|(name, value)| counts.add(name, *value, Quality::Exact));
    counts
}

#[test]
fn each_price_is_asked_once_and_only_of_what_differs() {
    let a = counts(&[
        ("allocations_per_op", 2.0),
        ("allocated_bytes_per_op", 200.0),
        ("instructions_per_op", 400.0),
        ("polls_per_op", 1.0),
        ("syscalls_per_op", 3.0),
        ("syscalls_mremap_per_op", 1.0),
        ("syscalls_mprotect_per_op", 2.0),
    ]);
    let b = counts(&[
        ("allocations_per_op", 1.0),
        ("allocated_bytes_per_op", 1_000.0),
        ("instructions_per_op", 400.0),
        ("polls_per_op", 1.0),
        ("syscalls_per_op", 0.0),
    ]);
    let of = |one_thread| {
        let asked = asked(&[a.clone(), b.clone()], one_thread);
        asked.iter().map(|price| (price.spec.id.to_string(), price.names.len())).collect::<Vec<_>>()
    };
    let price = |label: &str, names| (format!("price/{label}/machine"), names);
    let one = of(true);
    assert!(one.contains(&price("allocations_128", 1)), "{one:?}");
    assert!(one.contains(&price("instructions", 1)), "{one:?}");
    assert!(!one.iter().any(|(id, _)| id.contains("polls") || id.contains("contended")), "{one:?}");
    #[cfg(target_os = "linux")]
    assert!(one.contains(&price("syscalls", 2)), "{one:?}");
    assert!(of(false).contains(&price("atomics_contended", 1)));
}

#[test]
fn wall_time_is_a_cost_only_where_one_thread_works_all_the_time() {
    let batches = Budget::Batches { total_ns: 1, batches: 1 };
    assert_eq!(time(batches, true), Time::Wall);
    assert_eq!(time(batches, false), Time::Cpu);
    assert_eq!(time(Budget::Once, true), Time::Cpu);
}
