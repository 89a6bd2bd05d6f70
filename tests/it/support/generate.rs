//! Random catalogs, contexts and times for the comparison of the product with the test oracle.
//!
//! Every catalog is valid: it breaks no error rule of the file format, though it may deserve warnings. What it names
//! comes from small pools, and all its times from one grid of hours, so that conditions hold, steps elapse and
//! boundaries coincide often.
//!
//! A catalog is drawn from *tapes*: byte strings that answer the builder's questions one after another, and answer 0,
//! the simplest, when they end. That keeps the builder plain code, and shrinking a tape shrinks the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Number, Value, json};

/// A valid catalog: the files of a flags folder, what may be asked of it, and the bucketing of the project.
#[derive(Clone)]
pub(crate) struct Generated {
    /// Path relative to the flags folder → YAML text.
    pub(crate) files: BTreeMap<String, String>,
    /// All environments.
    pub(crate) environments: Vec<String>,
    /// All flags, the archived ones too, and last a key that no flag has.
    pub(crate) flags: Vec<String>,
    /// `flagd-v2` or `flagd-v3`.
    pub(crate) bucketing: String,
}

/// Shows the files as they would be read, for the report of a failing case.
impl fmt::Debug for Generated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{} in {:?}", self.bucketing, self.environments)?;
        for (path, text) in &self.files {
            writeln!(formatter, "--- {path}\n{text}")?;
        }
        Ok(())
    }
}

/// One line of one file, written otherwise: many of these are no catalog, the others are small
/// changes of all kinds.
pub(crate) fn mutated(generated: &Generated, file: usize, line: usize, how: usize) -> Generated {
    let mut other = generated.clone();
    let paths: Vec<String> = other.files.keys().cloned().collect();
    let path = &paths[file % paths.len()];
    let mut lines: Vec<String> = other.files[path].lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return other;
    }
    let at = line % lines.len();
    let swaps = [
        ("true", "false"),
        ("false", "true"),
        ("50", "60"),
        ("25", "12.5"),
        ("percentage: 0", "percentage: 40"),
        ("enabled: true", "enabled: false"),
        ("enabled: false", "enabled: true"),
        ("1", "2"),
        ("user_id", "email"),
        ("equals", "not_equals"),
        ("100", "75"),
        ("T0", "T1"),
        ("control", "treatment"),
        ("a", "b"),
    ];
    match how {
        0 => {
            lines.remove(at);
        }
        1 if at > 0 => lines.swap(at, at - 1),
        2 => lines.insert(0, "salt: another".to_owned()),
        3 => lines.insert(0, "killable: true".to_owned()),
        4 => lines.insert(0, "off_value: true".to_owned()),
        5 => lines.insert(
            0,
            "kill_switch: {reason: r, at: 2026-01-01T00:00:00Z}".to_owned(),
        ),
        _ => {
            let (from, to) = swaps[how % swaps.len()];
            let count = lines.iter().filter(|line| line.contains(from)).count();
            let mut fitting = lines.iter_mut().filter(|line| line.contains(from));
            if let Some(line) = fitting.nth(at % count.max(1)) {
                *line = line.replacen(from, to, 1);
            }
        }
    }
    other.files.insert(path.clone(), lines.join("\n") + "\n");
    other
}

/// Draws a valid catalog.
pub(crate) fn catalog() -> impl Strategy<Value = Generated> {
    (Tapes, any::<bool>()).prop_map(|(tapes, cbor)| build(tapes, cbor))
}

/// Draws an evaluation context over the attributes that catalogs use: fitting, unfitting and null values, or none.
pub(crate) fn context() -> impl Strategy<Value = Value> {
    let attributes: Vec<BoxedStrategy<Option<(&str, Value)>>> = context_pools()
        .into_iter()
        .map(|(name, fitting, unfitting)| {
            let given = move |value| Some((name, value));
            let missing = if name == "user_id" { 9 } else { 3 };
            prop_oneof![
                missing => Just(None),
                8 => select(fitting).prop_map(given),
                1 => select(unfitting).prop_map(given),
            ]
            .boxed()
        })
        .collect();
    attributes.prop_map(|attributes| {
        Value::Object(
            attributes
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    })
}

/// Draws a time in Unix seconds: on the grid of all boundaries, a second beside it, days later, or far away.
pub(crate) fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => (-2..=HOURS + 2).prop_map(|hour| GRID_START + hour * 3_600),
        3 => (0..=HOURS, select(vec![-1_i64, 1, 1_799, 1_800])).prop_map(|(hour, off)| GRID_START + hour * 3_600 + off),
        2 => (1_i64..=9, 0..=HOURS).prop_map(|(day, hour)| GRID_START + day * 86_400 + hour * 3_600),
        1 => select(vec![0, GRID_START - 400 * 86_400, GRID_START + 400 * 86_400]),
    ]
}

/// 2026-12-01T00:00:00Z.
const GRID_START: i64 = 1_796_083_200;
/// The grid's length.
const HOURS: i64 = 12;

const FLAG_KEYS: [&str; 8] = [
    "checkout",
    "cart_service_v2",
    "new-search",
    "Banner.2",
    "payments_limit",
    "theme",
    "9lives",
    "Zeta",
];
const RULE_NAMES: [&str; 6] = ["beta_users", "r1", "Staff", "eu.west", "everybody", "late"];
const SEGMENTS: [&str; 4] = ["testers", "Europe", "paying", "recent"];
const PERCENTAGES: [&str; 11] = [
    "50", "0", "100", "25", "99.999", "0.001", "33.333", "12.5", "75", "60", "90",
];

// ---------------------------------------------------------------------------------------------------------------------
// Tapes
// ---------------------------------------------------------------------------------------------------------------------

const ENVIRONMENTS_TAPE: usize = 32;
const SHARED_TAPE: usize = 400;
const FLAG_TAPE: usize = 1_000;

/// The strategy of tapes: one for the environments, one for what flags share, and one for each flag.
#[derive(Debug)]
struct Tapes;

/// Tapes that shrink by [`Edit`]s, the large ones first, each kept if the test still fails with it.
struct ShrinkingTapes {
    tapes: Vec<Vec<u8>>,
    /// What `tapes` was before the last edit.
    before: Option<Vec<Vec<u8>>>,
    edits: std::vec::IntoIter<Edit>,
}

#[derive(Clone, Copy)]
enum Edit {
    /// Later flags get the keys before theirs then.
    RemoveFlag(usize),
    Zero {
        tape: usize,
        from: usize,
        length: usize,
    },
}

