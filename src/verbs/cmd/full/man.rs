//! `tminus man`: the manual page of the program or of a verb, from what `--help` shows.

use std::io::Write as _;

use clap::ColorChoice;
use clap_mangen::Man;
use tminus_contract::error::{Error, Named};

use super::{Exit, stdout};
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: &cli::Man) -> anyhow::Result<Exit> {
    let mut command = catalog.command(ColorChoice::Never);
    command.build();
    for word in &arguments.verb {
        let found = command.get_subcommands().find(|verb| verb.get_name() == word).cloned();
        let Some(verb) = found else {
            let known: Vec<&str> = command
                .get_subcommands()
                .filter(|verb| !verb.is_hide_set())
                .map(|verb| verb.get_name())
                .collect();
            return Err(Error::unknown(Named::Verb, word, known).into());
        };
        command = verb;
    }
    let mut page = Vec::new();
    let source = concat!("tminus ", env!("CARGO_PKG_VERSION"));
    Man::new(command).source(source).manual("tminus").render(&mut page)?;
    stdout().write_all(&page)?;
    Ok(Exit::Ok)
}
