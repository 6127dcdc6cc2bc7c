//! What is planned, what is left out and why, and what is refused.

use proptest::prelude::*;
use tminus_contract::workload::Workload;
use tminus_record::{CellId, Sweep};

use super::*;
use crate::testing::{Probe, registry};

const LIMITS: Limits = Limits { cores: 4, descriptors: 1_024, ports: Ok(60_000) };

fn filter(executors: &[&str], params: &[&str], cells: &[&str]) -> Filter {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).into()).collect::<Vec<String>>();
    Filter::parse(&[], &owned(executors), &owned(params), &owned(cells)).unwrap()
}

fn plan(profile: Profile, filter: &Filter) -> Result<Plan> {
    Plan::new(&registry(), profile, filter, LIMITS)
}

fn ids(plan: &Plan) -> Vec<String> {
    plan.cells.iter().map(|cell| cell.id().to_string()).collect()
}

fn excluded(plan: &Plan) -> Vec<(&str, &str)> {
    plan.exclusions.iter().map(|e| (e.cell.as_str(), e.reason.as_str())).collect()
}

#[test]
fn every_pair_that_fits_is_planned_once_with_its_twin() {
    let plan = plan(Profile::Quick, &Filter::default()).unwrap();
    let expected = ["floor", "one", "many/w1", "many/w4", "few", "plain", "one/aa"];
    assert_eq!(ids(&plan), expected.map(|executor| format!("probe/tasks=10/{executor}")));
    assert_eq!(excluded(&plan), []);
}

#[test]
fn the_twin_is_of_a_real_executor_and_of_default_size_if_there_is_one() {
    let twin = |chosen: fn(&Cell) -> bool| {
        let mut plan = plan(Profile::Thorough, &Filter::default()).unwrap();
        plan.cells.retain(|cell| !cell.twin && chosen(cell));
        // From the largest to the smallest, floors last.
        plan.cells.reverse();
        plan.add_twin(&registry());
        ids(&plan).pop().unwrap()
    };
    assert_eq!(twin(|_| true), "probe/tasks=10/plain/aa");
    assert_eq!(twin(|cell| cell.label == "tasks=1000"), "probe/tasks=1000/many/w4/aa");
    assert_eq!(twin(Cell::is_floor), "probe/tasks=10/floor/aa");
}

#[test]
fn what_the_machine_refuses_is_left_out_of_floors_too() {
    let plain = Needs { tasks: 1, ..Needs::default() };
    let sockets = Needs { io: true, connections: 100, ..plain };
    let few = Limits { ports: Ok(100), ..LIMITS };
    let none = Limits { ports: Err("no loopback: bring it up".into()), ..LIMITS };
    let reason = "needs 101 ports, there are 100: widen `sysctl net.ipv4.ip_local_port_range`";
    assert_eq!(few.give(&sockets), Err(reason.into()));
    assert_eq!(none.give(&sockets), Err("no loopback: bring it up".into()));
    assert_eq!(LIMITS.give(&sockets), Ok(()));
    assert_eq!((few.give(&plain), none.give(&plain)), (Ok(()), Ok(())));
}

#[test]
fn what_does_not_fit_is_left_out_with_its_reason() {
    let plan = plan(Profile::Thorough, &Filter::default()).unwrap();
    let descriptors = "needs 10064 file descriptors, the limit is 1024: raise `ulimit -Hn`";
    let threads = "at most 100 tasks: they are threads";
    let expected = [
        ("probe/tasks=1000/few", threads),
        ("probe/tasks=1000/plain", "it has no sockets"),
        ("probe/tasks=100000/floor", descriptors),
        ("probe/tasks=100000/one", descriptors),
        ("probe/tasks=100000/many/w1", descriptors),
        ("probe/tasks=100000/many/w4", descriptors),
        ("probe/tasks=100000/few", threads),
        ("probe/tasks=100000/plain", descriptors),
    ];
    assert_eq!(excluded(&plan), expected);
    assert!(ids(&plan).contains(&"probe/tasks=1000/floor".into()), "of what the machine gives");
}

