//! The metrics by which a reader may look at the whole run: each workload's own metric, wall time,
//! CPU time, memory or the tail. Names of metrics only; never a figure.

use tminus_judge::rank::Group;
use tminus_record::WorkloadFacts;

/// A class of metrics that most workloads have one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lens {
    /// The metric that ranks the workload.
    Own,
    /// Wall time an op.
    Wall,
    /// CPU time an op.
    Cpu,
    /// Memory: of a task where the workload measures that, else the peak of the process.
    Memory,
    /// The wait of the slowest hundredth.
    Tail,
}

impl Lens {
    /// All of them, the default first.
    pub const ALL: [Self; 5] = [Self::Own, Self::Wall, Self::Cpu, Self::Memory, Self::Tail];

    /// Returns its name in links.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Wall => "wall",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Tail => "tail",
        }
    }

    /// Returns its name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Own => "what each workload is about",
            Self::Wall => "wall time",
            Self::Cpu => "CPU time",
            Self::Memory => "memory",
            Self::Tail => "tail (p99)",
        }
    }

    /// Returns the metric of `group` in this class; `None` where the workload, which `facts`
    /// describe, has none that means something. Wall time of work that waits for a schedule is not
    /// declared by its workload, and so is not shown.
    #[must_use]
    pub fn metric<'a>(self, group: &'a Group, facts: Option<&'a WorkloadFacts>) -> Option<&'a str> {
        let declared = || facts.iter().flat_map(|facts| &facts.metrics).map(String::as_str);
        match self {
            Self::Own => Some(&group.metric),
            Self::Wall => declared().find(|name| *name == "wall_ns_per_op"),
            Self::Cpu => declared().find(|name| *name == "cpu_ns_per_op"),
            Self::Memory => Some(
                declared().find(|name| name.ends_with("_memory_bytes")).unwrap_or("rss_peak_bytes"),
            ),
            Self::Tail => declared().find(|name| name.contains("_p99_")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    #[test]
    fn a_workload_has_the_metrics_that_it_declares() {
        let (run, ranking) = (fixture::run(), fixture::ranking());
        let group = &ranking.groups[0];
        let facts = &mut run.header.workloads[0].clone();
        let all = |facts: &WorkloadFacts| {
            Lens::ALL.map(|lens| lens.metric(group, Some(facts)).map(str::to_owned))
        };
        facts.metrics =
            ["cpu_ns_per_op", "lateness_p50_ns", "lateness_p99_ns"].map(String::from).into();
        assert_eq!(
            all(facts).map(Option::unwrap_or_default),
            ["cpu_ns_per_op", "", "cpu_ns_per_op", "rss_peak_bytes", "lateness_p99_ns"]
        );
        facts.metrics = ["task_memory_bytes", "wall_ns_per_op"].map(String::from).into();
        assert_eq!(all(facts)[3].as_deref(), Some("task_memory_bytes"));
        assert_eq!(all(facts)[4], None);
    }
}
