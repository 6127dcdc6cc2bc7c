//! The verdict and the findings, in sentences.

use super::anchor;
use super::book::Book;
use crate::page::prelude::*;
use crate::{findings, words};

/// Makes one sentence for the whole, one for the executors that people ship, and one for each
/// workload at its largest size.
pub(super) fn section(book: &Book<'_>) -> Markup {
    html! {
        section aria-labelledby="short" {
            h2 id="short" { "In short" }
            p.verdict { (book.gallery.matrix().title) "." }
            @if let Some(shipped) = findings::shipped(&book.matrix) { p.verdict { (shipped) "." } }
            ul.findings {
                @for group in sizes::largest(book.ranking) {
                    li {
                        a href={ "#" (anchor(book.ranking, &group.workload)) } { (words::group(group)) }
                        ": " (findings::in_short(group)) "."
                    }
                }
            }
        }
    }
}
