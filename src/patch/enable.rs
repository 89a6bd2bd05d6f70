//! `enable`: to whom a flag is on in an environment.

use crate::document::Tree;
use crate::model::EnvironmentId;
use crate::resolve::{self, Moment};

use super::entry::{Draft, Form, default_key, in_one_line, is_plain_boolean, moment, serving_of};
use super::serving::{
    Keys, SHARE_KEYS, Share, WHAT_KEYS, What, inherited_serving, is_flag_default, rules_of, says,
    tree_of,
};
use super::{Patched, Pending, Refusal, Subject};

/// What to enable.
#[derive(Debug, Clone, Default)]
pub struct Enable {
    /// What is to be served; what is served by now if left out.
    pub what: Option<What>,
    /// To how many; left out, to as many as before, or to everybody.
    pub share: Option<Share>,
    /// When, in Unix seconds: a schedule step is written instead. `None` is now.
    pub at: Option<i64>,
    /// What becomes of steps ahead that set the same.
    pub pending: Pending,
}

/// Switches a flag on in an environment.
///
/// # Errors
///
/// Refuses a flag that is archived or killed, and one of which it is not known what it should
/// serve.
pub fn enable(
    subject: &Subject<'_>,
    environment: EnvironmentId,
    options: &Enable,
) -> Result<Patched, Refusal> {
    subject.not_archived()?;
    not_killed(subject, environment)?;
    let what = options.what.as_ref().map(|what| what.of(subject));
    let options = &Enable {
        what: what.transpose()?,
        ..options.clone()
    };
    let mut draft = Draft::new(subject, environment);
    draft.fold_elapsed();
    let Some(at) = options.at else {
        let short = Switch::new(subject, environment, subject.now).on(&mut draft, options)?;
        return if short {
            draft.finish_short(options.pending)
        } else {
            draft.finish(options.pending)
        };
    };
    ahead(subject, at)?;
    let mut then = draft.clone();
    then.fold(at);
    let switch = Switch::new(subject, environment, at);
    let was_on = switch.is_on(&then);
    switch.on(&mut then, options)?;
    let serving = serving_of(&then.map).or_else(|| inherited_serving(subject, environment, at));
    let mut set = Tree::map();
    if !was_on {
        set.set("enabled", true, &[]);
    }
    for (key, tree) in serving.into_iter().flatten() {
        set.set(&key, tree, &crate::format::ENTRY_KEYS);
    }
    draft.add_step(at, set)?;
    // The step stands beside the others; nothing else is changed.
    draft.finish(Pending::Keep)
}

/// Refuses a time that has come.
pub(super) fn ahead(subject: &Subject<'_>, at: i64) -> Result<(), Refusal> {
    if at > subject.now {
        return Ok(());
    }
    Err(Refusal::usage(
        format!("{} has passed", moment(at)),
        "leave `--at` out to change it now",
    ))
}

/// Refuses a flag that a kill switch holds off.
pub(super) fn not_killed(subject: &Subject<'_>, environment: EnvironmentId) -> Result<(), Refusal> {
    let Some(kill) = resolve::kill(subject.catalog, subject.flag, environment) else {
        return Ok(());
    };
    let (place, option) = match kill.environment {
        None => ("everywhere".to_owned(), String::new()),
        Some(id) => {
            let name = subject.environment_name(id);
            (format!("in {name}"), format!(" --env {name}"))
        }
    };
    let flag = &subject.flag.key;
    Err(Refusal::no(
        format!(
            "`{flag}` is killed {place} since {}: {}",
            kill.switch.at, kill.switch.reason
        ),
        format!(
            "take the kill switch away first: `ffctl restore --flag {flag}{option} --reason …`"
        ),
    ))
}

/// An environment at a time, in which something is switched on.
struct Switch<'s> {
    subject: &'s Subject<'s>,
    environment: EnvironmentId,
    time: i64,
}

impl<'s> Switch<'s> {
    fn new(subject: &'s Subject<'s>, environment: EnvironmentId, time: i64) -> Self {
        Self {
            subject,
            environment,
            time,
        }
    }

    /// Returns whether the environment is on with this entry.
    fn is_on(&self, draft: &Draft<'_>) -> bool {
        match draft.map.get("enabled") {
            Some(own) => own.as_bool().unwrap_or(true),
            None => self.inherits_on(),
        }
    }

