//! The executors that tminus measures: one a file; this file is their registry.
//!
//! To add one: a file, its `mod` line and its line in [`visit`], and its Cargo feature.

use tminus_harness::plan::ExecutorVisitor;

/// Shows every executor that is compiled in to `visitor`, in the order of reports.
pub fn visit(visitor: &mut impl ExecutorVisitor) {
    let _ = visitor;
}
