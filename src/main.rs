//! The program `tminus`: the library's [`App`](tminus::App) with nothing added.

use std::process::ExitCode;

fn main() -> ExitCode {
    tminus::App::new().main()
}
