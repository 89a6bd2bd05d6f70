//! A document against its schema: every misfit at its place, in plain words.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, join_names};
use crate::document::{Document, Member, View, to_json};
use crate::text::{Location, Span};

use super::FileKind;

/// Checks a document against the schema of its kind and reports every misfit. Returns whether it
/// fits.
pub fn check(kind: FileKind, document: &Document<'_>, diagnostics: &mut Diagnostics) -> bool {
    if !document.root().is_map() {
        diagnostics.push(no_map(document));
        return false;
    }
    let validator = validator(kind);
    let instance = to_json(document.root());
    if validator.is_valid(&instance) {
        return true;
    }
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(&instance).collect();
    // A condition with a mistyped key is of no known form either: the key is the fault. So is the
    // type of a step that is no map.
    let closed: HashSet<String> = errors
        .iter()
        .filter(|error| match error.kind() {
            ValidationErrorKind::AdditionalProperties { .. } => true,
            ValidationErrorKind::Type { .. } => kind == FileKind::Deployment,
            _ => false,
        })
        .map(|error| error.instance_path().as_str().to_owned())
        .collect();
    let mut misfits = Misfits::new(kind, document, diagnostics);
    for error in &errors {
        let union = matches!(
            error.kind(),
            ValidationErrorKind::OneOfNotValid { .. }
                | ValidationErrorKind::OneOfMultipleValid { .. }
        );
        if !(union && closed.contains(error.instance_path().as_str())) {
            misfits.report(error);
        }
    }
    misfits.finish(diagnostics);
    false
}

/// Compiled once for each kind.
fn validator(kind: FileKind) -> &'static Validator {
    static VALIDATORS: [OnceLock<Validator>; 7] = [const { OnceLock::new() }; 7];
    let [
        flag,
        environments,
        segments,
        attributes,
        dependencies,
        config,
        deployment,
    ] = &VALIDATORS;
    let cell = match kind {
        FileKind::Flag => flag,
        FileKind::Environments => environments,
        FileKind::Segments => segments,
        FileKind::Attributes => attributes,
        FileKind::FlagDependencies => dependencies,
        FileKind::Config => config,
        FileKind::Deployment => deployment,
    };
    cell.get_or_init(|| {
        jsonschema::options()
            .with_pattern_options(jsonschema::PatternOptions::regex())
            .build(kind.schema())
            .expect("the schemas that this program generates compile")
    })
}

/// Where an error points: the value, and the key that it stands under.
struct Site<'d> {
    value: View<'d>,
    member: Option<Member<'d>>,
    /// The names on the way, list positions left out.
    path: Vec<&'d str>,
    /// Whether an alias stands on the way.
    aliased: bool,
}

impl<'d> Site<'d> {
    fn find(document: &'d Document<'d>, error: &ValidationError<'_>) -> Self {
        let mut site = Self {
            value: document.root(),
            member: None,
            path: Vec::new(),
            aliased: false,
        };
        for segment in error.instance_path() {
            match segment {
                LocationSegment::Property(name) => {
                    let Some(member) = site.value.member(&name) else {
                        break;
                    };
                    site.path.push(member.key);
                    site.value = member.value;
                    site.member = Some(member);
                }
                LocationSegment::Index(index) => {
                    let Some(item) = site.value.items().nth(index) else {
                        break;
                    };
                    site.value = item;
                    site.member = None;
                }
            }
            site.aliased |= site.value.is_alias();
        }
        site
    }

    fn key(&self) -> &'d str {
        self.path.last().copied().unwrap_or_default()
    }

    /// The place of a fault that lies in the whole value: its key, or the head of a list item.
    fn owner(&self) -> Location {
        if let Some(member) = self.member {
            return member.key_location();
        }
        let head = self
            .value
            .entries()
            .next()
            .map(|member| member.key_location());
        head.unwrap_or_else(|| self.value.location())
    }

    /// The place of the value; of nothing at all, that of its key.
    fn value_place(&self) -> Location {
        let location = self.value.location();
        if location.span.start == location.span.end {
            self.owner()
        } else {
            location
        }
    }

    fn subject(&self) -> String {
        match (self.member, self.path.last()) {
            (Some(member), _) => format!("`{}`", member.key),
            (None, Some(list)) => format!("an item of `{list}`"),
            (None, None) => "the file".into(),
        }
    }
}

