//! The table of flags.

use crate::ops::ListReport;

use super::table::table;
use crate::words::count;

/// Returns a row a flag, a column an environment.
#[must_use]
pub fn list(report: &ListReport) -> String {
    if report.rows.is_empty() {
        return "no flags\n".to_owned();
    }
    let mut header = vec!["flag", "type", "owner"];
    header.extend(report.environments.iter().map(String::as_str));
    let rows = report.rows.iter().map(|row| {
        let owner = row.owner.clone().unwrap_or_else(|| "-".to_owned());
        let mut cells = vec![row.flag.clone(), row.value_type.name().to_owned(), owner];
        cells.extend(row.cells.iter().map(|(_, cell)| cell.summary.clone()));
        cells
    });
    let mut text = table(&header, rows);
    text.push_str(&format!("\n{}\n", count(report.rows.len(), "flag")));
    text
}
