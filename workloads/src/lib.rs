//! The workloads: one a file, written once against the contract; this file is their registry.
//!
//! To add one: a file, its `mod` line and its line in [`visit`].

use tminus_harness::plan::WorkloadVisitor;

/// Shows every workload to `visitor`, in the order of reports.
pub fn visit(visitor: &mut impl WorkloadVisitor) {
    let _ = visitor;
}
