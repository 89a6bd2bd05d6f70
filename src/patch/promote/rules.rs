//! The rules of a promotion: whose structure and order come from one environment, and whose shares
//! stay as they are in the other.

use crate::diagnostic::join_names;
use crate::document::Tree;
use crate::format::RULE_KEYS;
use crate::ruleset::POSITIONS;

use super::side::Written;
use super::time::rebase;
use super::{Exposure, Promotion, drift};
use crate::patch::Refusal;
use crate::patch::serving::{SHARE_KEYS, Share, WHAT_KEYS, thousandths};

impl Promotion<'_> {
    /// Returns the list of rules, if it is not the one that would hold anyway.
    pub(super) fn rules(&mut self) -> Result<Option<Vec<Tree>>, Refusal> {
        self.no_conflict()?;
        self.shares_are_said()?;
        let mut list = Vec::new();
        for ours in &self.a.rules {
            if self.stays(ours.name()) {
                continue;
            }
            list.push(match self.b.rule(ours.name()) {
                Some(theirs) => self.merged(ours, theirs)?,
                None => self.new_rule(ours)?,
            });
        }
        self.keep_left(&mut list);
        self.note_left();
        // An entry without rules of its own takes the flag's.
        let anyway: Vec<Tree> = if self.b.resolved.exposed {
            self.b
                .rules
                .iter()
                .map(|theirs| theirs.tree.clone())
                .collect()
        } else {
            let of_flag = self.subject.root.get("targeting_rules");
            of_flag
                .map(|list| list.items().to_vec())
                .unwrap_or_default()
        };
        let plain = |list: &[Tree]| list.iter().map(without_all).collect::<Vec<_>>();
        Ok((plain(&list) != plain(&anyway)).then_some(list))
    }

    /// Returns whether a rule is left where it is, because either side says so.
    pub(super) fn stays(&self, name: &str) -> bool {
        let mut both = [&self.a, &self.b].into_iter();
        both.any(|side| {
            side.rule(name)
                .is_some_and(|written| !written.rule.promotable)
        })
    }

    /// A rule that only the other environment has was made there, or taken away here: nobody but
    /// its people can tell.
    fn no_conflict(&self) -> Result<(), Refusal> {
        let theirs = self.b.rules.iter().map(Written::name);
        let own: Vec<&str> = theirs
            .filter(|name| self.a.rule(name).is_none() && !self.stays(name))
            .collect();
        let Some(first) = own.first() else {
            return Ok(());
        };
        let (key, from, to) = (&self.subject.flag.key, self.a.name, self.b.name);
        let rules = if own.len() == 1 { "a rule" } else { "rules" };
        Err(Refusal::no(
            format!(
                "{to} has {rules} of its own that {from} lacks: {}",
                join_names(&own, "and")
            ),
            format!(
                "remove it (`ffctl rule remove --flag {key} --env {to} --name {first}`), add it \
                 to {from} (`ffctl rule add --flag {key} --env {from} --name {first} …`), or give \
                 it `promotable: false`"
            ),
        ))
    }

    fn shares_are_said(&self) -> Result<(), Refusal> {
        if self.exposure != Exposure::Keep {
            return Ok(());
        }
        let ours = self.a.rules.iter().map(Written::name);
        let new: Vec<&str> = ours
            .filter(|name| self.b.rule(name).is_none() && !self.stays(name))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let noun = if new.len() == 1 { "rule" } else { "rules" };
        let (from, to) = (self.a.name, self.b.name);
        Err(Refusal::usage(
            format!(
                "{to} does not know the {noun} {} yet",
                join_names(&new, "and")
            ),
            format!(
                "say to how many of those whom it takes with `--percentage`, or `--as-is` for as \
                 many as in {from}"
            ),
        ))
    }

    /// A rule that both have. What is written alike in meaning is left as it is written.
    fn merged(&self, ours: &Written<'_>, theirs: &Written<'_>) -> Result<Tree, Refusal> {
        let (a, b) = (ours.rule, theirs.rule);
        let mut rule = theirs.tree.clone();
        let mut keys = vec!["description", "bucket_by", "metadata"];
        if !drift::same_conditions(&a.conditions, &b.conditions) {
            keys.push("conditions");
        }
        if a.serving.what != b.serving.what {
            keys.extend(WHAT_KEYS);
        }
        let mut source = ours.tree.clone();
        if let Exposure::AsIs(restart) = self.exposure
            && a.serving.share != b.serving.share
        {
            let place = format!("rule `{}` of {}", ours.name(), self.a.name);
            rebase(&mut source, &a.serving, restart, self.a.settled, &place)?;
            keys.extend(SHARE_KEYS);
        }
        for key in keys {
            match source.get(key) {
                Some(tree) if rule.get(key) == Some(tree) => {}
                Some(tree) => rule.set(key, tree.clone(), &RULE_KEYS),
                None => drop(rule.remove(key)),
            }
        }
        Ok(rule)
    }

    /// A rule that the other environment does not know.
    fn new_rule(&self, ours: &Written<'_>) -> Result<Tree, Refusal> {
        let mut rule = ours.tree.clone();
        match self.exposure {
            Exposure::Percentage(share) => {
                for key in SHARE_KEYS {
                    rule.remove(key);
                }
                let (key, tree) = Share::Percentage(share).entry(self.subject.now);
                rule.set(key, tree, &RULE_KEYS);
            }
            Exposure::AsIs(restart) => {
                let place = format!("rule `{}` of {}", ours.name(), self.a.name);
                let serving = &ours.rule.serving;
                rebase(&mut rule, serving, restart, self.a.settled, &place)?;
            }
            // Refused before.
            Exposure::Keep => {}
        }
        Ok(rule)
    }

    /// Puts the rules that are left behind those that they stood behind.
    fn keep_left(&self, list: &mut Vec<Tree>) {
        let name_of = |rule: &Tree| rule.get("name").and_then(Tree::as_str).map(str::to_owned);
        for (at, theirs) in self.b.rules.iter().enumerate() {
            if !self.stays(theirs.name()) {
                continue;
            }
            let mut before = self.b.rules.iter().take(at).rev();
            let behind = before.find_map(|other| {
                let is_it = |rule: &Tree| name_of(rule).as_deref() == Some(other.name());
                list.iter().position(is_it)
            });
            list.insert(behind.map_or(0, |at| at + 1), theirs.tree.clone());
        }
    }

    fn note_left(&mut self) {
        let names = self.a.rules.iter().chain(&self.b.rules).map(Written::name);
        let mut left: Vec<&str> = names.filter(|name| self.stays(name)).collect();
        left.sort_unstable();
        left.dedup();
        let (a, b, to) = (&self.a, &self.b, self.b.name);
        let words = |name: &str| match (a.rule(name), b.rule(name)) {
            (Some(ours), Some(theirs)) if drift::same_structure((a, ours), (b, theirs)) => None,
            (_, Some(_)) => Some(format!(
                "rule `{name}` is not promotable: left in {to} as it is"
            )),
            _ => Some(format!(
                "rule `{name}` is not promotable: not brought to {to}"
            )),
        };
        let notes: Vec<String> = left.into_iter().filter_map(words).collect();
        self.notes.extend(notes);
    }
}

/// Returns a rule without a share that leaves nobody out: written or not, it is the same.
fn without_all(rule: &Tree) -> Tree {
    let mut rule = rule.clone();
    if rule.get("percentage").and_then(thousandths) == Some(POSITIONS) {
        rule.remove("percentage");
    }
    rule
}
