//! Changes over runs as a table, with the commits between which they came; pages of a site show it
//! too. A column that would say nothing is left out.

use tminus_history::Change;

use crate::page::prelude::*;
use crate::page::shell;
use crate::words::history::{place, range, since, size, unordered};

/// Returns the table, whose caption ends with `of`; the cell of each stands in it where `name`
/// gives it, and its place `with_places`.
pub(crate) fn table(
    all: &[&Change],
    of: &str,
    name: Option<&dyn Fn(&Change) -> Markup>,
    with_places: bool,
) -> Markup {
    let with_differences = all.iter().any(|change| !change.differences.is_empty());
    let rows = html! {
        @for change in all {
            @let unit = Unit::of(&change.metric);
            tr {
                @if let Some(name) = name { th scope="row" { (name(change)) } }
                td class=(class(change)) { (size(change)) }
                td.number { (number::value(unit, change.before, None)) }
                td.number { (number::value(unit, change.after, None)) }
                td { time { (since(change)) } }
                td { code { (clean(&range(change))) } }
                @if with_places { td { (clean(&place(&change.place))) } }
                @if with_differences { td.long { (clean(&change.differences.join("; "))) } }
            }
        }
    };
    let mut heads = vec!["#change", "#before", "#after", "since (UTC)", "commits"];
    if with_places {
        heads.push("place");
    }
    if with_differences {
        heads.push("what else is different");
    }
    if name.is_some() {
        heads.insert(0, "cell");
    }
    html! {
        (shell::table(&format!("Changes, with the commits between which they came{of}"), &heads, &rows))
        @if let Some(text) = unordered(all) { p.alarm { (text) } }
    }
}

/// Returns the class by which the size of a change is shown.
pub(crate) fn class(change: &Change) -> &'static str {
    match change.is_worse() {
        Some(true) => "number worse",
        Some(false) => "number better",
        None => "number",
    }
}
