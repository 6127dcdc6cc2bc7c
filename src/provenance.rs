//! What this program was built from, as the build script found it, and where a run is made.

use std::collections::BTreeMap;

use tminus_harness::machine::Build;

include!(concat!(env!("OUT_DIR"), "/build_info.rs"));

/// What this program was built from and how.
pub(crate) fn build() -> Build {
    Build {
        version: env!("CARGO_PKG_VERSION").into(),
        rustc: RUSTC.into(),
        profile: PROFILE.into(),
        target: TARGET.into(),
        lock_sha256: LOCK_SHA256.into(),
        crates: crates(),
        allocator: "system".into(),
    }
}

/// Crate to version and features.
pub(crate) fn crates() -> BTreeMap<String, String> {
    CRATES.iter().map(|(name, version)| ((*name).into(), (*version).into())).collect()
}
