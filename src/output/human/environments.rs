//! The tree of environments.

use crate::model::ChangeWindow;
use crate::ops::{EnvironmentRow, EnvironmentsReport};

use crate::words::{count, day_name, one_line};

/// Returns the inheritance tree with what protects each environment.
#[must_use]
pub fn environments(report: &EnvironmentsReport) -> String {
    let mut text = String::new();
    for row in &report.rows {
        let indent = "  ".repeat(row.depth);
        let link = match (&row.parent, row.auto_sync) {
            (None, _) => String::new(),
            (Some(parent), true) => format!("  inherits from {parent}"),
            (Some(parent), false) => format!("  after {parent}, inherits nothing"),
        };
        text.push_str(&format!("{indent}{}{link}\n", row.name));
        for line in details(row) {
            text.push_str(&format!("{indent}    {line}\n"));
        }
    }
    if text.is_empty() {
        "no environments\n".to_owned()
    } else {
        text
    }
}

fn details(row: &EnvironmentRow) -> Vec<String> {
    let mut lines: Vec<String> = row.description.iter().map(|text| one_line(text)).collect();
    lines.push(format!("entries: {}", count(row.overrides, "flag")));
    if row.approval_required {
        let who = if row.approvers.is_empty() {
            "anybody but an author".to_owned()
        } else {
            one_line(&row.approvers.join(", "))
        };
        lines.push(format!("approval: {} by {who}", row.required_approvals));
    }
    if row.rollback_protection {
        lines.push("rollback protection: changes need a reason and a confirmation".to_owned());
    }
    lines.extend(
        row.change_windows
            .iter()
            .map(|window| format!("change window: {}", describe_window(window))),
    );
    for freeze in &row.freezes {
        let reason = freeze
            .reason
            .as_deref()
            .map_or_else(String::new, |reason| format!(" ({})", one_line(reason)));
        let open = row
            .open_freeze
            .as_ref()
            .is_some_and(|open| open.from == freeze.from && open.to == freeze.to);
        let now = if open { ", in force now" } else { "" };
        lines.push(format!(
            "freeze: {} to {}{reason}{now}",
            freeze.from, freeze.to
        ));
    }
    lines
}

/// Returns a window in words: `mon, tue 09:00 to 16:00 Europe/Rome`.
fn describe_window(window: &ChangeWindow) -> String {
    let days: Vec<&str> = window.days.iter().map(|day| day_name(*day)).collect();
    let end = window.end.map_or_else(
        || "24:00".to_owned(),
        |end| end.strftime("%H:%M").to_string(),
    );
    format!(
        "{} {} to {end} {}",
        days.join(", "),
        window.start.strftime("%H:%M"),
        window.timezone
    )
}
