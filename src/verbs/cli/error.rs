//! Errors of clap about arguments that it refuses, in one line, with the way out.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Returns what clap says over several lines in one: the message and its tips without the usage.
pub(crate) fn one_line(error: &Error) -> String {
    let text = error.render().to_string();
    let said = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let said = said.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let joined = said.collect::<Vec<_>>().join(" ").replace(" tip: ", "; ");
    let said = joined.trim_start_matches("error: ");
    match advice(error) {
        Some(advice) => format!("{said}; {advice}"),
        None if error.kind() == ErrorKind::InvalidSubcommand => {
            format!("{said}; see `tminus --help`")
        }
        None => format!("{said}; see `--help`"),
    }
}

/// Returns advice on an argument that is missing or wrong, where there is better than the help.
fn advice(error: &Error) -> Option<String> {
    let names = |name: &str| match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(one)) => one == name,
        Some(ContextValue::Strings(all)) => all.iter().any(|one| one == name),
        _ => false,
    };
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.as_str(),
        _ => "",
    };
    match error.kind() {
        ErrorKind::MissingRequiredArgument if names("<RUN_B>") => {
            Some("the newest run is `latest`: `tminus compare RUN_A latest`".into())
        }
        ErrorKind::MissingRequiredArgument if names("--executor <ID>") => {
            Some("see `tminus list executors`".into())
        }
        ErrorKind::InvalidValue
            if names("[WHAT]") && error.get(ContextKind::SuggestedValue).is_none() =>
        {
            Some(format!("to choose among the cells: `tminus list cells {value}`"))
        }
        _ => None,
    }
}
