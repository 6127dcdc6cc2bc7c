//! Import directions: between crates by cargo's own data, between the modules of a crate by the
//! text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use super::source::{self, files, product, read, root};

/// Package to those of ours that it may import (ARCHITECTURE.md, "The tree is the data flow").
const MAY_IMPORT: [(&str, &[&str]); 5] = [
    ("tminus-harness", &[]),
    ("tminus-workloads", &["tminus-harness"]),
    ("tminus-executors", &["tminus-harness"]),
    ("tminus-reports", &["tminus-harness"]),
    ("tminus", &["tminus-harness", "tminus-workloads", "tminus-executors", "tminus-reports"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".into()])
        .exec()
        .expect("cargo metadata of this workspace")
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
    for path in files() {
        let top = path.iter().next().and_then(|top| top.to_str()).unwrap_or_default();
        for name in forbidden.get(top).copied().unwrap_or_default() {
            assert!(!read(&path).contains(name), "{} names {name}", path.display());
        }
    }
}

/// Returns the modules that `lib.rs` of a crate declares, in its order.
pub(crate) fn modules(lib: &str) -> Vec<String> {
    let declared = lib.lines().filter_map(|line| {
        let line = line.trim_start_matches("pub ").strip_prefix("mod ")?;
        line.strip_suffix(';').map(str::to_owned)
    });
    declared.collect()
}

/// Returns the modules of its crate that a line of code names.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let after = line.split("crate::").skip(1);
    after.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next())
}

/// Lists `crate: module -> later module` for each import against the order of `lib.rs`.
fn backward(krate: &str) -> BTreeSet<String> {
    let order = modules(&read(format!("{krate}/src/lib.rs")));
    assert!(order.len() > 5, "{krate}: lib.rs declares only {order:?}");
    let place = |module: &str| order.iter().position(|known| known == module);
    let mut found = BTreeSet::new();
    let base = Path::new(krate).join("src");
    for path in files().iter().filter(|path| path.starts_with(&base)) {
        let inside = path.strip_prefix(&base).expect("below it").iter().next();
        let from = inside.and_then(|name| name.to_str()).unwrap_or_default();
        let from = from.trim_end_matches(".rs");
        for line in product(path) {
            for to in named(&line) {
                if place(from).zip(place(to)).is_some_and(|(from, to)| to > from) {
                    found.insert(format!("{krate}: {from} -> {to}"));
                }
            }
        }
    }
    found
}

#[test]
fn modules_import_what_stands_before_them() {
    // Those that do not, when this test came, are debts: a new one is seen in the snapshot.
    let all = ["harness", "reports"].into_iter().flat_map(backward);
    insta::assert_snapshot!("backward_imports", all.collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_tree_is_the_data_flow() {
    let folders = "harness workloads executors reports benches scripts src docs examples tests";
    for folder in folders.split(' ') {
        assert!(root().join(folder).is_dir(), "{folder}/ is missing at the top");
    }
    for document in ["README.md", "ARCHITECTURE.md", "METHODOLOGY.md", "CONTRIBUTING.md"] {
        assert!(root().join(document).is_file(), "{document} is missing");
    }
    let pipeline =
        "error contract plan spec protocol child sample resources machine record store stats rank";
    let library = read("harness/src/lib.rs");
    let places: Vec<Option<usize>> =
        pipeline.split(' ').map(|module| library.find(&format!("pub mod {module};"))).collect();
    assert!(places.iter().all(Option::is_some), "a module of the pipeline is missing: {places:?}");
    assert!(places.is_sorted(), "harness/src/lib.rs declares its modules out of order");
}

#[test]
fn an_import_is_seen_wherever_it_stands() {
    let line = "use crate::plan::{Cell, Filter}; let x: crate::store::Run = crate::error::f();";
    assert_eq!(named(line).collect::<Vec<_>>(), ["plan", "store", "error"]);
    assert_eq!(modules("pub mod a;\nmod b;\n// mod c\n#[cfg(test)]\nmod d;\n"), ["a", "b", "d"]);
    assert!(!source::product(Path::new("reports/src/data/csv.rs")).is_empty());
}
