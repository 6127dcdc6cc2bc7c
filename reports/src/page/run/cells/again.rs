//! The one command that runs a cell again, quoted for a shell.

use std::path::Path;

use tminus_contract::Clock;
use tminus_record::{Cell, Profile, Run};

use crate::page::prelude::*;
use crate::words::escape::shell;

/// Says how to run `cell` again.
pub(super) fn told(run: &Run, cell: &Cell) -> Markup {
    match command(run, cell) {
        Some(command) => html! { p { "Run it again: " } pre { (clean(&command)) } },
        None => html! { p.sub { "Imported: another harness ran it." } },
    }
}

/// Returns the command: a cell that is named in full is planned whatever the profile, and alone but
/// for its A/A pair.
fn command(run: &Run, cell: &Cell) -> Option<String> {
    let header = &run.header;
    if header.profile == Profile::Imported {
        return None;
    }
    let id = Cell { twin: false, ..cell.clone() }.id();
    let mut words = vec![program(run).to_owned(), "run".into(), id.to_string()];
    // Whatever the cores of the machine.
    words.extend(cell.workers.iter().flat_map(|count| ["--workers".into(), count.to_string()]));
    words.extend(["--rounds".into(), header.rounds.to_string()]);
    words.extend(["--seed".into(), header.seed.to_string()]);
    if header.clock == Clock::Virtual {
        words.extend(["--clock".into(), "virtual".into()]);
    }
    Some(words.iter().map(|word| shell(word)).collect::<Vec<_>>().join(" "))
}

/// Returns the name of the program that made the run, without the place where it lay.
fn program(run: &Run) -> &str {
    let first = run.header.provenance.command.first();
    let name = first.and_then(|path| Path::new(path).file_name()?.to_str());
    let is_plain =
        |name: &&str| name.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
    name.filter(is_plain).unwrap_or("tminus")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    #[test]
    fn a_command_names_the_cell_its_workers_and_its_seed() {
        let mut run = fixture::run();
        let cells = run.header.cells.clone();
        let cell = cells.iter().find(|cell| cell.workers == Some(2)).expect("there");
        let (rounds, seed) = (run.header.rounds, run.header.seed);
        let tail = format!("--workers 2 --rounds {rounds} --seed {seed}");
        assert_eq!(command(&run, cell).expect("run"), format!("tminus run {} {tail}", cell.id()));
        let twin = Cell { twin: true, ..cell.clone() };
        assert_eq!(command(&run, &twin), command(&run, cell));
        run.header.provenance.command[0] = "/home/me/target/release/own-work".into();
        run.header.clock = Clock::Virtual;
        let text = command(&run, cell).expect("run");
        assert!(text.starts_with("own-work run ") && text.ends_with("--clock virtual"), "{text}");
        run.header.provenance.command[0] = "/tmp/$(reboot)".into();
        assert!(command(&run, cell).expect("run").starts_with("tminus run "));
        let hostile = Cell { label: "a='; reboot'".into(), ..cell.clone() };
        assert!(command(&run, &hostile).expect("run").contains(r"a='\''; reboot'\''"));
        run.header.profile = Profile::Imported;
        assert_eq!(command(&run, cell), None);
    }
}
