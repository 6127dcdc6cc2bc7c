//! The verbs that every program has: those that run cells, check them and say what there is. A gate
//! asks nothing else of the programs that it builds.

use anyhow::bail;

use super::{Exit, cell, doctor, header, list, spec, verify};
use crate::Catalog;
use crate::cli::Verb;

/// Runs one of these verbs, and refuses others.
pub(super) fn run(catalog: Catalog, verb: Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::Cell => cell::run(catalog),
        Verb::Header(arguments) => header::run(catalog, &arguments),
        Verb::Spec(arguments) => spec::run(catalog, &arguments),
        Verb::List(arguments) => list::run(catalog, &arguments),
        Verb::Verify(arguments) => verify::run(catalog, &arguments),
        Verb::Doctor(arguments) => doctor::run(catalog, &arguments),
        _ => bail!(
            "this program was built without `reports`: it lists, runs and verifies cells; for other \
             verbs build it with its default features"
        ),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use tminus_measure::registry::Registry;
    use tminus_record::machine::Build;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn other_verbs_are_refused_in_a_line() {
        let refused = |words: &[&str]| {
            let verb = Cli::parse_from(words).verb.expect("a verb");
            let (registry, build) = (Registry::default as fn() -> _, Build::default as fn() -> _);
            let ended = run(Catalog { registry, build, long_version: || "" }, verb);
            ended.expect_err("no verb of a bare program").to_string()
        };
        for words in [&["tminus", "rank"][..], &["tminus", "man", "run"], &["tminus", "run"]] {
            let said = refused(words);
            assert!(said.starts_with("this program was built without `reports`: "), "{said}");
            assert!(!said.contains('\n'), "{said}");
        }
    }
}
