//! What more workers do to executors, for a terminal. Gives text and prints nothing.

use tminus_judge::rank::Ranking;

use crate::findings;
use crate::terminal::Style;
use crate::terminal::table::{BOLD, push_painted, push_wrapped};
use crate::words;
use crate::words::escape::terminal;

/// Writes a sentence for each executor that was run with several counts of workers.
pub(super) fn push(out: &mut String, ranking: &Ranking, style: &Style) {
    let Some(first) = ranking.scalings.first() else { return };
    push_painted(out, "scaling", BOLD, style);
    for scaling in &ranking.scalings {
        let subject = words::subject(&scaling.title, &scaling.params);
        for scaled in &scaling.executors {
            let text = format!("  {subject}: {}", findings::scaling_told(scaled));
            push_wrapped(out, &terminal(&text), style);
        }
    }
    push_wrapped(out, &format!("  {}", findings::scaling_note(first)), style);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;
    use crate::testing::swept::scaled;

    #[test]
    fn each_executor_has_a_sentence() {
        let style = Style { width: 80, color: false };
        let mut text = String::new();
        push(&mut text, &fixture::rank(&scaled()), &style);
        insta::assert_snapshot!(text);
        let mut text = String::new();
        push(&mut text, &fixture::ranking(), &style);
        assert_eq!(text, "");
    }
}
