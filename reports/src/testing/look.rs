//! Writes a report to be looked at: `TMINUS_REPORT_OUT=DIR`, and `TMINUS_RUN=FILE` for that of a
//! stored run instead of the made-up one, or `TMINUS_HOSTILE=1` for one of hostile names.

use std::path::Path;

use tminus_judge::rank;
use tminus_measure::store;
use tminus_record::Filter;

use crate::testing::fixture;

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
        None => (fixture::run(), fixture::ranking()),
    };
    for output in crate::report(&run, &ranking, &crate::Beside::default()).expect("a report") {
        let path = Path::new(&out).join(&output.path);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("created");
        std::fs::write(path, output.bytes).expect("written");
    }
}
