//! Sizes: lines a file, lines a function, columns a line (CONTRIBUTING.md, "Style").
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

/// Finds a line of over [`COLUMNS`] that could be broken: it is no table, no link, no code in a
/// comment, and holds no text.
fn wide_line(text: &str) -> Option<&str> {
    let mut is_code = false;
    let mut wide = text.lines().filter(|line| {
        let start = line.trim_start();
        let is_comment = start.starts_with("//");
        is_code ^= is_comment && start.contains("```");
        let kept = match is_comment {
            true => ["http", "| "].iter().any(|mark| start.contains(mark)),
            false => start.contains('"') || start.ends_with('\\'),
        };
        !is_code && !kept && line.chars().count() > COLUMNS
    });
    wide.next()
}

#[test]
fn lines_are_short() {
    insta::assert_snapshot!("wide_lines", list(|text| wide_line(text).is_some()));
    let wide = format!("// {}", "word ".repeat(20));
    assert_eq!(wide_line(&format!("fn f() {{}}\n{wide}\n")), Some(wide.as_str()));
    assert_eq!(wide_line(&format!("/// ```\n{wide}\n/// ```\n")), None);
    let wide = format!("let x = {}1;", "1 + ".repeat(24));
    assert_eq!(wide_line(&wide), Some(wide.as_str()));
}

#[test]
fn a_function_is_measured_from_its_head_to_its_brace() {
    let text = "impl A {\n    pub(crate) const fn b() {\n        if c {\n        }\n    }\n}\n\
                fn d();\nfn e() {}\nasync fn f() {\n}\n// a fn g {\n";
    let found: Vec<usize> = functions(text).into_iter().map(|(_, lines)| lines).collect();
    assert_eq!(found, [4, 2]);
}
