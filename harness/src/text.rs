//! Text from outside, made safe to show.

/// `text` with control characters escaped, so that it can neither act on a terminal nor break a
/// line.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() { safe.extend(char.escape_default()) } else { safe.push(char) }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_control_characters_change() {
        assert_eq!(escape("a\u{1b}[0m\n\u{e4}"), "a\\u{1b}[0m\\n\u{e4}");
    }
}
