//! The features that both programs of a gate are built with: what a program only needs to rank and
//! report is no part of what it measures, and takes most of the time of a build.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use tminus_contract::ExecutorInfo;
use tminus_measure::git;
use tminus_measure::registry::Registry;

use crate::cli::Filters;

/// The feature that brings the verbs that a gate asks of no program which it builds.
const REPORTS: &str = "reports";

/// The features of a revision of tminus, each with those that it brings.
pub(super) type Features = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
struct Manifest {
    package: Package,
    #[serde(default)]
    features: Features,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

/// Returns the features of the executors that the filters choose; `None` where all are chosen.
pub(super) fn chosen(registry: &Registry, filters: &Filters) -> Option<BTreeSet<&'static str>> {
    let filter = filters.filter(registry).ok()?;
    let all = &registry.executors;
    let chosen: Vec<&ExecutorInfo> = all.iter().filter(|info| filter.executor(info.id)).collect();
    let is_part = !chosen.is_empty() && chosen.len() < all.len();
    let features = chosen.iter().map(|info| info.capabilities.feature);
    is_part.then(|| features.filter(|name| !name.is_empty()).collect())
}

/// Returns the features that `revision` has; `None` if it is none of tminus.
pub(super) fn of(revision: &str) -> Option<Features> {
    read(&manifest_of(revision)?)
}

/// Returns the name of the package that `revision` is of: a crate with workloads and executors of
/// its own may have any.
pub(super) fn name_of(revision: &str) -> Option<String> {
    name(&manifest_of(revision)?)
}

fn manifest_of(revision: &str) -> Option<String> {
    let file = format!("{revision}:Cargo.toml");
    git::ask(Path::new("."), &["cat-file", "blob", &file]).ok()
}

fn read(manifest: &str) -> Option<Features> {
    let Manifest { package, features } = toml::from_str(manifest).ok()?;
    (package.name == "tminus").then_some(features)
}

fn name(manifest: &str) -> Option<String> {
    let Manifest { package, .. } = toml::from_str(manifest).ok()?;
    // It becomes a part of a path.
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    (!package.name.is_empty() && package.name.chars().all(is_part)).then_some(package.name)
}

/// Returns the features to build both revisions with: those of the `chosen` executors, all that are
/// on by default where `None` are, without [`REPORTS`] where both have it. `None` to build them as
/// a user would: they differ, or there is nothing to leave out.
pub(super) fn needed(chosen: Option<&BTreeSet<&str>>, of: &[Features; 2]) -> Option<Vec<String>> {
    let [is_known, other] = of.each_ref().map(|it| it.contains_key(REPORTS));
    if is_known != other {
        return None;
    }
    let Some(chosen) = chosen else {
        let [default, other] = of.each_ref().map(|it| it.get("default"));
        let needed = default.filter(|_| is_known && default == other)?.iter();
        return Some(needed.filter(|name| *name != REPORTS).cloned().collect());
    };
    let all = |it: &Features| chosen.iter().all(|name| it.contains_key(*name));
    of.iter().all(all).then(|| chosen.iter().map(|name| (*name).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(default: &str, all: &str) -> Features {
        let of = |names: &str| names.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let all = of(all).into_iter().map(|name| (name, Vec::new()));
        all.chain([("default".to_owned(), of(default))]).collect()
    }

    #[test]
    fn features_are_read_from_a_manifest_of_tminus() {
        let of = |name: &str| {
            read(&format!("[package]\nname = \"{name}\"\n[features]\na = [\"dep:b\"]\n"))
        };
        assert_eq!(of("tminus"), Some(Features::from([("a".into(), vec!["dep:b".into()])])));
        assert_eq!((of("mine"), read("[workspace]\n"), read("no toml")), (None, None, None));
        assert_eq!(read("[package]\nname = \"tminus\"\n"), Some(Features::new()));
    }

    #[test]
    fn a_package_has_the_name_that_its_program_has() {
        let of = |text: &str| name(&format!("[package]\nname = \"{text}\"\n"));
        assert_eq!(of("own-work").as_deref(), Some("own-work"));
        assert_eq!(
            (of(""), of("../x"), name("[workspace]\n"), name("no")),
            (None, None, None, None)
        );
    }

    /// Of tminus itself, too, whose names these are.
    #[test]
    fn reports_are_left_out_where_both_have_them() {
        let own = read(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml")))
            .expect("it is of tminus");
        let all =
            needed(None, &[own.clone(), own.clone()]).expect("there is something to leave out");
        assert!(own["default"].iter().any(|name| name == REPORTS) && own.contains_key(REPORTS));
        assert_eq!(all.len() + 1, own["default"].len());
        let tokio = BTreeSet::from(["tokio"]);
        assert_eq!(needed(Some(&tokio), &[own.clone(), own.clone()]), Some(vec!["tokio".into()]));
        let none = BTreeSet::new();
        assert_eq!(needed(Some(&none), &[own.clone(), own]), Some(Vec::new()));
    }

    #[test]
    fn both_are_built_with_the_same_or_as_ever() {
        let new = features("tokio smol reports", "tokio smol reports uring");
        let newer = features("tokio smol futures reports", "tokio smol futures reports uring");
        let old = features("tokio smol", "tokio smol uring");
        let chosen = BTreeSet::from(["smol", "uring"]);
        let both = || Some(vec!["smol".to_owned(), "uring".to_owned()]);
        let of = |one: &Features, other: &Features| [one.clone(), other.clone()];
        assert_eq!(needed(Some(&chosen), &of(&new, &newer)), both());
        assert_eq!(needed(Some(&chosen), &of(&old, &old)), both());
        for [one, other] in [of(&old, &new), of(&new, &old)] {
            let pair = [one, other];
            assert_eq!((needed(Some(&chosen), &pair), needed(None, &pair)), (None, None));
        }
        assert_eq!(needed(None, &of(&old, &old)), None);
        assert_eq!(needed(None, &of(&new, &newer)), None);
        assert_eq!(needed(Some(&BTreeSet::from(["futures"])), &of(&new, &newer)), None);
    }
}
