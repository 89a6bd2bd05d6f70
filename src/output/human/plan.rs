//! The report of a writing command: what is served before and after, and what was done.

use anstyle::{AnsiColor, Style};
use similar::TextDiff;

use crate::diagnostic::{join_names, plain_text};
use crate::ops::{FileChange, InForce, Plan, WriteReport, WriteStatus};

use super::effects::{effects, line};

/// How many files are named before the rest is counted.
const MOST_FILES: usize = 8;

/// Returns a plan for people: the effects, environment first, the text's difference if nothing was
/// written, and what was done.
#[must_use]
pub fn plan(report: &WriteReport<Plan>) -> String {
    let plan = &report.planned.payload;
    let mut text = String::new();
    let bold = Style::new().bold();
    if !report.planned.is_empty() {
        text.push_str(&format!("{bold}{}{bold:#}\n", line(&plan.title)));
        if plan.effects.is_empty() {
            text.push_str("  nobody is served anything else\n");
        }
        text.push_str(&effects(&plan.effects));
    }
    if report.planned.is_empty() && plan.skipped.is_empty() {
        text.push_str(&format!("{}: nothing to change\n", line(&plan.title)));
    }
    for skipped in &plan.skipped {
        text.push_str(&format!("{}: {}\n", skipped.flag, line(&skipped.why)));
    }
    if report.status == WriteStatus::Planned {
        for file in &report.planned.files {
            text.push('\n');
            text.push_str(&difference(file));
        }
    }
    if !report.planned.is_empty() {
        text.push_str(&format!("\n{}\n", done(report)));
    }
    if let Some(words) = in_force(report) {
        text.push_str(&format!("{bold}{words}{bold:#}\n"));
    }
    text
}

fn difference(file: &FileChange) -> String {
    let (before, after) = (
        file.before.as_deref().unwrap_or_default(),
        file.after.as_deref().unwrap_or_default(),
    );
    let name = |side: &str, text: &Option<String>| match text {
        Some(_) => format!("{side}/{}", file.path),
        None => "/dev/null".to_owned(),
    };
    let diff = TextDiff::from_lines(before, after);
    let unified = diff
        .unified_diff()
        .context_radius(3)
        .header(&name("a", &file.before), &name("b", &file.after))
        .to_string();
    let mut text = String::new();
    for written in unified.split_inclusive('\n') {
        let style = match written.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Style::new().bold(),
            [b'+', ..] => AnsiColor::Green.on_default(),
            [b'-', ..] => AnsiColor::Red.on_default(),
            [b'@', ..] => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        let body = written.strip_suffix('\n').unwrap_or(written);
        let carriage = body.ends_with('\r');
        let shown: Vec<_> = body
            .trim_end_matches('\r')
            .split('\t')
            .map(plain_text)
            .collect();
        let carriage = if carriage { "\r" } else { "" };
        text.push_str(&format!("{style}{}{carriage}{style:#}\n", shown.join("\t")));
    }
    text
}

fn done(report: &WriteReport<Plan>) -> String {
    let of = |kept: bool| {
        let files = report.planned.files.iter();
        let files = files.filter(|file| file.after.is_some() == kept);
        let paths: Vec<&str> = files.map(|file| file.path.as_str()).collect();
        match paths
            .get(..MOST_FILES)
            .filter(|_| paths.len() > MOST_FILES + 1)
        {
            Some(first) => format!("{} and {} more", first.join(", "), paths.len() - MOST_FILES),
            None => join_names(&paths, "and").replace('`', ""),
        }
    };
    let (kept, gone) = (of(true), of(false));
    let only_removes = kept.is_empty();
    let files = match (kept.is_empty(), gone.is_empty()) {
        (_, true) => kept,
        (true, false) => format!("removed {gone}"),
        (false, false) => format!("{kept}, and removed {gone}"),
    };
    let commit = report.commit.as_ref().map(|commit| {
        let id = commit.id.get(..10).unwrap_or(&commit.id);
        match &commit.branch {
            Some(branch) => format!("committed {id} on {branch}: {files}"),
            None => format!("committed {id}: {files}"),
        }
    });
    match (report.status, commit) {
        (WriteStatus::Planned, _) if only_removes => {
            format!("nothing was written; this would have {files}")
        }
        (WriteStatus::Planned, _) => format!("nothing was written; this would change {files}"),
        (WriteStatus::Nothing, _) => "nothing to change".to_owned(),
        (_, Some(commit)) => match &report.pushed {
            Some(to) => format!("{commit}; pushed to {} of {}", to.branch, to.remote),
            None => commit,
        },
        (_, None) if only_removes => files,
        (_, None) => format!("wrote {files}"),
    }
}

/// An emergency's last line says whether it has arrived.
fn in_force(report: &WriteReport<Plan>) -> Option<String> {
    Some(match report.in_force.as_ref()? {
        InForce::Pushed => "in force on the release branch, as soon as runtimes get it".to_owned(),
        InForce::Committed => "NOT in force until pushed".to_owned(),
        InForce::Written => "NOT in force until committed, pushed and exported".to_owned(),
        InForce::OnBranch(name) => {
            format!("NOT in force until {name} is merged: the release branch did not take it")
        }
        InForce::Held => "NOT in force: a hook changed what was committed".to_owned(),
    })
}
