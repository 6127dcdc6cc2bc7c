//! What text must not hold, whatever went in.

use tminus_harness::text::is_harmful;

/// What is wrong with a text that is shown.
pub(crate) fn wrong_with(text: &str) -> Option<&'static str> {
    let acts = |letter| letter != '\n' && is_harmful(letter);
    let markup = ["<script>alert", "<img src=x"];
    let formulas = ["\n=cmd|", ",=cmd|", "\"=cmd|"];
    match () {
        () if text.contains(acts) => Some("it acts on a terminal"),
        () if markup.iter().any(|it| text.contains(it)) => Some("it is markup"),
        () if formulas.iter().any(|it| text.contains(it)) => Some("it is a formula"),
        () => None,
    }
}
