//! The one place where executors and workloads meet: each pair is compiled here.

use std::marker::PhantomData;

use tminus_contract::Executor;
use tminus_contract::visit::{ExecutorVisitor, WorkloadVisitor};
use tminus_contract::workload::Workload;
use tminus_measure::registry::Registry;

/// Workloads of an outside crate, as types: `()` is none, `(Others, W)` one more.
pub trait Workloads {
    /// Shows each to `visitor`, in the order in which they were added.
    fn visit(visitor: &mut impl WorkloadVisitor);
}

impl Workloads for () {
    fn visit(_: &mut impl WorkloadVisitor) {}
}

impl<Others: Workloads, W: Workload> Workloads for (Others, W) {
    fn visit(visitor: &mut impl WorkloadVisitor) {
        Others::visit(visitor);
        visitor.visit::<W>();
    }
}

/// Executors of an outside crate, as types: `()` is none, `(Others, E)` one more.
pub trait Executors {
    /// Shows each to `visitor`, in the order in which they were added.
    fn visit(visitor: &mut impl ExecutorVisitor);
}

impl Executors for () {
    fn visit(_: &mut impl ExecutorVisitor) {}
}

impl<Others: Executors, E: Executor> Executors for (Others, E) {
    fn visit(visitor: &mut impl ExecutorVisitor) {
        Others::visit(visitor);
        visitor.visit::<E>();
    }
}

/// Returns every workload and every executor that is compiled in, then the caller's own.
pub(crate) fn build<Ws: Workloads, Es: Executors>() -> Registry {
    let mut registry = shipped();
    Ws::visit(&mut AddWorkloads(&mut registry));
    tminus_executors::visit(&mut WithOwn::<Ws>(&mut registry, PhantomData));
    Es::visit(&mut AddExecutors::<Ws>(&mut registry, PhantomData));
    registry
}

/// Returns what is compiled in. No type of the caller's is in it, so its cells are compiled with
/// this crate, and once for all programs that use it.
fn shipped() -> Registry {
    let mut registry = Registry::default();
    tminus_workloads::visit(&mut AddWorkloads(&mut registry));
    tminus_executors::visit(&mut AddExecutors::<()>(&mut registry, PhantomData));
    registry
}

struct AddWorkloads<'a>(&'a mut Registry);

impl WorkloadVisitor for AddWorkloads<'_> {
    fn visit<W: Workload>(&mut self) {
        self.0.workload::<W>();
    }
}

/// Adds executors, each with its pairs.
struct AddExecutors<'a, Ws>(&'a mut Registry, PhantomData<Ws>);

impl<Ws: Workloads> ExecutorVisitor for AddExecutors<'_, Ws> {
    fn visit<E: Executor>(&mut self) {
        self.0.executor::<E>();
        let mut pairs = Pairs::<E>(self.0, PhantomData);
        tminus_workloads::visit(&mut pairs);
        Ws::visit(&mut pairs);
    }
}

/// Adds the pairs of each executor with the caller's own workloads.
struct WithOwn<'a, Ws>(&'a mut Registry, PhantomData<Ws>);

impl<Ws: Workloads> ExecutorVisitor for WithOwn<'_, Ws> {
    fn visit<E: Executor>(&mut self) {
        Ws::visit(&mut Pairs::<E>(self.0, PhantomData));
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
    use tminus_verbs::check;

    use super::*;

    /// Wherever their registry lines stand: one head of the matrix stands over each.
    #[test]
    fn workloads_of_a_category_stand_together() {
        let registry = build::<(), ()>();
        let mut categories: Vec<&str> =
            registry.workloads.iter().map(|workload| workload.category).collect();
        assert!(!categories.is_sorted_by(|a, b| a != b), "one has two workloads");
        categories.dedup();
        let known = ["classic", "price", "field", "fairness", "load"];
        assert!(categories.iter().all(|category| known.contains(category)), "{categories:?}");
        let mut distinct = categories.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), categories.len(), "{categories:?}");
        for category in distinct {
            let mut own = registry.workloads.iter().filter(|it| it.category == category);
            let has_quick = own.any(|it| !it.info.sizes.quick.is_empty());
            assert!(has_quick, "a quick run tells nothing of {category}");
        }
    }

    /// As links of reports have it.
    #[test]
    fn the_module_of_each_is_a_file() {
        let registry = build::<(), ()>();
        let executors = registry.executors.iter().map(|it| it.module);
        let workloads = registry.workloads.iter().map(|it| it.module);
        for module in executors.chain(workloads) {
            let (package, rest) = module.split_once("::").expect("a module of a crate");
            let directory = package.strip_prefix("tminus_").expect("a crate of ours");
            let file = format!("{directory}/src/{}.rs", rest.replace("::", "/"));
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            assert!(path.is_file(), "{}", path.display());
        }
    }

    #[test]
    fn every_id_is_one_that_cell_ids_can_hold() {
        let mut registry = build::<(), ()>();
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
        registry.executors.pop();
        let index = registry.workloads.len() - 1;
        for id in ["", "Mine", "my-work", "conformance", registry.workloads[0].info.id] {
            registry.workloads[index].info.id = id;
            let error = check(&registry).expect_err(id).to_string();
            assert!(error.contains("workload") && error.contains(&format!("`{id}`")), "{error}");
        }
        registry.workloads[index].info.id = "mine";
        registry.workloads[index].category = "My Own";
        let error = check(&registry).expect_err("blanks and capitals").to_string();
        assert!(error.starts_with("the category `My Own` of the workload `mine`"), "{error}");
        registry.workloads[index].category = "own";
        registry.workloads[index].info.sizes.quick = &["nothing=1"];
        let error = check(&registry).expect_err("no such parameter").to_string();
        assert!(error.contains("nothing"), "{error}");
    }
}
