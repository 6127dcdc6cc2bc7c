//! The levels of a coroutine: the innermost one, those that delegate, and those that relay.

use std::pin::Pin;
use std::sync::Arc;

use tminus_contract::delegate::delegate;

use super::port::Port;

/// The error that a driver sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Thrown;

/// Eight letters in a number.
type Word = u64;

/// What a coroutine is resumed with: a word, nothing, or an error.
pub(super) type Sent = Result<Option<Word>, Thrown>;

/// The channel of a coroutine; it yields nothing before its first word.
pub(super) type Link = Arc<Port<Sent, Option<Word>>>;

/// What the classic `shout` makes of nothing.
pub(super) const NONE: Word = Word::from_be_bytes(*b"    NONE");

/// What the innermost level yields when it has caught an error.
const CAUGHT: Word = Word::from_be_bytes(*b"  CAUGHT");

/// Returns what the driver sends in its `index`-th send into a coroutine.
#[inline]
pub(super) fn message(coroutine: u64, index: u64, throws: u64) -> Sent {
    if index * throws % 100 < throws {
        return Err(Thrown);
    }
    // Each letter is one of sixteen, from `a` on.
    let number = (coroutine << 16).wrapping_add(index);
    let letters = (0..8).fold(0, |word, place| (word << 8) | ((number >> (4 * place)) & 15));
    Ok(Some(letters + Word::from_be_bytes(*b"aaaaaaaa")))
}

/// Returns what the innermost level yields for what it is sent: the word in upper case.
#[inline]
pub(super) fn answer(sent: Sent) -> Word {
    match sent {
        Ok(Some(word)) => word & !Word::from_be_bytes([0x20; 8]),
        Ok(None) => NONE,
        Err(Thrown) => CAUGHT,
    }
}

/// What came to the innermost level of a coroutine.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    /// Of all words, without what does not fit.
    pub(super) sum: Word,
    pub(super) caught: u64,
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, sent: Sent) {
        match sent {
            Ok(word) => self.sum = self.sum.wrapping_add(word.unwrap_or(0)),
            Err(Thrown) => self.caught += 1,
        }
    }
}

/// Echoes and tallies what it is sent so many times; one more send ends it and all levels, when the
/// clock has stopped. Returns the tally.
async fn innermost(link: Link, sends: u64) -> Tally {
    let (mut tally, mut echo) = (Tally::default(), None);
    for _ in 0..sends {
        let sent = link.exchange(echo).await;
        tally.add(sent);
        echo = Some(answer(sent));
    }
    let _end = link.exchange(echo).await;
    tally
}

/// Returns `depth` levels, each of which delegates to the next.
pub(super) fn pipe(
    link: Link,
    depth: u64,
    sends: u64,
) -> Pin<Box<dyn Future<Output = Tally> + Send>> {
    if depth == 1 {
        return Box::pin(innermost(link, sends));
    }
    Box::pin(async move { delegate(pipe(link, depth - 1, sends)).await })
}

/// Relays what is sent to the level inside, and what that yields back; also what ends it.
pub(super) async fn relay(outer: Link, inner: Link, sends: u64) {
    for _ in 0..=sends {
        let echo = inner.take().await;
        inner.send(outer.exchange(echo).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_echoed_in_upper_case() {
        let text = |word: Word| String::from_utf8(word.to_be_bytes().into()).expect("letters");
        let Ok(Some(word)) = message(1, 0x23, 0) else { panic!("no word") };
        assert_eq!(text(word), "dcaabaaa");
        assert_eq!(text(answer(Ok(Some(word)))), "DCAABAAA");
        assert_eq!(text(answer(Ok(None))), "    NONE");
        assert_eq!(text(answer(Err(Thrown))), "  CAUGHT");
        assert_ne!(message(1, 0, 0), message(0, 1, 0));
    }

    #[test]
    fn as_many_of_a_hundred_are_errors_as_asked_for() {
        for throws in [0, 1, 10, 33, 50, 99, 100] {
            let errors = (0..200).filter(|index| message(0, *index, throws).is_err()).count();
            assert_eq!(errors as u64, 2 * throws, "{throws}");
        }
    }
}
