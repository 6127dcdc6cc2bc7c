//! Import directions: between crates by cargo's own data, between the modules of a crate by the
//! text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use super::source::{self, files, product, read, root};

/// Package to those of ours that it may import (ARCHITECTURE.md, "The tree is the data flow").
/// Those in the last list only its tests may.
const MAY_IMPORT: [(&str, &str, &str); 11] = [
    ("contract", "", ""),
    ("record", "contract", ""),
    ("judge", "contract record", ""),
    ("measure", "contract record judge", ""),
    ("history", "contract record judge measure", ""),
    ("conformance", "contract record measure", ""),
    ("workloads", "contract", "record measure conformance"),
    ("executors", "contract", ""),
    ("reports", "contract record judge measure history conformance", ""),
    ("verbs", "contract record judge measure history conformance reports", ""),
    (
        "tminus",
        "contract record judge measure workloads executors verbs",
        "tminus history conformance reports",
    ),
];

/// Asks cargo for the packages of this workspace, after `with` has changed the question.
fn metadata(with: impl FnOnce(&mut MetadataCommand) -> &mut MetadataCommand) -> Metadata {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).other_options(vec!["--offline".into()]);
    with(&mut command).exec().expect("cargo metadata of this workspace")
}

#[test]
fn imports_point_one_way() {
    let metadata = metadata(MetadataCommand::no_deps);
    assert_eq!(metadata.packages.len(), MAY_IMPORT.len(), "a package that has no direction yet");
    let short = |name: &str| name.trim_start_matches("tminus-").to_owned();
    for package in &metadata.packages {
        let name = short(package.name.as_str());
        let row = MAY_IMPORT.iter().find(|row| row.0 == name);
        let (_, product, tests) = row.unwrap_or_else(|| panic!("{name} has no direction yet"));
        let ours = package.dependencies.iter().filter(|import| import.name.starts_with("tminus"));
        for import in ours {
            let may = |list: &str| list.split(' ').any(|known| known == short(&import.name));
            let is_for_tests = import.kind == DependencyKind::Development;
            assert!(
                may(product) || is_for_tests && may(tests),
                "{name} must not import {}",
                import.name
            );
        }
    }
}

#[test]
fn executors_and_workloads_do_not_name_each_other() {
    let forbidden: BTreeMap<&str, &[&str]> = BTreeMap::from([
        (
            "harness",
            ["tminus_executors", "tminus_workloads", "tminus_reports", "tminus_verbs"].as_slice(),
        ),
        ("executors", &["tminus_workloads", "tminus_reports", "tminus_verbs"]),
        ("workloads", &["tminus_executors", "tminus_reports", "tminus_verbs"]),
        ("reports", &["tminus_executors", "tminus_workloads", "tminus_verbs"]),
        ("src/verbs", &["tminus_executors", "tminus_workloads"]),
    ]);
    for path in files() {
        for (_, names) in forbidden.iter().filter(|(top, _)| path.starts_with(top)) {
            for name in *names {
                assert!(!read(&path).contains(name), "{} names {name}", path.display());
            }
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
    let inner = Path::new(krate).join("src");
    let base = if root().join(&inner).is_dir() { inner } else { krate.into() };
    let order = modules(&read(base.join("lib.rs")));
    assert!(order.len() > 4, "{krate}: lib.rs declares only {order:?}");
    let place = |module: &str| order.iter().position(|known| known == module);
    let mut found = BTreeSet::new();
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
    let crates = "harness/contract harness/record harness/judge harness/measure harness/history \
                  harness/conformance workloads executors reports src/verbs";
    let all = crates.split(' ').flat_map(backward);
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
}

#[test]
fn an_import_is_seen_wherever_it_stands() {
    let line = "use crate::plan::{Cell, Filter}; let x: crate::store::Run = crate::error::f();";
    assert_eq!(named(line).collect::<Vec<_>>(), ["plan", "store", "error"]);
    assert_eq!(modules("pub mod a;\nmod b;\n// mod c\n#[cfg(test)]\nmod d;\n"), ["a", "b", "d"]);
    assert!(!source::product(Path::new("reports/src/data/csv.rs")).is_empty());
}

/// Names the packages that `Cargo.toml` makes small in a release, since no cell runs them.
fn made_small() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let table = manifest.split_once("[profile.release.package]\n").expect("it is there").1;
    let names = table.lines().take_while(|line| !line.is_empty());
    names.filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
}

/// Names all that the packages `of` depend on, themselves included.
fn closure(metadata: &Metadata, of: &[&str]) -> BTreeSet<String> {
    let nodes = &metadata.resolve.as_ref().expect("it was not left out").nodes;
    let start = metadata.packages.iter().filter(|package| of.contains(&package.name.as_str()));
    let mut open: Vec<_> = start.map(|package| package.id.clone()).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id.clone()) {
            let node = nodes.iter().find(|node| node.id == id).expect("each has a node");
            let dev = |kind: &DependencyKind| *kind == DependencyKind::Development;
            let needed = node.deps.iter().filter(|it| !it.dep_kinds.iter().all(|it| dev(&it.kind)));
            open.extend(needed.map(|dependency| dependency.pkg.clone()));
        }
    }
    let of_id = |id| metadata.packages.iter().find(|package| package.id == id);
    seen.into_iter().filter_map(|id| Some(of_id(id)?.name.to_string())).collect()
}

#[test]
fn what_is_made_small_is_never_measured() {
    let metadata = metadata(|whole| whole);
    let measured = closure(&metadata, &["tminus-contract", "tminus-workloads", "tminus-executors"]);
    assert!(measured.contains("tokio") && measured.contains("async-task"), "{measured:?}");
    let small = made_small();
    assert!(small.contains("tminus-reports"));
    assert_eq!(small.intersection(&measured).collect::<Vec<_>>(), Vec::<&String>::new());
    // A package that has gone or changed its name would be left in the list for ever.
    let known: BTreeSet<String> =
        metadata.packages.iter().map(|package| package.name.to_string()).collect();
    assert_eq!(small.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
}