    fn inherits_on(&self) -> bool {
        let chain = resolve::chain(self.subject.catalog, self.subject.flag, self.environment);
        let parent = chain.get(1).copied();
        parent.is_none_or(|parent| {
            let time = Moment::At(self.time);
            let (catalog, flag) = (self.subject.catalog, self.subject.flag);
            resolve::resolve(catalog, flag, parent, time).enabled.value
        })
    }

    fn has_rules(&self, draft: &Draft<'_>) -> bool {
        !rules_of(self.subject, self.environment, &draft.map, self.time).is_empty()
    }

    /// The serving of the entry, or else the inherited one, which is then restated.
    fn serving(&self, draft: &Draft<'_>) -> Keys {
        let own = serving_of(&draft.map);
        let serving = own.or_else(|| inherited_serving(self.subject, self.environment, self.time));
        Keys(serving.unwrap_or_default())
    }

    /// Switches the entry on. Returns whether it may be written as a scalar.
    fn on(&self, draft: &mut Draft<'_>, options: &Enable) -> Result<bool, Refusal> {
        if options.share.is_none() && options.what.is_none() {
            return self.on_as_it_was(draft);
        }
        let mut keys = self.serving(draft);
        let short = match (&options.what, options.share) {
            (Some(what), None) => self.serve(what, &mut keys, draft),
            (what, share) => {
                self.serve_some(what.as_ref(), share, &mut keys)?;
                false
            }
        };
        self.rest_differs(&mut keys)?;
        draft.set_serving(&keys.0);
        self.write_enabled(draft);
        Ok(short)
    }

    fn write_enabled(&self, draft: &mut Draft<'_>) {
        if draft.form != Form::Map || !self.is_on(draft) {
            draft.set("enabled", true);
        }
    }

    /// Another thing is served, to as many as before.
    fn serve(&self, what: &What, keys: &mut Keys, draft: &Draft<'_>) -> bool {
        let bare = keys
            .0
            .iter()
            .all(|(key, _)| key == default_key(self.subject));
        if let (What::Value(tree), true, false) = (what, bare, self.has_rules(draft))
            && tree.scalar().is_some()
            && tree.as_bool() != Some(false)
        {
            keys.replace(&[], (default_key(self.subject), tree.clone()));
            return true;
        }
        if let (What::Variant(name), true, false) = (what, bare, self.has_rules(draft)) {
            keys.replace(&[], (default_key(self.subject), name.as_str().into()));
            return true;
        }
        keys.replace(&WHAT_KEYS, what.entry());
        false
    }

    /// Something is served to some.
    fn serve_some(
        &self,
        what: Option<&What>,
        share: Option<Share>,
        keys: &mut Keys,
    ) -> Result<(), Refusal> {
        let default = keys.default(self.subject).cloned();
        match what {
            Some(what) => {
                keys.replace(&WHAT_KEYS, what.entry());
                // What everybody had is now what some have.
                if default.is_some() && keys.single(self.subject) == default {
                    keys.remove(&[default_key(self.subject)]);
                }
            }
            None if keys.has_step() => {}
            None => self.serve_the_default(default, keys)?,
        }
        if let Some(share) = share {
            keys.replace(&SHARE_KEYS, share.entry(self.time));
        }
        Ok(())
    }

    /// The environment serves by its default alone: that becomes what is served to some, and the
    /// rest gets the flag's default.
    fn serve_the_default(&self, default: Option<Tree>, keys: &mut Keys) -> Result<(), Refusal> {
        let subject = self.subject;
        if is_plain_boolean(subject) {
            if default.as_ref().and_then(Tree::as_bool) == Some(true) {
                keys.remove(&[default_key(subject)]);
            }
            return Ok(());
        }
        if let Some(default) = default.filter(|default| !is_flag_default(subject, default)) {
            keys.remove(&[default_key(subject)]);
            let key = if subject.flag.variants.is_empty() {
                "value"
            } else {
                "variant"
            };
            keys.replace(&WHAT_KEYS, (key, default));
            return Ok(());
        }
        if has_weights(subject) {
            return Ok(());
        }
        Err(say_what(subject))
    }

