//! The rules of the contract, tried on every executor of the registry.
//!
//! Each case runs in a process of its own, as a cell does: executors have global state, and some
//! take their number of workers from the environment. The test binary starts itself again for each
//! case, so this file has its own `main`.

mod crowd;
mod rules;

use std::env;
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};
use nix::unistd::alarm;
use tminus_harness::contract::{Config, Executor, Workers};
use tminus_harness::plan::ExecutorVisitor;

/// Names the case that a process is started for.
const CASE: &str = "TMINUS_CONTRACT_CASE";

/// A case that hangs is killed by a signal after so long.
const HANG_S: u32 = 120;

fn main() -> ExitCode {
    let mut cases = Cases(Vec::new());
    tminus_executors::visit(&mut cases);
    if let Ok(name) = env::var(CASE) {
        let case = cases.0.into_iter().find(|case| case.name == name);
        let case = case.expect("the parent knows the same cases");
        alarm::set(HANG_S);
        (case.rule)(&case.config);
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::from_args();
    let trials = cases.0.into_iter().map(|case| {
        let unavailable = case.unavailable;
        Trial::test(case.name.clone(), move || case.run()).with_ignored_flag(unavailable)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Every rule on every executor, with one worker and with four.
struct Cases(Vec<Case>);

struct Case {
    name: String,
    rule: fn(&Config),
    config: Config,
    environment: Vec<(String, String)>,
    /// This machine cannot run the executor.
    unavailable: bool,
}

impl ExecutorVisitor for Cases {
    fn visit<E: Executor>(&mut self) {
        let workers: &[usize] = match E::CAPABILITIES.workers {
            Workers::Many => &[1, 4],
            Workers::One | Workers::PerTask => &[1],
        };
        let unavailable = E::available().is_err();
        for &workers in workers {
            let executor = match E::CAPABILITIES.workers {
                Workers::Many => format!("{}/w{workers}", E::ID),
                Workers::One | Workers::PerTask => E::ID.into(),
            };
            let config = Config::workers(workers);
            self.0.extend(rules::of::<E>().into_iter().map(|(name, rule)| Case {
                name: format!("{executor}/{name}"),
                rule,
                environment: E::environment(&config),
                config: config.clone(),
                unavailable,
            }));
        }
    }
}

impl Case {
    fn run(&self) -> Result<(), Failed> {
        let mut command = Command::new(env::current_exe()?);
        command.env(CASE, &self.name).envs(self.environment.iter().cloned());
        let output = command.output()?;
        match output.status.success() {
            true => Ok(()),
            false => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                Err(format!("{}\n{stderr}", output.status).into())
            }
        }
    }
}
