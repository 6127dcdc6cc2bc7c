//! The flags that each build gets, beside those of the user, and whether a build got them.
//!
//! Cargo knows four places for flags and uses one alone: two variables, the tables of targets, the
//! table of builds (its book, `build.rustflags`). So a flag in one place may be without effect, in
//! silence.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use tminus_measure::{child, git};
use tminus_record::Header;

use super::source::PATIENCE;

/// Each function begins a cache line. Else a change of one function moves others by a part of a
/// line, which alone made cells up to 4 % slower or faster (docs/code-layout.md).
pub(super) const FLAGS: [&str; 2] = ["-C", ALIGNED];

const ALIGNED: &str = "llvm-args=-align-all-functions=6";

/// The place that cargo takes flags from if neither variable is set.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// For every build, unless there are flags for its target.
    Builds,
    /// For every target, beside other flags for it.
    Targets,
}

impl Place {
    /// Returns the configuration of cargo with the flags in this place.
    pub(super) fn configuration(self) -> toml::Table {
        let path = match self {
            Self::Builds => &["build", "rustflags"][..],
            Self::Targets => &["target", "cfg(all())", "rustflags"],
        };
        let (first, inner) = (path[0], &path[1..]);
        let flags = toml::Value::from(FLAGS.map(toml::Value::from).to_vec());
        let below = |value: toml::Value, name: &&str| {
            toml::Table::from_iter([((*name).to_owned(), value)]).into()
        };
        let inner = inner.iter().rev().fold(flags, below);
        toml::Table::from_iter([(first.to_owned(), inner)])
    }
}

/// Returns the variable that cargo takes flags from, with these beside those of the user; `None` if
/// none is set. An empty one counts.
pub(super) fn variable(set: impl Fn(&str) -> Option<OsString>) -> Option<(&'static str, OsString)> {
    let forms = [("CARGO_ENCODED_RUSTFLAGS", "\u{1f}"), ("RUSTFLAGS", " ")];
    forms.into_iter().find_map(|(name, between)| {
        let mut value = set(name)?;
        for flag in FLAGS {
            if !value.is_empty() {
                value.push(between);
            }
            value.push(flag);
        }
        Some((name, value))
    })
}

/// Returns whether cargo builds with the flags in `tree`, which a build of an empty package beside
/// it shows; `None` where cargo does not tell.
pub(super) fn are_in_effect(tree: &Path) -> Option<bool> {
    let package = tree.parent()?.join("probe");
    // Else there would be nothing to build.
    let _ = fs::remove_dir_all(&package);
    fs::create_dir_all(package.join("src")).ok()?;
    fs::write(package.join("src/lib.rs"), "").ok()?;
    let manifest = package.join("Cargo.toml");
    let text =
        "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n";
    fs::write(&manifest, text).ok()?;
    let mut cargo = Command::new("cargo");
    git::free(&mut cargo);
    cargo.args(["check", "--verbose", "--offline", "--color=never", "--manifest-path"]);
    cargo.arg(&manifest).arg("--target-dir").arg(package.join("target")).current_dir(tree);
    cargo.envs(variable(|name| std::env::var_os(name)));
    let output = child::output(cargo, PATIENCE).ok().filter(|it| it.status.success())?;
    Some(String::from_utf8_lossy(&output.stderr).contains(ALIGNED))
}

/// Returns notes for the verdict on the flags of baseline and candidate, of which some were `built`
/// here.
pub(super) fn notes(headers: [&Header; 2], built: [bool; 2]) -> Vec<String> {
    let flags = headers.map(|header| header.provenance.build.rustflags.as_deref());
    let sides = ["baseline", "candidate"].into_iter().zip(flags).zip(built);
    let unaligned = sides.filter_map(|((side, flags), built)| {
        let flags = flags.filter(|flags| built && !flags.contains(ALIGNED))?;
        Some(format!(
            "functions of the {side} are not aligned, so their order may move cells by some percent: \
             it was built with the flags `{flags}`"
        ))
    });
    let other = match flags {
        [Some(theirs), Some(ours)] if theirs != ours => Some(format!(
            "the flags of the compiler are `{theirs}` in one and `{ours}` in the other"
        )),
        _ => None,
    };
    unaligned.chain(other).collect()
}

#[cfg(test)]
mod tests {
    use tminus_record::testing;

    use super::*;

    #[test]
    fn flags_of_the_user_stay_before_ours() {
        let of = |set: &[(&str, &str)]| {
            let found = variable(|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            });
            found.map(|(name, value)| format!("{name}={}", value.to_string_lossy()))
        };
        let ours = format!("-C {ALIGNED}");
        assert_eq!(of(&[]), None);
        assert_eq!(
            of(&[("RUSTFLAGS", "-D warnings")]),
            Some(format!("RUSTFLAGS=-D warnings {ours}"))
        );
        assert_eq!(of(&[("RUSTFLAGS", "")]), Some(format!("RUSTFLAGS={ours}")));
        let encoded = "CARGO_ENCODED_RUSTFLAGS";
        let both = of(&[("RUSTFLAGS", "-D warnings"), (encoded, "-Copt-level=3")]);
        assert_eq!(both, Some(format!("{encoded}=-Copt-level=3\u{1f}-C\u{1f}{ALIGNED}")));
    }

    #[test]
    fn a_verdict_says_which_flags_are_not_in_effect() {
        let aligned = FLAGS.join(" ");
        let notes = |flags: [Option<&str>; 2], built: [bool; 2]| {
            let headers = flags.map(|flags| {
                let mut header = testing::run(&[]).header;
                header.provenance.build.rustflags = flags.map(str::to_owned);
                header
            });
            notes([&headers[0], &headers[1]], built)
        };
        let whole = Some(aligned.as_str());
        assert!(notes([whole; 2], [true; 2]).is_empty());
        assert!(notes([None; 2], [true; 2]).is_empty());
        let told = notes([whole, Some("-D warnings")], [true; 2]);
        assert!(told[0].starts_with("functions of the candidate are not aligned"), "{told:?}");
        assert!(told[1].contains("`-D warnings` in the other"), "{told:?}");
        // A program that was built elsewhere is what it is; two of different flags are said.
        assert_eq!(notes([Some(""), Some("")], [false; 2]).len(), 0);
        assert_eq!(notes([Some(""), whole], [false, true]).len(), 1);
    }
}
