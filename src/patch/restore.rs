//! `restore`: a kill switch is taken away, and no more comes back than was there.

use crate::document::{Scalar, Tree};
use crate::format::ENTRY_KEYS;
use crate::literal;
use crate::model::{EnvironmentId, KillSwitch};
use crate::resolve::{self, Moment};

use super::entry::{
    Draft, Form, describe_step, holds_slot, inherited, moment, serving_of, step_time, write_entry,
};
use super::hold::Hold;
use super::serving::{inherited_serving, is_idle, put_to_rest, rules_of};
use super::{Patched, Pending, Refusal, Subject};

/// What comes back of that which time has moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Return {
    /// What was served when the switch was thrown.
    #[default]
    AsItWas,
    /// The present step: ramps and schedules as if nothing had happened.
    Resume,
    /// What was served then, and ramps begin anew.
    Restart,
}

/// How to restore.
#[derive(Debug, Clone, Copy, Default)]
pub struct Restore {
    /// What comes back.
    pub back: Return,
    /// What becomes of steps that are still ahead.
    pub pending: Pending,
}

/// Takes a kill switch away: the flag's, or an environment's.
///
/// # Errors
///
/// Refuses where no kill switch stands, naming where one does; and steps ahead of which nobody has
/// said what becomes of them.
pub fn restore(
    subject: &Subject<'_>,
    environment: Option<EnvironmentId>,
    options: Restore,
) -> Result<Patched, Refusal> {
    subject.not_archived()?;
    let switch = switch_at(subject, environment)?;
    let thrown = literal::whole_second(switch.at).min(subject.now);
    let mut restoring = Restoring {
        subject,
        environment,
        killed: environment.map_or(thrown, |id| subject.settled(id)),
        options,
        in_place: false,
        root: subject.root.clone(),
        notes: Vec::new(),
        ahead: Vec::new(),
    };
    if environment.is_none() {
        restoring.root.remove("kill_switch");
    }
    restoring.in_place = restoring.has_flag_rules_alone();
    if restoring.in_place {
        restoring.flag_rules();
    }
    for (id, _) in subject.catalog.environments.iter() {
        if restoring.covers(id) && !restoring.is_killed_below(id) {
            restoring.entry(id);
        }
    }
    restoring.keep_killed_below();
    restoring.switch_off_the_idle();
    restoring.finish()
}

fn switch_at<'c>(
    subject: &Subject<'c>,
    environment: Option<EnvironmentId>,
) -> Result<&'c KillSwitch, Refusal> {
    let flag = subject.flag;
    let own = match environment {
        None => flag.kill_switch.as_ref(),
        Some(id) => flag.entry(id).and_then(|entry| entry.kill_switch.as_ref()),
    };
    if let Some(switch) = own {
        return Ok(switch);
    }
    let key = &flag.key;
    let restore =
        |place: &str| format!("`ffctl restore --flag {key}{place} --reason …` takes it away");
    if let Some(id) = environment
        && let Some(kill) = resolve::kill(subject.catalog, flag, id)
    {
        let name = subject.environment_name(id);
        return Err(match kill.environment {
            None => Refusal::no(
                format!("{name} holds no kill switch of its own: `{key}` is killed everywhere"),
                restore(""),
            ),
            Some(ancestor) => {
                let ancestor = subject.environment_name(ancestor);
                Refusal::no(
                    format!("the kill switch of {name} is inherited from {ancestor}"),
                    restore(&format!(" --env {ancestor}")),
                )
            }
        });
    }
    let killed: Vec<&str> = flag
        .entries
        .iter()
        .flatten()
        .filter(|(_, entry)| entry.kill_switch.is_some())
        .map(|(id, _)| subject.environment_name(*id))
        .collect();
    Err(match killed.as_slice() {
        [] => Refusal::no(
            format!("`{key}` is not killed"),
            "`ffctl list --state killed` shows what is; a kill on another branch is restored there, with `--branch NAME`",
        ),
        some => Refusal::no(
            format!(
                "`{key}` is killed in {} only",
                crate::diagnostic::join_names(some, "and")
            ),
            restore(" --env NAME"),
        ),
    })
}

