//! Puts text between two markers of a Markdown document, such as a README, and changes nothing
//! else.
//!
//! A part begins with a line `<!-- tminus NAME -->` and ends with `<!-- tminus NAME end -->`; the
//! first line keeps the command that made what lies between: `<!-- tminus NAME: COMMAND -->`. Lines
//! inside fences of code are no markers, so that a document can speak of them.

use crate::error::Error;

/// The part between two markers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The name in the markers.
    pub name: &'static str,
    /// Markdown with a line end.
    pub text: String,
}

/// A document with its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spliced {
    /// The whole document.
    pub text: String,
    /// The names of the parts that it has markers for.
    pub parts: Vec<&'static str>,
}

/// Replaces in `document` each of `parts` that it has markers for, and puts `command` into their
/// first lines.
///
/// # Errors
/// [`Error::Markers`] if it has markers for none, or a part's first without its end, or twice.
pub fn splice(document: &str, parts: &[Part], command: &str) -> Result<Spliced, Error> {
    let line_end = if document.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = document.split_inclusive('\n').map(String::from).collect();
    let mut found = Vec::new();
    for part in parts {
        let Some((begin, end)) = place(&lines, part.name)? else { continue };
        found.push(part.name);
        let marker = format!("<!-- tminus {}: {} -->\n", part.name, comment(command));
        // A blank line before a table or after HTML: without it, it is no table.
        let text = format!("{marker}\n{}\n", part.text);
        let new = text.lines().map(|line| format!("{line}{line_end}"));
        lines.splice(begin..end, new);
    }
    if found.is_empty() {
        let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
        return Err(Error::Markers { reason: missing(&names) });
    }
    Ok(Spliced { text: lines.concat(), parts: found })
}

fn missing(names: &[&str]) -> String {
    let pairs = names
        .iter()
        .map(|name| format!("`<!-- tminus {name} -->` and `<!-- tminus {name} end -->`"));
    format!(
        "has no markers; put two lines where it belongs: {}",
        pairs.collect::<Vec<_>>().join(", or ")
    )
}

/// Returns the indices of the first line and of the end line of the part called `name`.
fn place(lines: &[String], name: &str) -> Result<Option<(usize, usize)>, Error> {
    let (mut begins, mut ends) = (Vec::new(), Vec::new());
    let mut open: Option<Fence<'_>> = None;
    for (index, line) in lines.iter().enumerate() {
        let line = line.trim();
        let fence = Fence::of(line);
        open = match open {
            None => fence.filter(Fence::may_open),
            Some(open) => (!fence.is_some_and(|fence| fence.closes(&open))).then_some(open),
        };
        if open.is_some() {
            continue;
        }
        match marker(line) {
            Some(inside) if inside == format!("{name} end") => ends.push(index),
            Some(inside) if inside == name || inside.starts_with(&format!("{name}: ")) => {
                begins.push(index);
            }
            _ => {}
        }
    }
    let wrong = |what: &str| {
        Err(Error::Markers { reason: format!("its markers for `{name}` are wrong: {what}") })
    };
    match (begins.as_slice(), ends.as_slice()) {
        ([], []) => Ok(None),
        ([begin], [end]) if begin < end => Ok(Some((*begin, *end))),
        ([_], [_]) => wrong("the end comes first"),
        ([_], []) => wrong("the end is missing"),
        ([], [_]) => wrong("the beginning is missing"),
        _ => wrong("they stand there more than once"),
    }
}

/// A line that begins or ends a block of code, by the rules of CommonMark.
struct Fence<'a> {
    edge: char,
    length: usize,
    rest: &'a str,
}

impl<'a> Fence<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let edge = line.chars().next().filter(|first| matches!(first, '`' | '~'))?;
        let rest = line.trim_start_matches(edge);
        let length = line.len() - rest.len();
        (length >= 3).then_some(Self { edge, length, rest })
    }

    /// Returns whether the line may open a block: code between backticks within a line does not.
    fn may_open(&self) -> bool {
        self.edge != '`' || !self.rest.contains('`')
    }

    fn closes(&self, open: &Self) -> bool {
        self.edge == open.edge && self.length >= open.length && self.rest.trim().is_empty()
    }
}

fn marker(line: &str) -> Option<&str> {
    Some(line.strip_prefix("<!-- tminus ")?.strip_suffix("-->")?.trim_end())
}

/// Formats a command that cannot end the comment that it stands in.
fn comment(command: &str) -> String {
    crate::words::escape::clean(command).replace("--!", "- -!").replace("-->", "- ->")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: &str = "tminus report RUN --splice README.md";

    fn parts() -> Vec<Part> {
        vec![
            Part { name: "picture", text: "<picture>\n".into() },
            Part { name: "matrix", text: "| a |\n| - |\n".into() },
        ]
    }

    fn spliced(document: &str) -> String {
        splice(document, &parts(), COMMAND).expect("markers").text
    }

    #[test]
    fn what_lies_between_is_replaced_and_nothing_else() {
        let document = "# Mine\n\n<!-- tminus matrix -->\nold\n<!-- tminus matrix end -->\nafter";
        let first = spliced(document);
        assert_eq!(
            first,
            "# Mine\n\n<!-- tminus matrix: tminus report RUN --splice README.md -->\n\n| a |\n| - \
             |\n\n<!-- tminus matrix end -->\nafter"
        );
        assert_eq!(spliced(&first), first);
    }

    #[test]
    fn both_parts_and_the_line_ends_of_the_document() {
        let document = "<!-- tminus matrix: x -->\r\n<!-- tminus matrix end -->\r\n\r\n  \
                        <!-- tminus picture -->\r\nold\r\n<!-- tminus picture end -->\r\n";
        let text = spliced(document);
        assert!(text.contains("| a |\r\n") && text.contains("<picture>\r\n"), "{text}");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']) && !text.contains("old"));
    }

    #[test]
    fn documents_without_markers_or_with_wrong_ones_are_refused() {
        let (begin, end) = ("<!-- tminus matrix -->\n", "<!-- tminus matrix end -->\n");
        let fenced = format!("```html\n{begin}{end}```\n");
        let longer = format!("````\n```\n{begin}{end}```\n````\n");
        let unlike = format!("~~~\n```\n{begin}{end}~~~\n");
        let open = format!("```\ncode\n``` no end\n{begin}{end}");
        for (document, said) in [
            (String::new(), "has no markers"),
            (fenced, "has no markers"),
            (longer, "has no markers"),
            (unlike, "has no markers"),
            (open, "has no markers"),
            // What stands within one line opens no block.
            (format!("```code```\n{begin}"), "the end is missing"),
            (format!("text {begin}{end}"), "the beginning is missing"),
            (begin.into(), "the end is missing"),
            (format!("{end}{begin}"), "the end comes first"),
            (format!("{begin}{end}{begin}{end}"), "more than once"),
        ] {
            let error = splice(&document, &parts(), COMMAND).expect_err("refused").to_string();
            assert!(error.contains(said), "{document}: {error}");
        }
    }

    #[test]
    fn no_command_ends_its_comment() {
        let document = "<!-- tminus matrix -->\n<!-- tminus matrix end -->\n";
        let text = splice(document, &parts(), "--cell '--><script>' --!> \n x");
        let text = text.expect("markers").text;
        let line = text.lines().next().expect("a line");
        assert_eq!(line.matches("-->").count(), 1, "{line}");
        assert!(line.ends_with("x -->") && !line.contains("--!>"), "{line}");
    }
}
