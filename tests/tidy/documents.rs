//! The documents: their links lead somewhere, and the first ones are short.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::source::{files, read, root};

/// Returns the Markdown files at the top and in `docs`, relative to the root.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["", "docs"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                found.push(Path::new(folder).join(name));
            }
        }
    }
    assert!(found.len() > 10, "{found:?}");
    found
}

/// Returns a document without its blocks of code.
fn prose(document: &Path) -> String {
    let text = read(document);
    let parts = text.split("```").step_by(2);
    parts.collect()
}

/// Returns where the links and pictures of a document lead, within the repository.
fn targets(text: &str) -> Vec<&str> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let pictures = ["src=\"", "srcset=\""].into_iter().flat_map(|attribute| {
        text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next())
    });
    links.chain(pictures).filter(|target| !target.contains("://")).collect()
}

/// Returns the anchors of a document's headings, as GitHub makes them.
fn anchors(document: &Path) -> BTreeSet<String> {
    let letter = |letter: char| match letter {
        ' ' => Some('-'),
        letter if letter.is_alphanumeric() || "-_".contains(letter) => {
            Some(letter.to_ascii_lowercase())
        }
        _ => None,
    };
    let anchor =
        |line: &str| line.trim_start_matches('#').trim().chars().filter_map(letter).collect();
    prose(document).lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}

/// Resolves `..` without a look at the disk.
fn resolved(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, component| {
        if component == Component::ParentDir {
            path.pop();
        } else {
            path.push(component);
        }
        path
    })
}

#[test]
fn no_link_dangles() {
    for document in documents() {
        let folder = document.parent().expect("a folder");
        for target in targets(&prose(&document)) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path =
                if path.is_empty() { document.clone() } else { resolved(&folder.join(path)) };
            assert!(root().join(&path).exists(), "{}: {target} leads nowhere", document.display());
            assert!(
                anchor.is_empty() || anchors(&path).contains(anchor),
                "{}: {target} has no such heading",
                document.display()
            );
        }
    }
}

#[test]
fn pages_named_in_the_source_exist() {
    let begins = ["docs", "/"].concat();
    for path in files() {
        for rest in read(&path).split(&begins).skip(1) {
            let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-.".contains(letter);
            let name = rest.split(|letter| !is_part(letter)).next().unwrap_or_default();
            let is_page = name.trim_end_matches('.').strip_suffix(".md");
            let exists = is_page.is_none_or(|page| root().join(format!("docs/{page}.md")).exists());
            assert!(exists, "{} names docs/{name}", path.display());
        }
    }
}

#[test]
fn every_page_stands_in_the_index() {
    let index = read("docs/README.md");
    for document in documents().iter().filter(|document| document.starts_with("docs")) {
        let name = document.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(name == "README.md" || index.contains(&format!("]({name})")), "{name}");
    }
}

#[test]
fn the_first_documents_are_short() {
    for (document, most) in [("README.md", 120), ("METHODOLOGY.md", 200)] {
        let lines = read(document).lines().count();
        assert!(lines <= most, "{document} has {lines} lines, more than {most}");
    }
}

/// Returns the paths that a text names in backticks, those that begin with a folder of the root.
fn paths(text: &str) -> Vec<&str> {
    let is_path = |name: &&str| {
        let top = name.split('/').next().unwrap_or_default();
        name.contains('/')
            && !["", "target"].contains(&top)
            && root().join(top).is_dir()
            && name.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c))
    };
    text.split('`').skip(1).step_by(2).filter(is_path).collect()
}

#[test]
fn what_documents_name_is_there() {
    for document in documents() {
        for path in paths(&prose(&document)) {
            let is_there = root().join(path).exists();
            assert!(is_there, "{} names `{path}`, which is not there", document.display());
        }
    }
    let text = "See `tests/tidy.rs`, `spec.rs`, `harness/`, `squares/tasks=1/heap`, `tests/*.rs`.";
    assert_eq!(paths(text), ["tests/tidy.rs", "harness/"]);
}
