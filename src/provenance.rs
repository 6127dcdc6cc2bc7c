//! The source that this program was built from, as the build script found it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use tminus_contract::resources::Usage;
use tminus_record::machine::{Build, Git};

include!(concat!(env!("OUT_DIR"), "/build_info.rs"));

/// Returns what this program was built from and how.
pub(crate) fn build() -> Build {
    Build {
        version: env!("CARGO_PKG_VERSION").into(),
        rustc: RUSTC.into(),
        rustflags: Some(RUSTFLAGS.into()),
        profile: PROFILE.into(),
        target: TARGET.into(),
        lock_sha256: LOCK_SHA256.into(),
        crates: crates(),
        allocator: allocator().into(),
        git: REVISION.map(|(revision, dirty)| Git {
            revision: revision.into(),
            dirty,
            ..Git::default()
        }),
        aligned: Some(begin_cache_lines(&some_functions())),
        repository: env!("CARGO_PKG_REPOSITORY").into(),
        local: LOCAL.map(|all| {
            let entry = |(name, directory): &(&str, Option<&str>)| {
                ((*name).to_owned(), directory.map(str::to_owned))
            };
            all.iter().map(entry).collect()
        }),
    }
}

/// A cache line in bytes, on what tminus runs on.
const LINE: usize = 64;

/// Returns whether each of these addresses begins a cache line. By chance one in four does, since
/// compilers align functions to 16 bytes: twelve of twelve do so once in 16 million builds.
fn begin_cache_lines(functions: &[usize]) -> bool {
    functions.iter().all(|address| address.is_multiple_of(LINE))
}

/// Returns the addresses of some functions of all crates. The flag that aligns them may be set in
/// many places, and overridden in as many; their addresses show its effect.
fn some_functions() -> [usize; 12] {
    use tminus_judge::{rank, stats};
    use tminus_measure::{machine, plan, store};
    [
        tminus_verbs::check as *const () as usize,
        build as *const () as usize,
        crates as *const () as usize,
        long_version as *const () as usize,
        machine::read as *const () as usize,
        machine::doctor as *const () as usize,
        plan::Plan::round as *const () as usize,
        rank::rank as *const () as usize,
        rank::derive as *const () as usize,
        stats::median as *const () as usize,
        stats::paired_ratio as *const () as usize,
        store::header_of as *const () as usize,
    ]
}

/// Returns the text of `--version`: enough to tell two builds apart.
pub(crate) fn long_version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let lock = LOCK_SHA256.get(..16).unwrap_or("unknown");
        let version = env!("CARGO_PKG_VERSION");
        let revision = match REVISION {
            Some((revision, dirty)) => {
                format!("{}{}", &revision[..12], if dirty { ", with changes" } else { "" })
            }
            None => "unknown".into(),
        };
        format!(
            "{version}\n{RUSTC}\ntarget {TARGET}, profile {PROFILE}\nCargo.lock {lock}\nrevision {revision}"
        )
    });
    &TEXT
}

/// Returns version and features of each crate.
fn crates() -> BTreeMap<String, String> {
    CRATES.iter().map(|(name, version)| ((*name).into(), (*version).into())).collect()
}

fn allocator() -> &'static str {
    if Usage::now().allocations.is_some() { "system, counted" } else { "not counted" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_aligned_if_every_one_is() {
        assert!(begin_cache_lines(&[0, 64, 6_400]) && !begin_cache_lines(&[0, 64, 6_416]));
        let functions = some_functions();
        let distinct: std::collections::BTreeSet<usize> = functions.into_iter().collect();
        assert_eq!(distinct.len(), functions.len(), "two that are one say nothing");
        assert_eq!(build().aligned, Some(begin_cache_lines(&functions)));
    }
}
