//! The whole matrix: every cell gives a right answer, and what is left out is left out for a reason
//! that was reviewed.

mod support;

use std::fmt::Write as _;

use serde_json::Value;
use support::run;
use tempfile::TempDir;
use tminus::{App, Registry};
use tminus_conformance::RULES;
use tminus_measure::plan::{Limits, Plan};
use tminus_record::{Filter, Profile};

#[test]
fn every_cell_gives_a_right_answer() {
    let here = TempDir::new().expect("a directory");
    // A busy machine may be slow; a cell that never ends is what the deadline is for.
    let output = run(here.path(), &["verify", "--only=cells", "--json", "--deadline=120"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let cells = json["cells"].as_array().expect("a list");
    let failed: Vec<&Value> = cells.iter().filter(|cell| cell["outcome"] == "failed").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(output.status.code(), Some(0));
    // Nothing is missing: each pair and each floor was verified, or excluded and said so.
    let found = |workload: &str, executor: &str| {
        cells.iter().any(|cell| {
            let mut id = cell["cell"].as_str().expect("an id").split('/');
            (id.next(), id.nth(1)) == (Some(workload), Some(executor))
        })
    };
    for entry in App::new().registry().entries {
        assert!(found(entry.workload, entry.executor), "{} {}", entry.workload, entry.executor);
    }
}

#[test]
fn every_executor_keeps_the_contract() {
    let here = TempDir::new().expect("a directory");
    let output = run(here.path(), &["verify", "--only=rules", "--json", "--deadline=120"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let cases = json["rules"].as_array().expect("a list");
    let failed: Vec<&Value> = cases.iter().filter(|case| case["outcome"] == "failed").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(output.status.code(), Some(0));
    // Nothing is missing: each rule was tried on each executor, or is not promised and said so.
    for executor in App::new().registry().executors {
        for rule in RULES {
            let found = cases.iter().any(|case| {
                let mut id = case["case"].as_str().expect("an id").split('/').skip(1);
                (id.next(), id.next()) == (Some(rule.id), Some(executor.id))
            });
            assert!(found, "{} {}", rule.id, executor.id);
        }
    }
}

/// Returns all that is left out of every profile on a machine with four cores and enough
/// descriptors, but for executors that this machine cannot run at all.
fn exclusions(registry: &Registry, descriptors: u64) -> String {
    let limits = Limits { cores: 4, descriptors, ports: Ok(28_232) };
    let mut text = String::new();
    for profile in [Profile::Quick, Profile::Standard, Profile::Thorough, Profile::Verify] {
        let plan =
            Plan::new(registry, profile, &Filter::default(), limits.clone()).expect("a plan");
        let _ = writeln!(text, "{profile:?}");
        for exclusion in plan.exclusions {
            let executor = exclusion.cell.as_str().split('/').nth(2).unwrap_or_default();
            // Floors run everywhere.
            let info = registry.find_executor(executor);
            if info.is_none_or(|info| (info.available)().is_ok()) {
                let _ = writeln!(text, "  {}: {}", exclusion.cell, exclusion.reason);
            }
        }
    }
    text
}

#[test]
#[cfg(not(any(feature = "uring", feature = "exotic")))]
fn what_is_left_out_is_known() {
    let text = exclusions(&App::new().registry(), 20_000);
    insta::assert_snapshot!(text);
}

#[test]
#[cfg(not(any(feature = "uring", feature = "exotic")))]
fn what_lacks_descriptors_is_left_out_with_the_way_out() {
    let text = exclusions(&App::new().registry(), 1024);
    insta::assert_snapshot!(text);
}

#[test]
#[cfg(all(feature = "uring", feature = "exotic"))]
fn what_is_left_out_of_all_executors_is_known() {
    let text = exclusions(&App::new().registry(), 20_000);
    // The cells that can run depend on the kernel.
    let text: Vec<&str> = text.lines().filter(|line| line.starts_with(' ')).collect();
    let text = text.join("\n");
    insta::assert_snapshot!(text);
}
