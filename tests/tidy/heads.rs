//! Heads of files: what a file is, why it is here, what it never does; and doc lines of functions,
//! which begin with a verb (CONTRIBUTING.md, "Style").

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

/// Words that end as verbs do and are none.
const NO_VERBS: [&str; 6] = ["As", "Bytes", "Its", "Rounds", "This", "Times"];

/// Returns whether a word looks like a verb at the start of a sentence: `Returns`, `Makes`.
fn is_verb(word: &str) -> bool {
    let word = word.trim_end_matches([',', ':', '.']);
    let is_upper = word.starts_with(|first: char| first.is_ascii_uppercase());
    is_upper && word.ends_with('s') && !NO_VERBS.contains(&word)
}

/// Returns the names of the functions of a text whose documentation does not begin with a verb.
fn without_verb(text: &str) -> Vec<&str> {
    let (mut found, mut doc) = (Vec::new(), None);
    for line in text.lines().map(str::trim_start) {
        if let Some(said) = line.strip_prefix("///") {
            doc.get_or_insert(said.trim_start());
        } else if line.contains("fn ") && !line.starts_with("//") {
            let word = doc.take().and_then(|said: &str| said.split(' ').next()).unwrap_or("#");
            let name = line.split("fn ").nth(1).unwrap_or(line);
            if word != "#" && !is_verb(word) {
                found.push(name.split(['(', '<']).next().unwrap_or(name));
            }
        } else if !line.starts_with("#[") {
            doc = None;
        }
    }
    found
}

#[test]
fn doc_lines_of_functions_begin_with_a_verb() {
    let of_tests = ["tests", "benches", "testing", "fixture"];
    for path in files() {
        let name = path.display().to_string();
        let text = read(&path);
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let is_product = !of_tests.iter().any(|part| name.contains(part));
        assert!(!is_product || without_verb(text).is_empty(), "{name}: {:?}", without_verb(text));
    }
    let text = "/// Returns it.\nfn a() {}\n/// The thing.\n#[must_use]\npub fn b<T>() {}\n/// What\n\
                struct C;\nfn d() {}\n/// As it is.\nfn e() {}\n/// # Safety\nfn f() {}\n";
    assert_eq!(without_verb(text), ["b", "e"]);
}