impl Strategy for Tapes {
    type Tree = ShrinkingTapes;
    type Value = Vec<Vec<u8>>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let flags = select((1..=FLAG_KEYS.len()).collect::<Vec<_>>());
        let flags = flags.new_tree(runner)?.current();
        let lengths = [ENVIRONMENTS_TAPE, SHARED_TAPE]
            .into_iter()
            .chain([FLAG_TAPE].repeat(flags));
        let mut tapes: Vec<Vec<u8>> = lengths.map(|length| vec![0; length]).collect();
        for tape in &mut tapes {
            runner.rng().fill_bytes(tape);
        }

        let remove_flags = (2..tapes.len()).rev().map(Edit::RemoveFlag);
        let mut edits: Vec<Edit> = remove_flags.clone().collect();
        let mut length = FLAG_TAPE;
        while length > 0 {
            for (tape, bytes) in tapes.iter().enumerate().rev() {
                let starts = (0..bytes.len()).step_by(length);
                edits.extend(starts.map(|from| Edit::Zero { tape, from, length }));
            }
            length /= 2;
        }
        edits.extend(remove_flags);
        Ok(ShrinkingTapes {
            tapes,
            before: None,
            edits: edits.into_iter(),
        })
    }
}

impl ValueTree for ShrinkingTapes {
    type Value = Vec<Vec<u8>>;

    fn current(&self) -> Self::Value {
        self.tapes.clone()
    }

    /// Makes the next edit that changes anything.
    fn simplify(&mut self) -> bool {
        for edit in self.edits.by_ref() {
            let mut edited = self.tapes.clone();
            match edit {
                Edit::RemoveFlag(tape) if tape < edited.len() && edited.len() > 3 => {
                    edited.remove(tape);
                }
                Edit::RemoveFlag(_) => {}
                Edit::Zero { tape, from, length } => {
                    let Some(tape) = edited.get_mut(tape) else {
                        continue;
                    };
                    tape.iter_mut()
                        .skip(from)
                        .take(length)
                        .for_each(|byte| *byte = 0);
                }
            }
            if edited != self.tapes {
                self.before = Some(std::mem::replace(&mut self.tapes, edited));
                return true;
            }
        }
        false
    }

    /// Takes the last edit back, and makes the next one instead, if there is one.
    fn complicate(&mut self) -> bool {
        let Some(before) = self.before.take() else {
            return false;
        };
        self.tapes = before;
        self.simplify();
        true
    }
}

/// Answers to the builder's questions; 0 when it has ended.
struct Tape(std::vec::IntoIter<u8>);

impl Tape {
    fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into_iter())
    }

    /// A number from 0 up to, and without, `below`.
    fn draw(&mut self, below: usize) -> usize {
        usize::from(self.0.next().unwrap_or(0)) * below / 256
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.draw(100) >= 100 - percent
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.draw(from.len())].clone()
    }

    /// One or more of them, in their order.
    fn some<T: Clone>(&mut self, from: &[T]) -> Vec<T> {
        let chosen: Vec<T> = from.iter().filter(|_| self.chance(45)).cloned().collect();
        if chosen.is_empty() {
            vec![self.pick(from)]
        } else {
            chosen
        }
    }

    /// A time on the grid, in seconds.
    fn hour(&mut self) -> i64 {
        let hours = usize::try_from(HOURS).expect("a small number");
        GRID_START + 3_600 * i64::try_from(self.draw(hours + 1)).expect("a small number")
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Times and numbers as text
// ---------------------------------------------------------------------------------------------------------------------

/// RFC 3339, in one of several spellings. Half a second more at times: a boundary that whole seconds never equal.
fn date_time(tape: &mut Tape, seconds: i64) -> String {
    let written = |seconds: i64, suffix: &str| {
        let zulu = jiff::Timestamp::from_second(seconds)
            .expect("a time on the grid")
            .to_string();
        format!("{}{suffix}", zulu.trim_end_matches('Z'))
    };
    match tape.draw(10) {
        6 | 7 => written(seconds + 7_200, "+02:00"),
        8 => written(seconds - 19_800, "-05:30"),
        9 => written(seconds, ".500Z"),
        _ => written(seconds, "Z"),
    }
}

fn decimal(text: &str) -> Value {
    Value::Number(text.parse::<Number>().expect("a decimal"))
}

fn percentage(tape: &mut Tape) -> Value {
    decimal(tape.pick(&PERCENTAGES))
}

// ---------------------------------------------------------------------------------------------------------------------
// Attributes, and the contexts that give them
// ---------------------------------------------------------------------------------------------------------------------

#[derive(Clone, Copy, PartialEq)]
enum AttributeKind {
    Text(&'static [&'static str]),
    Number,
    Boolean,
    Version,
    DateTime,
    List,
    Now,
    /// Used with the operators of every type; only where no attributes.yaml says a type.
    Mixed,
}

const COUNTRIES: &[&str] = &["IT", "US", "DE", "São Tomé"];
const PLANS: &[&str] = &["free", "pro", "enterprise"];
const EMAILS: &[&str] = &["ada@example.com", "bob@example.org", "zoë@example.com"];
const SYSTEMS: &[&str] = &["ios", "android", "1.10"];
const SUBJECTS: &[&str] = &["u1", "u2", "u3", "42", "日本-7"];
const TIERS: &[&str] = &["gold", "standard", "none"];
const ROLES: &[&str] = &["admin", "dev", "no"];
const VERSIONS: &[&str] = &[
    "1.2.3",
    "v1.2",
    "2",
    "1.2.3-beta.2",
    "1.2.3-beta.11",
    "1.2.3+build.5",
    "2.0.0",
    "v2-rc.1",
    "10.0.0",
];

/// The attributes that catalogs use, but for the computed ones and `mixed`.
const ATTRIBUTES: [(&str, AttributeKind); 14] = [
    ("country", AttributeKind::Text(COUNTRIES)),
    ("plan", AttributeKind::Text(PLANS)),
    ("email", AttributeKind::Text(EMAILS)),
    ("device.os", AttributeKind::Text(SYSTEMS)),
    ("targetingKey", AttributeKind::Text(SUBJECTS)),
    ("user_id", AttributeKind::Text(SUBJECTS)),
    ("age", AttributeKind::Number),
    ("device.screen.width", AttributeKind::Number),
    ("beta", AttributeKind::Boolean),
    ("app_version", AttributeKind::Version),
    ("signed_up", AttributeKind::DateTime),
    ("roles", AttributeKind::List),
    ("teams", AttributeKind::List),
    ("now", AttributeKind::Now),
];
/// Attributes that only buckets use.
const BUCKET_ATTRIBUTES: [(&str, &str); 3] = [
    ("account_id", "string"),
    ("device.id", "string"),
    ("seats", "number"),
];
const COMPUTED: [(&str, AttributeKind); 2] = [
    ("tier", AttributeKind::Text(TIERS)),
    ("adult", AttributeKind::Boolean),
];

