//! ffctl.toml: the settings of a project, as written and as they are meant.
//!
//! TOML becomes the same span tree as YAML, so that the schema check and every finding work alike.
//! [`parse`] gives a valid [`Config`] or findings; an empty file is a valid project.

mod toml;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, join_names, near_names};
use crate::document::{Document, View};
use crate::model::At;
use crate::ruleset::Bucketing;
use crate::schema::{self, FileKind};
use crate::text::{Location, SourceId};

/// The version of the flag files' format that this program reads.
pub const FORMAT: u32 = 1;

/// The settings of a project.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file.
    pub source: SourceId,
    /// The version of the flag files' format.
    pub format: At<u32>,
    /// The versions of ffctl that may work on the project.
    pub requires: Option<At<String>>,
    /// How other repositories call this one.
    pub name: Option<String>,
    /// How flags are named, where the project says so: one of the known styles or a regular
    /// expression, which compiles.
    pub naming: Option<At<String>>,
    /// The folder of the flag files.
    pub flags: String,
    /// The environment of commands that name none.
    pub default_environment: Option<At<String>>,
    /// Which bytes are hashed for buckets.
    pub bucketing: Bucketing,
    /// The repositories that flags may depend on.
    pub repositories: BTreeSet<String>,
    /// Whether writing commands commit by default.
    pub commit: bool,
    /// The branches that changes are merged into.
    pub protected_branches: BTreeSet<String>,
    /// The branch that runtimes are built from.
    pub release_branch: Option<String>,
    /// Levels of checks that are not the usual ones; `None` is off.
    pub levels: BTreeMap<Code, Option<Severity>>,
}

/// Parses ffctl.toml and reports what is wrong with it. Returns `None` only if it is not TOML.
#[must_use]
pub fn parse(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Option<Config> {
    let document = toml::parse(source, text, diagnostics)?;
    schema::check(FileKind::Config, &document, diagnostics);
    Some(Config::read(&document, diagnostics))
}

impl Config {
    fn read(document: &Document<'_>, diagnostics: &mut Diagnostics) -> Self {
        let root = document.root();
        let project = root.get("project");
        let text = |view: Option<View<'_>>| {
            view.and_then(|view| {
                view.as_str()
                    .map(|text| At::new(text.to_owned(), view.span()))
            })
        };
        let of_project = |key: &str| text(project.and_then(|project| project.get(key)));
        let format = project.and_then(|project| project.get("format"));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a small whole number"
        )]
        let format = format
            .and_then(|view| {
                view.as_number()
                    .filter(|number| (1.0..=1e6).contains(number))
                    .map(|number| At::new(number as u32, view.span()))
            })
            .unwrap_or(At::new(FORMAT, root.span()));
        let bucketing = root
            .get("evaluation")
            .and_then(|evaluation| evaluation.get("bucketing"));
        let git = root.get("git");
        let of_git = |key: &str| git.and_then(|git| git.get(key));
        let protected = of_git("protected_branches").into_iter();
        Self {
            source: document.source(),
            format,
            requires: of_project("requires"),
            name: of_project("name").map(|name| name.value),
            naming: naming(of_project("naming"), document.source(), diagnostics),
            flags: flags_folder(of_project("flags"), document.source(), diagnostics),
            default_environment: of_project("default_environment"),
            bucketing: match bucketing.and_then(|view| view.as_str()) {
                Some("flagd-v3") => Bucketing::FlagdV3,
                _ => Bucketing::FlagdV2,
            },
            repositories: names(root.get("repositories")),
            commit: of_git("commit").and_then(|view| view.as_bool()) == Some(true),
            protected_branches: protected
                .flat_map(|list| list.items())
                .filter_map(|view| view.as_str().map(str::to_owned))
                .collect(),
            release_branch: text(of_git("release_branch"))
                .map(|branch| branch.value)
                .filter(|branch| !branch.is_empty()),
            levels: root
                .get("checks")
                .map(|checks| levels(checks, diagnostics))
                .unwrap_or_default(),
        }
    }

    /// Applies the project's levels to findings: some are dropped, some weigh otherwise.
    pub fn apply_levels(&self, diagnostics: &mut Diagnostics) {
        diagnostics.retain_mut(|finding| match self.levels.get(&finding.code) {
            None => true,
            // A warning that circumstances made an error is no matter of taste any more.
            Some(_) if finding.severity != finding.code.severity() => true,
            Some(None) => false,
            Some(Some(severity)) => {
                finding.severity = *severity;
                true
            }
        });
    }
}

