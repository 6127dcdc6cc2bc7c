//! The programs of LESSON.md print what they always print, and in Python the same.

#![cfg(unix)]
#![expect(clippy::print_stderr, reason = "a part that cannot run is named")]

use std::path::PathBuf;
use std::process::Command;

/// Returns the program of an example, which is built first where only this test is.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this program");
    let folder = test.parent().and_then(|deps| deps.parent()).expect("a folder of programs");
    let program = folder.join("examples").join(name);
    if !program.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "--example", name]).status();
        assert!(built.expect("cargo runs").success());
    }
    program
}

/// Returns what a command prints.
fn said(mut command: Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Returns what a step prints; where there is Python, it prints the same.
fn step(name: &str, arguments: &[&str]) -> String {
    let mut rust = Command::new(example(name));
    rust.args(arguments);
    let rust = said(rust);
    let source = format!("{}/examples/lesson/{name}.py", env!("CARGO_MANIFEST_DIR"));
    let mut python = Command::new("python3");
    if python.arg("--version").output().is_ok() {
        let mut python = Command::new("python3");
        python.arg(source).args(arguments);
        assert_eq!(said(python), rust, "{name}: another text in Python");
    } else {
        eprintln!("NOT RUN: {name} in Python: python3 is not installed");
    }
    rust
}

#[test]
fn coroutines_take_turns() {
    insta::assert_snapshot!(step("1_interweave", &[]));
}

/// A tick shorter than a second may come late on a busy machine.
#[test]
fn the_loop_sleeps() {
    insta::assert_snapshot!(step("2_sleeping_loop", &["1000"]));
}

#[test]
fn the_loop_is_woken() {
    insta::assert_snapshot!(step("3_wakers", &[]));
}

#[test]
fn sockets_are_asked_for() {
    insta::assert_snapshot!(step("4_sockets", &[]));
}
