//! Deliberately broken executors: the conformance suite must catch each, by its own rule.
//!
//! A suite that no mutant fails checks nothing. Each mutant is the reference executor with one
//! thing wrong, and the reference without a mutant keeps every rule. `TMINUS_MUTANT_RUNS` says how
//! often each mutant is tried (once, unless set), `TMINUS_MUTANT_SUITE=1` tries all rules on each.
//!
//! Each rule runs in a process of its own, which is this program again; so it has no test harness
//! but brings one.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use tminus_conformance as conformance;
use tminus_conformance::testing::{ALL, Entry, Mutant, Reference, Seen};
use tminus_conformance::{Case, RULES};
use tminus_contract::ExecutorInfo;
use tminus_measure::child::{Cancel, Program};
use tminus_measure::inside::Port;
use tminus_measure::spec::Spec;
use tminus_record::{FailureKind, Finding};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("cell") {
        return child(&arguments.next().unwrap_or_default());
    }
    let mutants = ALL
        .iter()
        .map(|entry| Trial::test(format!("mutant/{}", entry.name()), move || caught(entry)));
    let reference = [1, 2].map(|workers| {
        Trial::test(format!("reference/w{workers}"), move || reference_is_right(workers))
    });
    let table = Trial::test("every_mutant_names_a_rule", every_mutant_names_a_rule);
    let trials = mutants.chain(reference).chain([table]).collect();
    let mut arguments = Arguments::from_args();
    // Most of them wait for a hang.
    arguments.test_threads.get_or_insert(12);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Tries the rule of the spec on stdin on the mutant of that name.
fn child(mutant: &str) -> ExitCode {
    Mutant::turn_on(mutant);
    let port = Port::stdio();
    let spec: Spec = port.request().ok().flatten().expect("a spec line");
    match conformance::run(&ExecutorInfo::of::<Reference>(), &spec, &port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// A hang is waited for so long; nothing else takes a tenth of it.
const HANG: Duration = Duration::from_secs(3);

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Tries a rule on a mutant, or on the reference for the name of none.
fn attempt(mutant: &str, rule: &str, workers: usize, seed: u64, deadline: Duration) -> Finding {
    let executor = ExecutorInfo::of::<Reference>();
    let rule = RULES.iter().find(|known| known.id == rule).expect("a rule of that name");
    let case = Case { rule, executor: &executor, workers: Some(workers) };
    let program = Program::current().expect("this program has a path");
    let program = program.arguments(["cell", mutant]);
    let cancel = Cancel::new().expect("a pipe");
    let spec = case.spec(1, seed);
    conformance::try_case(&program, &case, &spec, deadline, &cancel).expect("nobody cancels")
}

fn caught(entry: &Entry) -> Result<(), Failed> {
    for run in 0..number("TMINUS_MUTANT_RUNS", 1) {
        let deadline = if entry.seen == Seen::Hang { HANG } else { conformance::deadline(1) };
        let finding = attempt(&entry.name(), entry.rule, entry.workers, run, deadline);
        let shown = match (&finding, entry.seen) {
            (Finding::Failed { kind, .. }, Seen::Hang) => {
                matches!(kind, FailureKind::Hang | FailureKind::Deadline)
            }
            (Finding::Failed { reason, .. }, Seen::Text(text)) => reason.contains(text),
            _ => false,
        };
        if !shown {
            let (about, seen) = (entry.about, entry.seen);
            return Err(format!("run {run}: {about}: expected {seen:?}, found {finding:?}").into());
        }
    }
    if number("TMINUS_MUTANT_SUITE", 0) == 1 {
        whole_suite(entry)?;
    }
    Ok(())
}

/// The whole suite on a mutant: its own rule is among those that fail. The others that fail are
/// written to stderr: what a rule sees beside its own mutant.
fn whole_suite(entry: &Entry) -> Result<(), Failed> {
    let fails = |rule: &str| {
        let finding = attempt(&entry.name(), rule, entry.workers, 0, HANG);
        matches!(finding, Finding::Failed { .. })
    };
    let broken: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).filter(|id| fails(id)).collect();
    let _ = writeln!(std::io::stderr(), "{}: {broken:?}", entry.name());
    match broken.contains(entry.rule) {
        true => Ok(()),
        false => Err(format!("the suite names {broken:?}, not {}", entry.rule).into()),
    }
}

/// Without a mutant nothing is found.
fn reference_is_right(workers: usize) -> Result<(), Failed> {
    for rule in RULES {
        let deadline = conformance::deadline(1);
        match attempt("none", rule.id, workers, 0, deadline) {
            Finding::Ok | Finding::NotPromised { .. } => {}
            finding => return Err(format!("{}: {finding:?}", rule.id).into()),
        }
    }
    Ok(())
}

fn every_mutant_names_a_rule() -> Result<(), Failed> {
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    let named: BTreeSet<&str> = ALL.iter().map(|entry| entry.rule).collect();
    let unknown: Vec<&&str> = named.difference(&rules).collect();
    assert!(unknown.is_empty(), "there are no rules {unknown:?}");
    // The one rule that only a rewritten future could break.
    let without: Vec<&str> = rules.difference(&named).copied().collect();
    assert_eq!(without, ["order-within-task"], "rules that no mutant breaks");
    let place = |entry: &Entry| RULES.iter().position(|rule| rule.id == entry.rule);
    assert!(ALL.is_sorted_by_key(place), "the mutants stand in the order of the rules");
    Ok(())
}
