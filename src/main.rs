//! The program `tminus`: the library's [`App`](tminus::App), with an allocator that counts.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: tminus::CountingAllocator = tminus::CountingAllocator;

fn main() -> ExitCode {
    tminus::App::new().main()
}
