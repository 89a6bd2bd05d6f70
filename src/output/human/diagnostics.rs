//! Findings with their source lines.

use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity, plain_text};
use crate::ops::ValidateReport;
use crate::text::{Location, Source, SourceMap};

use crate::words::count;

/// How much of a long line is shown on either side of a place.
const LINE_WINDOW: usize = 160;

/// Returns every finding with its place, its source line and its help.
#[must_use]
pub fn diagnostics(list: &Diagnostics, sources: &SourceMap) -> String {
    let renderer = Renderer::styled();
    let mut text = String::new();
    for finding in list {
        text.push_str(&render(finding, sources, &renderer));
        text.push_str("\n\n");
    }
    text
}

fn render(finding: &Diagnostic, sources: &SourceMap, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = level
        .primary_title(finding.message.as_str())
        .id(finding.code.name())
        .element(snippet(
            finding.location,
            sources,
            AnnotationKind::Primary,
            None,
        ));
    for related in &finding.related {
        group = group.element(snippet(
            related.location,
            sources,
            AnnotationKind::Context,
            Some(&related.note),
        ));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The first line of a place, cut to a window where it is long.
fn snippet<'s>(
    place: Location,
    sources: &'s SourceMap,
    kind: AnnotationKind,
    note: Option<&'s str>,
) -> Snippet<'s, Annotation<'s>> {
    let source = sources.get(place.source);
    let (window, start, end) = first_line(source, place);
    let annotation = kind.span(start..end).label(note.map(str::to_owned));
    Snippet::source(window)
        .line_start(source.position(place.span.start).line)
        .path(plain_text(source.name()).into_owned())
        .annotation(annotation)
}

fn first_line(source: &Source, place: Location) -> (&str, usize, usize) {
    let text = source.text();
    let start = floor_boundary(text, place.span.start as usize);
    let line_start = text
        .get(..start)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let line_end = text
        .get(start..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |at| start + at);
    let from = floor_boundary(text, line_start.max(start.saturating_sub(LINE_WINDOW)));
    let to = floor_boundary(text, line_end.min(start + 2 * LINE_WINDOW));
    let end = floor_boundary(text, (place.span.end as usize).clamp(start, to.max(start)));
    // A byte order mark would be drawn as a character of the first line.
    let from = if from == 0 && text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        from
    };
    let window = text
        .get(from..to)
        .unwrap_or_default()
        .trim_end_matches('\r');
    let start = start.saturating_sub(from).min(window.len());
    (
        window,
        start,
        end.saturating_sub(from).clamp(start, window.len()),
    )
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Returns the last line of a validation: how much was looked at, how much was found.
#[must_use]
pub fn validate_summary(report: &ValidateReport) -> String {
    let (errors, warnings) = (
        report.count(Severity::Error),
        report.count(Severity::Warning),
    );
    let looked = format!(
        "{} in {}",
        count(report.flags, "flag"),
        count(report.files, "file")
    );
    let found = match (errors, warnings) {
        (0, 0) => "no findings".to_owned(),
        (errors, 0) => count(errors, "error"),
        (0, warnings) => count(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    };
    format!("{looked}: {found}\n")
}
