//! Reports for people. Colour only underlines what the words say.

mod blame;
mod diagnostics;
mod diff;
mod effects;
mod environments;
mod evaluate;
mod list;
mod log;
mod plan;
mod show;
mod table;

pub use crate::words::{count, day_name, describe_conditions};
pub use blame::blame;
pub use diagnostics::{diagnostics, validate_summary};
pub use diff::{diff, diff_markdown};
pub use effects::line;
pub use environments::environments;
pub use evaluate::evaluate;
pub use list::list;
pub use log::log;
pub use plan::plan;
pub use show::show;
