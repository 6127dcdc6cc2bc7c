//! Breaks the program on purpose: verbs are killed at random moments and gone on with, and what
//! they read is damaged at random. Here a few of each; `scripts/break` does as many as it is asked
//! for.
//!
//! Nothing depends on elapsed time: a kill that comes too late finds the work done.

#![cfg(unix)]
#![expect(clippy::print_stdout, reason = "the counts are what it is for")]

#[path = "breaking/damage.rs"]
mod damage;
#[path = "breaking/feed.rs"]
mod feed;
#[path = "breaking/kill.rs"]
mod kill;
#[path = "history/made.rs"]
mod made;
#[path = "breaking/program.rs"]
mod program;
#[path = "breaking/reads.rs"]
mod reads;
#[path = "breaking/structure.rs"]
mod structure;
mod support;
#[path = "breaking/tally.rs"]
mod tally;
#[path = "breaking/victims.rs"]
mod victims;

use kill::Count;

/// Returns a number that `scripts/break` hands over.
fn asked(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}: expected a number: {text}")),
        Err(_) => usual,
    }
}

fn seed() -> u64 {
    asked("TMINUS_BREAK_SEED", 1)
}

/// A killed verb leaves what was finished, and the next one finds nothing lost, doubled, half
/// written or left behind.
#[test]
fn nothing_is_lost_or_left_by_a_kill() {
    let only = std::env::var("TMINUS_BREAK_ONLY").unwrap_or_default();
    let mut rng = fastrand::Rng::with_seed(seed());
    let mut total = Count::default();
    for victim in victims::all().iter().filter(|it| it.name.contains(&only)) {
        let kills = asked("TMINUS_BREAK_KILLS", victim.usual);
        let count = kill::many(victim, kills, &mut rng);
        println!("{count}");
        total.add(&count);
    }
    assert!(total.is_clean(), "{total}");
}

/// No damage makes a function that reads it panic or hang, or lets a text act on a terminal or a
/// page.
#[test]
fn damaged_inputs_are_refused_or_read_in_peace() {
    feed::many(asked("TMINUS_BREAK_INPUTS", 400), seed());
}

/// The same through the program: one line on stderr, an exit code that is documented.
#[test]
fn damaged_files_are_refused_in_one_line() {
    program::many(asked("TMINUS_BREAK_FILES", 40), seed());
}
