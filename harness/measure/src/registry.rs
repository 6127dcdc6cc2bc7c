//! The pairs of executors and workloads: everything that can be run.

use tminus_contract::error::{Error, Result};
use tminus_contract::params::Params;
use tminus_contract::show::Show;
use tminus_contract::workload::{Info, Needs, Purpose, Workload, Wrong};
use tminus_contract::{Clock, Config, Executor, ExecutorInfo, module_of};
use tminus_record::{Filter, WorkloadFacts};

use crate::inside::{self, Port};
use crate::spec::Spec;

/// Runs one cell in this process and says on the port what came of it.
pub type CellFn = fn(&Spec, &Port) -> std::io::Result<()>;

/// Runs one cell in this process behind the adapter that counts polls and wakes.
pub type CountedFn = fn(&ExecutorInfo, &Spec, &Port) -> std::io::Result<()>;

/// Plays the classic instance of a workload live on an executor.
pub type DemoFn = fn(&ExecutorInfo, &Config, Show) -> std::result::Result<(), Wrong>;

/// A workload as data.
pub struct WorkloadEntry {
    /// [`Workload::INFO`].
    pub info: Info,
    /// The module of its source.
    pub module: &'static str,
    /// Ids and descriptions of its floors.
    pub floors: Vec<(&'static str, &'static str)>,
    /// [`Workload::VIRTUAL_CLOCK`].
    pub virtual_clock: bool,
    /// [`Workload::ALWAYS_READY`].
    pub always_ready: bool,
    /// [`Workload::CATEGORY`].
    pub category: &'static str,
    /// [`Workload::PURPOSES`].
    pub purposes: &'static [Purpose],
    /// [`Workload::demo`].
    pub demo: DemoFn,
    /// Counts the polls and wakes of a cell of it.
    pub counted: CountedFn,
    check: fn(&Params) -> std::result::Result<Needs, String>,
}

impl WorkloadEntry {
    /// Returns the facts that run files keep of it.
    #[must_use]
    pub fn facts(&self) -> WorkloadFacts {
        WorkloadFacts {
            module: self.module.into(),
            ..WorkloadFacts::of(&self.info, self.category, &self.floors, self.purposes)
        }
    }

    /// Returns what an executor must have for `params`.
    ///
    /// # Errors
    /// [`Error::Usage`] if the workload refuses the parameters.
    pub fn needs(&self, params: &Params) -> Result<Needs> {
        (self.check)(params).map_err(|reason| Error::Usage(format!("{}: {reason}", self.info.id)))
    }
}

/// A pair of workload and executor, or a floor.
pub struct Entry {
    /// The workload's id.
    pub workload: &'static str,
    /// The executor's id, or the floor's.
    pub executor: &'static str,
    /// Runs a cell of the pair in this process.
    pub run: CellFn,
}

/// Everything that can be run. The root package fills it, in the one place where executors and
/// workloads meet.
#[derive(Default)]
pub struct Registry {
    /// Every executor, in the order of registration.
    pub executors: Vec<ExecutorInfo>,
    /// Every workload, in the order of registration but that those of a category stand together.
    pub workloads: Vec<WorkloadEntry>,
    /// Every pair, floors included.
    pub entries: Vec<Entry>,
}

impl Registry {
    /// Adds a workload with its floors.
    pub fn workload<W: Workload>(&mut self) {
        let floors = W::floors();
        let last = self.workloads.iter().rposition(|known| known.category == W::CATEGORY);
        let place = last.map_or(self.workloads.len(), |last| last + 1);
        let entry = WorkloadEntry {
            info: W::INFO,
            module: module_of::<W>(),
            floors: floors.iter().map(|floor| (floor.id, floor.about)).collect(),
            virtual_clock: W::VIRTUAL_CLOCK,
            always_ready: W::ALWAYS_READY,
            category: W::CATEGORY,
            purposes: W::PURPOSES,
            demo: |executor, config, show| {
                executor.start.run(config, move |executor| W::demo(executor, show))
            },
            counted: inside::run_counted::<W>,
            check: |params| W::new(params).map(|workload| workload.needs()),
        };
        self.workloads.insert(place, entry);
        self.entries.extend(floors.iter().map(|floor| Entry {
            workload: W::INFO.id,
            executor: floor.id,
            run: inside::run_floor::<W>,
        }));
    }

