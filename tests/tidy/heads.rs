//! Heads of files: what a file is, why it is here, what it never does (CONTRIBUTING.md, "Style").

use super::source::{files, read};

/// Lines of a head that a reader takes in before the code.
const HEAD_LINES: usize = 12;

/// Lines of the head of a crate, which shows its whole use.
const CRATE_LINES: usize = 25;

/// Returns how many lines of `//!` a text opens with.
fn head(text: &str) -> usize {
    text.lines().take_while(|line| line.starts_with("//!")).count()
}

#[test]
fn every_file_says_what_it_is() {
    for path in files() {
        let text = read(&path);
        let first = text.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("//! ") && first.len() > 12,
            "{} must open with `//!` and what it is",
            path.display()
        );
    }
}

#[test]
fn heads_are_short() {
    let is_long = |path: &std::path::PathBuf| {
        let most = if path.ends_with("src/lib.rs") { CRATE_LINES } else { HEAD_LINES };
        head(&read(path)) > most
    };
    let long: Vec<String> = files()
        .iter()
        .filter(|path| is_long(path))
        .map(|path| path.display().to_string())
        .collect();
    insta::assert_snapshot!("long_heads", long.join("\n"));
}

#[test]
fn a_head_ends_where_the_code_begins() {
    assert_eq!(head("//! a\n//!\n//! b\n\nuse c;\n//! d\n"), 3);
}
