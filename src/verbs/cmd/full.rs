//! The verbs of a whole program: those that measure, rank, compare and report. A program that only
//! runs cells, as a gate builds it, is built without them (the feature `reports`).

mod beside;
mod compare;
mod completions;
mod demo;
mod explain;
mod export;
mod gate;
mod history;
mod import;
mod man;
mod profile;
mod progress;
mod rank;
mod report;
mod run;
mod runs;
mod site;

use std::path::Path;

use tminus_record::machine::Provenance;
use tminus_record::text::escape;
use tminus_reports::terminal::Style;

use super::{Exit, bare, cancel_on_ctrl_c, columns, header, limits, print_json, say, spec, stdout};
use crate::Catalog;
use crate::cli::Verb;

/// Runs the verb, one of these or of a bare program.
pub(super) fn run(catalog: Catalog, verb: Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::Run(arguments) => run::run(catalog, &arguments),
        Verb::Demo(arguments) => demo::run(catalog, &arguments),
        Verb::Profile(arguments) => profile::run(catalog, &arguments),
        Verb::Rank(arguments) => rank::run(catalog, &arguments),
        Verb::Compare(arguments) => compare::run(catalog, arguments),
        Verb::Explain(arguments) => explain::run(catalog, &arguments),
        Verb::Gate(arguments) => gate::run(catalog, arguments),
        Verb::Bisect(arguments) => gate::bisect::run(&arguments),
        Verb::Versions(arguments) => gate::versions::run(catalog, arguments),
        Verb::History(arguments) => history::run(catalog, arguments),
        Verb::Report(arguments) => report::run(catalog, &arguments),
        Verb::Import(arguments) => import::run(catalog, &arguments),
        Verb::Site(arguments) => site::run(&arguments),
        Verb::Export(arguments) => export::run(&arguments),
        Verb::Completions(arguments) => completions::run(catalog, &arguments),
        Verb::Man(arguments) => man::run(catalog, &arguments),
        Verb::Cell
        | Verb::Header(_)
        | Verb::Spec(_)
        | Verb::List(_)
        | Verb::Verify(_)
        | Verb::Doctor(_) => bare::run(catalog, verb),
    }
}

/// Returns a path as it is printed: nothing in it can act on a terminal.
fn shown(path: &Path) -> String {
    escape(&path.display().to_string())
}

/// Says why no revision is stored of a directory that has one.
fn say_no_revision(provenance: &Provenance) {
    if !provenance.git_refusal.is_empty() {
        say(format_args!("no revision is stored: git says: {}", provenance.git_refusal));
    }
}

/// Returns how to set text on the terminal that stdout is; 100 columns where it is none.
fn style() -> Style {
    style_or(100)
}

/// Returns how to set text on the terminal that stdout is; `width` columns where it is none.
fn style_or(width: usize) -> Style {
    Style { width: columns::of_terminal().unwrap_or(width), color: console::colors_enabled() }
}