/// The folder lies within the project: a path up or from the root is refused.
fn flags_folder(
    written: Option<At<String>>,
    source: SourceId,
    diagnostics: &mut Diagnostics,
) -> String {
    let Some(At { value, span }) = written else {
        return "flags".to_owned();
    };
    let parts: Vec<&str> = value
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if value.starts_with('/') || value.contains('\\') || parts.contains(&"..") {
        let finding = Diagnostic::new(
            Code::InvalidValue,
            Location::new(source, span),
            format!("`{value}` is not a folder of the project"),
        );
        diagnostics.push(finding.help("write a path below ffctl.toml, with forward slashes"));
        return "flags".to_owned();
    }
    parts.join("/")
}

/// A style of naming, or a regular expression that compiles.
fn naming(
    written: Option<At<String>>,
    source: SourceId,
    diagnostics: &mut Diagnostics,
) -> Option<At<String>> {
    let written = written?;
    let known = ["snake_case", "kebab-case", "component_feature_action"];
    if !known.contains(&written.value.as_str()) && regex::Regex::new(&written.value).is_err() {
        let place = Location::new(source, written.span);
        let message = "`naming` is neither a known style nor a regular expression";
        let help = format!(
            "write {}, or a regular expression",
            join_names(&known, "or")
        );
        diagnostics.push(Diagnostic::new(Code::InvalidRegex, place, message).help(help));
        return None;
    }
    Some(written)
}

fn names(view: Option<View<'_>>) -> BTreeSet<String> {
    let entries = view.into_iter().flat_map(|view| view.entries());
    entries
        .filter(|member| !member.key.starts_with("x-"))
        .map(|member| member.key.to_owned())
        .collect()
}

fn levels(checks: View<'_>, diagnostics: &mut Diagnostics) -> BTreeMap<Code, Option<Severity>> {
    let mut levels = BTreeMap::new();
    for member in checks
        .entries()
        .filter(|member| !member.key.starts_with("x-"))
    {
        let Some(code) = Code::from_name(member.key) else {
            let known = Code::ALL.iter().map(|code| code.name());
            let help = near_names(member.key, known);
            let finding = Diagnostic::new(
                Code::UnknownCheck,
                member.key_location(),
                format!("this ffctl has no check `{}`", member.key),
            );
            diagnostics.push(
                finding
                    .maybe_help(help)
                    .maybe_help_else("remove it, or use the version of ffctl that has it"),
            );
            continue;
        };
        let level = match member.value.as_str() {
            Some("off") => None,
            Some("warning") => Some(Severity::Warning),
            Some("error") => Some(Severity::Error),
            _ => continue,
        };
        if code.depends_on_clock() && level == Some(Severity::Error) {
            let message = format!("`{code}` comes and goes with the clock, so it stays a warning");
            let finding = Diagnostic::new(Code::InvalidValue, member.value.location(), message);
            diagnostics.push(
                finding.help("write `warning` or `off`: time alone must not break a catalog"),
            );
            continue;
        }
        if code.severity() == Severity::Error && level != Some(Severity::Error) {
            let message = format!("`{code}` stays an error: a catalog with it cannot be served");
            let finding = Diagnostic::new(Code::InvalidValue, member.value.location(), message);
            diagnostics.push(finding.help("only checks that warn can be turned off or down"));
            continue;
        }
        levels.insert(code, level);
    }
    levels
}