struct Restoring<'s> {
    subject: &'s Subject<'s>,
    environment: Option<EnvironmentId>,
    /// When the switch was thrown.
    killed: i64,
    options: Restore,
    /// Whether ramps of the flag's own rules are changed where they stand.
    in_place: bool,
    root: Tree,
    notes: Vec<String>,
    /// Steps that are still ahead, with their environments.
    ahead: Vec<(EnvironmentId, Tree)>,
}

impl Restoring<'_> {
    /// Returns whether the kill switch covers an environment.
    fn covers(&self, environment: EnvironmentId) -> bool {
        let Some(killed) = self.environment else {
            return true;
        };
        let environments = &self.subject.catalog.environments;
        environments.sync_line(environment).any(|id| id == killed)
    }

    /// Returns whether an environment is also killed by a switch nearer to it than the one that is
    /// taken away: what it served comes back with that.
    fn is_killed_below(&self, environment: EnvironmentId) -> bool {
        let subject = self.subject;
        let mut kills = resolve::kills(subject.catalog, subject.flag, environment)
            .filter(|kill| kill.environment.is_some());
        let nearest = kills.next().and_then(|kill| kill.environment);
        nearest.is_some() && nearest != self.environment
    }

    /// Returns whether the kill switch covers every environment that uses the flag's own rules, now
    /// or at a later step.
    fn has_flag_rules_alone(&self) -> bool {
        let Subject { catalog, flag, .. } = *self.subject;
        let uses = |id: EnvironmentId| {
            let steps = resolve::step_times(catalog, flag, id).into_iter();
            let times = steps
                .filter(|time| *time > self.killed)
                .chain([self.killed]);
            times.into_iter().any(|time| {
                let resolved = resolve::resolve(catalog, flag, id, Moment::At(time));
                // A list written as `null` is the flag's too, so the origin does not tell.
                let own = resolved.rules.value.as_ptr();
                resolved.exposed && std::ptr::eq(own, flag.rules.value.as_ptr())
            })
        };
        let mut others = catalog.environments.iter().map(|(id, _)| id);
        // Those that stay killed get what they had into their own entries.
        others.all(|id| self.covers(id) || !uses(id))
    }

    fn hold(&self) -> Option<Hold> {
        match self.options.back {
            Return::AsItWas => Some(Hold::At(self.killed)),
            Return::Restart => Some(Hold::Anew {
                was: self.killed,
                start: self.subject.now,
            }),
            Return::Resume => None,
        }
    }

    /// The flag's own rules, where all environments that use them are covered.
    fn flag_rules(&mut self) {
        let Some(hold) = self.hold() else { return };
        let rules = self
            .root
            .get_mut("targeting_rules")
            .and_then(Tree::items_mut);
        if let Some(rules) = rules {
            hold.rules(rules, &mut self.notes, "the flag");
        }
    }

    /// An environment that the kill switch covers.
    fn entry(&mut self, id: EnvironmentId) {
        let is_own = self.environment == Some(id);
        let mut draft = Draft::new(self.subject, id);
        if draft.form == Form::Absent {
            return;
        }
        let (killed, now) = (self.killed, self.subject.now);
        let mut is_written = is_own;
        if self.options.back == Return::Resume {
            draft.fold(now);
        } else {
            draft.fold(killed);
            let since = |step: &Tree| step_time(step).is_some_and(|at| at <= now);
            for step in draft.take_steps(|step| !since(step)) {
                self.notes.push(format!("dropped {}", describe_step(&step)));
                is_written = true;
            }
        }
        let ahead = super::entry::steps(&draft.map);
        self.ahead.extend(ahead.into_iter().map(|step| (id, step)));
        if self.options.pending == Pending::Drop {
            is_written |= !draft.take_steps(|_| false).is_empty();
        }
        if let Some(hold) = self.hold() {
            let place = draft.name();
            is_written |= hold.entry(&mut draft.map, &mut self.notes, place);
            if let Some(rules) = draft
                .map
                .get_mut("targeting_rules")
                .and_then(Tree::items_mut)
            {
                is_written |= hold.rules(rules, &mut self.notes, place);
            }
        }
        if is_own || self.stands_alone(id, &draft) {
            let before = draft.map.clone();
            self.pin_shared(id, &mut draft);
            is_written |= draft.map != before;
        }
        if is_own {
            draft.map.remove("kill_switch");
        }
        // `false` would say that nothing is held back.
        let short = draft
            .as_scalar()
            .filter(|scalar| is_own && scalar.as_bool() != Some(false));
        let written =
            short.or_else(|| (!draft.map.entries().is_empty()).then(|| draft.map.clone()));
        // Elapsed steps of an entry that need not be written are not folded into it.
        if is_written {
            write_entry(self.subject, &mut self.root, id, written);
        }
    }

    /// Returns whether an environment that the switch of another covers takes rules from places that
    /// neither of them holds.
    fn stands_alone(&self, id: EnvironmentId, draft: &Draft<'_>) -> bool {
        let Some(killed) = self.environment else {
            return false;
        };
        let chain = resolve::chain(self.subject.catalog, self.subject.flag, id);
        let rules = draft.map.get("targeting_rules");
        !chain.contains(&killed) || rules.is_some_and(Tree::is_null)
    }

    /// What the environment takes from places that others use too is pinned into its own entry
    /// where time has moved it on: as it was when the switch was thrown.
    fn pin_shared(&mut self, id: EnvironmentId, draft: &mut Draft<'_>) {
        let Some(hold) = self.hold() else { return };
        let Subject { catalog, flag, .. } = *self.subject;
        let then = resolve::resolve(catalog, flag, id, Moment::At(self.killed));
        let base = inherited(self.subject, id, self.subject.now);
        if !then.exposed && !base.into_iter().any(|layer| holds_slot(&layer)) {
            // Nothing was said of it then, and nothing is once its own steps are dropped.
            return;
        }
        if serving_of(&draft.map).is_none() {
            self.pin_serving(hold, id, draft);
        }
        if draft.map.get("targeting_rules").is_none_or(Tree::is_null) {
            self.pin_rules(hold, id, draft);
        }
        self.pin_switches(id, draft);
    }

    fn pin_serving(&mut self, hold: Hold, id: EnvironmentId, draft: &mut Draft<'_>) {
        let inherited = |time| inherited_serving(self.subject, id, time).unwrap_or_default();
        let then = inherited(self.killed);
        let mut copy = Tree::map();
        for (key, tree) in &then {
            copy.set(key, tree.clone(), &ENTRY_KEYS);
        }
        let moved = then != inherited(self.subject.now);
        let held = hold.entry(&mut copy, &mut self.notes, draft.name());
        if !held && !moved {
            return;
        }
        if copy.entries().is_empty() {
            copy.set("percentage", Scalar::Null, &[]);
        }
        draft.set_serving(copy.entries());
    }

    fn pin_rules(&mut self, hold: Hold, id: EnvironmentId, draft: &mut Draft<'_>) {
        let Subject { catalog, flag, .. } = *self.subject;
        let resolved = |time| resolve::resolve(catalog, flag, id, Moment::At(time));
        let rules = |time| {
            let of = |exposed: bool| exposed.then(|| rules_of(self.subject, id, &draft.map, time));
            of(resolved(time).exposed).unwrap_or_default()
        };
        let mut then = rules(self.killed);
        let moved = then != rules(self.subject.now);
        let is_shared = !self.in_place || resolved(self.killed).rules.origin.environment.is_some();
        let held = is_shared && hold.rules(&mut then, &mut self.notes, draft.name());
        if held || moved {
            draft.set("targeting_rules", then);
        }
    }

    fn pin_switches(&self, id: EnvironmentId, draft: &mut Draft<'_>) {
        let Subject {
            catalog, flag, now, ..
        } = *self.subject;
        let Some(parent) = resolve::chain(catalog, flag, id).get(1).copied() else {
            return;
        };
        let resolved = |time| resolve::resolve(catalog, flag, parent, Moment::At(time));
        let (then, today) = (resolved(self.killed), resolved(now));
        if !draft.map.has("enabled") && then.enabled.value != today.enabled.value {
            draft.set("enabled", then.enabled.value);
        }
        if !draft.map.has("bucket_by") && then.bucket_by.value != today.bucket_by.value {
            let attribute = then.bucket_by.value;
            draft.set(
                "bucket_by",
                attribute.map_or_else(|| Scalar::Null.into(), Tree::from),
            );
        }
    }

    /// What the environments that stay killed took from places that were changed for others is
    /// pinned into their own entries: as it was when they were killed, ramps as ramps, for their
    /// own `restore` decides about those.
    fn keep_killed_below(&mut self) {
        let environments = &self.subject.catalog.environments;
        let depth = |id: EnvironmentId| environments.sync_line(id).count();
        let mut below: Vec<EnvironmentId> = environments
            .iter()
            .map(|(id, _)| id)
            .filter(|id| self.covers(*id) && self.is_killed_below(*id))
            // What was killed no sooner than the rest has that moment's share there already.
            .filter(|id| {
                self.subject.settled(*id) < self.killed || self.options.back == Return::Resume
            })
            .collect();
        // Parents come first: what is pinned there is inherited.
        below.sort_by_key(|id| depth(*id));
        for id in below {
            if let Some(entry) = self.pinned(id) {
                write_entry(self.subject, &mut self.root, id, Some(entry));
            }
        }
    }

    /// Returns the entry of an environment that stays killed, if it has to hold more than it does.
    fn pinned(&self, id: EnvironmentId) -> Option<Tree> {
        let before = self.subject;
        let after = &Subject {
            root: &self.root,
            ..*before
        };
        let time = before.settled(id);
        let mut draft = Draft::new(before, id);
        draft.fold(time);
        let own = draft.map.clone();
        let is_exposed = |subject: &Subject<'_>| {
            before.flag.entries.is_none()
                || holds_slot(&own)
                || inherited(subject, id, time).any(|layer| holds_slot(&layer))
        };
        let serving = |subject: &Subject<'_>| inherited_serving(subject, id, time);
        let rules = |subject: &Subject<'_>| {
            let exposed = is_exposed(subject);
            let rules = exposed.then(|| rules_of(subject, id, &own, time));
            rules.unwrap_or_default()
        };
        let then = serving(before).unwrap_or_default();
        if serving_of(&own).is_none() && then != serving(after).unwrap_or_default() {
            draft.set_serving(&then);
            if then.is_empty() {
                draft.set("percentage", Scalar::Null);
            }
        }
        let then = rules(before);
        if then != rules(after) {
            draft.set("targeting_rules", then);
        }
        for (key, implied) in [("enabled", true.into()), ("bucket_by", Scalar::Null.into())] {
            let slot = |subject: &Subject<'_>| {
                let mut layers = inherited(subject, id, time);
                layers.find_map(|layer| layer.get(key).cloned())
            };
            let then = slot(before);
            if !own.has(key) && then != slot(after) {
                draft.set(key, then.unwrap_or(implied));
            }
        }
        (draft.map != own).then_some(draft.map)
    }

    /// An entry that was on for steps which are dropped now has nothing to serve but the off value,
    /// which it served when it was killed: it is off.
    fn switch_off_the_idle(&mut self) {
        let environments = &self.subject.catalog.environments;
        let covered = environments.iter().filter(|(id, _)| self.covers(*id));
        let covered: Vec<EnvironmentId> = covered.map(|(id, _)| id).collect();
        for id in covered {
            let name = self.subject.environment_name(id);
            let entry = |root: &Tree| root.get("environments")?.get(name).cloned();
            let after = &Subject {
                root: &self.root,
                ..*self.subject
            };
            let mut draft = Draft::new(after, id);
            let is_written = entry(&self.root) != entry(self.subject.root);
            if !is_written || draft.form != Form::Map || !is_idle(after, id, &draft.map) {
                continue;
            }
            put_to_rest(&mut draft, after, id);
            let written = draft.as_scalar().unwrap_or(draft.map);
            write_entry(self.subject, &mut self.root, id, Some(written));
        }
    }

    fn finish(mut self) -> Result<Patched, Refusal> {
        match self.options.pending {
            _ if self.ahead.is_empty() => {}
            Pending::Keep => {}
            Pending::Drop => {
                for (_, step) in &self.ahead {
                    self.notes.push(format!("dropped {}", describe_step(step)));
                }
            }
            Pending::Ask => {
                let steps: Vec<String> = self
                    .ahead
                    .iter()
                    .map(|(id, step)| {
                        let at = step_time(step).map(moment).unwrap_or_default();
                        format!("{at} in {}", self.subject.environment_name(*id))
                    })
                    .collect();
                return Err(Refusal::usage(
                    format!("schedule steps are still ahead: {}", steps.join(", ")),
                    "say what becomes of them: `--keep-schedule` or `--drop-schedule`",
                ));
            }
        }
        Ok(Patched {
            root: self.root,
            notes: self.notes,
        })
    }
}
