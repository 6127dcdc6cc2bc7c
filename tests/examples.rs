//! Help: its examples run as they stand there, colours are printed where they are asked for, and
//! what shells and `man` read comes from the same source.

#![cfg(unix)]

#[path = "../src/verbs/cli/examples.rs"]
mod examples;
#[path = "support/ends.rs"]
mod ends;
mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use ends::{directory, said};
use examples::EXAMPLES;
use support::{command, run};

/// Two runs, as the examples name them, and the program as it is typed.
fn stage(here: &Path) {
    let cells =
        ["squares/tasks=10/heap", "squares/tasks=10/smol-local", "yield_many/tasks=10/heap"];
    let output = run(here, &[&["run", "--rounds", "1"], &cells[..]].concat());
    assert!(output.status.success(), "{output:?}");
    let found = fs::read_dir(here.join("target/tminus")).expect("the directory of runs");
    let mut paths = found.map(|entry| entry.expect("an entry").path());
    let path = paths.find(|path| path.is_file()).expect("a run file");
    fs::copy(path, here.join("before.jsonl")).expect("copied");
    fs::create_dir(here.join("bin")).expect("made");
    symlink(env!("CARGO_BIN_EXE_tminus"), here.join("bin/tminus")).expect("linked");
}

/// Runs a line in a shell that finds the program as `tminus`.
fn typed(here: &Path, line: &str) -> std::process::Output {
    let path = format!("{}:/usr/bin:/bin", here.join("bin").display());
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line]).current_dir(here).env("PATH", path).stdin(Stdio::null());
    shell.output().expect("a shell")
}

#[test]
fn every_example_that_is_short_runs() {
    let here = directory();
    stage(here.path());
    for example in EXAMPLES.iter().filter(|example| example.runs) {
        let output = typed(here.path(), example.line);
        assert_eq!(output.status.code(), Some(0), "{}: {output:?}", example.line);
    }
    for made in [
        "who.svg",
        "ranking.json",
        "comment.md",
        "page/index.html",
        "changes/index.html",
        "docs/index.html",
        "kept/run-1.jsonl",
        "benchmarks.json",
        "tminus.bash",
        "_tminus",
        "tminus.fish",
        "tminus.1",
    ] {
        let length = fs::metadata(here.path().join(made)).map(|made| made.len());
        assert!(length.is_ok_and(|length| length > 0), "{made}");
    }
}

#[test]
fn the_long_help_of_a_verb_ends_in_its_examples() {
    let here = directory();
    for example in EXAMPLES {
        let words: Vec<&str> = example.verb.split(' ').filter(|word| !word.is_empty()).collect();
        let long = said(here.path(), &[&words[..], &["--help"]].concat());
        let (_, section) = long.split_once("\nExamples:\n").expect("a section");
        assert!(section.contains(&format!("  {}\n          ", example.line)), "{section}");
        let about: Vec<&str> = example.about.split(' ').collect();
        let shown: Vec<&str> = section.split_whitespace().collect();
        assert!(shown.windows(about.len()).any(|words| words == about), "{section}");
        assert!(!said(here.path(), &[&words[..], &["-h"]].concat()).contains("Examples:"));
    }
}

#[test]
fn colours_are_printed_where_they_are_asked_for() {
    let here = directory();
    let colored = |words: &[&str], variables: &[(&str, &str)]| {
        let mut command = command(here.path(), words);
        let output = command.envs(variables.iter().copied()).output().expect("the program starts");
        output.stdout.contains(&0x1b)
    };
    let force = [("CLICOLOR_FORCE", "1")];
    assert!(!colored(&["run", "--help"], &[]));
    assert!(colored(&["run", "--help"], &force));
    assert!(colored(&["run", "--color", "always", "--help"], &[("NO_COLOR", "1")]));
    for never in
        [&["--no-color", "run", "--help"][..], &["run", "-e", "heap", "--color=never", "--help"]]
    {
        assert!(!colored(never, &force), "{never:?}");
    }
    assert!(!colored(&["run", "--help"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    stage(here.path());
    assert!(!colored(&["rank"], &[]));
    assert!(colored(&["rank"], &force));
    assert!(colored(&["rank", "--color", "always", "-w", "squares"], &[]));
    assert!(!colored(&["rank", "latest", "--no-color", "-w", "squares"], &force));
    assert!(!colored(&["rank"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn completions_know_verbs_and_names() {
    let here = directory();
    for shell in ["bash", "zsh", "fish"] {
        let script = said(here.path(), &["completions", shell]);
        for word in ["history", "tokio-multi-thread", "countdown", "wake-race", "--color"] {
            assert!(script.contains(word.trim_start_matches('-')), "{shell}: {word}");
        }
    }
    let refused = run(here.path(), &["completions", "tcsh"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}

#[test]
fn a_manual_page_has_what_help_has() {
    let here = directory();
    let page = said(here.path(), &["man", "history", "add"]);
    for part in [".TH tminus-history-add 1", "Examples:", "tminus history add before.jsonl latest"]
    {
        assert!(page.replace("\\-", "-").contains(part), "{part}: {page}");
    }
    let refused = ends::refused(here.path(), &["man", "histroy"]);
    assert_eq!(refused, "error: unknown verb `histroy`: did you mean `history`?");
}
