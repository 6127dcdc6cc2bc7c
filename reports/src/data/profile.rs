//! The counts of cells as JSON, version 1: what `tminus profile --json` prints.

use serde_json::{Value, json};
use tminus_record::Counts;

use crate::model::counts::Counted;

/// The version.
const SCHEMA: u32 = 1;

/// Returns the counts of `cells` as a value, unrounded.
#[must_use]
pub fn profile(cells: &[Counted]) -> Value {
    let cell = |it: &Counted| {
        let none = Counts::default();
        let counts = it.counts.as_ref().unwrap_or(&none);
        json!({
            "cell": it.cell.id().as_str(),
            "counts": counts.values,
            "quality": counts.quality,
            "missing": counts.missing,
            "failed": it.counts.as_ref().err(),
        })
    };
    json!({ "schema": SCHEMA, "cells": cells.iter().map(cell).collect::<Vec<_>>() })
}
