//! The matrix as criterion benches, for this repository's `cargo bench` and for outside crates.
//!
//! Times come from a persistent child a cell, through `iter_custom`, so that criterion's figures
//! are isolated from other cells too. Nothing is measured in the parent.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode};
use tminus_contract::error::Result;
use tminus_contract::workload::Budget;
use tminus_measure::child::{Program, Server};
use tminus_measure::plan::Plan;
use tminus_measure::registry::Registry;
use tminus_measure::spec::Spec;
use tminus_record::{Cell, Filter, Profile};

/// How long a child may take for one request of criterion's.
const DEADLINE: Duration = Duration::from_secs(120);

/// Benches the cells of the quick profile. Criterion reads its own flags, so `cargo bench --
/// squares` filters; a cell that criterion filters out starts no child.
///
/// # Errors
/// The errors of the plan, or of the start of this program as a child.
pub(crate) fn run(registry: &Registry) -> Result<()> {
    let plan = Plan::new(registry, Profile::Quick, &Filter::default(), tminus_verbs::limits())?;
    let program = Program::current()?;
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let cells: Vec<&Cell> = plan.cells.iter().filter(|cell| !cell.twin).collect();
    for cells in cells.chunk_by(|a, b| a.group() == b.group()) {
        let mut group = criterion.benchmark_group(cells[0].group());
        // Waiting cells take as long as they wait, however often they are asked.
        let waits = registry
            .find_workload(&cells[0].workload)
            .is_some_and(|workload| workload.info.budget == Budget::Once);
        if waits {
            group.sampling_mode(SamplingMode::Flat);
        }
        group.sample_size(if waits { 10 } else { 20 });
        for cell in cells {
            bench(&mut group, &program, cell);
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

/// Benches one cell. The child is started when criterion first asks for a time.
fn bench<'a>(group: &mut BenchmarkGroup<'_, WallTime>, program: &'a Program, cell: &Cell) {
    let mut server: Option<Server<'a>> = None;
    // Criterion truncates directory names at 64 bytes and replaces `/`; columns are at most 40.
    let id = BenchmarkId::from_parameter(cell.column().replace('/', "-"));
    group.bench_function(id, |bencher| {
        bencher.iter_custom(|iterations| {
            let ask = |server: &mut Option<Server<'a>>| {
                let started = match server {
                    Some(started) => started,
                    None => {
                        server.insert(Server::start(program, &Spec::new(cell.clone()), DEADLINE)?)
                    }
                };
                started.run(iterations)
            };
            match ask(&mut server) {
                Ok(elapsed) => Duration::from_nanos(elapsed.wall_ns),
                // Criterion knows no failed sample: a made-up time would be a lie.
                Err(error) => panic!("{error}"),
            }
        });
    });
}
