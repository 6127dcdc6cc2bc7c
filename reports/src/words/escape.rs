//! Names, reasons and the ends of stderr come from outside: here they become harmless text for
//! each format. HTML is escaped by `maud`, after [`clean`]. Never changes text that is harmless.

use tminus_record::text::is_harmful;

/// The longest text that is taken from data; the rest is cut and marked with an ellipsis.
const MAX_CHARS: usize = 400;

/// Returns text without control characters and without marks that reorder text; at most 400
/// characters.
#[must_use]
pub fn clean(text: &str) -> String {
    clean_within(text, MAX_CHARS)
}

/// Does as [`clean`], with another bound: for text that a reader needs whole.
pub(crate) fn clean_within(text: &str, most_chars: usize) -> String {
    shorten(&replace(text, |_, out| out.push('\u{fffd}')), most_chars)
}

/// Does as [`clean`], but keeps line ends and makes tabs blanks: for the end of stderr.
#[must_use]
pub fn lines(text: &str) -> String {
    let lines = text.lines().map(|line| {
        replace(&line.replace('\t', "    "), |_, out| {
            out.push('\u{fffd}');
        })
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Escapes text for a terminal: control characters are shown as `\u{1b}`, so that no name can move
/// the cursor or change colours; at most 400 characters.
#[must_use]
pub fn terminal(text: &str) -> String {
    let shown = replace(text, |letter, out| out.extend(letter.escape_default()));
    shorten(&shown, MAX_CHARS)
}

/// Escapes text for XML, in elements and in attributes; at most 400 characters.
#[must_use]
pub fn xml(text: &str) -> String {
    xml_within(text, MAX_CHARS)
}

/// Does as [`xml`], with another bound: for text that is put together from many.
pub(crate) fn xml_within(text: &str, most_chars: usize) -> String {
    let cleaned = clean_within(text, most_chars);
    let mut out = String::with_capacity(cleaned.len());
    for letter in cleaned.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Escapes text for Markdown, safe in a table and in a comment on a pull request: no markup, no
/// HTML, no line end; and no mention of a person, no reference to an issue and no link, which
/// GitHub makes of plain text after all escapes are gone, but not across a comment.
#[must_use]
pub fn markdown(text: &str) -> String {
    const SPLIT: &str = "<!-- -->";
    let text = clean(text);
    let mut out = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let ends_in = |word: &str| {
            let mut before = text[..at].rsplit(|c: char| !c.is_ascii_alphanumeric());
            before.next().is_some_and(|last| last.eq_ignore_ascii_case(word))
        };
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '#' | '$' => {
                out.push('\\');
                out.push(letter);
            }
            other => out.push(other),
        }
        let next = text[at + letter.len_utf8()..].chars().next();
        let links = match letter {
            '@' => next.is_some_and(char::is_alphanumeric),
            '#' => next.is_some_and(|next| next.is_ascii_digit()),
            ':' => text[at..].starts_with("://"),
            '.' => ends_in("www"),
            '-' => ends_in("gh"),
            _ => false,
        };
        if links {
            out.push_str(SPLIT);
        }
    }
    out
}

/// Formats a field of a CSV file: quoted where needed, and marked as text where a spreadsheet would
/// take it for a formula.
#[must_use]
pub fn csv(text: &str) -> String {
    let text = clean(text);
    // Some spreadsheets take the wide forms too.
    let formula = text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let text = if formula { format!("'{text}") } else { text };
    if text.contains([',', '"', ';', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// Returns `text` with at most `max` characters; the middle is cut, since names differ at both
/// ends.
#[must_use]
pub fn shorten(text: &str, max: usize) -> String {
    let count = text.chars().count();
    if count <= max {
        return text.into();
    }
    let head = max.saturating_sub(1).div_ceil(2);
    let tail = max.saturating_sub(1) - head;
    let end: String = text.chars().skip(count - tail).collect();
    text.chars().take(head).chain(['…']).collect::<String>() + &end
}

fn replace(text: &str, mut substitute: impl FnMut(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_harmful(letter) { substitute(letter, &mut out) } else { out.push(letter) }
    }
    out
}

/// Returns the word as a shell takes it.
#[must_use]
pub fn shell(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=,".contains(letter);
    if word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_move_no_cursor() {
        assert_eq!(terminal("a\u{1b}[31mb\r\n\u{202e}"), r"a\u{1b}[31mb\r\n\u{202e}");
        assert_eq!(clean("a\u{0}b\u{202e}"), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn names_are_no_markup() {
        assert_eq!(xml("<a b='c'>&\""), "&lt;a b=&#39;c&#39;&gt;&amp;&quot;");
        assert_eq!(markdown("a|b_[x](y)<i>"), "a\\|b\\_\\[x\\](y)&lt;i&gt;");
        assert_eq!(lines("a\tb\nc\u{7}"), "a    b\nc\u{fffd}");
    }

    #[test]
    fn names_mention_nobody_and_link_nowhere() {
        assert_eq!(markdown("@rust-lang/core"), "@<!-- -->rust-lang/core");
        assert_eq!(markdown("fixes a/b#12"), "fixes a/b\\#<!-- -->12");
        assert_eq!(markdown("Gh-12, high-12"), "Gh-<!-- -->12, high-12");
        assert_eq!(markdown("EPYC @ 2 GHz"), "EPYC @ 2 GHz");
        assert_eq!(markdown("https://x.y www.x.y"), "https:<!-- -->//x.y www.<!-- -->x.y");
        assert_eq!(markdown("a\r\n# b \\| c"), "a\u{fffd}\u{fffd}\\# b \\\\\\| c");
        assert_eq!(
            markdown("echo/connections=1/tokio-current-thread"),
            "echo/connections=1/tokio-current-thread"
        );
        assert_eq!(markdown("<!-- tminus gate -->"), "&lt;\\!-- tminus gate --&gt;");
    }

    #[test]
    fn names_are_no_formulas() {
        assert_eq!(csv("＝1+1"), "\"'＝1+1\"");
        assert_eq!(csv("-1\r\n=2"), "\"'-1\u{fffd}\u{fffd}=2\"");
        assert_eq!(csv("=1+1"), "\"'=1+1\"");
        assert_eq!(csv("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv("tokio/w2"), "tokio/w2");
        assert_eq!(csv("\t=1"), "\u{fffd}=1");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shorten("abcdefghij", 5), "ab…ij");
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(clean(&"x".repeat(10_000)).chars().count(), MAX_CHARS);
    }
}
