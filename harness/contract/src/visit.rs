//! How the registries hand out their types: the one of executors knows no workload, the one of
//! workloads no executor.

use crate::Executor;
use crate::workload::Workload;

/// Is shown every executor, with its type.
pub trait ExecutorVisitor {
    /// Takes the next executor.
    fn visit<E: Executor>(&mut self);
}

/// Is shown every workload, with its type.
pub trait WorkloadVisitor {
    /// Takes the next workload.
    fn visit<W: Workload>(&mut self);
}
