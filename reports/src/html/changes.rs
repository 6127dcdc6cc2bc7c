//! Changes over runs as a table, with the commits between which they came; pages of a site show it
//! too.

use maud::{Markup, html};
use tminus_harness::history::Change;

use crate::escape::clean;
use crate::history::{at, size};
use crate::number::{self, Unit};
use crate::shell;
use crate::sources;

/// The table; the cell of each stands in it where `name` gives it.
pub(crate) fn table(all: &[&Change], name: Option<&dyn Fn(&Change) -> Markup>) -> Markup {
    let rows = html! {
        @for change in all {
            @let unit = Unit::of(&change.metric);
            tr {
                @if let Some(name) = name { th scope="row" { (name(change)) } }
                td class=(class(change)) { (size(change)) }
                td.number { (number::value(unit, change.before, None)) }
                td.number { (number::value(unit, change.after, None)) }
                td { time { (sources::date(change.first_after.started_unix_ns)) } }
                td { code { (clean(&at(&change.last_before))) ".." (clean(&at(&change.first_after))) } }
                td.long { (clean(&change.differences.join("; "))) }
            }
        }
    };
    let mut heads = vec![
        ("change", true),
        ("before", true),
        ("after", true),
        ("since (UTC)", false),
        ("commits", false),
        ("what else is different", false),
    ];
    if name.is_some() {
        heads.insert(0, ("cell", false));
    }
    shell::table("Changes, with the commits between which they came", &heads, &rows)
}

/// How the size of a change is shown.
pub(crate) fn class(change: &Change) -> &'static str {
    if change.worse { "number worse" } else { "number better" }
}
