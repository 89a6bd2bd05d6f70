//! Reports as comma-separated values (RFC 4180): a header, and a row for each change.

use crate::ops::{LogEntry, LogReport};

const LOG: [&str; 14] = [
    "commit",
    "author",
    "email",
    "date",
    "action",
    "flag",
    "environment",
    "kind",
    "effect",
    "files",
    "reason",
    "approvals",
    "deployment_id",
    "subject",
];

/// Returns the audit trail. A file that cannot be understood is a row of the kind `broken`.
#[must_use]
pub fn log(report: &LogReport) -> String {
    let mut text = row(LOG.map(str::to_owned));
    for entry in &report.entries {
        for change in &entry.changes {
            let files = change.files.join("; ");
            let what = [
                &change.flag,
                &change.environment,
                change.change.kind.name(),
                &change.change.effect,
                &files,
            ];
            text.push_str(&row_of(entry, what));
        }
        for fault in &entry.broken {
            let effect = format!("{}:{}: {}", fault.line, fault.column, fault.message);
            text.push_str(&row_of(entry, ["", "", "broken", &effect, &fault.path]));
        }
    }
    text
}

fn row_of(entry: &LogEntry, what: [&str; 5]) -> String {
    let [flag, environment, kind, effect, files] = what.map(str::to_owned);
    row([
        entry.commit.clone(),
        entry.author.name.clone(),
        entry.author.email.clone(),
        entry.date.to_string(),
        entry.action.name().to_owned(),
        flag,
        environment,
        kind,
        effect,
        files,
        entry.reasons.join("; "),
        entry.approvals.join("; "),
        entry.deployments.join("; "),
        entry.subject.clone(),
    ])
}

fn row<const N: usize>(cells: [String; N]) -> String {
    cells.map(|cell| quoted(&cell)).join(",") + "\r\n"
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let cells = ["a", "b,c", "d \"e\"", "f\ng"].map(str::to_owned);
        assert_eq!(row(cells), "a,\"b,c\",\"d \"\"e\"\"\",\"f\ng\"\r\n");
    }
}
