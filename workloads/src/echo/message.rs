//! The messages: every byte that comes back shows whether it is the right one.

use tminus_contract::workload::Wrong;

/// Bytes at the head of a message that differ from message to message.
const HEAD_BYTES: usize = 8;

/// Writes the part that is the same in all messages of `connection`.
pub(super) fn fill(message: &mut [u8], connection: u64) {
    for (byte, position) in message.iter_mut().zip(0_u64..) {
        *byte = (position.wrapping_mul(167) ^ connection).to_le_bytes()[0];
    }
}

/// Writes the part that makes it the `trip`-th message of `connection`.
pub(super) fn number(message: &mut [u8], connection: u64, trip: u64) {
    let head = (trip.rotate_right(24) ^ connection).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let head = &head.to_be_bytes()[..message.len().min(HEAD_BYTES)];
    message[..head.len()].copy_from_slice(head);
}

/// Verifies that `got` is what stands at `offset` of the message sent; returns the offset behind
/// it.
pub(super) fn verify(
    sent: &[u8],
    offset: usize,
    got: &[u8],
    connection: u64,
) -> Result<usize, Wrong> {
    let end = offset + got.len();
    let Some(expected) = sent.get(offset..end) else {
        let (sent, surplus) = (sent.len(), end - sent.len());
        return Err(Wrong::Answer(format!(
            "connection {connection}: {surplus} bytes came back beyond the {sent} sent"
        )));
    };
    if got.is_empty() {
        return Err(Wrong::Answer(format!(
            "connection {connection}: the stream ended after {offset} bytes of a message"
        )));
    }
    match expected.iter().zip(got).position(|(expected, got)| expected != got) {
        None => Ok(end),
        Some(at) => Err(Wrong::Answer(format!(
            "connection {connection}, byte {}: sent {}, got back {}",
            offset + at,
            expected[at],
            got[at]
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: usize, connection: u64, trip: u64) -> Vec<u8> {
        let mut message = vec![0; bytes];
        fill(&mut message, connection);
        number(&mut message, connection, trip);
        message
    }

    #[test]
    fn messages_of_other_trips_and_connections_differ() {
        let one = message(64, 3, 17);
        assert_ne!(one, message(64, 3, 18));
        assert_ne!(one, message(64, 4, 17));
        assert_ne!(message(1, 0, 0), message(1, 0, 1));
    }

    #[test]
    fn pieces_are_verified_where_they_belong() {
        let sent = message(64, 3, 17);
        assert_eq!(verify(&sent, 0, &sent[..10], 3), Ok(10));
        assert_eq!(verify(&sent, 10, &sent[10..], 3), Ok(64));
        assert!(verify(&sent, 11, &sent[10..20], 3).is_err());
        assert!(verify(&sent, 60, &sent[..10], 3).is_err());
        assert!(verify(&sent, 10, &[], 3).is_err());
    }
}
