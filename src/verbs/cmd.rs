//! The verbs, one file each, and what they share: exit codes, stdout, the last line of an error.
//! Only these files print.

mod bare;
mod cell;
mod columns;
mod doctor;
#[cfg(feature = "reports")]
mod full;
mod header;
mod list;
mod out;
mod spec;
mod verify;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ColorChoice, FromArgMatches as _};

use tminus_contract::resources::{self, Demand};
use tminus_measure::child::Cancel;
use tminus_measure::plan::Limits;
use tminus_record::text::{escape, is_harmful};

use crate::cli::{self, Cli, Verb};
use crate::{Catalog, check};
#[cfg(not(feature = "reports"))]
use bare as full;
use out::{print_json, stdout};

/// The version of what `--json` prints.
const SCHEMA: u32 = 1;

/// How a verb that ran to its end wants the program to exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All well.
    Ok = 0,
    /// A cell failed, or regressed.
    Failed = 1,
    /// A cell could hide a regression.
    Inconclusive = 3,
    /// The machine is unfit to measure.
    Unfit = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

/// Parses the command line, runs its verb, prints what went wrong once.
#[must_use]
pub fn main(catalog: Catalog) -> ExitCode {
    tminus_measure::process::outlive_file_limit();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let color = cli::color(&arguments);
    let parsed = cli::with_places(catalog.command(color)).try_get_matches_from(&arguments);
    let ended = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => run(catalog, cli, color),
        Err(error) if error.exit_code() == 0 => show_help(&error),
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // If nothing reads it, it is lost.
            let _ = error.print();
            return ExitCode::from(2);
        }
        Err(error) => Err(anyhow::Error::msg(cli::one_line(&error))),
    };
    exit(ended)
}

/// Returns the exit code: that of the verb, or 2 where it could not do or print all. Prints what
/// went wrong, once.
#[must_use]
pub fn exit(ended: anyhow::Result<Exit>) -> ExitCode {
    let lost = || out::lost().map(|error| anyhow::anyhow!("cannot print: {error}"));
    match ended.and_then(|exit| lost().map_or(Ok(exit), Err)) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            // In one line, whatever a file or a program had to say.
            say(format_args!("error: {}", escape(&format!("{error:#}"))));
            ExitCode::from(2)
        }
    }
}

fn run(catalog: Catalog, cli: Cli, color: ColorChoice) -> anyhow::Result<Exit> {
    if color != ColorChoice::Auto {
        console::set_colors_enabled(color == ColorChoice::Always);
        console::set_colors_enabled_stderr(color == ColorChoice::Always);
    }
    // A child is not held up by what its parent has checked.
    if !matches!(cli.verb, Some(Verb::Cell)) {
        check(&catalog.registry())?;
    }
    match cli.verb {
        None => {
            out::keep(catalog.command(color).print_help());
            Ok(Exit::Ok)
        }
        Some(verb) => full::run(catalog, verb),
    }
}

/// Prints help or versions to stdout.
fn show_help(help: &clap::Error) -> anyhow::Result<Exit> {
    out::keep(help.print());
    Ok(Exit::Ok)
}

/// Returns the limits of this machine that the plan must know.
#[must_use]
pub fn limits() -> Limits {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let loopback = Demand { connections: 1, ..Demand::default() };
    let ports = match loopback.refused() {
        Some(reason) => Err(reason),
        None => Ok(resources::ports().map_or(u64::MAX, |(count, _)| count)),
    };
    Limits { cores, descriptors: tminus_measure::process::descriptor_limit(), ports }
}

/// Kills the child at work on Ctrl-C, SIGTERM or SIGHUP; a second one ends the program at once.
fn cancel_on_ctrl_c() -> anyhow::Result<Cancel> {
    let cancel = Cancel::new()?;
    cancel.on_signals(Exit::Interrupted as i32)?;
    Ok(cancel)
}

/// Prints text for people to stderr. It is lost if stderr is closed. Nothing in it can act on a
/// terminal.
fn say(line: fmt::Arguments<'_>) {
    let text = line.to_string();
    let _ =
        writeln!(io::stderr(), "{}", text.split('\n').map(escape).collect::<Vec<_>>().join("\n"));
}

/// Returns the same JSON with [harmful](is_harmful) characters as escapes; they stand only in its
/// strings.
fn harmless_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter == '\n' || !is_harmful(letter) {
            safe.push(letter);
        } else {
            let units = letter.encode_utf16(&mut [0; 2]).to_vec();
            safe.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_and_acts_on_no_terminal() {
        let value = serde_json::json!({ "\u{9b}31m": ["\u{1b}[2J", "a\n\u{202e}\u{e4}"] });
        let safe = harmless_json(&serde_json::to_string_pretty(&value).expect("JSON"));
        assert!(safe.contains("\\u009b31m") && safe.contains('\u{e4}'), "{safe}");
        assert!(!safe.contains(|letter| letter != '\n' && is_harmful(letter)), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).expect("JSON"), value);
    }
}
