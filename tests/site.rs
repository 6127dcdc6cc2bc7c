//! `tminus site` as a user meets it: a site in a directory of its own, that grows with its history
//! and leaves what is not its own alone.

#![cfg(unix)]

#[path = "support/ends.rs"]
mod ends;
#[path = "history/made.rs"]
mod made;
mod support;

use std::fs;
use std::path::Path;

use ends::{directory, refused, said};
use made::Made;

/// Adds the runs of these numbers; the first cell gets slower with the thirteenth.
fn add(here: &Path, numbers: std::ops::Range<u64>) {
    let wall_ns = |number| if number < 12 { 20_000 } else { 24_000 };
    let paths: Vec<String> = numbers
        .map(|number| Made::new(number, wall_ns(number)).write(here).display().to_string())
        .collect();
    let paths = paths.iter().map(String::as_str);
    said(here, &["history", "add"].into_iter().chain(paths).collect::<Vec<_>>());
}

/// Returns every file below the directory, by its path.
fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![directory.to_owned()];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(directory).expect("below").display().to_string();
                all.push((name, fs::read(&path).expect("a file")));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn a_site_grows_with_its_history_and_keeps_its_addresses() {
    let here = directory();
    add(here.path(), 0..20);
    assert_eq!(said(here.path(), &["site", "pages"]), "pages/index.html\n");
    let site = here.path().join("pages");
    let before = contents(&site);
    let names = |all: &[(String, Vec<u8>)]| -> Vec<String> {
        all.iter().map(|(name, _)| name.clone()).collect()
    };
    for expected in [".nojekyll", ".tminus-site", "runs.html", "executors/made-0.html"] {
        assert!(names(&before).iter().any(|name| name == expected), "{expected}");
    }
    let overview = fs::read_to_string(site.join("index.html")).expect("a page");
    assert!(overview.contains("class=\"number worse\">+"), "the change is told");

    said(here.path(), &["site", "pages"]);
    assert_eq!(contents(&site), before, "the same history gives the same bytes");
    fs::write(site.join("CNAME"), "example.org").expect("a file");
    add(here.path(), 20..22);
    said(here.path(), &["site", "pages"]);
    let after = contents(&site);
    let mut expected = names(&before);
    expected.push("CNAME".into());
    expected.sort();
    assert_eq!(names(&after), expected);
    assert_ne!(after, before);
}

#[test]
fn pages_that_are_no_more_go_and_nothing_else_does() {
    let here = directory();
    add(here.path(), 0..3);
    said(here.path(), &["site", "pages"]);
    let site = here.path().join("pages");
    let outside = here.path().join("precious");
    fs::write(&outside, "mine").expect("a file");
    fs::write(site.join("cells/old.html"), "old").expect("a file");
    fs::write(site.join("cells/mine.html"), "mine").expect("a file");
    let list = fs::read_to_string(site.join(".tminus-site")).expect("the list");
    fs::create_dir(site.join(".git")).expect("a directory");
    fs::write(site.join(".git/HEAD"), "ref").expect("a file");
    fs::write(site.join("CNAME"), "example.org").expect("a file");
    let not_ours = format!("../precious\n{}\n.git/HEAD\nCNAME\n", outside.display());
    let list = format!("{list}cells/old.html\n{not_ours}");
    fs::write(site.join(".tminus-site"), list).expect("a file");
    said(here.path(), &["site", "pages"]);
    assert!(!site.join("cells/old.html").exists());
    assert!(site.join("cells/mine.html").exists() && outside.exists());
    assert!(site.join(".git/HEAD").exists() && site.join("CNAME").exists());
}

#[test]
fn a_directory_of_someone_else_is_refused_and_stays_as_it_is() {
    let here = directory();
    let line = refused(here.path(), &["site", "pages"]);
    assert!(line.contains("no history yet; make one with"), "{line}");
    assert!(!here.path().join("pages").exists());
    add(here.path(), 0..3);
    fs::create_dir(here.path().join("mine")).expect("a directory");
    fs::write(here.path().join("mine/thesis.txt"), "years").expect("a file");
    let line = refused(here.path(), &["site", "mine"]);
    assert!(line.starts_with("error: mine: holds files and is no site of tminus"), "{line}");
    assert_eq!(contents(&here.path().join("mine")).len(), 1);
    let line = refused(here.path(), &["site", "mine/thesis.txt"]);
    assert!(line.starts_with("error: mine/thesis.txt"), "{line}");
    fs::create_dir_all(here.path().join("repository/.git")).expect("a directory");
    said(here.path(), &["site", "repository"]);
    assert!(here.path().join("repository/.git").exists());
}

#[test]
fn rankings_are_by_the_metric_that_was_asked_for() {
    let here = directory();
    add(here.path(), 0..3);
    let overview = || fs::read_to_string(here.path().join("pages/index.html")).expect("a page");
    said(here.path(), &["site", "pages", "--metric", "allocations_per_op"]);
    let page = overview();
    assert!(page.contains("By allocations per op, which was asked for"), "{page}");
    assert!(page.contains("in allocations per resumption, 1.00"), "{page}");
    said(here.path(), &["site", "pages"]);
    assert!(!overview().contains("asked for"));
    let line = refused(here.path(), &["site", "pages", "--metric", "wall_ns"]);
    assert!(line.contains("did you mean `start_ns` or `wall_ns_per_op`?"), "{line}");
    // The newest run lacks what the others have.
    let run = Made::new(3, 20_000);
    fs::write(here.path().join("poor.jsonl"), run.text().replace("\"start_ns\"", "\"stop_ns\""))
        .expect("a file");
    said(here.path(), &["history", "add", "poor.jsonl"]);
    said(here.path(), &["site", "pages", "--metric", "start_ns"]);
    assert!(overview().contains("No newest run of any place has the metric"));
}
