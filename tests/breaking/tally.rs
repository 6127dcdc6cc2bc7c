//! What text must not hold, whatever went in.

use tminus_record::text::is_harmful;

/// What a text is read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Terminal,
    /// HTML, and Markdown with HTML in it.
    Markup,
    Csv,
}

impl Form {
    /// By the name of a file.
    pub(crate) fn of(path: &str) -> Self {
        match path.rsplit('.').next() {
            Some("html" | "svg" | "md") => Self::Markup,
            Some("csv") => Self::Csv,
            _ => Self::Terminal,
        }
    }
}

/// What is wrong with a text that is shown.
pub(crate) fn wrong_with(form: Form, text: &str) -> Option<String> {
    if let Some(letter) = text.chars().find(|letter| *letter != '\n' && is_harmful(*letter)) {
        return Some(format!("it holds {letter:?}"));
    }
    let forbidden: &[&str] = match form {
        Form::Terminal => &[],
        Form::Markup => &["<script>alert", "<img src=x"],
        Form::Csv => &["\n=cmd|", ",=cmd|", ",\"=cmd|", "\n@SUM", ",@SUM"],
    };
    let found =
        forbidden.iter().find(|it| text.contains(**it)).map(|it| format!("it holds {it:?}"));
    found.or_else(|| no_figure(form, text).map(|it| format!("a figure is {it:?}")))
}

/// Returns a word that stands for no number, where figures stand. Pages have words of their own.
fn no_figure(form: Form, text: &str) -> Option<&str> {
    let words = text.split(|letter: char| letter.is_whitespace() || ",|()".contains(letter));
    let mut words = words.map(|word| word.trim_matches(|letter: char| !letter.is_alphabetic()));
    words.find(|word| form != Form::Markup && ["NaN", "inf"].contains(word))
}
