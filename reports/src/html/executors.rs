//! The executors of the run: version, workers, order, what they borrow, what a reader must know.

use maud::{Markup, html};
use tminus_harness::contract::{Order, Workers};
use tminus_harness::store::{ExecutorFacts, Run};

use crate::escape::clean;
use crate::words;

/// The section with its table.
pub(super) fn section(run: &Run) -> Markup {
    html! {
        section aria-labelledby="executors" {
            h2 id="executors" { "Executors" }
            div.scroll tabindex="0" role="region" aria-label="Executors" {
                table {
                    caption { "The executors of this run, as resolved when tminus was built" }
                    thead {
                        tr {
                            @for head in ["executor", "name", "family", "workers", "order", "borrows", "crates", "note"] {
                                th scope="col" { (head) }
                            }
                        }
                    }
                    tbody { @for executor in &run.header.executors { (row(executor)) } }
                }
            }
        }
    }
}

fn row(executor: &ExecutorFacts) -> Markup {
    let workers = match executor.workers {
        Workers::One => "one",
        Workers::Many => "one and as many as cores",
        Workers::PerTask => "a thread for each task",
    };
    let order = match executor.order {
        Order::Task => "within a task",
        Order::Fair => "fair: each task once a round",
        Order::Fifo => "first in, first out",
    };
    let borrows: Vec<String> =
        executor.borrows.iter().map(|(part, means)| format!("{part}: {means}")).collect();
    html! {
        tr {
            th scope="row" { (clean(&executor.id)) }
            td { (clean(&executor.name)) }
            td { (words::family(executor.family)) }
            td { (workers) }
            td { (order) }
            td { (clean(&borrows.join("; "))) }
            td {
                @for (at, (name, version)) in executor.crates.iter().enumerate() {
                    @if at > 0 { br; }
                    (clean(name)) " " (clean(version))
                }
            }
            td { (clean(&executor.note)) }
        }
    }
}
