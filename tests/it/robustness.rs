//! Whatever the bytes: reading ends without a panic, and every place that is spoken of exists.

use std::sync::OnceLock;

use ffctl::check::{self, Subject};
use ffctl::diagnostic::Diagnostics;
use ffctl::document::View;
use ffctl::literal;
use ffctl::text::{Location, Source, SourceMap};
use ffctl::tree::MemoryTree;
use ffctl::workspace::{Selection, load};
use ffctl::{config, yaml};
use proptest::prelude::*;

use crate::support::{ENVIRONMENTS, NOW, files_below, repository};

/// The texts of the example catalog, by path.
fn examples() -> &'static [(String, String)] {
    static EXAMPLES: OnceLock<Vec<(String, String)>> = OnceLock::new();
    EXAMPLES.get_or_init(|| {
        let root = repository();
        let files = files_below(&root.join("flags"));
        let read = |path: &std::path::PathBuf| {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            (
                name.replace('\\', "/"),
                std::fs::read_to_string(path).unwrap(),
            )
        };
        files.iter().map(read).collect()
    })
}

/// Every place lies within its text, begins and ends between characters, and has a line.
fn places_exist(diagnostics: &Diagnostics, sources: &SourceMap) {
    let exists = |location: Location| {
        let source = sources.get(location.source);
        let text = source.text();
        let range = location.span.range();
        assert!(
            text.get(range.clone()).is_some(),
            "{range:?} of {}: {text:?}",
            source.name()
        );
        let (start, end) = (sources.start(location), sources.end(location));
        assert!((start.line, start.column) <= (end.line, end.column));
        assert!(end.line <= text.matches('\n').count() + 1);
    };
    for finding in diagnostics {
        exists(finding.location);
        for related in &finding.related {
            exists(related.location);
        }
        assert!(finding.help.is_some(), "{}", finding.message);
        assert!(
            !finding.message.contains(char::is_control),
            "{:?}",
            finding.message
        );
    }
}

/// Parses a text and checks that the spans of its tree nest and slice back.
fn parse(text: &str) {
    let mut sources = SourceMap::default();
    let source = sources.add(Source::new("flags/a.yaml", text));
    let mut diagnostics = Diagnostics::default();
    let document = yaml::parse(source, text, &mut diagnostics);
    places_exist(&diagnostics, &sources);
    assert!(
        document.is_some() || !diagnostics.is_empty() || is_blank(text),
        "{text:?}"
    );
    if let Some(document) = document {
        slices_back(document.root(), text);
    }
}

/// Comments, directives and markers alone are no document, and nothing is wrong with that.
fn is_blank(text: &str) -> bool {
    text.trim_start_matches('\u{feff}')
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with(['#', '-', '.', '%']))
}

fn slices_back(view: View<'_>, text: &str) {
    let range = view.span().range();
    assert!(text.get(range.clone()).is_some(), "{range:?}: {text:?}");
    if view.is_alias() {
        assert!(text[range].starts_with('*'), "{text:?}");
        return;
    }
    for member in view.entries() {
        let key = text.get(member.key_span.range());
        assert!(key.is_some(), "{text:?}");
        assert!(range.start <= member.key_span.range().start, "{text:?}");
        assert!(member.value.span().range().end <= range.end, "{text:?}");
        slices_back(member.value, text);
    }
    for item in view.items() {
        let inner = item.span().range();
        assert!(
            range.start <= inner.start && inner.end <= range.end,
            "{text:?}"
        );
        slices_back(item, text);
    }
}

/// Loads and checks a whole project.
fn load_all(files: Vec<(String, Vec<u8>)>, settings: &str) {
    let mut sources = SourceMap::default();
    let source = sources.add(Source::new("ffctl.toml", settings));
    let mut diagnostics = Diagnostics::default();
    let config = config::parse(source, settings, &mut diagnostics);
    let tree = MemoryTree::new(files);
    let loaded = load(
        &tree,
        config.as_ref(),
        (sources, diagnostics),
        Selection::All,
    );
    let mut diagnostics = loaded.diagnostics;
    let subject = Subject {
        catalog: &loaded.catalog,
        config: config.as_ref(),
        now: literal::date_time(NOW).unwrap(),
    };
    check::run(&subject, &mut diagnostics);
    diagnostics.sort(&loaded.sources);
    places_exist(&diagnostics, &loaded.sources);
}

