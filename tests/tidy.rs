//! The shape of the source: layout, import directions, heads of files, where `unsafe` may stand.
//! What a reviewer would otherwise check by eye.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Package to those of ours that it may import (ARCHITECTURE.md, "Layout").
const MAY_IMPORT: [(&str, &[&str]); 5] = [
    ("tminus-harness", &[]),
    ("tminus-workloads", &["tminus-harness"]),
    ("tminus-executors", &["tminus-harness"]),
    ("tminus-reports", &["tminus-harness"]),
    ("tminus", &["tminus-harness", "tminus-workloads", "tminus-executors", "tminus-reports"]),
];

/// Files and folders that may hold `unsafe`: the hand-written loops, `Pinned` and its like, the OS
/// module, executors whose own interface demands it, and the mutant that drops a value twice.
const MAY_BE_UNSAFE: [&str; 10] = [
    "executors/src/hand/",
    "executors/src/compio.rs",
    "executors/src/embassy.rs",
    "executors/src/may.rs",
    "executors/src/monoio.rs",
    "executors/src/nio.rs",
    "harness/src/contract/cancel.rs",
    "harness/src/contract/pinned.rs",
    "harness/src/resources",
    "tests/mutants/handles.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".into()])
        .exec()
        .expect("cargo metadata of this workspace")
}

/// Every Rust file of the workspace, relative to its root.
fn sources() -> Vec<PathBuf> {
    let tops =
        ["src", "harness", "workloads", "executors", "reports", "benches", "examples", "tests"];
    let mut folders: Vec<PathBuf> = tops.iter().map(|top| root().join(top)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path.strip_prefix(root()).expect("below the root").to_owned());
            }
        }
    }
    found.sort();
    assert!(found.len() > 40, "the walk found only {} files", found.len());
    found
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(path)).expect("a readable source file")
}

/// The lines of a file without their comments.
fn code(path: &Path) -> Vec<String> {
    let without_comment = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    read(path).lines().map(without_comment).collect()
}

#[test]
fn imports_point_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.into();
    let metadata = metadata();
    assert_eq!(metadata.packages.len(), allowed.len(), "a package that has no direction yet");
    for package in &metadata.packages {
        let ours = package.dependencies.iter().filter(|import| import.name.starts_with("tminus"));
        for import in ours {
            // The root package may depend on itself for its tests: that only sets features.
            let itself = import.name.as_str() == package.name.as_str()
                && import.kind == DependencyKind::Development;
            assert!(
                itself || allowed[package.name.as_str()].contains(&import.name.as_str()),
                "{} must not import {}, not even in tests",
                package.name,
                import.name
            );
        }
    }
}

#[test]
fn executors_and_workloads_do_not_name_each_other() {
    let forbidden: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("harness", ["tminus_executors", "tminus_workloads", "tminus_reports"].as_slice()),
        ("executors", &["tminus_workloads", "tminus_reports"]),
        ("workloads", &["tminus_executors", "tminus_reports"]),
        ("reports", &["tminus_executors", "tminus_workloads"]),
    ]);
    for path in sources() {
        let top = path.iter().next().and_then(|top| top.to_str()).unwrap_or_default();
        for name in forbidden.get(top).copied().unwrap_or_default() {
            assert!(!read(&path).contains(name), "{} names {name}", path.display());
        }
    }
}

#[test]
fn the_tree_is_the_data_flow() {
    let folders = "harness workloads executors reports benches scripts src examples tests";
    for folder in folders.split(' ') {
        assert!(root().join(folder).is_dir(), "{folder}/ is missing at the top");
    }
    for document in ["README.md", "ARCHITECTURE.md", "METHODOLOGY.md", "CONTRIBUTING.md"] {
        assert!(root().join(document).is_file(), "{document} is missing");
    }
    let pipeline =
        "contract plan spec protocol child sample resources machine record store stats rank error";
    let library = read("harness/src/lib.rs");
    let places: Vec<Option<usize>> =
        pipeline.split(' ').map(|module| library.find(&format!("pub mod {module};"))).collect();
    assert!(places.iter().all(Option::is_some), "a module of the pipeline is missing: {places:?}");
    assert!(places.is_sorted(), "harness/src/lib.rs declares its modules out of order");
}

#[test]
fn every_executor_and_workload_is_one_file_and_one_line() {
    for (folder, call) in [("executors", "visitor.visit::<"), ("workloads", "visitor.visit::<")] {
        let registry = read(format!("{folder}/src/lib.rs"));
        let lines: Vec<&str> = registry.lines().filter(|line| line.contains(call)).collect();
        let distinct: BTreeSet<&str> = lines.iter().copied().collect();
        assert!(lines.len() >= 4 && lines.len() == distinct.len(), "{folder}: {lines:?}");
        for line in lines {
            let path = line.split("::<").nth(1).expect("a type");
            let path = path.trim_start_matches("self::");
            let module = path.split("::").next().expect("a module");
            let file = root().join(format!("{folder}/src/{module}.rs"));
            assert!(file.is_file(), "{folder}: `{}` has no file {module}.rs", line.trim());
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for path in sources() {
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
fn unsafe_stands_only_where_it_may() {
    for path in sources() {
        let name = path.to_str().expect("a path in UTF-8");
        let forms = ["unsafe {", "unsafe impl", "unsafe fn", "unsafe extern"];
        let holds = code(&path).iter().any(|line| forms.iter().any(|form| line.contains(form)));
        let may = MAY_BE_UNSAFE.iter().any(|place| name.starts_with(place));
        assert!(
            !holds || may || name == "tests/tidy.rs",
            "{name} holds `unsafe`: see MAY_BE_UNSAFE"
        );
    }
}

#[test]
fn only_the_verbs_print() {
    for path in sources() {
        let name = path.to_str().expect("a path in UTF-8");
        let may = ["src/cmd", "tests/", "examples/", "benches/"];
        let prints = code(&path).iter().any(|line| {
            let line = line.replace("eprint", "");
            line.contains("print!(") || line.contains("println!(")
        });
        assert!(!prints || may.iter().any(|place| name.starts_with(place)), "{name} prints");
    }
}
