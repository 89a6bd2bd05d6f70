//! Any sequence of commands on any catalog, in any style of writing: each changes what it names and
//! nothing else, means what the manual says, keeps the comments, and is undone.

mod command;
mod found;
mod meaning;
mod style;
mod world;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use ffctl::document::{Style, Tree, TreeValue};
use ffctl::model::FlagKey;
use ffctl::patch::{self, Refusal, Subject};
use ffctl::yaml::{rewrite, yaml_1_1_reading};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use serde_json::Value;

use crate::edit_oracle;
use crate::edit_properties::{Tape, comments, may_go, parsed};
use crate::edits::tree_of;
use crate::evaluation::cases;
use crate::support::generate::{self, Generated};
use crate::support::settings;

use command::{Command, VERBS};
use world::{World, restyled};

/// What became of the commands of each verb.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    changed: usize,
    unchanged: usize,
    refused: usize,
    /// The result has errors, so the planner would refuse it.
    unsound: usize,
}

type Counts = [Count; VERBS.len()];

#[test]
fn any_sequence_of_commands_does_what_it_says_and_no_more() {
    let config = ProptestConfig {
        cases: cases(64),
        max_shrink_iters: 800,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let counts = RefCell::new(Counts::default());
    let bytes = |length| prop::collection::vec(any::<u8>(), length);
    let drawn = (
        generate::catalog(),
        prop::collection::vec(bytes(300), 4),
        prop::collection::vec(bytes(20), 1..7),
        prop::collection::vec(generate::context(), 4),
        generate::time(),
    );
    let outcome = TestRunner::new(config.clone()).run(
        &drawn,
        |(generated, styles, commands, contexts, time)| {
            sequence(&generated, &styles, &commands, &contexts, time, &counts)
        },
    );
    match outcome {
        Ok(()) => {}
        // The commands and the file tell more than the bytes that they were drawn from.
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(aborted) => panic!("{aborted}"),
    }
    let counts = counts.into_inner();
    let told = || {
        let lines = VERBS.iter().zip(&counts);
        let lines = lines.map(|(verb, count)| format!("{verb}: {count:?}"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let sum = |of: fn(&Count) -> usize| counts.iter().map(of).sum::<usize>();
    let all = sum(|count| count.changed + count.unchanged + count.refused + count.unsound);
    let changed = sum(|count| count.changed);
    assert!(changed * 3 > all, "most commands are refused\n{}", told());
    for (verb, count) in VERBS.iter().zip(&counts) {
        // An archived flag must have settled, and most environments copy what they follow.
        let seldom = ["archive", "promote"].contains(verb);
        let enough = config.cases >= if seldom { 500 } else { 64 };
        assert!(
            !enough || count.changed > 0,
            "{verb} never did anything\n{}",
            told()
        );
    }
}

fn sequence(
    generated: &Generated,
    styles: &[Vec<u8>],
    commands: &[Vec<u8>],
    contexts: &[Value],
    mut now: i64,
    counts: &RefCell<Counts>,
) -> Result<(), TestCaseError> {
    let config = settings(&generated.bucketing);
    let files = restyled(generated, styles);
    for (path, text) in &generated.files {
        let styled = &files[path];
        prop_assert!(
            tree_of(text) == tree_of(styled),
            "{text}\nwritten as\n{styled}"
        );
    }
    let mut world = World::new(files, &config, now);
    prop_assert!(world.errors.is_empty(), "{:?}", world.errors);
    let mut told = Vec::new();
    for bytes in commands {
        let mut tape = Tape {
            bytes: bytes.iter(),
        };
        let keys: Vec<&FlagKey> = world.catalog().flags.keys().collect();
        let key = keys[tape.draw(keys.len())].to_string();
        let command = command::draw(&mut tape, &world, world.flag(&key), now);
        told.push(format!("at {now} {key}: {command:?}"));
        let (outcome, next) = step(&world, &key, &command, now, contexts, &config)
            .map_err(|error| TestCaseError::fail(format!("{error}\nafter {told:#?}")))?;
        let mut counts = counts.borrow_mut();
        let count = &mut counts[command.verb()];
        match outcome {
            Outcome::Changed => count.changed += 1,
            Outcome::Unchanged => count.unchanged += 1,
            Outcome::Refused => count.refused += 1,
            Outcome::Unsound => count.unsound += 1,
        }
        world = next.unwrap_or(world);
        now += [0, 1, 1_800, 3_600, 9_000, 90_000][tape.draw(6)];
    }
    Ok(())
}

enum Outcome {
    Changed,
    Unchanged,
    Refused,
    Unsound,
}

/// The files that a command leaves, by their old paths and their new ones.
struct Made {
    /// Old path, new path, old tree, new tree.
    files: Vec<(String, String, Tree, Tree)>,
    key: String,
}

fn step(
    world: &World,
    key: &str,
    command: &Command,
    now: i64,
    contexts: &[Value],
    config: &ffctl::config::Config,
) -> Result<(Outcome, Option<World>), TestCaseError> {
    let made = match make(world, key, command, now) {
        Ok(made) => made,
        Err(refusal) => {
            prop_assert!(!refusal.message.is_empty());
            return Ok((Outcome::Refused, None));
        }
    };
    let mut files = world.files.clone();
    for (path, moved, old, new) in &made.files {
        let before = files.remove(path).unwrap();
        let after = edited(&before, old, new)?;
        files.insert(moved.clone(), after);
    }
    let after = World::new(files, config, now);
    let new: Vec<_> = after.errors.difference(&world.errors).collect();
    if !new.is_empty() {
        let text = &after.files[&made.files[0].1];
        prop_assert!(
            new.iter().all(|(check, ..)| command.may_bring(check)),
            "brings {:?}\n{}\nbecame\n{}",
            new,
            world.text(key),
            text
        );
        return Ok((Outcome::Unsound, None));
    }
    let in_files = || format!("\n{}\nbecame\n{}", world.text(key), after.text(&made.key));
    meaning::holds(world, &after, (key, &made.key), command, now, contexts)
        .map_err(|error| TestCaseError::fail(format!("{error}{}", in_files())))?;
    let is_same = made
        .files
        .iter()
        .all(|(path, moved, old, new)| path == moved && old == new);
    let outcome = if is_same {
        Outcome::Unchanged
    } else {
        Outcome::Changed
    };
    Ok((outcome, Some(after)))
}

fn make(world: &World, key: &str, command: &Command, now: i64) -> Result<Made, Refusal> {
    let root = tree_of(world.text(key));
    let path = world.path(key).to_owned();
    let Command::Rename(to) = command else {
        let flags = world.catalog().flags.values();
        let dependants = flags.filter(|flag| {
            flag.archived.is_none()
                && flag
                    .depends_on
                    .iter()
                    .any(|on| on.repository.is_none() && on.flag.as_str() == key)
        });
        let dependants: Vec<FlagKey> = dependants.map(|flag| flag.key.clone()).collect();
        let patched = command.patch(&world.subject(key, &root, now), &dependants)?;
        return Ok(Made {
            files: vec![(path.clone(), path, root, patched.root)],
            key: key.to_owned(),
        });
    };
    let roots: BTreeMap<&str, Tree> = world
        .catalog()
        .flags
        .keys()
        .map(|key| (key.as_str(), tree_of(world.text(key.as_str()))))
        .collect();
    let subjects = roots
        .iter()
        .map(|(key, root)| world.subject(key, root, now));
    let others: Vec<Subject<'_>> = subjects.collect();
    let apart = world
        .files
        .get("flag-dependencies.yaml")
        .map(|text| tree_of(text));
    let to_key = FlagKey::new(to).unwrap();
    let subject = world.subject(key, &root, now);
    let renamed = patch::rename(&subject, &others, apart.as_ref(), &to_key)?;
    let (stem, extension) = path.rsplit_once('.').unwrap();
    let folder = stem.strip_suffix(key).unwrap();
    let moved = format!("{folder}{to}.{extension}");
    let mut files = vec![(path, moved, root, renamed.root)];
    for (other, new) in renamed.others {
        let path = world.path(other.as_str()).to_owned();
        files.push((path.clone(), path, roots[other.as_str()].clone(), new));
    }
    if let (Some(old), Some(new)) = (apart, renamed.dependencies_apart) {
        let path = "flag-dependencies.yaml".to_owned();
        files.push((path.clone(), path, old, new));
    }
    Ok(Made {
        files,
        key: to.clone(),
    })
}

/// Rewrites a text and holds the editor to it: values, comments, the other editor, and the way
/// back.
fn edited(text: &str, old: &Tree, new: &Tree) -> Result<String, TestCaseError> {
    let after = rewrite(text, new)
        .map_err(|error| TestCaseError::fail(format!("{error}\n{text}\nwanted {new:?}")))?;
    let both = || format!("{text}\nbecame\n{after}");
    prop_assert!(tree_of(&after) == *new, "{}\nnot {new:?}", both());
    if old == new {
        prop_assert_eq!(text, &after, "nothing was to change");
        return Ok(after);
    }
    let mut difference = Difference::default();
    difference.between(old, new, &mut Vec::new());
    let document = parsed(text).unwrap();
    let mut kept: BTreeSet<&str> = comments(text);
    for path in &difference.gone {
        for comment in may_go(text, document.root(), path) {
            kept.remove(comment);
        }
    }
    let present = comments(&after);
    let lost: Vec<&&str> = kept.difference(&present).collect();
    prop_assert!(lost.is_empty(), "lost {:?}\n{}", lost, both());
    if edit_oracle::beyond_it(&after).is_none() {
        let read = edit_oracle::read(&after);
        prop_assert!(read.as_ref() == Ok(new), "{}\nreads as {read:?}", both());
    }
    let back = rewrite(&after, old)
        .map_err(|error| TestCaseError::fail(format!("undo: {error}\n{}", both())))?;
    prop_assert!(tree_of(&back) == *old, "undone\n{back}\n{}", both());
    if difference.is_undone_exactly && !text.contains('*') {
        let alike = |text: &str| {
            if difference.loses_quotes {
                text.replace('\'', "\"")
            } else {
                text.to_owned()
            }
        };
        let is_undone = alike(text) == alike(&back);
        prop_assert!(is_undone, "undone\n{back}\n{}", both());
    }
    Ok(after)
}

/// What an edit takes away.
struct Difference {
    /// The places of the old tree that are removed, or become another kind of node.
    gone: Vec<Vec<usize>>,
    /// Whether parts were only added, and scalars replaced.
    is_undone_exactly: bool,
    /// Whether a scalar in quotes is replaced by one without: which quotes they were is then lost.
    loses_quotes: bool,
}

impl Default for Difference {
    fn default() -> Self {
        Self {
            gone: Vec::new(),
            is_undone_exactly: true,
            loses_quotes: false,
        }
    }
}

impl Difference {
    fn between(&mut self, old: &Tree, new: &Tree, path: &mut Vec<usize>) {
        if old == new {
            return;
        }
        match (&old.value, &new.value) {
            (TreeValue::Map(entries), TreeValue::Map(_)) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    path.push(index);
                    match new.get(key) {
                        Some(new) => self.between(value, new, path),
                        None => self.is_gone(path),
                    }
                    path.pop();
                }
            }
            (TreeValue::List(items), TreeValue::List(others)) => self.of_items(items, others, path),
            (TreeValue::Scalar(_), TreeValue::Scalar(_)) => {
                // What YAML 1.1 reads otherwise comes back in quotes, and so does what has had
                // quotes that were brought along from elsewhere.
                let is_doubtful = |text: &str| yaml_1_1_reading(text).is_some();
                let is_quoted =
                    new.style == Some(Style::Quoted) || old.as_str().is_some_and(is_doubtful);
                let is_plain = old.style == Some(Style::Plain);
                self.is_undone_exactly &= !(is_plain && is_quoted);
                let was_quoted = old.style == Some(Style::Quoted);
                self.loses_quotes |= was_quoted && new.style != Some(Style::Quoted);
            }
            _ => self.is_gone(path),
        }
    }

    /// Items are the same if they are equal, or else have the same name.
    fn of_items(&mut self, items: &[Tree], others: &[Tree], path: &mut Vec<usize>) {
        let mut left: Vec<(usize, &Tree)> = others.iter().enumerate().collect();
        let mut take = |is_it: &dyn Fn(&Tree) -> bool| {
            let at = left.iter().position(|(_, other)| is_it(other))?;
            Some(left.remove(at))
        };
        let equal: Vec<_> = items
            .iter()
            .map(|item| take(&|other| other == item))
            .collect();
        let mut places = Vec::new();
        for (index, (item, equal)) in items.iter().zip(equal).enumerate() {
            path.push(index);
            let named = ["name", "at", "key", "flag"]
                .into_iter()
                .find_map(|key| Some((key, item.get(key)?)));
            let found = equal.or_else(|| {
                let (key, name) = named?;
                take(&|other| other.get(key) == Some(name))
            });
            match found {
                Some((place, other)) => {
                    places.push(place);
                    self.between(item, other, path);
                }
                None => self.is_gone(path),
            }
            path.pop();
        }
        self.is_undone_exactly &= places.is_sorted();
    }

    fn is_gone(&mut self, path: &[usize]) {
        self.gone.push(path.to_vec());
        self.is_undone_exactly = false;
    }
}
