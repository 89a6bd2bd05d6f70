//! Tables: plain columns, no rules, so that they read well in a pipe too.

use comfy_table::{ContentArrangement, Table, presets};

use crate::words::one_line;

/// Returns rows under a header, in columns two spaces apart, without trailing blanks. Cells are
/// shown without control characters.
#[must_use]
pub(super) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| one_line(cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n") + "\n"
}
