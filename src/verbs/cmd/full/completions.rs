//! `tminus completions`: the script by which a shell completes commands of tminus, with the names
//! of what is registered.

use std::io::Write as _;

use clap::builder::PossibleValuesParser;
use clap::{ColorChoice, Command};
use clap_complete::shells;
use tminus_conformance::RULES;

use super::{Exit, stdout};
use crate::Catalog;
use crate::cli::{Completions, Shell};

pub(super) fn run(catalog: Catalog, arguments: &Completions) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    let mut categories: Vec<String> =
        registry.workloads.iter().map(|it| format!("@{}", it.category)).collect();
    categories.dedup();
    let workloads = registry.workloads.iter().map(|it| it.info.id.to_owned());
    let names = [
        ("workload", workloads.chain(categories).collect()),
        ("executor", registry.executors.iter().map(|it| it.id.to_owned()).collect()),
        ("rule", RULES.iter().map(|rule| rule.id.to_owned()).collect()),
    ];
    let mut command = named(catalog.command(ColorChoice::Never), &names);
    let mut script = Vec::new();
    match arguments.shell {
        Shell::Bash => clap_complete::generate(shells::Bash, &mut command, "tminus", &mut script),
        Shell::Zsh => clap_complete::generate(shells::Zsh, &mut command, "tminus", &mut script),
        Shell::Fish => clap_complete::generate(shells::Fish, &mut command, "tminus", &mut script),
    }
    stdout().write_all(&script)?;
    Ok(Exit::Ok)
}

/// Returns `command` with the known names as values of each argument that takes them. Such
/// arguments take globs too, so only shells read this.
fn named(command: Command, names: &[(&str, Vec<String>)]) -> Command {
    let with_names = |arg: clap::Arg| match names.iter().find(|(id, _)| arg.get_id() == id) {
        Some((_, names)) => arg.value_parser(PossibleValuesParser::new(names)),
        None => arg,
    };
    command.mut_args(with_names).mut_subcommands(|verb| named(verb, names))
}
