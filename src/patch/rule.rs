//! `rule add|set|move|remove`: targeting rules, of the flag or of one environment.

use crate::document::Tree;
use crate::format::{FLAG_KEYS, RULE_KEYS};
use crate::model::EnvironmentId;
use crate::resolve::{self, Moment};
use crate::ruleset::Operator;

use super::entry::Draft;
use super::serving::{Keys, SHARE_KEYS, Share, WHAT_KEYS, What, rules_of};
use super::set::typed;
use super::{Patched, Pending, Refusal, Subject};

/// The parts of a rule that are said.
#[derive(Debug, Clone, Default)]
pub struct RuleParts {
    /// Its conditions, each as it was typed; none leaves them as they are.
    pub when: Vec<String>,
    /// What it serves.
    pub what: Option<What>,
    /// To how many of those whom it takes.
    pub share: Option<Share>,
    /// The attribute that names the subject.
    pub bucket_by: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// Adds a rule, before another one or at the end.
///
/// # Errors
///
/// Refuses a name that is taken, conditions that cannot be read, and a rule to stand before that
/// does not exist.
pub fn add_rule(
    subject: &Subject<'_>,
    environment: Option<EnvironmentId>,
    name: &str,
    parts: &RuleParts,
    before: Option<&str>,
    pending: Pending,
) -> Result<Patched, Refusal> {
    let mut list = List::open(subject, environment)?;
    if list.position(name).is_some() {
        return Err(Refusal::no(
            format!("there is a rule `{name}` already"),
            "`ffctl rule set` changes it; each rule of a list has its own name",
        ));
    }
    let mut rule = Tree::map_of([("name", name.into()), ("conditions", Vec::new().into())]);
    apply(subject, &mut rule, parts)?;
    let serves = WHAT_KEYS.iter().any(|key| rule.has(key));
    if !serves && super::entry::is_plain_boolean(subject) {
        // It would be implied; written out, the rule says what it does.
        rule.set("value", true, &RULE_KEYS);
    }
    let at = match before {
        Some(other) => list.find(other)?,
        None => list.rules.len(),
    };
    list.rules.insert(at, rule);
    list.finish(pending)
}

/// Changes the said parts of a rule.
///
/// # Errors
///
/// Refuses an unknown rule and conditions that cannot be read.
pub fn set_rule(
    subject: &Subject<'_>,
    environment: Option<EnvironmentId>,
    name: &str,
    parts: &RuleParts,
    pending: Pending,
) -> Result<Patched, Refusal> {
    let mut list = List::open(subject, environment)?;
    let at = list.find(name)?;
    if let Some(rule) = list.rules.get_mut(at) {
        apply(subject, rule, parts)?;
    }
    list.finish(pending)
}

/// Moves a rule, before another one or to the end.
///
/// # Errors
///
/// Refuses unknown rules.
pub fn move_rule(
    subject: &Subject<'_>,
    environment: Option<EnvironmentId>,
    name: &str,
    before: Option<&str>,
    pending: Pending,
) -> Result<Patched, Refusal> {
    let mut list = List::open(subject, environment)?;
    let at = list.find(name)?;
    if before == Some(name) {
        return list.finish(pending);
    }
    let rule = list.rules.remove(at);
    let to = match before {
        Some(other) => list.find(other)?,
        None => list.rules.len(),
    };
    list.rules.insert(to, rule);
    list.finish(pending)
}

/// Removes a rule.
///
/// # Errors
///
/// Refuses an unknown rule.
pub fn remove_rule(
    subject: &Subject<'_>,
    environment: Option<EnvironmentId>,
    name: &str,
    pending: Pending,
) -> Result<Patched, Refusal> {
    let mut list = List::open(subject, environment)?;
    let at = list.find(name)?;
    list.rules.remove(at);
    list.finish(pending)
}

/// A list of rules while it is changed.
struct List<'s> {
    subject: &'s Subject<'s>,
    draft: Option<Draft<'s>>,
    rules: Vec<Tree>,
    /// The list before it was changed.
    before: Vec<Tree>,
}

impl<'s> List<'s> {
    /// Opens the flag's list, or an environment's: where it has none of its own, a copy of the one
    /// that holds there.
    fn open(subject: &'s Subject<'s>, environment: Option<EnvironmentId>) -> Result<Self, Refusal> {
        subject.not_archived()?;
        let Some(environment) = environment else {
            let rules = subject.root.get("targeting_rules");
            let rules = rules.map(|rules| rules.items().to_vec());
            return Ok(Self::new(subject, None, rules.unwrap_or_default()));
        };
        let mut draft = Draft::new(subject, environment);
        draft.fold_elapsed();
        let time = subject.settled(environment);
        let now = Moment::At(time);
        let present = resolve::resolve(subject.catalog, subject.flag, environment, now);
        let rules = if present.exposed {
            rules_of(subject, environment, &draft.map, time)
        } else {
            // Nothing is said of the environment, and so no rule is looked at there.
            Vec::new()
        };
        Ok(Self::new(subject, Some(draft), rules))
    }