/// The misfits of one document, as they are found.
struct Misfits<'d> {
    kind: FileKind,
    document: &'d Document<'d>,
    /// What was told of keys and numbers when the file was parsed.
    told: HashSet<Location>,
    /// Each with whether an alias led to it.
    found: Vec<(Diagnostic, bool)>,
}

impl<'d> Misfits<'d> {
    fn new(kind: FileKind, document: &'d Document<'_>, before: &Diagnostics) -> Self {
        let of_text = before.iter().filter(|finding| {
            matches!(
                finding.code,
                Code::MergeKey | Code::NonStringKey | Code::OutOfRange
            )
        });
        Self {
            kind,
            document,
            told: of_text.map(|finding| finding.location).collect(),
            found: Vec::new(),
        }
    }

    fn report(&mut self, error: &ValidationError<'_>) {
        let site = Site::find(self.document, error);
        let aliased = site.aliased;
        let mut push = |finding| self.found.push((finding, aliased));
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let places: HashMap<&str, Location> = site
                    .value
                    .entries()
                    .map(|member| (member.key, member.key_location()))
                    .collect();
                for key in unexpected {
                    let place = places.get(key.as_str()).copied();
                    let place = place.unwrap_or_else(|| site.owner());
                    // A key that is none (`<<`, `1`, a list) was told when the file was parsed.
                    if !self.told.contains(&place) {
                        push(unknown_key(self.kind, &site, place, key, error));
                    }
                }
            }
            ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => {
                // So was a number that no consumer reads exactly.
                if !self.told.contains(&site.value_place()) {
                    push(out_of_range(self.kind, &site, error));
                }
            }
            _ => push(misfit(self.kind, &site, error)),
        }
    }

    /// Hands over what was found. What stands in an anchored value is told once, however many
    /// aliases lead to it.
    fn finish(self, diagnostics: &mut Diagnostics) {
        let mut seen: HashSet<(Code, Location, Option<&str>)> = HashSet::new();
        for via_alias in [false, true] {
            for (finding, aliased) in &self.found {
                // Two keys may be missing at one place.
                let missing = finding.code == Code::MissingKey;
                let what = missing.then_some(finding.message.as_str());
                let same = (finding.code, finding.location, what);
                if *aliased == via_alias && (seen.insert(same) || !aliased) {
                    diagnostics.push(finding.clone());
                }
            }
        }
    }
}

fn out_of_range(kind: FileKind, site: &Site<'_>, error: &ValidationError<'_>) -> Diagnostic {
    let message = format!(
        "{} is {}; it must lie between {}",
        site.subject(),
        site.value.raw(),
        range_of(kind, error)
    );
    Diagnostic::new(Code::OutOfRange, site.value_place(), message)
        .help("write a number in that range")
}

