//! YAML text to a [`Document`]: the only module that knows YAML.
//!
//! YAML 1.2 with the core schema. The parser's events become one span tree; plain scalars are
//! resolved by `scalar` alone. Duplicate keys, merge keys, keys that are not strings, foreign
//! tags, several documents and alias bombs are reported here; scalars that YAML 1.1 tools read
//! otherwise are warned of. A file that is not YAML yields one finding and no document.

mod build;
mod edit;
mod scalar;

use granit_parser::{Event, Parser};
use memchr::memmem;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::document::{Document, Scalar, Tree};
use crate::text::{Location, SourceId, SourceMap, Span};

pub use edit::{EditText, RewriteError, render_document, rewrite};
pub use scalar::{resolve_plain, yaml_1_1_reading};

/// How deep maps and lists may nest.
const MAX_DEPTH: usize = 64;

/// To how many nodes a document may expand when its aliases are followed.
const MAX_EXPANDED_NODES: u64 = 250_000;

/// Parses a text and reports what is wrong with it. Returns no document if the text is not YAML,
/// holds nothing, or holds aliases that cannot be followed.
#[must_use]
pub fn parse<'t>(
    source: SourceId,
    text: &'t str,
    diagnostics: &mut Diagnostics,
) -> Option<Document<'t>> {
    // The parser's own byte offsets are trusted to slice the text; what it says of a text with a
    // NUL differs by place, so that is said here, once.
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        let location = Location::new(source, Span::new(at, at + 1));
        diagnostics.push(
            Diagnostic::new(
                Code::YamlSyntax,
                location,
                "a NUL byte cannot stand in YAML",
            )
            .help("remove the byte; the file may be damaged or not a text file"),
        );
        return None;
    }
    if let Some(at) = merge_conflict(text) {
        let location = Location::new(source, Span::new(at, at + "<<<<<<<".len()));
        let message = "an unresolved merge conflict begins here";
        let help = "choose between the two sides and remove the marks, or run `git mergetool`";
        diagnostics.push(Diagnostic::new(Code::YamlSyntax, location, message).help(help));
        return None;
    }
    let mut options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        emit_anchor_events: true,
    };
    options.set_emit_comments(false);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut tree = build::TreeBuilder::new(source, text, diagnostics);
    loop {
        match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, span))) => {
                let bytes = span
                    .byte_range()
                    .map_or_else(Span::default, |range| Span::new(range.start, range.end));
                tree.event(event, bytes);
            }
            Some(Err(error)) => {
                if let Some(mark) = conflict_mark(text) {
                    let message = "a mark of a merge conflict is left here";
                    let help =
                        "remove the line, and look whether what stands around it is what you want";
                    let location = Location::new(source, mark);
                    diagnostics
                        .push(Diagnostic::new(Code::YamlSyntax, location, message).help(help));
                    return None;
                }
                let told = error.marker().byte_offset().unwrap_or(0).min(text.len());
                let start = tab_before(text, told).unwrap_or(told);
                let message = syntax_message(error.info());
                let location = Location::new(source, line_end_span(text, start));
                let help = if message.contains("deep") {
                    "flatten the value, or keep it where the application reads it".to_owned()
                } else {
                    syntax_help(text, start)
                };
                diagnostics.push(Diagnostic::new(Code::YamlSyntax, location, message).help(help));
                return None;
            }
        }
    }
    tree.finish()
}

/// Returns what a file says as far as it can be read, faults or not; `None` if it is not YAML or holds
/// nothing.
#[must_use]
pub fn tree(text: &str) -> Option<Tree> {
    let source = SourceMap::default().next_id();
    let document = parse(source, text, &mut Diagnostics::default())?;
    Some(Tree::of(document.root()))
}

/// Returns the value that a text says by itself: of a command line, not of a file.
///
/// # Errors
///
/// Fails with what is wrong with it.
pub fn value(text: &str) -> Result<Tree, String> {
    let mut diagnostics = Diagnostics::default();
    let document = parse(SourceMap::default().next_id(), text, &mut diagnostics);
    if let Some(error) = diagnostics.errors().next() {
        return Err(error.message.clone());
    }
    Ok(document.map_or_else(|| Scalar::Null.into(), |document| Tree::of(document.root())))
}

/// Returns where the first mark of a merge conflict stands, if all three do.
fn merge_conflict(text: &str) -> Option<usize> {
    let begin = line_with(text, "<<<<<<< ")?;
    let all = line_with(text, "=======").is_some() && line_with(text, ">>>>>>> ").is_some();
    all.then_some(begin)
}

/// Returns the first mark that begins or ends a merge conflict, whether it is one or not.
fn conflict_mark(text: &str) -> Option<Span> {
    let marks = ["<<<<<<< ", ">>>>>>> "].into_iter();
    let first = marks.filter_map(|mark| line_with(text, mark)).min()?;
    Some(Span::new(first, first + "<<<<<<<".len()))
}

/// Returns where the first line stands that begins so.
fn line_with(text: &str, start: &str) -> Option<usize> {
    let mut found = memmem::find_iter(text.as_bytes(), start);
    found.find(|at| *at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n'))
}

/// Returns the span of the character at an offset, or of the last character of the text.
fn line_end_span(text: &str, start: usize) -> Span {
    let width = text
        .get(start..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    Span::new(start, start + width)
}

/// Returns the first tab of the indentation that an offset lies in or ends.
fn tab_before(text: &str, offset: usize) -> Option<usize> {
    let before = text.get(..offset)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let indent = before.get(line_start..)?;
    let blank = indent.bytes().all(|b| matches!(b, b' ' | b'\t'));
    blank
        .then(|| indent.find('\t').map(|at| line_start + at))
        .flatten()
}

fn syntax_message(info: impl Into<String>) -> String {
    let info: String = info.into();
    if info.contains("recursion limit") {
        return format!("maps and lists nest more than {MAX_DEPTH} deep here");
    }
    format!("this is not YAML: {}", info.trim_end_matches('.'))
}

fn syntax_help(text: &str, offset: usize) -> String {
    let line_start = text
        .get(..offset)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let line = text
        .get(line_start..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or_default();
    let indent_end = line
        .find(|c: char| c != ' ' && c != '\t')
        .unwrap_or(line.len());
    if line
        .get(..indent_end)
        .is_some_and(|indent| indent.contains('\t'))
    {
        return "indent with spaces; YAML does not take tabs there".into();
    }
    "check the indentation, quotes and brackets here and on the line above".into()
}
