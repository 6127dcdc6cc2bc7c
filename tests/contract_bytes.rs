//! What the contract adds to the memory of a sleeping task.

#![cfg(all(feature = "tokio", feature = "async-std", feature = "smol"))]

#[path = "../benches/pairs/bytes.rs"]
mod bytes;

#[test]
fn a_sleeping_task_takes_at_most_sixteen_bytes_more_than_without_the_contract() {
    for bytes::Sleeper { name, contract, native } in bytes::sleepers() {
        assert!(contract <= native + 16, "{name}: {contract} B, natively {native} B");
    }
}
