//! What a promotion brings of that which is served to whom no rule takes.

use crate::document::Tree;
use crate::model::Serving;

use super::time::rebase;
use super::{Exposure, Promotion};
use crate::patch::Refusal;
use crate::patch::entry::{default_key, in_one_line, is_plain_boolean};
use crate::patch::serving::{Keys, SHARE_KEYS, Share, WHAT_KEYS, tree_of};

impl Promotion<'_> {
    /// Returns the serving, if it becomes another.
    pub(super) fn serving(&mut self) -> Result<Option<Keys>, Refusal> {
        if let Exposure::AsIs(restart) = self.exposure {
            return self.serving_as_is(restart);
        }
        Ok(
            match (self.a.resolved.serving.value, self.b.resolved.serving.value) {
                (Some(ours), Some(theirs)) => self.what(ours, theirs),
                (Some(ours), None) => self.new_step(ours),
                (None, _) => self.default_as_step(),
            },
        )
    }

    /// All of it: what, to how many, and the default.
    fn serving_as_is(&self, restart: Option<i64>) -> Result<Option<Keys>, Refusal> {
        let (a, b) = (&self.a.resolved, &self.b.resolved);
        if a.serving.value == b.serving.value && a.default.value == b.default.value {
            return Ok(None);
        }
        let mut keys = self.a.keys.clone();
        let present = b.serving.value.map(|serving| serving.share);
        if let Some(ours) = a.serving.value
            && present != Some(ours.share)
        {
            let mut map = Tree::map();
            for (key, tree) in keys.0 {
                map.set(&key, tree, &[]);
            }
            rebase(&mut map, ours, restart, self.a.settled, self.a.name)?;
            keys = Keys(map.entries().to_vec());
        }
        Ok(Some(keys))
    }

    /// Both serve something to some: what it is comes here, to how many stays.
    fn what(&self, ours: &Serving, theirs: &Serving) -> Option<Keys> {
        if ours.what == theirs.what {
            return None;
        }
        let mut keys = self.b.keys.clone();
        keys.remove(&WHAT_KEYS);
        self.add_what(&mut keys);
        if !keys.has_step() {
            // Implied over there beside a percentage, here it would be said by nothing.
            let implied = if is_plain_boolean(self.subject) {
                ("value", true.into())
            } else {
                ("split", "default".into())
            };
            keys.replace(&WHAT_KEYS, implied);
        }
        Some(keys)
    }

    fn add_what(&self, keys: &mut Keys) {
        let ours = &self.a.keys.0;
        for (key, tree) in ours {
            if WHAT_KEYS.contains(&key.as_str()) {
                keys.replace(&WHAT_KEYS, (key, tree.clone()));
            }
        }
    }

    /// Only this side serves something to some. The other keeps its exposure, which is nobody,
    /// unless it is said to how many.
    fn new_step(&mut self, ours: &Serving) -> Option<Keys> {
        let subject = self.subject;
        let (from, to) = (self.a.name, self.b.name);
        let default = self.b.resolved.default.value;
        if ours.what.single(&subject.flag.variants).as_ref() == Some(default) {
            let default = in_one_line(&tree_of(subject, default));
            self.notes.push(format!(
                "`{default}` is what everybody whom no rule takes gets in {to} already"
            ));
            return None;
        }
        let Exposure::Percentage(share) = self.exposure else {
            self.notes.push(format!(
                "what {from} serves to some whom no rule takes is served to nobody in {to}: \
                 `--percentage` brings it"
            ));
            return None;
        };
        let mut keys = self.b.keys.clone();
        self.add_what(&mut keys);
        keys.replace(&SHARE_KEYS, Share::Percentage(share).entry(subject.now));
        Some(keys)
    }

    /// This side serves by its default alone. A default is exposure; where it is said to how many,
    /// it becomes what they get, and the rest keeps the other's default.
    fn default_as_step(&mut self) -> Option<Keys> {
        let subject = self.subject;
        let default = self.a.keys.default(subject)?.clone();
        if self.a.resolved.default.value == self.b.resolved.default.value {
            return None;
        }
        let Exposure::Percentage(share) = self.exposure else {
            self.notes.push(format!(
                "`{}` is the default of {}, which is exposure: `--percentage` brings it to some, \
                 `--as-is` to everybody",
                in_one_line(&default),
                self.a.name
            ));
            return None;
        };
        let what = if default_key(subject) == "default_value" {
            "value"
        } else {
            "variant"
        };
        let mut keys = self.b.keys.clone();
        keys.replace(&WHAT_KEYS, (what, default));
        keys.replace(&SHARE_KEYS, Share::Percentage(share).entry(subject.now));
        Some(keys)
    }
}