    /// Where a share is left out, it must get something else.
    fn rest_differs(&self, keys: &mut Keys) -> Result<(), Refusal> {
        let subject = self.subject;
        let leaves_out = match (keys.get("percentage"), keys.get("gradual")) {
            (Some(share), _) => {
                super::serving::thousandths(share) != Some(crate::ruleset::POSITIONS)
            }
            (None, gradual) => gradual.is_some(),
        };
        let Some(single) = keys.single(subject).filter(|_| leaves_out) else {
            return Ok(());
        };
        let same = match keys.default(subject) {
            Some(default) => *default == single,
            None => is_flag_default(subject, &single),
        };
        if !same {
            return Ok(());
        }
        if is_plain_boolean(subject) && !says(subject, &single, &subject.flag.off) {
            let off = tree_of(subject, &subject.flag.off);
            keys.replace(&[], (default_key(subject), off));
            return Ok(());
        }
        Err(Refusal::usage(
            format!(
                "those outside the share would get `{}` as well",
                in_one_line(&single)
            ),
            "say what those inside get, with `--value` or `--variant`",
        ))
    }

    /// Without options: what `enabled: false` holds back, or else everything to everybody.
    fn on_as_it_was(&self, draft: &mut Draft<'_>) -> Result<bool, Refusal> {
        let subject = self.subject;
        let keys = self.serving(draft);
        let default = keys.default(subject).cloned();
        let own_default = default
            .as_ref()
            .is_some_and(|default| !is_flag_default(subject, default));
        let serves = self.has_rules(draft) || keys.reaches_somebody() || own_default;
        if draft.form == Form::Map && draft.is_off() && serves {
            draft.set("enabled", true);
            return Ok(true);
        }
        if is_plain_boolean(subject) {
            if self.is_for_everybody(draft, &keys) {
                return Ok(draft.form == Form::Scalar);
            }
            self.everybody(draft, keys);
            return Ok(true);
        }
        // What it serves is known: a value, a variant, a split, or weights.
        if keys.has_any(&WHAT_KEYS) || (has_weights(subject) && !own_default) {
            let mut keys = keys;
            keys.replace(
                &SHARE_KEYS,
                Share::Percentage(crate::ruleset::POSITIONS).entry(0),
            );
            draft.set_serving(&keys.0);
            self.write_enabled(draft);
            return Ok(false);
        }
        if own_default && self.is_on(draft) {
            return Ok(true);
        }
        if own_default && serving_of(&draft.map).is_none() {
            // What it would inherit is served by its default alone.
            draft.set_serving(&keys.0);
            draft.set("enabled", true);
            return Ok(true);
        }
        Err(say_what(subject))
    }

    /// Returns whether a boolean is served to all whom no rule takes.
    fn is_for_everybody(&self, draft: &Draft<'_>, keys: &Keys) -> bool {
        let default = keys.default(self.subject).and_then(Tree::as_bool);
        draft.form != Form::Absent && self.is_on(draft) && !keys.has_step() && default == Some(true)
    }

    /// A boolean is on for everybody: `true` where that says it all.
    fn everybody(&self, draft: &mut Draft<'_>, mut keys: Keys) {
        let bare = draft.map.entries().iter().all(|(key, _)| {
            key == "enabled" || crate::format::SERVING_KEYS.contains(&key.as_str())
        });
        if bare && !self.has_rules(draft) {
            draft.set_serving(&[("default_value".to_owned(), true.into())]);
            draft.set("enabled", true);
            return;
        }
        keys.remove(&WHAT_KEYS);
        keys.replace(
            &SHARE_KEYS,
            Share::Percentage(crate::ruleset::POSITIONS).entry(0),
        );
        draft.set_serving(&keys.0);
        self.write_enabled(draft);
    }
}

fn has_weights(subject: &Subject<'_>) -> bool {
    let first = subject.flag.variants.first();
    first.is_some_and(|variant| variant.weight.is_some())
}

fn say_what(subject: &Subject<'_>) -> Refusal {
    let option = if subject.flag.variants.is_empty() {
        "--value"
    } else {
        "--variant"
    };
    Refusal::usage(
        format!("it is not said what `{}` should serve", subject.flag.key),
        format!("say it with `{option}`"),
    )
}
