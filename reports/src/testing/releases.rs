//! Made-up releases of a crate: one step for the worse, counts that change, and a release that does
//! not build.

use tminus_judge::gate::Options;
use tminus_judge::versions::{self, Failed, Release, Session, Versions};
use tminus_record::Run;

use super::fixture;

/// Returns the run of a release in which every time is `factor` times as long, in two cells.
fn run(factor: f64, allocations: u64) -> Run {
    let mut run = fixture::measured();
    let cells = ["squares/tasks=10/tokio-current-thread", "squares/tasks=1000/smol-local"];
    run.header.cells.retain(|cell| cells.contains(&cell.id().as_str()));
    run.records.retain(|record| cells.contains(&record.cell.as_str()));
    for sample in run.records.iter_mut().flat_map(|record| &mut record.samples) {
        let longer = |ns: u64| (ns as f64 * factor) as u64;
        (sample.cpu_ns, sample.wall_ns) = (longer(sample.cpu_ns), longer(sample.wall_ns));
        sample.allocations = Some(sample.ops * allocations);
    }
    run
}

/// Returns four releases of `tokio`, of which the third is left out and the last is slower.
pub(crate) fn found() -> Versions {
    let versions = ["1.44.2", "1.45.0", "1.47.0"].map(str::to_owned);
    let release = |version: &str, left_out: Option<&str>| Release {
        version: version.into(),
        left_out: left_out.map(str::to_owned),
    };
    let releases = [
        release("1.44.2", None),
        release("1.45.0", None),
        release("1.46.0", Some("`cargo build --release` failed: exit status: 101")),
        release("1.47.0", None),
    ];
    let session = || Session {
        versions: &versions,
        runs: vec![run(1.0, 2), run(1.0, 3), run(1.09, 3)],
        copy: run(1.0, 2),
    };
    let metric = Some("wall_ns_per_op".to_owned());
    let options =
        Options { margin: 1.01, detect: 1.05, detect_many: 1.08, metric, rounds: 12, looks: 1 };
    let found = versions::versions("tokio", &releases, &session(), &options).expect("cells");
    versions::confirm(found, &session()).expect("cells")
}

/// Returns releases with hostile text wherever text may come from outside.
pub(crate) fn hostile() -> Versions {
    let mut found = found();
    let text = fixture::HOSTILE.to_owned();
    found.releases[2].left_out = Some(text.clone());
    let without = tminus_judge::compare::Without { cell: text.clone(), reason: text.clone() };
    found.without.push(without);
    found.cells[0].failed.push(Failed { version: "1.45.0".into(), reason: text });
    found
}