fn numbers() -> Vec<Value> {
    vec![
        json!(18),
        json!(18.0),
        json!(17.5),
        json!(0),
        json!(-3),
        json!(1080),
        json!(1e3),
    ]
}

fn date_times() -> Vec<Value> {
    vec![
        json!("2026-12-01T00:00:00Z"),
        json!("2026-12-01T03:00:00+02:00"),
        json!("2026-12-01T04:00:00Z"),
        json!("2026-12-01T06:00:00.5Z"),
        json!("2026-12-01"),
        json!("2026-12-02"),
        json!("2020-02-29T23:59:59-05:30"),
    ]
}

fn texts(pool: &[&str]) -> Vec<Value> {
    pool.iter().map(|text| json!(text)).collect()
}

/// Subjects of buckets: many plain ones, and all that is odd.
fn subjects() -> (Vec<Value>, Vec<Value>) {
    let mut fitting: Vec<Value> = (1..=60).map(|number| json!(format!("u{number}"))).collect();
    fitting.extend([
        json!("42"),
        json!(42),
        json!(42.0),
        json!(-7),
        json!("日本-7"),
        json!("zürich"),
        json!("🚩"),
    ]);
    fitting.extend([
        json!("x".repeat(30)),
        json!("y".repeat(300)),
        json!(9_007_199_254_740_991_i64),
        json!(-0.0),
    ]);
    let unfitting = vec![
        json!(""),
        json!(null),
        json!(true),
        json!(1.5),
        json!(9_007_199_254_740_992_i64),
        json!(1e300),
        json!(["u1"]),
        json!({"id": "u1"}),
    ];
    (fitting, unfitting)
}

/// Every attribute of a context with its fitting and its unfitting values.
fn context_pools() -> Vec<(&'static str, Vec<Value>, Vec<Value>)> {
    let unfitting = || {
        vec![
            json!(null),
            json!(5),
            json!("18"),
            json!(false),
            json!(["IT", 18]),
            json!({"os": {}}),
        ]
    };
    let unfitting_version = vec![
        json!(1.2),
        json!("1.2.x"),
        json!("01.2.3"),
        json!("latest"),
        json!(null),
        json!(""),
    ];
    let unfitting_time = vec![
        json!("yesterday"),
        json!("2026-13-01"),
        json!(GRID_START),
        json!("2026-12-01T00:00:00"),
    ];
    let devices = vec![
        json!({"os": "ios", "id": "d1", "screen": {"width": 1080}}),
        json!({"os": "android", "id": 7}),
        json!({"os": "1.10", "screen": {"width": 18.0}}),
        json!({"id": "d2", "screen": null}),
        json!({}),
    ];
    let unfitting_devices = vec![
        json!("ios"),
        json!(null),
        json!(["ios"]),
        json!({"os": 5, "screen": "wide"}),
    ];
    let lists = vec![
        json!(["admin"]),
        json!(["dev", "no"]),
        json!(["dev", 18, true, "IT"]),
        json!([18.0, "1.2.3"]),
        json!([]),
        json!([null, ["admin"]]),
    ];
    let mixed = [
        numbers(),
        lists.clone(),
        texts(VERSIONS),
        texts(COUNTRIES),
        date_times(),
    ]
    .concat();
    let (subjects, no_subjects) = subjects();
    vec![
        ("targetingKey", subjects.clone(), no_subjects.clone()),
        ("user_id", subjects.clone(), no_subjects.clone()),
        ("account_id", subjects.clone(), no_subjects.clone()),
        ("seats", vec![json!(1), json!(250), json!(3.0)], no_subjects),
        ("country", texts(COUNTRIES), unfitting()),
        ("plan", texts(PLANS), unfitting()),
        ("email", texts(EMAILS), unfitting()),
        ("age", numbers(), unfitting()),
        (
            "beta",
            vec![json!(true), json!(false)],
            vec![json!("true"), json!(1), json!(null)],
        ),
        ("app_version", texts(VERSIONS), unfitting_version),
        ("signed_up", date_times(), unfitting_time),
        ("roles", lists.clone(), unfitting()),
        ("teams", lists, unfitting()),
        ("device", devices, unfitting_devices),
        ("mixed", mixed, unfitting()),
        // These are ignored: `now` always, the others where they are computed.
        (
            "now",
            vec![json!("2020-01-01T00:00:00Z")],
            vec![json!(null)],
        ),
        ("tier", texts(TIERS), unfitting()),
        ("adult", vec![json!(true), json!(false)], unfitting()),
    ]
}

// ---------------------------------------------------------------------------------------------------------------------
// Conditions
// ---------------------------------------------------------------------------------------------------------------------

