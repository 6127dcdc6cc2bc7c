//! Patches of a repository of one package and a crate in two versions, which stands in a directory
//! instead of a registry: nothing goes over the network.

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

#[test]
fn versions_of_one_series_are_compatible() {
    let all = ["1.54.1", "0.3.34", "0.3.0-rc.1", "2", "10.2.3"].map(series);
    assert_eq!(all, ["1", "0.3", "0.3", "2", "10"]);
}

#[test]
fn what_cargo_did_not_use_stands_in_the_lock_file() {
    let tree = TempDir::new().expect("a directory");
    let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\
                [[patch.unused]]\nname = \"b\"\nversion = \"2.0.0\"\n";
    fs::write(tree.path().join("Cargo.lock"), lock).expect("a file");
    assert_eq!(unused(tree.path()).expect("a lock file"), [("b".into(), "2.0.0".into())]);
}

/// Writes a package `name` of a version, with an empty library.
fn package(directory: &Path, name: &str, version: &str, more: &str) {
    fs::create_dir_all(directory.join("src")).expect("a directory");
    fs::write(directory.join("src/lib.rs"), "").expect("a file");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n{more}"
    );
    fs::write(directory.join("Cargo.toml"), manifest).expect("a file");
}

/// Makes a worktree, without a lock file, of a package that needs `leaf`; there are 1.0.0 and 1.1.0
/// of it.
fn worktree(here: &Path) -> PathBuf {
    let tree = here.join("tree");
    package(&tree, "root", "0.1.0", "[dependencies]\nleaf = \"1\"\n");
    for version in ["1.0.0", "1.1.0"] {
        let directory = tree.join("vendor").join(version);
        package(&directory, "leaf", version, "");
        fs::write(directory.join(".cargo-checksum.json"), "{\"files\":{}}").expect("a file");
    }
    fs::create_dir(tree.join(".cargo")).expect("a directory");
    let vendored = "[source.crates-io]\nreplace-with = \"vendored\"\n\
                    [source.vendored]\ndirectory = \"vendor\"\n";
    fs::write(tree.join(".cargo/config.toml"), vendored).expect("a file");
    tree
}

fn locked(tree: &Path) -> Vec<String> {
    let all = entries(tree, &["package"]).expect("a lock file");
    all.into_iter().filter(|(name, _)| name == "leaf").map(|(_, version)| version).collect()
}

fn patch(by: Replacement) -> Patch {
    Patch { name: "leaf".into(), by }
}

/// Returns the error of a patch that is not possible.
#[track_caller]
fn refused(tree: &Path, by: Replacement) -> String {
    format!("{:#}", apply(tree, &[patch(by)]).expect_err("a patch that cannot be"))
}

/// That of the newest version, since a directory, other than a registry, has no other to lock.
#[test]
fn a_version_is_found_where_there_was_no_lock_file() {
    let here = TempDir::new().expect("a directory");
    let tree = worktree(here.path());
    let of_version = |version: &str| Replacement::Version(version.into());
    apply(&tree, &[patch(of_version("1.1.0"))]).expect("a version that is there");
    assert_eq!(locked(&tree), ["1.1.0"]);
    let said = refused(&tree, of_version("1.2.0"));
    assert!(said.starts_with("the patch of `leaf` would not be used"), "{said}");
}

#[test]
fn a_path_takes_the_place_of_the_version_that_was_locked() {
    let here = TempDir::new().expect("a directory");
    let tree = worktree(here.path());
    let mine = here.path().join("mine");
    let of_path = || Replacement::Path(mine.clone());
    apply(&tree, &[patch(Replacement::Version("1.1.0".into()))]).expect("a version that is there");
    // Older than the locked one, and newer than all.
    for version in ["1.0.5", "1.9.0"] {
        package(&mine, "leaf", version, "");
        apply(&tree, &[patch(of_path())]).expect("a path");
        assert_eq!(locked(&tree), [version]);
    }
    package(&mine, "leaf", "2.0.0", "");
    let said = refused(&tree, of_path());
    assert!(said.starts_with("the patch of `leaf` would not be used"), "{said}");
    package(&mine, "other", "1.0.0", "");
    let said = refused(&tree, of_path());
    assert!(said.contains("leaf") && !said.contains('\n'), "{said}");
}

/// Metadata of a build that has the crate from elsewhere.
#[test]
fn a_patch_that_is_not_used_is_refused() {
    let package = |manifest: &str| {
        serde_json::json!({ "packages": [{ "name": "leaf", "version": "1.0.0",
            "source": "git+https://example.org/leaf?rev=abc#abc", "manifest_path": manifest }] })
    };
    let here = TempDir::new().expect("a directory");
    let path = fs::canonicalize(here.path()).expect("a path");
    let mine = package(path.join("Cargo.toml").to_str().expect("UTF-8"));
    let git = |url: &str| Replacement::Git { url: url.into(), revision: "abc".into() };
    let is_used = |by: Replacement| check_used(&patch(by), &mine).is_ok();
    assert!(is_used(Replacement::Path(path.clone())));
    assert!(is_used(Replacement::Version("1.0.0".into())));
    assert!(is_used(git("https://example.org/leaf")));
    assert!(!is_used(Replacement::Version("1.1.0".into())));
    assert!(!is_used(git("https://example.org/other")));
    let elsewhere = package("/elsewhere/Cargo.toml");
    let said = check_used(&patch(Replacement::Path(path)), &elsewhere).expect_err("not used");
    assert!(said.to_string().starts_with("the patch of `leaf` would not be used"), "{said}");
}

#[test]
fn a_table_of_cargo_cannot_be_broken_out_of() {
    let patch: Patch = "tokio=https://example.org/\"]\n[x]#1".parse().expect("a patch");
    let table = source(&patch).expect("no file").expect("a table").to_string();
    assert_eq!(table.parse::<toml::Table>().expect("toml")["rev"].as_str(), Some("1"));
}
