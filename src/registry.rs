//! The one place where executors and workloads meet: each pair is compiled here.

use std::marker::PhantomData;

use tminus_harness::contract::Executor;
use tminus_harness::plan::{ExecutorVisitor, Registry, WorkloadVisitor};
use tminus_harness::workload::Workload;

/// Every workload, every executor that is compiled in, and the caller's `own`.
pub(crate) fn build(own: &[fn(&mut Registry)]) -> Registry {
    let mut registry = Registry::default();
    tminus_workloads::visit(&mut Workloads(&mut registry));
    tminus_executors::visit(&mut Executors(&mut registry));
    for add in own {
        add(&mut registry);
    }
    registry
}

/// Adds one executor with its pairs.
pub(crate) fn add<E: Executor>(registry: &mut Registry) {
    registry.executor::<E>();
    tminus_workloads::visit(&mut Pairs::<E>(registry, PhantomData));
}

struct Workloads<'a>(&'a mut Registry);

impl WorkloadVisitor for Workloads<'_> {
    fn visit<W: Workload>(&mut self) {
        self.0.workload::<W>();
    }
}

struct Executors<'a>(&'a mut Registry);

impl ExecutorVisitor for Executors<'_> {
    fn visit<E: Executor>(&mut self) {
        add::<E>(self.0);
    }
}

struct Pairs<'a, E>(&'a mut Registry, PhantomData<E>);

impl<E: Executor> WorkloadVisitor for Pairs<'_, E> {
    fn visit<W: Workload>(&mut self) {
        self.0.pair::<W, E>();
    }
}
