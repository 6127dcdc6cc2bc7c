//! The suite in a `#[test]` of any crate.
//!
//! The test program starts itself again, with this one test, for each rule; there the test does not
//! come back: it tries the rule and ends the process.

use std::env;
use std::fmt::Write as _;
use std::process::exit;
use std::thread;

use tminus_contract::{Config, Executor, ExecutorInfo};
use tminus_measure::child::{Cancel, Program};
use tminus_measure::inside::Port;
use tminus_measure::protocol::VERSION;
use tminus_measure::spec::Spec;
use tminus_record::Finding;

use super::suite::{Case, cases, deadline, try_case};

/// Tells a test that it is the child.
const CHILD: &str = "TMINUS_CONFORMANCE_CHILD";

/// Tries every rule on `E`, each in a child process, with one worker and with as many as there are
/// cores where `E` can have many.
///
/// To be called in a `#[test]` of its own, which does nothing else.
///
/// # Panics
/// If a rule is broken: the message names each with what was seen. Also if the test runs on no
/// thread of its own (`harness = false`): then use [`cases`] and [`try_case`] with a program of
/// your own.
pub fn assert_keeps<E: Executor>() {
    let executor = ExecutorInfo::of::<E>();
    if env::var_os(CHILD).is_some() {
        let obeyed = obey(&executor);
        exit(i32::from(obeyed.is_err()));
    }
    let unknown = super::unknown_deviation(&executor);
    assert_eq!(unknown, None, "{} deviates from a rule that does not exist", E::ID);
    let broken = broken(&executor);
    assert!(broken.is_empty(), "{} breaks the contract:\n{broken}", E::ID);
}

/// Does what a child does.
fn obey(executor: &ExecutorInfo) -> std::io::Result<()> {
    let port = Port::stdio();
    port.end_line()?;
    let spec: Option<Spec> = port.request()?;
    match spec.filter(|spec| spec.protocol == VERSION) {
        Some(spec) => super::run(executor, &spec, &port),
        None => Err(std::io::Error::other("expected a spec line on stdin")),
    }
}

/// Returns the rules that are broken, a line each and what their children wrote.
fn broken(executor: &ExecutorInfo) -> String {
    let current = thread::current();
    let test = current.name().filter(|name| *name != "main").expect("the test has a thread");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let cancel = Cancel::new().expect("a pipe");
    let mut text = String::new();
    for case in cases(std::slice::from_ref(executor), cores) {
        let program = program(test, &case);
        let spec = case.spec(1, 0);
        if let Some(Finding::Failed { reason, stderr, .. }) =
            try_case(&program, &case, &spec, deadline(1), &cancel)
        {
            let (id, about) = (spec.id, case.rule.about);
            let _ = writeln!(text, "{id}: {reason}\n    {about}");
            for line in stderr.lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    text
}

/// Returns this test program as the program of one test.
fn program(test: &str, case: &Case<'_>) -> Program {
    let program = Program::current().expect("this program has a path");
    let program = program.arguments([test, "--exact", "--nocapture", "--test-threads=2"]);
    let config = Config::workers(case.workers.unwrap_or(1));
    // A test has threads, so it could not set them itself.
    let environment = (case.executor.environment)(&config).into_iter();
    environment.fold(program.env(CHILD, "1").with_prologue(), |program, (name, value)| {
        program.env(name, value)
    })
}
