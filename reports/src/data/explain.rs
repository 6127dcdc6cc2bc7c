//! The account of two cells as JSON, version 1. Figures are unrounded; times are nanoseconds an op.

use serde_json::{Value, json};
use tminus_judge::explain::{Account, Cause};

use crate::findings::explain::text;

/// The version of [`explanation`].
const SCHEMA: u32 = 1;

/// Returns the account as a value: its causes and the rest add up to the difference.
#[must_use]
pub fn explanation(account: &Account) -> Value {
    json!({
        "schema": SCHEMA,
        "a": account.cells[0],
        "b": account.cells[1],
        "difference_ns": account.difference_ns.value,
        "rest_ns": account.rest_ns.value,
        "causes": account.causes.iter().map(cause).collect::<Vec<_>>(),
        "text": text(account),
    })
}

fn cause(cause: &Cause) -> Value {
    json!({
        "name": cause.name,
        "a_per_op": cause.a_per_op,
        "b_per_op": cause.b_per_op,
        "price_ns": cause.price_ns,
        "ns": cause.ns.value,
        "low": cause.ns.low,
        "high": cause.ns.high,
    })
}
