//! A benchmark harness for async executors: which is faster, by how much, how sure, and why.
