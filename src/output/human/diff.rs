//! What differs between two states of a project, for people: as text, and as Markdown.

use anstyle::Style;

use crate::diagnostic::join_names;
use crate::ops::{Definition, DiffReport, Effect, Unread};
use crate::words::count;

use super::effects::{effects_of_flags, effects_of_one, groups, line, told};

/// How many flags are named before the rest is counted.
const MOST_NAMES: usize = 8;

/// Returns a difference as text.
#[must_use]
pub fn diff(report: &DiffReport) -> String {
    let bold = Style::new().bold();
    let (before, after) = (line(&report.before), line(&report.after));
    let (title, effects) = if report.is_comparison {
        let title = format!("{after} compared with {before}");
        (title, effects_of_one(&report.effects))
    } else {
        let title = format!("{before} → {after}");
        (title, effects_of_flags(&report.effects))
    };
    let mut text = format!("{bold}{title}{bold:#}\n{effects}");
    let definitions = report.definitions.iter().map(defined);
    let notes = definitions.chain(report.unread.iter().map(unread));
    for note in notes {
        text.push_str(&format!("{note}\n"));
    }
    text.push_str(&format!("\n{}\n", summary(report)));
    text
}

/// Returns a difference as Markdown, for a comment on a pull request.
#[must_use]
pub fn diff_markdown(report: &DiffReport) -> String {
    let (before, after) = (code(&report.before), code(&report.after));
    let title = if report.is_comparison {
        format!("{after} compared with {before}")
    } else {
        format!("{before} → {after}")
    };
    let mut text = format!("### Flags: {title}\n\n{}\n", summary(report));
    if report.is_comparison {
        text.push_str(&compared(&report.effects));
    } else if !report.effects.is_empty() {
        text.push_str("\n| environment | flag | change |\n| --- | --- | --- |\n");
        for group in groups(&report.effects) {
            let words: Vec<String> = group.words.iter().map(|words| cell(words)).collect();
            text.push_str(&format!(
                "| {} | {} | {} |\n",
                cell(&group.label()),
                code(group.flag),
                words.join("<br>")
            ));
        }
    }
    let definitions = report.definitions.iter().map(defined);
    let notes: Vec<String> = definitions
        .chain(report.unread.iter().map(unread))
        .collect();
    if !notes.is_empty() {
        text.push('\n');
    }
    for note in notes {
        text.push_str(&format!("- {}\n", cell(&note)));
    }
    text
}

/// Returns what is otherwise in an environment than in another one, as a table.
fn compared(effects: &[Effect]) -> String {
    let mut text = String::new();
    if !effects.is_empty() {
        text.push_str("\n| flag | difference |\n| --- | --- |\n");
    }
    for effect in effects {
        let words: Vec<String> = told(effect).iter().map(|words| cell(words)).collect();
        text.push_str(&format!(
            "| {} | {} |\n",
            code(&effect.flag),
            words.join("<br>")
        ));
    }
    text
}

fn summary(report: &DiffReport) -> String {
    let mut flags: Vec<&str> = report
        .effects
        .iter()
        .map(|effect| effect.flag.as_str())
        .collect();
    flags.sort_unstable();
    flags.dedup();
    let mut environments: Vec<&str> = report
        .effects
        .iter()
        .map(|effect| effect.environment.as_str())
        .collect();
    environments.sort_unstable();
    environments.dedup();
    match (flags.len(), report.unread.is_empty()) {
        (0, true) => "no difference in what is served, now or later".to_owned(),
        (0, false) => "no difference in the flags that can be compared".to_owned(),
        (flags, _) => {
            let verb = if flags == 1 { "differs" } else { "differ" };
            if report.is_comparison {
                let (before, after) = (line(&report.before), line(&report.after));
                return format!(
                    "{} {verb} between {before} and {after}",
                    count(flags, "flag")
                );
            }
            let places = count(environments.len(), "environment");
            format!("{} {verb} in {places}", count(flags, "flag"))
        }
    }
}

fn defined(definition: &Definition) -> String {
    let change = match (definition.was, definition.is) {
        (false, _) => "is new",
        (_, false) => "is gone",
        _ => "has changed",
    };
    let reach = match definition.flags.as_slice() {
        [] => "no flag uses it".to_owned(),
        flags => {
            let named: Vec<&str> = flags.iter().take(MOST_NAMES).map(String::as_str).collect();
            let more = flags.len() - named.len();
            let names = join_names(&named, "and");
            match more {
                0 => format!("used by {names}"),
                more => format!("used by {} and {more} more", named.join(", ")),
            }
        }
    };
    let kind = definition.kind.name();
    line(&format!("{kind} {} {change}: {reach}", definition.name))
}

fn unread(unread: &Unread) -> String {
    line(&format!(
        "{} cannot be compared: its file in {} cannot be understood in full",
        unread.flag, unread.side
    ))
}

fn code(text: &str) -> String {
    format!("`{}`", line(text).replace('`', "'").replace('|', "\\|"))
}

/// Returns a text that Markdown shows as it is, in a cell of a table.
fn cell(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in line(text).chars() {
        if matches!(
            letter,
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '#' | '~' | '@'
        ) {
            shown.push('\\');
        }
        shown.push(letter);
    }
    shown
}
