//! The shape of the source: layout, import directions, sizes, names, heads of files, where `unsafe`
//! may stand. What a reviewer would otherwise check by eye.

#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/heads.rs"]
mod heads;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/names.rs"]
mod names;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/source.rs"]
mod source;

use std::collections::BTreeSet;

use source::{code, files, product, read, root};

/// Files and folders that may hold `unsafe`: the hand-written loops, `Pinned` and its like, the
/// OS module, requests to valgrind, executors whose own interface demands it, and the mutant that
/// drops a value twice.
const MAY_BE_UNSAFE: [&str; 13] = [
    "executors/src/hand/",
    "executors/src/compio.rs",
    "executors/src/embassy.rs",
    "executors/src/may.rs",
    "executors/src/monoio.rs",
    "executors/src/nio.rs",
    "harness/contract/src/cancel.rs",
    "harness/contract/src/counted/waker.rs",
    "harness/contract/src/pinned.rs",
    "harness/contract/src/resources/allocator.rs",
    "harness/measure/src/marks/valgrind.rs",
    "harness/measure/src/process/",
    "harness/conformance/src/testing/handles.rs",
];

/// The order of a registry is that of reports; one order serves its modules too.
#[test]
fn every_executor_and_workload_is_one_file_and_one_line() {
    for folder in ["executors", "workloads"] {
        let registry = read(format!("{folder}/src/lib.rs"));
        let module = |line: &str| {
            let path = line.split_once("visitor.visit::<")?.1.trim_start_matches("self::");
            Some(path.split("::").next().expect("a module").to_owned())
        };
        let visited: Vec<String> = registry.lines().filter_map(module).collect();
        let distinct: BTreeSet<&String> = visited.iter().collect();
        assert!(visited.len() >= 4 && visited.len() == distinct.len(), "{folder}: {visited:?}");
        for module in &visited {
            let file = root().join(format!("{folder}/src/{module}.rs"));
            assert!(file.is_file(), "{folder}: `{module}` has no file {module}.rs");
        }
        let declared = imports::modules(&registry);
        let in_order: Vec<String> =
            declared.into_iter().filter(|module| visited.contains(module)).collect();
        assert_eq!(in_order, visited, "{folder}: the modules stand in another order");
    }
}

#[test]
fn unsafe_stands_only_where_it_may() {
    for path in files() {
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
    for path in files() {
        let name = path.to_str().expect("a path in UTF-8");
        let may = ["src/verbs/cmd", "tests/", "examples/", "benches/"];
        let prints = code(&path).iter().any(|line| {
            let line = line.replace("eprint", "");
            line.contains("print!(") || line.contains("println!(")
        });
        assert!(!prints || may.iter().any(|place| name.starts_with(place)), "{name} prints");
    }
}

/// A verb that writes to stdout itself would end where its reader does; arguments need not be text;
/// and the system may refuse a thread, which `thread::spawn` answers with a panic.
#[test]
fn what_the_surroundings_may_refuse_goes_through_one_place() {
    let product_tops = ["src/", "harness/", "reports/src/"];
    // Of the child, whose panics its parent tells.
    let of_child = ["harness/measure/src/inside", "harness/conformance/"];
    let forbidden = [
        ("io::stdout()", &["src/verbs/cmd/out.rs", "harness/measure/src/process/prepare.rs"][..]),
        ("env::args()", &[]),
        ("thread::spawn(", &[]),
        ("scope.spawn(", &[]),
    ];
    for path in files() {
        let name = path.to_str().expect("a path in UTF-8");
        let is_product = product_tops.iter().any(|top| name.starts_with(top));
        if !is_product || of_child.iter().any(|top| name.starts_with(top)) {
            continue;
        }
        let lines = product(&path);
        for (what, may) in forbidden {
            let uses = lines.iter().any(|line| line.contains(what));
            assert!(!uses || may.contains(&name), "{name} uses {what}");
        }
    }
}

/// A gate builds the features that the executors name: one that names another would be missing from
/// the program.
#[test]
fn executors_name_the_features_that_compile_them() {
    let registry = read("executors/src/lib.rs");
    let lines: Vec<&str> = registry.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair[1].starts_with("pub mod ")) {
        let module = pair[1].trim_start_matches("pub mod ").trim_end_matches(';');
        let file = root().join(format!("executors/src/{module}.rs"));
        let text = std::fs::read_to_string(file).expect("each module is a file");
        let of_line =
            |line: &str| Some(line.split_once("feature = \"")?.1.split('"').next()?.to_owned());
        let expected = of_line(pair[0]).unwrap_or_default();
        let named =
            text.split("        feature: \"").nth(1).and_then(|rest| rest.split('"').next());
        if text.contains("const CAPABILITIES") {
            assert_eq!(named, Some(expected.as_str()), "{module}");
        }
    }
}