    fn new(subject: &'s Subject<'s>, draft: Option<Draft<'s>>, rules: Vec<Tree>) -> Self {
        Self {
            subject,
            draft,
            before: rules.clone(),
            rules,
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        let is_it = |rule: &Tree| rule.get("name").and_then(Tree::as_str) == Some(name);
        self.rules.iter().position(is_it)
    }

    fn find(&self, name: &str) -> Result<usize, Refusal> {
        self.position(name).ok_or_else(|| {
            let names = self
                .rules
                .iter()
                .filter_map(|rule| rule.get("name").and_then(Tree::as_str));
            let hint = crate::diagnostic::did_you_mean(name, names)
                .unwrap_or_else(|| "`ffctl show` lists the rules".to_owned());
            Refusal::usage(format!("there is no rule `{name}`"), hint)
        })
    }

    fn finish(self, pending: Pending) -> Result<Patched, Refusal> {
        let rules = self.rules;
        if rules == self.before {
            return Ok(Patched {
                root: self.subject.root.clone(),
                notes: Vec::new(),
            });
        }
        let Some(mut draft) = self.draft else {
            let mut root = self.subject.root.clone();
            write_list(&mut root, rules, &FLAG_KEYS);
            return Ok(Patched {
                root,
                notes: Vec::new(),
            });
        };
        write_list(&mut draft.map, rules, &crate::format::ENTRY_KEYS);
        draft.finish(pending)
    }
}

fn write_list(map: &mut Tree, rules: Vec<Tree>, order: &[&str]) {
    match map.get_mut("targeting_rules").and_then(Tree::items_mut) {
        Some(items) => *items = rules,
        None => map.set("targeting_rules", rules, order),
    }
}

fn apply(subject: &Subject<'_>, rule: &mut Tree, parts: &RuleParts) -> Result<(), Refusal> {
    if !parts.when.is_empty() {
        let conditions: Vec<Tree> = parts
            .when
            .iter()
            .map(|text| condition(text))
            .collect::<Result<_, _>>()?;
        rule.set("conditions", conditions, &RULE_KEYS);
    }
    let mut said: Vec<(&[&str], (&str, Tree))> = Vec::new();
    if let Some(what) = &parts.what {
        said.push((&WHAT_KEYS, what.of(subject)?.entry()));
    }
    if let Some(share) = parts.share {
        said.push((&SHARE_KEYS, share.entry(subject.now)));
    }
    let mut keys = Keys(rule.entries().to_vec());
    for (group, entry) in said {
        keys.replace(group, entry);
    }
    let mut changed = Tree::map();
    changed.style = rule.style;
    for (key, tree) in keys.0 {
        changed.set(&key, tree, &RULE_KEYS);
    }
    *rule = changed;
    if let Some(attribute) = &parts.bucket_by {
        rule.set("bucket_by", attribute.as_str(), &RULE_KEYS);
    }
    if let Some(description) = &parts.description {
        rule.set("description", description.as_str(), &RULE_KEYS);
    }
    Ok(())
}

/// Reads a condition: `attribute operator value`, `segment NAME`, or YAML.
fn condition(text: &str) -> Result<Tree, Refusal> {
    let text = text.trim();
    let unreadable = |problem: String, hint: &str| {
        Refusal::usage(
            format!("the condition `{text}` cannot be read: {problem}"),
            hint,
        )
    };
    if text.starts_with('{') {
        let tree =
            typed(text).map_err(|problem| unreadable(problem, "write a map, as in the file"))?;
        return Ok(tree);
    }
    let mut words = text.split_whitespace();
    if let (Some("segment"), Some(name), None) = (words.next(), words.next(), words.next())
        && Operator::from_name(name).is_none()
    {
        return Ok(Tree::map_of([("segment", name.into())]).in_brackets());
    }
    let Some((attribute, operator, operand)) = split_at_operator(text) else {
        let hint = nearest_operator(text).unwrap_or_else(|| {
            "write `attribute operator value`, `segment NAME`, or a condition as in the file".into()
        });
        return Err(unreadable("no operator is named".to_owned(), &hint));
    };
    if attribute.contains(char::is_whitespace) {
        return Err(unreadable(
            format!("`{attribute}` is no attribute"),
            "operators have their negations, like `not_equals`; any condition is negated as in \
             the file: `{not: …}`",
        ));
    }
    let mut tree = Tree::map_of([
        ("attribute", attribute.into()),
        ("operator", operator.name().into()),
    ]);
    if !operand.is_empty() {
        let value = operand_of(operator, operand)
            .map_err(|problem| unreadable(problem, "write the value as in the file"))?;
        tree.set("value", value, &[]);
    }
    Ok(tree.in_brackets())
}

/// Splits at the first word that is an operator and has an attribute before it.
fn split_at_operator(text: &str) -> Option<(&str, Operator, &str)> {
    let mut at = 0;
    for word in text.split_whitespace() {
        let begin = at + text.get(at..)?.find(word)?;
        at = begin + word.len();
        let attribute = text.get(..begin)?.trim();
        if let (Some(operator), false) = (Operator::from_name(word), attribute.is_empty()) {
            return Some((attribute, operator, text.get(at..)?.trim()));
        }
    }
    None
}

fn nearest_operator(text: &str) -> Option<String> {
    let word = text.split_whitespace().nth(1)?;
    let names = Operator::ALL.iter().map(|operator| operator.name());
    crate::diagnostic::near_names(word, names)
}

/// Reads an operand. Operators on text, versions and times take a scalar as the text that was
/// typed: `4.10` is a version there and no number.
fn operand_of(operator: Operator, text: &str) -> Result<Tree, String> {
    let name = operator.name();
    let of_text = [
        "contains",
        "starts_with",
        "ends_with",
        "matches",
        "semver",
        "before",
        "after",
    ];
    let takes_text = of_text
        .iter()
        .any(|part| name.trim_start_matches("not_").starts_with(part));
    let is_quoted = text.starts_with(['"', '\'']);
    // A regular expression is one text, and need not be YAML.
    let is_list = text.starts_with('[') && !name.ends_with("matches");
    if takes_text && !is_quoted && !is_list {
        return Ok(text.into());
    }
    let tree = typed(text)?;
    // What YAML takes for a comment was typed to be compared with.
    let is_cut = !is_quoted && tree.as_str().is_some_and(|read| read != text);
    Ok(if is_cut { text.into() } else { tree })
}