fn misfit(kind: FileKind, site: &Site<'_>, error: &ValidationError<'_>) -> Diagnostic {
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let message = format!("{} has no `{name}`", site.subject());
            let help = format!("add `{name}:` here");
            Diagnostic::new(Code::MissingKey, site.owner(), message).help(help)
        }
        ValidationErrorKind::PropertyNames { error: inner } => {
            let name = inner.instance().as_str().unwrap_or_default().to_owned();
            let place = site
                .value
                .member(&name)
                .map_or_else(|| site.owner(), |member| member.key_location());
            invalid_name(place, &name)
        }
        ValidationErrorKind::Type { kind: expected } => wrong_type(kind, site, expected),
        ValidationErrorKind::Enum { options } => not_among(site, options),
        ValidationErrorKind::Pattern { .. } => wrong_pattern(site),
        ValidationErrorKind::MinProperties { .. } => empty_map(site, error),
        ValidationErrorKind::MinItems { .. } | ValidationErrorKind::MinLength { .. } => {
            let message = format!("{} is empty", site.subject());
            Diagnostic::new(Code::InvalidValue, site.value_place(), message)
                .help("fill it in, or leave the key out")
        }
        ValidationErrorKind::MaxItems { limit } => too_many(site, site.value.items().len(), *limit),
        ValidationErrorKind::MaxProperties { limit } => {
            too_many(site, site.value.entries().len(), *limit)
        }
        ValidationErrorKind::OneOfNotValid { .. }
        | ValidationErrorKind::OneOfMultipleValid { .. } => {
            // Words with a text each are a union too.
            match sibling(kind, error, "oneOf").and_then(words) {
                Some(words) => not_among(site, &words),
                None if kind == FileKind::Deployment => malformed_step(site),
                None => malformed_union(site),
            }
        }
        other => {
            let message = format!(
                "{} does not fit the schema (`{}`)",
                site.subject(),
                other.keyword()
            );
            let help = format!("`ffctl schema {}` prints what is allowed", kind.name());
            Diagnostic::new(Code::InvalidValue, site.value_place(), message).help(help)
        }
    }
}

fn too_many(site: &Site<'_>, count: usize, limit: u64) -> Diagnostic {
    let message = format!("{} holds {count}, more than {limit}", site.subject());
    Diagnostic::new(Code::OutOfRange, site.owner(), message).help(format!("write at most {limit}"))
}

fn unknown_key(
    kind: FileKind,
    site: &Site<'_>,
    place: Location,
    key: &str,
    error: &ValidationError<'_>,
) -> Diagnostic {
    let known: Vec<&str> = sibling(kind, error, "properties")
        .and_then(Value::as_object)
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let holder = match site.member {
        Some(member) => format!("`{}`", member.key),
        None if site.path.is_empty() => match kind {
            FileKind::Flag => "a flag's file".to_owned(),
            FileKind::Config => "ffctl.toml".to_owned(),
            FileKind::Deployment => "a deployment plan".to_owned(),
            other => format!("{}.yaml", other.name()),
        },
        None => site.subject(),
    };
    Diagnostic::new(
        Code::UnknownKey,
        place,
        format!("{holder} has no key `{key}`"),
    )
    .maybe_help(other_word(key, &known).or_else(|| did_you_mean(key, known.iter().copied())))
    .maybe_help_else("remove it, or begin its name with `x-` to keep it as your own")
}

/// Returns the format's word for one that other tools use, which no likeness would find (`and` is
/// nearer to `any` than to `all`).
fn other_word(key: &str, known: &[&str]) -> Option<String> {
    let word = match key.to_ascii_lowercase().as_str() {
        "and" | "allof" | "all_of" => "all",
        "or" | "anyof" | "any_of" => "any",
        "rules" | "targeting" => "targeting_rules",
        "rollout" | "rollout_percentage" | "percent" => "percentage",
        "op" => "operator",
        "default" => "default_value",
        "prerequisites" | "dependencies" | "requires" => "depends_on",
        _ => return None,
    };
    known
        .contains(&word)
        .then(|| format!("the word is `{word}`"))
}

/// Returns a keyword that stands beside the one that failed.
fn sibling<'s>(kind: FileKind, error: &ValidationError<'_>, keyword: &str) -> Option<&'s Value> {
    let (parent, _) = error.schema_path().as_str().rsplit_once('/')?;
    kind.schema().pointer(parent)?.get(keyword)
}

/// Returns the words of a union of words.
fn words(branches: &Value) -> Option<Value> {
    let words = branches.as_array()?.iter().map(|branch| {
        branch
            .get("const")
            .map(|word| vec![word.clone()])
            .or_else(|| branch.get("enum")?.as_array().cloned())
    });
    let words: Option<Vec<Vec<Value>>> = words.collect();
    words.map(|words| Value::Array(words.concat()))
}

