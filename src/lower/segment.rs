//! segments.yaml to the segments by name.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, loop_path};
use crate::document::Document;
use crate::graph;
use crate::model::{Condition, Leaf, Name, Segment};
use crate::text::Location;

use super::reader::{Reader, string};
use super::{Scope, is_extension};

/// How many segments of a loop are pointed at.
const MAX_SHOWN_STEPS: usize = 20;

/// To how many tests a segment may expand: exports and digests expand segments in place.
const MAX_EXPANDED_TESTS: u64 = 10_000;

/// Reads segments.yaml. The scope holds no segments yet: whether a used one exists can be told only
/// when all are read. Segments on a loop, and those that expand to too much, are reported and
/// stand in the result without conditions.
#[must_use]
pub fn segments(
    document: &Document<'_>,
    scope: &Scope,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Name, Segment> {
    let mut reader = Reader { scope, diagnostics };
    let mut segments: BTreeMap<Name, Segment> = BTreeMap::new();
    let members = document
        .root()
        .get("segments")
        .into_iter()
        .flat_map(|view| view.entries());
    for member in members.filter(|member| !is_extension(member.key)) {
        let Some(name) = Reader::name(member.key) else {
            continue;
        };
        let location = member.key_location();
        if let Some((other, first)) = segments
            .iter()
            .find(|(other, _)| **other != name && other.as_str().eq_ignore_ascii_case(member.key))
        {
            let message = format!("the segments `{other}` and `{name}` differ in case only");
            let finding = Diagnostic::new(Code::NameClash, location, message)
                .related(Location::new(first.source, first.span), "the other one")
                .help("rename one of the two");
            reader.report(finding);
        }
        let segment = Segment {
            span: member.key_span,
            source: document.source(),
            description: string(member.value.get("description")),
            conditions: reader.conditions(member.value.get("conditions")),
            metadata: Reader::metadata(member.value.get("metadata")),
            expanded_tests: 0,
        };
        segments.insert(name, segment);
    }
    unknown(&segments, &mut reader);
    expand(&mut segments, &mut reader);
    segments
}

fn used(segment: &Segment) -> Vec<(Name, crate::text::Span)> {
    let mut names = Vec::new();
    for condition in &segment.conditions {
        condition.walk(&mut |leaf| {
            if let Leaf::Segment(name, span) = leaf {
                names.push((name.clone(), span));
            }
        });
    }
    names
}

fn unknown(segments: &BTreeMap<Name, Segment>, reader: &mut Reader<'_>) {
    for segment in segments.values() {
        for (name, span) in used(segment) {
            if !segments.contains_key(&name) {
                let place = Location::new(segment.source, span);
                let finding = Diagnostic::new(
                    Code::UnknownSegment,
                    place,
                    format!("there is no segment `{name}`"),
                );
                let near = did_you_mean(name.as_str(), segments.keys().map(Name::as_str));
                reader.report(
                    finding
                        .maybe_help(near)
                        .maybe_help_else("define it in segments.yaml"),
                );
            }
        }
    }
}

/// Reports loops, then counts what each segment expands to, in the order of their needs.
fn expand(segments: &mut BTreeMap<Name, Segment>, reader: &mut Reader<'_>) {
    let names: Vec<Name> = segments.keys().cloned().collect();
    let position = |name: &Name| names.binary_search(name).ok();
    let edges: Vec<Vec<usize>> = segments
        .values()
        .map(|segment| {
            used(segment)
                .iter()
                .filter_map(|(name, _)| position(name))
                .collect()
        })
        .collect();
    let groups = graph::groups(&edges);
    let mut looped: BTreeSet<usize> = BTreeSet::new();
    for cycle in graph::cycles(&edges) {
        let members: Vec<&Name> = cycle.iter().filter_map(|at| names.get(*at)).collect();
        let path: Vec<&str> = members.iter().map(|name| name.as_str()).collect();
        let place = |name: &Name| {
            segments
                .get(name)
                .map(|segment| Location::new(segment.source, segment.span))
        };
        let Some(first) = members.first().and_then(|name| place(name)) else {
            continue;
        };
        let message = format!("segments use each other in a loop: {}", loop_path(&path));
        let mut finding = Diagnostic::new(Code::SegmentCycle, first, message)
            .help("take the shared conditions into a segment of their own");
        let others = members.iter().skip(1).filter_map(|name| place(name));
        for other in others.take(MAX_SHOWN_STEPS) {
            finding = finding.related(other, "part of the loop");
        }
        reader.report(finding);
        looped.extend(cycle.first().and_then(|at| groups.get(*at)));
    }
    for (segment, group) in segments.values_mut().zip(&groups) {
        if looped.contains(group) {
            segment.conditions = Box::default();
        }
    }
    for at in graph::dependency_order(&edges) {
        let Some(name) = names.get(at) else { continue };
        let Some(segment) = segments.get(name) else {
            continue;
        };
        let tests = count(&segment.conditions, segments);
        let place = Location::new(segment.source, segment.span);
        let too_large = tests > MAX_EXPANDED_TESTS;
        if too_large {
            let message = format!(
                "the segment `{name}` expands to {tests} conditions, more than {MAX_EXPANDED_TESTS}"
            );
            reader.error(
                Code::SegmentTooLarge,
                place,
                message,
                "list values with `in`, or compute an attribute where the context is made",
            );
        }
        if let Some(segment) = segments.get_mut(name) {
            segment.expanded_tests = if too_large { 0 } else { tests };
            if too_large {
                segment.conditions = Box::default();
            }
        }
    }
}

fn count(conditions: &[Condition], segments: &BTreeMap<Name, Segment>) -> u64 {
    let mut tests = 0_u64;
    for condition in conditions {
        condition.walk(&mut |leaf| {
            let more = match leaf {
                Leaf::Test(_) => 1,
                Leaf::Segment(name, _) => segments
                    .get(name)
                    .map_or(0, |segment| segment.expanded_tests),
            };
            tests = tests.saturating_add(more);
        });
    }
    tests
}