/// What conditions may name.
#[derive(Default)]
struct Vocabulary {
    attributes: Vec<(&'static str, AttributeKind)>,
    segments: Vec<&'static str>,
    bucket_attributes: Vec<&'static str>,
}

fn conditions(tape: &mut Tape, vocabulary: &Vocabulary, depth: usize) -> Value {
    let count = tape.pick(&[1, 0, 1, 1, 2, 3]);
    Value::Array(
        (0..count)
            .map(|_| condition(tape, vocabulary, depth))
            .collect(),
    )
}

fn condition(tape: &mut Tape, vocabulary: &Vocabulary, depth: usize) -> Value {
    match tape.draw(14) {
        8 if depth > 0 => json!({"any": conditions(tape, vocabulary, depth - 1)}),
        9 if depth > 0 => json!({"all": conditions(tape, vocabulary, depth - 1)}),
        10 | 11 if depth > 0 => json!({"not": condition(tape, vocabulary, depth - 1)}),
        12 | 13 if !vocabulary.segments.is_empty() => {
            json!({"segment": tape.pick(&vocabulary.segments)})
        }
        _ => {
            let (attribute, kind) = tape.pick(&vocabulary.attributes);
            comparison(tape, attribute, kind)
        }
    }
}

/// A condition on one attribute, with an operator and a value that fit its type.
fn comparison(tape: &mut Tape, attribute: &str, kind: AttributeKind) -> Value {
    let kind = if kind == AttributeKind::Mixed {
        tape.pick(&[
            AttributeKind::Text(COUNTRIES),
            AttributeKind::Number,
            AttributeKind::Version,
            AttributeKind::DateTime,
            AttributeKind::Boolean,
            AttributeKind::List,
        ])
    } else {
        kind
    };
    let negation = if tape.chance(30) { "not_" } else { "" };
    let with = |operator: &str, value: Value| json!({"attribute": attribute, "operator": operator, "value": value});
    if kind != AttributeKind::Now && tape.chance(8) {
        return json!({"attribute": attribute, "operator": format!("{negation}exists")});
    }
    match kind {
        AttributeKind::Text(pool) => text_comparison(tape, attribute, negation, pool),
        AttributeKind::Number => match tape.draw(6) {
            0 => with(&format!("{negation}equals"), tape.pick(&numbers())),
            1 => with(
                &format!("{negation}in"),
                Value::Array(tape.some(&numbers())),
            ),
            2 => with("greater_than", tape.pick(&numbers())),
            3 => with("greater_than_or_equal", tape.pick(&numbers())),
            4 => with("less_than", tape.pick(&numbers())),
            _ => with("less_than_or_equal", tape.pick(&numbers())),
        },
        AttributeKind::Boolean => with(&format!("{negation}equals"), json!(tape.chance(50))),
        AttributeKind::Version => {
            let operators = [
                "equals",
                "not_equals",
                "greater_than",
                "greater_than_or_equal",
                "less_than",
            ];
            let operator = if tape.chance(15) {
                "less_than_or_equal"
            } else {
                tape.pick(&operators)
            };
            with(&format!("semver_{operator}"), json!(tape.pick(VERSIONS)))
        }
        AttributeKind::DateTime => with(tape.pick(&["before", "after"]), tape.pick(&date_times())),
        AttributeKind::List => match tape.draw(3) {
            0 => with(&format!("{negation}contains"), json!(tape.pick(ROLES))),
            1 => with(&format!("{negation}contains"), json!(tape.some(ROLES))),
            _ => with(
                &format!("{negation}in"),
                json!(tape.some(&[json!("admin"), json!(18), json!("IT"), json!(true)])),
            ),
        },
        AttributeKind::Now | AttributeKind::Mixed => match tape.draw(8) {
            0 => json!({"attribute": attribute, "operator": "exists"}),
            answer => {
                let hour = tape.hour();
                with(
                    if answer < 4 { "before" } else { "after" },
                    json!(date_time(tape, hour)),
                )
            }
        },
    }
}

fn text_comparison(tape: &mut Tape, attribute: &str, negation: &str, pool: &[&str]) -> Value {
    let pieces: Vec<String> = pool
        .iter()
        .flat_map(|text| {
            let letters: Vec<char> = text.chars().collect();
            let half = letters.len().div_ceil(2);
            [
                letters[..half].iter().collect(),
                letters[half - 1..].iter().collect(),
            ]
        })
        .collect();
    let with = |operator: &str, value: Value| json!({"attribute": attribute, "operator": format!("{negation}{operator}"), "value": value});
    match tape.draw(12) {
        0..=2 => with("equals", json!(tape.pick(pool))),
        3 | 4 => with("in", json!(tape.some(pool))),
        // A seed's spelling: `values` for `value`.
        5 => {
            json!({"attribute": attribute, "operator": format!("{negation}in"), "values": tape.some(pool)})
        }
        6 => {
            json!({"attribute": attribute, "operator": format!("{negation}equals"), "values": [tape.pick(pool)]})
        }
        7 => with("contains", json!(tape.pick(&pieces))),
        8 => with("contains", json!(tape.some(&pieces))),
        9 => {
            let operator = tape.pick(&["starts_with", "ends_with"]);
            with(operator, json!(tape.pick(&pieces)))
        }
        10 => {
            let operator = tape.pick(&["starts_with", "ends_with"]);
            with(operator, json!(tape.some(&pieces)))
        }
        _ => with(
            "matches",
            json!(tape.pick(&[
                "^[A-Z]{2}$",
                "o",
                "(?i)^IT",
                "\\d",
                "@example\\.(com|org)$",
                "^u[0-9]+"
            ])),
        ),
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Environments, segments, attributes
// ---------------------------------------------------------------------------------------------------------------------

/// Returns the environments' file and their names, of which entries mention all but `quiet`.
fn environments(tape: &mut Tape) -> (Value, Vec<String>) {
    let mut names = ["staging", "production", "development", "EU-west"][..=tape.draw(4)].to_vec();
    if tape.chance(30) {
        names.insert(tape.draw(names.len() + 1), "quiet");
    }
    let mut environments = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let mut environment = Map::new();
        if index > 0 && tape.chance(80) {
            environment.insert(
                "parent".to_owned(),
                json!(names[index - 1 - tape.draw(index.min(2))]),
            );
            if tape.chance(75) {
                environment.insert("auto_sync".to_owned(), json!(true));
            } else if tape.chance(50) {
                environment.insert("auto_sync".to_owned(), json!(false));
            }
        } else {
            environment.insert("parent".to_owned(), Value::Null);
        }
        environments.push(((*name).to_owned(), Value::Object(environment)));
    }
    // A child may stand before its parent.
    if tape.chance(40) {
        environments.reverse();
    }
    let file = json!({"environments": environments.into_iter().collect::<Map<_, _>>()});
    (file, names.into_iter().map(str::to_owned).collect())
}

/// Writes segments.yaml and attributes.yaml, each at times, and returns what flags may name.
fn shared(tape: &mut Tape, files: &mut BTreeMap<String, String>) -> Vocabulary {
    let mut vocabulary = Vocabulary {
        attributes: ATTRIBUTES.to_vec(),
        segments: Vec::new(),
        bucket_attributes: BUCKET_ATTRIBUTES
            .iter()
            .map(|(name, _)| *name)
            .chain(["targetingKey", "user_id"])
            .collect(),
    };
    let with_attributes = tape.chance(60);
    if !with_attributes {
        vocabulary.attributes.push(("mixed", AttributeKind::Mixed));
    }

    // Segments use earlier segments. Computed attributes come between: segments before them use none.
    let mut segments = Map::new();
    let count = tape.draw(SEGMENTS.len() + 1);
    for name in &SEGMENTS[..count / 2] {
        segments.insert(
            (*name).to_owned(),
            json!({"conditions": conditions(tape, &vocabulary, 2)}),
        );
        vocabulary.segments.push(name);
    }
    if with_attributes {
        let attributes = attributes(tape, &mut vocabulary);
        files.insert(
            "attributes.yaml".to_owned(),
            yaml(&json!({"attributes": attributes})),
        );
    }
    for name in &SEGMENTS[count / 2..count] {
        let conditions = conditions(tape, &vocabulary, 2);
        segments.insert(
            (*name).to_owned(),
            json!({"description": "a segment", "conditions": conditions}),
        );
        vocabulary.segments.push(name);
    }
    if tape.chance(50) {
        segments = segments.into_iter().rev().collect();
    }
    if !segments.is_empty() {
        files.insert(
            "segments.yml".to_owned(),
            yaml(&json!({"segments": segments})),
        );
    }
    vocabulary
}

/// The attributes' file, which knows every attribute; adds the computed ones to the vocabulary.
fn attributes(tape: &mut Tape, vocabulary: &mut Vocabulary) -> Map<String, Value> {
    let mut attributes = Map::new();
    for (name, kind) in ATTRIBUTES {
        let kind = match kind {
            AttributeKind::Text(_) => "string",
            AttributeKind::Number => "number",
            AttributeKind::Boolean => "boolean",
            AttributeKind::Version => "semver",
            AttributeKind::DateTime => "datetime",
            AttributeKind::List => "list",
            AttributeKind::Now | AttributeKind::Mixed => continue,
        };
        // Some of these are built in without being listed.
        if !matches!(
            name,
            "country" | "email" | "app_version" | "targetingKey" | "user_id"
        ) || tape.chance(30)
        {
            attributes.insert(name.to_owned(), json!({"type": kind}));
        }
        if name == "country" && tape.chance(30) {
            attributes.insert(name.to_owned(), json!({"type": kind, "values": COUNTRIES}));
        }
    }
    for (name, kind) in BUCKET_ATTRIBUTES {
        attributes.insert(name.to_owned(), json!({"type": kind}));
    }
    let mut computed = Vec::new();
    if tape.chance(70) {
        let mut entries =
            vec![json!({"conditions": conditions(tape, vocabulary, 1), "value": "gold"})];
        if tape.chance(50) {
            entries.push(json!({"conditions": conditions(tape, vocabulary, 1), "value": "none"}));
        }
        if tape.chance(50) {
            entries.push(json!({"value": "standard"}));
        }
        attributes.insert(
            "tier".to_owned(),
            json!({"type": "string", "computed": entries}),
        );
        computed.push(COMPUTED[0]);
        vocabulary.bucket_attributes.push("tier");
    }
    if tape.chance(40) {
        let entries =
            json!([{"conditions": conditions(tape, vocabulary, 1), "value": tape.chance(50)}]);
        attributes.insert(
            "adult".to_owned(),
            json!({"type": "boolean", "computed": entries}),
        );
        computed.push(COMPUTED[1]);
    }
    vocabulary.attributes.extend(computed);
    attributes
}

// ---------------------------------------------------------------------------------------------------------------------
// Flags
// ---------------------------------------------------------------------------------------------------------------------

/// A flag as far as its parts need to know it.
struct Shape {
    /// boolean, string, integer, number or json.
    kind: &'static str,
    /// Key → value; empty on a flag without variants.
    variants: Vec<(&'static str, Value)>,
    /// Key → weight, where the variants have weights.
    weights: Option<Vec<(&'static str, Value)>>,
    /// The default value, or the key of the default variant.
    default: Value,
}

impl Shape {
    fn has_variants(&self) -> bool {
        !self.variants.is_empty()
    }

    fn default_key(&self) -> &'static str {
        if self.has_variants() {
            "default_variant"
        } else {
            "default_value"
        }
    }

    /// A value, or a variant's key.
    fn draw(&self, tape: &mut Tape) -> Value {
        if self.has_variants() {
            json!(tape.pick(&self.variants).0)
        } else {
            tape.pick(&values(self.kind))
        }
    }

    /// What a value or a variant's key serves.
    fn served(&self, choice: &Value) -> Value {
        self.variants
            .iter()
            .find(|(key, _)| choice == key)
            .map_or_else(|| choice.clone(), |(_, value)| value.clone())
    }

    /// Whether serving may leave out what it serves.
    fn may_leave_out_what(&self) -> bool {
        if self.has_variants() {
            self.weights.is_some()
        } else {
            self.kind == "boolean"
        }
    }
}

fn values(kind: &str) -> Vec<Value> {
    match kind {
        "boolean" => vec![json!(false), json!(true)],
        "string" => vec![
            json!("blue"),
            json!("green"),
            json!("no"),
            json!("1.10"),
            json!("日本"),
        ],
        "integer" => vec![
            json!(0),
            json!(1),
            json!(45),
            json!(-7),
            json!(9_007_199_254_740_991_i64),
        ],
        "number" => vec![json!(1), json!(0.5), json!(-2.25), json!(45)],
        _ => vec![
            json!({"color": "blue"}),
            json!({}),
            json!([1, "two", null]),
            json!({"nested": {"list": [true, 0.5]}, "color": "green", "x-note": "kept", "value": false}),
        ],
    }
}

/// A flag that later ones may depend on.
struct Dependable {
    key: &'static str,
    kind: &'static str,
    /// The variants, or the names that stand for them (section 5).
    variants: BTreeSet<String>,
    values: Vec<Value>,
}

fn build(tapes: Vec<Vec<u8>>, cbor: bool) -> Generated {
    let mut tapes = tapes.into_iter().map(Tape::new);
    let mut next_tape = || {
        tapes
            .next()
            .expect("environments, shared, and one or more flags")
    };
    let (mut environments_tape, mut shared_tape) = (next_tape(), next_tape());
    let mut files = BTreeMap::new();
    let (environments_file, environments) = environments(&mut environments_tape);
    files.insert("environments.yaml".to_owned(), yaml(&environments_file));
    let vocabulary = shared(&mut shared_tape, &mut files);

    let mut flags = Vec::new();
    let mut dependables = Vec::new();
    let mut apart = Vec::new();
    for (key, mut tape) in FLAG_KEYS.into_iter().zip(tapes) {
        let (mut flag, shape) = flag(&mut tape, key, &vocabulary, &environments);
        depend(&mut tape, key, &mut flag, &dependables, &mut apart);
        // Depending on an archived flag is an error.
        if !flag.contains_key("archived") {
            dependables.push(dependable(key, &flag, &shape));
        }
        let path = format!(
            "{}{key}.{}",
            tape.pick(&["", "payments/", "web/cart/"]),
            tape.pick(&["yaml", "yml"])
        );
        files.insert(path, yaml(&Value::Object(flag)));
        flags.push(key.to_owned());
    }
    if !apart.is_empty() {
        files.insert(
            "flag-dependencies.yaml".to_owned(),
            yaml(&json!({"dependencies": apart})),
        );
    }
    flags.push("no_such_flag".to_owned());
    let bucketing = if cbor { "flagd-v3" } else { "flagd-v2" };
    Generated {
        files,
        environments,
        flags,
        bucketing: bucketing.to_owned(),
    }
}

fn flag(
    tape: &mut Tape,
    key: &str,
    vocabulary: &Vocabulary,
    environments: &[String],
) -> (Map<String, Value>, Shape) {
    let (mut flag, shape) = flag_head(tape, key);
    if tape.chance(12) {
        flag.insert(
            "bucket_by".to_owned(),
            json!(tape.pick(&vocabulary.bucket_attributes)),
        );
    }
    if tape.chance(3) {
        flag.insert("kill_switch".to_owned(), kill_switch(tape));
    }
    if tape.chance(5) {
        flag.insert(
            "archived".to_owned(),
            json!({"at": "2026-11-01T00:00:00Z", "reason": "done"}),
        );
    }
    if tape.chance(55) {
        flag.insert(
            "targeting_rules".to_owned(),
            rules(tape, &shape, vocabulary),
        );
    }
    // No `environments:` key at all, an empty map, or entries for some environments.
    match tape.draw(12) {
        10 => {}
        11 => {
            flag.insert("environments".to_owned(), json!({}));
        }
        _ => {
            let mut entries = Map::new();
            for environment in environments.iter().filter(|name| *name != "quiet") {
                if !tape.chance(12) {
                    entries.insert(environment.clone(), entry(tape, &shape, vocabulary));
                }
            }
            flag.insert("environments".to_owned(), Value::Object(entries));
        }
    }
    give_enabled_an_effect(&mut flag, &shape);
    (flag, shape)
}

/// Type, default, off value, variants, salt, and fields that evaluation does not look at.
fn flag_head(tape: &mut Tape, key: &str) -> (Map<String, Value>, Shape) {
    let mut flag = Map::new();
    let kind = tape.pick(&["boolean", "boolean", "string", "integer", "number", "json"]);
    if tape.chance(20) {
        flag.insert("flag_id".to_owned(), json!(key));
    }
    // Left out, the type is that of the default, which is never integer.
    if kind == "integer" || !tape.chance(30) {
        flag.insert("type".to_owned(), json!(kind));
    }
    let mut shape = Shape {
        kind,
        variants: Vec::new(),
        weights: None,
        default: Value::Null,
    };
    if tape.chance(50) {
        let keys = if tape.chance(50) {
            ["control", "treatment", "Third.1"]
        } else {
            ["on", "off", "no"]
        };
        let count = tape.pick(&[2, 1, 3, 2, 3]);
        shape.variants = keys[..count]
            .iter()
            .map(|key| (*key, tape.pick(&values(kind))))
            .collect();
        if tape.chance(60) {
            shape.weights = Some(weights(tape, &keys[..count]));
        }
    }
    shape.default = shape.draw(tape);
    flag.insert(shape.default_key().to_owned(), shape.default.clone());

    if shape.has_variants() {
        let variants = shape
            .variants
            .iter()
            .enumerate()
            .map(|(index, (key, value))| match &shape.weights {
                Some(weights) => json!({"key": key, "value": value, "weight": weights[index].1}),
                None => json!({"key": key, "value": value}),
            });
        flag.insert("variants".to_owned(), variants.collect());
        // A boolean needs exactly one variant with the value `false`, or must say `off_variant`.
        let off_is_plain = kind != "boolean"
            || shape
                .variants
                .iter()
                .filter(|(_, value)| *value == false)
                .count()
                == 1;
        if !off_is_plain || tape.chance(25) {
            flag.insert("off_variant".to_owned(), shape.draw(tape));
        }
    } else if tape.chance(25) {
        flag.insert("off_value".to_owned(), shape.draw(tape));
    }
    if tape.chance(15) {
        flag.insert(
            "salt".to_owned(),
            json!(tape.pick(&["pepper", "sale-2026", "é", "long salt, long salt"])),
        );
    }
    let unseen = [
        ("description", json!("a flag")),
        ("owner", json!("payments")),
        ("tags", json!(["web"])),
        ("metadata", json!({"ticket": 12})),
        ("x-note", json!([1])),
        ("client_side", json!(true)),
        ("killable", json!(true)),
        ("lifecycle", json!({"kind": "release"})),
    ];
    if tape.chance(20) {
        let (field, value) = tape.pick(&unseen);
        flag.insert(field.to_owned(), value);
    }
    (flag, shape)
}

/// Weights for all these variants, with a sum over 0.
fn weights(tape: &mut Tape, keys: &[&'static str]) -> Vec<(&'static str, Value)> {
    let mut weights: Vec<_> = keys
        .iter()
        .map(|key| {
            (
                *key,
                decimal(tape.pick(&["50", "1", "0", "33.333", "66.667", "0.001", "200"])),
            )
        })
        .collect();
    if weights.iter().all(|(_, weight)| *weight == 0) {
        weights[0].1 = json!(10);
    }
    weights
}

fn kill_switch(tape: &mut Tape) -> Value {
    let at = tape.hour();
    let mut kill_switch = json!({"reason": "incident 7", "at": date_time(tape, at)});
    if tape.chance(30) {
        kill_switch["until"] = json!(date_time(tape, at + 86_400));
        kill_switch["by"] = json!("ada@example.com");
    }
    kill_switch
}

fn rules(tape: &mut Tape, shape: &Shape, vocabulary: &Vocabulary) -> Value {
    let count = tape.pick(&[1, 1, 2, 3, 0]);
    let first = tape.draw(RULE_NAMES.len());
    let names = RULE_NAMES.iter().cycle().skip(first).take(count);
    names
        .map(|name| rule(tape, name, shape, vocabulary))
        .collect()
}

fn rule(tape: &mut Tape, name: &str, shape: &Shape, vocabulary: &Vocabulary) -> Value {
    let mut rule = Map::new();
    rule.insert("name".to_owned(), json!(name));
    rule.insert("conditions".to_owned(), conditions(tape, vocabulary, 2));
    rule.extend(what(tape, shape));
    if tape.chance(60) {
        rule.extend(how_many(tape));
    }
    if tape.chance(15) {
        rule.insert(
            "bucket_by".to_owned(),
            json!(tape.pick(&vocabulary.bucket_attributes)),
        );
    }
    if tape.chance(10) {
        let (field, value) = tape.pick(&[
            ("otherwise", json!("default")),
            ("promotable", json!(false)),
            ("x-a", json!(1)),
        ]);
        rule.insert(field.to_owned(), value);
    }
    Value::Object(rule)
}

/// `value`, `variant` or `split`; nothing at times, where that may be left out.
fn what(tape: &mut Tape, shape: &Shape) -> Option<(String, Value)> {
    if shape.may_leave_out_what() && tape.chance(35) {
        return None;
    }
    if !shape.has_variants() {
        // The last value is `true` for a boolean, which is what most rules serve.
        let value = if tape.chance(60) {
            values(shape.kind).pop().expect("a value")
        } else {
            shape.draw(tape)
        };
        return Some(("value".to_owned(), value));
    }
    Some(match tape.draw(5) {
        0 | 1 => ("variant".to_owned(), shape.draw(tape)),
        4 if shape.weights.is_some() => ("split".to_owned(), json!("default")),
        _ => {
            let keys: Vec<_> = shape.variants.iter().map(|(key, _)| *key).collect();
            let mut keys = if tape.chance(60) {
                keys
            } else {
                tape.some(&keys)
            };
            // A split's own order means nothing: that of the variants does.
            if tape.chance(30) {
                keys.reverse();
            }
            let split = weights(tape, &keys)
                .into_iter()
                .map(|(key, weight)| (key.to_owned(), weight));
            ("split".to_owned(), Value::Object(split.collect()))
        }
    })
}

/// `percentage`, `gradual`, or neither.
fn how_many(tape: &mut Tape) -> Option<(String, Value)> {
    match tape.draw(6) {
        0 => None,
        1..=4 => Some(("percentage".to_owned(), percentage(tape))),
        _ => Some(("gradual".to_owned(), gradual(tape))),
    }
}

fn gradual(tape: &mut Tape) -> Value {
    let start = tape.hour();
    let mut gradual = Map::new();
    gradual.insert("start".to_owned(), json!(date_time(tape, start)));
    // What it starts from is at most what it ends at, 100 or less.
    if tape.chance(60) {
        gradual.insert(
            "from".to_owned(),
            decimal(tape.pick(&["10", "0", "0.5", "33.333"])),
        );
    }
    gradual.insert(
        "increment".to_owned(),
        decimal(tape.pick(&["10", "25", "33.333", "0.125", "40"])),
    );
    gradual.insert(
        "every".to_owned(),
        json!(tape.pick(&["1h", "60m", "3600s", "2h", "30m", "1d", "1w"])),
    );
    if tape.chance(50) {
        gradual.insert(
            "until".to_owned(),
            decimal(tape.pick(&["50", "100", "75.5", "40"])),
        );
    }
    Value::Object(gradual)
}

/// The serving of an entry or of a step, none at times.
fn serving(tape: &mut Tape, shape: &Shape) -> Map<String, Value> {
    let mut serving = Map::new();
    let form = tape.draw(10);
    if form == 9 {
        // The flag's own, not the parent's.
        serving.insert("percentage".to_owned(), Value::Null);
        return serving;
    }
    if form >= 3 {
        serving.extend(how_many(tape));
        serving.extend(what(tape, shape));
    }
    if (form == 2 && serving.is_empty()) || (form >= 2 && tape.chance(30)) {
        serving.insert(shape.default_key().to_owned(), shape.draw(tape));
    }
    give_share_an_effect(&mut serving, shape);
    serving
}

/// Heals `share-without-effect`: a part that gets the very default that the rest gets is everybody instead.
fn give_share_an_effect(serving: &mut Map<String, Value>, shape: &Shape) {
    let default = serving.get(shape.default_key()).unwrap_or(&shape.default);
    let says_no_split = serving.contains_key("variant") || serving.contains_key("value");
    let split = match serving.get("split") {
        Some(Value::Object(split)) => Some(split.clone()),
        None if says_no_split => None,
        // `split: default`, or nothing said.
        _ => shape.weights.clone().map(as_map),
    };
    let what = if let Some(split) = split {
        let mut chosen = split
            .iter()
            .filter(|(_, weight)| **weight != 0)
            .map(|(key, _)| json!(key));
        // Two ways or more are never the default.
        chosen.next().filter(|_| chosen.next().is_none())
    } else {
        Some(
            serving
                .get("variant")
                .or_else(|| serving.get("value"))
                .cloned()
                .unwrap_or(json!(true)),
        )
    };
    let part = serving.contains_key("gradual")
        || serving
            .get("percentage")
            .is_some_and(|percentage| *percentage != 0 && *percentage != 100);
    if part && what.as_ref() == Some(default) {
        serving.remove("gradual");
        serving.insert("percentage".to_owned(), json!(100));
    }
}

fn as_map(weights: Vec<(&'static str, Value)>) -> Map<String, Value> {
    weights
        .into_iter()
        .map(|(key, weight)| (key.to_owned(), weight))
        .collect()
}

/// Any slots, none at times.
fn slots(tape: &mut Tape, shape: &Shape, vocabulary: &Vocabulary) -> Map<String, Value> {
    let enabled = match tape.draw(10) {
        4..=7 => Some(json!(true)),
        8 => Some(json!(false)),
        9 => Some(Value::Null),
        _ => None,
    };
    let targeting_rules = match tape.draw(10) {
        7 | 8 => Some(rules(tape, shape, vocabulary)),
        9 => Some(Value::Null),
        _ => None,
    };
    let bucket_by = match tape.draw(12) {
        10 => Some(json!(tape.pick(&vocabulary.bucket_attributes))),
        11 => Some(Value::Null),
        _ => None,
    };
    let mut slots = serving(tape, shape);
    slots.extend(enabled.map(|enabled| ("enabled".to_owned(), enabled)));
    slots.extend(targeting_rules.map(|rules| ("targeting_rules".to_owned(), rules)));
    slots.extend(bucket_by.map(|attribute| ("bucket_by".to_owned(), attribute)));
    slots
}

/// An environment's entry in any form: never null, never empty.
fn entry(tape: &mut Tape, shape: &Shape, vocabulary: &Vocabulary) -> Value {
    if tape.chance(25)
        && let Some(scalar) = scalar(tape, shape)
    {
        return scalar;
    }
    let mut entry = if tape.chance(12) {
        Map::new()
    } else {
        slots(tape, shape, vocabulary)
    };
    if tape.chance(25) {
        entry.insert("schedule".to_owned(), schedule(tape, shape, vocabulary));
    }
    if tape.chance(5) {
        entry.insert("kill_switch".to_owned(), kill_switch(tape));
    }
    if tape.chance(12) {
        entry.insert("inherit".to_owned(), json!(false));
    }
    if tape.chance(5) {
        entry.insert("x-note".to_owned(), json!("ignored"));
    }
    if entry.is_empty() {
        entry.insert("enabled".to_owned(), json!(false));
    }
    Value::Object(entry)
}

/// The shorthand, where the flag has one: `false` only on a boolean, none for a map or a list.
fn scalar(tape: &mut Tape, shape: &Shape) -> Option<Value> {
    if shape.kind == "json" && !shape.has_variants() {
        None
    } else {
        Some(shape.draw(tape))
    }
}

fn schedule(tape: &mut Tape, shape: &Shape, vocabulary: &Vocabulary) -> Value {
    let mut steps = Vec::new();
    let mut at = tape.hour();
    for _ in 0..=tape.draw(3) {
        let mut set = slots(tape, shape, vocabulary);
        if set.is_empty() {
            set.insert("enabled".to_owned(), json!(true));
        }
        steps.push(json!({"at": date_time(tape, at), "set": set}));
        // Strictly increasing.
        at += 3_600 * i64::try_from(1 + tape.draw(4)).expect("a small number");
    }
    Value::Array(steps)
}

/// Heals `enabled-without-effect` on a boolean: an `enabled: true` whose entry does not plainly have an effect at every
/// time becomes `null`, which is on as well, and a scalar becomes the default that it stands for.
fn give_enabled_an_effect(flag: &mut Map<String, Value>, shape: &Shape) {
    if shape.kind != "boolean" {
        return;
    }
    let off = match (flag.get("off_value"), flag.get("off_variant")) {
        (Some(off), _) | (_, Some(off)) => shape.served(off),
        (None, None) => json!(false),
    };
    let Some(Value::Object(entries)) = flag.get("environments") else {
        return;
    };
    let entries = entries.clone();

    // Everything that entries and their steps write.
    let written: Vec<Value> = entries
        .values()
        .flat_map(|entry| {
            let steps = entry
                .get("schedule")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            let sets = steps.into_iter().map(|step| step["set"].clone());
            sets.chain([entry.clone()]).collect::<Vec<_>>()
        })
        .collect();
    let is_empty_list = |rules: Option<&Value>| {
        rules.is_none_or(|rules| rules.as_array().is_some_and(Vec::is_empty))
    };
    let rules_everywhere = !is_empty_list(flag.get("targeting_rules"))
        && !written.iter().any(|slots| {
            slots
                .get("targeting_rules")
                .is_some_and(|rules| is_empty_list(Some(rules)))
        });
    let own_default_everywhere = shape.served(&shape.default) != off
        && !written
            .iter()
            .any(|slots| !slots.is_object() || slots.get(shape.default_key()).is_some());

    let healed = entries.into_iter().map(|(environment, mut entry)| {
        let writes_true = if entry.is_object() {
            entry["enabled"] == true
        } else {
            entry != false
        };
        let default = if entry.is_object() {
            entry.get(shape.default_key())
        } else {
            Some(&entry)
        };
        let has_effect = rules_everywhere
            || own_default_everywhere
            || default.is_some_and(|default| shape.served(default) != off)
            || ["value", "variant", "split", "gradual", "schedule"]
                .iter()
                .any(|key| entry.get(key).is_some())
            || entry
                .get("percentage")
                .is_some_and(|percentage| !percentage.is_null())
            || entry
                .get("targeting_rules")
                .is_some_and(|rules| !rules.is_null() && !is_empty_list(Some(rules)));
        if writes_true && !has_effect {
            if entry.is_object() {
                entry["enabled"] = Value::Null;
            } else {
                entry = json!({shape.default_key(): entry});
            }
        }
        (environment, entry)
    });
    let healed: Map<_, _> = healed.collect();
    flag.insert("environments".to_owned(), Value::Object(healed));
}

// ---------------------------------------------------------------------------------------------------------------------
// Dependencies
// ---------------------------------------------------------------------------------------------------------------------

/// Adds dependencies on earlier flags (so there is no cycle), in the flag or apart, never in both.
fn depend(
    tape: &mut Tape,
    key: &str,
    flag: &mut Map<String, Value>,
    dependables: &[Dependable],
    apart: &mut Vec<Value>,
) {
    let mut own = Vec::new();
    let mut others = Vec::new();
    for dependable in dependables {
        if tape.chance(12) {
            let dependency = dependency(tape, dependable);
            if tape.chance(30) {
                others.push(dependency);
            } else {
                own.push(dependency);
            }
        }
    }
    if tape.chance(6) {
        own.push(json!({"repository": "elsewhere", "flag": "remote_flag", "required_value": true}));
    }
    if !own.is_empty() {
        flag.insert("depends_on".to_owned(), json!(own));
    }
    if !others.is_empty() {
        apart.push(json!({"flag": key, "depends_on": others}));
    }
}

fn dependency(tape: &mut Tape, on: &Dependable) -> Value {
    let variants: Vec<String> = on.variants.iter().cloned().collect();
    // A json flag takes only `required_variant`.
    let (field, required): (_, Vec<Value>) = if on.kind == "json" || tape.chance(35) {
        (
            "required_variant",
            tape.some(&variants)
                .into_iter()
                .map(Value::String)
                .collect(),
        )
    } else {
        ("required_value", tape.some(&on.values))
    };
    if required.len() == 1 && !tape.chance(20) {
        json!({"flag": on.key, field: required[0]})
    } else {
        json!({"flag": on.key, field: required})
    }
}

fn dependable(key: &'static str, flag: &Map<String, Value>, shape: &Shape) -> Dependable {
    let variants = if shape.has_variants() {
        shape
            .variants
            .iter()
            .map(|(key, _)| (*key).to_owned())
            .collect()
    } else if shape.kind == "boolean" {
        ["on", "off"].map(str::to_owned).into()
    } else {
        // The names of section 5, as far as this flag can serve them.
        let rules = flag
            .get("targeting_rules")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let rules = rules
            .iter()
            .filter_map(|rule| rule["name"].as_str().map(str::to_owned));
        rules.chain(["default", "off"].map(str::to_owned)).collect()
    };
    let mut values = values(shape.kind);
    values.retain(|value| {
        !shape.has_variants() || shape.variants.iter().any(|(_, served)| served == value)
    });
    Dependable {
        key,
        kind: shape.kind,
        variants,
        values,
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// YAML
// ---------------------------------------------------------------------------------------------------------------------

/// Block style with every string in double quotes, which YAML 1.1 and 1.2 read alike.
fn yaml(value: &Value) -> String {
    let mut text = String::new();
    write_block(value, 0, &mut text);
    text.trim_start_matches('\n').to_owned() + "\n"
}

fn write_block(value: &Value, indent: usize, text: &mut String) {
    let start_line = |text: &mut String| {
        text.push('\n');
        text.push_str(&" ".repeat(indent));
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                start_line(text);
                // A letter first and a second one that makes it no word of YAML's.
                let is_plain =
                    key.len() > 5 && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                text.push_str(&if is_plain {
                    key.clone()
                } else {
                    json!(key).to_string()
                });
                text.push(':');
                write_block(value, indent + 2, text);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for value in list {
                start_line(text);
                text.push('-');
                write_block(value, indent + 2, text);
            }
        }
        scalar_or_empty => {
            text.push(' ');
            text.push_str(&scalar_or_empty.to_string());
        }
    }
}