fn range_of(kind: FileKind, error: &ValidationError<'_>) -> String {
    let bound =
        |keyword| sibling(kind, error, keyword).map_or_else(|| "any".to_owned(), Value::to_string);
    format!("{} and {}", bound("minimum"), bound("maximum"))
}

/// Returns the finding about a name that holds characters that names may not have.
pub(crate) fn invalid_name(place: Location, name: &str) -> Diagnostic {
    Diagnostic::new(Code::InvalidName, place, format!("`{name}` is not a name")).help(
        "names begin with a letter or digit and hold at most 100 letters, digits, `.`, `_` and `-`",
    )
}

/// Returns the finding about a file that is one value or one list.
fn no_map(document: &Document<'_>) -> Diagnostic {
    let root = document.root();
    let end = root.raw().lines().next().map_or(0, str::len);
    let start = root.span().range().start;
    let place = Location {
        span: Span::new(start, start + end),
        ..root.location()
    };
    let message = format!("the file must be a map, but is {}", root.describe());
    Diagnostic::new(Code::WrongType, place, message).help("write `key: value` lines")
}

fn wrong_type(file: FileKind, site: &Site<'_>, kind: &TypeKind) -> Diagnostic {
    if site.value.is_null() && file == FileKind::Flag {
        if let ["environments", name] = site.path.as_slice() {
            return empty_entry(site.owner(), name);
        }
        if site.path == ["environments"] {
            return Diagnostic::new(Code::EmptyEnvironments, site.owner(), "`environments` has nothing under it")
                .help("add an entry for each environment, write `environments: {}` to expose nothing, or remove the key");
        }
    }
    let expected: Vec<String> = match kind {
        TypeKind::Single(name) => vec![name.to_string()],
        TypeKind::Multiple(names) => names.iter().map(|name| name.to_string()).collect(),
    };
    let article = |name: &String| match name.as_str() {
        "object" => "a map",
        "array" => "a list",
        "integer" => "a whole number",
        "string" => "a string",
        "number" => "a number",
        "boolean" => "a boolean",
        _ => "nothing",
    };
    let expected: Vec<&str> = expected
        .iter()
        .filter(|name| *name != "null")
        .map(article)
        .collect();
    let expected = match expected.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        other => other.concat(),
    };
    let found = site.value.describe();
    let message = format!("{} must be {expected}, but is {found}", site.subject());
    let raw = site.value.raw();
    let help = match (expected.as_str(), found) {
        ("a string", "a number" | "a boolean") => format!("put it in quotes: \"{raw}\""),
        ("a map", "nothing") => "write `{}` if there is nothing to say".to_owned(),
        (_, "nothing") => "fill it in, or leave the key out".to_owned(),
        ("a list", "a string" | "a number" | "a boolean") if !raw.contains('\n') => {
            format!("put it in brackets: [{raw}]")
        }
        ("a boolean", "a string") => "write `true` or `false`, without quotes".to_owned(),
        ("a number" | "a whole number", "a string") => {
            "write the number alone, without quotes".to_owned()
        }
        _ => format!("write {expected}"),
    };
    Diagnostic::new(Code::WrongType, site.value_place(), message).help(help)
}

fn empty_entry(place: Location, environment: &str) -> Diagnostic {
    Diagnostic::new(Code::EmptyEntry, place, format!("the entry of `{environment}` says nothing")).help(
        "write `{enabled: true, inherit: false}` for the flag itself, a value, or remove the entry to expose nothing",
    )
}

fn not_among(site: &Site<'_>, options: &Value) -> Diagnostic {
    let names: Vec<&str> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let found = site.value.as_str().unwrap_or_else(|| site.value.raw());
    let near = did_you_mean(found, names.iter().copied());
    if site.key() == "operator" {
        let finding = Diagnostic::new(
            Code::UnknownOperator,
            site.value_place(),
            format!("there is no operator `{found}`"),
        );
        return finding
            .maybe_help(near)
            .maybe_help_else("the reference lists the operators: `ffctl schema segments`");
    }
    let message = if site.key() == "otherwise" && found == "next" {
        "`otherwise: next` is reserved for a later version".to_owned()
    } else {
        format!("{} cannot be `{found}`", site.subject())
    };
    Diagnostic::new(Code::InvalidValue, site.value_place(), message)
        .maybe_help(near)
        .maybe_help_else(&format!("it is one of {}", join_names(&names, "or")))
}

