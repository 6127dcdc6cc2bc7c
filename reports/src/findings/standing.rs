//! The meaning of the marks of standings, and notes for a reader of a matrix.

use tminus_judge::rank::Standing;
use tminus_judge::verdict::Limits;

use crate::model::matrix::{Entry, Flip, Matrix};
use crate::words;

/// Explains the words for standings, as a sentence without its full stop.
#[must_use]
pub fn standing_note(limits: &Limits) -> String {
    let [best, cannot_tell, slower] =
        [Standing::Best, Standing::CannotTell, Standing::Slower].map(words::standing);
    let margin = words::percent(limits.margin);
    let meant = format!(
        "{best}: by the 95 % intervals none is better by more than {margin}, which the place of code in \
         memory alone may do"
    );
    let pair = words::percent(limits.floor);
    let else_ = format!("{cannot_tell}: they allow for either");
    match () {
        () if limits.lifted_too_far() => format!(
            "{meant}; {else_}. The A/A pair differs from itself by up to {pair}, so nothing is called \
             {best}, and {slower} only beyond that"
        ),
        () if limits.floor > limits.margin => format!(
            "{meant}; {slower}: surely by more than {pair}, by which the A/A pair may differ from itself; \
             {else_}"
        ),
        () => format!("{meant}; {slower}: surely by more than that; {else_}"),
    }
}

/// Why a slowdown may stand below 1.
pub const BELOW_ONE: &str = "Below 1.00: the fastest has the best median of all rounds; slowdowns are \
                             medians of ratios within rounds.";

/// Returns [`BELOW_ONE`]; `None` where no slowdown is below one.
#[must_use]
pub fn below_one(matrix: &Matrix) -> Option<&'static str> {
    let shown = |entry: &Entry| entry.figure().and_then(|text| text.parse::<f64>().ok());
    let is_below = |entry: &Entry| shown(entry).is_some_and(|shown| shown < 1.0);
    let mut entries = matrix.rows.iter().flat_map(|row| &row.entries);
    entries.any(is_below).then_some(BELOW_ONE)
}

/// Flips that are told one by one.
const MAX_FLIPS: usize = 3;

/// Names pairs whose order depends on a third executor; `None` where there are none.
#[must_use]
pub fn flips(matrix: &Matrix) -> Option<String> {
    let told =
        |flip: &Flip| format!("{} and {} without {}", flip.pair[0], flip.pair[1], flip.without);
    let first: Vec<String> = matrix.flips.iter().take(MAX_FLIPS).map(told).collect();
    let more = matrix.flips.len().saturating_sub(MAX_FLIPS);
    let more = if more > 0 {
        format!(", and {}", words::count(more as u64, "more pair"))
    } else {
        String::new()
    };
    (!first.is_empty())
        .then(|| format!("Would change places, and so count as tied: {}{more}.", first.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    #[test]
    fn the_margin_and_what_lifts_it_are_said() {
        let note = |floor| standing_note(&Limits { margin: 1.04, floor });
        assert!(
            note(1.01).starts_with("best or equivalent: by the 95 % intervals none is better by")
        );
        assert!(note(1.01).contains("slower: surely by more than that; cannot tell: they"));
        assert!(note(1.07).contains("slower: surely by more than 7 %"));
        assert!(note(1.2).contains("up to 20 %, so nothing is called best or equivalent"));
    }

    #[test]
    fn those_who_need_a_third_are_named() {
        let mut matrix = Matrix::of(&fixture::ranking());
        // It fails in the largest echo, in which the others differ.
        assert!(
            flips(&matrix).expect("one").ends_with("smol-local and smol ×1 without futures-lite.")
        );
        matrix.flips.clear();
        assert_eq!(flips(&matrix), None);
        let flip =
            |without: &str| Flip { without: without.into(), pair: ["a", "b"].map(String::from) };
        matrix.flips = vec![flip("c")];
        let one = "Would change places, and so count as tied: a and b without c.";
        assert_eq!(flips(&matrix).as_deref(), Some(one));
        matrix.flips = vec![flip("c"); 5];
        assert!(flips(&matrix).expect("some").ends_with("b without c, and 2 more pairs."));
    }

    #[test]
    fn what_stands_below_one_is_explained() {
        let mut matrix = Matrix::of(&fixture::ranking());
        assert_eq!(below_one(&matrix), None);
        let Some(Entry::Ratio { factor, .. }) = matrix.rows[0].entries.first_mut() else {
            panic!()
        };
        factor.median = 0.97;
        factor.interval = None;
        assert!(below_one(&matrix).is_some_and(|text| text.starts_with("Below 1.00: ")));
    }
}
