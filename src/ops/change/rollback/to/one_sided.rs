//! Flags that are gone or broken today, and those that were not there.

use std::sync::Arc;

use crate::diagnostic::join_names;
use crate::document::Tree;
use crate::literal;
use crate::model::Flag;
use crate::patch::{self, Found, Subject};
use crate::store::FileChange;
use crate::yaml;

use super::super::super::plan::{Cause, edited};
use super::super::super::{RefusedError, refused};
use super::super::{holds_kill_switch, not_understood, way_back, whole_only};
use super::Going;

impl Going<'_, '_> {
    /// A file that is gone comes back where it was.
    pub(super) fn bring_back(&mut self, key: &str, was: &Flag, root: &Tree) -> anyhow::Result<()> {
        let path = way_back(&self.planner, self.then, was)?;
        let source = self.then.sources.get(was.source);
        let after = Some(edited(source.text(), root, &path)?);
        let change = FileChange {
            path,
            before: None,
            after,
        };
        self.planner.take(key, change);
        Ok(())
    }

    /// A file that cannot be understood today is as it was, as a whole: nothing in it can be kept.
    pub(super) fn flag_that_is_broken(&mut self, key: &str, was: &Flag) -> anyhow::Result<()> {
        let Some((path, text)) = self.planner.raw_file(key) else {
            return Err(not_understood(key, ", or there are several").into());
        };
        whole_only(key, &text, self.environments.is_some(), self.options)?;
        let source = self.then.sources.get(was.source);
        let root = yaml::tree(source.text()).unwrap_or_else(Tree::map);
        let (was, root) = self.renames.keys.renamed(was, &root);
        let found = Found {
            flag: &was,
            root: &root,
        };
        let done = patch::roll_back(&self.then(), &self.today(), found, None, &self.options());
        let done = done.map_err(refused)?;
        let change = FileChange {
            after: Some(edited(source.text(), &done.root, &path)?),
            before: Some(text),
            path,
        };
        self.planner.plan.notes.push(format!(
            "the file of `{key}` cannot be understood as it is, so it is wholly as it was at {}",
            self.past.name
        ));
        self.planner.take(key, change);
        if let (Some(tree), Some(apart)) = (&done.apart, &mut self.apart) {
            apart.2 = Arc::new(tree.clone());
        }
        self.done.push((key.to_owned(), done));
        Ok(())
    }

    pub(super) fn flag_that_was_not(
        &mut self,
        key: &str,
        left: &mut Vec<String>,
    ) -> anyhow::Result<()> {
        if self.then.known.contains(key) {
            let why = format!(
                "its file had errors at {}, so it is left as it is",
                self.past.name
            );
            if self.planner.request.flags.is_empty() {
                self.planner.skip(key, why, Cause::Broken);
                return Ok(());
            }
            let hint = "choose another revision".to_owned();
            return Err(RefusedError::new(format!("`{key}`: {why}"), hint).into());
        }
        let flag = self.planner.before.catalog.flags.get(key);
        if flag.is_none() || self.planner.before.unsound.contains(key) {
            let why = "its file cannot be understood, so it is left as it is";
            self.planner.skip(key, why, Cause::Broken);
            return Ok(());
        }
        let Some(flag) = flag.filter(|flag| flag.archived.is_none()) else {
            return Ok(());
        };
        if !self.options.prune {
            left.push(key.to_owned());
            return Ok(());
        }
        if holds_kill_switch(flag) && !self.options.lift_kill_switches {
            let why = "it is killed, and an archived flag would be served by the code's default";
            self.planner.skip(key, why, Cause::Broken);
            return Ok(());
        }
        if self.renames.is_in_doubt(key) {
            let why = format!(
                "it may be a flag under a new key, so it is not archived: `ffctl archive --flag {key} --reason TEXT` does it"
            );
            self.planner.skip(key, why, Cause::Broken);
            return Ok(());
        }
        let root = self.planner.root(key)?;
        let subject = Subject {
            catalog: &self.planner.before.catalog,
            flag,
            root: &root,
            now: literal::whole_second(self.planner.request.now),
        };
        let pruned = patch::prune(&subject, &format!("it did not exist at {}", self.past.name));
        self.planner.edit(key, &pruned)
    }

    /// Flags that did not exist are left alone, and named.
    pub(super) fn left(&mut self, left: &[String]) {
        if left.is_empty() {
            return;
        }
        let names: Vec<&str> = left.iter().map(String::as_str).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        self.planner.plan.notes.push(format!(
            "{} did not exist at {} and {verb} left as {}; `--prune` archives what did not exist",
            join_names(&names, "and"),
            self.past.name,
            if names.len() == 1 {
                "it is"
            } else {
                "they are"
            },
        ));
    }
}