#[test]
fn on_a_virtual_clock_only_what_has_one_is_left() {
    let planned = || plan(Profile::Quick, &Filter::default()).unwrap();
    let mut registry = registry();
    let none = planned().on(Clock::Virtual, &registry).unwrap_err().to_string();
    assert_eq!(none, "the workload probe does not run on a virtual clock; none does");
    registry.workloads[0].virtual_clock = true;
    assert_eq!(planned().on(Clock::Real, &registry).unwrap(), planned());
    let plan = planned().on(Clock::Virtual, &registry).unwrap();
    let left = ["floor", "one", "one/aa"];
    assert_eq!(ids(&plan), left.map(|executor| format!("probe/tasks=10/{executor}")));
    let reason = "the executor few does not run on a virtual clock; one does";
    assert_eq!(excluded(&plan)[2], ("probe/tasks=10/few", reason));
    registry.executors[0].virtual_clock = false;
    assert!(planned().on(Clock::Virtual, &registry).is_err());
}

#[test]
fn what_is_not_asked_for_need_not_be_there() {
    let missing = Supply::Missing("it stays at home");
    let mut executor = registry().executors.remove(0);
    executor.capabilities.remote_spawn = missing;
    executor.capabilities.timeouts = missing;
    executor.capabilities.blocking = missing;
    executor.capabilities.processes = missing;
    let plain = Needs { timers: true, tasks: 1, ..Needs::default() };
    assert_eq!(fits(&executor, None, &plain, &LIMITS), Ok(()));
    for needs in [
        Needs { remote_spawn: true, ..plain },
        Needs { timeouts: true, ..plain },
        Needs { blocking: 1, ..plain },
        Needs { processes: 1, ..plain },
    ] {
        assert_eq!(fits(&executor, None, &needs, &LIMITS), Err("it stays at home".into()));
    }
}

#[test]
fn an_executor_with_too_few_workers_is_left_out() {
    let needs = Needs { workers: 2, ..Needs::default() };
    let mut executor = registry().executors.remove(0);
    let mut fit = |kind, workers| {
        executor.capabilities.workers = kind;
        fits(&executor, workers, &needs, &LIMITS)
    };
    let reason = || Err("needs 2 workers, this has 1".into());
    assert_eq!(fit(Workers::One, None), reason());
    assert_eq!(fit(Workers::Many, Some(1)), reason());
    assert_eq!(fit(Workers::Many, Some(2)), Ok(()));
    assert_eq!(fit(Workers::PerTask, None), Ok(()));
}

#[test]
fn an_executor_that_this_machine_cannot_run_is_left_out() {
    let mut registry = registry();
    registry.executors[0].available = || Err("no io_uring: a newer kernel".into());
    let plan = Plan::new(&registry, Profile::Quick, &Filter::default(), LIMITS).unwrap();
    assert_eq!(excluded(&plan), [("probe/tasks=10/one", "no io_uring: a newer kernel")]);
}

#[test]
fn on_one_core_nothing_is_planned_twice() {
    let limits = Limits { cores: 1, ..LIMITS };
    let filter = filter(&["many"], &[], &[]);
    let plan = Plan::new(&registry(), Profile::Quick, &filter, limits).unwrap();
    assert_eq!(ids(&plan), ["probe/tasks=10/many/w1", "probe/tasks=10/many/w1/aa"]);
}

#[test]
fn filters_take_names_globs_parameters_and_ids() {
    type Names = &'static [&'static str];
    let cases: [(Names, Names, Names, Names); 9] = [
        (&["many"], &[], &[], &["tasks=10/many/w1", "tasks=10/many/w4"]),
        (&["many/w4"], &[], &[], &["tasks=10/many/w4"]),
        (&["m*", "p*"], &[], &[], &["tasks=10/many/w1", "tasks=10/many/w4", "tasks=10/plain"]),
        // A value of another profile or of none.
        (&["one"], &["tasks=77"], &[], &["tasks=77/one"]),
        (&["one"], &["fault=2"], &[], &["tasks=10,fault=2/one"]),
        (&["one"], &["tasks=1_000"], &[], &["tasks=1000/one"]),
        // The values of one parameter are a union, those of two are not.
        (
            &["one"],
            &["tasks=3", "tasks=10", "tasks=77"],
            &[],
            &["tasks=3/one", "tasks=10/one", "tasks=77/one"],
        ),
        (
            &["one"],
            &["tasks=3", "fault=2", "tasks=4"],
            &[],
            &["tasks=3,fault=2/one", "tasks=4,fault=2/one"],
        ),
        (&[], &[], &["probe/tasks=3/one"], &["tasks=3/one"]),
    ];
    for (executors, params, cells, expected) in cases {
        let plan = plan(Profile::Quick, &filter(executors, params, cells)).unwrap();
        let found: Vec<String> = ids(&plan).into_iter().filter(|id| !id.ends_with("/aa")).collect();
        let expected: Vec<String> = expected.iter().map(|id| format!("probe/{id}")).collect();
        assert_eq!(found, expected);
        // What was planned is also what is found again in a stored run.
        let again = filter(executors, params, cells);
        assert!(plan.cells.iter().filter(|cell| !cell.twin).all(|cell| again.stored(cell)));
    }
}

