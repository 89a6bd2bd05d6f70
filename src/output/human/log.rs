//! The audit trail, for people.

use anstyle::{AnsiColor, Style};

use crate::diff::ChangeKind;
use crate::ops::{LogEntry, LogReport, LoggedChange};

use super::effects::line;

/// Returns the commits, each with who, when and why, and what it changed.
#[must_use]
pub fn log(report: &LogReport) -> String {
    if report.entries.is_empty() && !report.filters.is_empty() {
        let filters = report.filters.iter().map(|filter| line(filter));
        let filters: Vec<String> = filters.collect();
        return format!("no commit matches {}\n", filters.join(", "));
    }
    if report.entries.is_empty() {
        return "nothing has changed what is served\n".to_owned();
    }
    // There may be very many.
    let mut text = String::with_capacity(256 * report.entries.len());
    for (at, commit) in report.entries.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        entry(&mut text, commit);
    }
    text
}

fn entry(text: &mut String, entry: &LogEntry) {
    let (bold, yellow) = (Style::new().bold(), AnsiColor::Yellow.on_default());
    let id = entry.commit.get(..10).unwrap_or(&entry.commit);
    text.push_str(&format!(
        "{yellow}{id}{yellow:#}  {}  {bold}{}{bold:#}  {} <{}>\n",
        entry.date,
        entry.action.name(),
        line(&entry.author.name),
        line(&entry.author.email),
    ));
    text.push_str(&format!("  {}\n", line(&entry.subject)));
    let said = [
        ("reason", &entry.reasons),
        ("approved by", &entry.approvals),
        ("deployment", &entry.deployments),
    ];
    for (name, list) in said {
        for words in list {
            text.push_str(&format!("  {name}: {}\n", line(words)));
        }
    }
    changes(text, &entry.changes);
    for fault in &entry.broken {
        text.push_str(&format!(
            "    {}:{}:{}  cannot be understood, so nothing changes yet: {}\n",
            line(&fault.path),
            fault.line,
            fault.column,
            line(&fault.message)
        ));
    }
}

/// The changes, environment first; neither environment nor flag is told twice in a row.
fn changes(text: &mut String, changes: &[LoggedChange]) {
    let widest = |width: fn(&LoggedChange) -> usize| changes.iter().map(width).max();
    let place = widest(|change| label(change).chars().count()).unwrap_or_default();
    let flag = widest(|change| change.flag.chars().count()).unwrap_or_default();
    let mut told = None;
    for change in changes {
        let head = (label(change), change.flag.as_str());
        let words = line(&change.change.effect);
        let words = match change.change.kind {
            ChangeKind::Latent => format!("latent, {words}"),
            _ => words,
        };
        let (environment, key) = if told.as_ref() == Some(&head) {
            ("", "")
        } else {
            (head.0.as_str(), head.1)
        };
        text.push_str(&format!("    {environment:place$}  {key:flag$}  {words}\n"));
        told = Some(head);
    }
}

fn label(change: &LoggedChange) -> String {
    if change.is_protected {
        format!("{} (protected)", change.environment)
    } else {
        change.environment.clone()
    }
}
