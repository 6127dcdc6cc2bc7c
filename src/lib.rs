//! A benchmark harness for async executors: which is faster, by how much, how sure, and why.
//!
//! The program `tminus` is this library with nothing added. An outside crate implements
//! [`contract::Executor`], registers it and has every verb, with its executor in the ranking:
//!
//! ```no_run
//! # fn own<Mine: tminus::contract::Executor>() -> std::process::ExitCode {
//! tminus::App::new().executor::<Mine>().main()
//! # }
//! ```

mod provenance;
mod registry;
#[cfg(feature = "bench")]
mod bench;

pub use tminus_contract as contract;
pub use tminus_contract::resources::CountingAllocator;
pub use tminus_executors as executors;
pub use tminus_executors::borrowed;
pub use tminus_measure::registry::Registry;

use std::marker::PhantomData;
use std::process::ExitCode;

use tminus_contract::Executor;
use tminus_contract::workload::Workload;
use tminus_verbs::Catalog;
#[cfg(feature = "bench")]
use tminus_verbs::Exit;

pub use registry::{Executors, Workloads};

/// The parts of the contract that the file of an executor or a workload needs.
pub mod prelude {
    pub use tminus_contract::params::Params;
    pub use tminus_contract::sample::Meter;
    pub use tminus_contract::show::Show;
    pub use tminus_contract::workload::{
        Budget, Floor, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
    };
    pub use tminus_contract::{
        Buf, CancelHandle, CancelJoin, Capabilities, Clock, Config, Executor, Family, Handle, Join,
        JoinError, Listener, NoIo, Order, Stream, Supply, Workers, cancel_joinable, joinable,
        waited,
    };
}

/// The whole program, over the executors and workloads of tminus and those that are added.
///
/// `Ws` and `Es` are the lists of the latter, as types, so that each added workload is compiled for
/// each added executor, too.
pub struct App<Ws = (), Es = ()>(PhantomData<fn() -> (Ws, Es)>);

impl App {
    /// Returns the program with all workloads and executors that are compiled in.
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl<Ws: Workloads, Es: Executors> App<Ws, Es> {
    /// Adds an executor: from here on it is in every list, plan and ranking.
    #[must_use]
    pub fn executor<E: Executor>(self) -> App<Ws, (Es, E)> {
        App(PhantomData)
    }

    /// Adds a workload: from here on all executors run it, in every list, plan and ranking.
    #[must_use]
    pub fn workload<W: Workload>(self) -> App<(Ws, W), Es> {
        App(PhantomData)
    }

    /// Returns everything that can be run.
    #[must_use]
    pub fn registry(&self) -> Registry {
        registry::build::<Ws, Es>()
    }

    /// Runs the matrix as criterion benches: the `main` of a bench target with `harness = false`.
    /// Criterion's flags and filters work; the times come from child processes. Exits with 0, or 2
    /// where the harness failed.
    #[cfg(feature = "bench")]
    #[must_use]
    pub fn bench(self) -> ExitCode {
        // Its children are this same program.
        if std::env::args_os().nth(1).is_some_and(|word| word == "cell") {
            return self.main();
        }
        tminus_verbs::exit(bench::run(&self.registry()).map(|()| Exit::Ok).map_err(Into::into))
    }

    /// Runs the verb that the command line asks for, and returns the code to exit with: 0 all well,
    /// 1 a failed cell, 2 a usage or harness error, 130 interrupted.
    ///
    /// The program starts itself again, with the hidden verb `cell`, for each measurement: call
    /// this first in `main`, before any thread is started.
    #[must_use]
    pub fn main(self) -> ExitCode {
        tminus_verbs::main(Catalog {
            registry: registry::build::<Ws, Es>,
            build: provenance::build,
            long_version: provenance::long_version,
        })
    }
}

/// Has the doc tests hold what LESSON.md says does not compile.
#[cfg(doctest)]
#[doc = include_str!("../LESSON.md")]
struct Lesson;
