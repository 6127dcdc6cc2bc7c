//! A workload with nothing to do, and executors that are only data: for the tests of this crate.

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, Floor, FloorEntry, Info, Needs, Param, Sizes, Workload, Wrong,
};
use tminus_contract::{Capabilities, Erased, Executor, ExecutorInfo, Supply, Workers};

use crate::registry::Registry;

/// Does nothing, or what its parameter `fault` says.
pub(crate) struct Probe {
    tasks: u64,
    fault: u64,
}

/// Values of the parameter `fault`.
pub(crate) const WRONG: u64 = 1;
pub(crate) const PANIC: u64 = 2;
pub(crate) const REFUSED: u64 = 3;

impl Workload for Probe {
    const INFO: Info = Info {
        id: "probe",
        title: "Probe",
        about: "Nothing happens.",
        op: "task",
        version: 1,
        params: &[
            Param { name: "tasks", about: "tasks", default: 10, min: 1, max: 100_000 },
            Param { name: "fault", about: "what goes wrong", default: 0, min: 0, max: 3 },
        ],
        metrics: &["wall_ns_per_op"],
        distributions: &[("lateness", "none")],
        budget: Budget::Batches { total_ns: 100, batches: 3 },
        sizes: Sizes {
            quick: &["tasks=10"],
            standard: &["tasks=10", "tasks=1000"],
            thorough: &["tasks=10", "tasks=1000", "tasks=100000", "tasks=10,fault=1"],
            verify: &["tasks=1"],
        },
    };

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        Ok(Self { tasks: params.value("tasks"), fault: params.value("fault") })
    }

    fn needs(&self) -> Needs {
        Needs {
            timers: true,
            io: self.tasks == 1000,
            tasks: self.tasks,
            descriptors: self.tasks / 10,
            ..Needs::default()
        }
    }

    async fn stage<E: Executor>(&self, _: E) -> Result<(), Wrong> {
        Ok(())
    }

    async fn sample<E: Executor>(
        &self,
        _: E,
        (): &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        self.work(iterations, meter)
    }

    async fn demo<E: Executor>(_: E, _: Show) -> Result<(), Wrong> {
        Ok(())
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<Straight>()]
    }
}

impl Probe {
    fn work(&self, iterations: u64, meter: &mut Meter) -> Result<(), Wrong> {
        let running = meter.start();
        meter.stop(running, self.tasks * iterations);
        meter.record("lateness", 5);
        match self.fault {
            WRONG => Err(Wrong::differs("sum", 1, 2)),
            PANIC => panic!("out of luck"),
            REFUSED => Err(Wrong::Refused("too small".into())),
            _ => Ok(()),
        }
    }
}

struct Straight;

impl Floor<Probe> for Straight {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "nothing, without an executor";

    fn stage(_: &Probe) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(&mut self, probe: &Probe, iterations: u64, meter: &mut Meter) -> Result<(), Wrong> {
        probe.work(iterations, meter)
    }
}

/// Returns the probe and four executors: `one`, `many`, `few` (at most 100 tasks) and `plain` (no
/// sockets).
pub(crate) fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.workload::<Probe>();
    let one = Capabilities::borrowing("One");
    let executors = [
        ("one", one),
        ("many", Capabilities { workers: Workers::Many, ..one }),
        ("few", Capabilities { max_tasks: Some((100, "they are threads")), ..one }),
        ("plain", Capabilities { io: Supply::Missing("it has no sockets"), ..one }),
    ];
    registry.executors = executors
        .map(|(id, capabilities)| ExecutorInfo {
            id,
            capabilities,
            virtual_clock: id == "one",
            ..ExecutorInfo::of::<Erased>()
        })
        .into();
    registry
}
