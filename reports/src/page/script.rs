//! The one script of the page: it filters, sorts, compares and remembers the view in the address.
//!
//! It computes from each round's values as the program does: ratios are paired by round, intervals
//! are order statistics, means are geometric. The page says all of it without this script, but for
//! the choices of the reader. The parts share one scope that nothing else sees, in this order.

/// The parts as one.
pub(super) const SCRIPT: &str = concat!(
    "'use strict';\n(() => {\n",
    include_str!("js/stats.js"),
    include_str!("js/number.js"),
    include_str!("js/dom.js"),
    include_str!("js/view.js"),
    include_str!("js/standing.js"),
    include_str!("js/matrix.js"),
    include_str!("js/tables.js"),
    include_str!("js/tip.js"),
    include_str!("js/controls.js"),
    "})();\n",
);
