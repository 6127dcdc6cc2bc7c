//! HTML: the page of a run, that of two runs, and the site of a history.
//!
//! They share their head and frame, `shell`. No page needs the network; all that one says stands
//! in its markup, and the one script, that of the page of a run, only filters, sorts and compares.

/// The imports of nearly every section.
mod prelude {
    pub(super) use maud::{Markup, html};

    pub(super) use crate::findings;
    pub(super) use crate::model::sizes;
    pub(super) use crate::words::escape::clean;
    pub(super) use crate::words::number::{self, Unit};
    pub(super) use crate::words::{self, sources};
}

mod shell;
mod changes;
mod policy;
mod script;
pub mod run;
pub mod compare;
pub mod versions;
pub mod site;
