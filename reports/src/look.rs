//! Writes the report of the made-up run to `TMINUS_REPORT_OUT`, to be looked at.

use std::path::Path;

use crate::fixture;

#[test]
#[ignore = "writes files to look at: TMINUS_REPORT_OUT=DIR"]
fn the_made_up_report() {
    let out = std::env::var_os("TMINUS_REPORT_OUT").expect("set TMINUS_REPORT_OUT");
    let outputs = crate::report(&fixture::run(), &fixture::ranking()).expect("a report");
    for output in outputs {
        let path = Path::new(&out).join(&output.path);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("created");
        std::fs::write(path, output.bytes).expect("written");
    }
}