/// A small change of a text: a piece taken out, doubled, put elsewhere, or replaced.
#[derive(Debug, Clone)]
struct Change {
    from: prop::sample::Index,
    length: usize,
    to: prop::sample::Index,
    with: Vec<u8>,
}

fn change() -> impl Strategy<Value = Change> {
    let pieces = prop_oneof![
        any::<Vec<u8>>().prop_map(|mut bytes| {
            bytes.truncate(8);
            bytes
        }),
        prop::sample::select(vec![
            ":",
            "- ",
            "{",
            "}",
            "[",
            "]",
            "\n",
            "\n  ",
            "\t",
            "&a ",
            "*a",
            "!!str ",
            "!x ",
            "<<: ",
            "? ",
            "null",
            "true",
            "-1",
            "1e999",
            "99999999999999999999",
            ".nan",
            "'",
            "\"",
            "|\n",
            "#",
            "---\n",
            "...\n",
            "%",
            "\u{feff}",
            "\0",
            "\r",
            "x-",
            "é",
            "\u{1F3F4}",
            "2026-13-40",
            "percentage: ",
            "environments: ",
            "enabled",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    (
        any::<prop::sample::Index>(),
        0_usize..40,
        any::<prop::sample::Index>(),
        pieces,
    )
        .prop_map(|(from, length, to, with)| Change {
            from,
            length,
            to,
            with,
        })
}

fn mutate(text: &str, changes: &[Change]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        let from = change.from.index(bytes.len());
        let end = (from + change.length).min(bytes.len());
        let piece: Vec<u8> = bytes
            .splice(from..end, change.with.iter().copied())
            .collect();
        // Half of the pieces come back elsewhere.
        if change.length % 2 == 0 && !bytes.is_empty() {
            let to = change.to.index(bytes.len());
            bytes.splice(to..to, piece);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_without_a_panic(text in any::<String>()) {
        parse(&text);
    }

    #[test]
    fn any_text_of_yaml_signs_is_parsed_without_a_panic(text in r#"[a1\-:?,\[\]{}&*!|>'"%@`# \n\t~.<é]{0,60}"#) {
        parse(&text);
    }

    #[test]
    fn any_bytes_load_as_every_file(bytes in any::<Vec<u8>>(), at in 0_usize..6) {
        let names = ["environments", "segments", "attributes", "flag-dependencies", "checkout", "a b"];
        let mut files = vec![("flags/environments.yaml".to_owned(), ENVIRONMENTS.as_bytes().to_vec())];
        files.push((format!("flags/{}.yml", names[at]), bytes.clone()));
        load_all(files, &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn changed_examples_are_parsed_without_a_panic(
        file in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let (_, text) = file.get(examples());
        let bytes = mutate(text, &changes);
        parse(&String::from_utf8_lossy(&bytes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 3, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_example_catalog_loads_without_a_panic(
        changed in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(change(), 1..6)), 1..4),
        settings in prop::collection::vec(change(), 0..3),
    ) {
        let mut files: Vec<(String, Vec<u8>)> =
            examples().iter().map(|(path, text)| (path.clone(), text.as_bytes().to_vec())).collect();
        for (file, changes) in &changed {
            let at = file.index(files.len());
            let text = String::from_utf8_lossy(&files[at].1).into_owned();
            files[at].1 = mutate(&text, changes);
        }
        let text = std::fs::read_to_string(repository().join("ffctl.toml")).unwrap();
        load_all(files, &String::from_utf8_lossy(&mutate(&text, &settings)));
    }
}

#[test]
fn the_examples_are_sound_to_begin_with() {
    for (_, text) in examples() {
        parse(text);
    }
}
