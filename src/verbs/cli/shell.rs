//! The flags of what a shell and `man` read: `tminus completions` and `tminus man`.

use clap::{Args, ValueEnum};

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// The shells that completions can be made for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

#[derive(Args, Debug)]
pub(crate) struct Man {
    /// A verb, for example `history add` [default: tminus itself]
    #[arg(value_name = "VERB")]
    pub(crate) verb: Vec<String>,
}
