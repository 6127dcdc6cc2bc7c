//! The command line with what its declarations cannot say: colours before anything is parsed, the
//! examples of each verb, and numbers below 0 as values.

use std::ffi::OsString;
use std::path::Path;

use clap::builder::StyledStr;
use clap::builder::styling::Style;
use clap::{Arg, ColorChoice, Command, CommandFactory as _, ValueEnum as _};

use super::examples::EXAMPLES;
use super::{Cli, OUT, upward, value};

/// Returns the whole command line, which shows help and errors in colours as `color` says.
pub(crate) fn command(color: ColorChoice) -> Command {
    completed(Cli::command().color(color), "")
}

/// Returns how to print: as the arguments ask, else as the environment does. The arguments are only
/// looked through, since help is shown before all are read.
pub(crate) fn color(arguments: &[OsString]) -> ColorChoice {
    match asked(arguments) {
        ColorChoice::Auto => of_environment(|name| std::env::var_os(name)),
        asked => asked,
    }
}

fn asked(arguments: &[OsString]) -> ColorChoice {
    let words = arguments.iter().map(|word| word.to_string_lossy());
    let words: Vec<_> = words.take_while(|word| word != "--").collect();
    if words.iter().any(|word| word == "--no-color") {
        return ColorChoice::Never;
    }
    let mut given = words.iter().enumerate().filter_map(|(place, word)| {
        match word.strip_prefix("--color")? {
            "" => words.get(place + 1).map(AsRef::as_ref),
            rest => rest.strip_prefix('='),
        }
    });
    given.next_back().and_then(|when| ColorChoice::from_str(when, false).ok()).unwrap_or_default()
}

/// Reads the variables: NO_COLOR forbids, CLICOLOR_FORCE asks, CLICOLOR=0 forbids, in this order.
fn of_environment(variable: impl Fn(&str) -> Option<OsString>) -> ColorChoice {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        ColorChoice::Never
    } else if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        ColorChoice::Always
    } else if set("CLICOLOR").is_some_and(|value| value == "0") {
        ColorChoice::Never
    } else {
        ColorChoice::Auto
    }
}

/// Completes the verb with the words `path` and all below it.
fn completed(command: Command, path: &str) -> Command {
    let command = command.mut_args(with_negative_numbers).mut_subcommands(|verb| {
        let path = format!("{path} {}", verb.get_name());
        completed(verb, path.trim_start())
    });
    match section(path) {
        Some(section) => command.after_long_help(section),
        None => command,
    }
}

/// Makes the default of each place that runs and histories are kept in what it is from here: they
/// may lie further up.
pub(crate) fn with_places(command: Command) -> Command {
    let place = |arg: Arg| match arg.get_default_values() {
        [place] if Path::new(place).starts_with(OUT) => {
            let below = Path::new(place).strip_prefix(OUT).unwrap_or(Path::new(""));
            let place: std::path::PathBuf = upward(OUT.as_ref()).join(below).components().collect();
            arg.default_value(place.into_os_string())
        }
        _ => arg,
    };
    command.mut_args(place).mut_subcommands(with_places)
}

/// Makes `--rounds -3` a value out of range; else clap takes it for a flag and advises `-- -3`.
fn with_negative_numbers(arg: Arg) -> Arg {
    let names = arg.get_value_names().unwrap_or_default();
    let is_number = names.iter().any(|name| value::NUMBERS.contains(&name.as_str()));
    if is_number && !arg.is_positional() { arg.allow_hyphen_values(true) } else { arg }
}

/// Returns the Examples section of a verb.
fn section(path: &str) -> Option<StyledStr> {
    let examples = EXAMPLES.iter().filter(|example| example.verb == path);
    let lines: Vec<String> = examples
        .map(|example| format!("  {}\n          {}", example.line, example.about))
        .collect();
    let head = Style::new().bold().underline();
    (!lines.is_empty()).then(|| format!("{head}Examples:{head:#}\n{}", lines.join("\n")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns every verb with its path.
    fn verbs() -> Vec<(String, Command)> {
        let mut found = vec![(String::new(), command(ColorChoice::Never))];
        let mut next = 0;
        while let Some((path, verb)) = found.get(next).cloned() {
            found.extend(verb.get_subcommands().filter(|verb| !verb.is_hide_set()).map(|verb| {
                (format!("{path} {}", verb.get_name()).trim_start().to_owned(), verb.clone())
            }));
            next += 1;
        }
        found
    }

    #[test]
    fn every_verb_has_examples_and_each_is_of_a_verb() {
        let verbs: Vec<String> = verbs().into_iter().map(|verb| verb.0).collect();
        for verb in &verbs {
            assert!(section(verb).is_some(), "`{verb}` has no example");
        }
        assert!(EXAMPLES.iter().filter(|example| example.runs).count() > 30);
        for example in EXAMPLES {
            assert!(verbs.iter().any(|verb| verb == example.verb), "{}", example.line);
        }
    }

    #[test]
    fn every_example_parses() {
        for example in EXAMPLES {
            let words = shlex::split(example.line).expect("balanced quotes");
            let own = words.split(|word| word == "|").next().expect("a command");
            let own = own.split(|word| word == ">" || word == "&&").next().expect("a command");
            let parsed = command(ColorChoice::Never).try_get_matches_from(own);
            assert!(parsed.is_ok(), "{}: {}", example.line, parsed.expect_err("refused"));
            let verb = example.verb.split(' ').filter(|word| !word.is_empty());
            assert!(verb.zip(&own[1..]).all(|(verb, word)| verb == word), "{}", example.line);
        }
    }

    #[test]
    fn the_short_help_is_shorter_than_the_long_one() {
        for (path, mut verb) in verbs() {
            let (short, long) =
                (verb.render_help().to_string(), verb.render_long_help().to_string());
            assert!(long.contains("\nExamples:\n"), "{path}");
            assert!(!short.contains("Examples:") && short.len() < long.len(), "{path}");
        }
    }

    #[test]
    fn a_number_below_0_is_a_value_of_every_flag_that_takes_numbers() {
        let takes_number = |arg: &&Arg| {
            let parser = format!("{:?}", arg.get_value_parser().type_id());
            ["u16", "u32", "u64", "usize", "f64", "Duration"].iter().any(|it| parser.contains(it))
        };
        let mut count = 0;
        for (path, verb) in verbs() {
            for arg in verb.get_arguments().filter(takes_number) {
                assert!(arg.is_allow_hyphen_values_set(), "{path}: {arg}");
                count += 1;
            }
        }
        assert!(count > 20, "{count}");
    }

    #[test]
    fn colours_are_asked_for_by_flags_and_by_the_environment() {
        let of = |words: &str| asked(&words.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of("tminus --color always rank"), ColorChoice::Always);
        assert_eq!(of("tminus rank -e heap --color=never -w echo"), ColorChoice::Never);
        assert_eq!(of("tminus rank --color always --no-color"), ColorChoice::Never);
        assert_eq!(of("tminus rank -- --no-color"), ColorChoice::Auto);
        assert_eq!(of("tminus rank --color sometimes"), ColorChoice::Auto);
        let of = |variables: &[(&str, &str)]| {
            of_environment(|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            })
        };
        assert_eq!(of(&[]), ColorChoice::Auto);
        assert_eq!(of(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]), ColorChoice::Never);
        assert_eq!(of(&[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")]), ColorChoice::Always);
        assert_eq!(of(&[("CLICOLOR_FORCE", "0"), ("CLICOLOR", "0")]), ColorChoice::Never);
    }
}
