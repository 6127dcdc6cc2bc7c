//! The one place where executors and workloads meet: each pair is compiled here.

use std::marker::PhantomData;

use tminus_harness::contract::Executor;
use tminus_harness::error::{Error, Result};
use tminus_harness::plan::{ExecutorVisitor, Registry, WorkloadVisitor};
use tminus_harness::workload::Workload;

/// Returns every workload, every executor that is compiled in, and the caller's `own`.
pub(crate) fn build(own: &[fn(&mut Registry)]) -> Registry {
    let mut registry = Registry::default();
    tminus_workloads::visit(&mut Workloads(&mut registry));
    tminus_executors::visit(&mut Executors(&mut registry));
    for add in own {
        add(&mut registry);
    }
    registry
}

/// Refuses executors that cell ids could not name.
///
/// # Errors
/// Which one, and what is wrong with its id.
pub(crate) fn check(registry: &Registry) -> Result<()> {
    let ids: Vec<&str> = registry.executors.iter().map(|info| info.id).collect();
    for (index, id) in ids.iter().enumerate() {
        let is_part = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if id.is_empty() || id.len() > 30 || !id.bytes().all(is_part) || id.starts_with("floor") {
            return Err(Error::Usage(format!(
                "the executor `{}`: an id has up to 30 lower-case letters, digits and `-`, and \
                 does not begin with `floor`",
                id.escape_debug()
            )));
        }
        if ids[..index].contains(id) {
            return Err(Error::Usage(format!("there are two executors `{id}`: rename one")));
        }
    }
    for subject in &registry.subjects {
        if let Some(rule) = subject.unknown_deviation() {
            return Err(Error::Usage(format!(
                "the executor `{}` deviates from `{rule}`, which is no rule: see `tminus list rules`",
                subject.id
            )));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_one_that_cell_ids_can_hold() {
        let mut registry = build(&[]);
        check(&registry).expect("those of tminus are good");
        let twice = registry.executors[0].clone();
        registry.executors.push(twice);
        let error = check(&registry).expect_err("one stands twice").to_string();
        assert!(error.starts_with("there are two executors `"), "{error}");
        for id in ["", "Mine", "my executor", "floor-mine", &"x".repeat(31)] {
            registry.executors.last_mut().expect("it was pushed").id = id.to_owned().leak();
            let error = check(&registry).expect_err(id).to_string();
            assert!(error.starts_with(&format!("the executor `{id}`")), "{error}");
        }
    }
}