#[test]
fn counts_of_workers_are_for_executors_that_take_them() {
    let planned = |executors: &[&str], counts: &[usize]| {
        let filter = filter(executors, &[], &[]).with_workers(counts.into());
        plan(Profile::Quick, &filter)
    };
    let all = ids(&planned(&["one", "many"], &[1, 3, 8]).unwrap());
    let expected = ["one", "many/w1", "many/w3", "many/w8", "one/aa"];
    assert_eq!(all, expected.map(|executor| format!("probe/tasks=10/{executor}")));
    let refused = planned(&["one"], &[1, 3]).unwrap_err().to_string();
    assert!(refused.starts_with("no chosen executor takes a number of workers"), "{refused}");
}

/// Returns the ids of the cells of the executor `one` that these sweeps make.
fn swept(profile: Profile, params: &[&str], sweeps: &[&str]) -> Result<Vec<String>> {
    let sweeps: Vec<Sweep> = sweeps.iter().map(|text| text.parse().unwrap()).collect();
    let filter = filter(&["one"], params, &[]).with_sweeps(&sweeps)?;
    let plan = plan(profile, &filter)?;
    let cells = plan.cells.iter().filter(|cell| !cell.twin);
    assert!(cells.clone().all(|cell| filter.stored(cell)), "{filter:?}");
    Ok(cells.map(|cell| cell.id().to_string()).collect())
}

