//! What a child leaves behind ends with it. In a process of its own: it becomes the parent of
//! orphans.

#![cfg(target_os = "linux")]

mod shell;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tminus_measure::child::{self, Cancel, Program};
use tminus_measure::spec::Spec;
use tminus_record::{Cell, Outcome};

use shell::{CELL, DONE, HELLO, SAMPLE};

/// A child that ends well, but for a session of its own that lives on in each of two generations.
const SCRIPT: &str = r#"
    setsid sh -c 'setsid sh -c "echo \$\$ > inner; exec sleep 1000" & echo $$ > outer; exec sleep 1000' &
    until [ -s outer ] && [ -s inner ]; do sleep 0.01; done"#;

#[test]
fn what_a_child_leaves_behind_ends_with_it() {
    if Command::new("setsid").arg("true").output().is_err() {
        writeln!(std::io::stderr(), "NOT RUN: orphans: there is no setsid").expect("stderr");
        return;
    }
    let here = tempfile::tempdir().expect("a directory");
    // A shell that became this program left it a job: it is none of a child.
    let mut own = Command::new("sleep").arg("1000").spawn().expect("it starts");
    child::adopt();
    let script = format!("cd '{}'; {SCRIPT}\n{HELLO} {SAMPLE} {DONE}", here.path().display());
    let program = Program::new("/bin/sh").arguments(["-c", &script]);
    let cell = Cell::from_id(&CELL.parse().expect("an id")).expect("a cell");
    let (deadline, cancel) = (Duration::from_secs(120), Cancel::new().expect("a pipe"));
    let report = child::run(&program, &Spec::new(cell), deadline, &cancel).expect("not cancelled");
    assert_eq!(report.outcome, Outcome::Ok);
    for name in ["outer", "inner"] {
        let id = std::fs::read_to_string(here.path().join(name)).expect("it was there");
        assert!(!Path::new("/proc").join(id.trim()).exists(), "{name} is there yet");
    }
    assert_eq!(own.try_wait().expect("it can be asked"), None);
    own.kill().and_then(|()| own.wait()).expect("it ends");
}
