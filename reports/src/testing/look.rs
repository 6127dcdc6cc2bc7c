//! Writes a report to be looked at: `TMINUS_REPORT_OUT=DIR`, and `TMINUS_RUN=FILE` for that of a
//! stored run instead of the made-up one, `TMINUS_HOSTILE=1` for one of hostile names, or
//! `TMINUS_SWEPT=1` for a sweep, `TMINUS_SWEPT=workers` for one of workers; with PNGs where
//! `TMINUS_PNG` is set.

use std::path::Path;

use tminus_judge::rank;
use tminus_measure::store;
use tminus_record::Filter;

use crate::testing::fixture;
use crate::testing::swept::{scaled, swept};

#[test]
#[ignore = "writes files to look at: TMINUS_REPORT_OUT=DIR"]
fn a_report_to_look_at() {
    let out = std::env::var_os("TMINUS_REPORT_OUT").expect("set TMINUS_REPORT_OUT");
    let (run, ranking) = match std::env::var_os("TMINUS_RUN") {
        Some(path) => {
            let run = store::read(Path::new(&path)).expect("a run file").0;
            let ranking = rank::rank(&run, &Filter::default(), None).expect("a ranking");
            (run, ranking)
        }
        None if std::env::var_os("TMINUS_HOSTILE").is_some() => {
            let ranking = fixture::hostile();
            (fixture::run_of(&ranking), ranking)
        }
        None if std::env::var_os("TMINUS_SWEPT").is_some() => {
            let run = if std::env::var("TMINUS_SWEPT").is_ok_and(|it| it == "workers") {
                scaled()
            } else {
                swept()
            };
            let ranking = fixture::rank(&run);
            (run, ranking)
        }
        None => (fixture::run(), fixture::ranking()),
    };
    let png = std::env::var_os("TMINUS_PNG").is_some();
    let beside = crate::Beside { png, ..crate::Beside::default() };
    for output in crate::report(&run, &ranking, &beside).expect("a report") {
        let path = Path::new(&out).join(&output.path);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("created");
        std::fs::write(path, output.bytes).expect("written");
    }
}