fn wrong_pattern(site: &Site<'_>) -> Diagnostic {
    let place = site.value_place();
    let found = site.value.as_str().unwrap_or_default();
    match site.key() {
        "every" | "max_age" => Diagnostic::new(
            Code::InvalidDuration,
            place,
            format!("`{found}` is not a duration"),
        )
        .help("write a whole number with s, m, h, d or w: `12h`, `1d`"),
        "start" | "end" => Diagnostic::new(
            Code::InvalidWindow,
            place,
            format!("`{found}` is not a time of day"),
        )
        .help("write hours and minutes in quotes: \"09:00\""),
        "split" => Diagnostic::new(
            Code::InvalidValue,
            place,
            format!("`split` cannot be `{found}`"),
        )
        .help("write weights by variant ({a: 90, b: 10}), or `default` for the variants' own"),
        _ => invalid_name(place, found),
    }
}

fn empty_map(site: &Site<'_>, error: &ValidationError<'_>) -> Diagnostic {
    if let ["environments", name] = site.path.as_slice()
        && error.schema_path().as_str().contains("Entry")
    {
        return empty_entry(site.value_place(), name);
    }
    let message = format!("{} is empty", site.subject());
    Diagnostic::new(Code::InvalidValue, site.value_place(), message)
        .help("fill it in, or leave the key out")
}

fn malformed_union(site: &Site<'_>) -> Diagnostic {
    if site.path.contains(&"depends_on") {
        return Diagnostic::new(
            Code::MissingKey,
            site.owner(),
            "a dependency has exactly one of `required_value` and `required_variant`",
        )
        .help("write the value (or variant) that the other flag must serve");
    }
    Diagnostic::new(
        Code::MalformedCondition,
        Location { span: head(site), ..site.value.location() },
        "a condition is exactly one of `attribute` with `operator`, `segment`, `any`, `all` and `not`",
    )
    .help("split it into several conditions, or add what is missing")
}

/// A step of a deployment does one thing, and a share belongs to one that enables.
fn malformed_step(site: &Site<'_>) -> Diagnostic {
    const ACTIONS: [&str; 3] = ["enable_flag", "disable_flag", "verify_flags"];
    let members = site.value.entries();
    let mut actions = members.filter(|member| ACTIONS.contains(&member.key));
    let Some(first) = actions.next() else {
        return Diagnostic::new(
            Code::MissingKey,
            site.owner(),
            "a step has exactly one of `enable_flag`, `disable_flag` and `verify_flags`",
        )
        .help("say what is done, or remove the step");
    };
    if let Some(second) = actions.next() {
        let message = format!("a step has either `{}` or `{}`", first.key, second.key);
        return Diagnostic::new(Code::ConflictingKeys, second.key_location(), message)
            .related(first.key_location(), "the other one")
            .help("make two steps of it, one below the other: they are done in order");
    }
    let share = site.value.member("percentage");
    let place = share.map_or_else(|| site.owner(), |member| member.key_location());
    let message = format!("`percentage` has no meaning beside `{}`", first.key);
    Diagnostic::new(Code::ConflictingKeys, place, message)
        .related(first.key_location(), "the other one")
        .help("remove it: it says to how many `enable_flag` switches a flag on")
}

/// The first line of a value: the whole of a long condition is not worth underlining.
fn head(site: &Site<'_>) -> Span {
    let span = site.value.span();
    let first = site
        .value
        .entries()
        .next()
        .map(|member| member.key_span.to(member.value.span()));
    first.map_or(span, |first| Span {
        start: span.start,
        end: first.end.max(span.start),
    })
}