    /// Adds an executor; its pairs are added by [`pair`](Self::pair).
    pub fn executor<E: Executor>(&mut self) {
        self.executors.push(ExecutorInfo::of::<E>());
    }

    /// Adds the pair of `W` and `E`: here the cell is compiled.
    pub fn pair<W: Workload, E: Executor>(&mut self) {
        self.entries.push(Entry {
            workload: W::INFO.id,
            executor: E::ID,
            run: inside::run::<W, E>,
        });
    }

    /// Refuses a filter that matches nothing that is registered.
    ///
    /// # Errors
    /// [`Error::Usage`] with the nearest name.
    pub fn check(&self, filter: &Filter) -> Result<()> {
        let workloads: Vec<&str> = self.workloads.iter().map(|workload| workload.info.id).collect();
        let floors = self.workloads.iter().flat_map(|workload| &workload.floors);
        let executors: Vec<&str> = self
            .executors
            .iter()
            .map(|executor| executor.id)
            .chain(floors.map(|floor| floor.0))
            .collect();
        let chosen = self.workloads.iter().filter(|workload| filter.workload(workload.info.id));
        let params = chosen.flat_map(|workload| workload.info.params);
        let params: Vec<&str> = params.map(|param| param.name).collect();
        filter.check(&workloads, &executors, &params)
    }

    /// Returns the workload named `id`.
    #[must_use]
    pub fn find_workload(&self, id: &str) -> Option<&WorkloadEntry> {
        self.workloads.iter().find(|workload| workload.info.id == id)
    }

    /// Returns the executor named `id`.
    #[must_use]
    pub fn find_executor(&self, id: &str) -> Option<&ExecutorInfo> {
        self.executors.iter().find(|executor| executor.id == id)
    }

    /// Returns whether a cell of `workload` and `executor`, which may be a floor, can run on
    /// `clock`.
    ///
    /// # Errors
    /// The reason why not, with those that can.
    pub fn keeps(
        &self,
        clock: Clock,
        workload: &str,
        executor: &str,
    ) -> std::result::Result<(), String> {
        let workloads = self.workloads.iter().filter(|it| it.virtual_clock).map(|it| it.info.id);
        if clock == Clock::Virtual && !workloads.clone().any(|id| id == workload) {
            let can = can(workloads.collect());
            return Err(format!("the workload {workload} does not run on a virtual clock; {can}"));
        }
        self.has_clock(clock, executor)
    }

    /// Returns whether the demo of `workload` can be played by `executor` on `clock`: nothing is
    /// timed in it, so all can that wait for time and for nothing from outside.
    ///
    /// # Errors
    /// The reason why not, with those that can.
    pub fn plays(
        &self,
        clock: Clock,
        workload: &WorkloadEntry,
        executor: &str,
    ) -> std::result::Result<(), String> {
        let needs = workload.needs(&Params::defaults(&workload.info));
        if clock == Clock::Virtual && needs.is_ok_and(|needs| needs.io) {
            let id = workload.info.id;
            return Err(format!("{id} waits for sockets, for which no virtual clock can jump"));
        }
        self.has_clock(clock, executor)
    }

    fn has_clock(&self, clock: Clock, executor: &str) -> std::result::Result<(), String> {
        let lacks = self.find_executor(executor).is_some_and(|info| !info.virtual_clock);
        if clock == Clock::Virtual && lacks {
            let executors = self.executors.iter().filter(|it| it.virtual_clock).map(|it| it.id);
            let can = can(executors.collect());
            return Err(format!("the executor {executor} does not run on a virtual clock; {can}"));
        }
        Ok(())
    }

    /// Returns the pair of `workload` and `executor`, which may be a floor.
    #[must_use]
    pub fn entry(&self, workload: &str, executor: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.workload == workload && entry.executor == executor)
    }
}

/// Returns `a and b do`, for example.
fn can(mut ids: Vec<&str>) -> String {
    match ids.pop() {
        Some(last) if ids.is_empty() => format!("{last} does"),
        Some(last) => format!("{} and {last} do", ids.join(", ")),
        None => "none does".into(),
    }
}
