//! The source as the tests of its shape see it: files, lines, code without comments and tests.

use std::path::{Path, PathBuf};

/// Returns the root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns every Rust file of the workspace, relative to its root, sorted.
pub(crate) fn files() -> Vec<PathBuf> {
    let tops = "src harness workloads executors reports benches examples tests".split(' ');
    let mut folders: Vec<PathBuf> = tops.map(|top| root().join(top)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            // What a build or npm left there is not ours.
            let is_foreign = path.ends_with("target") || path.ends_with("node_modules");
            if path.is_dir() && !is_foreign {
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

/// Reads a file of the workspace.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(path)).expect("a readable source file")
}

/// Returns the lines of a file without their comments.
pub(crate) fn code(path: &Path) -> Vec<String> {
    let without_comment = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    read(path).lines().map(without_comment).collect()
}

/// Returns the code of a file up to its module of tests; nothing of a file that is a test.
pub(crate) fn product(path: &Path) -> Vec<String> {
    let name = path.to_str().expect("a path in UTF-8");
    let is_test = name.starts_with("tests/")
        || name.contains("/tests/")
        || name.ends_with("tests.rs")
        || name.contains("/testing")
        || name.contains("/fixture");
    let code = if is_test { Vec::new() } else { code(path) };
    let begins_tests = |line: &str| line.starts_with("#[cfg(") && line.contains("test");
    code.into_iter().take_while(|line| !begins_tests(line)).collect()
}
