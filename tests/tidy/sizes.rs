//! Sizes: lines a file, lines a function, columns a comment (CONTRIBUTING.md, "Style").
//!
//! What was over a limit when the limit came is a debt, listed in a snapshot beside this file. A
//! debt that is paid must leave its list; a new one shows in the review of the snapshot.

use std::path::PathBuf;

use super::source;

/// Lines of a file that a reader still takes in.
const FILE_LINES: usize = 320;

/// Lines of a function that a reader still takes in.
const FUNCTION_LINES: usize = 45;

/// Columns of a line.
const COLUMNS: usize = 100;

/// Lists those of `files` for which `is_over` holds.
fn list(is_over: impl Fn(&str) -> bool) -> String {
    let over = |path: &PathBuf| is_over(&source::read(path));
    let names = source::files().into_iter().filter(over);
    names.map(|path| path.display().to_string()).collect::<Vec<_>>().join("\n")
}

/// Returns the lengths of all functions of a text in the form that rustfmt gives it: from the line
/// of `fn` to the brace that closes at the same depth.
fn functions(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (first, line) in lines.iter().enumerate() {
        let start = line.trim_start();
        let words = start.split("fn ").next().unwrap_or_default();
        let is_head = start.contains("fn ")
            && words.split_whitespace().all(|word| {
                word.starts_with("pub") || ["const", "async", "unsafe", "in"].contains(&word)
            });
        let depth = line.len() - start.len();
        let end = format!("{}}}", " ".repeat(depth));
        let last = lines[first..].iter().position(|line| *line == end);
        if let (true, Some(last)) = (is_head && !line.ends_with([';', '}']), last) {
            found.push((*line, last + 1));
        }
    }
    found
}

#[test]
fn files_are_short() {
    insta::assert_snapshot!("long_files", list(|text| text.lines().count() > FILE_LINES));
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for path in source::files() {
        for (head, lines) in functions(&source::read(&path)) {
            if lines > FUNCTION_LINES {
                let name = head.split("fn ").nth(1).unwrap_or(head);
                let name = name.split(['(', '<']).next().unwrap_or(name);
                long.push(format!("{}: {name}", path.display()));
            }
        }
    }
    insta::assert_snapshot!("long_functions", long.join("\n"));
}

/// Finds a comment of over [`COLUMNS`] that could be broken: no table, no link, no code.
fn wide_comment(text: &str) -> Option<&str> {
    let mut is_code = false;
    text.lines().find(|line| {
        let comment = line.trim_start();
        is_code ^= comment.contains("```");
        let can_break = !is_code && !["http", "| "].iter().any(|mark| comment.contains(mark));
        comment.starts_with("//") && can_break && line.chars().count() > COLUMNS
    })
}

#[test]
fn comments_are_short() {
    for path in source::files() {
        let text = source::read(&path);
        assert_eq!(wide_comment(&text), None, "{}: over {COLUMNS} columns", path.display());
    }
    let wide = format!("// {}", "word ".repeat(20));
    assert_eq!(wide_comment(&format!("fn f() {{}}\n{wide}\n")), Some(wide.as_str()));
    assert_eq!(wide_comment(&format!("/// ```\n{wide}\n/// ```\n")), None);
}

#[test]
fn a_function_is_measured_from_its_head_to_its_brace() {
    let text = "impl A {\n    pub(crate) const fn b() {\n        if c {\n        }\n    }\n}\n\
                fn d();\nfn e() {}\nasync fn f() {\n}\n// a fn g {\n";
    let found: Vec<usize> = functions(text).into_iter().map(|(_, lines)| lines).collect();
    assert_eq!(found, [4, 2]);
}
