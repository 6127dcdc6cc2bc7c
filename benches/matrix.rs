//! The matrix under criterion: group = workload and parameters, function = executor.
//!
//! `cargo bench -- squares` filters. Each function runs in a child process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    tminus::App::new().bench()
}