#[test]
fn a_sweep_adds_each_of_its_values_to_the_sizes_of_the_profile() {
    let of = |profile, params: &[&str], sweeps: &[&str]| {
        let ids = swept(profile, params, sweeps).unwrap();
        ids.iter().map(|id| id.split('/').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let expected = ["tasks=1", "tasks=10", "tasks=100"];
    assert_eq!(of(Profile::Quick, &[], &["tasks=1..100/3"]), expected);
    // A value that the profile has stands for no other size, so that no curve has gaps.
    let all = of(Profile::Thorough, &[], &["tasks=10..100/2"]);
    assert_eq!(all, ["tasks=10", "tasks=10,fault=1", "tasks=100", "tasks=100,fault=1"]);
    let beside = of(Profile::Quick, &["fault=1"], &["tasks=1..100/2"]);
    assert_eq!(beside, ["tasks=1,fault=1", "tasks=100,fault=1"]);
    let grid = of(Profile::Quick, &[], &["tasks=1..100/2", "fault=1..2/2"]);
    let expected = ["tasks=1,fault=1", "tasks=100,fault=1", "tasks=1,fault=2", "tasks=100,fault=2"];
    assert_eq!(grid, expected);
}

#[test]
fn a_sweep_that_cannot_be_is_refused() {
    let cases: [(&[&str], &[&str], &str); 4] = [
        (&[], &["task=1..10/2"], "unknown parameter `task`: did you mean `tasks`?"),
        (&[], &["tasks=1..1000000/3"], "out of range: `probe` takes tasks from 1 to 100000"),
        (&["tasks=5"], &["tasks=1..10/2"], "`tasks` is given by a sweep and by `--param`"),
        (&[], &["tasks=1..9/2", "tasks=1..8/2"], "`tasks` is given by a sweep and by another"),
    ];
    for (params, sweeps, expected) in cases {
        let error = swept(Profile::Quick, params, sweeps).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_nearest_name() {
    let workload = Filter::parse(&["prob".into()], &[], &[], &[]).unwrap();
    let cases = [
        (workload, "unknown workload `prob`: did you mean `probe`?"),
        (filter(&["mony"], &[], &[]), "unknown executor `mony`: did you mean `many`?"),
        (filter(&[], &["task=1"], &[]), "unknown parameter `task`: did you mean `tasks`?"),
        (filter(&[], &["tasks=0"], &[]), "tasks=0 is out of range: `probe` takes tasks from 1 to"),
        (filter(&[], &["tasks=-1"], &[]), "tasks=-1 is no whole number in range"),
        (filter(&[], &["tasks=1000000000000"], &[]), "is out of range"),
        (filter(&[], &["tasks=99999999999999999999999"], &[]), "is no whole number in range"),
        (filter(&[], &[], &["probe/tasks=0/one"]), "tasks=0 is out of range"),
        (filter(&["one/w3"], &[], &[]), "no cell matches"),
    ];
    for (filter, expected) in cases {
        let error = plan(Profile::Quick, &filter).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    for text in ["tasks", "=1", "tasks="] {
        let error = Filter::parse(&[], &[], &[text.into()], &[]).unwrap_err().to_string();
        assert!(error.contains("expected NAME=VALUE"), "{error}");
    }
    assert!(Filter::parse(&[], &["[".into()], &[], &[]).is_err());
}

#[test]
fn rounds_are_orders_that_seed_and_round_fix() {
    let plan = plan(Profile::Thorough, &Filter::default()).unwrap();
    let order = |seed, round| -> Vec<CellId> {
        plan.round(seed, round).iter().map(|cell| cell.id()).collect()
    };
    assert_eq!(order(1, 2), order(1, 2));
    assert_ne!(order(1, 2), order(1, 3));
    assert_ne!(order(1, 2), order(2, 1));
    let sorted = |mut ids: Vec<CellId>| {
        ids.sort();
        ids
    };
    let all = sorted(plan.cells.iter().map(Cell::id).collect());
    assert_eq!(sorted(order(9, 9)), all);
}

#[test]
fn ids_are_read_back_and_others_are_not() {
    let plan = plan(Profile::Thorough, &Filter::default()).unwrap();
    for cell in &plan.cells {
        let id: CellId = cell.id().as_str().parse().unwrap();
        let read = Cell::from_id(&id).unwrap();
        assert_eq!(read.id(), id);
        let params = read.params.checked(&Probe::INFO).unwrap();
        assert_eq!(Cell { params, ..read }, *cell);
    }
    let long = format!("a/b=1/{}", "c".repeat(128));
    for text in ["", "a", "a/b", "A/b=1/c", "a/b=1/c d", "a/b=1/\u{e4}", &long] {
        assert!(text.parse::<CellId>().is_err(), "{text}");
    }
    for text in ["a/b/c", "a/b=x/c", "a/b=1/c/w", "a/b=1/c/x", "a/b=1/c/w1/w2"] {
        assert_eq!(Cell::from_id(&text.parse().unwrap()), None, "{text}");
    }
}

#[test]
fn parameters_from_outside_are_checked_and_completed() {
    let given = |text: &str| serde_json::from_str::<Params>(text).unwrap().checked(&Probe::INFO);
    assert_eq!(given(r#"{"tasks":7}"#).unwrap().label(&Probe::INFO), "tasks=7");
    assert_eq!(given("{}").unwrap().value("tasks"), 10);
    assert!(given(r#"{"tasks":0}"#).is_err());
    assert!(given(r#"{"other":1}"#).unwrap_err().to_string().contains("parameter of `probe`"));
}

proptest! {
    #[test]
    fn labels_are_read_back(tasks in 1_u64..=100_000, fault in 0_u64..=3) {
        let text = format!("fault={fault},tasks={tasks}");
        let params = Params::parse(&Probe::INFO, &text).unwrap();
        let label = params.label(&Probe::INFO);
        prop_assert_eq!(Params::parse(&Probe::INFO, &label).unwrap(), params);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        let _ = Params::parse(&Probe::INFO, &text);
        let _ = text.parse::<CellId>().map(|id| Cell::from_id(&id));
        let texts = [text];
        let _ = Filter::parse(&texts, &texts, &texts, &texts).map(|filter| {
            plan(Profile::Quick, &filter)
        });
    }
}
