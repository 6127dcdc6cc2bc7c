//! Text from outside, made safe to show.

/// Returns `text` with [harmful](is_harmful) characters escaped, so that it can neither act on a
/// terminal nor break a line.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        if is_harmful(char) { safe.extend(char.escape_default()) } else { safe.push(char) }
    }
    safe
}

/// Returns whether a character is a control character, a line or paragraph separator, a mark that
/// reorders text or cannot be seen, or one that XML forbids.
#[must_use]
pub fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmful_characters_change() {
        assert_eq!(escape("a\u{1b}[0m\n\u{e4}"), "a\\u{1b}[0m\\n\u{e4}");
        assert_eq!(escape("a\u{202e}b"), "a\\u{202e}b");
    }
}
