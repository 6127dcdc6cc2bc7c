//! The executors that change places as a parameter grows, for a terminal. Gives text and prints
//! nothing.

use tminus_judge::rank::{Crossings, Ranking};

use crate::findings;
use crate::terminal::Style;
use crate::terminal::table::{BOLD, push_painted, push_wrapped};
use crate::words::escape::terminal;

/// Crossings of one workload and parameter that are said.
const MOST: usize = 3;

/// Writes where executors change places that are the best, or equivalent, at some size; others as
/// a number alone.
pub(super) fn push(out: &mut String, ranking: &Ranking, style: &Style) {
    let of_best = |all: &Crossings| all.told.iter().filter(|it| it.is_of_best).count();
    let matters = |all: &&Crossings| of_best(all) > 0 || all.open_pairs > 0;
    let shown: Vec<&Crossings> = ranking.crossings.iter().filter(matters).collect();
    if shown.is_empty() {
        return;
    }
    push_painted(out, "crossings", BOLD, style);
    for all in shown {
        let subject = findings::crossings_subject(all);
        for told in findings::crossings_told(all, of_best(all).min(MOST)) {
            push_wrapped(out, &terminal(&format!("  {subject}: {told}")), style);
        }
    }
    push_wrapped(out, &format!("  {}", findings::CROSSINGS_NOTE), style);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;
    use crate::testing::swept::swept;

    #[test]
    fn those_of_the_best_are_said_and_the_others_counted() {
        let style = Style { width: 80, color: false };
        let mut text = String::new();
        push(&mut text, &fixture::rank(&swept()), &style);
        insta::assert_snapshot!(text);
        let mut text = String::new();
        push(&mut text, &fixture::ranking(), &style);
        assert_eq!(text, "");
    }
}
