//! The marks of the families, as in the charts: colour and shape, defined once and used by
//! reference.

use maud::{Markup, PreEscaped, html};
use tminus_contract::Family;

use crate::draw::paint::Paint;

/// Returns the name of a family in ids and classes.
pub(super) fn key(family: Family) -> String {
    Paint::Family(family).key()
}

/// Returns the definitions; they take no room.
pub(super) fn definitions() -> Markup {
    let shapes = [
        "<circle id=\"m-hand\" r=\"4.5\" class=\"f-hand\"/>",
        "<path id=\"m-futures\" d=\"M0-5L5 4.25H-5Z\" class=\"f-futures\"/>",
        "<path id=\"m-tokio\" d=\"M-4-4H4V4H-4Z\" class=\"f-tokio\"/>",
        "<path id=\"m-smol\" d=\"M0-5.5L5.5 0 0 5.5-5.5 0Z\" class=\"f-smol\"/>",
        "<path id=\"m-other\" d=\"M-5-4.25H5L0 5Z\" class=\"f-other\"/>",
        "<circle id=\"m-uring\" r=\"4\" class=\"f-ground s-uring\" stroke-width=\"2.2\"/>",
        "<path id=\"m-floor\" d=\"M-3.75-3.75H3.75V3.75H-3.75Z\" class=\"f-ground s-floor\" stroke-width=\"1.5\"/>",
    ];
    html! {
        svg.defs aria-hidden="true" width="0" height="0" {
            defs { (PreEscaped(shapes.concat())) }
        }
    }
}

/// Returns the mark of a family beside its name.
pub(super) fn mark(family: Family) -> Markup {
    html! {
        svg.mark aria-hidden="true" viewBox="-7 -7 14 14" { use href={ "#m-" (key(family)) } {} }
    }
}
