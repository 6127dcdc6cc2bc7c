//! The counts of a group's cells, from the pass that times nothing: a table that is closed at
//! first.

use tminus_judge::rank::{Group, Row};
use tminus_record::Counts;

use crate::model::counts::names;
use crate::page::prelude::*;
use crate::words::counts::{head, value};

/// Returns the table; nothing where no cell was counted.
pub(super) fn table(group: &Group) -> Markup {
    let counted: Vec<&Row> =
        group.rows.iter().filter(|row| !row.counts.values.is_empty()).collect();
    if counted.is_empty() {
        return html! {};
    }
    let all: Vec<&Counts> = counted.iter().map(|row| &row.counts).collect();
    let names = names(&all);
    html! {
        details {
            summary { "Counts of an op" }
            p.sub { "Nothing is timed in them. " q { "~" } " marks those that differ from pass to pass." }
            @if let Some(why) = findings::why(group) { p { (clean(&why)) } }
            div.scroll tabindex="0" role="region" aria-label={ "Counts: " (findings::ranked_title(group)) } {
                table {
                    thead {
                        tr {
                            th scope="col" { "executor" }
                            @for name in &names { th.number scope="col" { (clean(&head(name))) } }
                        }
                    }
                    tbody {
                        @for row in counted {
                            tr {
                                th scope="row" { (words::executor(&row.cell)) }
                                @for name in &names { td.number { (value(&row.counts, name)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
